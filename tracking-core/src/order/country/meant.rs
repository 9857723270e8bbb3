//! Which code somebody means who wrote something else for a country.

use iso3166_static::{Alpha2, Alpha3};

/// Lines of a code and a name in English; a country may have several.
const NAMES: &str = include_str!("names.txt");

/// No name is shorter, or longer.
const NAME_BYTES_MIN: usize = 3;
const NAME_BYTES_MAX: usize = 64;

/// Codes that bodies other than ISO use.
const OTHERS: [(&str, &str); 2] = [("UK", "GB"), ("EL", "GR")];

/// The code that `text` stands for beyond doubt: it is another code of the country, or its name.
pub(super) fn meant(text: &str) -> Option<Alpha2> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let other = OTHERS.iter().find(|(code, _)| *code == upper);
    let code = other.map(|(_, meant)| *meant);
    code.and_then(super::assigned)
        .or_else(|| super::assigned(text))
        .or_else(|| of_three_letters(&upper))
        .or_else(|| of_name(text))
}

fn of_three_letters(upper: &str) -> Option<Alpha2> {
    let code = Alpha3::from_str_slice(upper).ok()?;
    // The table holds the codes that the standard leaves to users as well.
    let code = (!code.is_user_assigned()).then_some(code)?;
    Alpha2::from_alpha3(code).ok()
}

fn of_name(text: &str) -> Option<Alpha2> {
    // No work for what can be none, such as every wrong code, nor for what somebody made long.
    if !(NAME_BYTES_MIN..=NAME_BYTES_MAX).contains(&text.len()) {
        return None;
    }
    let lower = text.to_lowercase();
    let is_same = |name: &str| match text.is_ascii() {
        true => name.eq_ignore_ascii_case(text),
        false => name.to_lowercase() == lower,
    };
    let mut names = NAMES.lines().filter_map(|line| line.split_once(' '));
    let (code, _) = names.find(|(_, name)| is_same(name))?;
    super::assigned(code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::order::Country;

    #[test]
    fn another_code_or_a_name_is_told_the_code() {
        for (text, code) in [
            ("UK", "GB"),
            ("uk", "GB"),
            ("EL", "GR"),
            ("USA", "US"),
            ("deu", "DE"),
            ("MYS", "MY"),
            ("Germany", "DE"),
            ("UNITED STATES", "US"),
            ("united kingdom", "GB"),
            ("South Korea", "KR"),
            ("türkiye", "TR"),
            ("Côte d'Ivoire", "CI"),
            (" US", "US"),
            ("US\n", "US"),
        ] {
            let error = text.parse::<Country>().unwrap_err();
            assert_eq!(
                error.message(),
                format!("{text:?} is not a country's code: {code} is")
            );
        }
    }

    #[test]
    fn what_may_be_two_things_is_not_guessed() {
        for text in [
            "Korea",
            "Congo",
            "Virgin Islands",
            "EU",
            "XXX",
            "840",
            "",
            "Germ",
            "EN",
        ] {
            assert_eq!(meant(text).map(|code| code.as_str()), None, "{text}");
        }
    }

    #[test]
    fn each_country_has_a_name_and_each_name_one_country() {
        let lines: Vec<_> = NAMES.lines().filter_map(|l| l.split_once(' ')).collect();
        let codes: HashSet<_> = lines.iter().map(|(code, _)| *code).collect();
        let names: HashSet<_> = lines.iter().map(|(_, name)| name.to_lowercase()).collect();
        assert_eq!((codes.len(), names.len()), (249, lines.len()));
        for (code, name) in lines {
            assert_eq!(meant(name).map(|code| code.as_str()), Some(code), "{name}");
        }
    }
}
