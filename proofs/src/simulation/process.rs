//! A simulated process: a real desk over a real allocator, on a stack of its own; and the HTTP server round the desk,
//! where there is one, whose requests are looked at between any two steps of it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use generator::{Generator as Coroutine, Gn};
use rand::prelude::*;
use tracking_core::order::Order;
use tracking_core::store::url::FileUrl;
use tracking_core::{
    Allocator, Desk, FileAllocator, Generator, OpenError, OpenStore, SeriesOptions, TrackingNumber,
    Verdict, fork,
};
use tracking_ledger::Recorder;

use super::clients::{Asked, Clients};
use super::database::COMMITTED;
use super::files::{Files, PATH};
use super::network::Shared;
use super::service::Service;
use super::watched::Watched;
use super::world::{HostClock, Life, NOBODY, World};

/// In machine words: the deepest call, in a debug build, and some.
const STACK: usize = 32 * 1024;
/// By the machine's own clock, which does not count here: who waits gives up by the simulated one.
const NEVER: Duration = Duration::from_secs(3_600);
/// A killed process comes to its end by errors alone, each call one.
const LAST_STEPS: usize = 100_000;

/// Where the series is.
#[derive(Clone)]
pub(super) enum Place {
    File,
    /// On a server that hosts share.
    Shared(Arc<dyn Shared>),
}

/// How the processes of a simulation reserve.
#[derive(Clone)]
pub(super) struct Habits {
    pub(super) place: Place,
    pub(super) block_size: NonZeroU32,
    pub(super) max_age: Duration,
    /// Whether what was answered must be known to the store for ever: nobody rewinds it or loses it.
    pub(super) never_rewound: bool,
    /// Whether numbers are judged: not where the lanes that were used cannot be known.
    pub(super) judges: bool,
    /// Who asks for numbers over HTTP, if anybody does.
    pub(super) clients: Option<Arc<Clients>>,
}

/// What a process and the hand that deals out faults both reach.
struct Seat {
    world: Arc<World>,
    habits: Habits,
    /// None until it has opened the series.
    desk: Mutex<Option<(Desk, Watched)>>,
    service: Mutex<Option<Service>>,
}

/// One life of a process.
pub(super) struct Process {
    seat: Arc<Seat>,
    coroutine: Coroutine<'static, (), ()>,
    /// By which [`fork::Process`] tells it from others.
    forks: u64,
    index: usize,
    pub(super) is_child: bool,
}

/// What a copy of the memory of a process holds.
pub(super) struct Copied {
    generator: Generator,
    store: Watched,
    forks: u64,
}

impl Process {
    /// A process that starts now, or goes on from a copy of another's memory.
    pub(super) fn start(
        world: &Arc<World>,
        habits: &Habits,
        forks: u64,
        monotonic_offset_ms: i64,
        copied: Option<Copied>,
    ) -> Self {
        let index = {
            let mut state = world.lock();
            let now_ms = state.now_ms;
            state.lives.push(Life {
                dead: false,
                wake_ms: now_ms,
                monotonic_offset_ms,
                last: "starts",
                reserving: false,
                call: 0,
                unknown: false,
            });
            state.met.count("processes started");
            state.lives.len() - 1
        };
        let clock = Arc::new(HostClock(Arc::clone(world)));
        let seat = Arc::new(Seat {
            world: Arc::clone(world),
            habits: habits.clone(),
            desk: Mutex::default(),
            service: Mutex::default(),
        });
        if let Some(Copied {
            generator, store, ..
        }) = copied
        {
            seat.serve_from(Desk::new(generator).with_clock(clock), store);
        }
        let own = Arc::clone(&seat);
        Self {
            coroutine: Gn::new_opt(STACK, move || own.live()),
            seat,
            forks,
            index,
            is_child: false,
        }
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Whether its ledger has committed, and it does not know yet.
    pub(super) fn has_committed(&self) -> bool {
        self.seat.world.lock().lives[self.index].last == COMMITTED
    }

    /// Do something as this process.
    fn as_it<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        fork::pretend(self.forks);
        self.seat.world.lock().current = self.index;
        let done = act(self);
        self.seat.world.lock().current = NOBODY;
        done
    }

    /// Go on to the next step.
    pub(super) fn go_on(&mut self) {
        self.as_it(|process| process.coroutine.resume());
    }

    /// Its end: what it does from now on changes nothing.
    pub(super) fn kill(mut self) {
        {
            let mut state = self.seat.world.lock();
            let index = self.index;
            state.disk.close_all(index);
            state.lives[index].dead = true;
        }
        self.as_it(|process| {
            for _ in 0..LAST_STEPS {
                if process.coroutine.is_done() {
                    break;
                }
                process.coroutine.resume();
            }
            drop(process.seat.take());
        });
        if !self.coroutine.is_done() {
            let text = "a process that was killed does not come to its end".to_owned();
            self.seat.world.lock().fail(text);
        }
    }

    /// Issue up to so many numbers, if any are in hand; how many.
    pub(super) fn issue(&mut self, wanted: usize) -> usize {
        self.as_it(|process| process.seat.issue(wanted))
    }

    /// Requests come in over HTTP.
    pub(super) fn arrive(&mut self, asked: Vec<Asked>) {
        if let Some(service) = &mut *self.seat.service() {
            asked.into_iter().for_each(|asked| service.arrives(asked));
        }
    }

    /// A turn of its HTTP server, which takes no time.
    pub(super) fn serve(&mut self) {
        self.as_it(|process| {
            if let Some(service) = &mut *process.seat.service() {
                service.serve();
            }
        });
    }

    /// Its memory as it is now: for a child of `fork`, or a machine that is restored.
    pub(super) fn copied(&mut self) -> Option<Copied> {
        let forks = self.forks;
        self.as_it(|process| {
            let (desk, store) = process.seat.desk()?;
            Some(Copied {
                generator: desk.generator().copied(store.clone()),
                store,
                forks,
            })
        })
    }
}

impl Copied {
    pub(super) fn forks(&self) -> u64 {
        self.forks
    }

    /// How many serials it has in hand.
    pub(super) fn runway(&self) -> u64 {
        fork::pretend(self.forks);
        self.generator.status().runway
    }
}

impl Seat {
    fn take(&self) -> Option<(Desk, Watched)> {
        drop(self.service().take());
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.take()
    }

    fn desk(&self) -> Option<(Desk, Watched)> {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.clone()
    }

    fn service(&self) -> MutexGuard<'_, Option<Service>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it has a desk, and a server round it where somebody asks over HTTP.
    fn serve_from(&self, desk: Desk, store: Watched) {
        let clients = self.habits.clients.as_ref();
        *self.service() = clients.and_then(|clients| Service::new(&desk, clients));
        let mut own = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Some((desk, store));
    }

    /// What records for its HTTP server, if that records.
    fn recorder(&self) -> Option<Recorder> {
        self.service().as_ref()?.recorder()
    }

    /// All that it does, until it is killed.
    fn live(&self) {
        while !self.world.lock().is_dead() {
            let Some((desk, _)) = self.desk() else {
                self.open();
                continue;
            };
            let rests = desk.generator().turn();
            let has_recorded = self.recorder().is_some_and(|recorder| recorder.commit());
            if let Some(ms) = rests.filter(|_| !has_recorded) {
                let ms = ms.min(5 + self.world.lock().up_to(25));
                // It ends by the condition above.
                let _ = self.world.step("has enough", ms);
            }
            if self.habits.judges && self.world.lock().one_in(6) {
                self.judge(&desk);
            }
        }
    }

    fn open(&self) {
        let Habits {
            place,
            block_size,
            max_age,
            never_rewound,
            ..
        } = &self.habits;
        let clock = Arc::new(HostClock(Arc::clone(&self.world)));
        let opened: Result<Arc<dyn OpenStore>, OpenError> = match place {
            Place::File => FileAllocator::open_in(
                &FileUrl::new(PATH),
                &SeriesOptions::default(),
                clock.clone(),
                Arc::new(Files(Arc::clone(&self.world))),
            )
            .map(|store| Arc::new(store) as Arc<dyn OpenStore>),
            Place::Shared(shared) => shared.open(clock.clone()),
        };
        let store = match opened {
            Ok(store) => store,
            Err(error) => {
                self.world.lock().tell(|| format!("cannot open: {error}"));
                let _ = self.world.step("waits before it opens again", 20);
                return;
            }
        };
        let store = Watched {
            world: Arc::clone(&self.world),
            store,
        };
        if *never_rewound {
            self.compare(&store);
        }
        let generator = Generator::builder()
            .clock(clock.clone())
            .block_size(*block_size)
            .block_max_age(*max_age)
            .deadline(NEVER)
            .by_hand()
            .build(store.clone());
        self.serve_from(Desk::new(generator).with_clock(clock), store);
    }

    /// What was answered before, the store knows: nothing of it was lost.
    fn compare(&self, store: &Watched) {
        let (answered, has_other) = {
            let book = &self.world.lock().book;
            (book.newest(store.series()), book.has_other(store.series()))
        };
        let Ok(snapshot) = store.snapshot() else {
            return;
        };
        let mut state = self.world.lock();
        if state.is_dead() {
            return;
        }
        if has_other {
            state.fail("another series is in the place of one that was granted from".to_owned());
        }
        for (lane, tick) in answered {
            let known = snapshot.timeline.as_ref().map(|t| t.last_tick(lane));
            if known.is_none_or(|known| known < tick) {
                state.fail(format!(
                    "a block of lane {lane} and tick {tick} was answered, and the store knows {known:?}"
                ));
            }
        }
    }

    fn issue(&self, wanted: usize) -> usize {
        let Some((desk, _)) = self.desk() else {
            return 0;
        };
        let mut numbers = vec![TrackingNumber::BLANK; wanted];
        let order = Order::default();
        let found = match wanted {
            1 => desk.try_issue(&order).map(|issued| {
                numbers[0] = issued.number;
                1
            }),
            _ => desk.generator().try_fill(&mut numbers),
        };
        let count = found.unwrap_or(0);
        let mut state = self.world.lock();
        let who = state.current;
        if count > 0 {
            state.tell(|| format!("issues {count} numbers from {} on", numbers[0]));
        }
        state.met.add("numbers issued", count as u64);
        if let Err(text) = state.book.issue(desk.series(), &numbers[..count], who) {
            state.fail(text);
        }
        count
    }

    /// What was issued is never refused.
    fn judge(&self, desk: &Desk) {
        let number = {
            let mut state = self.world.lock();
            let place = state.random.random::<u32>() as usize;
            state.book.issued(desk.series(), place)
        };
        let Some(number) = number else {
            return;
        };
        let verdict = desk.judge(&number);
        let mut state = self.world.lock();
        if state.is_dead() {
            return;
        }
        match verdict {
            Ok(Verdict::Refused(reason)) => {
                state.fail(format!("{number} was issued, and is refused: {reason}"));
            }
            Ok(_) => state.met.count("numbers judged"),
            Err(_) => {}
        }
    }
}
