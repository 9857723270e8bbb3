//! What statements are asked of: the driver, or what a simulation brings in its place.

use std::io;
use std::time::Instant;

use mysql::prelude::Queryable;
use mysql::{Conn, Params};

use super::brought::{self, Session};
use super::row::Row;
use super::server::Server;
use super::watch::{self, Watched};

/// A session at a server.
pub(super) enum Driver {
    Own(Conn),
    Brought(Box<dyn Session>),
}

impl Driver {
    /// A statement without values or rows.
    pub(super) fn run(&mut self, statement: &str) -> Result<(), mysql::Error> {
        match self {
            Self::Own(driver) => driver.query_drop(statement),
            Self::Brought(session) => {
                brought::ask(&mut **session, statement, Params::Empty).map(drop)
            }
        }
    }

    /// How many rows a statement changed.
    pub(super) fn change(
        &mut self,
        statement: &str,
        parameters: Params,
    ) -> Result<u64, mysql::Error> {
        match self {
            Self::Own(driver) => {
                driver.exec_drop(statement, parameters)?;
                Ok(driver.affected_rows())
            }
            Self::Brought(session) => {
                let answer = brought::ask(&mut **session, statement, parameters)?;
                Ok(answer.changed)
            }
        }
    }

    /// The rows that a statement answers.
    pub(super) fn rows(
        &mut self,
        statement: &str,
        parameters: Params,
    ) -> Result<Vec<Row>, mysql::Error> {
        match self {
            Self::Own(driver) => {
                let rows: Vec<mysql::Row> = driver.exec(statement, parameters)?;
                Ok(rows.into_iter().map(Row::Own).collect())
            }
            Self::Brought(session) => {
                let answer = brought::ask(&mut **session, statement, parameters)?;
                Ok(answer.rows.into_iter().map(Row::Brought).collect())
            }
        }
    }

    /// What the server's variables say of it.
    pub(super) fn variables(&mut self) -> Result<Server, mysql::Error> {
        let variables: Vec<(String, String)> = match self {
            Self::Own(driver) => driver.query(Server::VARIABLES)?,
            Self::Brought(session) => {
                let answer = brought::ask(&mut **session, Server::VARIABLES, Params::Empty)?;
                let rows = answer.rows.into_iter().map(Row::Brought);
                rows.filter_map(|row| Some((row.get("Variable_name")?, row.get("Value")?)))
                    .collect()
            }
        };
        Ok(Server::of(variables.into_iter().collect()))
    }

    /// Ends what is now asked then; what a simulation brings ends by itself.
    pub(super) fn until(&self, end: Instant) -> io::Result<Option<Watched>> {
        match self {
            Self::Own(driver) => watch::until(driver, end).map(Some),
            Self::Brought(_) => Ok(None),
        }
    }
}
