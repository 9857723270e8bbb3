//! What stands in the file: two slots, each one line of text.
//!
//! A slot is the CRC-32 of the rest of it in eight hexadecimal digits, a blank, a JSON object,
//! blanks up to its last byte, and a line end. So the file can be read with `cat`, and there is no
//! byte in it whose change goes unnoticed.

use serde::{Deserialize, Serialize};

use super::error::Problem;
use crate::series::Series;
use crate::store::timeline::Timeline;

/// Bytes of a slot: one page, and one or eight whole sectors of a disk.
pub(super) const SLOT_SIZE: usize = 4096;
/// Bytes of the file.
pub(super) const FILE_SIZE: usize = SLOTS_OF_FILE * SLOT_SIZE;
const SLOTS_OF_FILE: usize = 2;
/// Since version 2 the timeline tells which lanes were used; version 1 is read as if any may have
/// been, and becomes version 2 with the next write.
const VERSION: u64 = 2;
/// Version 3 is that of a series which was moved away, and of nothing else: programs that know no moves refuse
/// it, where they would take the older slot for a line that they cannot read.
const MOVED_VERSION: u64 = 3;
const OLDEST_VERSION: u64 = 1;
const CRC_DIGITS: usize = 8;
const JSON_START: usize = CRC_DIGITS + 1;
const JSON_END: usize = SLOT_SIZE - 1;
/// Generations end here; one a tick lasts far longer than the ticks do.
const GENERATIONS: u64 = 1 << 62;

/// What one write stores.
pub(super) struct Record {
    /// Counts the writes.
    pub(super) generation: u64,
    pub(super) series: Series,
    pub(super) timeline: Timeline,
    /// The process that wrote it, for an operator.
    pub(super) pid: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    version: u64,
    generation: u64,
    pid: u32,
    series: Series,
    timeline: Timeline,
}

/// What every version's line has.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

/// Why the bytes of a slot are no record.
#[derive(Debug, PartialEq, Eq)]
enum SlotFault {
    /// Written in part, or changed since.
    Damaged,
    /// Whole, but by a version of this program that this one does not know.
    Version(u64),
    /// Whole, but of a generation that no file comes to.
    Generation(u64),
}

impl Record {
    pub(super) fn encode(&self) -> Result<[u8; SLOT_SIZE], Problem> {
        if self.generation >= GENERATIONS {
            // It could not be read again.
            let found = self.generation;
            return Err(Problem::Generation { found });
        }
        let line = Line {
            version: match self.timeline.moved() {
                Some(_) => MOVED_VERSION,
                None => VERSION,
            },
            generation: self.generation,
            pid: self.pid,
            series: self.series.clone(),
            timeline: self.timeline.clone(),
        };
        let mut slot = [b' '; SLOT_SIZE];
        slot[JSON_END] = b'\n';
        // Names, histories and ticks have bounds far below a slot's; a longer line is an error.
        serde_json::to_writer(&mut slot[JSON_START..JSON_END], &line)
            .map_err(|source| Problem::io("write down its state", source.into()))?;
        let crc = crc_of(&slot);
        slot[..CRC_DIGITS].copy_from_slice(&hex_digits(crc));
        Ok(slot)
    }

    fn decode(slot: &[u8; SLOT_SIZE]) -> Result<Self, SlotFault> {
        if slot[..CRC_DIGITS] != hex_digits(crc_of(slot)) {
            return Err(SlotFault::Damaged);
        }
        let json = &slot[JSON_START..];
        let line: Line = serde_json::from_slice(json).map_err(|_| other_version(json))?;
        if !known(line.version) {
            return Err(SlotFault::Version(line.version));
        }
        if (line.version == MOVED_VERSION) != line.timeline.moved().is_some() {
            return Err(SlotFault::Damaged);
        }
        if line.generation >= GENERATIONS {
            return Err(SlotFault::Generation(line.generation));
        }
        Ok(Self {
            generation: line.generation,
            series: line.series,
            timeline: line.timeline,
            pid: line.pid,
        })
    }
}

/// What a whole line that cannot be read is: another version's, or damaged all the same.
fn other_version(json: &[u8]) -> SlotFault {
    match serde_json::from_slice(json) {
        Ok(Head { version }) if !known(version) => SlotFault::Version(version),
        _ => SlotFault::Damaged,
    }
}

fn known(version: u64) -> bool {
    (OLDEST_VERSION..=MOVED_VERSION).contains(&version)
}

fn crc_of(slot: &[u8; SLOT_SIZE]) -> u32 {
    crc32fast::hash(&slot[CRC_DIGITS..])
}

fn hex_digits(crc: u32) -> [u8; CRC_DIGITS] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|k| DIGITS[(crc >> (28 - 4 * k) & 0xF) as usize])
}

/// The state that the file holds.
pub(super) struct Present {
    /// The valid record of the higher generation.
    pub(super) record: Record,
    /// Which slot the next record goes to: never the one that holds the present one, so that a
    /// write which is cut short leaves that one whole.
    pub(super) next_slot: usize,
    /// Whether a newer state than this one may have been there: the other slot is damaged, or of
    /// the same generation.
    pub(super) doubtful: bool,
    /// Whether the other slot could bring a series back to life that this state says was moved away: who wrote
    /// that was killed before it was in both.
    pub(super) half_moved: bool,
}

impl Present {
    /// The state in the bytes of a whole file.
    pub(super) fn of(bytes: &[u8; FILE_SIZE]) -> Result<Self, Problem> {
        let ([first, second], []) = bytes.as_chunks::<SLOT_SIZE>() else {
            return Err(Problem::Damaged);
        };
        let moved = |record: &Record| record.timeline.moved().is_some();
        let present = |record: Record, index: usize, doubtful, other: Option<&Record>| {
            Ok(Self {
                half_moved: moved(&record) && !other.is_some_and(moved),
                record,
                next_slot: 1 - index,
                doubtful,
            })
        };
        match (Record::decode(first), Record::decode(second)) {
            (Err(SlotFault::Version(found)), _) | (_, Err(SlotFault::Version(found))) => {
                Err(Problem::Version { found })
            }
            (Err(SlotFault::Generation(found)), _) | (_, Err(SlotFault::Generation(found))) => {
                Err(Problem::Generation { found })
            }
            (Err(SlotFault::Damaged), Err(SlotFault::Damaged)) => Err(Problem::Damaged),
            (Ok(record), Err(SlotFault::Damaged)) => present(record, 0, true, None),
            (Err(SlotFault::Damaged), Ok(record)) => present(record, 1, true, None),
            // Two series in one file: put together from two, by no program of ours.
            (Ok(a), Ok(b)) if a.series.fingerprint() != b.series.fingerprint() => {
                Err(Problem::Damaged)
            }
            (Ok(a), Ok(b)) if a.generation >= b.generation => {
                let doubtful = a.generation == b.generation;
                present(a, 0, doubtful, Some(&b))
            }
            (Ok(a), Ok(b)) => present(b, 1, false, Some(&a)),
        }
    }
}

/// The bytes of a new file: both slots hold the state, so that a bad slot is always a fault.
pub(super) fn new_file(
    series: &Series,
    timeline: &Timeline,
    pid: u32,
) -> Result<[u8; FILE_SIZE], Problem> {
    let mut bytes = [0; FILE_SIZE];
    let (slots, _) = bytes.as_chunks_mut::<SLOT_SIZE>();
    for (generation, slot) in (1..).zip(slots) {
        *slot = Record {
            generation,
            series: series.clone(),
            timeline: timeline.clone(),
            pid,
        }
        .encode()?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
