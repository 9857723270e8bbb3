//! Who may: the token, its scopes and rates of a request, or the rate of its client's address.

mod admission;
mod client;
mod credentials;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tracking_core::{Clock, SystemClock};
use tracking_programs::tokens::file::{self, TokenFileError};
use tracking_programs::tokens::{Count, Scope, TokenRate};
use warp::http::HeaderMap;
use warp::reply::Response;

pub(crate) use self::admission::Admission;
pub(crate) use self::client::{Proxies, Proxy};
pub(super) use self::credentials::bearer;
#[cfg(feature = "console")]
use super::console::Doors;
use super::tokens::{Caller, Tokens};
use crate::api::endpoints::Need;
use crate::api::problems::{self, Unauthorized};
use crate::call::rate::{Addresses, Client, RateClock};

/// What the flags say of who may.
#[derive(Debug, Clone, Default)]
pub(crate) struct GateConfig {
    /// The file of `--tokens`.
    pub(crate) tokens: Option<PathBuf>,
    pub(crate) proxies: Proxies,
    pub(crate) address_rate: Option<TokenRate>,
    /// Whether others than this host's users reach it, by themselves or through a proxy.
    pub(crate) is_open: bool,
}

/// Lets requests in, or refuses them.
///
/// Without tokens everybody may everything; but where other hosts reach the program, nobody reads the ledger then.
/// Share it by an [`Arc`].
#[derive(Debug)]
pub struct Gate {
    tokens: Option<TokenFile>,
    proxies: Proxies,
    /// For those who show no token that is good.
    addresses: Option<Arc<Addresses>>,
    is_open: bool,
    clock: RateClock,
    #[cfg(feature = "console")]
    doors: Doors,
}

#[derive(Debug)]
struct TokenFile {
    path: PathBuf,
    /// As it was when it was last right. Readers never wait for who reads it again.
    tokens: ArcSwap<Tokens>,
}

impl Gate {
    /// A gate for those who have a token of this file, as `--tokens` makes it.
    ///
    /// # Errors
    /// The file can't be read, or is wrong.
    pub fn with_tokens(file: impl Into<PathBuf>) -> Result<Self, TokenFileError> {
        Self::new(GateConfig {
            tokens: Some(file.into()),
            ..GateConfig::default()
        })
    }

    pub(crate) fn new(config: GateConfig) -> Result<Self, TokenFileError> {
        Self::with_clock(config, RateClock::monotonic())
    }

    fn with_clock(config: GateConfig, clock: RateClock) -> Result<Self, TokenFileError> {
        let read = |path: PathBuf| {
            let tokens = Tokens::read(&path, None, &clock)?;
            let tokens = ArcSwap::from_pointee(tokens);
            Ok(TokenFile { path, tokens })
        };
        let tokens = config.tokens.map(read).transpose()?;
        let addresses = |rate| Arc::new(Addresses::new(rate, clock.clone()));
        Ok(Self {
            tokens,
            proxies: config.proxies,
            addresses: config.address_rate.map(addresses),
            is_open: config.is_open,
            clock,
            #[cfg(feature = "console")]
            doors: Doors::default(),
        })
    }

    /// Let a request in, and count it as one number, if its route needs that. `peer` is the other end of its
    /// connection, if that has an address.
    ///
    /// The answer otherwise is 401, 403 or 429. A good token is let in whatever others at its address do.
    pub(crate) fn admit(
        &self,
        need: Need,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Admission, Box<Response>> {
        self.admit_by(need, headers, peer, |tokens| {
            let token = bearer(headers)?;
            tokens.find(token, SystemClock.now_ms()).map(Arc::clone)
        })
    }

    /// [`admit`](Self::admit) for a page, which a session's cookie may ask for, too.
    #[cfg(feature = "console")]
    pub(crate) fn admit_visitor(
        &self,
        need: Need,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Admission, Box<Response>> {
        self.admit_by(need, headers, peer, |tokens| {
            self.doors.find(headers, tokens).map(|(caller, _)| caller)
        })
    }

    fn admit_by(
        &self,
        need: Need,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        find: impl FnOnce(&Tokens) -> Result<Arc<Caller>, Unauthorized>,
    ) -> Result<Admission, Box<Response>> {
        let needed = match need {
            Need::Nothing => return Ok(Admission::default()),
            Need::Address => return self.count_address(headers, peer),
            #[cfg(feature = "console")]
            Need::Visitor => None,
            Need::Scope(scope) => Some(scope),
        };
        let Some(file) = &self.tokens else {
            let admission = self.count_address(headers, peer)?;
            return match needed {
                Some(needed @ Scope::Ledger) if self.is_open => Err(admission.forbidden(needed)),
                _ => Ok(admission),
            };
        };
        let caller = match find(&file.tokens.load()) {
            Ok(caller) => caller,
            Err(why) => return Err(self.refuse(why, headers, peer)),
        };
        let lacking = needed.filter(|needed| !caller.may(*needed));
        let admission = Admission::of_caller(caller)?;
        match lacking {
            None => Ok(admission),
            Some(lacking) => Err(admission.forbidden(lacking)),
        }
    }

    #[cfg(feature = "console")]
    pub(super) fn doors(&self) -> &Doors {
        &self.doors
    }

    #[cfg(feature = "console")]
    pub(super) fn clock(&self) -> &RateClock {
        &self.clock
    }

    #[cfg(feature = "console")]
    pub(super) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Whom a request is counted for.
    #[cfg(feature = "console")]
    pub(super) fn client(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Client {
        self.proxies.client(headers, peer).into()
    }

    /// The tokens as they are now, if tokens are needed.
    #[cfg(feature = "console")]
    pub(super) fn tokens(&self) -> Option<arc_swap::Guard<Arc<Tokens>>> {
        self.tokens.as_ref().map(|file| file.tokens.load())
    }

    /// The answer to who shows no good token. Each try counts, so that guessing and noise are slow, too.
    fn refuse(
        &self,
        why: Unauthorized,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Box<Response> {
        match self.count_address(headers, peer) {
            Err(too_many) => too_many,
            Ok(admission) => {
                let mut answer = problems::unauthorized(why);
                admission.write_rate_fields(answer.headers_mut());
                answer.into()
            }
        }
    }

    fn count_address(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Admission, Box<Response>> {
        let Some(addresses) = &self.addresses else {
            return Ok(Admission::default());
        };
        let client = self.proxies.client(headers, peer);
        Admission::of_address(Arc::clone(addresses), client.into())
    }

    /// Whom a connection is counted for: none where it is a trusted proxy's, which says so with each request
    /// alone.
    pub(crate) fn holder(&self, peer: Option<IpAddr>) -> Option<Client> {
        (!self.proxies.is_one(peer)).then(|| peer.into())
    }

    /// Whether who has no token may read what was recorded: names and customers are in it.
    pub(crate) fn shows_ledger(&self) -> bool {
        self.tokens.is_some() || !self.is_open
    }

    /// Whether who takes a number must show a token.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// How many tokens there are, if tokens are needed.
    pub(crate) fn count(&self) -> Option<Count> {
        let file = self.tokens.as_ref()?;
        Some(file.tokens.load().count(SystemClock.now_ms()))
    }

    /// How many tokens let somebody in now, if tokens are needed.
    pub(crate) fn tokens_in_force(&self) -> Option<usize> {
        self.count().map(Count::in_force)
    }

    /// What the operator should know of the file of tokens.
    pub(crate) fn warning(&self) -> Option<String> {
        let file = self.tokens.as_ref()?;
        file::warning(&file.path, self.count()?)
    }

    /// Read the file of tokens again. If it is wrong, the tokens stay as they are.
    pub(crate) fn reload(&self) -> Result<(), TokenFileError> {
        if let Some(file) = &self.tokens {
            let before = file.tokens.load();
            let tokens = Tokens::read(&file.path, Some(&before), &self.clock)?;
            file.tokens.store(Arc::new(tokens));
        }
        Ok(())
    }
}

impl Default for Gate {
    /// Everybody may everything.
    fn default() -> Self {
        Self {
            tokens: None,
            proxies: Proxies::default(),
            addresses: None,
            is_open: false,
            clock: RateClock::monotonic(),
            #[cfg(feature = "console")]
            doors: Doors::default(),
        }
    }
}

#[cfg(test)]
mod tests;
