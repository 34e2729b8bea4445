//! The notice that a watched balance has fallen: what `topup watch --notify` sends, whatever system
//! the balance is of.

use super::text::{self, clean};
use super::tidings::{Tidings, Words};
use crate::core::language::Language;
use crate::core::money::Money;
use jiff::Timestamp;
use serde::Serialize;

/// What happened.
#[derive(Clone, Debug)]
pub struct LowBalance {
    /// The system, as people know it.
    pub system: String,
    /// Where it is: an origin, a sandbox, or the place of a ledger.
    pub place: String,
    /// Whose balance it is, where that is reported: an organisation, a team, a mandate.
    pub account: Option<String>,
    /// The profile that was watched.
    pub profile: String,
    /// What is left.
    pub balance: Money,
    /// What it has fallen below.
    pub below: Money,
    /// What both count: `usd`, `credits`, `uses`, or another currency in small letters.
    pub unit: String,
    /// Both, as people write them.
    pub shown: [String; 2],
    /// The command that helps.
    pub command: &'static str,
    /// The page where credits are bought, where there is one.
    pub page: Option<String>,
    /// When it was seen.
    pub at: Timestamp,
}

/// The body. Keys are only ever added.
#[derive(Serialize)]
struct LowBalanceBody<'a> {
    event: &'static str,
    system: &'a str,
    place: &'a str,
    account: Option<&'a str>,
    profile: &'a str,
    balance: Money,
    below: Money,
    unit: &'a str,
    portal_url: Option<&'a str>,
    message_en: String,
    message_de: String,
    at: Timestamp,
    /// What a chat shows; the other keys are for programs.
    text: String,
}

impl Tidings for LowBalance {
    fn subject(&self) -> String {
        format!(
            "[topup] Balance is low / Guthaben ist niedrig: {} ({})",
            clean(&self.shown[0]),
            clean(&self.system)
        )
    }

    fn words(&self, language: Language) -> Words {
        let labels = match language {
            Language::English => {
                ["System", "Place", "Account", "Profile", "Balance", "Below", "Page", "Time"]
            }
            Language::German => {
                ["System", "Ort", "Konto", "Profil", "Guthaben", "Unter", "Seite", "Zeitpunkt"]
            }
        };
        let [balance, below] = &self.shown;
        let values = [
            Some(self.system.as_str()),
            Some(&self.place),
            self.account.as_deref(),
            Some(&self.profile),
            Some(balance),
            Some(below),
            self.page.as_deref(),
        ];
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let values = values.into_iter().map(|value| value.map(clean)).chain([Some(at)]);
        let rows = labels.into_iter().zip(values);
        let rows = rows.filter_map(|(label, value)| Some((label, value?))).collect();
        let (tag, heading, lead, todo) = match language {
            Language::English => (
                "en",
                "The balance is low",
                "The balance that is watched has fallen. The next notice comes when it has been \
                 filled up and falls again.",
                "To fill it up:",
            ),
            Language::German => (
                "de",
                "Das Guthaben ist niedrig",
                "Das beobachtete Guthaben ist gefallen. Die nächste Nachricht kommt, wenn es \
                 aufgefüllt wurde und wieder fällt.",
                "Guthaben aufladen:",
            ),
        };
        Words { tag, heading, lead, rows, todo, command: self.command.to_owned(), next: None }
    }

    fn one_line(&self, language: Language, name: &dyn Fn(&str) -> String) -> String {
        let whose = match &self.account {
            Some(account) => format!("{} ({})", name(account), name(&self.place)),
            None => name(&self.place),
        };
        let [balance, below] = self.shown.each_ref().map(|shown| clean(shown));
        let (system, command) = (clean(&self.system), name(self.command));
        match language {
            Language::English => format!(
                "The balance of {system}, {whose}, is low: {balance} is left, less than {below}. \
                 To fill it up: {command}"
            ),
            Language::German => format!(
                "Das Guthaben bei {system}, {whose}, ist niedrig: {balance} sind übrig, weniger \
                 als {below}. Guthaben aufladen: {command}"
            ),
        }
    }

    fn body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&LowBalanceBody {
            event: "balance_low",
            system: &self.system,
            place: &self.place,
            account: self.account.as_deref(),
            profile: &self.profile,
            balance: self.balance,
            below: self.below,
            unit: &self.unit,
            portal_url: self.page.as_deref(),
            message_en: text::line(self, Language::English),
            message_de: text::line(self, Language::German),
            at: self.at,
            text: text::for_chat(self),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low() -> LowBalance {
        LowBalance {
            system: "Nous Portal".into(),
            place: "https://portal.example".into(),
            account: Some("Acme".into()),
            profile: "work".into(),
            balance: Money::parse("8.4").expect("money"),
            below: Money::parse("10.00").expect("money"),
            unit: "usd".into(),
            shown: ["$8.40".into(), "$10.00".into()],
            command: "topup buy AMOUNT",
            page: Some("https://portal.example/billing".into()),
            at: "2026-11-20T12:00:00Z".parse().expect("a time"),
        }
    }

    #[test]
    fn both_languages_say_how_much_is_left_of_what_and_what_helps() {
        for text in [text::plain(&low()), text::page(&low())] {
            for part in [
                "The balance is low",
                "Das Guthaben ist niedrig",
                "Nous Portal",
                "Acme",
                "work",
                "$8.40",
                "$10.00",
                "2026-11-20 12:00 UTC",
                "topup buy AMOUNT",
                "https://portal.example/billing",
            ] {
                assert!(text.contains(part), "no '{part}' in\n{text}");
            }
        }
        let body: serde_json::Value =
            serde_json::from_slice(&low().body().expect("a body")).expect("JSON");
        assert_eq!(body["event"], "balance_low");
        assert_eq!((&body["balance"], &body["below"]), (&"8.4".into(), &"10.00".into()));
        assert_eq!(
            body["message_en"],
            "The balance of Nous Portal, Acme (https://portal.example), is low: $8.40 is left, \
             less than $10.00. To fill it up: topup buy AMOUNT"
        );
    }

    #[test]
    fn a_hostile_name_of_an_account_is_text_and_nothing_else() {
        let hostile = LowBalance {
            account: Some("<b>x</b>\r\nBcc: eve@x.example `<!here>`".into()),
            ..low()
        };
        assert_eq!(hostile.subject().lines().count(), 1);
        assert!(!text::plain(&hostile).contains("\nBcc"));
        assert!(!text::page(&hostile).contains("<b>"));
        assert!(!text::for_chat(&hostile).contains('<'));
    }
}
