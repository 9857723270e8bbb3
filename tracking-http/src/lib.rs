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

mod accept;
mod answer;
mod app;
mod args;
mod batches;
mod body;
mod connection;
mod control;
mod cors;
mod fetch_site;
mod files;
mod front;
mod gate;
mod judge;
mod limits;
mod listen;
pub mod logging;
mod looks;
mod media;
mod metrics;
mod openapi;
mod period;
mod problem;
mod query;
mod rate;
mod raw_heads;
mod request_id;
mod room;
mod route;
mod routes;
mod server;
mod shards;
mod shutdown;
mod start;
mod start_error;
mod stream;
mod tokens;
mod unix;
mod welcome;
mod workers;

pub use accept::Listener;
pub use app::App;
pub use args::{Args, Config};
pub use cors::{Origin, ParseOriginError};
pub use gate::{Gate, Hangups};
pub use limits::Limits;
pub use listen::{Listen, ParseListenError};
pub use metrics::{Metrics, Observed, TokensRead};
pub use routes::routes;
pub use server::run;
pub use shutdown::Signals;
pub use start::{Started, start};
pub use start_error::StartError;
pub use unix::UnixSocket;
pub use welcome::Welcome;
