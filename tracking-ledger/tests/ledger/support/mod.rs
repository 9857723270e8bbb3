//! Where a test's ledger is, and what it records.

pub(crate) mod clients;
#[cfg(feature = "mysql")]
pub(crate) mod mariadb;
#[cfg(feature = "mysql")]
pub(crate) mod proxy;

use std::sync::Arc;

use tracking_core::TrackingNumber;
use tracking_core::order::{Order, OrderBuilder, Required};
use tracking_ledger::{
    Claim, Fingerprint, Ledger, LedgerError, LedgerOptions, Recorded, Recording, open_ledger,
};

/// A database of the test's own.
pub(crate) trait Place: Sync {
    fn url(&self) -> String;

    /// A statement past the ledger.
    fn sql(&self, statement: &str);

    fn try_open(&self, options: &LedgerOptions) -> Result<Arc<dyn Ledger>, LedgerError> {
        let url = self.url().parse().expect("a ledger's URL");
        Ok(open_ledger(&url, options)?.expect("it is not `none`"))
    }

    fn open(&self) -> Arc<dyn Ledger> {
        self.try_open(&LedgerOptions::default()).expect("a ledger")
    }
}

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;

pub(crate) const CUSTOMER: &str = "de619854-b59b-425e-9db4-943979e1bd49";

/// The number of a count: 12 characters.
pub(crate) fn number(count: u64) -> TrackingNumber {
    format!("N{count:011}").parse().expect("a number")
}

pub(crate) fn order(fields: &[(&str, &str)]) -> Order {
    let mut builder = OrderBuilder::new(Required::NONE);
    for (name, value) in fields {
        builder.set(name, value);
    }
    builder.build().expect("an order")
}

/// An order with every field.
pub(crate) fn full_order() -> Order {
    order(&[
        ("origin_country_id", "MY"),
        ("destination_country_id", "ID"),
        ("weight", "1.234"),
        ("created_at", "2016-12-31T15:59:60.25-08:00"),
        ("customer_id", CUSTOMER),
        ("customer_name", "Ærø & Søn 株式会社 😀"),
        ("customer_slug", "redbox-logistics"),
    ])
}

pub(crate) fn recording(count: u64, order: &Order) -> Recording {
    recording_at(count, NOW_MS, order)
}

pub(crate) fn recording_at(count: u64, at_ms: i64, order: &Order) -> Recording {
    Recording::new([number(count)], at_ms, order.clone()).expect("a recording")
}

/// A key of a token, or of nobody, for an order.
pub(crate) fn claim(scope: Option<&str>, key: &str, order: &Order) -> Claim {
    Claim {
        scope: scope.map(|scope| scope.parse().expect("a token's name")),
        key: key.parse().expect("a key"),
        fingerprint: Fingerprint::of("next", 1, order, None),
    }
}

/// Records one, which is new.
pub(crate) fn record_new(ledger: &dyn Ledger, recording: Recording) {
    assert_eq!(
        ledger.record(&[recording]).expect("recorded"),
        [Recorded::New]
    );
}

/// How often something is killed: so often in each run, ten times as often in `scripts/prove`.
pub(crate) fn kills(tenth: u32) -> u32 {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => 10 * tenth,
        None => tenth,
    }
}

/// It is an error that may end.
pub(crate) fn says_unavailable<T: std::fmt::Debug>(result: Result<T, LedgerError>) {
    match result {
        Err(error) if error.is_temporary() => {}
        other => panic!("expected that it is unavailable, found {other:?}"),
    }
}
