//! The program: flags, start, end.

pub(crate) mod args;
pub(crate) mod files;
pub(crate) mod period;
pub(crate) mod signals;
pub(crate) mod start;
pub(crate) mod start_error;
pub(crate) mod welcome;
