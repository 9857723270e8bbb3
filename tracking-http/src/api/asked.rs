//! A request as the endpoints are asked it.

use std::fmt::Debug;
use std::sync::Arc;

use hyper::body::Bytes;
#[cfg(feature = "console")]
use warp::http::HeaderValue;
use warp::http::{HeaderMap, Method};
use warp::reply::Response;

#[cfg(feature = "console")]
use crate::console::{Place, Visitor, login::Tried};

/// What a request says.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The methods that the endpoint answers, as the header `Allow` lists them.
    pub(crate) allowed: &'static str,
    /// What stands where the endpoint's path varies, as it was sent; or nothing.
    pub(crate) parameter: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// Nothing, where the endpoint reads none.
    pub(crate) body: Bytes,
    pub(crate) asker: Asker,
}

/// Who asks, and by which request.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    /// The request's id.
    pub(crate) id: Arc<str>,
    /// The name of the caller's token.
    pub(crate) token: Option<Arc<str>>,
    /// Whether they may know what was recorded.
    pub(crate) reads_ledger: bool,
    /// Who pays for more than one number, if somebody does.
    pub(crate) account: Option<Arc<dyn Account>>,
    /// Of a page of the console.
    #[cfg(feature = "console")]
    pub(crate) visit: Option<Arc<Visit>>,
}

/// A visit of the console's pages.
#[cfg(feature = "console")]
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) visitor: Visitor,
    pub(crate) door: Box<dyn Door>,
}

/// Where visitors show their tokens.
#[cfg(feature = "console")]
pub(crate) trait Door: Debug + Send + Sync {
    /// Whether there are tokens to be shown.
    fn asks_for_tokens(&self) -> bool;
    /// Begin a session with a token.
    fn enter(&self, token: &[u8]) -> Result<Entered, Tried>;
    /// End the visitor's session, if they have one. The cookie is forgotten by this one.
    fn leave(&self) -> HeaderValue;
}

/// Who has begun a session.
#[cfg(feature = "console")]
#[derive(Debug)]
pub(crate) struct Entered {
    /// What the browser is to show from now on.
    pub(crate) cookie: HeaderValue,
    /// Where they may go.
    pub(crate) places: Vec<Place>,
}

/// Whoever may take only so many numbers.
pub(crate) trait Account: Debug + Send + Sync {
    /// Take what a batch of so many numbers costs beyond the one that the request itself was counted as. On
    /// `Err` none of them is taken, and that is the answer.
    fn charge(&self, numbers: u32) -> Result<Box<dyn Charge>, Box<Response>>;
}

/// What a batch was charged. Dropped, it is given back: whatever came between, nothing was issued.
#[must_use]
pub(crate) trait Charge: Send {
    /// Numbers were issued for it. What is left is told in the answer's headers.
    fn keep(self: Box<Self>, headers: &mut HeaderMap);
}

impl Asker {
    /// [`Account::charge`] of whoever pays.
    pub(crate) fn charge(&self, numbers: u32) -> Result<Option<Box<dyn Charge>>, Box<Response>> {
        let account = self.account.as_ref();
        account.map(|account| account.charge(numbers)).transpose()
    }
}
