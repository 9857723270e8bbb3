//! What becomes of the numbers where the system has no more random bits, threads, descriptors or memory: an error,
//! and never a panic, a number twice, or a key that can be guessed.
//!
//! Random bits, threads and mappings are refused by `strace`, at all calls from the Nth on; descriptors and memory are
//! bounded by `ulimit`. With TRACKING_PROVE the Nth call alone is refused, too, and eight times as many sizes of memory
//! are tried.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use crate::given::{Given, goes_on, is_recorded, next, next_recorded};
use crate::strace::{can_trace, traced};
use crate::support::{Operator, Ran};

/// A run asks for the same thing less often than this: more would be one that never ends.
const CALLS_MAX: usize = 1_000;
/// So many that it takes two blocks, and all processors.
const MANY: usize = 300_000;
/// The codes with which it ends itself: done, not to be done, and by the loader, before it is there.
const ENDS: [i32; 3] = [0, 3, 127];
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;
/// What the standard library says before it ends the process by SIGABRT: anywhere, and before `main`.
const NO_MEMORY: [&str; 2] = [
    "memory allocation of ",
    "failed to allocate an alternative stack",
];

type Args = fn(&Operator) -> Vec<String>;

fn next_many(_: &Operator) -> Vec<String> {
    ["next", "-n", &MANY.to_string()].map(str::to_owned).into()
}

/// A run that ended in one of the ways in which it may, whatever was missing.
#[track_caller]
fn ended(output: Output, what: &str) -> Ran {
    let signal = output.status.signal();
    let ran = Ran::from(output);
    let by_itself = ENDS.contains(&ran.code);
    let aborted = signal == Some(SIGABRT) && NO_MEMORY.iter().any(|said| ran.stderr.contains(said));
    // The loader, which has nothing to say it with.
    let not_loaded = signal == Some(SIGSEGV) && ran.stdout.is_empty() && ran.stderr.is_empty();
    assert!(
        by_itself || aborted || not_loaded,
        "{what}: signal {signal:?}, {ran:?}"
    );
    // An error says what it was; only the loader and an abort have their own words.
    assert!(
        ran.code != 3 || ran.stderr.contains("error: "),
        "{what}: {}",
        ran.stderr
    );
    ran
}

fn is_full() -> bool {
    std::env::var_os("TRACKING_PROVE").is_some()
}

/// All from the Nth call on, and in the full form that call alone, as `strace` writes it.
fn which_calls() -> &'static [&'static str] {
    if is_full() { &["+", ""] } else { &["+"] }
}

/// Run it while all calls of these names from the Nth on, or the Nth alone, are refused: for each N until none is
/// met. What `then` does afterwards must go on. Gives how often it was met, and how often it printed all the same.
fn refused(
    operator: &Operator,
    inject: &str,
    args: Args,
    then: impl Fn(&Operator, &mut Given<'_>),
) -> (usize, usize) {
    let (mut met, mut printed) = (0, 0);
    let mut given = Given {
        operator,
        numbers: String::new(),
    };
    for and_later in which_calls() {
        for call in 1..CALLS_MAX {
            let what = format!("inject={inject}:when={call}{and_later}");
            let args = args(operator);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let output = traced(operator, &["-e", &what], &args).unwrap();
            let trace = std::fs::read_to_string(operator.path("trace")).unwrap();
            let ran = ended(output, &what);
            given.add(&ran);
            then(operator, &mut given);
            if !trace.contains("(INJECTED)") {
                assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
                break;
            }
            met += 1;
            printed += usize::from(ran.code == 0);
        }
    }
    given.audit(inject);
    (met, printed)
}

/// The key of the operator's series, made where there is none yet.
fn key(operator: &Operator) -> String {
    let ran = operator.run(["series", "show", "--reveal-key"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = ran.stdout.lines().find(|line| line.starts_with("key "));
    line.unwrap().to_owned()
}

#[test]
fn without_random_bits_there_is_an_error_or_a_good_key() {
    if !can_trace() {
        return;
    }
    let (mut keys, mut made, mut met) = (HashSet::new(), 0, 0);
    for error in ["ENOSYS", "EPERM", "EIO"] {
        for and_later in which_calls() {
            for call in 1..CALLS_MAX {
                // In a home of its own, so that it makes a key.
                let operator = Operator::new();
                let what = format!("inject=getrandom:error={error}:when={call}{and_later}");
                let output = traced(&operator, &["-e", &what], &["next", "-n", "3"]).unwrap();
                let trace = std::fs::read_to_string(operator.path("trace")).unwrap();
                let ran = ended(output, &what);
                let mut given = Given {
                    operator: &operator,
                    numbers: String::new(),
                };
                given.add(&ran);
                if ran.code == 0 {
                    made += 1;
                    assert!(keys.insert(key(&operator)), "{what}: a key came twice");
                }
                goes_on(&operator, &mut given);
                given.audit(&what);
                if !trace.contains("(INJECTED)") {
                    assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
                    break;
                }
                met += 1;
            }
        }
        let operator = Operator::new();
        let inject = format!("getrandom:error={error}");
        let (reservations, _) = refused(&operator, &inject, next, goes_on);
        let recorded = match error {
            // The standard library panics where it cannot seed a hash table: before anything is issued.
            "EIO" => {
                let args = next_recorded(&operator);
                let args: Vec<_> = args.iter().map(String::as_str).collect();
                let inject = format!("inject={inject}:when=1+");
                let output = traced(&operator, &["-e", &inject], &args).unwrap();
                assert_eq!(
                    (output.status.success(), &*output.stdout),
                    (false, &b""[..])
                );
                1
            }
            _ => refused(&operator, &inject, next_recorded, is_recorded).0,
        };
        eprintln!(
            "{error} of getrandom: {reservations} in reservations, {recorded} in recorded ones"
        );
        met += reservations + recorded;
    }
    eprintln!("without random bits {met} times, {made} keys were made");
    assert!(met >= 20 && made >= 5, "{met} and {made}");
}

#[test]
fn without_threads_it_is_slower_or_an_error() {
    if !can_trace() {
        return;
    }
    let operator = Operator::new();
    let inject = "clone3,clone:error=EAGAIN";
    let (met, printed) = refused(&operator, inject, next_many, |_, _| ());
    let (unrecorded, recorded) = refused(&operator, inject, next_recorded, is_recorded);
    let (audits, audited) = refused(&operator, inject, audit_many, |_, _| ());
    eprintln!(
        "no thread {met} times for many numbers, {unrecorded} for recorded ones, {audits} for an audit"
    );
    // Numbers need no thread; what is recorded does.
    assert!(met >= 4 && printed == met, "{met} and {printed}");
    assert!(
        unrecorded >= 4 && recorded == 0,
        "{unrecorded} and {recorded}"
    );
    assert!(audits >= 1 && audited == audits, "{audits} and {audited}");
}

#[test]
fn without_descriptors_it_is_an_error() {
    let (mut met, mut printed) = (0, 0);
    for (args, then) in [
        (next as Args, goes_on as fn(&Operator, &mut Given<'_>)),
        (next_recorded, is_recorded),
    ] {
        for is_fresh in [true, false] {
            let mut operator = Operator::new();
            let mut numbers = String::new();
            for limit in 3..=16 {
                if is_fresh {
                    (operator, numbers) = (Operator::new(), String::new());
                }
                let what = format!("ulimit -n {limit}");
                let ran = ended(limited(&operator, "-n", limit, args), &what);
                let mut given = Given {
                    operator: &operator,
                    numbers,
                };
                given.add(&ran);
                then(&operator, &mut given);
                given.audit(&what);
                numbers = given.numbers;
                met += usize::from(ran.code != 0);
                printed += usize::from(ran.code == 0);
            }
        }
    }
    eprintln!("too few descriptors {met} times, enough {printed} times");
    assert!(met >= 16 && printed >= 16, "{met} and {printed}");
}

#[test]
fn without_memory_it_ends_and_repeats_nothing() {
    let operator = Operator::new();
    let step = if is_full() { 128 } else { 1_024 };
    let version: Args = |_| vec!["--version".to_owned()];
    let starts = |kib: &u64| limited(&operator, "-v", *kib, version).status.success();
    // It differs by how the program was built.
    let least = (1..4_096).map(|times| times * 512).find(starts).unwrap();
    let [mut given, mut recorded] = [(); 2].map(|()| Given {
        operator: &operator,
        numbers: String::new(),
    });
    let (mut met, mut aborted, mut printed) = (0, 0, 0);
    for kib in (least..least + 12 * 1_024).step_by(step) {
        for (args, is_recorded) in [
            (next as Args, false),
            (next_many, false),
            (next_recorded, true),
        ] {
            let what = format!("ulimit -v {kib}");
            let ran = ended(limited(&operator, "-v", kib, args), &what);
            let log = if is_recorded {
                &mut recorded
            } else {
                &mut given
            };
            log.add(&ran);
            met += usize::from(ran.code != 0);
            aborted += usize::from(ran.code == -1);
            printed += usize::from(ran.code == 0);
        }
    }
    goes_on(&operator, &mut given);
    is_recorded(&operator, &mut recorded);
    given.numbers.push_str(&recorded.numbers);
    given.audit("ulimit -v");
    eprintln!("too little memory {met} times, {aborted} of them aborted; enough {printed} times");
    assert!(
        met >= 10 && aborted >= 1 && printed >= 10,
        "{met}, {aborted}, {printed}"
    );
}

#[test]
fn without_mappings_it_ends_and_repeats_nothing() {
    if !can_trace() {
        return;
    }
    let operator = Operator::new();
    let inject = "mmap,mremap:error=ENOMEM";
    let (met, _) = refused(&operator, inject, next, goes_on);
    let (recorded, _) = refused(&operator, inject, next_recorded, is_recorded);
    eprintln!("no mapping {met} times, and {recorded} where it records");
    assert!(met >= 12 && recorded >= 16, "{met} and {recorded}");
}

/// Run it under a bound of the shell's.
fn limited(operator: &Operator, flag: &str, bound: u64, args: Args) -> Output {
    let bound = bound.to_string();
    let program = operator.command([]);
    Command::new("sh")
        .args([
            "-c",
            r#"ulimit "$1" "$2" && shift 2 && exec "$@""#,
            "sh",
            flag,
            &bound,
        ])
        .arg(program.get_program())
        .args(args(operator))
        .env_clear()
        .env("HOME", operator.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Look for repeats among more numbers than one processor is given.
fn audit_many(operator: &Operator) -> Vec<String> {
    let file = operator.path("many");
    if !file.exists() {
        std::fs::write(&file, operator.numbers(MANY).join("\n")).unwrap();
    }
    ["audit".to_owned(), file.display().to_string()].into()
}
