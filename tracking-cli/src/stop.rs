//! Ctrl-C, SIGTERM and SIGXFSZ.
//!
//! What the system does on a signal is mostly right: the process ends. Three things are not. The first
//! process of a container (process 1) gets no signal that it does not catch. `next` ends with a whole
//! line. And a file that may grow no further is an error to be told, rather than the end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::failure::Failure;

/// The signals that end a process, which a user may send.
const ENDING: [i32; 2] = [SIGINT, SIGTERM];

/// Whether one of the signals has come since this was made. A second one ends the process at once, in
/// case it waits for a reader who does not read.
#[derive(Debug)]
pub(crate) struct Stop {
    signal: Arc<AtomicUsize>,
    /// The next signal ends the process.
    at_once: Arc<AtomicBool>,
}

/// Let a write to a file that may grow no further fail with EFBIG, instead of ending the process.
pub(crate) fn survive_full_files() -> Result<(), Failure> {
    flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
    Ok(())
}

/// For commands that a signal may end at any moment: the first process of a container must ask for it.
pub(crate) fn end_at_once() -> Result<(), Failure> {
    if std::process::id() == 1 {
        let always = Arc::new(AtomicBool::new(true));
        for signal in ENDING {
            end_if(signal, &always)?;
        }
    }
    Ok(())
}

impl Stop {
    /// Catch them from now on, to end at once until [`wait`](Self::wait).
    pub(crate) fn register() -> Result<Self, Failure> {
        let stop = Self {
            signal: Arc::default(),
            at_once: Arc::new(AtomicBool::new(true)),
        };
        for signal in ENDING {
            // The order matters: the first signal must find the flag unset here.
            end_if(signal, &stop.at_once)?;
            flag::register(signal, Arc::clone(&stop.at_once)).map_err(failed)?;
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&stop.signal), number).map_err(failed)?;
        }
        Ok(stop)
    }

    /// From now on something is done that must be whole: the first signal waits for
    /// [`check`](Self::check).
    pub(crate) fn wait(&self) {
        self.at_once.store(false, Ordering::Relaxed);
    }

    /// From now on a signal may end the process at any moment.
    pub(crate) fn wait_no_more(&self) -> Result<(), Failure> {
        self.at_once.store(true, Ordering::Relaxed);
        // One that came before that.
        self.check()
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        // Nothing else is shared with the handlers, so there is nothing to order.
        match self.signal.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Failure::Stopped(signal as u8)),
        }
    }
}

fn end_if(signal: i32, at_once: &Arc<AtomicBool>) -> Result<(), Failure> {
    let code = Failure::Stopped(signal as u8).exit_code().into();
    let registered = flag::register_conditional_shutdown(signal, code, Arc::clone(at_once));
    registered.map(drop).map_err(failed)
}

fn failed(error: io::Error) -> Failure {
    Failure::Undone(format!("cannot listen for signals: {error}"))
}
