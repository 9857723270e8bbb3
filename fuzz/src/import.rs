//! CSV files of old numbers, and what `tracking audit` reads: the sources of the command line itself.

use std::io::Read;

#[path = "../../tracking-cli/src/ledger/import/csv.rs"]
#[allow(dead_code, reason = "a target uses a part of it")]
mod csv;
#[path = "../../tracking-cli/src/audit/lines.rs"]
#[allow(dead_code, reason = "a target uses a part of it")]
mod lines;

use crate::order::plain;

/// Gives one byte at a time, so that what is read does not hang on how it comes.
struct Sips<'a>(&'a [u8]);

impl Read for Sips<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        self.0.read(&mut buffer[..count])
    }
}

/// What is read does not hang on how the bytes come; all of it is read, unless something is wrong, which is told
/// with its line; and each number is whole in its line.
pub fn run(data: &[u8]) {
    let (at_once, in_sips) = (imported(data, data), imported(Sips(data), data));
    assert_eq!(at_once, in_sips);
    let (at_once, in_sips) = (counted(data), counted(Sips(data)));
    assert_eq!(at_once, in_sips);
    let ends = memchr::memchr_iter(b'\n', data).count();
    let is_open = data.last().is_some_and(|&byte| byte != b'\n');
    assert_eq!(at_once.len(), ends + usize::from(is_open));
}

fn imported(reader: impl Read, data: &[u8]) -> Result<Vec<(String, i64)>, String> {
    let read = || {
        let mut numbers = csv::CsvNumbers::new(reader, "f".to_owned())?;
        let mut all = Vec::new();
        loop {
            let chunk = numbers.next_chunk()?;
            if chunk.is_empty() {
                assert_eq!(numbers.bytes(), data.len() as u64);
                return Ok(all);
            }
            for old in chunk {
                let number = old.number.to_string();
                let stands = memchr::memmem::find(data, number.as_bytes());
                assert!(stands.is_some(), "{number}");
                all.push((number, old.issued_at_ms));
            }
        }
    };
    let result: Result<_, String> = read();
    if let Err(message) = &result {
        plain(message);
        assert!(message.starts_with("f:"), "{message}");
    }
    result
}

fn counted(reader: impl Read) -> Vec<(u64, Vec<u8>)> {
    let mut lines = lines::Lines::new(reader);
    let mut all: Vec<(u64, Vec<u8>)> = Vec::new();
    while lines
        .read(&mut |number, line| {
            let (lines::Line::Whole(line) | lines::Line::Beginning(line)) = line;
            all.push((number, line.to_vec()));
        })
        .unwrap()
    {}
    all
}
