//! The body of a request, read: how many numbers, and for which order.

use tracking_core::order::{ErrorCode, Order, OrderBuilder, Parameter, Required};
use warp::reply::Response;

use super::json::{self, Members, NoCount, Value};
use crate::api::problems::{self, ParameterError, UNKNOWN_MAX};
use crate::api::sizes::COUNT_MAX;

/// A request that is right.
#[derive(Debug)]
pub(super) struct Request {
    /// 1 to [`COUNT_MAX`].
    pub(super) count: u32,
    pub(super) order: Order,
}

impl Request {
    /// The request, or the problem to answer, which names everything that is wrong at once.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Box<Response>> {
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
        Self::of(&members).map_err(|errors| problems::wrong_parameters(&errors).into())
    }

    fn of(members: &Members<'_>) -> Result<Self, Vec<ParameterError>> {
        let count = count(members);
        let order = order(members);
        let unknown = unknown(members);
        match (count, order) {
            (Ok(count), Ok(order)) if unknown.is_empty() => Ok(Self { count, order }),
            (count, order) => Err([
                count.err().into_iter().collect(),
                order.err().unwrap_or_default(),
                unknown,
            ]
            .concat()),
        }
    }
}

fn wrong(parameter: &str, code: &'static str, message: impl Into<String>) -> ParameterError {
    ParameterError {
        parameter: parameter.to_owned(),
        code,
        message: message.into(),
    }
}

/// The only member of a name, if it is there.
fn only<'a>(members: &Members<'a>, name: &str) -> Result<Option<Value<'a>>, ParameterError> {
    let mut values = members
        .iter()
        .filter_map(|(found, value)| (found == name).then_some(value));
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(Value::of)),
        _ => Err(wrong(
            name,
            ErrorCode::GivenTwice.as_str(),
            "is given more than once: expected one value",
        )),
    }
}

const WRONG_TYPE: &str = "wrong-type";

fn count(members: &Members<'_>) -> Result<u32, ParameterError> {
    let expected = format!("expected an integer from 1 to {COUNT_MAX}");
    let wrong = |code, what: &str| Err(wrong("count", code, format!("{what}: {expected}")));
    match only(members, "count")? {
        None => wrong(ErrorCode::Missing.as_str(), "is missing"),
        Some(Value::Number(number)) => match json::integer(number) {
            Ok(count @ 1..=COUNT_MAX) => Ok(count),
            Ok(_) | Err(NoCount::OutOfRange) => {
                wrong(ErrorCode::OutOfRange.as_str(), "is out of range")
            }
            Err(NoCount::Fraction) => wrong(WRONG_TYPE, "is not an integer"),
        },
        Some(_) => wrong(WRONG_TYPE, "is not an integer"),
    }
}

fn half_character(parameter: &str) -> ParameterError {
    let message = "has half of a surrogate pair, which is no character: expected Unicode text";
    wrong(parameter, ErrorCode::NotUtf8.as_str(), message)
}

fn order(members: &Members<'_>) -> Result<Order, Vec<ParameterError>> {
    let members = match only(members, "order") {
        Ok(None | Some(Value::Null)) => return Ok(Order::default()),
        Ok(Some(Value::Members(members))) => members,
        Ok(Some(Value::HalfCharacter)) => return Err(vec![half_character("order")]),
        Ok(Some(_)) => {
            let message = "is not an object: expected the fields of an order";
            return Err(vec![wrong("order", WRONG_TYPE, message)]);
        }
        Err(error) => return Err(vec![error]),
    };
    let mut order = OrderBuilder::new(Required::NONE);
    let mut errors: Vec<ParameterError> = Vec::new();
    for (name, value) in members.iter() {
        let weight = Parameter::Weight.name();
        match Value::of(value) {
            Value::Text(text) => drop(order.set(name, &text)),
            // As it is written: text and number obey the same rules.
            Value::Number(number) if name == weight => drop(order.set(name, number)),
            // Absent; but not there twice.
            Value::Null => drop(order.set(name, "")),
            _ if Parameter::from_name(name).is_none() => drop(order.set(name, "")),
            Value::HalfCharacter => errors.push(half_character(name)),
            _ => {
                let expected = match name == weight {
                    true => "is neither text nor a number: expected kilograms such as 1.234",
                    false => "is not text: expected a JSON string",
                };
                errors.push(wrong(name, WRONG_TYPE, expected));
            }
        }
    }
    match order.build() {
        Ok(order) if errors.is_empty() => Ok(order),
        built => {
            if let Err(built) = built {
                errors.extend(built.iter().map(ParameterError::from));
            }
            // Those that no order has come last, as they came.
            let place = |error: &ParameterError| {
                Parameter::ALL
                    .iter()
                    .position(|known| known.name() == error.parameter)
                    .unwrap_or(Parameter::ALL.len())
            };
            errors.sort_by_key(place);
            errors.dedup_by(|second, first| {
                first.parameter == second.parameter && place(first) < Parameter::ALL.len()
            });
            Err(errors)
        }
    }
}

fn unknown(members: &Members<'_>) -> Vec<ParameterError> {
    members
        .iter()
        .filter(|(name, _)| !matches!(*name, "count" | "order"))
        .take(UNKNOWN_MAX)
        .map(|(name, _)| {
            let hint = match Parameter::from_name(name) {
                Some(_) => format!("put it into `order`, as {{\"order\": {{\"{name}\": …}}}}"),
                None => "expected `count` and `order`".to_owned(),
            };
            ParameterError::unknown(name, &format!("is not a member of the body: {hint}"))
        })
        .collect()
}
