//! The names of an order's seven fields.

use std::fmt;
use std::str::FromStr;

use super::{ErrorCode, ValueError};
use crate::shown::{SHOWN_CHARS_MAX, Shown};

/// One of the seven parameters of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parameter {
    /// `origin_country_id`: a [`Country`](super::Country).
    OriginCountryId,
    /// `destination_country_id`: a [`Country`](super::Country).
    DestinationCountryId,
    /// `weight`: a [`Weight`](super::Weight), in kilograms.
    Weight,
    /// `created_at`: a [`CreatedAt`](super::CreatedAt).
    CreatedAt,
    /// `customer_id`: a [`CustomerId`](super::CustomerId).
    CustomerId,
    /// `customer_name`: a [`CustomerName`](super::CustomerName).
    CustomerName,
    /// `customer_slug`: a [`CustomerSlug`](super::CustomerSlug).
    CustomerSlug,
}

impl Parameter {
    /// All of them, in the order in which errors are reported.
    pub const ALL: [Self; 7] = [
        Self::OriginCountryId,
        Self::DestinationCountryId,
        Self::Weight,
        Self::CreatedAt,
        Self::CustomerId,
        Self::CustomerName,
        Self::CustomerSlug,
    ];

    /// The name in a request and in an answer.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OriginCountryId => "origin_country_id",
            Self::DestinationCountryId => "destination_country_id",
            Self::Weight => "weight",
            Self::CreatedAt => "created_at",
            Self::CustomerId => "customer_id",
            Self::CustomerName => "customer_name",
            Self::CustomerSlug => "customer_slug",
        }
    }

    /// The parameter of exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_bytes(name.as_bytes())
    }

    /// [`from_name`](Self::from_name) for what may not be UTF-8.
    pub(super) fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|parameter| parameter.name().as_bytes() == name)
    }

    /// What a value has to be, after "expected".
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::OriginCountryId | Self::DestinationCountryId => super::country::EXPECTED,
            Self::Weight => super::weight::EXPECTED,
            Self::CreatedAt => super::created_at::EXPECTED,
            Self::CustomerId => super::customer_id::EXPECTED,
            Self::CustomerName => super::customer_name::EXPECTED,
            Self::CustomerSlug => super::customer_slug::EXPECTED,
        }
    }

    /// The error for a name that [`from_name`](Self::from_name) does not find.
    pub(super) fn unknown(name: &str) -> ValueError {
        let hint = match &*Self::nearest(name) {
            [] => format!("expected one of {}", Self::ALL.map(Self::name).join(", ")),
            [meant] => format!("did you mean `{meant}`?"),
            several => {
                let names: Vec<_> = several.iter().map(|parameter| parameter.name()).collect();
                format!("did you mean one of {}?", names.join(", "))
            }
        };
        let message = format!("{} is not a parameter: {hint}", Shown(name));
        ValueError::new(ErrorCode::UnknownParameter, message)
    }

    /// The parameters that somebody who wrote `name` may have meant: those whose first words it is, else
    /// the one that it is nearest to.
    fn nearest(name: &str) -> Vec<Self> {
        // The distance costs time in proportion to the length, which the sender chooses.
        if name.chars().nth(SHOWN_CHARS_MAX).is_some() {
            return Vec::new();
        }
        let name = name.to_lowercase().replace('-', "_");
        let begins = |parameter: &Self| {
            let rest = parameter.name().strip_prefix(&*name);
            rest.is_some_and(|rest| rest.starts_with('_'))
        };
        let beginning: Vec<_> = Self::ALL.into_iter().filter(begins).collect();
        if !beginning.is_empty() {
            return beginning;
        }
        let distances = Self::ALL.into_iter().map(|parameter| {
            let distance = strsim::damerau_levenshtein(&name, parameter.name());
            (distance, parameter)
        });
        distances
            .filter(|(distance, parameter)| *distance <= 1 + parameter.name().len() / 5)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, parameter)| parameter)
            .into_iter()
            .collect()
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// # Errors
///
/// [`ErrorCode::UnknownParameter`], with the name that may have been meant.
impl FromStr for Parameter {
    type Err = ValueError;

    fn from_str(name: &str) -> Result<Self, ValueError> {
        Self::from_name(name).ok_or_else(|| Self::unknown(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_again() {
        for parameter in Parameter::ALL {
            assert_eq!(parameter.name().parse(), Ok(parameter));
            assert_eq!(parameter.to_string(), parameter.name());
        }
    }

    #[test]
    fn a_near_miss_is_told_what_may_have_been_meant() {
        for (given, meant) in [
            ("orgin_country_id", "origin_country_id"),
            ("originCountryId", "origin_country_id"),
            ("origin_country", "origin_country_id"),
            ("destination-country-id", "destination_country_id"),
            ("wieght", "weight"),
            ("WEIGHT", "weight"),
            ("creation_at", "created_at"),
            ("origin", "origin_country_id"),
            ("customer_nmae", "customer_name"),
            ("customer_slug ", "customer_slug"),
        ] {
            let error = given.parse::<Parameter>().unwrap_err();
            assert_eq!(error.code(), ErrorCode::UnknownParameter);
            assert_eq!(
                error.message(),
                format!("{given:?} is not a parameter: did you mean `{meant}`?")
            );
        }
    }

    #[test]
    fn of_several_that_begin_so_none_is_picked() {
        assert_eq!(
            "customer".parse::<Parameter>().unwrap_err().message(),
            r#""customer" is not a parameter: did you mean one of customer_id, customer_name, customer_slug?"#
        );
    }

    #[test]
    fn a_far_miss_is_told_all_names() {
        for given in ["", "w", "id", "slug", "date", "callback", "ωeιgh"] {
            assert_eq!(
                given.parse::<Parameter>().unwrap_err().message(),
                format!(
                    "{given:?} is not a parameter: expected one of origin_country_id, destination_country_id, \
                     weight, created_at, customer_id, customer_name, customer_slug"
                ),
            );
        }
        let long = "customer_name".repeat(100_000);
        assert!(Parameter::nearest(&long).is_empty());
    }
}
