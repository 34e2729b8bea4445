//! `topup ensure`: buy only when less than that is there, from any number of jobs at once.
//!
//! On one machine a lock of the account is held from looking at the balance until the purchase is
//! final, and what is still on its way counts as there. Beyond one machine the key of the purchase
//! follows from what the decision rests on: whoever saw the same figures asks for the same
//! purchase. Where machines come and go, the caller names it with `--once`.

use super::buy;
use super::completions::values;
use super::order::{Earlier, Order, Terms, Waiting};
use super::state::dollars;
use super::{asking, ci, running};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show, document};
use crate::class::Class;
use crate::config::env;
use crate::context::Context;
use crate::error::{Charged, Error, Result};
use crate::money::{Amount, Money};
use crate::provider::plans::Item;
use crate::provider::{Charges, DollarState, Page as PortalPage};
use crate::purchase::guards;
use crate::purchase::journal::Journal;
use crate::purchase::lock::PurchaseLock;
use crate::purchase::naming;
use crate::purchase::record::Purchase;
use crate::purchase::summary::Summary;
use crate::purchase::world;
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup ensure --at-least 20 --to 50 --yes   buy what is missing to 50
  topup ensure --at-least 20 --buy 25 --yes --once nightly-42   where machines come and go";

/// What else there is to know where the answer could not be delivered.
const IF_LOST: &str = "The purchase itself is done. Run the same command again: it looks at the balance with it, and buys nothing twice.";

/// The arguments of `topup ensure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ensure {
    /// Buy when fewer dollars than this are there
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    at_least: Amount,
    /// Buy this much then
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse, conflicts_with = "to", required_unless_present_any = ["to", "link"])]
    buy: Option<Amount>,
    /// Buy up to this balance then
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    to: Option<Amount>,
    /// Name the purchase: the same name never buys twice, on any machine
    #[arg(long, value_name = "NAME", value_parser = naming::check_name, add = ArgValueCandidates::new(values::names))]
    once: Option<String>,
    /// Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "once")]
    once_since: Option<Timestamp>,
    /// Try again after the card was declined
    #[arg(long)]
    retry_declined: bool,
    /// Refuse to pay more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    max: Option<Amount>,
    #[command(flatten)]
    waiting: Waiting,
}

/// That much is there now; `data` of `ensure`.
#[derive(Serialize, JsonSchema)]
pub struct Ensured {
    /// Whether this run paid for it.
    bought: bool,
    /// What was there before, in dollars.
    balance_usd: Money,
    /// What was asked for, in dollars.
    required_usd: Money,
    /// What this run bought, if it did.
    purchase: Option<Summary>,
    /// What earlier runs had left open, and this one found paid.
    finished: Vec<Summary>,
}

impl Show for Ensured {
    fn show(&self, page: &mut Page) {
        let (there, required) = (dollars(self.balance_usd), dollars(self.required_usd));
        for earlier in &self.finished {
            earlier.show(page);
        }
        match &self.purchase {
            None => {
                let more = if self.finished.is_empty() { "" } else { " more" };
                let text = format!(
                    "The balance is {there}, not less than the {required} asked for: nothing{more} to buy."
                );
                page.line(Tone::Good, &text);
            }
            Some(purchase) => {
                page.line(
                    Tone::Plain,
                    &format!("The balance was {there}, less than the {required} asked for."),
                );
                purchase.show(page);
            }
        }
    }
}

/// What one look at the account and the journal shows.
struct Found {
    state: DollarState,
    balance: Decimal,
    /// Purchases that are not final, and may be credited yet.
    open: Vec<Purchase>,
}

impl Ensure {
    /// Looks, and buys where that is needed.
    ///
    /// # Errors
    /// Every class that a purchase can end with, `pending` or `outcome_unknown` when enough is on
    /// its way already, `insufficient_balance` when it is not enough even so.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let mut finished = Vec::new();
        let outcome = self
            .look_and_buy(context, &mut finished)
            .map_err(|error| and_finished(self.with_what_is_known(context, error), &finished));
        let outcome = outcome.map(|ensured| {
            let bought = ensured.bought;
            let answer = Answer::new(Ensured { finished, ..ensured });
            if bought { answer.if_lost(IF_LOST) } else { answer }
        });
        ci::publish(context, &outcome);
        outcome
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, context: &Context, error: Error) -> Error {
        let terms = self.terms(self.once.clone());
        let earlier = || {
            let purchases =
                terms.earlier(context, |journal, origin| open_credits(journal, origin))?;
            Ok(Earlier { is_one: false, purchases })
        };
        terms.with_what_is_known(context, error, earlier)
    }

    fn terms(&self, once: Option<String>) -> Terms {
        let (once_since, retry_declined) = (self.once_since, self.retry_declined);
        Terms { once, once_since, retry_declined, max: self.max, ..Terms::default() }
    }

    fn look_and_buy(&self, context: &Context, finished: &mut Vec<Summary>) -> Result<Ensured> {
        if let Some(to) = self.to.filter(|to| *to < self.at_least) {
            return Err(Error::usage(format!(
                "--to {to} is less than --at-least {}: it would never be enough",
                self.at_least
            )));
        }
        let provider = context.provider()?;
        let (Some(account), Some(charges)) = (provider.dollar_account(), provider.charges()) else {
            return Err(provider.unsupported("buying", PortalPage::Topup));
        };
        context.interrupt.install()?;
        let link = provider.page_link(PortalPage::Topup)?;
        let token = context.session()?.token(world::TOKEN_LASTS)?;
        let (organisation, _) = token.acts_for();
        // From the look until the purchase is final: another run on this machine waits, and looks
        // at what came of this one.
        let _alone = self.alone(context, organisation.as_deref())?;
        let mut journal = Journal::open(&context.paths()?.journal_file())?;
        let look = |journal: &Journal| -> Result<Found> {
            let state = account.read()?;
            state.check_is_of(organisation.as_deref())?;
            let balance = state
                .balance_usd
                .ok_or_else(|| Error::new(Class::Protocol, "the system did not state a balance"))?;
            let open = open_purchases(context, journal, organisation.as_deref())?;
            Ok(Found { state, balance: balance.0, open })
        };
        let mut found = look(&journal)?;
        if !self.is_enough(found.balance) && !found.open.is_empty() {
            self.check_may_go_on(context, &found, &link)?;
            self.finish(context, &mut journal, charges, &found.open, &link, finished)?;
            found = look(&journal)?;
        }
        let answer = |bought, purchase| Ensured {
            bought,
            balance_usd: Money(found.balance),
            required_usd: self.at_least.into(),
            purchase,
            finished: Vec::new(),
        };
        if self.is_enough(found.balance) {
            return Ok(answer(false, None));
        }
        let there = self.with_what_is_on_its_way(&found, &link)?;
        let amount = self.amount(there)?;
        guards::check_max(amount, self.max)?;
        let name = self.name(context, &found.state, amount)?;
        if !context.globals.yes {
            self.ask(context, account, organisation.as_deref(), &found, amount, &link)?;
        }
        let order = Order {
            context,
            charges,
            terms: &self.terms(Some(name)),
            item: &Item::Credits,
            amount,
            body: charges.request_body(amount),
            waiting: self.waiting,
        };
        let purchase = order.complete(&token, &link)?;
        // What was found again, or was on its way already, is no more than was counted before.
        let counted =
            found.open.iter().any(|open| Some(open.intent.id.to_string()) == purchase.purchase_id);
        let new = !purchase.replayed && !counted;
        let paid = if new { amount.decimal() } else { Decimal::ZERO };
        if there.checked_add(paid).is_some_and(|there| self.is_enough(there)) {
            return Ok(answer(true, Some(purchase)));
        }
        Err(self.too_little(&found, &purchase, link))
    }

    fn is_enough(&self, there: Decimal) -> bool {
        there >= self.at_least.decimal()
    }

    /// The right to look and buy for this account, alone on this machine.
    fn alone(&self, context: &Context, organisation: Option<&str>) -> Result<PurchaseLock> {
        let origin = &context.portal()?.identity;
        let account = naming::account_id(origin, organisation.unwrap_or_default());
        let locks = context.paths()?.locks_folder();
        let wait = self.waiting.limit().unwrap_or_default();
        PurchaseLock::take(&locks, account, wait, &context.interrupt).map_err(|error| {
            if error.class() != Class::InProgress {
                return error;
            }
            Error::new(
                Class::InProgress,
                "another 'topup ensure' is at this account; nothing was bought here",
            )
            .hint("Run it again in a moment, or give it longer with --wait.")
        })
    }

    /// Whether what earlier runs left open may be sent again, which can charge it: what the caller
    /// has not said that it may spend is not spent on them either.
    fn check_may_go_on(&self, context: &Context, found: &Found, link: &str) -> Result<()> {
        for purchase in found.open.iter().filter(|purchase| may_be_sent(purchase)) {
            if !context.globals.yes && !context.output.interactive {
                return Err(self.nobody_to_ask(found, link));
            }
            guards::check_max(purchase.intent.amount, self.max).map_err(|error| {
                error
                    .charged(purchase.charged())
                    .with_data("purchase_id", purchase.intent.id.to_string())
                    .hint(format!(
                        "That purchase is open from before: 'topup resume {}' finds the truth about it.",
                        purchase.intent.id
                    ))
            })?;
        }
        Ok(())
    }

    /// Goes on with what earlier runs left open: what settles is there, and what was refused is
    /// not on its way any more. Whatever stays open is counted.
    fn finish(
        &self,
        context: &Context,
        journal: &mut Journal,
        charges: &dyn Charges,
        open: &[Purchase],
        link: &str,
        finished: &mut Vec<Summary>,
    ) -> Result<()> {
        for purchase in open {
            let intent = &purchase.intent;
            if may_be_sent(purchase) && !context.globals.yes {
                let question = format!(
                    "Go on with the purchase of {} from {}?",
                    intent.what(),
                    document::time(purchase.asked.wall)
                );
                if !context.output.confirm(&context.interrupt, &question)? {
                    continue;
                }
            }
            match running::finish(context, journal, charges, intent.id, self.waiting, link) {
                Ok(summary) => finished.push(summary),
                Err(error) if error.class().is_signal() => {
                    return Err(error);
                }
                Err(error) => context.output.note(&format!(
                    "The purchase {} from before is not settled: {error}.",
                    intent.id
                )),
            }
        }
        Ok(())
    }

    /// What is there once everything on its way has arrived.
    fn with_what_is_on_its_way(&self, found: &Found, link: &str) -> Result<Decimal> {
        let there = found.open.iter().try_fold(found.balance, |sum, purchase| {
            sum.checked_add(purchase.intent.amount.decimal())
                .ok_or_else(|| Error::internal("the sum of all purchases is too large"))
        })?;
        if !self.is_enough(there) {
            return Ok(there);
        }
        let accepted = found.open.iter().all(|purchase| !purchase.charges.is_empty());
        let (class, how) = if accepted {
            (Class::Pending, "is accepted and not settled yet")
        } else {
            (Class::OutcomeUnknown, "may have been bought already")
        };
        let ids: Vec<serde_json::Value> =
            found.open.iter().map(|purchase| purchase.intent.id.to_string().into()).collect();
        let on_the_way = there.checked_sub(found.balance).unwrap_or_default();
        let mut error = Error::new(
            class,
            format!(
                "nothing was bought now: the balance is {}, and {} {how}",
                dollars(Money(found.balance)),
                dollars(Money(on_the_way))
            ),
        )
        .charged(Charged::Unknown)
        .hint("'topup resume' finds the truth about them.")
        .link(link.to_owned());
        error.parts_mut().details.insert("purchase_ids".into(), ids.into());
        Err(error)
    }

    /// How much has to be bought, in whole cents.
    fn amount(&self, there: Decimal) -> Result<Amount> {
        if let Some(amount) = self.buy {
            return Ok(amount);
        }
        let to = self.to.unwrap_or(self.at_least);
        to.decimal()
            .checked_sub(there)
            .map(|missing| missing.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero))
            .and_then(Amount::from_decimal)
            .ok_or_else(|| Error::usage(format!("no purchase leads from {there} to {to}")))
    }

    /// What the purchase is called: by the caller, or after what the decision rests on.
    fn name(&self, context: &Context, state: &DollarState, amount: Amount) -> Result<String> {
        if let Some(name) = &self.once {
            return Ok(name.clone());
        }
        let refuse = |why: &str| {
            Err(Error::usage(format!("nothing was bought: {why}"))
                .hint("Name the purchase, for example --once \"refill-$(date -u +%F)\": then it is bought once, wherever it runs."))
        };
        if ci::surroundings(context)?.ci {
            return refuse(&format!(
                "{} is set, and machines that come and go cannot see what the others are buying",
                env::CI
            ));
        }
        let Some(limit) = &state.monthly_limit else {
            return refuse(
                "the portal does not show this login what was bought this month, so two machines could buy at once",
            );
        };
        Ok(name_of_figures(context.now(), limit.spent_usd, amount))
    }

    /// A person is asked; a script has to have said it.
    fn ask(
        &self,
        context: &Context,
        account: &dyn crate::provider::DollarAccount,
        organisation: Option<&str>,
        found: &Found,
        amount: Amount,
        link: &str,
    ) -> Result<()> {
        if context.output.interactive {
            return buy::confirm(context, account, organisation, |_| Ok(amount)).map(|_| ());
        }
        Err(self.nobody_to_ask(found, link))
    }

    fn nobody_to_ask(&self, found: &Found, link: &str) -> Error {
        let undone = format!(
            "the balance is {}, less than the {} asked for; nothing was bought now",
            dollars(Money(found.balance)),
            dollars(self.at_least.into())
        );
        asking::nobody_to_ask(&undone, "buy", link.to_owned())
    }

    /// Bought, or bought before under this name, and it is not enough all the same.
    fn too_little(&self, found: &Found, purchase: &Summary, link: String) -> Error {
        let balance = dollars(Money(found.balance));
        let asked = dollars(self.at_least.into());
        let bought = purchase.amount_usd.map(dollars).unwrap_or_default();
        let (message, hint) = if purchase.replayed {
            let (under, hint) = match &self.once {
                Some(_) => ("under this name", "Give another --once name to buy again."),
                None => (
                    "for these very figures",
                    "Name the purchase with --once to buy again, or wait until the portal's figures have moved.",
                ),
            };
            (
                format!(
                    "{bought} was bought {under} before and is not bought again: the balance of {balance} is less than the {asked} asked for"
                ),
                hint,
            )
        } else {
            (
                format!(
                    "{bought} was bought, and with the {balance} from before that is less than the {asked} asked for"
                ),
                "Buy more at once with --to.",
            )
        };
        Error::new(Class::InsufficientBalance, message)
            .charged(Charged::Yes)
            .detail("balance_usd", Money(found.balance).to_string())
            .detail("required_usd", Money::from(self.at_least).to_string())
            .hint(hint)
            .link(link)
            .with_data_of(purchase)
    }
}

/// The name that follows from what a decision to buy rests on: whoever saw the same figures means
/// the same purchase. The half day keeps the key younger than the system remembers it.
fn name_of_figures(now: Timestamp, spent: Money, amount: Amount) -> String {
    let now = now.to_zoned(TimeZone::UTC);
    let half = if now.hour() < 12 { "am" } else { "pm" };
    format!("ensure {} {half}, {spent} bought this month, {amount} more", now.date())
}

/// The purchases of this account that are not final and may be credited yet.
fn open_purchases(
    context: &Context,
    journal: &Journal,
    organisation: Option<&str>,
) -> Result<Vec<Purchase>> {
    let mut open = open_credits(journal, &context.portal()?.identity)?;
    open.retain(|purchase| {
        purchase.intent.organisation.as_deref() == organisation && purchase.charged() != Charged::No
    });
    Ok(open)
}

/// The purchases of this portal that are not final. A plan is paid for, and brings no balance.
fn open_credits(journal: &Journal, origin: &str) -> Result<Vec<Purchase>> {
    let mut open = Vec::new();
    for id in journal.unfinished(origin)? {
        let purchase = journal.load(id)?;
        if purchase.intent.item == Item::Credits {
            open.push(purchase);
        }
    }
    Ok(open)
}

/// Whether going on with it can mean that its request is sent again; what was accepted is only
/// looked at.
fn may_be_sent(purchase: &Purchase) -> bool {
    purchase.charges.is_empty()
}

/// What was found paid before it failed belongs to the answer: nobody says that nothing was charged.
fn and_finished(mut error: Error, finished: &[Summary]) -> Error {
    if finished.is_empty() {
        return error;
    }
    let todo = error.class().row().todo;
    let parts = error.parts_mut();
    if parts.hints.is_empty() {
        parts.hints.push(todo.to_owned());
    }
    if parts.charged == Some(Charged::No) {
        parts.charged = Some(Charged::Yes);
    }
    let amounts: Vec<String> =
        finished.iter().filter_map(|earlier| earlier.amount_usd).map(dollars).collect();
    parts.hints.insert(0, format!("Open from before, and paid: {}.", amounts.join(", ")));
    parts.data.insert("finished".to_owned(), serde_json::to_value(finished).unwrap_or_default());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_figures_are_the_same_purchase_for_half_a_day() {
        let name = |now: &str, spent: &str, amount: &str| {
            name_of_figures(
                now.parse().expect("a time"),
                Money::parse(spent).expect("money"),
                Amount::parse(amount).expect("an amount"),
            )
        };
        let one = name("2026-11-21T03:00:00Z", "60", "25");
        assert_eq!(one, name("2026-11-21T11:59:59Z", "60", "25.00"));
        for other in [
            name("2026-11-21T12:00:00Z", "60", "25"),
            name("2026-11-22T03:00:00Z", "60", "25"),
            name("2026-11-21T03:00:00Z", "85", "25"),
            name("2026-11-21T03:00:00Z", "60", "26"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(naming::check_name(&one).as_deref(), Ok(one.as_str()));
    }
}
