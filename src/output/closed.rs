//! Notices a standard output that was closed before this process began.
//!
//! The runtime opens `/dev/null` in the place of a closed stream, so that writing to it succeeds
//! and the answer is silently lost. Such a stream differs from a `/dev/null` that the user chose:
//! it is open for reading too, and standard input is not the same open file. A service
//! that runs with all its streams on one `/dev/null` has chosen so, and is left alone; where
//! standard input was closed as well the two cannot be distinguished, and only the exit code shows
//! the outcome. Nor can a `/dev/null` that a caller has opened for reading too, for this stream alone:
//! access mode, flags, position, device and mount are the same.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat, stat};
use std::io;
use std::os::fd::AsFd;

/// Whether standard output was closed, so that what is written to it is lost.
pub fn stdout_was_closed() -> bool {
    let out = io::stdout();
    let Ok(flags) = fcntl_getfl(&out) else { return false };
    flags.contains(OFlags::RDWR) && is_null(&out) && !shares_its_file(&out, flags, &io::stdin())
}

fn is_null(stream: &impl AsFd) -> bool {
    match (fstat(stream), stat("/dev/null")) {
        (Ok(found), Ok(null)) => found.st_rdev == null.st_rdev && found.st_ino == null.st_ino,
        _ => false,
    }
}

/// Status flags belong to the open file: a flag set through one stream is seen through another
/// only when both are the same open file. On `/dev/null` the flag itself means nothing.
fn shares_its_file(out: &impl AsFd, flags: OFlags, other: &impl AsFd) -> bool {
    if !is_null(other) || fcntl_setfl(out, flags | OFlags::APPEND).is_err() {
        return false;
    }
    let shared = fcntl_getfl(other).is_ok_and(|seen| seen.contains(OFlags::APPEND));
    let _ = fcntl_setfl(out, flags);
    shared
}
