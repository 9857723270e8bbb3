//! An order from names and values, one by one.

use std::str;

use super::{ErrorCode, Order, OrderError, OrderErrors, Parameter, Required, ValueError};
use crate::shown::{Shown, lossy_start, shown_bare};

/// The most unknown parameters that are listed; so a request of thousands costs no memory.
const UNKNOWN_MAX: usize = 24;

/// The seven, the unknown ones, and the entry that says that there are more.
const _: () = assert!(Parameter::ALL.len() + UNKNOWN_MAX < OrderErrors::MAX);

/// Makes an [`Order`] from the names and values of a request, in whatever order they come. Where they are there
/// together, [`Order::from_pairs`] is one call.
///
/// Nothing fails before [`build`](Self::build), which reports everything that is wrong at once: the value of
/// each parameter, a required one that is missing, one that was given twice, one that no order has. An empty
/// value counts as absent.
///
/// ```
/// use tracking_core::order::{OrderBuilder, Parameter, Required};
///
/// let mut builder = OrderBuilder::new(Required::NONE.with(Parameter::CustomerId));
/// builder.set("orgin_country_id", "MY").set_bytes(b"customer_name", b"\xff\xfe");
/// assert_eq!(
///     builder.build().unwrap_err().to_string(),
///     "customer_id: is missing: expected 36 characters such as de619854-b59b-425e-9db4-943979e1bd49; \
///      customer_name: \"\u{fffd}\u{fffd}\" is not UTF-8: expected text in UTF-8; \
///      orgin_country_id: \"orgin_country_id\" is not a parameter: did you mean `origin_country_id`?",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct OrderBuilder {
    required: Required,
    /// Holds each value that was right.
    order: Order,
    /// How often each parameter was set, by its place in [`Parameter::ALL`].
    given: [Given; Parameter::ALL.len()],
    /// The value of each parameter that was wrong when it was first given.
    wrong: Vec<(Parameter, ValueError)>,
    unknown: Vec<OrderError>,
    more_unknown: Option<OrderError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Never,
    Once,
    Again,
    /// Once at least, as what is no text.
    Refused,
}

impl OrderBuilder {
    /// Begins with no field at all.
    #[must_use]
    pub fn new(required: Required) -> Self {
        Self {
            required,
            order: Order::default(),
            given: [Given::Never; Parameter::ALL.len()],
            wrong: Vec::new(),
            unknown: Vec::new(),
            more_unknown: None,
        }
    }

    /// Takes one parameter of the request.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        match Parameter::from_name(name) {
            Some(parameter) => self.set_parameter(parameter, Ok(value)),
            None => self.add_unknown(name),
        }
        self
    }

    /// Takes one parameter of a request whose bytes may not be UTF-8, such as a query after percent-decoding.
    pub fn set_bytes(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        match Parameter::from_bytes(name) {
            Some(parameter) => {
                self.set_parameter(parameter, str::from_utf8(value).map_err(|_| value));
            }
            None => match str::from_utf8(name) {
                Ok(name) => self.add_unknown(name),
                Err(_) => self.add_unknown(&lossy_start(name)),
            },
        }
        self
    }

    /// The order, or everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// [`OrderErrors`] lists at most one error for each parameter, in the order of [`Parameter::ALL`], then 24
    /// unknown parameters as they came; if there are more of those, a last one says so.
    pub fn build(self) -> Result<Order, OrderErrors> {
        if self.is_right() {
            return Ok(self.order);
        }
        let Self {
            required,
            order,
            given,
            mut wrong,
            unknown,
            more_unknown,
        } = self;
        let mut errors = Vec::new();
        for (parameter, given) in Parameter::ALL.into_iter().zip(given) {
            let wrong = wrong
                .iter()
                .position(|(wrong, _)| *wrong == parameter)
                .map(|index| wrong.swap_remove(index).1);
            let error = match given {
                Given::Again => Some(ValueError::new(
                    ErrorCode::GivenTwice,
                    "is given more than once: expected one value",
                )),
                _ if wrong.is_some() => wrong,
                _ if required.contains(parameter) && !order.has(parameter) => {
                    Some(ValueError::new(
                        ErrorCode::Missing,
                        format!("is missing: expected {}", parameter.expected()),
                    ))
                }
                _ => None,
            };
            errors.extend(error.map(|error| OrderError::new(parameter.name(), error)));
        }
        errors.extend(unknown);
        errors.extend(more_unknown);
        OrderErrors::new(errors).map_or(Ok(order), Err)
    }

    /// Whether there is nothing to report, as for nearly every order.
    fn is_right(&self) -> bool {
        self.wrong.is_empty()
            && self.unknown.is_empty()
            && self.given.iter().all(|given| *given != Given::Again)
            && (self.required == Required::NONE
                || Parameter::ALL.into_iter().all(|parameter| {
                    !self.required.contains(parameter) || self.order.has(parameter)
                }))
    }

    /// `Err` holds bytes that are not UTF-8.
    fn set_parameter(&mut self, parameter: Parameter, value: Result<&str, &[u8]>) {
        let given = &mut self.given[parameter as usize];
        match *given {
            Given::Never => *given = Given::Once,
            Given::Once | Given::Again => {
                *given = Given::Again;
                return;
            }
            Given::Refused => return,
        }
        let put = match value {
            Ok("") => Ok(()),
            Ok(value) => self.order.put(parameter, value),
            Err(bytes) => Err(ValueError::of(
                &lossy_start(bytes),
                ErrorCode::NotUtf8,
                "is not UTF-8: expected text in UTF-8",
            )),
        };
        if let Err(error) = put {
            self.wrong.push((parameter, error));
        }
    }

    /// What is given for a parameter is no text: that is told of it, whatever else is given for it.
    pub(super) fn refuse(&mut self, parameter: Parameter, error: ValueError) {
        let given = &mut self.given[parameter as usize];
        if *given != Given::Refused {
            *given = Given::Refused;
            self.wrong.retain(|(wrong, _)| *wrong != parameter);
            self.wrong.push((parameter, error));
        }
    }

    fn add_unknown(&mut self, name: &str) {
        if self.more_unknown.is_some() {
            return;
        }
        let shown = shown_bare(name);
        if self
            .unknown
            .iter()
            .any(|listed| listed.parameter() == shown)
        {
            return;
        }
        if self.unknown.len() < UNKNOWN_MAX {
            self.unknown
                .push(OrderError::new(shown, Parameter::unknown(name)));
        } else {
            let message = format!(
                "{} is one unknown parameter too many: only the first {UNKNOWN_MAX} are listed",
                Shown(name)
            );
            self.more_unknown = Some(OrderError::new(
                shown,
                ValueError::new(ErrorCode::TooManyErrors, message),
            ));
        }
    }
}

/// [`OrderBuilder::set_parameter`] finds a parameter by its place.
const _: () = {
    let mut index = 0;
    while index < Parameter::ALL.len() {
        assert!(Parameter::ALL[index] as usize == index);
        index += 1;
    }
};
