//! What a run found out about a purchase, as people and scripts are told: what happened, whether
//! money moved, what to do next.

use super::machine::Report;
use super::record::{Naming, Outcome, Purchase, Verdict};
use crate::answer::page::{Page, Tone};
use crate::answer::{Show, document};
use crate::class::{Class, Recovery};
use crate::config::duration;
use crate::error::{Charged, Error, Result};
use crate::money::{Amount, Money};
use crate::provider::ChargeId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Where a purchase stands; `data` of `buy` and `status`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The id in the journal; none for a charge that this journal does not know.
    pub purchase_id: Option<String>,
    /// The system's id of the charge.
    pub charge_id: Option<String>,
    /// `settled`, `pending`, `failed`, `refused`, `not_sent`, `unknown`.
    pub status: Status,
    /// What was asked for, or what the system says was paid.
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
            Some(_) => Self::NotSent,
            None if !purchase.charges.is_empty() => Self::Pending,
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
            status: Status::of(purchase),
            amount_usd: Some(amount_usd),
            settled_at: settled_at.map(document::time),
            idempotency_key: Some(intent.key.to_string()),
            balance_usd: None,
            once: match &intent.naming {
                Naming::Once { name, .. } => Some(name.clone()),
                Naming::Random | Naming::Key => None,
            },
            asked_at: Some(document::time(purchase.asked.wall)),
            replayed: run.was_final,
            resumed: run.loaded && !run.was_final,
            sandbox: run.sandbox,
        }
    }
}

impl Summary {
    /// A charge that this journal does not know.
    pub fn unknown(id: &ChargeId, sandbox: bool) -> Self {
        Self {
            purchase_id: None,
            charge_id: Some(id.to_string()),
            status: Status::Pending,
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
        self.settled_at = settled_at.map(document::time);
    }
}

impl Show for Summary {
    fn show(&self, page: &mut Page) {
        let amount =
            self.amount_usd.map(|amount| format!("${}", amount.shown())).unwrap_or_default();
        let again = if self.replayed { " (found again: nothing was sent now)" } else { "" };
        let (tone, text) = match self.status {
            Status::Settled => {
                (Tone::Good, format!("Settled: {amount} of credits are paid{again}."))
            }
            Status::Pending => {
                (Tone::Warn, format!("Pending: {amount} of credits are on their way."))
            }
            Status::Failed => (Tone::Bad, format!("Failed: {amount} were not charged{again}.")),
            Status::Refused => (Tone::Bad, format!("Refused: {amount} were not charged{again}.")),
            Status::NotSent => (Tone::Plain, format!("Never sent: {amount} were not charged.")),
            Status::Unknown => {
                (Tone::Warn, format!("Unknown: {amount} may or may not have been charged."))
            }
        };
        page.line(tone, &text);
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
        if self.sandbox {
            page.line(Tone::Dim, "Sandbox: no real money.");
        }
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
    let amount = purchase.intent.amount;
    let told = report.told.as_ref();
    let (message, hints) = explain(purchase, &report, amount);
    let mut error =
        Error::new(report.class, message).charged(report.charged).retry_after(report.retry_after);
    for hint in hints {
        error = error.hint(hint);
    }
    if matches!(told.map(|told| told.class), Some(Class::NotLoggedIn | Class::SessionRevoked)) {
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
    if let Ok(Value::Object(data)) = serde_json::to_value(&summary) {
        parts.data = data;
    }
    Err(error)
}

/// One line for what happened, and the exact next steps.
fn explain(purchase: &Purchase, report: &Report, amount: Amount) -> (String, Vec<String>) {
    let id = purchase.intent.id;
    let told = report.told.as_ref();
    let said = told.map(|told| told.message.clone()).unwrap_or_default();
    let look = format!("Look with 'topup status {id} --wait', or 'topup resume'.");
    let mark = format!(
        "Compare with the portal, then 'topup resume {id} --mark charged=CHARGE_ID' or '--mark not-charged'."
    );
    let mut hints = Vec::new();
    if report.unrecorded {
        hints.push("The journal could not be written: note the ids in this answer.".to_owned());
    }
    let message = match report.class {
        Class::Pending => {
            hints.push(look);
            let why =
                if said.is_empty() { String::new() } else { format!(" (the last look: {said})") };
            format!("${amount} were accepted and are not settled yet{why}")
        }
        Class::OutcomeUnknown => {
            match report.too_old {
                Some(why) => {
                    hints.push(mark);
                    let age = why.age.map_or_else(
                        || "the clocks cannot tell its age".to_owned(),
                        |age| format!("it is {} old", duration::show(age)),
                    );
                    let limit = if purchase.intent.naming.is_given() {
                        ""
                    } else {
                        "'topup resume' may still ask while it is younger than 23 hours."
                    };
                    if !limit.is_empty() {
                        hints.insert(0, limit.to_owned());
                    }
                    return (
                        format!(
                            "nothing was sent now: the key of this purchase of ${amount} is too old to be sent again ({age})"
                        ),
                        hints,
                    );
                }
                None => hints.push(format!(
                    "Run the same command again, or 'topup resume {id}': neither pays twice."
                )),
            }
            if said.is_empty() {
                format!("no clear answer about ${amount}")
            } else {
                format!("no clear answer about ${amount}: {said}")
            }
        }
        Class::Interrupted | Class::Terminated => {
            if !purchase.charges.is_empty() {
                hints.push(format!("The purchase goes on without us. {look}"));
                "interrupted while waiting; the purchase was accepted".to_owned()
            } else if report.charged == Charged::No {
                "interrupted before anything was sent".to_owned()
            } else {
                hints.push(format!(
                    "Run the same command again, or 'topup resume {id}': neither pays twice."
                ));
                "interrupted while the purchase was being sent".to_owned()
            }
        }
        Class::Protocol => match &purchase.outcome {
            Some(Outcome::Settled { amount_usd, .. }) => {
                hints.push("Compare with the portal and report it.".to_owned());
                format!("${} were charged, but ${amount} were asked for", amount_usd.shown())
            }
            _ => {
                hints.push(mark);
                said
            }
        },
        Class::PaymentCanceled if said.is_empty() => {
            "this purchase was closed before anything was sent".to_owned()
        }
        class => {
            if matches!(class, Class::NotLoggedIn | Class::SessionRevoked)
                && purchase.outcome.is_none()
            {
                hints.push(format!("Run 'topup login', then 'topup resume {id}'."));
            }
            said
        }
    };
    (message, hints)
}
