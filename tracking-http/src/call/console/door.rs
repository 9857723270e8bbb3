//! Where visitors show their tokens.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use tracking_core::{Clock, SystemClock};
use warp::http::{HeaderMap, HeaderValue};

use super::{cookie, places};
use crate::api::asked::{Door, Entered};
use crate::api::problems::Unauthorized;
use crate::call::gate::Gate;
use crate::call::rate::{self, Client};
use crate::console::login::Tried;

/// The gate's door, as one request finds it.
#[derive(Debug)]
pub(super) struct GateDoor {
    gate: Arc<Gate>,
    client: Client,
    /// Whether it came by TLS, which ended before this server.
    is_secure: bool,
    session: Option<String>,
}

impl GateDoor {
    pub(super) fn new(gate: &Arc<Gate>, headers: &HeaderMap, peer: Option<IpAddr>) -> Self {
        Self {
            gate: Arc::clone(gate),
            client: gate.client(headers, peer),
            is_secure: gate.proxies().came_by_tls(headers, peer),
            session: cookie::shown(headers).map(str::to_owned),
        }
    }
}

impl Door for GateDoor {
    fn asks_for_tokens(&self) -> bool {
        self.gate.asks_for_tokens()
    }

    fn enter(&self, token: &[u8]) -> Result<Entered, Tried> {
        let tokens = self.gate.tokens().ok_or(Tried::Unknown)?;
        let wrong = self.gate.doors().wrong(self.gate.clock());
        let taken = wrong.take(&self.client, NonZeroU32::MIN);
        taken.map_err(|refused| Tried::TooOften(rate::seconds(refused.after).max(1)))?;
        let caller = tokens
            .find(token, SystemClock.now_ms())
            .map_err(|why| match why {
                Unauthorized::Expired => Tried::Expired,
                Unauthorized::Missing | Unauthorized::Unknown => Tried::Unknown,
            })?;
        // Only wrong ones count.
        wrong.give_back(&self.client, NonZeroU32::MIN);
        let sessions = &self.gate.doors().sessions;
        if let Some(before) = &self.session {
            sessions.end(before);
        }
        let id = sessions.begin(caller.digest(), Instant::now());
        let cookie = id.and_then(|id| cookie::set(id.expose(), self.is_secure));
        Ok(Entered {
            cookie: cookie.ok_or(Tried::Unknown)?,
            places: places(|scope| caller.may(scope)),
        })
    }

    fn leave(&self) -> HeaderValue {
        if let Some(session) = &self.session {
            self.gate.doors().sessions.end(session);
        }
        cookie::forget(self.is_secure)
    }
}
