//! That a series was moved away: the tombstone in a state, and the rule of a move.
//!
//! ```text
//!   living ──depart──► moved ──reopen──► living, in another lane behind a fence
//!                        │
//!                        └─ arrive, of a newer export ──► living, in another lane behind a fence
//! ```
//!
//! `depart` changes nothing of the state but that it is over: what was granted stays written down in it, so
//! that the same export can be made of it again, and any number of times. What goes on elsewhere, or here
//! again, bears a history of its own. So rule 2 of the [timeline](super) moves it to another lane, whose last
//! tick is past, behind a fence: it starts above everything that was granted.

use std::fmt;
use std::str::FromStr;

use super::{History, LANE_COUNT, Timeline};
use crate::hex;
use crate::rfc3339;

/// That a series was moved away, by which export, and when: nothing more is granted from its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moved {
    /// The export that it left by.
    pub id: MoveId,
    /// When, by the store's clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, id) = (rfc3339::utc(self.at_ms), self.id);
        write!(
            f,
            "the series was moved away from here at {at}, by export {id}"
        )
    }
}

/// What tells one export of a series from others: 64 random bits, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MoveId([u8; 8]);

impl MoveId {
    /// A new one.
    ///
    /// # Errors
    /// The system's, where it has no random bits.
    pub fn try_random() -> std::io::Result<Self> {
        crate::random::bytes().map(Self)
    }
}

impl fmt::Display for MoveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(&self.0))
    }
}

impl FromStr for MoveId {
    type Err = NoMoveId;

    fn from_str(text: &str) -> Result<Self, NoMoveId> {
        hex::decode(text).map(Self).ok_or(NoMoveId)
    }
}

/// A text that names no export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 16 hexadecimal digits")]
pub struct NoMoveId;

/// What an export does to a state that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The state was moved away before the export was made, and goes on as the export has it.
    CameBack,
    /// It is above everything that the export knows of: the export arrived here before. Nothing was changed.
    WasHere,
}

/// Why an export does not arrive at a state of its series that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoArrival {
    /// It was made from this state.
    #[error(
        "the export was made here, at {}; import it into another store, or reopen the series here if it was imported nowhere",
        rfc3339::utc(*at_ms)
    )]
    Source {
        /// When, in milliseconds since the Unix epoch.
        at_ms: i64,
    },
    /// The state was moved away later than the export was made.
    #[error(
        "the series was moved away from here at {}, after more was granted than this export knows of; import the newest export",
        rfc3339::utc(*at_ms)
    )]
    Older {
        /// When the state was moved away, in milliseconds since the Unix epoch.
        at_ms: i64,
    },
    /// The series lives here and does not know all that was granted before the export.
    #[error(
        "the series lives here already, and knows less than the export, so it is in two places at once: stop whatever reserves from here, and find out who made it here before you go on; nothing was changed"
    )]
    Alive,
}

impl Timeline {
    /// That the series was moved away from here, if it was.
    pub fn moved(&self) -> Option<Moved> {
        self.moved
    }

    /// The same state, as it is, with what is written down of a move: for stores that write it apart.
    #[must_use]
    pub fn with_moved(mut self, moved: Option<Moved>) -> Self {
        self.moved = moved;
        self
    }

    /// End it: nothing more is granted from it. One that has ended stays as it is, by its first export.
    #[must_use]
    pub fn depart(self, moved: Moved) -> Self {
        let moved = self.moved.unwrap_or(moved);
        self.with_moved(Some(moved))
    }

    /// What goes on elsewhere: the same state, of a history that nobody has.
    #[must_use]
    pub fn continued(mut self, fresh: History) -> Self {
        self.history = fresh;
        self.with_moved(None)
    }

    /// Go on after all, at `now_ms`, in milliseconds since the Unix epoch: until then others may have granted
    /// from any lane.
    #[must_use]
    pub fn reopened(self, now_ms: i64, fresh: History) -> Self {
        self.doubted(now_ms).continued(fresh)
    }

    /// What becomes of this state where an export of the same series comes to it. On an error nothing does.
    ///
    /// # Errors
    /// See [`NoArrival`].
    pub fn arrive(
        &mut self,
        export: &Self,
        id: MoveId,
        fresh: History,
    ) -> Result<Arrival, NoArrival> {
        match self.moved {
            Some(Moved { id: own, at_ms }) if own == id => Err(NoArrival::Source { at_ms }),
            Some(_) if export.is_above(self) => {
                *self = export.clone().continued(fresh);
                Ok(Arrival::CameBack)
            }
            Some(Moved { at_ms, .. }) => Err(NoArrival::Older { at_ms }),
            None if self.covers(export) => Ok(Arrival::WasHere),
            None => Err(NoArrival::Alive),
        }
    }

    /// Whether everything that another state of the series has granted is known here.
    fn covers(&self, other: &Self) -> bool {
        let slot = |state: &Self, lane: usize| match usize::from(state.lane) == lane {
            true => state.slot,
            // The rest of a lane's last tick is never granted from once the lane was left.
            false => crate::number::serial::SLOTS,
        };
        (0..LANE_COUNT).all(|lane| {
            let (ours, theirs) = (self.last[lane], other.last[lane]);
            ours > theirs || ours == theirs && slot(self, lane) >= slot(other, lane)
        })
    }

    /// Whether it is a later state of what the other is one of.
    fn is_above(&self, other: &Self) -> bool {
        self.covers(other) && !other.covers(self)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::super::{Answer, LOCAL_FENCE_MS, Request, TimelineError, step};
    use super::*;
    use crate::number::serial::{Block, EPOCH_MS};

    const BORN_MS: i64 = EPOCH_MS + 5_000_000;

    fn history(name: &str) -> History {
        History::new(name).unwrap()
    }

    fn moved(id: u8) -> Moved {
        Moved {
            id: MoveId([id; 8]),
            at_ms: BORN_MS + 1_000,
        }
    }

    fn take(state: &mut Option<Timeline>, by: &str, now_ms: i64) -> Result<Answer, TimelineError> {
        let by = history(by);
        step(
            state,
            &Request::local(now_ms, &by, NonZeroU32::new(9).unwrap()),
        )
    }

    fn granted(state: &mut Option<Timeline>, by: &str, now_ms: i64) -> Block {
        match take(state, by, now_ms) {
            Ok(Answer::Granted(block)) => block,
            other => panic!("{other:?}"),
        }
    }

    /// A state that granted something at `BORN_MS + 20`.
    fn living() -> (Timeline, Block) {
        let mut state = None;
        take(&mut state, "a", BORN_MS).unwrap();
        let block = granted(&mut state, "a", BORN_MS + 20);
        (state.unwrap(), block)
    }

    #[test]
    fn what_has_departed_grants_nothing_whoever_asks_and_stays_as_it_is() {
        let (living, _) = living();
        let departed = living.clone().depart(moved(1));
        for by in ["a", "another"] {
            for later_ms in [-10_000_000, 20, 10_000_000] {
                let mut state = Some(departed.clone());
                let answer = take(&mut state, by, BORN_MS + later_ms);
                assert_eq!(answer, Err(TimelineError::Moved(moved(1))));
                assert_eq!(state.as_ref(), Some(&departed));
            }
        }
        // Again is the same again.
        assert_eq!(departed.clone().depart(moved(2)), departed);
        assert_eq!(departed.with_moved(None), living);
    }

    #[test]
    fn what_goes_on_starts_above_all_that_was_granted_behind_the_fence_whatever_the_clock_says() {
        let (living, last) = living();
        let fence_ms = LOCAL_FENCE_MS as i64;
        // The target's clock is the same, ahead, and behind.
        for now_ms in [20, 5_000, -2_000_000].map(|ms| BORN_MS + ms) {
            // Lanes of a state are as old as itself: these of another clock were never used.
            let mut old = living.clone();
            for lane in 0..LANE_COUNT {
                if lane != usize::from(old.lane) {
                    old.last[lane] = 5;
                }
            }
            let mut state = Some(old.clone().continued(history("fresh")));
            let waits = take(&mut state, "b", now_ms);
            assert!(matches!(waits, Ok(Answer::NotYet(_))), "{waits:?}");
            let first = granted(&mut state, "b", now_ms + fence_ms);
            assert_ne!(first.start().lane(), last.start().lane(), "{now_ms}");
            let lane = usize::from(first.start().lane());
            assert!(first.start().tick() > old.last[lane], "{now_ms}");
            assert!(state.unwrap().covers(&old), "{now_ms}");
        }
    }

    #[test]
    fn an_export_arrives_where_the_series_was_before_and_once() {
        let (first, _) = living();
        let source = first.clone().depart(moved(1));
        let fresh = || history("fresh");
        // At another place it goes on, is exported anew, and comes back.
        let mut away = Some(first.clone().continued(history("b0")));
        take(&mut away, "b", BORN_MS + 2_000).unwrap();
        granted(&mut away, "b", BORN_MS + 2_100);
        let back = away.clone().unwrap();

        let mut here = source.clone();
        assert_eq!(
            here.arrive(&back, MoveId([2; 8]), fresh()),
            Ok(Arrival::CameBack)
        );
        assert_eq!(here, back.clone().continued(fresh()));
        // Its own export would be reopened by that, and one that is older than it would repeat.
        let at_ms = moved(1).at_ms;
        for (export, id, refused) in [
            (&first, 1, NoArrival::Source { at_ms }),
            (&back, 1, NoArrival::Source { at_ms }),
            (&first, 3, NoArrival::Older { at_ms }),
        ] {
            let mut here = source.clone();
            assert_eq!(here.arrive(export, MoveId([id; 8]), fresh()), Err(refused));
            assert_eq!(here, source);
        }
        // Once more, where it arrived already; and where another copy lives.
        let mut again = away.clone().unwrap();
        assert_eq!(
            again.arrive(&first, MoveId([1; 8]), fresh()),
            Ok(Arrival::WasHere)
        );
        assert_eq!(again, away.unwrap());
        let mut copy = first.clone();
        assert_eq!(
            copy.arrive(&back, MoveId([2; 8]), fresh()),
            Err(NoArrival::Alive)
        );
        assert_eq!(copy, first);
    }

    #[test]
    fn what_is_reopened_goes_on_in_another_lane_and_doubts_what_was_issued_meanwhile() {
        let (living, last) = living();
        let now_ms = BORN_MS + 60_000;
        let departed = living.depart(moved(1));
        // Elsewhere numbers of any lane may be issued: none is refused for its lane.
        assert!(departed.may_have_used(63, 1 << 37));
        let mut state = Some(departed.reopened(now_ms, history("fresh")));
        take(&mut state, "a", now_ms).unwrap();
        let block = granted(&mut state, "a", now_ms + 20);
        assert_ne!(block.start().lane(), last.start().lane());
        let known = state.unwrap();
        let tick = crate::number::serial::tick_at(now_ms).unwrap();
        assert!(known.may_have_used(63, tick) && !known.may_have_used(63, tick + 100));
    }
}
