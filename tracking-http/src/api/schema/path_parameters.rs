//! What paths vary in.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Required, Schema, Type};

use super::examples;
use crate::api::problems::Kind;

/// The number that a path ends in.
pub(crate) fn number() -> Parameter {
    let schema = Ref::from_schema_name("TrackingNumber").into();
    let about = "The number that is asked about.";
    of_path("number", about, schema, examples::number(0).as_str())
}

/// The kind of problem that a path ends in.
pub(crate) fn problem() -> Parameter {
    let names = Kind::ALL.map(Kind::name);
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names));
    let about = "The last part of the problem's `type`.";
    of_path("name", about, schema.into(), names[0])
}

fn of_path(name: &str, description: &str, schema: RefOr<Schema>, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example.into()))
        .build()
}
