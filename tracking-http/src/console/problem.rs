//! What went wrong, for people.

use maud::{Markup, html};

use super::layout::{Visitor, page};

/// A page of a problem's title and explanation, each line of which is a paragraph.
pub(crate) fn show(visitor: &Visitor, title: &str, explanation: &str) -> Markup {
    page(
        title,
        None,
        visitor,
        html! {
            div.note.bad role="alert" {
                @for line in explanation.lines() { p { (line) } }
            }
        },
    )
}

/// What somebody asks for that takes a ledger.
pub(crate) fn no_ledger(visitor: &Visitor) -> Markup {
    page(
        "This server records nothing",
        None,
        visitor,
        html! {
            div.note {
                p { "What was issued is listed from a ledger, and this server has none." }
                p {
                    "Start it with " code { "--ledger sqlite:/var/lib/tracking/ledger.db" } ", or with "
                    code { "--ledger mysql://HOST/DATABASE" } ": from then on each number is recorded before it is answered."
                }
            }
        },
    )
}
