//! Two servers, and those who ask them.

use std::num::NonZeroU32;
use std::sync::Arc;

use tracking_core::Serial;
use tracking_core::store::timeline::{
    Answer, History, Request, SHARED_FENCE_MS, Seen, Timeline, step,
};

use super::{Action, Fault, Faults, Setting};

/// When the model begins: a year after the first tick.
const START_MS: i64 = Serial::EPOCH_MS + 365 * 86_400_000;
const TICK_MS: i64 = Serial::TICK_MS as i64;
const FENCE_MS: i64 = SHARED_FENCE_MS as i64;
/// How far a clock is set back: beyond what is waited for.
const SET_BACK_MS: i64 = 2 * FENCE_MS;

/// The state of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// Since the start.
    now_ms: i64,
    requests_left: u8,
    ticks_left: u8,
    fences_left: u8,
    faults: u8,
    /// When the next fault may come.
    calm_at_ms: i64,
    servers: [Server; 2],
    /// The server that was promoted last.
    primary: usize,
    /// The other one believes to be the primary, too.
    is_split: bool,
    callers: Vec<Caller>,
    /// What the store held when it was first granted from.
    copy: Option<Arc<Timeline>>,
    /// In order.
    granted: Vec<Serial>,
    granted_since_fault: bool,
    twice: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Server {
    state: Option<Arc<Timeline>>,
    /// The number of its process.
    run: u8,
    clock_ahead_ms: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Caller {
    /// The clock that a request on its way carries.
    asked_ms: Option<i64>,
    /// The newest grant, and of which history.
    seen: Option<(History, u8, u64, u32)>,
}

impl World {
    pub(super) fn new(setting: &Setting) -> Self {
        let server = |clock_ahead_ms| Server {
            state: None,
            run: 0,
            clock_ahead_ms,
        };
        let mut world = Self {
            now_ms: START_MS - 2 * FENCE_MS,
            requests_left: setting.requests,
            ticks_left: setting.ticks,
            fences_left: setting.fences,
            faults: 0,
            calm_at_ms: START_MS,
            servers: [server(0), server(setting.skew_ms)],
            primary: 0,
            is_split: false,
            callers: vec![Caller::default(); setting.callers],
            copy: None,
            granted: Vec::new(),
            granted_since_fault: false,
            twice: false,
        };
        // Born long enough ago, and replicated.
        world.callers[0].asked_ms = Some(world.now_ms);
        world.serve(setting, 0, 0, false);
        world.servers[1].state = world.servers[0].state.clone();
        world.copy = world.servers[0].state.clone();
        world.now_ms = START_MS;
        world
    }

    /// What a caller was granted that it was not granted in an earlier state.
    pub(super) fn newest_since(&self, earlier: &Self) -> Option<Serial> {
        let callers = self.callers.iter().zip(&earlier.callers);
        let mut changed = callers.filter(|(now, before)| now.seen != before.seen);
        let (_, lane, tick, slot) = changed.next()?.0.seen.as_ref()?;
        Serial::from_parts(*lane, *tick, slot - 1)
    }

    pub(super) fn twice(&self) -> bool {
        self.twice
    }

    pub(super) fn granted_after_faults(&self, faults: u8) -> bool {
        self.faults == faults && self.granted_since_fault
    }

    pub(super) fn actions(&self, setting: &Setting, actions: &mut Vec<Action>) {
        for (caller, known) in self.callers.iter().enumerate() {
            if known.asked_ms.is_none() {
                if self.requests_left > 0 {
                    actions.push(Action::Ask(caller));
                }
                continue;
            }
            for server in 0..self.servers.len() {
                if server == self.primary || self.is_split {
                    actions.push(Action::Serve(caller, server));
                    actions.push(Action::ServeInVain(caller, server));
                }
            }
        }
        if self.ticks_left > 0 {
            actions.push(Action::Tick);
        }
        if self.fences_left > 0 {
            actions.push(Action::Fence);
        }
        if self.is_split {
            actions.push(Action::Heal);
            return;
        }
        actions.push(Action::Replicate);
        if self.faults == setting.faults_max || self.now_ms < self.calm_at_ms {
            return;
        }
        let Faults {
            failover,
            split,
            restart,
            loss,
            wipe,
            wipe_and_set_back,
            rewind,
        } = setting.faults;
        let all = [
            (failover, Fault::Failover),
            (split, Fault::Split),
            (restart, Fault::Restart),
            (loss, Fault::Loss),
            (wipe, Fault::Wipe),
            (wipe_and_set_back, Fault::WipeAndSetBack),
            (rewind, Fault::Rewind),
        ];
        let allowed = all.into_iter().filter(|(allowed, _)| *allowed);
        actions.extend(allowed.map(|(_, fault)| Action::Fault(fault)));
    }

    /// Take a step; false where it changes nothing.
    pub(super) fn act(&mut self, setting: &Setting, action: Action) -> bool {
        let follower = 1 - self.primary;
        match action {
            Action::Ask(caller) => {
                self.callers[caller].asked_ms = Some(self.now_ms);
                self.requests_left -= 1;
            }
            Action::Serve(caller, server) => self.serve(setting, caller, server, true),
            Action::ServeInVain(caller, server) => self.serve(setting, caller, server, false),
            Action::Tick => {
                self.now_ms += TICK_MS;
                self.ticks_left -= 1;
            }
            Action::Fence => {
                self.now_ms += FENCE_MS;
                self.fences_left -= 1;
            }
            Action::Replicate => {
                let state = self.servers[self.primary].state.clone();
                let known = &mut self.servers[follower].state;
                return std::mem::replace(known, state.clone()) != state;
            }
            Action::Heal => {
                self.servers[follower].state = self.servers[self.primary].state.clone();
                self.is_split = false;
                self.calm_at_ms = self.now_ms + FENCE_MS;
            }
            Action::Fault(fault) => self.fault(fault),
        }
        true
    }

    fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        self.granted_since_fault = false;
        self.calm_at_ms = self.now_ms + FENCE_MS;
        let copy = self.copy.clone();
        let server = &mut self.servers[self.primary];
        match fault {
            Fault::Failover => self.primary = 1 - self.primary,
            Fault::Split => {
                self.primary = 1 - self.primary;
                self.is_split = true;
            }
            Fault::Restart => server.run += 1,
            Fault::Loss => {
                server.run += 1;
                server.state = None;
            }
            Fault::Wipe => server.state = None,
            Fault::WipeAndSetBack => {
                server.state = None;
                server.clock_ahead_ms -= SET_BACK_MS;
            }
            Fault::Rewind => server.state = copy,
        }
    }

    /// Step the real timeline of a server.
    fn serve(&mut self, setting: &Setting, caller: usize, index: usize, arrives: bool) {
        let rule = setting.rule;
        let asked_ms = self.callers[caller].asked_ms.take();
        let server = &mut self.servers[index];
        let now_ms = self.now_ms + server.clock_ahead_ms;
        let before = server.state.as_deref().cloned();
        let history = match (&before, rule.history) {
            (Some(before), false) => Some(before.history().clone()),
            _ => History::new(&format!("server-{index}-{}", server.run)),
        };
        let Some(history) = history else { return };
        let known = &mut self.callers[caller];
        let seen = known
            .seen
            .as_ref()
            .filter(|seen| rule.seen && seen.0 == history);
        let request = Request {
            now_ms,
            history: &history,
            wanted: NonZeroU32::MIN,
            caller_ms: match (asked_ms, rule.two_clocks) {
                (Some(asked_ms), true) => asked_ms,
                _ => now_ms,
            },
            fence_ms: if rule.fence { SHARED_FENCE_MS } else { 0 },
            seen: seen.map(|&(_, lane, tick, slot)| Seen { lane, tick, slot }),
        };
        let mut after = before.clone();
        let answer = step(&mut after, &request);
        if after != before {
            server.state = after.map(Arc::new);
        }
        if let Ok(Answer::Granted(block)) = answer
            && arrives
        {
            let serial = block.start();
            let seen = Seen::end_of(&block);
            known.seen = Some((history, seen.lane, seen.tick, seen.slot));
            self.granted_since_fault = true;
            match self.granted.binary_search(&serial) {
                Ok(_) => self.twice = true,
                Err(at) => self.granted.insert(at, serial),
            }
        }
    }
}
