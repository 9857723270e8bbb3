//! Where numbers stood: a count of lines over all inputs, and back to the file and line.

use std::fmt;

/// The inputs, in the order in which they were read.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The count of lines before an input, and its name, as it can be shown.
    inputs: Vec<(u64, String)>,
    /// The lines of all inputs that ended.
    before: u64,
}

/// Shown as `FILE:LINE`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    name: &'a str,
    /// From 1.
    line: u64,
}

impl Places {
    /// An input begins.
    pub(super) fn begin(&mut self, name: &str) {
        self.inputs.push((self.before, name.to_owned()));
    }

    /// It ended, after so many lines.
    pub(super) fn end(&mut self, lines: u64) {
        self.before += lines;
    }

    /// How many inputs there were.
    pub(super) fn count(&self) -> usize {
        self.inputs.len()
    }

    /// A line of the present input, counted over all of them.
    pub(super) fn at(&self, line: u64) -> u64 {
        self.before + line
    }

    /// A line of the present input.
    pub(super) fn of_line(&self, line: u64) -> Place<'_> {
        self.of(self.at(line))
    }

    /// A line that was counted over all inputs.
    pub(super) fn of(&self, at: u64) -> Place<'_> {
        // Those that begin before it; more than one where some are empty.
        let index = self.inputs.partition_point(|(before, _)| *before < at);
        let input = index.checked_sub(1).and_then(|last| self.inputs.get(last));
        input.map_or(Place { name: "", line: at }, |(before, name)| Place {
            name,
            line: at - before,
        })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_file_and_a_line() {
        let mut places = Places::default();
        let mut counted = Vec::new();
        for (name, lines) in [("a", 2), ("empty", 0), ("b", 3), ("c", 1)] {
            places.begin(name);
            for line in 1..=lines {
                counted.push((places.at(line), format!("{name}:{line}")));
                assert_eq!(places.of_line(line).to_string(), format!("{name}:{line}"));
            }
            places.end(lines);
        }
        for (at, shown) in counted {
            assert_eq!(places.of(at).to_string(), shown);
        }
        assert_eq!(places.count(), 4);
    }
}
