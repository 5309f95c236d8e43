//! Talk and progress, on stderr: a bar where a person looks, a line now and then where nobody does.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where stderr is no terminal, progress is told this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Says something to the user. Where nobody can hear it, it is lost.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Progress of one step. Dropping it clears the bar.
#[derive(Debug)]
pub(crate) struct Progress {
    what: String,
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Progress {
    /// Begins a step such as `read accounts.jsonl`.
    pub(crate) fn begin(what: impl Into<String>) -> Progress {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style("{spinner} {msg} {elapsed}"));
            bar.set_message(what.clone());
            bar
        });
        if bar.is_none() {
            say(&what);
        }
        Progress { what, bar, told: Instant::now() }
    }

    /// Says how many bytes are done; the total is not known for a pipe.
    pub(crate) fn bytes(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            if let Some(total) = total.filter(|total| bar.length() != Some(*total)) {
                bar.set_length(total);
                bar.set_style(style("{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left"));
            }
            bar.set_position(done);
        } else if LINE_EVERY <= self.told.elapsed() {
            self.told = Instant::now();
            match total {
                Some(total) if 0 < total => say(format_args!("{}: {} %", self.what, 100 * done.min(total) / total)),
                _ => say(format_args!("{}: {} MB", self.what, done / 1_000_000)),
            }
        }
    }

    /// Says how many of how many are done.
    pub(crate) fn count(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            if bar.length() != Some(total) {
                bar.set_length(total);
                bar.set_style(style("{msg} {wide_bar} {human_pos} of {human_len}, {eta} left"));
            }
            bar.set_position(done);
        } else if LINE_EVERY <= self.told.elapsed() {
            self.told = Instant::now();
            say(format_args!("{}: {done} of {total}", self.what));
        }
    }

    /// Says which stage comes next. Stages are few, so each is a line where there is no bar.
    pub(crate) fn stage(&mut self, stage: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("{}: {stage}", self.what));
                bar.tick();
            }
            None => say(format_args!("{}: {stage}", self.what)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The templates are constants; one that does not parse would only look plain.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
