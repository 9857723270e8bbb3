//! How text that somebody else wrote is shown: so that it never steers a terminal, adds a line or a
//! column, or turns what stands beside it around.
//!
//! Every message of the library and of the programs that repeats what it was given goes through here.
//! [`Shown`] is for a value in a sentence, [`Plain`] for a path or a column, [`escape_json`] for JSON.

use std::ffi::OsStr;
use std::fmt::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// The most characters of a foreign text that [`Shown`] shows.
pub const SHOWN_CHARS_MAX: usize = 40;

/// The most bytes that [`SHOWN_CHARS_MAX`] characters and one more can take, so that the cut is seen.
const SHOWN_BYTES_MAX: usize = (SHOWN_CHARS_MAX + 1) * 4;

/// Text in double quotes, cut to [`SHOWN_CHARS_MAX`] characters and escaped as Rust does: no control
/// character and no invisible one reaches a terminal or a log.
///
/// ```
/// use tracking_core::shown::Shown;
///
/// assert_eq!(Shown("a\"b\u{9b}31m").to_string(), r#""a\"b\u{9b}31m""#);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, ellipsis) = cut(self.0);
        let quoted = format!("{start:?}");
        // The quotes that `Debug` writes are one byte each.
        write!(f, "{}{ellipsis}\"", &quoted[..quoted.len() - 1])
    }
}

/// The same without quotes: for the name of an unknown parameter.
pub(crate) fn shown_bare(text: &str) -> String {
    let shown = Shown(text).to_string();
    shown[1..shown.len() - 1].to_owned()
}

/// The start of bytes that may not be UTF-8, as far as a message could show it.
pub(crate) fn lossy_start(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES_MAX)]).into_owned()
}

fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    }
}

/// Text or bytes without quotes and whole, such as a path: each byte of a character that
/// [steers], or of what is not UTF-8, is written as `\xNN`; all else is as it was.
///
/// ```
/// use std::path::Path;
/// use tracking_core::shown::Plain;
///
/// assert_eq!(Plain::of(Path::new("/a\nb é")).to_string(), r"/a\x0ab é");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a>(&'a [u8]);

impl<'a> Plain<'a> {
    /// For a text, a path or an argument; for bytes see [`bytes`](Self::bytes).
    pub fn of(text: &'a (impl AsRef<OsStr> + ?Sized)) -> Self {
        Self(text.as_ref().as_bytes())
    }

    /// For bytes that may not be UTF-8.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly every text, and numbers by the million.
        if self.0.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return f.write_str(str::from_utf8(self.0).unwrap_or_default());
        }
        for chunk in self.0.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some((at, found)) = rest.char_indices().find(|(_, c)| steers(*c)) {
                let end = at + found.len_utf8();
                f.write_str(&rest[..at])?;
                write_bytes(f, &rest.as_bytes()[at..end])?;
                rest = &rest[end..];
            }
            f.write_str(rest)?;
            write_bytes(f, chunk.invalid())?;
        }
        Ok(())
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// Whether a character does something to a terminal, or to how what stands beside it is read: the
/// control characters C0 and C1, the separators of lines and paragraphs, and the marks that turn the
/// direction of writing.
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}'
        )
}

/// JSON in which characters that [steer](steers) are written as `\uNNNN`, which means the same.
///
/// JSON leaves all but the first 32 of them as they are; between its strings none can stand.
///
/// ```
/// use tracking_core::shown::escape_json;
///
/// let json = escape_json("[\"é\u{2028}\"]".into());
/// assert_eq!(json, r#"["é\u2028"]"#.as_bytes());
/// ```
pub fn escape_json(json: Vec<u8>) -> Vec<u8> {
    // DEL is the first of them, and the only one of a single byte.
    if !json.iter().any(|byte| *byte >= 0x7f) {
        return json;
    }
    let text = String::from_utf8_lossy(&json);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // Not one that pretty-printed JSON is laid out with.
            '\n' | '\t' | '\r' => escaped.push(character),
            // All of them are of the basic plane: one escape each. A String takes every write.
            _ if steers(character) => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the characters that a terminal obeys.
    fn steering() -> impl Iterator<Item = char> {
        let ranges = [
            ('\0', '\u{1f}'),
            ('\u{7f}', '\u{9f}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{200e}', '\u{200f}'),
            ('\u{2028}', '\u{202e}'),
            ('\u{2066}', '\u{2069}'),
        ];
        ranges.into_iter().flat_map(|(first, last)| first..=last)
    }

    #[test]
    fn nothing_that_steers_is_shown_as_it_is() {
        for found in steering() {
            assert!(steers(found), "{found:?}");
            let text = format!("a{found}b");
            let json = serde_json::to_vec(&text).unwrap();
            let json = String::from_utf8(escape_json(json)).unwrap();
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            for shown in [
                Shown(&text).to_string(),
                shown_bare(&text),
                Plain::of(&text).to_string(),
                json,
            ] {
                assert!(!shown.chars().any(steers), "{found:?}: {shown}");
            }
        }
        for other in ['é', '株', '\u{a0}', '\u{200d}', '😀', '~', ' '] {
            assert!(!steers(other), "{other:?}");
            let text = other.to_string();
            assert_eq!(Plain::of(&text).to_string(), text);
        }
    }

    #[test]
    fn plain_text_is_whole_and_bytes_are_told() {
        for (bytes, shown) in [
            (&b"A\xff\xfeB"[..], r"A\xff\xfeB"),
            (b"\x9b31m", r"\x9b31m"),
            ("a\u{9b}b\u{202e}é".as_bytes(), r"a\xc2\x9bb\xe2\x80\xaeé"),
            (b"\t\n\x1b\x7f", r"\x09\x0a\x1b\x7f"),
            (b"", ""),
        ] {
            assert_eq!(Plain::bytes(bytes).to_string(), shown);
        }
        let long = "x".repeat(1000);
        assert_eq!(Plain::of(&long).to_string(), long);
    }

    #[test]
    fn json_keeps_its_lay_out_and_its_letters() {
        let json = "[\n\t\"é\u{2028}\u{7f}\"]\r\n";
        let escaped = escape_json(json.into());
        assert_eq!(
            String::from_utf8(escaped).unwrap(),
            "[\n\t\"é\\u2028\\u007f\"]\r\n"
        );
    }

    #[test]
    fn quotes_escapes_and_cuts() {
        for (text, shown) in [
            ("", r#""""#),
            ("株式会社", r#""株式会社""#),
            ("it's", r#""it's""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("\u{1b}[31m\r\n\0", r#""\u{1b}[31m\r\n\0""#),
            (
                "left\u{202e}right\u{200b}",
                r#""left\u{202e}right\u{200b}""#,
            ),
        ] {
            assert_eq!(Shown(text).to_string(), shown);
        }
        assert_eq!(
            Shown(&"é".repeat(40)).to_string(),
            format!("\"{}\"", "é".repeat(40))
        );
        assert_eq!(
            Shown(&"é".repeat(41)).to_string(),
            format!("\"{}…\"", "é".repeat(40))
        );
        assert_eq!(
            shown_bare(&"\n".repeat(41)),
            format!("{}…", "\\n".repeat(40))
        );
    }

    #[test]
    fn a_cut_within_a_character_is_never_shown() {
        for lead in 0..4 {
            let text = "a".repeat(lead) + &"😀".repeat(60);
            let start = lossy_start(text.as_bytes());
            assert_eq!(Shown(&start).to_string(), Shown(&text).to_string());
        }
    }
}
