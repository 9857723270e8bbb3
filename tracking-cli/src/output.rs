//! Standard output and standard error.

pub(crate) mod table;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use tracking_core::shown::escape_json;
use tracking_programs::args::{not_written, standard_output};

use crate::failure::Failure;
use crate::pipe::widen;

/// Standard output without a buffer: whoever writes brings a page of their own, and what was
/// written is out.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
}

impl Output {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            file: standard_output().map_err(failed)?,
        })
    }

    /// Much is to be written: see [`widen`].
    pub(crate) fn widen(&self) {
        widen(&self.file);
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(failed)
    }

    /// Write an object as JSON on one line.
    pub(crate) fn write_json(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        let mut line = escape_json(serde_json::to_vec(object).map_err(Failure::undone)?);
        line.push(b'\n');
        self.write(&line)
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }
}

fn failed(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::Undone(not_written(&error)),
    }
}

/// Say something on standard error, on a line of its own that begins with the kind of message.
pub(crate) fn message(kind: &str, text: &(impl Display + ?Sized)) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{kind}: {text}");
}
