//! What tests need: the conformance suite that every allocator and wrapper passes, ours and yours;
//! a clock that a test sets; orders right and wrong. Feature `testing`.

mod conformance;
mod manual_clock;
mod orders;

pub use conformance::{Violation, conformance};
pub use manual_clock::ManualClock;
pub use orders::{FULL_ORDER, wrong_values};

/// From now on this thread draws its random bits from that seed, or from the system again.
#[cfg(feature = "testing")]
#[doc(hidden)]
pub use crate::random::drawn::from as draw_from;
