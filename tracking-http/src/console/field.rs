//! A field of a form, with what is wrong with it beside it.

use maud::{Markup, html};

/// What is wrong with a field: its name, and a clause that goes on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) message: String,
}

/// A line of text, as somebody filled it in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) value: &'a str,
}

impl Field<'_> {
    pub(super) fn show(&self, wrong: &[Wrong]) -> Markup {
        let Self {
            name,
            label,
            hint,
            value,
        } = self;
        let wrong: Vec<&Wrong> = wrong.iter().filter(|wrong| wrong.field == *name).collect();
        let is_wrong = !wrong.is_empty();
        let described = match is_wrong {
            true => format!("{name}-hint {name}-wrong"),
            false => format!("{name}-hint"),
        };
        html! {
            div.field {
                label for=(name) { (label) }
                input #(name) name=(name) value=(value) dir="auto" autocomplete="off"
                    aria-describedby=(described) aria-invalid=[is_wrong.then_some("true")];
                span.hint id={ (name) "-hint" } { (hint) }
                @if is_wrong {
                    span.wrong id={ (name) "-wrong" } {
                        @for wrong in wrong { (label) " " (wrong.message) ". " }
                    }
                }
            }
        }
    }
}

/// What is wrong in all, before a form; and what is wrong with none of its fields.
pub(super) fn summary(wrong: &[Wrong], fields: &[&str]) -> Markup {
    let others = wrong
        .iter()
        .filter(|wrong| !fields.contains(&wrong.field.as_str()));
    html! {
        @if !wrong.is_empty() {
            div.note.bad role="alert" {
                p {
                    strong {
                        @if let [_] = wrong { "One thing is wrong." } @else { (wrong.len()) " things are wrong." }
                    }
                    " Nothing was done; each is told beside its field."
                }
                @for wrong in others { p { bdi { (wrong.field) } " " (wrong.message) "." } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let wrong = [Wrong {
            field: "weight".to_owned(),
            message: "is <b>".to_owned(),
        }];
        let field = Field {
            name: "weight",
            label: "Weight",
            hint: "kilograms",
            value: "\"><script>",
        };
        let text = field.show(&wrong).into_string();
        for part in [
            "<label for=\"weight\">Weight</label>",
            "value=\"&quot;&gt;&lt;script&gt;\"",
            "aria-describedby=\"weight-hint weight-wrong\"",
            "aria-invalid=\"true\"",
            "<span class=\"wrong\" id=\"weight-wrong\">Weight is &lt;b&gt;. </span>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let right = field.show(&[]).into_string();
        assert!(
            !right.contains("invalid") && !right.contains("wrong"),
            "{right}"
        );
        let summary = summary(&wrong, &[]).into_string();
        assert!(summary.contains("One thing is wrong."), "{summary}");
        assert!(summary.contains("is &lt;b&gt;."), "{summary}");
    }
}
