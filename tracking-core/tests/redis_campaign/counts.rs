//! How much of the campaign this run does.

use std::time::Duration;

/// The full form, which `scripts/prove` asks for.
pub(crate) fn is_full() -> bool {
    std::env::var_os("TRACKING_PROVE").is_some()
}

/// So often in the full form, else a tenth of it, at least once.
pub(crate) fn times(full: u32) -> u32 {
    if is_full() { full } else { full.div_ceil(10) }
}

/// So long in the full form, else a tenth of it.
pub(crate) fn seconds(full: u64) -> Duration {
    Duration::from_millis(full * if is_full() { 1_000 } else { 100 })
}

/// What everything random follows from; told, so that it can be repeated.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("TRACKING_SEED");
    let seed = seed.map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("seed {seed}");
    seed
}
