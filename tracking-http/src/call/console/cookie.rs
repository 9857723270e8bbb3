//! The cookie of a session.

use warp::http::HeaderMap;
use warp::http::header::{COOKIE, HeaderValue};

use super::sessions::LIFE;

const NAME: &str = "tracking-console";

/// The id of the session that a request shows, if it shows one. Two are none: a page of a neighbouring host may
/// have set one of them.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    let fields = headers.get_all(COOKIE).iter();
    let fields = fields.filter_map(|field| field.to_str().ok());
    let mut values = fields
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let (first, more) = (values.next(), values.next());
    first.filter(|_| more.is_none())
}

/// For this id: no script sees it, no other site's page makes a browser send it, and where TLS ends before this
/// server it never goes without.
pub(super) fn set(id: &str, is_secure: bool) -> Option<HeaderValue> {
    written(id, LIFE.as_secs(), is_secure)
}

/// For none.
pub(super) fn forget(is_secure: bool) -> HeaderValue {
    let cookie = written("", 0, is_secure);
    cookie.unwrap_or(HeaderValue::from_static(""))
}

fn written(id: &str, max_age_s: u64, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!(
        "{NAME}={id}; Path=/console; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
    );
    let mut cookie = HeaderValue::try_from(cookie).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_shows_one_session_or_none() {
        for (fields, expected) in [
            (&[][..], None),
            (&["tracking-console=a"], Some("a")),
            (&["x=y; tracking-console=a; z=1"], Some("a")),
            (&["x=y", "tracking-console=a"], Some("a")),
            (&["tracking-consoles=a"], None),
            (&["tracking-console"], None),
            (&["tracking-console=a; tracking-console=b"], None),
            (&["tracking-console=a", "tracking-console=a"], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(COOKIE, HeaderValue::from_static(field));
            }
            assert_eq!(shown(&headers), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_cookie_is_for_the_console_alone() {
        let plain = "tracking-console=a; Path=/console; Max-Age=28800; HttpOnly; SameSite=Strict";
        assert_eq!(set("a", false).unwrap(), plain);
        assert_eq!(set("a", true).unwrap(), format!("{plain}; Secure"));
        let gone = forget(true);
        assert!(gone.to_str().unwrap().contains("Max-Age=0;"), "{gone:?}");
        assert_eq!(format!("{gone:?}"), "Sensitive");
    }
}
