//! The rows. The two that are asked most come first.

use tracking_programs::tokens::Scope;

use super::{About, Endpoint, Need, Path};
use crate::api::problems::Kind;
use crate::api::schema::{self, Success, examples, parameters, path_parameters};
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
        about: About {
            tag: "numbers",
            id: "nextTrackingNumber",
            summary: "The next tracking number, for an order of which all is optional",
            description: "A parameter that is given twice or is not known is refused, since one that is misspelt \
                          must not vanish silently.",
        },
        parameters: || parameters::of_order(false),
        success: || {
            let answer = schema::named("Issued").example(Some(examples::issued()));
            Success::json("The number, and the order.", answer).with_verdict()
        },
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
        about: About {
            tag: "numbers",
            id: "apiNextTrackingNumber",
            summary: "The next tracking number, for a whole order",
            description: "All parameters are required; an empty value counts as missing. One that is given twice \
                          or is not known is refused.",
        },
        parameters: || parameters::of_order(true),
        success: || {
            let answer = schema::named("IssuedShort").example(Some(examples::issued_short()));
            Success::json("The number.", answer).with_verdict()
        },
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
        about: About {
            tag: "numbers",
            id: "trackingNumbers",
            summary: "Up to a million tracking numbers at once",
            description: "They are made while they are sent, and no faster than they are read. An answer that \
                          cannot be filled is broken off before its `Content-Length`.",
        },
        parameters: Vec::new,
        success: || {
            let numbers = "The numbers, in the form that the header `Accept` asks for.";
            let lines = "A line for each number: the object `Issued`, and a line feed.";
            Success::json(numbers, schema::named("IssuedMany"))
                .or("application/x-ndjson", schema::text(lines))
                .or("text/plain", schema::number_lines())
        },
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
        about: About {
            tag: "numbers",
            id: "verdict",
            summary: "Could the series have issued this number?",
            description: "Needs no database. A refusal is certain; that a number belongs is not proof that it was \
                          issued. What only the store can tell, while it cannot be asked, is 503.",
        },
        parameters: || vec![path_parameters::number()],
        success: || Success::json("It could have.", schema::named("Verdict")),
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
        about: About {
            tag: "service",
            id: "live",
            summary: "Is it alive?",
            description: "Alive is who answers: it asks nothing of the store.",
        },
        parameters: Vec::new,
        success: || Success::text("It is.", schema::word("alive")),
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
        about: About {
            tag: "service",
            id: "ready",
            summary: "Is it ready?",
            description: "Ready is who would answer with a number. Not while the store fails and none is reserved, \
                          nor while the server ends.",
        },
        parameters: Vec::new,
        success: || Success::text("It is.", schema::word("ready")),
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
        about: About {
            tag: "service",
            id: "version",
            summary: "Which version is it?",
            description: "Of the program, and so of this document.",
        },
        parameters: Vec::new,
        success: || {
            Success::text(
                "The version.",
                schema::text("Such as 1.2.3, and a line feed."),
            )
        },
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
        about: About {
            tag: "service",
            id: "metrics",
            summary: "What it counts",
            description: "For Prometheus. It waits for the store half a second at most.",
        },
        parameters: Vec::new,
        success: || {
            let text = schema::text("Prometheus' text format, 0.0.4.");
            Success::text("The metrics.", text)
        },
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
        about: About {
            tag: "documentation",
            id: "root",
            summary: "What this is, and where things are",
            description: "HTML where the header `Accept` prefers it, as browsers do, else text. Load balancers that \
                          probe `/` are answered, too.",
        },
        parameters: Vec::new,
        success: || {
            Success::text("The page.", schema::text("For people."))
                .or("text/html", schema::text("HTML."))
        },
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
        about: About {
            tag: "documentation",
            id: "problem",
            summary: "What a kind of problem means",
            description: "The `type` of each problem is the path of its page.",
        },
        parameters: || vec![path_parameters::problem()],
        success: || Success::text("Its page.", schema::text("For people.")),
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
        about: About {
            tag: "documentation",
            id: "openApi",
            summary: "This document",
            description: "OpenAPI 3.1.",
        },
        parameters: Vec::new,
        success: || Success::json("This document.", schema::document_itself()),
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
        about: About {
            tag: "documentation",
            id: "docs",
            summary: "This document, to be read",
            description: "A page that needs no other server.",
        },
        parameters: Vec::new,
        success: || Success::html("The page.", schema::text("HTML.")),
        problems: &[],
    },
];
