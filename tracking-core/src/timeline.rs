//! The timeline: which serials a reservation gets.
//!
//! [`step`] is the whole rule, a pure function without clock, I/O or randomness of its own. Every
//! store calls it, or is held to it by a differential test. The rules and their numbers:
//!
//! 0. A clock outside the years that 38 bits of ticks hold, the fence included, is an error.
//! 1. A grant lies wholly inside the clock's present tick, never ahead of it. So after a loss of
//!    state the next grant starts at a later tick than anything granted before.
//! 2. A new history takes another lane and waits out a fence. Missing state sets every lane to the
//!    fence, since any may have been used.
//! 3. A clock that went back a little is waited for; one that went back a lot goes on in a lane
//!    whose last tick is in the past.
//! 4. Where the state is missing or of another history, the store's clock and the caller's must
//!    agree.
//!
//! On an error the state stays as it is.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use sha1::{Digest, Sha1};

use crate::serial::{Block, EPOCH_MS, LANES, SLOTS, Serial, TICK_MS, TICKS};

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
/// lane the last tick used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    history: History,
    lane: u8,
    slot: u32,
    last: [u64; LANE_COUNT],
}

impl Timeline {
    /// A state that was read from a store; `None` where no step can have left it so: a lane from
    /// 64 on, a slot above 2^18, a last tick from 2^38 on.
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
        })
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

    /// Whether anything may have been granted from a lane of a series that was created at
    /// `created_at_ms`, in milliseconds since the Unix epoch, later than two seconds after that.
    ///
    /// Where it is false, the lane is unused, or was used up to its [last tick](Self::last_tick) in
    /// those two seconds and never again.
    pub fn may_have_used(&self, lane: u8, created_at_ms: i64) -> bool {
        let created = crate::serial::tick_at(created_at_ms).unwrap_or(0);
        // A state is made within a second of its series, and then has the longest fence ahead.
        let born = created + (1_000 + SHARED_FENCE_MS) / TICK_MS;
        lane == self.lane || self.last_tick(lane) > born
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

    /// The state after a step back in time was noticed by other means, such as a file that was
    /// restored from a copy: reservations that this state knows nothing of may lie in any lane, up
    /// to the present tick. Nothing is granted before the fence has passed in every lane.
    ///
    /// # Errors
    /// Rule 0: a clock outside the years that serials hold.
    pub fn fenced(mut self, now_ms: i64, fence_ms: u64) -> Result<Self, TimelineError> {
        let (tick, fence) = present_tick(now_ms, fence_ms)?;
        for last in &mut self.last {
            // A lane whose last tick is not past may have used more of it than this state knows.
            *last = (tick.max(*last) + fence).min(TICKS - 1);
        }
        self.slot = 0;
        Ok(self)
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

    let timeline = match state {
        Some(timeline) if timeline.history == *history => timeline,
        _ if now_ms.abs_diff(request.caller_ms) > TOLERATED_SKEW_MS => {
            return Err(TimelineError::ClocksDisagree {
                store_ms: now_ms,
                caller_ms: request.caller_ms,
            });
        }
        None => {
            // Lost, or new: any lane may have been used until now.
            *state = Some(Timeline {
                history: history.clone(),
                lane: (history.spread() % u32::from(LANES)) as u8,
                slot: 0,
                last: [tick + fence; LANE_COUNT],
            });
            return wait_for_fence;
        }
        Some(timeline) => {
            let others = u32::from(LANES) - 1;
            let order = (0..others).map(|k| {
                let offset = (u64::from(history.spread()) + u64::from(k)) % u64::from(others);
                (timeline.lane + 1 + offset as u8) % LANES
            });
            match free_lane(&timeline.last, tick, order)? {
                Lane::Free(lane) => {
                    timeline.history = history.clone();
                    timeline.lane = lane;
                    timeline.slot = 0;
                    // Nothing is granted before that tick.
                    timeline.last[usize::from(lane)] = tick + fence;
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
