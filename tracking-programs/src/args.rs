//! The flags and environment variables that every program of ours takes: those that name a store and
//! a series, and that of the time zone for what issues numbers.

mod key_file;
mod ledger;
mod program;
mod whole_number;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::Args;
use tracking_core::issued::Zone;
use tracking_core::number::ParseKeyError;
use tracking_core::shown::Plain;
use tracking_core::store::url::ParseStoreUrlError;
use tracking_core::{Key, Opening, Prefix, SeriesName, SeriesOptions, StoreUrl};

use self::key_file::KeyFile;
pub use self::ledger::{LedgerArgs, LedgerArgsError, LedgerUrlArgs};
pub use self::program::{answer, matches, not_written, standard_input, standard_output};
pub use self::whole_number::whole_number;
use crate::remedies::InOurWords;

/// The variable that holds a key itself: 32 hexadecimal digits.
const KEY_VARIABLE: &str = "TRACKING_KEY";
const STORE_VARIABLE: &str = "TRACKING_STORE";
/// The variable that holds the password of a Redis whose URL has none.
const REDIS_PASSWORD_VARIABLE: &str = "TRACKING_REDIS_PASSWORD";
/// The same for a MySQL.
const MYSQL_PASSWORD_VARIABLE: &str = "TRACKING_MYSQL_PASSWORD";

/// `--store`, `--series`, `--prefix` and `--key-file`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Series")]
pub struct StoreArgs {
    /// The store, by its URL
    ///
    /// file:PATH, or memory: for a trial that ends with the process, or one that hosts share:
    /// redis://[USER@]HOST[:PORT][/DB], rediss://, redis+unix://, redis+sentinel://,
    /// redis+cluster://, mysql://[USER@]HOST[:PORT]/DB, mysqls://, mysql+unix://. A password comes
    /// from the variable TRACKING_REDIS_PASSWORD or TRACKING_MYSQL_PASSWORD. Without a store: the file NAME.series, by the name of the series, in $XDG_STATE_HOME/tracking, else in
    /// ~/.local/state/tracking.
    #[arg(long, value_name = "URL", env = STORE_VARIABLE, hide_env_values = true, global = true)]
    store: Option<String>,

    /// The name of the series
    ///
    /// 1 to 64 characters of a-z, 0-9 and -.
    #[arg(
        long,
        value_name = "NAME",
        env = "TRACKING_SERIES",
        hide_env_values = true,
        default_value = "default",
        global = true
    )]
    series: SeriesName,

    /// The prefix of its numbers, 0 to 3 of A-Z and 0-9
    ///
    /// A new series takes it, or else three random characters; an existing one must have it. '' is
    /// none at all.
    #[arg(
        long,
        value_name = "PREFIX",
        env = "TRACKING_PREFIX",
        hide_env_values = true,
        global = true
    )]
    prefix: Option<Prefix>,

    /// A file with the key of the series
    ///
    /// 32 hexadecimal digits, or all that `tracking series show --reveal-key` printed. A new series
    /// of a store that hosts share takes it, and an existing series must have it. For a shared
    /// store the variable TRACKING_KEY may hold the key itself instead. A local store draws its own.
    #[arg(
        long,
        value_name = "FILE",
        env = "TRACKING_KEY_FILE",
        hide_env_values = true,
        global = true
    )]
    key_file: Option<PathBuf>,

    /// What it holds: it may be a pipe, which can be read once.
    #[arg(skip)]
    key_file_read: OnceLock<Arc<KeyFile>>,
}

impl StoreArgs {
    /// The store.
    ///
    /// # Errors
    /// It is no store's URL, or holds a password though it stands on the command line, which
    /// every user of the host can read.
    pub fn url(&self) -> Result<StoreUrl, ArgsError> {
        match self.named_url()? {
            Some(url) => Ok(url),
            None => Ok(StoreUrl::default_file(&self.series)?),
        }
    }

    /// The store, if one was named.
    ///
    /// # Errors
    /// As [`url`](Self::url).
    pub fn named_url(&self) -> Result<Option<StoreUrl>, ArgsError> {
        let Some(text) = self.store.as_deref() else {
            return Ok(None);
        };
        let url: StoreUrl = text.parse()?;
        let from_variable = std::env::var(STORE_VARIABLE).is_ok_and(|value| value == text);
        if url.has_password() && !from_variable {
            return Err(ArgsError::PasswordOnCommandLine);
        }
        let variable = match url {
            StoreUrl::MySql(_) => MYSQL_PASSWORD_VARIABLE,
            _ => REDIS_PASSWORD_VARIABLE,
        };
        Ok(Some(with_password(url, std::env::var(variable).ok())))
    }

    /// Which series of it, and what to do where it is missing or there already.
    ///
    /// # Errors
    /// The key cannot be read or is none.
    pub fn options(&self, opening: Opening) -> Result<SeriesOptions, ArgsError> {
        let mut options = SeriesOptions::named(self.series.clone());
        options.prefix = self.prefix;
        options.opening = opening;
        options.key = match self.read_key_file()? {
            Some(file) => {
                // Of a backup the prefix is known, so nobody need say it, and none is made up.
                options.prefix = options.prefix.or(file.prefix);
                Some(file.key.clone())
            }
            // A local store takes no key from the environment: a copied key in two files is a
            // series in two places at once.
            None if self.url()?.is_local() => None,
            None => match std::env::var(KEY_VARIABLE) {
                Ok(text) if !text.is_empty() => Some(parse_key(KEY_VARIABLE, &text)?),
                _ => None,
            },
        };
        Ok(options)
    }

    /// When the series was created, in milliseconds since the Unix epoch, where the key file is a
    /// backup that says so. Numbers from then on may be its own.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub fn backed_up_creation(&self) -> Result<Option<i64>, ArgsError> {
        let file = self.read_key_file()?;
        Ok(file.and_then(|file| file.created_at_ms()))
    }

    fn read_key_file(&self) -> Result<Option<&KeyFile>, ArgsError> {
        let Some(path) = &self.key_file else {
            return Ok(None);
        };
        let file = match self.key_file_read.get() {
            Some(file) => file,
            None => {
                let file = Arc::new(KeyFile::read(path)?);
                self.key_file_read.get_or_init(|| file)
            }
        };
        file.check(path, &self.series, self.prefix)?;
        Ok(Some(file))
    }

    /// The same store and flags for a series of this name.
    #[must_use]
    pub fn with_series(&self, name: SeriesName) -> Self {
        Self {
            series: name,
            ..self.clone()
        }
    }

    /// What an operator should know of the key file: that others may read it.
    pub fn key_file_warning(&self) -> Option<String> {
        self.key_file.as_deref().and_then(key_file::warning)
    }

    /// What was given and is not used, for a line on stderr.
    pub fn warning(&self) -> Option<&'static str> {
        let local = self.url().is_ok_and(|url| url.is_local());
        let key = std::env::var_os(KEY_VARIABLE).is_some_and(|key| !key.is_empty());
        (local && key).then_some(
            "TRACKING_KEY is not used: a local store has a key of its own (`tracking series restore --key-file` brings a lost one back)",
        )
    }
}

/// `--timezone`.
#[derive(Debug, Clone, Copy, Args)]
pub struct ZoneArgs {
    /// The time zone of created_at in the answer, by its IANA name such as Asia/Jakarta
    ///
    /// Where the order has a created_at of its own, its offset is taken instead.
    #[arg(
        long,
        value_name = "ZONE",
        env = "TRACKING_TIMEZONE",
        hide_env_values = true,
        default_value_t = Zone::UTC
    )]
    timezone: Zone,
}

impl ZoneArgs {
    /// The zone.
    pub fn zone(&self) -> Zone {
        self.timezone
    }
}

impl ArgsError {
    /// Whether what was given is wrong, rather than what stands behind it: a program's exit code 2
    /// rather than 3.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Url(error) => *error != ParseStoreUrlError::NoHome,
            Self::PasswordOnCommandLine | Self::Key { .. } | Self::Backup { .. } => true,
            Self::KeyFile { .. } => false,
        }
    }
}

/// The store with a password from the environment, where it takes one and its URL has none.
fn with_password(url: StoreUrl, password: Option<String>) -> StoreUrl {
    match (url, password) {
        (StoreUrl::Redis(redis), Some(password))
            if redis.expose_password().is_none() && !password.is_empty() =>
        {
            StoreUrl::Redis(redis.with_password(password))
        }
        (StoreUrl::MySql(mysql), Some(password))
            if mysql.expose_password().is_none() && !password.is_empty() =>
        {
            StoreUrl::MySql(mysql.with_password(password))
        }
        (url, _) => url,
    }
}

fn parse_key(place: &str, text: &str) -> Result<Key, ArgsError> {
    text.trim().parse().map_err(|source| ArgsError::Key {
        place: place.to_owned(),
        source,
    })
}

/// Why flags and variables name no store and series.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgsError {
    /// The store's URL.
    #[error("{}", InOurWords(.0))]
    Url(#[from] ParseStoreUrlError),
    /// The URL holds a password and stands on the command line.
    #[error(
        "the store's URL holds a password, and every user of this host can read a command line; put it in the variable {STORE_VARIABLE} instead"
    )]
    PasswordOnCommandLine,
    /// The key file cannot be read.
    #[error("cannot read the key file {}: {source}", Plain::of(path))]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key file is a backup that says something else than what was asked for, or than itself.
    #[error("{place}: {message}")]
    Backup {
        /// The file.
        place: String,
        /// What it says, and what to do.
        message: String,
    },
    /// The key is none.
    #[error("{place}: {source}")]
    Key {
        /// The file or variable.
        place: String,
        /// What was expected and found.
        source: ParseKeyError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_the_environment_is_for_a_server_without_one() {
        for (url, given, expected) in [
            ("redis://h", Some("secret"), Some("secret")),
            ("redis://h", Some(""), None),
            ("redis://h", None, None),
            ("redis://:own@h", Some("secret"), Some("own")),
            ("mysql://h/a", Some("secret"), Some("secret")),
            ("mysql://h/a", Some(""), None),
            ("mysql://u:own@h/a", Some("secret"), Some("own")),
            ("memory:", Some("secret"), None),
        ] {
            let url = with_password(url.parse().unwrap(), given.map(str::to_owned));
            let found = match &url {
                StoreUrl::Redis(redis) => redis.expose_password(),
                StoreUrl::MySql(mysql) => mysql.expose_password(),
                _ => None,
            };
            assert_eq!(found, expected);
        }
    }
}
