//! The field of rows under a header, by RFC 4180.

use std::io::{self, ErrorKind, Read};

use csv_core::{ReadFieldResult, Reader};
use tracking_core::shown::Shown;

use super::source::{PageError, Part};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 20;
/// What is kept of a field, in bytes; twice as much as is told apart from a longer one.
const FIELD: usize = 2 << 10;
const COLUMNS_MAX: usize = 10_000;

/// Reads rows, many at once, in buffers that never grow.
pub(super) struct Rows<R> {
    reader: R,
    csv: Reader,
    buffer: Box<[u8]>,
    header: Header,
    row: Row,
    /// Line ends that were read, and bytes.
    ends: u64,
    bytes: u64,
}

/// Which column counts.
struct Header {
    wanted: String,
    names: Vec<String>,
    /// None until the header was read.
    column: Option<usize>,
}

/// What was read of a row.
struct Row {
    /// The line that it begins in, from 1; none between rows.
    line: Option<u64>,
    column: usize,
    /// The present field, of which so many bytes are there.
    field: Box<[u8]>,
    kept: usize,
    /// The field that counts.
    number: Option<Vec<u8>>,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(reader: R, field: &str) -> Self {
        Self {
            reader,
            csv: Reader::new(),
            buffer: vec![0; BUFFER].into(),
            header: Header {
                wanted: field.to_owned(),
                names: Vec::new(),
                column: None,
            },
            row: Row {
                line: None,
                column: 0,
                field: vec![0; FIELD].into(),
                kept: 0,
                number: None,
            },
            ends: 0,
            bytes: 0,
        }
    }

    /// How many lines were read, of which the last may lack its end; and bytes.
    pub(super) fn count(&self) -> u64 {
        self.ends + 1
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Read more, and show the rows that are whole then, each with the number of the line that it begins in;
    /// false at the end.
    pub(super) fn read(&mut self, show: &mut dyn FnMut(u64, Part<'_>)) -> Result<bool, PageError> {
        let read = loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => break answer?,
            }
        };
        self.bytes += read as u64;
        let mut input = &self.buffer[..read];
        loop {
            // An empty slice is the end to the reader of fields.
            if input.is_empty() && read > 0 {
                break;
            }
            if self.row.line.is_none() {
                let text = input.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
                let (blank, rest) = input.split_at(text.unwrap_or(input.len()));
                self.ends += ends(blank);
                input = rest;
                if input.is_empty() {
                    break;
                }
                self.row.line = Some(self.ends + 1);
            }
            let row = &mut self.row;
            // Of a longer field the beginning stays, and that it is long.
            row.kept = row.kept.min(FIELD / 2);
            let (result, taken, put) = self.csv.read_field(input, &mut row.field[row.kept..]);
            self.ends += ends(&input[..taken]);
            input = &input[taken..];
            row.kept += put;
            match result {
                ReadFieldResult::InputEmpty | ReadFieldResult::End => break,
                ReadFieldResult::OutputFull => {}
                ReadFieldResult::Field { record_end } => {
                    self.header.field(row)?;
                    if record_end {
                        self.header.row(row, show)?;
                    }
                }
            }
        }
        if read == 0 && self.header.column.is_none() {
            return Err(self.header.missing());
        }
        Ok(read > 0)
    }
}

impl Header {
    /// A field was read.
    fn field(&mut self, row: &mut Row) -> Result<(), PageError> {
        let field = &row.field[..row.kept];
        match self.column {
            None if self.names.len() == COLUMNS_MAX => return Err(self.missing()),
            None => self
                .names
                .push(String::from_utf8_lossy(field).trim().to_owned()),
            Some(column) if column == row.column => row.number = Some(field.to_owned()),
            Some(_) => {}
        }
        row.kept = 0;
        row.column += 1;
        Ok(())
    }

    /// A row was read, or the header itself.
    fn row(&mut self, row: &mut Row, show: &mut dyn FnMut(u64, Part<'_>)) -> Result<(), PageError> {
        row.column = 0;
        let line = row.line.take().unwrap_or_default();
        if self.column.is_some() {
            match row.number.take() {
                Some(number) if number.trim_ascii().is_empty() => show(line, Part::Nothing),
                Some(number) => show(line, Part::Number(number.trim_ascii())),
                None => show(line, Part::Unreadable(b"", "expected a row with the field")),
            }
            return Ok(());
        }
        let wanted = |name: &String| *name == self.wanted;
        match self.names.iter().position(wanted) {
            Some(column) if !self.names[column + 1..].iter().any(wanted) => {
                self.column = Some(column);
                Ok(())
            }
            _ => Err(self.missing()),
        }
    }

    fn missing(&self) -> PageError {
        PageError::Header(format!(
            "expected a header with the field {} once, found {}: name the one that holds the number with --field",
            Shown(&self.wanted),
            Shown(&self.names.join(",")),
        ))
    }
}

fn ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl From<io::Error> for PageError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::lines::Sips;

    fn rows(text: &str, sip: usize) -> Result<Vec<(u64, String)>, String> {
        let mut rows = Rows::new(Sips(text.as_bytes(), sip), "n");
        let mut shown = Vec::new();
        loop {
            let read = rows.read(&mut |line, part| {
                let part = match part {
                    Part::Number(number) => str::from_utf8(number).unwrap().to_owned(),
                    Part::Nothing => "nothing".to_owned(),
                    Part::Unreadable(_, expected) => expected.to_owned(),
                    Part::Blank => panic!("blank lines are no rows"),
                };
                shown.push((line, part));
            });
            match read {
                Ok(true) => {}
                Ok(false) => return Ok(shown),
                Err(PageError::Header(message)) => return Err(message),
                Err(PageError::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn each_row_has_the_line_that_it_begins_in() {
        let long = "9".repeat(5_000);
        let with_long = format!("n\n\"{long}\"\nA2");
        for (text, expected) in [
            ("n\nA1\nA2", &[(2, "A1"), (3, "A2")][..]),
            (
                "\u{feff}a,n\r\n1,A1\r\n\r\n2,A2\r\n",
                &[(2, "A1"), (4, "A2")],
            ),
            (
                "\"n\",a\n\"A1\",\"x\ny\"\n A2 ,z\n",
                &[(2, "A1"), (4, "A2")],
            ),
            (
                "\"a\",\"n\"\n\"x\n\ny\",\"A\"\"1\"\n,A2,,\n",
                &[(2, "A\"1"), (5, "A2")],
            ),
            (
                "a,n\n1\n2,\n3,A3\n",
                &[
                    (2, "expected a row with the field"),
                    (3, "nothing"),
                    (4, "A3"),
                ],
            ),
            ("n", &[]),
            (&with_long, &[(2, &long[..1_024 + 856]), (3, "A2")]),
        ] {
            for sip in [1, 7, 10_000] {
                let found = rows(text, sip).unwrap();
                let found: Vec<_> = found.iter().map(|(line, part)| (*line, &**part)).collect();
                match text == with_long {
                    false => assert_eq!(found, expected, "{text:?} {sip}"),
                    true => assert!(found[0].1.len() >= 1_024 && found[1] == (3, "A2")),
                }
            }
        }
    }

    #[test]
    fn a_header_without_the_field_is_told() {
        for (text, found) in [("", ""), ("a,b\n1,2\n", "a,b"), ("n,a,n\n", "n,a,n")] {
            assert_eq!(
                rows(text, 1).unwrap_err(),
                format!(
                    "expected a header with the field \"n\" once, found \"{found}\": name the one that holds the number with --field"
                )
            );
        }
    }
}
