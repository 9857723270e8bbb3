//! Servers of their own process, and what they cost.

use std::env::current_exe;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Failure;

/// A server, ended when it is dropped.
pub struct Served {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Holds what it logs.
    _folder: TempDir,
}

impl Served {
    /// The program `tracking-http`, built beside this one, on a free port; it logs to a file.
    ///
    /// # Errors
    /// It is not there, or it does not start.
    pub fn tracking_http(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, Failure> {
        let program = current_exe()?.with_file_name("tracking-http");
        if !program.exists() {
            return Err(format!(
                "{} is missing: build it with `cargo build --release -p tracking-http`",
                program.display()
            )
            .into());
        }
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0", "--store", "memory:"]);
        command.args(arguments).envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// This program with another argument, upon which it says on stderr `listening on http://ADDRESS`.
    ///
    /// # Errors
    /// It does not start.
    pub fn this_program(argument: &str) -> Result<Self, Failure> {
        let mut command = Command::new(current_exe()?);
        command.arg(argument);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log");
        let process = command
            .stdin(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let began = Instant::now();
        let address = loop {
            let said = BufReader::new(File::open(&log)?).lines();
            let listening = said.map_while(Result::ok).find_map(|line| {
                let address = line.strip_prefix("listening on http://")?;
                address.parse().ok()
            });
            match listening {
                Some(address) => break address,
                None if began.elapsed() < Duration::from_secs(10) => {
                    thread::sleep(Duration::from_millis(10));
                }
                None => return Err(std::fs::read_to_string(&log)?.into()),
            }
        };
        Ok(Self {
            process,
            address,
            _folder: folder,
        })
    }

    /// Nanoseconds that its threads have run.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn cpu_ns(&self) -> Result<u64, Failure> {
        let mut total = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            total += text.split(' ').next().unwrap_or("").parse::<u64>()?;
        }
        Ok(total)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ask one connection over and over; every answer must be a 200. `each` is told how long it took.
///
/// # Errors
/// The connection breaks, or another answer comes.
pub fn ask(
    address: SocketAddr,
    request: &str,
    requests: usize,
    mut each: impl FnMut(Duration),
) -> Result<(), Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut line = String::new();
    let mut body = Vec::new();
    for _ in 0..requests {
        let began = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        line.clear();
        answers.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200") {
            return Err(format!("expected a 200, found {line:?}").into());
        }
        while line != "\r\n" {
            line.clear();
            answers.read_line(&mut line)?;
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        body.resize(length, 0);
        answers.read_exact(&mut body)?;
        each(began.elapsed());
    }
    Ok(())
}

/// Show the smallest, the middle and the largest of some measurements as a line; the middle one is returned.
pub fn show(what: &str, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values.first()?, values.last()?);
    let median = values[values.len() / 2];
    println!("{what:<48} {least:>8.2} {median:>8.2} {most:>8.2}");
    Some(median)
}

/// A number from the command line.
///
/// # Errors
/// It is none.
pub fn argument(place: usize, default: usize) -> Result<usize, Failure> {
    let given = std::env::args().nth(place + 1);
    Ok(given.map_or(Ok(default), |text| text.parse())?)
}
