//! Buys a pack of uses where a person pays for it in a browser: a payment is opened or found again,
//! its page is shown, and it is polled until it is final.

use crate::app::buy::UNDONE;
use crate::app::buying::again::{self, PromptChoice};
use crate::app::buying::earlier::KnownPurchase;
use crate::app::buying::order::{Order, OrderResult};
use crate::app::buying::rehearsal::Would;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::buying::{Buying, Driven};
use crate::app::summary::AnySummary;
use crate::app::summary::conclude::conclude_payment;
use crate::app::summary::payment::PaymentSummary;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::provider::packs::{PackOffer, Packs, Price, UsesState};
use crate::provider::plans::Item;
use crate::purchase::guards;
use crate::purchase::journal::Journal;
use crate::purchase::record::{Purchase, Reporter};
use crate::purchase::steps::{RunMode, RunOptions};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What `buy --dry-run` answers where a person pays.
#[derive(Serialize, JsonSchema)]
pub struct PackDryRun {
    /// Always true: nothing was sent.
    pub dry_run: bool,
    /// What a pack costs; null where the system states it only once a payment is opened.
    pub amount: Option<Price>,
    /// How many uses are in it.
    pub uses: Option<u64>,
    /// Where it would be bought.
    pub portal: String,
    /// What would be done.
    pub would: Would,
}

/// The payments of earlier runs that this may mean.
///
/// # Errors
/// Class `config`.
pub fn earlier(known: &KnownPurchase<'_>, terms: &Terms) -> Result<Vec<Purchase>> {
    known.earlier(terms, |purchase| purchase.intent.item == Item::Pack)
}

/// Buying one pack.
pub struct BuyPack<'a> {
    /// What buying takes.
    pub buying: &'a Buying<'a>,
    /// Who sells packs.
    pub packs: &'a dyn Packs,
    /// The price that is expected, where one was typed.
    pub amount: Option<Amount>,
    /// Where the browser is sent afterwards.
    pub return_url: Option<&'a str>,
    /// Whether the secret is asked for with which another program can confirm the payment.
    pub shows_secret: bool,
    /// What it is called, and the most that it may cost.
    pub terms: &'a Terms,
    /// How long to wait for the person.
    pub waiting: OutcomeWait,
}

/// What came of it: where the secret was asked for, it is in the summary whether the payment is
/// final or not.
pub struct PackBought {
    /// What is known of the payment.
    pub summary: PaymentSummary,
    /// What is not all right with it.
    pub failure: Option<Failure>,
}

impl From<PaymentSummary> for PackBought {
    fn from(summary: PaymentSummary) -> Self {
        Self { summary, failure: None }
    }
}

impl BuyPack<'_> {
    /// Buys.
    ///
    /// # Errors
    /// Every class that a payment can stand at.
    pub fn run(&self) -> Result<PackBought> {
        let buying = self.buying;
        self.terms.check()?;
        let page = || buying.page_of(&Item::Pack);
        buying.questions.check_can_be_asked(UNDONE, "buy", page)?;
        let token = buying.token()?;
        let earlier = self.earlier_of(&token)?;
        let mut terms = self.terms.clone();
        let mut is_replay = false;
        if let Some(purchase) = earlier.as_ref().filter(|_| buying.questions.are_asked()) {
            match again::settle(buying, self.terms, self.waiting, purchase)? {
                PromptChoice::GoOn(these) => terms = these,
                PromptChoice::Finish => is_replay = true,
                PromptChoice::Answered(AnySummary::Payment(summary)) => {
                    return Ok((*summary).into());
                }
                PromptChoice::Answered(AnySummary::Charge(_)) => {
                    return Err(Failure::internal("a payment became a charge"));
                }
            }
        }
        let is_known = !terms.is_new() && earlier.as_ref().is_some_and(is_there);
        let mut total = None;
        if !is_known && !is_replay {
            let state = self.offer()?;
            let offer = state.as_ref().and_then(|state| state.purchase_options.as_ref());
            if let Some(offer) = offer {
                self.check_price(&offer.price(), None)?;
                total = offer.price().dollars();
            }
            if buying.questions.are_asked() {
                self.confirm(state.as_ref())?;
            }
        }
        self.complete(&terms, total, &token)
    }

    /// What would be done.
    ///
    /// # Errors
    /// Every failure that would keep it from being opened.
    pub fn rehearse(&self) -> Result<PackDryRun> {
        let state = self.packs.account()?;
        state.check_sells()?;
        let token = self.buying.token()?;
        let earlier = self.earlier_of(&token)?;
        let opened = earlier.as_ref().and_then(|purchase| purchase.payment.as_ref());
        let offer = state.purchase_options.as_ref();
        let amount = opened.map(|opened| opened.price.clone()).or(offer.map(PackOffer::price));
        if let Some(price) = &amount {
            let is_open = earlier.as_ref().filter(|purchase| purchase.outcome.is_none());
            self.check_price(price, is_open)?;
        }
        Ok(PackDryRun {
            dry_run: true,
            uses: opened.and_then(|opened| opened.uses).or(offer.and_then(|offer| offer.uses)),
            amount,
            portal: self.buying.portal.shown(),
            would: Would::from_earlier(earlier.as_ref()),
        })
    }

    fn earlier_of(&self, token: &Token) -> Result<Option<Purchase>> {
        let buyer = self.buying.buyer(token);
        let mut earlier = earlier(&self.buying.known(), self.terms)?.into_iter();
        Ok(earlier.find(|purchase| {
            purchase.intent.is_of(buyer.organisation.as_deref(), buyer.subject.as_deref())
        }))
    }

    /// The account, where somebody wants to know the price beforehand.
    fn offer(&self) -> Result<Option<UsesState>> {
        let is_limited = self.terms.max.is_some() || self.buying.limits.are_set();
        if !self.buying.questions.are_asked() && self.amount.is_none() && !is_limited {
            return Ok(None);
        }
        let state = self.packs.account()?;
        state.check_sells()?;
        Ok(Some(state))
    }

    /// Holds a price against what was typed and against the limits; `opened` is the payment that
    /// has it, which the journal counts already.
    fn check_price(&self, price: &Price, opened: Option<&Purchase>) -> Result<()> {
        if let Some(amount) = self.amount
            && price.dollars() != Some(amount)
        {
            return Err(Failure::new(
                Class::AmountOutOfBounds,
                format!("a pack costs {price}, not ${amount}"),
            )
            .detail("price_minor", price.minor)
            .detail("currency", price.currency.clone())
            .hint("Leave the amount out, or give the price."));
        }
        let limits = &self.buying.limits;
        let is_limited = self.terms.max.is_some() || limits.are_set();
        let Some(dollars) = price.dollars() else {
            if is_limited && price.minor > 0 {
                return Err(Failure::new(
                    Class::SpendGuard,
                    format!("topup cannot compare a price of {price} with a limit in dollars"),
                ));
            }
            return Ok(());
        };
        guards::check_max(dollars, self.terms.max)?;
        if !limits.are_set() {
            return Ok(());
        }
        let (day, month) = guards::periods(self.buying.now().wall)?;
        let mut spent = guards::Spent::default();
        if let Some(mut journal) = Journal::open_if_there(self.buying.journal)? {
            let origin = &self.buying.place.origin;
            spent = journal.exclusively(|alone| alone.spent(origin, day, month))?;
        }
        if let Some(opened) = opened {
            // It is counted already, from when it was asked for.
            let own = Money::from(opened.intent.amount).0;
            let without = |sum: Decimal, since| {
                if opened.asked.wall >= since { (sum - own).max(Decimal::ZERO) } else { sum }
            };
            spent.today = without(spent.today, day);
            spent.this_month = without(spent.this_month, month);
        }
        guards::check(dollars, limits, spent)
    }

    fn confirm(&self, state: Option<&UsesState>) -> Result<()> {
        let buying = self.buying;
        if let Some(left) = state.and_then(UsesState::left) {
            buying.report.note(&format!("There are {left} uses left.").into());
        }
        let offer = state.and_then(|state| state.purchase_options.as_ref());
        let question = match offer.map(|offer| (offer.price(), offer.uses)) {
            Some((price, Some(uses))) => format!("Open a payment of {price} for {uses} uses?"),
            Some((price, None)) => format!("Open a payment of {price}?"),
            None => "Open a payment for a pack? The price is shown before you pay.".to_owned(),
        };
        buying.questions.confirm(&question, UNDONE, &buying.page_of(&Item::Pack)?)
    }

    /// Opens the payment or finds it again, checks its price against the limits, and polls it.
    fn complete(&self, terms: &Terms, total: Option<Amount>, token: &Token) -> Result<PackBought> {
        let buying = self.buying;
        let order = Order {
            buying,
            terms,
            item: &Item::Pack,
            amount: Amount::due(Decimal::ZERO)
                .ok_or_else(|| Failure::internal("nothing is no amount"))?,
            total,
            body: self.packs.opening_body(self.return_url),
            waiting: self.waiting.without_any(),
        };
        let mut bought = order.carry_out(token)?;
        if bought.purchase.outcome.is_none()
            && let Some(payment) = &bought.purchase.payment
        {
            let price = payment.price.clone();
            if let Err(error) = self.check_price(&price, Some(&bought.purchase)) {
                return Err(self.kept(error, &price, &bought));
            }
            bought = self.watch(bought);
        }
        self.conclude(bought)
    }

    /// Polls it until it is final or the wait is over.
    fn watch(&self, mut bought: OrderResult) -> OrderResult {
        let buying = self.buying;
        let seller = buying.charges.seller();
        let waiting = match self.waiting.limit(&seller) {
            _ if bought.report.class.is_signal() => return bought,
            Some(_) => self.waiting,
            // It may have been paid since an earlier run opened it: one poll.
            None if bought.run.loaded => OutcomeWait::at_most(Duration::ZERO, self.waiting.poll),
            None => return bought,
        };
        let options = buying.options(RunMode::Buy, false, waiting);
        let options = RunOptions { loaded: bought.run.loaded, ..options };
        let Driven { purchase, mut report, .. } =
            buying.drive(&mut bought.held.journal, bought.purchase, options);
        report.may_have_charged_now |= bought.report.may_have_charged_now;
        OrderResult { purchase, report, ..bought }
    }

    /// It costs another sum than it may: it stays open, for a person to pay or to leave.
    fn kept(&self, error: Failure, price: &Price, bought: &OrderResult) -> Failure {
        let charged = bought.report.charged;
        let error = error.charged(charged).charged_now(Charged::No).hint_with(
            "The payment of {} stays open: 'topup buy' continues it, and a person has to pay it.",
            &[price],
        );
        match self.summary(bought) {
            Ok(summary) => summary.into_data(error),
            Err(_) => error,
        }
    }

    fn summary(&self, bought: &OrderResult) -> Result<PaymentSummary> {
        let page = self.buying.page_of(&Item::Pack)?;
        let reading = bought.report.reading.as_ref();
        let summary = PaymentSummary::from_purchase(&bought.purchase, reading, &page, bought.run);
        Ok(summary.with_page(|page| self.buying.portal.here(page)))
    }

    fn conclude(&self, bought: OrderResult) -> Result<PackBought> {
        if self.shows_secret && bought.client_secret.is_none() {
            self.buying.report.note(
                &"The client secret is printed only when a payment is opened; --new opens another one."
                    .into(),
            );
        }
        let summary = self.summary(&bought)?;
        let OrderResult { purchase, report, client_secret, held, .. } = bought;
        self.buying.deliver(&purchase, Reporter::Buy, Some(held));
        // Of a payment that could not be kept nothing is shown.
        let is_kept = self.shows_secret && purchase.payment.is_some();
        let secret = client_secret.as_ref().filter(|_| is_kept);
        let with_secret = secret.map(|secret| summary.clone().with_secret(Some(secret)));
        match (conclude_payment(&purchase, report, summary), with_secret) {
            (Ok(_), Some(summary)) => Ok(summary.into()),
            (Ok(summary), None) => Ok(summary.into()),
            (Err(failure), Some(summary)) => Ok(PackBought { summary, failure: Some(failure) }),
            (Err(failure), None) => Err(failure),
        }
    }
}

/// Whether a payment of an earlier run is found again rather than opened anew.
fn is_there(purchase: &Purchase) -> bool {
    match &purchase.outcome {
        None => purchase.payment.is_some(),
        Some(end) => !end.may_reopen(),
    }
}
