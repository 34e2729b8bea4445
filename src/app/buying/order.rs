//! One purchase that was confirmed: found under its name or key, or made, and run to its end, with
//! one step-up at the prompt and along the chain of declined tries.

use super::Buying;
use super::foreseen::Foreseen;
use super::terms::{OutcomeWait, Terms};
use crate::app::summary::conclude::conclude_any;
use crate::app::summary::{AnySummary, RunFacts, Summary};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{BANK_CHECK_OPEN, Charged, Failure, Result};
use crate::core::money::Amount;
use crate::core::secret::Secret;
use crate::core::time;
use crate::credentials::Token;
use crate::provider::dollars;
use crate::provider::plans::Item;
use crate::purchase::delivery::Held;
use crate::purchase::find_or_create::{self, FoundOrCreated, Locks, Preview};
use crate::purchase::guards;
use crate::purchase::journal::{Journal, JournalDoubt};
use crate::purchase::lock::EntityLock;
use crate::purchase::record::{Outcome, Purchase, Reporter};
use crate::purchase::request::PurchaseRequest;
use crate::purchase::steps::{PurchaseReport, RunMode, RunOptions};
use crate::store::log;
use std::time::Duration;
use uuid::Uuid;

/// How many generations of one name, or keys that were given up, a run walks past at most.
const LONGEST_CHAIN: u32 = 5;

/// An outcome that no caller has seen is reported as the answer for this long, and after it as a
/// refusal to go on.
const REPLAYED_FOR: Duration = Duration::from_hours(24);

/// One purchase that was confirmed.
pub struct Order<'a> {
    /// What buying takes.
    pub buying: &'a Buying<'a>,
    /// What the caller calls it.
    pub terms: &'a Terms,
    /// What it is for.
    pub item: &'a Item,
    /// What it costs; 0.00 for a pack.
    pub amount: Amount,
    /// What it costs with everything that the seller adds, where that is known before.
    pub total: Option<Amount>,
    /// The exact body of the request.
    pub body: Vec<u8>,
    /// How long to wait for the outcome.
    pub waiting: OutcomeWait,
}

/// What came of it.
pub struct OrderResult {
    /// The purchase as it is known now.
    pub purchase: Purchase,
    /// What there is to report.
    pub report: PurchaseReport,
    /// How this run came to it.
    pub run: RunFacts,
    /// What confirms a payment that was opened now.
    pub client_secret: Option<Secret>,
    /// What is held until it is reported.
    pub held: Held,
}

/// What a look at the journal came to.
enum Look<T> {
    Free(T),
    Busy(Uuid),
    AccountBusy(Uuid),
}

impl Order<'_> {
    /// Carries it out, and answers with what came of it.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always set.
    pub fn complete(&self, token: &Token) -> Result<AnySummary> {
        let bought = self.carry_out(token)?;
        self.conclude(bought)
    }

    /// The same for credits and plans.
    ///
    /// # Errors
    /// As [`Order::complete`].
    pub fn complete_charge(&self, token: &Token) -> Result<Summary> {
        match self.complete(token)? {
            AnySummary::Charge(summary) => Ok(*summary),
            AnySummary::Payment(_) => Err(Failure::internal("a charge became a payment")),
        }
    }

    /// The answer of what came of it. Once it is out, the outcome counts as reported.
    ///
    /// # Errors
    /// As [`Order::complete`].
    pub fn conclude(&self, bought: OrderResult) -> Result<AnySummary> {
        let OrderResult { purchase, report, run, held, .. } = bought;
        self.buying.deliver(&purchase, Reporter::Buy, Some(held));
        let page = self.buying.page_of(&purchase.intent.item)?;
        let seller = self.buying.charges.seller();
        let here = |page: &str| self.buying.portal.here(page);
        conclude_any(&purchase, report, run, &seller, &page, &here)
    }

    /// Opens the purchase and runs it.
    ///
    /// # Errors
    /// What kept it from being opened, and what an outcome that is not this run's own ends with;
    /// `charged` is set.
    pub fn carry_out(&self, token: &Token) -> Result<OrderResult> {
        let buying = self.buying;
        let mut journal = Journal::open(buying.journal)?;
        self.warn_of_gap(&journal);
        for aside in journal.foreign_logs() {
            buying.report.warn(&log::warning("journal", &aside));
        }
        let mut acting = token.clone();
        let mut stepped_up = false;
        let mut chain = 0;
        loop {
            let (purchase, locks, loaded) = self.open(&mut journal, &acting)?;
            let was_final = purchase.outcome.as_ref().is_some_and(|end| !end.may_reopen());
            if loaded && !was_final {
                buying.report.note(
                    &format!(
                        "Continuing the purchase of {} begun at {}.",
                        purchase.intent.what(),
                        time::shown(purchase.asked.wall)
                    )
                    .into(),
                );
            }
            let had_bank_check = purchase.outcome.is_none() && purchase.bank_check.is_some();
            let run = RunFacts { loaded, was_final, sandbox: buying.portal.sandbox };
            let options = self.options(&purchase, loaded);
            let mut driven = buying.drive(&mut journal, *purchase, options.clone());
            let failure = driven.report.failure.as_ref();
            let wants_scope =
                failure.is_some_and(|failure| failure.class == Class::InsufficientScope);
            if wants_scope && !stepped_up && buying.questions.ask.can_ask() {
                stepped_up = true;
                if let Some(token) = self.step_up() {
                    acting = token;
                    // The same purchase and the same key: what was refused is asked for again.
                    let options = RunOptions { loaded: true, ..options };
                    driven = buying.drive(&mut journal, driven.purchase, options);
                }
            }
            if chain < LONGEST_CHAIN && self.goes_further(&driven.purchase, &driven.report, run) {
                chain += 1;
                drop(locks);
                continue;
            }
            let super::Driven { purchase, report, client_secret } = driven;
            let held = Held { locks, journal };
            let bought = OrderResult { purchase, report, run, client_secret, held };
            return self.check(bought, had_bank_check);
        }
    }

    /// Says that the journal lacks purchases, until a person has compared it.
    fn warn_of_gap(&self, journal: &Journal) {
        if let Some(JournalDoubt::Restored(gap)) = journal.doubt() {
            self.buying.report.warn(&NextStep::filled(
                "the journal was restored from an older copy and does not know what was bought {}; compare with the portal, then run 'topup journal accept'",
                &[&gap.shown()],
            ));
        }
    }

    /// What the machine is to do in this run.
    fn options(&self, purchase: &Purchase, loaded: bool) -> RunOptions {
        let options = self.buying.options(RunMode::Buy, loaded, self.waiting);
        RunOptions {
            asked_for: purchase.intent.naming.is_given(),
            price: (*self.item != Item::Pack).then_some(self.amount),
            ..options
        }
    }

    /// Permission to spend, and a token with it. When the login fails, what is known of
    /// the purchase is still reported.
    fn step_up(&self) -> Option<Token> {
        match self.buying.step_up.offer() {
            Ok(true) => self.buying.token().ok(),
            _ => None,
        }
    }

    /// Whether the command is about another purchase: the key of this one was given up, or another
    /// machine may have seen this try declined long ago and gone on. A try that was certainly the
    /// first is this run's own, and ends it.
    fn goes_further(&self, purchase: &Purchase, report: &PurchaseReport, run: RunFacts) -> bool {
        let is_declined = matches!(purchase.outcome, Some(Outcome::Failed(_)));
        let is_others = is_declined
            && self.terms.retries_declined()
            && !run.was_final
            && !purchase.intent.first_use_proven;
        report.retired || is_others
    }

    /// What is not for the machine to say: an outcome that is reported late, a bank's check that
    /// was open before, a total above the limits.
    fn check(&self, mut bought: OrderResult, had_bank_check: bool) -> Result<OrderResult> {
        let is_named = self.terms.is_named();
        let is_replay = bought.run.was_final && !is_named && !bought.purchase.delivered;
        let refused = if is_replay && self.is_old(&bought.purchase) {
            Some(Self::unreported(&bought.purchase))
        } else if had_bank_check && bought.report.class == Class::AuthenticationRequired {
            Some(self.bank_check_open(&bought.purchase))
        } else if bought.run.was_final {
            None
        } else {
            self.above_the_limits(&bought.purchase)?
        };
        if is_replay && refused.is_none() {
            self.note_replay(&bought.purchase);
        }
        let Some(mut failure) = refused else { return Ok(bought) };
        bought.report.class = failure.class();
        if let Err(known) = self.conclude(bought) {
            // What is known of it stays beside the failure.
            let known = known.parts();
            let parts = failure.parts_mut();
            parts.data.clone_from(&known.data);
            parts.portal_url = parts.portal_url.take().or_else(|| known.portal_url.clone());
        }
        Err(failure)
    }

    /// What a run would refuse with, whose answer would be the end of this earlier purchase.
    ///
    /// # Errors
    /// Class `in_progress` where that was never reported for a day.
    pub fn check_may_report(&self, purchase: &Purchase) -> Result<()> {
        let is_replay = !self.terms.is_named() && !purchase.delivered;
        if is_replay && self.is_old(purchase) {
            return Err(Self::unreported(purchase));
        }
        Ok(())
    }

    fn is_old(&self, purchase: &Purchase) -> bool {
        let now = self.buying.now().wall;
        let ended = purchase.ended.as_ref().map_or(now, |ended| ended.wall);
        Duration::try_from(now.duration_since(ended)).is_ok_and(|age| age > REPLAYED_FOR)
    }

    fn note_replay(&self, purchase: &Purchase) {
        let what = purchase.intent.what();
        let at = time::shown(purchase.ended_at());
        let ended = match &purchase.outcome {
            Some(outcome) if outcome.is_charged() => format!("{what} was bought at {at}"),
            _ => format!("the purchase of {what} ended at {at}"),
        };
        self.buying.report.note(
            &format!("Reported again: {ended}. This run charged nothing; --new buys another one.")
                .into(),
        );
    }

    /// Shown once, and only after a day: a script that asks now may mean another one.
    fn unreported(purchase: &Purchase) -> Failure {
        let what = purchase.intent.what();
        let charged = purchase.charged();
        let how = match charged {
            Charged::Yes => "it was charged then",
            Charged::No => "nothing was charged for it",
            Charged::Unknown => "whether it was charged is not known",
        };
        let message = format!(
            "nothing was sent: the purchase of {what} ended at {} and was never reported; {how}",
            time::shown(purchase.ended_at())
        );
        in_the_way("unreported_outcome", message).charged(charged).charged_now(Charged::No).hint(
            "This outcome is now reported. If you run the same command again, it buys another one.",
        )
    }

    fn bank_check_open(&self, purchase: &Purchase) -> Failure {
        let message = format!(
            "nothing was sent: the bank still wants the card holder to confirm the purchase of {} begun at {}",
            purchase.intent.what(),
            time::shown(purchase.asked.wall)
        );
        let page = purchase.bank_check.as_ref().and_then(|failure| failure.portal_url.clone());
        let another = match self.terms.for_another().map(|terms| terms.is_named()) {
            Some(false) => "--new buys another one.",
            Some(true) => "--retry-declined --new, or another name, buys another one.",
            None => "Another key buys another one.",
        };
        in_the_way(BANK_CHECK_OPEN, message)
            .charged(Charged::Unknown)
            .charged_now(Charged::No)
            .hint("Nothing is charged unless it is confirmed on {page}:")
            .hint_with(
                "'topup resume {} --mark not-charged' closes it as not charged.",
                &[&purchase.intent.id],
            )
            .hint(another)
            .link(page)
    }

    /// The total is known only now, and it is above what the caller or the profile allows: the
    /// money is gone, and the number is the truth.
    fn above_the_limits(&self, purchase: &Purchase) -> Result<Option<Failure>> {
        let Some(Outcome::Settled { bill, amount_usd, .. }) = &purchase.outcome else {
            return Ok(None);
        };
        let Some(total) = bill.total_usd.filter(|total| total > amount_usd) else {
            return Ok(None);
        };
        let spent = self.spent()?;
        let Some(above) = guards::above(total, self.terms.max, &self.buying.limits, spent) else {
            return Ok(None);
        };
        let message = format!(
            "{} was bought; {} was charged, with tax and fees, which is more than {above}",
            purchase.intent.what(),
            dollars(total)
        );
        Ok(Some(
            Failure::new(Class::SpendGuard, message)
                .charged(Charged::Yes)
                .detail("total_usd", total.to_string()),
        ))
    }

    /// What the journal says was spent at this portal.
    fn spent(&self) -> Result<guards::Spent> {
        let (day, month) = guards::periods(self.buying.now().wall)?;
        let mut journal = Journal::open(self.buying.journal)?;
        journal.exclusively(|alone| alone.spent(&self.buying.place.origin, day, month))
    }

    /// Finds or makes the purchase; waits for another process that is at the same name or account.
    fn open(&self, journal: &mut Journal, token: &Token) -> Result<(Box<Purchase>, Locks, bool)> {
        let place = self.buying.journal;
        let doubt = journal.doubt().cloned();
        self.when_free(token, self.waiting, doubt.as_ref(), |ask| {
            Ok(match find_or_create::open(journal, place, ask)? {
                FoundOrCreated::Ours { purchase, locks, loaded } => {
                    Look::Free((purchase, locks, loaded))
                }
                FoundOrCreated::Busy(id) => Look::Busy(id),
                FoundOrCreated::AccountBusy(id) => Look::AccountBusy(id),
            })
        })
    }

    /// What carrying it out would begin with. Nothing is written.
    ///
    /// # Errors
    /// Every failure that would keep it from being opened; `in_progress` where another process is at
    /// it for longer than this.
    pub fn preview(&self, token: &Token, waiting: OutcomeWait) -> Result<Foreseen> {
        let doubt = self.buying.known().doubt();
        self.when_free(token, waiting, doubt.as_ref(), |ask| {
            Ok(match find_or_create::preview(self.buying.journal, ask)? {
                Preview::New(key) => Look::Free(Foreseen::New(key)),
                Preview::Known(purchase) => Look::Free(Foreseen::Known(purchase)),
                Preview::Busy(id) => Look::Busy(id),
                Preview::AccountBusy(id) => Look::AccountBusy(id),
            })
        })
    }

    /// Waits until no other process is at the same name or account; of one without a name only
    /// once, since another may be meant.
    fn when_free<T>(
        &self,
        token: &Token,
        waiting: OutcomeWait,
        doubt: Option<&JournalDoubt>,
        mut look: impl FnMut(&PurchaseRequest<'_>) -> Result<Look<T>>,
    ) -> Result<T> {
        let (buying, terms) = (self.buying, self.terms);
        let seller = buying.charges.seller();
        let buyer = buying.buyer(token);
        let body = String::from_utf8(self.body.clone()).map_err(|cause| {
            Failure::internal("the request is not text").because(anyhow::Error::new(cause))
        })?;
        let wait = waiting.limit(&seller).unwrap_or_default();
        let end = buying.clock.monotonic() + wait;
        let gap = match doubt {
            Some(JournalDoubt::Restored(gap)) => Some(*gap),
            _ => None,
        };
        loop {
            let now = buying.now();
            let first_use = || {
                let life = seller.key_life();
                terms.first_use(&buying.surroundings_now(), now.wall, life, doubt)
            };
            let ask = PurchaseRequest {
                place: &buying.place,
                buyer: &buyer,
                seller: &seller,
                amount: self.amount,
                item: self.item,
                body: body.clone(),
                called: terms.called.clone(),
                limits: buying.limits,
                total: self.total,
                new_id: (buying.new_id)(),
                now: &now,
                machines_come_and_go: buying.surroundings.come_and_go(),
                once_since: terms.once_since,
                gap,
                first_use: &first_use,
            };
            let (id, waits, busy) = match look(&ask)? {
                Look::Free(found) => return Ok(found),
                Look::Busy(id) => (id, terms.is_named(), self.busy(id)),
                Look::AccountBusy(id) => (id, true, self.account_busy()),
            };
            let left = end.saturating_sub(buying.clock.monotonic());
            if !waits || left.is_zero() {
                return Err(busy);
            }
            match EntityLock::take(buying.journal, id, left, buying.clock.as_ref()) {
                Ok(_) => {}
                Err(error) if error.class() == Class::InProgress => return Err(busy),
                Err(error) => return Err(error.charged(Charged::Unknown).sent_nothing()),
            }
        }
    }

    fn busy(&self, id: Uuid) -> Failure {
        in_the_way("running", "another process is working on this purchase".to_owned())
            .charged(Charged::Unknown)
            .charged_now(Charged::No)
            .with_data("purchase_id", id.to_string())
            .hint(if self.terms.is_named() {
                NextStep::filled("Check with 'topup status {} --wait'.", &[&id])
            } else {
                NextStep::filled(
                    "Check with 'topup status {} --wait'; --new buys another one all the same.",
                    &[&id],
                )
            })
    }

    fn account_busy(&self) -> Failure {
        let page = self.buying.page_of(self.item).ok();
        let message =
            "another process is buying for this account, and one purchase is made at a time";
        in_the_way("running", message.to_owned())
            .charged(Charged::Unknown)
            .charged_now(Charged::No)
            .hint("Run it again in a moment, or give it longer with --wait.")
            .link(page)
    }
}

/// Class `in_progress`, for this cause.
fn in_the_way(code: &str, message: String) -> Failure {
    let mut failure = Failure::new(Class::InProgress, message);
    failure.parts_mut().code = Some(code.to_owned());
    failure
}
