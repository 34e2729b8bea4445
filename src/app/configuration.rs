//! The configuration changed and tried, without an editor: one key of one profile, and the rows of
//! one's own. What holds and where it comes from is in `settings`.

use super::settings::masked;
use crate::config::edit::{self, Changed};
use crate::config::keys::{self, ConfigKey, DEFAULT_PROFILE_KEY};
use crate::config::{ConfigFile, DEFAULT_PROFILE};
use crate::core::base_url::base_url;
use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::ledger;
use crate::provider::{self, Provider, State, balances};
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
        Failure::usage(format!("there is no key '{}'", name.escape_debug()))
            .hint(format!("There are: {}.", names.join(", ")))
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

    /// What the parser of the file takes and every command would refuse later is refused now.
    fn check_value(&self, key: &ConfigKey, words: &[String]) -> Result<()> {
        let [word] = words else { return Ok(()) };
        let checked = match key.name {
            "portal_url" => base_url(word, self.insecure_http).map(|_| ()),
            "ledger_url" if !ledger::is_server(word) => ledger::file_of(word).map(|_| ()),
            "default_profile" => return self.check_profile(word),
            _ => Ok(()),
        };
        checked.map_err(|error| {
            Failure::usage(format!("{}: {error}", key.name))
                .hint_with("Write it like 'topup config set {} {}'.", &[&key.name, &key.example])
        })
    }

    fn check_profile(&self, name: &str) -> Result<()> {
        let names = ConfigFile::read(self.file)?.profiles();
        if name == DEFAULT_PROFILE || names.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(Failure::usage(format!("there is no profile '{}'", name.escape_debug()))
            .hint(format!("There are: {}.", names.join(", "))))
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
                "It holds with --profile {}; 'topup config set default_profile {}' makes it the usual one.",
                &[&profile, &profile],
            ));
        }
    }
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
            let folder = tempfile::tempdir().expect("a folder");
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
        ] {
            let refused = bench.set(None, key, value).err().expect(value);
            assert_eq!(refused.class(), Class::Usage, "{key} {value}: {refused}");
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        assert!(bench.set(Some(&long), "sandbox", "true").is_err());
        assert_eq!(key_named("max_per_year").err().map(|error| error.class()), Some(Class::Usage));
        assert_eq!(bench.text(), before);
        assert!(bench.set(None, "default_profile", "work").is_ok());
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
