//! What a server tells of itself.

use redis::Value;

use super::text::text;

/// An answer to `INFO`: lines of `name:value`.
pub(super) struct Info<'a>(&'a str);

impl<'a> Info<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self(text(value).unwrap_or_default())
    }

    pub(super) fn field(&self, name: &str) -> Option<&'a str> {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        Some(fields.find(|(found, _)| *found == name)?.1.trim())
    }
}
