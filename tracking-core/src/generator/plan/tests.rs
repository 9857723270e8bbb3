//! The plan alone, in simulated time with a simulated allocator.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::number::serial::{EPOCH_MS, SLOTS, Serial};
use crate::store::guard::Highest;
use crate::store::timeline::{Answer, History, Request, Timeline, step};

fn moment(ms: u64) -> Moment {
    Moment {
        wall_ms: EPOCH_MS + 1_000_000_000 + ms as i64,
        monotonic_ms: ms,
    }
}

fn count(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn block(lane: u8, tick: u64, slot: u32, length: u32) -> Block {
    Block::new(Serial::from_parts(lane, tick, slot).unwrap(), count(length)).unwrap()
}

fn plan() -> Plan {
    Plan::new(Settings::default(), moment(0))
}

fn down() -> AllocateError {
    AllocateError::unavailable("test:", "down")
}

#[test]
fn reserves_a_block_ahead_and_then_waits_for_its_age() {
    let mut plan = plan();
    assert_eq!(plan.command(moment(0)), Command::Reserve(count(65_536)));
    plan.reserved(moment(0), moment(1), Ok(block(1, 1, 0, 65_536)), 0.0);
    assert_eq!(plan.command(moment(1)), Command::Wait(59_999));
    // One is taken: the next block is fetched before it is needed.
    assert_eq!(
        plan.take(moment(2), count(1)).unwrap().block,
        block(1, 1, 0, 1)
    );
    assert_eq!(plan.command(moment(2)), Command::Reserve(count(65_536)));
    plan.reserved(moment(2), moment(2), Ok(block(1, 2, 0, 65_536)), 0.0);
    assert_eq!(plan.runway(), 2 * 65_536 - 1);
    // The older block is used up first.
    assert_eq!(
        plan.take(moment(2), count(u32::MAX)).unwrap().block,
        block(1, 1, 1, 65_535)
    );
}

#[test]
fn a_block_is_replaced_at_60_s_and_dropped_at_120_s() {
    let mut plan = plan();
    plan.reserved(moment(0), moment(900), Ok(block(1, 1, 0, 65_536)), 0.0);
    assert_eq!(plan.command(moment(59_999)), Command::Wait(1));
    assert_eq!(
        plan.command(moment(60_000)),
        Command::Reserve(count(65_536))
    );
    // While the store is down the old one still serves.
    plan.reserved(moment(60_000), moment(60_010), Err(down()), 1.0);
    assert!(plan.take(moment(119_999), count(1)).is_some());
    // Its age counts from before it was asked for.
    assert!(plan.take(moment(120_000), count(1)).is_none());
    assert_eq!(plan.runway(), 0);
}

#[test]
fn once_replaced_the_old_block_goes() {
    let mut plan = plan();
    plan.reserved(moment(0), moment(0), Ok(block(1, 1, 0, 65_536)), 0.0);
    plan.reserved(
        moment(60_000),
        moment(60_000),
        Ok(block(1, 2, 0, 65_536)),
        0.0,
    );
    assert_eq!(plan.command(moment(60_000)), Command::Wait(60_000));
    assert_eq!(
        plan.take(moment(60_000), count(1)).unwrap().block,
        block(1, 2, 0, 1)
    );
}

#[test]
fn either_clock_ages_a_block() {
    let now = moment(1_000);
    for (wall_ms, monotonic_ms, there) in [
        (0, 0, true),
        (119_999, 0, true),
        (120_000, 0, false),
        (0, 120_000, false),
        // The time of day was set back: the monotonic clock counts on.
        (-3_600_000, 119_999, true),
        (-3_600_000, 120_000, false),
    ] {
        let mut plan = plan();
        plan.reserved(now, now, Ok(block(1, 1, 0, 100)), 0.0);
        let later = Moment {
            wall_ms: now.wall_ms + wall_ms,
            monotonic_ms: now.monotonic_ms + monotonic_ms,
        };
        assert_eq!(
            plan.take(later, count(1)).is_some(),
            there,
            "{wall_ms} {monotonic_ms}"
        );
    }
}

#[test]
fn failures_are_retried_with_a_growing_pause_and_jitter() {
    let mut plan = plan();
    let mut now = 0;
    for (longest, jitter) in [
        (25, 1.0),
        (50, 0.0),
        (100, 1.0),
        (200, 0.5),
        (400, 1.0),
        (800, 1.0),
        (1_000, 1.0),
        (1_000, 0.0),
    ] {
        assert!(matches!(plan.command(moment(now)), Command::Reserve(_)));
        plan.reserved(moment(now), moment(now), Err(down()), jitter);
        let pause = (f64::from(longest) * (0.5 + 0.5 * jitter)) as u64;
        assert_eq!(plan.command(moment(now)), Command::Wait(pause));
        assert_eq!(plan.command(moment(now + pause - 1)), Command::Wait(1));
        now += pause;
    }
    assert_eq!(
        (plan.failures, plan.error.as_ref().unwrap().kind()),
        (8, "unavailable")
    );
    plan.reserved(moment(now), moment(now), Ok(block(1, 1, 0, 9)), 0.0);
    assert!(plan.error.is_none());
    // Nine are too few: the next follows without a pause.
    assert!(matches!(plan.command(moment(now)), Command::Reserve(_)));
}

#[test]
fn not_yet_is_waited_for_and_is_no_failure() {
    let mut plan = plan();
    let after = Duration::from_millis(70);
    plan.reserved(
        moment(0),
        moment(5),
        Err(AllocateError::NotYet { after }),
        0.0,
    );
    assert_eq!(plan.command(moment(5)), Command::Wait(70));
    assert_eq!(plan.command(moment(75)), Command::Reserve(count(65_536)));
    assert!(plan.error.is_none());
    assert_eq!(plan.failures, 0);
}

#[test]
fn the_runway_lasts_a_minute_at_the_recent_rate() {
    for rate in [100u64, 5_000, 20_000, 270_000] {
        let mut sim = Simulation::new(Settings::default());
        sim.run(20_000, rate);
        sim.store_is_down = true;
        let before = sim.missed;
        sim.run(59_000, rate);
        assert_eq!(sim.missed, before, "at {rate} numbers a second");
        // And it recovers.
        sim.store_is_down = false;
        sim.run(1_500, rate);
        let missed = sim.missed;
        sim.run(5_000, rate);
        assert_eq!(sim.missed, missed);
    }
}

#[test]
fn the_runway_is_bounded() {
    let mut sim = Simulation::new(Settings::default());
    sim.run(10_000, 20_000_000);
    assert!(sim.longest_runway > 8_000_000, "{}", sim.longest_runway);
    assert!(
        sim.longest_runway < u64::from(LONGEST_RUNWAY.get() + SLOTS),
        "{}",
        sim.longest_runway
    );
    // Long after, there is no more than an idle generator needs.
    sim.run(400_000, 0);
    assert!(sim.plan.runway() <= 2 * 65_536, "{}", sim.plan.runway());
}

#[test]
fn an_idle_generator_reserves_once_a_minute() {
    let mut sim = Simulation::new(Settings::default());
    sim.run(600_000, 0);
    assert!((10..=12).contains(&sim.asked), "{}", sim.asked);
}

mod supply;

/// A plan, an allocator on a simulated clock, and a caller who takes numbers at a rate.
struct Simulation {
    plan: Plan,
    now_ms: u64,
    wall_offset_ms: i64,
    state: Option<Timeline>,
    history: History,
    highest: Highest,
    store_is_down: bool,
    asked: u64,
    missed: u64,
    longest_runway: u64,
    issued: BTreeMap<Serial, Serial>,
}

impl Simulation {
    fn new(settings: Settings) -> Self {
        Self {
            plan: Plan::new(settings, moment(0)),
            now_ms: 0,
            wall_offset_ms: 0,
            state: None,
            history: History::new("simulated").unwrap(),
            highest: Highest::default(),
            store_is_down: false,
            asked: 0,
            missed: 0,
            longest_runway: 0,
            issued: BTreeMap::new(),
        }
    }

    fn now(&self) -> Moment {
        let mut now = moment(self.now_ms);
        now.wall_ms += self.wall_offset_ms;
        now
    }

    fn reserve(&mut self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        self.asked += 1;
        if self.store_is_down {
            return Err(down());
        }
        let now_ms = self.now().wall_ms;
        let request = Request::local(now_ms, &self.history, wanted);
        match step(&mut self.state, &request) {
            Ok(Answer::Granted(block)) => match self.highest.raise(block) {
                Ok(()) => Ok(block),
                Err(repeated) => Err(AllocateError::refused("simulated:", repeated)),
            },
            Ok(Answer::NotYet(after)) => Err(AllocateError::NotYet { after }),
            Err(error) => Err(AllocateError::unavailable("simulated:", error)),
        }
    }

    /// Let time pass in steps of 5 ms, with one command a step carried out.
    fn run(&mut self, ms: u64, rate: u64) {
        for _ in 0..ms / 5 {
            self.now_ms += 5;
            self.take(rate * 5 / 1_000);
            let now = self.now();
            if let Command::Reserve(wanted) = self.plan.command(now) {
                let answer = self.reserve(wanted);
                self.plan.reserved(now, self.now(), answer, 0.5);
            }
            self.longest_runway = self.longest_runway.max(self.plan.runway());
        }
    }

    fn take(&mut self, mut wanted: u64) {
        while let Some(count) = NonZeroU32::new(wanted as u32) {
            let Some(taken) = self.plan.take(self.now(), count) else {
                self.missed += 1;
                return;
            };
            let (start, last) = (taken.block.start(), taken.block.last());
            let before = self.issued.range(..=last).next_back();
            assert!(
                before.is_none_or(|(_, before)| *before < start),
                "{start} was issued twice"
            );
            self.issued.insert(start, last);
            wanted -= u64::from(taken.block.length().get());
        }
    }
}

#[derive(Debug, Clone)]
enum Event {
    Run { ms: u64, rate: u64 },
    StoreDown(bool),
    ClockStep(i64),
    StateLost,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0u64..12_000, prop_oneof![Just(0u64), 1u64..500_000]).prop_map(|(ms, rate)| Event::Run { ms, rate }),
        1 => any::<bool>().prop_map(Event::StoreDown),
        1 => prop_oneof![-5_000i64..5_000, Just(3_600_000), Just(-3_600_000)].prop_map(Event::ClockStep),
        1 => Just(Event::StateLost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Outages, clock steps and lost state in any order: nothing is issued twice, since the guard
    /// refuses what it saw before even where the allocator, with its state lost and its clock set
    /// back, would repeat; and the bounds hold.
    #[test]
    fn nothing_is_issued_twice(
        block_size in prop_oneof![Just(1u32), Just(500), Just(65_536), Just(SLOTS)],
        max_age_ms in 1_000u64..20_000,
        events in prop::collection::vec(event(), 1..12),
    ) {
        let settings = Settings { block_size: count(block_size), block_max_age_ms: max_age_ms };
        let mut sim = Simulation::new(settings);
        for event in events {
            match event {
                Event::Run { ms, rate } => sim.run(ms, rate),
                Event::StoreDown(is_down) => sim.store_is_down = is_down,
                Event::ClockStep(ms) => sim.wall_offset_ms += ms,
                Event::StateLost => sim.state = None,
            }
            prop_assert!(sim.plan.runway() < 2 * u64::from(LONGEST_RUNWAY.get() + SLOTS));
        }
    }
}
