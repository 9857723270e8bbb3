//! The flags and variables of the server.

use clap::Parser;
use clap::builder::BoolishValueParser;
use tracking_core::args::StoreArgs;
use tracking_core::issued::Zone;
use tracking_core::{Opening, SeriesOptions, StoreUrl};

use crate::listen::Listen;
use crate::start::StartError;

/// Hands out parcel tracking numbers that never repeat, over HTTP
///
/// GET /next-tracking-number takes an order, each of its seven parameters optional, and answers a
/// number with it. GET /api/next-tracking-number/ requires all seven, and answers the number and
/// its time. GET /livez and GET /readyz are for whatever watches over the server.
#[derive(Debug, Parser)]
#[command(name = "tracking-http", version, after_help = EXAMPLES)]
pub struct Args {
    /// Where to listen
    ///
    /// Port 0 is any free one; the start-up line says which.
    #[arg(
        long,
        value_name = "IP:PORT",
        env = "TRACKING_LISTEN",
        hide_env_values = true,
        default_value_t = Listen::DEFAULT
    )]
    listen: Listen,

    /// The time zone of created_at in the answer, by its IANA name
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

    /// Listen where other hosts can reach it
    ///
    /// Whoever does may take numbers. Without it, only a loopback address will do.
    #[arg(
        long,
        env = "TRACKING_ALLOW_ANONYMOUS",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    allow_anonymous: bool,

    #[command(flatten)]
    store: StoreArgs,
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

Exit codes:
  0  ended by SIGINT or SIGTERM
  2  wrong usage
  3  could not start: the address, the store or the series

RUST_LOG says what is logged: info unless set, or for instance debug.";

/// What the server is to do, checked as far as that needs no store and no socket.
#[derive(Debug)]
pub struct Config {
    pub(crate) listen: Listen,
    pub(crate) zone: Zone,
    pub(crate) store: StoreUrl,
    pub(crate) series: SeriesOptions,
}

impl Args {
    /// What these flags and variables ask for.
    ///
    /// # Errors
    /// They ask for nothing that can be, or for something unsafe.
    pub fn config(&self) -> Result<Config, StartError> {
        if !self.listen.is_loopback() && !self.allow_anonymous {
            return Err(StartError::Anonymous(self.listen));
        }
        Ok(Config {
            listen: self.listen,
            zone: self.timezone,
            store: self.store.url()?,
            series: self.store.options(Opening::OrCreate)?,
        })
    }

    /// What was given and is not used, for a line on stderr.
    pub fn warning(&self) -> Option<&'static str> {
        self.store.warning()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_is_well_formed_and_every_flag_has_its_variable() {
        let command = Args::command();
        command.clone().debug_assert();
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            let variable = argument.get_env().map(|name| name.to_string_lossy());
            let expected = format!("TRACKING_{}", name.to_uppercase());
            assert_eq!(variable.as_deref(), Some(expected.as_str()));
        }
    }
}
