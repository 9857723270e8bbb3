//! How a client issues, also as the text that tells it so.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// How a client issues.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum How {
    /// Straight from a `RedisAllocator`, 1 to 64 serials at a time.
    Blocks,
    /// Through a `Generator`, so many numbers a second.
    Numbers {
        rate: u32,
        block_size: u32,
        max_age_ms: u64,
    },
    /// From an allocator of the test's own, which runs the script in that file.
    Script { path: PathBuf, reuse: bool },
}

impl How {
    /// Through a `Generator` whose blocks are small, so that it reserves all the time.
    pub(crate) fn numbers() -> Self {
        Self::Numbers {
            rate: 2_000,
            block_size: 64,
            // Half of it, at most, is in hand when the store fails.
            max_age_ms: 1_000,
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks => f.write_str("blocks"),
            Self::Numbers {
                rate,
                block_size,
                max_age_ms,
            } => write!(f, "numbers {rate} {block_size} {max_age_ms}"),
            Self::Script { path, reuse } => write!(f, "script {reuse} {}", path.display()),
        }
    }
}

impl FromStr for How {
    type Err = Box<dyn std::error::Error>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match *text.split(' ').collect::<Vec<_>>() {
            ["blocks"] => Self::Blocks,
            ["numbers", rate, block_size, max_age_ms] => Self::Numbers {
                rate: rate.parse()?,
                block_size: block_size.parse()?,
                max_age_ms: max_age_ms.parse()?,
            },
            ["script", reuse, path] => Self::Script {
                path: path.into(),
                reuse: reuse.parse()?,
            },
            _ => return Err(text.into()),
        })
    }
}
