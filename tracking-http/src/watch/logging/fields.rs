//! The message and the fields of an event, written so that nothing in them can end their line.

use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Text without colours.
    Plain,
    /// Text for a terminal.
    Coloured,
    /// One object.
    Json,
}

/// Appends the fields of an event to its line, in their order.
///
/// Text has a value that is a name or a number bare, and another in quotes, as JSON has it.
pub(super) struct Fields<'a> {
    pub(super) line: &'a mut Vec<u8>,
    pub(super) style: Style,
}

impl Fields<'_> {
    fn name(&mut self, field: &Field) {
        let name = field.name().as_bytes();
        match self.style {
            Style::Json => {
                self.line.extend_from_slice(b",\"");
                self.line.extend_from_slice(name);
                self.line.extend_from_slice(b"\":");
            }
            _ if is_message(field) => self.line.push(b' '),
            Style::Plain => {
                self.line.push(b' ');
                self.line.extend_from_slice(name);
                self.line.push(b'=');
            }
            Style::Coloured => {
                self.line.extend_from_slice(b" \x1b[3m");
                self.line.extend_from_slice(name);
                self.line.extend_from_slice(b"\x1b[0m\x1b[2m=\x1b[0m");
            }
        }
    }

    fn number(&mut self, field: &Field, number: impl fmt::Display) {
        self.name(field);
        // A Vec takes every write.
        let _ = write!(self.line, "{number}");
    }

    fn quoted(&mut self, text: &str) {
        self.line.push(b'"');
        escape(self.line, text, true);
        self.line.push(b'"');
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        match self.style {
            Style::Json => self.quoted(value),
            _ if is_message(field) => escape(self.line, value, false),
            _ if is_bare(value) => self.line.extend_from_slice(value.as_bytes()),
            _ => self.quoted(value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(field);
        let is_json = self.style == Style::Json;
        if is_json {
            self.line.push(b'"');
        }
        let mut escaped = Escaped {
            line: &mut *self.line,
            quotes: is_json,
        };
        // Only a value that cannot be shown fails; then it is shown as far as it goes.
        let _ = write!(escaped, "{value:?}");
        if is_json {
            self.line.push(b'"');
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        decimal(self.line, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    /// With three decimals: what has a fraction here is a time.
    fn record_f64(&mut self, field: &Field, value: f64) {
        if !value.is_finite() {
            return self.number(field, "null");
        }
        // The formatting of floats takes as long as half of the line.
        let thousandths = (value * 1_000.0).round();
        if (0.0..1e15).contains(&thousandths) {
            self.name(field);
            let (whole, rest) = (thousandths as u64 / 1_000, thousandths as u64 % 1_000);
            decimal(self.line, whole);
            let [a, b, c] = [rest / 100, rest / 10 % 10, rest % 10].map(|digit| b'0' + digit as u8);
            self.line.extend_from_slice(&[b'.', a, b, c]);
        } else {
            self.number(field, format_args!("{value:.3}"));
        }
    }
}

fn decimal(line: &mut Vec<u8>, value: u64) {
    line.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn is_message(field: &Field) -> bool {
    field.name() == "message"
}

/// Whether text can stand without quotes and still be told from what follows.
fn is_bare(text: &str) -> bool {
    let bare = |byte: u8| is_plain_byte(byte) & (byte != b' ') & (byte != b'=');
    !text.is_empty() & text.bytes().fold(true, |all, byte| all & bare(byte))
}

/// Whether text is nothing but printable ASCII without quotes and backslashes, as nearly all is. It looks at
/// every byte, without a branch, which takes a few nanoseconds.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .fold(true, |all, byte| all & is_plain_byte(byte))
}

fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\')
}

/// Takes what is formatted on to the line, escaped.
struct Escaped<'a> {
    line: &'a mut Vec<u8>,
    quotes: bool,
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.line, text, self.quotes);
        Ok(())
    }
}

/// Appends text with its control characters and line separators escaped as in JSON (RFC 8259), so that it stays
/// on its line and gives a terminal no orders; within quotes those and the backslash, too.
fn escape(line: &mut Vec<u8>, text: &str, quotes: bool) {
    if is_plain(text) {
        return line.extend_from_slice(text.as_bytes());
    }
    let is_escaped = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}')
            || (quotes && matches!(c, '"' | '\\'))
    };
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        line.extend_from_slice(&rest.as_bytes()[..at]);
        let mut left = rest[at..].chars();
        match left.next() {
            Some('\n') => line.extend_from_slice(b"\\n"),
            Some(c @ ('"' | '\\')) => line.extend_from_slice(&[b'\\', c as u8]),
            Some(c) => {
                // All of them are below U+10000. A Vec takes every write.
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            None => {}
        }
        rest = left.as_str();
    }
    line.extend_from_slice(rest.as_bytes());
}
