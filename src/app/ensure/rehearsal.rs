//! What `ensure` would do, for `--dry-run`.

use super::answer::too_little;
use super::round::EnsureRound;
use crate::app::buying::foreseen::{self, Foreseen};
use crate::app::buying::rehearsal::{DryRunFacts, Would};
use crate::app::summary::{RunFacts, Summary};
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::provider::AutoReload;
use crate::purchase::guards;
use crate::purchase::journal::Journal;
use crate::purchase::record::{Outcome, Purchase};
use schemars::JsonSchema;
use serde::Serialize;

/// What `ensure --dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct EnsureDryRun {
    /// What is there, in dollars.
    pub balance_usd: Money,
    /// Auto-reload, where this role sees it.
    pub auto_reload: Option<AutoReload>,
    /// What was asked for, in dollars.
    pub required_usd: Money,
    /// What would be bought, in dollars; null where nothing is, and where it depends on the purchases
    /// that are open.
    pub amount_usd: Option<Money>,
    /// The card that would be charged, where the account shows one.
    pub card: Option<String>,
    /// The purchases of earlier runs that would be finished first.
    pub open: Vec<String>,
    /// The rest.
    #[serde(flatten)]
    pub rehearsed: DryRunFacts,
}

impl EnsureRound<'_> {
    /// What the run would do.
    ///
    /// # Errors
    /// Every failure that would keep it from buying.
    pub fn rehearse(&self) -> Result<EnsureDryRun> {
        let (buying, ensure) = (self.buying, self.ensure);
        let organisation = buying.buyer(&self.token).organisation;
        let journal = Journal::open_if_there(buying.journal)?;
        let found = self.read(journal.as_ref(), organisation.as_deref())?;
        let answer = |key: Option<String>, would| EnsureDryRun {
            balance_usd: Money(found.balance),
            auto_reload: found.state.auto_reload.clone(),
            required_usd: ensure.at_least.into(),
            amount_usd: None,
            card: None,
            open: Vec::new(),
            rehearsed: DryRunFacts::new(buying, &self.token, key, would),
        };
        if ensure.is_enough(found.balance) {
            return Ok(answer(None, Would::Nothing));
        }
        if !found.open.is_empty() {
            for purchase in found.open.iter().filter(|purchase| purchase.charges.is_empty()) {
                guards::check_max(purchase.intent.amount, ensure.max)?;
            }
            let ids = found.open.iter().map(|open| open.intent.id.to_string());
            return Ok(EnsureDryRun { open: ids.collect(), ..answer(None, Would::GoOn) });
        }
        let (there, purchase) = self.missing(&found)?;
        let foreseen = self.order(&purchase).preview(&self.token, ensure.waiting.without_any())?;
        if let Some(ended) = foreseen.ended().filter(|ended| is_charged(ended)) {
            if ensure.is_enough(there) {
                return Ok(answer(None, Would::TellAgain));
            }
            return Err(self.bought_before(Money(found.balance), ended));
        }
        if foreseen.is_paid_anew() {
            foreseen::check_may_spend(buying, &self.token)?;
            let total = purchase.total.unwrap_or(purchase.amount);
            foreseen::rehearse(buying, &found.state, purchase.amount, total)?;
        }
        let key = foreseen.key().map(ToString::to_string);
        let would = Would::from_foreseen(&foreseen);
        let is_bought = !matches!(&foreseen, Foreseen::Known(_) if foreseen.ended().is_some());
        Ok(EnsureDryRun {
            amount_usd: is_bought.then(|| Money::from(purchase.amount).with_cents()),
            card: found.state.card.as_ref().map(|card| card.label.clone()),
            ..answer(key, would)
        })
    }

    fn bought_before(&self, there: Money, ended: &Purchase) -> crate::core::failure::Failure {
        let sandbox = self.buying.portal.sandbox;
        let run = RunFacts { loaded: true, was_final: true, sandbox };
        let summary = Summary::from_purchase(ended, run);
        let is_named = self.ensure.once.is_some();
        let link = self.link.clone();
        too_little(there, self.ensure.at_least.into(), is_named, &summary, link)
    }
}

fn is_charged(purchase: &Purchase) -> bool {
    purchase.outcome.as_ref().is_some_and(Outcome::is_charged)
}
