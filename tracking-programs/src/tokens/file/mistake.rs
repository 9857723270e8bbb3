//! What is wrong in a file of tokens, and where.

use std::fmt;

use tracking_core::shown::Plain;

/// Something that a file of tokens should say otherwise. Its `Display` is `LINE:COLUMN: MESSAGE`, and shows
/// nothing that stands where a token or its digest does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What was expected and found.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(f, "{line}:{column}: {message}")
    }
}

/// A text and where its lines begin.
#[derive(Debug)]
pub(super) struct Places<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            starts: [0]
                .into_iter()
                .chain(ends.map(|(end, _)| end + 1))
                .collect(),
        }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// A mistake at a byte.
    pub(super) fn mistake(&self, offset: usize, message: impl Into<String>) -> Mistake {
        let line = self.line(offset);
        let before = self.text.get(self.starts[line - 1]..offset);
        Mistake {
            line,
            column: before.unwrap_or_default().chars().count() + 1,
            message: message.into(),
        }
    }
}

/// The message of the reader of TOML without texts in quotation marks, and without long words: it repeats what
/// it found, which may be a token that was put in the wrong place.
pub(super) fn without_secrets(message: &str) -> String {
    const WORD_MAX: usize = 20;
    let message = match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}\"…\"{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    };
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut shown = String::new();
    for piece in message.split_inclusive(|c| !is_of_word(c)) {
        let word = piece.trim_end_matches(|c| !is_of_word(c));
        match word.chars().count() > WORD_MAX {
            true => shown.extend(["…", &piece[word.len()..]]),
            false => shown.push_str(piece),
        }
    }
    // Some messages have several lines; some repeat the name of a field, whatever that is.
    let shown = shown.trim_end().replace('\n', ", ");
    Plain::of(&shown).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out() {
        for (message, shown) in [
            (
                "unknown field `nmae`, expected `name`",
                "unknown field `nmae`, expected `name`",
            ),
            (
                "invalid type: string \"trk_a\\\"b\", expected u32",
                "invalid type: string \"…\", expected u32",
            ),
            (
                "unknown field `trk_-_v7-_v7-_v7-_v7-_v7`",
                "unknown field `…`",
            ),
            ("a\nb\n", "a, b"),
            ("unknown field `\u{1b}[1m`", "unknown field `\\x1b[1m`"),
        ] {
            assert_eq!(without_secrets(message), shown);
        }
    }

    #[test]
    fn places_count_lines_and_characters() {
        let places = Places::of("a\n\u{e9}b\n");
        for (offset, shown) in [
            (0, "1:1: x"),
            (1, "1:2: x"),
            (2, "2:1: x"),
            (4, "2:2: x"),
            (6, "3:1: x"),
        ] {
            assert_eq!(places.mistake(offset, "x").to_string(), shown);
        }
        assert_eq!(Places::of("").mistake(0, "x").to_string(), "1:1: x");
    }
}
