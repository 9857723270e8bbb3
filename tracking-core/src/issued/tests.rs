//! The answer's exact bytes, and a slow oracle for all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::order::{OrderBuilder, Required};

const FULL: [(&str, &str); 7] = [
    ("origin_country_id", "my"),
    ("destination_country_id", "ID"),
    ("weight", "1.2"),
    ("created_at", "2024-01-01T12:00:00+08:00"),
    ("customer_id", "DE619854-B59B-425E-9DB4-943979E1BD49"),
    ("customer_name", "\"Red\\Box\", Ærø"),
    ("customer_slug", "redbox-logistics"),
];

fn order(fields: &[(&str, &str)]) -> Order {
    let mut builder = OrderBuilder::new(Required::NONE);
    for (name, value) in fields {
        builder.set(name, value);
    }
    builder.build().unwrap()
}

fn issued(order: &Order) -> Issued<'_> {
    Issued {
        number: "7Q2M0ABCDEF12".parse().unwrap(),
        at_ms: 1_735_689_600_007,
        order,
        zone: "Europe/Berlin".parse().unwrap(),
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_full_order_is_answered_in_its_own_offset() {
    let order = order(&FULL);
    let issued = issued(&order);
    assert_eq!(
        written(|out| issued.write_json(out)),
        "{\"tracking_number\":\"7Q2M0ABCDEF12\",\"created_at\":\"2025-01-01T08:00:00.007+08:00\",\
         \"origin_country_id\":\"MY\",\"destination_country_id\":\"ID\",\"weight\":1.200,\
         \"customer_id\":\"de619854-b59b-425e-9db4-943979e1bd49\",\"customer_name\":\"\\\"Red\\\\Box\\\", Ærø\",\
         \"customer_slug\":\"redbox-logistics\"}"
    );
    assert_eq!(
        issued.csv_fields(),
        [
            "7Q2M0ABCDEF12",
            "2025-01-01T08:00:00.007+08:00",
            "MY",
            "ID",
            "1.200",
            "de619854-b59b-425e-9db4-943979e1bd49",
            "\"Red\\Box\", Ærø",
            "redbox-logistics",
        ]
    );
}

#[test]
fn an_empty_order_is_answered_in_the_zone() {
    let order = Order::default();
    let issued = issued(&order);
    assert_eq!(
        written(|out| issued.write_json(out)),
        "{\"tracking_number\":\"7Q2M0ABCDEF12\",\"created_at\":\"2025-01-01T01:00:00.007+01:00\",\
         \"origin_country_id\":null,\"destination_country_id\":null,\"weight\":null,\
         \"customer_id\":null,\"customer_name\":null,\"customer_slug\":null}"
    );
    assert_eq!(
        issued.csv_fields(),
        [
            "7Q2M0ABCDEF12",
            "2025-01-01T01:00:00.007+01:00",
            "",
            "",
            "",
            "",
            "",
            ""
        ]
    );
}

#[test]
fn the_short_answer_has_two_members() {
    let order = order(&[("created_at", "2024-01-01T12:00:00-00:00")]);
    assert_eq!(
        written(|out| issued(&order).write_short_json(out)),
        r#"{"tracking_number":"7Q2M0ABCDEF12","created_at":"2025-01-01T00:00:00.007Z"}"#
    );
}

#[test]
fn the_answer_is_appended() {
    let order = Order::default();
    let mut out = b"[".to_vec();
    issued(&order).write_short_json(&mut out);
    assert!(out.starts_with(b"[{\"tracking_number\""));
}

/// `str.splitlines` of Python, for one, ends a line at each of these.
#[test]
fn a_line_is_one_line_for_every_reader() {
    let separators = "a\u{2028}b\u{2029}\u{2030}\\u2028 €";
    let order = order(&[("customer_name", separators)]);
    let text = written(|out| issued(&order).write_json(out));
    assert!(
        text.contains(r#""customer_name":"a\u2028b\u2029‰\\u2028 €""#),
        "{text}"
    );
    let answered: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answered["customer_name"], separators);
    // No other character that ends lines anywhere is in an order.
    for ends_line in ["\n", "\u{b}", "\u{c}", "\r", "\u{1c}", "\u{1e}", "\u{85}"] {
        assert!(ends_line.parse::<CustomerName>().is_err(), "{ends_line:?}");
    }
}

/// What `write_json` should mean, by way of serde and chrono.
fn oracle(issued: &Issued<'_>) -> Value {
    let at = chrono::DateTime::from_timestamp_millis(issued.at_ms).unwrap();
    let created_at = match issued.order.created_at() {
        Some(created_at) => at.with_timezone(&created_at.offset()),
        None => at.with_timezone(&issued.zone.offset_at(issued.at_ms.unsigned_abs())),
    };
    let mut object = serde_json::to_value(issued.order).unwrap();
    object["tracking_number"] = json!(issued.number.as_str());
    object["created_at"] = json!(created_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    if let Some(weight) = issued.order.weight() {
        object["weight"] = json!(f64::from(weight.grams()) / 1000.0);
    }
    object
}

proptest! {
    #[test]
    fn the_json_is_what_a_slow_oracle_says(
        present in proptest::array::uniform7(any::<bool>()),
        grams in 1u32..=999_999_999,
        name in "\\PC{1,255}",
        number in "[A-Z0-9]{1,16}",
        at_ms in 0i64..253_400_000_000_000,
        zone in proptest::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
    ) {
        let weight = format!("{}.{:03}", grams / 1000, grams % 1000);
        let mut fields = FULL;
        fields[2].1 = &weight;
        fields[5].1 = &name;
        let fields: Vec<_> = fields.into_iter().zip(present).filter_map(|(field, present)| present.then_some(field)).collect();
        let order = order(&fields);
        let issued = Issued { number: number.parse().unwrap(), at_ms, order: &order, zone: zone.parse().unwrap() };
        let oracle = oracle(&issued);

        let text = written(|out| issued.write_json(out));
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &oracle);
        let by_serde = serde_json::to_string(&issued).unwrap();
        prop_assert_eq!(by_serde.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"), &*text);
        prop_assert_eq!(&serde_json::to_value(issued).unwrap(), &oracle);
        let places: Vec<_> = Issued::CSV_HEADER.iter().map(|member| text.find(&format!("\"{member}\":")).unwrap()).collect();
        prop_assert!(places.is_sorted());

        let short: Value = serde_json::from_str(&written(|out| issued.write_short_json(out))).unwrap();
        prop_assert_eq!(short, json!({ "tracking_number": &oracle["tracking_number"], "created_at": &oracle["created_at"] }));

        for (member, field) in Issued::CSV_HEADER.into_iter().zip(issued.csv_fields()) {
            let expected = match &oracle[member] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                number => format!("{:.3}", number.as_f64().unwrap()),
            };
            prop_assert_eq!(field, expected);
        }
    }
}
