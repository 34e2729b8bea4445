//! Standard output: what is written there, and whether it arrived.

#[cfg(unix)]
use super::closed;
use crate::core::failure::{Failure, Result};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of the answer standard output has got.
pub(super) enum Given {
    /// None of it.
    Nothing,
    /// A part of a document, and what closes its `data`.
    Part(&'static str),
    /// All of it.
    Whole,
}

static GIVEN: Mutex<Given> = Mutex::new(Given::Nothing);

/// Writes a piece of the answer, after which so much of it is given.
pub(super) fn giving<T>(given: Given, write: impl FnOnce() -> T) -> T {
    let mut now = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let written = write();
    *now = given;
    written
}

/// How much is given, for the last words of this process: as long as this lives no other thread goes
/// on with the answer. None in the middle of a piece.
pub(super) fn given_at_last() -> Option<MutexGuard<'static, Given>> {
    GIVEN.try_lock().ok()
}

/// Writes to standard output, and knows whether it arrived.
///
/// # Errors
/// Class `config` when standard output is closed or full.
pub fn write_out(text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    check_open()?;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(undelivered)
}

/// Whether standard output is there.
///
/// # Errors
/// Class `config`: it is closed.
pub(super) fn check_open() -> Result<()> {
    #[cfg(unix)]
    if closed::stdout_was_closed() {
        // The null stream of Python and that of Node are open for reading too, as what the runtime
        // puts in the place of a closed one.
        return Err(Failure::config("standard output is closed: the answer could not be printed")
            .hint(
                "To throw the answer away, open /dev/null for writing only, as '>/dev/null' does.",
            ));
    }
    Ok(())
}

/// What standard output did not take.
pub(super) fn undelivered(cause: io::Error) -> Failure {
    Failure::config(format!("the answer could not be written to standard output: {cause}"))
        .because(anyhow::Error::new(cause))
}
