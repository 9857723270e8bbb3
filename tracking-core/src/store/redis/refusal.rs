//! The error replies of a Redis, sorted, with what to do.

use std::fmt;

use redis::ServerError;

use crate::store::url::RedisHost;

use super::text::quoted;

/// The rights that a user in Redis needs, for `ACL SETUSER NAME on >PASSWORD …`.
pub(super) const RIGHTS: &str = "~{tracking}:* +evalsha +script|load +hgetall +hmget +hset +info +time +select +wait +cluster|slots +asking +config|get";

/// An error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) kind: RefusalKind,
    /// The server's own words.
    text: String,
}

/// What an error reply is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RefusalKind {
    WrongPassword,
    NoLogin,
    NoPermission,
    ReadOnly,
    OutOfMemory,
    Loading,
    MasterDown,
    DiskError,
    WrongType,
    Busy,
    NoReplicas,
    ClusterDown,
    TryAgain,
    NoScript,
    NoRunId,
    Protected,
    UnknownCommand,
    Moved(RedisHost),
    Ask(RedisHost),
    Other,
}

impl RefusalKind {
    /// Whether it stays so until somebody acts.
    pub(super) fn lasts(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::NoLogin
                | Self::NoPermission
                | Self::WrongType
                | Self::NoRunId
                | Self::Protected
                | Self::UnknownCommand
        )
    }

    /// What it means, and what to do.
    fn advice(&self) -> &'static str {
        match self {
            Self::WrongPassword => "user or password are wrong",
            Self::NoLogin => "it asks for a password",
            Self::NoPermission => "the user lacks a right",
            Self::ReadOnly => "it is a read-only replica by now",
            Self::OutOfMemory => "its memory is used up (maxmemory)",
            Self::Loading => "it is still loading its data",
            Self::MasterDown => "it is a replica that has lost its primary",
            Self::DiskError => {
                "it cannot write to its disk, and so takes no writes; is the disk full?"
            }
            Self::WrongType => "the key holds something else than a series; delete or rename it",
            Self::Busy => "another script keeps it busy",
            Self::NoReplicas => "too few replicas are connected (min-replicas-to-write)",
            Self::ClusterDown => "the cluster is down, or does not serve this slot",
            Self::TryAgain => "the slot is being moved",
            Self::NoScript => "it forgot the script that was just loaded",
            Self::NoRunId => {
                "INFO shows no run_id, without which a lost reservation cannot be noticed"
            }
            Self::Protected => {
                "it takes connections from its own host alone (protected-mode); give it a password"
            }
            Self::UnknownCommand => {
                "it lacks a command that is needed; was it renamed or disabled?"
            }
            Self::Moved(_) | Self::Ask(_) => {
                "it is part of a cluster; use redis+cluster:// to name it"
            }
            Self::Other => "it refused",
        }
    }
}

impl Refusal {
    pub(super) fn new(error: &ServerError) -> Self {
        Self::of(error.code(), error.details().unwrap_or_default())
    }

    /// The refusal of an error reply's first word and the rest.
    pub(super) fn of(code: &str, details: &str) -> Self {
        let text = format!("{code} {details}");
        Self {
            kind: kind(code, details),
            text: quoted(text.trim_end()),
        }
    }
}

fn kind(code: &str, details: &str) -> RefusalKind {
    let redirection = || {
        let (name, port) = details.split(' ').nth(1)?.rsplit_once(':')?;
        let port = port.parse().ok().filter(|&port| port > 0)?;
        Some(RedisHost::new(name.trim_matches(['[', ']']), port))
    };
    match code {
        "WRONGPASS" => RefusalKind::WrongPassword,
        "NOAUTH" => RefusalKind::NoLogin,
        "NOPERM" => RefusalKind::NoPermission,
        "READONLY" => RefusalKind::ReadOnly,
        "OOM" => RefusalKind::OutOfMemory,
        "LOADING" => RefusalKind::Loading,
        "MASTERDOWN" => RefusalKind::MasterDown,
        "MISCONF" => RefusalKind::DiskError,
        "WRONGTYPE" => RefusalKind::WrongType,
        "BUSY" => RefusalKind::Busy,
        "NOREPLICAS" => RefusalKind::NoReplicas,
        "CLUSTERDOWN" => RefusalKind::ClusterDown,
        "TRYAGAIN" => RefusalKind::TryAgain,
        "NOSCRIPT" => RefusalKind::NoScript,
        "DENIED" => RefusalKind::Protected,
        "MOVED" => redirection().map_or(RefusalKind::Other, RefusalKind::Moved),
        "ASK" => redirection().map_or(RefusalKind::Other, RefusalKind::Ask),
        // Some servers put the word that counts further on: behind that of the script, or in none.
        _ => kind_of_words(details),
    }
}

fn kind_of_words(details: &str) -> RefusalKind {
    const WORDS: &[(&str, RefusalKind)] = &[
        ("invalid password", RefusalKind::WrongPassword),
        ("invalid username-password pair", RefusalKind::WrongPassword),
        (
            "called without any password configured",
            RefusalKind::WrongPassword,
        ),
        ("ACL failure in script", RefusalKind::NoPermission),
        ("can't run this command", RefusalKind::NoPermission),
        ("NOPERM ", RefusalKind::NoPermission),
        ("READONLY ", RefusalKind::ReadOnly),
        ("OOM ", RefusalKind::OutOfMemory),
        ("MISCONF ", RefusalKind::DiskError),
        ("NOREPLICAS ", RefusalKind::NoReplicas),
        ("WRONGTYPE ", RefusalKind::WrongType),
        ("shows no run_id", RefusalKind::NoRunId),
        ("unknown command", RefusalKind::UnknownCommand),
        ("Unknown Redis command", RefusalKind::UnknownCommand),
    ];
    let found = WORDS.iter().find(|(words, _)| details.contains(words));
    found.map_or(RefusalKind::Other, |(_, kind)| kind.clone())
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.advice())?;
        if self.kind == RefusalKind::NoPermission {
            write!(f, "; it needs {RIGHTS}")?;
        }
        write!(f, " ({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_do() {
        let host = RedisHost::new("10.0.0.2", 7001);
        for (code, details, kind, message) in [
            (
                "WRONGPASS",
                "invalid username-password pair or user is disabled.",
                RefusalKind::WrongPassword,
                "user or password are wrong (WRONGPASS invalid username-password pair or user is disabled.)",
            ),
            (
                "ERR",
                "invalid password",
                RefusalKind::WrongPassword,
                "user or password are wrong (ERR invalid password)",
            ),
            (
                "NOAUTH",
                "Authentication required.",
                RefusalKind::NoLogin,
                "it asks for a password (NOAUTH Authentication required.)",
            ),
            (
                "NOPERM",
                "no rights",
                RefusalKind::NoPermission,
                "the user lacks a right; it needs ~{tracking}:* +evalsha +script|load +hgetall +hmget +hset +info +time +select +wait +cluster|slots +asking +config|get (NOPERM no rights)",
            ),
            (
                "READONLY",
                "no",
                RefusalKind::ReadOnly,
                "it is a read-only replica by now (READONLY no)",
            ),
            (
                "ERR",
                "Error running script (call to f_1): @user_script:9: -READONLY You can't write",
                RefusalKind::ReadOnly,
                "it is a read-only replica by now (ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write)",
            ),
            (
                "OOM",
                "no",
                RefusalKind::OutOfMemory,
                "its memory is used up (maxmemory) (OOM no)",
            ),
            (
                "LOADING",
                "no",
                RefusalKind::Loading,
                "it is still loading its data (LOADING no)",
            ),
            (
                "MASTERDOWN",
                "no",
                RefusalKind::MasterDown,
                "it is a replica that has lost its primary (MASTERDOWN no)",
            ),
            (
                "MISCONF",
                "no",
                RefusalKind::DiskError,
                "it cannot write to its disk, and so takes no writes; is the disk full? (MISCONF no)",
            ),
            (
                "WRONGTYPE",
                "no",
                RefusalKind::WrongType,
                "the key holds something else than a series; delete or rename it (WRONGTYPE no)",
            ),
            (
                "BUSY",
                "no",
                RefusalKind::Busy,
                "another script keeps it busy (BUSY no)",
            ),
            (
                "NOREPLICAS",
                "no",
                RefusalKind::NoReplicas,
                "too few replicas are connected (min-replicas-to-write) (NOREPLICAS no)",
            ),
            (
                "CLUSTERDOWN",
                "no",
                RefusalKind::ClusterDown,
                "the cluster is down, or does not serve this slot (CLUSTERDOWN no)",
            ),
            (
                "TRYAGAIN",
                "no",
                RefusalKind::TryAgain,
                "the slot is being moved (TRYAGAIN no)",
            ),
            (
                "MOVED",
                "1234 10.0.0.2:7001",
                RefusalKind::Moved(host.clone()),
                "it is part of a cluster; use redis+cluster:// to name it (MOVED 1234 10.0.0.2:7001)",
            ),
            (
                "ASK",
                "1234 10.0.0.2:7001",
                RefusalKind::Ask(host),
                "it is part of a cluster; use redis+cluster:// to name it (ASK 1234 10.0.0.2:7001)",
            ),
            (
                "MOVED",
                "1234 :0",
                RefusalKind::Other,
                "it refused (MOVED 1234 :0)",
            ),
            (
                "ERR",
                "tracking: INFO shows no run_id",
                RefusalKind::NoRunId,
                "INFO shows no run_id, without which a lost reservation cannot be noticed (ERR tracking: INFO shows no run_id)",
            ),
            (
                "ERR",
                "unknown command 'INFO'",
                RefusalKind::UnknownCommand,
                "it lacks a command that is needed; was it renamed or disabled? (ERR unknown command 'INFO')",
            ),
            (
                "ERR",
                "what\never",
                RefusalKind::Other,
                "it refused (ERR what ever)",
            ),
        ] {
            let refusal = Refusal::of(code, details);
            assert_eq!(
                (&refusal.kind, refusal.to_string().as_str()),
                (&kind, message)
            );
        }
    }

    #[test]
    fn never_repeats_a_key() {
        let text = format!(
            "unknown command, with args beginning with: '{}' 'x'",
            "ab".repeat(16)
        );
        let shown = Refusal::of("ERR", &text).to_string();
        assert!(
            shown.contains("(hidden) 'x'") && !shown.contains("abab"),
            "{shown}"
        );
    }
}
