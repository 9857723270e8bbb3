//! What grows with processes and with connections to one.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use tracking_bench::Failure;
use tracking_bench::served::{SAMPLE, Served, memory_kib, program, wrk};

use super::Cost;

/// The numbers of a tick: a reservation's.
const TICK: usize = 1 << 18;

/// Ticks whose numbers are taken, over all processes.
const TICKS: usize = 64;

fn tracking(store: &str, arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = Command::new(program("tracking")?);
    command.args(["--store", store]).args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(command)
}

fn file(folder: &Path) -> String {
    format!("file:{}/growth.series", folder.display())
}

/// `tracking next -n COUNT`.
pub(crate) fn numbers(count: usize) -> Result<Cost, Failure> {
    let folder = tempfile::tempdir()?;
    let (took, memory_kib) = together(&file(folder.path()), 1, count)?;
    Ok(Cost {
        time: took.as_secs_f64() * 1e9 / count as f64,
        memory_kib,
    })
}

/// So many processes share a series in a file, and a number of ticks.
pub(crate) fn of_file(count: usize) -> Result<Cost, Failure> {
    let folder = tempfile::tempdir()?;
    ticks(&file(folder.path()), count)
}

fn ticks(store: &str, count: usize) -> Result<Cost, Failure> {
    let (took, memory_kib) = together(store, count, TICKS / count * TICK)?;
    Ok(Cost {
        time: took.as_secs_f64() * 1e3 / TICKS as f64,
        memory_kib,
    })
}

/// How long `count` processes take for as many numbers each, and the most KiB that one of them was seen to hold.
fn together(store: &str, count: usize, each: usize) -> Result<(Duration, u64), Failure> {
    let each = each.to_string();
    let began = Instant::now();
    let mut running: Vec<Child> = (0..count)
        .map(|_| Ok(tracking(store, &["next", "-n", &each])?.spawn()?))
        .collect::<Result<_, Failure>>()?;
    let mut most_kib = 0;
    while !running.is_empty() {
        let mut going = Vec::new();
        for mut child in running {
            // One that has just ended has no memory any more.
            let kib = memory_kib(&child.id().to_string(), "VmHWM").unwrap_or(0);
            most_kib = most_kib.max(kib);
            match child.try_wait()? {
                None => going.push(child),
                Some(status) if status.success() => {}
                Some(status) => {
                    return Err(format!("expected numbers of {store}, found {status}").into());
                }
            }
        }
        running = going;
        thread::sleep(Duration::from_millis(1));
    }
    Ok((began.elapsed(), most_kib))
}

/// A Redis with a series, ended when it is dropped.
pub(crate) struct Redis {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Redis {
    /// `None` where there is no Redis.
    pub(crate) fn start() -> Result<Option<Self>, Failure> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]);
        command.arg("--dir").arg(folder.path());
        let Ok(process) = command.stdout(Stdio::null()).spawn() else {
            println!("there is no redis-server");
            return Ok(None);
        };
        let redis = Self {
            process,
            url: format!("redis://127.0.0.1:{port}"),
            _folder: folder,
        };
        let began = Instant::now();
        while !tracking(&redis.url, &["series", "create"])?
            .status()?
            .success()
        {
            if began.elapsed() > Duration::from_secs(10) {
                return Err(format!("expected a Redis at {}", redis.url).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        // The fence of a new history is past.
        together(&redis.url, 1, 1)?;
        Ok(Some(redis))
    }

    pub(crate) fn processes(&self, count: usize) -> Result<Cost, Failure> {
        ticks(&self.url, count)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// So many connections ask `tracking-http` for one number after the other.
pub(crate) fn connections(count: usize) -> Result<Cost, Failure> {
    many_files();
    let server = Served::tracking_http(&["--max-connections", "20000"], &[("RUST_LOG", "off")])?;
    asked(&server, count)
}

pub(crate) fn connections_of_static(count: usize) -> Result<Cost, Failure> {
    many_files();
    asked(&Served::static_route()?, count)
}

fn asked(server: &Served, count: usize) -> Result<Cost, Failure> {
    // The first is to connect, and to warm it up.
    wrk(server.address, SAMPLE, &[], count, 2)?;
    let before = server.cpu_ns()?;
    let requests = wrk(server.address, SAMPLE, &[], count, 4)?;
    Ok(Cost {
        time: (server.cpu_ns()? - before) as f64 / 1e3 / requests as f64,
        memory_kib: memory_kib(&server.id().to_string(), "VmHWM")?,
    })
}

/// As many open files as the system lets us have, for us and for what we start.
fn many_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // With fewer, `wrk` says so.
    let _ = setrlimit(Resource::Nofile, raised);
}
