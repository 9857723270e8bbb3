//! What requests and answers look like, as OpenAPI has it: schemas, parameters, headers, examples.

mod contents;
pub(crate) mod examples;
pub(crate) mod headers;
pub(crate) mod parameters;
pub(crate) mod path_parameters;
mod patterns;
mod schemas;

pub(crate) use self::contents::{Success, document_itself, named, number_lines, text, word};
pub(crate) use self::schemas::{all, always, closed, text as text_schema, with};
