//! What the server does where the system has no more random bits, threads, descriptors or memory: an error, never a
//! panic or a number twice; and once there are some again, it serves as before.
//!
//! Random bits and threads are refused by a library that is loaded before the C library's, descriptors and memory by
//! `prlimit`, of the server that runs. With TRACKING_PROVE ten times as many requests are sent under each.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};
use tracking_ledger::{LedgerOptions, open_ledger};
use tracking_test_support::{Lines, Preload, until};

use crate::support::{Client, Program, command};

/// What is refused, as the library knows it.
const RANDOM: i32 = 1;
const THREADS: i32 = 2;
/// How many of an order are asked for at once: more than a block.
const MANY: usize = 20_000;
/// Under each shortage, and ten times as many in `scripts/prove`.
const REQUESTS: usize = 40;
const PATIENCE: Duration = Duration::from_secs(30);

fn requests() -> usize {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => 10 * REQUESTS,
        None => REQUESTS,
    }
}

/// The library, and the file that it shares with this test.
struct Shortage {
    library: Preload,
    switch: File,
}

impl Shortage {
    fn compile() -> Option<Self> {
        let library = Preload::compile(include_str!("exhaustion.c"))?;
        let path = library.folder().join("switch");
        let switch = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path);
        let shortage = Self {
            library,
            switch: switch.unwrap(),
        };
        shortage.switch.write_all_at(&[0; 12], 0).unwrap();
        Some(shortage)
    }

    /// Of this, from now on; of nothing by 0.
    fn of(&self, what: i32) {
        self.switch.write_all_at(&what.to_ne_bytes(), 0).unwrap();
    }

    /// How often this was refused.
    fn met(&self, what: i32) -> i32 {
        let mut bytes = [0; 4];
        let offset = 4 * u64::try_from(what).unwrap();
        self.switch.read_exact_at(&mut bytes, offset).unwrap();
        i32::from_ne_bytes(bytes)
    }
}

/// A server, and all that it says.
struct Server {
    program: Program,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// How often it said this.
    fn said(&self, text: &str) -> usize {
        self.said.lock().unwrap().matches(text).count()
    }

    /// It ends as it should, and nothing has panicked.
    #[track_caller]
    fn end(self) {
        self.program.signal(Signal::TERM);
        let (status, _) = self.program.wait();
        let said = self.said.lock().unwrap();
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(status.code(), Some(0), "{said}");
    }
}

/// A series and a ledger, servers of it one after the other, and all that they answered.
struct House {
    folder: tempfile::TempDir,
    records: bool,
    numbers: Vec<String>,
    /// Requests that were answered by an error, and that were not answered.
    errors: usize,
    unanswered: usize,
}

impl House {
    fn new(records: bool) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            records,
            numbers: Vec::new(),
            errors: 0,
            unanswered: 0,
        }
    }

    fn ledger(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("ledger.db").display())
    }

    fn args(&self) -> Vec<String> {
        let store = self.folder.path().join("a.series");
        let mut args = vec!["--store".to_owned(), format!("file:{}", store.display())];
        if self.records {
            args.extend(["--ledger".to_owned(), self.ledger()]);
        }
        args
    }

    fn serve(&self, preload: Option<&Preload>) -> Server {
        let args = self.args();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let library = preload.map(|library| library.path().display().to_string());
        let variables = library.as_deref().map(|path| ("LD_PRELOAD", path));
        let mut program = Program::start(&args, variables.as_slice());
        let said = program.read_stderr();
        // It serves by now, and has reserved nothing yet.
        let answer = Client::connect(program.address).ask("GET", "/livez");
        assert_eq!(answer.status, 200);
        Server { program, said }
    }

    /// One request on a connection of its own, which must be answered within the patience unless it is cut off; gives
    /// whether it came to numbers.
    fn ask(&mut self, program: &Program, request: &str) -> bool {
        let answer = Client::try_connect(program.address).and_then(|mut client| {
            let method = request.split(' ').next().unwrap();
            client.try_send(request).then_some(())?;
            client.try_receive(method)
        });
        let Some(answer) = answer else {
            self.unanswered += 1;
            return false;
        };
        if answer.status != 200 {
            assert!([503, 500].contains(&answer.status), "{answer:?}");
            self.errors += 1;
            return false;
        }
        let quoted = answer.body.split('"');
        let numbers = quoted.filter(|text| {
            let is_one = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
            text.len() == 16 && text.bytes().all(is_one)
        });
        let before = self.numbers.len();
        self.numbers.extend(numbers.map(str::to_owned));
        self.numbers.len() > before
    }

    /// Requests of every kind, each on a connection of its own.
    fn ask_all(&mut self, program: &Program) {
        let body = format!(r#"{{"count":{MANY}}}"#);
        let many = format!(
            "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        for count in 0..requests() {
            self.ask(
                program,
                "GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n",
            );
            self.ask(program, "GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n");
            if count.is_multiple_of(10) {
                self.ask(program, &many);
            }
        }
    }

    /// It serves again, by itself.
    fn recovers(&mut self, server: &Server) {
        let began = Instant::now();
        for request in [
            "GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n",
            "GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n",
        ] {
            let is_number = request.contains("number");
            loop {
                let errors = self.errors + self.unanswered;
                let had = self.ask(&server.program, request);
                if had || !is_number && self.errors + self.unanswered == errors {
                    break;
                }
                assert!(
                    began.elapsed() < PATIENCE,
                    "does not recover: {request}{}",
                    server.said.lock().unwrap()
                );
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// No number twice, and each in the ledger.
    fn audit(&self, what: &str) {
        let different: HashSet<_> = self.numbers.iter().collect();
        assert_eq!(different.len(), self.numbers.len(), "{what}");
        if self.records {
            let ledger = open_ledger(&self.ledger().parse().unwrap(), &LedgerOptions::default());
            let ledger = ledger.unwrap().unwrap();
            for number in &self.numbers {
                let entry = ledger.find(number.parse().unwrap()).unwrap();
                assert!(entry.is_some(), "{what}: {number} is not recorded");
            }
        }
        eprintln!(
            "{what}, {}: {} numbers, {} errors, {} unanswered",
            if self.records {
                "recorded"
            } else {
                "not recorded"
            },
            self.numbers.len(),
            self.errors,
            self.unanswered
        );
    }
}

/// A bound of a process that runs, as it was before.
fn bound(program: &Program, resource: Resource, current: Option<u64>) -> Rlimit {
    let pid = Pid::from_raw(program.id().cast_signed());
    let maximum = getrlimit(resource).maximum;
    prlimit(pid, resource, Rlimit { current, maximum }).unwrap()
}

/// While the server runs, what it asks for is refused by the library.
fn refused_midway(what: i32, name: &str) {
    for records in [false, true] {
        let Some(shortage) = Shortage::compile() else {
            return;
        };
        let mut house = House::new(records);
        let server = house.serve(Some(&shortage.library));
        // From its first request on: nothing is warm yet.
        shortage.of(what);
        server.program.signal(Signal::HUP);
        house.ask_all(&server.program);
        let met = shortage.met(what);
        shortage.of(0);
        house.recovers(&server);
        // SIGHUP is heard again, too.
        let heard = "nothing to read again on SIGHUP";
        let before = server.said(heard);
        server.program.signal(Signal::HUP);
        until("SIGHUP is heard", || server.said(heard) > before);
        house.ask_all(&server.program);
        server.end();
        house.audit(&format!("no {name}, {met} times"));
        assert!(met > 0 || what == RANDOM, "{name} were never asked for");
    }
}

#[test]
fn a_server_without_threads_is_slower_or_answers_an_error() {
    refused_midway(THREADS, "threads");
}

#[test]
fn a_server_without_random_bits_goes_on_or_answers_an_error() {
    refused_midway(RANDOM, "random bits");
}

/// A first start draws a key, and starts threads: it ends by an error, and the next one serves.
#[test]
fn a_server_that_starts_under_a_shortage_says_so() {
    for (what, name) in [(RANDOM, "random bits"), (THREADS, "threads")] {
        for records in [false, true] {
            let Some(shortage) = Shortage::compile() else {
                return;
            };
            let mut house = House::new(records);
            shortage.of(what);
            let mut args = house.args();
            args.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let library = shortage.library.path().display().to_string();
            let mut command = command(&args, &[("LD_PRELOAD", &library)]);
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let lines = Lines::of(child.stderr.take().unwrap());
            let served = || {
                lines
                    .so_far()
                    .iter()
                    .any(|line| line.starts_with("try it: "))
            };
            let mut ended = None;
            until("an end, or that it serves", || {
                ended = child.try_wait().unwrap();
                ended.is_some() || served()
            });
            let _ = child.kill();
            child.wait().unwrap();
            until("a word of it", || !lines.so_far().is_empty());
            let said = lines.so_far().join("\n");
            assert!(!said.contains("panicked"), "{name}: {said}");
            // The key may come from elsewhere where `getrandom` is refused; threads may not.
            assert!(ended.is_some() || what == RANDOM, "{said}");
            if let Some(status) = ended {
                assert!(said.contains("error: "), "{name}, {status}: {said}");
                assert_eq!(status.code(), Some(3), "{said}");
            }
            assert!(shortage.met(what) > 0, "{name} were never asked for");
            shortage.of(0);
            let server = house.serve(Some(&shortage.library));
            house.ask_all(&server.program);
            server.end();
            house.audit(name);
        }
    }
}

#[test]
fn a_server_without_descriptors_goes_on_when_there_are_some() {
    for records in [false, true] {
        let mut house = House::new(records);
        let server = house.serve(None);
        let (mut met, mut closed, began) = (0, 0, Instant::now());
        while met < 3 {
            assert!(began.elapsed() < PATIENCE, "descriptors were always enough");
            // Fewer than it has, and so none for a connection: which waits until there are some.
            let before = bound(&server.program, Resource::Nofile, Some(3));
            let mut waiting = Client::connect(server.program.address);
            assert!(waiting.try_send("GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n"));
            let waits = waiting.is_silent_for(Duration::from_millis(200));
            bound(&server.program, Resource::Nofile, before.current);
            match waiting.try_receive("GET") {
                Some(answer) => {
                    assert_eq!(answer.status, 200);
                    met += usize::from(waits);
                }
                // Accepted, and then there was none for the rest.
                None => closed += 1,
            }
            house.recovers(&server);
        }
        house.ask_all(&server.program);
        server.end();
        house.audit(&format!("no descriptors, {met} times, and {closed} closed"));
    }
}

/// An allocation that fails ends the program by SIGABRT, as Rust does; the next one goes on behind it.
#[test]
fn a_server_without_memory_ends_or_goes_on_and_repeats_nothing() {
    for records in [false, true] {
        let mut house = House::new(records);
        let (mut aborted, mut survived) = (0, 0);
        for kib in [0, 16, 128, 1_024, 4_096, 16_384] {
            let mut server = house.serve(None);
            house.recovers(&server);
            let most = (server.program.memory_kib("VmSize:") + kib) * 1_024;
            let before = bound(&server.program, Resource::As, Some(most));
            house.ask_all(&server.program);
            bound(&server.program, Resource::As, before.current);
            let next = "GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n";
            let mut has_aborted = false;
            // It may be about to end.
            until("it serves again, or has ended", || {
                has_aborted = server.program.has_aborted();
                has_aborted || house.ask(&server.program, next)
            });
            if has_aborted {
                aborted += 1;
                continue;
            }
            survived += 1;
            server.end();
        }
        let server = house.serve(None);
        house.ask_all(&server.program);
        server.end();
        house.audit(&format!(
            "too little memory: aborted {aborted} times, went on {survived}"
        ));
        assert!(survived >= 1 && house.errors + house.unanswered + aborted > 0);
    }
}
