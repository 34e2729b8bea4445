//! The keys of `config.toml`, declared once: the parser, `topup config`, its help and its errors
//! know them from here.

use serde::Deserialize;
use std::path::PathBuf;

/// The key that stands outside all profiles: the name of the default profile.
pub const DEFAULT_PROFILE_KEY: ConfigKey = ConfigKey {
    name: "default_profile",
    meaning: "The profile that is used where none is named",
    example: "work",
};

/// A key and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigKey {
    /// Its name.
    pub name: &'static str,
    /// What it means, as a phrase without a full stop.
    pub meaning: &'static str,
    /// A value that it takes, as it is typed.
    pub example: &'static str,
}

macro_rules! profile {
    ($($field:ident: $kind:ty, $example:literal, $meaning:literal;)*) => {
        /// One `[profiles.NAME]` of `config.toml`.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Profile {
            $(#[serde(default)] pub(super) $field: Option<$kind>,)*
        }

        /// The keys of a profile.
        pub const OF_A_PROFILE: &[ConfigKey] =
            &[$(ConfigKey { name: stringify!($field), meaning: $meaning, example: $example },)*];

        impl Profile {
            /// What stands under this key, as it would be typed.
            pub(super) fn written(&self, key: &str) -> Option<String> {
                match key {
                    $(stringify!($field) => self.$field.as_ref().map(Typed::as_typed),)*
                    _ => None,
                }
            }
        }

        /// What was typed as a value of TOML for this key; none for a key of no profile.
        pub(super) fn value_of(key: &str, words: &[String]) -> Option<Result<toml_edit::Value, String>> {
            match key {
                $(stringify!($field) => Some(<$kind as Typed>::value_of(words)),)*
                _ => None,
            }
        }
    };
}

profile! {
    provider: String, "nous", "Billing system: 'topup explain systems' lists them, and [systems.NAME] adds one";
    portal_url: String, "https://portal.example", "Base URL; a stored login's URL wins";
    sandbox: bool, "true", "Use the sandbox by default, like --sandbox";
    client_id: String, "my-client", "OAuth client id to log in with";
    credential_command: Vec<String>, "/usr/local/bin/keep-login", "Program that keeps the logins, and its arguments";
    max_per_purchase: String, "50", "The most that one purchase may cost, in dollars";
    max_per_day: String, "200", "The most that all purchases of a UTC day may cost";
    max_per_month: String, "1000", "The most that all purchases of a UTC month may cost";
    sole_buyer: bool, "true", "Nothing but this journal buys for the account, so what the seller lists is taken as proof";
    state_url: String, "postgres://user@host/database", "Server that machines share purchases and logins on; without one they are in files";
    ledger_url: String, "postgres://user@host/database", "Where the prepaid ledger is: a file, or postgres://user@host/database";
    mandate: String, "acme", "Mandate of the prepaid ledger";
    notify: Vec<String>, "ops@example.com", "Mail addresses that 'watch --notify' writes to";
    language: String, "de", "Language of notices, en or de; else that of the locale";
    token_variable: String, "AI_GATEWAY_API_KEY", "Environment variable that holds the key, where no login is stored";
    gateway_url: String, "https://gateway.example/v1", "Base URL of the second service of a system, such as Vercel's AI Gateway";
    account_id: String, "0123abcd", "Account to use, at Cloudflare";
    team: String, "acme", "Team to use, at Vercel: its id or its slug";
    team_id: String, "0123abcd", "Team to use, at xAI";
    project_id: String, "0123abcd", "Project to use, at Deepgram";
    region: String, "cn", "Region of the account, where a system has several, such as Moonshot";
    cloudflare_balance_unit: String, "cents", "What Cloudflare's balance counts, dollars or cents: it does not say so itself";
}

/// Every key, in the order of the help.
pub fn all() -> impl Iterator<Item = &'static ConfigKey> {
    std::iter::once(&DEFAULT_PROFILE_KEY).chain(OF_A_PROFILE)
}

/// The key of this name.
pub fn find(name: &str) -> Option<&'static ConfigKey> {
    all().find(|key| key.name == name)
}

/// Something that is written in a file as it is typed at a prompt.
trait Typed: Sized {
    fn as_typed(&self) -> String;
    /// The value for one word; `Vec` takes any number of them.
    fn value_of(words: &[String]) -> Result<toml_edit::Value, String> {
        match words {
            [word] => Self::value_of_word(word),
            _ => Err("it takes one value".to_owned()),
        }
    }
    fn value_of_word(word: &str) -> Result<toml_edit::Value, String> {
        Ok(word.into())
    }
}

impl Typed for String {
    fn as_typed(&self) -> String {
        self.clone()
    }
}

impl Typed for bool {
    fn as_typed(&self) -> String {
        self.to_string()
    }

    fn value_of_word(word: &str) -> Result<toml_edit::Value, String> {
        word.parse::<bool>().map(Into::into).map_err(|_| "write true or false".to_owned())
    }
}

impl Typed for Vec<String> {
    fn as_typed(&self) -> String {
        self.join(" ")
    }

    fn value_of(words: &[String]) -> Result<toml_edit::Value, String> {
        Ok(words.iter().collect::<toml_edit::Array>().into())
    }
}

/// Where a setting comes from, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// A flag of this run, or the variable that stands for it.
    Asked,
    /// Another variable of the environment.
    Variable(&'static str),
    /// The file of a project.
    Project(PathBuf),
    /// It was stored with the login.
    Login,
    /// This profile of `config.toml`.
    Profile(String),
    /// `config.toml`, outside all profiles.
    File,
    /// The default.
    Default,
}
