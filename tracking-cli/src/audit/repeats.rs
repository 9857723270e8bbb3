//! What is in a bucket twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tracking_core::TrackingNumber;

use super::buckets::Buckets;
use super::packed::Packed;
use super::places::Places;
use super::report::Report;
use crate::failure::Failure;
use crate::progress::Progress;

/// Different numbers that a thread keeps in hand at once: as many as a table of 277 MB holds.
const KEPT: usize = 7 << 20;
/// More threads would need more memory than was promised.
const THREADS_MAX: usize = 4;
/// Repeats that are sorted together before they are written.
const SORTED: usize = 1 << 18;

/// A number that stood at a place, and at another one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repeat {
    pub(super) at: u64,
    pub(super) first: u64,
}

/// Report each number that is in the buckets twice, by the places where it stood.
pub(super) fn find(
    buckets: Buckets,
    places: &Places,
    text: &(impl Fn(Packed) -> Option<TrackingNumber> + Sync),
    report: &mut Report,
) -> Result<(), Failure> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let progress = Progress::of_parts(Some(buckets.count() as u64));
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Found {
        repeats: Vec::new(),
        places,
        report,
    });
    let work = || {
        let mut table = Table::default();
        let mut mine = Vec::new();
        loop {
            // Nothing else is shared by this counter.
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= buckets.count() {
                return Ok(());
            }
            in_bucket(&buckets, index, KEPT, &mut table, |number, repeat| {
                mine.push((repeat, text(number)));
                match mine.len() {
                    SORTED => lock(&found).take(&mut mine),
                    _ => Ok(()),
                }
            })?;
            lock(&found).take(&mut mine)?;
            progress.at(index as u64);
        }
    };
    let ended: Vec<Result<(), Failure>> = thread::scope(|scope| {
        let spawned: Vec<_> = (1..threads.min(THREADS_MAX))
            // Those that are to be had: this thread looks, too.
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let own = work();
        let others = spawned.into_iter().map(|looking| {
            looking.join().unwrap_or_else(|_| {
                Err(Failure::Undone(
                    "a thread that looked for repeats panicked".to_owned(),
                ))
            })
        });
        others.chain([own]).collect()
    });
    drop(progress);
    ended.into_iter().collect::<Result<(), _>>()?;
    found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .write()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Found<'a> {
    repeats: Vec<(Repeat, Option<TrackingNumber>)>,
    places: &'a Places,
    report: &'a mut Report,
}

impl Found<'_> {
    fn take(&mut self, repeats: &mut Vec<(Repeat, Option<TrackingNumber>)>) -> Result<(), Failure> {
        self.repeats.append(repeats);
        match self.repeats.len() {
            SORTED.. => self.write(),
            _ => Ok(()),
        }
    }

    fn write(&mut self) -> Result<(), Failure> {
        self.repeats.sort_unstable();
        for (repeat, number) in self.repeats.drain(..) {
            let (at, first) = (self.places.of(repeat.at), self.places.of(repeat.first));
            let number = number.as_ref().map_or("", TrackingNumber::as_str);
            self.report.repeats(&at, number, &first)?;
        }
        Ok(())
    }
}

/// Where each number of a part of a bucket stood first.
type Table = HashMap<Packed, u64, BuildHasherDefault<ByHash>>;

/// A number's own hash is even enough.
#[derive(Default)]
struct ByHash(u64);

impl Hasher for ByHash {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        if let Some(bytes) = bytes.first_chunk() {
            self.write_u128(u128::from_ne_bytes(*bytes));
        }
    }
    fn write_u128(&mut self, value: u128) {
        let folded = value as u64 ^ ((value >> 64) as u64).rotate_left(40);
        self.0 = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }
}

/// A part of a bucket: the numbers whose hash begins with these bits.
#[derive(Clone, Copy)]
struct PartOfBucket {
    bits: u32,
    value: u64,
    /// Repeats at earlier places were told before the bucket was divided.
    told: u64,
}

impl PartOfBucket {
    fn has(&self, number: Packed) -> bool {
        // The lowest bits chose the bucket.
        self.bits == 0 || number.hash() >> (u64::BITS - self.bits) == self.value
    }

    /// Half of it, and the other half, which is looked at later.
    fn divide(self, at: u64) -> (Self, Self) {
        let half = |one: u64, told| Self {
            bits: self.bits + 1,
            value: self.value << 1 | one,
            told,
        };
        (half(0, self.told), half(1, self.told.max(at)))
    }
}

/// Tell the repeats of one bucket, with at most `kept` different numbers in hand. Where there are more, half
/// of them are forgotten, and the bucket is read again for those.
fn in_bucket(
    buckets: &Buckets,
    index: usize,
    kept: usize,
    table: &mut Table,
    mut tell: impl FnMut(Packed, Repeat) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut parts = vec![PartOfBucket {
        bits: 0,
        value: 0,
        told: 0,
    }];
    while let Some(mut part) = parts.pop() {
        table.clear();
        let mut ended = Ok(());
        buckets.each(index, |number, at| {
            if ended.is_err() {
                return;
            }
            while table.len() >= kept && part.bits < u64::BITS && part.has(number) {
                let (half, other) = part.divide(at);
                part = half;
                parts.push(other);
                table.retain(|number, _| half.has(*number));
            }
            if !part.has(number) {
                return;
            }
            match table.entry(number) {
                Entry::Vacant(entry) => {
                    entry.insert(at);
                }
                Entry::Occupied(first) if at >= part.told => {
                    let first = *first.get();
                    ended = tell(number, Repeat { at, first });
                }
                Entry::Occupied(_) => {}
            }
        })?;
        ended?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: u64) -> Packed {
        Packed::of_number(&format!("N{value}").parse().unwrap())
    }

    /// The repeats among numbers, with `kept` in hand, and blocks so small that most are on the disk.
    fn found(numbers: &[u64], kept: usize) -> Vec<Repeat> {
        let folder = tempfile::tempdir().unwrap();
        let mut buckets = Buckets::with_sizes(folder.path().to_owned(), 4, 64);
        for (at, value) in (1..).zip(numbers) {
            buckets.add(number(*value), at).unwrap();
        }
        assert_eq!(
            folder.path().read_dir().unwrap().count(),
            0,
            "it has no name"
        );
        let mut repeats = Vec::new();
        for index in 0..buckets.count() {
            let mut table = Table::default();
            in_bucket(&buckets, index, kept, &mut table, |packed, repeat| {
                assert_eq!(packed, number(numbers[repeat.at as usize - 1]));
                repeats.push(repeat);
                Ok(())
            })
            .unwrap();
            assert!(table.len() <= kept);
        }
        repeats.sort_unstable();
        repeats
    }

    fn expected(numbers: &[u64]) -> Vec<Repeat> {
        let mut first = HashMap::new();
        let places = (1..).zip(numbers);
        places
            .filter_map(|(at, value)| match first.entry(value) {
                Entry::Vacant(entry) => {
                    entry.insert(at);
                    None
                }
                Entry::Occupied(first) => Some(Repeat {
                    at,
                    first: *first.get(),
                }),
            })
            .collect()
    }

    #[test]
    fn each_repeat_once_however_few_are_in_hand() {
        let mut numbers: Vec<u64> = (0..600).collect();
        for (at, value) in [(17, 3), (400, 3), (599, 0), (250, 249), (251, 249)] {
            numbers[at] = value;
        }
        let many: Vec<u64> = (0..600).map(|k| k * k % 101).collect();
        let same = vec![7; 600];
        for numbers in [numbers, many, same] {
            for kept in [1, 10, 100, KEPT] {
                assert_eq!(found(&numbers, kept), expected(&numbers), "{kept}");
            }
        }
    }
}
