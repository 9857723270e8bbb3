//! The rows. The two that are asked most come first.

use tracking_programs::tokens::Scope;

use super::{Endpoint, Need, Path};
use crate::api::problems::Kind;
use crate::api::{batch, docs, health, next_number, root, verdict};

/// Not HEAD: it would burn a number.
const GET: &str = "GET";
const GET_AND_HEAD: &str = "GET, HEAD";

pub(crate) static ENDPOINTS: [Endpoint; 12] = [
    Endpoint {
        paths: &[Path::new("/next-tracking-number")],
        allowed: GET,
        need: Need::Scope(Scope::Issue),
        waits: true,
        has_body: false,
        answer: |api, asked| next_number::optional(api, &asked.query),
        fast: Some(next_number::optional),
        problems: &[],
    },
    Endpoint {
        paths: &[Path::new("/api/next-tracking-number/")],
        allowed: GET,
        need: Need::Scope(Scope::Issue),
        waits: true,
        has_body: false,
        answer: |api, asked| next_number::required(api, &asked.query),
        fast: Some(next_number::required),
        problems: &[],
    },
    Endpoint {
        paths: &[Path::new("/tracking-numbers")],
        allowed: "POST",
        need: Need::Scope(Scope::Issue),
        waits: true,
        has_body: true,
        answer: batch::answer,
        fast: None,
        problems: &[
            Kind::MalformedBody,
            Kind::NotAcceptable,
            Kind::UnsupportedMediaType,
            Kind::UnsupportedContentCoding,
            Kind::BatchBeyondBurst,
            Kind::TooManyBatches,
        ],
    },
    Endpoint {
        paths: &[Path::new("/tracking-numbers/{number}")],
        allowed: GET_AND_HEAD,
        need: Need::Scope(Scope::Read),
        waits: false,
        has_body: false,
        answer: verdict::answer,
        fast: None,
        problems: &[
            Kind::MalformedNumber,
            Kind::NotOfThisSeries,
            Kind::Undecided,
        ],
    },
    Endpoint {
        paths: &[Path::new("/livez")],
        allowed: GET_AND_HEAD,
        need: Need::Nothing,
        waits: false,
        has_body: false,
        answer: |_, _| health::live().into(),
        fast: None,
        problems: &[],
    },
    Endpoint {
        paths: &[Path::new("/readyz")],
        allowed: GET_AND_HEAD,
        need: Need::Nothing,
        waits: false,
        has_body: false,
        answer: health::ready,
        fast: None,
        problems: &[Kind::NoNumber, Kind::Ending],
    },
    Endpoint {
        paths: &[Path::new("/version")],
        allowed: GET_AND_HEAD,
        need: Need::Address,
        waits: false,
        has_body: false,
        answer: |_, _| health::version().into(),
        fast: None,
        problems: &[],
    },
    Endpoint {
        paths: &[Path::new("/metrics")],
        allowed: GET_AND_HEAD,
        need: Need::Scope(Scope::Metrics),
        waits: false,
        has_body: false,
        answer: health::metrics,
        fast: None,
        problems: &[],
    },
    Endpoint {
        paths: &[Path::new("/")],
        allowed: "GET, HEAD, OPTIONS",
        need: Need::Nothing,
        waits: false,
        has_body: false,
        answer: root::answer,
        fast: None,
        problems: &[],
    },
    Endpoint {
        paths: &[Path::taking("/problems/{name}", |name| {
            Kind::of(name).is_some()
        })],
        allowed: GET_AND_HEAD,
        need: Need::Address,
        waits: false,
        has_body: false,
        answer: docs::problem,
        fast: None,
        // For names of none.
        problems: &[Kind::NotFound],
    },
    Endpoint {
        paths: &[Path::new("/openapi.json")],
        allowed: GET_AND_HEAD,
        need: Need::Address,
        waits: false,
        has_body: false,
        answer: docs::openapi,
        fast: None,
        problems: &[],
    },
    Endpoint {
        paths: &[
            Path::new("/docs"),
            Path::taking("/docs/{file}", docs::has_file),
        ],
        allowed: GET_AND_HEAD,
        need: Need::Address,
        waits: false,
        has_body: false,
        answer: docs::page,
        fast: None,
        problems: &[],
    },
];
