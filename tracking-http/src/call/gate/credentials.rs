//! The token of a request.

use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

use crate::api::problems::Unauthorized;

/// The token that a request shows: `Authorization: Bearer TOKEN`, RFC 6750. The scheme is read in either
/// case (RFC 9110, 11.1), the token byte by byte.
///
/// Two such fields are refused, whatever is in them: a proxy might have judged the other one.
pub(in crate::call) fn bearer(headers: &HeaderMap) -> Result<&[u8], Unauthorized> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let (field, more) = (fields.next(), fields.next());
    let field = field.ok_or(Unauthorized::Missing)?.as_bytes();
    if more.is_some() {
        return Err(Unauthorized::Unknown);
    }
    let (scheme, token) = match field.iter().position(|&byte| byte == b' ') {
        Some(blank) => field.split_at(blank),
        None => (field, &[][..]),
    };
    let token = token.trim_ascii();
    // Another scheme, or a scheme alone, shows no token.
    if !scheme.eq_ignore_ascii_case(b"Bearer") || token.is_empty() {
        return Err(Unauthorized::Missing);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    #[test]
    fn the_token_of_a_request() {
        use Unauthorized::{Missing, Unknown};
        for (fields, expected) in [
            (&[][..], Err(Missing)),
            (&["Bearer trk_1"], Ok("trk_1")),
            (&["bearer trk_1"], Ok("trk_1")),
            (&["BEARER   trk_1"], Ok("trk_1")),
            (&["Bearer trk_1 x"], Ok("trk_1 x")),
            (&[""], Err(Missing)),
            (&["Bearer"], Err(Missing)),
            (&["Bearer "], Err(Missing)),
            (&["trk_1"], Err(Missing)),
            (&["Bearertrk_1"], Err(Missing)),
            (&["Bearer:trk_1"], Err(Missing)),
            (&["Basic dHJrXzE6"], Err(Missing)),
            (&["Bearer trk_1", "Bearer trk_1"], Err(Unknown)),
            (&["Basic dHJrXzE6", "Bearer trk_1"], Err(Unknown)),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(AUTHORIZATION, HeaderValue::from_static(field));
            }
            assert_eq!(bearer(&headers), expected.map(str::as_bytes), "{fields:?}");
        }
    }
}
