//! What is done at each path.

use utoipa::openapi::example::Example;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, OneOfBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder,
    Responses, Schema, SecurityRequirement,
};
use warp::http::StatusCode;

use super::{BEARER, problems, reference};
use crate::api::endpoints::{Endpoint, Need};
use crate::api::problems::Kind;
use crate::api::schema::{examples, headers};
use crate::api::sizes::BODY_LENGTH_MAX;

/// All methods of an endpoint's path.
pub(super) fn path_item(endpoint: &Endpoint) -> PathItem {
    let mut item = PathItem::default();
    for method in endpoint.allowed.split(", ") {
        let (slot, method) = match method {
            "GET" => (&mut item.get, HttpMethod::Get),
            "HEAD" => (&mut item.head, HttpMethod::Head),
            "OPTIONS" => (&mut item.options, HttpMethod::Options),
            "POST" => (&mut item.post, HttpMethod::Post),
            other => unreachable!("no endpoint allows {other}"),
        };
        *slot = Some(operation(endpoint, &method));
    }
    item
}

fn operation(endpoint: &Endpoint, method: &HttpMethod) -> Operation {
    let about = &endpoint.about;
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
    let scope = endpoint.scope();
    let needs = scope.map_or_else(String::new, |scope| {
        format!("\n\nWhere the server asks for tokens: one with the scope `{scope}`.")
    });
    let mut operation = OperationBuilder::new()
        .tag(about.tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(format!("{}{needs}", about.description)))
        .parameters(Some((endpoint.parameters)()))
        .request_body(endpoint.has_body.then(body))
        .responses(responses(endpoint, is_head));
    if let Some(scope) = scope {
        // Either of the two.
        operation = operation
            .security(SecurityRequirement::default())
            .security(SecurityRequirement::new(BEARER, [scope.as_str()]));
    }
    operation.build()
}

fn body() -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("OrderOfMany")))
        .example(Some(examples::many()));
    RequestBodyBuilder::new()
        .description(Some(format!("At most {BODY_LENGTH_MAX} bytes.")))
        .required(Some(Required::True))
        .content("application/json", content.build())
        .build()
}

/// The answer 200, and every problem.
fn responses(endpoint: &Endpoint, is_head: bool) -> Responses {
    let mut responses = Responses::new();
    let mut add = |status: StatusCode, response: ResponseBuilder| {
        let status = status.as_str().to_owned();
        responses.responses.insert(status, response.into());
    };
    add(StatusCode::OK, success(endpoint, is_head));
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| endpoint.may_answer(*kind))
        .collect();
    for status in kinds.iter().map(|kind| kind.status()) {
        let of_status = |kind: &&Kind| kind.status() == status;
        let kinds: Vec<Kind> = kinds.iter().filter(of_status).copied().collect();
        add(status, problem(endpoint, &kinds, is_head));
    }
    responses
}

fn success(endpoint: &Endpoint, is_head: bool) -> ResponseBuilder {
    let success = (endpoint.success)();
    let response = ResponseBuilder::new().description(success.description);
    let mut response = with_headers(response, endpoint, &[]);
    if !is_head {
        for (content_type, content) in success.contents {
            response = response.content(content_type, content.build());
        }
    }
    if success.links_verdict {
        let link = LinkBuilder::new()
            .operation_id("verdict")
            .parameter("number", "$response.body#/tracking_number")
            .description("Ask about the number.");
        response = response.link("verdict", link.build());
    }
    response
}

/// Problems of one status.
fn problem(endpoint: &Endpoint, kinds: &[Kind], is_head: bool) -> ResponseBuilder {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let response = ResponseBuilder::new().description(format!("{}.", titles.join(". Or: ")));
    let response = with_headers(response, endpoint, kinds);
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
    endpoint: &Endpoint,
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
        let may_count = endpoint.need != Need::Nothing && headers::OF_RATES.contains(&name);
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
