//! What is wrong with a whole order.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{ErrorCode, ValueError};

/// One thing that is wrong with an order.
///
/// Serialises as exactly `{"parameter", "code", "message"}`, an entry of `errors` in an RFC 9457 problem;
/// displays as `parameter: message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {error}")]
#[non_exhaustive]
pub struct OrderError {
    parameter: Cow<'static, str>,
    error: ValueError,
}

impl OrderError {
    pub(super) fn new(parameter: impl Into<Cow<'static, str>>, error: ValueError) -> Self {
        Self {
            parameter: parameter.into(),
            error,
        }
    }

    /// The name of the parameter. One that no order has is named as it was given, escaped and cut to 40
    /// characters.
    #[must_use]
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// What kind of thing is wrong.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.error.code()
    }

    /// A sentence that shows the value and says what was expected.
    #[must_use]
    pub fn message(&self) -> &str {
        self.error.message()
    }
}

impl Serialize for OrderError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("OrderError", 3)?;
        object.serialize_field("parameter", self.parameter())?;
        object.serialize_field("code", &self.code())?;
        object.serialize_field("message", self.message())?;
        object.end()
    }
}

/// Everything that is wrong with an order: at least one [`OrderError`], at most [`MAX`](Self::MAX).
///
/// First the parameters of an order, in the order of [`Parameter::ALL`](super::Parameter::ALL), each at most
/// once; then those that no order has, as they came. Serialises as a list; displays as the errors joined by
/// `"; "`.
///
/// ```
/// use tracking_core::order::{OrderBuilder, Required};
///
/// let mut order = OrderBuilder::new(Required::NONE);
/// order.set("wieght", "1").set("customer_slug", "RedBox").set("origin_country_id", "UK");
/// let errors = order.build().unwrap_err();
/// let named: Vec<_> = errors.iter().map(|e| (e.parameter(), e.code().as_str())).collect();
/// assert_eq!(named, [
///     ("origin_country_id", "unknown-country"),
///     ("customer_slug", "not-a-slug"),
///     ("wieght", "unknown-parameter"),
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct OrderErrors(Vec<OrderError>);

impl OrderErrors {
    /// The most errors that are listed. If there are more, the last says so.
    pub const MAX: usize = 32;

    /// `None` if the list is empty.
    pub(super) fn new(errors: Vec<OrderError>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The errors, never none.
    #[must_use]
    pub fn as_slice(&self) -> &[OrderError] {
        &self.0
    }

    /// The errors one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, OrderError> {
        self.0.iter()
    }
}

impl fmt::Display for OrderErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl Serialize for OrderErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl IntoIterator for OrderErrors {
    type Item = OrderError;
    type IntoIter = std::vec::IntoIter<OrderError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a OrderErrors {
    type Item = &'a OrderError;
    type IntoIter = std::slice::Iter<'a, OrderError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
