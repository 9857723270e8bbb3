//! Who holds a state.

use std::fmt;
use std::io;

use sha1::{Digest, Sha1};

/// The identity of the thing that holds a state: a Redis process, a MySQL server, a state file.
///
/// 1 to 128 printable ASCII characters without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct History(Box<str>);

/// How the history of a state that was moved begins.
const MOVED: &str = "moved:";

impl History {
    /// A history of its text, or `None` where that is not 1 to 128 printable ASCII characters.
    pub fn new(text: &str) -> Option<Self> {
        let shaped = (1..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        shaped.then(|| Self(text.into()))
    }

    /// A random history, for a store that has no identity of its own.
    ///
    /// # Panics
    /// Where the system has no random bits; [`try_random`](Self::try_random) returns that.
    pub fn random() -> Self {
        crate::random::expected(Self::try_random())
    }

    /// A random history as [`random`](Self::random) makes it.
    ///
    /// # Errors
    /// The system's, where it has no random bits.
    pub fn try_random() -> io::Result<Self> {
        let bytes = crate::random::bytes::<16>()?;
        Ok(Self(crate::hex::encode(&bytes).into()))
    }

    /// That of a state which goes on after a move, until its store takes the first step: nobody's.
    pub(crate) fn try_moved() -> io::Result<Self> {
        let bytes = crate::random::bytes::<13>()?;
        let random = crate::hex::encode(&bytes);
        Ok(Self(format!("{MOVED}{random}").into()))
    }

    /// Whether it is one of those.
    #[cfg(feature = "mysql")]
    pub(crate) fn is_of_a_move(&self) -> bool {
        self.0.starts_with(MOVED)
    }

    /// The history of a text of any length and characters: itself where that will do, else its digest.
    #[cfg(feature = "mysql")]
    pub(crate) fn of_text(text: &str) -> Self {
        Self::new(text).unwrap_or_else(|| Self(crate::hex::encode(&Sha1::digest(text)).into()))
    }

    /// The history of a state file: what a random one was at its creation, and the number of the
    /// inode that holds it now.
    #[doc(hidden)]
    pub fn of_inode(stored: &Self, inode: u64) -> Self {
        const RANDOM: usize = 32;
        let random = stored.0.split('.').next().unwrap_or_default();
        let random = &random[..random.len().min(RANDOM)];
        Self(format!("{random}.{inode}").into())
    }

    /// The history as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number that differs between histories and is the same in every language: the first eight
    /// hexadecimal digits of its SHA-1.
    pub(super) fn spread(&self) -> u32 {
        let digest = Sha1::digest(self.0.as_bytes());
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
