//! The next tracking number, for an order in the query.

use std::sync::Arc;

use tracking_core::issued::Issued;
use tracking_core::order::{Order, OrderBuilder, OrderErrors, Required};
use tracking_core::{Clock, SystemClock, TrackingNumber};
use warp::reply::Response;

use crate::api::answer;
use crate::api::answer::Answer;
use crate::api::app::App;
use crate::api::problem;
use crate::api::query;
use crate::api::route::Endpoint;

/// Most answers are shorter, so that their buffer never grows.
const BODY_LENGTH: usize = 384;

pub(super) fn answer(app: &Arc<App>, endpoint: Endpoint, query: String) -> Answer {
    let order = match order(endpoint, query) {
        Ok(order) => order,
        Err(errors) => return problem::wrong_order(&errors).into(),
    };
    if let Some(number) = app.number_now() {
        return issued(app, endpoint, number, &order).into();
    }
    let app = Arc::clone(app);
    Answer::later(async move {
        match app.number_soon().await {
            Ok(number) => issued(&app, endpoint, number, &order),
            Err(error) => problem::no_number(error.retry_after),
        }
    })
}

fn order(endpoint: Endpoint, query: String) -> Result<Order, OrderErrors> {
    let mut order = OrderBuilder::new(match endpoint {
        Endpoint::NextTrackingNumber => Required::NONE,
        Endpoint::ApiNextTrackingNumber => Required::ALL,
    });
    query::for_each_pair(&mut query.into_bytes(), |name, value| {
        order.set_bytes(name, value);
    });
    order.build()
}

fn issued(app: &App, endpoint: Endpoint, number: TrackingNumber, order: &Order) -> Response {
    let issued = Issued {
        tracking_number: number.as_str(),
        issued_at_ms: SystemClock.now_ms().unsigned_abs(),
        order,
        zone: app.zone(),
    };
    let mut body = Vec::with_capacity(BODY_LENGTH);
    match endpoint {
        Endpoint::NextTrackingNumber => issued.write_json(&mut body),
        Endpoint::ApiNextTrackingNumber => issued.write_short_json(&mut body),
    }
    answer::json(body)
}
