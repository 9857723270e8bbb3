//! What a simulated MySQL does where it is asked: as a real one takes what the store says, and nothing else.

use tracking_core::mysql::{SessionAnswer, Value};

use super::server::{Answered, MySql, Refused, Row, Table, Values, bytes};
use super::statement::{between, holds, parts};

/// The server's clock, as the store asks for it.
const NOW: &str = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', SYSDATE(6))";
const READ_ONLY: &str = "CONCAT(@@GLOBAL.read_only)";
/// A row that is there or not, beside what is there in any case.
const JOINED: &str = "(SELECT 1) AS one LEFT JOIN tracking_series AS s ON ";
/// What a statement meets.
struct At<'a> {
    values: &'a Values,
    /// The server's clock, in microseconds since the Unix epoch.
    micros: i64,
    is_read_only: bool,
}

fn changed(changed: u64) -> SessionAnswer {
    SessionAnswer {
        changed,
        ..SessionAnswer::default()
    }
}

impl MySql {
    /// Execute a statement at a moment of the true time, which is so many milliseconds after the start, and so many
    /// since the Unix epoch.
    pub(super) fn execute(
        &mut self,
        statement: &str,
        values: &Values,
        now_ms: u64,
        true_ms: i64,
    ) -> Answered {
        let at = At {
            values,
            micros: (true_ms + self.offset_ms) * 1_000,
            is_read_only: now_ms < self.read_only_until_ms,
        };
        if let Some((names, "")) = between(
            statement,
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN (",
            ")",
        ) {
            return Ok(self.show(names));
        }
        if let Some(list) = statement.strip_prefix("SELECT ") {
            return self.select(list, &at);
        }
        if at.is_read_only {
            return Err(Refused::new(
                1290,
                "writes refused by a server that is read-only",
            ));
        }
        if let Some(rest) = statement.strip_prefix("CREATE TABLE IF NOT EXISTS tracking_series (") {
            return Ok(self.create(rest));
        }
        if let Some(rest) = statement.strip_prefix("INSERT INTO tracking_series (") {
            return self.insert(rest, &at);
        }
        if let Some(rest) = statement.strip_prefix("UPDATE tracking_series SET ") {
            return self.update(rest, &at);
        }
        Err(Refused::STATEMENT)
    }

    /// What a list of names asks for, where it has such variables.
    fn show(&self, names: &str) -> SessionAnswer {
        let names = names.split(',').map(|name| name.trim().trim_matches('\''));
        let rows = names.filter_map(|name| {
            let value = bytes(&self.variable(name)?);
            let name = ("Variable_name".to_owned(), bytes(name));
            Some(vec![name, ("Value".to_owned(), value)])
        });
        SessionAnswer {
            rows: rows.collect(),
            changed: 0,
        }
    }

    /// What an expression is in a row; none where it is not known.
    fn term(&self, text: &str, row: Option<&Row>, at: &At<'_>) -> Option<Value> {
        if let Some(name) = text.strip_prefix(':') {
            let found = at.values.iter().find(|(named, _)| named == name);
            return found.map(|(_, value)| value.clone());
        }
        if let Some((list, "")) = between(text, "CONCAT_WS('.', ", ")") {
            let names = list.split(", ").map(|name| name.strip_prefix("@@GLOBAL."));
            let values: Option<Vec<String>> = names.map(|name| self.variable(name?)).collect();
            return values.map(|values| bytes(&values.join(".")));
        }
        match text {
            NOW => Some(Value::Int(at.micros)),
            READ_ONLY => {
                let names = match self.variables["version"].contains("MariaDB") {
                    true => ["OFF", "ON"],
                    false => ["0", "1"],
                };
                Some(bytes(names[usize::from(at.is_read_only)]))
            }
            _ => text.parse().map(Value::Int).ok().or_else(|| {
                let name = text.strip_prefix("s.").unwrap_or(text);
                row.map_or(Some(Value::Null), |row| row.get(name).cloned())
            }),
        }
    }

    /// Whether a condition holds in a row.
    fn holds(&self, condition: &str, row: &Row, at: &At<'_>) -> Result<bool, Refused> {
        holds(condition, &|text| self.term(text, Some(row), at)).ok_or(Refused::STATEMENT)
    }

    /// The places of the rows in which a condition holds.
    fn places(&mut self, condition: &str, at: &At<'_>) -> Result<Vec<usize>, Refused> {
        let rows = self.there()?.rows.clone();
        let mut places = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            if self.holds(condition, row, at)? {
                places.push(place);
            }
        }
        Ok(places)
    }

    fn select(&mut self, rest: &str, at: &At<'_>) -> Answered {
        let (list, source) = match rest.split_once(" FROM ") {
            Some((list, source)) => (list, Some(source)),
            None => (rest, None),
        };
        let own = source.and_then(|source| source.strip_prefix("tracking_series WHERE "));
        let joined = source.and_then(|source| source.strip_prefix(JOINED));
        let found: Vec<Option<Row>> = match (own.or(joined), source) {
            (Some(condition), _) => {
                let places = self.places(condition, at)?;
                let rows = &self.there()?.rows;
                places
                    .iter()
                    .map(|&place| Some(rows[place].clone()))
                    .collect()
            }
            (None, None) => vec![None],
            (None, Some(_)) => return Err(Refused::STATEMENT),
        };
        let found = match found.is_empty() && joined.is_some() {
            true => vec![None],
            false => found,
        };
        let rows = found.iter().map(|row| {
            let columns = parts(list).into_iter().map(|column| {
                let (text, name) = column.split_once(" AS ").unwrap_or((column, column));
                let name = name.strip_prefix("s.").unwrap_or(name);
                let value = self
                    .term(text, row.as_ref(), at)
                    .ok_or(Refused::STATEMENT)?;
                Ok((name.to_owned(), value))
            });
            columns.collect()
        });
        Ok(SessionAnswer {
            rows: rows.collect::<Result<_, Refused>>()?,
            changed: 0,
        })
    }

    fn create(&mut self, rest: &str) -> SessionAnswer {
        let keys = rest.split("KEY ").skip(1);
        let column = |key: &str| Some(key.split_once('(')?.1.split_once(')')?.0.to_owned());
        self.table.get_or_insert_with(|| Table {
            keys: keys.filter_map(column).collect(),
            rows: Vec::new(),
        });
        SessionAnswer::default()
    }

    fn insert(&mut self, rest: &str, at: &At<'_>) -> Answered {
        let (names, values) = rest
            .strip_suffix(')')
            .and_then(|rest| rest.split_once(") VALUES ("))
            .ok_or(Refused::STATEMENT)?;
        let mut row = Row::new();
        for (name, text) in parts(names).into_iter().zip(parts(values)) {
            let value = self.term(text, None, at).ok_or(Refused::STATEMENT)?;
            row.insert(name.to_owned(), value);
        }
        let Table { keys, rows } = self.there()?;
        if rows
            .iter()
            .any(|other| keys.iter().any(|key| other[key] == row[key]))
        {
            return Err(Refused::new(
                1062,
                "rows refused beside another of their key",
            ));
        }
        rows.push(row);
        Ok(changed(1))
    }

    fn update(&mut self, rest: &str, at: &At<'_>) -> Answered {
        let (list, condition) = rest.split_once(" WHERE ").ok_or(Refused::STATEMENT)?;
        let places = self.places(condition, at)?;
        for &place in &places {
            let before = self.there()?.rows[place].clone();
            for assignment in parts(list) {
                let (name, text) = assignment.split_once(" = ").ok_or(Refused::STATEMENT)?;
                let value = self
                    .term(text, Some(&before), at)
                    .ok_or(Refused::STATEMENT)?;
                self.there()?.rows[place].insert(name.to_owned(), value);
            }
        }
        Ok(changed(places.len() as u64))
    }

    fn there(&mut self) -> Result<&mut Table, Refused> {
        let none = Refused::new(1146, "looks for a table that was gone");
        self.table.as_mut().ok_or(none)
    }
}
