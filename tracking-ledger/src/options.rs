//! How a ledger keeps what it is given.

use std::time::Duration;

/// How a ledger keeps what it is given.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    key_ttl: Duration,
    keeps_names: bool,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            key_ttl: Duration::from_hours(24),
            keeps_names: true,
        }
    }
}

impl LedgerOptions {
    /// For how long an idempotency key is known, by the database's clock; then it is new again. Default 24 h.
    #[must_use]
    pub fn key_ttl(mut self, key_ttl: Duration) -> Self {
        self.key_ttl = key_ttl;
        self
    }

    /// Store no customer's name.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.keeps_names = false;
        self
    }

    #[cfg(any(feature = "mysql", feature = "sqlite"))]
    pub(crate) fn keeps_names(&self) -> bool {
        self.keeps_names
    }

    #[cfg(any(feature = "mysql", feature = "sqlite"))]
    pub(crate) fn key_ttl_ms(&self) -> i64 {
        // Some 30 years are for ever, and no sum with a time overflows.
        self.key_ttl
            .as_millis()
            .try_into()
            .unwrap_or(i64::MAX)
            .min(1 << 40)
    }
}
