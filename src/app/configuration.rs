//! The configuration changed and tried, without an editor: one key of one profile, and the rows of
//! one's own. What holds and where it comes from is in `settings`.

use super::settings::masked;
use crate::config::edit::{self, Changed};
use crate::config::keys::{self, ConfigKey, DEFAULT_PROFILE_KEY};
use crate::config::{ConfigFile, DEFAULT_PROFILE};
use crate::core::base_url::base_url;
use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::likeness::did_you_mean;
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::ledger;
use crate::notice;
use crate::provider::{self, Provider, State, balances};
use crate::store::state::StateStore;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// The longest name of a profile, in bytes.
const LONGEST_NAME: usize = 64;

/// The rows of the file, and what the one that is meant has read.
#[derive(Serialize, JsonSchema)]
pub struct CheckedConfig {
    /// The file.
    pub file: String,
    /// The systems of one's own that stand in it; each can be used.
    pub systems: Vec<String>,
    /// The system that was tried; null where the one that is meant is read by no row.
    pub tried: Option<System>,
    /// The request that was made, without the key.
    pub request: Option<String>,
    /// What it read.
    pub read: Option<State>,
}

/// What was changed.
#[derive(Serialize, JsonSchema)]
pub struct Put {
    /// The file.
    pub file: String,
    /// The profile; null for a key of no profile.
    pub profile: Option<String>,
    /// The key.
    pub key: &'static str,
    /// What stands there now, with a password cut out; null after `unset`.
    pub value: Option<String>,
    /// What stood there before.
    pub was: Option<String>,
    /// Whether the file is another one now.
    pub changed: bool,
}

/// The configuration, to be changed.
pub struct ConfigEditor<'a> {
    /// The file.
    pub file: &'a Path,
    /// The profile that is named; the usual one where none is. The file of a project chooses what
    /// holds, and never which of the user's profiles is changed.
    pub profile: Option<&'a str>,
    /// Whether a plain http portal elsewhere is accepted.
    pub insecure_http: bool,
    /// The variables that complete the URL of a server.
    pub variables: &'a Variables,
    /// Ends a wait for the file.
    pub interrupt: &'a Interrupt,
    /// Reports that the profile is not in use.
    pub report: &'a dyn Report,
}

/// The key of this name.
///
/// # Errors
/// Class `usage` where there is no such key.
pub fn key_named(name: &str) -> Result<&'static ConfigKey> {
    keys::find(name).ok_or_else(|| {
        let names: Vec<&str> = keys::all().map(|key| key.name).collect();
        let meant = did_you_mean(name, names.iter().copied());
        Failure::usage(format!("there is no key '{}'", name.escape_debug()))
            .hint(meant.unwrap_or_else(|| format!("Available: {}.", names.join(", "))))
    })
}

impl ConfigEditor<'_> {
    /// Sets a key.
    ///
    /// # Errors
    /// Class `usage` for a value that cannot be used, `config` for a file that cannot be used.
    pub fn set(&self, key: &'static ConfigKey, words: &[String]) -> Result<Put> {
        self.check_value(key, words)?;
        self.put(key, Some(words))
    }

    /// Removes a key.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be used.
    pub fn unset(&self, key: &'static ConfigKey) -> Result<Put> {
        self.put(key, None)
    }

    /// What the parser of the file takes and a command would refuse later is refused now.
    fn check_value(&self, key: &ConfigKey, words: &[String]) -> Result<()> {
        if let Some(word) = words.iter().find(|word| word.trim().is_empty()) {
            let what = if word.is_empty() { "empty" } else { "blank" };
            return Err(Failure::usage(format!("{}: the value is {what}", key.name))
                .hint_with("'topup config unset {}' removes it.", &[&key.name]));
        }
        let checked = match (key.name, words) {
            ("default_profile", [name]) => return self.check_profile(name),
            ("notify", addresses) => addresses.iter().try_for_each(|address| {
                if notice::is_address(address) { Ok(()) } else { no(address, "a mail address") }
            }),
            (_, [word]) => self.check_word(key.name, word),
            _ => Ok(()),
        };
        checked.map_err(|error| {
            Failure::usage(format!("{}: {error}", key.name))
                .hint_with("Write it like 'topup config set {} {}'.", &[&key.name, &key.example])
        })
    }

    /// The same for one word of a key whose values are more than any text.
    fn check_word(&self, key: &str, word: &str) -> Result<()> {
        match key {
            "portal_url" | "gateway_url" => base_url(word, self.insecure_http).map(|_| ()),
            "state_url" => StateStore::new(word, None, self.variables).map(|_| ()),
            "ledger_url" => ledger::check_url(word, self.variables),
            // It may be the key itself, which no message shows.
            "token_variable" if !env::is_name(word) => {
                Err(Failure::usage("the value is not the name of a variable"))
            }
            "region" => {
                let systems: Vec<System> = provider::catalogue().all().collect();
                let regions = || systems.iter().flat_map(|system| system.facts().regions);
                if regions().any(|(region, _)| *region == word) {
                    return Ok(());
                }
                let words: Vec<&str> = regions().map(|(region, _)| *region).collect();
                no(word, &format!("a region; write one of {}", words.join(", ")))
            }
            "cloudflare_balance_unit" if !["dollars", "usd", "cents"].contains(&word) => {
                no(word, "a unit; write dollars or cents")
            }
            "account_id" | "team_id" | "project_id" | "team" if !balances::is_id(word) => {
                no(word, "an id")
            }
            _ => Ok(()),
        }
    }

    fn check_profile(&self, name: &str) -> Result<()> {
        let names = ConfigFile::read(self.file)?.profiles();
        if name == DEFAULT_PROFILE || names.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(Failure::usage(format!("there is no profile '{}'", name.escape_debug()))
            .hint(format!("Available: {}.", names.join(", "))))
    }

    fn usual_profile(&self) -> Result<String> {
        let file = ConfigFile::read(self.file)?;
        Ok(file.default_profile().unwrap_or(DEFAULT_PROFILE).to_owned())
    }

    /// Which profile is written to.
    fn profile_to_change(&self) -> Result<String> {
        let name = match self.profile.filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => self.usual_profile()?,
        };
        if name.chars().any(char::is_control) || name.len() > LONGEST_NAME {
            return Err(Failure::usage(format!(
                "the name of a profile is a word of at most {LONGEST_NAME} characters"
            )));
        }
        Ok(name)
    }

    fn put(&self, key: &'static ConfigKey, words: Option<&[String]>) -> Result<Put> {
        let profile = self.profile_to_change()?;
        let systems = provider::catalogue();
        let Changed { was, changed } =
            edit::change(&systems, self.file, &profile, key, words, self.interrupt)?;
        let hidden = |value: Option<String>| value.map(|value| masked(key.name, value));
        let is_of_profile = key.name != DEFAULT_PROFILE_KEY.name;
        if changed && words.is_some() && is_of_profile {
            self.report_if_not_in_use(&profile);
        }
        Ok(Put {
            file: self.file.display().to_string(),
            profile: is_of_profile.then_some(profile),
            key: key.name,
            value: hidden(words.map(|words| words.join(" "))),
            was: hidden(was),
            changed,
        })
    }

    /// A profile that nothing selects changes nothing yet: the report says how it is selected.
    fn report_if_not_in_use(&self, profile: &str) {
        let usual = self.usual_profile().unwrap_or_else(|_| DEFAULT_PROFILE.to_owned());
        if profile != usual {
            self.report.note(&NextStep::filled(
                "It applies with --profile {}; 'topup config set default_profile {}' makes that profile the default.",
                &[&profile, &profile],
            ));
        }
    }
}

/// A value that is none of what the key takes.
fn no(word: &str, what: &str) -> Result<()> {
    Err(Failure::usage(format!("'{}' is not {what}", word.escape_debug())))
}

/// Reads every row of the file; the one that is meant is tried with the key that is there.
///
/// # Errors
/// Class `config` for a row that cannot be used, and the classes of a login and of a request.
pub fn check_rows<'p>(
    file: &ConfigFile,
    system: System,
    connect: impl FnOnce() -> Result<Box<dyn Provider + 'p>>,
) -> Result<CheckedConfig> {
    let systems = file.check_systems(&provider::catalogue())?;
    let mut checked = CheckedConfig {
        file: file.path().display().to_string(),
        systems,
        tried: None,
        request: None,
        read: None,
    };
    if balances::row_of(system).is_some() {
        let provider = connect()?;
        checked.request = provider.first_look().map(|(request, _)| request.shown());
        checked.tried = Some(system);
        checked.read = Some(provider.state()?);
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::shop::FakeShop;
    use crate::core::class::Class;
    use std::fs;
    use std::path::PathBuf;

    /// A configuration in a folder of its own, and what was said beside the answers.
    struct ConfigBench {
        folder: tempfile::TempDir,
        shop: FakeShop,
    }

    impl ConfigBench {
        fn new(text: &str) -> Self {
            let folder = crate::core::scratch::tempdir().expect("a folder");
            fs::write(folder.path().join("config.toml"), text).expect("written");
            Self { folder, shop: FakeShop::new() }
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("config.toml")
        }

        fn with<T>(&self, profile: Option<&str>, act: impl FnOnce(&ConfigEditor<'_>) -> T) -> T {
            act(&ConfigEditor {
                file: &self.file(),
                profile,
                insecure_http: false,
                variables: &Variables::default(),
                interrupt: &Interrupt::default(),
                report: &self.shop,
            })
        }

        fn set(&self, profile: Option<&str>, key: &str, value: &str) -> Result<Put> {
            let key = key_named(key)?;
            self.with(profile, |editor| editor.set(key, &[value.to_owned()]))
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).expect("the file")
        }
    }

    #[test]
    fn the_named_profile_is_changed_and_else_the_usual_one() {
        let bench = ConfigBench::new("default_profile = 'work'\n[profiles.work]\n");
        let put = bench.set(None, "max_per_day", "50").expect("set");
        assert_eq!((put.profile.as_deref(), put.was, put.changed), (Some("work"), None, true));
        assert!(bench.shop.said.borrow().is_empty());
        let put = bench.set(Some("play"), "sandbox", "true").expect("set");
        assert_eq!(put.profile.as_deref(), Some("play"));
        assert!(bench.shop.said.borrow()[0].contains("--profile play"), "{:?}", bench.shop.said);
        let key = key_named("max_per_day").expect("a key");
        let gone = bench.with(None, |editor| editor.unset(key)).expect("unset");
        assert_eq!((gone.value, gone.was.as_deref(), gone.changed), (None, Some("50"), true));
    }

    #[test]
    fn what_every_command_would_refuse_later_is_refused_now() {
        let bench = ConfigBench::new("[profiles.work]\n");
        let before = bench.text();
        for (key, value) in [
            ("portal_url", "http://elsewhere.example"),
            ("portal_url", "no URL"),
            ("default_profile", "missing"),
            ("max_per_day", "1,000"),
            ("max_per_day", ""),
            ("mandate", " "),
            ("notify", "nobody"),
            ("gateway_url", "nonsense"),
            ("gateway_url", "http://elsewhere.example/v1"),
            ("state_url", "mysql://host/database"),
            ("state_url", "postgres://host:port/database"),
            ("ledger_url", "budgets.db"),
            ("ledger_url", "postgres://host:port/database"),
            ("token_variable", "MY KEY"),
            ("token_variable", "1ST"),
            ("region", "nowhere"),
            ("cloudflare_balance_unit", "euros"),
            ("account_id", "a/../b"),
            ("team", "two words"),
            ("language", "fr"),
            ("provider", "nowhere"),
            ("sandbox", "perhaps"),
        ] {
            let refused = bench.set(None, key, value).err().expect(value);
            assert_eq!(refused.class(), Class::Usage, "{key} {value}: {refused}");
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        assert!(bench.set(Some(&long), "sandbox", "true").is_err());
        assert_eq!(key_named("max_per_year").err().map(|error| error.class()), Some(Class::Usage));
        assert_eq!(bench.text(), before);
        assert!(bench.set(None, "default_profile", "work").is_ok());
        let all = |address: &str| ["ops@example.com".to_owned(), address.to_owned()];
        let notify = key_named("notify").expect("a key");
        assert!(bench.with(None, |editor| editor.set(notify, &all("nobody"))).is_err());
        assert!(bench.with(None, |editor| editor.set(notify, &all("b@example.com"))).is_ok());
    }

    #[test]
    fn the_example_of_each_key_is_a_value_of_it() {
        let bench = ConfigBench::new("[profiles.work]\n");
        for key in keys::all() {
            let set = bench.set(None, key.name, key.example);
            assert!(set.is_ok(), "{}: {:?}", key.name, set.err());
        }
    }

    #[test]
    fn no_password_stands_in_the_answer() {
        let bench = ConfigBench::new("");
        let url = "postgres://jobs:hunter2@db.example/b";
        let put = bench.set(None, "ledger_url", url).expect("set");
        assert_eq!(put.value.as_deref(), Some("postgres://jobs:***@db.example/b"));
        assert!(bench.text().contains(url));
    }

    #[test]
    fn a_system_that_no_row_reads_is_not_tried() {
        let bench = ConfigBench::new("");
        let refuse = || Err(Failure::internal("nothing is connected"));
        let checked =
            check_rows(&ConfigFile::read(&bench.file()).expect("read"), provider::NOUS, refuse)
                .expect("checked");
        assert!(checked.tried.is_none() && checked.systems.is_empty());
    }
}
