//! What is wrong with a file of tokens.

use std::io;
use std::path::{Path, PathBuf};

use tracking_core::shown::Plain;

use super::Mistake;
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
    /// It does not say what it should. Shown is the first of its mistakes.
    #[error("{}:{}", Plain::of(path), mistakes.first().map(Mistake::to_string).unwrap_or_default())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// One token after the other: all of them, but at most [`MISTAKES_MAX`](super::MISTAKES_MAX).
        mistakes: Vec<Mistake>,
    },
}

impl TokenFileError {
    pub(super) fn wrong(path: &Path, mistakes: Vec<Mistake>) -> Self {
        Self::Wrong {
            path: path.to_owned(),
            mistakes,
        }
    }
}
