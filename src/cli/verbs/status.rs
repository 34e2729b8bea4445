//! `topup status`: where a purchase stands; goes on with it where that is safe.

use super::completions::values;
use super::execute_purchase::Waiting;
use super::{charged_state, drive_purchase, pack};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::signals::Stopped;
use crate::output::Answer;
use crate::provider::{ChargeId, ChargeStatus, Charges, PortalPage};
use crate::purchase::journal::Journal;
use crate::purchase::lock::EntityLock;
use crate::purchase::paying::PollPolicy;
use crate::purchase::record::Purchase;
use crate::purchase::steps::{RunMode, RunOptions};
use crate::purchase::summary::{Run, Status as PaymentStatus, Summary, conclude};
use crate::purchase::world;
use clap::Args;
use clap_complete::ArgValueCandidates;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup status             the latest purchase
  topup status --wait=5m   wait until it is final";

/// The arguments of `topup status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Status {
    /// Id of a purchase, charge or payment, or a --once name; the latest purchase when left out
    #[arg(value_name = "ID", add = ArgValueCandidates::new(values::purchases))]
    id: Option<String>,
    /// Wait until it is final, for 5 minutes or as long as given
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "5m", value_parser = duration::parse)]
    wait: Option<Duration>,
    /// Time between two looks
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    poll: Duration,
}

impl Status {
    /// Looks.
    ///
    /// # Errors
    /// The class of whatever it stands at, unless it is settled.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.status(invocation).map_err(|error| {
            charged_state::of_a_look(error, || match self.id {
                Some(_) => Charged::Unknown,
                None => charged_state::of_no_name(invocation),
            })
        })
    }

    fn status(&self, invocation: &Invocation) -> Result<Answer> {
        if let Some(time) = self.id.as_deref().filter(|word| self.wait.is_some() && is_a_time(word))
        {
            return Err(Failure::usage(format!("'{time}' is a time, and no id of a purchase"))
                .hint_with("Write it like 'topup status --wait={}'.", &[&time]));
        }
        // A name may be anything that is no id.
        let wanted = self.id.as_deref().map(ChargeId::parse);
        let provider = invocation.setup.provider()?;
        if let Some(packs) = provider.packs() {
            let patience = PollPolicy { wait: self.wait, poll: self.waiting().poll() };
            let wanted = wanted.transpose()?;
            return pack::status(invocation, provider.as_ref(), packs, wanted.as_ref(), patience);
        }
        let Some(charges) = provider.charges() else {
            return Err(provider.unsupported("purchases", PortalPage::Topup));
        };
        let link = provider.page_link(PortalPage::Topup)?;
        invocation.setup.interrupt().install()?;
        let journal = Journal::open_if_there(&invocation.setup.paths()?.journal_file())?;
        let known = match &journal {
            Some(journal) => self.find(invocation, journal)?,
            None => None,
        };
        match (known, journal, wanted) {
            (Some(purchase), Some(mut journal), _) => {
                self.go_on(invocation, &mut journal, charges, purchase, &link).map(Answer::new)
            }
            (_, _, Some(id)) => self.look(invocation, charges, &id?, &link).map(Answer::new),
            _ => Err(Failure::usage("there is no purchase in the journal yet")
                .hint("Name a charge, as in 'topup status CHARGE_ID'.")),
        }
    }

    /// The purchase that is meant, if the journal knows it.
    fn find(&self, invocation: &Invocation, journal: &Journal) -> Result<Option<Purchase>> {
        let origin = &invocation.setup.portal()?.identity;
        let Some(word) = &self.id else {
            let newest = journal.newest_of(origin)?;
            return newest.map(|id| drive_purchase::load(invocation, journal, id)).transpose();
        };
        let found = journal.matching(word)?;
        match found.as_slice() {
            [] => Ok(None),
            [id] => {
                let purchase = drive_purchase::load(invocation, journal, *id)?;
                drive_purchase::is_home(&purchase.intent.origin, origin)?;
                Ok(Some(purchase))
            }
            several => Err(ambiguous(word, several)),
        }
    }

    fn go_on(
        &self,
        invocation: &Invocation,
        journal: &mut Journal,
        charges: &dyn Charges,
        purchase: Purchase,
        link: &str,
    ) -> Result<Summary> {
        let sandbox = invocation.setup.portal()?.sandbox;
        if purchase.outcome.is_none() {
            let locks = invocation.setup.paths()?.locks_folder();
            let wait = self.wait.unwrap_or_default();
            let lock =
                EntityLock::take(&locks, purchase.intent.id, wait, invocation.setup.interrupt())
                    .map_err(|error| error.charged(Charged::Unknown))?;
            // Whoever had it may have ended it meanwhile.
            let purchase = drive_purchase::load(invocation, journal, purchase.intent.id)?;
            let run = Run { loaded: true, was_final: purchase.outcome.is_some(), sandbox };
            let plan = RunOptions {
                intention: RunMode::Resume,
                asked_for: false,
                life: charges.key_life(),
                wait: Some(wait),
                poll: self.waiting().poll(),
                loaded: true,
                price: None,
            };
            let (purchase, report) =
                drive_purchase::drive(invocation, journal, charges, purchase, plan)?;
            drop(lock);
            return conclude(
                &purchase,
                report,
                run,
                &drive_purchase::page_of(invocation, &purchase, link)?,
            );
        }
        let run = Run { loaded: true, was_final: true, sandbox };
        let (purchase, report) = drive_purchase::drive(
            invocation,
            journal,
            charges,
            purchase,
            RunOptions {
                intention: RunMode::Resume,
                asked_for: false,
                life: charges.key_life(),
                wait: None,
                poll: self.waiting().poll(),
                loaded: true,
                price: None,
            },
        )?;
        conclude(&purchase, report, run, &drive_purchase::page_of(invocation, &purchase, link)?)
    }

    fn waiting(&self) -> Waiting {
        Waiting { wait: Some(self.wait.unwrap_or_default()), no_wait: false, poll: self.poll }
    }

    /// A charge that this journal does not know: asked of the system alone.
    fn look(
        &self,
        invocation: &Invocation,
        charges: &dyn Charges,
        id: &ChargeId,
        link: &str,
    ) -> Result<Summary> {
        let session = invocation.setup.session()?;
        let mut token = session.token(world::TOKEN_LASTS)?;
        let end = Instant::now() + self.wait.unwrap_or_default();
        let mut summary = Summary::unknown(id, invocation.setup.portal()?.sandbox);
        let mut renewed = false;
        loop {
            let mut pause = self.waiting().poll();
            let trouble = match charges.poll(&token, id) {
                ChargeStatus::Settled { amount_usd, settled_at } => {
                    summary.settle(amount_usd, settled_at);
                    return Ok(summary);
                }
                ChargeStatus::Failed(refusal) => {
                    summary.status = PaymentStatus::Failed;
                    return Err(Failure::from(refusal).charged(Charged::No).with_data_of(&summary));
                }
                ChargeStatus::Trouble { unauthorized: true, .. } if !renewed => {
                    renewed = true;
                    token = session.renew(&token)?;
                    continue;
                }
                ChargeStatus::Trouble { refusal, .. } => {
                    let waits = refusal.class.may_pass();
                    pause = refusal
                        .retry_after
                        .map_or(pause, |seconds| Duration::from_secs(seconds.min(30)).max(pause));
                    let error =
                        Failure::from(refusal).charged(Charged::Unknown).with_data_of(&summary);
                    if !waits || Instant::now() >= end {
                        return Err(error);
                    }
                    Some(error)
                }
                ChargeStatus::Pending => None,
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let pending = Failure::new(Class::Pending, "this charge is not settled; an id that the portal does not know looks the same")
                    .charged(Charged::Unknown)
                    .link(link.to_owned())
                    .hint_with("Look again with 'topup status {} --wait'.", &[&id]);
                return Err(trouble.unwrap_or_else(|| pending.with_data_of(&summary)));
            }
            if let Err(Stopped::Signal(signal)) =
                invocation.setup.interrupt().sleep(pause.min(left))
            {
                let stopped = Failure::new(signal.class(), "interrupted while waiting")
                    .charged(Charged::Unknown);
                return Err(stopped.with_data_of(&summary));
            }
        }
    }
}

/// Whether a word can only be a duration: an id begins with no fewer than four of its own digits.
fn is_a_time(word: &str) -> bool {
    let is_of_an_id = word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    duration::parse(word).is_ok() && !is_of_an_id
}

/// Several purchases begin like this.
pub fn ambiguous(word: &str, several: &[Uuid]) -> Failure {
    let ids: Vec<String> = several.iter().take(5).map(ToString::to_string).collect();
    Failure::usage(format!("'{word}' stands for {} purchases", several.len()))
        .hint(format!("There are: {}.", ids.join(", ")))
}
