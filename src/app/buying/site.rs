//! Where purchases of the journal were made, the command that means that place, and which purchase a
//! word means.

use crate::core::command::{Command, TargetFlags};
use crate::core::failure::{Failure, Result};
use crate::core::system::{System, WayIn};
use crate::core::target;
use crate::purchase::journal::Journal;
use crate::purchase::record::{Intent, Purchase};

/// Where a purchase was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The system that sells.
    pub system: System,
    /// The identity of the portal.
    pub origin: String,
    /// The profile, where the journal knows it.
    pub profile: Option<String>,
    /// The whole base URL, where the journal knows it.
    pub base_url: Option<String>,
}

impl Site {
    /// Where this was asked for.
    pub fn from_intent(intent: &Intent) -> Self {
        Self {
            system: intent.system,
            origin: intent.origin.clone(),
            profile: intent.profile.clone(),
            base_url: intent.base_url.clone(),
        }
    }

    /// Whether it is the portal inside this program.
    pub fn is_sandbox(&self) -> bool {
        target::is_sandbox(&self.origin)
    }

    /// The place as people read it.
    pub fn place(&self) -> &str {
        if self.is_sandbox() {
            "the sandbox"
        } else {
            self.base_url.as_deref().unwrap_or(&self.origin)
        }
    }

    /// The flags that mean this place and no other.
    pub fn target(&self) -> TargetFlags {
        let sandbox = self.is_sandbox();
        TargetFlags {
            sandbox,
            provider: Some(self.system.name().to_owned()),
            profile: self.profile.clone().filter(|_| !sandbox),
            portal_url: (!sandbox).then(|| self.place().to_owned()),
            approves_login: sandbox && self.system.facts().way_in == WayIn::Page,
        }
    }

    /// These words as a command that means this place and no other.
    pub fn command<Word: Into<String>>(&self, words: impl IntoIterator<Item = Word>) -> Command {
        let sandbox = self.is_sandbox().then(|| "--sandbox".to_owned());
        let mut command =
            Command::new(sandbox.into_iter().chain(words.into_iter().map(Into::into)));
        command.aim(&self.target());
        command
    }
}

/// The one purchase that a word means.
///
/// # Errors
/// Class `usage` when there is none or several.
pub fn named(journal: &Journal, word: &str) -> Result<Purchase> {
    match journal.matching(word)?.as_slice() {
        [id] => journal.load(*id),
        _ => Err(not_one(word)),
    }
}

/// The failure where it means none or several.
pub fn not_one(word: &str) -> Failure {
    Failure::usage(format!("'{}' matches no single purchase in the journal", word.escape_debug()))
        .hint("'topup history' lists them.")
}
