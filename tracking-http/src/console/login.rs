//! Who has a token shows it once.

use maud::{Markup, html};

use super::layout::{Visitor, page};

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    NotYet,
    Unknown,
    Expired,
    /// There were too many. After so many seconds there may be another.
    TooOften(u64),
}

impl Tried {
    fn told(self) -> Option<String> {
        match self {
            Self::NotYet => None,
            Self::Unknown => Some("is none that this server knows".to_owned()),
            Self::Expired => Some("has expired".to_owned()),
            Self::TooOften(seconds) => {
                Some(format!("was wrong too often; try again after {seconds} s"))
            }
        }
    }
}

/// The form; `to` is where to go on.
pub(crate) fn show(tried: Tried, to: &str) -> Markup {
    let told = tried.told();
    page(
        "Log in",
        None,
        &Visitor::default(),
        html! {
            form method="post" action="/console/login" {
                input type="hidden" name="to" value=(to);
                div.fields.one {
                    div.field {
                        label for="token" { "Token" }
                        input #token name="token" type="password" required autocomplete="current-password"
                            aria-describedby=(if told.is_some() { "token-hint token-wrong" } else { "token-hint" })
                            aria-invalid=[told.as_ref().map(|_| "true")];
                        span.hint #token-hint { "As " code { "tracking token new" } " printed it; it begins with trk_." }
                        @if let Some(told) = told {
                            span.wrong #token-wrong role="alert" { "The token " (told) "." }
                        }
                    }
                }
                div.row { button type="submit" { "Log in" } }
            }
            p.dim { "You stay logged in for 8 hours, or until the token is taken away or expires." }
        },
    )
}

/// Where nobody needs a token.
pub(crate) fn not_needed(visitor: &Visitor) -> Markup {
    page(
        "Log in",
        None,
        visitor,
        html! { p { "This server asks for no tokens. " a href="/console" { "Go on to the numbers." } } },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_it_can_fail_is_told() {
        for (tried, told) in [
            (Tried::Unknown, "none that this server knows"),
            (Tried::Expired, "has expired"),
            (Tried::TooOften(3), "try again after 3 s"),
        ] {
            let text = show(tried, "/console").into_string();
            assert!(
                text.contains(told) && text.contains("aria-invalid"),
                "{text}"
            );
        }
        let text = show(Tried::NotYet, "\"><x").into_string();
        assert!(!text.contains("aria-invalid"), "{text}");
        assert!(text.contains("value=\"&quot;&gt;&lt;x\""), "{text}");
    }
}
