//! Names and values for a human: one a line, the values below each other.

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
