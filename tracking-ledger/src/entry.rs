//! What a ledger holds for each number.

use tracking_core::TrackingNumber;
use tracking_core::order::Order;

use crate::names::{Reference, RequestId, TokenName};

/// What a ledger holds for one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub number: TrackingNumber,
    /// When it was issued: milliseconds since 1970-01-01T00:00:00Z.
    pub issued_at_ms: i64,
    /// Whether this program issued it, or it was taken in from elsewhere.
    pub origin: Origin,
    /// The order that it was issued for: without the customer where that was erased, and empty where the number was
    /// imported.
    pub order: Order,
    /// What the caller called the parcel.
    pub reference: Option<Reference>,
    /// The name of the token that asked; none for callers without one.
    pub token: Option<TokenName>,
    /// The request that it was issued for.
    pub request_id: Option<RequestId>,
}

/// How a number came into the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was recorded when it was issued.
    Issued,
    /// It was issued elsewhere and imported. It guards against being issued again, and is never pruned.
    Imported,
}

/// A number that was issued elsewhere, to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldNumber {
    /// The number.
    pub number: TrackingNumber,
    /// When it was issued: milliseconds since 1970-01-01T00:00:00Z, below 2^42 (in the year 2109). What is outside
    /// is taken as the nearest inside.
    pub issued_at_ms: i64,
}

/// What became of numbers that were imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Numbers that the ledger did not hold.
    pub added: u64,
    /// Numbers that it held already: imported before, or issued by this program.
    pub known: u64,
}
