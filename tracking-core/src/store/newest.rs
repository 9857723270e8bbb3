//! What this process has seen a store grant, so that it notices when an older state is put in the
//! place of a living one.

use std::sync::{Mutex, PoisonError};

#[cfg(any(feature = "redis", test))]
use crate::number::serial::Block;
use crate::store::timeline::{Seen, Timeline};

/// The newest grant that was seen, and the history that made it. Of another history nothing is known:
/// it takes another lane in any case.
#[derive(Default)]
pub(crate) struct Newest(Mutex<Option<(String, Seen)>>);

impl Newest {
    /// A grant of a history.
    pub(crate) fn note(&self, history: &str, seen: Seen) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_newer = newest.as_ref().is_none_or(|(before, known)| {
            (before != history || known.lane != seen.lane)
                || (known.tick, known.slot) < (seen.tick, seen.slot)
        });
        if is_newer {
            *newest = Some((history.to_owned(), seen));
        }
    }

    /// The last grant that a state tells of.
    pub(crate) fn note_state(&self, history: &str, timeline: &Timeline) {
        let (lane, slot) = (timeline.lane(), timeline.slot());
        if slot > 0 && timeline.history().as_str() == history {
            let tick = timeline.last_tick(lane);
            self.note(history, Seen { lane, tick, slot });
        }
    }

    /// Whether a block lies above all that this process has seen of its lane. Every grant does: one
    /// that does not is the answer to another question.
    #[cfg(any(feature = "redis", test))]
    pub(crate) fn is_above(&self, history: &str, block: &Block) -> bool {
        let start = block.start();
        let known = self.by(history).filter(|seen| seen.lane == start.lane());
        known.is_none_or(|seen| (start.tick(), start.slot()) >= (seen.tick, seen.slot))
    }

    /// What is known now.
    pub(crate) fn known(&self) -> Known {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Known(newest.clone())
    }

    /// The newest grant of that history.
    #[cfg(any(feature = "redis", test))]
    pub(crate) fn by(&self, history: &str) -> Option<Seen> {
        self.known().by(history)
    }
}

/// What was known at a moment.
pub(crate) struct Known(Option<(String, Seen)>);

impl Known {
    /// The newest grant of that history.
    pub(crate) fn by(&self, history: &str) -> Option<Seen> {
        let Self(known) = self;
        let of_it = known.as_ref().filter(|(known, _)| known == history);
        of_it.map(|(_, seen)| *seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::Serial;
    use std::num::NonZeroU32;

    #[test]
    fn the_newest_of_a_history_is_kept() {
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
