//! The query of a request target, as `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use warp::reply::Response;

use crate::api::problems::{self, ParameterError, UNKNOWN_MAX};

/// The refusal of a query where none is read, if it has any parameter: what somebody says must not vanish.
/// `why` goes on from the parameter's name.
pub(crate) fn unread(query: &str, why: &str) -> Option<Response> {
    let mut errors: Vec<ParameterError> = Vec::new();
    for (name, _) in pairs(query) {
        let error = ParameterError::unknown(&String::from_utf8_lossy(&name), why);
        if errors.len() < UNKNOWN_MAX && errors.iter().all(|e| e.parameter != error.parameter) {
            errors.push(error);
        }
    }
    (!errors.is_empty()).then(|| problems::wrong_parameters(&errors))
}

/// Every pair of a query, in order, as decoded bytes: what is no UTF-8 is for others to refuse.
///
/// As the standard has it: `+` is a space, a `%` without two hexadecimal digits stands for itself, a pair
/// without `=` has an empty value, an empty pair is none.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        return percent_decode_str(&text.replace('+', " ")).collect();
    }
    percent_decode_str(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_decodes() {
        type Pairs<'a> = &'a [(&'a [u8], &'a [u8])];
        let cases: [(&str, Pairs<'_>); 14] = [
            ("", &[]),
            ("&&", &[]),
            ("a=1", &[(b"a", b"1")]),
            ("a=1&b=2&", &[(b"a", b"1"), (b"b", b"2")]),
            ("a", &[(b"a", b"")]),
            ("=", &[(b"", b"")]),
            ("a=b=c", &[(b"a", b"b=c")]),
            ("a=x+y%20z", &[(b"a", b"x y z")]),
            ("%61+=%26%3D%2b", &[(b"a ", b"&=+")]),
            ("a=%ff%00", &[(b"a", b"\xff\0")]),
            ("a=%", &[(b"a", b"%")]),
            ("a=%4&b=%4g%%41", &[(b"a", b"%4"), (b"b", b"%4g%A")]),
            ("a=100%&b=%zz+", &[(b"a", b"100%"), (b"b", b"%zz ")]),
            ("a;b=1", &[(b"a;b", b"1")]),
        ];
        for (query, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(n, v)| (n.to_vec(), v.to_vec()))
                .collect();
            let found = pairs(query).map(|(n, v)| (n.into_owned(), v.into_owned()));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{query}");
        }
    }
}
