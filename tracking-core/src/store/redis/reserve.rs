//! One reservation: a run of `reserve.lua`, and what its answer means to the caller.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::number::serial::Block;
use crate::series::Series;
use crate::store::allocator::AllocateError;
use crate::store::fault::SeriesFault;
use crate::store::timeline::{Seen, TimelineError};

use super::answer::{Creation, Outcome, Reservation};
use super::client::Question;
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::remote_series::RemoteSeries;
use super::{script, text};

/// The serials that are wanted of a series, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Reserve<'a> {
    pub(super) remote: &'a RemoteSeries,
    /// The series as this process holds it, which is written back where it vanished.
    pub(super) series: &'a Series,
    pub(super) wanted: NonZeroU32,
    /// How often that was done.
    pub(super) written_back: &'a AtomicU64,
}

/// What the script answered, and this host's clock just before it was asked.
pub(super) struct Answered {
    answer: Reservation,
    caller_ms: i64,
}

impl Reserve<'_> {
    /// Reserve, in as many attempts as the client makes.
    pub(super) fn block(self) -> Result<Block, AllocateError> {
        let Answered { answer, caller_ms } = self.remote.client.call(self)?;
        let store_ms = answer.store_ms;
        let url = self.remote.client.url();
        let clock = |source| AllocateError::Clock {
            store: url.to_string(),
            source,
        };
        let refused = |fault: RedisFault| fault.into_error(url);
        Err(match answer.outcome {
            Outcome::Granted(block) => return Ok(block),
            Outcome::NotYet(after) => AllocateError::NotYet { after },
            Outcome::OutOfRange => clock(TimelineError::ClockOutOfRange { now_ms: store_ms }),
            Outcome::Behind { behind_ms } => clock(TimelineError::ClockBehind { behind_ms }),
            Outcome::Disagree => clock(TimelineError::ClocksDisagree {
                store_ms,
                caller_ms,
            }),
            Outcome::Foreign { fingerprint } => refused(RedisFault::Series(SeriesFault::Foreign {
                expected: self.series.fingerprint(),
                found: text::quoted(&fingerprint),
            })),
            Outcome::Moved(moved) => AllocateError::of_step(url, TimelineError::Moved(moved)),
            Outcome::Corrupt { field } => refused(self.remote.corrupt(&field)),
            Outcome::Missing => refused(RedisFault::Series(SeriesFault::Missing)),
        })
    }

    fn arguments(&self, run_id: &str, caller_ms: i64) -> Vec<String> {
        let mut arguments = vec![
            self.wanted.to_string(),
            caller_ms.max(0).to_string(),
            self.series.fingerprint().to_string(),
        ];
        if let Some(Seen { lane, tick, slot }) = self.remote.newest().by(run_id) {
            arguments.extend([lane.to_string(), tick.to_string(), slot.to_string()]);
        }
        arguments
    }
}

impl Question for Reserve<'_> {
    type Answer = Answered;

    fn ask(
        &mut self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<Answered, RedisFault> {
        let (remote, run_id) = (self.remote, connection.run_id.clone());
        let (keys, wait) = ([remote.key.as_str()], remote.client.url().wait());
        // Rule 4 asks for our clock just before the request is sent.
        let caller_ms = remote.clock.now_ms();
        let arguments = self.arguments(&run_id, caller_ms);
        let (value, reached) = script::RESERVE.run(connection, &keys, arguments, wait, deadline)?;
        let answer = Reservation::of(&value, self.wanted)
            .ok_or_else(|| connection.garbled(&format!("{value:?}")))?;
        remote.note(caller_ms, answer.store_ms);
        match &answer.outcome {
            Outcome::Missing => return Err(RedisFault::Series(SeriesFault::Missing)),
            Outcome::Granted(block) => {
                if !remote.newest().is_above(&run_id, block) {
                    return Err(connection.garbled("a block that was granted before"));
                }
                remote.newest().note(&run_id, Seen::end_of(block));
                if let (Some(wait), Some(found)) = (wait, reached)
                    && found < i64::from(wait.replicas.get())
                {
                    return Err(RedisFault::Replicas {
                        wanted: wait.replicas.get(),
                        found,
                        within: wait.patience,
                    });
                }
            }
            _ => {}
        }
        Ok(Answered { answer, caller_ms })
    }

    /// The series vanished while this process holds it: bring it back as it was, without its
    /// timeline, so that the next step fences every lane.
    fn write_back(
        &mut self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), RedisFault> {
        let fingerprint = self.series.fingerprint();
        match self
            .remote
            .create(connection, self.series, None, deadline)?
        {
            Creation::Created => {
                self.written_back.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    store = %self.remote.client.url(),
                    series = %self.series.name(),
                    %fingerprint,
                    "the series vanished from Redis and was written back; nothing is reserved for a second"
                );
                Ok(())
            }
            // Another process was faster.
            Creation::Exists { fingerprint: found } if found == fingerprint.to_string() => Ok(()),
            Creation::Exists { fingerprint: found } => {
                Err(RedisFault::Series(SeriesFault::Foreign {
                    expected: fingerprint,
                    found,
                }))
            }
            Creation::Taken { by } => Err(RedisFault::Series(SeriesFault::PrefixTaken {
                prefix: self.series.prefix(),
                taken_by: by.name,
                fingerprint: by.fingerprint,
            })),
        }
    }
}
