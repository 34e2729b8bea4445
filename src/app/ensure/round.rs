//! One round of `ensure`: read the account and the journal, go on with what is open, and buy what
//! is missing then.

use super::answer::{Ensured, FinishedEarlier, too_little};
use super::wanted::Ensure;
use crate::app::buy;
use crate::app::buying::Buying;
use crate::app::buying::finish::{Finishing, go_on};
use crate::app::buying::foreseen;
use crate::app::buying::order::Order;
use crate::app::buying::terms::Terms;
use crate::app::questions::unconfirmed;
use crate::app::summary::AnySummary;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{BANK_CHECK_OPEN, Charged, Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::time;
use crate::credentials::Token;
use crate::provider::AutoReload;
use crate::provider::plans::Item;
use crate::provider::{AccountState as _, DollarAccount, DollarState, dollars};
use crate::purchase::guards;
use crate::purchase::journal::Journal;
use crate::purchase::key;
use crate::purchase::lock::EntityLock;
use crate::purchase::record::{Outcome, Purchase, Reporter};
use crate::purchase::request::PurchaseName;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use std::time::Duration;

/// How often the account is read while purchases of other commands end.
const MOST_READS: usize = 5;

/// No purchase is under way for longer that credits are still expected of.
const LONGEST_PURCHASE: SignedDuration = SignedDuration::from_hours(24);

/// What the account and the journal show at one time.
pub(super) struct AccountNow {
    pub state: DollarState,
    pub balance: Decimal,
    /// Purchases that are not final, and may be credited yet.
    pub open: Vec<Purchase>,
    /// Purchases that are paid, so lately that the balance may not show it.
    arriving: Vec<Purchase>,
}

/// What has to be bought.
pub(super) struct Missing {
    pub amount: Amount,
    /// What it costs with everything that the seller adds, where that is known before.
    pub total: Option<Amount>,
    pub terms: Terms,
}

/// One round of looking and buying for one account.
pub(super) struct EnsureRound<'a> {
    pub ensure: &'a Ensure,
    pub buying: &'a Buying<'a>,
    pub account: &'a dyn DollarAccount,
    pub token: Token,
    pub link: String,
}

impl EnsureRound<'_> {
    /// Reads, goes on with what is open, and buys what is missing then.
    pub fn go(&self, finished: &mut FinishedEarlier) -> Result<Ensured> {
        let (buying, ensure) = (self.buying, self.ensure);
        let organisation = buying.buyer(&self.token).organisation;
        // From the reading until the purchase is final: another run on this machine waits, and then
        // reads the result of this one.
        let _alone = self.alone(organisation.as_deref())?;
        let mut journal = Journal::open(buying.journal)?;
        let mut found = self.read(Some(&journal), organisation.as_deref())?;
        if !ensure.is_enough(found.balance) && !found.open.is_empty() {
            self.check_may_go_on(&found)?;
            self.finish(&mut journal, &found.open, finished)?;
            found = self.read(Some(&journal), organisation.as_deref())?;
        }
        let answer = |bought, purchase| Ensured {
            bought,
            balance_usd: Money(found.balance),
            auto_reload: found.state.auto_reload.clone(),
            required_usd: ensure.at_least.into(),
            purchase,
            finished: Vec::new(),
        };
        if ensure.is_enough(found.balance) {
            return Ok(answer(false, None));
        }
        let (there, missing) = self.missing(&found)?;
        let order = self.order(&missing);
        self.ask(&found, &order)?;
        let purchase = order.complete_charge(&self.token)?;
        // What was found again, or was on its way already, is no more than was counted before.
        let counted =
            found.open.iter().any(|open| Some(open.intent.id.to_string()) == purchase.purchase_id);
        let new = !purchase.replayed && !counted;
        let paid = if new { missing.amount.decimal() } else { Decimal::ZERO };
        if there.checked_add(paid).is_some_and(|there| ensure.is_enough(there)) {
            return Ok(answer(true, Some(purchase)));
        }
        let short = too_little(
            Money(found.balance),
            ensure.at_least.into(),
            ensure.once.is_some(),
            &purchase,
            self.link.clone(),
        );
        let reload = found.state.auto_reload.as_ref();
        let notes = [reload.and_then(AutoReload::note), reload.and_then(AutoReload::warning)];
        Err(notes.into_iter().flatten().fold(short, |short, note| short.hint(NextStep::text(note))))
    }

    /// What is there with what is on its way to it, and what has to be bought then.
    pub(super) fn missing(&self, found: &AccountNow) -> Result<(Decimal, Missing)> {
        let (buying, ensure) = (self.buying, self.ensure);
        let there = self.with_what_is_on_its_way(found)?;
        let amount = ensure.amount(there)?;
        guards::check_max(amount, ensure.max)?;
        let called = self.name(&found.state, amount)?;
        let total = buying.charges.quote(&self.token, amount)?;
        let total = total.and_then(|total| Amount::from_decimal(total.0));
        guards::check_max(total.unwrap_or(amount), ensure.max)?;
        Ok((there, Missing { amount, total, terms: Terms { called, ..ensure.terms(None) } }))
    }

    pub(super) fn order<'o>(&'o self, missing: &'o Missing) -> Order<'o> {
        Order {
            buying: self.buying,
            terms: &missing.terms,
            item: &Item::Credits,
            amount: missing.amount,
            total: missing.total,
            body: self.buying.charges.request_body(missing.amount),
            waiting: self.ensure.waiting,
        }
    }

    /// What is there, and what may be on its way to it. A purchase of another command that ends
    /// meanwhile is in neither of the two: it is read again then.
    pub(super) fn read(
        &self,
        journal: Option<&Journal>,
        organisation: Option<&str>,
    ) -> Result<AccountNow> {
        let origin = &self.buying.place.origin;
        let mut open = open_purchases(origin, journal, organisation)?;
        for _ in 0..MOST_READS {
            let state = self.account.read_standing()?;
            state.check_is_of(organisation)?;
            // Credits that are used up are what this buys; nothing else that stops it is.
            let stopped = state.stopped();
            if let Some(stopped) =
                stopped.filter(|stopped| stopped.class() != Class::InsufficientBalance)
            {
                return Err(stopped);
            }
            let balance = self.account.balance_of(&state)?;
            let now = open_purchases(origin, journal, organisation)?;
            let stays = |earlier: &Purchase| now.iter().any(|p| p.intent.id == earlier.intent.id);
            if open.iter().all(stays) {
                let arriving = self.arriving(journal, organisation)?;
                return Ok(AccountNow { state, balance: balance.0, open: now, arriving });
            }
            open = now;
        }
        Err(Failure::new(
            Class::InProgress,
            "other commands are buying for this account; nothing was bought here",
        )
        .hint("Run it again in a moment."))
    }

    /// What was paid so lately that its credits may not be in the balance that was read.
    fn arriving(
        &self,
        journal: Option<&Journal>,
        organisation: Option<&str>,
    ) -> Result<Vec<Purchase>> {
        let lag = self.buying.charges.seller().credits_lag();
        let now = self.buying.now().wall;
        let Ok(earliest) = now.checked_sub(LONGEST_PURCHASE) else { return Ok(Vec::new()) };
        let mut arriving = Vec::new();
        let Some(journal) = journal.filter(|_| !lag.is_zero()) else { return Ok(arriving) };
        for id in journal.since(earliest)? {
            let purchase = journal.load(id)?;
            let intent = &purchase.intent;
            let is_ours = intent.origin == self.buying.place.origin
                && intent.organisation.as_deref() == organisation
                && intent.item == Item::Credits;
            let is_paid = purchase.outcome.as_ref().is_some_and(Outcome::is_charged);
            let ended = purchase.ended.as_ref().map(|ended| now.duration_since(ended.wall));
            let age = ended.map(|age| Duration::try_from(age).unwrap_or_default());
            if is_ours && is_paid && age.is_some_and(|age| age <= lag) {
                arriving.push(purchase);
            }
        }
        Ok(arriving)
    }

    /// The right to read and buy for this account, alone on this machine.
    fn alone(&self, organisation: Option<&str>) -> Result<EntityLock> {
        let buying = self.buying;
        let account = key::account_id(&buying.place.origin, organisation.unwrap_or_default());
        let wait = self.ensure.waiting.limit(&buying.charges.seller()).unwrap_or_default();
        EntityLock::take(buying.journal, account, wait, buying.clock.as_ref()).map_err(|error| {
            if error.class() != Class::InProgress {
                return error;
            }
            let mut busy = Failure::new(
                Class::InProgress,
                "another 'topup ensure' is working on this account; nothing was bought here",
            )
            .hint("Run it again in a moment, or give it longer with --wait.");
            busy.parts_mut().code = Some("running".to_owned());
            busy
        })
    }

    /// Whether what earlier runs left open may be sent again, which can charge it: what the caller
    /// has not allowed it to spend is not spent on them either.
    fn check_may_go_on(&self, found: &AccountNow) -> Result<()> {
        for purchase in found.open.iter().filter(|purchase| may_be_sent(purchase)) {
            let questions = &self.buying.questions;
            if !questions.assume_yes && !questions.ask.can_ask() {
                return Err(self.unconfirmed(found));
            }
            guards::check_max(purchase.intent.amount, self.ensure.max).map_err(|error| {
                error
                    .charged(purchase.charged())
                    .sent_nothing()
                    .with_data("purchase_id", purchase.intent.id.to_string())
                    .hint_with(
                        "An earlier run left that purchase open: 'topup resume {}' finds out what became of it.",
                        &[&purchase.intent.id],
                    )
            })?;
        }
        Ok(())
    }

    /// Goes on with what earlier runs left open: what settles is there, and what was refused is
    /// not on its way any more. What stays open is counted.
    fn finish(
        &self,
        journal: &mut Journal,
        open: &[Purchase],
        finished: &mut FinishedEarlier,
    ) -> Result<()> {
        let buying = self.buying;
        let how = Finishing {
            waiting: self.ensure.waiting,
            is_resume: true,
            notes_age: true,
            reported_by: Some(Reporter::Buy),
        };
        for purchase in open {
            let intent = &purchase.intent;
            if may_be_sent(purchase) && buying.questions.are_asked() {
                let question = format!(
                    "Continue the purchase of {} begun at {}?",
                    intent.what(),
                    time::shown(purchase.asked.wall)
                );
                if !buying.questions.ask.confirm(&question)? {
                    continue;
                }
            }
            let done = go_on(buying, journal, intent.id, how);
            let may_have = done.as_ref().is_ok_and(|done| done.may_have_charged_now);
            match done.and_then(|done| done.answer) {
                Ok(AnySummary::Charge(summary)) => {
                    finished.paid.push(*summary);
                    finished.may_have_charged_now |= may_have;
                }
                Ok(AnySummary::Payment(_)) => {}
                Err(error) if error.class().is_signal() => return Err(error),
                Err(error) => buying.report.note(
                    &format!("The earlier purchase {} is not settled: {error}.", intent.id).into(),
                ),
            }
        }
        Ok(())
    }

    /// What is there once everything on its way has arrived.
    fn with_what_is_on_its_way(&self, found: &AccountNow) -> Result<Decimal> {
        let coming = || found.open.iter().chain(&found.arriving);
        let there = coming().try_fold(found.balance, |sum, purchase| {
            sum.checked_add(purchase.intent.amount.decimal())
                .ok_or_else(|| Failure::internal("the sum of all purchases is too large"))
        })?;
        if !self.ensure.is_enough(there) {
            return Ok(there);
        }
        let accepted = found.open.iter().all(|purchase| !purchase.charges.is_empty());
        let bank_check = found.open.iter().find_map(|purchase| purchase.bank_check.as_ref());
        let (class, how) = match (bank_check, accepted) {
            _ if found.open.is_empty() => {
                (Class::Pending, "is paid and may not be in that balance yet")
            }
            (Some(_), _) => (
                Class::InProgress,
                "waits for the card holder's confirmation at the bank; 'resume --mark not-charged' closes it as not charged",
            ),
            (None, true) => (Class::Pending, "is accepted and not settled yet"),
            (None, false) => (Class::OutcomeUnknown, "may have been bought already"),
        };
        let ids: Vec<serde_json::Value> =
            coming().map(|purchase| purchase.intent.id.to_string().into()).collect();
        let on_the_way = there.checked_sub(found.balance).unwrap_or_default();
        let mut error = Failure::new(
            class,
            format!(
                "nothing was bought: the balance is {}, and {} {how}",
                dollars(Money(found.balance)),
                dollars(Money(on_the_way))
            ),
        )
        .charged(if found.open.is_empty() { Charged::Yes } else { Charged::Unknown })
        .hint(if found.open.is_empty() {
            "Run it again in a minute."
        } else {
            "'topup resume' finds out what became of them."
        })
        .link(self.link.clone());
        if found.open.is_empty() {
            error = error.charged_now(Charged::No);
        }
        let parts = error.parts_mut();
        parts.details.insert("purchase_ids".into(), ids.into());
        if let Some(failure) = bank_check {
            parts.code = Some(BANK_CHECK_OPEN.to_owned());
            parts.portal_url = failure.portal_url.clone().or_else(|| parts.portal_url.take());
        }
        Err(error)
    }

    /// What the purchase is called: by the caller, or after what the decision rests on. Where the
    /// seller knows no keys, this journal is all that holds it.
    fn name(&self, state: &DollarState, amount: Amount) -> Result<PurchaseName> {
        let once = |name| PurchaseName::Once {
            name,
            retry_declined: self.ensure.retry_declined,
            new: false,
        };
        if let Some(name) = &self.ensure.once {
            return Ok(once(name.clone()));
        }
        let buying = self.buying;
        // The lock of the account is held on all machines, and what it bought all of them know.
        if buying.surroundings.fleet.is_some() {
            return Ok(PurchaseName::Nothing { new: true });
        }
        let refuse = |why: &str| Err(Failure::usage(format!("nothing was bought: {why}")));
        let name_it = "Name the purchase, for example --once \"refill-$(date -u +%F)\": then it is bought once, wherever it runs.";
        if buying.charges.seller().one_at_a_time() {
            if buying.surroundings.come_and_go() {
                let why = "jobs on other machines may be buying at the same time";
                let hint = "Buy from one machine that keeps its journal.";
                return refuse(why).map_err(|error| error.hint(hint));
            }
            return Ok(PurchaseName::Nothing { new: true });
        }
        let Some(limit) = &state.monthly_limit else {
            // A name does not help who may not buy.
            foreseen::check_account(state)?;
            return refuse(
                "the portal does not show this login what was bought this month, so two machines could buy at once",
            )
            .map_err(|error| error.hint(name_it));
        };
        Ok(once(name_of_figures(buying.clock.now(), limit.spent_usd, amount)))
    }

    /// A person is asked, unless what was bought before under the same name is the answer; a script
    /// needs the flag.
    fn ask(&self, found: &AccountNow, order: &Order<'_>) -> Result<()> {
        let (buying, questions) = (self.buying, &self.buying.questions);
        if questions.assume_yes {
            return Ok(());
        }
        if !questions.ask.can_ask() {
            return Err(self.unconfirmed(found));
        }
        let foreseen = order.preview(&self.token, self.ensure.waiting)?;
        if foreseen.ended().is_some() {
            return Ok(());
        }
        // What a person sees is as it is now: other purchases may have ended since the reading.
        let state = self.account.read()?;
        state.check_is_of(buying.buyer(&self.token).organisation.as_deref())?;
        if foreseen.is_paid_anew() {
            foreseen::check(&state, order.amount, order.total.unwrap_or(order.amount))?;
        }
        buy::confirm(buying, &state, order.amount, order.total)
    }

    fn unconfirmed(&self, found: &AccountNow) -> Failure {
        let undone = format!(
            "the balance is {}, less than the {} asked for; nothing was bought",
            dollars(Money(found.balance)),
            dollars(self.ensure.at_least.into())
        );
        unconfirmed(&undone, "buy", self.link.clone())
    }
}

/// The name that follows from the figures of a decision to buy: runs that saw the same figures get
/// the same purchase. The half day keeps the key younger than the system remembers it.
fn name_of_figures(now: Timestamp, spent: Money, amount: Amount) -> String {
    let now = now.to_zoned(TimeZone::UTC);
    let half = if now.hour() < 12 { "am" } else { "pm" };
    format!("ensure {} {half}, {spent} bought this month, {amount} more", now.date())
}

/// The purchases of this account that are not final and may be credited yet.
fn open_purchases(
    origin: &str,
    journal: Option<&Journal>,
    organisation: Option<&str>,
) -> Result<Vec<Purchase>> {
    let Some(journal) = journal else { return Ok(Vec::new()) };
    let mut open = open_credits(journal, origin)?;
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
/// polled.
fn may_be_sent(purchase: &Purchase) -> bool {
    purchase.charges.is_empty()
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
        assert_eq!(key::check_name(&one).as_deref(), Ok(one.as_str()));
    }
}
