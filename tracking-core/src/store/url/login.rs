//! Who logs in to a server, and with what.

use std::fmt;

use crate::hex;

/// A password, which no `Debug` form shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(String);

impl Password {
    pub(super) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// `USER[:PASSWORD]`, where an empty user is none; `None` where it is not percent-encoded UTF-8.
pub(super) fn parse_login(text: &str) -> Option<(Option<String>, Option<Password>)> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(percent_decoded(password)?)),
        None => (text, None),
    };
    let user = percent_decoded(user)?;
    Some((
        (!user.is_empty()).then_some(user),
        password
            .filter(|password| !password.is_empty())
            .map(Password),
    ))
}

/// A text of UTF-8; `None` where it is not percent-encoded so.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = Vec::from(parts.next()?);
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let [byte] = hex::decode(digits)?;
        bytes.push(byte);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
