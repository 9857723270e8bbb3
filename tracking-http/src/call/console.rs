//! Who asks for the console's pages: sessions, and the form that begins one.

mod cookie;
mod door;
mod sessions;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tracking_core::{Clock, SystemClock};
use tracking_programs::tokens::{Scope, TokenRate};
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

use self::door::GateDoor;
use self::sessions::{Session, Sessions};
use crate::api::asked::Visit;
use crate::api::problems::Unauthorized;
use crate::call::gate::Gate;
use crate::call::rate::{Addresses, RateClock};
use crate::call::tokens::{Caller, Tokens};
use crate::console::{Place, Visitor};

/// How many wrong tokens an address may show at once, and then one each second.
const WRONG_TOKENS_MAX: u32 = 5;

/// What a gate keeps for the console.
#[derive(Debug, Default)]
pub(super) struct Doors {
    sessions: Sessions,
    /// Wrong tokens, by the address that showed them. Few servers have a console; it takes half a MiB.
    wrong: OnceLock<Arc<Addresses>>,
}

impl Doors {
    fn wrong(&self, clock: &RateClock) -> &Arc<Addresses> {
        self.wrong.get_or_init(|| {
            #[expect(clippy::expect_used, reason = "neither is 0")]
            let rate = TokenRate::new(1, Some(WRONG_TOKENS_MAX)).expect("a rate");
            Arc::new(Addresses::new(rate, clock.clone()))
        })
    }

    /// Who asks for a page: whose token it shows, as programs do, or else whose session it is. That ends when its
    /// token is taken out of the file or expires, and never has another scope.
    pub(super) fn find(
        &self,
        headers: &HeaderMap,
        tokens: &Tokens,
    ) -> Result<(Arc<Caller>, Option<Session>), Unauthorized> {
        let now_ms = SystemClock.now_ms();
        if headers.contains_key(AUTHORIZATION) {
            let token = super::gate::bearer(headers)?;
            return Ok((Arc::clone(tokens.find(token, now_ms)?), None));
        }
        let id = cookie::shown(headers).ok_or(Unauthorized::Missing)?;
        let session = self.sessions.find(id, Instant::now());
        let session = session.ok_or(Unauthorized::Unknown)?;
        let caller = tokens.find_digest(&session.token, now_ms)?;
        Ok((Arc::clone(caller), Some(session)))
    }
}

/// A visit by a request with these headers. Nothing of a rate is taken for it.
pub(super) fn visit(gate: &Arc<Gate>, headers: &HeaderMap, peer: Option<IpAddr>) -> Visit {
    Visit {
        visitor: visitor(gate, headers),
        door: Box::new(GateDoor::new(gate, headers, peer)),
    }
}

fn visitor(gate: &Gate, headers: &HeaderMap) -> Visitor {
    let Some(tokens) = gate.tokens() else {
        let may = |scope| scope != Scope::Ledger || gate.shows_ledger();
        return Visitor {
            places: places(may),
            ..Visitor::default()
        };
    };
    match gate.doors().find(headers, &tokens) {
        Ok((caller, session)) => Visitor {
            places: places(|scope| caller.may(scope)),
            name: Some(caller.name().into()),
            form_token: session.map(|session| session.form_token),
        },
        Err(_) => Visitor::default(),
    }
}

/// Where who may do this may go.
fn places(may: impl Fn(Scope) -> bool) -> Vec<Place> {
    let needed = |place: &Place| match place {
        Place::Numbers => Scope::Ledger,
        Place::Number => Scope::Read,
        Place::Issue => Scope::Issue,
        Place::Status => Scope::Metrics,
    };
    let all = Place::ALL.into_iter();
    all.filter(|place| may(needed(place))).collect()
}
