//! What is read: files and standard input, and the numbers in them.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use tracking_core::shown::Plain;
use tracking_programs::args::standard_input;

use super::csv::Rows;
use super::lines::{Line, Lines};
use super::ndjson;
use crate::args::AuditFormat;
use crate::failure::Failure;
use crate::output::message;

/// What stands in a line or row.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// What should be a number.
    Number(&'a [u8]),
    /// An object or row without one.
    Nothing,
    /// An empty line.
    Blank,
    /// The beginning of something else, and what was expected.
    Unreadable(&'a [u8], &'static str),
}

/// The files that were named, each of which is there.
#[derive(Debug)]
pub(super) struct Source {
    paths: Vec<PathBuf>,
    /// In bytes, if all are files.
    length: Option<u64>,
}

/// One that is open.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    name: String,
}

impl Source {
    /// Look at all of them before any is read: an hour later is too late for a misspelt name.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Failure> {
        let paths = match paths {
            [] => vec!["-".into()],
            paths => paths.to_vec(),
        };
        let mut seen: Vec<(u64, u64)> = Vec::new();
        let mut length = Some(0);
        for path in &paths {
            let input = Input::open(path)?;
            let metadata = input.metadata()?;
            let identity = (metadata.dev(), metadata.ino());
            if seen.contains(&identity) {
                return Err(Failure::Usage(format!(
                    "{} is named twice: then each number would be there twice",
                    input.name
                )));
            }
            seen.push(identity);
            length = length
                .filter(|_| metadata.is_file())
                .map(|sum| sum + metadata.len());
        }
        Ok(Self { paths, length })
    }

    /// In bytes, if it is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = Result<Input, Failure>> {
        self.paths.iter().map(Input::open)
    }
}

impl Input {
    fn open(path: &PathBuf) -> Result<Self, Failure> {
        let is_standard = path.as_os_str() == "-";
        let name = Plain::of(path).to_string();
        let file = match is_standard {
            true => standard_input(),
            false => File::open(path),
        };
        match file {
            Ok(file) => Ok(Self { file, name }),
            Err(error) => Err(cannot_read(&name, &error)),
        }
    }

    fn metadata(&self) -> Result<Metadata, Failure> {
        let metadata = self.file.metadata();
        metadata.map_err(|error| cannot_read(&self.name, &error))
    }

    /// As it can be shown.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn pages(self, format: AuditFormat, field: &str) -> Pages {
        if self.file.is_terminal() {
            message("note", "reading from the terminal; Ctrl-D ends");
        }
        let reader = match format {
            AuditFormat::Text => Reader::Text(Lines::new(self.file)),
            AuditFormat::Ndjson => Reader::Ndjson {
                lines: Lines::new(self.file),
                field: field.to_owned(),
                unescaped: String::new(),
            },
            AuditFormat::Csv => Reader::Csv(Box::new(Rows::new(self.file, field))),
        };
        Pages {
            reader,
            name: self.name,
        }
    }
}

/// Reads an input, many lines at once.
pub(super) struct Pages {
    reader: Reader,
    name: String,
}

enum Reader {
    Text(Lines<File>),
    Ndjson {
        lines: Lines<File>,
        field: String,
        unescaped: String,
    },
    Csv(Box<Rows<File>>),
}

/// Why a page could not be read.
#[derive(Debug)]
pub(super) enum PageError {
    Io(io::Error),
    /// The header of rows is not as expected.
    Header(String),
}

impl Pages {
    /// Show what stands in the next lines, each with its number; false at the end.
    pub(super) fn read(&mut self, show: &mut dyn FnMut(u64, Part<'_>)) -> Result<bool, Failure> {
        let read = match &mut self.reader {
            Reader::Text(lines) => lines
                .read(&mut |number, line| {
                    let (Line::Whole(line) | Line::Beginning(line)) = line;
                    match line.trim_ascii() {
                        b"" => show(number, Part::Blank),
                        given => show(number, Part::Number(given)),
                    }
                })
                .map_err(PageError::Io),
            Reader::Ndjson {
                lines,
                field,
                unescaped,
            } => lines
                .read(&mut |number, line| match line {
                    Line::Whole(line) => show(number, ndjson::part(line, field, unescaped)),
                    Line::Beginning(start) => {
                        show(
                            number,
                            Part::Unreadable(start, "expected a line below 1 MiB"),
                        );
                    }
                })
                .map_err(PageError::Io),
            Reader::Csv(rows) => rows.read(show),
        };
        read.map_err(|error| match error {
            PageError::Io(error) => cannot_read(&self.name, &error),
            PageError::Header(message) => Failure::Undone(format!("{}:1: {message}", self.name)),
        })
    }

    /// How many lines were read.
    pub(super) fn lines(&self) -> u64 {
        match &self.reader {
            Reader::Text(lines) | Reader::Ndjson { lines, .. } => lines.count(),
            Reader::Csv(rows) => rows.count(),
        }
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        match &self.reader {
            Reader::Text(lines) | Reader::Ndjson { lines, .. } => lines.bytes(),
            Reader::Csv(rows) => rows.bytes(),
        }
    }
}

fn cannot_read(name: &str, error: &io::Error) -> Failure {
    let name = match name {
        "-" => "standard input",
        name => name,
    };
    Failure::Undone(format!("cannot read {name}: {error}"))
}
