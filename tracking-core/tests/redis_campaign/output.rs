//! What a client writes down: a record of fixed size for each block that it issues, and a line for
//! each error, in two files of its own.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracking_core::{Block, Serial};

/// A block that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Issued {
    pub(crate) start: u64,
    pub(crate) length: u32,
    pub(crate) wanted: u32,
    /// This host's clock before it was asked for; 0 for a number, which may be older.
    pub(crate) asked_ms: i64,
    /// How long the call took.
    pub(crate) took_ms: u32,
}

const SIZE: usize = 28;

impl Issued {
    pub(crate) fn new(block: Block, wanted: u32, asked_ms: i64, took: Duration) -> Self {
        Self {
            start: block.start().value(),
            length: block.length().get(),
            wanted,
            asked_ms,
            took_ms: took.as_millis() as u32,
        }
    }

    pub(crate) fn first(&self) -> Serial {
        Serial::new(self.start).unwrap()
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE);
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.wanted.to_le_bytes());
        bytes.extend(self.asked_ms.to_le_bytes());
        bytes.extend(self.took_ms.to_le_bytes());
        bytes
    }

    fn of(bytes: &[u8]) -> Self {
        let eight = |at: usize| <[u8; 8]>::try_from(&bytes[at..at + 8]).unwrap();
        let four = |at: usize| <[u8; 4]>::try_from(&bytes[at..at + 4]).unwrap();
        Self {
            start: u64::from_le_bytes(eight(0)),
            length: u32::from_le_bytes(four(8)),
            wanted: u32::from_le_bytes(four(12)),
            asked_ms: i64::from_le_bytes(eight(16)),
            took_ms: u32::from_le_bytes(four(24)),
        }
    }
}

/// The two files, from the client's side.
pub(crate) struct Output {
    issued: File,
    errors: File,
}

impl Output {
    pub(crate) fn open(path: &Path) -> Self {
        let append = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.unwrap()
        };
        Self {
            issued: append(path),
            errors: append(&errors_path(path)),
        }
    }

    /// Only what this has written counts as issued.
    pub(crate) fn issue(&mut self, issued: &[Issued]) {
        let bytes: Vec<u8> = issued.iter().flat_map(|one| one.to_bytes()).collect();
        self.issued.write_all(&bytes).unwrap();
    }

    pub(crate) fn fail(&mut self, error: &str, took: Duration) {
        let line = format!("{} {}\n", took.as_millis(), error.replace('\n', " "));
        self.errors.write_all(line.as_bytes()).unwrap();
    }
}

fn errors_path(path: &Path) -> PathBuf {
    path.with_extension("errors")
}

/// How many blocks a file holds by now.
pub(crate) fn count(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len() / SIZE as u64)
}

/// All blocks of a file.
pub(crate) fn issued(path: &Path) -> Vec<Issued> {
    let bytes = std::fs::read(path).unwrap_or_default();
    assert_eq!(bytes.len() % SIZE, 0, "a client died in a write");
    bytes.chunks_exact(SIZE).map(Issued::of).collect()
}

/// All errors of a client: how many milliseconds the call took, and what it told.
pub(crate) fn errors(path: &Path) -> Vec<(u64, String)> {
    let text = std::fs::read_to_string(errors_path(path)).unwrap_or_default();
    let line = |line: &str| {
        let (took, error) = line.split_once(' ')?;
        Some((took.parse().ok()?, error.to_owned()))
    };
    text.lines().filter_map(line).collect()
}
