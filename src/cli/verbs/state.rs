//! `topup state`: balance, role, card, auto-reload, monthly limit, presets; in one line, or of
//! every profile at once.

mod all;
pub(crate) mod row;

use super::shape::Shape;
use crate::app::overview;
use crate::app::overview::profiles;
use crate::app::state;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::which::WhichFlags;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::credentials;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Plain, Show};
use crate::provider::packs::{PackMode, UsesState};
use crate::provider::{
    AccountState as _, AutoReload, BudgetState, CreditParts, DollarState, MonthlyLimit, State,
    dollars,
};
use clap::Args;

pub use crate::app::overview::profiles::Profiles;
pub use crate::app::state::brief::Brief;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup state                     the whole account
  topup state --get balance_usd   one value, bare
  topup state --brief             one line, for a shell prompt
  topup state --waybar --low 5    one JSON line, for a status bar
  topup state --all               every profile";

/// The arguments of `topup state`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StateArgs {
    #[command(flatten)]
    whose: WhichFlags,
    /// Print one line and always end with 0, for prompts and bars
    #[arg(long)]
    brief: bool,
    /// Print one JSON line for Waybar and always end with 0
    #[arg(long, conflicts_with = "brief")]
    waybar: bool,
    /// With --waybar: set the class 'low' below this balance
    #[arg(long, value_name = "AMOUNT", requires = "waybar", value_parser = Amount::parse)]
    low: Option<Amount>,
    /// Show every profile of the configuration
    #[arg(long, conflicts_with_all = ["project", "team", "brief", "waybar"])]
    all: bool,
}

impl StateArgs {
    /// Reads the account.
    ///
    /// # Errors
    /// The classes of a login and of a request. With `--all` what fails in a row stands in the row,
    /// and its class is the exit code.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        if self.all {
            return all(invocation);
        }
        if self.is_brief() {
            return Ok(self.brief(invocation));
        }
        let setup = &invocation.setup;
        let state = state::state(setup.provider()?.as_ref(), self.whose.which())?;
        if let Some(warning) = credentials::ending_soon(setup.login_ends()?, setup.now()) {
            invocation.output.note(warning);
        }
        Ok(Answer::new(state))
    }

    fn brief(&self, invocation: &Invocation) -> Answer {
        let setup = &invocation.setup;
        let now = setup.now();
        let reading = overview::read(setup, self.whose.which(), now);
        let mut brief = Brief::from_reading(reading, now, |step| invocation.output.shown(step));
        if let Ok(settings) = setup.settings() {
            brief = brief.of_profile(settings.profile.clone(), settings.system);
        }
        brief.answer(self.waybar, self.low)
    }

    /// Whether one line is asked for, which never fails.
    pub fn is_brief(&self) -> bool {
        self.brief || self.waybar
    }

    /// Which of its answers it gives.
    pub fn shape(&self) -> Shape {
        match self {
            Self { all: true, .. } => Shape::All,
            Self { brief: true, .. } => Shape::Brief,
            _ => Shape::Usual,
        }
    }
}

fn all(invocation: &Invocation) -> Result<Answer> {
    let setup = &invocation.setup;
    overview::check_nothing_is_named(setup, "--all is about every profile")?;
    let selected = overview::everything(setup)?;
    let rows = overview::read_all(setup, selected)?;
    let failure = profiles::failure(&rows).map(|error| invocation.with_next_step(error));
    Ok(Answer::new(Profiles::from_rows(rows)).but(failure))
}

impl Brief {
    /// The line for a prompt, or for a bar with what it takes for low.
    pub fn answer(self, is_bar: bool, low: Option<Amount>) -> Answer {
        if is_bar {
            return Answer::new(Plain { text: self.waybar(low).to_string() });
        }
        Answer::new(self)
    }
}

impl Show for Brief {
    fn show(&self, page: &mut Page) {
        page.next_step(if self.known { Tone::Plain } else { Tone::Dim }, &self.line);
    }
}

impl Show for State {
    fn show(&self, page: &mut Page) {
        match self {
            Self::Dollars(state) => state.show(page),
            Self::Teams(state) => state.show(page),
            Self::Uses(state) => state.show(page),
            Self::Budget(state) => state.show(page),
            Self::Row(state) => state.show(page),
        }
    }
}

impl Show for BudgetState {
    fn show(&self, page: &mut Page) {
        page.field("mandate", Tone::Plain, &self.mandate);
        if let Some(user) = &self.user {
            page.field("user", Tone::Plain, user);
        }
        let tone = if self.is_empty() { Tone::Bad } else { Tone::Strong };
        page.field("balance", tone, &format!("{} {}", self.currency, self.balance.shown()));
        if !self.reserved.0.is_zero() {
            let held = format!("{} {}", self.currency, self.reserved.shown());
            page.field("held for runs", Tone::Plain, &held);
        }
        page.field("model", Tone::Plain, &self.billing_model.word().replace('_', "-"));
        page.field("markup", Tone::Plain, &format!("{} %", self.markup_percent.0.normalize()));
        page.field("ledger", Tone::Dim, &self.ledger);
        if let Some(portal_url) = &self.portal_url {
            page.link("portal", portal_url);
        }
        page.sandbox(self.sandbox);
    }
}

impl Show for DollarState {
    fn show(&self, page: &mut Page) {
        if let Some(org) = &self.org {
            let name = org.name.as_deref().or(org.slug.as_deref()).unwrap_or(&org.id);
            let role = org.role.as_deref().map(|role| format!(" ({role})")).unwrap_or_default();
            page.field("organisation", Tone::Plain, &format!("{name}{role}"));
        }
        let balance = self.balance_usd.map_or_else(|| "not stated".to_owned(), dollars);
        page.field("balance", Tone::Strong, &balance);
        if let Some(parts) = &self.credits {
            show_parts(page, parts);
        }
        match (&self.card, self.can_charge) {
            (Some(card), _) => {
                let why = match card.resolved_via.as_deref() {
                    Some("subPin") => " (the card of the plan)".to_owned(),
                    Some("customerDefault") => " (the usual card of the account)".to_owned(),
                    Some("autoRefill") => " (the card of auto-reload)".to_owned(),
                    Some(other) => format!(" ({other})"),
                    None => String::new(),
                };
                page.field("card", Tone::Plain, &format!("{}{why}", card.label));
            }
            (None, true) => page.field("card", Tone::Warn, "set up a saved card on the portal"),
            (None, false) => page.field("card", Tone::Dim, "not shown to this role"),
        }
        match &self.auto_reload {
            Some(reload) => show_auto_reload(page, reload),
            None => page.field("auto-reload", Tone::Dim, "not shown to this role"),
        }
        match &self.monthly_limit {
            Some(limit) => show_limit(page, limit),
            None => page.field("monthly limit", Tone::Dim, "not shown to this role"),
        }
        if !self.presets_usd.is_empty() {
            let presets: Vec<String> = self.presets_usd.iter().copied().map(dollars).collect();
            page.field("presets", Tone::Plain, &presets.join("  "));
        }
        if let Some(bounds) = &self.bounds
            && let (Some(min), Some(max)) = (bounds.min_usd, bounds.max_usd)
        {
            page.field(
                "one purchase",
                Tone::Plain,
                &format!("{} to {}", dollars(min), dollars(max)),
            );
        }
        if let Some(stopped) = self.stopped() {
            page.line(Tone::Bad, &format!("{stopped}."));
        }
        for warning in &self.warnings {
            page.line(Tone::Warn, warning);
        }
        if self.billing_enabled == Some(false) {
            page.line(
                Tone::Warn,
                "Remote Spending is switched off for this organisation; an admin can switch it on.",
            );
        }
        if !self.can_charge {
            page.line(Tone::Warn, "This role may read but not buy.");
        }
        page.link("portal", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

impl Show for UsesState {
    fn show(&self, page: &mut Page) {
        if let Some(plan) = &self.plan_name {
            page.field("plan", Tone::Plain, plan);
        }
        let tone = match (self.mode, self.left()) {
            (PackMode::Unlimited, _) => Tone::Good,
            (_, Some(left)) if left <= 0 => Tone::Bad,
            _ => Tone::Strong,
        };
        page.field("balance", tone, &self.brief().to_string());
        if self.mode != PackMode::Unlimited {
            for (label, count) in [
                ("bought", self.credits_remaining),
                ("free", self.free_uses_remaining),
                ("free today", self.daily_free_uses_remaining),
                ("used so far", self.total_uses),
            ] {
                if let Some(count) = count {
                    page.field(label, Tone::Plain, &count.to_string());
                }
            }
        }
        match self.mode {
            PackMode::Paid => match &self.purchase_options {
                Some(offer) => {
                    let uses = offer.uses.map(|uses| format!(" for {uses} uses"));
                    let pack = format!("{}{}", offer.price(), uses.unwrap_or_default());
                    page.field("pack", Tone::Plain, &pack);
                }
                None => {
                    page.field("pack", Tone::Dim, "its price is stated when a payment is opened");
                }
            },
            PackMode::FreeOnly => {
                page.field("pack", Tone::Dim, "none: this agent gives free uses only");
            }

            PackMode::Unlimited => page.field("pack", Tone::Dim, "none: nothing is counted here"),
        }
        if self.purchase_required == Some(true) {
            page.next_step(Tone::Warn, "Another use has to be bought first: 'topup buy'.");
        }
        page.link("portal", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

/// What the credits are made of.
fn show_parts(page: &mut Page, parts: &CreditParts) {
    if let Some(plan) = &parts.plan {
        page.field("plan", Tone::Plain, plan);
    }
    for (label, amount) in [
        ("of the plan", parts.subscription_usd),
        ("rolled over", parts.rollover_usd),
        ("bought", parts.purchased_usd),
        ("usable", parts.usable_usd),
    ] {
        if let Some(amount) = amount {
            page.field(label, Tone::Plain, &dollars(amount));
        }
    }
    if let Some(renews_at) = &parts.renews_at {
        page.field("renews", Tone::Plain, renews_at);
    }
}

/// Whether automatic purchases are on, in one line.
pub fn show_auto_reload(page: &mut Page, reload: &AutoReload) {
    let tone = if reload.enabled { Tone::Good } else { Tone::Plain };
    page.field("auto-reload", tone, &reload.shown());
    show_most(page, reload);
}

/// What automatic purchases may cost this month, in one line.
pub fn show_most(page: &mut Page, reload: &AutoReload) {
    if let Some(most) = reload.may_charge_usd.filter(|_| reload.enabled) {
        page.field("", Tone::Plain, &format!("may charge {} more this month", dollars(most)));
    }
}

/// That automatic purchases are on, for an answer that is about something else.
pub fn note_auto_reload(page: &mut Page, reload: Option<&AutoReload>) {
    if let Some(note) = reload.and_then(AutoReload::note) {
        page.line(Tone::Dim, &note);
    }
    if let Some(warning) = reload.and_then(AutoReload::warning) {
        page.line(Tone::Warn, &warning);
    }
}

/// The month, with a bar.
pub fn show_limit(page: &mut Page, limit: &MonthlyLimit) {
    let whose = if limit.is_default_ceiling { " (the portal's own ceiling)" } else { "" };
    page.field(
        "monthly limit",
        Tone::Plain,
        &format!(
            "{} of {} spent, {} left{whose}",
            dollars(limit.spent_usd),
            dollars(limit.limit_usd),
            dollars(limit.remaining_usd)
        ),
    );
    page.bar(limit.percent);
}
