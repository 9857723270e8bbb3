//! A MariaDB of a test's own: in a temporary folder, on a free port and a Unix socket, with its own log, and killed
//! when the guard is dropped.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::{FromValue, Queryable};
use mysql::{Conn, OptsBuilder};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::Place;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct MariaDb {
    child: Child,
    program: PathBuf,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
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
        let (program, installer) = (program("mariadbd")?, program("mariadb-install-db")?);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = log_file(folder.path());
        std::fs::create_dir(folder.path().join("tmp")).expect("a folder");
        let installed = Command::new(installer)
            .env("TMPDIR", folder.path().join("tmp"))
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ])
            .args([
                "--innodb-log-file-size=8M",
                "--innodb-flush-log-at-trx-commit=0",
            ])
            .arg(format!(
                "--datadir={}",
                folder.path().join("data").display()
            ))
            .args(user())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .status()
            .expect("it is installed");
        assert!(installed.success(), "{}", log_of(folder.path()));
        let port = free_port();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        let mut server = Self {
            child: spawn(&program, folder.path(), port, &arguments),
            program,
            folder,
            port,
            arguments,
            databases: AtomicU32::new(0),
        };
        server.wait_until_up();
        // No administrator: those may write where it is read-only.
        server.ask("CREATE USER shop@'%' IDENTIFIED BY 's:cret/1'");
        server.ask("GRANT ALL ON `ledger%`.* TO shop@'%'");
        Some(server)
    }

    pub(crate) fn database(&self) -> Database<'_> {
        let name = format!("ledger{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.ask(&format!("CREATE DATABASE {name}"));
        Database { server: self, name }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
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
        Conn::new(options).unwrap_or_else(|error| panic!("{error}\n{}", log_of(self.folder.path())))
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the server is ours to kill");
        self.child.wait().expect("the server is our child");
    }

    /// Start it again on the same port, with what its folder holds.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(
            &self.program,
            self.folder.path(),
            self.port,
            &self.arguments,
        );
        self.wait_until_up();
    }

    /// Stop the process as it stands: its sockets still take what is sent.
    pub(crate) fn pause(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).expect("it runs");
    }

    pub(crate) fn resume(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).expect("it runs");
    }

    fn wait_until_up(&mut self) {
        let start = Instant::now();
        loop {
            let options = OptsBuilder::new()
                .socket(self.socket().to_str())
                .user(Some("root"));
            if Conn::new(options).is_ok() {
                return;
            }
            let ended = self.child.try_wait().expect("our child").is_some();
            let is_late = ended || start.elapsed() > PATIENCE;
            assert!(
                !is_late,
                "mariadbd does not start:\n{}",
                log_of(self.folder.path())
            );
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!(
                "mariadbd on port {}:\n{}",
                self.port,
                log_of(self.folder.path())
            );
        }
    }
}

impl Database<'_> {
    /// The URL by another port, such as a proxy's.
    pub(crate) fn url_by(&self, port: u16) -> String {
        format!("mysql://shop:s%3Acret%2F1@127.0.0.1:{port}/{}", self.name)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Place for Database<'_> {
    fn url(&self) -> String {
        self.url_by(self.server.port)
    }

    fn sql(&self, statement: &str) {
        let mut connection = self.server.connection(Some(&self.name));
        connection
            .query_drop(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

fn spawn(program: &Path, folder: &Path, port: u16, arguments: &[String]) -> Child {
    let log = log_file(folder);
    Command::new(program)
        // Of its own: a server that starts takes away the temporary tables that it finds, whosever they are.
        .env("TMPDIR", folder.join("tmp"))
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
        ])
        .args([
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=8M",
            "--skip-log-bin",
        ])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--port={port}"))
        .args(user())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("it is installed")
}

/// It does not run as root without being told.
fn user() -> Option<&'static str> {
    rustix::process::geteuid()
        .is_root()
        .then_some("--user=root")
}

fn log_file(folder: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("a log file")
}

/// Its last lines.
fn log_of(folder: &Path) -> String {
    let log = std::fs::read(folder.join("log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// Where a program is. If it is missing, the test says so and ends; where servers are required
/// (`TRACKING_REQUIRE_SERVERS=1`), it fails.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers are there, where not every user looks.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut paths = folders.map(|folder| folder.join(name));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        let required = std::env::var("TRACKING_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "{name} is not installed, and is required");
        eprintln!("{name} is not installed: nothing was tested");
    }
    found
}

/// A port that was free a moment ago, below those that the system gives out by itself.
fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
