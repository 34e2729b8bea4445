//! Where one purchase stands; goes on with it where that is safe.

use crate::app::buying::Buying;
use crate::app::buying::finish::{Finishing, check_is_home, finish};
use crate::app::buying::terms::OutcomeWait;
use crate::app::summary::payment::PaymentSummary;
use crate::app::summary::{AnySummary, PurchaseStatus, Summary};
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Charged, Failure, Result};
use crate::credentials::Token;
use crate::provider::packs::{PaymentReading, PaymentStatus};
use crate::provider::plans::Item;
use crate::provider::{ChargeId, ChargeStatus, ProviderError};
use crate::purchase::journal::Journal;
use crate::purchase::record::{Purchase, Reporter};
use std::time::Duration;
use uuid::Uuid;

/// A seller that asks to wait is not waited for longer than this between two polls.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Polls the purchase with this id or name, or the newest.
///
/// # Errors
/// The class of the state it is in, unless it is settled.
pub fn status(buying: &Buying<'_>, word: Option<&str>, waiting: OutcomeWait) -> Result<AnySummary> {
    if let Some(mut journal) = Journal::open_if_there(buying.journal)?
        && let Some(purchase) = meant(buying, &journal, word)?
    {
        let is_asked_for = word.is_some() || buying.questions.ask.can_ask();
        let how = Finishing {
            waiting,
            is_resume: false,
            notes_age: false,
            reported_by: is_asked_for.then_some(Reporter::Status),
        };
        return finish(buying, &mut journal, purchase.intent.id, how);
    }
    let sells_packs = buying.provider.packs().is_some();
    match word {
        // Purchases may be named so; ids are not.
        Some(word) if matches!(word, "last" | "latest" | "newest") => Err(Failure::usage(format!(
            "no purchase has the name or id '{word}'"
        ))
        .hint("The latest is shown by 'topup status', and listed by 'topup history --limit 1'.")),
        Some(word) => {
            UnknownCharge::new(buying, &ChargeId::parse(word)?, sells_packs)?.go_on(waiting)
        }
        None if sells_packs => Err(Failure::usage("there is no payment in the journal yet")
            .hint("Name one, as in 'topup status PAYMENT_ID'.")),
        None => Err(Failure::usage("there is no purchase in the journal yet")
            .hint("Name a charge, as in 'topup status CHARGE_ID'.")),
    }
}

/// Among how many of the newest purchases of a portal that of one system is looked for.
const MOST_LOOKED_AT: u32 = 100;

/// The purchase that is meant, if the journal knows it. Without a word: the newest that is open, so
/// that no later refusal hides it, else the newest.
fn meant(buying: &Buying<'_>, journal: &Journal, word: Option<&str>) -> Result<Option<Purchase>> {
    let Some(word) = word else {
        let origin = &buying.place.origin;
        let open = journal.unfinished(origin)?.into_iter().rev();
        // A sandbox has several systems under one address.
        for id in open.chain(journal.newest_of(origin, MOST_LOOKED_AT)?) {
            let purchase = journal.load(id)?;
            if purchase.intent.system == buying.place.system {
                return Ok(Some(purchase));
            }
        }
        return Ok(None);
    };
    match journal.matching(word)?.as_slice() {
        [] => Ok(None),
        [id] => {
            let purchase = journal.load(*id)?;
            check_is_home(buying, &purchase, "status")?;
            Ok(Some(purchase))
        }
        several => Err(ambiguous(word, several)),
    }
}

/// Several purchases begin like this.
fn ambiguous(word: &str, several: &[Uuid]) -> Failure {
    let ids: Vec<String> = several.iter().take(5).map(ToString::to_string).collect();
    Failure::usage(format!("'{word}' matches {} purchases", several.len()))
        .hint(format!("Available: {}.", ids.join(", ")))
}

/// A charge or payment that this journal does not know: the system alone is asked.
struct UnknownCharge<'a> {
    buying: &'a Buying<'a>,
    id: ChargeId,
    is_pack: bool,
    page: String,
    token: Token,
    renewed: bool,
    reading: Option<PaymentReading>,
}

/// The result of one poll.
enum Polled {
    /// It is final.
    Final(Result<AnySummary>),
    /// It is open, or the poll failed in a way that may pass.
    Open { trouble: Option<Failure>, pause: Duration },
}

impl<'a> UnknownCharge<'a> {
    fn new(buying: &'a Buying<'a>, id: &ChargeId, is_pack: bool) -> Result<Self> {
        Ok(Self {
            buying,
            id: id.clone(),
            is_pack,
            page: buying.page_of(&if is_pack { Item::Pack } else { Item::Credits })?,
            token: buying.token()?,
            renewed: false,
            reading: None,
        })
    }

    fn go_on(mut self, waiting: OutcomeWait) -> Result<AnySummary> {
        let clock = self.buying.clock.as_ref();
        let seller = self.buying.charges.seller();
        let poll = waiting.poll().max(seller.shortest_poll);
        let end = clock.monotonic() + waiting.limit(&seller).unwrap_or_default();
        loop {
            let (trouble, pause) = match self.once(poll)? {
                Polled::Final(answer) => return answer,
                Polled::Open { trouble, pause } => (trouble, pause),
            };
            let left = end.saturating_sub(clock.monotonic());
            if left.is_zero() {
                return Err(trouble.unwrap_or_else(|| self.not_final()));
            }
            if let Err(signal) = clock.wait(pause.min(left)) {
                let stopped = Failure::new(signal.class(), "interrupted while waiting");
                return Err(self.with_data(stopped.charged(Charged::Unknown)));
            }
        }
    }

    fn once(&mut self, poll: Duration) -> Result<Polled> {
        Ok(match self.buying.charges.poll(&self.token, &self.id, None) {
            ChargeStatus::Settled(paid) => {
                let mut summary = Summary::unknown(&self.id, self.buying.portal.sandbox);
                summary.settle(&paid);
                Polled::Final(Ok(AnySummary::Charge(Box::new(summary))))
            }
            ChargeStatus::Credited(reading) => {
                self.reading = Some(reading);
                Polled::Final(Ok(self.summary(PurchaseStatus::Settled)))
            }
            ChargeStatus::Failed(refusal) => Polled::Final(Err(self.failed(refusal))),
            ChargeStatus::OpenPayment(reading) => {
                self.reading = Some(reading);
                Polled::Open { trouble: None, pause: poll }
            }
            ChargeStatus::Pending => Polled::Open { trouble: None, pause: poll },
            ChargeStatus::Trouble { unauthorized: true, .. } if !self.renewed => {
                self.renewed = true;
                self.token = self.buying.tokens.renew(&self.token)?;
                return self.once(poll);
            }
            ChargeStatus::Trouble { refusal, .. } => {
                let may_pass = refusal.class.may_pass();
                let asked = refusal.retry_after.map(Duration::from_secs).unwrap_or_default();
                let error = Failure::from(refusal).charged(Charged::Unknown);
                let error = self.with_data(error);
                if !may_pass {
                    return Err(error);
                }
                Polled::Open { trouble: Some(error), pause: asked.min(LONGEST_PAUSE).max(poll) }
            }
        })
    }

    fn failed(&self, refusal: ProviderError) -> Failure {
        let is_bank_check = refusal.class == Class::AuthenticationRequired;
        let (status, charged) = if is_bank_check {
            (PurchaseStatus::Pending, Charged::Unknown)
        } else {
            (PurchaseStatus::Failed, Charged::No)
        };
        let message = match refusal.class {
            _ if !self.is_pack => refusal.message.clone(),
            Class::PaymentCanceled => "this payment was cancelled".to_owned(),
            _ => "this payment failed".to_owned(),
        };
        let mut error = Failure::from(refusal).charged(charged);
        error.parts_mut().message = message;
        if is_bank_check {
            error = error.hint("Nothing is charged unless the card holder confirms it.");
        }
        self.with_status(error, status)
    }

    /// It is open when the wait is over.
    fn not_final(&self) -> Failure {
        let status = self.reading.as_ref().map(|reading| reading.status);
        let error = match status {
            _ if !self.is_pack => Failure::new(
                Class::Pending,
                "this charge is not settled; an id that the portal does not know gets the same answer",
            )
            .hint_with("Check again with 'topup status {} --wait'.", &[&self.id]),
            Some(PaymentStatus::NeedsPerson) => Failure::new(
                Class::ActionRequired,
                "the payment is not paid yet; no money has moved",
            )
            .hint("A person pays on {page}:")
            .recovery(Recovery::Portal),
            _ => Failure::new(Class::Pending, "the payment: not settled yet")
                .hint("The uses that are left show it too: 'topup state'.")
                .hint_with(
                    "Check again with 'topup status {} --wait'; an id that the system does not know gets the same answer.",
                    &[&self.id],
                ),
        };
        let charged = match status {
            Some(PaymentStatus::Paid) => Charged::Yes,
            _ => Charged::Unknown,
        };
        self.with_data(error.charged(charged).link(self.page.clone()))
    }

    fn with_data(&self, error: Failure) -> Failure {
        self.with_status(error, PurchaseStatus::Pending)
    }

    fn with_status(&self, error: Failure, status: PurchaseStatus) -> Failure {
        // A poll alone charges nothing.
        let error = error.charged_now(Charged::No);
        match self.summary(status) {
            AnySummary::Payment(summary) => summary.into_data(error),
            AnySummary::Charge(summary) => error.with_data_of(&summary),
        }
    }

    fn summary(&self, status: PurchaseStatus) -> AnySummary {
        let sandbox = self.buying.portal.sandbox;
        if self.is_pack {
            let (id, reading) = (self.id.as_str(), self.reading.as_ref());
            let mut summary = PaymentSummary::unknown(id, reading, &self.page, sandbox);
            summary.status = status;
            return AnySummary::Payment(Box::new(summary));
        }
        let mut summary = Summary::unknown(&self.id, sandbox);
        summary.status = status;
        AnySummary::Charge(Box::new(summary))
    }
}
