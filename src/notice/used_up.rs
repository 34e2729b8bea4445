//! The notice that the shared pool of a mandate does not cover what is asked for. Contract: poweron, "The notice".

use super::text::{self, clean};
use super::tidings::{Marks, Tidings, Words};
use crate::core::duration;
use crate::core::language::Language;
use crate::core::money::Money;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// What happened.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The language of those who get it.
    pub language: Language,
    /// Whose pool.
    pub mandate: String,
    /// Of both sums.
    pub currency: String,
    /// What is left.
    pub balance: Money,
    /// What was asked for.
    pub required: Money,
    /// Who asked, where that is known.
    pub triggered_by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How long no other notice will be sent; zero when there is no such promise.
    pub cooldown: Duration,
}

/// The body for a pool that does not cover what is asked for. Keys are only ever added.
#[derive(Serialize)]
struct BodyWire<'a> {
    event: &'static str,
    mandate: &'a str,
    balance: Money,
    required_amount: Money,
    currency: &'a str,
    triggered_by: Option<&'a str>,
    user_action: &'static str,
    message_en: String,
    message_de: String,
    at: Timestamp,
    /// What a chat shows; the other keys are for programs.
    text: String,
}

impl Tidings for Notice {
    fn language(&self) -> Language {
        self.language
    }

    fn subject(&self) -> String {
        format!("[topup] {}", heading(self, self.language))
    }

    fn words(&self, language: Language) -> Words {
        let mandate = clean(&self.mandate);
        let balance = sum(self, self.balance);
        let required = sum(self, self.required);
        let by = self.triggered_by.as_deref().map(clean);
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let wait = (!self.cooldown.is_zero()).then(|| duration::show(self.cooldown));
        let labels = match language {
            Language::English => ["Mandate", "Balance", "Required", "Triggered by", "Time"],
            Language::German => ["Mandat", "Guthaben", "Benötigt", "Ausgelöst durch", "Zeitpunkt"],
        };
        let heading = heading(self, language);
        let values = [Some(mandate), Some(balance), Some(required.clone()), by, Some(at)];
        let rows = labels.into_iter().zip(values);
        let rows = rows.filter_map(|(label, value)| Some((label, value?))).collect();
        match language {
            Language::English => Words {
                heading,
                lead: format!(
                    "The shared pool does not cover the {required} that was asked for. Paid operations \
                     are refused until credit is added."
                ),
                rows,
                command: Some(("To add credit:", command(&self.mandate, "AMOUNT"))),
                link: None,
                next: wait.map(|wait| format!("The next notice comes in {wait} at the earliest.")),
            },
            Language::German => Words {
                heading,
                lead: format!(
                    "Das gemeinsame Guthaben deckt die verlangten {required} nicht. Bezahlte Vorgänge \
                     werden abgelehnt, bis wieder Guthaben da ist."
                ),
                rows,
                command: Some(("Guthaben aufladen:", command(&self.mandate, "BETRAG"))),
                link: None,
                next: wait.map(|wait| format!("Die nächste Nachricht kommt frühestens in {wait}.")),
            },
        }
    }

    fn one_line(&self, language: Language, marks: &Marks) -> String {
        let name = marks.name;
        let mandate = name(&self.mandate);
        let (balance, required) = (sum(self, self.balance), sum(self, self.required));
        let by = self.triggered_by.as_deref().map(name);
        match language {
            Language::English => {
                let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
                let command = name(&command(&self.mandate, "AMOUNT"));
                format!(
                    "{balance} left in the shared pool of mandate {mandate}; {required} was asked for{by}. \
                     To add credit: {command}"
                )
            }
            Language::German => {
                let by = by.map(|by| format!(" von {by}")).unwrap_or_default();
                let command = name(&command(&self.mandate, "BETRAG"));
                format!(
                    "Noch {balance} im gemeinsamen Guthaben des Mandats {mandate}; verlangt wurden{by} \
                     {required}. Guthaben aufladen: {command}"
                )
            }
        }
    }

    fn body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&BodyWire {
            event: "pool_exhausted",
            mandate: &self.mandate,
            balance: self.balance,
            required_amount: self.required,
            currency: &self.currency,
            triggered_by: self.triggered_by.as_deref(),
            user_action: "CONTACT_MANDATE_ADMIN",
            message_en: text::line(self, Language::English),
            message_de: text::line(self, Language::German),
            at: self.at,
            text: text::for_chat(self),
        })
    }
}

/// How much is left of which pool.
fn heading(notice: &Notice, language: Language) -> String {
    let (mandate, balance) = (clean(&notice.mandate), sum(notice, notice.balance));
    match language {
        Language::English => format!("{balance} left in the shared pool of {mandate}"),
        Language::German => format!("Noch {balance} im gemeinsamen Guthaben von {mandate}"),
    }
}

fn sum(notice: &Notice, money: Money) -> String {
    format!("{} {}", clean(&notice.currency), money.shown())
}

/// What a reader types. It is copied into a shell, so a name that is more than a plain word is
/// quoted, and one that cannot be shown as it is gives its place to the word itself.
fn command(mandate: &str, amount: &str) -> String {
    let is_word = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '@' | ':' | '/')
    };
    let mandate = if clean(mandate) != mandate {
        "MANDATE".to_owned()
    } else if mandate.chars().all(is_word) {
        mandate.to_owned()
    } else {
        format!("'{}'", mandate.replace('\'', r"'\''"))
    };
    // A name that begins like a flag has to be tied to the flag that it belongs to.
    let joint = if mandate.trim_start_matches('\'').starts_with('-') { '=' } else { ' ' };
    format!("topup ledger credit {amount} --mandate{joint}{mandate}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_safe_to_copy() {
        for (mandate, shown) in [
            ("acme", " acme"),
            ("a b", " 'a b'"),
            ("x; rm -rf ~", " 'x; rm -rf ~'"),
            ("it's", r" 'it'\''s'"),
            ("-x", "=-x"),
            ("- x", "='- x'"),
            ("a\nb", " MANDATE"),
            ("", " MANDATE"),
        ] {
            assert_eq!(
                command(mandate, "AMOUNT"),
                format!("topup ledger credit AMOUNT --mandate{shown}")
            );
        }
    }
}
