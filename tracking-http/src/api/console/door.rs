//! Where tokens are in force: a token is shown once, and a session begins.

use std::sync::Arc;

use warp::http::header::{RETRY_AFTER, SET_COOKIE};
use warp::http::{Method, StatusCode};
use warp::reply::Response;

use super::{field, of_problem, own_form, page, see, visitor, with_form};
use crate::api::answer::Answer;
use crate::api::asked::{Asked, Visit};
use crate::api::problems::Kind;
use crate::api::state::Api;
use crate::console::login::{self, Tried};

/// The form, and what it sends.
pub(in crate::api) fn log_in(_: &Arc<Api>, asked: Asked) -> Answer {
    let Some(visit) = asked.asker.visit.clone() else {
        return Kind::NotFound.answer().into();
    };
    if !visit.door.asks_for_tokens() {
        return page(login::not_needed(&visitor(&asked))).into();
    }
    if asked.method != Method::POST {
        return with_form(page(login::show(Tried::NotYet, &field(&asked.query, "to")))).into();
    }
    // Whoever has no session has no token of a form either: that it is ours is known by its origin.
    match str::from_utf8(&asked.body) {
        Ok(form) => entered(&visit, &field(form, "token"), &field(form, "to")).into(),
        Err(_) => Kind::BrokenBody.answer().into(),
    }
}

fn entered(visit: &Visit, token: &str, to: &str) -> Response {
    match visit.door.enter(token.trim().as_bytes()) {
        Ok(entered) => {
            let first = entered
                .places
                .first()
                .map_or("/console", |place| place.path());
            let to = match own_path(to) {
                Some(to) if to != "/console" => to,
                _ => first,
            };
            let mut answer = see(to);
            answer.headers_mut().insert(SET_COOKIE, entered.cookie);
            answer
        }
        Err(tried) => refused(tried, to),
    }
}

fn refused(tried: Tried, to: &str) -> Response {
    let (kind, status) = match tried {
        Tried::TooOften(_) => (Kind::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
        _ => (Kind::Unauthorized, StatusCode::UNAUTHORIZED),
    };
    let mut answer = with_form(of_problem(kind, status, login::show(tried, to)));
    if let Tried::TooOften(seconds) = tried {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// A path of the console, and of no other host.
fn own_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/console")?;
    let is_own = rest.is_empty() || rest.starts_with(['/', '?']);
    let is_sane = rest
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_own && is_sane).then_some(path)
}

/// End the session.
pub(in crate::api) fn log_out(_: &Arc<Api>, asked: Asked) -> Answer {
    if let Err(problem) = own_form(&asked) {
        return Answer::Now(*problem);
    }
    let mut answer = see("/console/login");
    if let Some(visit) = &asked.asker.visit {
        let cookie = visit.door.leave();
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (path, is_own) in [
            ("/console", true),
            ("/console/", true),
            ("/console/status", true),
            ("/console?from=2027-01-01T00:00:00Z&token=a", true),
            ("", false),
            ("/", false),
            ("/consolex", false),
            ("//evil.example/console", false),
            ("https://evil.example/console", false),
            ("/console\\@evil.example", false),
            ("/console/\r\nSet-Cookie: a=b", false),
        ] {
            assert_eq!(own_path(path).is_some(), is_own, "{path}");
        }
    }
}
