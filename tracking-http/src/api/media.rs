//! The header `Accept`: which media type an answer is to have (RFC 9110, section 12.5.1).

use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

/// The media types that a client accepts, and how much it wants each.
pub(crate) struct Accepted<'a> {
    /// None where it says nothing: then it accepts anything.
    ranges: Vec<Range<'a>>,
}

impl<'a> Accepted<'a> {
    pub(crate) fn by(headers: &'a HeaderMap) -> Self {
        let ranges = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        Self { ranges }
    }

    /// The one of these media types that is wanted most, the first of those that are wanted alike. None if it
    /// accepts none of them.
    pub(crate) fn best<T: Copy>(&self, offered: &[(T, &str)]) -> Option<T> {
        let mut best = None;
        for (offer, essence) in offered {
            let quality = self.quality(essence);
            if quality > best.map_or(0, |(_, quality)| quality) {
                best = Some((*offer, quality));
            }
        }
        best.map(|(offer, _)| offer)
    }

    /// By the most specific range that it is in: `*/*;q=0.1, text/plain;q=0` refuses text alone.
    fn quality(&self, essence: &str) -> u16 {
        if self.ranges.is_empty() {
            return QUALITY_MAX;
        }
        self.ranges
            .iter()
            .filter_map(|range| Some((range.specificity(essence)?, range.quality)))
            .max()
            .map_or(0, |(_, quality)| quality)
    }
}

const QUALITY_MAX: u16 = 1_000;

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
            quality: (weight.clamp(0.0, 1.0) * f32::from(QUALITY_MAX)).round() as u16,
        })
    }

    /// How closely it names a media type, if it is in the range at all.
    fn specificity(&self, essence: &str) -> Option<u8> {
        if self.essence.eq_ignore_ascii_case(essence) {
            return Some(2);
        }
        // A `*` alone is what Java's old client sends for it.
        if self.essence == "*" {
            return Some(0);
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
        const JSON: &str = "application/json";
        const NDJSON: &str = "application/x-ndjson";
        const TEXT: &str = "text/plain";
        let offered = [JSON, NDJSON, TEXT].map(|essence| (essence, essence));
        let cases: [(&[&str], Option<&str>); 26] = [
            (&[], Some(JSON)),
            (&[""], Some(JSON)),
            (&["*/*"], Some(JSON)),
            (&["application/*"], Some(JSON)),
            (&["application/json"], Some(JSON)),
            (&["Application/JSON; charset=utf-8"], Some(JSON)),
            (&["application/x-ndjson"], Some(NDJSON)),
            (&["text/plain"], Some(TEXT)),
            (&["text/*"], Some(TEXT)),
            (&["text/html, text/plain"], Some(TEXT)),
            (&["text/plain, application/json"], Some(JSON)),
            (&["text/plain, application/json;q=0.9"], Some(TEXT)),
            (
                &["application/json;q=0.5,application/x-ndjson;q=0.501"],
                Some(NDJSON),
            ),
            (&["application/json ; Q = 0.5", "text/plain"], Some(TEXT)),
            (&["text/html, */*;q=0.1"], Some(JSON)),
            (&["*/*, application/json;q=0"], Some(NDJSON)),
            (
                &["application/json;q=0, application/*;q=0, */*"],
                Some(TEXT),
            ),
            (&["text/html"], None),
            (&["image/*"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=x"], None),
            (&["application/json;q=NaN"], None),
            (&["*"], Some(JSON)),
            (&["text/html, *; q=.2, */*; q=.2"], Some(JSON)),
            (&["*;q=0, text/plain"], Some(TEXT)),
            (&["application/problem+json"], None),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(
                Accepted::by(&headers).best(&offered),
                expected,
                "{values:?}"
            );
        }
    }
}
