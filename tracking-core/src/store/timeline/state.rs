//! What a timeline remembers.

use super::{History, LANE_COUNT, Lanes, Moved};
use crate::number::serial::{LANES, SLOTS, TICKS};

/// The state: who wrote it, the current lane, the next free slot in that lane's tick, and for each
/// lane the last tick used; and which lanes were used at all, and until when any may have been.
///
/// In serde it is a record of `history`, `lane`, `slot`, `last` (64 ticks), `used` (64 digits, 0 or 1),
/// `doubt` (a tick), and where the series was moved away `moved` (`id` and `at`). One that no step writes is
/// refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Timeline {
    pub(super) history: History,
    pub(super) lane: u8,
    pub(super) slot: u32,
    pub(super) last: [u64; LANE_COUNT],
    /// The lanes that were granted from, as far as this state knows, and the present one: written
    /// down when its fence begins, it is known to replicas before the first grant.
    pub(super) used: Lanes,
    /// Any lane may have been granted from up to this tick: the last loss of state, or change of
    /// history, that may have cost some of it. No lane that is not in `used` has a last tick above.
    pub(super) doubt: u64,
    /// Set once, by an export: then nothing more is granted from it.
    pub(super) moved: Option<Moved>,
}

impl Timeline {
    /// A state of which nobody knows the lanes that were used, as the first versions wrote it: any
    /// may have been, until its newest last tick. For what was lost before them was lost before the
    /// last change of history, and the present lane's last tick is no older than that.
    ///
    /// `None` where no step can have left it so: a lane from 64 on, a slot above 2^18, a last tick
    /// from 2^38 on.
    pub fn from_parts(
        history: History,
        lane: u8,
        slot: u32,
        last: [u64; LANE_COUNT],
    ) -> Option<Self> {
        let possible = lane < LANES && slot <= SLOTS && last.iter().all(|&tick| tick < TICKS);
        possible.then_some(Self {
            history,
            lane,
            slot,
            last,
            used: Lanes::only(lane),
            doubt: newest(&last),
            moved: None,
        })
    }

    /// The same state with what is known of its use: the lanes that were granted from (the present
    /// one is among them in any case), and the tick up to which any may have been; `None` where that
    /// is 2^38 or more.
    ///
    /// A lane that is not among `used`, and whose last tick is above `doubt`, was used by a version
    /// that wrote down neither: that tick is in doubt, too.
    pub fn with_use(mut self, used: Lanes, doubt: u64) -> Option<Self> {
        let unknown = (0..LANES).filter(|&lane| !used.contains(lane));
        let untold = unknown.map(|lane| self.last_tick(lane)).max();
        self.used = used.with(self.lane);
        self.doubt = doubt.max(untold.unwrap_or(0));
        (doubt < TICKS).then_some(self)
    }

    /// The same state where some that was granted may be missing from it: any lane may have been
    /// used until `now_ms`, in milliseconds since the Unix epoch. What is granted next stays the
    /// same.
    #[must_use]
    pub fn doubted(mut self, now_ms: i64) -> Self {
        let tick = crate::number::serial::tick_at(now_ms)
            .unwrap_or(0)
            .min(TICKS - 1);
        self.doubt = self.doubt.max(tick).max(newest(&self.last));
        self
    }

    /// The history that wrote the state.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The current lane, below 64.
    pub fn lane(&self) -> u8 {
        self.lane
    }

    /// The next free slot in the current lane's last tick, 2^18 when it is used up.
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// The last tick used of each lane. Nothing is granted before it.
    pub fn last_ticks(&self) -> &[u64; LANE_COUNT] {
        &self.last
    }

    /// The last tick used of one lane; `lane` is taken modulo 64.
    pub fn last_tick(&self, lane: u8) -> u64 {
        self.last[usize::from(lane) % LANE_COUNT]
    }

    /// The lanes that were granted from, as far as this state knows, and the present one: before
    /// [`doubt_tick`](Self::doubt_tick) it may have been others, too.
    pub fn used_lanes(&self) -> Lanes {
        self.used
    }

    /// The tick up to which any lane may have been granted from: that of the last loss of state, or
    /// of the last change of history, which may have cost what was granted last before it.
    pub fn doubt_tick(&self) -> u64 {
        self.doubt
    }

    /// The end of that tick, in milliseconds since the Unix epoch.
    pub fn doubt_ms(&self) -> i64 {
        crate::number::serial::tick_start_ms(self.doubt + 1)
    }

    /// Whether anything may have been granted from a lane in a tick, or later in that lane: from any, by
    /// others, once the series was moved away.
    pub fn may_have_used(&self, lane: u8, tick: u64) -> bool {
        self.used.contains(lane) || tick <= self.doubt || self.moved.is_some()
    }

    /// Until when nothing is granted from a lane, in milliseconds since the Unix epoch; `None`
    /// where that has passed at `now_ms`.
    pub fn fence_ms(&self, lane: u8, now_ms: i64) -> Option<i64> {
        let start_ms = crate::number::serial::tick_start_ms(self.last_tick(lane));
        (start_ms > now_ms).then_some(start_ms)
    }

    /// When the last reservation was made, in milliseconds since the Unix epoch; `None` where the
    /// current lane has granted nothing yet.
    pub fn last_reserved_at_ms(&self) -> Option<i64> {
        (self.slot > 0).then(|| crate::number::serial::tick_start_ms(self.last_tick(self.lane)))
    }
}

/// The newest of some last ticks.
pub(super) fn newest(last: &[u64; LANE_COUNT]) -> u64 {
    last.iter().copied().max().unwrap_or(0)
}
