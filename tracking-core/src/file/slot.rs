//! What stands in the file: two slots, each one line of text.
//!
//! A slot is the CRC-32 of the rest of it in eight hexadecimal digits, a blank, a JSON object,
//! blanks up to its last byte, and a line end. So the file can be read with `cat`, and there is no
//! byte in it whose change goes unnoticed.

use serde::{Deserialize, Serialize};

use super::error::Problem;
use crate::record::{SeriesRecord, TimelineRecord};
use crate::series::Series;
use crate::timeline::Timeline;

/// Bytes of a slot: one page, and one or eight whole sectors of a disk.
pub(super) const SLOT_SIZE: usize = 4096;
/// Bytes of the file.
pub(super) const FILE_SIZE: usize = SLOTS_OF_FILE * SLOT_SIZE;
const SLOTS_OF_FILE: usize = 2;
const VERSION: u64 = 1;
const CRC_DIGITS: usize = 8;
const JSON_START: usize = CRC_DIGITS + 1;
const JSON_END: usize = SLOT_SIZE - 1;
/// Generations end here, so that the next one is always a number; one a nanosecond lasts 292 years.
const GENERATIONS: u64 = 1 << 63;

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
    series: SeriesRecord,
    timeline: TimelineRecord,
}

/// What every version's line has.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

/// Why the bytes of a slot are no record.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Written in part, or changed since.
    Damaged,
    /// Whole, but by a version of this program that this one does not know.
    Version(u64),
}

impl Record {
    pub(super) fn encode(&self) -> Result<[u8; SLOT_SIZE], Problem> {
        let line = Line {
            version: VERSION,
            generation: self.generation,
            pid: self.pid,
            series: (&self.series).into(),
            timeline: (&self.timeline).into(),
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

    fn decode(slot: &[u8; SLOT_SIZE]) -> Result<Self, Fault> {
        if slot[..CRC_DIGITS] != hex_digits(crc_of(slot)) {
            return Err(Fault::Damaged);
        }
        let json = &slot[JSON_START..];
        let line: Line = serde_json::from_slice(json).map_err(|_| newer_version(json))?;
        if line.version != VERSION {
            return Err(Fault::Version(line.version));
        }
        if line.generation >= GENERATIONS {
            return Err(Fault::Damaged);
        }
        Ok(Self {
            generation: line.generation,
            series: line.series.try_into().map_err(|_| Fault::Damaged)?,
            timeline: line.timeline.try_into().map_err(|_| Fault::Damaged)?,
            pid: line.pid,
        })
    }
}

fn newer_version(json: &[u8]) -> Fault {
    match serde_json::from_slice(json) {
        Ok(Head { version }) if version != VERSION => Fault::Version(version),
        _ => Fault::Damaged,
    }
}

fn crc_of(slot: &[u8; SLOT_SIZE]) -> u32 {
    crc32fast::hash(&slot[CRC_DIGITS..])
}

fn hex_digits(crc: u32) -> [u8; CRC_DIGITS] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|k| DIGITS[(crc >> (28 - 4 * k) & 0xF) as usize])
}

/// What tells one state of the file from another: its generation, and the checksum of its slot.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) generation: u64,
    crc: u32,
}

impl Mark {
    /// That of a slot's bytes.
    pub(super) fn of(generation: u64, slot: &[u8; SLOT_SIZE]) -> Self {
        let crc = crc_of(slot);
        Self { generation, crc }
    }
}

/// The state that the file holds.
pub(super) struct Present {
    /// The valid record of the higher generation.
    pub(super) record: Record,
    /// Its mark.
    pub(super) mark: Mark,
    /// Which slot the next record goes to: never the one that holds the present one, so that a
    /// write which is cut short leaves that one whole.
    pub(super) next_slot: usize,
    /// Whether a newer state than this one may have been there: the other slot is damaged, or of
    /// the same generation.
    pub(super) doubtful: bool,
}

impl Present {
    /// The state in the bytes of a whole file.
    pub(super) fn of(bytes: &[u8; FILE_SIZE]) -> Result<Self, Problem> {
        let ([first, second], []) = bytes.as_chunks::<SLOT_SIZE>() else {
            return Err(Problem::Damaged);
        };
        let present = |record: Record, index: usize, doubtful| {
            let slot = if index == 0 { first } else { second };
            Ok(Self {
                mark: Mark::of(record.generation, slot),
                record,
                next_slot: 1 - index,
                doubtful,
            })
        };
        match (Record::decode(first), Record::decode(second)) {
            (Err(Fault::Version(found)), _) | (_, Err(Fault::Version(found))) => {
                Err(Problem::Version { found })
            }
            (Err(Fault::Damaged), Err(Fault::Damaged)) => Err(Problem::Damaged),
            (Ok(record), Err(Fault::Damaged)) => present(record, 0, true),
            (Err(Fault::Damaged), Ok(record)) => present(record, 1, true),
            // Two series in one file: put together from two, by no program of ours.
            (Ok(a), Ok(b)) if a.series.fingerprint() != b.series.fingerprint() => {
                Err(Problem::Damaged)
            }
            (Ok(a), Ok(b)) if a.generation >= b.generation => {
                let doubtful = a.generation == b.generation;
                present(a, 0, doubtful)
            }
            (Ok(_), Ok(b)) => present(b, 1, false),
        }
    }

    /// Whether the file was rewound since it bore `seen`.
    pub(super) fn is_behind(&self, seen: Mark) -> bool {
        let same = self.mark.generation == seen.generation;
        self.mark.generation < seen.generation || same && self.mark != seen
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
