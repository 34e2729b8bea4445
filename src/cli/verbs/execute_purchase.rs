//! What `buy` and `plan upgrade` share: a purchase is found under its name or key, or made, and
//! run to its end, with one step-up at the prompt and along the chain of declined tries.

mod rehearsal;
mod terms;

use crate::core::command::NextStep;
use crate::core::time;
pub use rehearsal::{DryRunFacts, Would};
pub use terms::{Earlier, PurchaseOptions, Waiting};

use super::{ci, drive_purchase, login};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::disk;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Amount;
use crate::credentials::Token;
use crate::provider::Charges;
use crate::provider::plans::Item;
use crate::purchase::find_or_create::{self, FoundOrCreated, PurchaseName, PurchaseRequest};
use crate::purchase::journal::Journal;
use crate::purchase::lock::EntityLock;
use crate::purchase::record::{Outcome, Purchase};
use crate::purchase::steps::{Report, RunMode, RunOptions};
use crate::purchase::summary::{Run, Summary, conclude};
use crate::purchase::{guards, world};
use std::time::Instant;
use uuid::Uuid;

/// How many declined generations of one name a run walks past at most.
const LONGEST_CHAIN: u32 = 5;

/// Checks what is about to be spent against `--max` and the limits of the profile; writes nothing.
///
/// # Errors
/// Class `spend_guard`.
pub fn check_guards(invocation: &Invocation, amount: Amount, max: Option<Amount>) -> Result<()> {
    guards::check_max(amount, max)?;
    let limits = invocation.setup.settings()?.limits;
    let (day, month) = guards::periods(invocation.setup.now())?;
    let spent = match Journal::open_if_there(&invocation.setup.paths()?.journal_file())? {
        Some(mut journal) => {
            journal.exclusively()?.spent(&invocation.setup.portal()?.identity, day, month)?
        }
        None => guards::Spent::default(),
    };
    guards::check(amount, &limits, spent)
}

/// One purchase that was confirmed.
pub struct Order<'a> {
    /// What a command may touch.
    pub invocation: &'a Invocation,
    /// Who sells.
    pub charges: &'a dyn Charges,
    /// What the caller calls it.
    pub terms: &'a PurchaseOptions,
    /// What it is for.
    pub item: &'a Item,
    /// What it costs.
    pub amount: Amount,
    /// The exact body of the request.
    pub body: Vec<u8>,
    /// How long to wait for the outcome.
    pub waiting: Waiting,
}

impl Order<'_> {
    /// Carries it out.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn complete(&self, token: &Token, link: &str) -> Result<Summary> {
        let (purchase, report, run) = self.carry_out(token)?;
        conclude(&purchase, report, run, link)
    }

    /// Opens the purchase and runs it, with one step-up at the prompt and, where asked for, along
    /// the chain of declined tries.
    fn carry_out(&self, token: &Token) -> Result<(Purchase, Report, Run)> {
        let (invocation, charges) = (self.invocation, self.charges);
        let paths = invocation.setup.paths()?;
        let mut journal = Journal::open(&paths.journal_file())?;
        if invocation.output.verbose {
            let file = paths.journal_file();
            let disk = disk::doubt(&file).map(|disk| format!(", on {disk}")).unwrap_or_default();
            invocation.output.complain(&format!("journal: {}{disk}", file.display()));
        }
        let mut chain = 0;
        let mut stepped_up = false;
        let mut acting = token.clone();
        loop {
            let (purchase, lock, loaded) = self.open(&mut journal, &acting)?;
            let was_final = purchase.outcome.as_ref().is_some_and(|outcome| {
                !matches!(outcome, Outcome::Refused(_) | Outcome::NeverSent)
            });
            if loaded && !was_final {
                invocation.output.note(format!(
                    "Going on with the purchase of {} from {}.",
                    purchase.intent.what(),
                    time::shown(purchase.asked.wall)
                ));
            }
            let plan = RunOptions {
                intention: RunMode::Buy,
                asked_for: purchase.intent.naming.is_given(),
                life: charges.key_life(),
                wait: self.waiting.limit(),
                poll: self.waiting.poll(),
                loaded,
                price: Some(self.amount),
            };
            let (mut purchase, mut report) =
                drive_purchase::drive(invocation, &mut journal, charges, *purchase, plan.clone())?;
            let wants_scope =
                report.told.as_ref().is_some_and(|told| told.class == Class::InsufficientScope);
            if wants_scope && !stepped_up && invocation.output.interactive {
                stepped_up = true;
                // Whatever goes wrong with the login, what is known of the purchase is told.
                let stepped = login::offer_step_up(invocation).and_then(|granted| {
                    granted
                        .then(|| invocation.setup.session()?.token(world::TOKEN_LASTS))
                        .transpose()
                });
                if let Ok(Some(token)) = stepped {
                    acting = token;
                    // The same purchase and the same key: what was refused is asked for again.
                    let plan = RunOptions { loaded: true, ..plan };
                    (purchase, report) =
                        drive_purchase::drive(invocation, &mut journal, charges, purchase, plan)?;
                }
            }
            let sandbox = invocation.setup.portal()?.sandbox;
            let run = Run { loaded, was_final, sandbox };
            // Another machine may have seen this try declined long ago: the chain goes on from
            // there. A try that was certainly the first is this run's own, and ends it.
            let declined = matches!(purchase.outcome, Some(Outcome::Failed(_)));
            if declined
                && self.terms.retry_declined
                && !was_final
                && !purchase.intent.first_use_proven
                && chain < LONGEST_CHAIN
            {
                chain += 1;
                drop(lock);
                continue;
            }
            drive_purchase::note_delivery(invocation, &purchase, lock)?;
            return Ok((purchase, report, run));
        }
    }

    /// Finds or makes the purchase; waits for another process that is at the same name.
    fn open(
        &self,
        journal: &mut Journal,
        token: &Token,
    ) -> Result<(Box<Purchase>, EntityLock, bool)> {
        let (invocation, terms) = (self.invocation, self.terms);
        let portal = invocation.setup.portal()?;
        let locks = invocation.setup.paths()?.locks_folder();
        let surroundings = ci::surroundings(invocation)?;
        let (organisation, subject) = token.acts_for();
        let life = self.charges.key_life();
        let body = String::from_utf8(self.body.clone()).map_err(|cause| {
            Failure::internal("the request is no text").because(anyhow::Error::new(cause))
        })?;
        let end = Instant::now() + self.waiting.limit().unwrap_or_default();
        loop {
            let now = world::now(invocation.setup.http().server_now());
            let first_use = || terms.first_use(&surroundings, now.wall, life);
            let ask = PurchaseRequest {
                system: portal.system,
                origin: &portal.identity,
                organisation: organisation.as_deref(),
                subject: subject.as_deref(),
                amount: self.amount,
                item: self.item,
                body: body.clone(),
                called: terms.called(),
                limits: invocation.setup.settings()?.limits,
                new_id: Uuid::new_v4(),
                now: &now,
                once_since: terms.once_since,
                first_use: &first_use,
            };
            let id = match find_or_create::open(journal, &locks, &ask)? {
                FoundOrCreated::Ours { purchase, lock, loaded } => {
                    return Ok((purchase, lock, loaded));
                }
                FoundOrCreated::Busy(id) => id,
            };
            let left = end.saturating_duration_since(Instant::now());
            if matches!(terms.called(), PurchaseName::Nothing { .. }) || left.is_zero() {
                return Err(busy(id, &terms.called()));
            }
            invocation.output.note("Another process is at this very purchase; waiting for it.");
            match EntityLock::take(&locks, id, left, invocation.setup.interrupt()) {
                Ok(_) => {}
                Err(error) if error.class() == Class::InProgress => {
                    return Err(busy(id, &terms.called()));
                }
                Err(error) => return Err(error.charged(Charged::Unknown)),
            }
        }
    }
}

fn busy(id: Uuid, called: &PurchaseName) -> Failure {
    Failure::new(Class::InProgress, "another process is at this very purchase")
        .charged(Charged::Unknown)
        .with_data("purchase_id", id.to_string())
        .hint(match called {
            PurchaseName::Nothing { .. } => NextStep::filled(
                "Look with 'topup status {} --wait'; --new buys another one all the same.",
                &[&id],
            ),
            _ => NextStep::filled("Look with 'topup status {} --wait'.", &[&id]),
        })
}
