//! The body of a request, read: how many numbers, and for which order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tracking_core::order::{ErrorCode, Order, OrderBuilder, Parameter, Required};
use warp::reply::Response;

use crate::limits::COUNT_MAX;
use crate::problem::{self, ParameterError};

/// The most unknown members that are listed.
const UNKNOWN_MAX: usize = 24;

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
        let members = match serde_json::from_slice(body) {
            Ok(Json::Members(members)) => members,
            Ok(_) => return Err(problem::malformed_body("it is another JSON value").into()),
            // Line and column alone: the message may show what a customer sent.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let reason = format!("reading it fails at line {line}, column {column}");
                return Err(problem::malformed_body(&reason).into());
            }
        };
        Self::of(&members).map_err(|errors| problem::wrong_parameters(&errors).into())
    }

    fn of(members: &[(String, Json)]) -> Result<Self, Vec<ParameterError>> {
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
fn only<'a>(members: &'a [(String, Json)], name: &str) -> Result<Option<&'a Json>, ParameterError> {
    let mut values = members
        .iter()
        .filter_map(|(found, value)| (found == name).then_some(value));
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(wrong(
            name,
            ErrorCode::GivenTwice.as_str(),
            "is given more than once: expected one value",
        )),
    }
}

const WRONG_TYPE: &str = "wrong-type";

fn count(members: &[(String, Json)]) -> Result<u32, ParameterError> {
    let expected = format!("expected an integer from 1 to {COUNT_MAX}");
    let wrong = |code, what: &str| wrong("count", code, format!("{what}: {expected}"));
    match only(members, "count")? {
        None => Err(wrong(ErrorCode::Missing.as_str(), "is missing")),
        Some(&Json::Number(count)) if count.fract() == 0.0 => {
            if (1.0..=f64::from(COUNT_MAX)).contains(&count) {
                Ok(count as u32)
            } else {
                Err(wrong(ErrorCode::OutOfRange.as_str(), "is out of range"))
            }
        }
        Some(_) => Err(wrong(WRONG_TYPE, "is not an integer")),
    }
}

fn order(members: &[(String, Json)]) -> Result<Order, Vec<ParameterError>> {
    let members = match only(members, "order") {
        Ok(None | Some(Json::Null)) => return Ok(Order::default()),
        Ok(Some(Json::Members(members))) => members,
        Ok(Some(_)) => {
            let message = "is not an object: expected the fields of an order";
            return Err(vec![wrong("order", WRONG_TYPE, message)]);
        }
        Err(error) => return Err(vec![error]),
    };
    let mut order = OrderBuilder::new(Required::NONE);
    let mut errors: Vec<ParameterError> = Vec::new();
    for (name, value) in members {
        let weight = Parameter::Weight.name();
        match value {
            Json::Text(text) => drop(order.set(name, text)),
            // The shortest decimal number that means it: the digits that were sent, up to 15.
            Json::Number(number) if name == weight => drop(order.set(name, &number.to_string())),
            // Absent; but not there twice.
            Json::Null => drop(order.set(name, "")),
            _ if Parameter::from_name(name).is_none() => drop(order.set(name, "")),
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

fn unknown(members: &[(String, Json)]) -> Vec<ParameterError> {
    members
        .iter()
        .filter(|(name, _)| name != "count" && name != "order")
        .take(UNKNOWN_MAX)
        .map(|(name, _)| {
            let shown: String = name.chars().take(40).collect();
            let shown = shown.escape_debug().to_string();
            let hint = match Parameter::from_name(name) {
                Some(_) => format!("put it into `order`, as {{\"order\": {{\"{name}\": …}}}}"),
                None => "expected `count` and `order`".to_owned(),
            };
            let message = format!("\"{shown}\" is not a member of the body: {hint}");
            wrong(&shown, ErrorCode::UnknownParameter.as_str(), message)
        })
        .collect()
}

/// JSON as far as a request has any, with every member of an object, also those of one name.
#[derive(Debug)]
enum Json {
    Null,
    Number(f64),
    Text(String),
    Members(Vec<(String, Self)>),
    /// A truth value or a list.
    Other,
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Json::Members(members))
    }
}
