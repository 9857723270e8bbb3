//! One connection to one server, on which everything has a time-out.

use std::io::{self, BufReader, Write};
use std::sync::Arc;

use redis::{Cmd, Value, cmd};

use crate::store::url::{RedisHost, ReplicaWait};

use super::deadline::Deadline;
use super::fault::RedisFault;
use super::info::Info;
use super::refusal::{Refusal, RefusalKind};
use super::reply::{self, Failure};
use super::script::Script;
use super::stream::Stream;
use super::text::{quoted, text};

/// A connection. Whoever gets a [`RedisFault`] from it drops it, since an answer may still be under way.
pub(super) struct Connection {
    stream: BufReader<Stream>,
    /// Where it leads, for messages.
    pub(super) address: String,
    /// The server, where it has a host.
    pub(super) host: Option<RedisHost>,
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
            asking: false,
            run_id: String::new(),
        }
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

    /// Run a script, in one round trip where the server has it. With `wait`, what it wrote must be
    /// on that many replicas; the second value is how many it reached. The arguments are made anew for
    /// each time it is sent, since one of them may be what time it is.
    pub(super) fn run(
        &mut self,
        script: &Script,
        keys: &[&str],
        mut arguments: impl FnMut() -> Vec<String>,
        wait: Option<ReplicaWait>,
        deadline: Deadline,
    ) -> Result<(Value, Option<i64>), RedisFault> {
        for known in [true, false] {
            if !known {
                let load = cmd("SCRIPT").arg("LOAD").arg(&script.text).take();
                let sha = self.ask(load, deadline)?;
                if text(&sha) != Some(&script.sha) {
                    return Err(self.garbled("the script under another SHA-1"));
                }
            }
            let mut commands = vec![
                cmd("EVALSHA")
                    .arg(&script.sha)
                    .arg(keys.len())
                    .arg(keys)
                    .arg(arguments())
                    .take(),
            ];
            if let Some(wait) = wait {
                let left = deadline.left().unwrap_or_default().min(wait.patience);
                // WAIT takes 0 for "as long as it takes".
                let ms = left.as_millis().max(1) as u64;
                commands.push(cmd("WAIT").arg(wait.replicas.get()).arg(ms).take());
            }
            let mut replies = self.exchange(&commands, deadline)?.into_iter();
            let reached = |reply: Option<Reply>| match (wait, reply) {
                (None, _) => Ok(None),
                (Some(_), Some(Ok(Value::Int(reached)))) => Ok(Some(reached)),
                (Some(_), Some(Err(refusal))) => Err(Err(refusal)),
                (Some(_), _) => Err(Ok("no number of replicas")),
            };
            match replies.next() {
                Some(Ok(value)) => {
                    return match reached(replies.next()) {
                        Ok(reached) => Ok((value, reached)),
                        Err(Err(refusal)) => Err(self.refused(refusal)),
                        Err(Ok(found)) => Err(self.garbled(found)),
                    };
                }
                Some(Err(refusal)) if known && refusal.kind == RefusalKind::NoScript => {}
                Some(Err(refusal)) => return Err(self.refused(refusal)),
                None => return Err(self.garbled("no reply")),
            }
        }
        Err(self.garbled("no script"))
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
                source: Arc::new(error),
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
