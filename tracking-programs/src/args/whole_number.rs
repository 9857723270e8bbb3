//! Flags that count.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A parser for clap of whole numbers of a range, which says what it expects rather than what a digit is. Give
/// the range the type of the flag's field: clap compares them only when the flag is read.
pub fn whole_number<N>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: Copy + Display + FromStr + PartialOrd + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let expected = || {
            let (start, end) = (range.start(), range.end());
            format!("expected a whole number from {start} to {end}")
        };
        number.ok_or_else(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_range_and_no_others() {
        let parse = whole_number(1..=10_u32);
        assert_eq!((parse("1"), parse("10")), (Ok(1), Ok(10)));
        for text in ["", "0", "11", "-1", "1.5", "1e1", " 1", "99999999999", "x"] {
            let expected = "expected a whole number from 1 to 10";
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
