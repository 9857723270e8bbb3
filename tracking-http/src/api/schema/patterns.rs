//! The shapes of texts, as regular expressions of JSON Schema (ECMA-262) that the parsers agree with.

use tracking_core::order::{Country, Parameter};

/// What the text of an order's field has to be.
pub(super) fn given(parameter: Parameter) -> String {
    match parameter {
        Parameter::OriginCountryId | Parameter::DestinationCountryId => countries(Case::Either),
        Parameter::Weight => WEIGHT.to_owned(),
        Parameter::CreatedAt => format!(r"^{DATE}[Tt]{TIME}(\.[0-9]+)?([Zz]|[+-]{OFFSET})$"),
        Parameter::CustomerId => uuid("0-9a-fA-F"),
        Parameter::CustomerName => CUSTOMER_NAME.to_owned(),
        Parameter::CustomerSlug => CUSTOMER_SLUG.to_owned(),
    }
}

/// 1 to 16 characters, [`tracking_core::MAX_LENGTH`].
pub(super) const TRACKING_NUMBER: &str = "^[A-Z0-9]{1,16}$";

/// Several of them, a line each.
pub(super) const TRACKING_NUMBER_LINES: &str = r"^([A-Z0-9]{1,16}\n)+$";

/// The stable codes of errors.
pub(super) const CODE: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// Kilograms of at least a gram and less than a million, with three decimals at most.
const WEIGHT: &str =
    r"^0*([1-9][0-9]{0,5}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$";

/// None of the characters of Unicode's category Cc. How many there are is said beside it.
const CUSTOMER_NAME: &str = r"^[^\x00-\x1f\x7f-\x9f]+$";

const CUSTOMER_SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// A day that there is, of the years 0000 to 9999.
const DATE: &str = "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|\
                    02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|\
                    ([02468][048]|[13579][26])00)-02-29)";

/// A leap second is taken too, where one can be; which no regular expression tells.
const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

const OFFSET: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

/// A time that we answer: with milliseconds.
pub(super) fn time() -> String {
    format!(r"^{DATE}T{TIME}\.[0-9]{{3}}(Z|[+-]{OFFSET})$")
}

/// A UUID that we answer: in lower case.
pub(super) fn lower_uuid() -> String {
    uuid("0-9a-f")
}

fn uuid(digits: &str) -> String {
    format!("^[{digits}]{{8}}(-[{digits}]{{4}}){{3}}-[{digits}]{{12}}$")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Either,
}

/// The codes that are countries, those of one first letter together.
pub(super) fn countries(case: Case) -> String {
    let letter = |letter: char| match case {
        Case::Upper => letter.to_string(),
        Case::Either => format!("{letter}{}", letter.to_ascii_lowercase()),
    };
    let groups: Vec<String> = ('A'..='Z')
        .filter_map(|first| {
            let seconds: String = ('A'..='Z')
                .filter(|second| format!("{first}{second}").parse::<Country>().is_ok())
                .map(letter)
                .collect();
            let first = letter(first);
            (!seconds.is_empty()).then(|| format!("[{first}][{seconds}]"))
        })
        .collect();
    format!("^({})$", groups.join("|"))
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use tracking_core::order::{OrderBuilder, Required};
    use tracking_core::testing::{FULL_ORDER, wrong_values};

    use super::*;

    /// The schema's other limit, the length, is in the test too.
    fn agree(parameter: Parameter, value: &str) {
        let is_short = value.chars().count() <= 255;
        let matches = Regex::new(&given(parameter)).unwrap().is_match(value);
        let mut order = OrderBuilder::new(Required::ALL);
        order.set(parameter.name(), value);
        let errors = order.build().unwrap_err();
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

    #[test]
    fn numbers_are_as_long_as_they_may_be() {
        let pattern = Regex::new(TRACKING_NUMBER).unwrap();
        for length in 0..20 {
            let number = "A".repeat(length);
            let is_number = number.parse::<tracking_core::TrackingNumber>().is_ok();
            assert_eq!(pattern.is_match(&number), is_number, "{length}");
        }
    }
}
