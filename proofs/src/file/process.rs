//! Where a process stands.

use std::fmt;
use std::sync::Arc;

use tracking_core::store::timeline::Timeline;
use tracking_core::{Block, Serial};

/// What a process has done of a reservation; the numbers are those of inodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing yet.
    Idle,
    /// It opened the file.
    Opened(u64),
    /// It has the lock.
    Locked(u64),
    /// The path named the file then.
    Looked(u64),
    /// It read the clock first in this tick.
    Noted(u64, i64),
    /// It read the clock again: the one reading that counts, in milliseconds.
    Ready(u64, i64),
    /// It read the file; the state that comes next, if that is another one, and what is granted by it.
    Stepped(u64, Option<Arc<Timeline>>, Option<Serial>),
    /// It wrote.
    Written(u64, Option<Serial>),
    /// The disk has it.
    Synced(u64, Option<Serial>),
    /// It answered, and has not written yet: only where the rule lacks that order.
    Answered(u64, Option<Arc<Timeline>>),
}

impl Stage {
    /// The inode whose lock it holds.
    pub fn locked(&self) -> Option<u64> {
        match self {
            Self::Idle | Self::Opened(_) => None,
            Self::Locked(inode)
            | Self::Looked(inode)
            | Self::Noted(inode, _)
            | Self::Ready(inode, _)
            | Self::Stepped(inode, ..)
            | Self::Written(inode, _)
            | Self::Synced(inode, _)
            | Self::Answered(inode, _) => Some(*inode),
        }
    }
}

/// In a trace: what it has done last.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let granted = |granted: &Option<Serial>| match granted {
            Some(serial) => {
                let (lane, tick, slot) = (serial.lane(), serial.tick(), serial.slot());
                format!("lane {lane}, tick {tick}, slot {slot}")
            }
            None => "nothing".to_owned(),
        };
        match self {
            Self::Idle => write!(f, "ended"),
            Self::Opened(inode) => write!(f, "opened file {inode}"),
            Self::Locked(inode) => write!(f, "has the lock of file {inode}"),
            Self::Looked(inode) => write!(f, "goes on with file {inode}"),
            Self::Noted(_, tick) => write!(f, "noted tick {tick}"),
            Self::Ready(_, now_ms) => write!(f, "takes the time {now_ms}"),
            Self::Stepped(_, _, serial) => write!(f, "stepped: {}", granted(serial)),
            Self::Written(_, serial) => write!(f, "wrote: {}", granted(serial)),
            Self::Synced(_, serial) => write!(f, "waited for the disk: {}", granted(serial)),
            Self::Answered(..) => write!(f, "answered"),
        }
    }
}

/// The first serial of a block: each is one long here.
pub(super) fn only(block: &Block) -> Serial {
    block.start()
}
