//! Opening the ledger that a URL names.

use std::sync::Arc;
use std::time::Duration;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::url::LedgerUrl;

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

/// Opens the ledger that a URL names, and makes or updates its tables; `None` for `none`.
///
/// # Errors
/// [`LedgerError::Refused`] where this program was built without the feature, or the ledger is not one that can be
/// relied on; [`LedgerError::NewerSchema`]; [`LedgerError::Unavailable`].
pub fn open_ledger(
    url: &LedgerUrl,
    options: &LedgerOptions,
) -> Result<Option<Arc<dyn Ledger>>, LedgerError> {
    let _ = options;
    match url {
        LedgerUrl::None => Ok(None),
        #[cfg(feature = "sqlite")]
        LedgerUrl::Sqlite(path) => crate::sqlite::open(path, options).map(Some),
        #[cfg(feature = "mysql")]
        LedgerUrl::MySql(mysql) => crate::mysql::open(mysql, options).map(Some),
        #[cfg(not(all(feature = "mysql", feature = "sqlite")))]
        other => Err(LedgerError::Refused {
            ledger: other.to_string().into(),
            what: "this program was built without it: build it with the feature of that name"
                .into(),
        }),
    }
}
