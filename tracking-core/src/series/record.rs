//! How a series and its timeline are written down, for stores that keep them as JSON.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::rfc3339;
use crate::series::{Series, SeriesName};
use crate::store::timeline::{History, Lanes, Moved, Timeline};

/// A series, written down.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesRecord {
    name: String,
    prefix: Prefix,
    /// 32 hexadecimal digits.
    key: String,
    /// RFC 3339.
    created_at: String,
}

/// A timeline, written down.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimelineRecord {
    history: String,
    lane: u8,
    slot: u32,
    last: Vec<u64>,
    /// Both or neither: the first versions wrote neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    moved: Option<Moved>,
}

/// A move, written down.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MovedRecord {
    /// 16 hexadecimal digits.
    id: String,
    /// RFC 3339.
    at: String,
}

/// Which part of a record cannot have been written by this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its {part} is not one")]
struct BadRecord {
    part: &'static str,
}

impl From<&Series> for SeriesRecord {
    fn from(series: &Series) -> Self {
        Self {
            name: series.name().to_string(),
            prefix: series.prefix(),
            key: series.key().expose_hex(),
            created_at: rfc3339::utc(series.created_at().timestamp_millis()),
        }
    }
}

impl TryFrom<SeriesRecord> for Series {
    type Error = BadRecord;

    fn try_from(record: SeriesRecord) -> Result<Self, BadRecord> {
        Ok(Self::new(
            SeriesName::from_str(&record.name).map_err(|_| BadRecord { part: "name" })?,
            record.prefix,
            Key::from_str(&record.key).map_err(|_| BadRecord { part: "key" })?,
            unix_ms(&record.created_at).ok_or(BadRecord { part: "created_at" })?,
        ))
    }
}

fn unix_ms(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc).timestamp_millis())
}

impl From<Moved> for MovedRecord {
    fn from(moved: Moved) -> Self {
        Self {
            id: moved.id.to_string(),
            at: rfc3339::utc(moved.at_ms),
        }
    }
}

impl TryFrom<MovedRecord> for Moved {
    type Error = BadRecord;

    fn try_from(record: MovedRecord) -> Result<Self, BadRecord> {
        Ok(Self {
            id: record.id.parse().map_err(|_| BadRecord { part: "move" })?,
            at_ms: unix_ms(&record.at).ok_or(BadRecord { part: "move" })?,
        })
    }
}

impl From<&Timeline> for TimelineRecord {
    fn from(timeline: &Timeline) -> Self {
        Self {
            history: timeline.history().to_string(),
            lane: timeline.lane(),
            slot: timeline.slot(),
            last: timeline.last_ticks().to_vec(),
            used: Some(timeline.used_lanes().to_string()),
            doubt: Some(timeline.doubt_tick()),
            moved: timeline.moved(),
        }
    }
}

impl TryFrom<TimelineRecord> for Timeline {
    type Error = BadRecord;

    fn try_from(record: TimelineRecord) -> Result<Self, BadRecord> {
        let history = History::new(&record.history).ok_or(BadRecord { part: "history" })?;
        let last = record
            .last
            .try_into()
            .map_err(|_| BadRecord { part: "last" })?;
        let timeline = Self::from_parts(history, record.lane, record.slot, last)
            .ok_or(BadRecord { part: "timeline" })?;
        let moved = record.moved;
        let timeline = match (record.used, record.doubt) {
            (None, None) => Ok(timeline),
            (Some(used), Some(doubt)) => Lanes::of(&used)
                .and_then(|used| timeline.with_use(used, doubt))
                .ok_or(BadRecord {
                    part: "used, doubt",
                }),
            _ => Err(BadRecord {
                part: "used, doubt",
            }),
        };
        timeline.map(|timeline| timeline.with_moved(moved))
    }
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SeriesRecord::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Series {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SeriesRecord::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Moved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MovedRecord::from(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MovedRecord::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Timeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TimelineRecord::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TimelineRecord::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::timeline::LANE_COUNT;

    #[test]
    fn round_trips() {
        let series = Series::new(
            "a-1".parse().unwrap(),
            "Q7".parse().unwrap(),
            Key::from_bytes([9; 16]),
            1_800_000_000_123,
        );
        let json = serde_json::to_string(&series).unwrap();
        assert_eq!(
            json,
            r#"{"name":"a-1","prefix":"Q7","key":"09090909090909090909090909090909","created_at":"2027-01-15T08:00:00.123Z"}"#
        );
        let back: Series = serde_json::from_str(&json).unwrap();
        assert_eq!(format!("{back:?}"), format!("{series:?}"));
        assert_eq!(back.fingerprint(), series.fingerprint());

        let history = History::new("x").unwrap();
        let timeline = Timeline::from_parts(history, 3, 4, [5; LANE_COUNT]).unwrap();
        let timeline = timeline.with_use(Lanes::only(3).with(60), 7).unwrap();
        let moved = Moved {
            id: "0123456789abcdef".parse().unwrap(),
            at_ms: 1_800_000_000_123,
        };
        for timeline in [timeline.clone(), timeline.depart(moved)] {
            let json = serde_json::to_string(&timeline).unwrap();
            assert_eq!(serde_json::from_str::<Timeline>(&json).unwrap(), timeline);
        }
    }

    #[test]
    fn a_state_of_the_first_versions_is_read_with_all_its_doubt() {
        let mut last = [5; LANE_COUNT];
        (last[3], last[9]) = (1_000, 2_000);
        let old = format!(
            r#"{{"history":"x","lane":3,"slot":4,"last":{}}}"#,
            serde_json::to_string(&last.to_vec()).unwrap()
        );
        let timeline: Timeline = serde_json::from_str(&old).unwrap();
        assert_eq!(timeline.doubt_tick(), 2_000);
        assert!(timeline.may_have_used(50, 2_000) && !timeline.may_have_used(50, 2_001));
    }

    #[test]
    fn refuses_what_no_step_writes() {
        for (field, value) in [
            ("lane", "64"),
            ("slot", "262145"),
            ("last", "[1,2]"),
            ("history", r#""a b""#),
            ("used", r#""1""#),
            ("used", "null"),
            ("doubt", "274877906944"),
            ("doubt", "null"),
            ("moved", r#"{"id":"0","at":"2027-01-15T08:00:00Z"}"#),
            ("moved", r#"{"id":"0123456789abcdef","at":"today"}"#),
        ] {
            let history = History::new("x").unwrap();
            let timeline = Timeline::from_parts(history, 3, 4, [5; LANE_COUNT]).unwrap();
            let mut json = serde_json::to_value(timeline).unwrap();
            json[field] = serde_json::from_str(value).unwrap();
            assert!(serde_json::from_value::<Timeline>(json).is_err(), "{field}");
        }
    }
}
