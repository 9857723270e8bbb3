//! What an operator sees.

pub(crate) mod aside;
pub mod logging;
pub(crate) mod metrics;
mod shards;
