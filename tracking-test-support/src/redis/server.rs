//! A Redis of a test's own: started in a temporary folder on a free port and a Unix socket, with
//! its own log, and killed when the guard is dropped.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use redis::{Client, Cmd, Connection, FromRedisValue, RedisResult};

use crate::daemon::{Daemon, socket};
use crate::programs::found;
use crate::waiting::PATIENCE;
pub use crate::{free_port, is_installed, until};

/// A running `redis-server`.
pub struct RedisServer(Daemon);

impl RedisServer {
    /// A server without persistence, and with more arguments such as `--maxmemory 1mb`. `None`
    /// where the program is missing, which the test then says.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_with(arguments, None)
    }

    /// The same with a library that is loaded before the C library's.
    pub fn start_with(arguments: &[&str], preload: Option<PathBuf>) -> Option<Self> {
        if !is_installed("redis-server") {
            return None;
        }
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let command =
            move |folder: &Path, port| command(folder, port, &arguments, preload.as_ref());
        let is_up = |folder: &Path, _| connection(folder).is_ok();
        Some(Self(Daemon::start("redis-server", folder, command, is_up)))
    }

    /// The URL of its Unix socket.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The URL of its port.
    pub fn tcp_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// A connection of the test's own.
    pub fn connection(&self) -> RedisResult<Connection> {
        connection(self.folder())
    }

    /// One command, on a connection of its own.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        match self.try_ask(words) {
            Ok(value) => value,
            Err(error) => panic!("{words:?}: {error}\n{}", self.log()),
        }
    }

    /// One command, which may fail.
    pub fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.connection()?)
    }

    /// A line of `INFO`.
    pub fn info(&self, field: &str) -> String {
        find(&self.ask::<String>(&["INFO"]), field)
    }

    /// Whether a line of `INFO` is so, of a server that may just have closed all connections, as
    /// one does that Sentinel makes a replica.
    pub fn shows(&self, field: &str, value: &str) -> bool {
        let info = self.try_ask::<String>(&["INFO"]);
        info.is_ok_and(|info| find(&info, field) == value)
    }
}

impl Deref for RedisServer {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.0
    }
}

impl DerefMut for RedisServer {
    fn deref_mut(&mut self) -> &mut Daemon {
        &mut self.0
    }
}

fn connection(folder: &Path) -> RedisResult<Connection> {
    let connection = Client::open(format!("redis+unix://{}", socket(folder).display()))?
        .get_connection_with_timeout(Duration::from_secs(2))?;
    connection.set_read_timeout(Some(PATIENCE))?;
    Ok(connection)
}

fn find(info: &str, field: &str) -> String {
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

fn command(folder: &Path, port: u16, arguments: &[String], preload: Option<&PathBuf>) -> Command {
    let mut command = Command::new(found("redis-server"));
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(folder)
        .arg("--unixsocket")
        .arg(socket(folder))
        .args(["--repl-diskless-sync-delay", "0"])
        .args(arguments);
    command
}
