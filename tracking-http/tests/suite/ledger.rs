//! With a ledger: numbers are recorded before they are answered.

mod keys;
mod outages;
mod reading;

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tracking_core::store::reserve_patiently;
use tracking_core::{AllocateError, Allocator, Block, Desk, Generator, MemoryAllocator, Series};
use tracking_http::{App, Gate, Limits, Options};
use tracking_ledger::{Ledger, OldNumber, Origin};

use crate::support::{Answer, Client, InProcess, Ledgered};

const SOON: Duration = Duration::from_secs(10);

const NEXT: &str = "/next-tracking-number?origin_country_id=US&weight=1.2";

fn server(ledger: &Ledgered) -> InProcess {
    gated(ledger, Gate::default())
}

fn gated(ledger: &Ledgered, gate: Gate) -> InProcess {
    let options = Options {
        ledger: Some(ledger.recorder()),
        gate: gate.into(),
        ..Options::default()
    };
    let desk = Desk::new(Generator::new(MemoryAllocator::new()));
    InProcess::with_app(App::new(desk, options), Limits::default())
}

fn number(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["tracking_number"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The problem, and that nothing was recorded for it.
#[track_caller]
fn refused(ledger: &Ledgered, answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.problem()["type"], format!("/problems/{kind}"));
    assert!(answer.header("idempotent-replayed").is_none());
    assert!(!answer.body.contains("secret"), "{answer:?}");
    assert_eq!(ledger.entries().len(), 0);
}

fn post(client: &mut Client, key: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    client.post(&headers, &body.to_string())
}

#[test]
fn what_is_answered_is_recorded_with_its_order() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let target = format!("{NEXT}&reference=PO-4711&created_at=2024-01-01T12:00:00%2B08:00");
    let answer = client.ask_with("GET", &target, &["X-Request-Id: r-1"]);
    let issued = answer.json();
    let entries = ledger.entries();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(entry.number.as_str(), number(&answer));
    assert_eq!(entry.reference.as_ref().unwrap().as_str(), "PO-4711");
    assert_eq!(entry.request_id.as_ref().unwrap().as_str(), "r-1");
    assert_eq!(entry.order.weight().unwrap().grams(), 1_200);

    // Asked for, it is told to who may know.
    let target = format!("/tracking-numbers/{}", entry.number);
    let verdict = client.ask("GET", &target).json();
    assert_eq!(verdict["verdict"], "belongs");
    for (member, value) in issued.as_object().unwrap() {
        assert_eq!(&verdict["record"][member], value, "{member}");
    }
    for (member, value) in [
        ("order_created_at", json!("2024-01-01T12:00:00+08:00")),
        ("reference", json!("PO-4711")),
        ("token", Value::Null),
        ("request_id", json!("r-1")),
        ("origin", json!("issued")),
    ] {
        assert_eq!(verdict["record"][member], value, "{member}");
    }
    let (empty, wrong) = (
        client.ask("GET", "/next-tracking-number?reference="),
        client.ask("GET", "/next-tracking-number?reference=%0A&weight=0"),
    );
    assert_eq!(empty.status, 200, "{empty:?}");
    let errors = &wrong.problem()["errors"];
    assert_eq!(
        [&errors[0]["parameter"], &errors[1]["parameter"]],
        ["weight", "reference"]
    );
    assert_eq!(ledger.entries().len(), 2);
}

#[test]
fn a_batch_is_recorded_before_it_is_sent() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    for count in [1, 1_000, 12_345] {
        let answer = post(&mut client, None, &json!({"count": count}));
        assert_eq!(answer.status, 200);
        let answered: HashSet<_> = answer.json()["tracking_numbers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(answered.len(), count);
        let recorded: HashSet<_> = ledger
            .entries()
            .iter()
            .map(|entry| entry.number.as_str().to_owned())
            .collect();
        assert!(answered.is_subset(&recorded));
    }
}

/// A key that nobody remembers would promise what is not kept.
#[test]
fn without_a_ledger_neither_a_key_nor_a_reference_vanishes() {
    let (server, nothing) = (InProcess::new(), Ledgered::new());
    let mut client = Client::connect(server.address);
    let answer = client.ask_with("GET", NEXT, &["Idempotency-Key: a"]);
    refused(&nothing, &answer, 400, "no-ledger");
    let answer = post(&mut client, Some("a"), &json!({"count": 1}));
    refused(&nothing, &answer, 400, "no-ledger");
    let answer = client.ask("GET", &format!("{NEXT}&reference=a"));
    refused(&nothing, &answer, 400, "wrong-parameters");
    let answer = post(&mut client, None, &json!({"count": 1, "reference": "a"}));
    refused(&nothing, &answer, 400, "wrong-parameters");
    assert_eq!(client.ask("GET", NEXT).status, 200);
}

#[test]
fn a_reference_that_is_no_text_is_refused() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    for key in ["r", "r"] {
        let key = format!("Idempotency-Key: {key}");
        let answer = client.ask_with("GET", &format!("{NEXT}&reference=%FF"), &[&key]);
        assert_eq!(answer.problem()["errors"][0]["code"], "not-utf-8");
        refused(&ledger, &answer, 400, "wrong-parameters");
    }
}

/// What is listed until a time stays all that is: nothing is put in behind it later.
#[test]
fn a_long_answer_is_listed_as_it_is_made() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let answer = post(&mut client, None, &json!({"count": 200_000}));
    assert_eq!(answer.status, 200);
    let entries = ledger.entries();
    let (newest, oldest) = (&entries[0], &entries[entries.len() - 1]);
    assert_eq!(entries.len(), 200_000);
    assert!(newest.issued_at_ms > oldest.issued_at_ms);
}

/// What is issued a second time is given to nobody: the next takes its place, also in an answer that was begun.
#[test]
fn a_long_answer_goes_on_with_other_numbers_in_the_place_of_those_that_were_issued_twice() {
    let memory = MemoryAllocator::new();
    let block = reserve_patiently(&memory, NonZeroU32::new(20_000).unwrap(), SOON).unwrap();
    let series = memory.series().clone();
    let taken: Vec<OldNumber> = block
        .serials()
        .step_by(500)
        .map(|serial| OldNumber {
            number: series.encode(serial),
            issued_at_ms: 1_735_689_600_000,
        })
        .collect();
    let ledger = Ledgered::new();
    ledger.import(&taken).unwrap();
    let recorder = ledger.recorder();
    let options = Options {
        ledger: Some(recorder.clone()),
        ..Options::default()
    };
    let desk = Desk::new(Generator::new(Again {
        memory,
        first: Mutex::new(Some(block)),
    }));
    let server = InProcess::with_app(App::new(desk, options), Limits::default());
    let mut client = Client::connect(server.address);
    let answer = post(&mut client, None, &json!({"count": 19_000}));
    assert_eq!(answer.status, 200);
    let answered: HashSet<String> = answer.json()["tracking_numbers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(answered.len(), 19_000);
    assert!(
        taken
            .iter()
            .all(|old| !answered.contains(old.number.as_str()))
    );
    let recorded: HashSet<String> = ledger
        .entries()
        .iter()
        .filter(|entry| entry.origin == Origin::Issued)
        .map(|entry| entry.number.as_str().to_owned())
        .collect();
    assert_eq!(answered, recorded);
    let met = recorder.status().collided;
    assert!((38..=40).contains(&met), "{met}");
}

/// An allocator that first grants what was granted before.
#[derive(Debug)]
struct Again {
    memory: MemoryAllocator,
    first: Mutex<Option<Block>>,
}

impl Allocator for Again {
    fn series(&self) -> &Series {
        self.memory.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        match self.first.lock().unwrap().take() {
            Some(first) => Ok(first.split(wanted).0),
            None => reserve_patiently(&self.memory, wanted, SOON),
        }
    }
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("again:")
    }
}
