//! What is shown, what the documentation names, and what the alert rules use.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Gate, Limits, Metrics, Observed, Options, TokensRead};

use crate::redis_servers::server::is_installed;
use crate::support::{Client, InProcess, Ledgered, Scrape, TokenFile};

const README: &str = include_str!("../../../README.md");
const RULES: &str = include_str!("../../../../deploy/prometheus/tracking.rules.yml");
const RULES_TEST: &str = include_str!("../../../../deploy/prometheus/tracking.rules.test.yml");
const RULES_README: &str = include_str!("../../../../deploy/prometheus/README.md");

/// Every metric there is, after some traffic.
fn everything() -> Scrape {
    const BEARER: &str = "Authorization: Bearer trk_a";
    let file = TokenFile::new(&[("a", "trk_a", "issue metrics", "")]);
    let store = MemoryAllocator::new();
    let metrics = Arc::new(Metrics::new());
    let observed = Observed::new(store, Arc::clone(&metrics));
    metrics.tokens_read(TokensRead::Taken);
    let ledger = Ledgered::new();
    let options = Options {
        ledger: Some(ledger.recorder()),
        metrics,
        gate: Gate::with_tokens(file.path()).unwrap().into(),
        ..Options::default()
    };
    let app = App::new(Desk::new(Generator::new(observed)), options);
    let server = InProcess::with_app(app, Limits::default());
    let mut client = Client::connect(server.address);
    // The rate is that of whole seconds.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let answer = client.ask_with("GET", "/next-tracking-number", &[BEARER]);
        assert_eq!(answer.status, 200);
        let scrape = Scrape::with(&mut client, &[BEARER]);
        if scrape.get("tracking_runway_seconds").is_some() || deadline < std::time::Instant::now() {
            return scrape;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// The rows of the table: name, type, labels.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let (_, section) = README.split_once("\n## Metrics\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, name, kind, labels, meaning, _] = cells[..] else {
            panic!("{row}");
        };
        assert!(meaning.ends_with('.'), "{row}");
        let labels = labels.split(", ").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.trim_matches('`').to_owned());
        let name = name.trim_matches('`').to_owned();
        (name, (kind.to_owned(), labels.collect()))
    });
    rows.collect()
}

#[test]
fn the_readme_names_each_metric_and_no_other() {
    let shown = everything().metrics();
    assert_eq!(documented(), shown);
    assert!(shown.len() > 20);
}

#[test]
fn rules_use_metrics_that_there_are() {
    let there: BTreeSet<_> = documented().into_keys().collect();
    let words = RULES.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let used: BTreeSet<_> = words
        .filter(|word| word.starts_with("tracking_") || word.starts_with("process_"))
        .collect();
    for name in &used {
        let family = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(there.contains(family), "no metric {name}");
    }
    assert!(used.len() > 10, "{used:?}");
}

#[test]
fn each_rule_is_tested_and_explained() {
    let alerts = RULES
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(
            RULES_TEST.contains(&format!("alertname: {alert}\n")),
            "{alert} is not tested"
        );
        assert!(
            RULES_README.contains(&format!("`{alert}`")),
            "{alert} is not explained"
        );
    }
}

/// What `promtool` says, unless it is missing.
#[track_caller]
fn promtool(arguments: &[&str], input: &str) {
    if !is_installed("promtool") {
        return;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It reads nothing where all is in files.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{arguments:?}: {said}");
}

#[test]
fn prometheus_finds_no_fault_with_the_page() {
    promtool(&["check", "metrics"], &everything().text);
}

#[test]
fn prometheus_finds_no_fault_with_the_rules() {
    promtool(
        &["check", "rules", "--lint-fatal", "tracking.rules.yml"],
        "",
    );
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"], "");
}

#[test]
fn each_rule_fires_when_it_should_and_only_then() {
    promtool(&["test", "rules", "tracking.rules.test.yml"], "");
}
