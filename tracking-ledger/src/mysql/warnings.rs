//! What a server is set to that a ledger does not go well with.

use tracking_core::mysql::Worry;
use tracking_core::store::url::MySqlUrl;

use super::connection::MySqlConnection;
use crate::sql::connection::Connection;
use crate::sql::failure::Failure;
use crate::sql::value::{Columns, Value};

/// Settings by which a crash of the server's host loses what it has acknowledged, and a line that anybody reads.
pub(super) fn all(
    url: &MySqlUrl,
    connection: &mut MySqlConnection,
) -> Result<Vec<String>, Failure> {
    let worries = connection.server_now()?.worries(url);
    Ok(worries.into_iter().map(warning).collect())
}

fn warning(worry: Worry) -> String {
    match worry {
        Worry::Flush { found } => format!(
            "the ledger's server has innodb_flush_log_at_trx_commit = {found}: a crash of its host can lose numbers that were answered; set it to 1"
        ),
        Worry::Binlog { found } => format!(
            "the ledger's server has a binlog and sync_binlog = {found}: after a crash of its host a replica can lack numbers that were answered; set it to 1"
        ),
        Worry::Exposed { address } => format!(
            "the ledger is reached at {address} without TLS: orders cross the network in the clear; name it with mysqls:// once it has TLS"
        ),
    }
}

/// Refuses tables without transactions, which somebody has made or changed.
pub(super) fn check_engines(connection: &mut MySqlConnection) -> Result<(), Failure> {
    let sql = "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE() \
        AND table_name IN (?, ?)";
    for row in connection.query(sql, &["tracking_entries", "tracking_keys"].map(Value::text))? {
        let mut columns = Columns::of(row);
        let (table, engine) = (
            columns.text()?,
            columns.optional_text()?.unwrap_or_default(),
        );
        if !engine.eq_ignore_ascii_case("InnoDB") {
            return Err(Failure::Refused(format!(
                "expected the table {table} in InnoDB, found {engine}: ALTER TABLE {table} ENGINE = InnoDB"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_anybody_reads_is_told_with_what_to_write_instead() {
        let address = "db.internal:3306".to_owned();
        assert_eq!(
            warning(Worry::Exposed { address }),
            "the ledger is reached at db.internal:3306 without TLS: orders cross the network in the clear; name it with mysqls:// once it has TLS"
        );
    }
}
