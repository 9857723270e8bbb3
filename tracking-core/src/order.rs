//! The order: the seven fields that describe a parcel.
//!
//! Parse, don't validate: each field has a type of its own that can only be made from a right value, so an
//! [`Order`] is right wherever it is met. [`Order::from_pairs`] makes one from names and values, as they come in a
//! query, and [`Order::from_json`] from a JSON object; both report everything that is wrong at once.
//!
//! | parameter | type | value |
//! |---|---|---|
//! | `origin_country_id`, `destination_country_id` | [`Country`] | an assigned ISO 3166-1 alpha-2 code |
//! | `weight` | [`Weight`] | kilograms above 0 and below 1,000,000, to the gram |
//! | `created_at` | [`CreatedAt`] | RFC 3339 |
//! | `customer_id` | [`CustomerId`] | a hyphenated UUID, RFC 9562 |
//! | `customer_name` | [`CustomerName`] | 1 to 255 characters, no control characters |
//! | `customer_slug` | [`CustomerSlug`] | `^[a-z0-9]+(-[a-z0-9]+)*$`, at most 255 characters |
//!
//! Pure code: no I/O, no clock.
//!
//! ```
//! use tracking_core::order::{Order, Required};
//!
//! let pairs = [("origin_country_id", "us"), ("weight", "1.2"), ("customer_name", "")];
//! let order = Order::from_pairs(pairs, Required::NONE)?;
//! assert_eq!(order.origin_country_id().map(|country| country.as_str()), Some("US"));
//! assert_eq!(order.weight().map(|weight| weight.grams()), Some(1_200));
//! assert_eq!(order.customer_name(), None);
//! # Ok::<(), tracking_core::order::OrderErrors>(())
//! ```

mod builder;
mod country;
mod created_at;
mod customer_id;
mod customer_name;
mod customer_slug;
mod error;
mod json;
mod parameter;
mod query;
mod required;
#[cfg(test)]
mod tests;
mod text_serde;
mod value_error;
mod weight;

use serde::{Deserialize, Serialize};

pub use self::builder::OrderBuilder;
pub use self::country::Country;
pub use self::created_at::CreatedAt;
pub use self::customer_id::CustomerId;
pub use self::customer_name::CustomerName;
pub use self::customer_slug::CustomerSlug;
pub use self::error::{OrderError, OrderErrors};
pub use self::json::OrderJsonError;
pub use self::parameter::Parameter;
pub use self::query::pairs;
pub use self::required::Required;
pub use self::value_error::{ErrorCode, ValueError};
pub use self::weight::Weight;

/// The seven fields that describe a parcel; each may be absent, and each that is there is right.
///
/// Made [from pairs](Self::from_pairs), [from JSON](Self::from_json) with all errors at once, by an
/// [`OrderBuilder`], or read by serde, which ends at the first error: every field is optional there, `null` is absent, a field that
/// no order has is refused, and every value is checked as the builder does (except that an empty text is a wrong
/// value, not an absent one). It is written with all seven fields, `null` where absent.
///
/// ```
/// use tracking_core::order::Order;
///
/// let order: Order = serde_json::from_str(r#"{"weight": 1.2, "destination_country_id": "in"}"#)?;
/// assert_eq!(order.weight().map(|weight| weight.to_string()), Some("1.200".to_owned()));
/// assert_eq!(order.destination_country_id().map(|country| country.as_str()), Some("IN"));
/// assert!(serde_json::from_str::<Order>(r#"{"weight": 0}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    origin_country_id: Option<Country>,
    destination_country_id: Option<Country>,
    weight: Option<Weight>,
    created_at: Option<CreatedAt>,
    customer_id: Option<CustomerId>,
    customer_name: Option<CustomerName>,
    customer_slug: Option<CustomerSlug>,
}

impl Order {
    /// An order from names and values in whatever order they come, such as those of a query after
    /// percent-decoding: text, or bytes that may not be UTF-8.
    ///
    /// The values are written as the [table](self) has it; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// Everything that is wrong at once, as [`OrderBuilder::build`] lists it.
    ///
    /// ```
    /// use tracking_core::order::{Order, Required};
    ///
    /// let query = "origin_country_id=MY&weight=1.2345&colour=red";
    /// let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    /// let errors = Order::from_pairs(pairs, Required::NONE).unwrap_err();
    /// let named: Vec<_> = errors.iter().map(|error| (error.parameter(), error.code().as_str())).collect();
    /// assert_eq!(named, [("weight", "too-many-decimals"), ("colour", "unknown-parameter")]);
    /// ```
    pub fn from_pairs(
        pairs: impl IntoIterator<Item = (impl AsRef<[u8]>, impl AsRef<[u8]>)>,
        required: Required,
    ) -> Result<Self, OrderErrors> {
        let mut order = OrderBuilder::new(required);
        for (name, value) in pairs {
            order.set_bytes(name.as_ref(), value.as_ref());
        }
        order.build()
    }

    /// Where the parcel comes from.
    #[must_use]
    pub const fn origin_country_id(&self) -> Option<Country> {
        self.origin_country_id
    }

    /// Where the parcel goes.
    #[must_use]
    pub const fn destination_country_id(&self) -> Option<Country> {
        self.destination_country_id
    }

    /// What the parcel weighs.
    #[must_use]
    pub const fn weight(&self) -> Option<Weight> {
        self.weight
    }

    /// When the order says that it was created. (The number that is issued for it has a time of its own.)
    #[must_use]
    pub const fn created_at(&self) -> Option<CreatedAt> {
        self.created_at
    }

    /// Whose parcel it is.
    #[must_use]
    pub const fn customer_id(&self) -> Option<CustomerId> {
        self.customer_id
    }

    /// The customer's name.
    #[must_use]
    pub const fn customer_name(&self) -> Option<&CustomerName> {
        self.customer_name.as_ref()
    }

    /// The customer's slug.
    #[must_use]
    pub const fn customer_slug(&self) -> Option<&CustomerSlug> {
        self.customer_slug.as_ref()
    }

    /// Whether this field is there.
    #[must_use]
    pub const fn has(&self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::OriginCountryId => self.origin_country_id.is_some(),
            Parameter::DestinationCountryId => self.destination_country_id.is_some(),
            Parameter::Weight => self.weight.is_some(),
            Parameter::CreatedAt => self.created_at.is_some(),
            Parameter::CustomerId => self.customer_id.is_some(),
            Parameter::CustomerName => self.customer_name.is_some(),
            Parameter::CustomerSlug => self.customer_slug.is_some(),
        }
    }

    /// Parses the value of one field into its place.
    fn put(&mut self, parameter: Parameter, value: &str) -> Result<(), ValueError> {
        match parameter {
            Parameter::OriginCountryId => self.origin_country_id = Some(value.parse()?),
            Parameter::DestinationCountryId => self.destination_country_id = Some(value.parse()?),
            Parameter::Weight => self.weight = Some(value.parse()?),
            Parameter::CreatedAt => self.created_at = Some(value.parse()?),
            Parameter::CustomerId => self.customer_id = Some(value.parse()?),
            Parameter::CustomerName => self.customer_name = Some(value.parse()?),
            Parameter::CustomerSlug => self.customer_slug = Some(value.parse()?),
        }
        Ok(())
    }
}
