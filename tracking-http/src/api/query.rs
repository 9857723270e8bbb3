//! A query where none is read.

use tracking_core::order::pairs;
use warp::reply::Response;

use crate::api::problems::{self, ParameterError, UNKNOWN_MAX};

/// The refusal of a query where none is read, if it has any parameter: what somebody says must not vanish.
/// `why` goes on from the parameter's name.
pub(crate) fn unread(query: &str, why: &str) -> Option<Response> {
    let mut errors: Vec<ParameterError> = Vec::new();
    for (name, _) in pairs(query) {
        let error = ParameterError::unknown(&String::from_utf8_lossy(&name), why);
        if errors.len() < UNKNOWN_MAX && errors.iter().all(|e| e.parameter != error.parameter) {
            errors.push(error);
        }
    }
    (!errors.is_empty()).then(|| problems::wrong_parameters(&errors))
}
