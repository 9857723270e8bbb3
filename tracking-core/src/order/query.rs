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
        for pair in as_written(query) {
            match pair.is_escaped {
                // Part of a text, and so text.
                false => order.set(pair.name, pair.value),
                true => order.set_bytes(&decoded(pair.name), &decoded(pair.value)),
            };
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
    let pairs = std::iter::from_fn(move || {
        let (pair, behind) = cut(rest?, b'&');
        rest = behind;
        Some(pair)
    });
    pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = cut(pair, b'=');
        Pair {
            name,
            value: value.unwrap_or_default(),
            is_escaped: memchr2(b'%', b'+', pair.as_bytes()).is_some(),
        }
    })
}

/// What stands before the first such character of ASCII, and behind it if there is one.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    match memchr(at, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn decoded(text: &str) -> Cow<'_, [u8]> {
    let text = text.as_bytes();
    let Some(mut next) = memchr2(b'%', b'+', text) else {
        return text.into();
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        decoded.extend_from_slice(&rest[..next]);
        let (byte, length) = match &rest[next..] {
            [b'+', ..] => (b' ', 1),
            [b'%', high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'%', 1),
            },
            _ => (b'%', 1),
        };
        decoded.push(byte);
        rest = &rest[next + length..];
        match memchr2(b'%', b'+', rest) {
            Some(at) => next = at,
            None => break,
        }
    }
    decoded.extend_from_slice(rest);
    decoded.into()
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
        fn escapes_are_read_as_others_read_them(text in "([%a4+]|%[0-9a-fA-F]{2}|.){0,12}") {
            let text = text.replace(['&', '='], "");
            let others: Vec<u8> = percent_decode_str(&text.replace('+', " ")).collect();
            prop_assert_eq!(decoded(&text), others);
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
