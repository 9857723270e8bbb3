//! An order from a JSON object.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{ErrorCode, Order, OrderBuilder, OrderErrors, Parameter, Required, ValueError};

/// Why a text is not an order in JSON: the error of [`Order::from_json`].
///
/// Only [`Wrong`](Self::Wrong) shows anything of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderJsonError {
    /// It is not JSON, or a member's name has half of a surrogate pair, which is no character.
    #[error("is not JSON: reading it fails at line {line}, column {column}")]
    Malformed {
        /// Where reading it fails; the first line is 1.
        line: usize,
        /// In bytes; the first column is 1, and 0 is what ends the line before.
        column: usize,
    },
    /// It is JSON, and another value than an object.
    #[error("is not an object: expected the fields of an order")]
    NotAnObject,
    /// It is an object, and this is all that is wrong with it.
    #[error(transparent)]
    Wrong(#[from] OrderErrors),
}

impl From<serde_json::Error> for OrderJsonError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() {
            return Self::NotAnObject;
        }
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl Order {
    /// An order from a JSON object (RFC 8259) in UTF-8, as a body or a message of a queue has it.
    ///
    /// Each member is one of the seven parameters, in any order; its value is a string, which follows the same
    /// rules as in a query. The weight, in kilograms, may be a number as well: it is read as it is written and not
    /// as a double has it, so that `1.2345`, `1.2000` and `1e3` are refused as their strings are. `null` and an
    /// empty string count as absent.
    ///
    /// It needs memory in proportion to the longest string, and keeps at most [`OrderErrors::MAX`] errors; how long
    /// the text may be is for the caller to limit.
    ///
    /// # Errors
    ///
    /// [`OrderJsonError::Wrong`] with everything that is wrong at once: what an [`OrderBuilder`] finds, a member
    /// that is there twice and one that no order has among it; and, with [`ErrorCode::WrongType`], a value of
    /// another type, or, with [`ErrorCode::NotUtf8`], a string with half of a surrogate pair. The other kinds of
    /// [`OrderJsonError`] where there is no JSON object at all.
    ///
    /// ```
    /// use tracking_core::order::{Order, OrderJsonError, Parameter, Required};
    ///
    /// let required = Required::NONE.with(Parameter::Weight);
    /// let order = Order::from_json(r#"{"weight": 1.20, "origin_country_id": "my", "customer_name": null}"#, required)?;
    /// assert_eq!(order.weight().map(|weight| weight.grams()), Some(1_200));
    /// assert_eq!(order.customer_name(), None);
    ///
    /// let wrong = br#"{"weight": 1.2345, "customer_slug": 7, "orgin_country_id": "MY"}"#;
    /// let Err(OrderJsonError::Wrong(errors)) = Order::from_json(wrong, required) else { unreachable!() };
    /// let named: Vec<_> = errors.iter().map(|error| (error.parameter(), error.code().as_str())).collect();
    /// assert_eq!(named, [
    ///     ("weight", "too-many-decimals"),
    ///     ("customer_slug", "wrong-type"),
    ///     ("orgin_country_id", "unknown-parameter"),
    /// ]);
    /// # Ok::<(), OrderJsonError>(())
    /// ```
    pub fn from_json(json: impl AsRef<[u8]>, required: Required) -> Result<Self, OrderJsonError> {
        let mut json = serde_json::Deserializer::from_slice(json.as_ref());
        let order = json.deserialize_map(Members(OrderBuilder::new(required)))?;
        json.end()?;
        Ok(order.build()?)
    }
}

/// Takes the members of an object as they come.
struct Members(OrderBuilder);

impl<'de> Visitor<'de> for Members {
    type Value = OrderBuilder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<OrderBuilder, A::Error> {
        while let Some((name, value)) = object.next_entry::<String, &RawValue>()? {
            self.take(&name, value.get());
        }
        Ok(self.0)
    }
}

impl Members {
    /// `json` is a right value, of the type that it begins as.
    fn take(&mut self, name: &str, json: &str) {
        let Some(parameter) = Parameter::from_name(name) else {
            self.0.set(name, "");
            return;
        };
        match json.as_bytes().first() {
            Some(b'"') => match serde_json::from_str::<String>(json) {
                Ok(text) => drop(self.0.set(name, &text)),
                Err(_) => self.0.refuse(parameter, half_a_character()),
            },
            // As it is written: text and number obey the same rules.
            Some(b'-' | b'0'..=b'9') if parameter == Parameter::Weight => {
                self.0.set(name, json);
            }
            // Absent; but not there twice.
            Some(b'n') => drop(self.0.set(name, "")),
            _ => self.0.refuse(parameter, wrong_type(parameter)),
        }
    }
}

fn half_a_character() -> ValueError {
    ValueError::new(
        ErrorCode::NotUtf8,
        "has half of a surrogate pair, which is no character: expected Unicode text",
    )
}

fn wrong_type(parameter: Parameter) -> ValueError {
    let message = match parameter {
        Parameter::Weight => "is neither text nor a number: expected kilograms such as 1.234",
        _ => "is not text: expected a JSON string",
    };
    ValueError::new(ErrorCode::WrongType, message)
}
