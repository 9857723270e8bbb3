//! The table of the series: a row each, its record beside its timeline.

use std::sync::Arc;

use mysql::params;

use crate::clock::Clock;
use crate::mysql::{Connection, Fault, RefusalKind};
use crate::series::{Series, SeriesName};
use crate::store::timeline::{History, Timeline};
use crate::store::url::MySqlUrl;

use super::fault::MySqlFault;
use super::names::TABLE;
use super::row::{Stored, VERSION, text, version_of};

/// Makes the table where there is none. That two series have different prefixes is the table's to see to.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS tracking_series ( \
    name VARCHAR(64) NOT NULL, \
    version TINYINT UNSIGNED NOT NULL, \
    prefix VARCHAR(3) NOT NULL, \
    series_key CHAR(32) NOT NULL, \
    created_at VARCHAR(32) NOT NULL, \
    fingerprint CHAR(16) NOT NULL, \
    nonce CHAR(32) NOT NULL, \
    timeline VARCHAR(2048) NULL, \
    PRIMARY KEY (name), \
    UNIQUE KEY prefix (prefix) \
    ) ENGINE = InnoDB, DEFAULT CHARACTER SET = ascii, COLLATE = ascii_bin";

/// The server's clock in microseconds of UTC, which the session's time zone is; `UNIX_TIMESTAMP` ends in
/// 2038. And `SYSDATE` is the time at which it is read, whatever the session says that the time is.
const NOW: &str = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', SYSDATE(6))";

const INSERT: &str = "INSERT INTO tracking_series \
    (name, version, prefix, series_key, created_at, fingerprint, nonce, timeline) \
    VALUES (:name, :version, :prefix, :series_key, :created_at, :fingerprint, :nonce, :timeline)";

/// Writes a state in the place of the very one that was read, on the server that it was read on.
pub(super) const SWAP: &str = "UPDATE tracking_series SET nonce = :fresh, timeline = :timeline, version = :version \
    WHERE name = :name AND nonce = :nonce AND {identity} = :history";

const NAMES: &str = "SELECT name FROM tracking_series ORDER BY name";

/// The row as it is, when and where.
pub(super) struct Reading {
    /// Whether there is a table at all.
    pub(super) table: bool,
    pub(super) row: Option<Stored>,
    /// The server's clock.
    pub(super) store_ms: i64,
    /// Ours, before the server was asked.
    pub(super) caller_ms: i64,
    pub(super) history: History,
}

/// What a creation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    Created,
    /// There is one of that name, or of that prefix.
    Taken,
}

/// The table in a database, and the row of one name in it.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) url: Arc<MySqlUrl>,
    pub(super) name: SeriesName,
    pub(super) clock: Arc<dyn Clock>,
}

impl Table {
    /// The row as it is: all of it, or what a reservation needs, which leaves the key where it is.
    pub(super) fn read(
        self,
        connection: &mut Connection,
        whole: bool,
    ) -> Result<Reading, MySqlFault> {
        let identity = connection.server().identity();
        let columns = if whole {
            ", s.prefix, s.series_key, s.created_at"
        } else {
            ""
        };
        let row = format!(
            "SELECT {NOW} AS now, {identity} AS history, CONCAT(@@GLOBAL.read_only) AS read_only, \
             s.version, s.nonce, s.fingerprint, s.timeline{columns} \
             FROM (SELECT 1) AS one LEFT JOIN {TABLE} AS s ON s.name = :name"
        );
        let caller_ms = self.clock.now_ms();
        let found = connection.rows_by(&row, params! { "name" => self.name.as_str() });
        let (table, caller_ms, rows) = match found {
            Err(fault) if fault.refusal() == Some(RefusalKind::NoTable) => {
                let none = format!(
                    "SELECT {NOW} AS now, {identity} AS history, \
                     CONCAT(@@GLOBAL.read_only) AS read_only"
                );
                let caller_ms = self.clock.now_ms();
                (false, caller_ms, connection.rows_by(&none, ())?)
            }
            found => (true, caller_ms, found?),
        };
        let [row] = &rows[..] else {
            return Err(connection.garbled("other than one row").into());
        };
        if !matches!(text(row, "read_only").as_deref(), Some("0" | "OFF")) {
            return Err(MySqlFault::Server(Fault::ReadOnly {
                address: self.url.address(),
            }));
        }
        let micros: i64 = row
            .get("now")
            .ok_or_else(|| connection.garbled("no clock"))?;
        let history = text(row, "history").ok_or_else(|| connection.garbled("no identity"))?;
        Ok(Reading {
            table,
            row: if table { Stored::of(row)? } else { None },
            store_ms: micros.div_euclid(1_000),
            caller_ms,
            history: History::of_text(&history),
        })
    }

    /// Make the table, where there is none.
    pub(super) fn make(self, connection: &mut Connection) -> Result<(), MySqlFault> {
        connection.change_by(CREATE, ())?;
        Ok(())
    }

    /// Create the row as it is given: without a timeline, so that the first step fences every lane, or with
    /// that of a series which goes on here.
    pub(super) fn create(
        self,
        connection: &mut Connection,
        series: &Series,
        start: Option<&Timeline>,
    ) -> Result<Creation, MySqlFault> {
        let timeline = start.map(json_of).transpose()?;
        let created_at = series
            .created_at()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let parameters = params! {
            "name" => series.name().as_str(),
            "version" => VERSION,
            "prefix" => series.prefix().as_str(),
            "series_key" => series.key().expose_hex(),
            "created_at" => created_at,
            "fingerprint" => series.fingerprint().to_string(),
            "nonce" => fresh_nonce()?,
            "timeline" => timeline,
        };
        match connection.change_by(INSERT, parameters) {
            Ok(_) => Ok(Creation::Created),
            Err(fault) if fault.refusal() == Some(RefusalKind::Duplicate) => Ok(Creation::Taken),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Write a state in the place of the one that has this nonce; whether that was still there.
    pub(super) fn swap(
        self,
        connection: &mut Connection,
        swap: &str,
        nonce: &str,
        history: &History,
        timeline: &Timeline,
    ) -> Result<bool, MySqlFault> {
        let statement = swap.replace("{identity}", connection.server().identity());
        let parameters = params! {
            "fresh" => fresh_nonce()?,
            "timeline" => json_of(timeline)?,
            "version" => version_of(timeline),
            "name" => self.name.as_str(),
            "nonce" => nonce,
            "history" => history.as_str(),
        };
        match connection.change_by(&statement, parameters)? {
            0 => Ok(false),
            1 => Ok(true),
            rows => Err(connection
                .garbled(&format!("{rows} rows of one name"))
                .into()),
        }
    }

    /// Whose row has this prefix, and its fingerprint.
    pub(super) fn owner(
        self,
        connection: &mut Connection,
        prefix: &str,
    ) -> Result<Option<(SeriesName, String)>, MySqlFault> {
        let owner = format!("SELECT name, fingerprint FROM {TABLE} WHERE prefix = :prefix");
        let rows = connection.rows_by(&owner, params! { "prefix" => prefix })?;
        rows.first()
            .map(|row| {
                let name = text(row, "name").and_then(|name| name.parse().ok());
                let name = name.ok_or(MySqlFault::Corrupt { column: "name" })?;
                Ok((name, text(row, "fingerprint").unwrap_or_default()))
            })
            .transpose()
    }
}

/// The names of all series, in their order; none where there is no table.
pub(super) fn names(connection: &mut Connection) -> Result<Vec<SeriesName>, MySqlFault> {
    let rows = match connection.rows_by(NAMES, ()) {
        Err(fault) if fault.refusal() == Some(RefusalKind::NoTable) => return Ok(Vec::new()),
        rows => rows?,
    };
    let names = rows
        .iter()
        .filter_map(|row| text(row, "name")?.parse().ok());
    Ok(names.collect())
}

fn json_of(timeline: &Timeline) -> Result<String, MySqlFault> {
    serde_json::to_string(timeline).map_err(|_| MySqlFault::Corrupt { column: "timeline" })
}

fn fresh_nonce() -> Result<String, MySqlFault> {
    let bytes =
        crate::random::bytes::<16>().map_err(|error| MySqlFault::NoRandomBits(error.into()))?;
    Ok(crate::hex::encode(&bytes))
}
