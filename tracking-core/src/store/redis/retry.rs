//! What follows an attempt that has no answer: the one decision of the one loop, which
//! [`Client`](super::client::Client) runs.
//!
//! ```text
//!   ┌─► connect ──► ask ────────────────────────────────────────────────► the answer
//!   │               ▲ │ none
//!   │               │ ├─ the server lacks the script ─► LoadScript ─┐
//!   │               │ ├─ the series is missing ───────► WriteBack ──┤   on this connection
//!   │               │ ├─ another node has the slot ───► Follow ─────┤   on one to that node
//!   │               └─┼─────────────────────────────────────────────┘
//!   ├─────────────────┼─ a kept connection is stale ──► Reconnect
//!   ├─── 50 ms ───────┼─ the slot is on its way ──────► Pause
//!                     └─ anything else ───────────────► GiveUp ─────────► the error
//! ```
//!
//! Every way back to `ask` costs one of the call's few tries, and all of them share its deadline.
//!
//! # Why none of them repeats a serial
//! Each attempt is a reservation of its own: the script moves the timeline on whenever it grants,
//! and nothing of an earlier attempt is sent again. So an attempt of unknown fate is never repeated
//! as though it had not happened; should it have been granted a block, that block is a gap.
//!
//! | next | what the server did | why it may be tried again |
//! |---|---|---|
//! | `LoadScript` | nothing: it knew no such script | the same question, with the script before it |
//! | `WriteBack` | it looked, and found no series | the script that creates one writes all of it or nothing, and nothing where one is by then; a series without a timeline waits out the fence |
//! | `Follow` | nothing: the slot is another node's | that node is asked only once it has shown that it is a primary |
//! | `Reconnect`, broken | unknown | the connection had been idle: most likely it was closed before. What may have been granted on it is given up, and its answer can no longer arrive |
//! | `Reconnect`, a replica | nothing: it takes no writes | it was a primary when it was connected to; who is one is found out anew |
//! | `Pause` | nothing: it refused | who serves the slot is found out anew |
//! | `GiveUp` | nothing, or unknown | it is not: no answer in time leaves no time, and what was refused would be refused again |
//!
//! The other questions change nothing, or nothing more where they are asked twice: a look, the
//! register of a prefix, and a creation, which finds its own (see `open.rs`).

use crate::store::fault::SeriesFault;
use crate::store::url::RedisHost;

use super::fault::RedisFault;
use super::refusal::RefusalKind;

/// What is done next, within the same call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask again on this connection, and send each script along.
    LoadScript,
    /// Write the series back on this connection, then ask again.
    WriteBack,
    /// Ask another node of the cluster; with `asking`, for this one call.
    Follow { host: RedisHost, asking: bool },
    /// Find out again who is in charge, and ask on a new connection.
    Reconnect,
    /// Wait a little, then the same.
    Pause,
    /// Nothing: the caller has its error.
    GiveUp,
}

/// How an attempt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// On a connection that an earlier call has used.
    pub(super) kept: bool,
    /// With each script sent along.
    pub(super) with_scripts: bool,
    /// Under the URL of a cluster, whose nodes are followed.
    pub(super) in_cluster: bool,
}

impl Next {
    /// What follows an attempt that had no answer for this reason.
    pub(super) fn after(attempt: Attempt, fault: &RedisFault) -> Self {
        match fault {
            RedisFault::Broken { .. } | RedisFault::Replica { .. } if attempt.kept => {
                Self::Reconnect
            }
            RedisFault::Series(SeriesFault::Missing) => Self::WriteBack,
            RedisFault::Refused { refusal, .. } => Self::after_refusal(attempt, &refusal.kind),
            _ => Self::GiveUp,
        }
    }

    fn after_refusal(attempt: Attempt, refusal: &RefusalKind) -> Self {
        match refusal {
            RefusalKind::NoScript if !attempt.with_scripts => Self::LoadScript,
            RefusalKind::ReadOnly if attempt.kept => Self::Reconnect,
            RefusalKind::Moved(host) | RefusalKind::Ask(host) if attempt.in_cluster => {
                Self::Follow {
                    host: host.clone(),
                    asking: matches!(refusal, RefusalKind::Ask(_)),
                }
            }
            RefusalKind::ClusterDown | RefusalKind::TryAgain => Self::Pause,
            _ => Self::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::store::redis::refusal::Refusal;

    const NEW: Attempt = Attempt {
        kept: false,
        with_scripts: false,
        in_cluster: false,
    };
    const KEPT: Attempt = Attempt { kept: true, ..NEW };
    const WITH_SCRIPTS: Attempt = Attempt {
        with_scripts: true,
        ..NEW
    };
    const IN_CLUSTER: Attempt = Attempt {
        in_cluster: true,
        ..NEW
    };

    fn refused(code: &str, details: &str) -> RedisFault {
        RedisFault::Refused {
            address: "h:1".to_owned(),
            refusal: Refusal::of(code, details),
        }
    }

    #[test]
    fn each_fault_has_its_remedy() {
        let address = || "h:1".to_owned();
        let broken = RedisFault::Broken {
            address: address(),
            cause: Arc::new(io::Error::from(io::ErrorKind::BrokenPipe)),
        };
        let no_answer = RedisFault::NoAnswer {
            address: address(),
            within: Duration::ZERO,
        };
        let garbled = RedisFault::Garbled {
            address: address(),
            found: String::new(),
        };
        let too_few = RedisFault::Replicas {
            wanted: 2,
            found: 1,
            within: Duration::ZERO,
        };
        let replica = RedisFault::Replica { address: address() };
        let read_only = refused("READONLY", "no");
        let no_script = refused("NOSCRIPT", "no");
        let moved = refused("MOVED", "6 h:7");
        let ask = refused("ASK", "6 h:7");
        let follow = |asking| Next::Follow {
            host: RedisHost::new("h", 7),
            asking,
        };
        for (attempt, fault, next) in [
            (KEPT, &broken, Next::Reconnect),
            (NEW, &broken, Next::GiveUp),
            (KEPT, &replica, Next::Reconnect),
            (NEW, &replica, Next::GiveUp),
            (KEPT, &read_only, Next::Reconnect),
            (NEW, &read_only, Next::GiveUp),
            (NEW, &no_script, Next::LoadScript),
            (KEPT, &no_script, Next::LoadScript),
            (WITH_SCRIPTS, &no_script, Next::GiveUp),
            (
                NEW,
                &RedisFault::Series(SeriesFault::Missing),
                Next::WriteBack,
            ),
            (IN_CLUSTER, &moved, follow(false)),
            (IN_CLUSTER, &ask, follow(true)),
            (NEW, &moved, Next::GiveUp),
            (KEPT, &ask, Next::GiveUp),
            (IN_CLUSTER, &refused("TRYAGAIN", "no"), Next::Pause),
            (NEW, &refused("CLUSTERDOWN", "no"), Next::Pause),
            // Of unknown fate, or granted and given up: another attempt is the caller's to make.
            (KEPT, &no_answer, Next::GiveUp),
            (KEPT, &garbled, Next::GiveUp),
            (KEPT, &too_few, Next::GiveUp),
            (KEPT, &refused("OOM", "no"), Next::GiveUp),
            (KEPT, &refused("LOADING", "no"), Next::GiveUp),
        ] {
            assert_eq!(Next::after(attempt, fault), next, "{attempt:?} {fault}");
        }
    }
}
