//! One host: processes that share a state file, its clock and its disk, and what befalls them.

mod rewinds;

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Outcome;
use super::clients::Clients;
use super::files::{FOLDER, PATH};
use super::process::{Habits, Place, Process};
use super::world::{World, next};
use rewinds::{Restorable, Rewinds};

/// Steps of one simulation.
const STEPS: u32 = 700;
/// How many processes live at once, at most.
const MOST: usize = 6;
/// By so much clocks are set, in milliseconds.
const STEPS_OF_CLOCK: [i64; 10] = [4, 9, 12, 25, 100, 700, 1_600, 9_000, 60_000, 3_600_000];

struct Host {
    world: Arc<World>,
    habits: Habits,
    rewinds: Rewinds,
    processes: Vec<Process>,
    /// Who started first, and its children, are told apart by it.
    forks: u64,
    /// What the monotonic clock of a process that starts differs from the true time by.
    boot_ms: i64,
    copies: Vec<Vec<u8>>,
    restorable: Option<Restorable>,
}

pub(super) fn run(seed: u64, told: bool) -> Outcome {
    let world = World::new(seed, told);
    let (rewinds, count, block_size, max_age_ms) = {
        let mut state = world.lock();
        let rewinds = match state.up_to(5) {
            0..3 => Rewinds::None,
            3 => Rewinds::WrittenOver,
            4 => Rewinds::Renamed,
            _ => Rewinds::Both,
        };
        (
            rewinds,
            1 + state.up_to(3),
            1 + state.up_to(120),
            1_000 + state.up_to(1_000),
        )
    };
    let clients = Clients::by_dice(&world);
    let mut host = Host {
        world,
        habits: Habits {
            place: Place::File,
            block_size: NonZeroU32::MIN.saturating_add(block_size as u32),
            max_age: Duration::from_millis(max_age_ms),
            never_rewound: rewinds == Rewinds::None,
            judges: rewinds != Rewinds::Both,
            clients,
        },
        rewinds,
        processes: Vec::new(),
        forks: 0,
        boot_ms: 0,
        copies: Vec::new(),
        restorable: None,
    };
    host.world.lock().disk.sync_names(Path::new(FOLDER));
    for _ in 0..count {
        host.start();
    }
    for _ in 0..STEPS {
        if host.world.lock().failure.is_some() {
            break;
        }
        host.step();
    }
    Outcome::of(&host.world, host.processes)
}

impl Host {
    fn start(&mut self) {
        self.forks += 1;
        let process = Process::start(&self.world, &self.habits, self.forks, self.boot_ms, None);
        self.processes.push(process);
    }

    fn any(&self) -> Option<usize> {
        self.world.lock().place_in(self.processes.len())
    }

    fn step(&mut self) {
        let dice = {
            let mut state = self.world.lock();
            if state.disk.full && state.one_in(20) {
                state.disk.full = false;
                state.tell(|| "the disk has room again".to_owned());
            }
            state.up_to(199)
        };
        match dice {
            0..160 => self.go_on(),
            160..190 => self.issue(),
            190..194 => {
                let mut state = self.world.lock();
                let ms = state.up_to(6);
                state.now_ms += ms;
            }
            _ => self.fault(),
        }
    }

    /// Whoever can goes on; where all sleep, time passes.
    fn go_on(&mut self) {
        let Some(place) = next(&self.world, &self.processes) else {
            return;
        };
        let before = self.world.lock().book.blocks();
        self.processes[place].go_on();
        if self.processes[place].has_committed() && self.world.lock().one_in(12) {
            return self.kill(place);
        }
        // Right after a grant a rewind and a clock that is set back meet what they are meant for.
        if self.world.lock().book.blocks() > before && self.world.lock().one_in(6) {
            match self.habits.never_rewound {
                true => self.set_clock_back(),
                false => self.rewind(),
            }
        }
    }

    fn issue(&mut self) {
        if let Some(clients) = self.habits.clients.clone()
            && self.world.lock().one_in(2)
        {
            return clients.turn(&mut self.processes);
        }
        let Some(place) = self.any() else {
            return;
        };
        let wanted = match self.world.lock().up_to(3) {
            0 => 1,
            more => more as usize * 7,
        };
        let process = &mut self.processes[place];
        let count = process.issue(wanted);
        if process.is_child && count > 0 {
            self.world.lock().met.count("children that issued");
        }
    }

    fn fault(&mut self) {
        let dice = self.world.lock().up_to(15);
        match (dice, self.habits.never_rewound) {
            (0..2, _) => {
                if let Some(place) = self.any() {
                    self.kill(place);
                }
            }
            (2..4, _) => self.fork(),
            (4, _) => self.power_cut(),
            (5, _) => self.stop(),
            (6, _) => {
                let mut state = self.world.lock();
                state.disk.full = true;
                state.tell(|| "the disk is full".to_owned());
            }
            (7, _) => self.world.lock().disk.sync_fails = true,
            (8, _) => self.set_clock_forward(),
            (9.., true) => match dice {
                9..12 => self.set_clock_back(),
                _ => self.start_another(),
            },
            (9..11, false) => self.rewind(),
            (11..13, false) => self.copy(),
            (13, false) => self.take_snapshot(),
            (14, false) => self.restore(),
            (_, false) => self.start_another(),
        }
    }

    fn start_another(&mut self) {
        if self.processes.len() < MOST {
            self.start();
        }
    }

    fn kill(&mut self, place: usize) {
        let recorded = self.processes[place].has_committed();
        let process = self.processes.swap_remove(place);
        {
            let mut state = self.world.lock();
            let life = &state.lives[process.index()];
            let between =
                life.reserving && ["waits for the disk", "looks at the path"].contains(&life.last);
            let holds = state.disk.has_lock(process.index());
            let index = process.index();
            state.tell(|| format!("kill -9 of process {index}"));
            state.met.count("processes killed");
            if between && holds {
                state
                    .met
                    .count("processes killed between a write and its answer");
            }
            if holds {
                state.met.count("processes killed with the lock held");
            }
            if recorded {
                state
                    .met
                    .count("processes killed between a commit and its answer");
            }
        }
        process.kill();
        if self.processes.is_empty() || self.world.lock().one_in(2) {
            self.start();
        }
    }

    fn fork(&mut self) {
        if self.processes.len() == MOST {
            return;
        }
        let Some(place) = self.any() else {
            return;
        };
        let Some(copied) = self.processes[place].copied() else {
            return;
        };
        let parent = self.processes[place].index();
        self.forks += 1;
        let offset_ms = self.world.lock().lives[parent].monotonic_offset_ms;
        // A child serves nobody: the connections and the ledger are its parent's.
        let habits = Habits {
            clients: None,
            ..self.habits.clone()
        };
        let mut child = Process::start(&self.world, &habits, self.forks, offset_ms, Some(copied));
        child.is_child = true;
        let mut state = self.world.lock();
        let child_index = child.index();
        state.disk.fork(parent, child_index);
        state.tell(|| format!("process {parent} forks process {child_index}"));
        state.met.count("processes forked");
        if state.lives[parent].reserving {
            state.met.count("processes forked within a reservation");
        }
        drop(state);
        // At once: what the one has in hand the other must not have.
        for process in [&mut child, &mut self.processes[place]] {
            process.issue(2);
        }
        self.processes.push(child);
    }

    fn kill_all(&mut self) {
        for process in self.processes.drain(..) {
            process.kill();
        }
    }

    fn power_cut(&mut self) {
        self.world.lock().tell(|| "the power fails".to_owned());
        let count = self.processes.len();
        // Before they come to their end, so that they let go of nothing.
        let mut guard = self.world.lock();
        let state = &mut *guard;
        for process in &self.processes {
            state.lives[process.index()].dead = true;
        }
        let loss = state.disk.power_cut(&mut state.random);
        state.met.count("machines whose power failed");
        if loss.torn {
            state.met.count("power failures that tore a write");
        }
        if loss.unsynced {
            state
                .met
                .count("power failures between a write and its sync");
        }
        if !state.disk.names.contains_key(Path::new(PATH)) && state.book.blocks() > 0 {
            state.fail("blocks were answered, and the file is gone".to_owned());
        }
        state.now_ms += 50;
        self.boot_ms = -(state.now_ms as i64);
        drop(guard);
        self.kill_all();
        for _ in 0..count.max(1) {
            self.start();
        }
    }

    fn stop(&mut self) {
        let Some(place) = self.any() else {
            return;
        };
        let index = self.processes[place].index();
        let mut state = self.world.lock();
        let ms = [30, 300, 2_500][state.up_to(2) as usize];
        let until_ms = state.now_ms + ms;
        state.lives[index].wake_ms = until_ms;
        state.tell(|| format!("process {index} is stopped for {ms} ms"));
        state.met.count("processes stopped for a while");
    }

    fn set_clock_forward(&mut self) {
        let mut state = self.world.lock();
        let ms = state.one_of(&STEPS_OF_CLOCK);
        state.offset_ms += ms;
        state.tell(|| format!("the clock is set forward by {ms} ms"));
        state.met.count("clock steps forward");
    }

    fn set_clock_back(&mut self) {
        let mut state = self.world.lock();
        let steps = match state.one_in(2) {
            true => &STEPS_OF_CLOCK[..4],
            false => &STEPS_OF_CLOCK,
        };
        let ms = state.one_of(steps);
        state.offset_ms -= ms;
        state.tell(|| format!("the clock is set back by {ms} ms"));
        state.met.count("clock steps back");
        if state
            .granted_ms
            .is_some_and(|granted_ms| state.wall_ms() / 10 <= granted_ms / 10)
        {
            state
                .met
                .count("clock steps back into a tick that was granted from");
        }
    }
}
