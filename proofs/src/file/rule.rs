//! What the protocol has, and what it is tried with.

/// The safeguards of the protocol; all of them are the rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Take the lock, and hold it until the answer.
    pub lock: bool,
    /// Look whether the path names the file, once its lock is had.
    pub looks_again: bool,
    /// Wait for a tick that began under the lock, and grant from that alone.
    pub waits_for_tick: bool,
    /// The number of the file's inode is part of the history, and a new history takes another lane.
    pub inode_in_history: bool,
    /// Do not go back where the clock did: the last ticks of the lanes count.
    pub last_ticks: bool,
    /// Wait for the disk before the answer.
    pub sync: bool,
    /// Look whether the path names the file before the answer.
    pub looks_last: bool,
    /// Write before the answer.
    pub writes_first: bool,
    /// All processes have one clock; else each second one is a tick behind.
    pub one_clock: bool,
}

impl Rule {
    /// All of them.
    pub const WHOLE: Self = Self {
        lock: true,
        looks_again: true,
        waits_for_tick: true,
        inode_in_history: true,
        last_ticks: true,
        sync: true,
        looks_last: true,
        writes_first: true,
        one_clock: true,
    };
}

/// What may go wrong. A rewind and a clock that is set back are never both allowed where nothing may repeat:
/// that is the promise's own exception.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Processes are killed.
    pub kills: bool,
    /// Older copies are written over the file.
    pub rewinds: bool,
    /// Older copies are renamed over the file.
    pub replaces: bool,
    /// Files that stood at the path before are renamed over it again.
    pub put_backs: bool,
    /// The clock is set back by so many ticks.
    pub set_back: Option<i64>,
    /// The power fails.
    pub power_cuts: bool,
}
