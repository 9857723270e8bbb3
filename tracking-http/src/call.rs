//! Who asks, and what becomes of it: tokens, rates, proxies, origins.

mod app;
mod body;
#[expect(
    clippy::module_inception,
    reason = "the room and the thing have one name"
)]
mod call;
mod calls;
#[cfg(feature = "console")]
mod console;
mod cors;
#[cfg(feature = "testing")]
mod direct;
mod fetch_site;
mod gate;
pub(crate) mod handler;
mod handling;
mod head;
mod rate;
mod request_id;
mod tokens;

pub use self::app::{App, Options};
pub(crate) use self::calls::{Calls, Crowd};
pub use self::cors::{Origin, ParseOriginError};
#[cfg(feature = "testing")]
pub use self::direct::{Answering, Direct};
pub use self::gate::Gate;
pub(crate) use self::gate::{GateConfig, Proxy};
