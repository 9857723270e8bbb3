//! A Django database in MySQL or MariaDB.

use std::time::Instant;

use super::Rows;
use crate::mysql::connect_to_read;
use crate::mysql::connection::MySqlConnection;
use crate::sql::connection::Connection;
use crate::sql::failure::{DbError, Failure};
use crate::sql::value::Value;
use crate::url::MySqlUrl;

/// In a session whose time zone is UTC.
pub(super) fn connect(url: &MySqlUrl) -> Result<Box<dyn Rows>, Failure> {
    Ok(Box::new(connect_to_read(url)?))
}

impl Rows for MySqlConnection {
    fn text(&self) -> &'static str {
        "CHAR"
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError> {
        self.call_began(Instant::now());
        Connection::query(self, sql, values)
    }
}
