//! The file's rule as a simulation, with the real timeline and the real slots: processes that
//! reserve from one path, held up between any two of their steps, while somebody rewinds the file,
//! renames copies over it, puts former files back and empties it.
//!
//! One host: a clock that goes forward, inodes with a lock each, a path that names one of them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rand::prelude::*;
use rand::rngs::StdRng;

use super::START_MS;
use crate::number::serial::{TICK_MS, tick_at};
use crate::store::timeline::{Answer, History, Request, Timeline, step};

/// What is attacked: the rule, or the rule without one of its safeguards.
#[derive(Clone, Copy)]
struct Rule {
    /// Grant from a tick that began under the lock, and not from the present one.
    begun: bool,
    /// Look whether the path names the file once its lock is had.
    looks_again: bool,
    /// Look again before the answer.
    looks_last: bool,
    /// The number of the inode is part of the history.
    lanes: bool,
}

const RULE: Rule = Rule {
    begun: true,
    looks_again: true,
    looks_last: true,
    lanes: true,
};

#[derive(Clone, Copy, PartialEq)]
enum Rewinds {
    None,
    /// Copies written over the file and renamed over it; the file emptied.
    Copies,
    /// And files that stood at the path before are renamed over it again.
    PutBack,
}

struct Inode {
    number: u64,
    state: RefCell<Option<Timeline>>,
    locked: RefCell<bool>,
}

/// Where a process stands.
#[derive(Clone)]
enum Stage {
    Idle,
    Opened,
    /// With the lock; and since which tick.
    Locked,
    Noted(u64),
    /// After the one reading of the clock.
    Ready(i64),
    /// The state was written; what is to be answered.
    Written(Answer),
}

struct Process {
    /// When it goes on.
    at_ms: i64,
    stage: Stage,
    inode: Rc<Inode>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Count {
    grants: usize,
    twice: usize,
    /// Rewinds in a tick that was granted from.
    met: usize,
}

struct World {
    rule: Rule,
    random: StdRng,
    now_ms: i64,
    path: Rc<Inode>,
    former: Vec<Rc<Inode>>,
    copies: Vec<Option<Timeline>>,
    inodes: u64,
    granted: BTreeSet<crate::Serial>,
    last_tick: u64,
    count: Count,
}

impl World {
    fn new(rule: Rule, seed: u64) -> Self {
        let history = History::of_inode(&History::new("born").unwrap(), 1);
        let mut state = None;
        let now_ms = START_MS - 1_000;
        let request = Request::local(now_ms, &history, std::num::NonZeroU32::MIN);
        step(&mut state, &request).unwrap();
        let path = Rc::new(Inode {
            number: 1,
            state: RefCell::new(state.clone()),
            locked: RefCell::new(false),
        });
        Self {
            rule,
            random: StdRng::seed_from_u64(seed),
            now_ms: START_MS,
            former: Vec::new(),
            copies: vec![state],
            path,
            inodes: 1,
            granted: BTreeSet::new(),
            last_tick: 0,
            count: Count::default(),
        }
    }

    /// A step takes a moment, and now and then the process is held up for long.
    fn delay_ms(&mut self) -> i64 {
        if self.random.random_bool(0.02) {
            self.random.random_range(0..60)
        } else {
            *[0, 0, 1, 1, 2, 3, 5].choose(&mut self.random).unwrap()
        }
    }

    fn go_on(&mut self, process: &mut Process) {
        process.at_ms = self.now_ms + self.delay_ms();
        process.stage = match process.stage.clone() {
            Stage::Idle => {
                process.inode = Rc::clone(&self.path);
                Stage::Opened
            }
            Stage::Opened if *process.inode.locked.borrow() => {
                process.at_ms = self.now_ms + 1;
                Stage::Opened
            }
            Stage::Opened => {
                *process.inode.locked.borrow_mut() = true;
                if self.rule.looks_again && !Rc::ptr_eq(&process.inode, &self.path) {
                    self.end(process)
                } else {
                    Stage::Locked
                }
            }
            Stage::Locked => {
                process.at_ms = self.now_ms;
                Stage::Noted(tick_at(self.now_ms).unwrap())
            }
            Stage::Noted(noted) => {
                if self.rule.begun && tick_at(self.now_ms).unwrap() <= noted {
                    process.at_ms = self.now_ms + 1;
                    Stage::Noted(noted)
                } else {
                    Stage::Ready(self.now_ms)
                }
            }
            Stage::Ready(now_ms) => match self.write(process, now_ms) {
                Some(answer) => Stage::Written(answer),
                None => self.end(process),
            },
            Stage::Written(answer) => {
                if !self.rule.looks_last || Rc::ptr_eq(&process.inode, &self.path) {
                    self.answer(answer);
                }
                self.end(process)
            }
        };
    }

    fn end(&mut self, process: &mut Process) -> Stage {
        *process.inode.locked.borrow_mut() = false;
        process.at_ms = self.now_ms + *[1, 4, 12].choose(&mut self.random).unwrap();
        Stage::Idle
    }

    /// Read, step and write; as `Session::step` does.
    fn write(&mut self, process: &Process, now_ms: i64) -> Option<Answer> {
        let mut state = process.inode.state.borrow_mut();
        let stored = state.as_ref()?.history().clone();
        let history = if self.rule.lanes {
            History::of_inode(&stored, process.inode.number)
        } else {
            stored
        };
        let wanted = std::num::NonZeroU32::new(self.random.random_range(1..40))?;
        let mut after = state.clone();
        let answer = step(&mut after, &Request::local(now_ms, &history, wanted)).unwrap();
        match answer {
            Answer::Granted(block) if self.rule.begun && block.start().slot() > 0 => None,
            answer => {
                *state = after;
                Some(answer)
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        if let Answer::Granted(block) = answer {
            self.count.grants += 1;
            self.last_tick = self.last_tick.max(block.start().tick());
            let twice = block.serials().any(|serial| !self.granted.insert(serial));
            self.count.twice += usize::from(twice);
        }
    }

    fn rewind(&mut self, rewinds: Rewinds) {
        self.count.met += usize::from(tick_at(self.now_ms) == Some(self.last_tick));
        let newest = self.copies.len().saturating_sub(4);
        let copy = self.copies[newest..]
            .choose(&mut self.random)
            .unwrap()
            .clone();
        match self.random.random_range(0..100) {
            0..40 => self.copies.push(self.path.state.borrow().clone()),
            40..70 => *self.path.state.borrow_mut() = copy,
            70..82 if rewinds == Rewinds::PutBack && !self.former.is_empty() => {
                let newest = self.former.len().saturating_sub(3);
                let back = self.former[newest..].choose(&mut self.random).unwrap();
                let replaced = std::mem::replace(&mut self.path, Rc::clone(back));
                self.former.push(replaced);
            }
            70..95 => {
                self.inodes += 1;
                let inode = Rc::new(Inode {
                    number: self.inodes,
                    state: RefCell::new(copy),
                    locked: RefCell::new(false),
                });
                self.former.push(std::mem::replace(&mut self.path, inode));
            }
            // As if it had just been made.
            _ => *self.path.state.borrow_mut() = self.copies[0].clone(),
        }
    }
}

/// One run of four simulated seconds.
fn run(rule: Rule, rewinds: Rewinds, processes: usize, seed: u64) -> Count {
    let mut world = World::new(rule, seed);
    let mut all: Vec<_> = (0..processes)
        .map(|k| Process {
            at_ms: START_MS + k as i64 % 3,
            stage: Stage::Idle,
            inode: Rc::clone(&world.path),
        })
        .collect();
    let mut rewind_at_ms = START_MS;
    while world.now_ms < START_MS + 400 * TICK_MS as i64 {
        let due: Vec<_> = (0..processes)
            .filter(|&k| all[k].at_ms <= world.now_ms)
            .collect();
        let rewind = rewinds != Rewinds::None && rewind_at_ms <= world.now_ms;
        match due.choose(&mut world.random) {
            Some(_) if rewind && world.random.random_bool(0.5) => {}
            Some(&k) => {
                world.go_on(&mut all[k]);
                continue;
            }
            None if rewind => {}
            None => {
                world.now_ms += 1;
                continue;
            }
        }
        world.rewind(rewinds);
        rewind_at_ms = world.now_ms + *[1, 2, 3, 7, 15].choose(&mut world.random).unwrap();
    }
    world.count
}

fn runs(rule: Rule, rewinds: Rewinds, processes: usize) -> Count {
    let runs = if std::env::var_os("TRACKING_PROVE").is_some() {
        300
    } else {
        30
    };
    (0..runs).fold(Count::default(), |sum, seed| {
        let count = run(rule, rewinds, processes, seed);
        Count {
            grants: sum.grants + count.grants,
            twice: sum.twice + count.twice,
            met: sum.met + count.met,
        }
    })
}

#[test]
fn a_file_that_is_rewound_at_any_moment_repeats_nothing() {
    for processes in [1, 4, 12] {
        let count = runs(RULE, Rewinds::Copies, processes);
        eprintln!("{processes} processes: {count:?}");
        assert_eq!(count.twice, 0, "{processes} processes: {count:?}");
        assert!(count.met > 300 && count.grants > 500, "{count:?}");
    }
}

#[test]
fn files_that_are_put_back_in_turn_meet_in_one_lane_in_sixty_three() {
    let count = runs(RULE, Rewinds::PutBack, 4);
    eprintln!("{count:?}");
    assert!(count.twice * 5_000 <= count.grants, "{count:?}");
}

/// Without any one of the safeguards, the attack succeeds.
#[test]
fn each_safeguard_is_needed() {
    let without = |change: fn(&mut Rule)| {
        let mut rule = RULE;
        change(&mut rule);
        rule
    };
    for (what, rule, rewinds, least) in [
        (
            "the present tick",
            without(|rule| rule.begun = false),
            Rewinds::Copies,
            100,
        ),
        (
            "no look in the end",
            without(|rule| (rule.looks_last, rule.lanes) = (false, false)),
            Rewinds::Copies,
            50,
        ),
        (
            "no look once the lock is had",
            without(|rule| (rule.looks_again, rule.lanes) = (false, false)),
            Rewinds::PutBack,
            5,
        ),
        (
            "no lanes",
            without(|rule| rule.lanes = false),
            Rewinds::PutBack,
            1,
        ),
    ] {
        let count = runs(rule, rewinds, 4);
        eprintln!("{what}: {count:?}");
        assert!(count.twice >= least, "{what}: {count:?}");
    }
    // The present tick is enough where nobody rewinds: it is the rewinds that are met.
    let present = without(|rule| rule.begun = false);
    assert_eq!(runs(present, Rewinds::None, 4).twice, 0);
}
