//! The HTTP server of `tracking`: the async shell round the synchronous core.
//!
//! The program parses its [`Args`], [opens](start) what they name and [runs](run) until it is told to
//! stop. What may be embedded is an [`App`], made of a desk and its [`Options`], its [`Limits`], and [`run`],
//! which serves it at a listener; the rest is what the program is made of.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use tracking_core::{Desk, Generator, MemoryAllocator};
//! use tracking_http::{App, Limits, Options};
//!
//! let desk = Desk::new(Generator::new(MemoryAllocator::new()));
//! let app = App::new(desk, Options::default());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! tracking_http::run(app, Limits::default(), listener, async { /* a signal */ }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Six rooms
//!
//! ```text
//! program ─> serve ─> call ─> api ─> console        all ─> watch
//! ```
//!
//! | room | what is there |
//! |---|---|
//! | `program` | what the flags say, how the program starts and ends |
//! | `serve` | sockets and HTTP/1.1, time-outs, room for connections: of what answers it knows a trait, `Handler` |
//! | `call` | a request from its head to its answer: who asks, how often they may, from which pages |
//! | `api` | a table of endpoints, a table of problems, a function for each endpoint, warp's filters |
//! | `console` | the pages of the console as HTML, which call no other room; a feature, on by default |
//! | `watch` | metrics and logs |
//!
//! Nothing names what stands to its left.

mod api;
mod call;
#[cfg(feature = "console")]
mod console;
mod program;
mod serve;
pub mod watch;

#[cfg(feature = "testing")]
#[doc(hidden)]
pub use call::{Answering, Direct};
pub use call::{App, Gate, Options, Origin, ParseOriginError};
pub use program::{
    Args, Checked, Config, Hangups, HealthArgs, Signals, StartError, Started, Unwell, Welcome,
    check, run, start,
};
pub use serve::{Limits, Listen, Listener, ParseListenError, UnixSocket};
pub use watch::metrics::{Metrics, Observed, TokensRead};
