//! What the headers say of a body.

use warp::http::HeaderMap;
use warp::http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// Whether the headers say once that the body is JSON, in UTF-8 if they say in what.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = |essence: &str| essence.eq_ignore_ascii_case("application/json");
    parts.next().is_some_and(is_json)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim_end().eq_ignore_ascii_case("charset") => charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8"),
            _ => true,
        })
}

/// Whether the headers say that the body is coded, in whatever way.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}
