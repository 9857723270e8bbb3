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
//! A state whose series was [moved away](Moved) grants nothing, whatever the clocks say.
//!
//! On an error the state stays as it is.
//!
//! Beside what is granted from, the state tells what may have been granted: the lanes that were
//! used, as far as it knows, and until when it may not know. That decides nothing but which numbers
//! are refused as never issued.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::number::serial::{Block, EPOCH_MS, LANES, SLOTS, Serial, TICK_MS, TICKS};

mod error;
mod history;
mod lanes;
mod moved;
mod state;

pub use error::TimelineError;
pub use history::History;
pub use lanes::Lanes;
pub use moved::{Arrival, MoveId, Moved, NoArrival, NoMoveId};
pub use state::Timeline;
use state::newest;

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

/// One reservation: the answer, with the state changed to the one that must be stored before the
/// answer is given. On an error the state stays as it is.
///
/// # Errors
/// Rules 0, 3 and 4 of the [module](self); and [`TimelineError::Moved`].
pub fn step(state: &mut Option<Timeline>, request: &Request<'_>) -> Result<Answer, TimelineError> {
    let Request {
        now_ms, history, ..
    } = *request;
    if let Some(moved) = state.as_ref().and_then(Timeline::moved) {
        return Err(TimelineError::Moved(moved));
    }
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
                moved: None,
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
    crate::number::serial::tick_at(now_ms)
        .filter(|tick| tick.saturating_add(fence) < TICKS)
        .map(|tick| (tick, fence))
        .ok_or(TimelineError::ClockOutOfRange { now_ms })
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
