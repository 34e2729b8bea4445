//! The systems there are: a line each in `systems!`, and what is known of one beforehand in the
//! file that speaks to it.

use super::{Provider, byterover, ciris, ledger, nous};
use crate::credentials::Session;
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a system before anything is asked of it.
#[derive(Debug)]
pub struct Facts {
    /// The word used in flags and documents.
    pub name: &'static str,
    /// The name people know it by.
    pub title: &'static str,
    /// Where it is when nothing else is said anywhere; none for one that is on this machine.
    pub usual_url: Option<&'static str>,
    /// The variables beside `TOPUP_PORTAL_URL` that name its base URL, strongest first.
    pub variables: &'static [&'static str],
    /// The billing system behind it that nobody but it talks to, by its host.
    pub backend: Option<&'static str>,
    /// How a person comes to a login.
    pub way_in: WayIn,
    /// What a person types when the balance is low.
    pub refill: &'static str,
    /// Speaks to it with this login.
    ///
    /// # Errors
    /// Class `internal` for one that is not logged in to.
    pub connect: for<'a> fn(Session<'a>) -> Result<Box<dyn Provider + 'a>>,
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

macro_rules! systems {
    ($($(#[$attribute:meta])* $variant:ident => $facts:path;)*) => {
        /// The systems there are.
        #[derive(
            Clone,
            Copy,
            Debug,
            Default,
            PartialEq,
            Eq,
            Hash,
            Serialize,
            Deserialize,
            JsonSchema,
            clap::ValueEnum,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum System {
            $($(#[$attribute])* $variant,)*
        }

        impl System {
            /// What is known of it beforehand.
            pub const fn facts(self) -> &'static Facts {
                match self {
                    $(Self::$variant => &$facts,)*
                }
            }
        }
    };
}

systems! {
    /// Nous Portal terminal billing.
    #[default]
    Nous => nous::FACTS;
    /// A CIRIS agent's billing proxy.
    Ciris => ciris::FACTS;
    /// ByteRover team credits.
    Byterover => byterover::FACTS;
    /// The embedded prepaid ledger.
    Ledger => ledger::FACTS;
}

impl System {
    /// The word used in flags and documents.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name people know it by.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Whether it has logins, and so a portal where they are used.
    pub fn has_logins(self) -> bool {
        self.facts().way_in != WayIn::None
    }
}

/// The system of this login.
///
/// # Errors
/// Class `internal` for a system that is not logged in to.
pub fn connect(session: Session<'_>) -> Result<Box<dyn Provider + '_>> {
    (session.portal().system.facts().connect)(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn a_system_has_one_word_for_flags_documents_and_messages() {
        for system in System::value_variants() {
            let name = system.name();
            assert_eq!(serde_json::to_value(system).expect("a word"), name);
            assert_eq!(System::from_str(name, false).as_ref(), Ok(system));
        }
    }
}
