//! Many numbers of one order, page by page: each page is recorded before anybody sees it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tracking_core::issued::IssuedMany;
use tracking_core::order::Order;
use tracking_core::{AllocateError, TrackingNumber};

use super::{Asking, IssueError, RecordingDesk, TRIES, collision, of};
use crate::recording::{Recorded, Recording};

impl RecordingDesk {
    /// Record a page of numbers that [`Desk::issue_many`](tracking_core::Desk::issue_many) gave, however many, before
    /// anybody sees them. Blocks, for no longer than `within`. A page is recorded in parts, and after an error some of
    /// them may be.
    ///
    /// # Errors
    /// [`IssueError`]. None of the page may be given out then.
    pub fn record_page(
        &self,
        page: &IssuedMany<'_, '_>,
        asking: &Asking,
        within: Duration,
    ) -> Result<(), IssueError> {
        let deadline = Instant::now() + within;
        let mut at_ms = page.at_ms;
        // All are on their way before the first is waited for, as far as the queue takes them.
        for queued in page.numbers.chunks(8 * Recording::NUMBERS_MAX) {
            let mut parts = Vec::new();
            for part in queued.chunks(Recording::NUMBERS_MAX) {
                let recording = Recording::new(part, at_ms, page.order.clone())?;
                parts.push(self.recorder.submit(of(recording, asking)));
            }
            for part in parts {
                let left = deadline.saturating_duration_since(Instant::now());
                settled(part.wait(left)?)?;
            }
            // What comes later is listed as that: nothing is put in among what was listed before.
            at_ms = self.desk.now_ms().max(page.at_ms);
        }
        Ok(())
    }

    /// Record a part of a long answer, at most 8,000 numbers that were taken for it, before anybody sees them; for
    /// callers that must not block, and without a deadline: wrap it in your runtime's time-out.
    ///
    /// Numbers that the ledger has already were issued a second time: others take their places in `numbers`, and they
    /// are returned.
    ///
    /// # Errors
    /// [`IssueError`]. None of `numbers` may be given out then.
    pub async fn record_async(
        &self,
        numbers: &mut [TrackingNumber],
        at_ms: i64,
        order: &Order,
        asking: &Asking,
    ) -> Result<Vec<TrackingNumber>, IssueError> {
        let mut collided = Vec::new();
        let mut parts: Vec<&mut [TrackingNumber]> =
            numbers.chunks_mut(Recording::NUMBERS_MAX).collect();
        for _ in 0..TRIES {
            let mut waiting = Vec::new();
            for part in parts {
                let recording = Recording::new(&*part, at_ms, order.clone())?;
                waiting.push((part, self.recorder.submit(of(recording, asking))));
            }
            parts = Vec::new();
            for (part, recorded) in waiting {
                match recorded.await? {
                    Recorded::Collided(taken) => {
                        self.replace(part, &taken).await?;
                        collided.extend(taken);
                        parts.push(part);
                    }
                    recorded => settled(recorded)?,
                }
            }
            if parts.is_empty() {
                return Ok(collided);
            }
        }
        Err(collision(&collided))
    }

    /// Fresh numbers in the place of those that are taken.
    async fn replace(
        &self,
        numbers: &mut [TrackingNumber],
        taken: &[TrackingNumber],
    ) -> Result<(), AllocateError> {
        let fresh = self.take(taken.len() as u32).await?;
        let taken: HashSet<TrackingNumber> = taken.iter().copied().collect();
        let places = numbers.iter_mut().filter(|number| taken.contains(*number));
        for (place, fresh) in places.zip(fresh) {
            *place = fresh;
        }
        Ok(())
    }
}

/// What became of a part of a page, which has no key.
fn settled(recorded: Recorded) -> Result<(), IssueError> {
    match recorded {
        Recorded::New | Recorded::Replayed(_) => Ok(()),
        Recorded::KeyReused => Err(IssueError::KeyReused),
        Recorded::Collided(numbers) => Err(collision(&numbers)),
    }
}
