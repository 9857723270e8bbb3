//! The field of an object that stands on a line.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::Part;

/// The number of a line: the text of the field, or what stands there instead.
pub(super) fn part<'a>(line: &'a [u8], field: &str, unescaped: &'a mut String) -> Part<'a> {
    if line.trim_ascii().is_empty() {
        return Part::Blank;
    }
    let mut json = serde_json::Deserializer::from_slice(line);
    let value = Field(field).deserialize(&mut json);
    let value = value.and_then(|value| json.end().map(|()| value));
    match value {
        Err(_) => Part::Unreadable(line, "expected one JSON object"),
        Ok(Found::Twice) => Part::Unreadable(line, "expected the field once"),
        Ok(Found::Value(value)) => match value.get() {
            "null" => Part::Nothing,
            text => match serde_json::from_str::<&str>(text) {
                Ok(number) => Part::Number(number.as_bytes()),
                Err(_) => {
                    // With an escape, or no text.
                    *unescaped = serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
                    Part::Number(unescaped.as_bytes())
                }
            },
        },
        Ok(Found::Nothing) => Part::Nothing,
    }
}

enum Found<'a> {
    Nothing,
    Value(&'a RawValue),
    Twice,
}

/// The value of this field of an object.
struct Field<'f>(&'f str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::Nothing;
        while let Some(is_it) = map.next_key_seed(Name(self.0))? {
            match found {
                _ if !is_it => {
                    map.next_value::<IgnoredAny>()?;
                }
                Found::Nothing => found = Found::Value(map.next_value()?),
                Found::Value(_) | Found::Twice => {
                    map.next_value::<IgnoredAny>()?;
                    found = Found::Twice;
                }
            }
        }
        Ok(found)
    }
}

/// Whether a name is this one.
struct Name<'f>(&'f str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_field_of_the_object_itself_counts() {
        for (line, expected) in [
            (r#"{"n":"A1"}"#, "A1"),
            (r#" {"m":{"n":"A2"},"n":"A1","o":[1,"n"]} "#, "A1"),
            (r#"{"\u006e":"\u00411"}"#, "A1"),
            (r#"{"n":17}"#, "17"),
            (r#"{"n":["A1"]}"#, r#"["A1"]"#),
            (r#"{"n":null}"#, "nothing"),
            ("{}", "nothing"),
            ("  ", "blank"),
            ("[]", "expected one JSON object"),
            (r#"{"n":"A1"} {}"#, "expected one JSON object"),
            (r#"{"n":"A1""#, "expected one JSON object"),
            (r#"{"n":"A1","n":"A1"}"#, "expected the field once"),
        ] {
            let mut unescaped = String::new();
            let found = match part(line.as_bytes(), "n", &mut unescaped) {
                Part::Number(number) => str::from_utf8(number).unwrap(),
                Part::Nothing => "nothing",
                Part::Blank => "blank",
                Part::Unreadable(start, expected) => {
                    assert_eq!(start, line.as_bytes());
                    expected
                }
            };
            assert_eq!(found, expected, "{line}");
        }
    }
}
