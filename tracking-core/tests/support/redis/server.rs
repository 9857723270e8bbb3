//! A Redis of a test's own: started in a temporary folder on a free port and a Unix socket, with
//! its own log, and killed when the guard is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Cmd, Connection, FromRedisValue, RedisResult};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a server may take to start, and a state to come about.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `redis-server`.
pub(crate) struct RedisServer {
    child: Child,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    preload: Option<PathBuf>,
}

impl RedisServer {
    /// A server without persistence, and with more arguments such as `--maxmemory 1mb`. `None`
    /// where the program is missing, which the test then says.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, None)
    }

    /// The same with a library that is loaded before the C library's.
    pub(crate) fn start_with(arguments: &[&str], preload: Option<PathBuf>) -> Option<Self> {
        if !is_installed("redis-server") {
            return None;
        }
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        // Somebody else may take the free port first.
        for _ in 0..10 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let port = free_port();
            let child = spawn(&folder, port, &arguments, preload.as_ref());
            let mut server = Self {
                child,
                folder,
                port,
                arguments: arguments.clone(),
                preload: preload.clone(),
            };
            if server.wait_until_up() {
                return Some(server);
            }
        }
        panic!("redis-server does not start with {arguments:?}")
    }

    /// The URL of its Unix socket.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The URL of its port.
    pub(crate) fn tcp_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// All that it has logged, cut at the front.
    pub(crate) fn log(&self) -> String {
        log_of(&self.folder)
    }

    /// A connection of the test's own.
    pub(crate) fn connection(&self) -> RedisResult<Connection> {
        let connection = Client::open(format!("redis+unix://{}", self.socket().display()))?
            .get_connection_with_timeout(Duration::from_secs(2))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }

    /// One command, on a connection of its own.
    pub(crate) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        match self.try_ask(words) {
            Ok(value) => value,
            Err(error) => panic!("{words:?}: {error}\n{}", self.log()),
        }
    }

    pub(crate) fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.connection()?)
    }

    /// A line of `INFO`.
    pub(crate) fn info(&self, field: &str) -> String {
        find(&self.ask::<String>(&["INFO"]), field)
    }

    /// Whether a line of `INFO` is so, of a server that may just have closed all connections, as
    /// one does that Sentinel makes a replica.
    pub(crate) fn shows(&self, field: &str, value: &str) -> bool {
        let info = self.try_ask::<String>(&["INFO"]);
        info.is_ok_and(|info| find(&info, field) == value)
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

    /// Whether it answers, or at least refuses for want of a login.
    fn wait_until_up(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.child.try_wait().expect("our child").is_some() {
                return false;
            }
            if self.connection().is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("redis-server on port {}:\n{}", self.port, self.log());
        }
    }
}

fn find(info: &str, field: &str) -> String {
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

fn spawn(folder: &TempDir, port: u16, arguments: &[String], preload: Option<&PathBuf>) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("log"))
        .expect("a log file");
    let mut command = Command::new("redis-server");
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(folder.path())
        .arg("--unixsocket")
        .arg(folder.path().join("socket"))
        .args(["--repl-diskless-sync-delay", "0"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("redis-server is installed")
}

/// Whether a program is there. If not, the test says so and ends; where servers are required
/// (`TRACKING_REQUIRE_SERVERS=1`), it fails.
pub(crate) fn is_installed(program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    });
    if !found {
        let required = std::env::var("TRACKING_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "{program} is not installed, and is required");
        eprintln!("{program} is not installed: nothing was tested");
    }
    found
}

/// A port that was free a moment ago, below those that the system gives out by itself, and whose
/// number leaves room for a cluster's second port.
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

/// The last lines of the log in a server's folder.
pub(crate) fn log_of(folder: &TempDir) -> String {
    let Ok(file) = File::open(folder.path().join("log")) else {
        return String::new();
    };
    let lines: Vec<String> = BufReader::new(file).lines().map_while(Result::ok).collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
