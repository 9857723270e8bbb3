//! What a request costs at least in this framework: a route of warp that answers the same each time.

use warp::Filter;

use crate::Failure;

/// The argument upon which a benchmark is this server.
pub(super) const ARGUMENT: &str = "serve-static";

/// An answer of the length and type of the sample's, that never changes.
pub const STATIC: &str = r#"{"tracking_number":"BEN0123456789ABC","created_at":"2026-01-01T00:00:00.000Z","origin_country_id":"US","destination_country_id":"IN","weight":1.200,"customer_id":null,"customer_name":null,"customer_slug":null}"#;

/// Serve until the process is ended, if the arguments say so; false where they do not.
///
/// # Errors
/// The system gives us no port, or no threads.
pub fn serve_static_if_asked() -> Result<bool, Failure> {
    let is_asked = std::env::args().nth(1).as_deref() == Some(ARGUMENT);
    if is_asked {
        serve()?;
    }
    Ok(is_asked)
}

/// As warp's own documentation has it.
#[tokio::main]
async fn serve() -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let route = warp::path("next-tracking-number")
        .and(warp::path::end())
        .map(|| warp::reply::with_header(STATIC, "content-type", "application/json"));
    warp::serve(route).incoming(listener).run().await;
    Ok(())
}
