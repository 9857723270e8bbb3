//! Any step from any state.

use proptest::prelude::*;

use super::*;

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
