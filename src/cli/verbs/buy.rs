//! `topup buy`: confirm, charge once, wait until it is settled.

use super::execute_purchase::{self, DryRunFacts, Earlier, Order, PurchaseOptions, Waiting, Would};
use super::schema::Shape;
use super::{charged_state, ci, confirm, pack};
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::time;
use crate::credentials::Token;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::plans::Item;
use crate::provider::{Charges, DollarAccount, DollarState, PortalPage};
use crate::purchase::find_or_create::PurchaseSubject;
use crate::purchase::record::Purchase;
use crate::purchase::summary::Summary;
use crate::purchase::{guards, world};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What has not happened where a purchase was not confirmed.
pub const UNDONE: &str = "nothing was sent";

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup buy 25                           see the card and the total, then confirm
  topup buy 25 --yes --max 50            from a script
  topup buy 25 --yes --once nightly-42   never twice under this name
  topup buy preset:1 --dry-run           show what would be done
  topup buy 30 --yes --get charge_id     print the id of the charge, bare";

/// The arguments of `topup buy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Buy {
    /// Dollars to buy, such as 25 or 25.00, or preset:1 for the portal's first suggestion; may be
    /// left out where one pack is sold at one price
    #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
    amount: Option<String>,
    #[command(flatten)]
    pub(super) terms: PurchaseOptions,
    #[command(flatten)]
    pub(super) waiting: Waiting,
    /// Send the browser to this address once a person has paid there
    #[arg(long, value_name = "URL", value_parser = pack::parse_return_url)]
    pub(super) return_url: Option<String>,
    /// Print the secret with which another program can confirm the payment
    #[arg(long, requires = "no_wait")]
    pub(super) show_client_secret: bool,
    /// Show what would be done and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// What `--dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct DryRun {
    /// What would be bought, in dollars.
    amount_usd: Money,
    #[serde(flatten)]
    rehearsed: DryRunFacts,
}

impl Show for DryRun {
    fn show(&self, page: &mut Page) {
        let amount = self.amount_usd.shown();
        let would = match self.rehearsed.would {
            Would::Start | Would::Nothing => format!("Would buy ${amount} of credits."),
            Would::GoOn => format!("Would go on with an open purchase of ${amount}."),
            Would::TellAgain => format!("Would report again how the purchase of ${amount} ended."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        self.rehearsed.show(page);
    }
}

impl Buy {
    /// Buys.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let outcome =
            self.purchase(invocation).map_err(|error| self.with_what_is_known(invocation, error));
        ci::publish(invocation, &outcome);
        outcome
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let earlier = || {
            Ok(Earlier {
                is_one: self.amount_typed().is_some(),
                purchases: self.earlier(invocation)?,
            })
        };
        self.terms.with_what_is_known(invocation, error, earlier)
    }

    /// The purchases of earlier runs that this command may mean. Without a name, what a preset
    /// costs is not known yet: it may be any of them.
    fn earlier(&self, invocation: &Invocation) -> Result<Vec<Purchase>> {
        let amount = self.amount_typed();
        self.terms.earlier(invocation, |journal, origin| {
            let mut unnamed = journal.exclusively()?.unnamed_anywhere(origin)?;
            unnamed.retain(|purchase| match amount {
                Some(amount) => PurchaseSubject::Credits(amount).is(&purchase.intent),
                None => purchase.intent.item == Item::Credits,
            });
            Ok(unnamed)
        })
    }

    /// The one of them that is of this login.
    fn earlier_of(&self, invocation: &Invocation, token: &Token) -> Result<Option<Purchase>> {
        let (ours, _) = token.acts_for();
        let mut earlier = self.earlier(invocation)?.into_iter();
        Ok(earlier.find(|purchase| purchase.intent.organisation == ours))
    }

    /// What a yes will mean, where this very purchase was begun before.
    fn tell_of_an_open_one(&self, invocation: &Invocation, token: &Token) -> Result<()> {
        let earlier = self.earlier_of(invocation, token)?;
        if let Some(open) = earlier.filter(|purchase| purchase.outcome.is_none()) {
            let other = if self.terms.is_named() { "" } else { "; --new buys another one" };
            invocation.output.note(format!(
                "The purchase of {} from {} is still open, and this goes on with it{other}.",
                open.intent.what(),
                time::shown(open.asked.wall)
            ));
        }
        Ok(())
    }

    /// The amount, where it was typed as such.
    fn amount_typed(&self) -> Option<Amount> {
        match self.typed() {
            Ok(Some(Typed::Amount(amount))) => Some(amount),
            _ => None,
        }
    }

    fn purchase(&self, invocation: &Invocation) -> Result<Answer> {
        let typed = self.typed()?;
        if let Some(Typed::Amount(amount)) = typed {
            guards::check_max(amount, self.terms.max)?;
        }
        let provider = invocation.setup.provider()?;
        if let Some(packs) = provider.packs() {
            return pack::buy(invocation, provider.as_ref(), packs, self);
        }
        let (Some(account), Some(charges)) = (provider.dollar_account(), provider.charges()) else {
            return Err(provider.unsupported("buying", PortalPage::Topup));
        };
        if self.return_url.is_some() || self.show_client_secret {
            return Err(Failure::usage(format!(
                "--return-url and --show-client-secret are for systems where a person pays in a browser, and {} charges a saved card",
                provider.system().title()
            )));
        }
        let typed = typed.ok_or_else(|| {
            Failure::usage("AMOUNT is missing").hint("Write it like 'topup buy 25'.")
        })?;
        self.terms.check()?;
        let must_ask = !invocation.globals.yes && !self.dry_run;
        if must_ask && !invocation.output.interactive {
            return Err(confirm::nobody_to_ask(
                UNDONE,
                "buy",
                provider.page_link(PortalPage::Topup)?,
            ));
        }
        invocation.setup.interrupt().install()?;
        let token = invocation.setup.session()?.token(world::TOKEN_LASTS)?;
        let organisation = token.organisation.as_deref();
        if must_ask {
            self.tell_of_an_open_one(invocation, &token)?;
        }
        let amount = match typed {
            Typed::Amount(amount) if must_ask => {
                confirm(invocation, account, organisation, |_| Ok(amount))?
            }
            Typed::Amount(amount) => amount,
            Typed::Preset(number) if must_ask => {
                confirm(invocation, account, organisation, |state| preset(state, number))?
            }
            Typed::Preset(number) => {
                let state = account.read()?;
                state.check_is_of(organisation)?;
                preset(&state, number)?
            }
        };
        guards::check_max(amount, self.terms.max)?;
        if self.dry_run {
            return self.rehearse(invocation, amount, &token);
        }
        let link = provider.page_link(PortalPage::Topup)?;
        let bought = self.complete(invocation, charges, amount, &token, &link)?;
        Ok(Answer::new(bought).if_lost(charged_state::IF_LOST))
    }

    /// What was typed in the place of the amount.
    ///
    /// # Errors
    /// Class `usage` when it is neither an amount nor a preset.
    pub fn typed(&self) -> Result<Option<Typed>> {
        self.amount.as_deref().map(Typed::parse).transpose()
    }

    /// Buys this amount, which was confirmed.
    fn complete(
        &self,
        invocation: &Invocation,
        charges: &dyn Charges,
        amount: Amount,
        token: &Token,
        link: &str,
    ) -> Result<Summary> {
        let order = Order {
            invocation,
            charges,
            terms: &self.terms,
            item: &Item::Credits,
            amount,
            body: charges.request_body(amount),
            waiting: self.waiting,
        };
        order.complete(token, link)
    }

    /// Which of its answers it gives: what is bought and a rehearsal are other
    /// answers where a person pays.
    ///
    /// # Errors
    /// Whatever keeps the system from being known.
    pub fn shape(&self, invocation: &Invocation) -> Result<Shape> {
        let is_pack = invocation.setup.provider()?.packs().is_some();
        Ok(match (is_pack, self.is_rehearsal()) {
            (false, false) => Shape::Usual,
            (false, true) => Shape::DryRun,
            (true, false) => Shape::Pack,
            (true, true) => Shape::PackDryRun,
        })
    }

    /// Whether nothing is to be sent.
    pub fn is_rehearsal(&self) -> bool {
        self.dry_run
    }

    fn rehearse(&self, invocation: &Invocation, amount: Amount, token: &Token) -> Result<Answer> {
        let portal = invocation.setup.portal()?;
        execute_purchase::check_guards(invocation, amount, self.terms.max)?;
        let earlier = self.earlier_of(invocation, token)?;
        let would = earlier.as_ref().map_or(Would::Start, Would::of);
        let known = earlier.map(|purchase| purchase.intent.key.to_string());
        let key = match known {
            Some(key) => Some(key),
            None => self.terms.key(&portal.identity, token.organisation.as_deref())?,
        };
        let rehearsed = DryRunFacts::new(invocation, token, key, would)?;
        Ok(Answer::new(DryRun { amount_usd: amount.into(), rehearsed }))
    }
}

/// What stands in the place of the amount.
#[derive(Clone, Copy, Debug)]
pub enum Typed {
    /// Dollars.
    Amount(Amount),
    /// One of the portal's suggestions, counted from 1.
    Preset(usize),
}

impl Typed {
    fn parse(text: &str) -> Result<Self> {
        let Some(number) = text.strip_prefix("preset:") else {
            return Amount::parse(text).map(Self::Amount);
        };
        match number.parse::<usize>() {
            Ok(number) if number > 0 && number.to_string().len() == text.len() - 7 => {
                Ok(Self::Preset(number))
            }
            _ => Err(Failure::usage(format!("'{}' is not a preset", text.escape_debug()))
                .hint("Write preset:1 for the first suggestion of the portal.")),
        }
    }
}

fn preset(state: &DollarState, number: usize) -> Result<Amount> {
    let presets: Vec<String> =
        state.presets_usd.iter().map(|preset| format!("${}", preset.shown())).collect();
    let refused = |why: String| {
        let error = Failure::usage(why);
        if presets.is_empty() {
            error
        } else {
            error.hint(format!("There are: {}.", presets.join(", ")))
        }
    };
    let chosen = state
        .presets_usd
        .get(number - 1)
        .ok_or_else(|| refused(format!("the portal has no preset {number}")))?;
    Amount::from_decimal(chosen.0)
        .ok_or_else(|| refused(format!("preset {number} is not an amount")))
}

/// Shows the account that the token acts for, and asks. A person sees the card and the total first.
pub fn confirm(
    invocation: &Invocation,
    account: &dyn DollarAccount,
    organisation: Option<&str>,
    amount: impl FnOnce(&DollarState) -> Result<Amount>,
) -> Result<Amount> {
    let state = account.read()?;
    state.check_is_of(organisation)?;
    let amount = amount(&state)?;
    let output = &invocation.output;
    if let Some(balance) = state.balance_usd {
        output.note(format!("Balance: ${}.", balance.shown()));
    }
    if state.billing_enabled == Some(false) {
        output.note(
            "Remote Spending is switched off for this organisation: the portal will refuse this.",
        );
    }
    if let Some(limit) = &state.monthly_limit {
        output.note(format!(
            "Monthly limit: ${} of ${} left.",
            limit.remaining_usd.shown(),
            limit.limit_usd.shown()
        ));
    }
    let with = match &state.card {
        Some(card) => format!(" with {}", confirm::card(invocation, &card.label)),
        None => {
            if state.can_charge {
                output
                    .note(format!("Set up a saved card on the portal first: {}", state.portal_url));
            }
            String::new()
        }
    };
    confirm::confirm(invocation, &format!("Pay ${amount}{with}?"), UNDONE, &state.portal_url)?;
    Ok(amount)
}
