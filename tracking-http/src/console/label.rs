//! A label to be printed: one page of paper, and on a screen a bar above it that is not.

use maud::{DOCTYPE, Markup, html};
use tracking_core::TrackingNumber;
use tracking_ledger::{Entry, Reference};

use super::barcode;
use super::layout::head;
use super::time;

/// What is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paper {
    Inches4x6,
    A6,
}

impl Paper {
    const ALL: [Self; 2] = [Self::Inches4x6, Self::A6];

    /// As the parameter `paper` has it; the first where it says nothing.
    pub(crate) fn of(text: &str) -> Option<Self> {
        match text {
            "" | "4x6" => Some(Self::Inches4x6),
            "a6" => Some(Self::A6),
            _ => None,
        }
    }

    fn parameter(self) -> &'static str {
        match self {
            Self::Inches4x6 => "4x6",
            Self::A6 => "a6",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Inches4x6 => "4 × 6 inches",
            Self::A6 => "A6",
        }
    }
}

/// The page, with the order where that is known.
pub(crate) fn show(number: &TrackingNumber, paper: Paper, entry: Option<&Entry>) -> Markup {
    let text = number.as_str();
    let style = format!("label-{}.css", paper.parameter());
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("Label of {text}"), &["label.css", &style]))
            body {
                header.bar {
                    p { "Print this page at 100 %, without margins, on " (paper.name()) "." }
                    nav aria-label="Label" {
                        a href={ "/console/numbers/" (text) } { "Back to the number" }
                        @for other in Paper::ALL.into_iter().filter(|other| *other != paper) {
                            a href={ "/console/labels/" (text) "?paper=" (other.parameter()) } { "On " (other.name()) }
                        }
                    }
                }
                main.label #main {
                    h1 { "Parcel " (text) }
                    @if let Some(entry) = entry { (order(entry)) }
                    (barcode::show(number))
                }
            }
        }
    }
}

fn order(entry: &Entry) -> Markup {
    let order = &entry.order;
    html! {
        @if let (Some(from), Some(to)) = (order.origin_country_id(), order.destination_country_id()) {
            p.way { span { (from.as_str()) } span aria-label="to" role="img" { "→" } span { (to.as_str()) } }
        }
        dl {
            @if let Some(name) = order.customer_name() { dt { "Customer" } dd.name { bdi { (name.as_str()) } } }
            @if let Some(weight) = order.weight() { dt { "Weight" } dd { (weight) " kg" } }
            @if let Some(reference) = entry.reference.as_ref().map(Reference::as_str) {
                dt { "Reference" } dd.name { bdi { (reference) } }
            }
            dt { "Issued" } dd { (time::utc(entry.issued_at_ms)) }
        }
    }
}
