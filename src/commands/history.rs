//! `topup history`: the purchase journal, newest first. Reads the disk only.

use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::context::Context;
use crate::error::Result;
use crate::money::Money;
use crate::purchase::journal::Journal;
use crate::purchase::record::Purchase;
use crate::purchase::summary::{Run, Status, Summary};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup history`.
#[derive(Debug, Args)]
pub struct History {
    /// Show at most this many purchases
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
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
    summary: Summary,
}

impl History {
    /// Reads the journal.
    ///
    /// # Errors
    /// Class `config` when it cannot be read.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let mut purchases = Vec::new();
        if let Some(journal) = Journal::open_if_there(&context.paths()?.journal_file())? {
            for id in journal.newest(self.limit)? {
                purchases.push(Line::of(&journal.load(id)?));
            }
        }
        Ok(Answer::new(Listed { purchases, csv: self.csv }))
    }
}

impl Line {
    fn of(purchase: &Purchase) -> Self {
        let sandbox = purchase.intent.origin.starts_with("sandbox:");
        let run = Run { loaded: false, was_final: false, sandbox };
        Self {
            portal: purchase.intent.origin.clone(),
            organisation: purchase.intent.organisation.clone(),
            subject: purchase.intent.subject.clone(),
            summary: Summary::of(purchase, run),
        }
    }

    fn cells(&self) -> [String; 8] {
        let summary = &self.summary;
        [
            summary.asked_at.clone().unwrap_or_default(),
            summary.amount_usd.map(Money::shown).unwrap_or_default(),
            summary.status.word().to_owned(),
            summary.charge_id.clone().unwrap_or_default(),
            summary.purchase_id.clone().unwrap_or_default(),
            summary.once.clone().unwrap_or_default(),
            self.subject.clone().unwrap_or_default(),
            self.portal.clone(),
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
        ];
        if self.csv {
            page.raw(&format!("{}\n", heads.join(",")));
            for line in &self.purchases {
                let cells: Vec<String> = line.cells().iter().map(|cell| csv_cell(cell)).collect();
                page.raw(&format!("{}\n", cells.join(",")));
            }
            return;
        }
        if self.purchases.is_empty() {
            page.line(Tone::Plain, "No purchase yet.");
            return;
        }
        let rows = self.purchases.iter().map(|line| {
            let [asked, amount, status, charge, purchase, once, ..] = line.cells();
            let tone = match line.summary.status {
                Status::Settled => Tone::Good,
                Status::Pending | Status::Unknown => Tone::Warn,
                Status::Failed | Status::Refused => Tone::Bad,
                Status::NotSent => Tone::Dim,
            };
            let id = if charge.is_empty() { purchase } else { charge };
            (tone, vec![asked, format!("${amount}"), status, id, once])
        });
        page.table(&["asked", "amount", "status", "charge or purchase", "name"], rows);
    }
}

/// Quoted where it must be; a leading sign that a spreadsheet would take for a formula is
/// quoted away as well.
fn csv_cell(cell: &str) -> String {
    let cell: String = cell.chars().filter(|character| !character.is_control()).collect();
    let formula = cell.starts_with(['=', '+', '-', '@']);
    if formula || cell.contains([',', '"']) {
        let quote = if formula { "'" } else { "" };
        return format!("\"{quote}{}\"", cell.replace('"', "\"\""));
    }
    cell
}
