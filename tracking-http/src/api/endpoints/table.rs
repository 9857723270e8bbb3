//! The rows. The two that are asked most come first.

use tracking_programs::tokens::Scope;
use warp::http::Method;

use super::{Endpoint, Need, Path};
use crate::api::problems::Kind;
use crate::api::{batch, docs, health, list, next_number, root, verdict};

/// Not HEAD: it would burn a number.
const GET: &str = "GET";
const GET_AND_HEAD: &str = "GET, HEAD";

pub(crate) static ENDPOINTS: [Endpoint; 12] = [
    Endpoint::new(
        &[Path::new("/next-tracking-number")],
        GET,
        Need::Scope(Scope::Issue),
        next_number::optional,
    )
    .fast(next_number::optional_unrecorded)
    .recording(),
    Endpoint::new(
        &[Path::new("/api/next-tracking-number/")],
        GET,
        Need::Scope(Scope::Issue),
        next_number::required,
    )
    .fast(next_number::required_unrecorded)
    .recording(),
    Endpoint::new(
        &[Path::new("/tracking-numbers")],
        "GET, HEAD, POST",
        Need::Scope(Scope::Issue),
        |api, asked| match asked.method {
            Method::POST => batch::answer(api, asked),
            _ => list::answer(api, asked),
        },
    )
    .reading(
        Need::Scope(Scope::Ledger),
        &[Kind::NoLedger, Kind::LedgerUnavailable],
    )
    .with_body()
    .recording()
    .meeting(&[
        Kind::KeyedBatchTooLarge,
        Kind::MalformedBody,
        Kind::NotAcceptable,
        Kind::UnsupportedMediaType,
        Kind::UnsupportedContentCoding,
        Kind::BatchBeyondBurst,
        Kind::TooManyBatches,
    ]),
    Endpoint::new(
        &[Path::new("/tracking-numbers/{number}")],
        GET_AND_HEAD,
        Need::Scope(Scope::Read),
        verdict::answer,
    )
    .meeting(&[
        Kind::MalformedNumber,
        Kind::NotOfThisSeries,
        Kind::Undecided,
        Kind::LedgerUnavailable,
    ]),
    Endpoint::new(
        &[Path::new("/livez")],
        GET_AND_HEAD,
        Need::Nothing,
        |_, _| health::live().into(),
    ),
    Endpoint::new(
        &[Path::new("/readyz")],
        GET_AND_HEAD,
        Need::Nothing,
        health::ready,
    )
    .meeting(&[Kind::NoNumber, Kind::Ending, Kind::LedgerUnavailable]),
    Endpoint::new(
        &[Path::new("/version")],
        GET_AND_HEAD,
        Need::Address,
        |_, _| health::version().into(),
    ),
    Endpoint::new(
        &[Path::new("/metrics")],
        GET_AND_HEAD,
        Need::Scope(Scope::Metrics),
        health::metrics,
    ),
    Endpoint::new(
        &[Path::new("/")],
        "GET, HEAD, OPTIONS",
        Need::Nothing,
        root::answer,
    ),
    // Names of none are not found.
    Endpoint::new(
        &[Path::taking("/problems/{name}", |name| {
            Kind::of(name).is_some()
        })],
        GET_AND_HEAD,
        Need::Address,
        docs::problem,
    )
    .meeting(&[Kind::NotFound]),
    Endpoint::new(
        &[Path::new("/openapi.json")],
        GET_AND_HEAD,
        Need::Address,
        docs::openapi,
    ),
    Endpoint::new(
        &[
            Path::new("/docs"),
            Path::taking("/docs/{file}", docs::has_file),
        ],
        GET_AND_HEAD,
        Need::Address,
        docs::page,
    ),
];
