//! A request that was let in.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tracking_core::token::Scope;
use warp::http::HeaderMap;
use warp::reply::Response;

use crate::problem;
use crate::rate::{Addresses, Client, Left, Limiter, Rate, Refused};
use crate::tokens::Caller;

/// A request that was let in: whose it is, and what that leaves of their rate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admission {
    account: Option<Account>,
    /// If the account has a rate.
    left: Option<Left>,
}

/// Who pays.
#[derive(Debug, Clone)]
enum Account {
    /// Whoever holds a token.
    Caller(Arc<Caller>),
    Address(Arc<Addresses>, Client),
}

impl Admission {
    pub(super) fn of_caller(caller: Arc<Caller>) -> Result<Self, Box<Response>> {
        Self::of(Account::Caller(caller))
    }

    pub(super) fn of_address(
        addresses: Arc<Addresses>,
        client: Client,
    ) -> Result<Self, Box<Response>> {
        Self::of(Account::Address(addresses, client))
    }

    fn of(account: Account) -> Result<Self, Box<Response>> {
        let mut admission = Self {
            account: Some(account),
            left: None,
        };
        admission.take(NonZeroU32::MIN, Duration::ZERO)?;
        Ok(admission)
    }

    /// Whether it has a rate, so that a batch is to be [charged](Self::charge).
    pub(crate) fn is_counted(&self) -> bool {
        self.left.is_some()
    }

    /// The *name* of the token, for the log.
    pub(crate) fn caller(&self) -> Option<&str> {
        match self.account.as_ref()? {
            Account::Caller(caller) => Some(caller.name()),
            Account::Address(..) => None,
        }
    }

    /// Take what a batch of so many numbers costs beyond the one that was counted when it was let in. On
    /// `Err` none of them is taken, and that is the answer.
    pub(crate) fn charge(&mut self, numbers: u32) -> Result<(), Box<Response>> {
        let Some(rate) = self.rate() else {
            return Ok(());
        };
        let burst = rate.rate().burst();
        if numbers > burst {
            return Err(problem::batch_beyond_burst(burst).into());
        }
        // Asked again it is counted as one number first, so that one more must have come back.
        let for_the_one = rate.period();
        match NonZeroU32::new(numbers.saturating_sub(1)) {
            None => Ok(()),
            Some(more) => self.take(more, for_the_one),
        }
    }

    /// Take these numbers; the time that `Retry-After` says is longer by `longer`.
    fn take(&mut self, numbers: NonZeroU32, longer: Duration) -> Result<(), Box<Response>> {
        let taken = match &self.account {
            None => return Ok(()),
            Some(Account::Caller(caller)) => match caller.limiter() {
                None => return Ok(()),
                Some(limiter) => limiter.take(numbers),
            },
            Some(Account::Address(addresses, client)) => addresses.take(*client, numbers),
        };
        match taken {
            Ok(left) => {
                self.left = Some(left);
                Ok(())
            }
            // `charge` has looked at the burst, and one number is never beyond it.
            Err(Refused { left, after }) => {
                self.left = Some(left);
                let mut answer = problem::too_many_requests(after + longer);
                self.write_rate_fields(answer.headers_mut());
                Err(answer.into())
            }
        }
    }

    /// The answer to who may do something else only.
    pub(super) fn forbidden(&self, needed: Scope) -> Box<Response> {
        let mut answer = problem::forbidden(needed);
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
        match self.account.as_ref()? {
            Account::Caller(caller) => caller.limiter().map(Limiter::rate),
            Account::Address(addresses, _) => Some(addresses.rate()),
        }
    }
}
