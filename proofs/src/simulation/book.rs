//! What must hold: every block and number is written down here, and the first contradiction is kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use tracking_core::series::Fingerprint;
use tracking_core::{Block, Series, TrackingNumber, Verdict};

/// What was reserved and issued, in each series: a file that was lost before anything was granted from it makes room
/// for another one, and may come back from a copy.
#[derive(Debug, Default)]
pub(super) struct Book {
    reserved: HashMap<Fingerprint, Reserved>,
    /// How many blocks were answered.
    blocks: usize,
    issued: HashSet<TrackingNumber>,
    /// In the order of issue, to pick from.
    order: Vec<(TrackingNumber, Fingerprint)>,
}

/// What was reserved in one series.
#[derive(Debug, Default)]
struct Reserved {
    /// The first and last serial of each block that was answered, and to whom.
    blocks: BTreeMap<u64, (u64, usize)>,
    /// The last tick of each lane in which something was granted.
    last: BTreeMap<u8, u64>,
}

impl Book {
    /// A block that was answered: it must be disjoint from all others of its series.
    pub(super) fn reserve(
        &mut self,
        series: &Series,
        block: &Block,
        who: usize,
    ) -> Result<(), String> {
        let reserved = self.reserved.entry(series.fingerprint()).or_default();
        let (first, last) = (block.start().value(), block.last().value());
        let below = reserved.blocks.range(..=last).next_back();
        if let Some((&start, &(end, other))) = below
            && end >= first
        {
            return Err(format!(
                "process {who} was granted the serials {first} to {last}, and process {other} {start} to {end} before"
            ));
        }
        reserved.blocks.insert(first, (last, who));
        let tick = reserved.last.entry(block.start().lane()).or_default();
        *tick = block.start().tick().max(*tick);
        self.blocks += 1;
        Ok(())
    }

    /// Numbers that were issued: none may have been before, and all are of a block that was answered.
    pub(super) fn issue(
        &mut self,
        series: &Series,
        numbers: &[TrackingNumber],
        who: usize,
    ) -> Result<(), String> {
        let fingerprint = series.fingerprint();
        for number in numbers {
            if !self.issued.insert(*number) {
                return Err(format!(
                    "process {who} issued {number}, which was issued before"
                ));
            }
            self.order.push((*number, fingerprint));
        }
        let Some(number) = numbers.first() else {
            return Ok(());
        };
        let Verdict::Belongs(serial) = series.judge(number, i64::MAX, None) else {
            return Err(format!(
                "process {who} issued {number}, which is not its series'"
            ));
        };
        let serial = serial.value();
        let reserved = self.reserved.get(&fingerprint);
        match reserved.and_then(|reserved| reserved.blocks.range(..=serial).next_back()) {
            Some((_, (last, _))) if *last >= serial => Ok(()),
            _ => Err(format!(
                "process {who} issued {number} of a block that was never answered"
            )),
        }
    }

    /// The number of that place among those issued, counted round, if it is one of this series.
    pub(super) fn issued(&self, series: &Series, place: usize) -> Option<TrackingNumber> {
        let count = self.order.len();
        let (number, of) = *self.order.get(place.checked_rem(count)?)?;
        (of == series.fingerprint()).then_some(number)
    }

    /// The lanes of a series that were granted from, and the last tick of each.
    pub(super) fn newest(&self, series: &Series) -> Vec<(u8, u64)> {
        let reserved = self.reserved.get(&series.fingerprint());
        let last = reserved.into_iter().flat_map(|reserved| &reserved.last);
        last.map(|(lane, tick)| (*lane, *tick)).collect()
    }

    /// Whether something was granted from another series than this one.
    pub(super) fn has_other(&self, series: &Series) -> bool {
        let fingerprint = series.fingerprint();
        self.reserved.keys().any(|other| *other != fingerprint)
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use std::num::NonZeroU32;
    use std::time::Duration;

    use tracking_core::store::reserve_patiently;
    use tracking_core::{Allocator, MemoryAllocator, Serial};

    use super::*;

    #[test]
    fn what_overlaps_or_repeats_is_seen() {
        let memory = MemoryAllocator::new();
        let series = memory.series();
        // No series has numbers from before it was created.
        let block = reserve_patiently(&memory, NonZeroU32::MIN, Duration::from_secs(10));
        let now = block.unwrap().start();
        let serial = |slot| Serial::from_parts(now.lane(), now.tick(), slot).unwrap();
        let block = |slot, length| {
            let start = serial(slot);
            Block::new(start, NonZeroU32::new(length).unwrap()).unwrap()
        };
        let mut book = Book::default();
        for (slot, length, disjoint) in [
            (10, 10, true),
            (20, 5, true),
            (0, 10, true),
            (9, 1, false),
            (24, 9, false),
            (5, 30, false),
            (25, 1, true),
        ] {
            let answer = book.reserve(series, &block(slot, length), 1);
            assert_eq!(answer.is_ok(), disjoint, "{slot} {length}");
        }
        let number = |slot| series.encode(serial(slot));
        assert!(book.issue(series, &[number(3)], 1).is_ok());
        assert!(book.issue(series, &[number(3)], 2).is_err());
        assert!(book.issue(series, &[number(200)], 2).is_err());
        let other = MemoryAllocator::new();
        let foreign = other.series().encode(serial(4));
        assert!(book.issue(series, &[foreign], 2).is_err());
    }
}
