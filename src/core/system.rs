//! A billing system, as far as every room has to know it: its word, and how a person comes to a
//! login.
//!
//! Which systems there are, and what is known of each, stands in `provider`, in a file a system.

use super::failure::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// What is known of a system before anything is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct SystemFacts {
    /// The word used in flags and documents.
    pub name: &'static str,
    /// The name people know it by.
    pub title: &'static str,
    /// What it is, in a few words, for help.
    pub summary: &'static str,
    /// Its default base URL; none for one that is on this machine.
    pub usual_url: Option<&'static str>,
    /// The variables beside `TOPUP_PORTAL_URL` that name its base URL, strongest first.
    pub variables: &'static [&'static str],
    /// The billing systems behind it that only it talks to, by their hosts; `#` stands for a
    /// number.
    pub backends: &'static [&'static str],
    /// How a person comes to a login.
    pub way_in: WayIn,
    /// What a person types when the balance is low.
    pub refill: &'static str,
    /// How a login is renewed before it ends.
    pub renewal: Renewal,
    /// The path that ends a login at the system, by its own token; none where it has no such call.
    pub log_out: Option<&'static [&'static str]>,
    /// The variables that hold a key of this system and of no other, strongest first. One is read
    /// where neither `TOPUP_TOKEN` nor a stored login is there.
    pub key_variables: &'static [&'static str],
    /// Variables that other systems use for their keys as well: one is read only where the profile
    /// names it.
    pub shared_key_variables: &'static [&'static str],
    /// What selects the account, beside the base URL.
    pub account_keys: &'static [AccountKey],
    /// The base URL of a second service of the system. Where there is one, the variables hold the
    /// key of that service.
    pub gateway_url: Option<&'static str>,
    /// The regions that have a base URL each, by their word; the first is the default.
    pub regions: &'static [(&'static str, &'static str)],
}

/// A setting that selects an account of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountKey {
    /// The key of a profile, and the placeholder in paths.
    pub key: &'static str,
    /// The variables that mean the same, strongest first; they are stronger than the profile.
    pub variables: &'static [&'static str],
}

impl SystemFacts {
    /// A system of which nothing is known: where the others begin.
    pub const BARE: Self = Self {
        name: "",
        title: "",
        summary: "",
        usual_url: None,
        variables: &[],
        backends: &[],
        way_in: WayIn::Key,
        refill: "topup open",
        renewal: Renewal::None,
        log_out: None,
        key_variables: &[],
        shared_key_variables: &[],
        account_keys: &[],
        gateway_url: None,
        regions: &[],
    };
}

/// How a login of a system is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It is not.
    None,
    /// A refresh token that works once is exchanged for a new pair of tokens (OAuth).
    RefreshToken,
    /// The access token itself is exchanged for another one at this path, and ends with that.
    AccessToken(&'static [&'static str]),
}

/// How a person comes to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// A page of the system approves what is asked for, spending as well: the device flow.
    Page,
    /// A username and a password are exchanged for a token.
    Password,
    /// A session key is copied from the web app.
    Key,
    /// It is on this machine, and knows no logins.
    None,
}

impl WayIn {
    /// The words behind `topup`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Page | Self::None => "login",
            Self::Password => "login --username NAME",
            Self::Key => "login --token-stdin",
        }
    }
}

/// A system: a handle that is as cheap as a number. Two are the same if their words are.
#[derive(Clone, Copy)]
pub struct System(&'static SystemFacts);

impl System {
    /// The system of these facts.
    pub const fn new(facts: &'static SystemFacts) -> Self {
        Self(facts)
    }

    /// What is known of it beforehand.
    pub const fn facts(self) -> &'static SystemFacts {
        self.0
    }

    /// The word used in flags and documents.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The name people know it by.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// Whether it has logins, and so a portal where they are used.
    pub fn has_logins(self) -> bool {
        self.0.way_in != WayIn::None
    }
}

impl PartialEq for System {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for System {}

impl Hash for System {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for System {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name)
    }
}

impl Serialize for System {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.name)
    }
}

impl JsonSchema for System {
    fn schema_name() -> Cow<'static, str> {
        "System".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The word of a billing system, as --provider takes it",
        })
    }
}

/// Makes a system of a row that a person wrote, by its name and its fields.
///
/// # Errors
/// Class `config`, naming the field and what is allowed.
pub type FromRow = fn(&str, &toml::Table) -> Result<System>;

/// The systems there are, the usual one first.
#[derive(Clone, Debug)]
pub struct Catalogue {
    systems: Vec<System>,
    from_row: FromRow,
}

impl Catalogue {
    /// These systems; the first is the default. There has to be one.
    pub fn new(systems: Vec<System>, from_row: FromRow) -> Self {
        debug_assert!(!systems.is_empty());
        Self { systems, from_row }
    }

    /// The system of this word.
    pub fn find(&self, name: &str) -> Option<System> {
        self.systems.iter().copied().find(|system| system.name() == name)
    }

    /// The system of a row that a person wrote.
    ///
    /// # Errors
    /// Class `config`, naming the field and what is allowed.
    pub fn from_row(&self, name: &str, row: &toml::Table) -> Result<System> {
        (self.from_row)(name, row)
    }

    /// The default.
    pub fn usual(&self) -> System {
        self.systems[0]
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = System> + '_ {
        self.systems.iter().copied()
    }

    /// Their words, as a sentence lists them: `a, b or c`.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.all().map(System::name).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    }
}
