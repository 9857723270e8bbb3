//! Whose page asks, as browsers say it (W3C Fetch Metadata Request Headers).
//!
//! An `<img>` in any page could take numbers from a server that only its visitor reaches: the browser keeps the
//! answer from the page, and the number is gone. Browsers mark such a request, and no page can change that.
//! What is not marked is let through: it comes from no browser, from an old one, or goes to a plain HTTP address
//! that is not the browser's own host, since browsers mark none of those.

use warp::http::header::HeaderName;
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

fn is_clicked(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, value: &str| headers.get(name).is_some_and(|said| said == value);
    method == Method::GET && says(MODE, "navigate") && says(DEST, "document") && says(USER, "?1")
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

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
