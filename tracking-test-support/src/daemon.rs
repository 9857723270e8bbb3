//! The process of a server.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;

use crate::waiting::{PATIENCE, free_port};

/// What a server is started by, in its folder and on its port.
type Start = Arc<dyn Fn(&Path, u16) -> Command + Send + Sync>;
/// Whether the server answers, of which the folder and the port are given.
type IsUp = fn(&Path, u16) -> bool;

/// A server's process in a temporary folder of its own, with its socket and its log there; killed when it is dropped.
pub struct Daemon {
    name: &'static str,
    start: Start,
    is_up: IsUp,
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Daemon {
    /// Started, and up.
    pub(crate) fn start(
        name: &'static str,
        folder: impl Fn() -> TempDir,
        start: impl Fn(&Path, u16) -> Command + Send + Sync + 'static,
        is_up: IsUp,
    ) -> Self {
        let start: Start = Arc::new(start);
        let mut told = String::new();
        // Somebody else may take the free port first.
        for _ in 0..10 {
            let (folder, port) = (folder(), free_port());
            let mut daemon = Self {
                child: spawn(start(folder.path(), port), folder.path()),
                name,
                start: Arc::clone(&start),
                is_up,
                folder,
                port,
            };
            if daemon.wait_until_up() {
                return daemon;
            }
            told = daemon.log();
        }
        panic!("{name} does not start:\n{told}")
    }

    /// Its process' id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// The last lines that it has logged.
    pub fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Stop the process as it stands (SIGSTOP): its sockets still take what is sent.
    ///
    /// It waits until all threads have stopped: at first one of them has the signal, and the others go on answering.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        let pid = WaitId::Pid(Pid::from_child(&self.child));
        waitid(pid, WaitIdOptions::STOPPED).expect("the server is our child");
    }

    /// Let it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// [Paused](Self::pause) for so long.
    pub fn pause_for(&self, time: Duration) {
        self.pause();
        thread::sleep(time);
        self.resume();
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server is ours to kill");
        self.child.wait().expect("the server is our child");
    }

    /// Have it end as it should, so that its folder may be copied.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        self.child.wait().expect("the server is our child");
    }

    /// Start it again on the same port, with what its folder holds.
    pub fn start_again(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        let command = (self.start)(self.folder.path(), self.port);
        self.child = spawn(command, self.folder.path());
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
            if (self.is_up)(self.folder.path(), self.port) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("{} on port {}:\n{}", self.name, self.port, self.log());
        }
    }
}

/// The socket of the server in a folder.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

fn spawn(mut command: Command, folder: &Path) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("a log file");
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file"))
        .stderr(log)
        .spawn()
        .expect("the server is installed")
}
