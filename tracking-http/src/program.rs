//! The program: what its flags say, how it starts and ends.

mod args;
mod check;
mod health;
mod period;
mod reload;
mod run;
mod signals;
mod start;
mod start_error;
mod welcome;

pub use self::args::{Args, Config};
pub use self::check::{Checked, check};
pub use self::health::{HealthArgs, Unwell};
pub use self::reload::Hangups;
pub use self::run::run;
pub use self::signals::Signals;
pub use self::start::{Started, start};
pub use self::start_error::StartError;
pub use self::welcome::Welcome;
