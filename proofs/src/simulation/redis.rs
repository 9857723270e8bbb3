//! Hosts that share a Redis: a process on each, the network between, and what befalls the servers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rand::prelude::*;

use super::Outcome;
use super::clients::Clients;
use super::network::Network;
use super::process::{Habits, Place, Process};
use super::server::{Hashes, Server};
use super::world::World;

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

struct Hosts {
    world: Arc<World>,
    network: Arc<Network>,
    habits: Habits,
    theme: Theme,
    processes: Vec<Process>,
    forks: u64,
    older: Vec<Hashes>,
}

pub(super) fn run(seed: u64, told: bool) -> Outcome {
    let world = World::new(seed, told);
    let (theme, count, block_size, server) = {
        let mut state = world.lock();
        let theme = match state.up_to(3) {
            0 => Theme::Clocks,
            1 => Theme::Losses,
            2 => Theme::Rewinds,
            _ => Theme::Split,
        };
        let skew = 2 * SKEW_MS as u64;
        let offset_ms = state.up_to(skew) as i64 - SKEW_MS;
        let server = Server::new(run_id(&mut state.random), offset_ms);
        (theme, 1 + state.up_to(3), 1 + state.up_to(120), server)
    };
    let network = Network::new(&world, server);
    let clients = Clients::by_dice(&world);
    let mut hosts = Hosts {
        habits: Habits {
            place: Place::Redis(Arc::clone(&network)),
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
    for process in hosts.processes.drain(..) {
        process.kill();
    }
    let mut state = hosts.world.lock();
    Outcome {
        met: std::mem::take(&mut state.met),
        failure: state.failure.take(),
        history: state.history(),
    }
}

fn run_id(random: &mut impl Rng) -> String {
    (0..5)
        .map(|_| format!("{:08x}", random.random::<u32>()))
        .collect()
}

impl Hosts {
    fn start(&mut self) {
        self.forks += 1;
        let process = Process::start(&self.world, &self.habits, self.forks, 0, None);
        self.processes.push(process);
    }

    fn any(&self) -> Option<usize> {
        let count = self.processes.len() as u64;
        (count > 0).then(|| self.world.lock().up_to(count - 1) as usize)
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
            _ => self.copy(),
        }
    }

    fn tell(&self, what: &'static str) {
        let mut state = self.world.lock();
        state.met.count(what);
        state.tell(|| format!("one of the {what}"));
    }

    fn kill(&mut self) {
        if let Some(place) = self.any() {
            self.tell("processes killed");
            self.processes.swap_remove(place).kill();
            self.start();
        }
    }

    /// All that it held is there again, under another identity.
    fn restart(&self) {
        let id = run_id(&mut self.world.lock().random);
        let mut servers = self.network.servers();
        servers.epoch += 1;
        if let Some(server) = servers.all.last_mut() {
            server.start(id);
        }
        drop(servers);
        self.tell("servers killed");
    }

    fn lose(&self) {
        self.restart();
        if let Some(server) = self.network.servers().all.last_mut() {
            server.hashes.clear();
        }
        self.tell("servers that lost what they held");
    }

    /// Another server takes over, which lags behind, and whose clock is another.
    fn promote(&self) {
        self.restart();
        let Some(older) = self.older() else {
            return;
        };
        let offset_ms = self.world.lock().up_to(2 * SKEW_MS as u64) as i64 - SKEW_MS;
        if let Some(server) = self.network.servers().all.last_mut() {
            server.hashes = older;
            server.offset_ms = offset_ms;
        }
        self.tell("replicas promoted that lagged");
    }

    fn older(&self) -> Option<Hashes> {
        let count = self.older.len() as u64;
        let place = (count > 0).then(|| self.world.lock().up_to(count - 1) as usize);
        place.map(|place| self.older[place].clone())
    }

    /// While it lives, and more than a tick after whatever was granted last.
    fn put_back(&self) {
        let Some(older) = self.older() else {
            return;
        };
        self.world.lock().now_ms += 20;
        if let Some(server) = self.network.servers().all.last_mut() {
            server.hashes = older;
        }
        self.tell("servers put back to an older state");
    }

    fn copy(&mut self) {
        let hashes = self
            .network
            .servers()
            .all
            .last()
            .map(|server| server.hashes.clone());
        if self.older.len() == 3 {
            self.older.remove(0);
        }
        self.older.extend(hashes);
    }

    fn set_clock(&self) {
        let (ms, is_back) = {
            let mut state = self.world.lock();
            let place = state.up_to(STEPS_OF_CLOCK.len() as u64 - 1) as usize;
            (STEPS_OF_CLOCK[place], state.one_in(2))
        };
        if let Some(server) = self.network.servers().all.last_mut() {
            server.offset_ms += if is_back { -ms } else { ms };
        }
        self.tell("clock steps of servers");
    }

    /// From now on some hosts reach the one, some the other.
    fn split(&self) {
        let id = run_id(&mut self.world.lock().random);
        let mut servers = self.network.servers();
        if servers.split {
            return;
        }
        let Some(mut other) = servers.all.last().cloned() else {
            return;
        };
        // One that has nothing would begin in any lane: that is a loss and a split, which the promise excepts.
        let has_timeline = |older: &Hashes| older.values().any(|hash| hash.contains_key("lane"));
        if !has_timeline(&other.hashes) {
            return;
        }
        if let Some(older) = self.older().filter(has_timeline) {
            other.hashes = older;
        }
        other.offset_ms = self.world.lock().up_to(2 * SKEW_MS as u64) as i64 - SKEW_MS;
        other.run_id = id;
        servers.all.push(other);
        (servers.split, servers.epoch) = (true, servers.epoch + 1);
        drop(servers);
        self.tell("split brains");
    }
}
