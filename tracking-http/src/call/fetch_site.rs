//! Whose page asks, as browsers say it (W3C Fetch Metadata Request Headers).
//!
//! An `<img>` in any page could take numbers from a server that only its visitor reaches: the browser keeps the
//! answer from the page, and the number is gone. Browsers mark such a request, and no page can change that.
//! What is not marked is let through: it comes from no browser, from an old one, or goes to a plain HTTP address
//! that is not the browser's own host, since browsers mark none of those.

use warp::http::header::HeaderName;
#[cfg(feature = "console")]
use warp::http::header::{HOST, HeaderValue, ORIGIN};
use warp::http::{HeaderMap, Method};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const USER: HeaderName = HeaderName::from_static("sec-fetch-user");

/// Whether a page of another site asks by itself.
///
/// Nobody does so by a link that somebody clicks: a navigation of a whole window, by GET, that the user began. In
/// a frame, or by a form that is POSTed, a click may have been for something else.
///
/// Another port of a host is the same site: what serves it there is as near to the server as this page of ours.
pub(crate) fn is_cross_site(method: &Method, headers: &HeaderMap) -> bool {
    // Nearly always there is none: curl sends none, nor does any client of a service.
    let mut sites = headers.get_all(SITE).iter();
    sites.any(|site| site == "cross-site") && !is_clicked(method, headers)
}

/// Whether a form that is POSTed may be this server's own: what a browser sends with it says so, or nothing does, for
/// it comes from no browser. Another port of this host is another origin.
///
/// `is_known` is whether the form will show a secret of its session besides: then one may hide its origin, as browsers
/// do for pages that tell it to nobody, where they say nothing better.
#[cfg(feature = "console")]
pub(crate) fn is_own_form(headers: &HeaderMap, is_known: bool) -> bool {
    if headers.contains_key(SITE) {
        let mut sites = headers.get_all(SITE).iter();
        return sites.all(|site| site == "same-origin" || site == "none");
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) if origin == "null" => is_known,
        (Some(origin), None) => {
            let host = headers.get(HOST).map(HeaderValue::as_bytes);
            let origin = origin.as_bytes();
            let of = |scheme: &[u8]| origin.strip_prefix(scheme);
            let authority = of(b"https://").or_else(|| of(b"http://"));
            authority.is_some_and(|authority| Some(authority) == host)
        }
        (Some(_), Some(_)) => false,
    }
}

fn is_clicked(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, value: &str| headers.get(name).is_some_and(|said| said == value);
    method == Method::GET && says(MODE, "navigate") && says(DEST, "document") && says(USER, "?1")
}

#[cfg(test)]
mod tests {
    #[cfg(not(feature = "console"))]
    use warp::http::HeaderValue;

    use super::*;

    #[cfg(feature = "console")]
    #[test]
    fn a_form_of_another_origin_is_told_from_ours() {
        for (fields, plain, known) in [
            // No browser.
            (&[][..], true, true),
            (&[("sec-fetch-site", "same-origin")], true, true),
            // A page that was loaded again by its reader.
            (&[("sec-fetch-site", "none")], true, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
                false,
            ),
            // What a page can't choose is believed.
            (
                &[("sec-fetch-site", "same-origin"), ("origin", "null")],
                true,
                true,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://here:1"),
                ],
                false,
                false,
            ),
            (&[("origin", "http://here:1")], true, true),
            (&[("origin", "https://here:1")], true, true),
            (&[("origin", "http://here:2")], false, false),
            (&[("origin", "http://evil.example")], false, false),
            (&[("origin", "http://here:1.evil.example")], false, false),
            (&[("origin", "null")], false, true),
            (&[("origin", "")], false, false),
            (
                &[("origin", "http://here:1"), ("origin", "http://here:1")],
                false,
                false,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("here:1"));
            for (name, value) in fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            let own = [false, true].map(|is_known| is_own_form(&headers, is_known));
            assert_eq!(own, [plain, known], "{fields:?}");
        }
    }

    #[test]
    fn a_page_of_another_site_is_told_from_a_click() {
        let get = Method::GET;
        let click = ["cross-site", "navigate", "document", "?1"];
        for (method, [site, mode, dest, user], expected) in [
            // No browser.
            (&get, [""; 4], false),
            // What somebody typed, and this server's own page.
            (&get, ["none", "navigate", "document", "?1"], false),
            (&get, ["same-origin", "cors", "empty", ""], false),
            // A page at another port of the same host.
            (&get, ["same-site", "cors", "empty", ""], false),
            // A click, and whatever only looks like one.
            (&get, click, false),
            (&Method::POST, click, true),
            (&get, ["cross-site", "navigate", "document", ""], true),
            (&get, ["cross-site", "navigate", "document", "?0"], true),
            (&get, ["cross-site", "navigate", "iframe", "?1"], true),
            (&get, ["cross-site", "navigate", "embed", "?1"], true),
            // Images, scripts, `fetch`.
            (&get, ["cross-site", "no-cors", "image", ""], true),
            (&get, ["cross-site", "no-cors", "script", ""], true),
            (&get, ["cross-site", "cors", "empty", ""], true),
            (&get, ["cross-site", "", "", ""], true),
        ] {
            let mut headers = HeaderMap::new();
            let values = [(SITE, site), (MODE, mode), (DEST, dest), (USER, user)];
            for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
                headers.insert(name, HeaderValue::from_static(value));
            }
            let what = format!("{method} {headers:?}");
            assert_eq!(is_cross_site(method, &headers), expected, "{what}");
        }
    }

    #[test]
    fn one_of_several_values_is_enough() {
        let mut headers = HeaderMap::new();
        headers.append(SITE, HeaderValue::from_static("same-origin"));
        headers.append(SITE, HeaderValue::from_static("cross-site"));
        assert!(is_cross_site(&Method::GET, &headers));
    }
}
