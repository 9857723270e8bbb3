//! The seven fields of an order, as parameters of a query.

use serde_json::Value;
use tracking_core::order::Parameter;
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, SchemaType};
use utoipa::openapi::{Ref, RefOr, Required, Schema};

/// All fields of an order, each with its example from the seeds.
pub(crate) fn of_order(required: bool) -> Vec<path::Parameter> {
    let all = Parameter::ALL.into_iter().map(move |parameter| {
        let example = match required {
            true => full_example(parameter),
            false => example(parameter),
        };
        ParameterBuilder::new()
            .name(parameter.name())
            .parameter_in(ParameterIn::Query)
            .required(if required {
                Required::True
            } else {
                Required::False
            })
            .description(Some(description(parameter)))
            .schema(Some(schema(parameter, required)))
            .example(Some(Value::from(example)))
            .build()
    });
    all.collect()
}

fn schema(parameter: Parameter, required: bool) -> RefOr<Schema> {
    let value = Ref::from_schema_name(schema_name(parameter));
    if required {
        return value.into();
    }
    let absent = Ref::from_schema_name("Absent");
    let any = AnyOfBuilder::new().schema_type(SchemaType::AnyValue);
    any.item(value).item(absent).into()
}

/// The schema of the field's text.
pub(super) fn schema_name(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::OriginCountryId | Parameter::DestinationCountryId => "GivenCountry",
        Parameter::Weight => "GivenWeight",
        Parameter::CreatedAt => "GivenTime",
        Parameter::CustomerId => "GivenCustomerId",
        Parameter::CustomerName => "CustomerName",
        Parameter::CustomerSlug => "CustomerSlug",
    }
}

pub(super) fn description(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::OriginCountryId => "Where the parcel comes from.",
        Parameter::DestinationCountryId => "Where the parcel goes.",
        Parameter::Weight => "What the parcel weighs, in kilograms.",
        Parameter::CreatedAt => {
            "When the order was created. The time in the answer, which is when the number was issued, has its \
             offset."
        }
        Parameter::CustomerId => "Whose parcel it is.",
        Parameter::CustomerName => "The customer's name.",
        Parameter::CustomerSlug => "The customer's name in kebab case.",
    }
}

/// Of the seed `tracking_number_service`, whose weight has decimals that no number in JSON loses.
pub(super) fn example(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::OriginCountryId => "US",
        Parameter::DestinationCountryId => "IN",
        Parameter::CreatedAt => "2022-05-17T19:29:32+08:00",
        same => full_example(same),
    }
}

/// Of the seed `tracking_number_generator_api`.
pub(super) fn full_example(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::OriginCountryId => "MY",
        Parameter::DestinationCountryId => "ID",
        Parameter::Weight => "1.234",
        Parameter::CreatedAt => "2024-01-01T12:00:00+08:00",
        Parameter::CustomerId => "de619854-b59b-425e-9db4-943979e1bd49",
        Parameter::CustomerName => "RedBox Logistics",
        Parameter::CustomerSlug => "redbox-logistics",
    }
}
