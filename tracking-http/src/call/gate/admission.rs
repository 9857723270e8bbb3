//! A request that was let in.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracking_programs::tokens::Scope;
use warp::http::HeaderMap;
use warp::reply::Response;

use crate::api::asked::{Account, Charge};
use crate::api::problems;
use crate::call::rate::{self, Addresses, Client, Left, Limiter, Rate, Refused};
use crate::call::tokens::Caller;

/// A request that was let in: whose it is, and what that leaves of their rate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admission {
    payer: Option<Payer>,
    /// If the account has a rate.
    left: Option<Left>,
}

/// Who pays.
#[derive(Debug, Clone)]
enum Payer {
    /// Whoever holds a token.
    Caller(Arc<Caller>),
    Address(Arc<Addresses>, Client),
}

impl Admission {
    pub(super) fn of_caller(caller: Arc<Caller>) -> Result<Self, Box<Response>> {
        Self::of(Payer::Caller(caller))
    }

    pub(super) fn of_address(
        addresses: Arc<Addresses>,
        client: Client,
    ) -> Result<Self, Box<Response>> {
        Self::of(Payer::Address(addresses, client))
    }

    fn of(payer: Payer) -> Result<Self, Box<Response>> {
        let mut admission = Self {
            payer: Some(payer),
            left: None,
        };
        match admission.take(NonZeroU32::MIN) {
            Ok(()) => Ok(admission),
            Err(after) => {
                let mut answer = problems::too_many_requests(rate::seconds(after).max(1));
                admission.write_rate_fields(answer.headers_mut());
                Err(answer.into())
            }
        }
    }

    /// Whether it has a rate, so that a batch is to be [charged](Account::charge).
    pub(crate) fn is_counted(&self) -> bool {
        self.left.is_some()
    }

    /// The *name* of the token, for the log.
    pub(crate) fn caller(&self) -> Option<&str> {
        match self.payer.as_ref()? {
            Payer::Caller(caller) => Some(caller.name()),
            Payer::Address(..) => None,
        }
    }

    /// Whether who asks may do that: everybody may everything where no token is asked for.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        match &self.payer {
            Some(Payer::Caller(caller)) => caller.may(scope),
            Some(Payer::Address(..)) | None => true,
        }
    }

    /// Take these numbers, or say when there will be enough.
    fn take(&mut self, numbers: NonZeroU32) -> Result<(), Duration> {
        let taken = match &self.payer {
            None => return Ok(()),
            Some(Payer::Caller(caller)) => match caller.limiter() {
                None => return Ok(()),
                Some(limiter) => limiter.take(&(), numbers),
            },
            Some(Payer::Address(addresses, client)) => addresses.take(client, numbers),
        };
        // `charge` has looked at the burst, and one number is never beyond it.
        let (left, result) = match taken {
            Ok(left) => (left, Ok(())),
            Err(Refused { left, after }) => (left, Err(after)),
        };
        self.left = Some(left);
        result
    }

    /// Give back numbers that were taken last, that long ago, and for which nothing was issued: those of them
    /// that have not come back by themselves.
    pub(crate) fn give_back(&mut self, numbers: NonZeroU32, after: Duration) {
        let (Some(rate), Some(left)) = (self.rate(), self.left) else {
            return;
        };
        let still_taken = rate.still_taken(left, after);
        let back = numbers.get().min(still_taken);
        self.left = Some(rate.left_beside(still_taken - back));
        let Some(numbers) = NonZeroU32::new(back) else {
            return;
        };
        match &self.payer {
            Some(Payer::Caller(caller)) => {
                if let Some(limiter) = caller.limiter() {
                    limiter.give_back(&(), numbers);
                }
            }
            Some(Payer::Address(addresses, client)) => addresses.give_back(client, numbers),
            None => {}
        }
    }

    /// The answer to who may do something else only.
    pub(super) fn forbidden(&self, needed: Scope) -> Box<Response> {
        let mut answer = problems::forbidden(needed);
        self.write_rate_fields(answer.headers_mut());
        answer.into()
    }

    /// Write `RateLimit` and `RateLimit-Policy`, if there is a rate and nobody has written them.
    pub(crate) fn write_rate_fields(&self, headers: &mut HeaderMap) {
        if let (Some(rate), Some(left)) = (self.rate(), self.left) {
            rate.write(left, headers);
        }
    }

    fn rate(&self) -> Option<&Rate> {
        match self.payer.as_ref()? {
            Payer::Caller(caller) => caller.limiter().map(Limiter::rate),
            Payer::Address(addresses, _) => Some(addresses.rate()),
        }
    }
}

impl Account for Admission {
    fn charge(&self, numbers: u32) -> Result<Box<dyn Charge>, Box<Response>> {
        let mut charged = Charged {
            admission: self.clone(),
            taken: None,
        };
        let Some(rate) = self.rate() else {
            return Ok(Box::new(charged));
        };
        let burst = rate.rate().burst();
        if numbers > burst {
            return Err(problems::batch_beyond_burst(burst).into());
        }
        if let Some(more) = NonZeroU32::new(numbers.saturating_sub(1)) {
            // The one is given back with the refusal, and taken again by who asks again: it makes no difference.
            let taken = charged.admission.take(more);
            taken.map_err(|after| problems::too_many_requests(rate::seconds(after).max(1)))?;
            charged.taken = Some((more, Instant::now()));
        }
        Ok(Box::new(charged))
    }
}

/// What a batch was charged.
struct Charged {
    /// With what that leaves.
    admission: Admission,
    /// What is to be given back, and when it was taken.
    taken: Option<(NonZeroU32, Instant)>,
}

impl Charge for Charged {
    fn keep(mut self: Box<Self>, headers: &mut HeaderMap) {
        self.taken = None;
        self.admission.write_rate_fields(headers);
    }
}

impl Drop for Charged {
    fn drop(&mut self) {
        if let Some((numbers, taken)) = self.taken {
            self.admission.give_back(numbers, taken.elapsed());
        }
    }
}
