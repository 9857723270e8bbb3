//! What is to be recorded, and what became of it.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Weak};

use tracking_core::TrackingNumber;
use tracking_core::order::Order;

use crate::key::Claim;
use crate::names::{Reference, RequestId, TokenName};
use crate::random;
use crate::under_way::Turn;

/// The first millisecond that a ledger cannot tell: 2^42, in the year 2109.
pub(crate) const ISSUED_AT_END_MS: i64 = 1 << 42;

/// Numbers that were issued for one order at one time, and the idempotency key of their request if it had one. They
/// are recorded together or not at all.
///
/// Each has an identity of its own, which its clones share: a clone that is recorded after an answer was lost is
/// known as the same, and is no collision.
#[derive(Clone, Debug)]
pub struct Recording {
    numbers: Box<[TrackingNumber]>,
    issued_at_ms: i64,
    order: Order,
    reference: Option<Reference>,
    token: Option<TokenName>,
    request_id: Option<RequestId>,
    claim: Option<Claim>,
    turn: Weak<Turn>,
    identity: i64,
}

/// Why something cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It has no number, or more than 1,000.
    #[error("expected 1 to 1000 numbers in one recording, found {found}")]
    Count {
        /// How many.
        found: usize,
    },
    /// It has a number twice.
    #[error("expected each number once in a recording, found {number} twice")]
    Twice {
        /// The number.
        number: TrackingNumber,
    },
    /// Its time is before 1970, or after the year 2109.
    #[error("expected a time from 1970 to 2109 in milliseconds since 1970, found {found}")]
    Time {
        /// The time.
        found: i64,
    },
    /// The system has no random bits to tell it from others by.
    #[error("expected random bits from the system, found none: {kind}; nothing was recorded")]
    NoRandomBits {
        /// Why.
        kind: io::ErrorKind,
    },
}

impl Recording {
    /// The most numbers. A request for more is recorded in several, and cannot have a key.
    pub const NUMBERS_MAX: usize = 1_000;

    /// Numbers that were issued at a time, in milliseconds since 1970-01-01T00:00:00Z, for an order.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn new(
        numbers: impl Into<Box<[TrackingNumber]>>,
        issued_at_ms: i64,
        order: Order,
    ) -> Result<Self, RecordingError> {
        let numbers = numbers.into();
        let found = numbers.len();
        if !(1..=Self::NUMBERS_MAX).contains(&found) {
            return Err(RecordingError::Count { found });
        }
        if !(0..ISSUED_AT_END_MS).contains(&issued_at_ms) {
            return Err(RecordingError::Time {
                found: issued_at_ms,
            });
        }
        if found > 1 {
            let mut seen = HashSet::with_capacity(found);
            if let Some(&number) = numbers.iter().find(|number| !seen.insert(**number)) {
                return Err(RecordingError::Twice { number });
            }
        }
        Ok(Self {
            numbers,
            issued_at_ms,
            order,
            reference: None,
            token: None,
            request_id: None,
            claim: None,
            turn: Weak::new(),
            identity: random::identity()?,
        })
    }

    /// The same with what the caller calls the parcel.
    #[must_use]
    pub fn with_reference(mut self, reference: Option<Reference>) -> Self {
        self.reference = reference;
        self
    }

    /// The same with the name of the token that asked.
    #[must_use]
    pub fn with_token(mut self, token: Option<TokenName>) -> Self {
        self.token = token;
        self
    }

    /// The same with the id of the request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: Option<RequestId>) -> Self {
        self.request_id = request_id;
        self
    }

    /// The same under an idempotency key.
    #[must_use]
    pub fn with_claim(mut self, claim: Option<Claim>) -> Self {
        self.claim = claim;
        self
    }

    /// The same, for a request that is under way while somebody keeps this.
    pub(crate) fn in_turn(mut self, turn: Option<&Arc<Turn>>) -> Self {
        self.turn = turn.map(Arc::downgrade).unwrap_or_default();
        self
    }

    /// The turn of its request, unless that has ended.
    pub(crate) fn turn(&self) -> Option<Arc<Turn>> {
        self.turn.upgrade()
    }

    /// The numbers, at least one.
    #[must_use]
    pub fn numbers(&self) -> &[TrackingNumber] {
        &self.numbers
    }

    /// When they were issued: milliseconds since 1970-01-01T00:00:00Z, below 2^42.
    #[must_use]
    pub fn issued_at_ms(&self) -> i64 {
        self.issued_at_ms
    }

    /// The order that they were issued for.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// What the caller calls the parcel.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// The name of the token that asked.
    #[must_use]
    pub fn token(&self) -> Option<&TokenName> {
        self.token.as_ref()
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// The key that the request came with.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// A random number that tells its rows from everybody else's; its clones share it.
    #[must_use]
    pub fn identity(&self) -> i64 {
        self.identity
    }
}

/// What became of a [`Recording`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only what is `New` or `Replayed` may be answered"]
pub enum Recorded {
    /// Its numbers are recorded, durably.
    New,
    /// Its key was used before, for the same request: answer with these numbers, and forget the new ones.
    Replayed(Replay),
    /// Its key was used before, for another request. Nothing was recorded.
    KeyReused,
    /// These of its numbers are in the ledger already, for somebody else: a number was issued twice. Nothing was
    /// recorded, and none of its numbers may be given out.
    Collided(Vec<TrackingNumber>),
}

/// What was answered under a key. The order is that of the request that asks now: the fingerprint says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The numbers, in their order.
    pub numbers: Vec<TrackingNumber>,
    /// When they were issued: milliseconds since 1970-01-01T00:00:00Z.
    pub issued_at_ms: i64,
}

/// What a ledger knows of a key, before a number is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing, or its time is over.
    New,
    /// It was used for the same request.
    Replayed(Replay),
    /// It was used for another request.
    Reused,
}
