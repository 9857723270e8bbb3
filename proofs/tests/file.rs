//! The protocol of a state file: nothing is granted twice with all of its safeguards, and something is without
//! any one of them.
//!
//! The bound is smaller by a process, a tick or a fault, unless TRACKING_PROVE is set.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

use tracking_proofs::file::{Faults, Rule, Setting};
use tracking_proofs::verdict::check;

const WHOLE: Setting = Setting {
    processes: 2,
    rule: Rule::WHOLE,
    faults: Faults {
        kills: false,
        rewinds: false,
        replaces: false,
        put_backs: false,
        set_back: None,
        power_cuts: false,
    },
    faults_max: 2,
    ticks: 3,
};

const REWINDS: Faults = Faults {
    kills: true,
    rewinds: true,
    replaces: true,
    put_backs: false,
    ..WHOLE.faults
};

const PUT_BACKS: Faults = Faults {
    put_backs: true,
    ..REWINDS
};

/// Within what is waited for, and beyond it.
const A_LITTLE: Option<i64> = Some(1);
const A_LOT: Option<i64> = Some(200);

fn set_back(ticks: Option<i64>) -> Faults {
    Faults {
        kills: true,
        set_back: ticks,
        power_cuts: true,
        ..WHOLE.faults
    }
}

fn prove() -> bool {
    std::env::var_os("TRACKING_PROVE").is_some()
}

#[test]
fn nothing_is_granted_twice() {
    for (what, faults) in [
        ("rewinds", REWINDS),
        ("files put back", PUT_BACKS),
        ("the clock a tick back, power cuts", set_back(A_LITTLE)),
        ("the clock 2 s back, power cuts", set_back(A_LOT)),
    ] {
        let setting = Setting { faults, ..WHOLE };
        let larger = [
            Setting {
                faults_max: 3,
                ticks: 4,
                ..setting
            },
            Setting {
                processes: 3,
                ..setting
            },
        ];
        let settings = match prove() {
            true => [setting].into_iter().chain(larger).collect(),
            false => vec![setting],
        };
        for setting in settings {
            let verdict = check(setting);
            println!("file: {what}: {setting}: {verdict}");
            assert_eq!(verdict.repeat, None, "{what}");
            assert!(
                verdict.never.is_empty(),
                "{what}: never: {:?}",
                verdict.never
            );
        }
    }
}

/// Each safeguard of the protocol is needed: without it there is a trace that grants a serial twice.
#[test]
fn each_safeguard_is_needed() {
    let without = |change: fn(&mut Rule)| {
        let mut rule = Rule::WHOLE;
        change(&mut rule);
        rule
    };
    for (what, rule, faults) in [
        ("the lock", without(|rule| rule.lock = false), WHOLE.faults),
        (
            "the look once the lock is had",
            without(|rule| (rule.looks_again, rule.inode_in_history) = (false, false)),
            PUT_BACKS,
        ),
        (
            "the wait for a tick that began under the lock",
            without(|rule| rule.waits_for_tick = false),
            REWINDS,
        ),
        (
            "the inode in the history",
            without(|rule| rule.inode_in_history = false),
            PUT_BACKS,
        ),
        (
            "the last ticks, with a clock that is set back",
            without(|rule| rule.last_ticks = false),
            set_back(A_LITTLE),
        ),
        (
            "the wait for the disk",
            without(|rule| rule.sync = false),
            set_back(A_LITTLE),
        ),
        (
            "the look before the answer",
            without(|rule| (rule.looks_last, rule.inode_in_history) = (false, false)),
            REWINDS,
        ),
        (
            "the write before the answer",
            without(|rule| rule.writes_first = false),
            set_back(A_LITTLE),
        ),
        (
            "one clock for all who hold the lock",
            without(|rule| rule.one_clock = false),
            REWINDS,
        ),
    ] {
        let verdict = check(Setting {
            rule,
            faults,
            ..WHOLE
        });
        println!("file: without {what}: {verdict}");
        assert!(verdict.repeat.is_some(), "without {what}: {verdict}");
    }
}
