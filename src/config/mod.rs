//! Settings: what the flags, the environment, the project file, the profile and the defaults say
//! together. Precedence is decided here and nowhere else.

pub mod duration;
pub mod env;
pub mod paths;

use crate::error::{Error, Result};
use crate::money::Amount;
use crate::provider::System;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The profile that is used when none is named anywhere.
pub const DEFAULT_PROFILE: &str = "default";

/// What was said on the command line or in the environment, before any file is read.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `--provider`.
    pub provider: Option<System>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--portal-url`, or one of the variables that stand for it.
    pub portal_url: Option<String>,
}

/// The local spending limits, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most that one purchase may cost.
    pub per_purchase: Option<Amount>,
    /// The most that all purchases of one UTC day may cost.
    pub per_day: Option<Amount>,
    /// The most that all purchases of one UTC month may cost.
    pub per_month: Option<Amount>,
}

impl Limits {
    /// Whether there is one at all.
    pub fn are_set(&self) -> bool {
        *self != Self::default()
    }
}

/// What holds for this run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which billing system is meant.
    pub system: System,
    /// The name of the profile, [`DEFAULT_PROFILE`] when none was named.
    pub profile: String,
    /// The base URL from flag or environment, as typed.
    pub portal_url: Option<String>,
    /// The base URL of the profile: used after the one stored with the login.
    pub profile_portal_url: Option<String>,
    /// The OAuth client id to log in with, where the profile names one.
    pub client_id: Option<String>,
    /// The program that keeps the logins, with its first arguments; empty where none is named.
    pub credential_command: Vec<String>,
    /// The local spending limits of the profile.
    pub limits: Limits,
    /// Where the prepaid ledger is, where the profile says so.
    pub ledger_url: Option<String>,
    /// The mandate of the prepaid ledger that is meant, where the profile names one.
    pub mandate: Option<String>,
}

/// `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_profile: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// One `[profiles.NAME]` of `config.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    provider: Option<System>,
    portal_url: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    credential_command: Vec<String>,
    max_per_purchase: Option<String>,
    max_per_day: Option<String>,
    max_per_month: Option<String>,
    ledger_url: Option<String>,
    mandate: Option<String>,
}

/// `.topup.toml` of a project: it may choose, and may neither redirect tokens nor loosen limits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    provider: Option<System>,
    profile: Option<String>,
}

impl Settings {
    /// Puts everything together.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or understood and for an unknown profile.
    pub fn resolve(
        asked: Asked,
        config_file: &Path,
        working_folder: Option<&Path>,
    ) -> Result<Self> {
        let file: File = read_toml(config_file)?.unwrap_or_default();
        let project = match working_folder.and_then(find_project_file) {
            Some(path) => read_toml(&path)?.unwrap_or_default(),
            None => ProjectFile::default(),
        };
        let named = asked.profile.or(project.profile).or(file.default_profile);
        let profile = match &named {
            None => file.profiles.get(DEFAULT_PROFILE).cloned().unwrap_or_default(),
            Some(name) => match file.profiles.get(name) {
                Some(profile) => profile.clone(),
                None if name == DEFAULT_PROFILE => Profile::default(),
                None => return Err(unknown_profile(name, &file.profiles, config_file)),
            },
        };
        let system = asked.provider.or(project.provider);
        let name = named.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let mut settings = Self::of(name, &profile, config_file)?;
        settings.system = system.unwrap_or(settings.system);
        settings.portal_url = asked.portal_url;
        Ok(settings)
    }

    /// One profile as it stands in the file: nothing that was typed and no project bends it.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn of_profile(name: &str, config_file: &Path) -> Result<Self> {
        let file: File = read_toml(config_file)?.unwrap_or_default();
        match file.profiles.get(name) {
            Some(profile) => Self::of(name.to_owned(), profile, config_file),
            None if name == DEFAULT_PROFILE => {
                Self::of(name.to_owned(), &Profile::default(), config_file)
            }
            None => Err(unknown_profile(name, &file.profiles, config_file)),
        }
    }

    fn of(name: String, profile: &Profile, config_file: &Path) -> Result<Self> {
        let limit = |key: &str, text: Option<&String>| match text {
            None => Ok(None),
            Some(text) => Amount::parse(text).map(Some).map_err(|refused| {
                Error::config(format!("{}: {key}: {refused}", config_file.display()))
                    .hint(format!("Write it as a string, for example {key} = \"100\"."))
            }),
        };
        Ok(Self {
            system: profile.provider.unwrap_or_default(),
            profile: name,
            portal_url: None,
            profile_portal_url: profile.portal_url.clone(),
            client_id: profile.client_id.clone(),
            credential_command: profile.credential_command.clone(),
            limits: Limits {
                per_purchase: limit("max_per_purchase", profile.max_per_purchase.as_ref())?,
                per_day: limit("max_per_day", profile.max_per_day.as_ref())?,
                per_month: limit("max_per_month", profile.max_per_month.as_ref())?,
            },
            ledger_url: profile.ledger_url.clone(),
            mandate: profile.mandate.clone(),
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

fn unknown_profile(name: &str, known: &BTreeMap<String, Profile>, file: &Path) -> Error {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let error = Error::config(format!(
        "there is no profile '{}' in {}",
        name.escape_debug(),
        file.display()
    ));
    if names.is_empty() {
        error.hint(format!("Add a [profiles.{}] section to that file.", name.escape_debug()))
    } else {
        error.hint(format!("There are: {}.", names.join(", ")))
    }
}

/// The nearest `.topup.toml`, from the working folder upwards.
fn find_project_file(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|folder| folder.join(".topup.toml")).find(|file| file.is_file())
}

/// Reads a TOML file; a missing one is `None`.
fn read_toml<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => {
            return Err(Error::config(format!("{} cannot be read: {cause}", file.display()))
                .because(anyhow::Error::new(cause))
                .hint("Make it readable, or move it away."));
        }
    };
    toml::from_str(&text).map(Some).map_err(|cause| {
        let line = cause
            .span()
            .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Error::config(format!(
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
    use crate::class::Class;

    fn resolve(asked: Asked, config: &str, project: Option<&str>) -> Result<Settings> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        fs::write(&file, config).expect("written");
        let work = folder.path().join("work/deep");
        fs::create_dir_all(&work).expect("made");
        if let Some(text) = project {
            fs::write(folder.path().join("work/.topup.toml"), text).expect("written");
        }
        Settings::resolve(asked, &file, Some(&work))
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
        let plain = resolve(Asked::default(), "", None).expect("defaults");
        assert_eq!((plain.system, plain.profile.as_str()), (System::Nous, "default"));
        let profile = resolve(Asked::default(), CONFIG, None).expect("the file's default profile");
        assert_eq!((profile.system, profile.profile.as_str()), (System::Byterover, "work"));
        assert_eq!(profile.limits.per_purchase, Amount::parse("50").ok());
        let project =
            resolve(Asked::default(), CONFIG, Some("profile = 'other'")).expect("the project's");
        assert_eq!(project.system, System::Ciris);
        assert_eq!(project.profile_portal_url.as_deref(), Some("https://other.example"));
        let both =
            resolve(Asked::default(), CONFIG, Some("provider = 'nous'")).expect("the project's");
        assert_eq!((both.system, both.profile.as_str()), (System::Nous, "work"));
        let flag = Asked {
            provider: Some(System::Ledger),
            profile: Some("other".into()),
            ..Asked::default()
        };
        let flag =
            resolve(flag, CONFIG, Some("provider = 'nous'\nprofile = 'work'")).expect("the flag's");
        assert_eq!((flag.system, flag.profile.as_str()), (System::Ledger, "other"));
    }

    #[test]
    fn a_profile_alone_is_bent_by_nothing_and_all_of_them_are_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        assert_eq!(profiles(&file).expect("no file"), [DEFAULT_PROFILE]);
        assert_eq!(Settings::of_profile(DEFAULT_PROFILE, &file).expect("one").system, System::Nous);
        fs::write(&file, CONFIG).expect("written");
        assert_eq!(profiles(&file).expect("two"), ["other", "work"]);
        let other = Settings::of_profile("other", &file).expect("one");
        assert_eq!((other.system, other.profile.as_str()), (System::Ciris, "other"));
        assert_eq!(other.portal_url, None);
        assert_eq!(other.profile_portal_url.as_deref(), Some("https://other.example"));
        assert_eq!(Settings::of_profile("nobody", &file).expect_err("none").class(), Class::Config);
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
        ] {
            let refused = resolve(Asked::default(), CONFIG, Some(text)).expect_err(text);
            assert_eq!(refused.class(), Class::Config);
            assert!(refused.to_string().contains(".topup.toml, line 1"), "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_understood_names_the_file_and_the_line() {
        for (text, line) in
            [("a = 1", 1), ("\n\nprofiles = 3", 3), ("[profiles.x]\nmax_per_day = 5", 2), ("[", 1)]
        {
            let refused = resolve(Asked::default(), text, None).expect_err(text);
            assert_eq!(refused.class(), Class::Config);
            assert!(
                refused.to_string().contains(&format!("config.toml, line {line}: ")),
                "{refused}"
            );
        }
        let asked = Asked { profile: Some("nobody".into()), ..Asked::default() };
        let refused = resolve(asked, CONFIG, None).expect_err("unknown");
        assert!(refused.parts().hints[0].contains("other, work"), "{refused:?}");
        let refused = resolve(Asked::default(), "[profiles.default]\nmax_per_day = '1,000'", None)
            .expect_err("no amount");
        assert!(refused.to_string().contains("max_per_day"), "{refused}");
    }
}
