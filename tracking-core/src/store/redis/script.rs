//! The Lua scripts, whose SHA-1 is known before any server has seen them.

use std::sync::LazyLock;

use sha1::{Digest, Sha1};

use crate::hex;

/// A script and its name in a server.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) sha: String,
}

impl Script {
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let sha = hex::encode(&Sha1::digest(text.as_bytes()));
        Self { text, sha }
    }
}

/// Make all of them, so that no child of `fork` finds one half made, and waits for it.
pub(super) fn make() {
    for script in [&RESERVE, &CREATE, &REGISTER] {
        LazyLock::force(script);
    }
}

/// One reservation.
pub(super) static RESERVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("reserve.lua")));
/// The creation of a series.
pub(super) static CREATE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("claim.lua"),
        include_str!("create.lua")
    ))
});
/// The prefix of a series that is there.
pub(super) static REGISTER: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("claim.lua"),
        include_str!("register.lua")
    ))
});
