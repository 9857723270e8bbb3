//! Random numbers that need not be secret, but differ.

use std::io;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::recording::RecordingError;

fn draw() -> io::Result<u64> {
    SysRng.try_next_u64().map_err(io::Error::other)
}

/// What tells a recording from all others.
///
/// # Errors
/// [`RecordingError::NoRandomBits`].
pub(crate) fn identity() -> Result<i64, RecordingError> {
    let drawn = draw().map_err(|error| RecordingError::NoRandomBits { kind: error.kind() })?;
    Ok(drawn.cast_signed())
}

/// A number that most likely nobody else has drawn, where a second try would be as good: the clock's where the system
/// has no random bits.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(crate) fn number() -> u64 {
    draw().unwrap_or_else(|_| {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
        now.map_or(0, |now| now.subsec_nanos().into())
    })
}
