//! A network that loses, delays and doubles what goes over it, and the servers at its end.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracking_core::store::url::StoreUrl;
use tracking_core::store::{Dial, Wire};
use tracking_core::{Clock, Key, OpenError, OpenStore, RedisAllocator, SeriesOptions};

use super::server::Server;
use super::world::World;

/// How long a client waits for an answer, in milliseconds.
const TIME_OUT_MS: u64 = 200;
/// What no fault hurts: the name of the one series.
const URL: &str = "redis://primary:6379?timeout_ms=60000&connect_ms=60000";

pub(super) struct Network {
    world: Arc<World>,
    servers: Mutex<Servers>,
}

/// One server, or two once the network is split.
pub(super) struct Servers {
    pub(super) all: Vec<Server>,
    /// Which of them a process reaches, by its place; the last that there is where it has none.
    pub(super) split: bool,
    /// With each start or promotion, another: connections are to one of these.
    pub(super) epoch: u64,
}

/// One connection of a process to a server.
struct Connection {
    network: Arc<Network>,
    server: usize,
    epoch: u64,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// What comes after what was asked for.
    later: Vec<u8>,
    broken: bool,
    /// The reservation in which it was made.
    made_in: u64,
}

struct Dialler(Arc<Network>);

impl Network {
    pub(super) fn new(world: &Arc<World>, server: Server) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            servers: Mutex::new(Servers {
                all: vec![server],
                split: false,
                epoch: 0,
            }),
        })
    }

    pub(super) fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Open the series, or create it with the one key.
    pub(super) fn open(
        self: &Arc<Self>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<dyn OpenStore>, OpenError> {
        let options = SeriesOptions::default()
            .with_key(Key::from_bytes([7; 16]))
            .with_prefix("SIM".parse().unwrap_or_default());
        let Ok(StoreUrl::Redis(url)) = URL.parse() else {
            unreachable!("{URL} names a Redis");
        };
        let dial: Arc<dyn Dial> = Arc::new(Dialler(Arc::clone(self)));
        let opened = RedisAllocator::open_over(&url, &options, clock, Some(dial))?;
        Ok(Arc::new(opened))
    }
}

impl Dial for Dialler {
    fn dial(&self, _address: &str) -> io::Result<Box<dyn Wire>> {
        let Self(network) = self;
        network.world.step("connects", 0)?;
        let (made_in, who) = {
            let mut state = network.world.lock();
            let who = state.current;
            (state.life().map_or(0, |life| life.call), who)
        };
        let servers = network.servers();
        let server = match servers.split {
            true => who % servers.all.len(),
            false => servers.all.len() - 1,
        };
        Ok(Box::new(Connection {
            network: Arc::clone(network),
            server,
            epoch: servers.epoch,
            request: Vec::new(),
            answer: Vec::new(),
            later: Vec::new(),
            broken: false,
            made_in,
        }))
    }
}

/// What becomes of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    /// Nothing of it arrives.
    Lost,
    /// It is executed, and the connection breaks.
    Broken,
    /// It is executed, and the answer comes after the time-out.
    Late,
    /// The answer comes twice.
    Twice,
}

impl Connection {
    fn world(&self) -> &World {
        &self.network.world
    }

    /// What was asked for arrives, is executed, and is answered; or not.
    fn exchange(&mut self) -> io::Result<()> {
        let (fate, ms) = {
            let mut state = self.world().lock();
            let fate = match state.up_to(79) {
                0 => Fate::Lost,
                1 => Fate::Broken,
                2 => Fate::Late,
                3 => Fate::Twice,
                _ => Fate::Well,
            };
            (fate, state.up_to(3))
        };
        self.world().step("asks the server", ms)?;
        self.alive()?;
        let request = std::mem::take(&mut self.request);
        if fate == Fate::Lost {
            self.met("requests lost before they were executed");
            return self.time_out();
        }
        self.execute(&parse(&request))?;
        match fate {
            Fate::Well | Fate::Lost => {
                let ms = self.world().lock().up_to(3);
                self.world().step("waits for the answer", ms)?;
                Ok(())
            }
            Fate::Broken => {
                self.met("requests executed whose answer was lost");
                self.unknown();
                self.broken = true;
                self.answer.clear();
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Fate::Late => {
                self.met("answers that came after the time-out");
                self.later = std::mem::take(&mut self.answer);
                self.time_out()
            }
            Fate::Twice => {
                self.met("answers that came twice");
                self.later = self.answer.clone();
                Ok(())
            }
        }
    }

    fn time_out(&mut self) -> io::Result<()> {
        self.unknown();
        self.world().step("waits until the time-out", TIME_OUT_MS)?;
        // What is late has come by then, for whoever still listens.
        self.answer = std::mem::take(&mut self.later);
        Err(io::ErrorKind::TimedOut.into())
    }

    /// A request on a new connection is of unknown fate from here on.
    fn unknown(&self) {
        let made_in = self.made_in;
        if let Some(life) = self.world().lock().life()
            && life.reserving
            && life.call == made_in
        {
            life.unknown = true;
        }
    }

    fn alive(&mut self) -> io::Result<()> {
        if self.broken || self.network.servers().epoch != self.epoch {
            self.broken = true;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    fn execute(&mut self, commands: &[Vec<String>]) -> io::Result<()> {
        let mut guard = self.network.servers();
        let servers = &mut *guard;
        let is_split = servers.split;
        let Some(server) = servers.all.get_mut(self.server) else {
            return Err(io::ErrorKind::ConnectionReset.into());
        };
        for command in commands {
            let mut state = self.network.world.lock();
            let is_reservation = command.first().is_some_and(|word| word == "EVALSHA")
                && state.life().is_some_and(|life| life.reserving);
            if is_reservation && state.life().is_some_and(|life| life.unknown) {
                let text =
                    "a reservation of unknown fate was asked for again as if it had not happened";
                state.fail(text.to_owned());
            }
            let now_ms = state.true_ms() + server.offset_ms;
            let before = server.hashes.clone();
            let reply = server.execute(command, now_ms);
            if is_split && before != server.hashes && is_reservation {
                let side = ["the old side", "the new side"][self.server.min(1)];
                state
                    .met
                    .count(&format!("reservations by {side} of a split brain"));
            }
            state.tell(|| {
                let word = command.first().map_or("", String::as_str);
                format!("the server executes {word}: {reply:.0?}")
            });
            reply.write(&mut self.answer);
        }
        Ok(())
    }

    fn met(&self, what: &str) {
        let mut state = self.world().lock();
        state.met.count(what);
        state.tell(|| format!("one of the {what}"));
    }
}

/// The commands in a request: arrays of texts.
fn parse(request: &[u8]) -> Vec<Vec<String>> {
    let mut rest = request;
    let mut line = || -> Option<String> {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let found = String::from_utf8_lossy(&rest[1..end]).into_owned();
        let kind = rest[0];
        rest = &rest[end + 2..];
        if kind != b'$' {
            return Some(found);
        }
        let length: usize = found.parse().ok()?;
        let text = String::from_utf8_lossy(rest.get(..length)?).into_owned();
        rest = &rest[length + 2..];
        Some(text)
    };
    let mut commands = Vec::new();
    while let Some(count) = line().and_then(|count| count.parse::<usize>().ok()) {
        commands.push((0..count).map_while(|_| line()).collect());
    }
    commands
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.answer.is_empty() && !self.request.is_empty() {
            self.exchange()?;
        }
        if self.answer.is_empty() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let count = buffer.len().min(self.answer.len());
        buffer[..count].copy_from_slice(&self.answer[..count]);
        self.answer.drain(..count);
        Ok(count)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.alive()?;
        self.request.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for Connection {
    fn is_quiet(&self) -> io::Result<bool> {
        if self.broken || self.network.servers().epoch != self.epoch {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.answer.is_empty() && self.later.is_empty())
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}
