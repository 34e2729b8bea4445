//! What this process is to the system, settled before anything else happens: it leaves no image of
//! its memory behind, a file that has grown to the limit is a failed write and not the end, and a
//! mistake of this program is an answer like any other.
//!
//! Standard input, output and error are always there: where one of them was closed the runtime has
//! put `/dev/null` in its place before `main`, so that no file and no socket ever gets its number.

use crate::core::env;
use crate::core::failure::{Failure, Result};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

thread_local! {
    /// Where this thread gave up.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The limit of core dumps that this process was started with.
static CORES: OnceLock<Rlimit> = OnceLock::new();

/// The name of this machine.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Settles it. What the system refuses is left as it was: nothing depends on it.
pub fn settle() {
    let before = CORES.get_or_init(|| getrlimit(Resource::Core));
    set_cores(Some(0), before);
    // The signal would end this process between the charge and its entry in the journal; with a
    // handler the write fails instead, like any other, and no child inherits a handler.
    let _ =
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // The words of a panic may come from a server or hold a secret: only its place is printed.
    panic::set_hook(Box::new(|found| {
        let place = found.location().map(|at| format!("{}:{}", at.file(), at.line()));
        PLACE.with_borrow_mut(|kept| *kept = place);
    }));
}

/// Runs it to its end. Where it gives up half-way by a mistake of this program, that is an error
/// of class `internal`, reported like any other.
///
/// # Errors
/// Its own, and class `internal`.
pub fn contained<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        let place =
            PLACE.with_borrow_mut(Option::take).unwrap_or_else(|| "an unknown place".into());
        Err(Failure::internal(format!("topup stopped because of a bug, at {place}"))
            .hint("Please report this line and the command that was typed."))
    })
}

/// Where programs are when no `PATH` is set.
const USUAL_PATH: &str = "/bin:/usr/bin";

/// Checks that a program could be started, where the folders of `PATH` are these.
///
/// # Errors
/// Those that the system would start it with.
pub fn check_program(program: &OsStr, path: Option<&OsStr>) -> io::Result<()> {
    if program.as_encoded_bytes().contains(&b'/') {
        return check_runs(Path::new(program));
    }
    let mut why = io::Error::from(Errno::NOENT);
    for folder in std::env::split_paths(path.unwrap_or(OsStr::new(USUAL_PATH))) {
        match check_runs(&folder.join(program)) {
            Ok(()) => return Ok(()),
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => why = cause,
            Err(_) => {}
        }
    }
    Err(why)
}

fn check_runs(program: &Path) -> io::Result<()> {
    access(program, Access::EXEC_OK)?;
    if program.is_dir() { Err(Errno::ACCESS.into()) } else { Ok(()) }
}

/// A program of the user's, not yet started. It does not inherit secrets that were given to this
/// process alone.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for secret in env::SECRETS {
        command.env_remove(secret);
    }
    command
}

/// Starts it. Its core dumps are its own affair.
///
/// # Errors
/// It cannot be started.
pub fn start(command: &mut Command) -> io::Result<Child> {
    let Some(before) = CORES.get() else { return command.spawn() };
    set_cores(before.current, before);
    let started = command.spawn();
    set_cores(Some(0), before);
    started
}

fn set_cores(current: Option<u64>, before: &Rlimit) {
    let _ = setrlimit(Resource::Core, Rlimit { current, maximum: before.maximum });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_where_the_system_finds_it() {
        let folders = OsStr::new("/nowhere:/bin");
        let check = |program: &str| check_program(OsStr::new(program), Some(folders));
        for there in ["sh", "/bin/sh"] {
            assert!(check(there).is_ok(), "{there}");
        }
        for (missing, why) in [
            ("no-such-program", Errno::NOENT),
            ("/bin/no-such-program", Errno::NOENT),
            ("/bin", Errno::ACCESS),
            ("/etc/passwd", Errno::ACCESS),
            ("", Errno::ACCESS),
        ] {
            let refused = check(missing).expect_err(missing);
            assert_eq!(refused.raw_os_error(), Some(why.raw_os_error()), "{missing}");
        }
        assert!(check_program(OsStr::new("sh"), None).is_ok(), "where programs usually are");
    }
    use crate::core::class::Class;

    #[test]
    fn a_mistake_of_this_program_is_an_error_that_repeats_nothing() {
        let error = contained::<()>(|| panic!("tok-secret")).expect_err("an error");
        assert_eq!(error.class(), Class::Internal);
        assert!(!format!("{error:?}").contains("tok-secret"));
        assert_eq!(contained(|| Ok(7)).expect("its own"), 7);
    }
}
