//! Everything that is wrong, at once and in a stable order.

use super::*;

#[test]
fn every_required_parameter_that_is_missing_or_empty_is_named() {
    let missing = build(Required::ALL, &[]).unwrap_err();
    assert_eq!(
        named(&missing),
        Parameter::ALL.map(|parameter| (parameter.name(), "missing"))
    );
    let empty = build(
        Required::ALL,
        &Parameter::ALL.map(|parameter| (parameter.name(), "")),
    )
    .unwrap_err();
    assert_eq!(empty, missing);
    assert_eq!(
        missing.to_string(),
        "origin_country_id: is missing: expected an assigned ISO 3166-1 alpha-2 code such as MY; \
         destination_country_id: is missing: expected an assigned ISO 3166-1 alpha-2 code such as MY; \
         weight: is missing: expected kilograms such as 1.234, without sign or exponent; \
         created_at: is missing: expected an RFC 3339 time with an offset, such as 2024-01-01T12:00:00+08:00; \
         customer_id: is missing: expected 36 characters such as de619854-b59b-425e-9db4-943979e1bd49; \
         customer_name: is missing: expected 1 to 255 characters, none of them a control character; \
         customer_slug: is missing: expected words of a-z and 0-9 joined by single hyphens, such as redbox-logistics"
    );
}

#[test]
fn only_what_is_required_is_missed() {
    for one in Parameter::ALL {
        let errors = build(Required::NONE.with(one), &[]).unwrap_err();
        assert_eq!(named(&errors), [(one.name(), "missing")]);
        let others: Vec<_> = FULL
            .into_iter()
            .filter(|(name, _)| *name != one.name())
            .collect();
        assert_eq!(
            named(&build(Required::ALL, &others).unwrap_err()),
            [(one.name(), "missing")]
        );
        let order = build(Required::NONE, &[(one.name(), "")]).unwrap();
        assert_eq!(order, Order::default());
    }
}

#[test]
fn a_parameter_given_twice_is_reported_once_whatever_its_values() {
    for values in [
        ["1", "2"],
        ["1", "1"],
        ["x", "1"],
        ["1", "x"],
        ["x", "x"],
        ["", "1"],
        ["1", ""],
        ["", ""],
    ] {
        for required in [Required::NONE, Required::NONE.with(Parameter::Weight)] {
            let errors = build(required, &values.map(|value| ("weight", value))).unwrap_err();
            assert_eq!(named(&errors), [("weight", "given-twice")]);
            assert_eq!(
                errors.to_string(),
                "weight: is given more than once: expected one value"
            );
        }
    }
}

#[test]
fn all_errors_come_in_the_order_of_the_parameters_then_as_they_came() {
    let mut given = vec![
        ("zebra", ""),
        ("customer_slug", "-"),
        ("wieght", "1"),
        ("weight", "x"),
        ("origin_country_id", "ZZ"),
        ("customer_id", "1"),
    ];
    let expected = [
        ("origin_country_id", "unknown-country"),
        ("weight", "not-a-number"),
        ("customer_id", "not-a-uuid"),
        ("customer_slug", "not-a-slug"),
        ("zebra", "unknown-parameter"),
        ("wieght", "unknown-parameter"),
    ];
    assert_eq!(named(&build(Required::NONE, &given).unwrap_err()), expected);
    // The known ones in any order; the same unknown one is listed once.
    given.swap(1, 4);
    given.push(("zebra", "again"));
    assert_eq!(named(&build(Required::NONE, &given).unwrap_err()), expected);
}

#[test]
fn unknown_parameters_are_shown_harmlessly() {
    let long = "n".repeat(1_000_000);
    let errors = build(
        Required::NONE,
        &[("\u{1b}[31m\"", "1"), (&long, "1"), ("", "1")],
    )
    .unwrap_err();
    let ns = "n".repeat(40);
    assert_eq!(
        errors.iter().map(OrderError::parameter).collect::<Vec<_>>(),
        [r#"\u{1b}[31m\""#, &format!("{ns}…"), ""]
    );
    assert_eq!(
        errors.as_slice()[1].message(),
        format!(
            "\"{ns}…\" is not a parameter: expected one of origin_country_id, destination_country_id, weight, created_at, \
             customer_id, customer_name, customer_slug"
        )
    );
}

#[test]
fn a_request_of_thousands_of_unknown_parameters_is_reported_within_bounds() {
    let names: Vec<_> = (0..10_000).map(|index| format!("n{index}")).collect();
    let given = |count: usize| -> Vec<_> {
        let unknown = names.iter().take(count).map(|name| (name.as_str(), "1"));
        unknown.chain(FULL.map(|(name, _)| (name, "\0"))).collect()
    };
    let within = build(Required::ALL, &given(24)).unwrap_err();
    assert_eq!(within.iter().len(), OrderErrors::MAX - 1);
    assert_eq!(named(&within).last(), Some(&("n23", "unknown-parameter")));
    let beyond = build(Required::ALL, &given(10_000)).unwrap_err();
    assert_eq!(beyond.iter().len(), OrderErrors::MAX);
    assert_eq!(beyond.as_slice()[..31], *within.as_slice());
    assert_eq!(named(&beyond).last(), Some(&("n24", "too-many-errors")));
    assert_eq!(
        beyond.as_slice()[31].to_string(),
        r#"n24: "n24" is one unknown parameter too many: only the first 24 are listed"#
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let mut builder = OrderBuilder::new(Required::ALL);
    for (name, value) in FULL {
        builder.set_bytes(
            name.as_bytes(),
            if name == "customer_name" {
                b"R\xffd"
            } else {
                value.as_bytes()
            },
        );
    }
    builder.set_bytes(b"w\xffight", b"\xfe");
    let errors = builder.build().unwrap_err();
    assert_eq!(
        named(&errors),
        [
            ("customer_name", "not-utf-8"),
            ("w\u{fffd}ight", "unknown-parameter")
        ]
    );
    assert_eq!(
        errors.to_string(),
        "customer_name: \"R\u{fffd}d\" is not UTF-8: expected text in UTF-8; \
         w\u{fffd}ight: \"w\u{fffd}ight\" is not a parameter: did you mean `weight`?"
    );
}

#[test]
fn a_wrong_value_alone_has_the_same_code_and_message_as_in_an_order() {
    let errors = build(Required::NONE, &[("weight", "1.2345")]).unwrap_err();
    let alone = "1.2345".parse::<Weight>().unwrap_err();
    let [error] = errors.as_slice() else {
        panic!("{errors}")
    };
    assert_eq!(
        (error.code(), error.message()),
        (alone.code(), alone.message())
    );
}
