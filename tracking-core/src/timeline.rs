//! The timeline: which serials a reservation gets.
//!
//! [`step`] is the whole rule, a pure function without clock, I/O or randomness of its own. Every
//! store calls it, or is held to it by a differential test. The rules and their numbers:
//!
//! 0. A clock outside the years that 38 bits of ticks hold, the fence included, is an error.
//! 1. A grant lies wholly inside the clock's present tick, never ahead of it. So after a loss of
//!    state the next grant starts at a later tick than anything granted before.
//! 2. A new history takes another lane and waits out a fence, and so does a state that is older than
//!    what the caller has seen of it. Missing state sets every lane to the fence, since any may have
//!    been used.
//! 3. A clock that went back a little is waited for; one that went back a lot goes on in a lane
//!    whose last tick is in the past.
//! 4. Where the state is missing, of another history or rewound, the store's clock and the caller's must
//!    agree.
//!
//! On an error the state stays as it is.
//!
//! Beside what is granted from, the state tells what may have been granted: the lanes that were
//! used, as far as it knows, and until when it may not know. That decides nothing but which numbers
//! are refused as never issued.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use sha1::{Digest, Sha1};

use crate::serial::{Block, EPOCH_MS, LANES, SLOTS, Serial, TICK_MS, TICKS};

mod lanes;

pub use lanes::Lanes;

/// How many lanes a timeline has, as the length of an array.
pub const LANE_COUNT: usize = LANES as usize;

/// How far two clocks may differ where they must agree (rule 4), in milliseconds.
pub const TOLERATED_SKEW_MS: u64 = 500;
/// The fence of stores whose clock is another host's: twice the tolerated skew, in milliseconds.
pub const SHARED_FENCE_MS: u64 = 2 * TOLERATED_SKEW_MS;
/// The fence of stores on the caller's own host: one tick, in milliseconds.
pub const LOCAL_FENCE_MS: u64 = TICK_MS;
/// How far a clock may have gone back and is still waited for (rule 3), in milliseconds.
pub const PATIENCE_MS: u64 = 1_500;

/// The identity of the thing that holds a state: a Redis process, a MySQL server, a state file.
///
/// 1 to 128 printable ASCII characters without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct History(Box<str>);

impl History {
    /// A history of its text, or `None` where that is not 1 to 128 printable ASCII characters.
    pub fn new(text: &str) -> Option<Self> {
        let shaped = (1..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        shaped.then(|| Self(text.into()))
    }

    /// A random history, for a store that has no identity of its own.
    pub fn random() -> Self {
        Self(crate::hex::encode(&crate::random::bytes::<16>()).into())
    }

    /// The history of a state file: what a random one was at its creation, and the number of the
    /// inode that holds it now.
    pub(crate) fn of_inode(stored: &Self, inode: u64) -> Self {
        const RANDOM: usize = 32;
        let random = stored.0.split('.').next().unwrap_or_default();
        let random = &random[..random.len().min(RANDOM)];
        Self(format!("{random}.{inode}").into())
    }

    /// The history as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number that differs between histories and is the same in every language: the first eight
    /// hexadecimal digits of its SHA-1.
    fn spread(&self) -> u32 {
        let digest = Sha1::digest(self.0.as_bytes());
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The state: who wrote it, the current lane, the next free slot in that lane's tick, and for each
/// lane the last tick used; and which lanes were used at all, and until when any may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    history: History,
    lane: u8,
    slot: u32,
    last: [u64; LANE_COUNT],
    /// The lanes that were granted from, as far as this state knows, and the present one: written
    /// down when its fence begins, it is known to replicas before the first grant.
    used: Lanes,
    /// Any lane may have been granted from up to this tick: the last loss of state, or change of
    /// history, that may have cost some of it. No lane that is not in `used` has a last tick above.
    doubt: u64,
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
        let tick = crate::serial::tick_at(now_ms).unwrap_or(0).min(TICKS - 1);
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
        crate::serial::tick_start_ms(self.doubt + 1)
    }

    /// Whether anything may have been granted from a lane in a tick, or later in that lane.
    pub fn may_have_used(&self, lane: u8, tick: u64) -> bool {
        self.used.contains(lane) || tick <= self.doubt
    }

    /// Until when nothing is granted from a lane, in milliseconds since the Unix epoch; `None`
    /// where that has passed at `now_ms`.
    pub fn fence_ms(&self, lane: u8, now_ms: i64) -> Option<i64> {
        let start_ms = crate::serial::tick_start_ms(self.last_tick(lane));
        (start_ms > now_ms).then_some(start_ms)
    }

    /// When the last reservation was made, in milliseconds since the Unix epoch; `None` where the
    /// current lane has granted nothing yet.
    pub fn last_reserved_at_ms(&self) -> Option<i64> {
        (self.slot > 0).then(|| crate::serial::tick_start_ms(self.last_tick(self.lane)))
    }
}

/// The end of a grant: how far a lane is known to have been used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The lane, below 64.
    pub lane: u8,
    /// The tick, below 2^38.
    pub tick: u64,
    /// The next free slot of that tick, at most 2^18.
    pub slot: u32,
}

impl Seen {
    /// Up to the end of a block, which ends in the tick that it began in.
    pub fn end_of(block: &Block) -> Self {
        let last = block.last();
        Self {
            lane: last.lane(),
            tick: last.tick(),
            slot: last.slot() + 1,
        }
    }

    /// Whether a state knows less: then an older one was put in its place.
    fn is_ahead_of(self, timeline: &Timeline) -> bool {
        let last = timeline.last_tick(self.lane);
        let same_tick = self.lane == timeline.lane && self.tick == last;
        self.tick > last || same_tick && self.slot > timeline.slot
    }
}

/// What a reservation asks for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The store's clock, in milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The present identity of the store.
    pub history: &'a History,
    /// How many serials are wanted; fewer may be granted.
    pub wanted: NonZeroU32,
    /// The caller's clock just before it sent the request, in milliseconds since the Unix epoch.
    pub caller_ms: i64,
    /// How long a new history or a missing state waits before it grants, in milliseconds.
    pub fence_ms: u64,
    /// The newest grant of this history that the caller knows of. A state that knows less was
    /// rewound, and is treated like one of another history.
    pub seen: Option<Seen>,
}

impl<'a> Request<'a> {
    /// A request to a store on the caller's own host: one clock, and a fence of one tick.
    pub fn local(now_ms: i64, history: &'a History, wanted: NonZeroU32) -> Self {
        Self {
            now_ms,
            history,
            wanted,
            caller_ms: now_ms,
            fence_ms: LOCAL_FENCE_MS,
            seen: None,
        }
    }
}

/// What a step answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// These serials are the caller's, and nobody else's, once the state has been stored.
    Granted(Block),
    /// Nothing yet: ask again after this time.
    NotYet(Duration),
}

/// Why a step grants nothing, and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The clock is outside the years that serials can hold (rule 0).
    #[error(
        "the clock says {}, but serials hold the years from 2025 to 2112; set the clock right",
        rfc3339(*now_ms)
    )]
    ClockOutOfRange {
        /// The clock, in milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// The state is missing or of another history, and the clocks that must then agree do not
    /// (rule 4).
    #[error(
        "the store's clock says {} and this host's {}, which is more than {TOLERATED_SKEW_MS} ms \
         apart while the store's state is new; set the clocks right and try again",
        rfc3339(*store_ms), rfc3339(*caller_ms)
    )]
    ClocksDisagree {
        /// The store's clock, in milliseconds since the Unix epoch.
        store_ms: i64,
        /// The caller's clock, in milliseconds since the Unix epoch.
        caller_ms: i64,
    },
    /// The clock came to no later tick while one was waited for.
    #[error(
        "the clock said {}, and 2 s of waiting later {}; it stands still or was set back: set it \
         right and try again",
        rfc3339(*noted_ms), rfc3339(*now_ms)
    )]
    ClockHeldUp {
        /// The clock at first, in milliseconds since the Unix epoch.
        noted_ms: i64,
        /// The clock in the end, in milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// Every lane's last tick lies ahead of the clock, by this much or more (rule 3).
    #[error("the clock is {behind_ms} ms behind every lane; set it right, or wait that long")]
    ClockBehind {
        /// By how much, in milliseconds.
        behind_ms: u64,
    },
}

/// A time in milliseconds since the Unix epoch, for a message.
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(unix_ms).map_or_else(
        || format!("{unix_ms} ms since 1970"),
        |time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    )
}

/// One reservation: the answer, with the state changed to the one that must be stored before the
/// answer is given. On an error the state stays as it is.
///
/// # Errors
/// Rules 0, 3 and 4 of the [module](self).
pub fn step(state: &mut Option<Timeline>, request: &Request<'_>) -> Result<Answer, TimelineError> {
    let Request {
        now_ms, history, ..
    } = *request;
    let (tick, fence) = present_tick(now_ms, request.fence_ms)?;
    let wait_for_fence = Ok(Answer::NotYet(Duration::from_millis(request.fence_ms)));

    let rewound = |timeline: &Timeline| request.seen.is_some_and(|seen| seen.is_ahead_of(timeline));
    let timeline = match state {
        Some(timeline) if timeline.history == *history && !rewound(timeline) => timeline,
        _ if now_ms.abs_diff(request.caller_ms) > TOLERATED_SKEW_MS => {
            return Err(TimelineError::ClocksDisagree {
                store_ms: now_ms,
                caller_ms: request.caller_ms,
            });
        }
        None => {
            // Lost, or new: any lane may have been used until now.
            let lane = (history.spread() % u32::from(LANES)) as u8;
            *state = Some(Timeline {
                history: history.clone(),
                lane,
                slot: 0,
                last: [tick + fence; LANE_COUNT],
                used: Lanes::only(lane),
                doubt: tick + fence,
            });
            return wait_for_fence;
        }
        Some(timeline) => {
            let (mut last, mut used) = (timeline.last, timeline.used);
            if let Some(seen) = request.seen {
                used = used.with(seen.lane);
                let last = &mut last[usize::from(seen.lane) % LANE_COUNT];
                // Others may have seen more of it, up to now.
                *last = seen.tick.max(*last).max(tick);
            }
            let others = u32::from(LANES) - 1;
            let order = (0..others).map(|k| {
                let offset = (u64::from(history.spread()) + u64::from(k)) % u64::from(others);
                (timeline.lane + 1 + offset as u8) % LANES
            });
            match free_lane(&last, tick, order)? {
                Lane::Free(lane) => {
                    timeline.history = history.clone();
                    timeline.lane = lane;
                    timeline.used = used.with(lane);
                    timeline.slot = 0;
                    timeline.last = last;
                    // Nothing is granted before that tick.
                    timeline.last[usize::from(lane)] = tick + fence;
                    // What the last history granted last may be lost, in whatever lane it was.
                    timeline.doubt = timeline.doubt.max(newest(&timeline.last));
                    return wait_for_fence;
                }
                Lane::NotYet(after) => return Ok(Answer::NotYet(after)),
            }
        }
    };

    let mut lane = timeline.lane;
    let last = timeline.last_tick(lane);
    if tick < last {
        let behind_ms = (last - tick) * TICK_MS;
        if behind_ms <= PATIENCE_MS {
            return Ok(Answer::NotYet(Duration::from_millis(behind_ms)));
        }
        let order = (1..LANES).map(|k| (timeline.lane + k) % LANES);
        lane = match free_lane(&timeline.last, tick, order)? {
            Lane::Free(lane) => lane,
            Lane::NotYet(after) => return Ok(Answer::NotYet(after)),
        };
    }
    if lane != timeline.lane || tick > last {
        timeline.lane = lane;
        timeline.used = timeline.used.with(lane);
        timeline.last[usize::from(lane)] = tick;
        timeline.slot = 0;
    }
    let left = SLOTS - timeline.slot;
    let start = Serial::from_parts(lane, tick, timeline.slot);
    let (Some(start), Some(left)) = (start, NonZeroU32::new(left)) else {
        // Used up: the rest of the present tick must pass.
        let rest_ms = TICK_MS - now_ms.abs_diff(EPOCH_MS) % TICK_MS;
        return Ok(Answer::NotYet(Duration::from_millis(rest_ms)));
    };
    let granted = request.wanted.min(left);
    timeline.slot += granted.get();
    // A block of one tick never leaves its lane.
    Block::new(start, granted).map_or(Err(TimelineError::ClockOutOfRange { now_ms }), |block| {
        Ok(Answer::Granted(block))
    })
}

/// The present tick and the fence in ticks (rule 0).
fn present_tick(now_ms: i64, fence_ms: u64) -> Result<(u64, u64), TimelineError> {
    let fence = fence_ms.div_ceil(TICK_MS);
    crate::serial::tick_at(now_ms)
        .filter(|tick| tick.saturating_add(fence) < TICKS)
        .map(|tick| (tick, fence))
        .ok_or(TimelineError::ClockOutOfRange { now_ms })
}

/// The newest of some last ticks.
fn newest(last: &[u64; LANE_COUNT]) -> u64 {
    last.iter().copied().max().unwrap_or(0)
}

enum Lane {
    Free(u8),
    NotYet(Duration),
}

/// The first lane of `order` whose last tick is before `tick`, else how long to wait for one.
fn free_lane(
    last: &[u64; LANE_COUNT],
    tick: u64,
    order: impl Iterator<Item = u8> + Clone,
) -> Result<Lane, TimelineError> {
    let last = |lane: u8| last[usize::from(lane)];
    if let Some(lane) = order.clone().find(|&lane| last(lane) < tick) {
        return Ok(Lane::Free(lane));
    }
    let nearest = order.map(last).min().unwrap_or(tick);
    let behind_ms = (nearest - tick + 1) * TICK_MS;
    if behind_ms <= PATIENCE_MS {
        Ok(Lane::NotYet(Duration::from_millis(behind_ms)))
    } else {
        Err(TimelineError::ClockBehind { behind_ms })
    }
}

#[cfg(test)]
mod tests;
