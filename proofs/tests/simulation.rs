//! The simulation, for many seeds: whatever the dice bring, no number is issued twice, none that was is refused, and
//! nothing that was answered is lost.
//!
//! 10,000 seeds from `TRACKING_SEED` on, or from 0; 1,000,000 where `TRACKING_PROVE` is set. The first that fails
//! prints its history, and `cargo run -p tracking-proofs --bin simulate -- --seed N` repeats it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

use std::num::NonZero;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use tracking_proofs::simulation::Met;

/// Seeds of one process: a child that was pretended leaves some of its memory behind.
const BATCH: u64 = 500;

fn simulate(arguments: &[String]) -> Output {
    let program = env!("CARGO_BIN_EXE_simulate");
    Command::new(program).args(arguments).output().unwrap()
}

#[test]
fn whatever_the_dice_bring_no_number_repeats() {
    let prove = std::env::var_os("TRACKING_PROVE").is_some();
    let count: u64 = if prove { 1_000_000 } else { 10_000 };
    let seed = std::env::var("TRACKING_SEED").ok();
    let first: u64 = seed.map_or(0, |seed| seed.parse().unwrap());
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let met = Mutex::new(Met::default());
    let started = Instant::now();
    let work = || {
        while !failed.load(Ordering::SeqCst) {
            let done = next.fetch_add(BATCH, Ordering::SeqCst);
            if done >= count {
                break;
            }
            let output = simulate(&[(first + done).to_string(), BATCH.to_string()]);
            let text = String::from_utf8(output.stdout).unwrap();
            if !output.status.success() {
                failed.store(true, Ordering::SeqCst);
                let errors = String::from_utf8_lossy(&output.stderr);
                panic!("{text}{errors}simulations from {}: see above", first + done);
            }
            met.lock().unwrap().join(&Met::parse(&text));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    let met = met.into_inner().unwrap();
    let seconds = started.elapsed().as_secs();
    println!("simulation: {count} seeds from {first} on, in {seconds} s; met:\n{met}");
    assert_eq!(met.never(), [""; 0], "faults that never met their window");
}

#[test]
fn a_seed_repeats_exactly_what_it_did() {
    for seed in 0..20 {
        let run = || simulate(&["--seed".to_owned(), seed.to_string()]).stdout;
        let history = run();
        assert!(history.len() > 1_000, "seed {seed} has no history");
        assert_eq!(history, run(), "seed {seed}");
    }
}
