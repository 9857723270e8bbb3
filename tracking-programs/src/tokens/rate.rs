//! How many numbers the holder of a token may take.

/// The most numbers a second that a rate can say: the world's parcels, many times over.
pub const RATE_MAX: u32 = 10_000_000;

/// How many numbers a second may be taken on average, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRate {
    per_second: u32,
    burst: u32,
}

impl TokenRate {
    /// `per_second` on average; at once `burst`, or as many as in a second.
    ///
    /// # Errors
    /// One is 0, or the rate is above [`RATE_MAX`].
    pub fn new(per_second: u32, burst: Option<u32>) -> Result<Self, TokenRateError> {
        if !(1..=RATE_MAX).contains(&per_second) {
            return Err(TokenRateError::Rate { found: per_second });
        }
        let burst = burst.unwrap_or(per_second);
        if burst == 0 {
            return Err(TokenRateError::Burst);
        }
        Ok(Self { per_second, burst })
    }

    /// Numbers a second, 1 to [`RATE_MAX`].
    pub fn per_second(self) -> u32 {
        self.per_second
    }

    /// Numbers at once, 1 or more.
    pub fn burst(self) -> u32 {
        self.burst
    }
}

/// Numbers that are no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRateError {
    /// The rate.
    #[error("expected a rate of 1 to {RATE_MAX} numbers a second, found {found}")]
    Rate {
        /// What was found.
        found: u32,
    },
    /// The burst.
    #[error("expected a burst of 1 number or more, found 0")]
    Burst,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        let rate = TokenRate::new(5, Some(1)).unwrap();
        assert_eq!((rate.per_second(), rate.burst()), (5, 1));
        for (rate, burst, error) in [
            (0, None, TokenRateError::Rate { found: 0 }),
            (
                RATE_MAX + 1,
                None,
                TokenRateError::Rate {
                    found: RATE_MAX + 1,
                },
            ),
            (1, Some(0), TokenRateError::Burst),
        ] {
            assert_eq!(TokenRate::new(rate, burst), Err(error));
        }
    }
}
