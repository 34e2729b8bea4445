//! Where the files are: `TOPUP_HOME`, else the state directory of a systemd unit, else the XDG folders
//! below `HOME`, or below the home that the user has in passwd. Never the working directory, and never
//! a folder that was guessed: with another one every purchase of before would be unknown.

use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The files, and what is in each, for the manual.
pub const FILES: &[(&str, &str)] = &[
    ("config.toml", "Profiles and the default one; written by you"),
    ("credentials.json", "The logins; refused when others can read it"),
    ("journal.db", "The purchases and what became of them; keep it"),
    (
        "position",
        "Folder that says how far the journal has got, so that a restored journal is noticed",
    ),
    (
        "spool.jsonl",
        "Outcomes that a shared journal does not have yet; the next run writes them there",
    ),
    ("locks", "Folder of a lock for each purchase; its files are never deleted"),
    ("ledger.db", "The prepaid ledger, unless another place is named for it"),
    ("runs", "Folder of the commands that 'ledger run' is running"),
    (
        "watch",
        "Folder of what each watch has reported; if you delete it, a low balance is reported again",
    ),
    ("readings", "Folder of the last balance of each profile, shown with its age; may be deleted"),
    ("sandbox.db", "The account of the sandbox"),
    ("sandbox-ledger.db", "The prepaid ledger of the sandbox"),
];

/// The folders of this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// Finds the folders; touches nothing.
    ///
    /// # Errors
    /// Class `config` when there is no home folder or one of the variables is no absolute path.
    pub fn find(variables: &Variables) -> Result<Self> {
        Self::find_if_any(variables)?.ok_or_else(no_home)
    }

    /// The same, where nothing at all names a folder: what is only read needs none.
    ///
    /// # Errors
    /// Class `config` when one of the variables is no absolute path, or names one of the folders
    /// where nothing names the other.
    pub fn find_if_any(variables: &Variables) -> Result<Option<Self>> {
        if let Some(home) = folder_in(variables, env::HOME)? {
            return Ok(Some(Self { config: home.clone(), state: home }));
        }
        if let Some(state) = state_directory(variables)? {
            return Ok(Some(Self { config: state.clone(), state }));
        }
        let home = folder_in(variables, "HOME")?;
        let below = |variable: &str, usual: &str| -> Result<Option<PathBuf>> {
            let named = folder_in(variables, variable)?;
            let folder = named.or_else(|| home.as_ref().map(|home| home.join(usual)));
            Ok(folder.map(|folder| folder.join("topup")))
        };
        let config = below("XDG_CONFIG_HOME", ".config")?;
        match (config, below("XDG_STATE_HOME", ".local/state")?) {
            (Some(config), Some(state)) => Ok(Some(Self { config, state })),
            // An empty HOME is a mistake in the settings, and no missing home.
            (None, None) if variables.raw("HOME").is_none() => Ok(None),
            _ => Err(no_home()),
        }
    }

    /// `config.toml`: profiles and defaults.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// `credentials.json`: the logins, mode 0600.
    pub fn credentials_file(&self) -> PathBuf {
        self.state.join("credentials.json")
    }

    /// `journal.db`: the purchases.
    pub fn journal_file(&self) -> PathBuf {
        self.state.join("journal.db")
    }

    /// `spool.jsonl`: outcomes that a shared journal does not have yet.
    pub fn spool_file(&self) -> PathBuf {
        self.state.join("spool.jsonl")
    }

    /// The folder of the lock files, one per purchase; none is ever deleted.
    pub fn locks_folder(&self) -> PathBuf {
        self.state.join("locks")
    }

    /// `ledger.db`: the prepaid ledger, unless another place is named for it.
    pub fn ledger_file(&self) -> PathBuf {
        self.state.join("ledger.db")
    }

    /// The ledger of `--sandbox`: no real money.
    pub fn sandbox_ledger_file(&self) -> PathBuf {
        self.state.join("sandbox-ledger.db")
    }

    /// The folder of the files of what the ledger runs now.
    pub fn runs_folder(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The folder of what was read last of each account, and of how long it is left alone.
    pub fn readings_folder(&self) -> PathBuf {
        self.state.join("readings")
    }

    /// The folder of what `watch` has reported already, and of its locks.
    pub fn watch_folder(&self) -> PathBuf {
        self.state.join("watch")
    }

    /// `sandbox.db`: the state of the embedded portal.
    pub fn sandbox_file(&self) -> PathBuf {
        self.state.join("sandbox.db")
    }
}

/// The folder of `StateDirectory=topup` in a unit of systemd. One of another name belongs to the
/// service that runs this program, which may have a home: it is used only where there is none.
fn state_directory(variables: &Variables) -> Result<Option<PathBuf>> {
    let Some(given) = variables.set(env::STATE_DIRECTORY).and_then(|given| given.to_str()) else {
        return Ok(None);
    };
    let has_home = variables.names_home();
    let is_ours = |folder: &&str| Path::new(folder).file_name().is_some_and(|name| name == "topup");
    let mut folders = given.split(':');
    let chosen = folders.clone().find(is_ours).or_else(|| folders.next().filter(|_| !has_home));
    match chosen {
        Some(folder) => checked(env::STATE_DIRECTORY, Some(folder.into())),
        None => Ok(None),
    }
}

/// The folder that a variable of the environment names, if it is set.
///
/// # Errors
/// Class `usage` for a value that is no text, `config` for one that can be no folder.
pub fn folder_in(variables: &Variables, variable: &str) -> Result<Option<PathBuf>> {
    checked(variable, variables.raw(variable).map(ToOwned::to_owned))
}

/// A folder that a variable names: an absolute path that can be shown, typed and quoted.
///
/// # Errors
/// Class `usage` for a value that is no text, `config` for one that is no such path.
fn checked(variable: &str, value: Option<OsString>) -> Result<Option<PathBuf>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let hint = || match variable {
        env::HOME => format!("Set {variable} to a folder such as /home/you/.topup."),
        env::HERMES_HOME | env::HERMES_SHARED => {
            format!("Set {variable} to a folder such as /home/you/.hermes, or unset it.")
        }
        _ => format!("Correct {variable}, or set {} to a folder of your own.", env::HOME),
    };
    let Ok(value) = value.into_string() else {
        return Err(
            Failure::usage(format!("the value of {variable} is not valid text")).hint(hint())
        );
    };
    let refuse = |why: &str| {
        let message = format!("{variable} {why}: '{}'", value.escape_debug());
        Err(Failure::config(message).hint(hint()))
    };
    if value.contains(char::is_control) {
        return refuse("has a control character in it");
    }
    if !Path::new(&value).is_absolute() {
        return refuse("is not an absolute path");
    }
    // Below a device or a file nothing can be, and that must not pass for an empty folder.
    if Path::new(&value).ancestors().find(|part| part.exists()).is_some_and(|part| !part.is_dir()) {
        return refuse("is not a folder");
    }
    Ok(Some(value.into()))
}

/// There is no place for files.
pub fn no_home() -> Failure {
    Failure::config(
        "there is no home folder to keep files in: HOME is not set, and passwd has none",
    )
    .hint(format!("Set HOME, or {} to a folder of your own.", env::HOME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_of_its_own_is_a_home_and_that_of_another_service_only_without_one() {
        let journal = |variables: &[(&str, &str)]| {
            let found = Paths::find(&Variables::new(variables.iter().copied()));
            found.map(|paths| paths.journal_file().display().to_string()).ok()
        };
        let (own, other) = ("/var/lib/topup", "/var/lib/agent");
        let both = format!("{other}:{own}");
        for (variables, expected) in [
            (vec![("STATE_DIRECTORY", own), ("HOME", "/")], Some("/var/lib/topup/journal.db")),
            (vec![("STATE_DIRECTORY", both.as_str())], Some("/var/lib/topup/journal.db")),
            (vec![("STATE_DIRECTORY", other)], Some("/var/lib/agent/journal.db")),
            (
                vec![("STATE_DIRECTORY", other), ("HOME", "/home/ada")],
                Some("/home/ada/.local/state/topup/journal.db"),
            ),
            (vec![("STATE_DIRECTORY", own), ("TOPUP_HOME", "/mine")], Some("/mine/journal.db")),
            (vec![], None),
        ] {
            assert_eq!(journal(&variables).as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_home_of_passwd_stands_in_for_home_and_without_one_there_is_none() {
        let find = |variables: &[(&str, &str)], home: Option<&str>| {
            let variables = Variables::new(variables.iter().copied());
            let variables = match home {
                Some(home) => variables.with_account_home(home),
                None => variables,
            };
            let found = Paths::find_if_any(&variables);
            found.map(|paths| paths.map(|paths| paths.journal_file().display().to_string()))
        };
        let ada = Some("/home/ada");
        for (variables, home, expected) in [
            (vec![], ada, Some("/home/ada/.local/state/topup/journal.db")),
            (vec![("HOME", "/mine")], ada, Some("/mine/.local/state/topup/journal.db")),
            (vec![("XDG_STATE_HOME", "/s")], ada, Some("/s/topup/journal.db")),
            // A service has its state beside it, whoever it runs as.
            (vec![("STATE_DIRECTORY", "/var/lib/agent")], ada, Some("/var/lib/agent/journal.db")),
            (
                vec![("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")],
                None,
                Some("/s/topup/journal.db"),
            ),
            (vec![], None, None),
        ] {
            let found = find(&variables, home).expect("no error");
            assert_eq!(found.as_deref(), expected, "{variables:?} {home:?}");
        }
        for (variables, home) in [
            (vec![("HOME", "")], None),
            (vec![("HOME", "relative")], ada),
            (vec![("XDG_CONFIG_HOME", "/c")], None),
            (vec![], Some("relative")),
        ] {
            assert!(find(&variables, home).is_err(), "{variables:?} {home:?}");
        }
    }
}
