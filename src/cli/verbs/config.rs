//! `topup config`: what is set, where each setting comes from, and how it is changed, without an
//! editor. The keys are those of `config.toml`, which [`keys`] declares.

use super::completions::values;
use crate::app::settings::{self, Setting};
use crate::cli::invocation::Invocation;
use crate::config::edit::{self, Changed};
use crate::config::keys::{self, ConfigKey, DEFAULT_PROFILE_KEY};
use crate::config::{self, DEFAULT_PROFILE};
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::ledger;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::{self, State as Account, balances};
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use schemars::JsonSchema;
use serde::Serialize;

/// What the help of `config` ends with; the keys are those of the table.
fn after_help() -> String {
    let keys: String =
        keys::all().map(|key| format!("  {:<20} {}\n", key.name, key.meaning)).collect();
    format!(
        "Keys:\n{keys}\nExamples:\n  \
         topup config set max_per_purchase 50\n  \
         topup config set --profile work provider nous   makes the profile where it is missing\n  \
         topup config set --profile play sandbox true    a profile without real money\n  \
         topup config set default_profile work\n  \
         topup config set credential_command -- keep-login --for me"
    )
}

/// What the help page of `set` ends with.
const SET_EXAMPLES: &str = "\
Examples:
  topup config set max_per_purchase 50
  topup config set --profile work provider nous   makes the profile where it is missing
  topup config set --profile play sandbox true    a profile without real money
  topup config set credential_command -- keep-login --for me";

/// The arguments of `topup config`.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct Config {
    #[command(subcommand)]
    what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print where the configuration is
    Path,
    /// List every setting in force and where it comes from
    List,
    /// Print the value in force, bare; nothing where none is set
    Get(Get),
    /// Set a key of a profile; create the file and the profile if missing
    #[command(after_help = SET_EXAMPLES)]
    Set(Set),
    /// Remove a key from a profile
    Unset(Get),
    /// Check every system of the file and try the selected one
    Check,
}

#[derive(Debug, Args)]
struct Get {
    /// The key, such as max_per_day
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(values::keys))]
    key: String,
}

#[derive(Debug, Args)]
struct Set {
    /// The key, such as max_per_day
    #[arg(value_name = "KEY", add = ArgValueCandidates::new(values::keys))]
    key: String,
    /// The value; credential_command takes a program and its arguments, behind '--'
    #[arg(
        value_name = "VALUE",
        required = true,
        num_args = 1..,
        allow_negative_numbers = true
    )]
    value: Vec<String>,
}

/// The answer of `topup config`, by what was asked.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ConfigAnswer {
    /// `path`.
    Path(ConfigLocation),
    /// `list`.
    SettingList(SettingList),
    /// `get`.
    Got(Setting),
    /// `set` and `unset`.
    Put(Put),
    /// `check`.
    CheckedConfig(CheckedConfig),
}

/// The rows of the file, and what the one that is meant has read.
#[derive(Serialize, JsonSchema)]
pub struct CheckedConfig {
    /// The file.
    file: String,
    /// The systems of one's own that stand in it; each can be used.
    systems: Vec<String>,
    /// The system that was tried; null where the one that is meant is read by no row.
    tried: Option<System>,
    /// The request that was made, without the key.
    request: Option<String>,
    /// What it read.
    read: Option<Account>,
}

/// Where the configuration is.
#[derive(Serialize, JsonSchema)]
pub struct ConfigLocation {
    /// The file.
    file: String,
    /// Whether it is there.
    exists: bool,
}

/// Every setting.
#[derive(Serialize, JsonSchema)]
pub struct SettingList {
    /// The file.
    file: String,
    /// Which profile holds.
    profile: Setting,
    /// The settings; passwords in them are cut out.
    settings: Vec<Setting>,
    /// The profiles that there are.
    profiles: Vec<String>,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
pub struct Put {
    /// The file.
    file: String,
    /// The profile; null for a key of no profile.
    profile: Option<String>,
    /// The key.
    key: &'static str,
    /// What stands there now, with a password cut out; null after `unset`.
    value: Option<String>,
    /// What stood there before.
    was: Option<String>,
    /// Whether the file is another one now.
    changed: bool,
}

impl Config {
    /// Does it.
    ///
    /// # Errors
    /// Class `usage` for a key or value that there is not, `config` for a file that cannot be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let file = invocation.setup.paths()?.config_file();
        let shown = file.display().to_string();
        Ok(Answer::new(match self.what {
            ConfigCommand::Path => {
                ConfigAnswer::Path(ConfigLocation { file: shown, exists: file.exists() })
            }
            ConfigCommand::List => ConfigAnswer::SettingList(SettingList {
                file: shown,
                profile: settings::profile(&invocation.setup)?,
                settings: settings::all(&invocation.setup)?
                    .into_iter()
                    .map(Setting::masked)
                    .collect(),
                profiles: config::profiles(&file)?,
            }),
            ConfigCommand::Get(get) => {
                ConfigAnswer::Got(settings::one(&invocation.setup, known(&get.key)?.name)?)
            }
            ConfigCommand::Set(set) => {
                let key = known(&set.key)?;
                check_value(invocation, key, &set.value)?;
                ConfigAnswer::Put(put(invocation, key, Some(&set.value))?)
            }
            ConfigCommand::Unset(unset) => {
                ConfigAnswer::Put(put(invocation, known(&unset.key)?, None)?)
            }
            ConfigCommand::Check => ConfigAnswer::CheckedConfig(check_rows(invocation)?),
        }))
    }
}

/// Every row is read, and the one that is meant is tried with the key that is there.
fn check_rows(invocation: &Invocation) -> Result<CheckedConfig> {
    let setup = &invocation.setup;
    let file = setup.paths()?.config_file();
    let systems = config::check_systems(&provider::catalogue(), &file)?;
    let system = setup.settings()?.system;
    let mut checked = CheckedConfig {
        file: file.display().to_string(),
        systems,
        tried: None,
        request: None,
        read: None,
    };
    if balances::row_of(system).is_some() {
        let provider = setup.provider()?;
        checked.request = provider.first_look().map(|(request, _)| request.shown());
        checked.tried = Some(system);
        checked.read = Some(provider.state()?);
    }
    Ok(checked)
}

fn known(name: &str) -> Result<&'static ConfigKey> {
    keys::find(name).ok_or_else(|| {
        let names: Vec<&str> = keys::all().map(|key| key.name).collect();
        Failure::usage(format!("there is no key '{}'", name.escape_debug()))
            .hint(format!("There are: {}.", names.join(", ")))
    })
}

/// What the parser of the file takes and every command would refuse later is refused now.
fn check_value(invocation: &Invocation, key: &ConfigKey, words: &[String]) -> Result<()> {
    let [word] = words else { return Ok(()) };
    let checked = match key.name {
        "portal_url" => {
            crate::core::base_url::base_url(word, invocation.globals.insecure_http).map(|_| ())
        }
        "ledger_url" if !ledger::is_server(word) => ledger::file_of(word).map(|_| ()),
        "default_profile" => {
            let names = config::profiles(&invocation.setup.paths()?.config_file())?;
            if word == DEFAULT_PROFILE || names.contains(word) {
                return Ok(());
            }
            return Err(Failure::usage(format!("there is no profile '{}'", word.escape_debug()))
                .hint(format!("There are: {}.", names.join(", "))));
        }
        _ => Ok(()),
    };
    checked.map_err(|error| {
        Failure::usage(format!("{}: {error}", key.name))
            .hint_with("Write it like 'topup config set {} {}'.", &[&key.name, &key.example])
    })
}

/// Which profile is written to: the one that is named, else the usual one. The file of a project
/// chooses what holds, and never which of somebody's profiles is changed.
fn profile_to_change(invocation: &Invocation) -> Result<String> {
    let named = invocation.globals.profile.clone().filter(|name| !name.is_empty());
    let usual = || config::default_profile(&invocation.setup.paths()?.config_file());
    let name = match named {
        Some(name) => name,
        None => usual()?.unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
    };
    if name.chars().any(char::is_control) || name.len() > 64 {
        return Err(Failure::usage("the name of a profile is a word of at most 64 characters"));
    }
    Ok(name)
}

fn put(invocation: &Invocation, key: &'static ConfigKey, words: Option<&[String]>) -> Result<Put> {
    invocation.setup.interrupt().install()?;
    let file = invocation.setup.paths()?.config_file();
    let profile = profile_to_change(invocation)?;
    let Changed { was, changed } = edit::change(
        &provider::catalogue(),
        &file,
        &profile,
        key,
        words,
        invocation.setup.interrupt(),
    )?;
    let hidden = |value: Option<String>| value.map(|value| settings::masked(key.name, value));
    if changed && words.is_some() && key.name != DEFAULT_PROFILE_KEY.name {
        say_if_not_in_use(invocation, &profile);
    }
    Ok(Put {
        file: file.display().to_string(),
        profile: (key.name != DEFAULT_PROFILE_KEY.name).then_some(profile),
        key: key.name,
        value: hidden(words.map(|words| words.join(" "))),
        was: hidden(was),
        changed,
    })
}

/// A profile that nobody has chosen changes nothing yet: people are told how it is chosen.
fn say_if_not_in_use(invocation: &Invocation, profile: &str) {
    let usual =
        invocation.setup.paths().and_then(|paths| config::default_profile(&paths.config_file()));
    let usual = usual.ok().flatten().unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    if profile != usual {
        invocation.output.note(NextStep::filled(
            "It holds with --profile {}; 'topup config set default_profile {}' makes it the usual one.",
            &[&profile, &profile],
        ));
    }
}

impl Show for ConfigAnswer {
    fn show(&self, page: &mut Page) {
        match self {
            Self::Path(place) => page.line(Tone::Plain, &place.file),
            Self::SettingList(listed) => listed.show(page),
            Self::Got(setting) => {
                page.raw(&crate::core::escape::value(setting.value.as_deref().unwrap_or_default()));
            }
            Self::Put(put) => put.show(page),
            Self::CheckedConfig(checked) => checked.show(page),
        }
    }
}

impl Show for CheckedConfig {
    fn show(&self, page: &mut Page) {
        page.field("file", Tone::Dim, &self.file);
        if !self.systems.is_empty() {
            page.field("systems", Tone::Plain, &self.systems.join(", "));
        }
        let (Some(system), Some(read)) = (self.tried, &self.read) else {
            return page.line(Tone::Plain, "Nothing was tried: no row is meant.");
        };
        page.field("tried", Tone::Strong, system.title());
        if let Some(request) = &self.request {
            page.field("request", Tone::Plain, request);
        }
        read.show(page);
    }
}

impl Show for SettingList {
    fn show(&self, page: &mut Page) {
        let profile = self.profile.value.as_deref().unwrap_or_default();
        let others: Vec<&str> =
            self.profiles.iter().map(String::as_str).filter(|name| *name != profile).collect();
        page.field("file", Tone::Dim, &self.file);
        page.field("profile", Tone::Strong, &format!("{profile} ({})", self.profile.told()));
        if !others.is_empty() {
            page.field("other profiles", Tone::Plain, &others.join(", "));
        }
        let rows = self.settings.iter().map(|setting| {
            let tone = if setting.source == "default" { Tone::Dim } else { Tone::Plain };
            let value = setting.value.clone().unwrap_or_else(|| "-".to_owned());
            (tone, vec![setting.key.to_owned(), value, setting.told()])
        });
        page.table(&["key", "value", "from"], rows);
    }
}

impl Show for Put {
    fn show(&self, page: &mut Page) {
        let place = match &self.profile {
            Some(profile) => format!(" (profile {profile})"),
            None => String::new(),
        };
        let line = match (&self.value, &self.was, self.changed) {
            (Some(value), _, false) => format!("{} was {value} already{place}.", self.key),
            (Some(value), Some(was), true) => {
                format!("{} is {value} now, and was {was}{place}.", self.key)
            }
            (Some(value), None, true) => format!("{} is {value} now{place}.", self.key),
            (None, Some(was), true) => {
                format!("{} is not set any more, and was {was}{place}.", self.key)
            }
            (None, ..) => format!("{} was not set{place}.", self.key),
        };
        page.line(Tone::Plain, &line);
    }
}
