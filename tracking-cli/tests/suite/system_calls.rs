//! What the system is asked for, in which order; and what becomes of the numbers where it ends or refuses any one
//! of those calls. By `strace`, which also kills the program at its Nth call, or lets that fail.
//!
//! The calls that change something are tried; with TRACKING_PROVE all calls of the program.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::given::{Given, Tries, goes_on, is_recorded, ledger, next, next_recorded};
use crate::strace::{can_trace, traced};
use crate::support::Operator;

/// Calls that change a file or a name, or say that one is whole; and what is printed.
const CHANGING: [&str; 16] = [
    "fcntl",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "openat",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "write",
];
/// Where the ledger of these tests puts what it commits.
const WAL: &str = "ledger.db-wal";
/// The fault that ends it.
const KILL: &str = "signal=SIGKILL";

/// The calls of a run, as `strace` writes them.
fn calls(operator: &Operator, args: &[&str]) -> Vec<String> {
    let options = [
        "-y",
        "-e",
        "trace=write,pwrite64,fsync,fdatasync,link,linkat",
    ];
    let ran = traced(operator, &options, args).unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let trace = std::fs::read_to_string(operator.path("trace")).unwrap();
    trace.lines().map(str::to_owned).collect()
}

/// The place of the last call of this name, on a file whose path has this in it, before another place.
#[track_caller]
fn last(calls: &[String], before: usize, name: &str, path: &str) -> usize {
    let is_it = |call: &String| call.contains(&format!(" {name}(")) && call.contains(path);
    let found = calls[..before].iter().rposition(is_it);
    found.unwrap_or_else(|| panic!("expected {name} of {path} before {before}: {calls:#?}"))
}

#[test]
fn what_is_printed_is_on_the_disk() {
    if !can_trace() {
        return;
    }
    let operator = Operator::new();
    let made = calls(&operator, &["next"]);
    let printed = made
        .iter()
        .rposition(|call| call.contains(" write(") && call.contains("\\n\""));
    let printed = printed.unwrap();
    let synced = last(&made, printed, "fdatasync", ".series>");
    let written = last(&made, synced, "pwrite64", ".series>");
    // The name, and what it names, before that.
    let named = last(&made, written, "fsync", "/tracking>");
    let linked = made[..named]
        .iter()
        .rposition(|call| call.contains(" link"));
    last(&made, linked.unwrap(), "fsync", ".tracking-new-");

    let ledger = format!("sqlite:{}", operator.path("ledger.db").display());
    let args = ["next", "--ledger", &ledger];
    assert_eq!(operator.run(args).code, 0);
    let recorded = calls(&operator, &args);
    let printed = recorded
        .iter()
        .rposition(|call| call.contains(" write("))
        .unwrap();
    let synced = last(&recorded, printed, "fsync", "ledger.db-wal>");
    let written = last(&recorded, synced, "pwrite64", "ledger.db-wal>");
    let reserved = last(&recorded, written, "fdatasync", ".series>");
    last(&recorded, reserved, "pwrite64", ".series>");
}

/// The names of the calls that a run makes: of those that are tried.
fn names(fault: &str, args: &impl Fn(&Operator) -> Vec<String>) -> BTreeSet<String> {
    let operator = Operator::new();
    let args = args(&operator);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let mut names = BTreeSet::new();
    // The first run makes what is missing, and the second goes on with it.
    for _ in 0..2 {
        traced(&operator, &[], &args).unwrap();
        let trace = std::fs::read_to_string(operator.path("trace")).unwrap();
        let calls = trace.lines().filter_map(|line| {
            let call = line.split_once('(')?.0.rsplit(' ').next()?;
            let is_name = call.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
            (is_name && !call.is_empty()).then(|| call.to_owned())
        });
        names.extend(calls);
    }
    // To refuse a program its memory and its locks proves nothing about its files.
    let all = fault == KILL && std::env::var_os("TRACKING_PROVE").is_some();
    names.retain(|name| all || CHANGING.contains(&name.as_str()));
    // Before it the program is not there, and after it nothing is.
    names.retain(|name| !["execve", "exit", "exit_group"].contains(&name.as_str()));
    names
}

/// Run it with a fault at its first call of each name, its second, and so on to the end: of each thread, or of
/// those calls that are about a file in the home alone, since the first thread that comes so far is the one that
/// meets it. Each time in a home of its own, if it is to be fresh. What `then` does afterwards must go on. Gives how
/// often the fault was met.
fn at_each_call(
    fault: &str,
    file: Option<&str>,
    args: impl Fn(&Operator) -> Vec<String>,
    is_fresh: bool,
    then: impl Fn(&Operator, &mut Given<'_>),
) -> usize {
    let mut tries = Tries::new(is_fresh);
    let mut met = 0;
    for name in names(fault, &args) {
        let run = |operator: &Operator, args: &[&str], call| {
            let inject = format!("inject={name}:{fault}:when={call}");
            let mut options = vec!["-e", &inject];
            let path = file.map(|file| operator.path(file).display().to_string());
            options.extend(path.iter().flat_map(|path| ["-P", path]));
            let output = traced(operator, &options, args).unwrap();
            let trace = std::fs::read_to_string(operator.path("trace")).unwrap_or_default();
            let was_met = trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL");
            (output, was_met)
        };
        met += tries.at_each_call(&format!("{fault}, {name}"), &args, run, &then);
    }
    met
}

#[test]
fn killed_at_any_call_it_repeats_nothing() {
    if !can_trace() {
        return;
    }
    let creation = at_each_call(KILL, None, next, true, goes_on);
    let reservation = at_each_call(KILL, None, next, false, goes_on);
    let begun = at_each_call(KILL, None, next_recorded, false, is_recorded);
    let commit = at_each_call(KILL, Some(WAL), next_recorded, false, is_recorded);
    eprintln!(
        "killed at {creation} calls of a creation, {reservation} of a reservation, {begun} of a recorded one, {commit} of its commit"
    );
    assert!(creation > 10 && reservation > 5 && begun > 10 && commit > 3);
}

/// Asked again with its key, a request that was cut short gives numbers that the ledger has: those that it printed,
/// if it came so far.
#[test]
fn killed_at_any_call_a_key_and_its_numbers_are_one() {
    if !can_trace() {
        return;
    }
    let count = Cell::new(0);
    let key = || format!("key-{}", count.get());
    let args = |operator: &Operator| {
        count.set(count.get() + 1);
        let mut args = next_recorded(operator);
        args.extend(["--idempotency-key".to_owned(), key()]);
        args
    };
    let then = |operator: &Operator, given: &mut Given<'_>| {
        let ledger = ledger(operator);
        let key = key();
        let args = ["next", "-n", "3", "--ledger", &ledger, "--idempotency-key"];
        let again = operator.run(args.into_iter().chain([&*key]));
        assert_eq!(again.code, 0, "{again:?}");
        // What is printed twice was issued once.
        if let Some(others) = given.numbers.strip_suffix(&again.stdout) {
            given.numbers.truncate(others.len());
        }
        given.add(&again);
        let exported = operator
            .run(["ledger", "export", "--ledger", &ledger])
            .stdout;
        for number in given.numbers.lines() {
            assert!(exported.contains(number), "{number} is not in the ledger");
        }
    };
    let commit = at_each_call(KILL, Some(WAL), args, false, then);
    eprintln!("killed at {commit} calls of a commit with a key");
    assert!(commit > 3);
}

/// Killed anywhere, an export leaves a source that issues and no export, or one that refuses and gives the same export
/// again; never both.
#[test]
fn killed_at_any_call_a_series_is_in_one_place() {
    if !can_trace() {
        return;
    }
    let count = Cell::new(0);
    let new_file = |operator: &Operator| {
        count.set(count.get() + 1);
        let path = operator.path(&format!("{}.export", count.get()));
        path.to_str().unwrap().to_owned()
    };
    let named = Cell::new(String::new());
    let there = |operator: &Operator| format!("file:{}", operator.path("there").display());
    let exporting = |operator: &Operator| {
        operator.run(["next"]);
        named.set(new_file(operator));
        let path = named.take();
        named.set(path.clone());
        vec!["series".to_owned(), "export".to_owned(), path]
    };
    let (ended, alive) = (Cell::new(0), Cell::new(0));
    let exported = |operator: &Operator, given: &mut Given<'_>| {
        let path = named.take();
        let written = std::fs::read_to_string(&path).ok();
        let next = operator.run(["next"]);
        given.add(&next);
        if next.code == 0 {
            assert_eq!(written, None, "it is exported, and issues");
            alive.set(alive.get() + 1);
            return;
        }
        ended.set(ended.get() + 1);
        let again = operator.run(["series", "export", "-"]);
        assert_eq!(again.code, 0, "{again:?}");
        assert!(written.is_none_or(|written| written == again.stdout));
        let there = there(operator);
        let imported = operator.run_with_input(
            ["series", "import", "-", "--store", &there],
            again.stdout.as_bytes(),
        );
        assert_eq!(imported.code, 0, "{imported:?}");
        given.add(&operator.run(["next", "--store", &there]));
        assert_eq!(operator.run(["next"]).code, 3);
    };
    let exports = at_each_call(KILL, None, exporting, true, exported);

    let importing = |operator: &Operator| {
        operator.run(["next"]);
        let path = new_file(operator);
        operator.run(["series", "export", &path]);
        named.set(path.clone());
        let args = ["series", "import", &path, "--store", &there(operator)];
        args.map(str::to_owned).into()
    };
    let imported = |operator: &Operator, given: &mut Given<'_>| {
        // What an import prints are no numbers.
        let numbers = given.numbers.lines().filter(|line| !line.contains(' '));
        given.numbers = numbers.map(|number| format!("{number}\n")).collect();
        let (path, there) = (named.take(), there(operator));
        let again = operator.run(["series", "import", &path, "--store", &there]);
        assert_eq!(again.code, 0, "{again:?}");
        let next = operator.run(["next", "--store", &there]);
        assert_eq!(next.code, 0, "{next:?}");
        given.add(&next);
        assert_eq!(operator.run(["next"]).code, 3);
    };
    let imports = at_each_call(KILL, None, importing, true, imported);
    eprintln!(
        "killed at {exports} calls of an export, after which {} issued and {} gave the same export again, and at {imports} of an import",
        alive.get(),
        ended.get()
    );
    assert!(exports > 10 && imports > 5 && alive.get() > 3 && ended.get() > 3);
}

#[test]
fn refused_any_call_it_repeats_nothing() {
    if !can_trace() {
        return;
    }
    let errors: &[&str] = match std::env::var_os("TRACKING_PROVE") {
        Some(_) => &["EIO", "ENOSPC", "EINTR", "EAGAIN"],
        None => &["EIO", "EAGAIN"],
    };
    for error in errors {
        let fault = format!("error={error}");
        let reservation = at_each_call(&fault, None, next, false, goes_on);
        let begun = at_each_call(&fault, None, next_recorded, false, is_recorded);
        let commit = at_each_call(&fault, Some(WAL), next_recorded, false, is_recorded);
        eprintln!(
            "{error} at {reservation} calls of a reservation, {begun} of a recorded one, {commit} of its commit"
        );
        assert!(reservation > 5 && begun > 10 && commit > 3);
    }
}
