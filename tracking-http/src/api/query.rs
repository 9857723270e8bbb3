//! The query of a request target, as `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).

use memchr::{memchr, memchr2};
use warp::reply::Response;

use crate::api::problems::{self, ParameterError, UNKNOWN_MAX};

/// The refusal of a query where none is read, if it has any parameter: what somebody says must not vanish.
/// `why` goes on from the parameter's name.
pub(crate) fn unread(query: String, why: &str) -> Option<Response> {
    let mut errors: Vec<ParameterError> = Vec::new();
    for_each_pair(&mut query.into_bytes(), |name, _| {
        let error = ParameterError::unknown(&String::from_utf8_lossy(name), why);
        if errors.len() < UNKNOWN_MAX && errors.iter().all(|e| e.parameter != error.parameter) {
            errors.push(error);
        }
    });
    (!errors.is_empty()).then(|| problems::wrong_parameters(&errors))
}

/// Hand every pair of a query to `take`, in order, as decoded bytes. Decodes in place.
///
/// As the standard has it: `+` is a space, a `%` without two hexadecimal digits stands for itself, a pair
/// without `=` has an empty value, an empty pair is none.
pub(crate) fn for_each_pair(query: &mut [u8], mut take: impl FnMut(&[u8], &[u8])) {
    let mut rest = query;
    while !rest.is_empty() {
        let pair;
        (pair, rest) = split_at_byte(rest, b'&');
        if !pair.is_empty() {
            let (name, value) = split_at_byte(pair, b'=');
            take(decode(name), decode(value));
        }
    }
}

/// What stands before the first such byte, and what stands behind it.
fn split_at_byte(bytes: &mut [u8], byte: u8) -> (&mut [u8], &mut [u8]) {
    let Some(at) = memchr(byte, bytes) else {
        return (bytes, &mut []);
    };
    let (before, from) = bytes.split_at_mut(at);
    (before, &mut from[1..])
}

fn decode(bytes: &mut [u8]) -> &[u8] {
    let Some(first) = memchr2(b'%', b'+', bytes) else {
        return bytes;
    };
    // What is decoded is never longer than what it is read from.
    let (mut read, mut written) = (first, first);
    while let Some(&byte) = bytes.get(read) {
        let escaped = match byte {
            b'%' => bytes.get(read + 1..read + 3).and_then(hex_byte),
            _ => None,
        };
        bytes[written] = match byte {
            b'+' => b' ',
            byte => escaped.unwrap_or(byte),
        };
        read += if escaped.is_some() { 3 } else { 1 };
        written += 1;
    }
    &bytes[..written]
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut pairs = Vec::new();
        for_each_pair(&mut query.as_bytes().to_vec(), |name, value| {
            pairs.push((name.to_vec(), value.to_vec()));
        });
        pairs
    }

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
            assert_eq!(pairs(query), expected, "{query}");
        }
    }
}
