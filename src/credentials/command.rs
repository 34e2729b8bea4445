//! `credential_command` of a profile: a program of the user's that keeps the logins in the place
//! of `credentials.json`, for machines that come and go and share one login.
//!
//! It is run as `PROGRAM … get` and `PROGRAM … store VERSION`. `get` writes a version of its own
//! choosing on the first line and the document of the logins behind it (nothing at all: there are
//! none). `store` takes the new document on standard input, and takes it only while the version is
//! still the one given (`-`: there was none); 0 means that it is kept, and the new version is
//! written, 75 that somebody else's is there. Secrets go through the pipes and nowhere else.

use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::process;
use crate::core::signals::{Interrupt, Stopped};
use std::io::{self, Read, Write};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

/// How long one run may take.
const LONGEST_RUN: Duration = Duration::from_secs(30);
/// How often a waiting process looks whether it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// No document of logins comes near this size.
const LONGEST: u64 = 1024 * 1024;
/// What `store` ends with when the version is another one by now (`EX_TEMPFAIL`).
const SOMEBODY_ELSES: i32 = 75;
/// The version that stands for none.
const NONE: &str = "-";

/// The program and its first arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialCommand {
    words: Vec<String>,
    profile: String,
}

/// What came of `store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is kept.
    Kept {
        /// Its version, where the program said it.
        version: Option<String>,
    },
    /// Somebody else's is there by now.
    Raced,
}

/// What `get` gave.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The version, for the next `store`.
    pub version: Option<String>,
    /// The document; empty when there is none.
    pub document: Vec<u8>,
}

impl CredentialCommand {
    /// The command of this profile; `None` where none is set.
    pub fn of(words: &[String], profile: &str) -> Option<Self> {
        (!words.is_empty()).then(|| Self { words: words.to_vec(), profile: profile.to_owned() })
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Asks for the logins.
    ///
    /// # Errors
    /// Class `config` when it cannot be run, fails or answers nonsense, or the class of a signal.
    pub fn get(&self, interrupt: &Interrupt) -> Result<Kept> {
        let (status, out) = self.run(&["get"], &[], interrupt)?;
        if !status.success() {
            return Err(self.unusable(&format!("'get' ended with {status}")));
        }
        if out.iter().all(u8::is_ascii_whitespace) {
            return Ok(Kept::default());
        }
        let mut lines = out.splitn(2, |byte| *byte == b'\n');
        // What it says is never shown: there may be a token in it.
        let version = version_in(lines.next().unwrap_or_default()).ok_or_else(|| {
            self.unusable("the first line that 'get' wrote is no version (one word)")
        })?;
        let document = lines.next().unwrap_or_default().trim_ascii().to_vec();
        Ok(Kept { version: Some(version).filter(|version| version != NONE), document })
    }

    /// Keeps this document in the place of the one of that version, unless that was replaced.
    ///
    /// # Errors
    /// As [`CredentialCommand::get`].
    pub fn store(
        &self,
        version: Option<&str>,
        document: &[u8],
        interrupt: &Interrupt,
    ) -> Result<Stored> {
        let arguments = ["store", version.unwrap_or(NONE)];
        let (status, out) = self.run(&arguments, document, interrupt)?;
        match status.code() {
            Some(0) => Ok(Stored::Kept { version: version_in(&out) }),
            Some(SOMEBODY_ELSES) => Ok(Stored::Raced),
            _ => Err(self.unusable(&format!("'store' ended with {status}"))),
        }
    }

    fn run(
        &self,
        arguments: &[&str],
        input: &[u8],
        interrupt: &Interrupt,
    ) -> Result<(ExitStatus, Vec<u8>)> {
        let (program, first) = self
            .words
            .split_first()
            .ok_or_else(|| Failure::internal("a credential command without a program"))?;
        let mut command = process::command(program);
        command
            // It has nothing to do with the ledger, whose URL may hold a password.
            .env_remove(env::LEDGER_URL)
            .args(first)
            .args(arguments)
            .env(env::CREDENTIAL_PROFILE, &self.profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = process::start(&mut command).map_err(|cause| {
            self.unusable(&format!("it cannot be run: {cause}")).because(anyhow::Error::new(cause))
        })?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let input = input.to_vec();
        // Fed and read at the side, so that neither a full pipe nor a silent program stops the
        // clock here. A program that does not read what it is given is no failure of ours.
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let (told, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.map(|out| out.take(LONGEST + 1).read_to_end(&mut bytes)).transpose();
            let _ = told.send(read.map(|_| bytes));
        });
        let end = Instant::now() + LONGEST_RUN;
        let late = "it did not end within 30 s";
        let status = self.until(end, interrupt, late, || child.try_wait()).inspect_err(|_| {
            let _ = child.kill();
            let _ = child.wait();
        })?;
        // Something that it started may hold its output open for as long as it likes.
        let late = "its output was not closed within 30 s";
        let out = self.until(end, interrupt, late, || match answer.try_recv() {
            Ok(read) => read.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        })?;
        if out.len() as u64 > LONGEST {
            return Err(self.unusable("its answer is larger than a megabyte"));
        }
        Ok((status, out))
    }

    /// Looks until there is something, for a bounded time.
    fn until<T>(
        &self,
        end: Instant,
        interrupt: &Interrupt,
        late: &str,
        mut look: impl FnMut() -> io::Result<Option<T>>,
    ) -> Result<T> {
        loop {
            let seen = look().map_err(|cause| {
                self.unusable("it cannot be listened to").because(anyhow::Error::new(cause))
            })?;
            if let Some(seen) = seen {
                return Ok(seen);
            }
            if Instant::now() >= end {
                return Err(self.unusable(late));
            }
            if let Err(Stopped::Signal(signal)) = interrupt.sleep(LOOK) {
                let message = "interrupted while the credential command ran; nothing was sent";
                return Err(Failure::new(signal.class(), message));
            }
        }
    }

    /// Class `config`: what is wrong with it.
    pub fn unusable(&self, why: &str) -> Failure {
        Failure::config(format!(
            "the credential command '{}' cannot be used: {why}",
            self.name().escape_debug()
        ))
        .hint(format!(
            "Mend it, or take credential_command out of the profile '{}' in config.toml.",
            self.profile.escape_debug()
        ))
    }
}

/// A version: one word of visible ASCII.
fn version_in(line: &[u8]) -> Option<String> {
    let word = line.trim_ascii();
    let plain = (1..=200).contains(&word.len()) && word.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(word).ok().filter(|_| plain).map(str::to_owned)
}
