//! The campaign against scripts and connections with a rule broken: each must be found out, and by
//! the scenario that is there for it. The harness with the sound script finds nothing.

use std::time::Duration;

use super::checked::Checked;
use super::how::How;
use super::loss::flush_all;
use super::scripted::{NAIVE, SOUND};
use super::split::split_brain;
use super::stopped::stop_and_go;

type Scenario = fn(&[How]) -> Option<Checked>;

const FLUSH: Scenario = |clients| flush_all(clients, 5);
const CALM: Scenario = |clients| flush_all(clients, 0);
const SPLIT: Scenario = |clients| split_brain(clients, Duration::from_millis(500));
const STOP: Scenario = |clients| stop_and_go(clients, "", 2);

fn run(text: &str, reuse: bool, clients: usize, scenario: Scenario) -> Option<Checked> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reserve.lua");
    std::fs::write(&path, text).unwrap();
    scenario(&vec![How::Script { path, reuse }; clients])
}

/// The real script with one line of it replaced.
fn broken(right: &str, wrong: &str) -> String {
    assert_eq!(SOUND.matches(right).count(), 1, "the script has changed");
    SOUND.replace(right, wrong)
}

#[test]
fn the_sound_script_passes_in_the_same_harness() {
    for (scenario, clients) in [(FLUSH, 4), (SPLIT, 2), (STOP, 2)] {
        if let Some(checked) = run(SOUND, false, clients, scenario) {
            checked.assert_sound("the sound script");
        }
    }
}

#[test]
fn without_the_fence_a_flush_repeats() {
    let text = broken("FENCE_MS / TICK_MS", "0");
    if let Some(checked) = run(&text, false, 4, FLUSH) {
        println!("no fence: {checked}");
        assert!(checked.repeats > 0, "{checked}");
    }
}

#[test]
fn in_the_same_lane_a_split_brain_repeats() {
    let text = broken(
        "if not other then return answer end\n  last[other + 1] = tick + FENCE",
        "other = lane\n  last[other + 1] = tick + FENCE",
    );
    if let Some(checked) = run(&text, false, 2, SPLIT) {
        println!("the lane is kept: {checked}");
        assert!(checked.repeats > 0, "{checked}");
    }
}

#[test]
fn a_counter_in_doubles_repeats_without_any_fault_and_in_a_split_brain() {
    for (what, scenario) in [("calm", CALM), ("split brain", SPLIT)] {
        if let Some(checked) = run(NAIVE, false, 2, scenario) {
            println!("max(stored, now) in doubles, {what}: {checked}");
            assert!(checked.repeats > 0, "{what}: {checked}");
        }
    }
}

/// It repeats nothing by itself, since each answer is read once. But blocks come in the place of
/// others: older than the question, or longer than was asked for.
#[test]
fn a_connection_used_again_after_a_time_out_gives_answers_to_other_questions() {
    if let Some(checked) = run(SOUND, true, 2, STOP) {
        println!(
            "used again: {} stale, {} too long",
            checked.stale, checked.too_long
        );
        assert!(checked.stale + checked.too_long > 0, "{checked:?}");
    }
}
