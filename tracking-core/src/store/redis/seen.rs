//! What this process has seen a server grant, so that it notices when an older state is put in the
//! place of a living one.

use std::sync::{Mutex, PoisonError};

use crate::number::serial::Block;
use crate::store::timeline::{Seen, Timeline};

/// The newest grant that was seen, and the process of Redis that made it. Of another process nothing
/// is known: it takes another lane in any case.
#[derive(Default)]
pub(super) struct Newest(Mutex<Option<(String, Seen)>>);

impl Newest {
    /// A grant by the server whose process is `run_id`.
    pub(super) fn note(&self, run_id: &str, seen: Seen) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_newer = newest.as_ref().is_none_or(|(before, known)| {
            (before != run_id || known.lane != seen.lane)
                || (known.tick, known.slot) < (seen.tick, seen.slot)
        });
        if is_newer {
            *newest = Some((run_id.to_owned(), seen));
        }
    }

    /// The last grant that a state tells of.
    pub(super) fn note_state(&self, run_id: &str, timeline: &Timeline) {
        let (lane, slot) = (timeline.lane(), timeline.slot());
        if slot > 0 && timeline.history().as_str() == run_id {
            let tick = timeline.last_tick(lane);
            self.note(run_id, Seen { lane, tick, slot });
        }
    }

    /// Whether a block lies above all that this process has seen of its lane. Every grant does: one
    /// that does not is the answer to another question.
    pub(super) fn is_above(&self, run_id: &str, block: &Block) -> bool {
        let start = block.start();
        let known = self.by(run_id).filter(|seen| seen.lane == start.lane());
        known.is_none_or(|seen| (start.tick(), start.slot()) >= (seen.tick, seen.slot))
    }

    /// The newest grant by that process.
    pub(super) fn by(&self, run_id: &str) -> Option<Seen> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = newest.as_ref().filter(|(known, _)| known == run_id);
        known.map(|(_, seen)| *seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::Serial;
    use std::num::NonZeroU32;

    #[test]
    fn the_newest_of_a_process_is_kept() {
        let newest = Newest::default();
        let seen = |lane, tick, slot| Seen { lane, tick, slot };
        assert_eq!(newest.by("a"), None);
        newest.note("a", seen(3, 10, 5));
        for older in [seen(3, 9, 99), seen(3, 10, 4)] {
            newest.note("a", older);
            assert_eq!(newest.by("a"), Some(seen(3, 10, 5)));
        }
        newest.note("a", seen(3, 11, 1));
        assert_eq!(newest.by("a"), Some(seen(3, 11, 1)));
        let block = |lane, tick, slot| {
            let start = Serial::from_parts(lane, tick, slot).unwrap();
            Block::new(start, NonZeroU32::MIN).unwrap()
        };
        assert!(newest.is_above("a", &block(3, 11, 1)) && newest.is_above("a", &block(3, 12, 0)));
        assert!(newest.is_above("a", &block(2, 1, 0)) && newest.is_above("b", &block(3, 1, 0)));
        assert!(!newest.is_above("a", &block(3, 11, 0)) && !newest.is_above("a", &block(3, 10, 9)));
        // A clock that went back: the lane changed.
        newest.note("a", seen(4, 2, 1));
        assert_eq!(newest.by("a"), Some(seen(4, 2, 1)));
        assert_eq!(newest.by("b"), None);
        newest.note("b", seen(4, 1, 1));
        assert_eq!(
            (newest.by("a"), newest.by("b")),
            (None, Some(seen(4, 1, 1)))
        );
    }
}
