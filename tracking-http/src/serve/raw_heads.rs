//! What HTTP's parser keeps from whoever answers: a `#` in a request's target, which it cuts off with all that
//! stands behind it, and a transfer coding that it answers 400 by itself.
//!
//! So the lines of a connection are looked at as they come in. This is no second parser, and decides nothing
//! alone: a line counts only for a request that the parser has found, or refused. A line of a body that looks
//! like a head's is remembered as well, and harms nobody.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use memchr::{memchr, memrchr};
use warp::http::{Method, Uri};

/// What the lines had that the parser does not tell.
#[derive(Debug, Default)]
pub(crate) struct RawHeads {
    has_cuts: AtomicBool,
    /// Methods and targets as far as their `#`, with what may stand before on the same line.
    cuts: Mutex<Vec<Box<[u8]>>>,
    is_coded: AtomicBool,
}

/// The most targets that are remembered. The connection ends with the first that is asked for; others are a body's
/// lines.
const CUTS_MAX: usize = 4;

/// No method is longer.
const METHOD_LENGTH_MAX: usize = 32;

// Relaxed, all of these: the same task reads and answers.
impl RawHeads {
    /// Whether this target had a `#` when it came: one of them had, so that the connection is to end.
    pub(crate) fn was_cut(&self, method: &Method, uri: &Uri) -> bool {
        if !self.has_cuts.load(Ordering::Relaxed) {
            return false;
        }
        let wanted = format!("{method} {uri}");
        let cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        cuts.iter().any(|cut| {
            cut.len()
                .checked_sub(wanted.len())
                // The parser writes a scheme in small letters.
                .is_some_and(|at| cut[at..].eq_ignore_ascii_case(wanted.as_bytes()))
        })
    }

    /// Whether some request named a transfer coding other than `chunked`.
    pub(crate) fn is_coded(&self) -> bool {
        self.is_coded.load(Ordering::Relaxed)
    }

    fn cut(&self, before: &[u8]) {
        let target = memrchr(b' ', before).map_or(0, |space| space + 1);
        let start = target.saturating_sub(METHOD_LENGTH_MAX + 1);
        let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        if cuts.len() < CUTS_MAX {
            cuts.push(before[start..].into());
            self.has_cuts.store(true, Ordering::Relaxed);
        }
    }

    fn look_at(&self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if matches!(line.first(), Some(b't' | b'T')) && has_other_coding(line) {
            self.is_coded.store(true, Ordering::Relaxed);
        }
        let version = [b" HTTP/1.1", b" HTTP/1.0"];
        let is_request = version
            .iter()
            .find_map(|version| line.strip_suffix(*version));
        let Some(request) = is_request else {
            return;
        };
        if let Some(hash) = memchr(b'#', request)
            && memchr(b' ', &request[hash..]).is_none()
        {
            self.cut(&request[..hash]);
        }
    }
}

/// Whether the line is the header `Transfer-Encoding` with a coding that is not `chunked`.
fn has_other_coding(line: &[u8]) -> bool {
    const NAME: &[u8] = b"transfer-encoding:";
    line.split_at_checked(NAME.len())
        .filter(|(name, _)| name.eq_ignore_ascii_case(NAME))
        .is_some_and(|(_, codings)| {
            !codings.trim_ascii().eq_ignore_ascii_case(b"chunked")
                && !codings.trim_ascii().is_empty()
        })
}

/// Takes apart what a connection reads.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The bytes of a head that are read, and so of a line.
    length_max: usize,
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(length_max: usize) -> Self {
        Self {
            length_max,
            rest: Vec::new(),
        }
    }

    pub(crate) fn read(&mut self, mut bytes: &[u8], heads: &RawHeads) {
        while let Some(end) = memchr(b'\n', bytes) {
            if self.rest.is_empty() {
                heads.look_at(&bytes[..end]);
            } else {
                self.keep(&bytes[..end]);
                heads.look_at(&mem::take(&mut self.rest));
            }
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// As much of a line as a head can have.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.length_max - self.rest.len();
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD_LENGTH_MAX: usize = 4_000;

    /// Read in parts of so many bytes.
    fn heads(bytes: &str, part: usize) -> RawHeads {
        let (heads, mut lines) = (RawHeads::default(), Lines::new(HEAD_LENGTH_MAX));
        for part in bytes.as_bytes().chunks(part) {
            lines.read(part, &heads);
        }
        heads
    }

    fn was_cut(heads: &RawHeads, target: &'static str) -> bool {
        heads.was_cut(&Method::GET, &Uri::from_static(target))
    }

    #[test]
    fn a_cut_target_is_known_however_it_comes() {
        for (bytes, target) in [
            ("GET /a?b=c#d HTTP/1.1\r\nHost: x\r\n\r\n", "/a?b=c"),
            ("GET /a# HTTP/1.0\n\n", "/a"),
            ("GET HTTP://x/a#d HTTP/1.1\r\n", "http://x/a"),
            // Behind a body that ends in no line.
            ("{\"count\": 1}GET /a#b#c HTTP/1.1\r\n", "/a"),
        ] {
            for part in [1, 7, 1_000] {
                let heads = heads(bytes, part);
                assert!(!was_cut(&heads, "/"), "{bytes}");
                assert!(!heads.was_cut(&Method::HEAD, &Uri::from_static(target)));
                assert!(was_cut(&heads, target), "{bytes}");
            }
        }
    }

    #[test]
    fn other_lines_cut_nothing() {
        for bytes in [
            "GET /a HTTP/1.1\r\nReferer: /a#b\r\n\r\n{\"x\": \"GET /a#b HTTP/1.1\"}",
            "GET /a #b HTTP/1.1\r\n",
            "GET /a#b c HTTP/1.1\r\n",
            "GET /a#b HTTP/2.0\r\n",
        ] {
            assert!(!was_cut(&heads(bytes, 5), "/a"), "{bytes}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let line = format!("GET /{}#b HTTP/1.1\r\n", "a".repeat(HEAD_LENGTH_MAX / 2));
        let heads = heads(&line.repeat(50), 999);
        assert_eq!(heads.cuts.lock().unwrap().len(), CUTS_MAX);
        let mut lines = Lines::new(HEAD_LENGTH_MAX);
        for _ in 0..100 {
            lines.read(&[b'#'; 4_096], &heads);
        }
        assert_eq!(lines.rest.len(), HEAD_LENGTH_MAX);
    }

    #[test]
    fn other_transfer_codings_are_seen() {
        for (header, expected) in [
            ("Transfer-Encoding: chunked", false),
            ("transfer-encoding:\tCHUNKED ", false),
            ("Transfer-Encoding:", false),
            ("Transfer-Encodings: gzip", false),
            ("X-Transfer-Encoding: gzip", false),
            ("TE: gzip", false),
            ("Transfer-Encoding: gzip", true),
            ("TRANSFER-ENCODING:identity", true),
            ("Transfer-Encoding: gzip, chunked", true),
            ("Transfer-Encoding: chunked, chunked", true),
        ] {
            let bytes = format!("POST / HTTP/1.1\r\n{header}\r\n\r\n");
            assert_eq!(heads(&bytes, 9).is_coded(), expected, "{header}");
        }
    }
}
