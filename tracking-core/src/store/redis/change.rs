//! A change of the state otherwise than by a reservation: read it, change it, and put it back if it still is
//! what was read. The script `swap.lua` decides.

use redis::Value;

use crate::store::allocator::AllocateError;
use crate::store::fault::SeriesFault;
use crate::store::keep::{Moment, Step};
use crate::store::timeline::Timeline;

use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::hash::{self, Stored};
use super::remote_series::{Reading, RemoteSeries};
use super::script;
use super::text::text;
use crate::series::Fingerprint;

/// How often others may be faster: each reservation of theirs is, so that under load many are.
const ATTEMPTS: u32 = 1_000;

impl RemoteSeries {
    /// One step of the state of the series with this fingerprint, which must be there.
    pub(super) fn change(
        &self,
        expected: Fingerprint,
        step: &mut Step<'_>,
    ) -> Result<(), AllocateError> {
        let failed = |fault: RedisFault| fault.into_error(self.client.url());
        for _ in 0..ATTEMPTS {
            let Reading {
                stored,
                store_ms,
                caller_ms,
                history,
            } = self.read()?;
            let Some(Stored {
                series,
                timeline,
                token,
            }) = stored
            else {
                return Err(failed(RedisFault::Series(SeriesFault::Missing)));
            };
            if series.fingerprint() != expected {
                let found = series.fingerprint().to_string();
                let fault = SeriesFault::Foreign { expected, found };
                return Err(failed(RedisFault::Series(fault)));
            }
            let mut after = timeline.clone();
            step(&mut after, &Moment::shared(store_ms, caller_ms, &history));
            // A move is written again, so that it reaches the replicas that did not have it the first time.
            let is_written =
                |after: &Timeline| after.moved().is_some() || timeline.as_ref() != Some(after);
            let Some(after) = after.filter(is_written) else {
                return Ok(());
            };
            if self.swap(&token, &after)? {
                return Ok(());
            }
        }
        Err(failed(RedisFault::Outrun { times: ATTEMPTS }))
    }

    fn swap(
        &self,
        token: &[(&'static str, String)],
        timeline: &Timeline,
    ) -> Result<bool, AllocateError> {
        let arguments = hash::swap(token, timeline);
        self.client
            .call(|connection: &mut Connection, deadline: Deadline| {
                let (keys, wait) = ([self.key.as_str()], self.client.url().wait());
                let arguments = arguments.clone();
                let (value, reached) =
                    script::SWAP.run(connection, &keys, arguments, wait, deadline)?;
                let Value::Array(items) = &value else {
                    return Err(connection.garbled("no answer to a change"));
                };
                match items.first().and_then(text) {
                    Some("outrun") => Ok(false),
                    Some("stored") => match (wait, reached) {
                        (Some(wait), Some(found)) if found < i64::from(wait.replicas.get()) => {
                            Err(RedisFault::Replicas {
                                wanted: wait.replicas.get(),
                                found,
                                within: wait.patience,
                            })
                        }
                        _ => Ok(true),
                    },
                    _ => Err(connection.garbled("no answer to a change")),
                }
            })
    }
}
