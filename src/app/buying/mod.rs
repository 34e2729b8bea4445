//! Buying from every kind of seller: the parts that it takes, and one run of the purchase machine
//! with them.

pub(crate) mod again;
pub(crate) mod earlier;
pub(crate) mod finish;
pub(crate) mod foreseen;
pub(crate) mod order;
pub(crate) mod rehearsal;
pub(crate) mod site;
pub(crate) mod terms;

use crate::app::questions::{Questions, StepUp};
use crate::config::SpendingLimits;
use crate::core::clock::Clock;
use crate::core::dialog::Report;
use crate::core::failure::Result;
use crate::core::secret::Secret;
use crate::core::target::PortalTarget;
use crate::credentials::Token;
use crate::provider::packs::PaymentStatus;
use crate::provider::plans::Item;
use crate::provider::{Charges, PortalPage, Provider};
use crate::purchase::delivery::{Delivery, Held};
use crate::purchase::driver;
use crate::purchase::find_or_create;
use crate::purchase::journal::Journal;
use crate::purchase::key::Surroundings;
use crate::purchase::machine::Machine;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{Moment, OpenedPayment, Purchase, Reporter, RunAttempt};
use crate::purchase::request::{Buyer, PurchasePlace};
use crate::purchase::steps::{self, Action, RunMode, RunOptions};
use crate::purchase::world::{Clocks, RealWorld, TOKEN_LASTS, TokenSource};
use earlier::KnownPurchase;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use terms::OutcomeWait;
use uuid::Uuid;

/// What buying takes.
pub struct Buying<'a> {
    /// Where the journal and its locks are.
    pub journal: &'a JournalPlace,
    /// Who sells.
    pub provider: &'a dyn Provider,
    /// How it sells.
    pub charges: &'a dyn Charges,
    /// Hands out tokens.
    pub tokens: &'a dyn TokenSource,
    /// The portal.
    pub portal: &'a PortalTarget,
    /// Where a purchase of this run is made.
    pub place: PurchasePlace,
    /// The limits of the profile.
    pub limits: SpendingLimits,
    /// The profile vouches that only this journal buys for the account.
    pub sole_buyer: bool,
    /// What the CI system says about this run.
    pub surroundings: Surroundings,
    /// The clocks of this machine.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// The server's clock, as far as an answer of this run has shown it.
    pub server_now: &'a dyn Fn() -> Option<Timestamp>,
    /// Asks a person, where somebody is to be asked.
    pub questions: Questions<'a>,
    /// Reports beside the answer.
    pub report: &'a dyn Report,
    /// Makes an id that no other purchase has.
    pub new_id: fn() -> Uuid,
    /// Offers a person to ask for permission to spend.
    pub step_up: &'a dyn StepUp,
    /// Takes what is to be noted once the answer is out.
    pub on_delivered: &'a dyn Fn(Delivery),
}

/// What one run of the machine came to.
pub struct Driven {
    /// The purchase as it is known now.
    pub purchase: Purchase,
    /// What there is to report.
    pub report: steps::PurchaseReport,
    /// What confirms a payment that was opened now: it is kept nowhere.
    pub client_secret: Option<Secret>,
}

impl Buying<'_> {
    /// All clocks.
    pub fn now(&self) -> Moment {
        let attempt = self.surroundings.attempt();
        self.clocks(attempt.as_ref()).now()
    }

    fn clocks<'c>(&'c self, attempt: Option<&'c RunAttempt>) -> Clocks<'c> {
        Clocks { machine: self.clock.as_ref(), server: self.server_now, attempt }
    }

    /// What the CI system says, with what the shared store says by now.
    pub fn surroundings_now(&self) -> Surroundings {
        let mut surroundings = self.surroundings.clone();
        if let (Some(store), Some(fleet)) = (self.journal.shared(), &mut surroundings.fleet) {
            fleet.since = store.made();
        }
        surroundings
    }

    /// A long-lived token as long as a purchase takes.
    ///
    /// # Errors
    /// As [`TokenSource::token`].
    pub fn token(&self) -> Result<Token> {
        self.tokens.token(TOKEN_LASTS)
    }

    /// For whom a purchase with this token is made.
    pub fn buyer(&self, token: &Token) -> Buyer {
        let (organisation, subject) = self.charges.acts_for(token);
        Buyer { organisation, subject }
    }

    /// What can be known of earlier runs without a login.
    pub fn known(&self) -> KnownPurchase<'_> {
        KnownPurchase {
            journal: Some(self.journal),
            origin: Some(&self.place.origin),
            surroundings: Some(&self.surroundings),
            now: self.clock.now(),
        }
    }

    /// The page where what was bought is seen.
    ///
    /// # Errors
    /// Class `unsupported` where there is none.
    pub fn page_of(&self, item: &Item) -> Result<String> {
        self.provider.page_link(match item {
            Item::Credits | Item::Pack => PortalPage::Topup,
            Item::Plan(_) => PortalPage::Plan,
        })
    }

    /// The options of a run; none of the waits where none is given.
    pub fn options(&self, intention: RunMode, loaded: bool, waiting: OutcomeWait) -> RunOptions {
        let seller = self.charges.seller();
        RunOptions {
            intention,
            asked_for: true,
            seller,
            sole_buyer: self.sole_buyer,
            shared: self.journal.shared().is_some(),
            wait: waiting.limit(&seller),
            poll: waiting.poll(),
            loaded,
            price: None,
        }
    }

    /// Runs the machine at this purchase; the caller holds its locks.
    pub fn drive(&self, journal: &mut Journal, purchase: Purchase, options: RunOptions) -> Driven {
        let moment = self.now();
        let mut progress = None;
        let mut page_shown = false;
        let mut on_step = |machine: &Machine, action: &Action| {
            if !page_shown && self.shows_page(machine, action) {
                page_shown = true;
                self.show_page(machine.purchase());
            }
            if let Some(text) = under_way(machine, action) {
                progress.get_or_insert_with(|| self.report.progress()).set_message(&text);
            }
        };
        let attempt = self.surroundings.attempt();
        let clocks = self.clocks(attempt.as_ref());
        let mut world = RealWorld::new(journal, self.tokens, self.charges, clocks, &mut on_step);
        let (purchase, report) = driver::drive(Machine::new(purchase, options, moment), &mut world);
        let client_secret = world.into_client_secret();
        drop(progress);
        if let Some(spool) = journal.spooled() {
            self.report.warn(
                &format!(
                    "the shared journal could not be written; the outcome is kept in {} and the next run on this machine writes it",
                    spool.display()
                )
                .into(),
            );
        }
        if report.unrecorded {
            self.report.warn(
                &"the journal could not be written; note the ids of this answer before you buy again"
                    .into(),
            );
        }
        Driven { purchase, report, client_secret }
    }

    /// Whether a person is to see the page where they pay, who has not seen it in this run.
    fn shows_page(&self, machine: &Machine, action: &Action) -> bool {
        let Action::Wait(_) = action else { return false };
        // The embedded sandbox usually pays by itself, and at once.
        let is_asked = machine
            .last_reading()
            .map_or(!self.portal.sandbox, |reading| reading.status == PaymentStatus::NeedsPerson);
        machine.purchase().payment.is_some() && is_asked
    }

    fn show_page(&self, purchase: &Purchase) {
        let Some(payment) = &purchase.payment else { return };
        let page = self.portal.here(&payment.page);
        let note = if self.has_page(payment) {
            format!("Pay {} here: {page}", payment.pack()).into()
        } else {
            format!("{page} names no page for the payment of {}.", payment.pack()).into()
        };
        self.report.note(&note);
    }

    /// Whether there is a page for this payment: a system that names none has the account's page
    /// in its place, and that may open another payment. Contract: ciris, the page.
    fn has_page(&self, payment: &OpenedPayment) -> bool {
        self.page_of(&Item::Pack).map_or(true, |account| account != payment.page)
    }

    /// A purchase of the journal, to go on with by nothing but its id. Where machines come and go
    /// another one may have bought under its name or key, even where this journal proved otherwise
    /// when it wrote it down.
    ///
    /// # Errors
    /// Class `config`.
    pub fn load(&self, journal: &Journal, id: Uuid) -> Result<Purchase> {
        let mut purchase = journal.load(id)?;
        if let Some(name) = purchase.intent.naming.given(&purchase.intent.key)
            && !self.charges.seller().one_at_a_time()
        {
            let is_proven = self.surroundings.is_only_here(name);
            let attempt = self.surroundings.attempt();
            find_or_create::merge_remote_use(&mut purchase, None, || is_proven, attempt.as_ref());
        }
        Ok(purchase)
    }

    /// Once the answer is out, the outcome of this purchase counts as reported; what its run holds is
    /// held until then.
    pub fn deliver(&self, purchase: &Purchase, by: Reporter, held: Option<Held>) {
        let delivery = Delivery::new(purchase, by, self.journal, &self.clock);
        (self.on_delivered)(match held {
            Some(held) => delivery.holding(held),
            None => delivery,
        });
    }
}

/// What a person reads while this is done.
fn under_way(machine: &Machine, action: &Action) -> Option<String> {
    let purchase = machine.purchase();
    let what = purchase.intent.what();
    let is_pack = purchase.intent.item == Item::Pack;
    Some(match action {
        Action::Post if is_pack => "Opening a payment …".to_owned(),
        Action::Post => format!("Buying {what} …"),
        Action::ReadEvidence => "Reading what the seller shows …".to_owned(),
        Action::LookAtPlan => "Checking which plan is in force …".to_owned(),
        Action::Poll(_) if is_pack => {
            let status = machine.last_reading().map(|reading| reading.status);
            match status {
                None | Some(PaymentStatus::NeedsPerson) => "Waiting until it is paid …",
                Some(_) => "Waiting until it is settled …",
            }
            .to_owned()
        }
        Action::Poll(_) => format!("{what} accepted, waiting until it is settled …"),
        Action::Wait(time) if purchase.charges.is_empty() && *time > Duration::from_secs(1) => {
            format!("No clear answer yet; asking again in {} s …", time.as_secs())
        }
        _ => return None,
    })
}
