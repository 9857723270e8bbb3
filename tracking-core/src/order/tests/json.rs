//! Orders from JSON objects: what is taken, and all that is wrong at once.

use super::*;

fn wrong(json: &str, required: Required) -> OrderErrors {
    match Order::from_json(json, required) {
        Err(OrderJsonError::Wrong(errors)) => errors,
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn a_whole_order_is_that_of_its_pairs() {
    let order = build(Required::ALL, &FULL).unwrap();
    let members = FULL.map(|(name, value)| format!("{name:?}: {value:?}"));
    let json = format!(" {{{}}}\n", members.join(",\n"));
    assert_eq!(Order::from_json(&json, Required::ALL), Ok(order.clone()));
    let number = json.replace("\"1.234\"", "1.234");
    assert_ne!(number, json);
    assert_eq!(Order::from_json(number, Required::ALL), Ok(order));
}

#[test]
fn null_and_empty_text_are_absent() {
    for json in ["{}", r#"{"weight": null, "customer_name": ""}"#] {
        assert_eq!(Order::from_json(json, Required::NONE), Ok(Order::default()));
        let missing = wrong(json, Required::NONE.with(Parameter::Weight));
        assert_eq!(named(&missing), [("weight", "missing")]);
    }
}

#[test]
fn text_is_unescaped_and_a_number_is_taken_as_it_is_written() {
    let json = r#"{"\u0077eight": 7.50, "customer_name": "\ud83d\ude00 \"A\""}"#;
    let order = Order::from_json(json, Required::NONE).unwrap();
    assert_eq!(order.weight().map(Weight::grams), Some(7_500));
    let name = order.customer_name().map(CustomerName::as_str);
    assert_eq!(name, Some("\u{1f600} \"A\""));
}

#[test]
fn each_mistake_has_its_code() {
    for (json, expected) in [
        (r#"{"weight": 0}"#, "weight out-of-range"),
        (r#"{"weight": "0"}"#, "weight out-of-range"),
        (r#"{"weight": 1.2345}"#, "weight too-many-decimals"),
        // A double would have it as 1.2.
        (
            r#"{"weight": 1.2000000000000000001}"#,
            "weight too-many-decimals",
        ),
        (r#"{"weight": 1.2000}"#, "weight too-many-decimals"),
        (r#"{"weight": 0.1e1}"#, "weight not-a-number"),
        (r#"{"weight": 1e999}"#, "weight not-a-number"),
        (r#"{"weight": -1}"#, "weight not-a-number"),
        (r#"{"weight": false}"#, "weight wrong-type"),
        (r#"{"weight": [1]}"#, "weight wrong-type"),
        (r#"{"customer_name": 5}"#, "customer_name wrong-type"),
        (r#"{"customer_name": {}}"#, "customer_name wrong-type"),
        (r#"{"customer_name": "\ud83d"}"#, "customer_name not-utf-8"),
        (
            r#"{"customer_name": "a\nb"}"#,
            "customer_name control-character",
        ),
        (r#"{"weight": 1, "weight": 1}"#, "weight given-twice"),
        (r#"{"weight": null, "weight": 1}"#, "weight given-twice"),
        // What is no text is told first.
        (
            r#"{"weight": true, "weight": 1, "weight": 1}"#,
            "weight wrong-type",
        ),
        (
            r#"{"weight": 1, "weight": 0, "weight": true}"#,
            "weight wrong-type",
        ),
        (
            r#"{"weight": 0, "weight": true, "weight": "\ud83d"}"#,
            "weight wrong-type",
        ),
        (r#"{"wieght": true}"#, "wieght unknown-parameter"),
        (
            r#"{"a": "\ud83d", "a": 1, "": null}"#,
            "a unknown-parameter,  unknown-parameter",
        ),
        (
            r#"{"z": {}, "customer_slug": {}, "weight": "-1", "origin_country_id": "ZZ", "customer_id": 1}"#,
            "origin_country_id unknown-country, weight not-a-number, customer_id wrong-type, customer_slug wrong-type, \
             z unknown-parameter",
        ),
    ] {
        let errors = wrong(json, Required::NONE);
        let errors = named(&errors).into_iter();
        let errors: Vec<_> = errors
            .map(|(parameter, code)| format!("{parameter} {code}"))
            .collect();
        assert_eq!(errors.join(", "), expected, "{json}");
    }
}

#[test]
fn messages_say_what_was_expected() {
    let json = r#"{"weight": [], "customer_slug": 1, "customer_name": "\udc00", "wieght": 1}"#;
    assert_eq!(
        wrong(json, Required::NONE.with(Parameter::Weight)).to_string(),
        "weight: is neither text nor a number: expected kilograms such as 1.234; \
         customer_name: has half of a surrogate pair, which is no character: expected Unicode text; \
         customer_slug: is not text: expected a JSON string; \
         wieght: \"wieght\" is not a parameter: did you mean `weight`?"
    );
}

#[test]
fn what_is_no_object_is_told_apart_from_what_is_no_json() {
    for json in ["null", "5", "true", "[]", "\"weight\""] {
        let error = Order::from_json(json, Required::NONE);
        assert_eq!(error, Err(OrderJsonError::NotAnObject), "{json}");
    }
    for (json, line, column) in [
        (&b""[..], 1, 0),
        (b"{", 1, 1),
        (b"{}\n x", 2, 2),
        (b"{\"weight\": 01}", 1, 13),
        (b"{'weight': 1}", 1, 2),
        (b"{\"weight\": 1,}", 1, 14),
        (br#"{"\ud83d": 1}"#, 1, 9),
        (b"{\"customer_name\": \"\xff\"}", 1, 20),
    ] {
        let text = String::from_utf8_lossy(json);
        let error = Order::from_json(json, Required::NONE).unwrap_err();
        let expected = format!("is not JSON: reading it fails at line {line}, column {column}");
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

/// A deep text must not end the program, nor a long list of mistakes its memory.
#[test]
fn what_is_deep_or_long_is_refused() {
    let deep = format!(r#"{{"weight": {}"#, "[".repeat(100_000));
    assert!(Order::from_json(deep, Required::NONE).is_err());
    let members: Vec<_> = (0..5_000).map(|n| format!("\"{n}\": 1")).collect();
    let errors = wrong(&format!("{{{}}}", members.join(",")), Required::NONE);
    assert_eq!(named(&errors).len(), 25);
    assert_eq!(named(&errors).last(), Some(&("24", "too-many-errors")));
}
