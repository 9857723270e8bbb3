//! Clients of a proxy: curl, by TLS.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use regex::Regex;

use super::proxy::Proxy;

/// Answers of one curl: as it prints them.
pub(super) struct Curl {
    pub(super) output: String,
}

/// Makes a line of its own of each answer's status and version.
const WRITTEN: &str = "\nstatus=%{http_code} version=%{http_version} error=%{errormsg}\n";

impl Curl {
    /// Ask, with these arguments and for this target, which may have a glob.
    pub(super) fn ask(proxy: &Proxy, args: &[&str], target: &str) -> Self {
        Self::of(&proxy.certificate(), &proxy.url(), args, target)
    }

    fn of(certificate: &Path, url: &str, args: &[&str], target: &str) -> Self {
        let output = Command::new("curl")
            .args(["--silent", "--max-time", "30", "--write-out", WRITTEN])
            .arg("--cacert")
            .arg(certificate)
            .args(args)
            .arg(format!("{url}{target}"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Self {
            output: String::from_utf8(output.stdout).unwrap(),
        }
    }

    pub(super) fn statuses(&self) -> Vec<&str> {
        let lines = self.output.lines();
        let statuses = lines.filter_map(|line| line.strip_prefix("status="));
        statuses.filter_map(|line| line.split(' ').next()).collect()
    }

    /// Lines about answers that are not 200.
    fn failures(&self) -> impl Iterator<Item = String> {
        let lines = self
            .output
            .lines()
            .filter(|line| line.starts_with("status="));
        let failed = lines.filter(|line| !line.starts_with("status=200 "));
        failed.map(str::to_owned)
    }
}

/// What came of a load.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) numbers: Vec<String>,
    pub(super) failed_gets: Vec<String>,
    pub(super) failed_posts: Vec<String>,
}

/// Clients that ask until they are told to stop.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Tally>>,
}

/// Asked by one curl, each by many connections or streams at once.
const ROUND: &str = "#[1-150]";

impl Load {
    /// GETs by HTTP/1.1 and HTTP/2, and POSTs without a key.
    pub(super) fn start(proxy: &Proxy) -> Self {
        let (stop, rounds) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let body = [
            "--data",
            r#"{"count":3}"#,
            "--header",
            "Content-Type: application/json",
        ];
        let json = ["--header", "Accept: application/json"];
        let clients = [
            (vec!["--http1.1"], "/next-tracking-number"),
            (vec!["--http2"], "/next-tracking-number"),
            (
                [&["--http1.1"], &body[..], &json].concat(),
                "/tracking-numbers",
            ),
        ];
        let clients = clients.map(|(args, path)| {
            let (stop, rounds) = (Arc::clone(&stop), Arc::clone(&rounds));
            let (certificate, url) = (proxy.certificate(), proxy.url());
            let is_post = path == "/tracking-numbers";
            let number = Regex::new("[0-9A-Z]{13,16}").unwrap();
            thread::spawn(move || {
                let mut tally = Tally::default();
                while !stop.load(Ordering::SeqCst) {
                    let all = ["--parallel", "--parallel-immediate", "--parallel-max", "16"];
                    let target = format!("{path}{ROUND}");
                    let answers =
                        Curl::of(&certificate, &url, &[&all, &args[..]].concat(), &target);
                    let found = number.find_iter(&answers.output);
                    tally
                        .numbers
                        .extend(found.map(|found| found.as_str().to_owned()));
                    let failed = if is_post {
                        &mut tally.failed_posts
                    } else {
                        &mut tally.failed_gets
                    };
                    failed.extend(answers.failures());
                    let asked = answers.statuses().len();
                    if asked != 150 {
                        failed.push(format!("{asked} of 150 answers"));
                    }
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
                tally
            })
        });
        Self {
            stop,
            rounds,
            clients: clients.into(),
        }
    }

    /// How many curls have ended.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.load(Ordering::SeqCst)
    }

    pub(super) fn stop(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Tally::default();
        for client in self.clients {
            let tally = client.join().unwrap();
            all.numbers.extend(tally.numbers);
            all.failed_gets.extend(tally.failed_gets);
            all.failed_posts.extend(tally.failed_posts);
        }
        all
    }
}

#[track_caller]
pub(super) fn assert_distinct(numbers: &[String]) {
    let mut seen = HashSet::new();
    let again: Vec<&String> = numbers
        .iter()
        .filter(|number| !seen.insert(*number))
        .collect();
    assert!(again.is_empty(), "issued again: {again:?}");
}
