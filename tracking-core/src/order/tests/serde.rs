//! Orders and errors as JSON.

use serde_json::json;

use super::*;

#[test]
fn an_order_is_written_with_all_fields_and_read_back() {
    let order = build(Required::ALL, &FULL).unwrap();
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(
        json,
        "{\"origin_country_id\":\"MY\",\"destination_country_id\":\"ID\",\"weight\":\"1.234\",\
         \"created_at\":\"2024-01-01T12:00:00+08:00\",\"customer_id\":\"de619854-b59b-425e-9db4-943979e1bd49\",\
         \"customer_name\":\"RedBox Logistics\",\"customer_slug\":\"redbox-logistics\"}"
    );
    assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
    let empty = serde_json::to_string(&Order::default()).unwrap();
    assert_eq!(empty.matches(":null").count(), 7);
    assert_eq!(
        serde_json::from_str::<Order>(&empty).unwrap(),
        Order::default()
    );
    assert_eq!(
        serde_json::from_str::<Order>("{}").unwrap(),
        Order::default()
    );
}

#[test]
fn reading_checks_every_value() {
    for (object, why) in [
        (
            json!({ "origin_country_id": "ZZ" }),
            "\"ZZ\" is not a country",
        ),
        (
            json!({ "destination_country_id": 7 }),
            "invalid type: integer `7`, expected an assigned ISO 3166-1",
        ),
        (
            json!({ "weight": 1.2345 }),
            "\"1.2345\" has more than three decimals",
        ),
        (json!({ "weight": "0" }), "\"0\" is out of range"),
        (
            json!({ "created_at": "2024-01-01" }),
            "\"2024-01-01\" is not a time",
        ),
        (
            json!({ "customer_id": "de619854b59b425e9db4943979e1bd49" }),
            "\"de619854b59b425e9db4943979e1bd49\" is not a hyphenated UUID",
        ),
        (
            json!({ "customer_name": "a\nb" }),
            "\"a\\nb\" holds the control character U+000A",
        ),
        (json!({ "customer_name": "" }), "\"\" is empty"),
        (
            json!({ "customer_slug": "RedBox" }),
            "\"RedBox\" is not a slug",
        ),
        (json!({ "wieght": "1" }), "unknown field `wieght`"),
    ] {
        let error = serde_json::from_value::<Order>(object.clone())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(why), "{object}: {error}");
    }
    let twice = serde_json::from_str::<Order>(r#"{"weight": 1, "weight": 1}"#).unwrap_err();
    assert!(twice.to_string().starts_with("duplicate field `weight`"));
}

#[test]
fn an_error_is_an_entry_of_a_problem() {
    let errors = build(Required::NONE, &[("weight", "x"), ("customer_slug", "-")]).unwrap_err();
    assert_eq!(
        serde_json::to_string(&errors).unwrap(),
        "[{\"parameter\":\"weight\",\"code\":\"not-a-number\",\"message\":\"\\\"x\\\" is not a decimal number: expected \
         kilograms such as 1.234, without sign or exponent\"},{\"parameter\":\"customer_slug\",\"code\":\"not-a-slug\",\
         \"message\":\"\\\"-\\\" is not a slug: expected words of a-z and 0-9 joined by single hyphens, such as \
         redbox-logistics\"}]"
    );
}
