//! `topup config`: what is set, where each setting comes from, and how it is changed, without an
//! editor. The keys are those of `config.toml`, which [`keys`] declares.

use super::completions::values;
use crate::app::configuration::{CheckedConfig, ConfigEditor, Put, check_rows, key_named};
use crate::app::settings::{self, Setting};
use crate::app::setup::Setup;
use crate::cli::invocation::Invocation;
use crate::config::keys;
use crate::config::paths::Paths;
use crate::core::failure::Result;
use crate::credentials::new_key;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use schemars::JsonSchema;
use serde::Serialize;

/// What the help of `config` ends with; the keys are those of the table.
fn after_long_help() -> String {
    let keys: String =
        keys::all().map(|key| format!("  {}\n          {}\n", key.name, key.meaning)).collect();
    format!("Keys:\n{keys}\n{EXAMPLES}\n{MORE_EXAMPLES}")
}

/// What `config -h` ends with.
const EXAMPLES: &str = "\
Examples:
  topup config list                      what is in force, and why
  topup config set max_per_purchase 50";

/// The examples of `set` that stand in `--help` alone.
const MORE_EXAMPLES: &str = "  topup config set --profile work provider nous   makes the profile
  topup config set --profile play sandbox true    a profile without real money
  topup config set credential_command -- keep-login --for me";

/// What the help page of `set` ends with.
fn after_set_help() -> String {
    format!("Examples:\n  topup config set max_per_purchase 50\n{MORE_EXAMPLES}")
}

/// The arguments of `topup config`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = after_long_help())]
pub struct Config {
    #[command(subcommand)]
    what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print where the configuration is
    Path,
    /// List every setting in force and where it comes from
    #[command(alias = "show", alias = "view", alias = "ls")]
    List,
    /// Print the value in force, bare; nothing where none is set
    #[command(after_help = "Examples:\n  topup config get max_per_day")]
    Get(Get),
    /// Set a key of a profile; create the file and the profile if missing
    #[command(after_help = after_set_help())]
    Set(Set),
    /// Remove a key from a profile
    #[command(after_help = "Examples:\n  topup config unset max_per_day")]
    Unset(Get),
    /// Check every system of the file and try the selected one
    Check,
    /// Make a key for TOPUP_STATE_KEY, which encrypts shared logins
    NewKey,
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
    /// `new-key`.
    NewKey(NewKey),
}

/// A key that was made now and is kept nowhere.
#[derive(Serialize, JsonSchema)]
pub struct NewKey {
    /// 32 random bytes in base64, for `TOPUP_STATE_KEY`.
    state_key: String,
    /// What messages call it.
    key_id: String,
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
    /// The file; null where there is no home for one.
    file: Option<String>,
    /// Which profile holds.
    profile: Setting,
    /// The settings; passwords in them are cut out.
    settings: Vec<Setting>,
    /// The profiles that there are.
    profiles: Vec<String>,
}

impl Config {
    /// Does it.
    ///
    /// # Errors
    /// Class `usage` for a key or value that there is not, `config` for a file that cannot be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let setup = &invocation.setup;
        let file = match self.what {
            // What is only read needs no home.
            ConfigCommand::List | ConfigCommand::Get(_) | ConfigCommand::Check => {
                setup.paths().map(Paths::config_file).unwrap_or_default()
            }
            _ => setup.paths()?.config_file(),
        };
        let shown = file.display().to_string();
        let editor = ConfigEditor {
            file: &file,
            profile: invocation.globals.profile.as_deref(),
            insecure_http: invocation.globals.insecure_http,
            variables: setup.variables(),
            interrupt: setup.interrupt(),
            report: &invocation.output,
        };
        Ok(Answer::new(match self.what {
            ConfigCommand::Path => {
                ConfigAnswer::Path(ConfigLocation { file: shown, exists: file.exists() })
            }
            ConfigCommand::List => list(setup)?,
            ConfigCommand::Get(get) => {
                ConfigAnswer::Got(settings::one(setup, key_named(&get.key)?.name)?)
            }
            ConfigCommand::Set(set) => {
                setup.interrupt().install()?;
                ConfigAnswer::Put(editor.set(key_named(&set.key)?, &set.value)?)
            }
            ConfigCommand::Unset(unset) => {
                setup.interrupt().install()?;
                ConfigAnswer::Put(editor.unset(key_named(&unset.key)?)?)
            }
            ConfigCommand::Check => {
                let system = setup.settings()?.system;
                ConfigAnswer::CheckedConfig(check_rows(setup.config()?, system, || {
                    setup.provider()
                })?)
            }
            ConfigCommand::NewKey => {
                let (state_key, key_id) = new_key()?;
                ConfigAnswer::NewKey(NewKey { state_key, key_id })
            }
        }))
    }
}

/// Every setting, and the file where there is a home for one.
fn list(setup: &Setup) -> Result<ConfigAnswer> {
    let file = setup.paths().map(Paths::config_file).ok();
    Ok(ConfigAnswer::SettingList(SettingList {
        file: file.map(|file| file.display().to_string()),
        profile: settings::profile(setup)?,
        settings: settings::all(setup)?.into_iter().map(Setting::masked).collect(),
        profiles: setup.config()?.profiles(),
    }))
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
            Self::NewKey(made) => page.line(Tone::Plain, &made.state_key),
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
            return page.line(
                Tone::Plain,
                "Nothing was tried: the selected system is built in, and not defined in this file.",
            );
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
        page.field("file", Tone::Dim, self.file.as_deref().unwrap_or("none: there is no home"));
        let is_selected = self.profile.source != "default";
        let place = if is_selected { self.profile.place() } else { "none selected".to_owned() };
        page.field("profile", Tone::Strong, &format!("{profile} ({place})"));
        if !others.is_empty() {
            page.field("other profiles", Tone::Plain, &others.join(", "));
        }
        let rows = self.settings.iter().map(|setting| {
            let tone = if setting.source == "default" { Tone::Dim } else { Tone::Plain };
            let value = setting.value.clone().unwrap_or_else(|| "-".to_owned());
            (tone, vec![setting.key.to_owned(), value, setting.place()])
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
                format!("{} was {was} and is no longer set{place}.", self.key)
            }
            (None, ..) => format!("{} was not set{place}.", self.key),
        };
        page.line(Tone::Plain, &line);
    }
}
