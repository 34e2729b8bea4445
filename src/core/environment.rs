//! What a run finds around it: variables, the working folder, the terminals, the clock, and ids. It
//! is made once, in `main`, and is a plain value in tests; nothing else asks the process for it.

use super::clock::{Clock, SystemClock};
use super::command::Shell;
use super::env;
use super::failure::{Failure, Result};
use super::signals::Interrupt;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// Which of the three streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Standard input.
    pub input: bool,
    /// Standard output.
    pub output: bool,
    /// Standard error.
    pub error: bool,
}

/// The environment variables, as they were at the start.
#[derive(Clone, Debug)]
pub struct Variables {
    set: Arc<BTreeMap<OsString, OsString>>,
    /// The home that the user has in passwd; looked up where it is asked for and `HOME` is not there.
    account_home: Arc<OnceLock<Option<OsString>>>,
}

impl Default for Variables {
    fn default() -> Self {
        Self::new::<OsString, OsString>([])
    }
}

/// The variable that names the home.
const HOME: &str = "HOME";

impl Variables {
    /// Those of this process.
    pub fn from_process() -> Self {
        Self { set: Arc::new(std::env::vars_os().collect()), account_home: Arc::default() }
    }

    /// These, for tests.
    pub fn new<Name: Into<OsString>, Value: Into<OsString>>(
        variables: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        let pair = |(name, value): (Name, Value)| (name.into(), value.into());
        let account_home = Arc::new(OnceLock::from(None));
        Self { set: Arc::new(variables.into_iter().map(pair).collect()), account_home }
    }

    /// The same for a user with this home in passwd, for tests.
    #[cfg(test)]
    #[must_use]
    pub fn with_account_home(self, home: &str) -> Self {
        Self { account_home: Arc::new(OnceLock::from(Some(home.into()))), ..self }
    }

    /// All but these.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut set = BTreeMap::clone(&self.set);
        set.retain(|name, _| !names.iter().any(|without| OsStr::new(without) == name));
        Self { set: Arc::new(set), account_home: Arc::clone(&self.account_home) }
    }

    /// The value as it is, set to nothing included. `HOME` that is not there is the home of passwd.
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        let of_account = || {
            if name != HOME {
                return None;
            }
            let look_up =
                || std::env::home_dir().map(OsString::from).filter(|home| !home.is_empty());
            self.account_home.get_or_init(look_up).as_ref()
        };
        self.set.get(OsStr::new(name)).or_else(of_account).map(OsString::as_os_str)
    }

    /// Whether `HOME` itself is set, and not empty.
    pub fn names_home(&self) -> bool {
        self.set.get(OsStr::new(HOME)).is_some_and(|home| !home.is_empty())
    }

    /// The value of a variable that is set and not empty.
    pub fn set(&self, name: &str) -> Option<&OsStr> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A variable that is set and not blank.
    ///
    /// # Errors
    /// Class `usage` when its value is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        match self.raw(name).map(OsStr::to_str) {
            None => Ok(None),
            Some(Some(value)) if value.trim().is_empty() => Ok(None),
            Some(Some(value)) => Ok(Some(value.to_owned())),
            Some(None) => Err(Failure::usage(format!("the value of {name} is not valid text"))),
        }
    }

    /// The same, where a value that is not UTF-8 counts as none.
    pub fn text_or_none(&self, name: &str) -> Option<String> {
        self.text(name).unwrap_or_default()
    }

    /// Whether a switch is on, read as the flags read it.
    pub fn is_on(&self, name: &str) -> bool {
        self.raw(name).and_then(OsStr::to_str).is_some_and(env::means_on)
    }

    /// Whether a variable is there and holds nothing: the same as not being there.
    pub fn is_blank(&self, name: &str) -> bool {
        self.raw(name).and_then(OsStr::to_str).is_some_and(|text| text.trim().is_empty())
    }
}

/// What a run finds around it.
#[derive(Clone)]
pub struct Environment {
    /// The environment variables.
    pub variables: Variables,
    /// The working folder, where there is one.
    pub working_folder: Option<PathBuf>,
    /// Which streams are terminals.
    pub terminals: Terminals,
    /// The clocks.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// Makes a unique id.
    pub new_id: fn() -> Uuid,
    /// Whether a signal came.
    pub interrupt: Interrupt,
}

impl Environment {
    /// That of this process.
    pub fn from_process() -> Self {
        let interrupt = Interrupt::default();
        Self {
            variables: Variables::from_process(),
            working_folder: std::env::current_dir().ok(),
            terminals: Terminals {
                input: io::stdin().is_terminal(),
                output: io::stdout().is_terminal(),
                error: io::stderr().is_terminal(),
            },
            clock: Arc::new(SystemClock::new(interrupt.clone())),
            new_id: Uuid::new_v4,
            interrupt,
        }
    }

    /// The shell that printed commands are pasted into.
    pub fn shell(&self) -> Shell {
        let named = self.variables.text_or_none(env::SHELL);
        named.as_deref().map_or(Shell::default(), Shell::from_path)
    }

    /// Whether this is a CI job: nothing is asked there.
    pub fn is_ci(&self) -> bool {
        self.variables.set(env::CI).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_text_blank_or_not_there() {
        let found = Variables::new([("A", "x"), ("B", " "), ("C", "off"), ("D", "1")]);
        assert_eq!(found.text("A").expect("text").as_deref(), Some("x"));
        assert_eq!(found.text("B").expect("blank"), None);
        assert!(found.is_blank("B") && !found.is_blank("Z"));
        assert!(found.is_on("D") && !found.is_on("C") && !found.is_on("Z"));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let odd = Variables::new([("A", OsStr::from_bytes(b"\xff"))]);
            assert!(odd.text("A").is_err());
            assert_eq!(odd.text_or_none("A"), None);
        }
    }
}
