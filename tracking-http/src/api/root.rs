//! `/`: what this is and where things are, for people who type the address, and for load balancers that probe
//! it. They send `OPTIONS /` as well, some by HTTP/1.0 and without `Host`.

use std::sync::Arc;

use warp::http::Method;
use warp::http::header::{ALLOW, CONTENT_SECURITY_POLICY, HeaderValue};

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::media::Accepted;
use crate::api::state::Api;

/// The page is its text and links alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Nothing here is a link that issues: whoever follows all links of a page would take numbers.
const TEXT: &str = concat!(
    "tracking ",
    env!("CARGO_PKG_VERSION"),
    ": parcel tracking numbers that never repeat\n\
     \n\
     GET  /next-tracking-number         the next number, for an order of which all is optional\n\
     GET  /api/next-tracking-number/    the next number, for a whole order\n\
     POST /tracking-numbers             up to a million numbers\n\
     GET  /tracking-numbers/{number}    could the series have issued it?\n\
     GET  /docs                         how to ask, with all parameters\n\
     GET  /openapi.json                 the same for programs\n\
     GET  /livez, /readyz, /metrics     how the server is\n"
);

const HTML: &str = concat!(
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>tracking</title></head>\n<body>\n\
     <h1>tracking ",
    env!("CARGO_PKG_VERSION"),
    "</h1>\n\
     <p>Parcel tracking numbers that never repeat.</p>\n\
     <dl>\n\
     <dt><code>GET /next-tracking-number</code></dt>\
     <dd>the next number, for an order of which all is optional</dd>\n\
     <dt><code>GET /api/next-tracking-number/</code></dt><dd>the next number, for a whole order</dd>\n\
     <dt><code>POST /tracking-numbers</code></dt><dd>up to a million numbers</dd>\n\
     <dt><code>GET /tracking-numbers/{number}</code></dt><dd>could the series have issued it?</dd>\n\
     </dl>\n\
     <p><a href=\"/docs\">How to ask</a>, <a href=\"/openapi.json\">the same for programs</a>. How the server is: \
     <a href=\"/livez\">/livez</a>, <a href=\"/readyz\">/readyz</a>, <a href=\"/metrics\">/metrics</a>.</p>\n\
     </body>\n</html>\n"
);

pub(super) fn answer(_: &Arc<Api>, asked: Asked) -> Answer {
    // Never 406: who probes is content with any.
    let is_html = Accepted::by(&asked.headers).best(&[(false, "text/plain"), (true, "text/html")]);
    let mut answer = match is_html {
        Some(true) => answer::of(HTML, "text/html; charset=utf-8"),
        _ => answer::text(TEXT),
    };
    let answering = answer.headers_mut();
    answering.insert(CONTENT_SECURITY_POLICY, POLICY);
    if asked.method == Method::OPTIONS {
        answering.insert(ALLOW, HeaderValue::from_static(asked.allowed));
    }
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoints::Target;

    #[test]
    fn both_forms_name_the_same_places() {
        for line in TEXT.lines().skip(2) {
            for path in line.split([' ', ',']).filter(|word| word.starts_with('/')) {
                assert!(Target::of(path).endpoint.is_some(), "{path}");
                assert!(
                    HTML.contains(&format!("{path}<")) || HTML.contains(&format!("{path}\"")),
                    "{path}"
                );
            }
        }
    }
}
