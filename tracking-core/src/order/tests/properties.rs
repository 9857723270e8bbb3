//! Arbitrary input: never a panic, never an order that is wrong, never a message that could harm.

use proptest::prelude::*;

use super::*;

/// A name of the seven, nearly one, or anything.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(Parameter::ALL.map(Parameter::name).to_vec());
    prop_oneof![
        4 => known.clone().prop_map(|name| name.as_bytes().to_vec()),
        1 => (known, any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(name, index, byte)| {
            let mut name = name.as_bytes().to_vec();
            let index = index.index(name.len());
            name[index] = byte;
            name
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
    ]
}

/// A right value, nearly one, or anything.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => proptest::sample::select(FULL.map(|(_, value)| value.as_bytes().to_vec()).to_vec()),
        1 => "[0-9]{0,8}[.]?[0-9]{0,4}".prop_map(String::into_bytes),
        1 => "[0-9TtZz:.+ -]{18,32}".prop_map(String::into_bytes),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..300),
    ]
}

/// Right ones among the rest, so that orders come out as well as errors.
fn field() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let right = proptest::sample::select(FULL.to_vec());
    prop_oneof![
        12 => right.prop_map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())),
        1 => (name(), value()),
        1 => name().prop_map(|name| (name, Vec::new())),
    ]
}

/// What a parser takes, written out and read again, is the same; what it refuses, it says harmlessly.
fn check<T>(text: &str) -> Result<(), TestCaseError>
where
    T: std::str::FromStr<Err = ValueError> + std::fmt::Display + PartialEq + std::fmt::Debug,
{
    match text.parse::<T>() {
        Ok(value) => prop_assert_eq!(value.to_string().parse::<T>(), Ok(value)),
        Err(error) => harmless(error.message())?,
    }
    Ok(())
}

fn harmless(message: &str) -> Result<(), TestCaseError> {
    prop_assert!(!message.chars().any(char::is_control), "{message:?}");
    // 40 characters of at most 10 each, and our own words.
    prop_assert!(message.chars().count() < 600, "{message:?}");
    Ok(())
}

proptest! {
    #[test]
    fn parsers_take_any_text(text in prop_oneof![any::<String>(), value().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())]) {
        check::<Country>(&text)?;
        check::<Weight>(&text)?;
        check::<CreatedAt>(&text)?;
        check::<CustomerId>(&text)?;
        check::<CustomerName>(&text)?;
        check::<CustomerSlug>(&text)?;
        check::<Parameter>(&text)?;
        if let Err(error) = text.parse::<crate::issued::Zone>() {
            harmless(&error.to_string())?;
        }
    }

    #[test]
    fn a_builder_takes_any_request(
        fields in prop_oneof![proptest::collection::vec(field(), 0..6), proptest::collection::vec((name(), value()), 0..50)],
        required in proptest::collection::vec(proptest::sample::select(Parameter::ALL.to_vec()), 0..7),
    ) {
        let required: Required = required.into_iter().collect();
        let mut builder = OrderBuilder::new(required);
        for (name, value) in &fields {
            builder.set_bytes(name, value);
        }
        let is_given = |parameter: Parameter| fields.iter().any(|(name, value)| name == parameter.name().as_bytes() && !value.is_empty());
        match builder.build() {
            Ok(order) => {
                for parameter in Parameter::ALL {
                    prop_assert_eq!(order.has(parameter), is_given(parameter));
                    prop_assert!(order.has(parameter) || !required.contains(parameter));
                }
                let json = serde_json::to_string(&order).unwrap();
                prop_assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
            }
            Err(errors) => {
                let mut names: Vec<_> = errors.iter().map(OrderError::parameter).collect();
                prop_assert!((1..=OrderErrors::MAX).contains(&names.len()));
                names.sort_unstable();
                prop_assert!(names.is_sorted_by(|one, other| one < other), "{names:?} names one twice");
                for error in &errors {
                    harmless(error.parameter())?;
                    harmless(error.message())?;
                }
            }
        }
    }
}
