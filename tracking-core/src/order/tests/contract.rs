//! The values that the HTTP contract of both seeds takes and refuses.

use super::*;
use crate::testing::wrong_values;

#[test]
fn good_values_are_taken() {
    let (name, slug) = ("x".repeat(255), "s".repeat(255));
    for (parameter, values) in [
        ("origin_country_id", &["us", "gb"][..]),
        ("weight", &["0.001", "999999.999", "7", "7.5"]),
        ("customer_name", &["Ærø & Søn", "株式会社", &name]),
        ("customer_id", &["DE619854-B59B-425E-9DB4-943979E1BD49"]),
        ("customer_slug", &["a", "a-1-b", &slug]),
        (
            "created_at",
            &[
                "2016-12-31T23:59:60Z",
                "2018-11-20t19:29:32-00:00",
                "2018-11-20T19:29:32+00:00",
                "2018-11-20T19:29:32 00:00",
                "2018-11-20T19:29:32+08:00",
                "2018-11-20T19:29:32.123456Z",
                "2018-11-20T19:29:32-03:30",
                "2024-02-29T00:00:00Z",
            ],
        ),
    ] {
        for value in values {
            let order = build(Required::NONE, &[(parameter, value)])
                .unwrap_or_else(|errors| panic!("{errors}"));
            assert!(order.has(parameter.parse().unwrap()));
        }
    }
}

#[test]
fn bad_values_are_refused_and_the_parameter_named_alone() {
    for (parameter, value) in wrong_values() {
        let others = FULL.into_iter().filter(|(name, _)| *name != parameter);
        let all: Vec<_> = others.chain([(parameter, &*value)]).collect();
        for (required, fields) in [
            (Required::NONE, &[(parameter, &*value)][..]),
            (Required::ALL, &all),
        ] {
            let errors = build(required, fields).unwrap_err();
            let named: Vec<_> = errors.iter().map(OrderError::parameter).collect();
            assert_eq!(named, [parameter], "{value:?}");
        }
    }
}

#[test]
fn both_seeds_examples_are_orders() {
    let order = build(
        Required::NONE,
        &[
            ("origin_country_id", "US"),
            ("destination_country_id", "IN"),
            ("weight", "1.200"),
        ],
    )
    .unwrap();
    assert_eq!(order.weight().unwrap().to_string(), "1.200");
    let order = build(Required::ALL, &FULL).unwrap();
    assert!(
        Parameter::ALL
            .into_iter()
            .all(|parameter| order.has(parameter))
    );
    assert_eq!(build(Required::NONE, &[]), Ok(Order::default()));
}
