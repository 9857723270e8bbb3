//! Old numbers, as others wrote them down.

use tracking_core::TrackingNumber;
use tracking_core::number::ParseNumberError;
use tracking_core::rfc3339;
use tracking_core::shown::Shown;

use crate::entry::OldNumber;

/// Texts that are no old number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseOldNumberError {
    /// The number is none.
    #[error(transparent)]
    Number(#[from] ParseNumberError),
    /// The time is none.
    #[error(
        "expected a time such as 2024-01-01T12:00:00+08:00, or 2024-01-01 12:00:00.123456 in UTC, found {found}"
    )]
    CreatedAt {
        /// What stands there, as it can be shown.
        found: Box<str>,
    },
}

impl OldNumber {
    /// A number and when it was issued, as a Django database has it: `2024-01-01 12:00:00.123456`, in UTC, with as
    /// many decimals as there are. A time of RFC 3339 is taken, too.
    ///
    /// ```
    /// use tracking_ledger::OldNumber;
    ///
    /// let old = OldNumber::parse("AB12CD34EF56", "2024-01-01 12:00:00.123456")?;
    /// assert_eq!(old.issued_at_ms, 1_704_110_400_123);
    /// assert_eq!(old, OldNumber::parse("AB12CD34EF56", "2024-01-01T20:00:00.123+08:00")?);
    /// # Ok::<(), tracking_ledger::ParseOldNumberError>(())
    /// ```
    ///
    /// # Errors
    /// [`ParseOldNumberError`].
    pub fn parse(number: &str, created_at: &str) -> Result<Self, ParseOldNumberError> {
        let number: TrackingNumber = number.parse()?;
        let issued_at_ms = match created_at.split_once(' ') {
            Some((date, time)) if date.len() == 10 => rfc3339::parse(&format!("{date}T{time}Z")),
            _ => rfc3339::parse(created_at),
        };
        let issued_at_ms = issued_at_ms.map_err(|_| ParseOldNumberError::CreatedAt {
            found: Shown(created_at).to_string().into(),
        })?;
        Ok(Self {
            number,
            issued_at_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_taken() {
        for (text, at_ms) in [
            ("2024-01-01 12:00:00", 1_704_110_400_000),
            ("2024-01-01 12:00:00.1", 1_704_110_400_100),
            ("2024-01-01 12:00:00.123456", 1_704_110_400_123),
            ("2024-01-01T12:00:00Z", 1_704_110_400_000),
            ("2024-01-01T20:00:00+08:00", 1_704_110_400_000),
            ("1969-12-31 23:59:59.999999", -1),
        ] {
            let old = OldNumber::parse("A", text).unwrap();
            assert_eq!(old.issued_at_ms, at_ms, "{text}");
        }
    }

    #[test]
    fn others_are_refused_and_shown_harmlessly() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01 12:00",
            "2024-01-01T12:00:00",
            "2024-01-01 12:00:00+00:00",
            "2024-01-01 12:00:00Z",
            "0000-00-00 00:00:00",
            "2024-01-01\t12:00:00",
            "2024-01-01  12:00:00",
        ] {
            assert_eq!(
                OldNumber::parse("A", text).unwrap_err().to_string(),
                format!(
                    "expected a time such as 2024-01-01T12:00:00+08:00, or 2024-01-01 12:00:00.123456 in UTC, found {text:?}"
                ),
            );
        }
        let error = OldNumber::parse("a", "2024-01-01 12:00:00").unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found 'a' at position 1; the letters of a number are capitals"
        );
    }
}
