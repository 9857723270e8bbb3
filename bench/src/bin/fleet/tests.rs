use super::run::Fleet;
use super::{AWAY_S, SETTLED_S, SLACK};

/// A tenth of 10^9 numbers a day on 1,000 servers: each server does what it does there.
fn a_tenth() -> Fleet {
    Fleet {
        servers: 100,
        load: 100_000_000,
        block_size: None,
        starts_s: 60,
        away_s: None,
        seconds: SETTLED_S + 120,
        answers_a_second: 15_000,
        step_ms: 1_000,
    }
}

#[test]
fn a_fleet_asks_for_no_more_than_the_bound_and_no_number_fails() {
    let fleet = a_tenth();
    let outcome = fleet.run();
    let (mean, _) = outcome.asked(SETTLED_S, fleet.seconds);
    assert!(mean <= fleet.bound() * SLACK, "{mean} of {}", fleet.bound());
    assert!(mean > fleet.bound() / 2.0, "{mean} of {}", fleet.bound());
    assert_eq!(outcome.failed, 0);
    // All that was asked for from the starts on, but for what each asked for last.
    let wanted = fleet.rate() * (0..100).map(|k| 240.0 - 0.6 * f64::from(k)).sum::<f64>();
    assert!((wanted - outcome.issued as f64).abs() < 100.0 * 2.0 * fleet.rate());
    assert!(outcome.reserved > outcome.issued);
}

#[test]
fn no_number_fails_while_the_runway_lasts_and_some_do_after_it() {
    for (away_s, fails) in [(30, false), (55, false), (150, true)] {
        let outcome = Fleet {
            away_s: Some((AWAY_S, away_s)),
            seconds: AWAY_S + away_s + 30,
            ..a_tenth()
        }
        .run();
        assert_eq!(outcome.failed > 0, fails, "{away_s} s: {}", outcome.failed);
    }
}

#[test]
fn a_store_that_is_too_slow_is_seen() {
    let outcome = Fleet {
        starts_s: 1,
        seconds: 30,
        answers_a_second: 20,
        ..a_tenth()
    }
    .run();
    // A hundred ask at once, and twenty are answered a second.
    assert!(outcome.seen.longest_us > 2_000_000);
    assert!(outcome.issued > 0);
    assert!(outcome.failed > 0);
    // What came too late is reserved and nobody's.
    assert!(outcome.first_s > 2.0, "{}", outcome.first_s);
}
