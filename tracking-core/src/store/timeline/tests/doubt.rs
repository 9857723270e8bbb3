//! What a state says was used: lanes that are known, and the doubt about the others.

use super::*;

#[test]
fn lanes_that_were_used_are_known_and_doubt_ends_where_knowledge_begins() {
    let (a, b) = (history("a"), history("b"));
    let mut state = None;
    assert_eq!(step(&mut state, &request(90_000, &a, 1)), not_yet(1000));
    // Lost or new: whatever was used before was used before the fence ends.
    let born = state.clone().unwrap();
    let lanes = Lanes::only(born.lane());
    assert_eq!((born.used_lanes(), born.doubt_tick()), (lanes, 9_100));
    let first = granted(step(&mut state, &request(100_000, &a, 1))).0;
    let known = state.clone().unwrap();
    assert_eq!(
        (known.used_lanes(), known.doubt_tick()),
        (Lanes::only(first), 9_100)
    );
    assert!(known.may_have_used(first, 20_000) && known.may_have_used(first + 1, 9_100));
    assert!(!known.may_have_used(first + 1, 9_101));
    // A clock that went back: another lane, which is known, and no doubt.
    let second = granted(step(&mut state, &request(95_000, &a, 1))).0;
    let known = state.clone().unwrap();
    let used = Lanes::only(first).with(second);
    assert_eq!((known.used_lanes(), known.doubt_tick()), (used, 9_100));
    // A new history: all that was lost is in doubt, and its lane known before the first grant.
    assert_eq!(step(&mut state, &request(200_000, &b, 1)), not_yet(1000));
    let known = state.clone().unwrap();
    let used = used.with(known.lane());
    assert_eq!((known.used_lanes(), known.doubt_tick()), (used, 20_100));
    // So is what a clock that ran ahead may have granted.
    step(&mut state, &request(900_000, &b, 1)).unwrap();
    assert_eq!(step(&mut state, &request(300_000, &a, 1)), not_yet(1000));
    assert_eq!(state.unwrap().doubt_tick(), 90_000);
}

/// A snapshot, some lanes that were used since, and a restart from it: nothing is denied.
#[test]
fn what_a_restart_from_an_old_snapshot_lost_is_never_denied() {
    let names = ["a", "b", "c", "d"].map(history);
    let snapshot = running(&names[0]);
    let (mut now, mut lost) = (200_000, Vec::new());
    let mut state = None;
    for history in &names[1..] {
        state = snapshot.clone();
        assert_eq!(step(&mut state, &request(now, history, 1)), not_yet(1000));
        for wait in [1_000, 3_600_000] {
            now += wait;
            let (lane, tick, ..) = granted(step(&mut state, &request(now, history, 1)));
            lost.push((lane, tick));
        }
        now += 5_000;
    }
    let state = state.unwrap();
    for (lane, tick) in lost {
        assert!(state.may_have_used(lane, tick), "{lane} {tick}");
    }
    let unused = (0..LANES).filter(|&lane| !state.may_have_used(lane, now as u64 / TICK_MS));
    assert_eq!(unused.count(), 62);
}

#[test]
fn a_state_that_knows_less_than_the_caller_is_left_for_another_lane() {
    let h = history("a");
    let state = running(&h);
    let (lane, tick) = state
        .as_ref()
        .map(|s| (s.lane(), s.last_tick(s.lane())))
        .unwrap();
    let seen = |lane: u8, tick, slot| Some(Seen { lane, tick, slot });
    for (seen, rewound) in [
        (None, false),
        (seen(lane, tick, 1), false),
        (seen(lane, tick - 1, SLOTS), false),
        (seen(lane, tick, 2), true),
        (seen(lane, tick + 1, 1), true),
        // A lane that a clock which went back had moved it to.
        (seen(lane ^ 1, 9_100, 5), false),
        (seen(lane ^ 1, 9_101, 5), true),
    ] {
        let mut state = state.clone();
        let asked = Request {
            seen,
            ..request(100_003, &h, 1)
        };
        let answer = step(&mut state, &asked);
        let after = state.unwrap();
        if !rewound {
            assert_eq!(
                (granted(answer).0, after.doubt_tick()),
                (lane, 9_100),
                "{seen:?}"
            );
            continue;
        }
        assert_eq!(answer, not_yet(1000), "{seen:?}");
        assert!(
            after.lane() != lane && after.last_tick(after.lane()) == 10_100,
            "{seen:?}"
        );
        assert_eq!(after.doubt_tick(), 10_100);
        let left = seen.map(|seen| seen.lane).unwrap();
        assert!(after.used_lanes().contains(left) && after.last_tick(left) >= 10_000);
        // Others who have seen as much do not move it once more.
        let mut state = Some(after);
        assert_eq!(step(&mut state, &asked), not_yet(1000), "{seen:?}");
        assert_eq!(step(&mut state, &request(100_990, &h, 1)), not_yet(10));
        // The clocks must agree, as for a new history.
        let mut state = running(&h);
        let skewed = Request {
            caller_ms: asked.caller_ms + 501,
            ..asked
        };
        assert!(step(&mut state, &skewed).is_err());
        assert_eq!(state, running(&h));
    }
}

#[test]
fn a_doubt_from_outside_changes_what_is_refused_and_nothing_else() {
    let h = history("a");
    let state = running(&h).unwrap();
    let doubted = state.clone().doubted(EPOCH_MS + 150_000);
    assert_eq!(doubted.doubt_tick(), 15_000);
    let (mut left, mut right) = (Some(state.clone()), Some(doubted.clone()));
    for now in [100_000, 100_003, 98_500, 50_000, 160_000] {
        let request = request(now, &h, 3);
        assert_eq!(step(&mut left, &request), step(&mut right, &request));
    }
    // It only grows, and reaches the newest last tick where the clock is behind it.
    assert_eq!(doubted.clone().doubted(0), doubted);
    assert_eq!(state.doubted(EPOCH_MS).doubt_tick(), 10_000);
    assert_eq!(doubted.doubted(i64::MAX).doubt_tick(), TICKS - 1);
}

#[test]
fn a_lane_that_an_older_version_used_is_in_doubt() {
    let mut last = [5; LANE_COUNT];
    (last[3], last[9]) = (1_000, 2_000);
    let state = Timeline::from_parts(history("a"), 9, 4, last).unwrap();
    assert_eq!(state.doubt_tick(), 2_000);
    for (used, doubt, expected) in [
        (Lanes::NONE, 0, 2_000),
        (Lanes::only(9), 0, 1_000),
        (Lanes::only(9).with(3), 0, 5),
        (Lanes::only(9).with(3), 77, 77),
        (Lanes::only(3), 7_000, 7_000),
    ] {
        let state = state.clone().with_use(used, doubt).unwrap();
        assert_eq!(
            (state.used_lanes(), state.doubt_tick()),
            (used.with(9), expected)
        );
    }
    assert_eq!(state.with_use(Lanes::NONE, TICKS), None);
}
