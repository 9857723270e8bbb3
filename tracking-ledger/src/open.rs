//! Opening the ledger that a URL names.

use std::sync::Arc;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::options::LedgerOptions;
use crate::url::LedgerUrl;

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
