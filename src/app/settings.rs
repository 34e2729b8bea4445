//! Every setting that holds for this run, and where it comes from: a flag, a variable, the file of a
//! project, the login, the profile, or the default.

use crate::app::setup::Setup;
use crate::config::DEFAULT_PROFILE;
use crate::config::keys::{self, SettingSource};
use crate::core::env;
use crate::core::failure::Result;
use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

/// One setting.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Setting {
    /// The key of `config.toml`.
    pub key: &'static str,
    /// What holds; null where none is set.
    pub value: Option<String>,
    /// `flag`, `environment`, `project`, `login`, `profile`, `file` or `default`.
    pub source: &'static str,
    /// Which of them: the flag, the variable, the path or the profile.
    pub from: Option<String>,
}

impl Setting {
    /// `from TOPUP_PROVIDER`, for people.
    pub fn place(&self) -> String {
        match (self.source, &self.from) {
            ("profile", Some(name)) => format!("profile {name}"),
            ("login", _) => "stored with the login".to_owned(),
            (_, Some(from)) => from.clone(),
            (source, None) => source.to_owned(),
        }
    }

    /// The same without a password that is part of the value.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.value = self.value.map(|value| masked(self.key, value));
        self
    }
}

/// Which profile holds; its key is `profile`.
///
/// # Errors
/// Class `config` for files that cannot be used.
pub fn profile(setup: &Setup) -> Result<Setting> {
    let settings = setup.settings()?;
    let name = settings.profile.clone();
    Ok(setting(setup, "profile", Some(name), settings.profile_source().clone()))
}

/// All of them, in the order of the help.
///
/// # Errors
/// Class `config` for files that cannot be used, `usage` for variables that are no text.
pub fn all(setup: &Setup) -> Result<Vec<Setting>> {
    keys::all().map(|key| one(setup, key.name)).collect()
}

/// The setting of this key.
///
/// # Errors
/// As [`all`].
pub fn one(setup: &Setup, key: &'static str) -> Result<Setting> {
    let (value, source) = match key {
        "default_profile" => match setup.config()?.default_profile() {
            Some(name) => (Some(name.to_owned()), SettingSource::File),
            None => (Some(DEFAULT_PROFILE.to_owned()), SettingSource::Default),
        },
        "portal_url" => portal_url(setup)?,
        "sandbox" if setup.options.sandbox => (Some("true".to_owned()), SettingSource::Asked),
        "ledger_url" => or_variable(setup, env::LEDGER_URL, key)?,
        "state_url" => or_variable(setup, env::STATE_URL, key)?,
        "sole_buyer" => match setup.variable(env::SOLE_BUYER)? {
            Some(value) => {
                let value = env::means_on(&value).to_string();
                (Some(value), SettingSource::Variable(env::SOLE_BUYER))
            }
            None => setup.settings()?.effective(key),
        },
        "mandate" => or_variable(setup, env::LEDGER_MANDATE, key)?,
        _ => setup.settings()?.effective(key),
    };
    Ok(setting(setup, key, value, source))
}

fn or_variable(
    setup: &Setup,
    variable: &'static str,
    key: &str,
) -> Result<(Option<String>, SettingSource)> {
    Ok(match setup.variable(variable)? {
        Some(value) => (Some(value), SettingSource::Variable(variable)),
        None => setup.settings()?.effective(key),
    })
}

/// In the order in which [`PortalTarget::new`](crate::core::target::PortalTarget::new) takes them.
fn portal_url(setup: &Setup) -> Result<(Option<String>, SettingSource)> {
    let settings = setup.settings()?;
    if setup.is_sandbox()? {
        // It has no place of its own.
        return Ok((None, SettingSource::Default));
    }
    if !settings.system.has_logins() {
        return Ok(settings.effective("portal_url"));
    }
    if settings.portal_url.is_some() {
        return Ok((settings.portal_url.clone(), SettingSource::Asked));
    }
    for name in settings.system.facts().variables {
        if let Some(value) = setup.variable(name)? {
            return Ok((Some(value), SettingSource::Variable(name)));
        }
    }
    // Logins that cannot be read name no URL; what is set elsewhere is shown all the same.
    if let Some(stored) = setup.sources().ok().and_then(|sources| sources.stored) {
        return Ok((Some(stored), SettingSource::Login));
    }
    Ok(match settings.effective("portal_url") {
        (None, _) => (settings.system.facts().usual_url.map(str::to_owned), SettingSource::Default),
        found => found,
    })
}

fn setting(
    setup: &Setup,
    key: &'static str,
    value: Option<String>,
    source: SettingSource,
) -> Setting {
    let (source, from) = match source {
        SettingSource::Asked => asked(setup, key, value.as_deref()),
        SettingSource::Variable(name) => ("environment", Some(name.to_owned())),
        SettingSource::Project(path) => ("project", Some(path.display().to_string())),
        SettingSource::Login => ("login", None),
        SettingSource::Profile(name) => ("profile", Some(name)),
        SettingSource::File => {
            let file = setup.paths().map(|paths| paths.config_file().display().to_string());
            ("file", file.ok())
        }
        SettingSource::Default => ("default", None),
    };
    Setting { key, value, source, from }
}

/// The parser reads a flag and its variable alike: the source is the variable where it has this value.
fn asked(setup: &Setup, key: &str, value: Option<&str>) -> (&'static str, Option<String>) {
    let (flag, variable) = match key {
        "provider" => ("--provider", env::PROVIDER),
        "profile" => ("--profile", env::PROFILE),
        "portal_url" => ("--portal-url", env::PORTAL_URL),
        _ => ("--sandbox", env::SANDBOX),
    };
    let set = setup.variable(variable).ok().flatten();
    let from_variable = if variable == env::SANDBOX {
        set.is_some() && env::is_on(variable) == setup.options.sandbox
    } else {
        set.as_deref() == value
    };
    if from_variable {
        ("environment", Some(variable.to_owned()))
    } else {
        ("flag", Some(flag.to_owned()))
    }
}

/// A value of this key with the password in it cut out.
pub fn masked(key: &str, value: String) -> String {
    if !key.ends_with("_url") || !(value.contains('@') || value.contains("password")) {
        return value;
    }
    let Ok(mut url) = Url::parse(&value) else { return "[cut out]".to_owned() };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "[cut out]".to_owned();
    }
    if url.query_pairs().any(|(name, _)| name.contains("password")) {
        url.set_query(Some("***"));
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_listed() {
        for (value, shown) in [
            ("postgres://jobs@db.example/budgets", "postgres://jobs@db.example/budgets"),
            ("postgres://jobs:hunter2@db.example/b", "postgres://jobs:***@db.example/b"),
            ("postgres://db.example/b?password=hunter2", "postgres://db.example/b?***"),
            ("host=db password=hunter2", "[cut out]"),
            ("/var/lib/ledger.db", "/var/lib/ledger.db"),
        ] {
            assert_eq!(masked("ledger_url", value.to_owned()), shown);
        }
    }
}
