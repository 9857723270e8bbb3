//! The URL that names a ledger.

mod mysql;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tracking_core::shown::{Plain, Shown};

pub use self::mysql::MySqlUrl;

/// Where a ledger is. `Display` and `Debug` hide passwords.
///
/// | URL | names |
/// |---|---|
/// | `none` | no ledger |
/// | `sqlite:PATH` | a file on this host |
/// | `mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE` | MySQL or MariaDB: see [`MySqlUrl`] |
///
/// ```
/// use tracking_ledger::LedgerUrl;
///
/// let url: LedgerUrl = "mysql://shop:secret@db.internal/parcels?tls=on".parse()?;
/// assert_eq!(url.to_string(), "mysql://shop:***@db.internal:3306/parcels?tls=on");
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
    #[error(
        "expected a ledger such as sqlite:PATH, mysql://USER@HOST/DATABASE or none, found {found}"
    )]
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
    /// A part of a MySQL URL is wrong.
    #[error(
        "expected mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE, found another {part}; in user and password write @ : / ? % as %40 %3A %2F %3F %25"
    )]
    MySql {
        /// Which part.
        part: &'static str,
    },
    /// An option is not known, or its value is wrong.
    #[error("expected the option {expected}, found {found}")]
    Option {
        /// What may stand there.
        expected: &'static str,
        /// The name of what stands there, as it can be shown.
        found: Box<str>,
    },
}

impl FromStr for LedgerUrl {
    type Err = ParseLedgerUrlError;

    fn from_str(text: &str) -> Result<Self, ParseLedgerUrlError> {
        match text.split_once(':') {
            _ if text == "none" => Ok(Self::None),
            Some(("sqlite", path)) => sqlite(path).map(Self::Sqlite),
            Some(("mysql", rest)) => MySqlUrl::parse(rest).map(Self::MySql),
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
                    "expected a ledger such as sqlite:PATH, mysql://USER@HOST/DATABASE or none, found {found:?}"
                ),
            );
        }
    }
}
