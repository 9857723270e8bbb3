//! The parts of a URL that names a server: who logs in, where, and the options.

use super::error::{HIDDEN, ParseStoreUrlError};
use super::login::{Password, parse_login};

/// What stands behind the colon of a scheme, taken apart.
pub(super) struct Parts<'a> {
    pub(super) user: Option<String>,
    pub(super) password: Option<Password>,
    /// One host or several, as they are written.
    pub(super) hosts: &'a str,
    /// With its slash, or nothing.
    pub(super) path: &'a str,
    /// What stands behind the `?`.
    pub(super) options: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of `//[USER[:PASSWORD]@]HOSTS[/PATH][?OPTIONS]`; `error` is of a part and what stands there.
    pub(super) fn of(
        rest: &'a str,
        error: impl Fn(&'static str, &str) -> ParseStoreUrlError,
    ) -> Result<Self, ParseStoreUrlError> {
        let (body, options) = rest.split_once('?').unwrap_or((rest, ""));
        let body = body
            .strip_prefix("//")
            .ok_or_else(|| error("beginning", rest))?;
        let (authority, path) = match body.find('/') {
            Some(slash) => body.split_at(slash),
            None => (body, ""),
        };
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            // An @ further on: a password with a / or ? in it that is not percent-encoded.
            None if !authority.is_empty() && rest.contains('@') => {
                return Err(error("user", HIDDEN));
            }
            None => (None, authority),
        };
        let (user, password) = match login {
            Some(login) => parse_login(login).ok_or_else(|| error("user", HIDDEN))?,
            None => (None, None),
        };
        Ok(Self {
            user,
            password,
            hosts,
            path,
            options,
        })
    }
}
