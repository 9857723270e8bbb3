//! Tokens: what a caller shows to be let in, and what a server keeps instead of them.
//!
//! A server keeps the [digest](TokenDigest) of each token and never the token, so that whoever reads its
//! file can't call it. SHA-256 without salt or rounds is enough, since a [`Token`] has 256 random bits: no
//! list of likely ones can be made.
//!
//! ```
//! use tracking_programs::tokens::{Scope, Token, TokenEntry};
//!
//! let token = Token::random()?;
//! let entry = TokenEntry::new("shop-a".parse()?, token.digest(), Scope::Issue.into());
//! // For the caller, once:
//! assert!(token.expose().starts_with("trk_"));
//! // For the file of the server:
//! assert!(entry.to_string().starts_with("[[token]]\nname = \"shop-a\"\nsha256 = \""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod count;
mod digest;
mod entry;
pub mod file;
mod name;
mod rate;
mod scope;
mod token;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

pub use self::count::Count;
pub use self::digest::{ParseTokenDigestError, TokenDigest};
pub use self::entry::TokenEntry;
pub use self::name::{ParseTokenNameError, TokenName};
pub use self::rate::{RATE_MAX, TokenRate, TokenRateError};
pub use self::scope::{ParseScopeError, Scope, Scopes};
pub use self::token::Token;

/// A value whose form is text.
fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}
