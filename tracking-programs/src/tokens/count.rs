//! How many tokens there are.

use std::collections::BTreeSet;
use std::fmt;

use super::TokenEntry;

/// How many tokens there are, as an operator is told: `3 tokens of 2 names, 1 expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    tokens: usize,
    names: usize,
    expired: usize,
}

impl Count {
    /// The count of these at a time, in milliseconds since the Unix epoch.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a TokenEntry>, now_ms: i64) -> Self {
        let (mut tokens, mut expired, mut names) = (0, 0, BTreeSet::new());
        for entry in entries {
            tokens += 1;
            expired += usize::from(entry.is_expired(now_ms));
            names.insert(&entry.name);
        }
        Self {
            tokens,
            names: names.len(),
            expired,
        }
    }

    /// How many let somebody in.
    pub fn in_force(self) -> usize {
        self.tokens - self.expired
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let Self {
            tokens,
            names,
            expired,
        } = *self;
        let (of_tokens, of_names) = (plural(tokens), plural(names));
        write!(f, "{tokens} token{of_tokens} of {names} name{of_names}")?;
        if expired > 0 {
            write!(f, ", {expired} expired")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{Scope, TokenDigest};

    #[test]
    fn tokens_names_and_what_has_expired() {
        let entry = |name: &str, expires_at_ms| TokenEntry {
            expires_at_ms,
            ..TokenEntry::new(
                name.parse().unwrap(),
                TokenDigest::of(b"abc"),
                Scope::Issue.into(),
            )
        };
        let entries = [
            entry("a", None),
            entry("a", Some(100)),
            entry("b", Some(101)),
        ];
        for (taken, now_ms, in_force, shown) in [
            (0, 0, 0, "0 tokens of 0 names"),
            (1, 100, 1, "1 token of 1 name"),
            (2, 99, 2, "2 tokens of 1 name"),
            (3, 100, 2, "3 tokens of 2 names, 1 expired"),
            (3, 101, 1, "3 tokens of 2 names, 2 expired"),
        ] {
            let count = Count::of(&entries[..taken], now_ms);
            assert_eq!((count.in_force(), &*count.to_string()), (in_force, shown));
        }
    }
}
