//! Lines of bytes, as many at once as have come.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memrchr};

/// Bytes that are read at once: enough to share out among the processors.
const BUFFER: usize = 1024 * 1024;
/// A line of as many bytes, the blanks before it left out, is not kept whole.
const LONG: usize = 64 * 1024;
/// What is kept of such a line, which is no number anyway.
const KEPT: usize = 1024;

const _: () = assert!(KEPT + CUT.len() < LONG && LONG < BUFFER);

/// U+FEFF, which programs on Windows put before a text.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// Ends a line that was cut, so that nobody takes its beginning for all of it.
const CUT: &[u8] = "…".as_bytes();

/// Reads lines without waiting for more than the first, in a buffer that never grows.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Box<[u8]>,
    /// How many bytes of the buffer hold whole lines, then how many hold anything.
    whole: usize,
    filled: usize,
    /// Nothing was given yet: a mark before the text is none of it.
    first: bool,
    /// The line that the buffer ends with was cut; what comes up to its end is dropped.
    cut: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER].into(),
            whole: 0,
            filled: 0,
            first: true,
            cut: false,
        }
    }

    /// Forget the lines of before, and wait for at least one more; false at the end.
    pub(crate) fn read(&mut self) -> io::Result<bool> {
        self.first &= self.whole == 0;
        self.buffer.copy_within(self.whole..self.filled, 0);
        self.filled -= self.whole;
        self.whole = 0;
        loop {
            if self.filled == self.buffer.len() {
                self.shorten();
            }
            let count = match self.reader.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                answer => answer?,
            };
            if count == 0 {
                // The last line may lack its end.
                self.whole = self.filled;
            } else {
                self.take(count);
            }
            if self.whole > 0 || count == 0 {
                self.shorten_long();
                return Ok(self.whole > 0);
            }
        }
    }

    /// The lines that were read.
    pub(crate) fn whole(&self) -> &[u8] {
        let text = &self.buffer[..self.whole];
        match self.first {
            true => text.strip_prefix(MARK).unwrap_or(text),
            false => text,
        }
    }

    /// Take bytes that were read behind those that are there.
    fn take(&mut self, count: usize) {
        let new = self.filled..self.filled + count;
        self.filled = new.end;
        if self.cut {
            let Some(end) = memchr(b'\n', &self.buffer[new.clone()]) else {
                self.filled = new.start;
                return;
            };
            self.buffer.copy_within(new.start + end..new.end, new.start);
            self.filled -= end;
            self.cut = false;
        }
        let last_end = memrchr(b'\n', &self.buffer[new.start..self.filled]);
        self.whole = last_end.map_or(0, |last_end| new.start + last_end + 1);
    }

    /// Cut what is long of the whole lines.
    fn shorten_long(&mut self) {
        let mut start = 0;
        while self.whole - start >= LONG {
            if let Some(end) = memrchr(b'\n', &self.buffer[start..start + LONG]) {
                // No line up to there is long.
                start += end + 1;
                continue;
            }
            let line = &self.buffer[start..self.whole];
            let line = &line[..memchr(b'\n', line).unwrap_or(line.len())];
            let end = start + line.len();
            let length = line.trim_ascii_start().len();
            start = end;
            if length >= LONG {
                start = end - length + KEPT + CUT.len();
                self.buffer[start - CUT.len()..start].copy_from_slice(CUT);
                self.buffer.copy_within(end..self.filled, start);
                self.whole -= end - start;
                self.filled -= end - start;
            }
        }
    }

    /// Make room in a buffer that is full of one line.
    fn shorten(&mut self) {
        let blanks = self.filled - self.buffer.trim_ascii_start().len();
        self.buffer.copy_within(blanks..self.filled, 0);
        self.filled -= blanks;
        if blanks == 0 {
            self.buffer[KEPT..KEPT + CUT.len()].copy_from_slice(CUT);
            self.filled = KEPT + CUT.len();
            self.cut = true;
        }
    }
}

/// The numbers of some lines: without blanks round them, and no empty ones.
pub(crate) fn numbers(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let ends = memchr_iter(b'\n', lines).chain([lines.len()]);
    ends.map(move |end| lines[std::mem::replace(&mut start, end + 1)..end].trim_ascii())
        .filter(|line| !line.is_empty())
}

/// Lines in parts of about a length, each of which ends where a line does.
pub(crate) fn parts(mut lines: &[u8], length: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let from = length.clamp(1, lines.len().max(1)) - 1;
        let end = memchr(b'\n', lines.get(from..)?).map_or(lines.len(), |end| from + end + 1);
        lines.split_off(..end).filter(|part| !part.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it holds in pieces of a size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            let (mut piece, rest) = self.0.split_at(count.min(self.0.len()));
            self.0 = rest;
            piece.read(buffer)
        }
    }

    fn lines(input: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(Pieces(input, size));
        let mut all = Vec::new();
        while lines.read().unwrap() {
            all.extend(numbers(lines.whole()).map(<[u8]>::to_vec));
        }
        all
    }

    #[test]
    fn whole_however_they_come() {
        let input = b"A\n\n  B\t\r\n\xff\xfe x\n \nlast";
        for size in 1..input.len() + 1 {
            assert_eq!(
                lines(input, size),
                [&b"A"[..], b"B", b"\xff\xfe x", b"last"],
                "{size}"
            );
        }
    }

    #[test]
    fn a_mark_before_the_text_is_none_of_it_and_one_behind_is() {
        let input = "\u{feff}A\n\u{feff}B\n".as_bytes();
        for size in 1..input.len() + 1 {
            assert_eq!(lines(input, size), [b"A", "\u{feff}B".as_bytes()], "{size}");
        }
        assert_eq!(lines("\u{feff}".as_bytes(), 9), [b""; 0]);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let mut cut = vec![b'A'; KEPT];
        cut.extend_from_slice(CUT);
        for size in [1_000, LONG, BUFFER, 4_000_000] {
            for length in [LONG, LONG + 1, 3 * LONG, 300_007, BUFFER, 3 * BUFFER] {
                let mut input = vec![b'A'; length];
                input.extend_from_slice(b"\nNEXT\n");
                assert_eq!(lines(&input, size), [&cut[..], b"NEXT"], "{size} {length}");
                assert_eq!(lines(&input[..length], size), [&cut[..]], "{size} {length}");
            }
        }
    }

    #[test]
    fn a_line_that_is_nearly_long_is_whole_wherever_it_stands() {
        let (long, nearly) = (vec![b'A'; LONG], vec![b'B'; LONG - 1]);
        let input = [b"1", &nearly[..], &long, b"2", &nearly, b"", &long].join(&b'\n');
        for size in [1_000, LONG, 4_000_000] {
            let lengths: Vec<_> = lines(&input, size).iter().map(Vec::len).collect();
            let cut = KEPT + CUT.len();
            assert_eq!(lengths, [1, LONG - 1, cut, 1, LONG - 1, cut], "{size}");
        }
    }

    #[test]
    fn parts_are_of_whole_lines_and_lose_none() {
        let text = b"A\n\nBCD\nEFGHI\nJ";
        for length in 1..text.len() + 2 {
            let parts: Vec<_> = parts(text, length).collect();
            assert_eq!(parts.concat(), text, "{length}");
            let (last, others) = parts.split_last().unwrap();
            assert!(!last.is_empty(), "{length}");
            let ended = |part: &&[u8]| part.ends_with(b"\n") && part.len() >= length;
            assert!(others.iter().all(ended), "{length}");
        }
        assert_eq!(parts(b"", 5).count(), 0);
    }

    #[test]
    fn many_blanks_hide_nothing() {
        let blanks = vec![b' '; 2 * BUFFER];
        let many = &blanks[..2 * LONG];
        let before = [&blanks[..], b"A\nB"].concat();
        assert_eq!(lines(&before, 5_000), [b"A", b"B"]);
        for blanks in [many, &blanks] {
            let between = [b"A", blanks, b"B\nC"].concat();
            let found = lines(&between, 5_000);
            assert!(found[0].ends_with(CUT), "not taken for A");
            assert_eq!(found[1..], [b"C"]);
        }
    }
}
