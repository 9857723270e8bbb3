//! Why a server does not start.

use std::io;

use tracking_core::OpenError;
use tracking_ledger::LedgerError;
use tracking_programs::args::{ArgsError, LedgerArgsError};
use tracking_programs::remedies::InOurWords;
use tracking_programs::tokens::TokenRateError;
use tracking_programs::tokens::file::TokenFileError;

use crate::serve::Listen;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store or series that the flags name can't be.
    #[error(transparent)]
    Args(#[from] ArgsError),
    /// Other hosts could take numbers, and nobody said that they may.
    #[error(
        "whoever reaches {0} could take numbers; say with --tokens who may, listen on a loopback address such as {default}, or say --allow-anonymous",
        default = Listen::DEFAULT
    )]
    Anonymous(Listen),
    /// `*` allows every origin, and others are named beside it.
    #[error("--cors-origin '*' allows every origin: name no other beside it")]
    AnyOriginAndOthers,
    /// Everybody may, and only some may.
    #[error(
        "--allow-anonymous lets everybody in, --tokens those who have one; say one of them (TRACKING_ALLOW_ANONYMOUS and TRACKING_TOKENS count, too)"
    )]
    AnonymousWithTokens,
    /// The file of tokens can't be used.
    #[error(transparent)]
    Tokens(#[from] TokenFileError),
    /// The rate of addresses is none.
    #[error("{}: {source}", flag(*source))]
    AddressRate {
        /// Why it is none.
        #[from]
        source: TokenRateError,
    },
    /// The address can't be had.
    #[error("cannot listen on {listen}: {}", reason(listen, source))]
    Listen {
        /// The address.
        listen: Listen,
        /// Why not.
        source: io::Error,
    },
    /// The series can't be opened.
    #[error("{}", InOurWords(.0))]
    Open(#[from] OpenError),
    /// The ledger can't be used.
    #[error(transparent)]
    Ledger(#[from] LedgerArgsError),
    /// The system gave no threads, or no signals.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

fn flag(error: TokenRateError) -> &'static str {
    match error {
        TokenRateError::Burst => "--address-burst",
        _ => "--address-rate",
    }
}

fn reason(listen: &Listen, error: &io::Error) -> String {
    match (listen, error.kind()) {
        (Listen::Unix(_), io::ErrorKind::AddrInUse) => {
            "another program does so already; choose another path with --listen".to_owned()
        }
        (Listen::Unix(_), io::ErrorKind::AlreadyExists) => {
            "what stands there is no socket; choose another path with --listen".to_owned()
        }
        (Listen::Unix(_), _) => error.to_string(),
        (_, io::ErrorKind::AddrInUse) => {
            "another program does so already; choose another port with --listen".to_owned()
        }
        (Listen::Tcp(address), io::ErrorKind::PermissionDenied) if address.port() < 1024 => {
            "this user may not; choose a port above 1023 with --listen".to_owned()
        }
        _ => error.to_string(),
    }
}

impl From<LedgerError> for StartError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

impl StartError {
    /// The exit code of the program: 2 for wrong usage, 3 if it could not start.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Args(error) if error.is_usage() => 2,
            Self::Anonymous(_)
            | Self::AnonymousWithTokens
            | Self::AnyOriginAndOthers
            | Self::AddressRate { .. } => 2,
            Self::Ledger(error) if error.is_usage() => 2,
            Self::Tokens(TokenFileError::Wrong { .. }) => 2,
            Self::Args(_)
            | Self::Listen { .. }
            | Self::Tokens(_)
            | Self::Open(_)
            | Self::Ledger(_)
            | Self::Runtime(_) => 3,
        }
    }
}
