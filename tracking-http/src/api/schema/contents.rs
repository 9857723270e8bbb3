//! What answers have in them, as the rows of the table of endpoints say it.

use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, Type};

use super::{patterns, schemas};

/// What an endpoint answers where all is right, with status 200.
pub(crate) struct Success {
    pub(crate) description: &'static str,
    /// By its media type.
    pub(crate) contents: Vec<(&'static str, ContentBuilder)>,
    /// Whether the number in it is one to ask about.
    pub(crate) links_verdict: bool,
}

impl Success {
    pub(crate) fn json(description: &'static str, content: ContentBuilder) -> Self {
        Self::of(description, "application/json", content)
    }

    pub(crate) fn text(description: &'static str, content: ContentBuilder) -> Self {
        Self::of(description, "text/plain", content)
    }

    pub(crate) fn html(description: &'static str, content: ContentBuilder) -> Self {
        Self::of(description, "text/html", content)
    }

    fn of(description: &'static str, media: &'static str, content: ContentBuilder) -> Self {
        Self {
            description,
            contents: vec![(media, content)],
            links_verdict: false,
        }
    }

    pub(crate) fn or(mut self, media: &'static str, content: ContentBuilder) -> Self {
        self.contents.push((media, content));
        self
    }

    pub(crate) fn with_verdict(mut self) -> Self {
        self.links_verdict = true;
        self
    }
}

/// What has a schema of this name.
pub(crate) fn named(name: &str) -> ContentBuilder {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(name)))
}

/// Any text.
pub(crate) fn text(description: &str) -> ContentBuilder {
    ContentBuilder::new().schema(Some(schemas::text(description)))
}

/// A word and a line feed. Not one of an enumeration: generators of clients lose the end of its line.
pub(crate) fn word(word: &str) -> ContentBuilder {
    let text = schemas::text("A word, and a line feed.");
    ContentBuilder::new().schema(Some(text.pattern(Some(format!("^{word}\\n$")))))
}

pub(crate) fn number_lines() -> ContentBuilder {
    let lines = schemas::text("A number a line.").pattern(Some(patterns::TRACKING_NUMBER_LINES));
    ContentBuilder::new().schema(Some(lines))
}

pub(crate) fn document_itself() -> ContentBuilder {
    let document = ObjectBuilder::new()
        .schema_type(Type::Object)
        .required("openapi");
    ContentBuilder::new().schema(Some(document))
}
