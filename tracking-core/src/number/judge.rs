//! The verdict on a number: whether a series could have issued it.

use crate::number::serial::{Serial, tick_at};
use crate::store::timeline::Timeline;

/// How far the clock of the one who judges may be behind the clock that granted.
const TOLERANCE_MS: i64 = 5_000;

/// What can be said of a number without any database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The series could have issued it, for this serial. Only a ledger proves that it did.
    Belongs(Serial),
    /// The series never issued it.
    Refused(Reason),
}

/// Why a series cannot have issued a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Not 1 to 16 characters of `A-Z0-9`.
    #[error("it is not 1 to 16 characters of A-Z and 0-9")]
    Malformed,
    /// It starts otherwise than the series' numbers.
    #[error("it does not start with the series' prefix")]
    Prefix,
    /// It is longer or shorter than the series' numbers.
    #[error("it is longer or shorter than the series' numbers")]
    Length,
    /// A character is wrong, or two stand in the wrong order.
    #[error("its check character is wrong: it was mistyped, or made up")]
    CheckCharacter,
    /// It means a time before the series, or a lane that was never used.
    #[error("it means a time before the series' creation, or a lane that was never used")]
    NotOfThisSeries,
    /// It means a time that has not come yet.
    #[error("it means a time that has not come yet")]
    InTheFuture,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Malformed,
        Self::Prefix,
        Self::Length,
        Self::CheckCharacter,
        Self::NotOfThisSeries,
        Self::InTheFuture,
    ];

    /// The stable code: `malformed`, `prefix`, `length`, `check-character`, `not-of-this-series`
    /// or `in-the-future`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Prefix => "prefix",
            Self::Length => "length",
            Self::CheckCharacter => "check-character",
            Self::NotOfThisSeries => "not-of-this-series",
            Self::InTheFuture => "in-the-future",
        }
    }
}

pub(crate) fn judge(
    serial: Serial,
    created_at_ms: i64,
    now_ms: i64,
    timeline: Option<&Timeline>,
) -> Verdict {
    let (lane, tick) = (serial.lane(), serial.tick());
    let created = tick_at(created_at_ms).unwrap_or(0);
    let latest = tick_at(now_ms.saturating_add(TOLERANCE_MS)).unwrap_or(0);
    if tick < created {
        return Verdict::Refused(Reason::NotOfThisSeries);
    }
    if timeline.is_some_and(|timeline| !timeline.may_have_used(lane, tick)) {
        return Verdict::Refused(Reason::NotOfThisSeries);
    }
    // A clock that ran ahead may have granted it: the lane's last tick tells, or it was lost.
    let reached = timeline.map(|timeline| timeline.last_tick(lane).max(timeline.doubt_tick()));
    if tick > latest && reached.is_none_or(|reached| tick > reached) {
        return Verdict::Refused(Reason::InTheFuture);
    }
    Verdict::Belongs(serial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::{EPOCH_MS, TICK_MS};
    use crate::store::timeline::{History, LANE_COUNT, Lanes};

    const CREATED: u64 = 1_000_000;

    fn ms(tick: u64) -> i64 {
        EPOCH_MS + (tick * TICK_MS) as i64
    }

    fn verdict(
        lane: u8,
        tick: u64,
        now: u64,
        timeline: Option<&Timeline>,
    ) -> Result<(), &'static str> {
        let serial = Serial::from_parts(lane, tick, 7).unwrap();
        match judge(serial, ms(CREATED), ms(now), timeline) {
            Verdict::Belongs(same) => {
                assert_eq!(same, serial);
                Ok(())
            }
            Verdict::Refused(reason) => Err(reason.code()),
        }
    }

    #[test]
    fn by_time_and_lane() {
        let mut last = [CREATED + 1; LANE_COUNT];
        last[5] = CREATED + 9_000;
        last[6] = CREATED + 90_000;
        let history = History::new("h").unwrap();
        let timeline = Timeline::from_parts(history, 5, 1, last).unwrap();
        let used = Lanes::only(5).with(6);
        let timeline = timeline.with_use(used, CREATED + 1).unwrap();
        let now = CREATED + 10_000;
        let other = Err("not-of-this-series");
        let future = Err("in-the-future");
        for (lane, tick, without, with) in [
            (5, CREATED - 1, other, other),
            (5, CREATED, Ok(()), Ok(())),
            (5, now + 500, Ok(()), Ok(())),
            (5, now + 501, future, future),
            // A lane whose last tick is ahead: a clock that ran ahead granted it.
            (6, CREATED + 90_000, future, Ok(())),
            (6, CREATED + 90_001, future, future),
            // Never used, but for the ticks of the birth, when it was not known.
            (7, CREATED + 1, Ok(()), Ok(())),
            (7, CREATED + 2, Ok(()), other),
            (7, now + 501, future, other),
        ] {
            assert_eq!(verdict(lane, tick, now, None), without, "{lane} {tick}");
            assert_eq!(
                verdict(lane, tick, now, Some(&timeline)),
                with,
                "{lane} {tick}"
            );
        }
    }

    #[test]
    fn until_the_last_doubt_any_lane_may_have_been_used() {
        let last = [CREATED + 1; LANE_COUNT];
        let timeline = Timeline::from_parts(History::new("h").unwrap(), 0, 0, last).unwrap();
        let timeline = timeline.with_use(Lanes::only(0), CREATED + 5_000).unwrap();
        let at = |tick, now| verdict(9, tick, now, Some(&timeline));
        assert_eq!(at(CREATED + 5_000, CREATED + 6_000), Ok(()));
        let other = Err("not-of-this-series");
        assert_eq!(at(CREATED + 5_001, CREATED + 6_000), other);
        // What was lost may have been granted by a clock that ran ahead.
        assert_eq!(at(CREATED + 5_000, CREATED + 10), Ok(()));
    }
}
