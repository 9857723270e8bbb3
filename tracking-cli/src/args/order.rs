//! The options that describe a parcel.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use tracking_core::order::{Order, OrderErrors, Parameter, Required};

/// The seven fields of an order. Nothing is checked here, so that the order reports everything
/// that is wrong with it at once: not even that an option is given once, nor that it is UTF-8.
#[derive(Debug, Args)]
#[command(next_help_heading = "Order")]
pub(crate) struct OrderArgs {
    /// Where the parcel comes from: an ISO 3166-1 alpha-2 code such as MY
    #[arg(long, value_name = "COUNTRY")]
    origin_country_id: Vec<OsString>,
    /// Where the parcel goes: an ISO 3166-1 alpha-2 code such as ID
    #[arg(long, value_name = "COUNTRY")]
    destination_country_id: Vec<OsString>,
    /// What the parcel weighs, in kilograms: above 0, below 1000000, with at most three decimals
    #[arg(long, value_name = "KG", allow_negative_numbers = true)]
    weight: Vec<OsString>,
    /// When the order was created, by RFC 3339 with its offset such as 2027-01-15T08:00:00+08:00
    #[arg(long, value_name = "TIME")]
    created_at: Vec<OsString>,
    /// Whose parcel it is: a UUID with its hyphens
    #[arg(long, value_name = "UUID")]
    customer_id: Vec<OsString>,
    /// The customer's name: 1 to 255 characters
    #[arg(long, value_name = "NAME")]
    customer_name: Vec<OsString>,
    /// The customer's name as a slug of a-z, 0-9 and - such as redbox-logistics
    #[arg(long, value_name = "SLUG")]
    customer_slug: Vec<OsString>,
}

impl OrderArgs {
    /// The order, or everything that is wrong with it.
    pub(crate) fn order(&self) -> Result<Order, OrderErrors> {
        let pairs = Parameter::ALL.into_iter().flat_map(|parameter| {
            let values = self.values(parameter).iter();
            values.map(move |value| (parameter.name(), value.as_bytes()))
        });
        Order::from_pairs(pairs, Required::NONE)
    }

    fn values(&self, parameter: Parameter) -> &[OsString] {
        match parameter {
            Parameter::OriginCountryId => &self.origin_country_id,
            Parameter::DestinationCountryId => &self.destination_country_id,
            Parameter::Weight => &self.weight,
            Parameter::CreatedAt => &self.created_at,
            Parameter::CustomerId => &self.customer_id,
            Parameter::CustomerName => &self.customer_name,
            Parameter::CustomerSlug => &self.customer_slug,
        }
    }
}
