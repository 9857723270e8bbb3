//! Customers' UUIDs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str = "36 characters such as de619854-b59b-425e-9db4-943979e1bd49";

/// A customer's UUID (RFC 9562), of any version.
///
/// Parsed from the hyphenated form alone, in either case; displayed in lower case. The serde form is that text.
///
/// ```
/// use tracking_core::order::CustomerId;
///
/// let id: CustomerId = "DE619854-B59B-425E-9DB4-943979E1BD49".parse()?;
/// assert_eq!(id.to_string(), "de619854-b59b-425e-9db4-943979e1bd49");
/// assert!("de619854b59b425e9db4943979e1bd49".parse::<CustomerId>().is_err());
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerId(Uuid);

impl CustomerId {
    /// The UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// Appends the hyphenated form in lower case.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let mut buffer = [0; Hyphenated::LENGTH];
        out.extend_from_slice(self.0.hyphenated().encode_lower(&mut buffer).as_bytes());
    }
}

impl From<Uuid> for CustomerId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

/// # Errors
///
/// [`ErrorCode::NotAUuid`].
impl FromStr for CustomerId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        // The length leaves only the hyphenated of the four forms that the parser takes.
        let uuid = if text.len() == Hyphenated::LENGTH {
            Uuid::try_parse(text).ok()
        } else {
            None
        };
        uuid.map(Self).ok_or_else(|| {
            ValueError::of(
                text,
                ErrorCode::NotAUuid,
                format_args!("is not a hyphenated UUID: expected {EXPECTED}"),
            )
        })
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl Serialize for CustomerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CustomerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_serde::deserialize(deserializer, EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hyphenated_form_is_taken_in_either_case() {
        for text in [
            "de619854-b59b-425e-9db4-943979e1bd49",
            "DE619854-B59B-425E-9DB4-943979E1BD49",
            "de619854-B59B-425e-9DB4-943979e1BD49",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ] {
            let id: CustomerId = text.parse().unwrap();
            assert_eq!(id.to_string(), text.to_ascii_lowercase());
            let mut written = Vec::new();
            id.write(&mut written);
            assert_eq!(written, text.to_ascii_lowercase().as_bytes());
        }
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "",
            "123",
            "de619854-b59b-425e-9db4-943979e1bd4",
            "zz619854-b59b-425e-9db4-943979e1bd49",
            "{de619854-b59b-425e-9db4-943979e1bd49}",
            "urn:uuid:de619854-b59b-425e-9db4-943979e1bd49",
            "de619854b59b425e9db4943979e1bd49",
            "de619854b-59b-425e-9db4-943979e1bd49",
            "{de619854b59b425e9db4943979e1bd4900}",
            "de619854_b59b_425e_9db4_943979e1bd49",
            "de619854-b59b-425e-9db4-943979e1bd4 ",
            "de619854-b59b-425e-9db4-943979e1bdé",
        ] {
            let error = text.parse::<CustomerId>().unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotAUuid);
            assert!(error.message().ends_with("is not a hyphenated UUID: expected 36 characters such as de619854-b59b-425e-9db4-943979e1bd49"));
        }
        assert_eq!(
            "123".parse::<CustomerId>().unwrap_err().message(),
            r#""123" is not a hyphenated UUID: expected 36 characters such as de619854-b59b-425e-9db4-943979e1bd49"#,
        );
    }
}
