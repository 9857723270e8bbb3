//! A MariaDB or MySQL of a test's own: started in a temporary folder on a free port and a Unix socket, with its own
//! log, and killed when the guard is dropped.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mysql::prelude::{FromRow, Queryable};
use mysql::{Conn, OptsBuilder};
use tempfile::TempDir;

use super::folder;
use super::program::Program;
use crate::daemon::{Daemon, socket};
use crate::waiting::PATIENCE;
pub use crate::{free_port, is_installed, program, until};

/// A running `mariadbd` or `mysqld`.
pub struct MySqlServer {
    daemon: Daemon,
    program: Program,
}

/// The server of all tests that change nothing but a database of their own.
static SHARED: Mutex<Weak<MySqlServer>> = Mutex::new(Weak::new());

impl MySqlServer {
    /// One server for all tests that run at once, each with a database of its own. `None` where the
    /// program is missing, which the test then says.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start(&[])?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// A server of the test's own, with more arguments such as `--log-bin`.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, None)
    }

    /// A MariaDB with arguments that only a MariaDB takes. Where another server is tried there is none, which
    /// is said.
    pub fn start_mariadb(arguments: &[&str]) -> Option<Self> {
        if Program::to_try()?.is_mysql() {
            eprintln!("this needs a MariaDB: nothing was tested");
            return None;
        }
        Self::start(arguments)
    }

    /// The same with a library that is loaded before the C library's.
    pub fn start_with(arguments: &[&str], preload: Option<PathBuf>) -> Option<Self> {
        let program = Program::to_try()?;
        let folder = || folder::new(&program);
        Some(Self::start_in(&program, folder, arguments, preload))
    }

    /// A server on a copy of the data folder of one that does not run.
    pub fn start_on_copy_of(other: &Self, arguments: &[&str]) -> Self {
        let copy = || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            folder::copy(&other.folder().join("data"), &folder.path().join("data"));
            folder
        };
        Self::start_in(&other.program, copy, arguments, None)
    }

    fn start_in(
        program: &Program,
        folder: impl Fn() -> TempDir,
        arguments: &[&str],
        preload: Option<PathBuf>,
    ) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        let command = {
            let program = program.clone();
            move |folder: &Path, port| command(&program, folder, port, &arguments, preload.as_ref())
        };
        let is_up = |folder: &Path, _| connection(folder).is_ok();
        Self {
            daemon: Daemon::start("the SQL server", folder, command, is_up),
            program: program.clone(),
        }
    }

    /// Which server it is.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// A new database, and its URL by the port.
    pub fn database(&self) -> String {
        let name = format!("dbx{:08x}", rand::random::<u32>());
        self.run(&format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database, by the port.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port())
    }

    /// The URL of a database, by the socket.
    pub fn socket_url(&self, database: &str) -> String {
        format!(
            "mysql+unix://root@{}?db={database}",
            self.socket().display()
        )
    }

    /// A connection of the test's own, as root.
    pub fn connection(&self) -> mysql::Result<Conn> {
        connection(self.folder())
    }

    /// Statements, on a connection of their own.
    pub fn run(&self, statements: &str) {
        let mut connection = self.connection().expect("a connection");
        if let Err(error) = connection.query_drop(statements) {
            panic!("{statements}: {error}\n{}", self.log());
        }
    }

    /// The rows of a statement.
    pub fn ask<T: FromRow>(&self, statement: &str) -> Vec<T> {
        let mut connection = self.connection().expect("a connection");
        match connection.query(statement) {
            Ok(rows) => rows,
            Err(error) => panic!("{statement}: {error}\n{}", self.log()),
        }
    }
}

impl Deref for MySqlServer {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.daemon
    }
}

impl DerefMut for MySqlServer {
    fn deref_mut(&mut self) -> &mut Daemon {
        &mut self.daemon
    }
}

fn connection(folder: &Path) -> mysql::Result<Conn> {
    Conn::new(
        OptsBuilder::new()
            .socket(socket(folder).to_str())
            .user(Some("root"))
            .read_timeout(Some(PATIENCE)),
    )
}

fn command(
    program: &Program,
    folder: &Path,
    port: u16,
    arguments: &[String],
    preload: Option<&PathBuf>,
) -> Command {
    let mut command = program.command();
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
    command
        .arg("--no-defaults")
        .args(folder::user())
        .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
        .args(program.small())
        .arg(format!("--port={port}"))
        .arg(format!("--datadir={}", folder.join("data").display()))
        // Of its own: a server that starts takes away the temporary tables that it finds, whosever they are.
        .arg(format!("--tmpdir={}", folder.display()))
        .arg(format!("--socket={}", socket(folder).display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .args(arguments);
    command
}
