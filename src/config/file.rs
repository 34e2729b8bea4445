//! `config.toml` as it was read: its profiles, and the systems of one's own.

use super::DEFAULT_PROFILE;
use super::keys::Profile;
use crate::core::failure::{Failure, Result};
use crate::core::files::read_plain;
use crate::core::system::{Catalogue, System};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// No configuration of a person comes near this size.
pub(super) const LARGEST_FILE: u64 = 1024 * 1024;

/// `config.toml`; empty where there is no such file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    keys: FileKeys,
}

/// What may stand in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    default_profile: Option<String>,
    /// Of every profile that names no other.
    state_url: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
    /// Systems of one's own: a row each.
    #[serde(default)]
    systems: BTreeMap<String, toml::Table>,
}

impl ConfigFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self> {
        match read_plain(path, LARGEST_FILE) {
            Ok(text) => Self::parse(path, &text),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                Ok(Self { path: path.to_owned(), keys: FileKeys::default() })
            }
            Err(cause) => {
                Err(Failure::config(format!("{} cannot be read: {cause}", path.display()))
                    .because(anyhow::Error::new(cause))
                    .hint("Make it readable, or move it away."))
            }
        }
    }

    /// No file: there is no folder that it could be in.
    pub fn none() -> Self {
        Self { path: PathBuf::from("config.toml"), keys: FileKeys::default() }
    }

    /// The file with this text.
    ///
    /// # Errors
    /// Class `config`, with the line that cannot be understood.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        Ok(Self { path: path.to_owned(), keys: parse(path, text)? })
    }

    /// The same without the path in the message.
    pub(super) fn try_parse(path: &Path, text: &str) -> Result<Self, toml::de::Error> {
        Ok(Self { path: path.to_owned(), keys: toml::from_str(text)? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every profile, in the order of their names; the default one where there is none.
    pub fn profiles(&self) -> Vec<String> {
        if self.keys.profiles.is_empty() {
            return vec![DEFAULT_PROFILE.to_owned()];
        }
        self.keys.profiles.keys().cloned().collect()
    }

    /// Whether it holds a profile at all.
    pub fn has_profiles(&self) -> bool {
        !self.keys.profiles.is_empty()
    }

    /// The profile that it names for where none is named.
    pub fn default_profile(&self) -> Option<&str> {
        self.keys.default_profile.as_deref()
    }

    /// Where machines share purchases and logins, where it names a place for all profiles.
    pub fn state_url(&self) -> Option<&str> {
        self.keys.state_url.as_deref()
    }

    /// The names of its rows: the systems of one's own.
    pub fn own_systems(&self) -> Vec<String> {
        self.keys.systems.keys().cloned().collect()
    }

    /// The names of its rows, each of which can be used.
    ///
    /// # Errors
    /// Class `config` for the first row that cannot be used.
    pub fn check_systems(&self, systems: &Catalogue) -> Result<Vec<String>> {
        for name in self.keys.systems.keys() {
            self.find_system(name, systems)?;
        }
        Ok(self.own_systems())
    }

    /// The profile of this name; the default one exists even where the file does not have it.
    pub(super) fn profile(&self, name: &str) -> Option<Profile> {
        let usual = || (name == DEFAULT_PROFILE).then(Profile::default);
        self.keys.profiles.get(name).cloned().or_else(usual)
    }

    /// The same, where it has to be there.
    ///
    /// # Errors
    /// Class `config`, naming those that there are.
    pub(super) fn named_profile(&self, name: &str) -> Result<Profile> {
        self.profile(name).ok_or_else(|| {
            let error = Failure::config(format!(
                "there is no profile '{}' in {}",
                name.escape_debug(),
                self.path.display()
            ));
            let error = if self.has_profiles() {
                error.hint(format!("Available: {}.", self.profiles().join(", ")))
            } else {
                error
            };
            error.hint_with("'topup config set --profile {} provider nous' makes it.", &[&name])
        })
    }

    /// The system of this word: one that there is, or a row of the file; none where there is no such
    /// system.
    ///
    /// # Errors
    /// Class `config` for a row of that name that cannot be used.
    pub(super) fn find_system(&self, word: &str, systems: &Catalogue) -> Result<Option<System>> {
        match (systems.find(word), self.keys.systems.get(word)) {
            (Some(system), None) => Ok(Some(system)),
            (Some(_), Some(_)) => Err(Failure::config(format!(
                "{}: systems.{word}: there is a system of this name already",
                self.path.display()
            ))
            .hint("Give the row another name.")),
            (None, Some(row)) => systems.from_row(word, row).map(Some).map_err(|error| {
                let mut error = error;
                let parts = error.parts_mut();
                parts.message = format!("{}: {}", self.path.display(), parts.message);
                error
            }),
            (None, None) => Ok(None),
        }
    }

    /// The words of systems that can be written, as a sentence lists them.
    pub(super) fn system_words(&self, systems: &Catalogue) -> String {
        let own = self.own_systems();
        if own.is_empty() {
            systems.words()
        } else {
            format!("{}, or of this file: {}", systems.words(), own.join(", "))
        }
    }
}

/// Parses a TOML file; a failure names the file and the line.
pub(super) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|cause| {
        let line = cause
            .span()
            .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Failure::config(format!(
            "{}, line {line}: {}",
            file.display(),
            cause.message().replace('\n', " ")
        ))
        .hint("Correct that line; nothing was changed in the file.")
    })
}
