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
