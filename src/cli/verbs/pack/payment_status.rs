//! What `status` and `resume` do where a person pays: look, and open nothing.

use super::{Counter, patience};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::execute_purchase::Waiting;
use crate::cli::verbs::resume::elsewhere;
use crate::cli::verbs::{drive_purchase, status};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::signals::Stopped;
use crate::output::Answer;
use crate::provider::packs::{Packs, PaymentStatus};
use crate::provider::{ChargeId, Provider};
use crate::purchase::journal::Journal;
use crate::purchase::paying::{PaymentRunner, PollPolicy};
use crate::purchase::payment::{Ended, Entry, Payment};
use crate::purchase::receipt::{Receipt, unfinished};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// `status`: where a payment stands, and whether the journal knows it or not.
///
/// # Errors
/// The class of whatever it stands at, unless it is paid.
pub fn status(
    invocation: &Invocation,
    provider: &dyn Provider,
    packs: &dyn Packs,
    id: Option<&ChargeId>,
    patience: PollPolicy,
) -> Result<Answer> {
    let counter = Counter::new(invocation, provider, packs)?;
    invocation.setup.interrupt().install()?;
    let mut journal = Journal::open_if_there(&invocation.setup.paths()?.journal_file())?;
    let known = match &mut journal {
        Some(journal) => {
            counter.tidy(journal)?;
            counter.find(journal, id)?
        }
        None => None,
    };
    match (known, journal, id) {
        (Some(payment), Some(mut journal), _) => {
            let found = PaymentRunner::go_on(payment);
            let found = counter.at_desk(&mut journal, |desk| Ok(desk.watch(found, patience)))?;
            counter.conclude(found, false).map(Answer::new)
        }
        (_, _, Some(id)) => counter.look(id, patience).map(Answer::new),
        _ => Err(Failure::usage("there is no payment in the journal yet")
            .hint("Name one, as in 'topup status PAYMENT_ID'.")),
    }
}

impl Counter<'_> {
    fn find(&self, journal: &Journal, id: Option<&ChargeId>) -> Result<Option<Payment>> {
        let Some(id) = id else {
            let newest = journal.newest_payment_of(self.origin)?;
            return newest.map(|id| journal.payment(id)).transpose();
        };
        match journal.matching_payments(id.as_str())?.as_slice() {
            [] => Ok(None),
            [one] => {
                let payment = journal.payment(*one)?;
                drive_purchase::is_home(&payment.origin, self.origin)?;
                Ok(Some(payment))
            }
            several => Err(status::ambiguous(id.as_str(), several)),
        }
    }

    /// A payment that this journal does not know: asked of the system alone.
    fn look(&self, id: &ChargeId, patience: PollPolicy) -> Result<Receipt> {
        let end = Instant::now() + patience.wait.unwrap_or_default();
        loop {
            let (looked, trouble, pause) = match self.packs.look(id) {
                Ok(looked) => (Some(looked), None, Some(patience.pace())),
                Err(error) => {
                    let pause = patience.pause_after(&error);
                    (None, Some(error), pause)
                }
            };
            let receipt = Receipt::unknown(id.as_str(), looked.as_ref(), &self.page, self.sandbox);
            match looked.as_ref().map(|looked| looked.standing) {
                Some(PaymentStatus::Paid) => return Ok(receipt),
                Some(PaymentStatus::Failed) => {
                    let error = Failure::new(Class::PaymentFailed, "this payment failed");
                    return Err(receipt.into_data(error.charged(Charged::No)));
                }
                Some(PaymentStatus::Canceled) => {
                    let error = Failure::new(Class::PaymentCanceled, "this payment was called off");
                    return Err(receipt.into_data(error.charged(Charged::No)));
                }
                _ => {}
            }
            let left = end.saturating_duration_since(Instant::now());
            let Some(pause) = pause.filter(|_| !left.is_zero()) else {
                let look = NextStep::filled(
                    "Look again with 'topup status {} --wait'; an id that nobody knows looks the same.",
                    &[&id],
                );
                return Err(receipt.into_data(unfinished("the payment", looked, trouble, look)));
            };
            if let Err(Stopped::Signal(signal)) =
                self.invocation.setup.interrupt().sleep(pause.min(left))
            {
                let stopped = Failure::new(signal.class(), "interrupted while waiting");
                return Err(receipt.into_data(stopped.charged(Charged::Unknown)));
            }
        }
    }
}

/// Looks at every payment that is not final, or at the one that is named; opens none.
///
/// # Errors
/// Class `config` when the journal cannot be used. What each stands at is in the list, with the
/// error that it is where it is not paid.
pub fn resume(
    invocation: &Invocation,
    provider: &dyn Provider,
    packs: &dyn Packs,
    word: Option<&str>,
    waiting: Waiting,
) -> Result<Vec<(Receipt, Option<Failure>)>> {
    let counter = Counter::new(invocation, provider, packs)?;
    let Some(mut journal) = Journal::open_if_there(&invocation.setup.paths()?.journal_file())?
    else {
        return Ok(Vec::new());
    };
    invocation.setup.interrupt().install()?;
    counter.tidy(&mut journal)?;
    let ids = counter.chosen(&journal, word)?;
    if word.is_none() {
        elsewhere::tell(invocation, &journal)?;
    }
    let mut list = Vec::new();
    for id in ids {
        let found = PaymentRunner::go_on(journal.payment(id)?);
        let patience = patience(waiting);
        let found = counter.at_desk(&mut journal, |desk| Ok(desk.watch(found, patience)))?;
        let stopped = found.trouble.as_ref().map(Failure::class);
        let receipt = counter.receipt(&found, false);
        list.push((receipt, counter.conclude(found, false).err()));
        if stopped.is_some_and(Class::is_signal) {
            break;
        }
    }
    Ok(list)
}

/// Records what a person found about a payment that no look can find the end of.
///
/// # Errors
/// Class `usage` when it is final, or when the system knows better.
pub fn mark(
    invocation: &Invocation,
    provider: &dyn Provider,
    packs: &dyn Packs,
    word: Option<&str>,
    paid: Option<&ChargeId>,
) -> Result<Receipt> {
    let counter = Counter::new(invocation, provider, packs)?;
    let none = || {
        Failure::usage("--mark needs one payment that is not final").hint(
            "Name it, as in 'topup resume ID --mark not-charged'; 'topup history' lists them.",
        )
    };
    let file = invocation.setup.paths()?.journal_file();
    let mut journal = Journal::open_if_there(&file)?.ok_or_else(none)?;
    let ids = counter.chosen(&journal, word)?;
    let [id] = ids.as_slice() else { return Err(none()) };
    let _lock = counter.lock(Duration::ZERO)?;
    let found = PaymentRunner::go_on(journal.payment(*id)?);
    if found.payment.ended.is_some() {
        return Err(Failure::usage("this payment is final already: nothing was recorded")
            .charged(found.charged()));
    }
    let known = found.payment.opened.as_ref().map(|opened| &opened.payment_id);
    if let Some(paid) = paid.filter(|paid| Some(*paid) != known) {
        return Err(Failure::usage(format!(
            "nothing was recorded: {paid} is not the id of this payment"
        ))
        .charged(found.charged())
        .hint("'topup history' lists the payments with their ids."));
    }
    // A person is believed only where the system says nothing else.
    let once = PollPolicy { wait: None, poll: Duration::ZERO };
    let mut found = counter.at_desk(&mut journal, |desk| Ok(desk.watch(found, once)))?;
    if found.payment.ended.is_none() {
        let ended = if paid.is_some() { Ended::MarkedCharged } else { Ended::MarkedNotCharged };
        let (at, entry) = (Timestamp::now(), Entry::Ended(ended));
        journal.append_to_payment(*id, at, &entry)?;
        found.payment.apply(at, &entry);
    }
    Ok(counter.receipt(&found, false))
}

impl Counter<'_> {
    fn chosen(&self, journal: &Journal, word: Option<&str>) -> Result<Vec<Uuid>> {
        let Some(word) = word else { return journal.unfinished_payments(self.origin) };
        let found = journal.matching_payments(word)?;
        let [id] = found.as_slice() else {
            return Err(Failure::usage(format!(
                "'{}' is not one payment of the journal",
                word.escape_debug()
            ))
            .hint("'topup history' lists them."));
        };
        drive_purchase::is_home(&journal.payment(*id)?.origin, self.origin)?;
        Ok(vec![*id])
    }
}
