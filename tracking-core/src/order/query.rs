//! The names and values of a query.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::{Order, OrderBuilder, OrderErrors, Required};

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
    as_written(query).map(|pair| (decoded(pair.name), decoded(pair.value)))
}

impl Order {
    /// An order from the query of a URL, as [`pairs`] takes it apart.
    ///
    /// # Errors
    ///
    /// As [`from_pairs`](Self::from_pairs).
    ///
    /// ```
    /// use tracking_core::order::{Order, Required};
    ///
    /// let order = Order::from_query("origin_country_id=MY&customer_name=Red%20Box", Required::NONE)?;
    /// assert_eq!(order.customer_name().map(|name| name.as_str()), Some("Red Box"));
    /// # Ok::<(), tracking_core::order::OrderErrors>(())
    /// ```
    pub fn from_query(query: &str, required: Required) -> Result<Self, OrderErrors> {
        let mut order = OrderBuilder::new(required);
        let mut room = Vec::new();
        for pair in as_written(query) {
            if !pair.is_escaped {
                // Part of a text, and so text.
                order.set(pair.name, pair.value);
                continue;
            }
            room.clear();
            decode(pair.value, &mut room);
            order.set_bytes(&decoded(pair.name), &room);
        }
        order.build()
    }
}

/// A name and a value, not yet decoded.
struct Pair<'a> {
    name: &'a str,
    value: &'a str,
    is_escaped: bool,
}

fn as_written(query: &str) -> impl Iterator<Item = Pair<'_>> {
    let mut rest = Some(query);
    // Where the first escape of the rest is.
    let mut escape = next_escape(query);
    let pairs = std::iter::from_fn(move || {
        let (pair, behind) = cut(rest?, b'&');
        rest = behind;
        let is_escaped = escape.is_some_and(|at| at < pair.len());
        escape = match is_escaped {
            true => behind.and_then(next_escape),
            false => escape.and_then(|at| at.checked_sub(pair.len() + 1)),
        };
        Some((pair, is_escaped))
    });
    let pairs = pairs.filter(|(pair, _)| !pair.is_empty());
    pairs.map(|(pair, is_escaped)| {
        let (name, value) = cut(pair, b'=');
        Pair {
            name,
            value: value.unwrap_or_default(),
            is_escaped,
        }
    })
}

fn next_escape(text: &str) -> Option<usize> {
    memchr2(b'%', b'+', text.as_bytes())
}

/// What stands before the first such character of ASCII, and behind it if there is one.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    match memchr(at, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn decoded(text: &str) -> Cow<'_, [u8]> {
    if next_escape(text).is_none() {
        return text.as_bytes().into();
    }
    let mut decoded = Vec::new();
    decode(text, &mut decoded);
    decoded.into()
}

/// Appends what a text stands for.
fn decode(text: &str, decoded: &mut Vec<u8>) {
    decoded.reserve(text.len());
    let mut rest = text.as_bytes();
    while let Some(next) = memchr2(b'%', b'+', rest) {
        decoded.extend_from_slice(&rest[..next]);
        let (byte, length) = match &rest[next..] {
            [b'+', ..] => (b' ', 1),
            [_, high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'%', 1),
            },
            _ => (b'%', 1),
        };
        decoded.push(byte);
        rest = &rest[next + length..];
    }
    decoded.extend_from_slice(rest);
}

/// What a hexadecimal digit stands for.
fn digit(character: u8) -> Option<u8> {
    let digit = char::from(character).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_query_is_read_as_others_read_it(query in "([ac&=%+4]|%[0-9a-fA-F]{2}|weight=|1|.){0,16}") {
            let decode = |text: &str| -> Vec<u8> {
                percent_decode_str(&text.replace('+', " ")).collect()
            };
            let others = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            });
            let others: Vec<_> = others.collect();
            let own = pairs(&query).map(|(name, value)| (name.into_owned(), value.into_owned()));
            prop_assert_eq!(own.collect::<Vec<_>>(), others.clone());
            let order = Order::from_query(&query, Required::NONE);
            prop_assert_eq!(order, Order::from_pairs(others, Required::NONE));
        }
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
            let found = pairs(query).map(|(n, v)| (n.into_owned(), v.into_owned()));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{query}");
        }
    }
}
