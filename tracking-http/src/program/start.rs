//! From a configuration to a server that may run: all that can fail, before anything is promised.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tracking_core::series::is_here;
use tracking_core::{Desk, Generator, OpenError, OpenStore, SeriesOptions, StoreUrl, open_store};
use tracking_ledger::{Ledger, Recorder};
use tracking_programs::args::LedgerArgs;
use tracking_programs::remedies::InOurWords;

use crate::call::{App, Gate, GateConfig, Options};
use crate::program::args::Config;
use crate::program::start_error::StartError;
use crate::program::welcome::Welcome;
use crate::serve::{Limits, Listen, Listener, UnixSocket, raise_for};
use crate::watch::aside::aside;
use crate::watch::metrics::{Metrics, Observed, TokensRead};

/// How many connections the system holds until they are accepted, if it is set to hold so many. One more
/// is dropped, and its client asks again after a second.
const QUEUE: u32 = 4_096;

/// A server that may [run](crate::run).
#[derive(Debug)]
pub struct Started {
    /// What answers requests.
    pub app: App,
    /// Where they come in.
    pub listener: Listener,
    /// What clients may take.
    pub limits: Limits,
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
    let (listener, listen) = match listen(&config.listen) {
        Ok(listening) => listening,
        Err(source) => {
            let listen = config.listen;
            return Err(StartError::Listen { listen, source });
        }
    };
    // As for the address.
    let gate = Arc::new(open_gate(config.gate)?);
    // As for the address, again: without its ledger it issues nothing.
    let (ledger, ledger_warnings) = open_ledger(config.ledger, gate.count().is_some()).await?;
    let recorder = ledger.map(Recorder::start).transpose();
    let recorder = recorder.map_err(StartError::Runtime)?;
    let (store, mut warnings) = open_series(config.store.clone(), config.series).await?;
    warnings.extend(ledger_warnings);
    warnings.extend(gate.warning());
    let mut limits = config.limits;
    let possible = raise_for(limits.max_connections);
    if possible < limits.max_connections {
        warnings.push(format!(
            "at most {possible} connections are open at once, since the system gives the process no more files: raise `ulimit -Hn`, or lower --max-connections"
        ));
        limits.max_connections = possible;
    }
    let welcome = Welcome::new(listen, &config.store, &*store, gate.count());
    let metrics = Arc::new(Metrics::new());
    if gate.count().is_some() {
        metrics.tokens_read(TokensRead::Taken);
    }
    let observed = Observed::new(store, Arc::clone(&metrics));
    let options = Options {
        ledger: recorder,
        cors_origins: config.cors_origins,
        gate,
        metrics,
        #[cfg(feature = "console")]
        console: config.console,
    };
    let desk = Desk::new(Generator::new(observed)).with_zone(config.zone);
    let app = App::new(desk, options);
    Ok(Started {
        app,
        listener,
        limits,
        warnings,
        welcome,
    })
}

/// Who may.
pub(super) fn open_gate(config: GateConfig) -> Result<Gate, StartError> {
    Ok(Gate::new(config)?)
}

/// The ledger, if there is to be one, and what the operator should know of it.
pub(super) async fn open_ledger(
    args: LedgerArgs,
    needs_tokens: bool,
) -> Result<(Option<Arc<dyn Ledger>>, Vec<String>), StartError> {
    let Some(ledger) = blocking(move || args.open()).await?? else {
        return Ok((None, Vec::new()));
    };
    let told = Arc::clone(&ledger);
    let mut warnings = blocking(move || told.warnings()).await??;
    if !needs_tokens {
        warnings.push("callers without a token share one space of keys: an Idempotency-Key that two of them take, such as 1, is one number for two parcels; let each take random ones, or give each a token (--tokens)".to_owned());
    }
    Ok((Some(ledger), warnings))
}

/// The series in its store, and what the operator should know of that.
pub(super) async fn open_series(
    url: StoreUrl,
    series: SeriesOptions,
) -> Result<(Box<dyn OpenStore>, Vec<String>), StartError> {
    let open = move || -> Result<_, OpenError> {
        let store = open_store(&url, &series)?;
        is_here(&store)?;
        Ok(store)
    };
    let store = blocking(open).await??;
    let told = store.warnings();
    let warnings = told.iter().map(|warning| InOurWords(warning).to_string());
    let warnings = warnings.collect();
    Ok((store, warnings))
}

/// On a thread of its own: a signal that is caught breaks off what the thread waits for that hears of it, and
/// that is the one that runs all else.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StartError> {
    aside(work).await.map_err(StartError::Runtime)
}

/// As `TcpListener::bind` does it, but with a longer queue.
fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The port of a server that has just ended.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// A listener, and where it listens in the end.
fn listen(listen: &Listen) -> io::Result<(Listener, Listen)> {
    Ok(match listen {
        Listen::Tcp(address) => {
            let listener = tcp(*address)?;
            let address = listener.local_addr()?;
            (listener.into(), Listen::Tcp(address))
        }
        Listen::Unix(path) => (UnixSocket::bind(path)?.into(), listen.clone()),
    })
}
