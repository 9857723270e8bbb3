//! A MariaDB of a test's own, with databases for ledgers and a user who is no administrator.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use mysql::prelude::{FromValue, Queryable};
use mysql::{Conn, OptsBuilder};
use tracking_test_support::mysql::server::MySqlServer;

use super::Place;

pub(crate) struct MariaDb {
    server: MySqlServer,
    databases: AtomicU32,
}

/// A database of a server.
pub(crate) struct Database<'a> {
    server: &'a MariaDb,
    name: String,
}

impl MariaDb {
    /// `None` where the program is missing, which the test then says.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        Some(Self::on(MySqlServer::start(arguments)?))
    }

    /// The same with arguments that only a MariaDB takes: `None` where another server is tried, too.
    pub(crate) fn start_mariadb(arguments: &[&str]) -> Option<Self> {
        Some(Self::on(MySqlServer::start_mariadb(arguments)?))
    }

    fn on(server: MySqlServer) -> Self {
        let server = Self {
            server,
            databases: AtomicU32::new(0),
        };
        // No administrator: those may write where it is read-only.
        server.ask("CREATE USER shop@'%' IDENTIFIED BY 's:cret/1'");
        server.ask("GRANT ALL ON `ledger%`.* TO shop@'%'");
        server
    }

    pub(crate) fn database(&self) -> Database<'_> {
        let name = format!("ledger{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.ask(&format!("CREATE DATABASE {name}"));
        Database { server: self, name }
    }

    /// A statement of the administrator's.
    pub(crate) fn ask(&self, statement: &str) {
        self.connection(None)
            .query_drop(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    pub(crate) fn value<T: FromValue>(&self, statement: &str) -> T {
        let value = self.connection(None).query_first(statement);
        value.expect("an answer").expect("a row")
    }

    pub(crate) fn connection(&self, database: Option<&str>) -> Conn {
        let options = OptsBuilder::new()
            .socket(self.socket().to_str())
            .user(Some("root"))
            .db_name(database)
            .init(vec!["SET SESSION autocommit = 1"]);
        Conn::new(options).unwrap_or_else(|error| panic!("{error}\n{}", self.log()))
    }
}

/// Its process, which can be stopped, killed and started again.
impl Deref for MariaDb {
    type Target = MySqlServer;

    fn deref(&self) -> &MySqlServer {
        &self.server
    }
}

impl DerefMut for MariaDb {
    fn deref_mut(&mut self) -> &mut MySqlServer {
        &mut self.server
    }
}

impl Database<'_> {
    /// The URL by another port, such as a proxy's.
    pub(crate) fn url_by(&self, port: u16) -> String {
        format!("mysql://shop:s%3Acret%2F1@127.0.0.1:{port}/{}", self.name)
    }

    pub(crate) fn server(&self) -> &MariaDb {
        self.server
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Place for Database<'_> {
    fn url(&self) -> String {
        self.url_by(self.server.port())
    }

    fn sql(&self, statement: &str) {
        let mut connection = self.server.connection(Some(&self.name));
        connection
            .query_drop(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}
