//! What this process is to the system, settled before anything else happens: it leaves no image of
//! its memory behind, a file that has grown to the limit is a failed write and not the end, and a
//! bug of this program is answered like any other failure.
//!
//! Standard input, output and error are always there: where one of them was closed the runtime has
//! put `/dev/null` in its place before `main`, so that no file and no socket ever gets its number.

use crate::core::env;
use crate::core::failure::Failure;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsStr;
use std::io;
use std::panic::{self, Location};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A bug is being answered.
static ENDS: AtomicBool = AtomicBool::new(false);

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
}

/// From now on a panic, of whatever thread, is answered by this and ends the process with the exit
/// code that it gives. Nothing is unwound: what this process holds is freed as if it was killed,
/// which every file and every server bears at any moment.
pub fn on_bug(answer: impl Fn(Failure) -> u8 + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |found| {
        if ENDS.swap(true, Ordering::Relaxed) {
            // Another thread answers for all, and ends this one with the process.
            loop {
                thread::park();
            }
        }
        std::process::exit(answer(bug(found.location())).into());
    }));
}

/// The words of a panic may come from a server or hold a secret: only its place is reported.
fn bug(place: Option<&Location<'_>>) -> Failure {
    let place =
        place.map_or("an unknown place".into(), |at| format!("{}:{}", at.file(), at.line()));
    Failure::internal(format!("topup stopped because of a bug, at {place}"))
        .hint("Please report this line and the command that was typed.")
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
    // It was like that before this process, and stays so.
    if before.current == Some(0) {
        return;
    }
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
}
