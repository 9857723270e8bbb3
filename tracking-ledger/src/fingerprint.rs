//! What a request asks for, in 32 bytes.

use std::fmt;

use sha2::{Digest, Sha256};
use tracking_core::order::Order;

use crate::names::Reference;

/// The SHA-256 (FIPS 180-4) of what a request asks for: its route, how many numbers, the validated order in its
/// canonical form, and the reference.
///
/// Two requests that are answered alike have the same, however they were written: `us` and `US`, `1.2` and `1.200`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request. A route is the name of an endpoint, which never changes once it is published.
    #[must_use]
    pub fn of(route: &str, count: u32, order: &Order, reference: Option<&Reference>) -> Self {
        let mut digest = Sha256::new();
        let mut add = |part: Option<&[u8]>| match part {
            Some(bytes) => {
                // Its length before each part: no two lists of parts are the same bytes.
                digest.update([1]);
                digest.update((bytes.len() as u64).to_be_bytes());
                digest.update(bytes);
            }
            None => digest.update([0]),
        };
        add(Some(b"tracking request 1"));
        add(Some(route.as_bytes()));
        add(Some(&count.to_be_bytes()));
        let country = |country: tracking_core::order::Country| country.as_str();
        add(order.origin_country_id().map(country).map(str::as_bytes));
        add(order
            .destination_country_id()
            .map(country)
            .map(str::as_bytes));
        let weight = order.weight().map(|weight| weight.grams().to_be_bytes());
        add(weight.as_ref().map(|grams| &grams[..]));
        let created_at = order.created_at().map(|at| at.to_string());
        add(created_at.as_deref().map(str::as_bytes));
        let customer_id = order.customer_id().map(|id| id.uuid().into_bytes());
        add(customer_id.as_ref().map(|id| &id[..]));
        add(order.customer_name().map(|name| name.as_str().as_bytes()));
        add(order.customer_slug().map(|slug| slug.as_str().as_bytes()));
        add(reference.map(|reference| reference.as_str().as_bytes()));
        Self(digest.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Fingerprint({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tracking_core::order::{OrderBuilder, Required};

    use super::*;

    fn order(fields: &[(&str, &str)]) -> Order {
        let mut builder = OrderBuilder::new(Required::NONE);
        for (name, value) in fields {
            builder.set(name, value);
        }
        builder.build().unwrap()
    }

    #[test]
    fn what_is_answered_alike_is_the_same() {
        let of = |fields| Fingerprint::of("next", 1, &order(fields), None);
        let written = of(&[("weight", "1.2"), ("origin_country_id", "us")]);
        assert_eq!(
            written,
            of(&[("origin_country_id", "US"), ("weight", "1.200")])
        );
    }

    #[test]
    fn everything_else_is_another() {
        let none = Order::default();
        let reference: Reference = "a".parse().unwrap();
        let mut all = vec![
            Fingerprint::of("next", 1, &none, None),
            Fingerprint::of("next", 2, &none, None),
            Fingerprint::of("many", 1, &none, None),
            Fingerprint::of("next", 1, &none, Some(&reference)),
        ];
        for field in [
            ("origin_country_id", "US"),
            ("destination_country_id", "US"),
            ("weight", "1"),
            ("weight", "0.001"),
            ("created_at", "2024-01-01T04:00:00Z"),
            ("created_at", "2024-01-01T12:00:00+08:00"),
            ("customer_id", "de619854-b59b-425e-9db4-943979e1bd49"),
            ("customer_name", "a"),
            ("customer_slug", "a"),
        ] {
            all.push(Fingerprint::of("next", 1, &order(&[field]), None));
        }
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }
}
