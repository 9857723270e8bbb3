//! A row of the table, as it is read.

use std::collections::BTreeMap;

use crate::mysql::Row;
use crate::series::{Series, SeriesName};
use crate::store::timeline::Timeline;

use super::fault::MySqlFault;

/// The version of what is written; another one is refused.
pub(super) const VERSION: u8 = 1;
/// That of a series which was moved away: programs that know no moves refuse it.
const MOVED_VERSION: u8 = 2;

/// The version that a row with this timeline has.
pub(super) fn version_of(timeline: &Timeline) -> u8 {
    match timeline.moved() {
        Some(_) => MOVED_VERSION,
        None => VERSION,
    }
}

const RECORD: [&str; 3] = ["prefix", "series_key", "created_at"];

/// A row, as far as a reservation needs it.
pub(super) struct Stored {
    pub(super) nonce: String,
    pub(super) fingerprint: String,
    pub(super) timeline: Option<Timeline>,
    /// What is read only where a series is opened.
    record: BTreeMap<&'static str, String>,
}

impl Stored {
    /// What a row holds; `None` where there was none to join.
    pub(super) fn of(row: &Row) -> Result<Option<Self>, MySqlFault> {
        let bad = |column| MySqlFault::Corrupt { column };
        let Some(nonce) = text(row, "nonce") else {
            return Ok(None);
        };
        let version = row.get::<Option<u64>>("version").flatten();
        let known = [VERSION, MOVED_VERSION].map(|known| Some(known.into()));
        if !known.contains(&version) {
            return Err(bad("version"));
        }
        let timeline: Option<Timeline> = text(row, "timeline")
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|_| bad("timeline"))?;
        if version != Some(timeline.as_ref().map_or(VERSION, version_of).into()) {
            return Err(bad("version"));
        }
        let record = RECORD
            .iter()
            .filter_map(|&column| Some((column, text(row, column)?)));
        Ok(Some(Self {
            nonce,
            fingerprint: text(row, "fingerprint").ok_or_else(|| bad("fingerprint"))?,
            timeline,
            record: record.collect(),
        }))
    }

    /// The series of a row that was read whole.
    pub(super) fn series(&self, name: &SeriesName) -> Result<Series, MySqlFault> {
        let bad = |column| MySqlFault::Corrupt { column };
        let text = |column| self.record.get(column).ok_or(bad(column));
        let prefix = text("prefix")?.parse().map_err(|_| bad("prefix"))?;
        let key = text("series_key")?.parse().map_err(|_| bad("series_key"))?;
        let created_at = chrono::DateTime::parse_from_rfc3339(text("created_at")?)
            .map_err(|_| bad("created_at"))?;
        let series = Series::new(name.clone(), prefix, key, created_at.timestamp_millis());
        // What tells a changed prefix or key from the ones that numbers were made with.
        match series.fingerprint().to_string() == self.fingerprint {
            true => Ok(series),
            false => Err(bad("fingerprint")),
        }
    }
}

/// A text that is there.
pub(super) fn text(row: &Row, column: &str) -> Option<String> {
    row.get::<Option<String>>(column)?
}
