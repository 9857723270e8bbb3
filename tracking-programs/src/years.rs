//! How long a series lasts.

use tracking_core::Serial;

/// Years until serials can no longer tell the time, rounded down to a tenth.
pub fn years_left(now_ms: i64) -> f64 {
    const TENTH_OF_A_YEAR_MS: i64 = 36_525 * 86_400;
    const _: () = assert!(Serial::TICKS * Serial::TICK_MS < i64::MAX as u64);
    let end_ms = Serial::EPOCH_MS + (Serial::TICKS * Serial::TICK_MS) as i64;
    let tenths = (end_ms.saturating_sub(now_ms) / TENTH_OF_A_YEAR_MS).max(0);
    tenths as f64 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_thirty_eight_bits() {
        for (now_ms, years) in [
            (Serial::EPOCH_MS, 87.1),
            (Serial::EPOCH_MS + 365 * 86_400_000, 86.1),
            (i64::MAX, 0.0),
        ] {
            assert_eq!(years_left(now_ms), years);
        }
    }
}
