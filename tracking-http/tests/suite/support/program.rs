//! The program as a child process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A program that serves; killed when it is dropped.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    /// What it said until it served.
    pub(crate) welcome: Vec<String>,
    child: Child,
    stderr: Option<BufReader<ChildStderr>>,
}

/// The program, with nothing of this process's own variables.
pub(crate) fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracking-http"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("TRACKING_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Run a program that is to end by itself.
pub(crate) fn run_to_end(args: &[&str], variables: &[(&str, &str)]) -> Output {
    command(args, variables).output().unwrap()
}

impl Program {
    /// Start it on a free port.
    pub(crate) fn start(args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_at(&["--listen", "127.0.0.1:0"], args, variables)
    }

    /// Start it on a Unix socket.
    pub(crate) fn start_unix(path: &str, args: &[&str]) -> Self {
        Self::start_at(&["--listen", &format!("unix:{path}")], args, &[])
    }

    /// Start it where these flags say.
    pub(crate) fn start_at(listen: &[&str], args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::spawn(command(&[listen, args].concat(), variables))
    }

    /// Start it on a free port, with so many open files at most, which it may raise to `most`.
    pub(crate) fn start_with_files(files: u32, most: u32, args: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -Sn {files} && ulimit -Hn {most} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_tracking-http")]);
        shell.args(["--listen", "127.0.0.1:0", "--store", "memory:"]);
        shell.args(args).stdin(Stdio::null());
        Self::spawn(shell)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut welcome = Vec::new();
        while !welcome
            .last()
            .is_some_and(|line: &String| line.starts_with("try it: "))
        {
            let mut line = String::new();
            assert_ne!(
                stderr.read_line(&mut line).unwrap(),
                0,
                "ended after {welcome:?}"
            );
            welcome.push(line.trim_end().to_owned());
        }
        let address = welcome
            .iter()
            .find_map(|line| line.strip_prefix("listening on http://"))
            // Nothing is there to be reached where it listens on a Unix socket.
            .unwrap_or("0.0.0.0:0");
        Self {
            address: address.parse().unwrap(),
            welcome,
            child,
            stderr: Some(stderr),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended for want of memory, as Rust does: by SIGABRT.
    pub(crate) fn has_aborted(&mut self) -> bool {
        let status = self.child.try_wait().unwrap();
        status.is_some_and(|status| {
            const SIGABRT: i32 = 6;
            assert_eq!(status.signal(), Some(SIGABRT), "{status}");
            true
        })
    }

    /// What `/proc/PID/status` says of its memory, in KiB.
    pub(crate) fn memory_kib(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Whether it has ended, as it should.
    pub(crate) fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().unwrap();
        status.is_some_and(|status| {
            assert_eq!(status.code(), Some(0));
            true
        })
    }

    /// Read what it says until a line has this text. A program that has not said it after 30 s is killed.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let pid = Pid::from_child(&self.child);
        // Dropped with the line.
        let (_said, waiting) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(30)) == Err(RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        let stderr = self.stderr.as_mut().unwrap();
        loop {
            let mut line = String::new();
            let length = stderr.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "ended, or was killed, without {text:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Nobody reads its stderr any more.
    pub(crate) fn close_stderr(&mut self) {
        self.stderr = None;
    }

    /// From now on what it says is read, line by line.
    pub(crate) fn read_stderr(&mut self) -> Arc<Mutex<String>> {
        let said = Arc::<Mutex<String>>::default();
        let kept = Arc::clone(&said);
        let stderr = self.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in stderr.lines() {
                *kept.lock().unwrap() += &(line.unwrap() + "\n");
            }
        });
        said
    }

    /// How it ended, and what it said since it served. Nothing of that may be on stdout.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "does not end");
            std::thread::sleep(Duration::from_millis(2));
        };
        let (mut said, mut on_stdout) = (String::new(), String::new());
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut on_stdout).unwrap();
        }
        assert_eq!(on_stdout, "");
        if let Some(mut stderr) = self.stderr.take() {
            stderr.read_to_string(&mut said).unwrap();
        }
        (status, said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
