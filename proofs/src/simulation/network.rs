//! A network that loses and delays what goes over it, and the servers at its end.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use tracking_core::{Clock, Key, OpenError, OpenStore, SeriesOptions};

use super::world::{State, World};

/// How long a client waits for an answer, in milliseconds.
pub(super) const TIME_OUT_MS: u64 = 200;

/// A kind of server that hosts share: what it holds, and what befalls it.
pub(super) trait Server: Clone + Send + 'static {
    /// What it is called where what was met is counted.
    const NAME: &'static str;
    /// All that it holds.
    type Held: Clone;

    /// One that holds nothing, and whose clock differs from the true time by so many milliseconds.
    fn new(random: &mut StdRng, offset_ms: i64) -> Self;

    /// Where processes open their series there.
    fn place(network: Arc<Network<Self>>) -> Arc<dyn Shared>;

    /// What it holds now, unless nobody would keep a copy of that.
    fn copy(&self) -> Option<Self::Held>;

    /// From now on it holds that.
    fn hold(&mut self, held: Self::Held);

    /// What its clock differs from the true time by, in milliseconds.
    fn offset_ms(&mut self) -> &mut i64;

    /// It was killed, and has started again with all that it held.
    fn restart(&mut self, random: &mut StdRng);

    /// Another one takes over, whose clock differs from the true time by so many milliseconds unless it has been
    /// there before, as it may where it `may_return`. Whether it has.
    fn give_way(&mut self, random: &mut StdRng, offset_ms: i64, may_return: bool) -> bool;

    /// It loses what it held: what exactly.
    fn lose(&mut self, random: &mut StdRng) -> &'static str;

    /// Whether that has a timeline.
    fn has_timeline(held: &Self::Held) -> bool;

    /// Whether that may be put back, where these processes are in a reservation.
    fn may_be_put_back(&self, _held: &Self::Held, _reserving: &[usize]) -> bool {
        true
    }

    /// A fault that only this kind knows: what exactly.
    fn own_fault(&mut self, _random: &mut StdRng, _now_ms: u64) -> Option<&'static str> {
        None
    }
}

/// Where a process opens the series that hosts share.
pub(super) trait Shared: Send + Sync {
    /// Open the series, or create it with the one key.
    fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn OpenStore>, OpenError>;
}

/// What no fault hurts: the key and the prefix of the one series.
pub(super) fn options() -> SeriesOptions {
    SeriesOptions::default()
        .with_key(Key::from_bytes([7; 16]))
        .with_prefix("SIM".parse().unwrap_or_default())
}

pub(super) struct Network<S> {
    world: Arc<World>,
    servers: Mutex<Servers<S>>,
}

/// One server, or two once the network is split.
pub(super) struct Servers<S> {
    pub(super) all: Vec<S>,
    /// Which of them a process reaches, by its place; the last that there is where it has none.
    pub(super) split: bool,
    /// With each start or promotion, another: connections are to one of these.
    pub(super) epoch: u64,
}

/// What becomes of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    /// Nothing of it arrives.
    Lost,
    /// It is executed, and the connection breaks.
    Broken,
    /// It is executed, and the answer comes after the time-out.
    Late,
    /// It is executed after the time-out.
    Delayed,
    /// The answer comes twice.
    Twice,
}

/// What a client hears of one exchange.
pub(super) struct Heard<A> {
    pub(super) answer: io::Result<A>,
    /// What comes once nobody waits for it any more.
    pub(super) later: Option<A>,
}

/// One connection of a process to a server.
pub(super) struct Link<S> {
    network: Arc<Network<S>>,
    server: usize,
    epoch: u64,
    broken: bool,
    /// The reservation in which it was made.
    pub(super) made_in: u64,
}

impl<S: Server> Network<S> {
    pub(super) fn new(world: &Arc<World>, server: S) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            servers: Mutex::new(Servers {
                all: vec![server],
                split: false,
                epoch: 0,
            }),
        })
    }

    pub(super) fn servers(&self) -> MutexGuard<'_, Servers<S>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of who runs.
    pub(super) fn dial(self: &Arc<Self>) -> io::Result<Link<S>> {
        self.world.step("connects", 0)?;
        let (made_in, who) = {
            let mut state = self.world.lock();
            let who = state.current;
            (state.life().map_or(0, |life| life.call), who)
        };
        let servers = self.servers();
        let server = match servers.split {
            true => who % servers.all.len(),
            false => servers.all.len() - 1,
        };
        Ok(Link {
            network: Arc::clone(self),
            server,
            epoch: servers.epoch,
            broken: false,
            made_in,
        })
    }
}

impl<S: Server> Link<S> {
    pub(super) fn world(&self) -> &World {
        &self.network.world
    }

    pub(super) fn is_open(&self) -> bool {
        !self.broken && self.network.servers().epoch == self.epoch
    }

    pub(super) fn alive(&mut self) -> io::Result<()> {
        if !self.is_open() {
            self.broken = true;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    /// What was asked for arrives, is executed, and is answered; or not. Of all fates one is only of that kind.
    pub(super) fn exchange<A: Clone>(
        &mut self,
        own: Fate,
        arrive: impl FnOnce(&mut Self, Fate) -> io::Result<A>,
    ) -> Heard<A> {
        let mut later = None;
        let answer = self.try_exchange(own, arrive, &mut later);
        Heard { answer, later }
    }

    fn try_exchange<A: Clone>(
        &mut self,
        own: Fate,
        arrive: impl FnOnce(&mut Self, Fate) -> io::Result<A>,
        later: &mut Option<A>,
    ) -> io::Result<A> {
        let (fate, ms) = {
            let mut state = self.world().lock();
            let fate = match state.up_to(79) {
                0 => Fate::Lost,
                1 => Fate::Broken,
                2 => Fate::Late,
                3 => own,
                _ => Fate::Well,
            };
            (fate, state.up_to(3))
        };
        self.world().step("asks the server", ms)?;
        self.alive()?;
        if fate == Fate::Lost {
            self.met("requests lost before they were executed");
            return Err(self.time_out());
        }
        let answer = arrive(self, fate)?;
        match fate {
            Fate::Well | Fate::Lost => {
                let ms = self.world().lock().up_to(3);
                self.world().step("waits for the answer", ms)?;
                Ok(answer)
            }
            Fate::Broken => {
                self.met("requests executed whose answer was lost");
                self.broken = true;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Fate::Late => {
                self.met("answers that came after the time-out");
                *later = Some(answer);
                Err(self.time_out())
            }
            Fate::Delayed => {
                self.met("requests executed after the time-out");
                Err(self.time_out())
            }
            Fate::Twice => {
                self.met("answers that came twice");
                *later = Some(answer.clone());
                Ok(answer)
            }
        }
    }

    fn time_out(&self) -> io::Error {
        match self.world().step("waits until the time-out", TIME_OUT_MS) {
            Ok(()) => io::ErrorKind::TimedOut.into(),
            Err(killed) => killed,
        }
    }

    /// Do something in the server, at a moment of the world.
    pub(super) fn in_server<A>(&self, act: impl FnOnce(&mut S, &mut State) -> A) -> io::Result<A> {
        let mut servers = self.network.servers();
        let server = servers.all.get_mut(self.server);
        let server = server.ok_or(io::ErrorKind::ConnectionReset)?;
        Ok(act(server, &mut self.network.world.lock()))
    }

    /// A reservation was stored.
    pub(super) fn reserved(&self) {
        if self.network.servers().split {
            let side = ["the old side", "the new side"][self.server.min(1)];
            self.met(&format!("reservations by {side} of a split brain"));
        }
    }

    /// What was asked in the present reservation may have been done, and is not asked for again.
    pub(super) fn unknown(&self) {
        if let Some(life) = self.world().lock().life()
            && life.reserving
        {
            life.unknown = true;
        }
    }

    pub(super) fn met(&self, what: &str) {
        self.world().lock().met_at(S::NAME, what);
    }
}

impl State {
    /// A reservation is asked for, which must not have been of unknown fate before.
    pub(super) fn asks_to_reserve(&mut self) {
        if self
            .life()
            .is_some_and(|life| life.reserving && life.unknown)
        {
            let text =
                "a reservation of unknown fate was asked for again as if it had not happened";
            self.fail(text.to_owned());
        }
    }

    /// One more of what befell a kind of server, or the way to it.
    pub(super) fn met_at(&mut self, name: &str, what: &str) {
        self.met.count(&format!("{name}: {what}"));
        self.tell(|| format!("one of the {what}"));
    }
}
