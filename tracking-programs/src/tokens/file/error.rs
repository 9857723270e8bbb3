//! What is wrong with a file of tokens.

use std::io;
use std::path::{Path, PathBuf};

use tracking_core::shown::Plain;

use crate::tokens::TokenName;

/// Why a file of tokens can't be used. It shows nothing that stands where a token or its digest does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFileError {
    /// It can't be read.
    #[error("cannot read the tokens of {}: {source}", Plain::of(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It can't be written.
    #[error("cannot add to the tokens of {}: {source}", Plain::of(path))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A token of that name is to be added, and one is there.
    #[error(
        "{} has a token of {name} already; take another name, or, to let a new token take the place of the old one, add its lines by hand",
        Plain::of(path)
    )]
    NameThere {
        /// The file.
        path: PathBuf,
        /// The name.
        name: TokenName,
    },
    /// It does not say what it should.
    #[error("{}:{line}:{column}: {message}", Plain::of(path))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character of the line, from 1.
        column: usize,
        /// What was expected and found.
        message: String,
    },
}

impl TokenFileError {
    pub(super) fn wrong(path: &Path, wrong: Wrong) -> Self {
        let Wrong {
            line,
            column,
            message,
        } = wrong;
        Self::Wrong {
            path: path.to_owned(),
            line,
            column,
            message,
        }
    }
}

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    line: usize,
    column: usize,
    message: String,
}

impl Wrong {
    /// At the byte `offset` of a text.
    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let (line, start) = place(before);
        Self {
            line,
            column: before[start..].chars().count() + 1,
            message: message.into(),
        }
    }

    /// What the reader of TOML says. It repeats what it found, which may be a token that was put in the wrong
    /// place; so what looks like one does not pass.
    pub(super) fn toml(text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        Self::at(text, offset, without_secrets(error.message()))
    }

    #[cfg(test)]
    pub(super) fn shown(&self) -> String {
        format!("{}:{}: {}", self.line, self.column, self.message)
    }
}

/// The line of the end of a text, from 1, and the byte that it begins at.
pub(super) fn place(text: &str) -> (usize, usize) {
    let line = 1 + text.bytes().filter(|&byte| byte == b'\n').count();
    (line, text.rfind('\n').map_or(0, |end| end + 1))
}

/// The message without texts in quotation marks, and without long words.
fn without_secrets(message: &str) -> String {
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
    fn places_count_characters() {
        let wrong = Wrong::at("a\n\u{e9}b", 4, "x");
        assert_eq!(wrong.shown(), "2:2: x");
        assert_eq!(Wrong::at("", 0, "x").shown(), "1:1: x");
    }
}
