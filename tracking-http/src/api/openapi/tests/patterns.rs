//! The shapes of texts, as regular expressions of JSON Schema (ECMA-262): the parsers agree with them.

use std::sync::LazyLock;

use regex::Regex;
use tracking_core::order::{Country, Order, Parameter, Required};
use tracking_core::testing::{FULL_ORDER, wrong_values};

use super::json;

/// The pattern of a schema.
fn pattern(schema: &str) -> Regex {
    let document = json();
    let pattern = &document["components"]["schemas"][schema]["pattern"];
    Regex::new(pattern.as_str().unwrap()).unwrap()
}

/// What the text of an order's field has to be.
fn given(parameter: Parameter) -> &'static Regex {
    static GIVEN: LazyLock<[Regex; Parameter::ALL.len()]> = LazyLock::new(|| {
        let document = json();
        let operation = &document["paths"]["/api/next-tracking-number/"]["get"];
        std::array::from_fn(|index| {
            let schema = &operation["parameters"][index]["schema"]["$ref"];
            pattern(schema.as_str().unwrap().rsplit('/').next().unwrap())
        })
    });
    &GIVEN[parameter as usize]
}

/// The schema's other limit, the length, is in the test too.
fn agree(parameter: Parameter, value: &str) {
    let is_short = value.chars().count() <= 255;
    let matches = given(parameter).is_match(value);
    let errors = Order::from_pairs([(parameter.name(), value)], Required::ALL).unwrap_err();
    let refused = errors.iter().any(|e| e.parameter() == parameter.name());
    assert_eq!(matches && is_short, !refused, "{parameter}: {value:?}");
}

#[test]
fn the_parsers_agree() {
    for (name, value) in FULL_ORDER {
        agree(name.parse().unwrap(), value);
    }
    for (name, value) in wrong_values() {
        agree(name.parse().unwrap(), &value);
    }
    for first in 'A'..='z' {
        for second in 'A'..='z' {
            agree(Parameter::OriginCountryId, &format!("{first}{second}"));
        }
    }
    for weight in [
        "0.001",
        "0.01",
        "0.010",
        "0.1",
        "0.100",
        "0",
        "0.0",
        "0.000",
        "00",
        "00.001",
        "007",
        "1",
        "10.5",
        "999999.999",
        "1000000",
        "0999999",
        "1000000.0",
        "1.2340",
        "1.",
        ".5",
        "1e3",
        "-1",
        "1 ",
        "١",
    ] {
        agree(Parameter::Weight, weight);
    }
    for at in [
        "2024-02-29T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
        "0000-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999999Z",
        "2024-04-31T00:00:00Z",
        "2024-11-30t23:59:59z",
        "2024-00-10T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+23:59",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00-00:00",
        "2024-01-01T00:00:00+08",
        "2024-01-01T00:00:00+0800",
        "2024-1-01T00:00:00Z",
        "2024-01-01T00:00Z",
    ] {
        agree(Parameter::CreatedAt, at);
    }
    for slug in [
        "a", "a-b", "a--b", "-a", "a-", "A", "ä", "a b", "1-2-3", "a\n",
    ] {
        agree(Parameter::CustomerSlug, slug);
        agree(Parameter::CustomerName, slug);
    }
    for name in [
        "\u{7f}",
        "\u{80}",
        "\u{9f}",
        "\u{a0}",
        "\u{2028}",
        "\u{10ffff}",
        " ",
        "\t",
    ] {
        agree(Parameter::CustomerName, name);
    }
}

/// Those that are answered are in upper case alone.
#[test]
fn every_country_is_answered_and_nothing_else() {
    let pattern = pattern("Country");
    for first in 'A'..='z' {
        for second in 'A'..='z' {
            let code = format!("{first}{second}");
            let country = code.parse::<Country>();
            let is_answered = country.is_ok_and(|country| country.as_str() == code);
            assert_eq!(pattern.is_match(&code), is_answered, "{code}");
        }
    }
}

#[test]
fn numbers_are_as_long_as_they_may_be() {
    let pattern = pattern("TrackingNumber");
    for length in 0..20 {
        let number = "A".repeat(length);
        let is_number = number.parse::<tracking_core::TrackingNumber>().is_ok();
        assert_eq!(pattern.is_match(&number), is_number, "{length}");
    }
}
