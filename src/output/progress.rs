//! What goes on while something is waited for: a spinner with the elapsed time on standard error,
//! on a terminal only. In a pipe, in a log and under `--quiet` there is nothing.

use super::aside;
use crate::core::escape;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether there is a spinner on the terminal.
static SPINS: AtomicBool = AtomicBool::new(false);

/// A line that says what is being waited for; gone when dropped.
pub struct TerminalProgress {
    bar: ProgressBar,
}

impl TerminalProgress {
    /// A spinner on standard error, or nothing.
    pub fn new(visible: bool, color: bool) -> Self {
        if !visible {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = if color {
            "{spinner:.cyan} {msg} {elapsed:.dim}"
        } else {
            "{spinner} {msg} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        SPINS.store(true, Ordering::Relaxed);
        Self { bar }
    }

    /// Says what is being waited for.
    pub fn set_message(&self, message: &str) {
        self.bar.set_message(escape::line(message));
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        SPINS.store(false, Ordering::Relaxed);
    }
}

/// Leaves nothing of it on the terminal, where this process ends without a drop.
pub fn clear() {
    if SPINS.load(Ordering::Relaxed) {
        aside::say("\r\u{1b}[K");
    }
}
