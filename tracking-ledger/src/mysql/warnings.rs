//! What a server is set to that a ledger does not go well with.

use super::connection::MySqlConnection;
use crate::sql::connection::Connection;
use crate::sql::failure::Failure;
use crate::sql::value::{Columns, Value};
use crate::url::MySqlUrl;

/// Settings by which a crash of the server's host loses what it has acknowledged, and a line that anybody reads.
pub(super) fn all(
    url: &MySqlUrl,
    connection: &mut MySqlConnection,
) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    let flush = variable(connection, "innodb_flush_log_at_trx_commit")?;
    if flush != "1" {
        warnings.push(format!(
            "the ledger's server has innodb_flush_log_at_trx_commit = {flush}: a crash of its host can lose numbers that were answered; set it to 1"
        ));
    }
    let has_binlog = matches!(&*variable(connection, "log_bin")?, "1" | "ON");
    let sync = variable(connection, "sync_binlog")?;
    if has_binlog && sync != "1" {
        warnings.push(format!(
            "the ledger's server has a binlog and sync_binlog = {sync}: after a crash of its host a replica can lack numbers that were answered; set it to 1"
        ));
    }
    if !url.is_local() && !url.tls() {
        warnings.push(format!(
            "the ledger is reached at {} without TLS: orders cross the network in the clear; add ?tls=on or ?ca=FILE",
            url.host()
        ));
    }
    Ok(warnings)
}

/// A global setting, as text.
fn variable(connection: &mut MySqlConnection, name: &str) -> Result<String, Failure> {
    let rows = connection.query(&format!("SELECT CAST(@@GLOBAL.{name} AS CHAR)"), &[])?;
    rows.into_iter()
        .next()
        .map_or(Ok(String::new()), |row| Columns::of(row).text())
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
