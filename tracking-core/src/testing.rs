//! What tests of allocators need: the conformance suite that every implementation and wrapper
//! passes, ours and yours, and a clock that a test sets. Feature `testing`.

mod conformance;
mod manual_clock;

pub use conformance::{Violation, conformance};
pub use manual_clock::ManualClock;
