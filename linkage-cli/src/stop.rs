//! Ctrl-C: the first asks the work to stop before it changes anything, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};

/// Whether the user asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that Ctrl-C and a polite kill (SIGTERM) set; the second of either ends the process as it would without this.
    ///
    /// # Errors
    ///
    /// When the system refuses to hand signals over.
    #[cfg(unix)]
    pub(crate) fn on_signals() -> Result<Stop> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        let stop = Stop::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: on the first signal the flag is not set yet when the first of both looks.
            flag::register_conditional_default(signal, Arc::clone(&stop.0)).context("take over signals")?;
            flag::register(signal, Arc::clone(&stop.0)).context("take over signals")?;
        }
        Ok(stop)
    }

    /// A flag that nothing sets: here Ctrl-C ends the process at once, which the store survives too.
    #[cfg(not(unix))]
    pub(crate) fn on_signals() -> Result<Stop> {
        Ok(Stop::default())
    }

    /// The flag, for the linker.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
