//! Randomness that nobody else has.

use std::io;

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng, TryRng};

/// So many bytes of the operating system's own source. A generator within the process will not do for
/// keys and names: a child of `fork` has a copy of it, and so has a machine that is restored from a
/// snapshot, and both would draw what their twin draws.
///
/// # Errors
/// The system's, where it has none.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    #[cfg(feature = "testing")]
    if drawn::fill(&mut bytes) {
        return Ok(bytes);
    }
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// A generator for one draw of several numbers, seeded anew by the system.
///
/// # Errors
/// The system's, where it has no seed.
pub(crate) fn seeded() -> io::Result<StdRng> {
    #[cfg(feature = "testing")]
    if let Some(drawn) = drawn::rng() {
        return Ok(drawn);
    }
    StdRng::try_from_rng(&mut SysRng).map_err(io::Error::other)
}

/// From 0 to 1, to spread retries; the middle where the system has no random bits.
pub(crate) fn jitter() -> f64 {
    seeded().map_or(0.5, |mut source| source.random())
}

/// What [`bytes`] and [`seeded`] draw, where the caller has no error to return.
///
/// # Panics
/// Where the system has no random bits.
#[track_caller]
pub(crate) fn expected<T>(drawn: io::Result<T>) -> T {
    #[expect(
        clippy::expect_used,
        reason = "documented: the callers have a twin that returns the error"
    )]
    drawn.expect("expected random bits from the system")
}

/// Random bits that a seed gives, so that a simulation repeats exactly what it did.
#[cfg(feature = "testing")]
pub(crate) mod drawn {
    use std::cell::RefCell;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    thread_local! {
        static SOURCE: RefCell<Option<StdRng>> = const { RefCell::new(None) };
    }

    /// From now on this thread draws from that seed, or from the system again.
    pub fn from(seed: Option<u64>) {
        SOURCE.set(seed.map(StdRng::seed_from_u64));
    }

    pub(super) fn fill(bytes: &mut [u8]) -> bool {
        SOURCE.with_borrow_mut(|source| match source {
            Some(source) => {
                source.fill_bytes(bytes);
                true
            }
            None => false,
        })
    }

    pub(super) fn rng() -> Option<StdRng> {
        SOURCE.with_borrow_mut(|source| source.as_mut().map(StdRng::from_rng))
    }
}
