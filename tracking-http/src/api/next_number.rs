//! The next tracking number, for an order in the query.

use std::borrow::Cow;
use std::sync::Arc;

use tracking_core::issued::Issued;
use tracking_core::order::{Order, Required, pairs};
use tracking_ledger::{RecordingDesk, Reference};
use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::{self, ParameterError};
use crate::api::recorded::{self, Wanted};
use crate::api::state::Api;

/// Most answers are shorter, so that their buffer never grows.
const BODY_LENGTH: usize = 384;

/// One of the two endpoints.
struct Form {
    required: Required,
    /// Part of a key's fingerprint: it never changes.
    route: &'static str,
    write: fn(&Issued<'_>, &mut Vec<u8>),
}

/// Every parameter is optional, and the order is answered with the number.
const OPTIONAL: Form = Form {
    required: Required::NONE,
    route: "next-tracking-number",
    write: |issued, out| issued.write_json(out),
};

/// All parameters are required, and the number and its time are answered.
const REQUIRED: Form = Form {
    required: Required::ALL,
    route: "api/next-tracking-number",
    write: |issued, out| issued.write_short_json(out),
};

pub(super) fn optional(api: &Arc<Api>, asked: Asked) -> Answer {
    next(api, &OPTIONAL, asked)
}

pub(super) fn required(api: &Arc<Api>, asked: Asked) -> Answer {
    next(api, &REQUIRED, asked)
}

/// Past the filters: what is not recorded, and has no key.
pub(super) fn optional_unrecorded(api: &Arc<Api>, query: &str) -> Answer {
    unrecorded(api, &OPTIONAL, query)
}

pub(super) fn required_unrecorded(api: &Arc<Api>, query: &str) -> Answer {
    unrecorded(api, &REQUIRED, query)
}

fn next(api: &Arc<Api>, form: &'static Form, asked: Asked) -> Answer {
    match api.recording() {
        Some(desk) => recorded(Arc::clone(api), Arc::clone(desk), form, asked),
        None => match recorded::refuse_key(&asked.headers) {
            Some(refusal) => refusal.into(),
            None => unrecorded(api, form, &asked.query),
        },
    }
}

fn unrecorded(api: &Arc<Api>, form: &'static Form, query: &str) -> Answer {
    let order = match Order::from_query(query, form.required) {
        Ok(order) => order,
        Err(errors) => return problems::wrong_order(&errors).into(),
    };
    if let Some(issued) = api.issue_now(&order) {
        return written(&issued, form).into();
    }
    let api = Arc::clone(api);
    Answer::later(async move {
        match api.issue_soon(&order).await {
            Ok(issued) => written(&issued, form),
            Err(error) => error.answer(),
        }
    })
}

fn recorded(api: Arc<Api>, desk: Arc<RecordingDesk>, form: &'static Form, asked: Asked) -> Answer {
    let (order, reference) = match read(pairs(&asked.query), form.required) {
        Ok(read) => read,
        Err(errors) => return problems::wrong_parameters(&errors).into(),
    };
    Answer::later(async move {
        let wanted = Wanted {
            route: form.route,
            count: 1,
            order: &order,
            reference,
        };
        let asking = match recorded::asking(&asked.headers, &asked.asker, &wanted) {
            Ok(asking) => asking,
            Err(problem) => return *problem,
        };
        let issued = match recorded::issue(&api, &desk, &wanted, asking).await {
            Ok(issued) => issued,
            Err(error) => return error.answer(),
        };
        let mut answer = written(
            &Issued {
                number: issued.numbers[0],
                at_ms: issued.at_ms,
                order: &order,
                zone: api.desk().zone(),
            },
            form,
        );
        if issued.is_replay {
            recorded::mark_replay(&mut answer);
        }
        answer
    })
}

/// The order and the reference of a query or a form, or everything that is wrong with them.
pub(super) fn read<'a>(
    pairs: impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)>,
    required: Required,
) -> Result<(Order, Option<Reference>), Vec<ParameterError>> {
    let (references, others): (Vec<_>, Vec<_>) =
        pairs.partition(|(name, _)| **name == *b"reference");
    let references: Result<Vec<&str>, _> = references
        .iter()
        .map(|(_, value)| str::from_utf8(value))
        .collect();
    let order = Order::from_pairs(others, required);
    let reference = match references {
        Ok(references) => recorded::reference(&references),
        Err(_) => Err(ParameterError::not_utf8("reference")),
    };
    match (order, reference) {
        (Ok(order), Ok(reference)) => Ok((order, reference)),
        (order, reference) => {
            let errors = order.err();
            let errors = errors.iter().flat_map(|errors| errors.iter());
            let mut errors: Vec<_> = errors.map(ParameterError::from).collect();
            errors.extend(reference.err());
            Err(errors)
        }
    }
}

fn written(issued: &Issued<'_>, form: &Form) -> Response {
    let mut body = Vec::with_capacity(BODY_LENGTH);
    (form.write)(issued, &mut body);
    answer::json(body)
}
