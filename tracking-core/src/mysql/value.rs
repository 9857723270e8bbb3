//! Values on their way to and from a server.

use mysql::Params;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// Text or bytes; and whatever else a server has, as it writes it.
    Bytes(Vec<u8>),
}

impl Value {
    pub(super) fn of(value: mysql::Value) -> Self {
        match value {
            mysql::Value::NULL => Self::Null,
            mysql::Value::Int(int) => Self::Int(int),
            // None of ours is above what an i64 holds.
            mysql::Value::UInt(int) => Self::Int(int.try_into().unwrap_or(i64::MAX)),
            mysql::Value::Bytes(bytes) => Self::Bytes(bytes),
            other => Self::Bytes(other.as_sql(true).into_bytes()),
        }
    }

    pub(super) fn into_driver(self) -> mysql::Value {
        match self {
            Self::Null => mysql::Value::NULL,
            Self::Int(int) => mysql::Value::Int(int),
            Self::Bytes(bytes) => mysql::Value::Bytes(bytes),
        }
    }
}

/// The values for the places of a statement.
pub(super) fn params(values: Vec<Value>) -> Params {
    if values.is_empty() {
        return Params::Empty;
    }
    Params::Positional(values.into_iter().map(Value::into_driver).collect())
}
