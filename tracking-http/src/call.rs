//! Who asks.

pub(crate) mod cors;
pub(crate) mod fetch_site;
pub(crate) mod front;
pub(crate) mod gate;
pub(crate) mod rate;
pub(crate) mod request_id;
pub(crate) mod tokens;
