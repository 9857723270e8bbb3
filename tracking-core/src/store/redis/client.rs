//! Asks the Redis that a URL names: one call at a time, each with its deadline and its tries.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::fork::PerProcess;
use crate::store::allocator::AllocateError;
use crate::store::fault::SeriesFault;
use crate::store::url::{RedisPlace, RedisUrl};

use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::primary::PrimaryFinder;
use super::retry::{Attempt, Next};
use super::stream::Dial;
use super::turn::Turns;

/// How often one call asks or writes back, whatever for. The longest way to an answer that takes no
/// waiting: the connection broke, the slot has moved, the script is unknown, the series is missing,
/// it is written back, it answers.
const TRIES: usize = 6;
/// How long a slot that moves, or a cluster that votes, is waited for each time.
const PAUSE: Duration = Duration::from_millis(50);

/// What is asked in one call, in as many attempts as it takes. A function of a connection and a
/// deadline is a question, too.
pub(super) trait Question {
    type Answer;

    /// One attempt.
    fn ask(
        &mut self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<Self::Answer, RedisFault>;

    /// Write back the series that an attempt found [missing](SeriesFault::Missing).
    fn write_back(
        &mut self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), RedisFault>;
}

impl<T, F> Question for F
where
    F: FnMut(&mut Connection, Deadline) -> Result<T, RedisFault>,
{
    type Answer = T;

    fn ask(&mut self, connection: &mut Connection, deadline: Deadline) -> Result<T, RedisFault> {
        self(connection, deadline)
    }

    // Only a reservation needs the series to be there.
    fn write_back(&mut self, _: &mut Connection, _: Deadline) -> Result<(), RedisFault> {
        Err(RedisFault::Series(SeriesFault::Missing))
    }
}

/// What an attempt does.
enum Step {
    Ask,
    WriteBack,
}

/// A Redis, and the one connection to whoever is in charge of it.
pub(super) struct Client {
    finder: PrimaryFinder,
    turns: PerProcess<Turns<Connection>>,
}

impl Client {
    pub(super) fn new(url: RedisUrl, dial: Option<Arc<dyn Dial>>) -> Self {
        Self {
            finder: PrimaryFinder::new(url, dial),
            turns: PerProcess::default(),
        }
    }

    pub(super) fn url(&self) -> &RedisUrl {
        self.finder.url()
    }

    /// Have a question answered within the time-out of the URL.
    ///
    /// The connection is kept only where there is an answer. What follows an attempt without one,
    /// and why that is safe, is in [`retry`](super::retry).
    pub(super) fn call<Q: Question>(&self, question: Q) -> Result<Q::Answer, AllocateError> {
        let deadline = Deadline::after(self.url().timeout());
        self.call_until(deadline, question)
            .map_err(|fault| fault.into_error(self.url()))
    }

    fn call_until<Q: Question>(
        &self,
        deadline: Deadline,
        mut question: Q,
    ) -> Result<Q::Answer, RedisFault> {
        let in_cluster = matches!(self.url().place(), RedisPlace::Cluster { .. });
        let mut turn = self.turns.get(Default::default).take(deadline)?;
        let mut at_hand = turn.connection.take();
        let mut step = Step::Ask;
        // What the caller is told once the tries are used up, unless something was waited for or
        // written back in vain.
        let mut in_vain = RedisFault::Wandering { hops: TRIES };
        for _ in 0..TRIES {
            let mut connection = match at_hand.take() {
                Some(connection) => connection,
                None => self.finder.find(deadline)?,
            };
            let attempt = Attempt {
                kept: connection.kept,
                with_scripts: connection.with_scripts,
                in_cluster,
            };
            let outcome = match step {
                Step::Ask => question.ask(&mut connection, deadline).map(Some),
                Step::WriteBack => question
                    .write_back(&mut connection, deadline)
                    .map(|()| None),
            };
            let fault = match outcome {
                Ok(Some(answer)) => {
                    turn.connection = connection.for_the_next_call();
                    return Ok(answer);
                }
                Ok(None) => {
                    (step, at_hand) = (Step::Ask, Some(connection));
                    in_vain = RedisFault::Series(SeriesFault::Missing);
                    continue;
                }
                Err(fault) => fault,
            };
            (step, at_hand) = match Next::after(attempt, &fault) {
                Next::LoadScript => {
                    connection.with_scripts = true;
                    (step, Some(connection))
                }
                Next::WriteBack => (Step::WriteBack, Some(connection)),
                Next::Follow { host, asking } => {
                    let followed = self.finder.follow(host, asking, &connection, deadline)?;
                    (Step::Ask, Some(followed))
                }
                Next::Reconnect => (Step::Ask, None),
                Next::Pause if deadline.left().is_some_and(|left| left > PAUSE) => {
                    thread::sleep(PAUSE);
                    in_vain = fault;
                    (Step::Ask, None)
                }
                Next::Pause | Next::GiveUp => return Err(fault),
            };
        }
        Err(in_vain)
    }
}
