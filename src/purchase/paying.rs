//! One run at a payment that a person finishes: find the open one or open one, say where it is
//! paid, look until it is final or the wait is over. The caller holds the lock of the account.

use super::guards;
use super::journal::Journal;
use super::payment::{Ended, Entry, OpenedPayment, Payment};
use crate::config::Limits;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Amount;
use crate::core::secret::Secret;
use crate::core::signals::{Interrupt, Stopped};
use crate::provider::packs::{Looked, Packs, PaymentStatus, Price};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// An agent takes 60 requests a minute from one caller, looks of other programs included.
const SHORTEST_POLL: Duration = Duration::from_millis(1500);
/// No server makes a look wait longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a run works with.
pub struct PaymentRunner<'a> {
    /// Where it is kept.
    pub journal: &'a mut Journal,
    /// Who sells.
    pub packs: &'a dyn Packs,
    /// Whether a signal came.
    pub interrupt: &'a Interrupt,
    /// The system's identity.
    pub origin: &'a str,
    /// Who pays, where the login says so.
    pub account: Option<&'a str>,
    /// The local spending limits.
    pub limits: Limits,
    /// Hears what is going on.
    pub tell: &'a mut dyn FnMut(&Payment, Step<'_>),
}

/// What is going on.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The payment is about to be opened.
    Opening,
    /// Another look is waited for; the last one, if there was one.
    Waiting(Option<&'a Looked>),
}

/// What is wished for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The pack costs this much.
    pub amount: Option<Amount>,
    /// It costs at most this much.
    pub max: Option<Amount>,
    /// Open another one, whatever is open.
    pub new: bool,
    /// Where the browser goes afterwards.
    pub return_url: Option<String>,
}

/// How long to look, and how often.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// None: not at all.
    pub wait: Option<Duration>,
    /// The time between two looks.
    pub poll: Duration,
}

impl PollPolicy {
    /// The time between two looks: never more often than an agent takes it.
    pub fn pace(self) -> Duration {
        self.poll.max(SHORTEST_POLL)
    }

    /// How long to wait after a look that failed; none where no further look can help.
    pub fn pause_after(self, error: &Failure) -> Option<Duration> {
        if !error.class().may_pass() {
            return None;
        }
        let asked = error.parts().retry_after.map(Duration::from_secs);
        let pace = self.pace();
        Some(asked.map_or(pace, |asked| asked.min(LONGEST_PAUSE).max(pace)))
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Found {
    /// The payment, as far as the journal and this run know it.
    pub payment: Payment,
    /// The last look that worked.
    pub looked: Option<Looked>,
    /// Why there is no better look, or why the run ended early.
    pub trouble: Option<Failure>,
    /// What confirms the payment: known to the run that opened it only.
    pub client_secret: Option<Secret>,
    /// Read back from the journal.
    pub loaded: bool,
    /// It had ended before this run.
    pub was_final: bool,
    /// Its end could not be made durable.
    pub unrecorded: bool,
}

impl Found {
    fn of(payment: Payment, loaded: bool) -> Self {
        let was_final = payment.ended.is_some();
        Self {
            payment,
            looked: None,
            trouble: None,
            client_secret: None,
            loaded,
            was_final,
            unrecorded: false,
        }
    }
}

impl Found {
    /// Whether money moved: not before a person has paid, as the last look told it.
    pub fn charged(&self) -> Charged {
        let unpaid = match &self.looked {
            Some(looked) => looked.standing == PaymentStatus::NeedsPerson,
            None => !self.loaded,
        };
        match self.payment.charged() {
            Charged::Unknown if unpaid && self.trouble.is_none() => Charged::No,
            known => known,
        }
    }
}

impl PaymentRunner<'_> {
    /// Closes what was asked for and never shown to anybody: whoever asked is gone, since the
    /// caller holds the lock.
    ///
    /// # Errors
    /// Class `config`.
    pub fn close_never_shown(&mut self) -> Result<()> {
        let journal = self.journal.exclusively()?;
        let now = Timestamp::now();
        for payment in journal.open_payments(self.origin, self.account)? {
            if payment.opened.is_none() {
                journal.append_to_payment(payment.id, now, &Entry::Ended(Ended::NeverShown))?;
            }
        }
        journal.commit()
    }

    /// The payment that `buy` goes on with, or whose end it has to tell.
    ///
    /// # Errors
    /// Class `config`.
    pub fn open_one(&mut self, wish: &Wish) -> Result<Option<Payment>> {
        if wish.new {
            return Ok(None);
        }
        let journal = self.journal.exclusively()?;
        let open = journal.open_payments(self.origin, self.account)?;
        let untold = journal.untold_payments(self.origin, self.account)?;
        let fits = |payment: &Payment| {
            let price = payment.opened.as_ref().and_then(|opened| opened.price.dollars());
            wish.amount.is_none() || wish.amount == price
        };
        let first_open = open.into_iter().find(|payment| payment.opened.is_some());
        Ok(first_open.or_else(|| untold.into_iter().find(fits)))
    }

    /// Opens a payment. Nobody is shown it before it is durable.
    ///
    /// # Errors
    /// Whatever the system or the disk says; nothing was charged.
    pub fn open(&mut self, wish: &Wish) -> Result<Found> {
        let asked = Timestamp::now();
        let account = self.account.map(str::to_owned);
        let mut payment = Payment::new(Uuid::new_v4(), self.origin.to_owned(), account, asked);
        let journal = self.journal.exclusively()?;
        journal.add_payment(&payment)?;
        journal.commit()?;
        (self.tell)(&payment, Step::Opening);
        let opened = match self.packs.open(wish.return_url.as_deref()) {
            Ok(opened) => opened,
            Err(error) => {
                let ended = match error.parts().status {
                    Some(_) => Ended::Refused { class: error.class() },
                    None => Ended::NeverShown,
                };
                // A row that is missing is added by the next run.
                let _ = self.note(&mut payment, &Entry::Ended(ended));
                return Err(error);
            }
        };
        self.note(&mut payment, &Entry::Opened(OpenedPayment::from(&opened))).map_err(|error| {
            // Nobody was shown it, so nobody can pay it.
            error.hint("The payment that was opened is shown to nobody: nothing can be charged.")
        })?;
        let mut found = Found::of(payment, false);
        found.client_secret = opened.client_secret;
        Ok(found)
    }

    /// Goes on with a payment of the journal.
    pub fn go_on(payment: Payment) -> Found {
        Found::of(payment, true)
    }

    /// Checks a price before anybody pays it; the payment at hand is not counted twice.
    ///
    /// # Errors
    /// Class `amount_out_of_bounds` when another price was expected, `spend_guard` when a local
    /// limit refuses it.
    pub fn check_price(&mut self, price: &Price, wish: &Wish, payment: Option<Uuid>) -> Result<()> {
        if let Some(amount) = wish.amount
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
        let limited = wish.max.is_some() || self.limits.are_set();
        let Some(dollars) = price.dollars() else {
            if limited && price.minor > 0 {
                return Err(Failure::new(
                    Class::SpendGuard,
                    format!("a limit in dollars says nothing about a price of {price}"),
                ));
            }
            return Ok(());
        };
        guards::check_max(dollars, wish.max)?;
        if self.limits.are_set() {
            let (day, month) = guards::periods(Timestamp::now())?;
            let journal = self.journal.exclusively()?;
            let but = payment.unwrap_or_default();
            let spent = journal.spent_in_payments(self.origin, day, month, but)?;
            guards::check(dollars, &self.limits, spent)?;
        }
        Ok(())
    }

    /// Looks until the payment is final, or the wait is over, or no look can help.
    pub fn watch(&mut self, mut found: Found, patience: PollPolicy) -> Found {
        let Some(id) = found.payment.opened.as_ref().map(|opened| opened.payment_id.clone()) else {
            return found;
        };
        if found.payment.ended.is_some() {
            return found;
        }
        let poll = patience.pace();
        let end = Instant::now() + patience.wait.unwrap_or_default();
        // Nobody can have paid what was opened a moment ago.
        let mut look = found.loaded;
        loop {
            let mut pause = poll;
            if look {
                match self.packs.look(&id) {
                    Ok(looked) => {
                        let ended = match looked.standing {
                            PaymentStatus::Paid => Some(Ended::settled(&looked)),
                            PaymentStatus::Failed | PaymentStatus::Canceled => {
                                Some(Ended::Failed { word: looked.word.clone() })
                            }
                            PaymentStatus::NeedsPerson | PaymentStatus::UnderWay => None,
                        };
                        found.looked = Some(looked);
                        found.trouble = None;
                        if let Some(ended) = ended {
                            let noted = self.note(&mut found.payment, &Entry::Ended(ended));
                            found.unrecorded = noted.is_err();
                            return found;
                        }
                    }
                    Err(error) => {
                        let next = patience.pause_after(&error);
                        found.trouble = Some(error);
                        match next {
                            Some(next) => pause = next,
                            None => return found,
                        }
                    }
                }
            }
            look = true;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return found;
            }
            (self.tell)(&found.payment, Step::Waiting(found.looked.as_ref()));
            if let Err(Stopped::Signal(signal)) = self.interrupt.sleep(pause.min(left)) {
                found.trouble = Some(Failure::new(signal.class(), "interrupted while waiting"));
                return found;
            }
        }
    }

    /// Makes a row durable and takes it in; a row about the end counts in memory all the same.
    fn note(&mut self, payment: &mut Payment, entry: &Entry) -> Result<()> {
        let at = Timestamp::now();
        let noted = self.journal.append_to_payment(payment.id, at, entry);
        if noted.is_ok() || matches!(entry, Entry::Ended(_)) {
            payment.apply(at, entry);
        }
        noted
    }
}
