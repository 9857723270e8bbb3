//! The console: pages for people.

mod browser;
mod issuing;
mod list;
mod pages;
mod sessions;

use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Gate, Limits, Options};

use crate::support::{Answer, Client, InProcess, Ledgered, Program, query};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn server(ledger: Option<&Ledgered>, gate: Gate) -> InProcess {
    let options = Options {
        ledger: ledger.map(Ledgered::recorder),
        gate: gate.into(),
        console: true,
        ..Options::default()
    };
    let desk = Desk::new(Generator::new(MemoryAllocator::new()));
    InProcess::with_app(App::new(desk, options), Limits::default())
}

/// The program with its console, on a store in memory.
fn program(more: &[&str], variables: &[(&str, &str)]) -> Program {
    let flags = ["--store", "memory:", "--console"];
    Program::start(&[&flags[..], more].concat(), variables)
}

/// A number for this order.
fn take(client: &mut Client, headers: &[&str], order: &[(&str, &str)]) -> String {
    let target = query("/next-tracking-number", order);
    let answer = client.ask_with("GET", &target, headers);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["tracking_number"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn post_form(client: &mut Client, path: &str, headers: &[&str], form: &str) -> Answer {
    let length = format!("Content-Length: {}", form.len());
    let headers: Vec<&str> = [FORM, &length]
        .into_iter()
        .chain(headers.iter().copied())
        .collect();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    client.send(&format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n{form}"
    ));
    client.receive("POST")
}

/// What stands between two texts.
#[track_caller]
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split_once(after).unwrap().0
}

/// The value of a hidden field of a page's form.
#[track_caller]
fn hidden<'a>(page: &'a Answer, name: &str) -> &'a str {
    between(&page.body, &format!("name=\"{name}\" value=\""), "\"")
}

/// The number that a page says was issued.
#[track_caller]
fn issued(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{answer:?}");
    between(&answer.body, "<h1>Issued ", "</h1>")
}
