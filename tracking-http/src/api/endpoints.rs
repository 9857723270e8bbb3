//! The endpoints: a table. Matching, methods, scopes, the labels of logs and metrics, the document and warp's
//! filters are made from it; a new one is a row here, the function that it names, and what the document says of it.

mod path;
mod table;

use std::fmt;
use std::sync::Arc;

use tracking_programs::tokens::Scope;
use warp::http::Method;

pub(crate) use self::path::Path;
pub(crate) use self::table::ENDPOINTS;
use crate::api::answer::Answer;
use crate::api::asked::Asked;
use crate::api::problems::{Kind, Met};
use crate::api::state::Api;

/// A row of the table.
pub(crate) struct Endpoint {
    /// The first is its name. Each may have a slash at its end, or not.
    paths: &'static [Path],
    /// The methods that are answered, as the header `Allow` lists them.
    pub(crate) allowed: &'static str,
    need: Need,
    /// What GET and HEAD need, and the kinds of problem that they meet, where another method does something else.
    reading: Option<(Need, &'static [Kind])>,
    /// Whether it reads a body: not of GET and HEAD.
    has_body: bool,
    /// What it answers to a method that is allowed.
    pub(crate) answer: fn(&Arc<Api>, Asked) -> Answer,
    records: bool,
    /// What it answers to GET past the filters, for what that saves.
    pub(crate) fast: Option<fn(&Arc<Api>, &str) -> Answer>,
    /// The kinds of problem that are [met](Met::Named) here and not everywhere.
    problems: &'static [Kind],
    /// Whether it is a page of the console, which is there only where that is.
    is_page: bool,
}

/// What an endpoint needs of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// Nothing but an address that has not asked for too much.
    Address,
    /// A token of any scope where there are tokens, else as `Address`.
    #[cfg(feature = "console")]
    Visitor,
    /// A token of this scope where there are tokens, else as `Address`.
    Scope(Scope),
}

impl Endpoint {
    /// One that reads no body, and is like others of its need in all else.
    const fn new(
        paths: &'static [Path],
        allowed: &'static str,
        need: Need,
        answer: fn(&Arc<Api>, Asked) -> Answer,
    ) -> Self {
        Self {
            paths,
            allowed,
            need,
            reading: None,
            has_body: false,
            answer,
            records: false,
            fast: None,
            problems: &[],
            is_page: false,
        }
    }

    #[cfg(feature = "console")]
    const fn page(mut self) -> Self {
        self.is_page = true;
        self
    }

    const fn with_body(mut self) -> Self {
        self.has_body = true;
        self
    }

    const fn reading(mut self, need: Need, problems: &'static [Kind]) -> Self {
        self.reading = Some((need, problems));
        self
    }

    const fn recording(mut self) -> Self {
        self.records = true;
        self
    }

    const fn fast(mut self, fast: fn(&Arc<Api>, &str) -> Answer) -> Self {
        self.fast = Some(fast);
        self
    }

    const fn meeting(mut self, problems: &'static [Kind]) -> Self {
        self.problems = problems;
        self
    }

    /// Its path, with braces where it varies: so logs, metrics and the document call it.
    pub(crate) fn label(&self) -> &'static str {
        self.paths[0].text()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &'static Path> {
        self.paths.iter()
    }

    pub(crate) fn allows(&self, method: &Method) -> bool {
        self.allowed
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }

    /// What `reading` says of a method, if that is GET or HEAD.
    fn read_by(&self, method: &str) -> Option<(Need, &'static [Kind])> {
        self.reading.filter(|_| matches!(method, "GET" | "HEAD"))
    }

    pub(crate) fn need_of(&self, method: &str) -> Need {
        self.read_by(method).map_or(self.need, |(need, _)| need)
    }

    /// What a caller must be allowed to do, to be answered.
    pub(crate) fn scope_of(&self, method: &str) -> Option<Scope> {
        match self.need_of(method) {
            Need::Scope(scope) => Some(scope),
            #[cfg(feature = "console")]
            Need::Visitor => None,
            Need::Nothing | Need::Address => None,
        }
    }

    pub(crate) fn is_page(&self) -> bool {
        self.is_page
    }

    /// Whether it may have to wait, for a number or for its request's body: then only so many do at once.
    pub(crate) fn waits_by(&self, method: &str) -> bool {
        self.issues_by(method) || self.has_body_of(method)
    }

    /// Whether it hands out numbers.
    pub(crate) fn issues_by(&self, method: &str) -> bool {
        self.scope_of(method) == Some(Scope::Issue)
    }

    pub(crate) fn has_body_of(&self, method: &str) -> bool {
        self.has_body && self.read_by(method).is_none()
    }

    /// Whether what it issues is recorded, where there is a ledger: then a request may be sent again with its key.
    pub(crate) fn records_by(&self, method: &str) -> bool {
        self.records && self.issues_by(method)
    }

    /// Whether all that a request says here counts, for it issues, judges or asks the ledger: then what nobody reads is
    /// refused. Whoever watches over the server may send what they like.
    pub(crate) fn reads_all_of(&self, method: &str) -> bool {
        let scope = self.scope_of(method);
        matches!(scope, Some(Scope::Issue | Scope::Read | Scope::Ledger))
    }

    /// Whether an answer to a method that it allows may be a problem of this kind.
    pub(crate) fn may_answer(&self, method: &str, kind: Kind) -> bool {
        let problems = self
            .read_by(method)
            .map_or(self.problems, |(_, problems)| problems);
        problems.contains(&kind)
            || match kind.met() {
                Met::Anywhere => true,
                Met::ReadingAll => self.reads_all_of(method),
                Met::Bodiless => self.reads_all_of(method) && !self.has_body_of(method),
                Met::Issuing => self.issues_by(method),
                Met::Recording => self.records_by(method),
                Met::Scoped => self.scope_of(method).is_some(),
                Met::Counted => self.need_of(method) != Need::Nothing,
                Met::Named | Met::Undocumented => false,
            }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// None where there is nothing.
    pub(crate) endpoint: Option<&'static Endpoint>,
    /// Its place in the table, or the one behind: that of its label.
    pub(crate) index: usize,
}

impl Target {
    pub(crate) fn of(path: &str) -> Self {
        let is_at = |endpoint: &Endpoint| endpoint.paths.iter().any(|known| known.matches(path));
        let index = ENDPOINTS.iter().position(is_at);
        let index = index.unwrap_or(ENDPOINTS.len());
        Self {
            endpoint: ENDPOINTS.get(index),
            index,
        }
    }

    /// The same, but that there is no console where there is none.
    pub(crate) fn shown(self, has_console: bool) -> Self {
        match self.endpoint {
            Some(endpoint) if endpoint.is_page && !has_console => Self {
                endpoint: None,
                index: ENDPOINTS.len(),
            },
            _ => self,
        }
    }

    pub(crate) fn label(self) -> &'static str {
        LABELS[self.index]
    }
}

/// The labels by their indices, empty for pages of a console that is not there.
pub(crate) fn shown_labels(has_console: bool) -> &'static [&'static str] {
    match has_console {
        true => &LABELS,
        false => &LABELS_BUT_PAGES,
    }
}

const LABELS_BUT_PAGES: [&str; LABELS.len()] = {
    let mut labels = LABELS;
    let mut index = 0;
    while index < ENDPOINTS.len() {
        if ENDPOINTS[index].is_page {
            labels[index] = "";
        }
        index += 1;
    }
    labels
};

/// The labels of logs and metrics: those of the endpoints, and one for all other paths.
pub(crate) const LABELS: [&str; ENDPOINTS.len() + 1] = {
    let mut labels = ["other"; ENDPOINTS.len() + 1];
    let mut index = 0;
    while index < ENDPOINTS.len() {
        labels[index] = ENDPOINTS[index].paths[0].text();
        index += 1;
    }
    labels
};

#[cfg(test)]
mod tests;
