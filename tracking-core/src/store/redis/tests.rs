//! The script against the rule, on a real Redis.

#[path = "../../../tests/support/redis/mod.rs"]
mod support;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use redis::{Connection, Value, cmd};

use super::answer::{Creation, Outcome, Reservation};
use super::script::{CREATE, RESERVE, Script};
use super::*;
use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::number::serial::{EPOCH_MS, LANES, SLOTS, TICK_MS, TICKS};
use crate::store::timeline::{
    self, Answer, History, LANE_COUNT, Lanes, PATIENCE_MS, Request, SHARED_FENCE_MS, Seen,
    TOLERATED_SKEW_MS, Timeline, TimelineError,
};
use support::server::RedisServer;

/// The line that says what time it is and who the server is, and what a test puts in its place.
const CLOCK: &str =
    "local time, info = redis.pcall('TIME'), redis.pcall('INFO', 'server') -- CLOCK AND HISTORY\n";
const TEST_CLOCK: &str = "local time, info = {KEYS[2], KEYS[3]}, '\\nrun_id:' .. KEYS[4]\n";

#[test]
fn the_script_has_the_constants_of_the_rule() {
    for line in [
        format!("local EPOCH_MS, TICK_MS, TICKS = {EPOCH_MS}, {TICK_MS}, {TICKS}\n"),
        format!("local SLOTS, LANES = {SLOTS}, {LANES}\n"),
        format!(
            "local SKEW_MS, FENCE_MS, PATIENCE_MS = {TOLERATED_SKEW_MS}, {SHARED_FENCE_MS}, {PATIENCE_MS}\n"
        ),
    ] {
        assert!(RESERVE.text.contains(&line), "{line}");
    }
    assert_eq!(RESERVE.text.matches(CLOCK).count(), 1);
    // Only the test's own line takes a clock from outside.
    assert!(!RESERVE.text.contains("KEYS[2]"));
}

/// A series on a Redis of its own, driven with clocks and histories of the test's choice.
struct Twin {
    connection: Connection,
    script: Script,
    series: Series,
    key: String,
    state: Option<Timeline>,
    _server: RedisServer,
}

impl Twin {
    fn start(change: impl Fn(String) -> String) -> Option<Self> {
        let server = RedisServer::start(&[])?;
        let mut connection = server.connection().unwrap();
        let name = "twin".parse().unwrap();
        let series = Series::new(name, Prefix::random(), Key::random(), EPOCH_MS);
        let script = Script::new(change(RESERVE.text.replace(CLOCK, TEST_CLOCK)));
        for script in [&script, &*CREATE] {
            let load = cmd("SCRIPT").arg("LOAD").arg(&script.text).take();
            let sha: String = load.query(&mut connection).unwrap();
            assert_eq!(sha, script.sha);
        }
        let key = hash::key_of(series.name());
        let created: Value = cmd("EVALSHA")
            .arg(&CREATE.sha)
            .arg(2)
            .arg(&key)
            .arg(hash::PREFIXES)
            .arg(hash::creation(&series, None))
            .query(&mut connection)
            .unwrap();
        assert_eq!(Creation::of(&created), Some(Creation::Created));
        Some(Self {
            connection,
            script,
            series,
            key,
            state: None,
            _server: server,
        })
    }

    /// One step of both; what differs, if anything.
    fn step(&mut self, request: &Request<'_>, micros: u64) -> Result<Outcome, String> {
        let before = self.state.clone();
        let expected = match timeline::step(&mut self.state, request) {
            Ok(Answer::Granted(block)) => Outcome::Granted(block),
            Ok(Answer::NotYet(after)) => Outcome::NotYet(after),
            Err(TimelineError::ClockBehind { behind_ms }) => Outcome::Behind { behind_ms },
            Err(TimelineError::ClocksDisagree { .. }) => Outcome::Disagree,
            Err(TimelineError::Moved(moved)) => Outcome::Moved(moved),
            Err(_) => Outcome::OutOfRange,
        };
        let seen = request
            .seen
            .map(|seen| [u64::from(seen.lane), seen.tick, u64::from(seen.slot)]);
        let [(answer,), (hash,)]: [(Value,); 2] = redis::pipe()
            .cmd("EVALSHA")
            .arg(&self.script.sha)
            .arg(4)
            .arg(&self.key)
            .arg(request.now_ms / 1_000)
            .arg(request.now_ms.unsigned_abs() % 1_000 * 1_000 + micros)
            .arg(request.history.as_str())
            .arg(request.wanted.get())
            .arg(request.caller_ms)
            .arg(self.series.fingerprint().to_string())
            .arg(seen.as_ref().map_or(&[][..], |seen| seen))
            .cmd("HGETALL")
            .arg(&self.key)
            .query::<[Value; 2]>(&mut self.connection)
            .map(|values| values.map(|value| (value,)))
            .map_err(|error| format!("{request:?}: {error}"))?;
        let found = Reservation::of(&answer, request.wanted);
        let stored = hash::read(&hash).map_err(|field| format!("{field} of {hash:?}"))?;
        let stored = stored.and_then(|stored| stored.timeline);
        let answers = Some(Reservation {
            store_ms: request.now_ms,
            outcome: expected,
        });
        if found != answers || stored != self.state {
            return Err(format!(
                "{request:?} from {before:?}\nscript {answer:?}\nrule   {answers:?}\nstored {stored:?}\nrule   {:?}",
                self.state
            ));
        }
        answers.map(|answer| answer.outcome).ok_or_else(String::new)
    }

    /// Lose the timeline, or put another one in its place: as the first versions wrote it where
    /// nobody knows which lanes were used.
    fn put(&mut self, state: Option<Timeline>, with_use: bool) {
        let mut pipeline = redis::pipe();
        let fields = ["history", "lane", "tick", "slot", "last", "used", "doubt"];
        pipeline.cmd("HDEL").arg(&self.key).arg(&fields);
        if let Some(state) = &state {
            let last: Vec<_> = state.last_ticks().map(|tick| tick.to_string()).into();
            pipeline
                .cmd("HSET")
                .arg(&self.key)
                .arg(&[("history", state.history().as_str())])
                .arg(&[("lane", state.lane())])
                .arg(&[("tick", state.last_tick(state.lane()))])
                .arg(&[("slot", state.slot())])
                .arg(&[("last", last.join(" "))]);
            if with_use {
                pipeline
                    .arg(&[("used", state.used_lanes().to_string())])
                    .arg(&[("doubt", state.doubt_tick())]);
            }
        }
        pipeline.exec(&mut self.connection).unwrap();
        self.state = state;
    }
}

/// Random clocks, histories and requests, near every edge of the rule.
struct Dice(StdRng);

impl Dice {
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }

    fn history(&mut self) -> History {
        let length = self.pick(&[1, 8, 40, 127, 128]);
        let text: String = (0..length)
            .map(|_| char::from(self.0.random_range(b'!'..=b'~')))
            .collect();
        History::new(&text).unwrap()
    }

    fn move_clock(&mut self, now_ms: i64) -> i64 {
        let end_ms = EPOCH_MS + (TICKS * TICK_MS) as i64;
        let near = |edge: i64, rng: &mut StdRng| edge + rng.random_range(-2_000..2_000);
        match self.0.next_u32() % 400 {
            0 => near(EPOCH_MS, &mut self.0),
            1 => near(end_ms, &mut self.0),
            2..12 => now_ms + self.0.random_range(-4_000..4_000),
            12..20 => now_ms + self.pick(&[-1_500, -1_510, -1_490, -1_000, 1_000]),
            20..24 => now_ms + self.pick(&[-3_600_000, 3_600_000, -86_400_000]),
            _ => now_ms + self.pick(&[0, 0, 0, 1, 1, 2, 5, 9, 10, 30]),
        }
        .max(0)
    }

    fn wanted(&mut self) -> NonZeroU32 {
        let most = self.pick(&[1, 3, 1_000, 65_536, SLOTS, u32::MAX]);
        NonZeroU32::new(self.0.random_range(1..=most)).unwrap()
    }

    fn skew(&mut self) -> i64 {
        match self.0.next_u32() % 50 {
            0 => self.pick(&[-501, -500, 500, 501, 3_600_000]),
            _ => self.0.random_range(-400..400),
        }
    }

    /// A state as it may have been left near a time: by this process or another.
    fn state(&mut self, now_ms: i64, history: &History) -> Option<Timeline> {
        let tick = u64::try_from((now_ms - EPOCH_MS) / TICK_MS as i64).ok()?;
        let spread = self.pick(&[3, 100, 200, 100_000]);
        let ahead = self.pick(&[0, 0, 50, 149, 151, 400]);
        let mut last = [0; LANE_COUNT];
        for last in &mut last {
            *last = (tick + ahead).saturating_sub(self.0.random_range(0..spread));
        }
        let lane = self.0.random_range(0..LANES);
        let slot = self.pick(&[0, 1, SLOTS / 2, SLOTS - 1, SLOTS]);
        Timeline::from_parts(history.clone(), lane, slot, last)
    }

    /// What the caller may have seen: nothing, less than the state, as much, or more.
    fn seen(&mut self, state: Option<&Timeline>) -> Option<Seen> {
        let state = state.filter(|_| self.0.random_bool(0.5))?;
        let more = self.0.random_bool(0.02);
        let lane = match self.0.random_bool(0.8) {
            true => state.lane(),
            false => self.0.random_range(0..LANES),
        };
        let away = if more { self.pick(&[0, 0, 1, 200]) } else { 0 };
        let slot = match more {
            true => self.0.random_range(0..=SLOTS),
            false => self.0.random_range(0..=state.slot()),
        };
        let tick = (state.last_tick(lane) + away).min(TICKS - 1);
        Some(Seen { lane, tick, slot })
    }

    /// What may be known of the lanes that were used: of all, of some, of none.
    fn used(&mut self, state: Timeline) -> Option<Timeline> {
        let often = self.pick(&[0.0, 0.1, 0.5, 1.0]);
        let used = (0..LANES).filter(|_| self.0.random_bool(often));
        let used = used.fold(Lanes::NONE, Lanes::with);
        let doubt = state.last_tick(state.lane());
        let doubt = self.pick(&[0, doubt / 2, doubt, doubt + 100]);
        state.with_use(used, doubt)
    }
}

/// How often two steps are compared; what was seen, to know that all kinds were.
fn differential(twin: &mut Twin, steps: usize, seed: u64) -> Result<[usize; 5], String> {
    let mut dice = Dice(StdRng::seed_from_u64(seed));
    let histories: Vec<History> = (0..4).map(|_| dice.history()).collect();
    let start_ms = EPOCH_MS + 50_000_000_000;
    let (mut now_ms, mut history) = (start_ms, histories[0].clone());
    let mut seen = [0; 5];
    for index in 0..steps {
        now_ms = dice.move_clock(now_ms);
        match dice.0.next_u32() % 300 {
            0 => twin.put(None, false),
            1..3 => {
                let state = dice.state(now_ms, &history);
                twin.put(state, false);
            }
            3..6 => {
                let state = dice.state(now_ms, &history);
                twin.put(state.and_then(|state| dice.used(state)), true);
            }
            6..11 => history = histories[dice.0.random_range(0..4)].clone(),
            11 => history = dice.history(),
            // Out of the years is a place to visit, not to stay.
            12..18 if !(0..3_000_000_000).contains(&(now_ms - start_ms)) => now_ms = start_ms,
            _ => {}
        }
        let request = Request {
            now_ms,
            history: &history,
            wanted: dice.wanted(),
            caller_ms: (now_ms + dice.skew()).max(0),
            fence_ms: SHARED_FENCE_MS,
            seen: dice.seen(twin.state.as_ref()),
        };
        let micros = dice.0.random_range(0..1_000);
        let outcome = twin
            .step(&request, micros)
            .map_err(|difference| format!("seed {seed}, step {index}: {difference}"))?;
        seen[match outcome {
            Outcome::Granted(_) => 0,
            Outcome::NotYet(_) => 1,
            Outcome::OutOfRange => 2,
            Outcome::Behind { .. } => 3,
            _ => 4,
        }] += 1;
        // The fence, so that most steps are grants.
        if matches!(outcome, Outcome::NotYet(wait) if wait.as_millis() > 100)
            && dice.0.random_bool(0.5)
        {
            now_ms += 1_000;
        }
    }
    Ok(seen)
}

/// 100,000 steps where `TRACKING_PROVE` is set, else a tenth; `TRACKING_SEED` repeats a run.
#[test]
fn the_script_answers_and_stores_what_the_rule_does() {
    let Some(mut twin) = Twin::start(|text| text) else {
        return;
    };
    let prove = std::env::var_os("TRACKING_PROVE").is_some();
    let steps = if prove { 100_000 } else { 10_000 };
    let seed = std::env::var("TRACKING_SEED").ok();
    let seed = seed.map_or_else(rand::random, |seed| seed.parse().unwrap());
    let seen = differential(&mut twin, steps, seed).unwrap_or_else(|found| panic!("{found}"));
    println!("seed {seed}, {steps} steps: granted, waits, out of range, behind, disagree {seen:?}");
    assert!(seen.iter().all(|&count| count > 0), "seed {seed}: {seen:?}");
}

/// Scripts with one rule broken differ from the rule, and soon.
#[test]
fn a_script_with_a_rule_broken_is_found_out() {
    for (rule, right, wrong) in [
        ("no fence", "FENCE_MS / TICK_MS", "0"),
        (
            "the same lane",
            "  last[other + 1] = tick + FENCE\n",
            "  other = lane\n  last[other + 1] = tick + FENCE\n",
        ),
        (
            "ahead of the clock",
            "elseif tick > last_tick then",
            "elseif false then",
        ),
        (
            "a clock that went back",
            "if behind_ms <= PATIENCE_MS then return",
            "if false then return",
        ),
        ("clocks that disagree", "> SKEW_MS", "> SKEW_MS + 1"),
        ("a slot too many", "SLOTS - slot)", "SLOTS - slot + 1)"),
        ("a stale lane", "  last[lane + 1] = last_tick\n", ""),
        (
            "a serial put together",
            "local answer = {'granted', now_ms, lane, tick, slot, granted}",
            "local serial = lane * 2^56 + tick * 2^18 + slot\n\
             local answer = {'granted', now_ms, math.floor(serial / 2^56), math.floor(serial / 2^18) % 2^38, serial % 2^18, granted}",
        ),
        ("the years", "tick + FENCE >= TICKS", "tick >= TICKS"),
        (
            "a new history without doubt",
            "  doubt = math.max(doubt or 0, unpack(last))\n",
            "  doubt = doubt or 0\n",
        ),
        (
            "a rewound state that is taken for a living one",
            "before ~= history or rewound then",
            "before ~= history then",
        ),
        (
            "a slot that went back",
            " or seen_lane == lane and seen_tick == known and seen_slot > slot\n",
            "\n",
        ),
        (
            "what others may have seen",
            "math.max(seen_tick, last[seen_lane + 1], tick)",
            "last[seen_lane + 1]",
        ),
        (
            "a lane that was used by an older version",
            "    if not is_used(index - 1) then doubt = math.max(doubt, last[index]) end\n",
            "",
        ),
        (
            "a used lane that is not written down",
            "'used', with_used(other), ",
            "",
        ),
    ] {
        let changed = |text: String| {
            assert_eq!(
                text.matches(right).count(),
                1,
                "{rule}: the script has changed"
            );
            text.replace(right, wrong)
        };
        let Some(mut twin) = Twin::start(changed) else {
            return;
        };
        let found = differential(&mut twin, 20_000, 1);
        assert!(found.is_err(), "{rule}: nobody noticed");
    }
}
