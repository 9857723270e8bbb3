//! Old numbers in a CSV file.

use std::io::{BufRead, BufReader, Read};

use tracking_core::shown::Shown;
use tracking_ledger::OldNumber;

const HEADER: &str = "tracking_number,created_at";

/// Lines that are read together.
const CHUNK: usize = 1_000;

/// No number and time are as long, in bytes.
const LINE_MAX: u64 = 1_024;

/// U+FEFF, which programs on Windows put before a text.
const MARK: char = '\u{feff}';

/// Reads lines of a number and a time, each with quotes round it or without.
#[derive(Debug)]
pub(super) struct CsvNumbers<R> {
    reader: BufReader<R>,
    /// Of the file, as it can be shown.
    name: String,
    /// The number of the line that was read last.
    line: u64,
    bytes: u64,
}

impl<R: Read> CsvNumbers<R> {
    /// Reads the header.
    pub(super) fn new(reader: R, name: String) -> Result<Self, String> {
        let mut numbers = Self {
            reader: BufReader::new(reader),
            name,
            line: 0,
            bytes: 0,
        };
        let header = numbers.read_line()?.unwrap_or_default();
        let header = header.trim_start_matches(MARK);
        if header.split(',').map(value).ne(HEADER.split(',')) {
            let found = Shown(header);
            return Err(numbers.wrong(&format!("expected the header {HEADER}, found {found}")));
        }
        Ok(numbers)
    }

    /// The next numbers; none at the end.
    pub(super) fn next_chunk(&mut self) -> Result<Vec<OldNumber>, String> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            match self.read_line()? {
                None => break,
                Some(line) if line.is_empty() => {}
                Some(line) => {
                    chunk.push(old_number(&line).map_err(|what| self.wrong(&what))?);
                }
            }
        }
        Ok(chunk)
    }

    /// How many were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line without blanks round it.
    fn read_line(&mut self) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        let mut reader = self.reader.by_ref().take(LINE_MAX);
        let read = reader.read_until(b'\n', &mut line);
        let count = read.map_err(|error| format!("cannot read {}: {error}", self.name))?;
        if count == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.bytes += count as u64;
        let text = String::from_utf8_lossy(&line);
        if count as u64 == LINE_MAX && !line.ends_with(b"\n") {
            let found = Shown(&text);
            return Err(self.wrong(&format!(
                "expected a line of less than {LINE_MAX} bytes, found {found} and more"
            )));
        }
        Ok(Some(text.trim().to_owned()))
    }

    fn wrong(&self, what: &str) -> String {
        format!("{}:{}: {what}", self.name, self.line)
    }
}

fn old_number(line: &str) -> Result<OldNumber, String> {
    let (number, created_at) = line
        .split_once(',')
        .ok_or_else(|| format!("expected {HEADER}, found {}", Shown(line)))?;
    OldNumber::parse(value(number), value(created_at)).map_err(|error| error.to_string())
}

/// A value without the quotes and blanks round it.
fn value(field: &str) -> &str {
    let field = field.trim();
    let quoted = field.strip_prefix('"');
    quoted
        .and_then(|quoted| quoted.strip_suffix('"'))
        .unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let mut numbers = CsvNumbers::new(text.as_bytes(), "f".to_owned())?;
        let mut all = Vec::new();
        loop {
            let chunk = numbers.next_chunk()?;
            if chunk.is_empty() {
                assert_eq!(numbers.bytes(), text.len() as u64);
                return Ok(all);
            }
            all.extend(chunk.iter().map(|old| old.number.to_string()));
        }
    }

    #[test]
    fn lines_are_read_however_they_are_written() {
        let time = "2024-01-01 12:00:00";
        for text in [
            format!("tracking_number,created_at\nA1,{time}\nA2,{time}\n"),
            format!("\u{feff}tracking_number,created_at\r\nA1,{time}\r\n\r\nA2,{time}"),
            format!("\"tracking_number\",\"created_at\"\n\"A1\",\"{time}\"\n\n \"A2\" , {time} \n"),
        ] {
            assert_eq!(read(&text).unwrap(), ["A1", "A2"], "{text}");
        }
        assert_eq!(read("tracking_number,created_at").unwrap(), [""; 0]);
        let rows: String = (0..2_500).map(|n| format!("N{n},{time}\n")).collect();
        let all = read(&format!("tracking_number,created_at\n{rows}")).unwrap();
        assert_eq!((all.len(), &*all[2_499]), (2_500, "N2499"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let header = "tracking_number,created_at\n";
        let long = "x".repeat(1_024);
        for (text, message) in [
            (
                String::new(),
                "f:0: expected the header tracking_number,created_at, found \"\"",
            ),
            (
                "created_at,tracking_number\n".to_owned(),
                "f:1: expected the header tracking_number,created_at, found \"created_at,tracking_number\"",
            ),
            (
                format!("{header}\nA1\n"),
                "f:3: expected tracking_number,created_at, found \"A1\"",
            ),
            (
                format!("{header}A1,2024-01-01 12:00:00,x\n"),
                "f:2: expected a time such as 2024-01-01T12:00:00+08:00, or 2024-01-01 12:00:00.123456 in UTC, found \"2024-01-01 12:00:00,x\"",
            ),
            (
                format!("{header}A1,2024-01-01 12:00:00\nA_,2024-01-01 12:00:00\n"),
                "f:3: expected a tracking number of 1 to 16 characters of A-Z and 0-9, found '_' at position 2",
            ),
            (
                format!("{header}{long}"),
                "f:2: expected a line of less than 1024 bytes, found \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\" and more",
            ),
        ] {
            assert_eq!(read(&text).unwrap_err(), message);
        }
    }
}
