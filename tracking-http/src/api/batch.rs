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
use crate::api::asked::{Asked, Asker};
use crate::api::problems::Kind;
use crate::api::query;
use crate::api::state::Api;

/// Everything that can be wrong with a request is found before the first number is taken.
pub(super) fn answer(api: &Arc<Api>, asked: Asked) -> Answer {
    match read(&asked) {
        Ok((form, request)) => {
            let answer = issue(Arc::clone(api), form, request, asked.asker);
            Answer::later(async { answer.await.unwrap_or_else(|problem| *problem) })
        }
        Err(problem) => Answer::Now(*problem),
    }
}

/// What is asked for, and how it is to be answered; or the problem.
fn read(asked: &Asked) -> Result<(Form, Request), Box<Response>> {
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
    Ok((form, Request::parse(&asked.body)?))
}

async fn issue(
    api: Arc<Api>,
    form: Form,
    request: Request,
    asker: Asker,
) -> Result<Response, Box<Response>> {
    let charge = asker.charge(request.count)?;
    let issued_at_ms = api.desk().now_ms();
    // On an error the charge is given back, and what is left then is not known here.
    let numbers = Numbers::begin(api, form, &request, issued_at_ms, asker).await?;
    let mut answer = numbers.into_answer(form);
    if let Some(charge) = charge {
        charge.keep(answer.headers_mut());
    }
    Ok(answer)
}
