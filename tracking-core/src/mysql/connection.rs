//! A connection to a server, with its session set up, on which everything ends when its call does.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use mysql::Params;

use crate::store::deadline::Deadline;
use crate::store::url::MySqlUrl;

use super::driver::Driver;
use super::fault::Fault;
use super::purpose::Purpose;
use super::row::Row;
use super::server::Server;
use super::value::{Value, params};
use super::watch::Watched;

/// A connection that was logged in to a server which will do.
///
/// Where a call on it has failed with something else than a refusal of the server, drop it: what comes next may be
/// the answer to what was asked before.
pub struct Connection {
    driver: Driver,
    url: Arc<MySqlUrl>,
    purpose: &'static Purpose,
    server: Server,
    deadline: Deadline,
}

/// What every session must be, before anything is asked by it: an answer has all its rows, a COMMIT begins nothing, and
/// a key that is unique is looked at.
const SESSION: &str = "SET SESSION sql_select_limit = 18446744073709551615, completion_type = 'NO_CHAIN', unique_checks = 1";

impl Connection {
    /// What is said of bytes that the driver panics at.
    pub(super) const GIVEN_UP: &str = "bytes that the driver gave up at";

    /// Set a session up that was logged in as the URL says, and look at the server.
    pub(super) fn over(
        mut driver: Driver,
        url: Arc<MySqlUrl>,
        purpose: &'static Purpose,
        deadline: Deadline,
    ) -> Result<Self, Fault> {
        let mut ask = || -> Result<Server, mysql::Error> {
            driver.run(SESSION)?;
            for setting in (purpose.settings)(&url) {
                driver.run(&setting)?;
            }
            driver.variables()
        };
        let server = ask().map_err(|error| Fault::of(&url, purpose, error))?;
        if let Some(since) = purpose.no_galera_since {
            server.check(&url, since)?;
        }
        Ok(Self {
            driver,
            url,
            purpose,
            server,
            deadline,
        })
    }

    /// From now on it serves a call that began then, and must be over within the time-out of the URL.
    pub fn call_began(&mut self, at: Instant) {
        self.end_at(Deadline::of_call(at, self.url.timeout()));
    }

    /// From now on everything ends then.
    pub(crate) fn end_at(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// The server, as it was when it was connected to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server, as it is now.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn server_now(&mut self) -> Result<Server, Fault> {
        self.within(Driver::variables)
    }

    /// A statement without values or rows, such as COMMIT.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn run(&mut self, statement: &str) -> Result<(), Fault> {
        self.within(|driver| driver.run(statement))
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn change(&mut self, statement: &str, values: Vec<Value>) -> Result<u64, Fault> {
        self.change_by(statement, params(values))
    }

    /// The rows that a statement answers.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn rows(&mut self, statement: &str, values: Vec<Value>) -> Result<Vec<Vec<Value>>, Fault> {
        let rows = self.rows_by(statement, params(values))?;
        Ok(rows.into_iter().map(Row::into_values).collect())
    }

    /// How many rows a statement changed, by the driver's parameters.
    pub(crate) fn change_by(
        &mut self,
        statement: &str,
        parameters: impl Into<Params>,
    ) -> Result<u64, Fault> {
        self.within(|driver| driver.change(statement, parameters.into()))
    }

    /// The rows that a statement answers, by the driver's parameters.
    pub(crate) fn rows_by(
        &mut self,
        statement: &str,
        parameters: impl Into<Params>,
    ) -> Result<Vec<Row>, Fault> {
        self.within(|driver| driver.rows(statement, parameters.into()))
    }

    /// That an answer is none to what was asked.
    pub(crate) fn garbled(&self, found: &str) -> Fault {
        Fault::Garbled {
            address: self.url.address(),
            found: found.to_owned(),
        }
    }

    /// Ask by the deadline.
    fn within<T>(
        &mut self,
        ask: impl FnOnce(&mut Driver) -> Result<T, mysql::Error>,
    ) -> Result<T, Fault> {
        let within = self.deadline.whole();
        let end = self.deadline.end().ok_or(Fault::TooLate { within })?;
        let watched = self.driver.until(end).map_err(|error| Fault::Connect {
            address: self.url.address(),
            cause: error.to_string(),
        })?;
        // The driver panics at some bytes that are no answer. It is not used again then.
        let answer = catch_unwind(AssertUnwindSafe(|| ask(&mut self.driver)));
        let was_ended = watched.is_some_and(Watched::was_ended);
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(mysql::Error::MySqlError(error))) => {
                let refused = mysql::Error::MySqlError(error);
                Err(Fault::of(&self.url, self.purpose, refused))
            }
            _ if was_ended => Err(Fault::NoAnswer {
                address: self.url.address(),
                within,
                unanswered: self.purpose.words.unanswered,
            }),
            Ok(Err(error)) => Err(Fault::of(&self.url, self.purpose, error)),
            Err(_) => Err(self.garbled(Self::GIVEN_UP)),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
