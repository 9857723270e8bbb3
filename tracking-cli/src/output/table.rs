//! Names and values for a human, the values below each other: one a line, or in columns.

use std::fmt::{Display, Write};

/// What stands for a value that there is none of.
const NONE: &str = "-";

/// Lines of a name and its value.
#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<(&'static str, String)>,
}

impl Table {
    /// Add a line.
    pub(crate) fn line(mut self, name: &'static str, value: impl Display) -> Self {
        self.lines.push((name, value.to_string()));
        self
    }

    /// Add a line whose value may be missing.
    pub(crate) fn maybe(self, name: &'static str, value: &Option<impl Display>) -> Self {
        match value {
            Some(value) => self.line(name, value),
            None => self.line(name, NONE),
        }
    }

    pub(crate) fn text(&self) -> String {
        let width = self.lines.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or(0) + 2;
        self.lines
            .iter()
            .fold(String::new(), |mut text, (name, value)| {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{name:width$}{value}");
                text
            })
    }
}

/// Rows of values under a head each.
#[derive(Debug)]
pub(crate) struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    pub(crate) fn new(heads: [&str; N]) -> Self {
        Self {
            rows: vec![heads.map(str::to_owned)],
        }
    }

    /// Add a row, in which values may be missing.
    pub(crate) fn row(&mut self, values: [Option<String>; N]) {
        self.rows
            .push(values.map(|value| value.unwrap_or_else(|| NONE.to_owned())));
    }

    pub(crate) fn text(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| row[column].len()).max();
        let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0) + 2);
        let mut text = String::new();
        for row in &self.rows {
            let line: String = row
                .iter()
                .zip(widths)
                .map(|(value, width)| format!("{value:width$}"))
                .collect();
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}
