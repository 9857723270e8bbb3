//! What all pages have: head, navigation, the place for what is theirs.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

/// A page that the navigation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Numbers,
    Number,
    Issue,
    Status,
}

impl Place {
    pub(crate) const ALL: [Self; 4] = [Self::Numbers, Self::Number, Self::Issue, Self::Status];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Numbers => "/console",
            Self::Number => "/console/numbers",
            Self::Issue => "/console/issue",
            Self::Status => "/console/status",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Numbers => "Numbers",
            Self::Number => "One number",
            Self::Issue => "Issue one",
            Self::Status => "How it is",
        }
    }
}

/// Who looks at a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    /// Where they may go.
    pub(crate) places: Vec<Place>,
    /// The name of their token.
    pub(crate) name: Option<Arc<str>>,
    /// What each of their forms must show, where they have a session.
    pub(crate) form_token: Option<Arc<str>>,
}

impl Visitor {
    /// Whether they may look at one number.
    pub(super) fn may_judge(&self) -> bool {
        self.places.contains(&Place::Number)
    }

    /// The form's own part of a form that is POSTed.
    pub(super) fn form_token(&self) -> Markup {
        html! {
            @if let Some(token) = &self.form_token {
                input type="hidden" name="form_token" value=(token);
            }
        }
    }
}

/// A file that pages ask for.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";

/// All there are.
pub(crate) static FILES: [File; 5] = [
    File {
        name: "style.css",
        content_type: CSS,
        text: include_str!("style.css"),
    },
    File {
        name: "label.css",
        content_type: CSS,
        text: include_str!("label.css"),
    },
    File {
        name: "label-4x6.css",
        content_type: CSS,
        text: "@page { size: 4in 6in; margin: 0 }\n.label { width: 4in; height: 5.98in }\n",
    },
    File {
        name: "label-a6.css",
        content_type: CSS,
        text: "@page { size: 105mm 148mm; margin: 0 }\n.label { width: 105mm; height: 147.5mm }\n",
    },
    File {
        name: "icon.svg",
        content_type: "image/svg+xml",
        text: include_str!("icon.svg"),
    },
];

/// The head of a page with these stylesheets.
pub(super) fn head(title: &str, styles: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · tracking" }
            link rel="icon" href="/console/icon.svg" type="image/svg+xml";
            @for style in styles {
                link rel="stylesheet" href={ "/console/" (style) };
            }
        }
    }
}

/// A page of that title, with what is its own.
pub(super) fn page(title: &str, here: Option<Place>, visitor: &Visitor, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, &["style.css"]))
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    p.brand { "tracking" }
                    @if !visitor.places.is_empty() {
                        nav aria-label="Console" {
                            ul {
                                @for place in &visitor.places {
                                    li {
                                        a href=(place.path()) aria-current=[(here == Some(*place)).then_some("page")] {
                                            (place.name())
                                        }
                                    }
                                }
                            }
                        }
                    }
                    @if let Some(name) = visitor.name.as_deref().filter(|_| visitor.form_token.is_some()) {
                        form.leave method="post" action="/console/logout" {
                            (visitor.form_token())
                            span { "Token " bdi { (name) } }
                            button type="submit" { "Log out" }
                        }
                    }
                }
                main #main tabindex="-1" { h1 { (title) } (main) }
                footer { p { "tracking " (env!("CARGO_PKG_VERSION")) ". Times are UTC." } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_readers_of_all_kinds_need() {
        let visitor = Visitor {
            places: vec![Place::Numbers, Place::Status],
            ..Visitor::default()
        };
        let text = page("Numbers", Some(Place::Numbers), &visitor, html! {}).into_string();
        for part in [
            "<!DOCTYPE html><html lang=\"en\">",
            "<title>Numbers · tracking</title>",
            "href=\"#main\"",
            "<main id=\"main\" tabindex=\"-1\"><h1>Numbers</h1>",
            "<nav aria-label=\"Console\">",
            "<a href=\"/console\" aria-current=\"page\">Numbers</a>",
            "<a href=\"/console/status\">How it is</a>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for absent in ["<script", "style=", "/console/issue", "Log out", "http"] {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
    }

    #[test]
    fn who_has_a_session_may_leave() {
        let visitor = Visitor {
            name: Some("<shop>".into()),
            form_token: Some("secret".into()),
            ..Visitor::default()
        };
        let text = page("Numbers", None, &visitor, html! {}).into_string();
        assert!(
            text.contains("name=\"form_token\" value=\"secret\""),
            "{text}"
        );
        assert!(
            text.contains("&lt;shop&gt;") && !text.contains("<shop>"),
            "{text}"
        );
        assert!(text.contains("Log out"));
    }

    #[test]
    fn no_file_reaches_anybody() {
        for file in &FILES {
            // A name of XML, and no address.
            let text = file.text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("http") && !text.contains("url("),
                "{}",
                file.name
            );
            assert!(!text.contains("@import"), "{}", file.name);
        }
    }
}
