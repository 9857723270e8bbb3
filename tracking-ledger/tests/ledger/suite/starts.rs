//! First starts, and schemas of other versions.

use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use tracking_core::order::Order;
use tracking_ledger::{LedgerError, LedgerOptions, open_ledger};

use super::Check;
use crate::support::{Place, number, record_new, recording};

pub(super) const CHECKS: &[Check] = &[
    ("ten first starts at once", ten_at_once),
    ("ten first starts, some of them killed", killed),
    (
        "a step that was done and not written down is done again",
        again,
    ),
    ("a newer schema is refused", newer),
];

fn ten_at_once(place: &dyn Place) {
    let barrier = Barrier::new(10);
    thread::scope(|scope| {
        for count in 0..10 {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                record_new(&*place.open(), recording(count, &Order::default()));
            });
        }
    });
    let ledger = place.open();
    assert!((0..10).all(|count| ledger.find(number(count)).unwrap().is_some()));
}

/// The ledger's URL, in a process that starts and may be killed.
const URL: &str = "TRACKING_LEDGER_TEST_START";

#[test]
fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let url = url.parse().unwrap();
    open_ledger(&url, &LedgerOptions::default())
        .unwrap()
        .unwrap();
}

fn killed(place: &dyn Place) {
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["suite::starts::child", "--exact"])
            .env(URL, place.url())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..10).map(|_| start()).collect();
    for (index, child) in children.iter_mut().enumerate().take(5) {
        // While the first of them make tables, and others wait for them.
        thread::sleep(Duration::from_millis(2 + index as u64 * 3));
        child.kill().unwrap();
    }
    for (index, child) in children.iter_mut().enumerate() {
        let status = child.wait().unwrap();
        assert!(
            index < 5 || status.success(),
            "the start of {index}: {status}"
        );
    }
    record_new(&*place.open(), recording(1, &Order::default()));
}

fn again(place: &dyn Place) {
    record_new(&*place.open(), recording(1, &Order::default()));
    for kept in (0..7).rev() {
        place.sql(&format!(
            "DELETE FROM tracking_schema WHERE version > {kept}"
        ));
        assert!(place.open().find(number(1)).unwrap().is_some());
    }
}

fn newer(place: &dyn Place) {
    drop(place.open());
    place.sql("INSERT INTO tracking_schema (version) VALUES (999)");
    let error = place.try_open(&LedgerOptions::default()).unwrap_err();
    assert!(
        matches!(error, LedgerError::NewerSchema { found: 999, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("use the newer program"),
        "{error}"
    );
}
