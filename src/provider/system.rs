//! The systems there are: a line each.

use super::balances::{self, Balances};
use super::{Provider, byterover, ciris, cloudflare, ledger, nous, vercel};
use crate::core::environment::Environment;
use crate::core::failure::{Failure, Result};
use crate::core::system::{Catalogue, System, SystemFacts};
use crate::credentials::Session;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Nous Portal terminal billing.
pub const NOUS: System = System::new(&nous::FACTS);
/// A CIRIS agent's billing proxy.
pub const CIRIS: System = System::new(&ciris::FACTS);
/// `ByteRover` team credits.
pub const BYTEROVER: System = System::new(&byterover::FACTS);
/// The embedded prepaid ledger.
pub const LEDGER: System = System::new(&ledger::FACTS);

/// Speaks to a system with this login, from this environment.
type Connect = for<'a> fn(Session<'a>, &'a Environment) -> Result<Box<dyn Provider + 'a>>;

/// Every system that is more than a row, and how it is spoken to; the first is meant where none is
/// named.
const ALL: &[(&SystemFacts, Connect)] = &[
    (&nous::FACTS, |session, _| Ok(Box::new(nous::Nous::new(session)))),
    (&ciris::FACTS, |session, _| Ok(Box::new(ciris::Ciris::new(session)))),
    (&byterover::FACTS, |session, here| Ok(Box::new(byterover::ByteRover::new(session, here)))),
    (&ledger::FACTS, |_, _| Err(Failure::internal("a ledger is opened, not logged in to"))),
];

/// Sells what a row reads.
type Sell = for<'a> fn(Balances<'a>) -> Box<dyn Provider + 'a>;

/// The rows that sell as well.
const SELLERS: &[(&str, Sell)] = &[
    (cloudflare::NAME, |balances| Box::new(cloudflare::Cloudflare::new(balances))),
    (vercel::NAME, |balances| Box::new(vercel::Vercel::new(balances))),
];

/// The systems there are: those above, then the rows.
pub fn catalogue() -> Catalogue {
    let rows = balances::table::ROWS.iter().map(|row| System::new(&row.facts));
    let all = ALL.iter().map(|(facts, _)| System::new(facts)).chain(rows);
    Catalogue::new(all.collect(), balances::own::from_row)
}

/// The system of this word.
pub fn find(name: &str) -> Option<System> {
    catalogue().find(name)
}

/// The system of this login.
///
/// # Errors
/// Class `internal` for a system that is not logged in to.
pub fn connect<'a>(
    session: Session<'a>,
    environment: &'a Environment,
) -> Result<Box<dyn Provider + 'a>> {
    let system = session.portal().system;
    if let Some((_, connect)) = ALL.iter().find(|(facts, _)| facts.name == system.name()) {
        return connect(session, environment);
    }
    match balances::row_of(system) {
        Some(row) => {
            let balances = Balances::new(row, session);
            let seller = SELLERS.iter().find(|(name, _)| *name == system.name());
            Ok(match seller {
                Some((_, sell)) => sell(balances),
                None => Box::new(balances),
            })
        }
        None => Err(Failure::internal(format!("the system '{}' has no row", system.name()))),
    }
}

/// A system as files keep it: its word. For `#[serde(with = …)]`.
pub(crate) mod word {
    use super::{Deserialize, Deserializer, Error, Serializer, System, find};

    /// Writes the word.
    ///
    /// # Errors
    /// Those of the serializer.
    // serde hands the field over like this.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn serialize<S: Serializer>(system: &System, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(system.name())
    }

    /// Reads the word of a system that there is.
    ///
    /// # Errors
    /// It is no such word.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<System, D::Error> {
        let name = String::deserialize(from)?;
        find(&name).ok_or_else(|| D::Error::custom(format!("'{name}' is not a system")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_has_one_word_for_flags_documents_and_messages() {
        for system in catalogue().all() {
            assert_eq!(serde_json::to_value(system).expect("a word"), system.name());
            assert_eq!(find(system.name()), Some(system));
        }
        assert_eq!(catalogue().usual(), NOUS);
    }
}
