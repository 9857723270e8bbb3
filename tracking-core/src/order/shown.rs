//! How a message shows text that somebody else wrote.

use std::fmt;

/// The most characters of a foreign text that a message shows.
pub(crate) const SHOWN_CHARS_MAX: usize = 40;

/// The most bytes that [`SHOWN_CHARS_MAX`] characters and one more can take, so that the cut is seen.
const SHOWN_BYTES_MAX: usize = (SHOWN_CHARS_MAX + 1) * 4;

/// Text in double quotes, cut to [`SHOWN_CHARS_MAX`] characters and escaped: no control character and no
/// invisible one reaches a terminal or a log.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

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

#[cfg(test)]
mod tests {
    use super::*;

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
