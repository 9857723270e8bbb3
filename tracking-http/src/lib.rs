//! The HTTP server of `tracking`: the async shell round the synchronous core.
//!
//! The program parses its [`Args`], [opens](start) what they name and [runs](run) until it is told to
//! stop. Each of these is public, so that tests and benchmarks run the server that users run:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use tracking_core::{Generator, MemoryAllocator, issued::Zone};
//! use tracking_http::{App, Limits};
//!
//! let app = App::new(Generator::new(MemoryAllocator::new()), Zone::UTC);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! tracking_http::run(app, Limits::default(), listener, async { /* a signal */ }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A request goes through `server` (accepts) -> `workers` (a thread) -> `connection` (hyper) -> `front` (what
//! holds for every `route`: who may, by `gate`; logs; metrics) -> [`routes`] (warp) -> a module of `routes`,
//! and its answer is made by `answer` or `problem`, and goes back the same way.

mod api;
mod call;
mod program;
mod serve;
pub mod watch;

pub use api::app::App;
pub use api::routes::routes;
pub use call::cors::{Origin, ParseOriginError};
pub use call::gate::{Gate, Hangups};
pub use program::args::{Args, Config};
pub use program::signals::Signals;
pub use program::start::{Started, start};
pub use program::start_error::StartError;
pub use program::welcome::Welcome;
pub use serve::accept::Listener;
pub use serve::limits::Limits;
pub use serve::listen::{Listen, ParseListenError};
pub use serve::server::run;
pub use serve::unix::UnixSocket;
pub use watch::metrics::{Metrics, Observed, TokensRead};
