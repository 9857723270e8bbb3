//! The Lua scripts, whose SHA-1 is known before any server has seen them, and how one is run.

use std::sync::LazyLock;

use redis::{Value, cmd};
use sha1::{Digest, Sha1};

use crate::hex;
use crate::store::url::ReplicaWait;

use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::text::text;

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

    /// Run it, in one round trip where the server has it: `NOSCRIPT` is the refusal where it
    /// has not. With `wait`, what it wrote must be on that many replicas; the second value is how
    /// many it reached.
    pub(super) fn run(
        &self,
        connection: &mut Connection,
        keys: &[&str],
        arguments: Vec<String>,
        wait: Option<ReplicaWait>,
        deadline: Deadline,
    ) -> Result<(Value, Option<i64>), RedisFault> {
        let mut commands = Vec::new();
        if connection.with_scripts {
            commands.push(cmd("SCRIPT").arg("LOAD").arg(&self.text).take());
        }
        commands.push(
            cmd("EVALSHA")
                .arg(&self.sha)
                .arg(keys.len())
                .arg(keys)
                .arg(arguments)
                .take(),
        );
        if let Some(wait) = wait {
            let left = deadline.left().unwrap_or_default().min(wait.patience);
            // WAIT takes 0 for "as long as it takes".
            let ms = left.as_millis().max(1) as u64;
            commands.push(cmd("WAIT").arg(wait.replicas.get()).arg(ms).take());
        }
        let mut replies = connection.exchange(&commands, deadline)?.into_iter();
        let mut next = || match replies.next() {
            Some(reply) => reply.map_err(|refusal| connection.refused(refusal)),
            None => Err(connection.garbled("no reply")),
        };
        if connection.with_scripts && text(&next()?) != Some(&self.sha) {
            return Err(connection.garbled("the script under another SHA-1"));
        }
        let value = next()?;
        let reached = match wait.map(|_| next()).transpose()? {
            None => None,
            Some(Value::Int(reached)) => Some(reached),
            Some(_) => return Err(connection.garbled("no number of replicas")),
        };
        Ok((value, reached))
    }
}

/// Make all of them, so that no child of `fork` finds one half made, and waits for it.
pub(super) fn make() {
    for script in [&RESERVE, &SWAP, &CREATE, &REGISTER] {
        LazyLock::force(script);
    }
}

/// One reservation.
pub(super) static RESERVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("reserve.lua")));
/// A state in the place of another.
pub(super) static SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("swap.lua")));
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
