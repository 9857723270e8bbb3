//! The rule against vectors of its executable model, its edges one by one, and the attacks.

use super::*;
use proptest::prelude::*;

mod attack;

fn history(text: &str) -> History {
    History::new(text).unwrap()
}

fn request<'a>(now: i64, history: &'a History, wanted: u32) -> Request<'a> {
    Request {
        now_ms: EPOCH_MS + now,
        history,
        wanted: NonZeroU32::new(wanted).unwrap(),
        caller_ms: EPOCH_MS + now,
        fence_ms: SHARED_FENCE_MS,
        seen: None,
    }
}

fn not_yet(ms: u64) -> Result<Answer, TimelineError> {
    Ok(Answer::NotYet(Duration::from_millis(ms)))
}

fn granted(answer: Result<Answer, TimelineError>) -> (u8, u64, u32, u32) {
    match answer {
        Ok(Answer::Granted(block)) => {
            let start = block.start();
            (
                start.lane(),
                start.tick(),
                start.slot(),
                block.length().get(),
            )
        }
        other => panic!("expected a grant, found {other:?}"),
    }
}

/// Answers and final state of the executable model of the rule, in 1,500 steps with losses of
/// state, new histories, and clocks that step and disagree.
#[test]
fn agrees_with_the_vectors_of_the_model() {
    type Step = (u8, i64, String, u32, i64, u64, u8, Vec<u64>);
    let steps: Vec<Step> =
        serde_json::from_str(include_str!("../../../tests/data/timeline_steps.json")).unwrap();
    assert_eq!(steps.len(), 1_500);
    let mut state = None;
    for (index, (lost, now, name, wanted, caller, fence_ms, kind, values)) in
        steps.into_iter().enumerate()
    {
        if lost == 1 {
            state = None;
        }
        let history = history(&name);
        let before = state.clone();
        let answer = step(
            &mut state,
            &Request {
                caller_ms: EPOCH_MS + caller,
                fence_ms,
                ..request(now, &history, wanted)
            },
        );
        match kind {
            0 => {
                let (lane, tick, slot, length) = granted(answer);
                let found = [u64::from(lane), tick, u64::from(slot), u64::from(length)];
                assert_eq!(found[..], values, "step {index}");
            }
            1 => assert_eq!(answer, not_yet(values[0]), "step {index}"),
            _ => {
                assert!(answer.is_err(), "step {index}: {answer:?}");
                assert_eq!(state, before, "step {index}: an error changed the state");
            }
        }
    }
    let (name, lane, slot, last): (String, u8, u32, Vec<u64>) =
        serde_json::from_str(include_str!("../../../tests/data/timeline_state.json")).unwrap();
    let state = state.unwrap();
    assert_eq!(state.history(), &history(&name));
    assert_eq!((state.lane(), state.slot()), (lane, slot));
    assert_eq!(state.last_ticks()[..], last);
}

/// A state that has granted once, at 100 s, after its fence.
fn running(history: &History) -> Option<Timeline> {
    let mut state = None;
    assert_eq!(
        step(&mut state, &request(90_000, history, 1)),
        not_yet(1000)
    );
    granted(step(&mut state, &request(100_000, history, 1)));
    state
}

#[test]
fn a_tick_is_used_up_and_the_next_waited_for() {
    let h = history("a");
    let mut state = running(&h);
    let (lane, tick, slot, length) = granted(step(&mut state, &request(100_003, &h, SLOTS)));
    assert_eq!((tick, slot, length), (10_000, 1, SLOTS - 1));
    assert_eq!(step(&mut state, &request(100_003, &h, 1)), not_yet(7));
    let next = granted(step(&mut state, &request(100_010, &h, u32::MAX)));
    assert_eq!(next, (lane, 10_001, 0, SLOTS));
}

#[test]
fn the_clock_must_be_within_the_years_of_the_serials() {
    let h = history("a");
    let last_ms = (TICKS * TICK_MS - SHARED_FENCE_MS) as i64;
    for now in [-1, last_ms, i64::MAX - EPOCH_MS] {
        let mut state = running(&h);
        let before = state.clone();
        let error = step(&mut state, &request(now, &h, 1)).unwrap_err();
        let now_ms = EPOCH_MS + now;
        assert_eq!(error, TimelineError::ClockOutOfRange { now_ms });
        assert_eq!(state, before);
    }
    granted(step(&mut running(&h), &request(last_ms - 1, &h, 1)));
    assert_eq!(
        TimelineError::ClockOutOfRange { now_ms: 0 }.to_string(),
        "the clock says 1970-01-01T00:00:00.000Z, but serials hold the years from 2025 to 2112; \
         set the clock right"
    );
}

#[test]
fn clocks_must_agree_where_the_state_is_new() {
    let (a, b) = (history("a"), history("b"));
    for (mut state, skew, agree) in [
        (None, 500, true),
        (None, -501, false),
        (running(&a), 501, false),
        (running(&a), -500, true),
    ] {
        let mut request = request(200_000, &b, 1);
        request.caller_ms += skew;
        let before = state.clone();
        let answer = step(&mut state, &request);
        if agree {
            assert_eq!(answer, not_yet(1000));
        } else {
            let expected = TimelineError::ClocksDisagree {
                store_ms: request.now_ms,
                caller_ms: request.caller_ms,
            };
            assert_eq!(answer, Err(expected));
            assert_eq!(state, before);
        }
    }
    // With a state of this history the caller's clock does not matter.
    let mut request = request(200_000, &a, 1);
    request.caller_ms += 3_600_000;
    granted(step(&mut running(&a), &request));
}

#[test]
fn a_new_history_takes_another_lane_and_waits() {
    let (a, b) = (history("a"), history("b"));
    let mut state = running(&a);
    let before = state.as_ref().map(Timeline::lane);
    assert_eq!(step(&mut state, &request(200_000, &b, 1)), not_yet(1000));
    assert_ne!(state.as_ref().map(Timeline::lane), before);
    assert_eq!(step(&mut state, &request(200_990, &b, 1)), not_yet(10));
    let (lane, tick, slot, _) = granted(step(&mut state, &request(201_000, &b, 1)));
    assert_eq!(
        (Some(lane), tick, slot),
        (state.map(|s| s.lane()), 20_100, 0)
    );
}

#[test]
fn a_clock_that_goes_back_is_waited_for_or_left_in_another_lane() {
    let h = history("a");
    let mut state = running(&h);
    let lane = state.as_ref().map(Timeline::lane).unwrap();
    assert_eq!(step(&mut state, &request(98_500, &h, 1)), not_yet(1500));
    let next = granted(step(&mut state, &request(98_490, &h, 1)));
    assert_eq!(next, ((lane + 1) % LANES, 9_849, 0, 1));
    // Before every lane's fence of the birth, there is none to go on in.
    let error = step(&mut state, &request(80_000, &h, 1)).unwrap_err();
    assert_eq!(error, TimelineError::ClockBehind { behind_ms: 11_010 });
    assert_eq!(
        error.to_string(),
        "the clock is 11010 ms behind every lane; set it right, or wait that long"
    );
}

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

proptest! {
    /// Whatever the store holds and whatever is asked: no panic, a grant in the present tick only,
    /// at most what was wanted, above what the state says was used, and a state that can be read.
    #[test]
    fn any_step_from_any_state(
        lane in 0..LANES,
        slot in 0..=SLOTS,
        base in 0..TICKS,
        offsets in prop::array::uniform32(-200i64..200),
        now in prop_oneof![any::<i64>(), -400i64..400],
        (mine, wanted, fence_ms) in (any::<bool>(), 1u32.., prop_oneof![Just(0), Just(10), Just(1000)]),
        seen in prop::option::of((0..LANES, -3i64..3, 0..=SLOTS)),
    ) {
        let last: [u64; LANE_COUNT] = std::array::from_fn(|k| {
            base.saturating_add_signed(offsets[k % 32]).min(TICKS - 1)
        });
        let seen = seen.map(|(lane, away, slot)| {
            let tick = last[usize::from(lane)].saturating_add_signed(away).min(TICKS - 1);
            Seen { lane, tick, slot }
        });
        let (a, b) = (history("a"), history("b"));
        let before = Timeline::from_parts(a.clone(), lane, slot, last).unwrap();
        let now_ms = if (-400..400).contains(&now) {
            crate::number::serial::tick_start_ms(base) + now
        } else {
            now
        };
        let history = if mine { &a } else { &b };
        let wanted = NonZeroU32::new(wanted).unwrap();
        let request = Request { now_ms, history, wanted, caller_ms: now_ms, fence_ms, seen };
        let mut state = Some(before.clone());
        let answer = step(&mut state, &request);
        let after = state.unwrap();
        let stored = Timeline::from_parts(after.history.clone(), after.lane, after.slot, after.last)
            .and_then(|stored| stored.with_use(after.used, after.doubt));
        prop_assert_eq!(stored.as_ref(), Some(&after));
        prop_assert!(after.doubt >= before.doubt);
        match answer {
            Err(_) => prop_assert_eq!(after, before),
            Ok(Answer::NotYet(wait)) => {
                prop_assert!(wait <= Duration::from_millis(PATIENCE_MS.max(fence_ms)));
            }
            Ok(Answer::Granted(block)) => {
                let start = block.start();
                prop_assert_eq!(Some(start.tick()), crate::number::serial::tick_at(now_ms));
                prop_assert_eq!(block.last().tick(), start.tick());
                prop_assert!(block.length() <= wanted);
                let used = before.last_tick(start.lane());
                let free = if start.lane() == before.lane && start.tick() == used { before.slot } else { 0 };
                prop_assert!(start.tick() > used || start.lane() == before.lane && start.tick() == used);
                prop_assert!(start.slot() >= free);
                prop_assert_eq!((after.lane, after.last_tick(after.lane)), (start.lane(), start.tick()));
                prop_assert_eq!(after.slot, block.last().slot() + 1);
                prop_assert_eq!(after.used, before.used.with(start.lane()));
                // Nothing that the caller knows to be used.
                if let Some(seen) = seen.filter(|seen| mine && seen.lane == start.lane()) {
                    prop_assert!((start.tick(), start.slot()) >= (seen.tick, seen.slot)
                        || start.lane() != before.lane);
                }
            }
        }
    }
}
