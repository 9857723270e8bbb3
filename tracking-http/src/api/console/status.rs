//! How the server is.

use std::sync::Arc;

use super::{page, visitor};
use crate::api::answer::Answer;
use crate::api::asked::Asked;
use crate::api::state::Api;
use crate::console::status::{Health, Store, show};

/// It waits for the store half a second at most, as `/metrics` does.
pub(in crate::api) fn status(api: &Arc<Api>, asked: Asked) -> Answer {
    let api = Arc::clone(api);
    Answer::later(async move {
        let look = api.store_look().await;
        let store = match &look {
            None => Store::Opaque,
            Some(look) => match look
                .as_deref()
                .and_then(|look| Some((look.snapshot()?, look)))
            {
                None => Store::Unreachable,
                Some((snapshot, look)) => Store::Seen {
                    snapshot,
                    clock_ahead_ms: look.clock_ahead_ms(),
                },
            },
        };
        let samples = api
            .console()
            .map_or_else(Vec::new, |console| console.hour.samples());
        let health = Health {
            series: api.series(),
            status: api.desk().generator().status(),
            now_ms: api.desk().now_ms(),
            store,
            ledger: api.recording().map(|desk| desk.recorder().status()),
            tokens_in_force: api.tokens_in_force(),
            samples: &samples,
        };
        page(show(&visitor(&asked), &health))
    })
}
