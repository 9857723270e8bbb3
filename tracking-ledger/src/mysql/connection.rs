//! One connection to the server.

use std::time::Instant;

use tracking_core::mysql::{self, Fault, RefusalKind, Server};

use crate::sql::connection::Connection;
use crate::sql::failure::{DbError, Failure, Kind};
use crate::sql::value::Value;

pub(crate) struct MySqlConnection(mysql::Connection);

/// One lock for each database. It is let go when its connection ends, whatever ends it.
const LOCK: &str = "CONCAT('tracking-ledger ', MD5(DATABASE()))";

/// How often the lock is waited for, a second each: less than an answer may take.
const LOCK_ATTEMPTS: u32 = 30;

impl MySqlConnection {
    /// For a call that began then.
    pub(crate) fn connect(connector: &mysql::Connector, began: Instant) -> Result<Self, Failure> {
        let connection = connector.connect(began);
        Ok(Self(connection.map_err(|fault| {
            if fault.is_unfit() {
                Failure::Refused(fault.to_string())
            } else {
                error(fault).into()
            }
        })?))
    }

    /// The server, as it is now.
    pub(super) fn server_now(&mut self) -> Result<Server, DbError> {
        self.0.server_now().map_err(error)
    }
}

impl Connection for MySqlConnection {
    fn call_began(&mut self, at: Instant) {
        self.0.call_began(at);
    }

    fn begin(&mut self) -> Result<(), DbError> {
        self.0.run("START TRANSACTION").map_err(error)
    }

    fn commit(&mut self) -> Result<(), DbError> {
        self.0.run("COMMIT").map_err(error)
    }

    fn rollback(&mut self) -> Result<(), DbError> {
        self.0.run("ROLLBACK").map_err(error)
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        self.0.change(sql, to_server(values)).map_err(error)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError> {
        let rows = self.0.rows(sql, to_server(values)).map_err(error)?;
        let columns = |row: Vec<mysql::Value>| row.into_iter().map(from_server).collect();
        Ok(rows.into_iter().map(columns).collect())
    }

    fn lock_schema(&mut self) -> Result<(), DbError> {
        for _ in 0..LOCK_ATTEMPTS {
            self.call_began(Instant::now());
            let rows = self.query(&format!("SELECT GET_LOCK({LOCK}, 1)"), &[])?;
            if rows == [[Value::Int(1)]] {
                return Ok(());
            }
        }
        Err(DbError::new(
            Kind::Other,
            "another process changes its schema",
        ))
    }

    fn unlock_schema(&mut self) -> Result<(), DbError> {
        self.query(&format!("SELECT RELEASE_LOCK({LOCK})"), &[])
            .map(drop)
    }
}

fn to_server(values: &[Value]) -> Vec<mysql::Value> {
    let values = values.iter().map(|value| match value {
        Value::Null => mysql::Value::Null,
        Value::Int(int) => mysql::Value::Int(*int),
        Value::Text(text) => mysql::Value::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    });
    values.collect()
}

fn from_server(value: mysql::Value) -> Value {
    match value {
        mysql::Value::Null => Value::Null,
        mysql::Value::Int(int) => Value::Int(int),
        mysql::Value::Bytes(bytes) => Value::Bytes(bytes),
    }
}

fn error(fault: Fault) -> DbError {
    let kind = match fault.refusal() {
        Some(RefusalKind::Duplicate) => Kind::Duplicate,
        Some(RefusalKind::Conflict) => Kind::Conflict,
        _ if fault.is_gone() => Kind::Gone,
        _ => Kind::Other,
    };
    DbError::new(kind, fault)
}
