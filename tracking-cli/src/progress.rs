//! A progress bar for those who wait.

use std::fmt;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::Output;

/// What takes less needs no bar.
const DELAY: Duration = Duration::from_secs(1);

/// A progress bar on standard error: if that is a terminal, if the results do not go to the
/// terminal themselves, and once it has taken a second. It is wiped away when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    style: &'static str,
}

impl Progress {
    /// So many numbers go to an output.
    pub(crate) fn of_numbers(count: u64, output: &Output) -> Self {
        let style = "{human_pos} of {human_len} {wide_bar} {rate}/s, {eta} left";
        Self::new(Some(count), style, !output.is_terminal())
    }

    /// So many bytes or rows are read, if it is known how many; a short report follows.
    pub(crate) fn of_parts(length: Option<u64>) -> Self {
        match length {
            Some(length) => Self::new(Some(length), "{percent} % {wide_bar} {eta} left", true),
            None => Self::new(None, "{bytes} read, {elapsed}", true),
        }
    }

    /// Nobody knows how many there are.
    pub(crate) fn of_unknown(wanted: bool) -> Self {
        Self::new(None, "{human_pos} so far, {rate}/s, {elapsed}", wanted)
    }

    fn new(count: Option<u64>, style: &'static str, wanted: bool) -> Self {
        let wanted = wanted && io::stderr().is_terminal();
        let bar =
            wanted.then(|| ProgressBar::with_draw_target(count, ProgressDrawTarget::hidden()));
        Self { bar, style }
    }

    /// So many are done.
    pub(crate) fn at(&self, done: u64) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(done);
        if bar.is_hidden() && bar.elapsed() >= DELAY {
            if let Ok(style) = ProgressStyle::with_template(self.style) {
                bar.set_style(style.with_key("rate", write_rate));
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

fn write_rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    // Nothing can be done where a bar cannot be drawn.
    let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
