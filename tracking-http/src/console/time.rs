//! Times, in UTC, as people and programs read them.

use maud::{Markup, html};
use tracking_core::rfc3339;

/// A time in milliseconds since 1970: RFC 3339, with a blank for people.
pub(super) fn utc(at_ms: i64) -> Markup {
    let text = rfc3339::utc(at_ms);
    html! { time datetime=(text) { (text.replacen('T', " ", 1)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_for_people_and_programs() {
        assert_eq!(
            utc(1_735_689_600_123).into_string(),
            "<time datetime=\"2025-01-01T00:00:00.123Z\">2025-01-01 00:00:00.123Z</time>"
        );
    }
}
