//! A form that takes one number, and what it took.

use maud::{Markup, html};
use tracking_core::TrackingNumber;
use tracking_core::order::Order;

use super::field::{Field, Wrong, summary};
use super::layout::{Place, Visitor, page};
use super::number::of_order;
use super::{barcode, time};

/// The fields of the form: the order's seven, and the last where there is a ledger.
pub(crate) const FIELDS: [&str; 8] = [
    "origin_country_id",
    "destination_country_id",
    "weight",
    "created_at",
    "customer_id",
    "customer_name",
    "customer_slug",
    "reference",
];

const TOLD: [(&str, &str); FIELDS.len()] = [
    ("From country", "two letters, such as MY"),
    ("To country", "two letters, such as ID"),
    ("Weight", "kilograms, such as 1.234"),
    ("Ordered at", "such as 2018-11-20T19:29:32+08:00"),
    ("Customer's id", "their UUID"),
    ("Customer's name", "1 to 255 characters"),
    ("Customer's slug", "such as redbox-logistics"),
    ("Reference", "what you call the parcel"),
];

/// The form, as somebody filled it in.
#[derive(Debug)]
pub(crate) struct Form {
    /// By [`FIELDS`].
    pub(crate) values: [String; FIELDS.len()],
    pub(crate) wrong: Vec<Wrong>,
    /// The form's own Idempotency-Key.
    pub(crate) key: String,
    pub(crate) has_ledger: bool,
}

/// The form. `may` is whether who sees it may send it.
pub(crate) fn show(visitor: &Visitor, form: &Form) -> Markup {
    let count = FIELDS.len() - usize::from(!form.has_ledger);
    let may = visitor.places.contains(&Place::Issue);
    page(
        "Issue one",
        Some(Place::Issue),
        visitor,
        html! {
            @if !may { div.note { p { "This takes a token of the scope " code { "issue" } "." } } }
            (summary(&form.wrong, &FIELDS[..count]))
            form method="post" action="/console/issue" {
                (visitor.form_token())
                input type="hidden" name="key" value=(form.key);
                p { "Each field may be left empty." }
                div.fields {
                    @for ((name, (label, hint)), value) in FIELDS.iter().zip(TOLD).zip(&form.values).take(count) {
                        (Field { name, label, hint, value }.show(&form.wrong))
                    }
                }
                div.row { button type="submit" { "Issue a number" } }
            }
        },
    )
}

/// What was issued.
#[derive(Debug)]
pub(crate) struct Issued<'a> {
    pub(crate) number: TrackingNumber,
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) order: &'a Order,
    /// Whether the form was sent before, and this is what it got then.
    pub(crate) is_replay: bool,
}

/// The page that the form leads to.
pub(crate) fn issued(visitor: &Visitor, issued: &Issued<'_>) -> Markup {
    let text = issued.number.as_str();
    page(
        &format!("Issued {text}"),
        None,
        visitor,
        html! {
            div.note.good role="status" {
                p {
                    @if issued.is_replay { "This form was sent before: this is the number that it got then, and no other was issued." }
                    @else { "The number is issued. To load this page again issues no other." }
                }
            }
            (barcode::show(&issued.number))
            div.row {
                a.button href="/console/issue" { "Issue another" }
                @if visitor.may_judge() {
                    a.button.second href={ "/console/numbers/" (text) } { "All about it" }
                    a.button.second href={ "/console/labels/" (text) } { "Label" }
                }
            }
            h2 { "Its order" }
            dl.facts { dt { "Issued" } dd { (time::utc(issued.at_ms)) } (of_order(issued.order)) }
        },
    )
}
