//! `topup plan upgrade`: a larger plan at once, paid by the saved card. It is a purchase like every
//! other: previewed, confirmed, durable before it is sent, and sent under one key. What the journal
//! knows goes first: where an earlier run may have been charged, its own request is the question,
//! and no preview is.

use super::{Target, UNDONE, in_question, of, on_day, with_step_up};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::confirm;
use crate::cli::verbs::execute_purchase::{
    self, DryRunFacts, Earlier, Order, PurchaseOptions, Waiting, Would,
};
use crate::cli::verbs::schema::Shape;
use crate::cli::verbs::state::dollars;
use crate::cli::verbs::{charged_state, ci};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::time;
use crate::credentials::Token;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::plans::{Effect, Item, PlanName, Plans, Preview};
use crate::provider::{Charges, PortalPage};
use crate::purchase::guards;
use crate::purchase::record::{Outcome, Purchase};
use crate::purchase::summary::Summary;
use crate::purchase::world::TOKEN_LASTS;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
The upgrade is a purchase: confirmed, charged once, and known to status, resume and history.

Examples:
  topup plan upgrade plus --dry-run                what would be charged now
  topup plan upgrade plus --yes --max 20           from a script, and for no more
  topup plan upgrade plus --yes --once 2026-plus   one upgrade, on any machine";

/// The arguments of `topup plan upgrade`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Upgrade {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    terms: PurchaseOptions,
    #[command(flatten)]
    waiting: Waiting,
    /// Show what would be done and charge nothing
    #[arg(long)]
    dry_run: bool,
}

/// What `--dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct UpgradeDryRun {
    /// The plan.
    tier_id: String,
    /// Its name.
    tier_name: String,
    /// What would be charged now, in dollars.
    amount_due_now_usd: Option<Money>,
    #[serde(flatten)]
    rehearsed: DryRunFacts,
}

impl Show for UpgradeDryRun {
    fn show(&self, page: &mut Page) {
        let name = &self.tier_name;
        let amount = self.amount_due_now_usd.map(dollars).unwrap_or_default();
        let would = match self.rehearsed.would {
            Would::Start => format!("Would upgrade to {name} and pay {amount} now."),
            Would::GoOn => format!("Would go on with an open upgrade to {name} for {amount}."),
            Would::TellAgain => format!("Would report again how the upgrade to {name} ended."),
            Would::Nothing => format!("{name} is in force already: there is nothing to do."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was charged."));
        self.rehearsed.show(page);
    }
}

/// What an upgrade works with.
struct Counter<'a> {
    invocation: &'a Invocation,
    charges: &'a dyn Charges,
    plans: &'a dyn Plans,
    link: String,
}

impl Upgrade {
    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        if self.dry_run { Shape::DryRun } else { Shape::Usual }
    }

    /// Upgrades.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let outcome =
            self.upgrade(invocation).map_err(|error| self.with_what_is_known(invocation, error));
        ci::publish(invocation, &outcome);
        outcome
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let earlier = || Ok(Earlier { is_one: true, purchases: self.earlier(invocation)? });
        self.terms.with_what_is_known(invocation, error, earlier)
    }

    /// The upgrades of earlier runs that this command may mean.
    fn earlier(&self, invocation: &Invocation) -> Result<Vec<Purchase>> {
        self.terms.earlier(invocation, |journal, origin| {
            let mut unnamed = journal.exclusively()?.unnamed_anywhere(origin)?;
            unnamed.retain(|purchase| self.means(purchase).is_some());
            Ok(unnamed)
        })
    }

    /// The plan of a purchase, where it is the one that was typed.
    fn means<'p>(&self, purchase: &'p Purchase) -> Option<&'p PlanName> {
        purchase.intent.item.plan().filter(|plan| plan.is_called(&self.target.tier))
    }

    fn upgrade(&self, invocation: &Invocation) -> Result<Answer> {
        self.terms.check()?;
        let provider = invocation.setup.provider()?;
        let plans = of(provider.as_ref())?;
        let Some(charges) = provider.charges() else {
            return Err(provider.unsupported("plans", PortalPage::Plan));
        };
        let link = provider.page_link(PortalPage::Plan)?;
        if !invocation.globals.yes && !self.dry_run && !invocation.output.interactive {
            return Err(confirm::nobody_to_ask(UNDONE, "upgrade", link));
        }
        invocation.setup.interrupt().install()?;
        let token = invocation.setup.session()?.token(TOKEN_LASTS)?;
        let counter = Counter { invocation, charges, plans, link };
        let (ours, _) = token.acts_for();
        let mut earlier = self.earlier(invocation)?.into_iter();
        match earlier.find(|purchase| purchase.intent.organisation == ours) {
            Some(purchase) if self.goes_on_with(&purchase) => {
                self.go_on(&counter, &purchase, &token)
            }
            _ => self.begin(&counter, &token),
        }
    }

    /// Whether its own request is the question. Where nothing was ever charged and nothing can
    /// have been, it is begun anew, at today's price.
    fn goes_on_with(&self, purchase: &Purchase) -> bool {
        match &purchase.outcome {
            Some(Outcome::Refused(_) | Outcome::NeverSent) => false,
            Some(Outcome::Failed(_)) => !self.terms.retry_declined,
            _ => true,
        }
    }

    /// Goes on with an upgrade of the journal, or tells again how it ended.
    fn go_on(&self, counter: &Counter<'_>, purchase: &Purchase, token: &Token) -> Result<Answer> {
        let invocation = counter.invocation;
        let typed =
            || PlanName { tier_id: self.target.tier.clone(), tier_name: self.target.tier.clone() };
        // Something else under the same name is for the journal to refuse.
        let plan = self.means(purchase).cloned().unwrap_or_else(typed);
        let amount = purchase.intent.amount;
        if purchase.outcome.is_none() {
            guards::check_max(amount, self.terms.max)?;
        }
        if self.dry_run {
            let key = Some(purchase.intent.key.to_string());
            let rehearsed = DryRunFacts::new(invocation, token, key, Would::of(purchase))?;
            return Ok(rehearsal(plan, Some(amount.into()), rehearsed));
        }
        if purchase.outcome.is_none() {
            let question = format!(
                "Go on with the upgrade to {} for ${amount} from {}?",
                in_question(invocation, &plan.tier_name),
                time::shown(purchase.asked.wall)
            );
            confirm::confirm(invocation, &question, UNDONE, &counter.link)?;
        }
        self.complete(counter, plan, amount, token)
    }

    /// Asks what it would cost, and buys it.
    fn begin(&self, counter: &Counter<'_>, token: &Token) -> Result<Answer> {
        let invocation = counter.invocation;
        let subscription = counter.plans.read()?;
        subscription.check_is_of(token.organisation.as_deref())?;
        let plan = subscription.find(&self.target.tier)?;
        let preview = with_step_up(invocation, || counter.plans.preview(&plan.tier_id))?;
        let Some(amount) = price(&preview)? else {
            if self.dry_run {
                let rehearsed = DryRunFacts::new(invocation, token, None, Would::Nothing)?;
                return Ok(rehearsal(plan, None, rehearsed));
            }
            let sandbox = invocation.setup.portal()?.sandbox;
            // Another machine may have paid for it under this name.
            let charged = self.terms.charged_elsewhere(invocation);
            return Ok(Answer::new(Summary::in_force(&plan, charged, sandbox)));
        };
        execute_purchase::check_guards(invocation, amount, self.terms.max)?;
        if self.dry_run {
            let portal = invocation.setup.portal()?;
            let key = self.terms.key(&portal.identity, token.organisation.as_deref())?;
            let rehearsed = DryRunFacts::new(invocation, token, key, Would::Start)?;
            return Ok(rehearsal(plan, Some(amount.into()), rehearsed));
        }
        if !invocation.globals.yes {
            explain(invocation, &preview);
        }
        let name = in_question(invocation, &plan.tier_name);
        confirm::confirm(
            invocation,
            &format!("Upgrade to {name}: pay ${amount} now?"),
            UNDONE,
            &preview.portal_url,
        )?;
        // A step-up may have brought another token.
        let token = invocation.setup.session()?.token(TOKEN_LASTS)?;
        subscription.check_is_of(token.organisation.as_deref())?;
        self.complete(counter, plan, amount, &token)
    }

    fn complete(
        &self,
        counter: &Counter<'_>,
        plan: PlanName,
        amount: Amount,
        token: &Token,
    ) -> Result<Answer> {
        let body = counter.plans.upgrade_body(&plan.tier_id);
        let order = Order {
            invocation: counter.invocation,
            charges: counter.charges,
            terms: &self.terms,
            item: &Item::Plan(plan),
            amount,
            body,
            waiting: self.waiting,
        };
        let upgraded = order.complete(token, &counter.link)?;
        Ok(Answer::new(upgraded).if_lost(charged_state::IF_LOST))
    }
}

/// What a person wants to see before the question.
fn explain(invocation: &Invocation, preview: &Preview) {
    if let Some(current) = &preview.current_tier_name {
        invocation.output.note(format!("In force now: {current}."));
    }
    if let Some(more) = preview.monthly_credits_delta.filter(|more| *more > Money::ZERO) {
        invocation.output.note(format!("Credits: {more} more a month."));
    }
}

/// What is due now; none where the plan is in force already.
fn price(preview: &Preview) -> Result<Option<Amount>> {
    preview.check_not_blocked()?;
    let name = &preview.target_tier_name;
    match (preview.effect, preview.amount_due_now_usd) {
        (Effect::NoOp, _) => Ok(None),
        (Effect::ChargeNow, Some(due)) => Amount::due(due.0).map(Some).ok_or_else(|| {
            Failure::new(
                Class::Protocol,
                format!("nothing was sent: {} is no amount that can be due", dollars(due)),
            )
        }),
        (Effect::Scheduled, _) => Err(Failure::usage(format!(
            "nothing was sent: {name} is no upgrade, it would begin {}",
            on_day(preview.effective_at.as_deref())
        ))
        .detail("effect", "scheduled")
        .hint("'topup plan change' schedules it, and charges nothing.")
        .link(preview.portal_url.clone())),
        (Effect::ChargeNow, None) | (Effect::Blocked, _) => {
            Err(Failure::internal("a preview that was refused is looked at"))
        }
    }
}

fn rehearsal(plan: PlanName, due: Option<Money>, rehearsed: DryRunFacts) -> Answer {
    Answer::new(UpgradeDryRun {
        tier_id: plan.tier_id,
        tier_name: plan.tier_name,
        amount_due_now_usd: due,
        rehearsed,
    })
}
