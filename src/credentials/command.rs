//! `credential_command` of a profile: a program of the user's that keeps the logins in the place
//! of `credentials.json`, for machines that come and go and share one login.
//!
//! It is run as `PROGRAM … get` and `PROGRAM … store VERSION`. `get` writes a version of its own
//! choosing on the first line and the document of the logins behind it (nothing at all: there are
//! none). `store` takes the new document on standard input, and takes it only while the version is
//! still the one given (`-`: there was none); 0 means that it is kept, and the new version is
//! written, 75 that somebody else's is there. Secrets go through the pipes and nowhere else.

use crate::core::child::{self, ChildLimits, NoAnswer};
use crate::core::clock::SystemClock;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::process;
use crate::core::signals::Interrupt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

/// What one run may take; no document of logins comes near this size.
const LIMITS: ChildLimits = ChildLimits { longest: Duration::from_secs(30), largest: 1024 * 1024 };
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
    Conflict,
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
    pub fn from_words(words: &[String], profile: &str) -> Option<Self> {
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
            Some(SOMEBODY_ELSES) => Ok(Stored::Conflict),
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
            // It has nothing to do with the servers, whose URLs may hold a password.
            .env_remove(env::LEDGER_URL)
            .env_remove(env::STATE_URL)
            .args(first)
            .args(arguments)
            .env(env::CREDENTIAL_PROFILE, &self.profile)
            .stderr(Stdio::inherit());
        let clock = SystemClock::new(interrupt.clone());
        child::ask(&mut command, input, LIMITS, &clock).map_err(|why| match why {
            NoAnswer::NotStarted(cause) => self
                .unusable(&format!("it cannot be run: {cause}"))
                .because(anyhow::Error::new(cause)),
            NoAnswer::Late => self.unusable("it did not end within 30 s"),
            // Something that it started may hold its output open for as long as it likes.
            NoAnswer::HeldOpen => self.unusable("its output was not closed within 30 s"),
            NoAnswer::TooLarge => self.unusable("its answer is larger than a megabyte"),
            NoAnswer::Lost(cause) => {
                self.unusable("it cannot be listened to").because(anyhow::Error::new(cause))
            }
            NoAnswer::Stopped(signal) => Failure::new(
                signal.class(),
                "interrupted while the credential command ran; nothing was sent",
            ),
        })
    }

    /// Class `config`: what is wrong with it.
    pub fn unusable(&self, why: &str) -> Failure {
        Failure::config(format!(
            "the credential command '{}' cannot be used: {why}",
            self.name().escape_debug()
        ))
        .hint(format!(
            "Fix it, or take credential_command out of the profile '{}' in config.toml.",
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
