//! What to reserve and when: a pure state machine, without clock, thread or I/O, that holds the
//! runway. Events come in by [`Plan::take`] and [`Plan::reserved`], commands go out by
//! [`Plan::command`].

use std::collections::VecDeque;
use std::num::NonZeroU32;

use super::moment::{Expiry, Moment};
use crate::number::serial::Block;
use crate::store::allocator::AllocateError;

/// The longest runway that is aimed at. A grant may go beyond it by its own length.
pub(super) const LONGEST_RUNWAY: NonZeroU32 = NonZeroU32::new(1 << 24).unwrap();

/// For how long the runway is to last at the recent rate.
const RUNWAY_S: u64 = 60;

/// The wait after a first failure; it doubles with each further one.
const FIRST_RETRY_MS: u64 = 25;
/// The longest wait between two attempts, so that numbers flow again soon after a store is back.
const LONGEST_RETRY_MS: u64 = 1_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// What a reservation asks for at least, and what is kept in hand at least.
    pub(super) block_size: NonZeroU32,
    /// The age at which a block is dropped. At half of it, it is replaced.
    pub(super) block_max_age_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        const BLOCK_SIZE: NonZeroU32 = NonZeroU32::new(65_536).unwrap();
        Self {
            block_size: BLOCK_SIZE,
            block_max_age_ms: 120_000,
        }
    }
}

/// Serials that are the caller's now, and until when they may become numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) block: Block,
    pub(super) expiry: Expiry,
}

/// What the thread is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Reserve up to so many serials.
    Reserve(NonZeroU32),
    /// Ask again after so many milliseconds, or when something was taken.
    Wait(u64),
}

#[derive(Debug, Clone)]
pub(super) struct Plan {
    settings: Settings,
    /// The runway, oldest first.
    held: VecDeque<Held>,
    rate: Rate,
    /// No attempt before so many milliseconds have passed since this moment.
    pause: Option<(Moment, u64)>,
    /// Failures in a row.
    failed_in_a_row: u32,
    pub(super) error: Option<AllocateError>,
    pub(super) reservations: u64,
    pub(super) failures: u64,
}

#[derive(Debug, Clone)]
struct Held {
    block: Block,
    /// Just before the reservation was asked for.
    since: Moment,
}

impl Plan {
    pub(super) fn new(settings: Settings, now: Moment) -> Self {
        Self {
            settings,
            held: VecDeque::new(),
            rate: Rate::new(now),
            pause: None,
            failed_in_a_row: 0,
            error: None,
            reservations: 0,
            failures: 0,
        }
    }

    /// Serials in hand.
    pub(super) fn runway(&self) -> u64 {
        self.held
            .iter()
            .map(|held| u64::from(held.block.length().get()))
            .sum()
    }

    /// The recent rate, in numbers a second.
    pub(super) fn rate(&self) -> u64 {
        self.rate.per_second()
    }

    /// Whether serials are in hand that may still become numbers.
    pub(super) fn holds(&mut self, now: Moment) -> bool {
        self.drop_expired(now);
        !self.held.is_empty()
    }

    /// Up to `wanted` serials of one block, the oldest first; `None` where none is in hand.
    pub(super) fn take(&mut self, now: Moment, wanted: NonZeroU32) -> Option<Taken> {
        self.drop_expired(now);
        let held = self.held.front_mut()?;
        let expiry = Expiry::new(held.since, self.settings.block_max_age_ms);
        let (block, rest) = held.block.split(wanted);
        match rest {
            Some(rest) => held.block = rest,
            None => drop(self.held.pop_front()),
        }
        self.rate.count(now, block.length());
        Some(Taken { block, expiry })
    }

    fn drop_expired(&mut self, now: Moment) {
        let max_age_ms = self.settings.block_max_age_ms;
        self.held
            .retain(|held| !Expiry::new(held.since, max_age_ms).has_passed(now));
    }

    /// What to do now.
    pub(super) fn command(&mut self, now: Moment) -> Command {
        self.drop_expired(now);
        self.rate.settle(now);
        if let Some((since, wait_ms)) = self.pause {
            match wait_ms.saturating_sub(now.since_ms(since)) {
                0 => self.pause = None,
                rest => return Command::Wait(rest),
            }
        }
        let refresh_ms = self.settings.block_max_age_ms / 2;
        let fresh = |held: &&Held| now.since_ms(held.since) < refresh_ms;
        let in_hand: u64 = self
            .held
            .iter()
            .filter(fresh)
            .map(|held| u64::from(held.block.length().get()))
            .sum();
        if let Some(wanted) = self.wanted(in_hand) {
            return Command::Reserve(wanted);
        }
        // There is enough without those that are due for replacement.
        self.held
            .retain(|held| now.since_ms(held.since) < refresh_ms);
        let oldest_ms = self.held.iter().map(|held| now.since_ms(held.since)).max();
        Command::Wait(refresh_ms.saturating_sub(oldest_ms.unwrap_or(0)).max(1))
    }

    /// How many serials to reserve beside those in hand: enough for the recent rate, a whole block
    /// at least, so that a full runway is not topped up number by number; `None` where there is
    /// enough.
    fn wanted(&self, in_hand: u64) -> Option<NonZeroU32> {
        let block_size = self.settings.block_size;
        let for_the_rate = self.rate.per_second().saturating_mul(RUNWAY_S);
        let target = for_the_rate
            .min(LONGEST_RUNWAY.get().into())
            .max(block_size.get().into());
        let missing = u32::try_from(target.saturating_sub(in_hand)).unwrap_or(u32::MAX);
        NonZeroU32::new(missing).map(|missing| missing.max(block_size))
    }

    /// What became of a reservation that was asked for at `asked`. `jitter` is random, from 0 to 1,
    /// so that callers of one store who failed together do not all come back together.
    ///
    /// Answers the error that this one takes the place of, to be dropped by the caller.
    pub(super) fn reserved(
        &mut self,
        asked: Moment,
        now: Moment,
        answer: Result<Block, AllocateError>,
        jitter: f64,
    ) -> Option<AllocateError> {
        match answer {
            Ok(block) => {
                self.held.push_back(Held {
                    block,
                    since: asked,
                });
                self.reservations += 1;
                self.failed_in_a_row = 0;
                self.pause = None;
                self.error.take()
            }
            Err(AllocateError::NotYet { after }) => {
                let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                self.pause = Some((now, ms.clamp(1, 60_000)));
                None
            }
            Err(error) => {
                let doubled = FIRST_RETRY_MS << self.failed_in_a_row.min(16);
                let longest = doubled.min(LONGEST_RETRY_MS) as f64;
                // Half of it for certain, so that a failing store is never asked without a pause.
                let wait_ms = longest * (0.5 + 0.5 * jitter.clamp(0.0, 1.0));
                self.pause = Some((now, wait_ms as u64));
                self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
                self.failed(error)
            }
        }
    }

    /// Take note of a failure. Answers the error before, as [`reserved`](Self::reserved) does.
    pub(super) fn failed(&mut self, error: AllocateError) -> Option<AllocateError> {
        self.failures += 1;
        self.error.replace(error)
    }
}

/// Numbers a second: as many as in the last whole second, if that was more than before; else a
/// little less with each second. Quick to rise, so that an outage soon after finds a runway: what
/// the present second has brought counts at once.
#[derive(Debug, Clone)]
struct Rate {
    /// As of the last whole second.
    settled: u64,
    counted: u64,
    since: Moment,
}

impl Rate {
    const SECOND_MS: u64 = 1_000;

    fn new(now: Moment) -> Self {
        Self {
            settled: 0,
            counted: 0,
            since: now,
        }
    }

    fn count(&mut self, now: Moment, numbers: NonZeroU32) {
        self.settle(now);
        self.counted += u64::from(numbers.get());
    }

    fn per_second(&self) -> u64 {
        self.settled.max(self.counted)
    }

    /// Close the seconds that have passed.
    fn settle(&mut self, now: Moment) {
        let passed_ms = now.monotonic_ms.saturating_sub(self.since.monotonic_ms);
        if passed_ms < Self::SECOND_MS {
            return;
        }
        let counted = self.counted.saturating_mul(Self::SECOND_MS) / passed_ms;
        // A 32nd less a second: half after 22 s.
        let seconds = (passed_ms / Self::SECOND_MS).min(1_000) as i32;
        let faded = (self.settled as f64 * (31.0f64 / 32.0).powi(seconds)) as u64;
        *self = Self {
            settled: counted.max(faded),
            counted: 0,
            since: now,
        };
    }
}

#[cfg(test)]
mod tests;
