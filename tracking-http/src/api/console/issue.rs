//! One number, for an order in a form.

use std::sync::Arc;

use tracking_core::order::{Order, Required, pairs};
use tracking_ledger::{Fingerprint, IdempotencyKey, RecordingDesk};
use uuid::Uuid;
use warp::http::Method;
use warp::reply::Response;

use super::sent::{Begun, Got};
use super::{field, of_problem, own_form, page, visitor, with_form, wrong};
use crate::api::answer::Answer;
use crate::api::asked::{Asked, Asker};
use crate::api::next_number;
use crate::api::problems::Kind;
use crate::api::recorded::{self, Wanted};
use crate::api::state::Api;
use crate::console::Visitor;
use crate::console::issue::{FIELDS, Form, Issued, issued, show};

/// Part of a key's fingerprint: it never changes.
const ROUTE: &str = "console/issue";

/// The fields that are the form's own, beside the order's.
const OWN: [&[u8]; 2] = [b"key", b"form_token"];

/// The form, and what it sends.
pub(in crate::api) fn issue(api: &Arc<Api>, asked: Asked) -> Answer {
    let visitor = visitor(&asked);
    let has_ledger = api.recording().is_some();
    if asked.method != Method::POST {
        let form = Form {
            values: Default::default(),
            wrong: Vec::new(),
            key: random_key(),
            has_ledger,
        };
        return with_form(page(show(&visitor, &form))).into();
    }
    let text = match own_form(&asked) {
        Ok(text) => text,
        Err(problem) => return Answer::Now(*problem),
    };
    // Without one a reload would take a second number.
    let Ok(key) = field(&text, "key").parse::<IdempotencyKey>() else {
        return Kind::WrongIdempotencyKey.answer().into();
    };
    let given = pairs(&text).filter(|(name, _)| !OWN.contains(&&**name));
    let read = match has_ledger {
        true => next_number::read(given, Required::NONE),
        false => Order::from_pairs(
            given.filter(|(name, value)| **name != *b"reference" || !value.is_empty()),
            Required::NONE,
        )
        .map(|order| (order, None))
        .map_err(|errors| errors.iter().map(Into::into).collect()),
    };
    let (order, reference) = match read {
        Ok(read) => read,
        Err(errors) => {
            let form = Form {
                values: FIELDS.map(|name| field(&text, name)),
                wrong: wrong(&errors),
                key: key.as_str().to_owned(),
                has_ledger,
            };
            let kind = Kind::WrongParameters;
            return with_form(of_problem(kind, kind.status(), show(&visitor, &form))).into();
        }
    };
    let api = Arc::clone(api);
    Answer::later(async move {
        let wanted = Wanted {
            route: ROUTE,
            count: 1,
            order: &order,
            reference,
        };
        match api.recording() {
            Some(desk) => by_ledger(&api, desk, &visitor, &asked.asker, &wanted, key).await,
            None => by_memory(&api, &visitor, &order, &key).await,
        }
    })
}

fn random_key() -> String {
    Uuid::from_u128(rand::random()).to_string()
}

async fn by_ledger(
    api: &Api,
    desk: &RecordingDesk,
    visitor: &Visitor,
    asker: &Asker,
    wanted: &Wanted<'_>,
    key: IdempotencyKey,
) -> Response {
    let asking = recorded::asking_by(Some(key), asker, wanted);
    match recorded::issue(api, desk, wanted, asking).await {
        Ok(got) => page(issued(
            visitor,
            &Issued {
                number: got.numbers[0],
                at_ms: got.at_ms,
                order: wanted.order,
                is_replay: got.is_replay,
            },
        )),
        Err(error) => error.answer(),
    }
}

/// Without a ledger the server remembers its last forms by itself.
async fn by_memory(api: &Api, visitor: &Visitor, order: &Order, key: &IdempotencyKey) -> Response {
    let Some(console) = api.console() else {
        return Kind::NotFound.answer();
    };
    let fingerprint = Fingerprint::of(ROUTE, 1, order, None);
    let (got, is_replay) = match console.sent.begin(key, fingerprint) {
        Begun::Before(got) => (got, true),
        Begun::UnderWay => return Kind::IdempotencyKeyUnderWay.answer(),
        Begun::Reused => return Kind::IdempotencyKeyReused.answer(),
        Begun::New(under_way) => match api.issue_soon(order).await {
            Ok(issued) => {
                let got = Got {
                    number: issued.number,
                    at_ms: issued.at_ms,
                };
                under_way.got(got);
                (got, false)
            }
            Err(error) => return error.answer(),
        },
    };
    page(issued(
        visitor,
        &Issued {
            number: got.number,
            at_ms: got.at_ms,
            order,
            is_replay,
        },
    ))
}
