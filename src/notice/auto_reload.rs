//! What a notice says of automatic purchases that are on: when they buy, what they may cost this
//! month, and on which card.

use crate::core::language::Language;
use crate::core::money::Money;
use serde::Serialize;

/// Automatic purchases that are on; amounts are in dollars.
#[derive(Clone, Debug, Serialize)]
pub struct AutoReloadNotice {
    /// They buy when the balance is below this.
    #[serde(rename = "below_usd")]
    pub below: Option<Money>,
    /// They buy up to this.
    #[serde(rename = "to_usd")]
    pub to: Option<Money>,
    /// They buy this much each time.
    #[serde(rename = "amount_usd")]
    pub amount: Option<Money>,
    /// The most that they may still charge this month; none where no limit is shown.
    #[serde(rename = "may_charge_usd")]
    pub may_charge: Option<Money>,
    /// The card, where it is another one than the card on file.
    pub other_card: Option<String>,
}

impl AutoReloadNotice {
    /// For the value of a row: `on: below $10.00 up to $50.00, at most $480.00 more this month`.
    pub(super) fn words(&self, language: Language) -> String {
        let english = language == Language::English;
        let word =
            |in_english: &'static str, in_german| if english { in_english } else { in_german };
        let mut text = word("on", "an").to_owned();
        if let Some(below) = self.below {
            text.push_str(&format!(": {} {}", word("below", "unter"), dollars(below)));
        }
        if let Some(to) = self.to {
            text.push_str(&format!(" {} {}", word("up to", "bis"), dollars(to)));
        }
        if let Some(amount) = self.amount {
            text.push_str(&format!(" {} {}", word("buys", "kauft"), dollars(amount)));
        }
        match self.may_charge.map(dollars) {
            Some(most) if english => text.push_str(&format!(", at most {most} more this month")),
            Some(most) => text.push_str(&format!(", in diesem Monat höchstens noch {most}")),
            None => text.push_str(word(
                ", no monthly limit is shown",
                ", ein Monatslimit ist nicht bekannt",
            )),
        }
        if let Some(card) = &self.other_card {
            let other =
                word("another card than the one on file", "eine andere Karte als die hinterlegte");
            text.push_str(&format!("; {}: {card} ({other})", word("card", "Karte")));
        }
        text
    }

    /// The same as a sentence.
    pub(super) fn sentence(&self, language: Language) -> String {
        let name = match language {
            Language::English => "Auto-reload is",
            Language::German => "Automatisches Nachladen ist",
        };
        format!("{name} {}.", self.words(language))
    }
}

fn dollars(amount: Money) -> String {
    format!("${}", amount.shown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_when_it_buys_what_it_may_cost_and_on_which_card() {
        let money = |text| Money::parse(text);
        let on = AutoReloadNotice {
            below: money("10"),
            to: money("50"),
            amount: None,
            may_charge: money("480"),
            other_card: None,
        };
        assert_eq!(
            on.sentence(Language::English),
            "Auto-reload is on: below $10.00 up to $50.00, at most $480.00 more this month."
        );
        assert_eq!(
            on.sentence(Language::German),
            "Automatisches Nachladen ist an: unter $10.00 bis $50.00, in diesem Monat höchstens \
             noch $480.00."
        );
        let other = AutoReloadNotice {
            to: None,
            amount: money("20"),
            may_charge: None,
            other_card: Some("Visa ····1".to_owned()),
            ..on
        };
        assert_eq!(
            other.words(Language::English),
            "on: below $10.00 buys $20.00, no monthly limit is shown; card: Visa ····1 (another \
             card than the one on file)"
        );
        assert!(other.words(Language::German).contains("eine andere Karte als die hinterlegte"));
    }
}
