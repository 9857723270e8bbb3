//! The URL that names a ledger.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tracking_core::shown::{Plain, Shown};
use tracking_core::store::url::ParseStoreUrlError;

pub use tracking_core::store::url::MySqlUrl;

/// Where a ledger is. `Display` and `Debug` hide passwords.
///
/// | URL | names |
/// |---|---|
/// | `none` | no ledger |
/// | `sqlite:PATH` | a file on this host |
/// | `mysql://…`, `mysqls://…` by TLS, `mysql+unix://…` | MySQL or MariaDB, as [`MySqlUrl`] has it for a store, too |
///
/// `timeout_ms` of the latter bounds a whole call of a [`Ledger`](crate::Ledger), or each transaction of one that takes
/// several.
///
/// ```
/// use tracking_ledger::LedgerUrl;
///
/// let url: LedgerUrl = "mysqls://shop:secret@db.internal/parcels?ca=/etc/shop/ca.pem".parse()?;
/// assert_eq!(url.to_string(), "mysqls://shop@db.internal:3306/parcels");
/// assert!("sqlite::memory:".parse::<LedgerUrl>().is_err());
/// # Ok::<(), tracking_ledger::ParseLedgerUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerUrl {
    /// No ledger: nothing is recorded.
    None,
    /// A file.
    Sqlite(PathBuf),
    /// A MySQL or MariaDB.
    MySql(MySqlUrl),
}

/// A text that names no ledger. It never shows what may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLedgerUrlError {
    /// The scheme is not one of a ledger.
    #[error("expected a ledger such as sqlite:PATH, mysql://USER@HOST/DB or none, found {found}")]
    Scheme {
        /// What stands there, as it can be shown.
        found: Box<str>,
    },
    /// No path of a file.
    #[error(
        "expected sqlite:PATH with the path of a file, found {found}; a ledger in memory would remember nothing"
    )]
    Path {
        /// What stands there, as it can be shown.
        found: Box<str>,
    },
    /// It names a MySQL, and not as it should.
    #[error(transparent)]
    MySql(#[from] ParseStoreUrlError),
}

impl FromStr for LedgerUrl {
    type Err = ParseLedgerUrlError;

    fn from_str(text: &str) -> Result<Self, ParseLedgerUrlError> {
        match text.split_once(':') {
            _ if text == "none" => Ok(Self::None),
            Some(("sqlite", path)) => sqlite(path).map(Self::Sqlite),
            Some(("mysql" | "mysqls" | "mysql+unix", _)) => Ok(Self::MySql(text.parse()?)),
            scheme => {
                // The scheme alone: what stands behind it may hold a password.
                let found = Shown(scheme.map_or(text, |(scheme, _)| scheme));
                let found = found.to_string().into();
                Err(ParseLedgerUrlError::Scheme { found })
            }
        }
    }
}

fn sqlite(path: &str) -> Result<PathBuf, ParseLedgerUrlError> {
    // `:memory:` and, to SQLite, the empty path are databases that end with the connection; `file:` is a URL
    // to it, which may mean either.
    let is_file = !path.is_empty()
        && !path.starts_with([':', '?'])
        && !path.starts_with("//")
        && !path.starts_with("file:")
        && !path.contains('\0')
        && Path::new(path).file_name().is_some()
        && !path.ends_with('/');
    if is_file {
        return Ok(path.into());
    }
    let found = Shown(path).to_string().into();
    Err(ParseLedgerUrlError::Path { found })
}

impl fmt::Display for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", Plain::of(path)),
            Self::MySql(url) => write!(f, "{url}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_shown() {
        for text in ["none", "sqlite:ledger.db", "sqlite:/var/lib/shop/ledger"] {
            assert_eq!(text.parse::<LedgerUrl>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn no_database_that_would_forget() {
        for path in [
            "",
            ":memory:",
            "file:x",
            "file::memory:",
            "/",
            "a/",
            "..",
            "//host/x",
            "?x",
        ] {
            let error = format!("sqlite:{path}").parse::<LedgerUrl>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "expected sqlite:PATH with the path of a file, found {path:?}; a ledger in memory would remember nothing"
                ),
            );
        }
    }

    /// All that can be said of one is tested where it is parsed.
    #[test]
    fn a_mysql_is_named_as_for_a_store_and_its_password_never_shown() {
        for (text, shown) in [
            ("mysql://u:secret@h/d", "mysql://u@h:3306/d"),
            ("mysqls://u:secret@h/d?ca=/a.pem", "mysqls://u@h:3306/d"),
            (
                "mysql+unix://u:secret@/run/my.sock?db=d",
                "mysql+unix://u@/run/my.sock?db=d",
            ),
        ] {
            let url: LedgerUrl = text.parse().unwrap();
            assert!(!format!("{url:?}").contains("secret"));
            assert_eq!(url.to_string(), shown);
            let LedgerUrl::MySql(mysql) = url else {
                panic!("{text}");
            };
            assert_eq!(mysql.expose_password(), Some("secret"));
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        const SERVER: &str = "expected mysql://[USER[:PASSWORD]@]HOST[:PORT]/DB, found the";
        const TLS: &str = "expected mysqls://HOST/DB for TLS, with ?ca=FILE to trust an authority of your own, found the option";
        for (text, wrong) in [
            ("mysql:u:secret@h/d", format!("{SERVER} beginning")),
            ("mysql://u:sec?ret@h/d", format!("{SERVER} user")),
            ("mysql://u:secret@/d", format!("{SERVER} host")),
            ("mysql://u:secret@h:0/d", format!("{SERVER} host")),
            ("mysql://u:secret@h:+1/d", format!("{SERVER} host")),
            ("mysql://u:secret@h", format!("{SERVER} database")),
            ("mysql://u:secret@h/", format!("{SERVER} database")),
            ("mysql://u:secret@h/a/b", format!("{SERVER} database")),
            ("mysql://u:sec/ret@h/d/d", format!("{SERVER} user")),
            ("mysql://u:%ff@h/d", format!("{SERVER} user")),
            ("mysql://u:secret@h/d?tls=secret", format!(r#"{TLS} "tls""#)),
            ("mysql://u:secret@h/d?tls=on", format!(r#"{TLS} "tls""#)),
            ("mysql://u:secret@h/d?ca=/a.pem", format!(r#"{TLS} "ca""#)),
            (
                "mysql://u:secret@h/d?timeout_ms=1",
                "expected timeout_ms from 10 to 60000".to_owned(),
            ),
            (
                "mysql://u:secret@h/d?timeout_ms=90&timeout_ms=90",
                "expected the option timeout_ms once, found it twice".to_owned(),
            ),
            (
                "mysql://u:secret@h/d?charset=secret",
                "expected the option connect_ms=N, timeout_ms=N or galera=one-writer, found \"charset\"".to_owned(),
            ),
        ] {
            let error = text.parse::<LedgerUrl>().unwrap_err().to_string();
            assert!(error.starts_with(&wrong), "{text}: {error}");
            assert!(
                !error.contains("secret") && !error.contains("ret@"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn another_scheme_is_named_without_what_follows() {
        for (text, found) in [
            ("postgres://u:secret@h/d", "postgres"),
            ("", ""),
            ("ledger.db", "ledger.db"),
        ] {
            assert_eq!(
                text.parse::<LedgerUrl>().unwrap_err().to_string(),
                format!(
                    "expected a ledger such as sqlite:PATH, mysql://USER@HOST/DB or none, found {found:?}"
                ),
            );
        }
    }
}
