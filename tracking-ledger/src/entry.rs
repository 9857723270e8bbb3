//! What a ledger holds for each number.

use serde::Serialize;
use tracking_core::TrackingNumber;
use tracking_core::issued::{Issued, Zone};
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

impl Entry {
    /// As JSON, by serde_json: the members of [`Issued`], `created_at` among them, which is when the number was
    /// issued; then `order_created_at`, `reference`, `token`, `request_id`, each null where there is none, and
    /// `origin`, `issued` or `imported`. Times without an offset of their own are shown in the zone.
    ///
    /// ```
    /// use tracking_core::issued::Zone;
    /// use tracking_core::order::Order;
    /// use tracking_ledger::{Entry, Origin};
    ///
    /// let entry = Entry {
    ///     number: "7Q2M0ABCDEF12".parse()?,
    ///     issued_at_ms: 1_735_689_600_123,
    ///     origin: Origin::Issued,
    ///     order: Order::default(),
    ///     reference: Some("PO-4711".parse()?),
    ///     token: None,
    ///     request_id: None,
    /// };
    /// let json = serde_json::to_string(&entry.json(Zone::UTC))?;
    /// assert!(json.starts_with(r#"{"tracking_number":"7Q2M0ABCDEF12","created_at":"2025-01-01T00:00:00.123Z","#));
    /// assert!(json.ends_with(r#""reference":"PO-4711","token":null,"request_id":null,"origin":"issued"}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn json(&self, zone: Zone) -> EntryJson<'_> {
        EntryJson {
            issued: Issued {
                number: self.number,
                at_ms: self.issued_at_ms,
                order: &self.order,
                zone,
            },
            order_created_at: self.order.created_at().map(|at| at.to_string()),
            reference: self.reference.as_ref().map(Reference::as_str),
            token: self.token.as_ref().map(TokenName::as_str),
            request_id: self.request_id.as_ref().map(RequestId::as_str),
            origin: self.origin,
        }
    }
}

/// An [`Entry`] as [JSON](Entry::json).
#[derive(Clone, Debug, Serialize)]
pub struct EntryJson<'a> {
    #[serde(flatten)]
    issued: Issued<'a>,
    order_created_at: Option<String>,
    reference: Option<&'a str>,
    token: Option<&'a str>,
    request_id: Option<&'a str>,
    origin: Origin,
}

/// How a number came into the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It was recorded when it was issued.
    Issued,
    /// It was issued elsewhere and imported. It guards against being issued again, and is never pruned.
    Imported,
}

impl Origin {
    /// `issued` or `imported`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Imported => "imported",
        }
    }
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
