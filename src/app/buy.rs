//! Buys credits: a person sees the card and the total and confirms, the purchase is carried out
//! once, and the answer is how it ended.

use crate::app::buying::Buying;
use crate::app::buying::again::{self, PromptChoice};
use crate::app::buying::earlier::KnownPurchase;
use crate::app::buying::foreseen::{self, Foreseen};
use crate::app::buying::order::Order;
use crate::app::buying::rehearsal::{DryRunFacts, Would};
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::summary::AnySummary;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::provider::plans::Item;
use crate::provider::{AutoReload, DollarAccount, DollarState};
use crate::purchase::guards;
use crate::purchase::journal::Journal;
use crate::purchase::record::Purchase;
use crate::purchase::request::PurchaseSubject;
use schemars::JsonSchema;
use serde::Serialize;

/// What has not happened where a purchase was not confirmed.
pub const UNDONE: &str = "nothing was sent";

/// What stands in the place of the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Dollars.
    Amount(Amount),
    /// One of the portal's suggestions, counted from 1.
    Preset(usize),
}

impl Wanted {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Class `usage` when it is neither an amount nor a preset.
    pub fn parse(text: &str) -> Result<Self> {
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

    /// The amount, where it was typed as such.
    pub fn amount(self) -> Option<Amount> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Preset(_) => None,
        }
    }
}

/// What `--dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct DryRun {
    /// What would be bought, in dollars.
    pub amount_usd: Money,
    /// What the account has now, in dollars, where it was read.
    pub balance_usd: Option<Money>,
    /// Auto-reload, where it was read and this role sees it.
    pub auto_reload: Option<AutoReload>,
    /// The card that would be charged, where the account shows one.
    pub card: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub rehearsed: DryRunFacts,
}

/// The purchases of earlier runs that this may mean. Without a name, what a preset costs is not
/// known yet: it may be any of them.
///
/// # Errors
/// Class `config`.
pub fn earlier(
    known: &KnownPurchase<'_>,
    terms: &Terms,
    wanted: Option<Wanted>,
) -> Result<Vec<Purchase>> {
    let amount = wanted.and_then(Wanted::amount);
    known.earlier(terms, |purchase| match amount {
        Some(amount) => PurchaseSubject::Credits(amount).is(&purchase.intent),
        None => purchase.intent.item == Item::Credits,
    })
}

/// Buying credits that are counted in dollars.
pub struct Buy<'a> {
    /// What buying takes.
    pub buying: &'a Buying<'a>,
    /// The account.
    pub account: &'a dyn DollarAccount,
    /// What was typed in the place of the amount.
    pub wanted: Wanted,
    /// What it is called, and the most that it may cost.
    pub terms: &'a Terms,
    /// How long to wait for the outcome.
    pub waiting: OutcomeWait,
}

impl Buy<'_> {
    /// Buys.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with.
    pub fn run(&self) -> Result<AnySummary> {
        let buying = self.buying;
        self.terms.check()?;
        let page = || buying.page_of(&Item::Credits);
        buying.questions.check_can_be_asked(UNDONE, "buy", page)?;
        let token = buying.token()?;
        if !buying.questions.are_asked() {
            let amount = self.amount(&token)?;
            let total = self.total(&token, amount)?;
            return self.order(self.terms, amount, total).complete(&token);
        }
        self.at_prompt(token)
    }

    /// What is found again is shown, what cannot be bought is refused, and the rest is asked.
    fn at_prompt(&self, token: Token) -> Result<AnySummary> {
        let buying = self.buying;
        let (amount, read) = self.amount_and_account(&token)?;
        let total = self.total(&token, amount)?;
        let mut terms = self.terms.clone();
        loop {
            let order = self.order(&terms, amount, total);
            let known = match order.preview(&token, self.waiting)? {
                Foreseen::New(_) => break,
                Foreseen::Known(known) => known,
            };
            match again::settle(buying, &terms, self.waiting, &known)? {
                PromptChoice::Answered(summary) => return Ok(summary),
                PromptChoice::Finish => return order.complete(&token),
                PromptChoice::GoOn(same) if same.called == terms.called => break,
                PromptChoice::GoOn(another) => terms = another,
            }
        }
        let token = foreseen::token_that_may_spend(buying, token)?;
        let state = read.map_or_else(|| self.state(&token), Ok)?;
        foreseen::check(&state, amount, total.unwrap_or(amount))?;
        confirm(buying, &state, amount, total)?;
        self.order(&terms, amount, total).complete(&token)
    }

    /// What would be done.
    ///
    /// # Errors
    /// Every failure that would keep it from being begun.
    pub fn rehearse(&self) -> Result<DryRun> {
        let buying = self.buying;
        self.terms.check()?;
        let token = buying.token()?;
        let (amount, mut state) = self.amount_and_account(&token)?;
        let total = self.total(&token, amount)?;
        let order = self.order(self.terms, amount, total);
        let foreseen = order.preview(&token, self.waiting.without_any())?;
        if let Some(purchase) = foreseen.ended() {
            order.check_may_report(purchase).map_err(unreported_so_far)?;
        } else if foreseen.is_paid_anew() {
            foreseen::check_may_spend(buying, &token)?;
            let shown = state.take().map_or_else(|| self.state(&token), Ok)?;
            foreseen::rehearse(buying, &shown, amount, total.unwrap_or(amount))?;
            state = Some(shown);
        }
        let key = foreseen.key().map(ToString::to_string);
        Ok(DryRun {
            amount_usd: Money::from(amount).with_cents(),
            balance_usd: state.as_ref().and_then(|state| state.balance_usd),
            auto_reload: state.as_ref().and_then(|state| state.auto_reload.clone()),
            card: state.and_then(|state| state.card).map(|card| card.label),
            rehearsed: DryRunFacts::new(buying, &token, key, Would::from_foreseen(&foreseen)),
        })
    }

    /// The amount, which a preset says only once the account was read.
    fn amount(&self, token: &Token) -> Result<Amount> {
        self.amount_and_account(token).map(|(amount, _)| amount)
    }

    /// The account that the token acts for.
    fn state(&self, token: &Token) -> Result<DollarState> {
        let state = self.account.read()?;
        state.check_is_of(self.buying.buyer(token).organisation.as_deref())?;
        Ok(state)
    }

    /// What the seller adds to it, where that is known before.
    fn total(&self, token: &Token, amount: Amount) -> Result<Option<Amount>> {
        let quoted = self.buying.charges.quote(token, amount)?;
        let total = quoted.and_then(|total| Amount::from_decimal(total.0));
        if let Some(total) = total {
            guards::check_max(total, self.terms.max)?;
        }
        Ok(total)
    }

    /// The amount, and the account where it had to be read for that.
    fn amount_and_account(&self, token: &Token) -> Result<(Amount, Option<DollarState>)> {
        let (amount, state) = match self.wanted {
            Wanted::Amount(amount) => (amount, None),
            Wanted::Preset(number) => {
                let state = self.state(token)?;
                (preset(&state, number)?, Some(state))
            }
        };
        guards::check_max(amount, self.terms.max)?;
        Ok((amount, state))
    }

    fn order<'o>(&'o self, terms: &'o Terms, amount: Amount, total: Option<Amount>) -> Order<'o> {
        Order {
            buying: self.buying,
            terms,
            item: &Item::Credits,
            amount,
            total,
            body: self.buying.charges.request_body(amount),
            waiting: self.waiting,
        }
    }
}

/// A look reports nothing: the run does.
fn unreported_so_far(mut failure: Failure) -> Failure {
    failure.parts_mut().hints.clear();
    failure.hint("Without --dry-run, this command first reports that outcome and buys nothing. The run after it buys another one.")
}

/// Checks what is about to be spent against `--max` and the limits of the profile; writes nothing.
///
/// # Errors
/// Class `spend_guard`.
pub fn check_guards(buying: &Buying<'_>, total: Amount, terms: &Terms) -> Result<()> {
    guards::check_max(total, terms.max)?;
    let (day, month) = guards::periods(buying.now().wall)?;
    let spent = match Journal::open_if_there(buying.journal)? {
        Some(mut journal) => {
            journal.exclusively(|alone| alone.spent(&buying.place.origin, day, month))?
        }
        None => guards::Spent::default(),
    };
    guards::check(total, &buying.limits, spent)
}

/// Shows the account, and asks. A person sees the card and the total first.
///
/// # Errors
/// Class `confirmation_required`, or that of a signal.
pub fn confirm(
    buying: &Buying<'_>,
    state: &DollarState,
    amount: Amount,
    total: Option<Amount>,
) -> Result<()> {
    let note = |line: String| buying.report.note(&line.into());
    if let Some(balance) = state.balance_usd {
        note(format!("Balance: ${}.", balance.shown()));
    }
    if let Some(limit) = &state.monthly_limit {
        note(format!(
            "Monthly limit: ${} of ${} left.",
            limit.remaining_usd.shown(),
            limit.limit_usd.shown()
        ));
    }
    let reload = state.auto_reload.as_ref();
    if let Some(warning) = reload.and_then(AutoReload::warning) {
        buying.report.warn(&warning.into());
    }
    if let Some(reload) = reload.and_then(AutoReload::note) {
        note(reload);
    }
    let with = match &state.card {
        Some(card) => format!(" with {}", buying.questions.card(&card.label)),
        None => {
            if state.can_charge {
                note(format!("Set up a saved card on the portal first: {}", state.portal_url));
            }
            String::new()
        }
    };
    let what = match total.filter(|total| *total != amount) {
        Some(total) => format!("${total} for ${amount} of credits"),
        None => format!("${amount}"),
    };
    buying.questions.confirm(&format!("Pay {what}{with}?"), UNDONE, &state.portal_url)
}

fn preset(state: &DollarState, number: usize) -> Result<Amount> {
    let presets: Vec<String> =
        state.presets_usd.iter().map(|preset| format!("${}", preset.shown())).collect();
    let refused = |why: String| {
        let error = Failure::usage(why);
        if presets.is_empty() {
            error
        } else {
            error.hint(format!("Available: {}.", presets.join(", ")))
        }
    };
    let chosen = state
        .presets_usd
        .get(number - 1)
        .ok_or_else(|| refused(format!("the portal has no preset {number}")))?;
    Amount::from_decimal(chosen.0)
        .ok_or_else(|| refused(format!("preset {number} is not an amount")))
}
