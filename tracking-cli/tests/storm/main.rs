//! Long storms of faults, in random order, under processes that issue all the time; `tracking audit` reads all that
//! they issued. What sleeps in it sets a pace, or when a fault comes and for how long; nothing that must hold
//! hangs on it.
//!
//! A tenth of the counts, or less, unless TRACKING_PROVE is set. What is random follows from the printed seed, or from
//! TRACKING_SEED.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

mod crowd;
mod deck;
mod file;
mod mysql;
mod redis;
mod threads;

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// The full form, which `scripts/prove` asks for.
fn is_full() -> bool {
    std::env::var_os("TRACKING_PROVE").is_some()
}

/// How long a storm over a server takes.
fn time() -> Duration {
    Duration::from_secs(if is_full() { 600 } else { 10 })
}

fn random() -> StdRng {
    let seed = std::env::var("TRACKING_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("seed {seed}");
    StdRng::seed_from_u64(seed)
}
