//! A ledger that hosts share: MySQL or MariaDB.

pub(crate) mod connection;
mod purpose;
mod warnings;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tracking_core::mysql::Connector;

use self::connection::MySqlConnection;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::options::LedgerOptions;
use crate::sql::SqlLedger;
use crate::sql::connection::{Backend, Dialect};
use crate::sql::failure::Failure;
use crate::url::MySqlUrl;

/// Opens the ledger in a database, whose tables are made if they are missing.
pub(crate) fn open(
    url: &MySqlUrl,
    options: &LedgerOptions,
) -> Result<Arc<dyn Ledger>, LedgerError> {
    let connector = Connector::new(url.clone(), &purpose::LEDGER);
    let ledger = SqlLedger::open(MySql { connector }, options)?;
    ledger.check(warnings::check_engines)?;
    Ok(Arc::new(ledger))
}

/// A connection that only reads, from whatever server.
pub(crate) fn connect_to_read(url: &MySqlUrl) -> Result<MySqlConnection, Failure> {
    let connector = Connector::new(url.clone(), &purpose::READING);
    MySqlConnection::connect(&connector, Instant::now())
}

#[derive(Debug)]
struct MySql {
    connector: Connector,
}

/// Text that is looked up is VARBINARY: `utf8mb4_bin` takes `a` and `a ` for the same, and what does not is named
/// otherwise in MySQL than in MariaDB.
impl Backend for MySql {
    type Connection = MySqlConnection;

    const DIALECT: Dialect = Dialect {
        steps: &[
            "CREATE TABLE IF NOT EXISTS tracking_entries (
                id BIGINT NOT NULL PRIMARY KEY,
                number VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                identity BIGINT NOT NULL,
                imported TINYINT NOT NULL,
                origin_country_id CHAR(2) CHARACTER SET ascii COLLATE ascii_bin,
                destination_country_id CHAR(2) CHARACTER SET ascii COLLATE ascii_bin,
                weight_g INT UNSIGNED,
                created_at VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin,
                customer_id BINARY(16),
                customer_name VARCHAR(255),
                customer_slug VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin,
                reference VARBINARY(256),
                token VARBINARY(256),
                request_id VARBINARY(256),
                UNIQUE KEY tracking_entries_number (number),
                KEY tracking_entries_customer (customer_id),
                KEY tracking_entries_reference (reference),
                KEY tracking_entries_request (request_id)
            ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "CREATE TABLE IF NOT EXISTS tracking_keys (
                scope VARBINARY(256) NOT NULL,
                name VARBINARY(255) NOT NULL,
                fingerprint BINARY(32) NOT NULL,
                identity BIGINT NOT NULL,
                issued_at_ms BIGINT NOT NULL,
                numbers MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                expires_at_ms BIGINT NOT NULL,
                PRIMARY KEY (scope, name),
                KEY tracking_keys_expiry (expires_at_ms)
            ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ],
        now_ms: "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
        // From left to right, as both servers do it: the time is the last to change.
        claim: "ON DUPLICATE KEY UPDATE
            fingerprint = IF(expires_at_ms <= {now}, VALUES(fingerprint), fingerprint),
            identity = IF(expires_at_ms <= {now}, VALUES(identity), identity),
            issued_at_ms = IF(expires_at_ms <= {now}, VALUES(issued_at_ms), issued_at_ms),
            numbers = IF(expires_at_ms <= {now}, VALUES(numbers), numbers),
            expires_at_ms = IF(expires_at_ms <= {now}, VALUES(expires_at_ms), expires_at_ms)",
        insert_or_ignore: "INSERT IGNORE",
    };

    fn connect(&self, began: Instant) -> Result<MySqlConnection, Failure> {
        MySqlConnection::connect(&self.connector, began)
    }

    fn warnings(&self, connection: &mut MySqlConnection) -> Result<Vec<String>, Failure> {
        warnings::all(self.connector.url(), connection)
    }
}

impl fmt::Display for MySql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connector.url().fmt(f)
    }
}
