//! Requests that reach an app without a socket, for simulations.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};

use crate::call::app::App;
use crate::call::calls::{Calls, Connection, Crowd};
use crate::call::handler::Handler;

/// How many long answers are on their way at once.
const BATCHES_MAX: u32 = 4;

/// A connection to an app that has no socket, and no thread of its own.
#[derive(Debug)]
pub struct Direct(Arc<Connection>);

/// An answer that is on its way. Dropped before, it is lost, as if the client had closed its connection.
pub type Answering = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

impl Direct {
    /// A connection to an app in which so many requests wait at once.
    pub fn new(app: App, in_flight_max: u32) -> Self {
        let crowd = Crowd {
            in_flight_max,
            batches_max: BATCHES_MAX,
            threads: 1,
        };
        Self(Arc::new(Calls::new(app, crowd)).open(None))
    }

    /// What a request is answered, with all that comes of its body. It is polled within a runtime of tokio's that has a
    /// clock.
    pub fn answer(&self, request: Request<Bytes>) -> Answering {
        let (head, body) = request.into_parts();
        let body =
            (!body.is_empty()).then(|| Full::new(body).map_err(|never: Infallible| match never {}));
        let answering = Calls::call(&self.0, head, body, false);
        Box::pin(async {
            let (head, mut body) = answering.await.into_parts();
            let mut came = Vec::new();
            // One that breaks off is shorter than its Content-Length says.
            while let Some(Ok(frame)) = body.frame().await {
                came.extend(frame.into_data().unwrap_or_default());
            }
            Response::from_parts(head, came.into())
        })
    }
}
