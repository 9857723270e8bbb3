//! Values on their way to and from a database.

use super::failure::Failure;

/// A parameter or a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn optional_text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }
}

/// Columns, taken one after the other. What is not as it was written is damage.
pub(crate) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    pub(crate) fn of(row: Vec<Value>) -> Self {
        Self(row.into_iter())
    }

    fn next(&mut self) -> Value {
        self.0.next().unwrap_or(Value::Null)
    }

    pub(crate) fn optional_int(&mut self) -> Result<Option<i64>, Failure> {
        match self.next() {
            Value::Null => Ok(None),
            Value::Int(int) => Ok(Some(int)),
            other => Err(Failure::Damaged(format!(
                "expected a number, found {}",
                kind(&other)
            ))),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, Failure> {
        let int = self.optional_int()?;
        int.ok_or_else(|| Failure::Damaged("expected a number, found NULL".into()))
    }

    pub(crate) fn optional_bytes(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.next() {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Text(text) => Ok(Some(text.into_bytes())),
            Value::Int(_) => Err(Failure::Damaged("expected text, found a number".into())),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, Failure> {
        let bytes = self.optional_bytes()?;
        bytes.ok_or_else(|| Failure::Damaged("expected text, found NULL".into()))
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, Failure> {
        let bytes = self.optional_bytes()?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|_| Failure::Damaged("expected UTF-8".into()))
    }

    pub(crate) fn text(&mut self) -> Result<String, Failure> {
        let text = self.optional_text()?;
        text.ok_or_else(|| Failure::Damaged("expected text, found NULL".into()))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Int(_) => "a number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    }
}
