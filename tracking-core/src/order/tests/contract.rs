//! The values that the HTTP contract of both seeds takes and refuses.

use super::*;

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
    let (name, slug) = ("x".repeat(256), "s".repeat(256));
    for (parameter, values) in [
        (
            "origin_country_id",
            &["USA", "U", "ZZ", "XX", "1A", "U S"][..],
        ),
        ("destination_country_id", &["QQ", "EN", "UK1"]),
        (
            "weight",
            &[
                "0",
                "0.000",
                "-1",
                "+1",
                "nan",
                "inf",
                "1e3",
                "1.2345",
                "1.",
                ".5",
                "1,5",
                "abc",
                "1000000",
                "0x10",
                "1 ",
                "99999999999999999999",
            ],
        ),
        (
            "created_at",
            &[
                "2024-01-01",
                "yesterday",
                "2024-13-01T00:00:00Z",
                "2024-02-30T00:00:00Z",
                "2024-01-01T25:00:00Z",
                "1704067200",
                "2024-01-01T00:00:00",
                "2024-01-01 00:00:00Z",
                "2024-01-01T00:00:00\u{2212}05:00",
            ],
        ),
        (
            "customer_id",
            &[
                "123",
                "de619854-b59b-425e-9db4-943979e1bd4",
                "zz619854-b59b-425e-9db4-943979e1bd49",
                "{de619854-b59b-425e-9db4-943979e1bd49}",
            ],
        ),
        ("customer_name", &["a\0b", "a\nb", &name]),
        (
            "customer_slug",
            &[
                "RedBox", "red_box", "-red", "red-", "red--box", "rédbox", &slug,
            ],
        ),
    ] {
        for value in values {
            let others = FULL.into_iter().filter(|(name, _)| *name != parameter);
            let all: Vec<_> = others.chain([(parameter, *value)]).collect();
            for (required, fields) in [
                (Required::NONE, &[(parameter, *value)][..]),
                (Required::ALL, &all),
            ] {
                let errors = build(required, fields).unwrap_err();
                let named: Vec<_> = errors.iter().map(OrderError::parameter).collect();
                assert_eq!(named, [parameter], "{value:?}");
            }
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
