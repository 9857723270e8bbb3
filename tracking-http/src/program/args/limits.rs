//! The flags and variables of what clients may take.

use clap::Args;
use tracking_programs::args::whole_number;

use crate::program::period::Period;
use crate::serve::Limits;

/// The most that a limit may be: its type is what clap finds the value by.
const LIMIT_MAX: u32 = 1_000_000;

/// The flags and variables of [`Limits`].
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// How long a client may take to send a request
    ///
    /// Its head first, then its body; and to read on when an answer fills its connection.
    #[arg(
        long,
        value_name = "TIME",
        env = "TRACKING_READ_TIMEOUT",
        hide_env_values = true,
        value_parser = Period::positive,
        default_value_t = Period::new(Limits::DEFAULT.read_timeout)
    )]
    read_timeout: Period,

    /// How long a connection may wait for its next request
    #[arg(
        long,
        value_name = "TIME",
        env = "TRACKING_IDLE_TIMEOUT",
        hide_env_values = true,
        value_parser = Period::positive,
        default_value_t = Period::new(Limits::DEFAULT.idle_timeout)
    )]
    idle_timeout: Period,

    /// How long to go on as before on SIGTERM, while /readyz says 503
    ///
    /// Time for a load balancer to notice.
    #[arg(
        long,
        value_name = "TIME",
        env = "TRACKING_DRAIN_DELAY",
        hide_env_values = true,
        default_value_t = Period::new(Limits::DEFAULT.drain_delay)
    )]
    drain_delay: Period,

    /// How long the requests in flight may take after that
    #[arg(
        long,
        value_name = "TIME",
        env = "TRACKING_DRAIN_TIMEOUT",
        hide_env_values = true,
        value_parser = Period::positive,
        default_value_t = Period::new(Limits::DEFAULT.drain_timeout)
    )]
    drain_timeout: Period,

    /// How many connections may be open
    ///
    /// More wait until one is closed: first those without a whole request, of the address that has most of
    /// them, then those that have been idle the longest. The number of open files is raised for it, as far as
    /// the system lets it be.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TRACKING_MAX_CONNECTIONS",
        hide_env_values = true,
        value_parser = whole_number(1..=LIMIT_MAX),
        default_value_t = Limits::DEFAULT.max_connections
    )]
    max_connections: u32,

    /// How many requests may wait, for a number or for the body of a batch
    ///
    /// More are answered 503 at once. One that need not wait is always answered.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TRACKING_MAX_IN_FLIGHT",
        hide_env_values = true,
        value_parser = whole_number(1..=LIMIT_MAX),
        default_value_t = Limits::DEFAULT.max_in_flight
    )]
    max_in_flight: u32,

    /// How many batches of more than some 4,000 numbers may be on their way
    ///
    /// More are answered 503 at once. Each takes up to half a MiB, here and in the kernel, until its client
    /// has read it.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TRACKING_MAX_BATCHES",
        hide_env_values = true,
        value_parser = whole_number(1..=LIMIT_MAX),
        default_value_t = Limits::DEFAULT.max_batches
    )]
    max_batches: u32,
}

impl LimitArgs {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            read_timeout: self.read_timeout.get(),
            idle_timeout: self.idle_timeout.get(),
            drain_delay: self.drain_delay.get(),
            drain_timeout: self.drain_timeout.get(),
            max_connections: self.max_connections,
            max_in_flight: self.max_in_flight,
            max_batches: self.max_batches,
            ..Limits::DEFAULT
        }
    }
}
