//! What was issued, newest first.

use maud::{Markup, html};
use tracking_core::order::Order;
use tracking_ledger::{Entry, Reference, TokenName};

use super::field::{Field, Wrong, summary};
use super::layout::{Place, Visitor, page};
use super::time;

/// The fields of the search, in the order that they are shown in. All but the first are the list's own parameters.
pub(crate) const FIELDS: [&str; 9] = [
    "number",
    "customer_id",
    "reference",
    "origin_country_id",
    "destination_country_id",
    "from",
    "to",
    "token",
    "request_id",
];

/// What each is called, and how it is written.
const TOLD: [(&str, &str); FIELDS.len()] = [
    ("Number", "1 to 16 characters"),
    ("Customer", "their UUID"),
    ("Reference", "what the caller called the parcel"),
    ("From country", "two letters, such as MY"),
    ("To country", "two letters, such as ID"),
    ("Issued from", "such as 2027-01-31T00:00:00Z"),
    ("Issued before", "such as 2027-02-01T00:00:00Z"),
    ("Token", "its name"),
    ("Request", "its X-Request-Id"),
];

/// A search, as somebody filled it in.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// By [`FIELDS`].
    pub(crate) values: [String; FIELDS.len()],
    pub(crate) wrong: Vec<Wrong>,
}

/// A part of the list, and where to go from it: paths with queries.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) entries: Vec<Entry>,
    /// The first part, where this is another.
    pub(crate) newest: Option<String>,
    pub(crate) newer: Option<String>,
    pub(crate) older: Option<String>,
    /// The same as CSV.
    pub(crate) csv: String,
}

/// The page; without a list where the search is wrong.
pub(crate) fn show(visitor: &Visitor, search: &Search, listed: Option<&Listed>) -> Markup {
    let is_used = search.values.iter().any(|value| !value.is_empty());
    page(
        "Numbers",
        Some(Place::Numbers),
        visitor,
        html! {
            (summary(&search.wrong, &FIELDS))
            details open[is_used || !search.wrong.is_empty()] {
                summary { "Search" }
                form method="get" action="/console" role="search" {
                    div.fields {
                        @for ((name, (label, hint)), value) in FIELDS.iter().zip(TOLD).zip(&search.values) {
                            (Field { name, label, hint, value }.show(&search.wrong))
                        }
                    }
                    div.row {
                        button type="submit" { "Search" }
                        @if is_used { a href="/console" { "All numbers" } }
                    }
                }
            }
            @if let Some(listed) = listed { (list(visitor, listed, is_used)) }
        },
    )
}

fn list(visitor: &Visitor, listed: &Listed, is_search: bool) -> Markup {
    html! {
        @if listed.entries.is_empty() {
            div.note {
                p {
                    @match (listed.older.is_some(), is_search) {
                        (true, _) => { "Nothing on this page; there is more behind it: go on to older ones." }
                        (_, true) => { "No number is like that." }
                        _ => { "Nothing was issued yet." }
                    }
                }
            }
        } @else {
            (table(visitor, &listed.entries))
        }
        nav.row aria-label="Pages" {
            @if let Some(newest) = &listed.newest { a href=(newest) { "Newest" } }
            @if let Some(newer) = &listed.newer { a href=(newer) rel="prev" { "Newer" } }
            @if let Some(older) = &listed.older { a href=(older) rel="next" { "Older" } }
            @if !listed.entries.is_empty() { a href=(listed.csv) { "This page as CSV" } }
        }
    }
}

/// The roles are said, since a table that is shown as cards is none any more to who reads by ear.
fn table(visitor: &Visitor, entries: &[Entry]) -> Markup {
    html! {
        table.cards role="table" {
            caption { "Newest first" }
            thead role="rowgroup" {
                tr role="row" {
                    @for name in ["Number", "Issued", "From", "To"] { th scope="col" role="columnheader" { (name) } }
                    th.right scope="col" role="columnheader" { "kg" }
                    @for name in ["Customer", "Reference", "Token"] { th scope="col" role="columnheader" { (name) } }
                }
            }
            tbody role="rowgroup" {
                @for entry in entries { (row(visitor, entry)) }
            }
        }
    }
}

fn row(visitor: &Visitor, entry: &Entry) -> Markup {
    let Entry { order, number, .. } = entry;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                @if visitor.may_judge() {
                    a.number href={ "/console/numbers/" (number.as_str()) } { (number.as_str()) }
                } @else {
                    span.number { (number.as_str()) }
                }
            }
            td role="cell" data-name="Issued" { (time::utc(entry.issued_at_ms)) }
            td role="cell" data-name="From" { @if let Some(country) = order.origin_country_id() { (country.as_str()) } }
            td role="cell" data-name="To" { @if let Some(country) = order.destination_country_id() { (country.as_str()) } }
            td.right role="cell" data-name="kg" { @if let Some(weight) = order.weight() { (weight) } }
            td role="cell" data-name="Customer" { (customer(order)) }
            td role="cell" data-name="Reference" {
                @if let Some(reference) = entry.reference.as_ref().map(Reference::as_str) { bdi { (reference) } }
            }
            td role="cell" data-name="Token" {
                @if let Some(token) = entry.token.as_ref().map(TokenName::as_str) { bdi { (token) } }
            }
        }
    }
}

/// By what they are known best.
fn customer(order: &Order) -> Markup {
    html! {
        @if let Some(name) = order.customer_name() { bdi { (name.as_str()) } }
        @else if let Some(slug) = order.customer_slug() { bdi { (slug.as_str()) } }
        @else if let Some(id) = order.customer_id() { (id) }
    }
}
