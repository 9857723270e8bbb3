//! Integers of JSON, exact: a double would round what is written.

/// What a number means if it is no integer from 0 to `u32::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoCount {
    Fraction,
    OutOfRange,
}

/// The integer that a JSON number means, exactly: `1000`, `1e3` and `1000.0` are one.
pub(super) fn integer(number: &str) -> Result<u32, NoCount> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => (true, mantissa),
        None => (false, mantissa),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Its significant digits, and how many of them stand before the point.
    let digits = [whole, decimals].concat();
    let significant = digits.trim_start_matches('0');
    let leading = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    // An exponent that does not fit moves the point further than any digit that was sent.
    let exponent = exponent.parse::<i64>().unwrap_or_else(|_| {
        let is_small = exponent.starts_with('-');
        if is_small { i64::MIN / 2 } else { i64::MAX / 2 }
    });
    let moved = exponent.saturating_add(whole.len() as i64 - leading as i64);
    let Some(zeros) = moved
        .checked_sub(significant.len() as i64)
        .filter(|zeros| *zeros >= 0)
    else {
        return Err(NoCount::Fraction);
    };
    let power = u32::try_from(zeros)
        .ok()
        .and_then(|zeros| 10u32.checked_pow(zeros));
    let value = significant.parse::<u32>().ok();
    match value
        .zip(power)
        .and_then(|(value, power)| value.checked_mul(power))
    {
        Some(value) if !is_negative => Ok(value),
        _ => Err(NoCount::OutOfRange),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_however_they_are_written() {
        for (number, expected) in [
            ("0", Ok(0)),
            ("-0.0e7", Ok(0)),
            ("0e999999999999999999999", Ok(0)),
            ("1", Ok(1)),
            ("1.0", Ok(1)),
            ("1e3", Ok(1_000)),
            ("1E+3", Ok(1_000)),
            ("1000000e-3", Ok(1_000)),
            ("0.001e6", Ok(1_000)),
            ("12.50e1", Ok(125)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", Err(NoCount::OutOfRange)),
            ("-1", Err(NoCount::OutOfRange)),
            ("1e10", Err(NoCount::OutOfRange)),
            ("1e999999999999999999999", Err(NoCount::OutOfRange)),
            ("18446744073709551617", Err(NoCount::OutOfRange)),
            ("1.5", Err(NoCount::Fraction)),
            ("-0.5", Err(NoCount::Fraction)),
            ("1e-1", Err(NoCount::Fraction)),
            ("1e-999999999999999999999", Err(NoCount::Fraction)),
            // What a double takes for 1.
            ("1.0000000000000000000001", Err(NoCount::Fraction)),
        ] {
            assert_eq!(integer(number), expected, "{number}");
        }
    }
}
