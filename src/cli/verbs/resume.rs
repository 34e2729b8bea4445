//! `topup resume`: finishes, or finds the truth about, every purchase that is not final, wherever it
//! was made.

pub(crate) mod reach;

use super::purchase_options::WaitOptions;
use crate::app::buying::earlier::{charged_without_name, with_charged};
use crate::app::buying::site::Site;
use crate::app::resume::marking::{self, MarkTarget};
use crate::app::resume::{self, Reach, Resumed, Unreachable};
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::purchase::journal::Journal;
use crate::purchase::mark::PurchaseMark;
use crate::purchase::record::Remark;
use clap::Args;
use reach::Places;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup resume             finish everything that is not final
  topup resume --wait 0s   check each once, without waiting";

/// The arguments of `topup resume`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ResumeArgs {
    /// Only this purchase of the journal
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Record what the portal shows: charged=CHARGE_ID or not-charged
    #[arg(long, value_name = "FOUND", value_parser = PurchaseMark::parse)]
    mark: Option<PurchaseMark>,
    /// Keep the reason with what is recorded
    #[arg(long, value_name = "TEXT", requires = "mark")]
    reason: Option<String>,
    #[command(flatten)]
    waiting: WaitOptions,
}

impl Show for Resumed {
    fn show(&self, page: &mut Page) {
        if self.purchases.is_empty() && self.unreachable.is_empty() {
            page.line(Tone::Plain, "Every purchase here is final: nothing to resume.");
        }
        let unchecked = |id: Option<&str>| {
            self.unreachable.iter().find(|one| id == Some(one.purchase_id.as_str()))
        };
        for purchase in &self.purchases {
            purchase.show_unless_checked(page, unchecked(purchase.purchase_id()));
        }
        let is_shown = |id: &str| self.purchases.iter().any(|one| one.purchase_id() == Some(id));
        for unreachable in self.unreachable.iter().filter(|one| !is_shown(&one.purchase_id)) {
            unreachable.show(page);
        }
    }
}

impl Show for Unreachable {
    fn show(&self, page: &mut Page) {
        let text = format!("Not checked: {} at {}.", self.what, self.portal);
        page.line(Tone::Warn, &text);
        page.field("why", Tone::Plain, &self.reason);
        if let Some(profile) = &self.profile {
            page.field("profile", Tone::Plain, profile);
        }
        page.field("purchase", Tone::Plain, &self.purchase_id);
    }
}

impl ResumeArgs {
    /// Goes on with each.
    ///
    /// # Errors
    /// The class of the purchase that most needs attention, unless all are settled.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.resume(invocation).map_err(|error| {
            with_charged(error, || {
                let journal = invocation.setup.journal_if_any();
                charged_without_name(journal.as_ref())
            })
        })
    }

    fn resume(&self, invocation: &Invocation) -> Result<Answer> {
        let places = Places(invocation);
        places.check()?;
        invocation.setup.interrupt().install()?;
        let is_meant = |site: &Site| places.is_meant(site);
        let journal = invocation.setup.journal()?;
        if let Some(mark) = &self.mark {
            let found = MarkTarget { mark: mark.clone(), remark: self.remark(invocation) };
            let mut journal = Journal::open_if_there(&journal)?.ok_or_else(|| {
                Failure::usage("there is no purchase in the journal yet: nothing was recorded")
            })?;
            return self.record(&places, &is_meant, &mut journal, &found);
        }
        let resume = resume::Resume {
            journal: &journal,
            reach: &places,
            is_meant: &is_meant,
            ask: &invocation.output,
            report: &invocation.output,
            waiting: self.waiting.into(),
        };
        let (resumed, failure) = resume.run(self.id.as_deref())?;
        let failure = failure.map(|failure| invocation.with_next_step(failure));
        Ok(Answer::new(resumed).but(failure))
    }

    fn record(
        &self,
        places: &Places<'_>,
        is_meant: &dyn Fn(&Site) -> bool,
        journal: &mut Journal,
        found: &MarkTarget,
    ) -> Result<Answer> {
        let purchase = marking::one_to_mark(journal, self.id.as_deref(), is_meant)?;
        let (site, id) = (Site::from_intent(&purchase.intent), purchase.intent.id);
        let mut recorded = None;
        places.at(&site, &mut |buying| {
            recorded = Some(marking::record(buying, journal, id, found));
        })?;
        let summary = recorded.ok_or_else(resume::gone)??;
        Ok(Answer::new(Resumed { purchases: vec![summary], unreachable: Vec::new() }))
    }

    /// Who says so, and why.
    fn remark(&self, invocation: &Invocation) -> Remark {
        let variables = &invocation.setup.environment.variables;
        let by = ["USER", "LOGNAME", "USERNAME"]
            .into_iter()
            .find_map(|name| variables.text_or_none(name));
        Remark { by, reason: self.reason.clone() }
    }
}
