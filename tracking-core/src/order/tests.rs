//! The order as a whole: what the contract takes and refuses, all errors at once, arbitrary input.

mod builder;
mod contract;
mod json;
mod properties;
mod serde;

use super::*;
pub(super) use crate::testing::FULL_ORDER as FULL;

pub(super) fn build(required: Required, fields: &[(&str, &str)]) -> Result<Order, OrderErrors> {
    Order::from_pairs(fields.iter().copied(), required)
}

/// Parameter and code of each error.
pub(super) fn named(errors: &OrderErrors) -> Vec<(&str, &str)> {
    errors
        .iter()
        .map(|error| (error.parameter(), error.code().as_str()))
        .collect()
}
