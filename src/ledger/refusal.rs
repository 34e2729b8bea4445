//! What a check of the budget comes to, and what is said when it does not hold, in English and in
//! German. Contract: poweron, refusal.

use super::price::{BasePrice, breakdown};
use super::values::{LedgerAccount, Mandate, Model, two_places};
use crate::core::class::{Class, Recovery};
use crate::core::command::{Command, NextStep, Part};
use crate::core::failure::Failure;
use crate::core::language::Language;
use crate::core::money::Money;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// Whether a cost may be spent; `data` of `ledger check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BudgetCheck {
    /// It may.
    pub allowed: bool,
    /// What is on the account.
    pub current_balance: Money,
    /// What of it is held back for runs in progress.
    pub reserved: Money,
    /// What was asked for, with the markup in it.
    pub required_amount: Money,
    /// The price before the markup; null where only the whole price is known.
    pub base_price: Option<BasePrice>,
    /// What was added to that, in percent; null where only the whole price is known.
    pub markup_percent: Option<Money>,
    /// The currency of all of them.
    pub currency: String,
    /// Who pays.
    pub billing_model: Model,
    /// Whose budget it is.
    pub mandate: String,
    /// Who asks, where that is known.
    pub user: Option<String>,
}

impl BudgetCheck {
    /// Decides: unlimited, or as much is there as it costs, and more than nothing.
    pub fn decide(
        mandate: &Mandate,
        account: &LedgerAccount,
        user: Option<&str>,
        cost: Decimal,
    ) -> Self {
        let available = account.available().0;
        Self {
            allowed: mandate.billing_model == Model::Unlimited
                || (available >= cost && available > Decimal::ZERO),
            current_balance: account.balance,
            reserved: account.reserved,
            required_amount: Money(two_places(cost)),
            base_price: None,
            markup_percent: None,
            currency: mandate.currency.clone(),
            billing_model: mandate.billing_model,
            mandate: mandate.mandate.clone(),
            user: user.map(ToOwned::to_owned),
        }
    }

    /// The same, with how the price came about.
    #[must_use]
    pub fn with_base_price(mut self, base_price: &BasePrice, mandate: &Mandate) -> Self {
        self.base_price = Some(base_price.clone());
        self.markup_percent = Some(mandate.markup_percent);
        self
    }

    /// What was asked for, and how that price comes about where it is known.
    pub fn required(&self, language: Language) -> String {
        let required = format!("{} {}", self.currency, self.required_amount.shown());
        match (&self.base_price, self.markup_percent) {
            (Some(base), Some(percent)) => {
                format!("{required} ({})", breakdown(base, percent, language))
            }
            _ => required,
        }
    }

    /// What the person who was refused can do, in the word of the contract.
    pub fn user_action(&self) -> &'static str {
        match self.billing_model {
            Model::PrepayUser => "TOP_UP_SELF",
            Model::PrepayMandate | Model::Unlimited => "CONTACT_MANDATE_ADMIN",
        }
    }

    /// The refusal in English.
    pub fn message_en(&self) -> String {
        let there = format!("{} {}", self.currency, self.available().shown());
        let needed = self.required(Language::English);
        match (self.billing_model, &self.user) {
            (Model::PrepayUser, Some(user)) => {
                format!("the account of {user} has {there}, {needed} is needed")
            }
            _ => format!("the pool of {} has {there}, {needed} is needed", self.mandate),
        }
    }

    /// The refusal in German.
    pub fn message_de(&self) -> String {
        let there = format!("{} {}", self.currency, self.available().shown());
        let needed = self.required(Language::German);
        match (self.billing_model, &self.user) {
            (Model::PrepayUser, Some(user)) => {
                format!("Auf dem Konto von {user} sind {there}, nötig sind {needed}")
            }
            _ => format!("Im Budget von {} sind {there}, nötig sind {needed}", self.mandate),
        }
    }

    /// What can be spent: what is there and not held back.
    pub fn available(&self) -> Money {
        Money(self.current_balance.0 - self.reserved.0)
    }

    /// The refusal as an error, in the language of its reader.
    pub fn refusal(&self, language: Language) -> Failure {
        let message = match language {
            Language::English => self.message_en(),
            Language::German => self.message_de(),
        };
        let held = !self.reserved.0.is_zero();
        let mut error = Failure::new(Class::InsufficientBalance, message);
        let parts = error.parts_mut();
        parts.code = Some("INSUFFICIENT_BALANCE".to_owned());
        parts.recovery = match self.billing_model {
            Model::PrepayUser => None,
            Model::PrepayMandate | Model::Unlimited => Some(Recovery::AskAdmin),
        };
        if let Ok(serde_json::Value::Object(details)) = serde_json::to_value(self) {
            parts.details = details;
        }
        let error = error
            .detail("user_action", self.user_action())
            .detail("message_en", self.message_en())
            .detail("message_de", self.message_de());
        let error = match (held, language) {
            (false, _) => error,
            (true, Language::English) => error.hint(format!(
                "{} {} of the balance is held back for runs that go on now.",
                self.currency,
                self.reserved.shown()
            )),
            (true, Language::German) => error.hint(format!(
                "{} {} des Guthabens sind für laufende Aufträge reserviert.",
                self.currency,
                self.reserved.shown()
            )),
        };
        error.hint(self.next_step(language))
    }

    fn next_step(&self, language: Language) -> NextStep {
        let mut command =
            Command::new(["ledger", "credit", "AMOUNT", "--mandate", self.mandate.as_str()]);
        if let (Model::PrepayUser, Some(user)) = (self.billing_model, &self.user) {
            command.add("--user");
            command.push(user);
        }
        let before = match (self.user_action(), language) {
            ("TOP_UP_SELF", Language::English) => "Credit the account: ",
            ("TOP_UP_SELF", Language::German) => "Konto aufladen: ",
            (_, Language::English) => "Ask the manager of the budget to credit it: ",
            (_, Language::German) => "Wer das Budget betreut, kann es aufladen: ",
        };
        NextStep::from(before).then(Part::Run(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::values::kept_decimal;

    fn checked(model: Model, balance: &str, reserved: &str, cost: &str) -> BudgetCheck {
        let money = |text| Money(kept_decimal(text).expect("an amount"));
        let mandate = Mandate::new("acme", model);
        let account = LedgerAccount {
            mandate: "acme".into(),
            user: None,
            balance: money(balance),
            reserved: money(reserved),
        };
        BudgetCheck::decide(&mandate, &account, Some("anna"), money(cost).0)
    }

    #[test]
    fn a_refusal_says_how_the_price_comes_about_where_that_is_known() {
        let base = BasePrice::parse("3.3333333").expect("a price");
        let mandate = Mandate::new("acme", Model::PrepayMandate);
        let refused = checked(Model::PrepayMandate, "3", "0", "5").with_base_price(&base, &mandate);
        assert_eq!(
            refused.message_en(),
            "the pool of acme has CHF 3.00, CHF 5.00 (base price 3.3333333 and 50 % markup) is needed"
        );
        assert_eq!(
            refused.message_de(),
            "Im Budget von acme sind CHF 3.00, nötig sind CHF 5.00 (Grundpreis 3.3333333 und 50 % \
             Aufschlag)"
        );
        let details = refused.refusal(Language::English).parts().details.clone();
        assert_eq!(
            (&details["base_price"], &details["markup_percent"]),
            (&"3.3333333".into(), &"50".into())
        );
    }

    #[test]
    fn enough_is_as_much_as_it_costs_and_more_than_nothing() {
        use Model::{PrepayMandate, PrepayUser, Unlimited};
        for (model, balance, reserved, cost, allowed) in [
            (PrepayMandate, "5", "0", "5", true),
            (PrepayMandate, "5", "0", "5.000001", false),
            (PrepayMandate, "0", "0", "0", false),
            (PrepayMandate, "0.000001", "0", "0", true),
            (PrepayMandate, "-1", "0", "0", false),
            (PrepayUser, "5", "2", "3", true),
            (PrepayUser, "5", "2", "3.01", false),
            (PrepayUser, "5", "5", "0", false),
            (Unlimited, "-100", "0", "1000", true),
        ] {
            let checked = checked(model, balance, reserved, cost);
            assert_eq!(checked.allowed, allowed, "{model:?} {balance} - {reserved} for {cost}");
        }
    }

    #[test]
    fn a_refusal_carries_what_the_contract_says_in_both_languages() {
        let refused = checked(Model::PrepayMandate, "3.4", "0", "5").refusal(Language::German);
        let parts = refused.parts();
        assert_eq!(parts.class, Class::InsufficientBalance);
        assert_eq!(parts.code.as_deref(), Some("INSUFFICIENT_BALANCE"));
        assert_eq!(parts.recovery, Some(Recovery::AskAdmin));
        let told = serde_json::Value::Object(parts.details.clone());
        assert_eq!(
            told,
            serde_json::json!({
                "allowed": false, "current_balance": "3.4", "reserved": "0",
                "required_amount": "5.00", "base_price": null,
                "markup_percent": null, "currency": "CHF", "billing_model": "prepay_mandate",
                "mandate": "acme", "user": "anna", "user_action": "CONTACT_MANDATE_ADMIN",
                "message_en": "the pool of acme has CHF 3.40, CHF 5.00 is needed",
                "message_de": "Im Budget von acme sind CHF 3.40, nötig sind CHF 5.00",
            })
        );
        assert_eq!(parts.message, told["message_de"]);
        let own = checked(Model::PrepayUser, "3", "1", "5").refusal(Language::English);
        assert_eq!(own.parts().details["user_action"], "TOP_UP_SELF");
        assert!(own.parts().hints[0].to_string().contains("CHF 1.00 of the balance is held back"));
        assert!(own.parts().hints[1].to_string().ends_with("--mandate acme --user anna'"));
    }
}
