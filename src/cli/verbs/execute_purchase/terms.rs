//! What the caller says of a purchase beside the amount: its name, its limits, how long to wait; and
//! which purchases of earlier runs it may mean.

use crate::cli::invocation::Invocation;
use crate::cli::verbs::completions::values;
use crate::cli::verbs::{charged_state, ci};
use crate::core::duration;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Amount;
use crate::provider::{IdempotencyKey, KeyLife};
use crate::purchase::find_or_create::{self, PurchaseName};
use crate::purchase::journal::Journal;
use crate::purchase::key::{self, FirstUse, Surroundings};
use crate::purchase::record::Purchase;
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use std::time::Duration;

/// How long a run waits until it is settled, where nothing else is said.
const USUAL_WAIT: Duration = Duration::from_mins(5);

/// What the caller calls a purchase, and the most that it may cost.
#[derive(Clone, Debug, Default, Args)]
pub struct PurchaseOptions {
    /// Name this purchase: the same name never buys twice, on any machine
    #[arg(long, value_name = "NAME", value_parser = key::check_name, conflicts_with = "idempotency_key", add = ArgValueCandidates::new(values::names))]
    pub once: Option<String>,
    /// Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub once_since: Option<Timestamp>,
    /// Try again under the same name after the card was declined
    #[arg(long, requires = "once")]
    pub retry_declined: bool,
    /// Send this idempotency key instead of a generated one
    #[arg(long, value_name = "KEY", value_parser = IdempotencyKey::parse)]
    pub idempotency_key: Option<IdempotencyKey>,
    /// Begin another one even if the same purchase is still open
    #[arg(long, conflicts_with_all = ["once", "idempotency_key"])]
    pub new: bool,
    /// Refuse to pay more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    pub max: Option<Amount>,
}

impl PurchaseOptions {
    /// What the purchase is called.
    pub fn called(&self) -> PurchaseName {
        match (&self.once, &self.idempotency_key) {
            (Some(name), _) => {
                PurchaseName::Once { name: name.clone(), retry_declined: self.retry_declined }
            }
            (None, Some(key)) => PurchaseName::Key(key.clone()),
            (None, None) => PurchaseName::Nothing { new: self.new },
        }
    }

    /// Whether it has a name or a key of the caller's.
    pub fn is_named(&self) -> bool {
        self.once.is_some() || self.idempotency_key.is_some()
    }

    /// Whether it only makes sense with an idempotency key.
    pub fn wants_a_key(&self) -> bool {
        self.is_named() || self.once_since.is_some()
    }

    /// Refuses a time without the name that it is about.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn check(&self) -> Result<()> {
        if self.once_since.is_some() && !self.is_named() {
            return Err(Failure::usage("--once-since goes with --once or --idempotency-key"));
        }
        Ok(())
    }

    /// Every purchase of an earlier run that this command may mean, as far as the journal knows it
    /// without a login; those without a name are for the caller to find.
    ///
    /// # Errors
    /// Class `config`.
    pub fn earlier(
        &self,
        invocation: &Invocation,
        unnamed: impl FnOnce(&mut Journal, &str) -> Result<Vec<Purchase>>,
    ) -> Result<Vec<Purchase>> {
        if self.new {
            // Another one is asked for, whatever became of those before.
            return Ok(Vec::new());
        }
        let file = invocation.setup.paths()?.journal_file();
        let Some(mut journal) = Journal::open_if_there(&file)? else { return Ok(Vec::new()) };
        let origin = &invocation.setup.portal()?.identity;
        let mut named = match self.called() {
            PurchaseName::Once { name, .. } => {
                journal.exclusively()?.by_name_anywhere(origin, &name)?
            }
            PurchaseName::Key(key) => {
                Vec::from_iter(journal.exclusively()?.by_key(origin, key.as_str())?)
            }
            PurchaseName::Nothing { .. } => return unnamed(&mut journal, origin),
        };
        for purchase in &mut named {
            find_or_create::merge_remote_use(
                purchase,
                self.once_since,
                self.first_use_here(invocation),
            );
        }
        Ok(named)
    }

    /// What is known about the first use of the name or key, where the journal does not know it.
    ///
    /// # Errors
    /// Class `outcome_unknown` when another machine may have used the name and nothing says when,
    /// `usage` when that is said to be in the future.
    pub fn first_use(
        &self,
        surroundings: &Surroundings,
        now: Timestamp,
        life: KeyLife,
    ) -> Result<FirstUse> {
        let key = self.idempotency_key.as_ref().map(IdempotencyKey::as_str);
        match (self.once.as_deref(), key) {
            (Some(name), _) => key::first_use(name, self.once_since, surroundings, now, life),
            (None, Some(key)) if self.once_since.is_some() => {
                key::first_use(key, self.once_since, surroundings, now, life)
            }
            // Whoever sends a key of their own vouches for its age; where machines come and go,
            // another one may have sent it before.
            (None, Some(key)) => {
                Ok(FirstUse { since: None, proven: surroundings.is_only_here(key) })
            }
            (None, None) => Ok(FirstUse { since: None, proven: true }),
        }
    }

    /// The same for whether it was used at all: how long its key is remembered says nothing of that.
    fn first_use_here(&self, invocation: &Invocation) -> Result<FirstUse> {
        let life =
            KeyLife { auto_replay_max_age: Duration::MAX, manual_replay_max_age: Duration::MAX };
        self.first_use(&ci::surroundings(invocation)?, invocation.setup.now(), life)
    }

    /// Whether money may have moved for a purchase that the journal does not know: on another
    /// machine that has used the name or key first.
    pub fn charged_elsewhere(&self, invocation: &Invocation) -> Charged {
        let is_first = self.first_use_here(invocation).is_ok_and(|first| first.proven);
        if is_first { Charged::No } else { Charged::Unknown }
    }

    /// The key that would be sent by a purchase that is made now, where it is known beforehand.
    ///
    /// # Errors
    /// Class `internal`.
    pub fn key(&self, origin: &str, organisation: Option<&str>) -> Result<Option<String>> {
        Ok(match (&self.once, &self.idempotency_key, organisation) {
            (Some(name), _, Some(organisation)) => {
                Some(key::derived_key(origin, organisation, name, 0)?.to_string())
            }
            (_, Some(key), _) => Some(key.to_string()),
            _ => None,
        })
    }

    /// Completes an error that does not say whether money moved. What failed before its purchase
    /// was opened has sent nothing; an earlier run of the same command may have: then nobody says
    /// that nothing was charged.
    pub fn with_what_is_known(
        &self,
        invocation: &Invocation,
        error: Failure,
        earlier: impl FnOnce() -> Result<Earlier>,
    ) -> Failure {
        if error.parts().charged.is_some() {
            return error;
        }
        let is_named = self.is_named();
        let Earlier { purchases, is_one } = match earlier() {
            Ok(earlier) => earlier,
            Err(_) if is_named => return error.charged(Charged::Unknown),
            Err(_) => return error.charged(charged_state::of_no_name(invocation)),
        };
        let is_one = is_one || is_named;
        let of_none = (!is_one && !purchases.is_empty()).then_some(Charged::No);
        let known = charged_state::one_of(purchases.iter().map(Purchase::charged).chain(of_none));
        let charged = known.unwrap_or_else(|| self.charged_elsewhere(invocation));
        match purchases.as_slice() {
            [purchase] if is_one && charged != Charged::No => error
                .charged(charged)
                .with_data("purchase_id", purchase.intent.id.to_string())
                .with_data("idempotency_key", purchase.intent.key.as_str()),
            _ => error.charged(charged),
        }
    }
}

/// The purchases of earlier runs that a command may mean.
pub struct Earlier {
    /// All of them.
    pub purchases: Vec<Purchase>,
    /// The command means one of them; else it may mean none.
    pub is_one: bool,
}

/// How long to wait for the outcome.
#[derive(Clone, Copy, Debug, Args)]
pub struct Waiting {
    /// Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// Return as soon as it is accepted
    #[arg(long, conflicts_with = "wait")]
    pub no_wait: bool,
    /// Time between two looks
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub poll: Duration,
}

impl Waiting {
    /// The wait as the machine takes it.
    pub fn limit(self) -> Option<Duration> {
        self.limit_or(USUAL_WAIT)
    }

    /// The wait, where another one is usual; none means not at all.
    pub fn limit_or(self, usual: Duration) -> Option<Duration> {
        (!self.no_wait).then(|| self.wait.unwrap_or(usual))
    }

    /// The time between two looks: never a busy loop.
    pub fn poll(self) -> Duration {
        self.poll.max(Duration::from_millis(100))
    }
}
