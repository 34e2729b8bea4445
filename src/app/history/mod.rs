//! The journal of purchases, newest first, and summed up. Reads the disk only.

pub(crate) mod chart;

use crate::app::summary::payment::PaymentSummary;
use crate::app::summary::{AnySummary, RunFacts, Summary};
use crate::core::failure::Result;
use crate::core::system::System;
use crate::core::target;
use crate::core::time::Period;
use crate::provider::plans::Item;
use crate::purchase::journal::Journal;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::Purchase;
use schemars::JsonSchema;
use serde::Serialize;

/// The journal; `data` of `history`.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "the schema of what is streamed"))]
pub struct HistoryList {
    /// Newest first.
    pub purchases: Vec<HistoryLine>,
    /// Whether there are older ones: a larger `--limit` lists them.
    pub has_more: bool,
}

/// One purchase of the journal.
#[derive(Serialize, JsonSchema)]
pub struct HistoryLine {
    /// The system that sold it.
    pub provider: System,
    /// Where it was bought: an origin, or the sandbox.
    pub portal: String,
    /// The profile that it was asked for under; null in what older versions wrote.
    pub profile: Option<String>,
    /// The organisation that was billed.
    pub organisation: Option<String>,
    /// Who asked for it.
    pub subject: Option<String>,
    /// What was bought, and how.
    #[serde(flatten)]
    pub bought: AnySummary,
}

impl HistoryLine {
    fn from_purchase(purchase: &Purchase) -> Self {
        let intent = &purchase.intent;
        let sandbox = target::is_sandbox(&intent.origin);
        let run = RunFacts { loaded: false, was_final: false, sandbox };
        Self {
            provider: intent.system,
            portal: intent.origin.clone(),
            profile: intent.profile.clone(),
            organisation: intent.organisation.clone(),
            subject: intent.subject.clone(),
            bought: if intent.item == Item::Pack {
                let mut summary =
                    PaymentSummary::from_purchase(purchase, None, &intent.origin, run);
                if sandbox {
                    summary.portal_url = None;
                }
                AnySummary::Payment(Box::new(summary))
            } else {
                AnySummary::Charge(Box::new(Summary::from_purchase(purchase, run)))
            },
        }
    }
}

/// How many purchases are read at once.
const AT_ONCE: u32 = 200;

/// What a list does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// There are older ones than it has room for.
    pub older: bool,
    /// Between those that it shows are some of the sandbox, or in a list of the sandbox some with
    /// real money.
    pub other_money: bool,
}

/// Hands over the newest purchases that were asked for in this period, at most that many, newest
/// first: any number of them in little memory. They are those of the sandbox, or those with real
/// money.
///
/// # Errors
/// Class `config` when the journal cannot be read; those of `take`.
pub fn each(
    journal: Option<&JournalPlace>,
    period: &Period,
    limit: u32,
    sandbox: bool,
    take: &mut dyn FnMut(HistoryLine) -> Result<()>,
) -> Result<LeftOut> {
    let mut left_out = LeftOut::default();
    let Some(journal) = journal else { return Ok(left_out) };
    let Some(journal) = Journal::open_to_list(journal)? else { return Ok(left_out) };
    let mut left = limit;
    let mut ids = journal.newest(period, left.saturating_add(1).min(AT_ONCE))?;
    while !ids.is_empty() && !left_out.older {
        for purchase in journal.load_all(&ids)? {
            if target::is_sandbox(&purchase.intent.origin) != sandbox {
                left_out.other_money = true;
            } else if left > 0 {
                left -= 1;
                take(HistoryLine::from_purchase(&purchase))?;
            } else {
                left_out.older = true;
            }
        }
        let Some(last) = ids.last() else { break };
        ids = journal.newest_behind(period, *last, AT_ONCE)?;
    }
    Ok(left_out)
}

/// The same in one list.
#[cfg(test)]
pub fn list(
    journal: &JournalPlace,
    period: &Period,
    limit: u32,
    sandbox: bool,
) -> Result<HistoryList> {
    let mut purchases = Vec::new();
    let left_out = each(Some(journal), period, limit, sandbox, &mut |line| {
        purchases.push(line);
        Ok(())
    })?;
    Ok(HistoryList { purchases, has_more: left_out.older })
}
