//! Lines of bytes, as many at once as have come.

use std::io::{self, ErrorKind, Read};

/// Bytes that are read at once, and the longest line that is kept whole.
const BUFFER: usize = 64 * 1024;
/// What is kept of a longer line, which is no number anyway.
const KEPT: usize = 1024;
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
                return Ok(self.whole > 0);
            }
            self.take(count);
            if self.whole > 0 {
                return Ok(true);
            }
        }
    }

    /// The numbers of the lines that were read: without blanks round them, and no empty ones.
    pub(crate) fn whole(&self) -> impl Iterator<Item = &[u8]> {
        let text = &self.buffer[..self.whole];
        let text = match self.first {
            true => text.strip_prefix(MARK).unwrap_or(text),
            false => text,
        };
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
    }

    /// Take bytes that were read behind those that are there.
    fn take(&mut self, count: usize) {
        let new = self.filled..self.filled + count;
        self.filled = new.end;
        if self.cut {
            let Some(end) = self.buffer[new.clone()].iter().position(|&b| b == b'\n') else {
                self.filled = new.start;
                return;
            };
            self.buffer.copy_within(new.start + end..new.end, new.start);
            self.filled -= end;
            self.cut = false;
        }
        let last_end = self.buffer[new.start..self.filled]
            .iter()
            .rposition(|&byte| byte == b'\n');
        self.whole = last_end.map_or(0, |last_end| new.start + last_end + 1);
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
            all.extend(lines.whole().map(<[u8]>::to_vec));
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
        for size in [1_000, BUFFER, 1_000_000] {
            for length in [BUFFER, BUFFER + 1, 3 * BUFFER, 300_007] {
                let mut input = vec![b'A'; length];
                input.extend_from_slice(b"\nNEXT\n");
                assert_eq!(lines(&input, size), [&cut[..], b"NEXT"], "{size} {length}");
                assert_eq!(lines(&input[..length], size), [&cut[..]], "{size} {length}");
            }
        }
    }

    #[test]
    fn many_blanks_hide_nothing() {
        let blanks = vec![b' '; 2 * BUFFER];
        let before = [&blanks[..], b"A\nB"].concat();
        assert_eq!(lines(&before, 5_000), [b"A", b"B"]);
        let between = [b"A", &blanks[..], b"B\nC"].concat();
        let found = lines(&between, 5_000);
        assert!(found[0].ends_with(CUT), "not taken for A");
        assert_eq!(found[1..], [b"C"]);
    }
}
