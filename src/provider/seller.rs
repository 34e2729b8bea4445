//! How a system sells, as data. Every rule of a purchase follows from these facts alone: a new
//! seller is a row of them, which stands in the file of its system, and a reader of its answers.

use std::time::Duration;

/// Where a system does not say how soon credits are there that are paid for: no later than this.
const CREDITS_ARRIVE: Duration = Duration::from_mins(1);

/// How a system sells credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seller {
    /// Who pays.
    pub payer: Payer,
    /// Whether a purchase request may be sent again.
    pub repeat: Repeat,
    /// What shows the outcome after an answer was lost.
    pub evidence: Evidence,
    /// Whether a charge can be polled by its id at any time.
    pub status_by_id: bool,
    /// What is charged for an amount.
    pub total: Total,
    /// Whether automatic purchases can be distinguished from others.
    pub auto_reload: AutoReloadSight,
    /// The statuses under which a JSON object with a string `error` is a refusal whatever its word:
    /// nothing was charged, and the key stays in use.
    pub refusing_statuses: &'static [u16],
    /// The shortest time between two polls that the system accepts.
    pub shortest_poll: Duration,
    /// How long a run waits for the outcome where nothing else is asked for.
    pub usual_wait: Duration,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The purchase request charges a saved card.
    SavedCard,
    /// The purchase request opens a payment and moves no money; a person pays it on its page. A
    /// payment whose answer was lost is never shown, so it cannot be paid.
    Person,
}

/// Whether a purchase request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Under the same key, which the system remembers: the same request is both the purchase and
    /// the question whether it happened.
    ByKey(KeyLife),
    /// Never: the system takes a second request for a second purchase.
    Never,
}

/// How long an idempotency key may be sent again, by the age of its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    /// Up to this age a replay needs no asking.
    pub auto_replay_max_age: Duration,
    /// Up to this age a replay needs `resume`, the same `--once` or the same key; never beyond.
    pub manual_replay_max_age: Duration,
}

/// What shows the outcome after an answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The same request under the same key.
    Replay,
    /// A list of the purchases of the account.
    List {
        /// How late a purchase may appear in it.
        lag: Duration,
        /// Whether it leaves automatic purchases out.
        manual_only: bool,
        /// The system documents that what is not listed within this time did not begin.
        complete_after: Option<Duration>,
    },
    /// The sum of all credits that the account was ever given.
    GrantedSum {
        /// How late a purchase may be in it.
        lag: Duration,
    },
    /// Nothing.
    None,
}

/// What is charged for an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// That amount.
    AsAsked,
    /// That amount, and what the system adds to it: a fee, a tax.
    WithExtras,
}

/// Whether automatic purchases can be distinguished from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoReloadSight {
    /// The system has none.
    Absent,
    /// Whether they are on can be read.
    Readable,
    /// They may be on, and nothing shows it.
    Hidden,
}

impl Seller {
    /// The life of its keys, where it remembers some.
    pub fn key_life(&self) -> Option<KeyLife> {
        match self.repeat {
            Repeat::ByKey(life) => Some(life),
            Repeat::Never => None,
        }
    }

    /// Whether a person pays on a page.
    pub fn person_pays(&self) -> bool {
        self.payer == Payer::Person
    }

    /// Whether one purchase of an account is made at a time: nothing in a request distinguishes a
    /// second purchase from the first.
    pub fn one_at_a_time(&self) -> bool {
        self.repeat == Repeat::Never
    }

    /// How late a purchase may show in the evidence.
    pub fn evidence_lag(&self) -> Duration {
        match self.evidence {
            Evidence::List { lag, .. } | Evidence::GrantedSum { lag } => lag,
            Evidence::Replay | Evidence::None => Duration::ZERO,
        }
    }

    /// How long credits that are paid for may be missing from the balance.
    pub fn credits_lag(&self) -> Duration {
        let is_settled_elsewhere = self.one_at_a_time() && !self.person_pays();
        if is_settled_elsewhere { self.evidence_lag().min(CREDITS_ARRIVE) } else { Duration::ZERO }
    }

    /// Whether evidence has to be read before a request is sent: only what it did not show before
    /// can be the purchase.
    pub fn needs_baseline(&self) -> bool {
        matches!(self.evidence, Evidence::List { .. } | Evidence::GrantedSum { .. })
    }
}
