//! The order as a whole: what the contract takes and refuses, all errors at once, arbitrary input.

mod builder;
mod contract;
mod properties;
mod serde;

use super::*;

pub(super) const FULL: [(&str, &str); 7] = [
    ("origin_country_id", "MY"),
    ("destination_country_id", "ID"),
    ("weight", "1.234"),
    ("created_at", "2024-01-01T12:00:00+08:00"),
    ("customer_id", "de619854-b59b-425e-9db4-943979e1bd49"),
    ("customer_name", "RedBox Logistics"),
    ("customer_slug", "redbox-logistics"),
];

pub(super) fn build(required: Required, fields: &[(&str, &str)]) -> Result<Order, OrderErrors> {
    let mut builder = OrderBuilder::new(required);
    for (name, value) in fields {
        builder.set(name, value);
    }
    builder.build()
}

/// Parameter and code of each error.
pub(super) fn named(errors: &OrderErrors) -> Vec<(&str, &str)> {
    errors
        .iter()
        .map(|error| (error.parameter(), error.code().as_str()))
        .collect()
}
