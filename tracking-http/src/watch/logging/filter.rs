//! What is logged: what `RUST_LOG` asks for, but nothing that could show what a customer sent.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::{Context, Layer};

/// What `RUST_LOG` asks for, else what is of level `info` or above.
///
/// As long as it names no span, this is asked once for each place in the code that logs, and not for each
/// line.
pub(super) fn from_environment() -> EnvFilter {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy()
}

/// Holds other people's crates to level `info`, whatever `RUST_LOG` says: below it warp logs the segments of
/// a path and the values of headers. Ours are the ones whose lines we have read.
#[derive(Debug)]
pub(super) struct Hushed;

impl<S: Subscriber> Layer<S> for Hushed {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::INFO || metadata.target().starts_with("tracking_")
    }
}
