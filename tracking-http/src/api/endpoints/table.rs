//! The rows. The two that are asked most come first.

use tracking_programs::tokens::Scope;
use warp::http::Method;

use super::{Endpoint, Need, Path};
#[cfg(feature = "console")]
use crate::api::console;
use crate::api::problems::Kind;
use crate::api::{batch, docs, health, list, next_number, root, verdict};

/// Not HEAD: it would burn a number.
const GET: &str = "GET";
const GET_AND_HEAD: &str = "GET, HEAD";

/// Those of the console, each with the scope that the API asks for the same.
const PAGES: usize = if cfg!(feature = "console") { 10 } else { 0 };

pub(crate) static ENDPOINTS: [Endpoint; 12 + PAGES] = [
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
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console")],
        GET_AND_HEAD,
        Need::Scope(Scope::Ledger),
        console::numbers,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/numbers")],
        GET_AND_HEAD,
        Need::Scope(Scope::Read),
        console::which,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/numbers/{number}")],
        GET_AND_HEAD,
        Need::Scope(Scope::Read),
        console::number,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/labels/{number}")],
        GET_AND_HEAD,
        Need::Scope(Scope::Read),
        console::label,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/numbers.csv")],
        GET_AND_HEAD,
        Need::Scope(Scope::Ledger),
        console::csv,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/issue")],
        "GET, HEAD, POST",
        Need::Scope(Scope::Issue),
        console::issue,
    )
    .reading(Need::Visitor, &[])
    .with_body()
    .recording()
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/status")],
        GET_AND_HEAD,
        Need::Scope(Scope::Metrics),
        console::status,
    )
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/login")],
        "GET, HEAD, POST",
        Need::Address,
        console::log_in,
    )
    .with_body()
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::new("/console/logout")],
        "POST",
        Need::Address,
        console::log_out,
    )
    .with_body()
    .page(),
    #[cfg(feature = "console")]
    Endpoint::new(
        &[Path::taking("/console/{file}", console::has_file)],
        GET_AND_HEAD,
        Need::Nothing,
        console::file,
    )
    .page(),
];
