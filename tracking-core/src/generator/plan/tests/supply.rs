//! Whether there is enough: for every setting, and for a caller who takes all that there is.

use super::*;

/// "At least so many in hand" holds for every setting, at every rate.
#[test]
fn at_least_a_block_and_a_minute_are_in_hand() {
    let longest = LONGEST_RUNWAY.get();
    for block_size in [
        500,
        65_536,
        SLOTS - 1,
        SLOTS,
        SLOTS + 1,
        1 << 20,
        longest / 2 + 1,
        longest - 1,
        longest,
    ] {
        for rate in [0, 20_000, 270_000, 5_000_000] {
            let settings = Settings {
                block_size: count(block_size),
                ..Settings::default()
            };
            let mut sim = Simulation::new(settings);
            sim.run(4_000, rate);
            let promised = (rate * RUNWAY_S).min(longest.into()).max(block_size.into());
            // What is taken while a reservation or the next tick is waited for.
            let under_way = rate * 30 / 1_000;
            for _ in 0..100 {
                sim.run(10, rate);
                let runway = sim.plan.runway();
                assert!(
                    runway + under_way >= promised,
                    "{runway} of {promised} in hand, in blocks of {block_size} at {rate} a second"
                );
            }
        }
    }
}

/// Numbers that one caller makes of serials in a millisecond: one core's work.
const MADE_IN_A_MS: f64 = 18_000.0;

/// A caller who fills as fast as he can, from the first number on, and a store of which each
/// reservation lasts until the next tick, as from a file.
struct Burst {
    plan: Plan,
    now_ms: f64,
    waited_ms: f64,
    /// The reservation under way, and when it was asked for.
    asked: Option<(f64, NonZeroU32)>,
}

impl Burst {
    fn moment(&self) -> Moment {
        moment(self.now_ms as u64)
    }

    fn granted_at(asked_ms: f64) -> f64 {
        (asked_ms / 10.0).floor() * 10.0 + 10.0
    }

    fn set_to_work(&mut self, at_ms: f64) {
        if self.asked.is_none()
            && let Command::Reserve(wanted) = self.plan.command(moment(at_ms as u64))
        {
            self.asked = Some((at_ms, wanted));
        }
    }

    /// Let time pass, with one reservation after the other.
    fn pass(&mut self, ms: f64) {
        self.now_ms += ms;
        while let Some((asked_ms, wanted)) = self.asked {
            let at_ms = Self::granted_at(asked_ms);
            if at_ms > self.now_ms {
                return;
            }
            let granted = block(1, at_ms as u64 / 10, 0, wanted.get().min(SLOTS));
            let [asked, now] = [asked_ms, at_ms].map(|ms| moment(ms as u64));
            self.plan.reserved(asked, now, Ok(granted), 0.0);
            self.asked = None;
            self.set_to_work(at_ms);
        }
    }

    fn fill(&mut self, count: u32) {
        let mut left = count;
        while let Some(wanted) = NonZeroU32::new(left) {
            let taken = self.plan.take(self.moment(), wanted);
            self.set_to_work(self.now_ms);
            if let Some(taken) = taken {
                let length = taken.block.length().get();
                left -= length;
                self.pass(f64::from(length) / MADE_IN_A_MS);
            } else {
                let (asked_ms, _) = self.asked.expect("somebody fetches more");
                let wait_ms = Self::granted_at(asked_ms) - self.now_ms;
                self.waited_ms += wait_ms;
                self.pass(wait_ms);
            }
        }
    }
}

#[test]
fn a_burst_hardly_waits_for_ticks() {
    for calls in [1, 100, 10_000] {
        let mut burst = Burst {
            plan: plan(),
            now_ms: 3.0,
            waited_ms: 0.0,
            asked: None,
        };
        for _ in 0..calls {
            burst.fill(100_000_000 / calls);
        }
        let share = burst.waited_ms / burst.now_ms;
        assert!(share < 0.01, "{share} of the time, in {calls} calls");
    }
}
