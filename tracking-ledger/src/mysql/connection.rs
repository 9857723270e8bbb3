//! One connection to the server.

use std::error::Error;
use std::io::{self, ErrorKind};

use mysql::prelude::Queryable;
use mysql::{Conn, Params, Row};

use crate::sql::connection::Connection;
use crate::sql::failure::{DbError, Kind};
use crate::sql::value::Value;

pub(crate) struct MySqlConnection(Conn);

impl MySqlConnection {
    pub(super) fn new(connection: Conn) -> Self {
        Self(connection)
    }
}

/// One lock for each database. It is let go when its connection ends, whatever ends it.
const LOCK: &str = "CONCAT('tracking-ledger ', MD5(DATABASE()))";

/// How often the lock is waited for, a second each: less than an answer may take.
const LOCK_ATTEMPTS: u32 = 30;

impl Connection for MySqlConnection {
    fn begin(&mut self) -> Result<(), DbError> {
        self.0.query_drop("START TRANSACTION").map_err(error)
    }

    fn commit(&mut self) -> Result<(), DbError> {
        self.0.query_drop("COMMIT").map_err(error)
    }

    fn rollback(&mut self) -> Result<(), DbError> {
        self.0.query_drop("ROLLBACK").map_err(error)
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let result = self.0.exec_iter(sql, params(values)).map_err(error)?;
        let changed = result.affected_rows();
        // What is left unread is read when it is dropped, where nobody sees an error.
        drop(result);
        Ok(changed)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError> {
        let rows: Vec<Row> = self.0.exec(sql, params(values)).map_err(error)?;
        Ok(rows
            .into_iter()
            .map(|row| row.unwrap().into_iter().map(value).collect())
            .collect())
    }

    fn lock_schema(&mut self) -> Result<(), DbError> {
        for _ in 0..LOCK_ATTEMPTS {
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

fn params(values: &[Value]) -> Params {
    if values.is_empty() {
        return Params::Empty;
    }
    let values = values.iter().map(|value| match value {
        Value::Null => mysql::Value::NULL,
        Value::Int(int) => mysql::Value::Int(*int),
        Value::Text(text) => mysql::Value::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    });
    Params::Positional(values.collect())
}

fn value(value: mysql::Value) -> Value {
    match value {
        mysql::Value::NULL => Value::Null,
        mysql::Value::Int(int) => Value::Int(int),
        // None of ours is above what an i64 holds.
        mysql::Value::UInt(int) => Value::Int(int.try_into().unwrap_or(i64::MAX)),
        mysql::Value::Bytes(bytes) => Value::Bytes(bytes),
        other => Value::Text(other.as_sql(true)),
    }
}

const DUPLICATE: u16 = 1062;
const DEADLOCK: u16 = 1213;
/// `innodb_snapshot_isolation` of MariaDB.
const SNAPSHOT_CONFLICT: u16 = 1020;

pub(super) fn error(error: mysql::Error) -> DbError {
    let kind = match &error {
        mysql::Error::MySqlError(server) => match server.code {
            DUPLICATE => Kind::Duplicate,
            DEADLOCK | SNAPSHOT_CONFLICT => Kind::Conflict,
            // Killed, or the server ends: said to one that had been idle for too long.
            1053 | 1927 | 4031 => Kind::Gone,
            _ => Kind::Other,
        },
        mysql::Error::IoError(io) => of_io(Some(io)),
        // What could not be read: what is beneath it says why.
        mysql::Error::CodecError(codec) => {
            of_io(codec.source().and_then(|source| source.downcast_ref()))
        }
        _ => Kind::Other,
    };
    DbError::new(kind, error)
}

/// A connection that hangs is another matter than one that is gone: a new one would hang as long.
fn of_io(error: Option<&io::Error>) -> Kind {
    match error.map(io::Error::kind) {
        Some(
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::UnexpectedEof,
        ) => Kind::Gone,
        _ => Kind::Other,
    }
}
