//! The notice about a watched balance: that it has fallen, is still low, or is enough again. It is
//! what `topup watch --notify` sends, whatever system the balance is of.

use super::auto_reload::AutoReloadNotice;
use super::text::{self, PLAIN, clean};
use super::tidings::{Marks, Tidings, Words};
use crate::core::duration;
use crate::core::language::Language;
use crate::core::money::Money;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// What happened to a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceEvent {
    /// It has fallen.
    Low,
    /// It is still low.
    Reminder,
    /// Enough is there again.
    Recovered,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct BalanceAlert {
    /// What it is about.
    pub event: BalanceEvent,
    /// The language of those who get it.
    pub language: Language,
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
    /// The threshold: what it has fallen below, or reached again.
    pub below: Money,
    /// What both count: `usd`, `credits`, `uses`, or another currency in small letters.
    pub unit: String,
    /// Both, as people write them.
    pub shown: [String; 2],
    /// Since when it was low.
    pub since: Option<Timestamp>,
    /// After this the next notice comes, where the balance stays low.
    pub remind: Option<Duration>,
    /// Automatic purchases, where they are on.
    pub auto_reload: Option<AutoReloadNotice>,
    /// The command that helps.
    pub command: String,
    /// The page where credits are bought, where there is one.
    pub page: Option<String>,
    /// When it was seen.
    pub at: Timestamp,
}

/// The body. Keys are only ever added.
#[derive(Serialize)]
struct BalanceAlertBody<'a> {
    event: &'static str,
    system: &'a str,
    place: &'a str,
    account: Option<&'a str>,
    profile: &'a str,
    balance: Money,
    below: Money,
    unit: &'a str,
    since: Option<Timestamp>,
    auto_reload: Option<&'a AutoReloadNotice>,
    portal_url: Option<&'a str>,
    message_en: String,
    message_de: String,
    at: Timestamp,
    /// What a chat shows; the other keys are for programs.
    text: String,
}

impl BalanceEvent {
    /// The word in documents and for commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Reminder => "reminder",
            Self::Recovered => "recovered",
        }
    }

    /// The word in the body for a webhook.
    fn body_word(self) -> &'static str {
        match self {
            Self::Low => "balance_low",
            Self::Reminder => "balance_still_low",
            Self::Recovered => "balance_recovered",
        }
    }
}

impl BalanceAlert {
    /// How much there is of what it should be, in one phrase.
    fn phrase(&self, language: Language, marks: &Marks) -> String {
        let [balance, below] = self.shown.each_ref().map(|shown| (marks.text)(shown));
        let system = (marks.text)(&self.system);
        let account = self.account.as_deref().map(marks.name);
        let place = match (account, language) {
            (None, _) => system,
            (Some(account), Language::English) => format!("{system} for {account}"),
            (Some(account), Language::German) => format!("{system} für {account}"),
        };
        match (self.event, language) {
            (BalanceEvent::Low, Language::English) => {
                format!("{balance} left at {place}, less than {below}")
            }
            (BalanceEvent::Reminder, Language::English) => {
                format!("still {balance} left at {place}, less than {below}")
            }
            (BalanceEvent::Recovered, Language::English) => {
                format!("{balance} available again at {place}, at least {below}")
            }
            (BalanceEvent::Low, Language::German) => {
                format!("noch {balance} bei {place}, weniger als {below}")
            }
            (BalanceEvent::Reminder, Language::German) => {
                format!("weiterhin {balance} bei {place}, weniger als {below}")
            }
            (BalanceEvent::Recovered, Language::German) => {
                format!("wieder {balance} bei {place}, mindestens {below}")
            }
        }
    }

    /// What follows from it.
    fn lead(&self, language: Language) -> String {
        let below = clean(&self.shown[1]);
        match (self.event, language) {
            (BalanceEvent::Low, Language::English) => format!("The balance fell below {below}."),
            (BalanceEvent::Reminder, Language::English) => {
                format!("The balance is still below {below}.")
            }
            (BalanceEvent::Recovered, Language::English) => {
                format!("The balance is {below} or more again.")
            }
            (BalanceEvent::Low, Language::German) => {
                format!("Das Guthaben ist unter {below} gefallen.")
            }
            (BalanceEvent::Reminder, Language::German) => {
                format!("Das Guthaben liegt weiterhin unter {below}.")
            }
            (BalanceEvent::Recovered, Language::German) => {
                format!("Das Guthaben beträgt wieder {below} oder mehr.")
            }
        }
    }

    /// When the next notice comes.
    fn next(&self, language: Language) -> Option<String> {
        let wait = self.remind.map(duration::show);
        Some(match (self.event, wait, language) {
            (BalanceEvent::Recovered, ..) => return None,
            (_, Some(wait), Language::English) => {
                format!("The next notice comes in {wait} if the balance stays low.")
            }
            (_, Some(wait), Language::German) => {
                format!("Die nächste Nachricht kommt in {wait}, wenn das Guthaben niedrig bleibt.")
            }
            (_, None, Language::English) => {
                "The next notice comes after the balance has risen and falls again.".to_owned()
            }
            (_, None, Language::German) => {
                "Die nächste Nachricht kommt, wenn das Guthaben gestiegen ist und wieder fällt."
                    .to_owned()
            }
        })
    }

    fn is_low(&self) -> bool {
        self.event != BalanceEvent::Recovered
    }
}

impl Tidings for BalanceAlert {
    fn language(&self) -> Language {
        self.language
    }

    fn subject(&self) -> String {
        format!("[topup] {}", capitalised(&self.phrase(self.language, &PLAIN)))
    }

    fn words(&self, language: Language) -> Words {
        let labels = match language {
            Language::English => [
                "System",
                "Place",
                "Account",
                "Profile",
                "Balance",
                "Threshold",
                "Below since",
                "Auto-reload",
                "Time",
            ],
            Language::German => [
                "System",
                "Ort",
                "Konto",
                "Profil",
                "Guthaben",
                "Schwelle",
                "Darunter seit",
                "Nachladen",
                "Zeitpunkt",
            ],
        };
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let [balance, below] = &self.shown;
        let since = self.since.filter(|_| self.event == BalanceEvent::Reminder).map(time);
        let values = [
            Some(clean(&self.system)),
            Some(clean(&self.place)),
            self.account.as_deref().map(clean),
            Some(clean(&self.profile)),
            Some(clean(balance)),
            Some(clean(below)),
            since,
            self.auto_reload.as_ref().map(|reload| clean(&reload.words(language))),
            Some(time(self.at)),
        ];
        let rows = labels.into_iter().zip(values);
        let rows = rows.filter_map(|(label, value)| Some((label, value?))).collect();
        let (todo, link_label) = match language {
            Language::English => ("To buy credits:", "On the portal:"),
            Language::German => ("Guthaben aufladen:", "Im Portal:"),
        };
        Words {
            heading: capitalised(&self.phrase(language, &PLAIN)),
            lead: self.lead(language),
            rows,
            command: self.is_low().then(|| (todo, self.command.clone())),
            link: self.page.as_deref().map(|page| (link_label, page.to_owned())),
            next: self.next(language),
        }
    }

    fn one_line(&self, language: Language, marks: &Marks) -> String {
        let mut line = capitalised(&self.phrase(language, marks));
        line.push('.');
        if let Some(reload) = &self.auto_reload {
            line.push_str(&format!(" {}", (marks.text)(&reload.sentence(language))));
        }
        if self.is_low() {
            let buy = match language {
                Language::English => "To buy credits",
                Language::German => "Guthaben aufladen",
            };
            line.push_str(&format!(" {buy}: {}", (marks.name)(&self.command)));
        }
        if let Some(page) = &self.page {
            let or = match language {
                _ if !self.is_low() => "",
                Language::English => " or",
                Language::German => " oder",
            };
            line.push_str(&format!("{or} {}", (marks.link)(page)));
        }
        line
    }

    fn body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&BalanceAlertBody {
            event: self.event.body_word(),
            system: &self.system,
            place: &self.place,
            account: self.account.as_deref(),
            profile: &self.profile,
            balance: self.balance,
            below: self.below,
            unit: &self.unit,
            since: self.since,
            auto_reload: self.auto_reload.as_ref(),
            portal_url: self.page.as_deref(),
            message_en: text::line(self, Language::English),
            message_de: text::line(self, Language::German),
            at: self.at,
            text: text::for_chat(self),
        })
    }
}

/// With a capital letter at its beginning.
fn capitalised(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
impl BalanceAlert {
    /// One for tests.
    pub fn example() -> Self {
        Self {
            event: BalanceEvent::Low,
            language: Language::English,
            system: "Nous Portal".into(),
            place: "https://portal.example".into(),
            account: Some("Acme".into()),
            profile: "work".into(),
            balance: Money::parse("8.4").expect("money"),
            below: Money::parse("10.00").expect("money"),
            unit: "usd".into(),
            shown: ["$8.40".into(), "$10.00".into()],
            since: Some("2026-11-20T09:00:00Z".parse().expect("a time")),
            remind: None,
            auto_reload: None,
            command: "topup buy AMOUNT".into(),
            page: Some("https://portal.example/billing?a=1&b=2".into()),
            at: "2026-11-20T12:00:00Z".parse().expect("a time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_language_says_how_much_is_left_and_what_helps() {
        let german = BalanceAlert { language: Language::German, ..BalanceAlert::example() };
        for (notice, subject, words, others) in [
            (
                BalanceAlert::example(),
                "[topup] $8.40 left at Nous Portal for Acme, less than $10.00",
                ["The balance fell below $10.00.", "To buy credits:", "risen and falls again"],
                ["Guthaben", "Nachricht"],
            ),
            (
                german,
                "[topup] Noch $8.40 bei Nous Portal für Acme, weniger als $10.00",
                ["Das Guthaben ist unter $10.00 gefallen.", "Guthaben aufladen:", "wieder fällt"],
                ["balance", "credits:"],
            ),
        ] {
            assert_eq!(notice.subject(), subject);
            for text in [text::plain(&notice), text::page(&notice)] {
                for part in words.iter().chain(&[
                    &subject["[topup] ".len()..],
                    "work",
                    "2026-11-20 12:00 UTC",
                    "topup buy AMOUNT",
                ]) {
                    assert!(text.contains(part), "no '{part}' in\n{text}");
                }
                for absent in others {
                    assert!(!text.contains(absent), "'{absent}' in\n{text}");
                }
            }
        }
        let page = text::page(&BalanceAlert::example());
        let link = r#"<a href="https://portal.example/billing?a=1&amp;b=2">"#;
        assert!(page.contains(link), "{page}");
        assert!(
            text::plain(&BalanceAlert::example())
                .contains("On the portal: https://portal.example/billing?a=1&b=2\n")
        );
    }

    #[test]
    fn a_reminder_says_since_when_and_a_recovery_asks_for_nothing() {
        let remind = Some(Duration::from_hours(6));
        let reminder =
            BalanceAlert { event: BalanceEvent::Reminder, remind, ..BalanceAlert::example() };
        let text = text::plain(&reminder);
        for part in [
            "Still $8.40 left at Nous Portal for Acme, less than $10.00",
            "Below since: 2026-11-20 09:00 UTC",
            "The next notice comes in 6h if the balance stays low.",
        ] {
            assert!(text.contains(part), "no '{part}' in\n{text}");
        }
        let shown = ["$58.40".into(), "$10.00".into()];
        let recovered =
            BalanceAlert { event: BalanceEvent::Recovered, shown, ..BalanceAlert::example() };
        let text = text::plain(&recovered);
        assert!(text.contains("$58.40 available again at Nous Portal for Acme"), "{text}");
        assert!(text.contains("The balance is $10.00 or more again."), "{text}");
        assert!(!text.contains("topup buy") && !text.contains("next notice"), "{text}");
    }

    #[test]
    fn the_body_has_both_languages_for_programs_and_one_for_people() {
        let body = |alert: &BalanceAlert| -> serde_json::Value {
            serde_json::from_slice(&alert.body().expect("a body")).expect("JSON")
        };
        let found = body(&BalanceAlert::example());
        assert_eq!(found["event"], "balance_low");
        assert_eq!((&found["balance"], &found["below"]), (&"8.4".into(), &"10.00".into()));
        let line = "$8.40 left at Nous Portal for Acme, less than $10.00. To buy credits: \
                    topup buy AMOUNT or https://portal.example/billing?a=1&b=2";
        assert_eq!(found["message_en"], line);
        assert_eq!(
            found["message_de"],
            "Noch $8.40 bei Nous Portal für Acme, weniger als $10.00. Guthaben aufladen: \
             topup buy AMOUNT oder https://portal.example/billing?a=1&b=2"
        );
        assert_eq!(
            found["text"],
            "$8.40 left at Nous Portal for `Acme`, less than $10.00. To buy credits: \
             `topup buy AMOUNT` or https://portal.example/billing?a=1&amp;b=2"
        );
        let recovered =
            BalanceAlert { event: BalanceEvent::Recovered, page: None, ..BalanceAlert::example() };
        assert_eq!(
            body(&recovered)["text"],
            "$8.40 available again at Nous Portal for `Acme`, at least $10.00."
        );
        for (event, word) in [
            (BalanceEvent::Reminder, "balance_still_low"),
            (BalanceEvent::Recovered, "balance_recovered"),
        ] {
            assert_eq!(body(&BalanceAlert { event, ..BalanceAlert::example() })["event"], word);
        }
    }

    #[test]
    fn a_hostile_name_of_an_account_is_text_and_nothing_else() {
        let hostile = BalanceAlert {
            account: Some("<b>x</b>\r\nBcc: eve@x.example `<!here>`".into()),
            page: Some("javascript:alert(1)\"<b>".into()),
            ..BalanceAlert::example()
        };
        assert_eq!(hostile.subject().lines().count(), 1);
        assert!(!text::plain(&hostile).contains("\nBcc"));
        let page = text::page(&hostile);
        assert!(!page.contains("<b>") && !page.contains("href=\"javascript"), "{page}");
        assert!(!text::for_chat(&hostile).contains('<'));
    }
}
