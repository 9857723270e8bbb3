//! What is done at each path.

use utoipa::openapi::example::Example;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, ObjectBuilder, OneOfBuilder, PathItem, Ref, RefOr, Required,
    ResponseBuilder, Responses, Schema, SecurityRequirement, Type,
};
use warp::http::StatusCode;

use super::{BEARER, examples, headers, parameters, patterns, problems, reference, schemas};
use crate::api::problem::Kind;
use crate::api::route::{Endpoint, Need, Route, RouteName};

pub(super) const TAGS: [(&str, &str); 3] = [
    ("numbers", "Take numbers, and ask about them."),
    ("service", "For whatever watches over the server."),
    ("documentation", "What you read."),
];

/// What a route does.
struct About {
    tag: &'static str,
    /// Of the operation, in camel case.
    id: &'static str,
    summary: &'static str,
    description: &'static str,
}

fn about(route: Route<'_>) -> About {
    let (tag, id, summary, description) = match route {
        Route::Root => (
            "documentation",
            "root",
            "What this is, and where things are",
            "HTML where the header `Accept` prefers it, as browsers do, else text. Load balancers that probe `/` are \
             answered, too.",
        ),
        Route::NextNumber(Endpoint::NextTrackingNumber) => (
            "numbers",
            "nextTrackingNumber",
            "The next tracking number, for an order of which all is optional",
            "A parameter that is given twice or is not known is refused, since one that is misspelt must not \
             vanish silently.",
        ),
        Route::NextNumber(Endpoint::ApiNextTrackingNumber) => (
            "numbers",
            "apiNextTrackingNumber",
            "The next tracking number, for a whole order",
            "All parameters are required; an empty value counts as missing. One that is given twice or is not \
             known is refused.",
        ),
        Route::TrackingNumbers => (
            "numbers",
            "trackingNumbers",
            "Up to a million tracking numbers at once",
            "They are made while they are sent, and no faster than they are read. An answer that cannot be \
             filled is broken off before its `Content-Length`.",
        ),
        Route::Verdict(_) => (
            "numbers",
            "verdict",
            "Could the series have issued this number?",
            "Needs no database. A refusal is certain; that a number belongs is not proof that it was issued. What only \
             the store can tell, while it cannot be asked, is 503.",
        ),
        Route::Problem(_) => (
            "documentation",
            "problem",
            "What a kind of problem means",
            "The `type` of each problem is the path of its page.",
        ),
        Route::Live => (
            "service",
            "live",
            "Is it alive?",
            "Alive is who answers: it asks nothing of the store.",
        ),
        Route::Ready => (
            "service",
            "ready",
            "Is it ready?",
            "Ready is who would answer with a number. Not while the store fails and none is reserved, nor while \
             the server ends.",
        ),
        Route::Metrics => (
            "service",
            "metrics",
            "What it counts",
            "For Prometheus. It waits for the store half a second at most.",
        ),
        Route::OpenApi => ("documentation", "openApi", "This document", "OpenAPI 3.1."),
        Route::Docs(_) => (
            "documentation",
            "docs",
            "This document, to be read",
            "A page that needs no other server.",
        ),
    };
    About {
        tag,
        id,
        summary,
        description,
    }
}

/// All methods of a path.
pub(super) fn path_item(path: &str, route: Route<'_>) -> PathItem {
    let mut item = PathItem::default();
    for method in route.allowed().split(", ") {
        let (slot, method) = match method {
            "GET" => (&mut item.get, HttpMethod::Get),
            "HEAD" => (&mut item.head, HttpMethod::Head),
            "OPTIONS" => (&mut item.options, HttpMethod::Options),
            "POST" => (&mut item.post, HttpMethod::Post),
            other => unreachable!("no route allows {other}"),
        };
        *slot = Some(operation(path, route, &method));
    }
    item
}

fn operation(path: &str, route: Route<'_>, method: &HttpMethod) -> Operation {
    let about = about(route);
    let is_head = *method == HttpMethod::Head;
    let (id, summary) = match method {
        HttpMethod::Head => (
            format!("{}Head", about.id),
            format!("{} (headers alone)", about.summary),
        ),
        HttpMethod::Options => (
            format!("{}Options", about.id),
            format!("{} (as some probe it)", about.summary),
        ),
        _ => (about.id.to_owned(), about.summary.to_owned()),
    };
    let scope = RouteName::of_route(route).scope();
    let needs = scope.map_or_else(String::new, |scope| {
        format!("\n\nWhere the server asks for tokens: one with the scope `{scope}`.")
    });
    let mut operation = OperationBuilder::new()
        .tag(about.tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(format!("{}{needs}", about.description)))
        .parameters(Some(parameters_of(path, route)))
        .request_body((route == Route::TrackingNumbers).then(body))
        .responses(responses(route, is_head));
    if let Some(scope) = scope {
        // Either of the two.
        operation = operation
            .security(SecurityRequirement::default())
            .security(SecurityRequirement::new(BEARER, [scope.as_str()]));
    }
    operation.build()
}

fn parameters_of(path: &str, route: Route<'_>) -> Vec<Parameter> {
    let of_path = |name: &str, description: &str, schema: RefOr<Schema>, example: &str| {
        debug_assert!(path.contains(&format!("{{{name}}}")));
        vec![
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(description))
                .schema(Some(schema))
                .example(Some(example.into()))
                .build(),
        ]
    };
    match route {
        Route::NextNumber(endpoint) => {
            parameters::of_order(endpoint == Endpoint::ApiNextTrackingNumber).collect()
        }
        Route::Verdict(_) => {
            let number = Ref::from_schema_name("TrackingNumber");
            let about = "The number that is asked about.";
            of_path("number", about, number.into(), examples::number(0).as_str())
        }
        Route::Problem(_) => {
            let names = Kind::ALL.map(Kind::name);
            let schema = ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(names));
            let about = "The last part of the problem's `type`.";
            of_path("name", about, schema.into(), names[0])
        }
        Route::Root
        | Route::TrackingNumbers
        | Route::Live
        | Route::Ready
        | Route::Metrics
        | Route::OpenApi
        | Route::Docs(_) => Vec::new(),
    }
}

fn body() -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("OrderOfMany")))
        .example(Some(examples::many()));
    RequestBodyBuilder::new()
        .description(Some(format!(
            "At most {} bytes.",
            crate::serve::limits::BODY_LENGTH_MAX
        )))
        .required(Some(Required::True))
        .content("application/json", content.build())
        .build()
}

/// The answer 200, and every problem.
fn responses(route: Route<'_>, is_head: bool) -> Responses {
    let mut responses = Responses::new();
    responses
        .responses
        .insert("200".to_owned(), success(route, is_head).into());
    let mut statuses: Vec<StatusCode> = Vec::new();
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| problems::may_answer(*kind, route))
        .collect();
    statuses.extend(kinds.iter().map(|kind| kind.status()));
    for status in statuses {
        let kinds: Vec<Kind> = kinds
            .iter()
            .copied()
            .filter(|kind| kind.status() == status)
            .collect();
        let response = problem(route, &kinds, is_head);
        responses
            .responses
            .insert(status.as_str().to_owned(), response.into());
    }
    responses
}

fn success(route: Route<'_>, is_head: bool) -> ResponseBuilder {
    let named = |name: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(name)));
    let lines = |description: &str| ContentBuilder::new().schema(Some(schemas::text(description)));
    // Not one of an enumeration: generators of clients lose the end of its line.
    let line = |word: &str| {
        let text = schemas::text("A word, and a line feed.");
        ContentBuilder::new().schema(Some(text.pattern(Some(format!("^{word}\\n$")))))
    };
    let numbers = schemas::text("A number a line.").pattern(Some(patterns::TRACKING_NUMBER_LINES));
    let (description, contents) = match route {
        Route::Root => (
            "The page.",
            vec![
                ("text/plain", lines("For people.")),
                ("text/html", lines("HTML.")),
            ],
        ),
        Route::NextNumber(Endpoint::NextTrackingNumber) => (
            "The number, and the order.",
            vec![(
                "application/json",
                named("Issued").example(Some(examples::issued())),
            )],
        ),
        Route::NextNumber(Endpoint::ApiNextTrackingNumber) => (
            "The number.",
            vec![(
                "application/json",
                named("IssuedShort").example(Some(examples::issued_short())),
            )],
        ),
        Route::TrackingNumbers => (
            "The numbers, in the form that the header `Accept` asks for.",
            vec![
                ("application/json", named("IssuedMany")),
                (
                    "application/x-ndjson",
                    lines("A line for each number: the object `Issued`, and a line feed."),
                ),
                ("text/plain", ContentBuilder::new().schema(Some(numbers))),
            ],
        ),
        Route::Verdict(_) => (
            "It could have.",
            vec![("application/json", named("Verdict"))],
        ),
        Route::Problem(_) => ("Its page.", vec![("text/plain", lines("For people."))]),
        Route::Live => ("It is.", vec![("text/plain", line("alive"))]),
        Route::Ready => ("It is.", vec![("text/plain", line("ready"))]),
        Route::Metrics => (
            "The metrics.",
            vec![("text/plain", lines("Prometheus' text format, 0.0.4."))],
        ),
        Route::OpenApi => (
            "This document.",
            vec![(
                "application/json",
                ContentBuilder::new().schema(Some(
                    ObjectBuilder::new()
                        .schema_type(Type::Object)
                        .required("openapi"),
                )),
            )],
        ),
        Route::Docs(_) => ("The page.", vec![("text/html", lines("HTML."))]),
    };
    let response = ResponseBuilder::new().description(description);
    let mut response = with_headers(response, route, &[]);
    if !is_head {
        for (content_type, content) in contents {
            response = response.content(content_type, content.build());
        }
    }
    if matches!(route, Route::NextNumber(_)) {
        let link = LinkBuilder::new()
            .operation_id("verdict")
            .parameter("number", "$response.body#/tracking_number")
            .description("Ask about the number.");
        response = response.link("verdict", link.build());
    }
    response
}

/// Problems of one status.
fn problem(route: Route<'_>, kinds: &[Kind], is_head: bool) -> ResponseBuilder {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let response = ResponseBuilder::new().description(format!("{}.", titles.join(". Or: ")));
    let response = with_headers(response, route, kinds);
    if is_head {
        return response;
    }
    let schema: RefOr<Schema> = match kinds {
        [kind] => Ref::from_schema_name(problems::name(*kind)).into(),
        several => several
            .iter()
            .fold(
                OneOfBuilder::new().schema_type(SchemaType::AnyValue),
                |one, kind| one.item(Ref::from_schema_name(problems::name(*kind))),
            )
            .into(),
    };
    let examples = kinds.iter().map(|kind| {
        let name = problems::name(*kind);
        let example = RefOr::<Example>::Ref(reference("examples", &name));
        (name, example)
    });
    let content = ContentBuilder::new()
        .schema(Some(schema))
        .examples_from_iter(examples);
    response.content("application/problem+json", content.build())
}

/// The headers of every answer, and those that the answers of these kinds have.
fn with_headers(
    mut response: ResponseBuilder,
    route: Route<'_>,
    kinds: &[Kind],
) -> ResponseBuilder {
    for name in headers::ALWAYS {
        response = response.header_ref(name, reference("headers", name));
    }
    let samples: Vec<_> = kinds.iter().map(|kind| problems::sample(*kind)).collect();
    for (name, header) in headers::all() {
        let having = samples
            .iter()
            .filter(|answer| answer.headers().contains_key(name))
            .count();
        // Of whoever has a rate.
        let may_count =
            RouteName::of_route(route).need() != Need::Nothing && headers::OF_RATES.contains(&name);
        if headers::ALWAYS.contains(&name) || (having == 0 && !may_count) {
            continue;
        }
        response = if having > 0 && having == samples.len() {
            response.header_ref(name, reference("headers", name))
        } else {
            // Not there with each of them.
            let optional = HeaderBuilder::from(header).extensions(None);
            response.header(name, optional.build())
        };
    }
    response
}
