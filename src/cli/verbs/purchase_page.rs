//! How a purchase looks to a person.

use super::state::note_auto_reload;
use crate::app::buy::DryRun;
use crate::app::buying::rehearsal::{DryRunFacts, Would};
use crate::app::packs::PackDryRun;
use crate::app::resume::Unreachable;
use crate::app::summary::payment::PaymentSummary;
use crate::app::summary::{AnySummary, PurchaseStatus, Summary, Upgrade};
use crate::app::upgrade::UpgradeDryRun;
use crate::core::failure::Charged;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::dollars;
use crate::provider::packs::Price;

/// What else there is to know about a purchase whose answer could not be delivered.
pub const IF_LOST: &str = "The purchase itself is done. Run the same command again: it reports how it ended, and pays nothing twice.";

impl Show for AnySummary {
    fn show(&self, page: &mut Page) {
        self.show_unless_checked(page, None);
    }
}

impl AnySummary {
    /// The purchase, and why this run could not ask its system, where that is so.
    pub(super) fn show_unless_checked(&self, page: &mut Page, unchecked: Option<&Unreachable>) {
        match self {
            Self::Charge(summary) => summary.show_all(page, unchecked),
            Self::Payment(summary) => summary.show_all(page, unchecked),
        }
    }

    /// Its id in the journal.
    pub(super) fn purchase_id(&self) -> Option<&str> {
        match self {
            Self::Charge(summary) => summary.purchase_id.as_deref(),
            Self::Payment(summary) => summary.purchase_id.as_deref(),
        }
    }
}

/// The fields that say why a purchase was not checked.
fn note_unchecked(page: &mut Page, unchecked: Option<&Unreachable>) {
    let Some(unchecked) = unchecked else { return };
    page.field("not checked", Tone::Warn, &unchecked.reason);
    if let Some(profile) = &unchecked.profile {
        page.field("profile", Tone::Plain, profile);
    }
}

impl Show for Summary {
    fn show(&self, page: &mut Page) {
        self.show_all(page, None);
    }
}

impl Summary {
    fn show_all(&self, page: &mut Page, unchecked: Option<&Unreachable>) {
        let amount =
            self.amount_usd.map(|amount| format!("${}", amount.shown())).unwrap_or_default();
        let again =
            if self.replayed { " (bought earlier; nothing was charged this time)" } else { "" };
        if let Some(upgrade) = &self.upgrade {
            upgrade.show(page, self.status, &amount, again);
        } else {
            self.show_credits(page, &amount, again);
        }
        let fields = [
            ("charged in all", &self.total_usd.map(dollars)),
            ("tax in it", &self.tax_usd.map(dollars)),
            ("charge", &self.charge_id),
            ("purchase", &self.purchase_id),
            ("once", &self.once),
            ("requested", if self.replayed || self.resumed { &self.asked_at } else { &None }),
            ("settled", &self.settled_at),
            ("balance now", &self.balance_usd.map(dollars)),
        ];
        for (label, value) in fields {
            if let Some(value) = value {
                page.field(label, Tone::Plain, value);
            }
        }
        if let Some(invoice) = &self.invoice_url {
            page.link("invoice", invoice);
        }
        if let Some(marked) = &self.marked {
            let by = marked.by.as_deref().unwrap_or("a person");
            let why = marked.reason.as_ref().map(|reason| format!(": {reason}"));
            let line = format!("by {by}{}", why.unwrap_or_default());
            page.field("recorded", Tone::Plain, &line);
        }
        note_unchecked(page, unchecked);
        note_auto_reload(page, self.auto_reload.as_ref());
        page.sandbox(self.sandbox);
    }
}

impl Upgrade {
    fn show(&self, page: &mut Page, status: PurchaseStatus, amount: &str, again: &str) {
        let name = &self.tier_name;
        let (tone, text) = match (status, self.charged) {
            (PurchaseStatus::Settled, _) => (
                Tone::Good,
                format!(
                    "Upgraded to {name}{again} for {amount}, the price in the portal's preview."
                ),
            ),
            (PurchaseStatus::InForce, Charged::No) => (
                Tone::Good,
                format!("{name} was in force already: nothing was charged for it{again}."),
            ),
            (PurchaseStatus::InForce, _) => (
                Tone::Warn,
                format!(
                    "{name} is in force{again}. topup cannot tell whether this upgrade was charged: the portal lists the charges."
                ),
            ),
            (PurchaseStatus::Pending, _) => {
                (Tone::Warn, format!("Pending: a person has to finish the payment for {name}."))
            }
            (PurchaseStatus::Failed, _) => {
                (Tone::Bad, format!("Failed: the upgrade to {name} was not charged{again}."))
            }
            (PurchaseStatus::Refused, _) => {
                (Tone::Bad, format!("Refused: the upgrade to {name} was not charged{again}."))
            }
            (PurchaseStatus::NotSent, _) => {
                (Tone::Plain, format!("Never sent: the upgrade to {name} was not charged."))
            }
            (PurchaseStatus::Unknown, _) => (
                Tone::Warn,
                format!("Unknown: the upgrade to {name} may or may not have been charged."),
            ),
        };
        page.line(tone, &text);
    }
}

impl Summary {
    fn show_credits(&self, page: &mut Page, amount: &str, again: &str) {
        let (tone, text) = match self.status {
            PurchaseStatus::Settled | PurchaseStatus::InForce => {
                (Tone::Good, format!("Settled: {amount} of credits are paid{again}."))
            }
            PurchaseStatus::Pending if self.waits_for_person => {
                (Tone::Warn, format!("Pending: {amount} is not paid; a person has to confirm it."))
            }
            PurchaseStatus::Pending => {
                (Tone::Warn, format!("Pending: {amount} was accepted and is not settled yet."))
            }
            PurchaseStatus::Failed => {
                (Tone::Bad, format!("Failed: {amount} was not charged{again}."))
            }
            PurchaseStatus::Refused => {
                (Tone::Bad, format!("Refused: {amount} was not charged{again}."))
            }
            PurchaseStatus::NotSent => {
                (Tone::Plain, format!("Never sent: {amount} was not charged."))
            }
            PurchaseStatus::Unknown => {
                (Tone::Warn, format!("Unknown: {amount} may or may not have been charged."))
            }
        };
        page.line(tone, &text);
    }
}

impl Show for PaymentSummary {
    fn show(&self, page: &mut Page) {
        self.show_all(page, None);
    }
}

impl PaymentSummary {
    fn show_all(&self, page: &mut Page, unchecked: Option<&Unreachable>) {
        let pack = self.pack();
        let (tone, line) = match self.status {
            PurchaseStatus::Settled | PurchaseStatus::InForce => {
                (Tone::Good, format!("Paid: {pack}."))
            }
            PurchaseStatus::Pending => (Tone::Warn, format!("{pack}: not paid yet.")),
            PurchaseStatus::Failed => (Tone::Bad, format!("{pack}: not paid.")),
            PurchaseStatus::Refused => (Tone::Bad, format!("{pack}: refused.")),
            PurchaseStatus::NotSent | PurchaseStatus::Unknown => {
                (Tone::Dim, format!("{pack}: no payment was asked for."))
            }
        };
        page.line(tone, &line);
        if self.replayed {
            page.line(Tone::Dim, "Found by an earlier run; this run sent nothing.");
        }
        for (label, value) in [
            ("payment", self.payment_id.clone()),
            ("uses left", self.balance_after.map(|left| left.to_string())),
            ("purchase", self.purchase_id.clone()),
            ("public key", self.publishable_key.clone().filter(|_| self.client_secret.is_some())),
            ("client secret", self.client_secret.clone()),
        ] {
            if let Some(value) = &value {
                page.field(label, Tone::Plain, value);
            }
        }
        if self.status == PurchaseStatus::Settled && self.credit_seen == Some(false) {
            page.line(Tone::Warn, "The account's list does not show its uses yet.");
        }
        if self.status == PurchaseStatus::Pending {
            let label = if self.has_page { "pay here" } else { "account" };
            if let Some(url) = &self.portal_url {
                page.link(label, url);
            }
        }
        note_unchecked(page, unchecked);
        page.sandbox(self.sandbox);
    }
}

impl Show for DryRunFacts {
    /// Below the sentence that says what would be done.
    fn show(&self, page: &mut Page) {
        page.link("portal", &self.portal);
        if let Some(organisation) = &self.organisation {
            page.field("organisation", Tone::Plain, organisation);
        }
        if let Some(key) = &self.idempotency_key {
            page.field("key", Tone::Plain, key);
        }
    }
}

impl Show for DryRun {
    fn show(&self, page: &mut Page) {
        let amount = self.amount_usd.shown();
        let would = match self.rehearsed.would {
            Would::Start | Would::Nothing => format!("Would buy ${amount} of credits."),
            Would::GoOn => format!("Would go on with an open purchase of ${amount}."),
            Would::TellAgain => format!("Would report again how the purchase of ${amount} ended."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        if let Some(card) = &self.card {
            page.field("card", Tone::Plain, card);
        }
        if let Some(balance) = self.balance_usd {
            page.field("balance now", Tone::Plain, &dollars(balance));
        }
        self.rehearsed.show(page);
        note_auto_reload(page, self.auto_reload.as_ref());
    }
}

impl Show for PackDryRun {
    fn show(&self, page: &mut Page) {
        let price = self.amount.as_ref().map(Price::to_string);
        let price = price.as_deref().unwrap_or("a price that is stated once it is open");
        let would = match self.would {
            Would::Start | Would::Nothing => format!("Would open a payment of {price}."),
            Would::GoOn => format!("Would go on with the open payment of {price}."),
            Would::TellAgain => format!("Would report again how the payment of {price} ended."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        if let Some(uses) = self.uses {
            page.field("uses", Tone::Plain, &uses.to_string());
        }
        page.link("portal", &self.portal);
    }
}

impl Show for UpgradeDryRun {
    fn show(&self, page: &mut Page) {
        let name = &self.tier_name;
        let amount = self.amount_due_now_usd.map(dollars).unwrap_or_default();
        let would = match self.rehearsed.would {
            Would::Start => format!("Would upgrade to {name} and pay {amount} now."),
            Would::GoOn => format!("Would go on with an open upgrade to {name} for {amount}."),
            Would::TellAgain => format!("Would report again how the upgrade to {name} ended."),
            Would::Nothing => format!("{name} is in force already: there is nothing to do."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was charged."));
        self.rehearsed.show(page);
    }
}
