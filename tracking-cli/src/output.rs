//! Standard output and standard error.

pub(crate) mod instant;
pub(crate) mod table;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use serde::Serialize;

use crate::failure::Failure;

/// Standard output without a buffer: whoever writes brings a page of their own, and what was
/// written is out.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
}

impl Output {
    pub(crate) fn new() -> Result<Self, Failure> {
        // A descriptor of our own, since that of `io::stdout` comes with a buffer of lines.
        let descriptor = io::stdout().as_fd().try_clone_to_owned();
        Ok(Self {
            file: descriptor.map_err(failed)?.into(),
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(failed)
    }

    /// Write an object as JSON on one line.
    pub(crate) fn write_json(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(object).map_err(Failure::undone)?;
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
        _ => Failure::Undone(format!("cannot write to standard output: {error}")),
    }
}

/// Bytes for a terminal or a column: control characters are written as `\xNN`, so that what somebody
/// sent neither steers the terminal nor adds a column; all others are left as they are.
pub(crate) fn printable(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|&byte| {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value % 16)];
        let escaped = [b'\\', b'x', digit(byte / 16), digit(byte)];
        let (shown, length) = match byte.is_ascii_control() {
            true => (escaped, 4),
            false => ([byte; 4], 1),
        };
        shown.into_iter().take(length)
    })
}

/// Say something on standard error, on a line of its own that begins with the kind of message.
pub(crate) fn message(kind: &str, text: &(impl Display + ?Sized)) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{kind}: {text}");
}
