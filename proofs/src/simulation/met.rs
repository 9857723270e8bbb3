//! What a simulation met: a fault that never meets its window proves nothing.

use std::collections::BTreeMap;
use std::fmt;

/// How often each thing was met, by its name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Met(BTreeMap<String, u64>);

/// What ten thousand seeds must meet, each at least once: else a source of faults is dead.
pub const EXPECTED: &[&str] = &[
    "blocks reserved",
    "numbers issued",
    "numbers judged",
    "processes started",
    "processes killed",
    "processes killed between a write and its answer",
    "processes killed with the lock held",
    "processes forked",
    "processes forked within a reservation",
    "children that issued",
    "processes stopped for a while",
    "machines whose power failed",
    "power failures that tore a write",
    "power failures between a write and its sync",
    "machines restored from a snapshot",
    "numbers dropped by who was restored",
    "writes on a full disk",
    "writes cut short",
    "syncs that failed",
    "clock steps forward",
    "clock steps back",
    "clock steps back into a tick that was granted from",
    "files written over with an older copy",
    "files written over in a tick that was granted from",
    "files replaced by a copy",
    "files replaced under a reservation",
    "waits for a lock",
    "Redis: requests executed whose answer was lost",
    "Redis: requests lost before they were executed",
    "Redis: answers that came after the time-out",
    "Redis: answers that came twice",
    "Redis: connections that were closed while idle",
    "Redis: processes killed",
    "Redis: servers killed",
    "Redis: servers put back to an older state",
    "Redis: replicas promoted that lagged",
    "Redis: promotions behind a proxy that kept its connections",
    "Redis: clock steps of servers",
    "Redis: split brains",
    "Redis: reservations by the old side of a split brain",
    "Redis: reservations by the new side of a split brain",
    "Redis: servers that lost what they held",
    "MySQL: requests executed whose answer was lost",
    "MySQL: requests lost before they were executed",
    "MySQL: answers that came after the time-out",
    "MySQL: requests executed after the time-out",
    "MySQL: writes after their time-out that changed something",
    "MySQL: connections that were closed while idle",
    "MySQL: processes killed",
    "MySQL: servers killed",
    "MySQL: servers put back to an older state",
    "MySQL: replicas promoted that lagged",
    "MySQL: promotions behind a proxy that kept its connections",
    "MySQL: clock steps of servers",
    "MySQL: split brains",
    "MySQL: reservations by the old side of a split brain",
    "MySQL: reservations by the new side of a split brain",
    "MySQL: rows deleted",
    "MySQL: tables dropped",
    "MySQL: servers promoted that had been before",
    "MySQL: servers that were read-only for a while",
    "MySQL: looks at a server that was read-only",
    "MySQL: rows that another series was in for a while",
    "MySQL: rows created",
    "MySQL: rows refused beside another of their key",
    "MySQL: looks for a table that was gone",
    "MySQL: writes that another was faster than",
    "reservations refused while two servers took turns",
    "reservations refused since another series was in the row",
    "requests sent",
    "requests lost on their way to a server",
    "requests that came twice",
    "requests sent again with their key",
    "clients that went away",
    "numbers answered",
    "answers with numbers",
    "answers that were given before",
    "answers lost on their way to a client",
    "answers of 503",
    "answers of 409",
    "transactions lost before they were executed",
    "transactions whose answer was lost",
    "transactions that were done after the time-out",
    "transactions that met one that hung",
    "look-ups of keys that failed",
    "processes killed between a commit and its answer",
];

impl Met {
    /// One more of it.
    pub fn count(&mut self, what: &str) {
        self.add(what, 1);
    }

    /// So many more.
    pub fn add(&mut self, what: &str, more: u64) {
        match self.0.get_mut(what) {
            Some(count) => *count += more,
            None => {
                self.0.insert(what.to_owned(), more);
            }
        }
    }

    /// What another one met, too.
    pub fn join(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }

    /// How often.
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// What was expected and never met.
    pub fn never(&self) -> Vec<&'static str> {
        let never = |what: &&str| self.of(what) == 0;
        EXPECTED.iter().copied().filter(never).collect()
    }

    /// What [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Self {
        let mut met = Self::default();
        for line in text.lines() {
            if let Some((count, what)) = line.trim().split_once(' ')
                && let Ok(count) = count.parse()
            {
                met.add(what, count);
            }
        }
        met
    }
}

/// A line for each.
impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(counts) = self;
        counts
            .iter()
            .try_for_each(|(what, count)| writeln!(f, "{count:>12} {what}"))
    }
}
