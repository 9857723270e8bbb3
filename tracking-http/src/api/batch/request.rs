//! The body of a request, read: how many numbers, and for which order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use tracking_core::order::{ErrorCode, Order, OrderJsonError, Parameter, Required};
use tracking_ledger::Reference;
use warp::reply::Response;

use super::integer::{NoCount, integer};
use crate::api::problems::{self, ParameterError, UNKNOWN_MAX};
use crate::api::recorded;
use crate::api::sizes::COUNT_MAX;

/// A request that is right.
#[derive(Debug)]
pub(super) struct Request {
    /// 1 to [`COUNT_MAX`].
    pub(super) count: u32,
    pub(super) order: Order,
    /// What the caller calls the parcel.
    pub(super) reference: Option<Reference>,
}

impl Request {
    /// The request, or the problem to answer, which names everything that is wrong at once. A reference is read where
    /// it is recorded.
    pub(super) fn parse(body: &[u8], is_recorded: bool) -> Result<Self, Box<Response>> {
        let members: Members<'_> = match serde_json::from_slice(body) {
            Ok(members) => members,
            Err(error) if error.is_data() => {
                return Err(problems::malformed_body("it is another JSON value").into());
            }
            // Line and column alone: the message may show what a customer sent.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let reason = format!("reading it fails at line {line}, column {column}");
                return Err(problems::malformed_body(&reason).into());
            }
        };
        let mut unknown = members.unknown;
        let reference = match members.reference.first() {
            Some(_) if !is_recorded => {
                unknown.push(ParameterError::unknown(
                    "reference",
                    "is recorded by a ledger, and this server has none: leave it out",
                ));
                Ok(None)
            }
            _ => reference(&members.reference),
        };
        match (count(&members.count), order(&members.order), reference) {
            (Ok(count), Ok(order), Ok(reference)) if unknown.is_empty() => Ok(Self {
                count,
                order,
                reference,
            }),
            (count, order, reference) => {
                let mut errors: Vec<_> = count.err().into_iter().collect();
                errors.extend(order.err().unwrap_or_default());
                errors.extend(reference.err());
                errors.extend(unknown);
                Err(problems::wrong_parameters(&errors).into())
            }
        }
    }
}

/// The members of the body: all that were given of each name.
#[derive(Default)]
struct Members<'a> {
    count: Vec<&'a RawValue>,
    order: Vec<&'a RawValue>,
    reference: Vec<&'a RawValue>,
    unknown: Vec<ParameterError>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members::default())
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = object.next_entry::<String, _>()? {
            match &*name {
                "count" => self.count.push(value),
                "order" => self.order.push(value),
                "reference" => self.reference.push(value),
                _ if self.unknown.len() < UNKNOWN_MAX => self.unknown.push(unknown(&name)),
                _ => {}
            }
        }
        Ok(self)
    }
}

fn unknown(name: &str) -> ParameterError {
    let hint = match Parameter::from_name(name) {
        Some(_) => format!("put it into `order`, as {{\"order\": {{\"{name}\": …}}}}"),
        None => "expected `count` and `order`".to_owned(),
    };
    ParameterError::unknown(name, &format!("is not a member of the body: {hint}"))
}

fn wrong(parameter: &str, code: ErrorCode, message: impl Into<String>) -> ParameterError {
    ParameterError::new(parameter, code.as_str(), message)
}

/// The only value that is given for a name, if there is one; as JSON.
fn only<'a>(name: &str, given: &[&'a RawValue]) -> Result<Option<&'a str>, ParameterError> {
    match given {
        [] => Ok(None),
        [one] => Ok(Some(one.get())),
        _ => Err(ParameterError::given_twice(name)),
    }
}

fn count(given: &[&RawValue]) -> Result<u32, ParameterError> {
    let (code, what) = match only("count", given)? {
        None => (ErrorCode::Missing, "is missing"),
        // Of JSON, that is a number.
        Some(number) if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            match integer(number) {
                Ok(count @ 1..=COUNT_MAX) => return Ok(count),
                Ok(_) | Err(NoCount::OutOfRange) => (ErrorCode::OutOfRange, "is out of range"),
                Err(NoCount::Fraction) => (ErrorCode::WrongType, "is not an integer"),
            }
        }
        Some(_) => (ErrorCode::WrongType, "is not an integer"),
    };
    let message = format!("{what}: expected an integer from 1 to {COUNT_MAX}");
    Err(wrong("count", code, message))
}

fn reference(given: &[&RawValue]) -> Result<Option<Reference>, ParameterError> {
    let text = match only("reference", given)? {
        None | Some("null") => return Ok(None),
        Some(json) => serde_json::from_str::<String>(json).map_err(|_| {
            let message = "is not a string: expected 1 to 64 printable characters";
            wrong("reference", ErrorCode::WrongType, message)
        })?,
    };
    recorded::reference(&[&*text])
}

fn order(given: &[&RawValue]) -> Result<Order, Vec<ParameterError>> {
    let json = match only("order", given) {
        Ok(None | Some("null")) => return Ok(Order::default()),
        Ok(Some(json)) => json,
        Err(error) => return Err(vec![error]),
    };
    let (code, message) = match Order::from_json(json, Required::NONE) {
        Ok(order) => return Ok(order),
        Err(OrderJsonError::Wrong(errors)) => {
            return Err(errors.iter().map(ParameterError::from).collect());
        }
        // It is JSON, as the whole body is: all that can be wrong in it is half a character.
        Err(OrderJsonError::Malformed { .. }) if json.starts_with(['{', '"']) => (
            ErrorCode::NotUtf8,
            "has half of a surrogate pair, which is no character: expected Unicode text",
        ),
        Err(_) => (
            ErrorCode::WrongType,
            "is not an object: expected the fields of an order",
        ),
    };
    Err(vec![wrong("order", code, message)])
}
