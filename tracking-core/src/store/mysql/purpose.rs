//! What the connections of the store are for.

use crate::mysql::{Purpose, Words};
use crate::store::url::MySqlUrl;

use super::names::TABLE;

/// A connection that reads and writes the row of a series.
pub(super) static PURPOSE: Purpose = Purpose {
    settings,
    no_galera_since: Some("what two nodes write at once may be lost"),
    prepared: 32,
    packet_max: Some(1 << 20),
    words: Words {
        unanswered: "what was asked of it is abandoned, with the serials that it may have reserved",
        rights: "SELECT, INSERT, UPDATE, CREATE",
        tables: TABLE,
        no_table: "the table of the series is gone",
        other_table: "the table `tracking_series` is not as this version of tracking makes it; rename it",
        duplicate: "another series has this name or prefix",
        locked: "another connection keeps the series' row or its table locked",
        statement_log: "it writes its binary log as statements, which would lose reservations on its replicas; set binlog_format to ROW or MIXED",
    },
};

/// What the session must be, whatever the server's defaults are.
fn settings(url: &MySqlUrl) -> Vec<String> {
    // Whole seconds, at least one: so a lock that somebody holds is told of before the time is up, if
    // that is longer, and the statement does not wait on when nobody waits for it.
    let patience = url.timeout().as_secs().saturating_sub(1).max(1);
    vec![
        format!(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, \
             time_zone = '+00:00', innodb_lock_wait_timeout = {patience}, \
             lock_wait_timeout = {patience}"
        ),
        // With it the server refuses to write its binary log as statements, which would lose the write on
        // replicas, whose identity is another.
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE".to_owned(),
    ]
}
