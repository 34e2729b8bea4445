//! What a run knows of a payment that a person finishes in a browser, as documents carry it.

use super::{PurchaseStatus, RunFacts};
use crate::core::failure::Failure;
use crate::core::secret::Secret;
use crate::core::time;
use crate::provider::packs::{PaymentReading, PaymentStatus, Price};
use crate::purchase::record::{Outcome, Purchase};
use schemars::JsonSchema;
use serde::Serialize;

/// Where a payment stands; `data` of `buy` and `status` where a person pays in a browser. It has no
/// `Debug`: there may be a secret in it.
#[derive(Clone, Serialize, JsonSchema)]
pub struct PaymentSummary {
    /// The id in the journal; none for a payment that this journal does not know.
    pub purchase_id: Option<String>,
    /// The system's id of the payment.
    pub payment_id: Option<String>,
    /// `settled`, `pending`, `failed`, `refused`, `not_sent`.
    pub status: PurchaseStatus,
    /// The system's own word, where it was read.
    pub provider_status: Option<String>,
    /// What it costs.
    pub amount: Option<Price>,
    /// How many uses are in the pack.
    pub uses_purchased: Option<u64>,
    /// Uses that were added, as the system says it; 0 on some systems even when it is paid.
    pub credits_added: Option<i64>,
    /// Uses afterwards, where the system says so.
    pub balance_after: Option<i64>,
    /// Whether the account's own list shows that they were added; null where it was not read.
    pub credit_seen: Option<bool>,
    /// What a page needs to take the card; no secret.
    pub publishable_key: Option<String>,
    /// What confirms the payment; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When it was first asked for.
    pub asked_at: Option<String>,
    /// When it was found to be final.
    pub ended_at: Option<String>,
    /// The page where a person pays, or where the account is seen; null for the sandbox inside this
    /// program, whose pages end with a run.
    pub portal_url: Option<String>,
    /// The end was found by an earlier run and nothing was sent now.
    pub replayed: bool,
    /// An earlier run opened it and this one went on with it.
    pub resumed: bool,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
    /// Whether the page is one of this payment.
    #[serde(skip)]
    pub has_page: bool,
}

impl PaymentSummary {
    /// What is known of this payment: the journal's rows and the last poll of this run.
    pub fn from_purchase(
        purchase: &Purchase,
        reading: Option<&PaymentReading>,
        account_page: &str,
        run: RunFacts,
    ) -> Self {
        let payment = purchase.payment.as_ref();
        let is_open = purchase.outcome.is_none();
        let page = payment.filter(|_| is_open).map(|payment| payment.page.clone());
        let mut summary = Self {
            purchase_id: Some(purchase.intent.id.to_string()),
            payment_id: payment.map(|payment| payment.payment_id.to_string()),
            status: PurchaseStatus::from_purchase(purchase),
            amount: payment.map(|payment| payment.price.clone()),
            uses_purchased: payment.and_then(|payment| payment.uses),
            publishable_key: payment.and_then(|payment| payment.publishable_key.clone()),
            asked_at: Some(time::shown(purchase.asked.wall)),
            ended_at: purchase.ended.as_ref().map(|ended| time::shown(ended.wall)),
            has_page: page.as_ref().is_some_and(|page| page != account_page),
            portal_url: Some(page.unwrap_or_else(|| account_page.to_owned())),
            replayed: run.was_final,
            resumed: run.loaded && !run.was_final,
            ..Self::nothing(account_page, run.sandbox)
        };
        match &purchase.outcome {
            Some(Outcome::Credited(reading)) => summary.read(reading),
            Some(Outcome::Failed(failure)) => summary.provider_status.clone_from(&failure.code),
            _ => {
                if let Some(reading) = reading {
                    summary.read(reading);
                }
            }
        }
        summary
    }

    /// What a poll showed of a payment that this journal does not know.
    pub fn unknown(
        id: &str,
        reading: Option<&PaymentReading>,
        account_page: &str,
        sandbox: bool,
    ) -> Self {
        let mut summary =
            Self { payment_id: Some(id.to_owned()), ..Self::nothing(account_page, sandbox) };
        if let Some(reading) = reading {
            summary.read(reading);
            summary.status = match reading.status {
                PaymentStatus::Paid if reading.credit_seen => PurchaseStatus::Settled,
                PaymentStatus::Failed | PaymentStatus::Canceled => PurchaseStatus::Failed,
                _ => PurchaseStatus::Pending,
            };
        }
        summary
    }

    fn nothing(account_page: &str, sandbox: bool) -> Self {
        Self {
            purchase_id: None,
            payment_id: None,
            status: PurchaseStatus::Pending,
            provider_status: None,
            amount: None,
            uses_purchased: None,
            credits_added: None,
            balance_after: None,
            credit_seen: None,
            publishable_key: None,
            client_secret: None,
            asked_at: None,
            ended_at: None,
            portal_url: Some(account_page.to_owned()),
            replayed: false,
            resumed: false,
            sandbox,
            has_page: false,
        }
    }

    fn read(&mut self, reading: &PaymentReading) {
        self.provider_status.clone_from(&reading.word);
        self.credits_added = reading.credits_added;
        self.balance_after = reading.balance_after;
        self.credit_seen = Some(reading.credit_seen);
    }

    /// The same with the secret in it.
    #[must_use]
    pub fn with_secret(self, secret: Option<&Secret>) -> Self {
        Self { client_secret: secret.map(|secret| secret.expose().to_owned()), ..self }
    }

    /// The same with a page that can be opened from here.
    pub fn with_page(self, here: impl Fn(&str) -> String) -> Self {
        Self { portal_url: self.portal_url.as_deref().map(here), ..self }
    }

    /// This as `data` of a failure.
    pub fn into_data(self, mut error: Failure) -> Failure {
        if error.parts().portal_url.is_none() {
            error = error.link(self.portal_url.clone());
        }
        error.with_data_of(&self)
    }

    /// `$5.00 for 100 uses`.
    pub fn pack(&self) -> String {
        match (&self.amount, self.uses_purchased) {
            (None, _) => "the payment".to_owned(),
            (Some(price), None) => price.to_string(),
            (Some(price), Some(uses)) => format!("{price} for {uses} uses"),
        }
    }
}
