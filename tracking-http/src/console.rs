//! The console's pages as they are shown: from what is known to HTML, and no further. Who asks, and where from
//! it is known, is `api`'s.
//!
//! [`maud`] escapes whatever stands in a page, unless it is told not to; nothing here tells it. No page has a script.

pub(crate) mod barcode;
mod field;
mod hour;
pub(crate) mod issue;
pub(crate) mod label;
mod layout;
pub(crate) mod login;
pub(crate) mod number;
pub(crate) mod numbers;
mod plot;
pub(crate) mod problem;
pub(crate) mod status;
mod time;

pub(crate) use self::field::Wrong;
pub(crate) use self::hour::{Hour, SAMPLE_EVERY, Sample};
pub(crate) use self::layout::{FILES, File, Place, Visitor};
