//! Servers of their own process, and what they cost.

mod client;
mod nginx;
mod static_route;
mod wrk;

use std::env::current_exe;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use self::client::{Client, ask};
pub use self::static_route::{STATIC, serve_static_if_asked};
pub use self::wrk::wrk;
use crate::Failure;

/// The sample request of the older service, to the letter.
pub const SAMPLE: &str =
    "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200";

/// The sample request of the other one, which has all seven parameters.
pub const ALL_SEVEN: &str = "/next-tracking-number?origin_country_id=MY&destination_country_id=ID&weight=1.234\
     &created_at=2018-11-20T19:29:32%2B08:00&customer_id=de619854-b59b-425e-9db4-943979e1bd49\
     &customer_name=RedBox%20Logistics&customer_slug=redbox-logistics";

/// A program of the workspace, built beside this one.
///
/// # Errors
/// It is not there.
pub fn program(name: &str) -> Result<PathBuf, Failure> {
    let program = current_exe()?.with_file_name(name);
    match program.exists() {
        true => Ok(program),
        false => Err(format!(
            "{} is missing: build it with `cargo build --release`",
            program.display()
        )
        .into()),
    }
}

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
        let mut command = Command::new(program("tracking-http")?);
        command.args(["--listen", "127.0.0.1:0", "--store", "memory:"]);
        command.args(arguments).envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// A static answer, as warp's own documentation has it: of a program that calls
    /// [`serve_static_if_asked`] first.
    ///
    /// # Errors
    /// It does not start.
    pub fn static_route() -> Result<Self, Failure> {
        let mut command = Command::new(current_exe()?);
        command.arg(static_route::ARGUMENT);
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
        cpu_ns(self.process.id())
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// Nanoseconds that the threads of a process have run, and those of its children.
///
/// # Errors
/// The system does not tell.
pub fn cpu_ns(process: u32) -> Result<u64, Failure> {
    let mut total = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let thread = thread?.path();
        let read = |name| std::fs::read_to_string(Path::new(&thread).join(name));
        total += read("schedstat")?
            .split(' ')
            .next()
            .unwrap_or("")
            .parse::<u64>()?;
        for child in read("children").unwrap_or_default().split_whitespace() {
            total += cpu_ns(child.parse()?)?;
        }
    }
    Ok(total)
}

/// Kibibytes of memory that a process holds now (`VmRSS`), or held at most (`VmHWM`).
///
/// # Errors
/// The system does not tell.
pub fn memory_kib(process: &str, row: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let found = status
        .lines()
        .find_map(|line| line.strip_prefix(row)?.strip_prefix(':'));
    let found = found.and_then(|value| value.split_whitespace().next());
    Ok(found
        .ok_or_else(|| format!("expected {row} of process {process}"))?
        .parse()?)
}

impl Served {
    /// A program that listens at an address that it was given, once it does.
    fn listening(
        mut command: Command,
        folder: TempDir,
        address: SocketAddr,
    ) -> Result<Self, Failure> {
        let log = folder.path().join("log");
        command.stdin(Stdio::null()).stderr(File::create(&log)?);
        let served = Self {
            process: command.spawn()?,
            address,
            _folder: folder,
        };
        let began = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err(std::fs::read_to_string(&log)?.into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
