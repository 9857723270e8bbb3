//! Many tracking numbers at once, for an order in the body.

mod content;
mod form;
mod integer;
mod numbers;
mod request;

use std::sync::Arc;

use warp::reply::Response;

use self::form::Form;
use self::numbers::Numbers;
use self::request::Request;
use crate::api::answer::Answer;
use crate::api::asked::Asked;
use crate::api::problems::Kind;
use crate::api::query;
use crate::api::recorded::{self, KEYED_MAX, Wanted};
use crate::api::state::Api;

/// Everything that can be wrong with a request is found before the first number is taken.
pub(super) fn answer(api: &Arc<Api>, asked: Asked) -> Answer {
    match read(api, &asked) {
        Ok((form, request)) => {
            let answer = issue(Arc::clone(api), form, request, asked);
            Answer::later(async { answer.await.unwrap_or_else(|problem| *problem) })
        }
        Err(problem) => Answer::Now(*problem),
    }
}

/// Part of a key's fingerprint: it never changes.
const ROUTE: &str = "tracking-numbers";

/// What is asked for, and how it is to be answered; or the problem.
fn read(api: &Api, asked: &Asked) -> Result<(Form, Request), Box<Response>> {
    let unread = "is not read here: the order is a member of the body";
    if let Some(refusal) = query::unread(&asked.query, unread) {
        return Err(refusal.into());
    }
    if content::is_coded(&asked.headers) {
        return Err(Kind::UnsupportedContentCoding.answer().into());
    }
    if !content::is_json(&asked.headers) {
        return Err(Kind::UnsupportedMediaType.answer().into());
    }
    let form = Form::accepted(&asked.headers).ok_or_else(|| Kind::NotAcceptable.answer())?;
    let is_recorded = api.recording().is_some();
    let request = Request::parse(&asked.body, is_recorded)?;
    match recorded::refuse_key(&asked.headers).filter(|_| !is_recorded) {
        Some(refusal) => Err(refusal.into()),
        None => Ok((form, request)),
    }
}

async fn issue(
    api: Arc<Api>,
    form: Form,
    request: Request,
    asked: Asked,
) -> Result<Response, Box<Response>> {
    let asker = asked.asker;
    let wanted = Wanted {
        route: ROUTE,
        count: request.count,
        order: &request.order,
        reference: request.reference.clone(),
    };
    let recording = match api.recording() {
        Some(desk) => {
            let asking = recorded::asking(&asked.headers, &asker, &wanted)?;
            Some((Arc::clone(desk), asking))
        }
        None => None,
    };
    let charge = asker.charge(request.count)?;
    let mut answer = match recording {
        // At once or not at all.
        Some((desk, asking)) if request.count <= KEYED_MAX => {
            let issued = recorded::issue(&api, &desk, &wanted, asking).await;
            let issued = issued.map_err(|error| error.answer())?;
            numbers::whole(form, &request.order, api.desk().zone(), &issued)
        }
        recording => {
            let issued_at_ms = api.desk().now_ms();
            // On an error the charge is given back, and what is left then is not known here.
            let numbers = Numbers::begin(api, form, &request, issued_at_ms, recording, asker);
            numbers.await?.into_answer(form)
        }
    };
    if let Some(charge) = charge {
        charge.keep(answer.headers_mut());
    }
    Ok(answer)
}
