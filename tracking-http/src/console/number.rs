//! One number: what the series says of it, and what was recorded.

use maud::{Markup, html};
use tracking_core::order::Order;
use tracking_core::{Reason, Serial, TrackingNumber, Verdict};
use tracking_ledger::{Entry, Reference, RequestId, TokenName};

use super::barcode;
use super::field::{Field, Wrong};
use super::layout::{Place, Visitor, page};
use super::time;

/// A form that asks which number is meant; `given` is what was typed, and is none.
pub(crate) fn ask(visitor: &Visitor, given: &str) -> Markup {
    let mut wrong = Vec::new();
    if !given.is_empty() {
        wrong.push(Wrong {
            field: "number".to_owned(),
            message: "is not 1 to 16 characters of A-Z and 0-9".to_owned(),
        });
    }
    let field = Field {
        name: "number",
        label: "Number",
        hint: "1 to 16 characters; blanks do not count",
        value: given,
    };
    page(
        "One number",
        Some(Place::Number),
        visitor,
        html! {
            form method="get" action="/console/numbers" role="search" {
                div.fields.one { (field.show(&wrong)) }
                div.row { button type="submit" { "Show" } }
            }
        },
    )
}

/// All that is known of a number.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) number: &'a TrackingNumber,
    /// Prefix, body and check character, where it has the length of the series'.
    pub(crate) parts: Option<(&'a str, &'a str, &'a str)>,
    /// None where only the store could tell, which cannot be asked.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) record: Record,
}

/// What the ledger says of a number.
#[derive(Debug)]
pub(crate) enum Record {
    /// There is no ledger.
    NoLedger,
    /// Who asks may not know.
    Hidden,
    Nothing,
    Entry(Box<Entry>),
}

/// The page.
pub(crate) fn show(visitor: &Visitor, known: &Known<'_>) -> Markup {
    page(
        &format!("Number {}", known.number.as_str()),
        None,
        visitor,
        html! {
            (barcode::show(known.number))
            div.row {
                a.button.second href={ "/console/labels/" (known.number.as_str()) } { "Label, 4 × 6 inches" }
                a.button.second href={ "/console/labels/" (known.number.as_str()) "?paper=a6" } { "Label, A6" }
            }
            h2 { "What the series says" }
            (of_series(known))
            h2 { "What was recorded" }
            @match &known.record {
                Record::NoLedger => {
                    p { "This server records nothing: its operator may give it a ledger with " code { "--ledger" } "." }
                }
                Record::Hidden => { p { "Who asked without the scope " code { "ledger" } " is not told." } }
                Record::Nothing => { p { "The ledger has no such number." } }
                Record::Entry(entry) => { (of_ledger(entry)) }
            }
        },
    )
}

fn of_series(known: &Known<'_>) -> Markup {
    html! {
        dl.facts {
            dt { "Verdict" }
            @match known.verdict {
                Some(Verdict::Belongs(_)) => { dd.good { "belongs: the series could have issued it" } }
                Some(Verdict::Refused(reason)) => { dd.bad { "refused: " (reason) " (" code { (reason.code()) } ")" } }
                None => { dd { "undecided, while its store, which alone can tell, cannot be asked" } }
            }
            @if let Some((prefix, body, check)) = known.parts.filter(|_| is_shaped(known.verdict)) {
                dt { "Prefix, body, check" }
                dd.number { (prefix) " " (body) " " (check) }
            }
            @if let Some(Verdict::Belongs(serial)) = known.verdict { (of_serial(serial)) }
        }
    }
}

/// Whether its parts are worth a look.
fn is_shaped(verdict: Option<Verdict>) -> bool {
    !matches!(verdict, Some(Verdict::Refused(Reason::Malformed)))
}

fn of_serial(serial: Serial) -> Markup {
    html! {
        dt { "Reserved at" } dd { (time::utc(serial.reserved_at_ms())) }
        dt { "Lane" } dd { (serial.lane()) }
        dt { "Slot" } dd { (serial.slot()) }
    }
}

fn of_ledger(entry: &Entry) -> Markup {
    let names = [
        ("Reference", entry.reference.as_ref().map(Reference::as_str)),
        ("Token", entry.token.as_ref().map(TokenName::as_str)),
        ("Request", entry.request_id.as_ref().map(RequestId::as_str)),
    ];
    html! {
        dl.facts {
            dt { "Issued" } dd { (time::utc(entry.issued_at_ms)) }
            (of_order(&entry.order))
            @for (name, text) in names {
                @if let Some(text) = text { dt { (name) } dd { bdi { (text) } } }
            }
            dt { "How it came here" } dd { (entry.origin.as_str()) }
        }
    }
}

/// The fields of an order that are there.
pub(super) fn of_order(order: &Order) -> Markup {
    html! {
        @if let Some(country) = order.origin_country_id() { dt { "From" } dd { (country.as_str()) } }
        @if let Some(country) = order.destination_country_id() { dt { "To" } dd { (country.as_str()) } }
        @if let Some(weight) = order.weight() { dt { "Weight" } dd { (weight) " kg" } }
        @if let Some(at) = order.created_at() {
            dt { "Ordered" } dd { time datetime=(at) { (at) } }
        }
        @if let Some(name) = order.customer_name() { dt { "Customer" } dd { bdi { (name.as_str()) } } }
        @if let Some(slug) = order.customer_slug() { dt { "Slug" } dd { (slug.as_str()) } }
        @if let Some(id) = order.customer_id() { dt { "Customer's id" } dd { (id) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_and_each_record_is_told() {
        let number = "ABC0123456789012".parse().unwrap();
        let serial = Serial::from_parts(7, 100, 9).unwrap();
        let entry = Entry {
            number,
            issued_at_ms: 1_735_689_600_123,
            origin: tracking_ledger::Origin::Issued,
            order: Order::from_pairs(
                [("customer_name", "<script>")],
                tracking_core::order::Required::NONE,
            )
            .unwrap(),
            reference: Some("<i>".parse().unwrap()),
            token: None,
            request_id: None,
        };
        for (verdict, record, told) in [
            (
                Some(Verdict::Belongs(serial)),
                Record::NoLedger,
                &[
                    "belongs",
                    "<dd>7</dd>",
                    "<dd>9</dd>",
                    "2025-01-01 00:00:01.000Z",
                    "--ledger",
                ][..],
            ),
            (
                Some(Verdict::Refused(Reason::CheckCharacter)),
                Record::Nothing,
                &["refused", "check-character", "no such number"],
            ),
            (None, Record::Hidden, &["undecided", "not told"]),
            (
                None,
                Record::Entry(entry.into()),
                &[
                    "<bdi>&lt;script&gt;</bdi>",
                    "<bdi>&lt;i&gt;</bdi>",
                    "2025-01-01 00:00:00.123Z",
                ],
            ),
        ] {
            let known = Known {
                number: &number,
                parts: Some(("ABC", "012345678901", "2")),
                verdict,
                record,
            };
            let text = show(&Visitor::default(), &known).into_string();
            for part in told {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains("<script>"), "{text}");
        }
    }
}
