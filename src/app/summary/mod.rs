//! What a run knows of a purchase, as documents carry it. Where it did not end well, `conclude`
//! says what happened, whether money moved and what to do next.

pub(crate) mod conclude;
mod explain;
pub(crate) mod payment;

use crate::core::failure::Charged;
use crate::core::money::Money;
use crate::core::time;
use crate::provider::plans::{Item, PlanName};
use crate::provider::{AutoReload, ChargeId, Paid};
use crate::purchase::record::{KeyOrigin, Outcome, Purchase, Verdict};
use payment::PaymentSummary;
use schemars::JsonSchema;
use serde::Serialize;

/// What a purchase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseKind {
    /// Credits.
    Credits,
    /// A larger plan.
    PlanUpgrade,
}

/// The plan that a purchase is for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Upgrade {
    /// Its id.
    pub tier_id: String,
    /// Its name.
    pub tier_name: String,
    /// Whether money moved for it: a plan can be in force without this purchase having paid.
    pub charged: Charged,
    /// It is paid, and the system still shows the earlier plan.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub applying: bool,
}

/// Where a purchase stands; `data` of `buy` and `status`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The id in the journal; none for a charge that this journal does not know.
    pub purchase_id: Option<String>,
    /// The system's id of the charge.
    pub charge_id: Option<String>,
    /// `credits` or `plan_upgrade`.
    pub kind: PurchaseKind,
    /// The plan, where it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// `settled`, `in_force`, `pending`, `failed`, `refused`, `not_sent`, `unknown`.
    pub status: PurchaseStatus,
    /// What was asked for, or what the system says was paid; for a plan what it reported as due.
    pub amount_usd: Option<Money>,
    /// What was charged in all, where the system reports that beside the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usd: Option<Money>,
    /// The tax in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_usd: Option<Money>,
    /// The page of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_url: Option<String>,
    /// When it was paid, by the system's clock.
    pub settled_at: Option<String>,
    /// The key of every request of this purchase.
    pub idempotency_key: Option<String>,
    /// The balance afterwards, where it was read.
    pub balance_usd: Option<Money>,
    /// Auto-reload, where it was read with the balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_reload: Option<AutoReload>,
    /// The caller's `--once` name.
    pub once: Option<String>,
    /// When it was first asked for.
    pub asked_at: Option<String>,
    /// The outcome was found by an earlier run and nothing was sent now.
    pub replayed: bool,
    /// An earlier run began it and this one went on with it.
    pub resumed: bool,
    /// It waits for a person, who has to confirm it to the bank or to pay it on a page.
    #[serde(skip)]
    pub waits_for_person: bool,
    /// Who recorded the end with `--mark`, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marked: Option<Marked>,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// What a person added who recorded how a purchase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Marked {
    /// The name of the user of the machine.
    pub by: Option<String>,
    /// In the person's own words.
    pub reason: Option<String>,
}

/// What a run knows of a purchase of any kind.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AnySummary {
    /// A saved card was charged, or not.
    Charge(Box<Summary>),
    /// A person paid, or not.
    Payment(Box<PaymentSummary>),
}

impl AnySummary {
    /// Where it stands.
    pub fn status(&self) -> PurchaseStatus {
        match self {
            Self::Charge(summary) => summary.status,
            Self::Payment(summary) => summary.status,
        }
    }
}

/// Where a purchase stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseStatus {
    /// Paid.
    Settled,
    /// The plan is in force, and it is not proved that this purchase paid for it.
    InForce,
    /// Taken on, not yet paid.
    Pending,
    /// Taken on, then not paid.
    Failed,
    /// Not taken on.
    Refused,
    /// Nothing was ever sent.
    NotSent,
    /// May or may not have been charged.
    Unknown,
}

impl PurchaseStatus {
    /// The word, as documents spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::InForce => "in_force",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }

    /// Where this purchase stands.
    pub fn from_purchase(purchase: &Purchase) -> Self {
        match &purchase.outcome {
            Some(outcome) if outcome.is_charged() => Self::Settled,
            Some(Outcome::Failed(_)) => Self::Failed,
            Some(Outcome::Refused(_) | Outcome::KeyKept { .. }) => Self::Refused,
            Some(Outcome::InForce | Outcome::NotNeeded) => Self::InForce,
            Some(_) => Self::NotSent,
            None if !purchase.charges.is_empty() => Self::Pending,
            None if purchase.waits_for_person().is_some() => Self::Pending,
            None if purchase.charged() == Charged::Unknown => Self::Unknown,
            None if purchase
                .attempts
                .iter()
                .any(|attempt| attempt.verdict == Some(Verdict::No)) =>
            {
                Self::Refused
            }
            None => Self::NotSent,
        }
    }
}

/// How this run came to the purchase.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFacts {
    /// Read back from the journal.
    pub loaded: bool,
    /// It had ended before this run.
    pub was_final: bool,
    /// On the sandbox.
    pub sandbox: bool,
}

impl Summary {
    /// What is known of this purchase.
    pub fn from_purchase(purchase: &Purchase, run: RunFacts) -> Self {
        let intent = &purchase.intent;
        let marked_charge = match &purchase.outcome {
            Some(Outcome::MarkedCharged { charge_id }) => Some(charge_id),
            _ => None,
        };
        let charge_id = purchase.charges.first().or(marked_charge);
        let mut summary = Self {
            purchase_id: Some(intent.id.to_string()),
            charge_id: charge_id.map(ToString::to_string),
            upgrade: intent.item.plan().map(|plan| Upgrade {
                tier_id: plan.tier_id.clone(),
                tier_name: plan.tier_name.clone(),
                charged: purchase.charged(),
                applying: false,
            }),
            amount_usd: Some(Money::from(intent.amount).with_cents()),
            idempotency_key: Some(intent.key.to_string()),
            once: match &intent.naming {
                KeyOrigin::Once { name, .. } => Some(name.clone()),
                KeyOrigin::Random | KeyOrigin::Key => None,
            },
            asked_at: Some(time::shown(purchase.asked.wall)),
            replayed: run.was_final,
            resumed: run.loaded && !run.was_final,
            waits_for_person: purchase.outcome.is_none()
                && (purchase.bank_check.is_some() || purchase.waits_for_person().is_some()),
            marked: purchase
                .remark
                .as_ref()
                .map(|remark| Marked { by: remark.by.clone(), reason: remark.reason.clone() }),
            ..Self::without_purchase(
                PurchaseKind::from_item(&intent.item),
                PurchaseStatus::from_purchase(purchase),
                run.sandbox,
            )
        };
        if let Some(Outcome::Settled { amount_usd, settled_at, bill }) = &purchase.outcome {
            summary.settle(&Paid {
                charge_id: None,
                amount_usd: Some(*amount_usd),
                settled_at: *settled_at,
                bill: bill.clone(),
            });
        }
        summary
    }

    /// A charge that this journal does not know.
    pub fn unknown(id: &ChargeId, sandbox: bool) -> Self {
        let charge_id = Some(id.to_string());
        Self {
            charge_id,
            ..Self::without_purchase(PurchaseKind::Credits, PurchaseStatus::Pending, sandbox)
        }
    }

    /// A plan that was in force before anything was sent.
    pub fn in_force(plan: &PlanName, charged: Charged, sandbox: bool) -> Self {
        let (tier_id, tier_name) = (plan.tier_id.clone(), plan.tier_name.clone());
        Self {
            upgrade: Some(Upgrade { tier_id, tier_name, charged, applying: false }),
            ..Self::without_purchase(PurchaseKind::PlanUpgrade, PurchaseStatus::InForce, sandbox)
        }
    }

    fn without_purchase(kind: PurchaseKind, status: PurchaseStatus, sandbox: bool) -> Self {
        Self {
            purchase_id: None,
            charge_id: None,
            kind,
            upgrade: None,
            status,
            amount_usd: None,
            total_usd: None,
            tax_usd: None,
            invoice_url: None,
            settled_at: None,
            idempotency_key: None,
            balance_usd: None,
            auto_reload: None,
            once: None,
            asked_at: None,
            replayed: false,
            resumed: false,
            waits_for_person: false,
            marked: None,
            sandbox,
        }
    }

    /// It is paid.
    pub fn settle(&mut self, paid: &Paid) {
        self.status = PurchaseStatus::Settled;
        self.amount_usd = paid.amount_usd.map(Money::with_cents).or(self.amount_usd);
        self.settled_at = paid.settled_at.map(time::shown);
        self.total_usd = paid.bill.total_usd.map(Money::with_cents);
        self.tax_usd = paid.bill.tax_usd.map(Money::with_cents);
        self.invoice_url.clone_from(&paid.bill.invoice_url);
    }
}

impl PurchaseKind {
    fn from_item(item: &Item) -> Self {
        match item {
            Item::Credits | Item::Pack => Self::Credits,
            Item::Plan(_) => Self::PlanUpgrade,
        }
    }
}
