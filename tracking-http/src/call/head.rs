//! What is wrong with a request's head, whoever asks for whatever.

use hyper::Version;
use hyper::header::{HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use warp::reply::Response;

use crate::api::problems::Kind;
use crate::api::sizes::{HEADERS_LENGTH_MAX, TARGET_LENGTH_MAX};

/// The answer to a head that is too large, or that leaves open what it asks, or whom.
pub(super) fn refusal(head: &Parts, is_cut: bool) -> Option<Response> {
    let target = head.uri.path_and_query();
    if target.is_some_and(|target| target.as_str().len() > TARGET_LENGTH_MAX) {
        return Some(Kind::TargetTooLong.answer());
    }
    if is_cut {
        // The connection ends, since the next request on it may be of the same target.
        return Some(Kind::FragmentInTarget.answer());
    }
    let (mut length, mut hosts, mut is_host_wrong) = (0, 0, false);
    let (mut codings, mut is_coding_known) = (0, true);
    for (name, value) in &head.headers {
        // ": " and the line end.
        length += name.as_str().len() + value.len() + 4;
        if name == HOST {
            hosts += 1;
            is_host_wrong |= !value.as_bytes().iter().all(may_stand_in_host);
        } else if name == TRANSFER_ENCODING {
            codings += 1;
            is_coding_known &= codings == 1 && value.as_bytes().eq_ignore_ascii_case(b"chunked");
        }
    }
    let is_old = head.version == Version::HTTP_10;
    if length > HEADERS_LENGTH_MAX {
        Some(Kind::HeadersTooLarge.answer())
    } else if !is_coding_known {
        // Where such a body ends is not known, so the connection does (RFC 9112, section 6.1).
        Some(Kind::UnsupportedTransferCoding.answer())
    } else if !is_host_wrong && (hosts == 1 || (is_old && hosts == 0)) {
        None
    } else {
        // Two readers may each take another one (RFC 9112, section 3.2).
        Some(Kind::WrongHost.answer())
    }
}

/// The characters of a host and a port (RFC 3986, section 3.2.2).
fn may_stand_in_host(byte: &u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'/' | b'?' | b'#' | b'@' | b'\\' | b'"' | b'<' | b'>')
}
