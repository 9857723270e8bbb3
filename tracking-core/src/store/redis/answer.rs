//! What the scripts answer.

use std::num::NonZeroU32;
use std::time::Duration;

use redis::Value;

use crate::hex;
use crate::number::serial::{Block, Serial};
use crate::series::SeriesName;
use crate::store::timeline::Moved;

use super::text::text;

/// The answer to a reservation, with the server's clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reservation {
    pub(super) store_ms: i64,
    pub(super) outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Granted(Block),
    NotYet(Duration),
    OutOfRange,
    Behind { behind_ms: u64 },
    Disagree,
    Missing,
    Foreign { fingerprint: String },
    Moved(Moved),
    Corrupt { field: String },
}

impl Reservation {
    /// The answer that a value is; `None` where the script cannot have given it.
    pub(super) fn of(value: &Value, wanted: NonZeroU32) -> Option<Self> {
        let Value::Array(items) = value else {
            return None;
        };
        let [kind, Value::Int(store_ms), rest @ ..] = &items[..] else {
            return None;
        };
        let outcome = match (text(kind)?, rest) {
            ("granted", numbers) => Outcome::Granted(granted(numbers, wanted)?),
            ("not-yet", [Value::Int(ms)]) => {
                Outcome::NotYet(Duration::from_millis(u64::try_from(*ms).ok()?))
            }
            ("out-of-range", []) => Outcome::OutOfRange,
            ("behind", [Value::Int(ms)]) => Outcome::Behind {
                behind_ms: u64::try_from(*ms).ok()?,
            },
            ("disagree", []) => Outcome::Disagree,
            ("missing", []) => Outcome::Missing,
            ("foreign", [fingerprint]) => Outcome::Foreign {
                fingerprint: text(fingerprint)?.to_owned(),
            },
            ("moved", [id, Value::Int(at_ms)]) => Outcome::Moved(Moved {
                id: text(id)?.parse().ok()?,
                at_ms: *at_ms,
            }),
            ("corrupt", [field]) => Outcome::Corrupt {
                field: text(field)?.to_owned(),
            },
            _ => return None,
        };
        Some(Self {
            store_ms: *store_ms,
            outcome,
        })
    }
}

fn granted(numbers: &[Value], wanted: NonZeroU32) -> Option<Block> {
    let [
        Value::Int(lane),
        Value::Int(tick),
        Value::Int(slot),
        Value::Int(length),
    ] = *numbers
    else {
        return None;
    };
    let start = Serial::from_parts(
        u8::try_from(lane).ok()?,
        u64::try_from(tick).ok()?,
        u32::try_from(slot).ok()?,
    )?;
    let length = NonZeroU32::new(u32::try_from(length).ok()?).filter(|&length| length <= wanted)?;
    // A grant that left its tick would run into another one's slots.
    Block::new(start, length).filter(|block| block.last().tick() == start.tick())
}

/// The answer to a creation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Creation {
    Created,
    Exists { fingerprint: String },
    Taken { by: Owner },
}

/// The series that has a prefix, as the register names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) name: SeriesName,
    /// Unknown where one of the first versions wrote it down.
    pub(super) fingerprint: Option<String>,
}

impl Owner {
    fn of(text: &str) -> Option<Self> {
        let (name, fingerprint) = match text.split_once(' ') {
            Some((name, fingerprint)) => (name, Some(fingerprint)),
            None => (text, None),
        };
        let shaped = |text: &&str| hex::decode::<8>(text).is_some();
        if fingerprint.is_some_and(|text| !shaped(&text)) {
            return None;
        }
        Some(Self {
            name: name.parse().ok()?,
            fingerprint: fingerprint.map(str::to_owned),
        })
    }
}

impl Creation {
    pub(super) fn of(value: &Value) -> Option<Self> {
        let Value::Array(items) = value else {
            return None;
        };
        let (kind, rest) = items.split_first()?;
        match (text(kind)?, rest) {
            ("created", []) => Some(Self::Created),
            ("exists", [fingerprint]) => Some(Self::Exists {
                fingerprint: text(fingerprint)?.to_owned(),
            }),
            ("taken", [owner]) => Some(Self::Taken {
                by: Owner::of(text(owner)?)?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_in_both_forms() {
        let owner =
            |text: &str| Owner::of(text).map(|owner| (owner.name.to_string(), owner.fingerprint));
        let print = "0123456789abcdef";
        assert_eq!(owner("a-1"), Some(("a-1".to_owned(), None)));
        let both = Some(("a-1".to_owned(), Some(print.to_owned())));
        assert_eq!(owner(&format!("a-1 {print}")), both);
        for wrong in ["", " ", "A", "a ", "a 1234", &format!("a {print} {print}")] {
            assert_eq!(owner(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn takes_only_what_the_script_can_have_answered() {
        let wanted = NonZeroU32::new(10).unwrap();
        let grant = |numbers: [i64; 4]| {
            let mut items = vec![Value::BulkString("granted".into()), Value::Int(5)];
            items.extend(numbers.map(Value::Int));
            Reservation::of(&Value::Array(items), wanted)
        };
        let found = grant([1, 2, 3, 10]).unwrap();
        assert_eq!(found.store_ms, 5);
        let start = Serial::from_parts(1, 2, 3).unwrap();
        let block = Block::new(start, wanted).unwrap();
        assert_eq!(found.outcome, Outcome::Granted(block));
        for impossible in [
            [64, 2, 3, 1],
            [-1, 2, 3, 1],
            [1, 1 << 38, 3, 1],
            [1, 2, 1 << 18, 1],
            [1, 2, 3, 0],
            [1, 2, 3, 11],
            [1, 2, (1 << 18) - 1, 2],
        ] {
            assert_eq!(grant(impossible), None, "{impossible:?}");
        }
        for garbled in [
            Value::Nil,
            Value::Array(Vec::new()),
            Value::Array(vec![Value::BulkString("not-yet".into()), Value::Int(5)]),
            Value::Array(vec![Value::BulkString("else".into()), Value::Int(5)]),
        ] {
            assert_eq!(Reservation::of(&garbled, wanted), None);
            assert_eq!(Creation::of(&garbled), None);
        }
    }
}
