//! What a run found out about a purchase, as people and scripts are told: what happened, whether
//! money moved, what to do next.

use super::record::{KeyOrigin, Outcome, Purchase, Verdict};
use super::steps::{Report, TooOld};
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Money;
use crate::core::time;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::ChargeId;
use crate::provider::plans::{Item, PlanName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// What a purchase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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
}

/// Where a purchase stands; `data` of `buy` and `status`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The id in the journal; none for a charge that this journal does not know.
    pub purchase_id: Option<String>,
    /// The system's id of the charge.
    pub charge_id: Option<String>,
    /// `credits` or `plan_upgrade`.
    pub kind: Kind,
    /// The plan, where it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// `settled`, `in_force`, `pending`, `failed`, `refused`, `not_sent`, `unknown`.
    pub status: Status,
    /// What was asked for, or what the system says was paid; for a plan what it said was due.
    pub amount_usd: Option<Money>,
    /// When it was paid, by the system's clock.
    pub settled_at: Option<String>,
    /// The key of every request of this purchase.
    pub idempotency_key: Option<String>,
    /// The balance afterwards, where it was looked at.
    pub balance_usd: Option<Money>,
    /// The caller's `--once` name.
    pub once: Option<String>,
    /// When it was first asked for.
    pub asked_at: Option<String>,
    /// The outcome was found by an earlier run and nothing was sent now.
    pub replayed: bool,
    /// An earlier run began it and this one went on with it.
    pub resumed: bool,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// Where a purchase stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
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

impl Status {
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
    pub fn of(purchase: &Purchase) -> Self {
        match &purchase.outcome {
            Some(outcome) if outcome.is_charged() => Self::Settled,
            Some(Outcome::Failed(_)) => Self::Failed,
            Some(Outcome::Refused(_)) => Self::Refused,
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
pub struct Run {
    /// Read back from the journal.
    pub loaded: bool,
    /// It had ended before this run.
    pub was_final: bool,
    /// On the sandbox.
    pub sandbox: bool,
}

impl Summary {
    /// What is known of this purchase.
    pub fn of(purchase: &Purchase, run: Run) -> Self {
        let intent = &purchase.intent;
        let (amount_usd, settled_at, marked) = match &purchase.outcome {
            Some(Outcome::Settled { amount_usd, settled_at }) => (*amount_usd, *settled_at, None),
            Some(Outcome::MarkedCharged { charge_id }) => {
                (intent.amount.into(), None, Some(charge_id))
            }
            _ => (intent.amount.into(), None, None),
        };
        let charge_id = purchase.charges.first().or(marked);
        Self {
            purchase_id: Some(intent.id.to_string()),
            charge_id: charge_id.map(ToString::to_string),
            kind: match intent.item {
                Item::Credits => Kind::Credits,
                Item::Plan(_) => Kind::PlanUpgrade,
            },
            upgrade: intent.item.plan().map(|plan| Upgrade {
                tier_id: plan.tier_id.clone(),
                tier_name: plan.tier_name.clone(),
                charged: purchase.charged(),
            }),
            status: Status::of(purchase),
            amount_usd: Some(amount_usd),
            settled_at: settled_at.map(time::shown),
            idempotency_key: Some(intent.key.to_string()),
            balance_usd: None,
            once: match &intent.naming {
                KeyOrigin::Once { name, .. } => Some(name.clone()),
                KeyOrigin::Random | KeyOrigin::Key => None,
            },
            asked_at: Some(time::shown(purchase.asked.wall)),
            replayed: run.was_final,
            resumed: run.loaded && !run.was_final,
            sandbox: run.sandbox,
        }
    }
}

impl Summary {
    /// A charge that this journal does not know.
    pub fn unknown(id: &ChargeId, sandbox: bool) -> Self {
        let charge_id = Some(id.to_string());
        Self { charge_id, ..Self::of_no_purchase(Kind::Credits, Status::Pending, sandbox) }
    }

    /// A plan that was in force before anything was sent.
    pub fn in_force(plan: &PlanName, charged: Charged, sandbox: bool) -> Self {
        let (tier_id, tier_name) = (plan.tier_id.clone(), plan.tier_name.clone());
        Self {
            upgrade: Some(Upgrade { tier_id, tier_name, charged }),
            ..Self::of_no_purchase(Kind::PlanUpgrade, Status::InForce, sandbox)
        }
    }

    fn of_no_purchase(kind: Kind, status: Status, sandbox: bool) -> Self {
        Self {
            purchase_id: None,
            charge_id: None,
            kind,
            upgrade: None,
            status,
            amount_usd: None,
            settled_at: None,
            idempotency_key: None,
            balance_usd: None,
            once: None,
            asked_at: None,
            replayed: false,
            resumed: false,
            sandbox,
        }
    }

    /// It is paid.
    pub fn settle(&mut self, amount_usd: Money, settled_at: Option<Timestamp>) {
        self.status = Status::Settled;
        self.amount_usd = Some(amount_usd);
        self.settled_at = settled_at.map(time::shown);
    }
}

impl Show for Summary {
    fn show(&self, page: &mut Page) {
        let amount =
            self.amount_usd.map(|amount| format!("${}", amount.shown())).unwrap_or_default();
        let again = if self.replayed { " (found again: nothing was sent now)" } else { "" };
        if let Some(upgrade) = &self.upgrade {
            upgrade.show(page, self.status, &amount, again);
        } else {
            self.show_credits(page, &amount, again);
        }
        let fields = [
            ("charge", &self.charge_id),
            ("purchase", &self.purchase_id),
            ("once", &self.once),
            ("asked", if self.replayed || self.resumed { &self.asked_at } else { &None }),
            ("settled", &self.settled_at),
        ];
        for (label, value) in fields {
            if let Some(value) = value {
                page.field(label, Tone::Plain, value);
            }
        }
        page.sandbox(self.sandbox);
    }
}

impl Upgrade {
    fn show(&self, page: &mut Page, status: Status, amount: &str, again: &str) {
        let name = &self.tier_name;
        let (tone, text) = match (status, self.charged) {
            (Status::Settled, _) => (
                Tone::Good,
                format!(
                    "Upgraded to {name}{again}: {amount} was due now, by the portal's preview."
                ),
            ),
            (Status::InForce, Charged::No) => (
                Tone::Good,
                format!("{name} was in force already: nothing was charged for it{again}."),
            ),
            (Status::InForce, _) => (
                Tone::Warn,
                format!(
                    "{name} is in force{again}. Whether this upgrade paid for it or another one did is not known: the portal lists what was charged."
                ),
            ),
            (Status::Pending, _) => {
                (Tone::Warn, format!("Pending: a person has to finish the payment for {name}."))
            }
            (Status::Failed, _) => {
                (Tone::Bad, format!("Failed: the upgrade to {name} was not charged{again}."))
            }
            (Status::Refused, _) => {
                (Tone::Bad, format!("Refused: the upgrade to {name} was not charged{again}."))
            }
            (Status::NotSent, _) => {
                (Tone::Plain, format!("Never sent: the upgrade to {name} was not charged."))
            }
            (Status::Unknown, _) => (
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
            Status::Settled | Status::InForce => {
                (Tone::Good, format!("Settled: {amount} of credits are paid{again}."))
            }
            Status::Pending => {
                (Tone::Warn, format!("Pending: {amount} of credits are on their way."))
            }
            Status::Failed => (Tone::Bad, format!("Failed: {amount} was not charged{again}.")),
            Status::Refused => (Tone::Bad, format!("Refused: {amount} was not charged{again}.")),
            Status::NotSent => (Tone::Plain, format!("Never sent: {amount} was not charged.")),
            Status::Unknown => {
                (Tone::Warn, format!("Unknown: {amount} may or may not have been charged."))
            }
        };
        page.line(tone, &text);
    }
}

/// The answer of a run: the summary when it settled, else the error with the same summary in it.
///
/// # Errors
/// The class of the report.
pub fn conclude(
    purchase: &Purchase,
    report: Report,
    run: Run,
    portal_url: &str,
) -> Result<Summary> {
    let summary = Summary::of(purchase, run);
    if report.class == Class::Success {
        return Ok(summary);
    }
    let told = report.told.as_ref();
    let (message, hints) = explain(purchase, &report);
    let mut error =
        Failure::new(report.class, message).charged(report.charged).retry_after(report.retry_after);
    for hint in hints {
        error = error.hint(hint);
    }
    if told.is_some_and(|told| told.class.is_login_trouble()) {
        error = error.recovery(Recovery::Login);
    }
    let parts = error.parts_mut();
    parts.code = told.and_then(|told| told.code.clone());
    parts.status = told.and_then(|told| told.status);
    parts.portal_url = Some(
        told.and_then(|told| told.portal_url.clone()).unwrap_or_else(|| portal_url.to_owned()),
    );
    parts.details = report.details;
    if purchase.charges.len() > 1 {
        let ids: Vec<Value> = purchase.charges.iter().map(|id| id.as_str().into()).collect();
        parts.details.insert("charge_ids".into(), Value::Array(ids));
    }
    Err(error.with_data_of(&summary))
}

/// One line for what happened, and the exact next steps.
fn explain(purchase: &Purchase, report: &Report) -> (String, Vec<NextStep>) {
    let (id, amount) = (purchase.intent.id, purchase.intent.amount);
    let said = report.told.as_ref().map(|told| told.message.clone()).unwrap_or_default();
    let look = NextStep::filled("Look with 'topup status {} --wait', or 'topup resume'.", &[&id]);
    let again = NextStep::filled(
        "Run the same command again, or 'topup resume {}': neither pays twice.",
        &[&id],
    );
    match report.class {
        Class::Pending if said.is_empty() => {
            (format!("${amount} was accepted and is not settled yet"), vec![look])
        }
        Class::Pending => (
            format!("${amount} was accepted and is not settled yet (the last look: {said})"),
            vec![look],
        ),
        Class::ActionRequired => {
            (format!("{said}; {} is not paid so far", purchase.intent.what()), vec![look])
        }
        Class::OutcomeUnknown => match report.too_old {
            Some(why) => too_old(purchase, why),
            None => (unclear(purchase, &said), vec![again]),
        },
        Class::Interrupted | Class::Terminated if purchase.waits_for_person().is_some() => {
            ("interrupted while waiting; a person can still finish the payment".into(), vec![look])
        }
        Class::Interrupted | Class::Terminated if !purchase.charges.is_empty() => (
            "interrupted while waiting; the purchase was accepted".to_owned(),
            vec!["The purchase goes on by itself.".into(), look],
        ),
        Class::Interrupted | Class::Terminated if report.charged == Charged::No => {
            ("interrupted before anything was sent".to_owned(), vec![again])
        }
        Class::Interrupted | Class::Terminated => {
            ("interrupted while the purchase was being sent".to_owned(), vec![again])
        }
        Class::Protocol => match &purchase.outcome {
            Some(Outcome::Settled { amount_usd, .. }) => (
                format!("${} was charged, but ${amount} was asked for", amount_usd.shown()),
                vec!["Compare with the portal and report it.".into()],
            ),
            _ => (said, vec![mark(purchase)]),
        },
        Class::PaymentCanceled if purchase.outcome == Some(Outcome::MarkedNotCharged) => {
            ("this purchase was marked as not charged".to_owned(), Vec::new())
        }
        Class::PaymentCanceled if said.is_empty() => {
            ("this purchase was closed before anything was sent".to_owned(), Vec::new())
        }
        Class::NotLoggedIn | Class::SessionRevoked if purchase.outcome.is_none() => (
            said,
            vec![NextStep::filled("Run 'topup login --step-up', then 'topup resume {}'.", &[&id])],
        ),
        _ if retryable(purchase) => {
            let hint = "With another card on the portal, add --retry-declined: this name replays its outcome.";
            (said, vec![hint.into()])
        }
        _ => (said, Vec::new()),
    }
}

/// A named purchase whose card was declined: the name alone stays declined for ever.
fn retryable(purchase: &Purchase) -> bool {
    matches!(purchase.intent.naming, KeyOrigin::Once { .. }) && purchase.is_declined()
}

/// What a person does about a purchase that nobody else can find the truth about.
fn mark(purchase: &Purchase) -> NextStep {
    let id = purchase.intent.id;
    let charge = if purchase.intent.item.plan().is_some() { "INVOICE_ID" } else { "CHARGE_ID" };
    NextStep::filled(
        "Compare with the portal, then 'topup resume {} --mark charged={}' or 'topup resume {} --mark not-charged'.",
        &[&id, &charge, &id],
    )
}

/// The key must not be sent any more.
fn too_old(purchase: &Purchase, why: TooOld) -> (String, Vec<NextStep>) {
    let what = purchase.intent.what();
    let age = match why.age {
        Some(age) => format!("it is {} old", duration::show(age)),
        None => "the clocks do not show its age".to_owned(),
    };
    let mut hints = vec![mark(purchase)];
    let may_ask = why.age.is_some_and(|age| age < Duration::from_secs(23 * 3600));
    if !purchase.intent.naming.is_given() && may_ask {
        hints.insert(0, "'topup resume' still asks while it is younger than 23 hours.".into());
    }
    (
        format!(
            "nothing was sent now: the key of this purchase of {what} is too old to be sent again ({age})"
        ),
        hints,
    )
}

/// No answer, or one that proves nothing about the requests before it.
fn unclear(purchase: &Purchase, said: &str) -> String {
    let what = purchase.intent.what();
    let refused =
        purchase.attempts.last().is_some_and(|attempt| attempt.verdict == Some(Verdict::No));
    if purchase.attempts.is_empty() {
        return format!(
            "nothing was sent from here, but another machine may have bought {what} under this name"
        );
    }
    if refused && !purchase.intent.first_use_proven {
        return format!(
            "refused now ({said}), but another machine may have bought {what} under this name"
        );
    }
    if refused {
        return format!(
            "refused now ({said}), but an earlier request of {what} got no clear answer"
        );
    }
    if said.is_empty() {
        format!("no clear answer about {what}")
    } else {
        format!("no clear answer about {what}: {said}")
    }
}
