//! An operator's ledger, with entries whose every value is known.

use std::sync::Arc;

use tracking_core::TrackingNumber;
use tracking_core::order::{Order, OrderBuilder, Required};
use tracking_ledger::{Entry, Ledger, LedgerOptions, OldNumber, Recorded, Recording, open_ledger};

use crate::support::{Operator, Ran};

pub(crate) const CUSTOMER: &str = "de619854-b59b-425e-9db4-943979e1bd49";
/// 2026-01-01T00:00:00Z.
pub(crate) const NEW_YEAR_MS: i64 = 1_767_225_600_000;

/// A database of the test's own.
pub(crate) trait Place {
    fn url(&self) -> String;

    /// A statement of its administrator's.
    fn sql(&self, statement: &str);
}

/// The entries of [`operator`] as JSON, newest first.
pub(crate) const FULL: &str = r#"{"tracking_number":"FULL1","created_at":"2026-01-01T08:00:00.001+08:00","origin_country_id":"MY","destination_country_id":"ID","weight":1.200,"customer_id":"de619854-b59b-425e-9db4-943979e1bd49","customer_name":"=Red, \"Box\"","customer_slug":"redbox-logistics","order_created_at":"2025-12-31T23:00:00.500+08:00","reference":"+PO 4711","token":"shop-a","request_id":"@id","origin":"issued"}"#;
pub(crate) const BARE: &str = r#"{"tracking_number":"BARE1","created_at":"2026-01-01T00:00:00.000Z","origin_country_id":null,"destination_country_id":null,"weight":null,"customer_id":null,"customer_name":null,"customer_slug":null,"order_created_at":null,"reference":null,"token":null,"request_id":null,"origin":"issued"}"#;
pub(crate) const OLD: &str = r#"{"tracking_number":"OLD1","created_at":"2025-12-31T00:00:00.000Z","origin_country_id":null,"destination_country_id":null,"weight":null,"customer_id":null,"customer_name":null,"customer_slug":null,"order_created_at":null,"reference":null,"token":null,"request_id":null,"origin":"imported"}"#;

/// A ledger in the operator's home.
pub(crate) fn url(operator: &Operator) -> String {
    format!("sqlite:{}", operator.path("ledger.db").display())
}

pub(crate) fn open(operator: &Operator) -> Arc<dyn Ledger> {
    let opened = open_ledger(&url(operator).parse().unwrap(), &LedgerOptions::default());
    opened.unwrap().unwrap()
}

/// `tracking ledger`, with the operator's ledger in the variable.
pub(crate) fn ledger<'a>(operator: &Operator, args: impl IntoIterator<Item = &'a str>) -> Ran {
    let mut command = operator.command(["ledger"].into_iter().chain(args));
    command.env("TRACKING_LEDGER", url(operator));
    command.output().unwrap().into()
}

pub(crate) fn order(fields: &[(&str, &str)]) -> Order {
    let mut builder = OrderBuilder::new(Required::NONE);
    for (name, value) in fields {
        builder.set(name, value);
    }
    builder.build().unwrap()
}

pub(crate) fn recording(number: &str, at_ms: i64, order: Order) -> Recording {
    let number: TrackingNumber = number.parse().unwrap();
    Recording::new([number], at_ms, order).unwrap()
}

pub(crate) fn record(ledger: &dyn Ledger, recordings: &[Recording]) {
    let recorded = ledger.record(recordings).unwrap();
    assert!(recorded.iter().all(|recorded| *recorded == Recorded::New));
}

pub(crate) fn find(ledger: &dyn Ledger, number: &str) -> Option<Entry> {
    ledger.find(number.parse().unwrap()).unwrap()
}

/// An operator whose ledger has three entries: an imported one, one without an order, and the newest with all that
/// an entry can have.
pub(crate) fn operator() -> Operator {
    let operator = Operator::new();
    let ledger = open(&operator);
    let old = OldNumber {
        number: "OLD1".parse().unwrap(),
        issued_at_ms: NEW_YEAR_MS - 86_400_000,
    };
    ledger.import(&[old]).unwrap();
    let full = order(&[
        ("origin_country_id", "MY"),
        ("destination_country_id", "ID"),
        ("weight", "1.2"),
        ("created_at", "2025-12-31T23:00:00.5+08:00"),
        ("customer_id", CUSTOMER),
        ("customer_name", "=Red, \"Box\""),
        ("customer_slug", "redbox-logistics"),
    ]);
    let full = recording("FULL1", NEW_YEAR_MS + 1, full)
        .with_reference(Some("+PO 4711".parse().unwrap()))
        .with_token(Some("shop-a".parse().unwrap()))
        .with_request_id(Some("@id".parse().unwrap()));
    let bare = recording("BARE1", NEW_YEAR_MS, Order::default());
    record(&*ledger, &[bare, full]);
    operator
}

/// An operator whose ledger has many entries.
pub(crate) fn with_many(count: u64) -> Operator {
    let operator = Operator::new();
    let ledger = open(&operator);
    let recordings: Vec<_> = (0..count)
        .map(|index| {
            let at_ms = NEW_YEAR_MS + index as i64;
            recording(&format!("N{index:06}"), at_ms, Order::default())
        })
        .collect();
    for batch in recordings.chunks(1_000) {
        record(&*ledger, batch);
    }
    operator
}
