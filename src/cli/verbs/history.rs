//! `topup history`: the purchase journal, newest first, or as a chart of days or months. Reads the
//! disk only.

mod chart;

pub use chart::Charted;

use super::period::PeriodArgs;
use super::schema::Shape;
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::core::target;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::packs::Price;
use crate::purchase::journal::Journal;
use crate::purchase::payment::Payment;
use crate::purchase::receipt::Receipt;
use crate::purchase::record::Purchase;
use crate::purchase::summary::{Run, Status, Summary, Upgrade};
use chart::By;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup history --limit 5              the latest five
  topup history --csv >purchases.csv   for a spreadsheet";

/// The arguments of `topup history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct History {
    /// Show at most this many purchases
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
    #[command(flatten)]
    period: PeriodArgs,
    /// Show what was bought as a bar for each day or month
    #[arg(long, conflicts_with_all = ["csv", "limit"])]
    chart: bool,
    /// Choose what each bar of the chart stands for
    #[arg(long, value_name = "SPAN", default_value = "day", requires = "chart")]
    by: By,
}

/// The journal; `data` of `history`.
#[derive(Serialize, JsonSchema)]
pub struct Listed {
    /// Newest first.
    purchases: Vec<Line>,
    #[serde(skip)]
    csv: bool,
}

/// One purchase of the journal.
#[derive(Serialize, JsonSchema)]
struct Line {
    /// Where it was bought: an origin, or the sandbox.
    portal: String,
    /// The organisation that was billed.
    organisation: Option<String>,
    /// Who asked for it.
    subject: Option<String>,
    #[serde(flatten)]
    bought: Bought,
}

/// What was bought, and how.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Bought {
    /// A card was charged, or not.
    Charged(Box<Summary>),
    /// A person paid, or not.
    Paid(Box<Receipt>),
}

impl History {
    /// Reads the journal.
    ///
    /// # Errors
    /// Class `config` when it cannot be read, or for a profile that there is not.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        if invocation.globals.profile.is_some() {
            // The journal is that of all profiles; a name that is mistyped is told all the same.
            invocation.setup.settings()?;
        }
        let period = self.period.period(invocation.setup.now())?;
        if self.chart {
            return chart::run(invocation, self.by, &period, &self.period.tz);
        }
        let mut purchases = Vec::new();
        if let Some(journal) = Journal::open_if_there(&invocation.setup.paths()?.journal_file())? {
            for id in journal.newest(&period, self.limit)? {
                purchases.push(Line::of(&journal.load(id)?));
            }
            for id in journal.newest_payments(&period, self.limit)? {
                purchases.push(Line::of_payment(&journal.payment(id)?));
            }
            purchases.sort_by(|one, other| other.asked_at().cmp(&one.asked_at()));
            purchases.truncate(self.limit.try_into().unwrap_or(usize::MAX));
        }
        Ok(Answer::new(Listed { purchases, csv: self.csv }))
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.chart { Shape::Chart } else { Shape::Usual }
    }
}

impl Line {
    fn of(purchase: &Purchase) -> Self {
        let sandbox = target::is_sandbox(&purchase.intent.origin);
        let run = Run { loaded: false, was_final: false, sandbox };
        Self {
            portal: purchase.intent.origin.clone(),
            organisation: purchase.intent.organisation.clone(),
            subject: purchase.intent.subject.clone(),
            bought: Bought::Charged(Box::new(Summary::of(purchase, run))),
        }
    }

    fn of_payment(payment: &Payment) -> Self {
        let sandbox = target::is_sandbox(&payment.origin);
        Self {
            portal: payment.origin.clone(),
            organisation: None,
            subject: payment.account.clone(),
            bought: Bought::Paid(Box::new(Receipt::of(payment, &payment.origin, sandbox))),
        }
    }

    fn asked_at(&self) -> Option<&str> {
        match &self.bought {
            Bought::Charged(summary) => summary.asked_at.as_deref(),
            Bought::Paid(receipt) => receipt.asked_at.as_deref(),
        }
    }

    fn status(&self) -> Status {
        match &self.bought {
            Bought::Charged(summary) => summary.status,
            Bought::Paid(receipt) => receipt.status,
        }
    }

    /// What it cost, as a table shows it.
    fn price(&self) -> String {
        match &self.bought {
            Bought::Charged(summary) => {
                summary.amount_usd.map(|amount| format!("${}", amount.shown())).unwrap_or_default()
            }
            Bought::Paid(receipt) => {
                receipt.amount.as_ref().map(ToString::to_string).unwrap_or_default()
            }
        }
    }

    /// The plan that it was for, where it was for one.
    fn plan(&self) -> Option<&Upgrade> {
        match &self.bought {
            Bought::Charged(summary) => summary.upgrade.as_ref(),
            Bought::Paid(_) => None,
        }
    }

    /// What it was for, as a table shows it.
    fn bought(&self) -> String {
        match (&self.bought, self.plan()) {
            (_, Some(plan)) => format!("plan {}", plan.tier_name),
            (Bought::Charged(_), None) => "credits".to_owned(),
            (Bought::Paid(_), None) => "uses".to_owned(),
        }
    }

    fn cells(&self) -> [String; 9] {
        let (amount, id, purchase, once) = match &self.bought {
            Bought::Charged(summary) => (
                summary.amount_usd.map(Money::shown),
                &summary.charge_id,
                &summary.purchase_id,
                &summary.once,
            ),
            Bought::Paid(receipt) => (
                receipt.amount.as_ref().and_then(Price::dollars).map(|amount| amount.to_string()),
                &receipt.payment_id,
                &receipt.purchase_id,
                &None,
            ),
        };
        [
            self.asked_at().unwrap_or_default().to_owned(),
            amount.unwrap_or_default(),
            self.status().word().to_owned(),
            id.clone().unwrap_or_default(),
            purchase.clone().unwrap_or_default(),
            once.clone().unwrap_or_default(),
            self.subject.clone().unwrap_or_default(),
            self.portal.clone(),
            self.plan().map(|plan| plan.tier_id.clone()).unwrap_or_default(),
        ]
    }
}

impl Show for Listed {
    fn show(&self, page: &mut Page) {
        let heads = [
            "asked_at",
            "amount_usd",
            "status",
            "charge_id",
            "purchase_id",
            "once",
            "subject",
            "portal",
            "plan",
        ];
        if self.csv {
            page.csv(&heads, self.purchases.iter().map(Line::cells));
            return;
        }
        if self.purchases.is_empty() {
            page.line(Tone::Plain, "No purchase yet.");
            return;
        }
        let rows = self.purchases.iter().map(|line| {
            let [asked, _, status, charge, purchase, once, ..] = line.cells();
            let tone = match line.status() {
                Status::Settled | Status::InForce => Tone::Good,
                Status::Pending | Status::Unknown => Tone::Warn,
                Status::Failed | Status::Refused => Tone::Bad,
                Status::NotSent => Tone::Dim,
            };
            let id = if charge.is_empty() { purchase } else { charge };
            (tone, vec![asked, line.price(), line.bought(), status, id, once])
        });
        page.table(&["asked", "amount", "for", "status", "charge or purchase", "name"], rows);
    }
}
