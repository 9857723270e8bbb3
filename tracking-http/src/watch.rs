//! What an operator sees.

pub mod logging;
pub(crate) mod metrics;
mod shards;
