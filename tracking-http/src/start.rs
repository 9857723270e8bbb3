//! From a configuration to a server that may run: all that can fail, before anything is promised.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tracking_core::args::ArgsError;
use tracking_core::{Generator, OpenError, Store, open_store};

use crate::app::App;
use crate::args::Config;
use crate::listen::Listen;
use crate::welcome::Welcome;

/// A server that may [run](crate::run).
#[derive(Debug)]
pub struct Started {
    /// What answers requests.
    pub app: App,
    /// Where they come in.
    pub listener: TcpListener,
    /// What the operator should know about the store, a line each.
    pub warnings: Vec<String>,
    /// What the user is told.
    pub welcome: Welcome,
}

/// Take the address, and open the store.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config) -> Result<Started, StartError> {
    // The address first: a second server that was started by mistake must create no series.
    let Listen::Tcp(address) = config.listen;
    let listen_error = |source| StartError::Listen {
        listen: config.listen,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let store: Arc<dyn Store> = open_store(&config.store, &config.series)?.into();
    let warnings = store.warnings();
    let welcome = Welcome::new(address, &config.store, &store);
    let app = App::new(Generator::new(Arc::clone(&store)), config.zone).with_store(store);
    Ok(Started {
        app,
        listener,
        warnings,
        welcome,
    })
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store or series that the flags name can't be.
    #[error(transparent)]
    Args(#[from] ArgsError),
    /// Other hosts could take numbers, and nobody said that they may.
    #[error(
        "whoever reaches {0} could take numbers; listen on a loopback address such as {default}, or say --allow-anonymous",
        default = Listen::DEFAULT
    )]
    Anonymous(Listen),
    /// The address can't be had.
    #[error("cannot listen on {listen}: {}", reason(source))]
    Listen {
        /// The address.
        listen: Listen,
        /// Why not.
        source: io::Error,
    },
    /// The series can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system gave no threads, or no signals.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program does so already; choose another port with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "this user may not; choose a port above 1023 with --listen".to_owned()
        }
        _ => error.to_string(),
    }
}

impl StartError {
    /// The exit code of the program: 2 for wrong usage, 3 if it could not start.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Args(error) if error.is_usage() => 2,
            Self::Anonymous(_) => 2,
            Self::Args(_) | Self::Listen { .. } | Self::Open(_) | Self::Runtime(_) => 3,
        }
    }
}
