//! The form of the answer, by the header `Accept` (RFC 9110, section 12.5.1).

use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

/// The forms that the numbers are answered in, the one that we prefer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One object, with a list of the numbers.
    Json,
    /// An object a line, as `/next-tracking-number` answers.
    Ndjson,
    /// A number a line.
    Text,
}

impl Form {
    const ALL: [Self; 3] = [Self::Json, Self::Ndjson, Self::Text];

    /// What a client accepts most, or `None` if it accepts nothing that we have.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let ranges: Vec<Range<'_>> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let mut best = None;
        for form in Self::ALL {
            let quality = form.quality(&ranges);
            if quality > best.map_or(0, |(_, quality)| quality) {
                best = Some((form, quality));
            }
        }
        best.map(|(form, _)| form)
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// By the most specific range that it is in: `*/*;q=0.1, text/plain;q=0` refuses text alone.
    fn quality(self, ranges: &[Range<'_>]) -> u16 {
        let essence = match self {
            Self::Text => "text/plain",
            other => other.content_type(),
        };
        ranges
            .iter()
            .filter_map(|range| Some((range.specificity(essence)?, range.quality)))
            .max()
            .map_or(0, |(_, quality)| quality)
    }
}

/// A media range and how much it is wanted, in thousandths.
#[derive(Debug)]
struct Range<'a> {
    essence: &'a str,
    quality: u16,
}

impl<'a> Range<'a> {
    /// `None` for an empty member of the list.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().filter(|essence| !essence.is_empty())?;
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim_end().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, value)| value.trim().parse::<f32>().unwrap_or(0.0));
        Some(Self {
            essence,
            // NaN becomes 0.
            quality: (weight.clamp(0.0, 1.0) * 1000.0).round() as u16,
        })
    }

    /// How closely it names a media type, if it is in the range at all.
    fn specificity(&self, essence: &str) -> Option<u8> {
        if self.essence.eq_ignore_ascii_case(essence) {
            return Some(2);
        }
        match self.essence.strip_suffix("/*")? {
            "*" => Some(0),
            kind => {
                let (of, _) = essence.split_once('/')?;
                kind.eq_ignore_ascii_case(of).then_some(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_accepted_most_wins() {
        use Form::{Json, Ndjson, Text};
        let cases: [(&[&str], Option<Form>); 24] = [
            (&[], Some(Json)),
            (&[""], Some(Json)),
            (&["*/*"], Some(Json)),
            (&["application/*"], Some(Json)),
            (&["application/json"], Some(Json)),
            (&["Application/JSON; charset=utf-8"], Some(Json)),
            (&["application/x-ndjson"], Some(Ndjson)),
            (&["text/plain"], Some(Text)),
            (&["text/*"], Some(Text)),
            (&["text/html, text/plain"], Some(Text)),
            (&["text/plain, application/json"], Some(Json)),
            (&["text/plain, application/json;q=0.9"], Some(Text)),
            (
                &["application/json;q=0.5,application/x-ndjson;q=0.501"],
                Some(Ndjson),
            ),
            (&["application/json ; Q = 0.5", "text/plain"], Some(Text)),
            (&["text/html, */*;q=0.1"], Some(Json)),
            (&["*/*, application/json;q=0"], Some(Ndjson)),
            (
                &["application/json;q=0, application/*;q=0, */*"],
                Some(Text),
            ),
            (&["text/html"], None),
            (&["image/*"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=x"], None),
            (&["application/json;q=NaN"], None),
            (&["*"], None),
            (&["application/problem+json"], None),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(Form::accepted(&headers), expected, "{values:?}");
        }
    }
}
