//! One host: a clock, inodes, a path that names one of them, and processes.

use std::num::NonZeroU32;
use std::sync::Arc;

use tracking_core::Serial;
use tracking_core::store::timeline::{Answer, History, Request, Timeline, step};

use super::process::{Stage, only};
use super::{Action, Setting};

/// When the model begins: a year after the first tick.
const START_MS: i64 = Serial::EPOCH_MS + 365 * 86_400_000;
const TICK_MS: i64 = Serial::TICK_MS as i64;
/// Inodes that may come to be: three are enough for one to be put back twice.
const INODES_MAX: u64 = 3;

/// The state of the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// Ticks since the start.
    tick: i64,
    ticks_left: u8,
    faults: u8,
    /// By their numbers, from 1 on.
    inodes: Vec<Inode>,
    /// The inode that the path names.
    path: u64,
    copy: Arc<Timeline>,
    processes: Vec<Stage>,
    /// In order.
    granted: Vec<Serial>,
    twice: bool,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Inode {
    cached: Arc<Timeline>,
    /// What a power cut leaves.
    on_disk: Arc<Timeline>,
}

impl World {
    pub(super) fn new(setting: &Setting) -> Self {
        let born = born();
        let inode = Inode {
            cached: Arc::clone(&born),
            on_disk: Arc::clone(&born),
        };
        Self {
            tick: 0,
            ticks_left: setting.ticks,
            faults: 0,
            inodes: vec![inode],
            path: 1,
            copy: born,
            processes: vec![Stage::Idle; setting.processes],
            granted: Vec::new(),
            twice: false,
        }
    }

    pub(super) fn stage(&self, process: usize) -> &Stage {
        &self.processes[process]
    }

    pub(super) fn twice(&self) -> bool {
        self.twice
    }

    pub(super) fn grants(&self) -> usize {
        self.granted.len()
    }

    pub(super) fn faults(&self) -> u8 {
        self.faults
    }

    /// Whoever can do something; what changes nothing is left out by [`act`](Self::act).
    pub(super) fn actions(&self, setting: &Setting, actions: &mut Vec<Action>) {
        let all = 0..self.processes.len();
        actions.extend(all.clone().map(Action::Go));
        if self.ticks_left > 0 {
            actions.push(Action::Tick);
        }
        let faults = setting.faults;
        if faults.rewinds || faults.replaces {
            actions.push(Action::Copy);
        }
        if self.faults == setting.faults_max {
            return;
        }
        if faults.kills {
            actions.extend(all.map(Action::Kill));
        }
        if faults.rewinds {
            actions.push(Action::WriteOver);
        }
        let count = self.inodes.len() as u64;
        if faults.replaces && count < INODES_MAX {
            actions.push(Action::Replace);
        }
        if faults.put_backs {
            actions.extend((1..=count).map(Action::PutBack));
        }
        actions.extend(faults.set_back.map(Action::SetBack));
        if faults.power_cuts {
            actions.push(Action::PowerCut);
        }
    }

    /// Take a step; false where it changes nothing.
    pub(super) fn act(&mut self, setting: &Setting, action: Action) -> bool {
        let is_fault = !matches!(action, Action::Go(_) | Action::Tick | Action::Copy);
        self.faults += u8::from(is_fault);
        match action {
            Action::Go(process) => return self.go(setting, process),
            Action::Kill(process) => {
                let stage = &mut self.processes[process];
                return std::mem::replace(stage, Stage::Idle) != Stage::Idle;
            }
            Action::Tick => {
                self.tick += 1;
                self.ticks_left -= 1;
            }
            Action::Copy => {
                let present = Arc::clone(&self.inode(self.path).cached);
                return std::mem::replace(&mut self.copy, present) != self.copy;
            }
            Action::WriteOver => {
                let (copy, path) = (Arc::clone(&self.copy), self.path);
                let inode = self.inode_mut(path);
                inode.on_disk = Arc::clone(&copy);
                return std::mem::replace(&mut inode.cached, copy) != inode.cached;
            }
            Action::Replace => {
                self.inodes.push(Inode {
                    cached: Arc::clone(&self.copy),
                    on_disk: Arc::clone(&self.copy),
                });
                self.path = self.inodes.len() as u64;
            }
            Action::PutBack(inode) => {
                return std::mem::replace(&mut self.path, inode) != inode;
            }
            Action::SetBack(ticks) => self.tick -= ticks,
            Action::PowerCut => {
                self.processes.fill(Stage::Idle);
                for inode in &mut self.inodes {
                    inode.cached = Arc::clone(&inode.on_disk);
                }
            }
        }
        true
    }

    fn inode(&self, number: u64) -> &Inode {
        &self.inodes[number as usize - 1]
    }

    fn inode_mut(&mut self, number: u64) -> &mut Inode {
        &mut self.inodes[number as usize - 1]
    }

    /// What a process's clock says.
    fn tick_of(&self, setting: &Setting, process: usize) -> i64 {
        let is_behind = !setting.rule.one_clock && process % 2 == 1;
        self.tick - i64::from(is_behind)
    }

    fn go(&mut self, setting: &Setting, process: usize) -> bool {
        let rule = setting.rule;
        let tick = self.tick_of(setting, process);
        let next = match self.processes[process].clone() {
            Stage::Idle => Stage::Opened(self.path),
            Stage::Opened(inode) => {
                let is_locked = |stage: &Stage| stage.locked() == Some(inode);
                if rule.lock && self.processes.iter().any(is_locked) {
                    return false;
                }
                Stage::Locked(inode)
            }
            Stage::Locked(inode) if rule.looks_again && inode != self.path => Stage::Idle,
            Stage::Locked(inode) => Stage::Looked(inode),
            Stage::Looked(inode) if rule.waits_for_tick => Stage::Noted(inode, tick),
            Stage::Looked(inode) => Stage::Ready(inode, START_MS + tick * TICK_MS),
            Stage::Noted(_, noted) if tick <= noted => return false,
            Stage::Noted(inode, _) => Stage::Ready(inode, START_MS + tick * TICK_MS),
            Stage::Ready(inode, now_ms) => self.step(setting, inode, now_ms),
            Stage::Stepped(_, None, _) => Stage::Idle,
            Stage::Stepped(inode, Some(after), granted) if rule.writes_first => {
                self.inode_mut(inode).cached = after;
                Stage::Written(inode, granted)
            }
            Stage::Stepped(inode, after, granted) => {
                self.answer(setting, inode, granted);
                Stage::Answered(inode, after)
            }
            Stage::Written(inode, granted) => {
                if rule.sync {
                    let inode = self.inode_mut(inode);
                    inode.on_disk = Arc::clone(&inode.cached);
                }
                Stage::Synced(inode, granted)
            }
            Stage::Synced(inode, granted) => {
                self.answer(setting, inode, granted);
                Stage::Idle
            }
            Stage::Answered(inode, after) => {
                if let Some(after) = after {
                    let inode = self.inode_mut(inode);
                    inode.cached = Arc::clone(&after);
                    inode.on_disk = after;
                }
                Stage::Idle
            }
        };
        self.processes[process] = next;
        true
    }

    /// Read, and step the real timeline.
    fn step(&self, setting: &Setting, inode: u64, now_ms: i64) -> Stage {
        let rule = setting.rule;
        let before = Timeline::clone(&self.inode(inode).cached);
        let history = match rule.inode_in_history {
            true => History::of_inode(before.history(), inode),
            false => before.history().clone(),
        };
        let request = Request::local(now_ms, &history, NonZeroU32::MIN);
        let mut after = Some(match rule.last_ticks {
            true => before.clone(),
            false => forgetful(&before, now_ms),
        });
        let answer = step(&mut after, &request);
        let granted = match answer {
            Ok(Answer::Granted(block)) => Some(only(&block)),
            Ok(Answer::NotYet(_)) | Err(_) => None,
        };
        // A tick that began under the lock has its first slot free; from any other nothing is granted.
        let is_whole = |serial: Serial| !rule.waits_for_tick || serial.slot() == 0;
        if !granted.is_none_or(is_whole) {
            return Stage::Idle;
        }
        let after = after.filter(|after| *after != before).map(Arc::new);
        Stage::Stepped(inode, after, granted)
    }

    fn answer(&mut self, setting: &Setting, inode: u64, granted: Option<Serial>) {
        if setting.rule.looks_last && inode != self.path {
            return;
        }
        if let Some(serial) = granted {
            match self.granted.binary_search(&serial) {
                Ok(_) => self.twice = true,
                Err(at) => self.granted.insert(at, serial),
            }
        }
    }
}

/// A state that has waited out its first fence.
fn born() -> Arc<Timeline> {
    let mut state = None;
    let stored = History::new("born");
    let history = stored.map(|stored| History::of_inode(&stored, 1));
    if let Some(history) = &history {
        let request = Request::local(START_MS - 100 * TICK_MS, history, NonZeroU32::MIN);
        // Missing state is written down, whatever is answered.
        let _ = step(&mut state, &request);
    }
    #[expect(
        clippy::expect_used,
        reason = "a step makes a state where there is none"
    )]
    Arc::new(state.expect("a state"))
}

/// What a rule without last ticks goes by: where the clock is behind, the present tick is the last.
fn forgetful(state: &Timeline, now_ms: i64) -> Timeline {
    let present = (now_ms - Serial::EPOCH_MS).unsigned_abs() / Serial::TICK_MS;
    let last = state.last_ticks().map(|tick| tick.min(present));
    let is_behind = state.last_tick(state.lane()) > present;
    let slot = if is_behind { 0 } else { state.slot() };
    let history = state.history().clone();
    Timeline::from_parts(history, state.lane(), slot, last).unwrap_or_else(|| state.clone())
}
