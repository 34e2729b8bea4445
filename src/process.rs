//! What this process is to the system, settled before anything else happens: it leaves no image of
//! its memory behind, and a file that has grown to the limit is a failed write and not the end.
//!
//! Standard input, output and error are always there: where one of them was closed the runtime has
//! put `/dev/null` in its place before `main`, so that no file and no socket ever gets its number.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

/// The limit of core dumps that this process was started with.
static CORES: OnceLock<Rlimit> = OnceLock::new();

/// Settles it. What the system refuses is left as it was: nothing depends on it.
pub fn settle() {
    let before = CORES.get_or_init(|| getrlimit(Resource::Core));
    set_cores(Some(0), before);
    // The signal would end this process between the charge and its entry in the journal; with a
    // handler the write fails instead, like any other, and no child inherits a handler.
    let _ =
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Starts something for somebody else, whose core dumps are their own affair.
pub fn for_others<T>(start: impl FnOnce() -> T) -> T {
    let Some(before) = CORES.get() else { return start() };
    set_cores(before.current, before);
    let started = start();
    set_cores(Some(0), before);
    started
}

fn set_cores(current: Option<u64>, before: &Rlimit) {
    let _ = setrlimit(Resource::Core, Rlimit { current, maximum: before.maximum });
}
