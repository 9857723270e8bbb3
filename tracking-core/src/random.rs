//! Randomness that nobody else has.

use rand::RngExt;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The operating system's own source. A generator within the process will not do for keys and
/// names: a child of `fork` has a copy of it, and so has a machine that is restored from a
/// snapshot, and both would draw what their twin draws.
///
/// Reading it panics where the system has none.
pub(crate) fn system() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// So many bytes of it.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    system().random()
}
