//! The name of a request, by which its line in the log is found: `X-Request-Id`.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng};
use tracking_core::{Clock, SystemClock};
use uuid::Builder;
use uuid::fmt::Hyphenated;
use warp::http::HeaderMap;
use warp::http::header::{HeaderName, HeaderValue};

/// The header that asks for an id, and answers it.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The characters of an id.
const LENGTH_MAX: usize = 64;

/// 1 to 64 characters of `A-Za-z0-9._~+/=:-`: nothing that could change a line or a header that it stands in.
/// It is kept as the header that answers it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The client's own, if it sent a single one that is sane; else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(&X_REQUEST_ID).iter();
        match (sent.next(), sent.next()) {
            (Some(id), None) if is_sane(id.as_bytes()) => Self(id.clone()),
            _ => Self::new(),
        }
    }

    /// A UUID of version 7 (RFC 9562): ids in the order of their time. Its 74 other bits are random, from a
    /// generator of the thread's own, which asks the system for nothing.
    #[expect(clippy::expect_used, reason = "hexadecimal digits and hyphens")]
    pub(crate) fn new() -> Self {
        let now_ms = SystemClock.now_ms().try_into().unwrap_or_default();
        // Ten bytes drawn one by one would take three times as long.
        let [random @ .., _, _, _, _, _, _] = random().to_le_bytes();
        let uuid = Builder::from_unix_timestamp_millis(now_ms, &random).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        let text = uuid.hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).expect("visible ASCII"))
    }

    pub(crate) fn as_str(&self) -> &str {
        // It is ASCII.
        str::from_utf8(self.0.as_bytes()).unwrap_or_default()
    }

    /// The header that answers it. Nothing is left of it: to clone a header's value may take memory.
    pub(crate) fn take_header(&mut self) -> HeaderValue {
        mem::replace(&mut self.0, HeaderValue::from_static(""))
    }
}

thread_local! {
    /// None until the system had random bits for it.
    static RANDOM: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

/// Random bits; where the system has none, a count that is spread over them: an id guards nothing.
fn random() -> u128 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    RANDOM.with_borrow_mut(|random| {
        if random.is_none() {
            *random = StdRng::try_from_rng(&mut SysRng).ok();
        }
        match random {
            Some(random) => random.random(),
            None => {
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let spread = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                u128::from(std::process::id()) << 64 | u128::from(spread)
            }
        }
    })
}

fn is_sane(id: &[u8]) -> bool {
    let is_sane = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':' | b'-')
    };
    (1..=LENGTH_MAX).contains(&id.len()) && id.iter().all(is_sane)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use uuid::{Uuid, Variant};

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_sane_one_is_kept() {
        let longest = "x".repeat(64);
        for id in [
            "7",
            "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
            "Root=1:67891233/abc+def_~.",
            &longest,
        ] {
            let kept = RequestId::of(&headers(&[id.as_bytes()]));
            assert_eq!(kept.to_string(), id);
            assert_eq!(kept.as_str(), id);
            assert_eq!(kept.clone().take_header(), id);
        }
    }

    #[test]
    fn another_is_replaced() {
        let too_long = "x".repeat(65);
        let insane: [&[&[u8]]; 9] = [
            &[],
            &[b""],
            &[b"a b"],
            &[b"a\"b"],
            &[b"a\tb"],
            &[b"a,b"],
            &[b"\xff\xfe"],
            &[too_long.as_bytes()],
            &[b"one", b"one"],
        ];
        for sent in insane {
            let made = RequestId::of(&headers(sent));
            let uuid: Uuid = made.as_str().parse().unwrap();
            assert_eq!(
                (uuid.get_version_num(), uuid.get_variant()),
                (7, Variant::RFC4122)
            );
            let text = made.to_string();
            assert_eq!(made.clone().take_header(), text);
        }
    }

    #[test]
    fn no_two_are_the_same_and_each_has_its_time() {
        let before_ms = SystemClock.now_ms() as u64;
        let ids: Vec<_> = (0..10_000).map(|_| RequestId::new()).collect();
        let after_ms = SystemClock.now_ms() as u64;
        let mut texts: Vec<_> = ids.iter().map(RequestId::as_str).collect();
        for text in &texts {
            let uuid: Uuid = text.parse().unwrap();
            let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
            let ms = seconds * 1_000 + u64::from(nanos) / 1_000_000;
            assert!((before_ms..=after_ms).contains(&ms), "{text}");
        }
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 10_000);
    }
}
