//! Standard error: what is printed beside the answer. It never stops a purchase: a closed stream is
//! ignored, and a full pipe without a reader is waited for only once, and not for long.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a pipe takes whole as soon as it takes anything (`PIPE_BUF`).
const PIECE: usize = 4096;
/// How long a reader may keep everything waiting before it counts as none.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// To poll without waiting.
const NONE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Whether somebody was waited for in vain.
static DEAF: AtomicBool = AtomicBool::new(false);

/// Says it, where somebody can take it.
pub fn say(text: &str) {
    let mut out = io::stderr().lock();
    // A person who holds the screen still wants everything to wait.
    let holds = out.is_terminal();
    for piece in text.as_bytes().chunks(PIECE) {
        if !(holds || is_free(&out)) || out.write_all(piece).is_err() {
            return;
        }
    }
}

/// Whether the next piece goes out at once.
fn is_free(out: &io::StderrLock<'_>) -> bool {
    let wait = if DEAF.load(Ordering::Relaxed) { NONE } else { PATIENCE };
    let mut polled = [PollFd::new(out, PollFlags::OUT)];
    // A stream that cannot be polled is written to as it is.
    let free = !matches!(poll(&mut polled, Some(&wait)), Ok(0));
    DEAF.store(!free, Ordering::Relaxed);
    free
}
