//! A progress bar for those who wait.

use std::fmt;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::Output;

/// What takes less needs no bar.
const DELAY: Duration = Duration::from_secs(1);
const STYLE: &str = "{human_pos} of {human_len} {wide_bar} {rate}/s, {eta} left";

/// A progress bar on standard error: if that is a terminal, if the numbers do not go to the
/// terminal themselves, and once it has taken a second. It is wiped away when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn of_numbers(count: u64, output: &Output) -> Self {
        let wanted = !output.is_terminal() && io::stderr().is_terminal();
        let bar = wanted
            .then(|| ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden()));
        Self { bar }
    }

    /// So many are done.
    pub(crate) fn at(&self, done: u64) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(done);
        if bar.is_hidden() && bar.elapsed() >= DELAY {
            if let Ok(style) = ProgressStyle::with_template(STYLE) {
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
