//! Runs simulations: `simulate FIRST COUNT` prints what they met, or the history of the first that fails, and then
//! fails; `simulate --seed N` prints that seed's history in any case.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracking_proofs::simulation::{Met, run};

/// A simulation takes a hundredth of a second: one that takes so long waits for what nobody gives.
const HANGS_AFTER: Duration = Duration::from_secs(60);

static SEED: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers = arguments.iter().map(|argument| argument.parse().ok());
    match numbers.collect::<Vec<Option<u64>>>()[..] {
        [None, Some(seed)] if arguments[0] == "--seed" => {
            watch(seed);
            one(seed)
        }
        [Some(first), Some(count)] => {
            watch(first);
            many(first, count)
        }
        _ => {
            eprintln!("expected: simulate FIRST COUNT, or: simulate --seed N");
            ExitCode::from(2)
        }
    }
}

/// End the program where a seed hangs: on one thread nothing else could tell.
fn watch(first: u64) {
    SEED.store(first, Ordering::SeqCst);
    std::thread::spawn(|| {
        loop {
            let before = SEED.load(Ordering::SeqCst);
            std::thread::sleep(HANGS_AFTER);
            if SEED.load(Ordering::SeqCst) == before {
                println!("seed {before}: it hangs: a process waits for what another holds");
                std::process::exit(1);
            }
        }
    });
}

fn one(seed: u64) -> ExitCode {
    let outcome = run(seed, true);
    outcome.history.iter().for_each(|line| println!("{line}"));
    println!("{}", outcome.met);
    match outcome.failure {
        None => {
            println!("seed {seed}: all that must hold held");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            println!("seed {seed}: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn many(first: u64, count: u64) -> ExitCode {
    let mut met = Met::default();
    for seed in first..first.saturating_add(count) {
        SEED.store(seed, Ordering::SeqCst);
        let outcome = run(seed, false);
        if outcome.failure.is_some() {
            println!("the simulation number {} fails", seed - first + 1);
            return one(seed);
        }
        met.join(&outcome.met);
    }
    print!("{met}");
    ExitCode::SUCCESS
}
