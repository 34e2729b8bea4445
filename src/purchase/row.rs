//! What is written of a purchase, row by row: the intent, each request and what it came to, the
//! end.

use super::baseline::Baseline;
use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::core::money::{Amount, Money};
use crate::core::system::System;
use crate::provider::packs::{OpenedPack, PaymentReading, Price};
use crate::provider::plans::Item;
use crate::provider::{Bill, ChargeId, IdempotencyKey, ProviderError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was asked for, durable before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The id in this journal.
    pub id: Uuid,
    /// Which system sells.
    #[serde(with = "crate::provider::word")]
    pub system: System,
    /// The identity of the portal: its origin.
    pub origin: String,
    /// The profile that it was asked for under; none in rows that are older than this field.
    #[serde(default)]
    pub profile: Option<String>,
    /// The whole base URL of the portal, path included; none in rows that are older than this
    /// field.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The organisation of the credential, where it says so.
    pub organisation: Option<String>,
    /// The subject of the credential, where it says so.
    pub subject: Option<String>,
    /// What the caller calls this purchase.
    pub naming: KeyOrigin,
    /// The key, the same for every request of this purchase.
    pub key: IdempotencyKey,
    /// What it costs, in dollars: for credits what was asked for, for a plan what the system says
    /// is due, for a pack its price once that is known, and until then what was asked for or 0.00.
    #[serde(with = "amount_text")]
    pub amount: Amount,
    /// What it is for. Before there were others it was always credits.
    #[serde(default)]
    pub item: Item,
    /// The exact body of the request.
    pub body: String,
    /// When the key may have been used first, if that was before this row.
    #[serde(rename = "used_since")]
    pub first_use_at: Option<Timestamp>,
    /// Whether no other machine can have used this key before: only then does a refusal prove that
    /// nothing was charged under it.
    #[serde(rename = "proven_first")]
    pub first_use_proven: bool,
}

impl Intent {
    /// What was bought, in a few words: `$25.00`, `the plan Plus for $20.00`.
    pub fn what(&self) -> String {
        match &self.item {
            Item::Credits => format!("${}", self.amount),
            Item::Plan(plan) => format!("the plan {} for ${}", plan.tier_name, self.amount),
            Item::Pack => "a pack".to_owned(),
        }
    }

    /// Whether a login of this organisation and subject may act on it. A person's payment is the
    /// same for every login of the system, so a login that does not say who it is may read it.
    pub fn is_of(&self, organisation: Option<&str>, subject: Option<&str>) -> bool {
        let same = |ours: Option<&str>, theirs: Option<&str>| match self.item {
            Item::Pack => ours.is_none() || theirs.is_none() || ours == theirs,
            Item::Credits | Item::Plan(_) => ours == theirs,
        };
        same(self.organisation.as_deref(), organisation) && same(self.subject.as_deref(), subject)
    }
}

/// Where the identity of a purchase comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "with", rename_all = "snake_case")]
pub enum KeyOrigin {
    /// A fresh UUID that only this journal knows.
    Random,
    /// `--once NAME`.
    Once {
        /// The caller's name.
        name: String,
        /// 0, and one more for each declined try that was given up with `--retry-declined`.
        generation: u32,
    },
    /// `--idempotency-key KEY`.
    Key,
}

impl KeyOrigin {
    /// The name or key that the caller gave it, if any.
    pub fn given<'a>(&'a self, key: &'a IdempotencyKey) -> Option<&'a str> {
        match self {
            Self::Random => None,
            Self::Once { name, .. } => Some(name),
            Self::Key => Some(key.as_str()),
        }
    }

    /// Whether running the same command again means this very purchase.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Random)
    }
}

mod amount_text {
    use crate::core::money::Amount;
    use serde::{Deserialize, Deserializer, Serializer};

    // serde hands the field over like this.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn serialize<S: Serializer>(amount: &Amount, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
        let text = String::deserialize(from)?;
        Amount::kept(&text).map_err(serde::de::Error::custom)
    }
}

/// What one request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No byte left this machine.
    Unsent,
    /// Refused: this request charged nothing.
    No,
    /// Whether it charged is not known.
    Unknown,
    /// Taken on, with a charge id or by a person's page.
    Accepted,
}

/// The part of a failure that the journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// What it means.
    pub class: Class,
    /// The system's own word.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// One line for a person.
    pub message: String,
    /// The page where a person can act.
    pub portal_url: Option<String>,
}

impl From<&ProviderError> for FailureRecord {
    fn from(refusal: &ProviderError) -> Self {
        Self {
            class: refusal.class,
            code: refusal.code.clone(),
            status: refusal.status,
            message: refusal.message.clone(),
            portal_url: refusal.portal_url.clone(),
        }
    }
}

impl From<FailureRecord> for ProviderError {
    fn from(failure: FailureRecord) -> Self {
        Self {
            code: failure.code,
            status: failure.status,
            portal_url: failure.portal_url,
            ..Self::new(failure.class, failure.message)
        }
    }
}

/// What is kept of a payment that a person finishes: everything but its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedPayment {
    /// The system's id.
    pub payment_id: ChargeId,
    /// What the pack costs.
    pub price: Price,
    /// How many uses are in it.
    pub uses: Option<u64>,
    /// What a page needs to take the card; no secret.
    pub publishable_key: Option<String>,
    /// Where a person pays.
    pub page: String,
}

impl OpenedPayment {
    /// `$5.00 for 100 uses`.
    pub fn pack(&self) -> String {
        self.uses.map_or_else(
            || self.price.to_string(),
            |uses| format!("{} for {uses} uses", self.price),
        )
    }
}

impl From<&OpenedPack> for OpenedPayment {
    fn from(opened: &OpenedPack) -> Self {
        Self {
            payment_id: opened.payment_id.clone(),
            price: opened.price.clone(),
            uses: opened.uses,
            publishable_key: opened.publishable_key.clone(),
            page: opened.page.clone(),
        }
    }
}

/// How a purchase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", content = "with", rename_all = "snake_case")]
pub enum Outcome {
    /// Paid.
    Settled {
        /// What the system says was paid, in dollars.
        amount_usd: Money,
        /// When, by the system's clock.
        settled_at: Option<Timestamp>,
        /// What was charged beside the amount.
        #[serde(default, skip_serializing_if = "Bill::is_empty")]
        bill: Bill,
    },
    /// A person paid it, and the pack is there.
    Credited(PaymentReading),
    /// Taken on, then not paid: seen by a poll.
    Failed(FailureRecord),
    /// Every request was refused or never left: nothing was charged.
    Refused(FailureRecord),
    /// The same with an unknown code: the key stays in use.
    KeyKept {
        /// The refusal. The journal has called this key `told` from its first version on.
        #[serde(rename = "told")]
        failure: FailureRecord,
        /// What the seller's figures showed right after it, where they could be read.
        baseline: Option<Baseline>,
    },
    /// Closed before anything was sent.
    NeverSent,
    /// The plan is in force; whether this purchase paid for it is not known.
    InForce,
    /// The plan was in force before, and nothing was charged for it under this key.
    NotNeeded,
    /// A person found the charge on the portal and said so.
    MarkedCharged {
        /// The charge they found.
        charge_id: ChargeId,
    },
    /// A person found no charge on the portal and said so.
    MarkedNotCharged,
}

impl Outcome {
    /// Whether this end means that money moved.
    pub fn is_charged(&self) -> bool {
        self.charged() == Charged::Yes
    }

    /// Whether money moved, as far as this end proves it.
    pub fn charged(&self) -> Charged {
        match self {
            Self::Settled { .. } | Self::Credited(_) | Self::MarkedCharged { .. } => Charged::Yes,
            Self::InForce => Charged::Unknown,
            Self::Failed(_)
            | Self::Refused(_)
            | Self::KeyKept { .. }
            | Self::NeverSent
            | Self::NotNeeded
            | Self::MarkedNotCharged => Charged::No,
        }
    }

    /// Whether the same purchase may be asked for again: nothing was ever charged for it.
    pub fn may_reopen(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::KeyKept { .. } | Self::NeverSent)
    }

    /// The word for this end, as it is indexed.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Settled { .. } | Self::Credited(_) => "settled",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
            Self::KeyKept { .. } => "key_kept",
            Self::NeverSent => "never_sent",
            Self::InForce => "in_force",
            Self::NotNeeded => "not_needed",
            Self::MarkedCharged { .. } => "marked_charged",
            Self::MarkedNotCharged => "marked_not_charged",
        }
    }
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", content = "with", rename_all = "snake_case")]
pub enum JournalRow {
    /// What was asked for.
    Intent(Intent),
    /// Read back and about to be acted on: what was read is durable now.
    Recovered,
    /// The journal was restored or copied: it may have been sent since, without a row here.
    Doubted,
    /// Refused before, and asked for again under the same key.
    Reopened,
    /// The same, at the price that it has now.
    ReopenedAt {
        /// What is due now, in dollars.
        #[serde(with = "amount_text")]
        amount: Amount,
    },
    /// A request is about to be sent.
    Sending {
        /// Counts the requests of this purchase from 1.
        n: u32,
        /// What the seller's evidence showed before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        baseline: Option<Baseline>,
    },
    /// The result of the request, other than a charge.
    Attempt {
        /// Which request.
        n: u32,
        /// What it came to.
        verdict: Verdict,
        /// Why. The journal has called this key `told` from its first version on.
        #[serde(rename = "told")]
        failure: FailureRecord,
    },
    /// The system took the purchase on.
    Accepted {
        /// Which request.
        n: u32,
        /// The id to ask with.
        charge_id: ChargeId,
        /// The payment that a person finishes, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment: Option<OpenedPayment>,
    },
    /// The bank wants the card holder to confirm: not paid, and the same charge may still be paid.
    BankCheck(FailureRecord),
    /// How it ended.
    Final(Outcome),
    /// Who said how it ended, and why, where a person did.
    Remark(Remark),
    /// The caller of `buy` has the outcome, as rows that are older than the next kind say it.
    Delivered,
    /// A caller was shown the outcome.
    Reported {
        /// By which verb.
        by: Reporter,
    },
}

/// What a person added who recorded how a purchase ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The name of the user of the machine, where it has one.
    pub by: Option<String>,
    /// The reason, in the person's own words.
    pub reason: Option<String>,
}

/// The verb that showed an outcome to the caller who was owed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reporter {
    /// `buy`, `ensure` or `plan upgrade`.
    Buy,
    /// `status`.
    Status,
    /// `resume`.
    Resume,
}

impl JournalRow {
    /// What the purchase costs from this row on, in dollars, where the row says so.
    pub fn cost(&self) -> Option<Money> {
        match self {
            Self::ReopenedAt { amount } => Some(Money::from(*amount)),
            Self::Accepted { payment: Some(payment), .. } => {
                payment.price.dollars().map(Money::from)
            }
            Self::Final(Outcome::Settled { bill, .. }) => bill.total_usd,
            _ => None,
        }
    }

    /// Whether something outside rests on it as soon as it is durable: a request that leaves, or a page
    /// that a person is shown and may pay. The position of the journal names it first.
    pub fn moves_position(&self) -> bool {
        matches!(self, Self::Sending { .. } | Self::Accepted { payment: Some(_), .. })
    }

    /// Whether it begins or decides something: of what machines share only the newest holder of
    /// the purchase may write it. What a seller has answered is a fact, from any holder and however
    /// late; but a payment is shown once its row is there, and only one of them may be paid.
    pub fn is_fenced(&self) -> bool {
        match self {
            Self::Intent(_)
            | Self::Recovered
            | Self::Reopened
            | Self::ReopenedAt { .. }
            | Self::Sending { .. }
            | Self::Accepted { payment: Some(_), .. } => true,
            Self::Final(outcome) => match outcome {
                Outcome::Settled { .. }
                | Outcome::Credited(_)
                | Outcome::Failed(_)
                | Outcome::InForce => false,
                Outcome::Refused(_)
                | Outcome::KeyKept { .. }
                | Outcome::NeverSent
                | Outcome::NotNeeded
                | Outcome::MarkedCharged { .. }
                | Outcome::MarkedNotCharged => true,
            },
            Self::Attempt { .. }
            | Self::Accepted { .. }
            | Self::BankCheck(_)
            | Self::Doubted
            | Self::Remark(_)
            | Self::Delivered
            | Self::Reported { .. } => false,
        }
    }

    /// Whether it may become durable together with the next row. Nothing is sent before the row
    /// `sending` is durable, and the intent with it; an outcome that was reported and is not known as
    /// such after a power cut is reported once more.
    pub fn may_wait(&self) -> bool {
        matches!(self, Self::Intent(_) | Self::Delivered | Self::Reported { .. })
    }

    /// The word for this kind of row, as it is indexed.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Intent(_) => "intent",
            Self::Recovered => "recovered",
            Self::Doubted => "doubted",
            Self::Reopened | Self::ReopenedAt { .. } => "reopened",
            Self::Sending { .. } => "sending",
            Self::Attempt { .. } => "attempt",
            Self::Accepted { .. } => "accepted",
            Self::BankCheck(_) => "bank_check",
            Self::Final(_) => "final",
            Self::Remark(_) => "remark",
            Self::Delivered | Self::Reported { .. } => "delivered",
        }
    }
}
