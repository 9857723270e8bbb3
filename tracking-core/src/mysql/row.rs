//! A row of an answer.

use mysql::prelude::FromValue;

use super::value::Value;

/// A row, as the driver read it, or as a simulation brings it: each value with its column's name.
pub(crate) enum Row {
    Own(mysql::Row),
    Brought(Vec<(String, Value)>),
}

impl Row {
    /// What a column holds; `None` where it cannot be taken for that.
    pub(crate) fn get<T: FromValue>(&self, column: &str) -> Option<T> {
        match self {
            Self::Own(row) => row.get_opt::<T, _>(column)?.ok(),
            Self::Brought(columns) => {
                let (_, value) = columns.iter().find(|(name, _)| name == column)?;
                mysql::from_value_opt(value.clone().into_driver()).ok()
            }
        }
    }

    /// The values, in the order of the columns.
    pub(super) fn into_values(self) -> Vec<Value> {
        match self {
            Self::Own(row) => row.unwrap().into_iter().map(Value::of).collect(),
            Self::Brought(columns) => columns.into_iter().map(|(_, value)| value).collect(),
        }
    }
}
