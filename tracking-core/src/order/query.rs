//! The names and values of a query.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use percent_encoding::percent_decode;

/// The names and values of a query in the `application/x-www-form-urlencoded` form of the
/// [URL Standard](https://url.spec.whatwg.org/#application/x-www-form-urlencoded), decoded: as bytes, since what
/// was escaped need not be UTF-8. A name without `=` has an empty value; nothing between two `&` is no pair. No
/// query is wrong: a `%` that begins no escape stands for itself.
///
/// Allocates nothing but for what is escaped.
///
/// ```
/// let pairs: Vec<_> = tracking_core::order::pairs("weight=1.2&customer_name=Red+Box%21").collect();
/// assert_eq!(pairs[0], (b"weight"[..].into(), b"1.2"[..].into()));
/// assert_eq!(pairs[1], (b"customer_name"[..].into(), b"Red Box!"[..].into()));
/// ```
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    let pairs = query.as_bytes().split(|byte| *byte == b'&');
    pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr2(b'%', b'+', text) else {
        return text.into();
    };
    let mut decoded = Vec::with_capacity(text.len());
    decoded.extend_from_slice(&text[..first]);
    for (index, part) in text[first..].split(|byte| *byte == b'+').enumerate() {
        decoded.extend((index > 0).then_some(b' '));
        decoded.extend(percent_decode(part));
    }
    decoded.into()
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
