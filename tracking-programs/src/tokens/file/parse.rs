//! From the text of the file to its tokens, or to everything that is wrong with it.

use std::collections::HashMap;

use chrono::DateTime;
use serde::de::{DeserializeOwned, Error};
use subtle::ConstantTimeEq;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::value::Datetime;

use super::mistake::{Places, without_secrets};
use super::{Line, MISTAKES_MAX, Mistake};
use crate::tokens::{Scopes, TokenEntry, TokenName, TokenRate};

const FIELDS: [&str; 6] = ["name", "sha256", "scopes", "expires", "rate", "burst"];

/// The tokens of a text, or its mistakes, at least one and at most [`MISTAKES_MAX`].
///
/// Of a text that is no TOML only the first is told: what stands behind it can't be known, and the reader of
/// TOML guesses.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, Vec<Mistake>> {
    let mut reader = Reader::of(text);
    // It finds broken values after broken lines.
    let (root, broken) = DeTable::parse_recoverable(text);
    let start = |error: &&toml::de::Error| error.span().map_or(0, |span| span.start);
    match broken.iter().min_by_key(start) {
        Some(first) => reader.refuse(0, first),
        None => reader.read(root.into_inner()),
    }
    match reader.mistakes.is_empty() {
        true => Ok(reader.lines),
        false => Err(reader.mistakes),
    }
}

/// A table while it is read.
struct Table<'t> {
    start: usize,
    /// What was not read yet.
    fields: DeTable<'t>,
    /// What it must have and has not.
    missing: Vec<&'static str>,
}

struct Reader<'t> {
    places: Places<'t>,
    /// Those that are right.
    lines: Vec<Line>,
    mistakes: Vec<Mistake>,
    /// The places in `lines` of those whose digests begin alike.
    by_index: HashMap<u64, Vec<usize>>,
    /// That of the first of a name, whose rate is that of all.
    by_name: HashMap<TokenName, usize>,
}

impl<'t> Reader<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            places: Places::of(text),
            lines: Vec::new(),
            mistakes: Vec::new(),
            by_index: HashMap::new(),
            by_name: HashMap::new(),
        }
    }

    fn wrong(&mut self, offset: usize, message: impl Into<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(self.places.mistake(offset, message));
        }
    }

    /// What the reader of TOML says of the bytes from `start` on, if it does not say where.
    fn refuse(&mut self, start: usize, error: &toml::de::Error) {
        let offset = error.span().map_or(start, |span| span.start);
        self.wrong(offset, without_secrets(error.message()));
    }

    fn read(&mut self, mut root: DeTable<'t>) {
        if let Some(tokens) = root.remove("token") {
            let start = tokens.span().start;
            match tokens.into_inner() {
                DeValue::Array(tokens) => tokens.into_iter().for_each(|token| self.token(token)),
                other => self.no_table(start, &other),
            }
        }
        self.refuse_rest(root, &["token"]);
    }

    fn token(&mut self, token: Spanned<DeValue<'t>>) {
        let start = token.span().start;
        let fields = match token.into_inner() {
            DeValue::Table(fields) => fields,
            other => return self.no_table(start, &other),
        };
        let table = Table {
            start,
            fields,
            missing: Vec::new(),
        };
        if let Some(entry) = self.entry(table) {
            self.take(start, entry);
        }
    }

    fn no_table(&mut self, start: usize, found: &DeValue<'_>) {
        let found = found.type_str();
        let message =
            format!("expected [[token]] and lines with what is said of a token, found {found}");
        self.wrong(start, message);
    }

    /// What a table says, unless something is wrong with it.
    fn entry(&mut self, mut table: Table<'t>) -> Option<TokenEntry> {
        let before = self.mistakes.len();
        let name = self.required(&mut table, "name");
        let digest = self.required(&mut table, "sha256");
        let scopes = self.required(&mut table, "scopes");
        let scopes = scopes.map(|scopes| self.scopes(scopes));
        let expires = self.optional(&mut table, "expires");
        let expires_at_ms = expires.and_then(|time| self.expiry(&time));
        let rate = self.rate(&mut table);
        let missing = table.missing;
        self.refuse_rest(table.fields, &FIELDS);
        // By their places; but what is missing has none, and a wrong value may be why.
        self.mistakes[before..].sort_by_key(|mistake| (mistake.line, mistake.column));
        for field in missing {
            self.refuse(table.start, &toml::de::Error::missing_field(field));
        }
        let entry = TokenEntry {
            expires_at_ms,
            rate,
            ..TokenEntry::new(name?, digest?, scopes?)
        };
        (self.mistakes.len() == before).then_some(entry)
    }

    fn scopes(&mut self, scopes: Spanned<Scopes>) -> Scopes {
        if scopes.get_ref().is_empty() {
            let message = "expected a scope or more of issue, read and metrics, found none";
            self.wrong(scopes.span().start, message);
        }
        scopes.into_inner()
    }

    fn expiry(&mut self, time: &Spanned<Datetime>) -> Option<i64> {
        let read = DateTime::parse_from_rfc3339(&time.get_ref().to_string());
        if read.is_err() {
            let message = "expected a date and time with its offset, such as 2027-01-01T00:00:00Z";
            self.wrong(time.span().start, message);
        }
        read.ok().map(|time| time.timestamp_millis())
    }

    fn rate(&mut self, table: &mut Table<'t>) -> Option<TokenRate> {
        let is_missing = !table.fields.contains_key("rate");
        let rate: Option<Spanned<u32>> = self.optional(table, "rate");
        let burst: Option<Spanned<u32>> = self.optional(table, "burst");
        if let Some(burst) = burst.as_ref().filter(|_| is_missing) {
            let message = "expected a rate beside the burst, found none";
            self.wrong(burst.span().start, message);
        }
        let rate = rate?;
        let made = TokenRate::new(*rate.get_ref(), burst.map(Spanned::into_inner));
        if let Err(error) = made {
            self.wrong(rate.span().start, error.to_string());
        }
        made.ok()
    }

    /// The value of a field that must be there, unless it is wrong.
    fn required<T: DeserializeOwned>(
        &mut self,
        table: &mut Table<'t>,
        field: &'static str,
    ) -> Option<T> {
        if !table.fields.contains_key(field) {
            table.missing.push(field);
        }
        self.optional(table, field)
    }

    /// The value of a field, if it is there and not wrong.
    fn optional<T: DeserializeOwned>(
        &mut self,
        table: &mut Table<'t>,
        field: &'static str,
    ) -> Option<T> {
        let value = table.fields.remove(field)?;
        let start = value.span().start;
        let read = T::deserialize(ValueDeserializer::from(value));
        if let Err(error) = &read {
            self.refuse(start, error);
        }
        read.ok()
    }

    /// Refuse the fields that are left.
    fn refuse_rest(&mut self, fields: DeTable<'t>, expected: &'static [&'static str]) {
        for (field, _) in fields {
            let unknown = toml::de::Error::unknown_field(field.get_ref(), expected);
            self.refuse(field.span().start, &unknown);
        }
    }

    /// Take an entry in, unless it can't be in one file with those before it.
    fn take(&mut self, start: usize, entry: TokenEntry) {
        let alike = self.by_index.entry(entry.digest.index()).or_default();
        let namesake = self.by_name.get(&entry.name);
        let earlier = alike.iter().chain(namesake);
        let mut earlier = earlier.filter_map(|&place| self.lines.get(place));
        if let Some(message) = earlier.find_map(|earlier| conflict(&entry, earlier)) {
            return self.wrong(start, message);
        }
        alike.push(self.lines.len());
        let place = self.by_name.entry(entry.name.clone());
        place.or_insert(self.lines.len());
        let line = self.places.line(start);
        self.lines.push(Line { entry, line });
    }
}

/// Why two tokens can't be in one file.
fn conflict(entry: &TokenEntry, other: &Line) -> Option<String> {
    let Line {
        entry: earlier,
        line,
    } = other;
    if entry.digest.ct_eq(&earlier.digest).into() {
        return Some(format!("expected another token than that of line {line}"));
    }
    if entry.name == earlier.name && entry.rate != earlier.rate {
        let name = &entry.name;
        return Some(format!(
            "expected the rate and burst of line {line}, since both tokens are of {name}"
        ));
    }
    None
}

#[cfg(test)]
mod tests;
