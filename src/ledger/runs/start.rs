//! How a command is started so that its files say whether it was, whatever is killed when.
//!
//! The watcher starts this program once more, under another name, in the place where the command
//! will be: that process notes the start and becomes the command. A watcher that is killed before
//! has started nothing; one that is killed afterwards takes nothing of the start along. Where the
//! command cannot be started the note is taken back, and the reason is the exit code: the number
//! that the system has for it.

use crate::core::{files, process};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name that this program has while it starts a command.
const NAME: &str = "topup-ledger-start";
/// This program itself, also where its file was replaced meanwhile.
const ITSELF: &str = "/proc/self/exe";

/// What starts the command of a run.
#[derive(Debug)]
pub struct Starter {
    pub(super) begun: PathBuf,
    pub(super) running: PathBuf,
    /// The file that takes the cost of the command.
    pub cost_file: PathBuf,
    /// The number under which that file is open already.
    pub cost_number: i32,
}

impl Starter {
    /// The process that will be the command, not yet started.
    ///
    /// # Errors
    /// The file of this program cannot be found.
    pub fn command(&self, program: &OsStr, arguments: &[OsString]) -> io::Result<Command> {
        let itself = Path::new(ITSELF);
        let itself = if itself.exists() { itself.to_owned() } else { std::env::current_exe()? };
        let mut command = process::command(itself);
        command.arg0(NAME).args([&self.begun, &self.running]).arg(program).args(arguments);
        Ok(command)
    }

    /// Notes that the command was started, as the process does that becomes it.
    #[cfg(test)]
    pub(crate) fn note_start(&self) {
        fs::rename(&self.begun, &self.running).expect("noted");
    }
}

/// Becomes the command, where this process was started for that. Comes back with an exit code where
/// it cannot, and with none where it is another process.
pub fn started_as(argv: &[OsString]) -> Option<u8> {
    started_with(argv, |program, arguments| Command::new(program).args(arguments).exec())
}

/// The same with what becomes the command handed in: an `exec` that fails leaves a process behind that
/// a broken pipe kills, which only one that ends at once can bear.
pub(super) fn started_with(
    argv: &[OsString],
    exec: impl FnOnce(&OsStr, &[OsString]) -> io::Error,
) -> Option<u8> {
    let (name, argv) = argv.split_first()?;
    let [begun, running, program, arguments @ ..] = argv else { return None };
    if name != NAME {
        return None;
    }
    let cause = become_command(Path::new(begun), Path::new(running), || exec(program, arguments));
    Some(cause.raw_os_error().and_then(|number| u8::try_from(number).ok()).unwrap_or(u8::MAX))
}

fn become_command(begun: &Path, running: &Path, exec: impl FnOnce() -> io::Error) -> io::Error {
    let noted = fs::rename(begun, running)
        .and_then(|()| running.parent().map_or(Ok(()), files::sync_folder));
    let cause = match noted {
        Ok(()) => exec(),
        Err(cause) => cause,
    };
    // It was not started. Where not even this can be noted the estimate is recorded.
    let _ = fs::rename(running, begun);
    cause
}
