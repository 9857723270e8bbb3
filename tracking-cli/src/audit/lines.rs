//! Lines of bytes with their numbers, in a buffer that never grows.

use std::io::{self, ErrorKind, Read};

/// Bytes that are read at once, and the longest line that is read whole.
const BUFFER: usize = 1 << 20;
/// U+FEFF, which programs on Windows put before a text.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    /// The beginning of one that is too long.
    Beginning(&'a [u8]),
}

/// Reads lines, many at once.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    buffer: Box<[u8]>,
    filled: usize,
    /// Of the lines that were shown.
    count: u64,
    bytes: u64,
    /// What comes up to the next end belongs to a line that was shown.
    skips: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::with_buffer(reader, BUFFER)
    }

    fn with_buffer(reader: R, length: usize) -> Self {
        Self {
            reader,
            buffer: vec![0; length].into(),
            filled: 0,
            count: 0,
            bytes: 0,
            skips: false,
        }
    }

    /// How many lines were shown, and bytes read.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Read more, and show the lines that are whole then, each with its number from 1; false at the end.
    pub(super) fn read(&mut self, show: &mut dyn FnMut(u64, Line<'_>)) -> io::Result<bool> {
        let read = loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => break answer?,
            }
        };
        self.bytes += read as u64;
        self.filled += read;
        let is_end = read == 0;
        let mut at = 0;
        while at < self.filled {
            let rest = &self.buffer[at..self.filled];
            let end = memchr::memchr(b'\n', rest);
            if end.is_none() && !is_end {
                break;
            }
            let line = &rest[..end.unwrap_or(rest.len())];
            at += line.len() + usize::from(end.is_some());
            if std::mem::take(&mut self.skips) {
                continue;
            }
            self.count += 1;
            show(self.count, Line::Whole(unmarked(line, self.count)));
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        if self.filled == self.buffer.len() {
            if !std::mem::replace(&mut self.skips, true) {
                self.count += 1;
                show(
                    self.count,
                    Line::Beginning(unmarked(&self.buffer, self.count)),
                );
            }
            self.filled = 0;
        }
        Ok(!is_end)
    }
}

/// The first line without the mark before a text, which is none of it.
fn unmarked(line: &[u8], number: u64) -> &[u8] {
    match number {
        1 => line.strip_prefix(MARK).unwrap_or(line),
        _ => line,
    }
}

/// Gives so many bytes at most at once.
#[cfg(test)]
pub(super) struct Sips<'a>(pub(super) &'a [u8], pub(super) usize);

#[cfg(test)]
impl Read for Sips<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(buffer.len());
        self.0.read(&mut buffer[..count])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, sip: usize) -> Vec<(u64, String)> {
        let mut lines = Lines::with_buffer(Sips(text.as_bytes(), sip), 8);
        let mut shown = Vec::new();
        while lines
            .read(&mut |number, line| {
                let (line, cut) = match line {
                    Line::Whole(line) => (line, ""),
                    Line::Beginning(line) => (line, "…"),
                };
                shown.push((number, format!("{}{cut}", str::from_utf8(line).unwrap())));
            })
            .unwrap()
        {}
        assert_eq!(
            (lines.bytes(), lines.count()),
            (text.len() as u64, shown.len() as u64)
        );
        shown
    }

    #[test]
    fn each_line_has_its_number_however_it_comes() {
        for (text, expected) in [
            ("", &[][..]),
            ("\n", &[""]),
            ("a\nb", &["a", "b"]),
            ("a\r\n\nb\n", &["a\r", "", "b"]),
            ("\u{feff}a\n\u{feff}b\n", &["a", "\u{feff}b"]),
            ("1234567\nb\n", &["1234567", "b"]),
            ("123456789\nb\n", &["12345678…", "b"]),
            (
                "1234567890123456789012345678901234567890\nb",
                &["12345678…", "b"],
            ),
            ("a\n12345678901234567", &["a", "12345678…"]),
        ] {
            for sip in [1, 3, 100] {
                let expected: Vec<_> = (1..)
                    .zip(expected.iter().map(|&line| line.to_owned()))
                    .collect();
                assert_eq!(lines(text, sip), expected, "{text:?} {sip}");
            }
        }
    }
}
