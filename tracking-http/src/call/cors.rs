//! Which pages of other origins a browser lets use the API (the Fetch Standard, "CORS protocol").
//!
//! Two questions, which the front asks of every request: what answers a preflight, and what an answer says
//! of the request's origin. `tower_http::cors` would wrap each answer of the routes, and neither those of the
//! front itself nor a preflight that lists the methods of one path; so this is our own.

mod origin;

use warp::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use warp::http::{HeaderMap, Method};
use warp::reply::Response;

pub use self::origin::{Origin, ParseOriginError};
use crate::api::answer;

/// What a request may send: the headers that mean something here. `*` would not cover `Authorization`.
const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, X-Request-Id, Accept, Idempotency-Key");

/// What a page may read of an answer, beside what every page may.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Allow, Idempotent-Replayed",
);

/// For how many seconds a browser need not ask again: no browser remembers for longer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origins whose pages may use the API. Never with credentials that the browser itself keeps: a token
/// is sent by the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cors {
    Any,
    /// As browsers write them.
    Of(Vec<HeaderValue>),
}

impl Cors {
    /// None where no origin is named: then it is off.
    pub(crate) fn of(origins: &[Origin]) -> Option<Self> {
        if origins.is_empty() {
            return None;
        }
        let named: Option<Vec<HeaderValue>> = origins.iter().map(Origin::header).collect();
        Some(named.map_or(Self::Any, Self::Of))
    }

    /// The answer to a preflight: 204, with the methods of the path, which are listed as `Allow` lists them.
    /// None to any other request.
    ///
    /// Who may not gets it as well, but without the headers that [`mark`](Self::mark) adds; to the browser
    /// that is a refusal.
    pub(crate) fn preflight(
        &self,
        method: &Method,
        headers: &HeaderMap,
        allowed: &'static str,
    ) -> Option<Response> {
        let is_preflight = method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        is_preflight.then(|| {
            let mut answer = answer::empty();
            let answering = answer.headers_mut();
            if headers
                .get(ORIGIN)
                .is_some_and(|origin| self.allows(origin))
            {
                let allowed = HeaderValue::from_static(allowed);
                answering.insert(ACCESS_CONTROL_ALLOW_METHODS, allowed);
                answering.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
                answering.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            }
            answer
        })
    }

    /// Say in an answer, of whatever status, what a page of this origin may do with it. `origin` is the
    /// request's header.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        if let Self::Of(_) = self {
            // Also where there is none: a cache must not give that answer to a page.
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = origin.filter(|origin| self.allows(origin)) {
            let origin = match self {
                Self::Any => HeaderValue::from_static("*"),
                Self::Of(_) => origin.clone(),
            };
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }

    /// Whether a page that sends this origin may use the API; an image, for one, sends none.
    pub(crate) fn lets(&self, origin: Option<&HeaderValue>) -> bool {
        *self == Self::Any || origin.is_some_and(|origin| self.allows(origin))
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::Of(named) => named
                .iter()
                .any(|named| named.as_bytes().eq_ignore_ascii_case(origin.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use warp::http::StatusCode;

    use super::*;

    fn cors(origins: &[&str]) -> Option<Cors> {
        let origins: Vec<Origin> = origins.iter().map(|text| text.parse().unwrap()).collect();
        Cors::of(&origins)
    }

    fn marked(cors: &Cors, origin: Option<&'static str>) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        cors.mark(origin.map(HeaderValue::from_static).as_ref(), &mut headers);
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn named_origins_alone_are_allowed() {
        let cors = cors(&["https://shop.example", "HTTP://localhost:3000"]).unwrap();
        for allowed in [
            "https://shop.example",
            "http://localhost:3000",
            "https://SHOP.example",
        ] {
            let headers = marked(&cors, Some(allowed));
            let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(
                names,
                [
                    "vary",
                    "access-control-allow-origin",
                    "access-control-expose-headers"
                ]
            );
            assert_eq!(headers[1].1, allowed);
        }
        let vary = vec![("vary".to_owned(), "Origin".to_owned())];
        for other in [
            None,
            Some("null"),
            Some(""),
            Some("https://shop.example.evil.example"),
            Some("https://evil.example/https://shop.example"),
            Some("http://shop.example"),
            Some("https://shop.example:8443"),
            Some("https://localhost:3000"),
            Some("*"),
        ] {
            assert_eq!(marked(&cors, other), vary, "{other:?}");
        }
    }

    #[test]
    fn any_origin_is_told_so_without_being_named() {
        let cors = cors(&["*"]).unwrap();
        let headers = marked(&cors, Some("https://shop.example"));
        assert_eq!(
            headers[0],
            ("access-control-allow-origin".to_owned(), "*".to_owned())
        );
        assert_eq!(headers.len(), 2);
        assert_eq!(marked(&cors, None), []);
    }

    #[test]
    fn it_is_off_unless_an_origin_is_named() {
        assert_eq!(Cors::of(&[]), None);
    }

    #[test]
    fn a_preflight_is_what_names_a_method_and_an_origin() {
        let cors = cors(&["https://shop.example"]).unwrap();
        let mut headers = HeaderMap::new();
        let asks = |headers: &HeaderMap, method| cors.preflight(&method, headers, "GET");
        assert!(asks(&headers, Method::OPTIONS).is_none());
        headers.insert(
            ACCESS_CONTROL_REQUEST_METHOD,
            HeaderValue::from_static("GET"),
        );
        assert!(asks(&headers, Method::OPTIONS).is_none());
        headers.insert(ORIGIN, HeaderValue::from_static("https://shop.example"));
        assert!(asks(&headers, Method::GET).is_none());
        let answer = asks(&headers, Method::OPTIONS).unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET");
        headers.insert(ORIGIN, HeaderValue::from_static("https://evil.example"));
        let answer = asks(&headers, Method::OPTIONS).unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert!(!answer.headers().contains_key(ACCESS_CONTROL_ALLOW_METHODS));
    }
}
