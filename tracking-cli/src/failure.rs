//! Why a command ended otherwise than well, and the exit code for it.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; also where the reader of a pipe went away |
//! | 1 | the answer is no |
//! | 2 | wrong usage |
//! | 3 | it could not be done, or not be decided |
//! | 130 | stopped by Ctrl-C (SIGINT) |
//! | 143 | stopped by SIGTERM |

use std::fmt::Display;

use tracking_core::order::OrderErrors;
use tracking_core::{AllocateError, OpenError};
use tracking_ledger::{IssueError, LedgerError};
use tracking_programs::args::{ArgsError, LedgerArgsError};
use tracking_programs::remedies::InOurWords;

/// Why a command ended otherwise than well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no. The results say so; there is nothing to add.
    Refused,
    /// The command line is wrong.
    Usage(String),
    /// The order is wrong, in each of these ways.
    Order(OrderErrors),
    /// It could not be done, or not be decided.
    Undone(String),
    /// This signal.
    Stopped(u8),
    /// The reader of standard output went away.
    PipeClosed,
}

impl Failure {
    /// An [`Undone`](Self::Undone) that shows an error.
    pub(crate) fn undone(error: impl Display) -> Self {
        Self::Undone(error.to_string())
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::PipeClosed => 0,
            Self::Refused => 1,
            Self::Usage(_) | Self::Order(_) => 2,
            Self::Undone(_) => 3,
            // As shells have it for a process that the signal killed.
            Self::Stopped(signal) => 128 + signal,
        }
    }

    /// What there is to say about it on standard error.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Refused | Self::Stopped(_) | Self::PipeClosed => Vec::new(),
            Self::Usage(message) | Self::Undone(message) => vec![message.clone()],
            Self::Order(errors) => errors
                .iter()
                .map(|error| {
                    let option = error.parameter().replace('_', "-");
                    format!("--{option}: {}", error.message())
                })
                .collect(),
        }
    }
}

impl From<ArgsError> for Failure {
    fn from(error: ArgsError) -> Self {
        if error.is_usage() {
            Self::Usage(error.to_string())
        } else {
            Self::undone(error)
        }
    }
}

impl From<LedgerArgsError> for Failure {
    fn from(error: LedgerArgsError) -> Self {
        if error.is_usage() {
            Self::Usage(error.to_string())
        } else {
            Self::undone(error)
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::OtherFilter => Self::Usage(error.to_string()),
            error => Self::undone(error),
        }
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Allocate(error) => error.into(),
            IssueError::Ledger(error) => error.into(),
            IssueError::KeyReused => Self::Usage(
                "the idempotency key was used for another request: expected the same order, count and reference; take a new --idempotency-key for a new request".to_owned(),
            ),
            error => Self::undone(error),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::undone(InOurWords(&error))
    }
}

impl From<AllocateError> for Failure {
    fn from(error: AllocateError) -> Self {
        Self::undone(InOurWords(&error))
    }
}

impl From<OrderErrors> for Failure {
    fn from(errors: OrderErrors) -> Self {
        Self::Order(errors)
    }
}
