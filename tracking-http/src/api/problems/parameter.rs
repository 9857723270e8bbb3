//! One thing that is wrong with a request.

use serde::Serialize;
use tracking_core::order::{ErrorCode, OrderError};

/// A member of `errors`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ParameterError {
    pub(crate) parameter: String,
    /// For programs to act on; it never changes.
    pub(crate) code: &'static str,
    /// A sentence.
    pub(crate) message: String,
}

/// The most unknown names that are listed.
pub(crate) const UNKNOWN_MAX: usize = 24;

impl ParameterError {
    pub(crate) fn new(parameter: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            parameter: parameter.to_owned(),
            code,
            message: message.into(),
        }
    }

    pub(crate) fn given_twice(parameter: &str) -> Self {
        let message = "is given more than once: expected one value";
        Self::new(parameter, ErrorCode::GivenTwice.as_str(), message)
    }

    pub(crate) fn not_utf8(parameter: &str) -> Self {
        let message = "is not UTF-8: expected text in UTF-8";
        Self::new(parameter, ErrorCode::NotUtf8.as_str(), message)
    }

    /// A name that nobody knows, which is shown cut and escaped; `why` goes on from there.
    pub(crate) fn unknown(name: &str, why: &str) -> Self {
        let shown: String = name.chars().take(40).collect();
        let shown = shown.escape_debug().to_string();
        Self {
            message: format!("\"{shown}\" {why}"),
            code: ErrorCode::UnknownParameter.as_str(),
            parameter: shown,
        }
    }
}

impl From<&OrderError> for ParameterError {
    fn from(error: &OrderError) -> Self {
        Self {
            parameter: error.parameter().to_owned(),
            code: error.code().as_str(),
            message: error.message().to_owned(),
        }
    }
}
