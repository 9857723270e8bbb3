//! What an operator should know about a store.

use std::fmt;

use crate::remedy::Remedy;

/// What an operator should know about a store, in one line, such as that it persists nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreWarning {
    text: String,
    remedy: Option<Remedy>,
}

impl StoreWarning {
    /// A warning that ends with what can be done, if that is known.
    pub fn new(text: impl Into<String>, remedy: Option<Remedy>) -> Self {
        Self {
            text: text.into(),
            remedy,
        }
    }

    /// What can be done about it, where a program has a way of its own for that.
    pub fn remedy(&self) -> Option<Remedy> {
        self.remedy
    }
}

impl fmt::Display for StoreWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
