//! The conformance suite: each check takes an empty place.

mod changes;
pub(crate) mod django;
mod keys;
mod lists;
mod probes;
mod recording;
mod starts;

use crate::support::Place;

/// A check, and what it says.
pub(crate) type Check = (&'static str, fn(&dyn Place));

/// All of them.
pub(crate) const CHECKS: &[&[Check]] = &[
    recording::CHECKS,
    keys::CHECKS,
    lists::CHECKS,
    changes::CHECKS,
    probes::CHECKS,
    starts::CHECKS,
];

/// Runs every check, each on a place of its own.
pub(crate) fn run<P: Place>(mut place: impl FnMut() -> P) {
    for (what, check) in CHECKS.iter().copied().flatten() {
        eprintln!("{what}");
        check(&place());
    }
}
