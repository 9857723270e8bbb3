//! The flags and variables that name a ledger.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use tracking_ledger::{
    Ledger, LedgerError, LedgerOptions, LedgerUrl, ParseLedgerUrlError, open_ledger,
};

const LEDGER_VARIABLE: &str = "TRACKING_LEDGER";
/// The variable that holds the password of a database whose URL has none.
const PASSWORD_VARIABLE: &str = "TRACKING_LEDGER_PASSWORD";

/// `--ledger`, for whoever asks a ledger or changes it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ledger")]
pub struct LedgerUrlArgs {
    /// Where each issued number is recorded with its order, before anybody sees it
    ///
    /// sqlite:PATH, a file on this host; mysql://[USER@]HOST[:PORT]/DB, mysqls:// (by TLS) or mysql+unix://,
    /// MySQL or MariaDB; or none. A password comes from the variable TRACKING_LEDGER_PASSWORD.
    #[arg(
        long,
        value_name = "URL",
        env = LEDGER_VARIABLE,
        hide_env_values = true,
        default_value = "none"
    )]
    ledger: String,
}

/// `--ledger`, `--ledger-without-names` and `--idempotency-ttl`, for whoever records in one.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ledger")]
pub struct LedgerArgs {
    #[command(flatten)]
    url: LedgerUrlArgs,

    /// Record no customer's name
    #[arg(
        long,
        env = "TRACKING_LEDGER_WITHOUT_NAMES",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    ledger_without_names: bool,

    /// For how long an idempotency key is known, such as 24h
    ///
    /// By the database's clock; then it is new again. A second at least, and 30 days at most.
    #[arg(
        long,
        value_name = "DURATION",
        env = "TRACKING_IDEMPOTENCY_TTL",
        hide_env_values = true,
        default_value = "24h",
        value_parser = ttl
    )]
    idempotency_ttl: Duration,
}

/// Why flags and variables name no ledger that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerArgsError {
    /// It is no URL of a ledger.
    #[error(transparent)]
    Url(#[from] ParseLedgerUrlError),
    /// The URL holds a password and stands on the command line.
    #[error(
        "the ledger's URL holds a password, and every user of this host can read a command line; put it in the variable {LEDGER_VARIABLE} instead"
    )]
    PasswordOnCommandLine,
    /// The ledger cannot be opened.
    #[error(transparent)]
    Open(#[from] LedgerError),
}

impl LedgerArgsError {
    /// Whether what was given is wrong, rather than what stands behind it: a program's exit code 2 rather than 3.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Open(_))
    }
}

impl LedgerUrlArgs {
    /// Which ledger.
    ///
    /// # Errors
    /// It is no ledger's URL, or holds a password though it stands on the command line, which every user of the
    /// host can read.
    pub fn url(&self) -> Result<LedgerUrl, LedgerArgsError> {
        let url: LedgerUrl = self.ledger.parse()?;
        let LedgerUrl::MySql(mysql) = url else {
            return Ok(url);
        };
        let from_variable = std::env::var(LEDGER_VARIABLE).is_ok_and(|value| value == self.ledger);
        if mysql.expose_password().is_some() {
            return if from_variable {
                Ok(LedgerUrl::MySql(mysql))
            } else {
                Err(LedgerArgsError::PasswordOnCommandLine)
            };
        }
        Ok(LedgerUrl::MySql(match std::env::var(PASSWORD_VARIABLE) {
            Ok(password) if !password.is_empty() => mysql.with_password(password),
            _ => mysql,
        }))
    }

    /// The ledger, opened; none where there is to be none. Blocks.
    ///
    /// # Errors
    /// [`LedgerArgsError`].
    pub fn open(&self) -> Result<Option<Arc<dyn Ledger>>, LedgerArgsError> {
        Ok(open_ledger(&self.url()?, &LedgerOptions::default())?)
    }
}

impl LedgerArgs {
    /// Which ledger.
    ///
    /// # Errors
    /// As [`LedgerUrlArgs::url`].
    pub fn url(&self) -> Result<LedgerUrl, LedgerArgsError> {
        self.url.url()
    }

    /// The ledger, opened; none where there is to be none. Blocks.
    ///
    /// # Errors
    /// [`LedgerArgsError`].
    pub fn open(&self) -> Result<Option<Arc<dyn Ledger>>, LedgerArgsError> {
        let mut options = LedgerOptions::default().key_ttl(self.idempotency_ttl);
        if self.ledger_without_names {
            options = options.without_names();
        }
        Ok(open_ledger(&self.url()?, &options)?)
    }
}

/// A time for which keys are known.
fn ttl(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_hours(30 * 24);
    let expected = "expected a time such as 24h, from 1s to 30days";
    let ttl = humantime::parse_duration(text).map_err(|error| format!("{expected}: {error}"))?;
    if (Duration::from_secs(1)..=LONGEST).contains(&ttl) {
        Ok(ttl)
    } else {
        Err(format!("{expected}, found {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_for_a_second_to_thirty_days() {
        for text in ["1s", "24h", "30days"] {
            ttl(text).unwrap();
        }
        for text in ["0s", "999ms", "31days", "x", ""] {
            assert!(
                ttl(text).unwrap_err().starts_with("expected a time"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_password_does_not_stand_on_a_command_line() {
        let args = |ledger: &str| LedgerArgs {
            url: LedgerUrlArgs {
                ledger: ledger.to_owned(),
            },
            ledger_without_names: false,
            idempotency_ttl: Duration::from_secs(1),
        };
        let refused = args("mysql://u:secret@h/d").url().unwrap_err();
        assert!(refused.is_usage());
        assert!(!refused.to_string().contains("secret"), "{refused}");
        assert!(args("mysql://u@h/d").url().is_ok());
        assert!(args("none").open().unwrap().is_none());
        assert!(args("postgres://h").url().unwrap_err().is_usage());
    }
}
