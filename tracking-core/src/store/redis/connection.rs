//! One connection to one server, on which everything has a time-out.

use std::io::{self, BufReader, Write};
use std::sync::Arc;

use redis::{Cmd, Value, cmd};

use crate::store::url::RedisHost;

use super::deadline::Deadline;
use super::fault::RedisFault;
use super::info::Info;
use super::refusal::Refusal;
use super::reply::{self, Failure};
use super::stream::Stream;
use super::text::quoted;

/// A connection. Whoever gets a [`RedisFault`] from it drops it, since an answer may still be under way.
pub(super) struct Connection {
    stream: BufReader<Stream>,
    /// Where it leads, for messages.
    pub(super) address: String,
    /// The server, where it has a host.
    pub(super) host: Option<RedisHost>,
    /// Whether an earlier call has used it.
    pub(super) kept: bool,
    /// Whether each script is sent along, since the server lacked one.
    pub(super) with_scripts: bool,
    /// Whether each command is to be served though the slot is only on its way to this node.
    pub(super) asking: bool,
    /// The identity of the server's process, where that was asked for: a connection never outlives it.
    pub(super) run_id: String,
}

/// One reply: a value, or the server's refusal.
pub(super) type Reply = Result<Value, Refusal>;

impl Connection {
    pub(super) fn new(stream: Stream, address: String, host: Option<RedisHost>) -> Self {
        Self {
            stream: BufReader::new(stream),
            address,
            host,
            kept: false,
            with_scripts: false,
            asking: false,
            run_id: String::new(),
        }
    }

    /// What the next call finds of it. A node that only takes a slot over is asked for one call at
    /// a time.
    pub(super) fn for_the_next_call(self) -> Option<Self> {
        let kept = Self {
            kept: true,
            with_scripts: false,
            ..self
        };
        (!kept.asking).then_some(kept)
    }

    /// Send all commands at once, and read a reply for each.
    pub(super) fn exchange(
        &mut self,
        commands: &[Cmd],
        deadline: Deadline,
    ) -> Result<Vec<Reply>, RedisFault> {
        let mut request = Vec::new();
        for command in commands {
            if self.asking {
                request.extend(cmd("ASKING").get_packed_command());
            }
            request.extend(command.get_packed_command());
        }
        deadline.left().ok_or(RedisFault::TooLate {
            within: deadline.whole(),
        })?;
        self.only_what_was_asked_for(deadline)?;
        let stream = self.stream.get_mut();
        stream.end_at(deadline);
        stream
            .write_all(&request)
            .and_then(|()| stream.flush())
            .map_err(|error| self.fault(error.into(), deadline))?;
        let mut replies = Vec::with_capacity(commands.len());
        for _ in commands {
            if self.asking {
                let _asked = self.receive(deadline)?;
            }
            replies.push(self.receive(deadline)?);
        }
        self.only_what_was_asked_for(deadline)?;
        Ok(replies)
    }

    /// Nothing may be left to read between two questions: the next answer would be another one's.
    fn only_what_was_asked_for(&self, deadline: Deadline) -> Result<(), RedisFault> {
        match self.stream.get_ref().is_quiet() {
            Ok(true) if self.stream.buffer().is_empty() => Ok(()),
            Ok(_) => Err(self.garbled("more than was asked for")),
            Err(error) => Err(self.fault(error.into(), deadline)),
        }
    }

    fn receive(&mut self, deadline: Deadline) -> Result<Reply, RedisFault> {
        let value =
            reply::read(&mut self.stream).map_err(|failure| self.fault(failure, deadline))?;
        Ok(match value {
            Value::ServerError(error) => Err(Refusal::new(&error)),
            value => Ok(value),
        })
    }

    /// One command and its value.
    pub(super) fn ask(&mut self, command: Cmd, deadline: Deadline) -> Result<Value, RedisFault> {
        let [value] = self.ask_all([command], deadline)?;
        Ok(value)
    }

    /// Some commands and their values.
    pub(super) fn ask_all<const N: usize>(
        &mut self,
        commands: [Cmd; N],
        deadline: Deadline,
    ) -> Result<[Value; N], RedisFault> {
        let replies = self.exchange(&commands, deadline)?;
        let values = replies
            .into_iter()
            .map(|reply| reply.map_err(|refusal| self.refused(refusal)))
            .collect::<Result<Vec<_>, _>>()?;
        // `exchange` answers as many replies as it was given commands.
        <[Value; N]>::try_from(values).map_err(|_| self.garbled("too few replies"))
    }

    /// Whether the server is one that takes writes, by its `INFO replication`.
    pub(super) fn is_primary(&self, replication: &Info<'_>) -> Result<(), RedisFault> {
        match replication.field("role") {
            Some("master") => Ok(()),
            Some(_) => Err(RedisFault::Replica {
                address: self.address.clone(),
            }),
            None => Err(self.garbled("no role in INFO")),
        }
    }

    pub(super) fn refused(&self, refusal: Refusal) -> RedisFault {
        RedisFault::Refused {
            address: self.address.clone(),
            refusal,
        }
    }

    pub(super) fn garbled(&self, found: &str) -> RedisFault {
        RedisFault::Garbled {
            address: self.address.clone(),
            found: quoted(found),
        }
    }

    fn no_answer(&self, deadline: Deadline) -> RedisFault {
        RedisFault::NoAnswer {
            address: self.address.clone(),
            within: deadline.whole(),
        }
    }

    fn fault(&self, failure: Failure, deadline: Deadline) -> RedisFault {
        match failure {
            Failure::Io(error) if is_timeout(&error) => self.no_answer(deadline),
            Failure::Io(error) => RedisFault::Broken {
                address: self.address.clone(),
                cause: Arc::new(error),
            },
            Failure::TooLong => RedisFault::TooLong {
                address: self.address.clone(),
            },
            Failure::Garbled(found) => self.garbled(&found),
        }
    }
}

/// Whether a socket gave up waiting.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}
