//! What a ledger's connections are for.
//!
//! # Galera
//! Of two nodes that are written to at once, one may refuse at its COMMIT what it took before. That by itself does a
//! ledger no harm: the batch is in doubt, nobody is answered, and it is looked up before the next. But it is looked
//! up on whichever node is asked next, and a node may answer before it has what another has committed: a key that
//! was used is new there, and a number that is there is missing; and the lock under which the schema changes is one
//! node's alone. None of that was tried on a cluster, so it is refused as for a store, unless somebody vouches that
//! all write to one node.

use tracking_core::mysql::{Purpose, Words};
use tracking_core::store::url::MySqlUrl;

/// A ledger.
pub(super) static LEDGER: Purpose = Purpose {
    settings,
    no_galera_since: Some(
        "a node may not have yet what another has committed, such as a key that was used",
    ),
    // Each of a few shapes in each of a few sizes.
    prepared: 64,
    packet_max: None,
    words: Words {
        unanswered: "whether what was asked of it was done is not known",
        rights: "SELECT, INSERT, UPDATE, DELETE, CREATE",
        tables: "*",
        no_table: "a table of the ledger is gone",
        other_table: "a table of the ledger is not as this version of tracking makes it",
        duplicate: "another row has this key",
        locked: "another connection keeps a row or a table of the ledger locked",
        statement_log: "it writes its binary log as statements; set binlog_format to ROW or MIXED",
    },
};

/// A database that is somebody else's and only read: any server will do.
pub(super) static READING: Purpose = Purpose {
    no_galera_since: None,
    words: Words {
        rights: "SELECT",
        no_table: "the table is not there",
        other_table: "the table has other columns",
        ..LEDGER.words
    },
    ..LEDGER
};

/// A wrong value is an error instead of another value; a session that waits for another's lock gives up before its
/// own client does.
fn settings(_: &MySqlUrl) -> Vec<String> {
    [
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
            autocommit = 1, time_zone = '+00:00', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET NAMES utf8mb4",
    ]
    .map(str::to_owned)
    .to_vec()
}
