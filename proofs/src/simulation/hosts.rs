//! Hosts that share a server: a process on each, the network between, and what befalls the servers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::Outcome;
use super::clients::Clients;
use super::network::{Network, Server};
use super::process::{Habits, Place, Process};
use super::world::{State, World};

/// Steps of one simulation.
const STEPS: u32 = 700;
/// How many processes live at once, at most.
const MOST: usize = 5;
/// How far the clocks of hosts and servers are apart: within what is tolerated of two.
const SKEW_MS: i64 = 200;
const STEPS_OF_CLOCK: [i64; 7] = [9, 25, 300, 1_600, 9_000, 60_000, 3_600_000];

/// What befalls the servers: what the promise excepts does not come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    /// Their clocks are set, and they restart with all that they held.
    Clocks,
    /// They lose what they held, or some of it.
    Losses,
    /// And an older state is put back while they live.
    Rewinds,
    /// Once, both sides of a split network go on.
    Split,
}

struct Hosts<S: Server> {
    world: Arc<World>,
    network: Arc<Network<S>>,
    habits: Habits,
    theme: Theme,
    processes: Vec<Process>,
    forks: u64,
    older: Vec<S::Held>,
}

pub(super) fn run<S: Server>(seed: u64, told: bool) -> Outcome {
    let world = World::new(seed, told);
    let (theme, count, block_size, server) = {
        let mut state = world.lock();
        let theme = match state.up_to(3) {
            0 => Theme::Clocks,
            1 => Theme::Losses,
            2 => Theme::Rewinds,
            _ => Theme::Split,
        };
        let offset_ms = state.skew_ms();
        let server = S::new(&mut state.random, offset_ms);
        (theme, 1 + state.up_to(3), 1 + state.up_to(120), server)
    };
    let network = Network::new(&world, server);
    let clients = Clients::by_dice(&world);
    let mut hosts = Hosts {
        habits: Habits {
            place: Place::Shared(S::place(Arc::clone(&network))),
            block_size: NonZeroU32::MIN.saturating_add(block_size as u32),
            max_age: Duration::from_secs(10),
            never_rewound: theme == Theme::Clocks,
            judges: matches!(theme, Theme::Clocks | Theme::Losses),
            clients,
        },
        world,
        network,
        theme,
        processes: Vec::new(),
        forks: 0,
        older: Vec::new(),
    };
    for _ in 0..count {
        hosts.start();
    }
    for _ in 0..STEPS {
        if hosts.world.lock().failure.is_some() {
            break;
        }
        hosts.step();
    }
    Outcome::of(&hosts.world, hosts.processes)
}

impl<S: Server> Hosts<S> {
    fn start(&mut self) {
        self.forks += 1;
        let process = Process::start(&self.world, &self.habits, self.forks, 0, None);
        self.processes.push(process);
    }

    fn any(&self) -> Option<usize> {
        self.world.lock().place_in(self.processes.len())
    }

    fn step(&mut self) {
        let dice = self.world.lock().up_to(199);
        match dice {
            0..165 => self.go_on(),
            165..192 => {
                if let Some(clients) = &self.habits.clients
                    && self.world.lock().one_in(2)
                {
                    clients.turn(&mut self.processes);
                } else if let Some(place) = self.any() {
                    let wanted = 1 + self.world.lock().up_to(20) as usize;
                    self.processes[place].issue(wanted);
                }
            }
            _ => self.fault(),
        }
    }

    fn go_on(&mut self) {
        if let Some(place) = super::world::next(&self.world, &self.processes) {
            self.processes[place].go_on();
        }
    }

    fn fault(&mut self) {
        let dice = self.world.lock().up_to(9);
        match (dice, self.theme) {
            (0, _) => self.kill(),
            (1, _) => {
                if self.processes.len() < MOST {
                    self.start();
                }
            }
            (2, _) => {
                // A connection that is closed while nothing is asked.
                self.network.servers().epoch += 1;
                self.tell("connections that were closed while idle");
            }
            (3, Theme::Clocks | Theme::Losses | Theme::Rewinds) => self.restart(),
            (4..6, Theme::Clocks) => self.set_clock(),
            (4, Theme::Losses | Theme::Rewinds) => self.lose(),
            (5, Theme::Losses | Theme::Rewinds) => self.promote(),
            (6..8, Theme::Rewinds) => self.put_back(),
            (4, Theme::Split) => self.split(),
            (8, _) => self.own_fault(),
            _ => self.copy(),
        }
    }

    fn tell(&self, what: &str) {
        self.world.lock().met_at(S::NAME, what);
    }

    /// Do something to the server that was started last.
    fn with_server<A>(&self, act: impl FnOnce(&mut S) -> A) -> Option<A> {
        self.network.servers().all.last_mut().map(act)
    }

    fn kill(&mut self) {
        if let Some(place) = self.any() {
            self.tell("processes killed");
            self.processes.swap_remove(place).kill();
            self.start();
        }
    }

    /// All that it held is there again.
    fn restart(&self) {
        self.network.servers().epoch += 1;
        self.with_server(|server| server.restart(&mut self.world.lock().random));
        self.tell("servers killed");
    }

    /// While it lives, or when it starts.
    fn lose(&self) {
        if self.world.lock().one_in(2) {
            self.restart();
        }
        let lost = self.with_server(|server| server.lose(&mut self.world.lock().random));
        self.tell(lost.unwrap_or_default());
    }

    /// Another server takes over, which lags behind, and whose clock is another.
    fn promote(&self) {
        let Some(older) = self.older() else {
            return self.restart();
        };
        let has_returned = self.with_server(|server| {
            let mut state = self.world.lock();
            let offset_ms = state.skew_ms();
            server.hold(older);
            server.give_way(&mut state.random, offset_ms, self.theme == Theme::Rewinds)
        });
        self.tell("replicas promoted that lagged");
        if has_returned == Some(true) {
            self.a_tick_passes();
            self.tell("servers promoted that had been before");
        } else if self.world.lock().one_in(2) {
            return self.tell("promotions behind a proxy that kept its connections");
        }
        self.network.servers().epoch += 1;
    }

    fn older(&self) -> Option<S::Held> {
        let place = self.world.lock().place_in(self.older.len());
        place.map(|place| self.older[place].clone())
    }

    /// What is older may be put in the place of a living one more than a tick after whatever was granted last.
    fn a_tick_passes(&self) {
        self.world.lock().now_ms += 20;
    }

    /// While it lives.
    fn put_back(&self) {
        let Some(older) = self.older() else {
            return;
        };
        let reserving: Vec<usize> = {
            let state = self.world.lock();
            let indices = self.processes.iter().map(Process::index);
            indices
                .filter(|index| state.lives[*index].reserving)
                .collect()
        };
        let is_put_back = self.with_server(|server| {
            let may = server.may_be_put_back(&older, &reserving);
            may.then(|| server.hold(older)).is_some()
        });
        if is_put_back == Some(true) {
            self.a_tick_passes();
            self.tell("servers put back to an older state");
        }
    }

    fn copy(&mut self) {
        let Some(copy) = self.with_server(|server| server.copy()).flatten() else {
            return;
        };
        if self.older.len() == 3 {
            self.older.remove(0);
        }
        self.older.push(copy);
    }

    fn own_fault(&mut self) {
        let fault = self.with_server(|server| {
            let mut state = self.world.lock();
            let now_ms = state.now_ms;
            server.own_fault(&mut state.random, now_ms)
        });
        match fault.flatten() {
            Some(fault) => self.tell(fault),
            None => self.copy(),
        }
    }

    fn set_clock(&self) {
        let (ms, is_back) = {
            let mut state = self.world.lock();
            (state.one_of(&STEPS_OF_CLOCK), state.one_in(2))
        };
        self.with_server(|server| *server.offset_ms() += if is_back { -ms } else { ms });
        self.tell("clock steps of servers");
    }

    /// From now on some hosts reach the one, some the other.
    fn split(&self) {
        let mut servers = self.network.servers();
        if servers.split {
            return;
        }
        let Some(mut other) = servers.all.last().cloned() else {
            return;
        };
        // One that has nothing would begin in any lane: that is a loss and a split, which the promise excepts.
        let Some(held) = other.copy().filter(S::has_timeline) else {
            return;
        };
        other.hold(self.older().filter(S::has_timeline).unwrap_or(held));
        {
            let mut state = self.world.lock();
            let offset_ms = state.skew_ms();
            other.give_way(&mut state.random, offset_ms, false);
        }
        servers.all.push(other);
        (servers.split, servers.epoch) = (true, servers.epoch + 1);
        drop(servers);
        self.tell("split brains");
    }
}

impl State {
    /// What the clock of a server differs from the true time by.
    fn skew_ms(&mut self) -> i64 {
        self.up_to(2 * SKEW_MS as u64) as i64 - SKEW_MS
    }
}
