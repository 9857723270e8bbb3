//! The rule against vectors of its executable model, its edges one by one, and the attacks.

use super::*;

mod any_state;
mod attack;
mod doubt;

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
