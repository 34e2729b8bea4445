//! Settings: what the flags, the environment, the project file, the profile and the defaults say
//! together. Precedence is decided here and nowhere else.

pub mod edit;
pub mod keys;
pub mod paths;

use crate::core::failure::{Failure, Result};
use crate::core::files::read_plain;
use crate::core::money::Amount;
use crate::core::system::{Catalogue, System};
use keys::{Profile, SettingSource};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The profile that is used when none is named anywhere.
pub const DEFAULT_PROFILE: &str = "default";

/// Two lines fill the file of a project; a larger one, in bytes, is refused.
const LARGEST_PROJECT_FILE: u64 = 64 * 1024;
/// No configuration of a person comes near this size.
const LARGEST_FILE: u64 = 1024 * 1024;

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

/// The local spending limits, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// The most that one purchase may cost.
    pub per_purchase: Option<Amount>,
    /// The most that all purchases of one UTC day may cost.
    pub per_day: Option<Amount>,
    /// The most that all purchases of one UTC month may cost.
    pub per_month: Option<Amount>,
}

impl SpendingLimits {
    /// Each of them as the stricter of the two says.
    #[must_use]
    fn and(self, other: Self) -> Self {
        let stricter = |one: Option<Amount>, other: Option<Amount>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            per_purchase: stricter(self.per_purchase, other.per_purchase),
            per_day: stricter(self.per_day, other.per_day),
            per_month: stricter(self.per_month, other.per_month),
        }
    }

    /// Whether there is one at all.
    pub fn are_set(&self) -> bool {
        *self != Self::default()
    }
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

/// Where from what is not simply the profile's is what it is.
#[derive(Clone, Debug)]
struct Chosen {
    profile: SettingSource,
    system: SettingSource,
    sandbox: SettingSource,
    /// Whose profile the limits are, where the project's file has not chosen them.
    limits: [SettingSource; 3],
}

/// `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_profile: Option<String>,
    /// Of every profile that names no other.
    state_url: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
    /// Systems of one's own: a row each.
    #[serde(default)]
    systems: BTreeMap<String, toml::Table>,
}

/// Where the word of a system is looked up: the systems there are, then the rows of the file.
struct KnownKeys<'a> {
    systems: &'a Catalogue,
    rows: &'a BTreeMap<String, toml::Table>,
    /// The file that the rows stand in.
    file: &'a Path,
    /// The store that the file names for all profiles.
    state_url: Option<&'a str>,
}

impl KnownKeys<'_> {
    /// The system of this word; none where there is no such system.
    ///
    /// # Errors
    /// Class `config` for a row of that name that cannot be used.
    fn find(&self, word: &str) -> Result<Option<System>> {
        match (self.systems.find(word), self.rows.get(word)) {
            (Some(system), None) => Ok(Some(system)),
            (Some(_), Some(_)) => Err(Failure::config(format!(
                "{}: systems.{word}: there is a system of this name already",
                self.file.display()
            ))
            .hint("Give the row another name.")),
            (None, Some(row)) => self.systems.from_row(word, row).map(Some).map_err(|error| {
                let mut error = error;
                let parts = error.parts_mut();
                parts.message = format!("{}: {}", self.file.display(), parts.message);
                error
            }),
            (None, None) => Ok(None),
        }
    }

    /// The words that can be written, as a sentence lists them.
    fn words(&self) -> String {
        let own: Vec<&str> = self.rows.keys().map(String::as_str).collect();
        if own.is_empty() {
            self.systems.words()
        } else {
            format!("{}, or of this file: {}", self.systems.words(), own.join(", "))
        }
    }
}

/// `.topup.toml` of a project: it may choose, and may neither redirect tokens nor loosen limits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    provider: Option<String>,
    profile: Option<String>,
}

impl File {
    /// The profile of this name; the default one exists even where the file does not have it.
    fn profile(&self, name: &str) -> Option<Profile> {
        let usual = || (name == DEFAULT_PROFILE).then(Profile::default);
        self.profiles.get(name).cloned().or_else(usual)
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
        config_file: &Path,
        working_folder: Option<&Path>,
    ) -> Result<Self> {
        let file: File = read_toml(config_file)?.unwrap_or_default();
        let found = working_folder.and_then(find_project_file);
        let project = match &found {
            Some(path) => read_project(path)?,
            None => ProjectFile::default(),
        };
        let usual = asked.profile.clone().or_else(|| file.default_profile.clone());
        let (named, by) = match (asked.profile, project.profile, &found) {
            (Some(name), ..) => (Some(name), SettingSource::Asked),
            (None, Some(name), Some(path)) => (Some(name), SettingSource::Project(path.clone())),
            _ if usual.is_some() => (usual.clone(), SettingSource::File),
            _ => (None, SettingSource::Default),
        };
        let name = named.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let Some(profile) = file.profile(&name) else {
            return Err(unknown_profile(&name, &file.profiles, config_file));
        };
        let known = KnownKeys {
            systems,
            rows: &file.systems,
            file: config_file,
            state_url: file.state_url.as_deref(),
        };
        // What is named on the command line decides: a mistake in the profile's own row is for
        // commands that mean it.
        let asked_system = asked.provider.map(|word| asked_system(&word, &known)).transpose()?;
        let profile = match asked_system {
            Some(system) => Profile { provider: Some(system.name().to_owned()), ..profile },
            None => profile,
        };
        let mut settings = Self::from_profile(name, &profile, &known)?;
        settings.chosen.profile = by;
        if let (Some(word), Some(path)) = (project.provider, &found) {
            let system = system_of(&word, &known, path)?;
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
            let without = Self::from_profile(usual, &profile, &known)?;
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
    pub fn for_profile(name: &str, systems: &Catalogue, config_file: &Path) -> Result<Self> {
        let file: File = read_toml(config_file)?.unwrap_or_default();
        match file.profile(name) {
            Some(profile) => {
                let known = KnownKeys {
                    systems,
                    rows: &file.systems,
                    file: config_file,
                    state_url: file.state_url.as_deref(),
                };
                Self::from_profile(name.to_owned(), &profile, &known)
            }
            None => Err(unknown_profile(name, &file.profiles, config_file)),
        }
    }

    fn from_profile(name: String, profile: &Profile, known: &KnownKeys<'_>) -> Result<Self> {
        let config_file = known.file;
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
            state_url: profile.state_url.clone().or_else(|| known.state_url.map(str::to_owned)),
            ledger_url: profile.ledger_url.clone(),
            mandate: profile.mandate.clone(),
            notify: profile.notify.clone().unwrap_or_default(),
            redirected_by_project: None,
            project: None,
        })
    }
}

/// Every profile of the file, in the order of their names; the default one where there is none.
///
/// # Errors
/// Class `config` for a file that cannot be read or understood.
pub fn profiles(config_file: &Path) -> Result<Vec<String>> {
    let file: File = read_toml(config_file)?.unwrap_or_default();
    if file.profiles.is_empty() {
        return Ok(vec![DEFAULT_PROFILE.to_owned()]);
    }
    Ok(file.profiles.into_keys().collect())
}

/// Whether the file holds a profile at all.
///
/// # Errors
/// As [`profiles`].
pub fn has_profiles(config_file: &Path) -> Result<bool> {
    Ok(!read_toml::<File>(config_file)?.unwrap_or_default().profiles.is_empty())
}

/// The profile that the file names for where none is named.
///
/// # Errors
/// As [`profiles`].
pub fn default_profile(config_file: &Path) -> Result<Option<String>> {
    let file: File = read_toml(config_file)?.unwrap_or_default();
    Ok(file.default_profile)
}

/// The rows of the file: the systems of one's own, by their names.
///
/// # Errors
/// As [`profiles`].
pub fn own_systems(config_file: &Path) -> Result<BTreeMap<String, toml::Table>> {
    Ok(read_toml::<File>(config_file)?.unwrap_or_default().systems)
}

/// The names of the rows of the file, each of which can be used.
///
/// # Errors
/// As [`profiles`], and class `config` for the first row that cannot be used.
pub fn check_systems(systems: &Catalogue, config_file: &Path) -> Result<Vec<String>> {
    let rows = own_systems(config_file)?;
    let known = KnownKeys { systems, rows: &rows, file: config_file, state_url: None };
    for name in rows.keys() {
        known.find(name)?;
    }
    Ok(rows.keys().cloned().collect())
}

/// The system that a file names.
fn system_of(word: &str, known: &KnownKeys<'_>, file: &Path) -> Result<System> {
    known.find(word)?.ok_or_else(|| {
        Failure::config(format!(
            "{}: provider: '{}' is no billing system; write {}",
            file.display(),
            word.escape_debug(),
            known.words()
        ))
    })
}

/// The system that was named for this run.
fn asked_system(word: &str, known: &KnownKeys<'_>) -> Result<System> {
    known.find(word)?.ok_or_else(|| {
        Failure::usage(format!("there is no billing system '{}'", word.escape_debug()))
            .hint(format!("There are: {}.", known.words()))
    })
}

fn unknown_profile(name: &str, known: &BTreeMap<String, Profile>, file: &Path) -> Failure {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let error = Failure::config(format!(
        "there is no profile '{}' in {}",
        name.escape_debug(),
        file.display()
    ));
    if names.is_empty() {
        error.hint("'topup config set provider nous' makes it.")
    } else {
        error
            .hint(format!("There are: {}.", names.join(", ")))
            .hint("'topup config set provider nous' makes it.")
    }
}

/// The nearest `.topup.toml`, from the working folder upwards, of any file type.
fn find_project_file(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(".topup.toml"))
        .find(|file| fs::symlink_metadata(file).is_ok())
}

/// Reads the file of a project. Anybody may have written it: it is read only if it is a small file,
/// and of one that lies elsewhere nothing is repeated.
fn read_project(file: &Path) -> Result<ProjectFile> {
    let refused = |why: &str| {
        Failure::config(format!("{} {why}", file.display()))
            .hint("Move it away, or write provider and profile into it and nothing else.")
    };
    let failed =
        |cause: std::io::Error| refused(&format!("cannot be read: {cause}")).because(cause);
    let text = read_plain(file, LARGEST_PROJECT_FILE).map_err(|cause| match cause.kind() {
        ErrorKind::FileTooLarge => refused("is too large for what may stand in it"),
        _ => failed(cause),
    })?;
    let is_link = fs::symlink_metadata(file).is_ok_and(|found| found.is_symlink());
    parse(file, &text).map_err(|error| {
        if is_link {
            refused("is a link to something else than the file of a project")
        } else {
            error
        }
    })
}

/// Reads a TOML file; a missing one is `None`.
fn read_toml<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match read_plain(file, LARGEST_FILE) {
        Ok(text) => parse(file, &text).map(Some),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Failure::config(format!("{} cannot be read: {cause}", file.display()))
            .because(anyhow::Error::new(cause))
            .hint("Make it readable, or move it away.")),
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path, text: &str) -> Result<T> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;

    fn resolve(asked: AskedSettings, config: &str, project: Option<&str>) -> Result<Settings> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        fs::write(&file, config).expect("written");
        let work = folder.path().join("work/deep");
        fs::create_dir_all(&work).expect("made");
        if let Some(text) = project {
            fs::write(folder.path().join("work/.topup.toml"), text).expect("written");
        }
        Settings::resolve(asked, &crate::provider::catalogue(), &file, Some(&work))
    }

    const CONFIG: &str = r#"
        default_profile = "work"
        [profiles.work]
        provider = "byterover"
        max_per_purchase = "50"
        [profiles.other]
        provider = "ciris"
        portal_url = "https://other.example"
    "#;

    #[test]
    fn the_flag_beats_the_project_which_beats_the_profile_which_beats_the_default() {
        let plain = resolve(AskedSettings::default(), "", None).expect("defaults");
        assert_eq!((plain.system, plain.profile.as_str()), (crate::provider::NOUS, "default"));
        let profile =
            resolve(AskedSettings::default(), CONFIG, None).expect("the file's default profile");
        assert_eq!(
            (profile.system, profile.profile.as_str()),
            (crate::provider::BYTEROVER, "work")
        );
        assert_eq!(profile.limits.per_purchase, Amount::parse("50").ok());
        let project = resolve(AskedSettings::default(), CONFIG, Some("profile = 'other'"))
            .expect("the project's");
        assert_eq!(project.system, crate::provider::CIRIS);
        assert_eq!(project.profile_portal_url.as_deref(), Some("https://other.example"));
        let both = resolve(AskedSettings::default(), CONFIG, Some("provider = 'nous'"))
            .expect("the project's");
        assert_eq!((both.system, both.profile.as_str()), (crate::provider::NOUS, "work"));
        let flag = AskedSettings {
            provider: Some("ledger".into()),
            profile: Some("other".into()),
            ..AskedSettings::default()
        };
        let flag =
            resolve(flag, CONFIG, Some("provider = 'nous'\nprofile = 'work'")).expect("the flag's");
        assert_eq!((flag.system, flag.profile.as_str()), (crate::provider::LEDGER, "other"));
    }

    #[test]
    fn a_profile_alone_is_bent_by_nothing_and_all_of_them_are_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        assert_eq!(profiles(&file).expect("no file"), [DEFAULT_PROFILE]);
        assert_eq!(
            Settings::for_profile(DEFAULT_PROFILE, &crate::provider::catalogue(), &file)
                .expect("one")
                .system,
            crate::provider::NOUS
        );
        fs::write(&file, CONFIG).expect("written");
        assert_eq!(profiles(&file).expect("two"), ["other", "work"]);
        let other =
            Settings::for_profile("other", &crate::provider::catalogue(), &file).expect("one");
        assert_eq!((other.system, other.profile.as_str()), (crate::provider::CIRIS, "other"));
        assert_eq!(other.portal_url, None);
        assert_eq!(other.profile_portal_url.as_deref(), Some("https://other.example"));
        assert_eq!(
            Settings::for_profile("missing", &crate::provider::catalogue(), &file)
                .expect_err("none")
                .class(),
            Class::Config
        );
    }

    #[test]
    fn a_project_may_not_redirect_tokens_or_loosen_limits() {
        for text in [
            "portal_url = 'https://evil.example'",
            "max_per_purchase = '1000'",
            "client_id = 'x'",
            "credential_command = ['./evil']",
            "ledger_url = 'postgres://evil.example/pool'",
            "mandate = 'another'",
            "notify = ['eve@evil.example']",
        ] {
            let refused = resolve(AskedSettings::default(), CONFIG, Some(text)).expect_err(text);
            assert_eq!(refused.class(), Class::Config);
            assert!(refused.to_string().contains(".topup.toml, line 1"), "{refused}");
        }
    }

    #[test]
    fn a_project_chooses_a_profile_and_keeps_the_limits_that_hold_without_it() {
        let config = r#"
            default_profile = "mine"
            [profiles.mine]
            max_per_purchase = "50"
            max_per_day = "80"
            [profiles.rich]
            max_per_purchase = "5000"
            max_per_month = "100"
        "#;
        let amount = |text| Amount::parse(text).ok();
        let whole = SpendingLimits {
            per_purchase: amount("50"),
            per_day: amount("80"),
            per_month: amount("100"),
        };
        let rich =
            resolve(AskedSettings::default(), config, Some("profile = 'rich'")).expect("chosen");
        assert_eq!((rich.profile.as_str(), rich.limits), ("rich", whole));
        let none =
            resolve(AskedSettings::default(), config, Some("profile = 'default'")).expect("chosen");
        assert_eq!(none.limits.per_purchase, amount("50"));
        // A user who names a profile asks for its limits.
        let asked = AskedSettings { profile: Some("rich".into()), ..AskedSettings::default() };
        let asked = resolve(asked, config, Some("profile = 'mine'")).expect("named");
        assert_eq!(asked.limits.per_purchase, amount("5000"));
    }

    #[test]
    fn a_project_leads_out_of_no_sandbox() {
        let config = "[profiles.default]\nsandbox = true\n[profiles.work]\nprovider = 'ciris'\n";
        let chosen = |asked: AskedSettings, project: Option<&str>| {
            let settings = resolve(asked, config, project).expect("settings");
            (settings.sandbox, settings.effective("sandbox").1)
        };
        let of_default = || SettingSource::Profile("default".into());
        assert_eq!(chosen(AskedSettings::default(), None), (true, of_default()));
        assert_eq!(
            chosen(AskedSettings::default(), Some("profile = 'work'")),
            (true, of_default())
        );
        let work = || AskedSettings { profile: Some("work".into()), ..AskedSettings::default() };
        assert_eq!(chosen(work(), None), (false, SettingSource::Default));
        assert_eq!(chosen(work(), Some("profile = 'default'")), (false, SettingSource::Default));
        let off = AskedSettings { sandbox: Some(false), ..AskedSettings::default() };
        assert_eq!(chosen(off, None), (false, SettingSource::Asked));
    }

    #[test]
    fn where_a_setting_comes_from_is_known() {
        let config = "[profiles.default]\nmax_per_day = '80'\nmax_per_purchase = '9'\n\
                      [profiles.rich]\nmax_per_day = '100'\nmax_per_month = '500'\nmandate = 'm'\n";
        let settings = resolve(
            AskedSettings::default(),
            config,
            Some("profile = 'rich'\nprovider = 'ledger'"),
        );
        let settings = settings.expect("settings");
        let of = |name: &str| SettingSource::Profile(name.to_owned());
        for (key, value, source) in [
            ("max_per_purchase", Some("9.00"), of("default")),
            ("max_per_day", Some("80.00"), of("default")),
            ("max_per_month", Some("500.00"), of("rich")),
            ("mandate", Some("m"), of("rich")),
            ("client_id", None, SettingSource::Default),
            ("sandbox", Some("false"), SettingSource::Default),
        ] {
            let effective = settings.effective(key);
            assert_eq!(effective, (value.map(str::to_owned), source), "{key}");
        }
        let project = settings.project.clone().expect("a project");
        assert_eq!(settings.effective("provider").1, SettingSource::Project(project.clone()));
        assert_eq!(settings.profile_source(), &SettingSource::Project(project));
        let alone = resolve(AskedSettings::default(), "", None).expect("settings");
        assert_eq!(alone.profile_source(), &SettingSource::Default);
    }

    #[test]
    fn it_is_known_when_a_project_means_another_place() {
        let moved = |asked: AskedSettings, project: &str| {
            resolve(asked, CONFIG, Some(project)).expect("settings").redirected_by_project.is_some()
        };
        assert!(moved(AskedSettings::default(), "provider = 'nous'"));
        assert!(moved(AskedSettings::default(), "profile = 'other'"));
        assert!(!moved(AskedSettings::default(), "provider = 'byterover'"));
        assert!(!moved(AskedSettings::default(), "profile = 'work'"));
        assert!(!moved(AskedSettings::default(), ""));
        let url = || Some("https://mine.example".to_owned());
        assert!(!moved(
            AskedSettings { portal_url: url(), ..AskedSettings::default() },
            "provider = 'nous'"
        ));
        let named = AskedSettings { provider: Some("nous".into()), ..AskedSettings::default() };
        assert!(!moved(named, "provider = 'ciris'"));
    }

    #[test]
    fn what_cannot_be_understood_names_the_file_and_the_line() {
        for (text, line) in
            [("a = 1", 1), ("\n\nprofiles = 3", 3), ("[profiles.x]\nmax_per_day = 5", 2), ("[", 1)]
        {
            let refused = resolve(AskedSettings::default(), text, None).expect_err(text);
            assert_eq!(refused.class(), Class::Config);
            assert!(
                refused.to_string().contains(&format!("config.toml, line {line}: ")),
                "{refused}"
            );
        }
        let asked = AskedSettings { profile: Some("missing".into()), ..AskedSettings::default() };
        let refused = resolve(asked, CONFIG, None).expect_err("unknown");
        assert!(refused.parts().hints[0].to_string().contains("other, work"), "{refused:?}");
        let refused =
            resolve(AskedSettings::default(), "[profiles.default]\nmax_per_day = '1,000'", None)
                .expect_err("no amount");
        assert!(refused.to_string().contains("max_per_day"), "{refused}");
    }
}
