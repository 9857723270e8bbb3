//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::failure::Failure;

/// Whether Ctrl-C was pressed since this was made. A second one ends the process at once, in case
/// it waits for a reader who does not read.
#[derive(Debug)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
}

impl Interrupt {
    pub(crate) fn register() -> Result<Self, Failure> {
        let pressed = Arc::new(AtomicBool::new(false));
        let code = Failure::Interrupted.exit_code().into();
        // The order matters: the first signal must find the flag unset here.
        flag::register_conditional_shutdown(SIGINT, code, Arc::clone(&pressed))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&pressed)))
            .map_err(|error| Failure::Undone(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(Self { pressed })
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        // Nothing else is shared with the handler, so there is nothing to order.
        if self.pressed.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        Ok(())
    }
}
