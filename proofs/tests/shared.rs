//! A store that hosts share: nothing is granted twice with one fault at a time, and something is without any one
//! of the timeline's safeguards.
//!
//! The bound is smaller, unless TRACKING_PROVE is set.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

use tracking_proofs::shared::{Faults, Rule, Setting};
use tracking_proofs::verdict::check;

const NONE: Faults = Faults {
    failover: false,
    split: false,
    restart: false,
    loss: false,
    wipe: false,
    wipe_and_set_back: false,
    rewind: false,
};

const WHOLE: Setting = Setting {
    callers: 2,
    rule: Rule::WHOLE,
    faults: NONE,
    faults_max: 1,
    requests: 4,
    skew_ms: 0,
    ticks: 1,
    fences: 2,
};

const FAILOVERS: Faults = Faults {
    failover: true,
    restart: true,
    loss: true,
    wipe: true,
    ..NONE
};

const SPLITS: Faults = Faults {
    split: true,
    ..NONE
};

const SET_BACK: Faults = Faults {
    wipe_and_set_back: true,
    ..NONE
};

const REWINDS: Faults = Faults {
    rewind: true,
    ..NONE
};

#[test]
fn nothing_is_granted_twice() {
    let prove = std::env::var_os("TRACKING_PROVE").is_some();
    let skews: &[i64] = if prove { &[0, 240, -240] } else { &[240] };
    for (what, faults, callers, goes_on) in [
        ("failovers, restarts and losses", FAILOVERS, 2, true),
        ("split brains", SPLITS, 2, true),
        // Nothing is granted for as long as the two clocks disagree.
        ("a wipe and a clock 2 s back", SET_BACK, 2, false),
        // Whoever has seen nothing yet goes on in a rewound state: so says the promise.
        ("rewinds under one who has seen more", REWINDS, 1, true),
    ] {
        for skew_ms in skews.iter().copied() {
            let setting = Setting {
                faults,
                callers,
                skew_ms,
                ..WHOLE
            };
            let longer = Setting {
                callers: 1,
                requests: 5,
                faults_max: 2,
                fences: 3,
                ..setting
            };
            let count = if prove { 2 } else { 1 };
            for setting in [setting, longer].into_iter().take(count) {
                let verdict = check(setting);
                println!("shared: {what}: {setting}: {verdict}");
                assert_eq!(verdict.repeat, None, "{what}");
                let comes = verdict.never.is_empty();
                assert_eq!(comes, goes_on, "{what}: {:?}", verdict.never);
            }
        }
    }
}

/// Each safeguard of the timeline is needed: without it there is a trace that grants a serial twice.
#[test]
fn each_safeguard_is_needed() {
    let without = |change: fn(&mut Rule)| {
        let mut rule = Rule::WHOLE;
        change(&mut rule);
        rule
    };
    for (what, rule, faults, callers) in [
        (
            "the fence",
            without(|rule| rule.fence = false),
            FAILOVERS,
            2,
        ),
        (
            "another lane for another history",
            without(|rule| rule.history = false),
            FAILOVERS,
            2,
        ),
        (
            "two clocks that agree",
            without(|rule| rule.two_clocks = false),
            SET_BACK,
            2,
        ),
        (
            "what a caller has seen",
            without(|rule| rule.seen = false),
            REWINDS,
            1,
        ),
    ] {
        let verdict = check(Setting {
            rule,
            faults,
            callers,
            ..WHOLE
        });
        println!("shared: without {what}: {verdict}");
        assert!(verdict.repeat.is_some(), "without {what}: {verdict}");
    }
}
