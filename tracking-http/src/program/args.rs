//! The flags and variables of the server.

mod limits;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{Command, CommandFactory, Parser};
use tracking_core::issued::Zone;
use tracking_core::{Opening, SeriesOptions, StoreUrl};
use tracking_programs::args::{LedgerArgs, StoreArgs, ZoneArgs, whole_number};
use tracking_programs::tokens::TokenRate;

use self::limits::LimitArgs;
use crate::call::{GateConfig, Origin, Proxy};
use crate::program::health::HealthArgs;
use crate::program::start_error::StartError;
use crate::serve::{Limits, Listen};
use crate::watch::logging::LogFormat;

/// Hands out parcel tracking numbers that never repeat, over HTTP
///
/// GET /next-tracking-number takes an order, each of its seven parameters optional, and answers a
/// number with it. GET /api/next-tracking-number/ requires all seven, and answers the number and
/// its time. POST /tracking-numbers issues up to a million at once. GET /tracking-numbers/{number}
/// tells whether the series could have issued a number. GET /livez, GET /readyz and GET /metrics are
/// for whatever watches over the server; GET /docs shows all of it, GET /openapi.json describes it to
/// programs.
#[derive(Debug, Parser)]
#[command(
    name = "tracking-http",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Args {
    #[command(subcommand)]
    instead: Option<Instead>,

    /// Say whether the server would start, and end
    ///
    /// Flags, variables, the file of tokens, the store and the ledger are read, and all that is wrong with
    /// them is said. Nothing listens, and what a start would make is not made, but for tables of a ledger
    /// that is there. For what runs before a start, or before a new version takes over.
    #[arg(
        long,
        env = "TRACKING_CHECK",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    check: bool,

    /// Where to listen
    ///
    /// Port 0 is any free one; the start-up line says which. unix:PATH is a Unix socket, which its
    /// owner and their group may use.
    #[arg(
        long,
        value_name = "IP:PORT|unix:PATH",
        env = "TRACKING_LISTEN",
        hide_env_values = true,
        default_value_t = Listen::DEFAULT
    )]
    listen: Listen,

    #[command(flatten)]
    zone: ZoneArgs,

    /// Listen where other hosts can reach it
    ///
    /// Whoever does may take numbers. Without it and without --tokens, only a loopback address will do.
    #[arg(
        long,
        env = "TRACKING_ALLOW_ANONYMOUS",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    allow_anonymous: bool,

    /// Let pages of another origin use the API in browsers
    ///
    /// As browsers send it; several with commas, or the flag again. '*' is any origin: whoever reaches the
    /// server, or has a browser that does, may then use it from any page.
    #[arg(
        long,
        value_name = "SCHEME://HOST[:PORT]|*",
        env = "TRACKING_CORS_ORIGIN",
        hide_env_values = true,
        value_delimiter = ','
    )]
    cors_origin: Vec<Origin>,

    /// Show pages at /console, for people
    ///
    /// What was issued, one number with its barcode and label, a form that issues one, and how the server
    /// is. With --tokens it asks for a token, and each page for the scope that the API asks for the same.
    #[cfg(feature = "console")]
    #[arg(
        long,
        env = "TRACKING_CONSOLE",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    console: bool,

    /// How lines of the log are written to stderr
    #[arg(
        long,
        value_name = "FORMAT",
        env = "TRACKING_LOG_FORMAT",
        hide_env_values = true,
        default_value = "text"
    )]
    log_format: LogFormat,

    #[command(flatten)]
    gate: GateArgs,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    ledger: LedgerArgs,

    #[command(flatten)]
    store: StoreArgs,
}

/// What the program does instead of serving.
#[derive(Debug, clap::Subcommand)]
enum Instead {
    Health(HealthArgs),
}

/// The flags and variables of [`GateConfig`].
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Who may")]
struct GateArgs {
    /// A file of those who may call
    ///
    /// Each needs a token then: `tracking token new` makes one, and the lines for the file;
    /// `tracking token check` shows what it says, or all that is wrong with it. On SIGHUP the file is
    /// read again; if it is wrong, all stays as it was.
    #[arg(
        long,
        value_name = "FILE",
        env = "TRACKING_TOKENS",
        hide_env_values = true,
        value_parser = OsStringValueParser::new().try_map(path_of_tokens)
    )]
    tokens: Option<PathBuf>,

    /// How many numbers a second an address may take without a token
    ///
    /// Each failed try of a token counts as one. An IPv6 address counts with all of its /64; those that
    /// meet in one of 65,536 places share a rate. Without it there is no such limit.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TRACKING_ADDRESS_RATE",
        hide_env_values = true,
        value_parser = whole_number(0..=u32::MAX)
    )]
    address_rate: Option<u32>,

    /// How many of them at once
    ///
    /// Without it: as many as in a second.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TRACKING_ADDRESS_BURST",
        hide_env_values = true,
        value_parser = whole_number(0..=u32::MAX),
        requires = "address_rate"
    )]
    address_burst: Option<u32>,

    /// A proxy whose X-Forwarded-For says whose address it is
    ///
    /// An address, a network such as 10.0.0.0/8, or `unix`: whoever connects to the Unix socket. Several
    /// with commas between, or one for each flag. What others write there is not believed.
    #[arg(
        long,
        value_name = "CIDR",
        env = "TRACKING_TRUSTED_PROXY",
        hide_env_values = true,
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Proxy>,
}

fn path_of_tokens(given: OsString) -> Result<PathBuf, &'static str> {
    match given.is_empty() {
        true => Err(
            "expected the path of a file, found nothing; leave --tokens and TRACKING_TOKENS out to let everybody in",
        ),
        false => Ok(given.into()),
    }
}

impl GateArgs {
    fn config(&self, listen: &Listen) -> Result<GateConfig, StartError> {
        let rate = |rate| TokenRate::new(rate, self.address_burst);
        Ok(GateConfig {
            tokens: self.tokens.clone(),
            proxies: self.trusted_proxy.iter().copied().collect(),
            address_rate: self.address_rate.map(rate).transpose()?,
            // Whoever asks a proxy is somebody else than its neighbour on a loopback address.
            is_open: !listen.is_local() || !self.trusted_proxy.is_empty(),
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  tracking-http
      Listen on 127.0.0.1:8080, and keep the series in the user's state folder
  curl 'http://127.0.0.1:8080/next-tracking-number?origin_country_id=US'
      Take a number
  tracking-http --listen 127.0.0.1:0 --store memory:
      Try it on a free port, and leave nothing behind
  tracking-http --series shop --timezone Asia/Kuala_Lumpur
      A series of its own, and the time in Malaysia
  TRACKING_STORE=file:/var/lib/tracking/shop.series tracking-http
      A variable for a flag: each has one
  tracking token new --name shop --scope issue
      Make a token, and the lines for the file of --tokens
  tracking-http --listen 0.0.0.0:8080 --tokens /etc/tracking/tokens.toml
      Let in who has a token; curl -H 'Authorization: Bearer TOKEN' shows one
  tracking-http --store redis://redis.internal --check
      Say what would keep it from starting
  tracking-http health
      Ask the server on this host whether it is ready

Signals:
  SIGHUP            read the file of --tokens again; nothing without it
  SIGINT, SIGTERM   end, once the requests in flight are answered; at once on a second one

Exit codes:
  0         ended by SIGINT or SIGTERM; --check: it would start; health: it is ready
  1         health: it is not ready
  2         wrong usage
  3         could not start: the address, the file of tokens, the store, the series or the ledger;
            --check: it would not
  130, 143  ended at once by a second SIGINT, or SIGTERM

A TIME is a number with its unit, such as 500ms, 10s, 2m or 1h: a day at most.
A variable that is empty is unset; but TRACKING_TOKENS must not be empty.
RUST_LOG says what is logged: info unless set, or for instance debug. Each request leaves a line
of its own; info,tracking_http::request=off leaves out those.";

/// What the server is to do, checked as far as that needs no store and no socket.
#[derive(Debug)]
pub struct Config {
    pub(crate) listen: Listen,
    pub(crate) zone: Zone,
    pub(crate) cors_origins: Vec<Origin>,
    #[cfg(feature = "console")]
    pub(crate) console: bool,
    pub(crate) limits: Limits,
    pub(crate) gate: GateConfig,
    pub(crate) store: StoreUrl,
    pub(crate) series: SeriesOptions,
    pub(crate) ledger: LedgerArgs,
}

impl Args {
    /// The program's command line.
    pub fn program() -> Command {
        // Those that are for each command of `tracking` are the server's alone here.
        Self::command().mut_args(|arg| arg.global(false))
    }

    /// The server that is to be asked how it is, if that is what is wanted.
    pub fn health(&self) -> Option<&HealthArgs> {
        match &self.instead {
            Some(Instead::Health(health)) => Some(health),
            None => None,
        }
    }

    /// Whether it is only to be said what would keep the server from starting.
    pub fn is_check(&self) -> bool {
        self.check
    }

    /// What these flags and variables ask for.
    ///
    /// # Errors
    /// They ask for nothing that can be, or for something unsafe.
    pub fn config(&self) -> Result<Config, StartError> {
        match (&self.gate.tokens, self.allow_anonymous) {
            (Some(_), true) => return Err(StartError::AnonymousWithTokens),
            (None, false) if !self.listen.is_local() => {
                return Err(StartError::Anonymous(self.listen.clone()));
            }
            _ => {}
        }
        if self.cors_origin.len() > 1 && self.cors_origin.iter().any(Origin::is_any) {
            return Err(StartError::AnyOriginAndOthers);
        }
        Ok(Config {
            listen: self.listen.clone(),
            zone: self.zone.zone(),
            cors_origins: self.cors_origin.clone(),
            #[cfg(feature = "console")]
            console: self.console,
            limits: self.limits.limits(),
            gate: self.gate.config(&self.listen)?,
            store: self.store.url()?,
            series: self.store.options(Opening::OrCreate)?,
            ledger: {
                // Before anything is opened.
                self.ledger.url()?;
                self.ledger.clone()
            },
        })
    }

    /// How the log is written.
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// The variables that must not be empty, where every other is unset then: a server whose file of
    /// tokens was not filled in would let everybody in.
    pub const NEVER_EMPTY: [&'static str; 1] = ["TRACKING_TOKENS"];

    /// What was given and is not used, and what others may read that they should not: for lines on
    /// stderr.
    pub fn warnings(&self) -> Vec<String> {
        let unused = self.store.warning().map(str::to_owned);
        unused
            .into_iter()
            .chain(self.store.key_file_warning())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_formed_and_every_flag_has_its_variable() {
        let command = Args::program();
        command.clone().debug_assert();
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            let variable = argument.get_env().map(|name| name.to_string_lossy());
            let expected = format!("TRACKING_{}", name.to_uppercase());
            assert_eq!(variable.as_deref(), Some(expected.as_str()));
        }
    }
}
