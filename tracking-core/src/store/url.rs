//! The URL that names a store.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::series::SeriesName;
use crate::shown::Plain;

mod error;
mod host;
mod login;
mod mysql;
mod number;
mod parts;
mod redis;

pub use error::ParseStoreUrlError;
use error::clipped;
pub use mysql::{MySqlPlace, MySqlUrl};
pub use redis::{RedisHost, RedisPlace, RedisUrl, ReplicaWait};

/// The URL of a store. Its `Display` and `Debug` forms are redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `memory:`, for tests and trials.
    Memory,
    /// `file:PATH`, the default.
    File(FileUrl),
    /// `redis:`, `rediss:`, `redis+unix:`, `redis+sentinel:` and `redis+cluster:`, which hosts share.
    Redis(RedisUrl),
    /// `mysql:`, `mysqls:` and `mysql+unix:`, which hosts share.
    MySql(MySqlUrl),
}

/// A state file: `file:PATH`, where PATH may be relative, `~/` at its start is the home folder (a
/// shell expands it only at the start of a word), and all else is taken to the letter up to a `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUrl {
    path: PathBuf,
    network_file_system: bool,
}

impl FileUrl {
    /// The state file at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            network_file_system: false,
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file may lie on a network file system (`?network_file_system=allow`), whose
    /// locks the operator vouches for.
    pub fn allows_network_file_system(&self) -> bool {
        self.network_file_system
    }
}

impl StoreUrl {
    /// The default store of a series: `NAME.series` in the user's state folder.
    ///
    /// # Errors
    /// There is no state folder, since neither `HOME` nor `XDG_STATE_HOME` is an absolute path.
    pub fn default_file(series: &SeriesName) -> Result<Self, ParseStoreUrlError> {
        let folder = state_folder().ok_or(ParseStoreUrlError::NoHome)?;
        Ok(Self::File(FileUrl::new(
            folder.join(format!("{series}.series")),
        )))
    }

    /// The files of series in the user's state folder, `NAME.series` each, in the order of their names; what else
    /// lies there is left out.
    ///
    /// # Errors
    /// There is no state folder, as for [`default_file`](Self::default_file); or, inside, the folder cannot be
    /// read, or is not there.
    pub fn default_files() -> Result<io::Result<Vec<Self>>, ParseStoreUrlError> {
        let folder = state_folder().ok_or(ParseStoreUrlError::NoHome)?;
        Ok(series_files(&folder))
    }

    /// Whether the store is this host's alone, and not one that hosts share.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Memory | Self::File(_) => true,
            Self::Redis(_) | Self::MySql(_) => false,
        }
    }

    /// Whether the URL itself holds a password.
    pub fn has_password(&self) -> bool {
        match self {
            Self::Memory | Self::File(_) => false,
            Self::Redis(redis) => redis.expose_password().is_some(),
            Self::MySql(mysql) => mysql.expose_password().is_some(),
        }
    }
}

impl FromStr for StoreUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, ParseStoreUrlError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(ParseStoreUrlError::Scheme {
                found: clipped(text),
            });
        };
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "memory" => Err(ParseStoreUrlError::Memory {
                found: clipped(rest),
            }),
            "file" => parse_file(rest),
            "redis" | "rediss" | "redis+unix" | "redis+sentinel" | "redis+cluster" => {
                RedisUrl::parse(scheme, rest).map(StoreUrl::Redis)
            }
            "mysql" | "mysqls" | "mysql+unix" => MySqlUrl::parse(scheme, rest).map(StoreUrl::MySql),
            _ => Err(ParseStoreUrlError::Scheme {
                found: clipped(scheme),
            }),
        }
    }
}

impl FromStr for RedisUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, ParseStoreUrlError> {
        match text.parse()? {
            StoreUrl::Redis(url) => Ok(url),
            other => Err(ParseStoreUrlError::NoRedis {
                found: clipped(&other.to_string()),
            }),
        }
    }
}

impl FromStr for MySqlUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, ParseStoreUrlError> {
        match text.parse()? {
            StoreUrl::MySql(url) => Ok(url),
            other => Err(ParseStoreUrlError::NoMySql {
                found: clipped(&other.to_string()),
            }),
        }
    }
}

fn parse_file(rest: &str) -> Result<StoreUrl, ParseStoreUrlError> {
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    // `file:///path` and `file:/path` name the same file.
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => {
            return Err(ParseStoreUrlError::Host {
                found: clipped(path),
            });
        }
        None => path,
    };
    if path.is_empty() || path.ends_with('/') || path.contains('\0') {
        return Err(ParseStoreUrlError::Path {
            found: clipped(path),
        });
    }
    let mut file = FileUrl::new(expanded(path)?);
    for option in options.split('&').filter(|option| !option.is_empty()) {
        match option {
            "network_file_system=allow" => file.network_file_system = true,
            _ => {
                return Err(ParseStoreUrlError::Option {
                    found: clipped(option),
                    expected: "network_file_system=allow",
                });
            }
        }
    }
    Ok(StoreUrl::File(file))
}

/// A path as the operator means it: `~/` at its start is the home folder.
fn expanded(path: &str) -> Result<PathBuf, ParseStoreUrlError> {
    if !path.starts_with('~') {
        return Ok(path.into());
    }
    let found = || clipped(path);
    // The folder of another user would take a look into the system's list of them.
    let Some(rest) = path.strip_prefix("~/") else {
        return Err(ParseStoreUrlError::Tilde { found: found() });
    };
    let home =
        absolute("HOME").ok_or_else(|| ParseStoreUrlError::TildeWithoutHome { found: found() })?;
    Ok(home.join(rest.trim_start_matches('/')))
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::File(file) => file.fmt(f),
            Self::Redis(redis) => redis.fmt(f),
            Self::MySql(mysql) => mysql.fmt(f),
        }
    }
}

impl fmt::Display for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file:{}", Plain::of(&self.path))
    }
}

fn series_files(folder: &Path) -> io::Result<Vec<StoreUrl>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".series"));
        names.extend(stem.and_then(|stem| stem.parse::<SeriesName>().ok()));
    }
    names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let file = |name| StoreUrl::File(FileUrl::new(folder.join(format!("{name}.series"))));
    Ok(names.into_iter().map(file).collect())
}

/// The user's state folder: `$XDG_STATE_HOME/tracking`, else `$HOME/.local/state/tracking`.
/// Relative paths are ignored, as the XDG Base Directory Specification says.
fn state_folder() -> Option<PathBuf> {
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("tracking"))
}

/// The absolute path in a variable.
fn absolute(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_expanded_where_it_starts_a_path() {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        for (text, path) in [
            ("file:~/a.series", home.join("a.series")),
            ("file:~/x/~/a", home.join("x/~/a")),
            ("file:~//etc/a", home.join("etc/a")),
            ("file:~/a?network_file_system=allow", home.join("a")),
            ("file:./~/a", "./~/a".into()),
            ("file:a~", "a~".into()),
        ] {
            let StoreUrl::File(file) = text.parse().unwrap() else {
                panic!("{text}");
            };
            assert_eq!(file.path(), path, "{text}");
        }
    }

    #[test]
    fn parses_and_shows() {
        for (text, shown) in [
            ("memory:", "memory:"),
            ("file:a.series", "file:a.series"),
            ("file:/var/a b.series", "file:/var/a b.series"),
            ("file:///var/a", "file:/var/a"),
            ("file:/a?network_file_system=allow", "file:/a"),
        ] {
            assert_eq!(text.parse::<StoreUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_and_says_what_was_expected() {
        for (text, message) in [
            (
                "",
                r#"expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found """#,
            ),
            (
                "ftp://x",
                r#"expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found "ftp""#,
            ),
            (
                "memory:x",
                r#"expected memory: with nothing behind it, found "x""#,
            ),
            (
                "file:",
                r#"expected file:PATH with the path of a file, found """#,
            ),
            (
                "file:/a/",
                r#"expected file:PATH with the path of a file, found "/a/""#,
            ),
            (
                "file://h/a",
                r#"expected file:PATH without a host, found "//h/a"; for an absolute path write file:/path"#,
            ),
            (
                "file:~shop/a",
                r#"expected file:PATH, or file:~/PATH for one in the home folder, found "~shop/a"; write the path out"#,
            ),
            (
                "file:~",
                r#"expected file:PATH, or file:~/PATH for one in the home folder, found "~"; write the path out"#,
            ),
            (
                "file:~/",
                r#"expected file:PATH with the path of a file, found "~/""#,
            ),
            (
                "file:a?x=1",
                r#"expected the option network_file_system=allow, found "x=1""#,
            ),
        ] {
            assert_eq!(text.parse::<StoreUrl>().unwrap_err().to_string(), message);
        }
    }
}
