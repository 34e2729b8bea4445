//! What a run found out about a payment that a person finishes, as people and scripts are told.

use super::paying::Found;
use super::payment::{self, Ended, Payment};
use super::summary::Status;
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::time;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::packs::{Looked, PaymentStatus, Price};
use schemars::JsonSchema;
use serde::Serialize;

/// Where a payment stands; `data` of `buy` and `status` where a person pays in a browser. It has no
/// `Debug`: there may be a secret in it.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Receipt {
    /// The id in the journal; none for a payment that this journal does not know.
    pub purchase_id: Option<String>,
    /// The system's id of the payment.
    pub payment_id: Option<String>,
    /// `settled`, `pending`, `failed`, `refused`, `not_sent`.
    pub status: Status,
    /// The system's own word, where it was looked at.
    pub provider_status: Option<String>,
    /// What it costs.
    pub amount: Option<Price>,
    /// How many uses are in the pack.
    pub uses_purchased: Option<u64>,
    /// Uses that were added, as the system says it; 0 on some systems even when it is paid.
    pub credits_added: Option<i64>,
    /// Uses afterwards, where the system says so.
    pub balance_after: Option<i64>,
    /// What a page needs to take the card; no secret.
    pub publishable_key: Option<String>,
    /// What confirms the payment; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When it was first asked for.
    pub asked_at: Option<String>,
    /// When it was found to be final.
    pub ended_at: Option<String>,
    /// The page where a person pays, or where the account is seen.
    pub portal_url: String,
    /// The end was found by an earlier run and nothing was sent now.
    pub replayed: bool,
    /// An earlier run opened it and this one went on with it.
    pub resumed: bool,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// Where a payment of the journal stands.
fn standing(payment: &Payment) -> Status {
    match (payment.end(), &payment.opened) {
        (Some(Ended::Settled { .. } | Ended::MarkedCharged), _) => Status::Settled,
        (Some(Ended::Failed { .. }), _) => Status::Failed,
        (Some(Ended::Refused { .. }), _) => Status::Refused,
        (Some(Ended::NeverShown | Ended::MarkedNotCharged), _) | (None, None) => Status::NotSent,
        (None, Some(_)) => Status::Pending,
    }
}

impl Receipt {
    /// What the journal knows.
    pub fn of(payment: &Payment, account_page: &str, sandbox: bool) -> Self {
        let opened = payment.opened.as_ref();
        let (word, credits_added, balance_after) = match payment.end() {
            Some(Ended::Settled { word, credits_added, balance_after }) => {
                (Some(word.clone()), *credits_added, *balance_after)
            }
            Some(Ended::Failed { word }) => (Some(word.clone()), None, None),
            _ => (None, None, None),
        };
        let page = opened.filter(|_| payment.ended.is_none()).map(|opened| opened.page.clone());
        Self {
            purchase_id: Some(payment.id.to_string()),
            payment_id: opened.map(|opened| opened.payment_id.to_string()),
            status: standing(payment),
            provider_status: word,
            amount: opened.map(|opened| opened.price.clone()),
            uses_purchased: opened.and_then(|opened| opened.uses),
            credits_added,
            balance_after,
            publishable_key: opened.and_then(|opened| opened.publishable_key.clone()),
            client_secret: None,
            asked_at: Some(time::shown(payment.asked)),
            ended_at: payment.ended.as_ref().map(|(at, _)| time::shown(*at)),
            portal_url: page.unwrap_or_else(|| account_page.to_owned()),
            replayed: false,
            resumed: false,
            sandbox,
        }
    }

    /// What a look told about a payment that this journal does not know.
    pub fn unknown(id: &str, looked: Option<&Looked>, account_page: &str, sandbox: bool) -> Self {
        Self {
            purchase_id: None,
            payment_id: Some(id.to_owned()),
            status: looked.map_or(Status::Pending, |looked| match looked.standing {
                PaymentStatus::Paid => Status::Settled,
                PaymentStatus::Failed | PaymentStatus::Canceled => Status::Failed,
                PaymentStatus::NeedsPerson | PaymentStatus::UnderWay => Status::Pending,
            }),
            provider_status: looked.map(|looked| looked.word.clone()),
            amount: None,
            uses_purchased: None,
            credits_added: looked.and_then(|looked| looked.credits_added),
            balance_after: looked.and_then(|looked| looked.balance_after),
            publishable_key: None,
            client_secret: None,
            asked_at: None,
            ended_at: None,
            portal_url: account_page.to_owned(),
            replayed: false,
            resumed: false,
            sandbox,
        }
    }

    /// Everything that a run found.
    pub fn found(found: &Found, account_page: &str, sandbox: bool, show_secret: bool) -> Self {
        let mut receipt = Self::of(&found.payment, account_page, sandbox);
        if let Some(looked) = &found.looked {
            receipt.provider_status = Some(looked.word.clone());
            receipt.credits_added = looked.credits_added;
            receipt.balance_after = looked.balance_after;
        }
        receipt.replayed = found.was_final;
        receipt.resumed = found.loaded && !found.was_final;
        receipt.client_secret = found
            .client_secret
            .as_ref()
            .filter(|_| show_secret)
            .map(|secret| secret.expose().to_owned());
        receipt
    }

    /// The receipt as `data` of a failure.
    pub fn into_data(self, mut error: Failure) -> Failure {
        if error.parts().portal_url.is_none() {
            error = error.link(self.portal_url.clone());
        }
        error.with_data_of(&self)
    }

    /// `$5.00 for 100 uses`.
    fn pack(&self) -> String {
        let price = self.amount.as_ref();
        price.map_or_else(
            || "the payment".to_owned(),
            |price| payment::pack(price, self.uses_purchased),
        )
    }
}

/// The answer of a run: the receipt when it is paid, else the error with the same receipt in it.
///
/// # Errors
/// The class of whatever it stands at.
pub fn conclude(found: Found, receipt: Receipt) -> Result<Receipt> {
    let pack = receipt.pack();
    if found.payment.ended.is_none() && found.payment.opened.is_none() {
        let error = Failure::new(Class::InProgress, "another process is just opening this payment");
        return Err(receipt.into_data(error.charged(Charged::Unknown)));
    }
    let Some(ended) = found.payment.end() else {
        let (id, charged) = (found.payment.id.to_string(), found.charged());
        let look = NextStep::filled(
            "Look with 'topup status {} --wait'; 'topup buy' goes on with it as well.",
            &[&id],
        );
        let error = unfinished(&pack, found.looked, found.trouble, look);
        return Err(receipt.into_data(error.charged(charged)));
    };
    let error = match ended {
        Ended::Settled { .. } | Ended::MarkedCharged => return Ok(receipt),
        Ended::Failed { word } if PaymentStatus::of(word) == PaymentStatus::Canceled => {
            Failure::new(Class::PaymentCanceled, format!("the payment of {pack} was called off"))
        }
        Ended::Failed { .. } => {
            Failure::new(Class::PaymentFailed, format!("the payment of {pack} failed"))
                .hint("Run the command again to open a new one.")
        }
        Ended::Refused { class } => {
            Failure::new(*class, "the payment was refused when it was asked for")
        }
        Ended::NeverShown => Failure::new(
            Class::PaymentCanceled,
            "the payment was closed before anybody was shown it",
        ),
        Ended::MarkedNotCharged => {
            Failure::new(Class::PaymentCanceled, "this payment was marked as not charged")
        }
    };
    Err(receipt.into_data(error.charged(Charged::No)))
}

/// A payment that is not final when the run ends; `look` says how its end is seen.
pub fn unfinished(
    pack: &str,
    looked: Option<Looked>,
    trouble: Option<Failure>,
    look: NextStep,
) -> Failure {
    // Contract: ciris, polling. Past the wait it is not known, and the uses tell.
    const BALANCE: &str = "The uses that are left show it too: 'topup state'.";
    let standing = looked.map(|looked| looked.standing);
    let error = match trouble {
        Some(error) if error.class().is_signal() => {
            Failure::new(error.class(), format!("interrupted; {pack} can still be paid")).hint(look)
        }
        // What is missing is not the end of the payment but the way to see it.
        Some(error) if !error.class().may_pass() => error,
        Some(error) => {
            let retry_after = error.parts().retry_after;
            Failure::new(
                Class::Pending,
                format!("{pack}: not settled yet (the last look: {error})"),
            )
            .retry_after(retry_after)
            .hint(BALANCE)
            .hint(look)
        }
        None if standing == Some(PaymentStatus::UnderWay) => {
            Failure::new(Class::Pending, format!("{pack}: not settled yet"))
                .hint(BALANCE)
                .hint(look)
        }
        None => Failure::new(
            Class::ActionRequired,
            format!("{pack} waits to be paid; no money has moved so far"),
        )
        .hint(look)
        .hint("A person pays on this page:")
        .recovery(Recovery::Portal),
    };
    error.charged(Charged::Unknown)
}

impl Show for Receipt {
    fn show(&self, page: &mut Page) {
        let pack = self.pack();
        let (tone, line) = match self.status {
            Status::Settled | Status::InForce => (Tone::Good, format!("Paid: {pack}.")),
            Status::Pending => (Tone::Warn, format!("{pack}: not paid yet.")),
            Status::Failed => (Tone::Bad, format!("{pack}: not paid.")),
            Status::Refused => (Tone::Bad, format!("{pack}: refused.")),
            Status::NotSent | Status::Unknown => {
                (Tone::Dim, format!("{pack}: nobody was asked to pay."))
            }
        };
        page.line(tone, &line);
        if self.replayed {
            page.line(Tone::Dim, "Found by an earlier run; nothing was sent now.");
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
        if self.status == Status::Pending {
            page.field("pay here", Tone::Plain, &self.portal_url);
        }
        page.sandbox(self.sandbox);
    }
}
