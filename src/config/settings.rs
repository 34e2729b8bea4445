//! The settings of a run: what the flags, the environment, the project file, the profile and the
//! defaults say together. Precedence is decided here and nowhere else.

use super::DEFAULT_PROFILE;
use super::file::ConfigFile;
use super::keys::{Profile, SettingSource};
use super::limits::SpendingLimits;
use super::project::{ProjectFile, find_project_file, read_project};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Amount;
use crate::core::system::{Catalogue, System};
use std::path::{Path, PathBuf};

/// What was given on the command line or in the environment, before any file is read.
#[derive(Clone, Debug, Default)]
pub struct AskedSettings {
    /// `--provider`: the word of a system, or of a row of the file.
    pub provider: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--portal-url`, or one of the variables that stand for it.
    pub portal_url: Option<String>,
    /// `--sandbox`, or no where its variable says no; none where neither is given.
    pub sandbox: Option<bool>,
}

/// What holds for this run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The billing system.
    pub system: System,
    /// The name of the profile, [`DEFAULT_PROFILE`] when none was named.
    pub profile: String,
    /// The base URL from flag or environment, as typed.
    pub portal_url: Option<String>,
    /// The base URL of the profile: used after the one stored with the login.
    pub profile_portal_url: Option<String>,
    /// Whether the built-in sandbox is used.
    pub sandbox: bool,
    /// The OAuth client id to log in with, where the profile names one.
    pub client_id: Option<String>,
    /// The program that keeps the logins, with its first arguments; empty where none is named.
    pub credential_command: Vec<String>,
    /// The local spending limits of the profile.
    pub limits: SpendingLimits,
    /// The profile vouches that only this journal buys for the account.
    pub sole_buyer: bool,
    /// Where machines share purchases and logins, where the profile or the file says so.
    pub state_url: Option<String>,
    /// Where the prepaid ledger is, where the profile says so.
    pub ledger_url: Option<String>,
    /// The mandate of the prepaid ledger, where the profile names one.
    pub mandate: Option<String>,
    /// Who gets a mail when a watched balance has fallen.
    pub notify: Vec<String>,
    /// The language of notices, where the profile says so.
    pub language: Option<Language>,
    /// The file of a project that selected another portal than would be used without it: a token
    /// that is bound to no portal is not sent there.
    pub redirected_by_project: Option<PathBuf>,
    /// The file of a project that was read.
    pub project: Option<PathBuf>,
    /// The profile as it stands in the file.
    written: Profile,
    /// What selected the profile, the system and the sandbox.
    chosen: Chosen,
}

/// Where the settings come from that the profile alone does not decide.
#[derive(Clone, Debug)]
struct Chosen {
    profile: SettingSource,
    system: SettingSource,
    sandbox: SettingSource,
    /// Whose profile the limits are, where the project's file has not chosen them.
    limits: [SettingSource; 3],
}

/// Where the word of a system is looked up: the systems there are, then the rows of the file.
#[derive(Clone, Copy)]
pub(super) struct KnownSystems<'a> {
    pub systems: &'a Catalogue,
    pub file: &'a ConfigFile,
}

impl KnownSystems<'_> {
    fn find(self, word: &str) -> Result<Option<System>> {
        self.file.find_system(word, self.systems)
    }

    fn words(self) -> String {
        self.file.system_words(self.systems)
    }
}

impl Settings {
    /// Puts everything together.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or understood and for an unknown profile.
    pub fn resolve(
        asked: AskedSettings,
        systems: &Catalogue,
        file: &ConfigFile,
        working_folder: Option<&Path>,
    ) -> Result<Self> {
        let found = working_folder.and_then(find_project_file);
        let project = match &found {
            Some(path) => read_project(path)?,
            None => ProjectFile::default(),
        };
        let usual = asked.profile.clone().or_else(|| file.default_profile().map(str::to_owned));
        let (named, by) = match (asked.profile, project.profile, &found) {
            (Some(name), ..) => (Some(name), SettingSource::Asked),
            (None, Some(name), Some(path)) => (Some(name), SettingSource::Project(path.clone())),
            _ if usual.is_some() => (usual.clone(), SettingSource::File),
            _ => (None, SettingSource::Default),
        };
        let name = named.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let profile = file.named_profile(&name)?;
        let known = KnownSystems { systems, file };
        // What is named on the command line decides: a mistake in the profile's own row is for
        // commands that mean it.
        let asked_system = asked.provider.map(|word| asked_system(&word, known)).transpose()?;
        let profile = match asked_system {
            Some(system) => Profile { provider: Some(system.name().to_owned()), ..profile },
            None => profile,
        };
        let mut settings = Self::from_profile(name, &profile, known)?;
        settings.chosen.profile = by;
        if let (Some(word), Some(path)) = (project.provider, &found) {
            let system = system_of(&word, known, path)?;
            (settings.system, settings.chosen.system) =
                (system, SettingSource::Project(path.clone()));
        }
        if let Some(system) = asked_system {
            (settings.system, settings.chosen.system) = (system, SettingSource::Asked);
        }
        settings.portal_url = asked.portal_url.filter(|url| !url.trim().is_empty());
        if let Some(path) = &found {
            let usual = usual.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
            let profile = file.profile(&usual).unwrap_or_default();
            let without = Self::from_profile(usual, &profile, known)?;
            settings.hold_to(&without);
            let system = asked_system.unwrap_or(without.system);
            let moved = settings.system != system
                || settings.profile_portal_url != without.profile_portal_url;
            settings.redirected_by_project =
                Some(path.clone()).filter(|_| moved && settings.portal_url.is_none());
        }
        if let Some(sandbox) = asked.sandbox {
            (settings.sandbox, settings.chosen.sandbox) = (sandbox, SettingSource::Asked);
        }
        settings.project = found;
        Ok(settings)
    }

    /// The file of a project may come from somebody else: the limits that hold without it hold with
    /// it, and where no real money would be spent without it, none is spent with it.
    fn hold_to(&mut self, without: &Self) {
        let own = self.limits;
        self.limits = own.and(without.limits);
        let whose = |own: Option<Amount>, now: Option<Amount>, at: usize| {
            let kept = if own == now { &self.chosen } else { &without.chosen };
            kept.limits[at].clone()
        };
        self.chosen.limits = [
            whose(own.per_purchase, self.limits.per_purchase, 0),
            whose(own.per_day, self.limits.per_day, 1),
            whose(own.per_month, self.limits.per_month, 2),
        ];
        if without.sandbox && !self.sandbox {
            (self.sandbox, self.chosen.sandbox) = (true, without.chosen.sandbox.clone());
        }
    }

    /// What a key of a profile comes to here, as it would be typed, and where from; without the
    /// variables that only some commands read. Nothing where none is set.
    pub fn effective(&self, key: &str) -> (Option<String>, SettingSource) {
        let [per_purchase, per_day, per_month] = &self.chosen.limits;
        let limit = |limit: Option<Amount>, source: &SettingSource| {
            let source = if limit.is_some() { source.clone() } else { SettingSource::Default };
            (limit.map(|limit| limit.to_string()), source)
        };
        match key {
            "provider" => (Some(self.system.name().to_owned()), self.chosen.system.clone()),
            "sandbox" => (Some(self.sandbox.to_string()), self.chosen.sandbox.clone()),
            "max_per_purchase" => limit(self.limits.per_purchase, per_purchase),
            "max_per_day" => limit(self.limits.per_day, per_day),
            "max_per_month" => limit(self.limits.per_month, per_month),
            "state_url" if self.written.state_url.is_none() && self.state_url.is_some() => {
                (self.state_url.clone(), SettingSource::File)
            }
            _ => match self.written.written(key) {
                Some(value) => (Some(value), SettingSource::Profile(self.profile.clone())),
                None => (None, SettingSource::Default),
            },
        }
    }

    /// What selected the profile.
    pub fn profile_source(&self) -> &SettingSource {
        &self.chosen.profile
    }

    /// One profile as it stands in the file: nothing that was typed and no project bends it.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn for_profile(name: &str, systems: &Catalogue, file: &ConfigFile) -> Result<Self> {
        let profile = file.named_profile(name)?;
        Self::from_profile(name.to_owned(), &profile, KnownSystems { systems, file })
    }

    /// These keys as the profile of this name.
    pub(super) fn from_profile(
        name: String,
        profile: &Profile,
        known: KnownSystems<'_>,
    ) -> Result<Self> {
        let config_file = known.file.path();
        let limit = |key: &str, text: Option<&String>| match text {
            None => Ok(None),
            Some(text) => Amount::parse(text).map(Some).map_err(|refused| {
                Failure::config(format!("{}: {key}: {refused}", config_file.display()))
                    .hint(format!("Write it as a string, for example {key} = \"100\"."))
            }),
        };
        let here = SettingSource::Profile(name.clone());
        let source = |there: bool| if there { here.clone() } else { SettingSource::Default };
        let system = match &profile.provider {
            Some(word) => system_of(word, known, config_file)?,
            None => known.systems.usual(),
        };
        Ok(Self {
            system,
            chosen: Chosen {
                profile: SettingSource::Asked,
                system: source(profile.provider.is_some()),
                sandbox: source(profile.sandbox.is_some()),
                limits: [here.clone(), here.clone(), here.clone()],
            },
            written: profile.clone(),
            profile: name,
            portal_url: None,
            sandbox: profile.sandbox.unwrap_or_default(),
            profile_portal_url: profile.portal_url.clone(),
            client_id: profile.client_id.clone(),
            credential_command: profile.credential_command.clone().unwrap_or_default(),
            limits: SpendingLimits {
                per_purchase: limit("max_per_purchase", profile.max_per_purchase.as_ref())?,
                per_day: limit("max_per_day", profile.max_per_day.as_ref())?,
                per_month: limit("max_per_month", profile.max_per_month.as_ref())?,
            },
            sole_buyer: profile.sole_buyer.unwrap_or_default(),
            state_url: profile
                .state_url
                .clone()
                .or_else(|| known.file.state_url().map(str::to_owned)),
            ledger_url: profile.ledger_url.clone(),
            mandate: profile.mandate.clone(),
            notify: profile.notify.clone().unwrap_or_default(),
            language: profile
                .language
                .as_deref()
                .map(|word| language(word, config_file))
                .transpose()?,
            redirected_by_project: None,
            project: None,
        })
    }
}

/// The language that a file names.
fn language(word: &str, file: &Path) -> Result<Language> {
    Language::parse(word).ok_or_else(|| {
        let word = word.escape_debug();
        Failure::config(format!("{}: language: '{word}' is neither en nor de", file.display()))
    })
}

/// The system that a file names.
fn system_of(word: &str, known: KnownSystems<'_>, file: &Path) -> Result<System> {
    known.find(word)?.ok_or_else(|| {
        Failure::config(format!(
            "{}: provider: '{}' is not a billing system; write {}",
            file.display(),
            word.escape_debug(),
            known.words()
        ))
    })
}

/// The system that was named for this run.
fn asked_system(word: &str, known: KnownSystems<'_>) -> Result<System> {
    known.find(word)?.ok_or_else(|| {
        Failure::usage(format!("there is no billing system '{}'", word.escape_debug()))
            .hint(format!("Available: {}.", known.words()))
    })
}
