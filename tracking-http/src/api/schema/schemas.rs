//! What requests and answers are made of.

use tracking_core::order::{CustomerName, CustomerSlug, Parameter};
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, SchemaFormat, SchemaType};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, Type};

use super::patterns::{self, Case};
use super::{examples, parameters};
use crate::api::sizes::COUNT_MAX;

/// All of them but the problems, with their names.
pub(crate) fn all() -> Vec<(&'static str, RefOr<Schema>)> {
    vec![
        ("Absent", absent().into()),
        ("GivenCountry", given_country().into()),
        ("GivenWeight", given_weight().into()),
        ("GivenTime", given_time().into()),
        ("GivenCustomerId", given_customer_id().into()),
        ("CustomerName", customer_name().into()),
        ("CustomerSlug", customer_slug().into()),
        ("Order", order().into()),
        ("OrderOfMany", order_of_many().into()),
        ("TrackingNumber", tracking_number().into()),
        ("Country", country().into()),
        ("Weight", weight().into()),
        ("Time", time().into()),
        ("CustomerId", customer_id().into()),
        ("Issued", issued().into()),
        ("IssuedShort", issued_short().into()),
        ("IssuedMany", issued_many().into()),
        ("Verdict", verdict().into()),
        ("WrongParameter", wrong_parameter().into()),
    ]
}

/// Text, and what is said of it.
pub(crate) fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
}

/// Text that is always the same.
pub(crate) fn always(value: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([value]))
}

/// An object that has nothing but what is added.
pub(crate) fn closed(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

/// Adds a member that is always there.
pub(crate) fn with(
    object: ObjectBuilder,
    name: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ObjectBuilder {
    object.property(name, schema).required(name)
}

fn named(name: &str) -> Ref {
    Ref::from_schema_name(name)
}

fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

fn nullable(name: &str) -> AnyOfBuilder {
    // Without a type of its own, which would be "object".
    any().item(named(name)).item(null())
}

fn any() -> AnyOfBuilder {
    AnyOfBuilder::new().schema_type(SchemaType::AnyValue)
}

fn absent() -> ObjectBuilder {
    always("").description(Some("An empty value counts as absent."))
}

fn given_country() -> ObjectBuilder {
    text("An assigned ISO 3166-1 alpha-2 code, in either case.")
        .pattern(Some(patterns::given(Parameter::OriginCountryId)))
}

fn given_weight() -> ObjectBuilder {
    text("Kilograms: above 0 and below 1,000,000, with at most three decimals; no sign, no exponent.")
        .pattern(Some(patterns::given(Parameter::Weight)))
}

fn given_time() -> ObjectBuilder {
    text(
        "RFC 3339 with an offset. Second 60 is taken, too, in the last minute (UTC) of a month. The `+` of an \
         offset may arrive as a space, as it does from a query in which it was not escaped.",
    )
    .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
    .pattern(Some(patterns::given(Parameter::CreatedAt)))
}

fn given_customer_id() -> ObjectBuilder {
    text("A hyphenated UUID (RFC 9562), in either case.")
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .pattern(Some(patterns::given(Parameter::CustomerId)))
}

fn customer_name() -> ObjectBuilder {
    text("No control characters.")
        .min_length(Some(1))
        .max_length(Some(CustomerName::CHARS_MAX))
        .pattern(Some(patterns::given(Parameter::CustomerName)))
}

fn customer_slug() -> ObjectBuilder {
    text("Words of a-z and 0-9, joined by single hyphens.")
        .min_length(Some(1))
        .max_length(Some(CustomerSlug::CHARS_MAX))
        .pattern(Some(patterns::given(Parameter::CustomerSlug)))
}

/// An order in a body.
fn order() -> ObjectBuilder {
    let order = closed("The fields that describe a parcel. Each may be absent, `null` or empty.");
    Parameter::ALL.into_iter().fold(order, |order, parameter| {
        let mut value = any().description(Some(parameters::description(parameter)));
        if parameter == Parameter::Weight {
            value = value.item(kilograms(
                "The same as a number, with at most three decimals, no exponent.",
            ));
        }
        let value = value
            .item(named(parameters::schema_name(parameter)))
            .item(named("Absent"))
            .item(null());
        order.property(parameter.name(), value)
    })
}

fn order_of_many() -> ObjectBuilder {
    let count = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("How many numbers."))
        .minimum(Some(1))
        .maximum(Some(COUNT_MAX));
    let order = any().item(named("Order")).item(null());
    with(
        closed("How many numbers, and for which order."),
        "count",
        count,
    )
    .property("order", order)
    .examples([examples::many()])
}

fn tracking_number() -> ObjectBuilder {
    text(
        "1 to 16 characters. Those of a series are its prefix (0 to 3), a body (12) and a check character \
         (ISO 7064 MOD 37,36).",
    )
    .min_length(Some(1))
    .max_length(Some(tracking_core::MAX_LENGTH))
    .pattern(Some(patterns::TRACKING_NUMBER))
}

fn country() -> ObjectBuilder {
    text("An ISO 3166-1 alpha-2 code.").pattern(Some(patterns::countries(Case::Upper)))
}

/// Without `multipleOf`: validators divide in doubles, and find that 0.95 is no multiple of 0.001.
fn kilograms(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some(description))
        .exclusive_minimum(Some(0))
        .exclusive_maximum(Some(1_000_000))
}

fn weight() -> ObjectBuilder {
    kilograms("Kilograms, written with exactly three decimals.")
}

fn time() -> ObjectBuilder {
    text("RFC 3339 with milliseconds; offset zero is `Z`.")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .pattern(Some(patterns::time()))
}

fn customer_id() -> ObjectBuilder {
    text("A UUID in lower case.")
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .pattern(Some(patterns::lower_uuid()))
}

fn issued_short() -> ObjectBuilder {
    let issued = closed("A number, and when it was issued.");
    let issued = with(issued, "tracking_number", named("TrackingNumber"));
    with(issued, "created_at", named("Time")).examples([examples::issued_short()])
}

fn issued() -> ObjectBuilder {
    let mut issued =
        closed("A number, when it was issued, and its order: `null` where a field was absent.");
    issued = with(issued, "tracking_number", named("TrackingNumber"));
    issued = with(issued, "created_at", named("Time"));
    for (name, schema) in [
        ("origin_country_id", "Country"),
        ("destination_country_id", "Country"),
        ("weight", "Weight"),
        ("customer_id", "CustomerId"),
        ("customer_name", "CustomerName"),
        ("customer_slug", "CustomerSlug"),
    ] {
        issued = with(issued, name, nullable(schema));
    }
    issued.examples([examples::issued()])
}

fn issued_many() -> ObjectBuilder {
    let numbers = ArrayBuilder::new()
        .items(named("TrackingNumber"))
        .min_items(Some(1))
        .max_items(Some(COUNT_MAX as usize))
        .unique_items(true);
    let many = closed("The numbers, and when the first was issued.");
    with(
        with(many, "tracking_numbers", numbers),
        "created_at",
        named("Time"),
    )
    .examples([examples::issued_many()])
}

fn verdict() -> ObjectBuilder {
    let verdict =
        closed("The series could have issued the number. Only a ledger proves that it did.");
    let verdict = with(verdict, "tracking_number", named("TrackingNumber"));
    let verdict = with(verdict, "verdict", always("belongs"));
    let series = text("The name of the series.").pattern(Some("^[a-z0-9-]{1,64}$"));
    let verdict = with(verdict, "series", series);
    let prefix = text("What its numbers begin with.").pattern(Some("^[A-Z0-9]{0,3}$"));
    let verdict = with(verdict, "prefix", prefix);
    with(verdict, "reserved_at", named("Time")).examples([examples::verdict()])
}

fn wrong_parameter() -> ObjectBuilder {
    let wrong = closed("One thing that is wrong.");
    let parameter = text("The parameter of the query, or the member of the body.");
    let wrong = with(wrong, "parameter", parameter);
    let code = text("For programs to act on. A code never changes; others may come.")
        .pattern(Some(patterns::CODE));
    let message = text("A sentence for people.").min_length(Some(1));
    with(with(wrong, "code", code), "message", message)
}
