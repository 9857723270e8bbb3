//! The bytes between a process and a simulated Redis.

use std::io::{self, Read, Write};
use std::sync::Arc;

use tracking_core::store::url::StoreUrl;
use tracking_core::store::{Dial, Wire};
use tracking_core::{Clock, OpenError, OpenStore, RedisAllocator};

use super::super::network::{Fate, Link, Network, Shared, options};
use super::server::Redis;

/// By the machine's own clock, which does not count here.
const URL: &str = "redis://primary:6379?timeout_ms=60000&connect_ms=60000";

/// One connection of a process to a server.
struct Connection {
    link: Link<Redis>,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// What comes after what was asked for.
    later: Vec<u8>,
}

#[derive(Clone)]
pub(super) struct Dialler(pub(super) Arc<Network<Redis>>);

impl Shared for Dialler {
    fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn OpenStore>, OpenError> {
        let Ok(StoreUrl::Redis(url)) = URL.parse() else {
            unreachable!("{URL} names a Redis");
        };
        let dial: Arc<dyn Dial> = Arc::new(self.clone());
        let opened = RedisAllocator::open_over(&url, &options(), clock, Some(dial))?;
        Ok(Arc::new(opened))
    }
}

impl Dial for Dialler {
    fn dial(&self, _address: &str) -> io::Result<Box<dyn Wire>> {
        let Self(network) = self;
        Ok(Box::new(Connection {
            link: network.dial()?,
            request: Vec::new(),
            answer: Vec::new(),
            later: Vec::new(),
        }))
    }
}

impl Connection {
    /// What was asked for arrives, is executed, and is answered; or not.
    fn exchange(&mut self) -> io::Result<()> {
        let commands = parse(&std::mem::take(&mut self.request));
        let heard = self
            .link
            .exchange(Fate::Twice, |link, _| execute(link, &commands));
        if let Some(later) = heard.later {
            self.later = later;
        }
        match heard.answer {
            Ok(answer) => {
                self.answer = answer;
                Ok(())
            }
            Err(error) => {
                self.unknown();
                if error.kind() == io::ErrorKind::TimedOut {
                    // What is late has come by then, for whoever still listens.
                    self.answer = std::mem::take(&mut self.later);
                }
                Err(error)
            }
        }
    }

    /// A request on a new connection is of unknown fate from here on.
    fn unknown(&self) {
        let call = self.link.world().lock().life().map(|life| life.call);
        if call == Some(self.link.made_in) {
            self.link.unknown();
        }
    }
}

fn execute(link: &Link<Redis>, commands: &[Vec<String>]) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    for command in commands {
        let is_stored = link.in_server(|server, state| {
            let is_reservation = command.first().is_some_and(|word| word == "EVALSHA")
                && state.life().is_some_and(|life| life.reserving);
            if is_reservation {
                state.asks_to_reserve();
            }
            let now_ms = state.true_ms() + server.offset_ms;
            let before = server.hashes.clone();
            let reply = server.execute(command, now_ms);
            state.tell(|| {
                let word = command.first().map_or("", String::as_str);
                format!("the server executes {word}: {reply:.0?}")
            });
            reply.write(&mut answer);
            is_reservation && before != server.hashes
        })?;
        if is_stored {
            link.reserved();
        }
    }
    Ok(answer)
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
        self.link.alive()?;
        self.request.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for Connection {
    fn is_quiet(&self) -> io::Result<bool> {
        if !self.link.is_open() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.answer.is_empty() && self.later.is_empty())
    }
}
