//! Serials: the integers that tracking numbers encrypt, and the blocks they are reserved in.

use std::fmt;
use std::num::NonZeroU32;

use crate::number::base36::SIX_DIGITS;

/// Milliseconds from the Unix epoch to tick 0, 2025-01-01T00:00:00Z.
pub(crate) const EPOCH_MS: i64 = 1_735_689_600_000;
/// Milliseconds of one tick.
pub(crate) const TICK_MS: u64 = 10;
/// Ticks that a serial can hold: 2^38 of 10 ms last until the year 2112.
pub(crate) const TICKS: u64 = 1 << 38;
/// Serials of one tick in one lane.
pub(crate) const SLOTS: u32 = 1 << 18;
/// Lanes of a series.
pub(crate) const LANES: u8 = 64;

const SLOT_BITS: u32 = SLOTS.trailing_zeros();
const TICK_BITS: u32 = TICKS.trailing_zeros();
/// One above the largest serial.
pub(crate) const SERIALS: u64 = 1 << 62;

const _: () = assert!(SERIALS == LANES as u64 * TICKS * SLOTS as u64);
// Every serial has a body of twelve base-36 digits.
const _: () = assert!((SERIALS as u128) <= (SIX_DIGITS as u128) * (SIX_DIGITS as u128));

/// An integer below 2^62 that is never given out twice: `lane (6) | tick (38) | slot (18)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(u64);

impl Serial {
    /// Milliseconds from the Unix epoch to tick 0, 2025-01-01T00:00:00Z.
    pub const EPOCH_MS: i64 = EPOCH_MS;
    /// Milliseconds of one tick.
    pub const TICK_MS: u64 = TICK_MS;
    /// Ticks that a serial can hold: 2^38 of 10 ms last until the year 2112.
    pub const TICKS: u64 = TICKS;
    /// Serials of one tick in one lane.
    pub const SLOTS: u32 = SLOTS;
    /// Lanes of a series.
    pub const LANES: u8 = LANES;

    /// A serial of an integer below 2^62, else `None`.
    #[inline]
    pub const fn new(value: u64) -> Option<Self> {
        if value < SERIALS {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The serial of a lane below 64, a tick below 2^38 and a slot below 2^18, else `None`.
    pub const fn from_parts(lane: u8, tick: u64, slot: u32) -> Option<Self> {
        if lane < LANES && tick < TICKS && slot < SLOTS {
            let lane = (lane as u64) << (TICK_BITS + SLOT_BITS);
            Some(Self(lane | (tick << SLOT_BITS) | slot as u64))
        } else {
            None
        }
    }

    /// The integer, below 2^62.
    #[inline]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The lane, below 64.
    #[inline]
    pub const fn lane(self) -> u8 {
        (self.0 >> (TICK_BITS + SLOT_BITS)) as u8
    }

    /// The tick, below 2^38: units of 10 ms since 2025-01-01T00:00:00Z.
    pub const fn tick(self) -> u64 {
        (self.0 >> SLOT_BITS) % TICKS
    }

    /// The slot within the tick, below 2^18.
    pub const fn slot(self) -> u32 {
        (self.0 % SLOTS as u64) as u32
    }

    /// When the serial was reserved, in milliseconds since the Unix epoch: the start of its tick.
    pub const fn reserved_at_ms(self) -> i64 {
        tick_start_ms(self.tick())
    }
}

/// The tick of a time in milliseconds since the Unix epoch; `None` before tick 0. It may lie
/// beyond what a serial holds.
pub(crate) const fn tick_at(unix_ms: i64) -> Option<u64> {
    match unix_ms.checked_sub(EPOCH_MS) {
        Some(ms) if ms >= 0 => Some(ms as u64 / TICK_MS),
        _ => None,
    }
}

/// When a tick starts, in milliseconds since the Unix epoch.
pub(crate) const fn tick_start_ms(tick: u64) -> i64 {
    EPOCH_MS.saturating_add_unsigned(tick.saturating_mul(TICK_MS))
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.lane(), self.tick(), self.slot())
    }
}

/// A contiguous, non-empty, half-open range of serials of one lane, reserved at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block {
    start: Serial,
    length: NonZeroU32,
}

impl Block {
    /// The `length` serials from `start` on; `None` where they leave the lane of `start`.
    pub fn new(start: Serial, length: NonZeroU32) -> Option<Self> {
        let last = Serial::new(start.0.checked_add(u64::from(length.get()) - 1)?)?;
        (last.lane() == start.lane()).then_some(Self { start, length })
    }

    /// The first serial.
    #[inline]
    pub fn start(&self) -> Serial {
        self.start
    }

    /// The last serial, which still belongs to the block.
    pub fn last(&self) -> Serial {
        Serial(self.start.0 + u64::from(self.length.get()) - 1)
    }

    /// How many serials it has.
    #[inline]
    pub fn length(&self) -> NonZeroU32 {
        self.length
    }

    /// The serials, in order.
    pub fn serials(&self) -> impl ExactSizeIterator<Item = Serial> + Clone + use<> {
        let start = self.start.0;
        (0..self.length.get()).map(move |offset| Serial(start + u64::from(offset)))
    }

    /// The first `count` serials, at most all, and the rest, if any.
    pub fn split(self, count: NonZeroU32) -> (Self, Option<Self>) {
        let first = Self {
            start: self.start,
            length: self.length.min(count),
        };
        let rest = NonZeroU32::new(self.length.get() - first.length.get()).map(|length| Self {
            start: Serial(self.start.0 + u64::from(first.length.get())),
            length,
        });
        (first, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_round_trip(lane in 0..LANES, tick in 0..TICKS, slot in 0..SLOTS) {
            let serial = Serial::from_parts(lane, tick, slot).unwrap();
            prop_assert_eq!((serial.lane(), serial.tick(), serial.slot()), (lane, tick, slot));
            prop_assert_eq!(Serial::new(serial.value()), Some(serial));
            prop_assert_eq!(tick_at(serial.reserved_at_ms()), Some(tick));
        }

        #[test]
        fn a_block_splits_into_itself(start in 0u64..1 << 40, length in 1u32..1000, count in 1u32..1200) {
            let [length, count] = [length, count].map(|n| NonZeroU32::new(n).unwrap());
            let block = Block::new(Serial::new(start).unwrap(), length).unwrap();
            let (first, rest) = block.split(count);
            let parts: Vec<_> = first.serials().chain(rest.iter().flat_map(Block::serials)).collect();
            prop_assert_eq!(first.length(), length.min(count));
            prop_assert_eq!(parts, block.serials().collect::<Vec<_>>());
        }
    }

    #[test]
    fn bounds() {
        assert_eq!(Serial::new(1 << 62), None);
        assert_eq!(Serial::from_parts(64, 0, 0), None);
        assert_eq!(Serial::from_parts(0, 1 << 38, 0), None);
        assert_eq!(Serial::from_parts(0, 0, 1 << 18), None);
        assert_eq!(tick_at(EPOCH_MS - 1), None);
        assert_eq!(tick_at(EPOCH_MS + 19), Some(1));
        let end = Serial::from_parts(3, TICKS - 1, SLOTS - 1).unwrap();
        let two = NonZeroU32::new(2).unwrap();
        assert_eq!(Block::new(end, two), None);
        assert_eq!(
            Block::new(end, NonZeroU32::MIN).map(|b| b.last()),
            Some(end)
        );
        assert_eq!(Block::new(Serial(SERIALS - 1), two), None);
    }
}
