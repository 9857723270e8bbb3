//! A MariaDB of a test's own: started in a temporary folder on a free port and a Unix socket, with its own
//! log, and killed when the guard is dropped.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::{FromRow, Queryable};
use mysql::{Conn, OptsBuilder};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::folder;

/// How long a server may take to start, and a state to come about.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `mariadbd`.
pub(crate) struct MySqlServer {
    child: Child,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    preload: Option<PathBuf>,
}

/// The server of all tests that change nothing but a database of their own.
static SHARED: Mutex<Weak<MySqlServer>> = Mutex::new(Weak::new());

impl MySqlServer {
    /// One server for all tests that run at once, each with a database of its own. `None` where the
    /// program is missing, which the test then says.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start(&[])?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// A server of the test's own, with more arguments such as `--log-bin`.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, None)
    }

    /// The same with a library that is loaded before the C library's.
    pub(crate) fn start_with(arguments: &[&str], preload: Option<PathBuf>) -> Option<Self> {
        if !is_installed("mariadbd") || !is_installed("mariadb-install-db") {
            return None;
        }
        Some(Self::start_in(folder::new, arguments, preload))
    }

    /// A server on a copy of the data folder of one that does not run.
    pub(crate) fn start_on_copy_of(other: &Self, arguments: &[&str]) -> Self {
        let copy = || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            folder::copy(
                &other.folder.path().join("data"),
                &folder.path().join("data"),
            );
            folder
        };
        Self::start_in(copy, arguments, None)
    }

    fn start_in(
        folder: impl Fn() -> TempDir,
        arguments: &[&str],
        preload: Option<PathBuf>,
    ) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        // Somebody else may take the free port first.
        for _ in 0..10 {
            let (folder, port) = (folder(), free_port());
            let mut server = Self {
                child: spawn(&folder, port, &arguments, preload.as_ref()),
                folder,
                port,
                arguments: arguments.clone(),
                preload: preload.clone(),
            };
            if server.wait_until_up() {
                return server;
            }
            eprintln!("{}", server.log());
        }
        panic!("mariadbd does not start with {arguments:?}")
    }

    /// A new database, and its URL by the port.
    pub(crate) fn database(&self) -> String {
        let name = format!("dbx{:08x}", rand::random::<u32>());
        self.run(&format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database, by the port.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a database, by the socket.
    pub(crate) fn socket_url(&self, database: &str) -> String {
        format!(
            "mysql+unix://root@{}?db={database}",
            self.socket().display()
        )
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The last lines that it has logged.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// A connection of the test's own, as root.
    pub(crate) fn connection(&self) -> mysql::Result<Conn> {
        let socket = self.socket().to_string_lossy().into_owned();
        Conn::new(
            OptsBuilder::new()
                .socket(Some(socket))
                .user(Some("root"))
                .read_timeout(Some(PATIENCE)),
        )
    }

    /// Statements, on a connection of their own.
    pub(crate) fn run(&self, statements: &str) {
        let mut connection = self.connection().expect("a connection");
        if let Err(error) = connection.query_drop(statements) {
            panic!("{statements}: {error}\n{}", self.log());
        }
    }

    /// The rows of a statement.
    pub(crate) fn ask<T: FromRow>(&self, statement: &str) -> Vec<T> {
        let mut connection = self.connection().expect("a connection");
        match connection.query(statement) {
            Ok(rows) => rows,
            Err(error) => panic!("{statement}: {error}\n{}", self.log()),
        }
    }

    /// Stop the process as it stands (SIGSTOP): its sockets still take what is sent.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Let it go on (SIGCONT).
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the server is ours to kill");
        self.child.wait().expect("the server is our child");
    }

    /// Have it end as it should, so that its data folder may be copied.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        self.child.wait().expect("the server is our child");
    }

    /// Start it again on the same port, with what its folder holds.
    pub(crate) fn start_again(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        self.child = spawn(
            &self.folder,
            self.port,
            &self.arguments,
            self.preload.as_ref(),
        );
        assert!(self.wait_until_up(), "{}", self.log());
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the server is running");
    }

    fn wait_until_up(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.child.try_wait().expect("our child").is_some() {
                return false;
            }
            if self.connection().is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for MySqlServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("mariadbd on port {}:\n{}", self.port, self.log());
        }
    }
}

fn spawn(folder: &TempDir, port: u16, arguments: &[String], preload: Option<&PathBuf>) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("log"))
        .expect("a log file");
    let mut command = Command::new("mariadbd");
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
    command
        .arg("--no-defaults")
        .args(folder::user())
        .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
        .args(folder::SMALL)
        .arg(format!("--port={port}"))
        .arg(format!(
            "--datadir={}",
            folder.path().join("data").display()
        ))
        .arg(format!("--tmpdir={}", folder.path().display()))
        .arg(format!(
            "--socket={}",
            folder.path().join("socket").display()
        ))
        .arg(format!(
            "--pid-file={}",
            folder.path().join("pid").display()
        ))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("mariadbd is installed")
}

/// Whether a program is there. If not, the test says so and ends; where servers are required
/// (`TRACKING_REQUIRE_SERVERS=1`), it fails.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        let required = std::env::var("TRACKING_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "{program} is not installed, and is required");
        eprintln!("{program} is not installed: nothing was tested");
    }
    found
}

/// A port that was free a moment ago, below those that the system gives out by itself.
pub(crate) fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Wait for a condition, which must come about.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never came about: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
