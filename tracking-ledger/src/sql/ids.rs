//! The ids that rows are clustered by: the time of issue, and a sequence within the millisecond.

use std::sync::{Mutex, PoisonError};

use crate::random;
use crate::recording::ISSUED_AT_END_MS;

/// Bits of an id below the milliseconds.
const SEQUENCE_BITS: u32 = 21;

// An id is a positive i64, which every database has.
const _: () = assert!((ISSUED_AT_END_MS as u64) << SEQUENCE_BITS == 1 << 63);

/// Gives ids. A row that has the newest time goes to the end of the table, whichever process writes it.
///
/// A sequence begins at random within its millisecond, since other processes count there too; if two meet, the
/// database refuses the row, and it gets another id.
#[derive(Debug, Default)]
pub(crate) struct Ids(Mutex<i64>);

impl Ids {
    /// An id that this process has given to no other row of late.
    pub(crate) fn next(&self, issued_at_ms: i64) -> i64 {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let within = (*last + 1) & ((1 << SEQUENCE_BITS) - 1);
        let goes_on = issued_at_of(*last) == issued_at_ms && *last > 0;
        let sequence = if goes_on {
            within
        } else {
            (random::number() & ((1 << SEQUENCE_BITS) - 1)).cast_signed()
        };
        *last = first_of(issued_at_ms) | sequence;
        *last
    }

    /// Count from elsewhere: somebody else counts here.
    pub(crate) fn jump(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = 0;
    }
}

/// When a row was issued.
pub(crate) fn issued_at_of(id: i64) -> i64 {
    id >> SEQUENCE_BITS
}

/// The lowest id of a time, or the nearest to one that no id has.
pub(crate) fn first_of(ms: i64) -> i64 {
    if ms >= ISSUED_AT_END_MS {
        i64::MAX
    } else {
        ms.max(0) << SEQUENCE_BITS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_tell_the_time_and_do_not_repeat() {
        let ids = Ids::default();
        let mut seen = HashSet::new();
        for ms in [0, 1, 1_735_689_600_123, ISSUED_AT_END_MS - 1] {
            for _ in 0..5_000 {
                let id = ids.next(ms);
                assert!(seen.insert(id) && id >= 0);
                assert_eq!(issued_at_of(id), ms);
                assert!(id >= first_of(ms) && id < first_of(ms + 1) || id == i64::MAX);
            }
        }
    }

    #[test]
    fn a_sequence_stays_in_its_millisecond() {
        let ids = Ids(Mutex::new((8 << SEQUENCE_BITS) - 1));
        assert_eq!(ids.next(7), 7 << SEQUENCE_BITS);
    }
}
