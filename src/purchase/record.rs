//! What a purchase is: its intent, and the rows that say what happened to it. A [`Purchase`] is
//! the fold of its rows, on disk and in memory alike, so that both can never disagree.

use crate::class::Class;
use crate::error::Charged;
use crate::money::{Amount, Money};
use crate::provider::plans::Item;
use crate::provider::{ChargeId, IdempotencyKey, Refusal, System};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// A reading of all clocks at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: may jump.
    pub wall: Timestamp,
    /// Which start of the machine the monotonic clock counts from.
    pub boot: Option<String>,
    /// Time since that start, sleep included.
    pub monotonic: Duration,
    /// The server's clock, where an answer of this run carried it.
    pub server: Option<Timestamp>,
}

/// When a row was written, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The wall clock.
    pub wall: Timestamp,
    /// Which start of the machine `monotonic_ms` counts from.
    pub boot: Option<String>,
    /// Milliseconds since that start, sleep included.
    pub monotonic_ms: Option<u64>,
    /// The server's clock, where known.
    pub server: Option<Timestamp>,
}

impl From<&Moment> for Stamp {
    fn from(moment: &Moment) -> Self {
        Self {
            wall: moment.wall,
            boot: moment.boot.clone(),
            monotonic_ms: u64::try_from(moment.monotonic.as_millis()).ok(),
            server: moment.server,
        }
    }
}

impl Stamp {
    /// How long ago this was: the largest of what the clocks say. `None` when a clock went
    /// backwards, which means: too old for anything.
    pub fn age(&self, now: &Moment) -> Option<Duration> {
        let mut age = forward(self.wall, now.wall)?;
        if let (Some(boot), Some(boot_now)) = (&self.boot, &now.boot) {
            if boot != boot_now {
                // It was before the machine was started.
                age = age.max(now.monotonic);
            } else if let Some(then) = self.monotonic_ms {
                age = age.max(now.monotonic.checked_sub(Duration::from_millis(then))?);
            }
        }
        match (self.server, now.server) {
            (Some(then), Some(server)) => age = age.max(forward(then, server)?),
            // The server's clock was not known then: ours is the next best thing, unless it was
            // ahead.
            (None, Some(server)) => age = age.max(forward(self.wall, server).unwrap_or_default()),
            (_, None) => {}
        }
        Some(age)
    }
}

impl Stamp {
    /// The time from this row to the next: by the monotonic clock within one start of the machine,
    /// and never less than the wall clock says. None when the wall clock alone could tell, and
    /// went backwards.
    fn step_to(&self, next: &Self) -> Option<Duration> {
        let wall = forward(self.wall, next.wall);
        let same_start = self.boot.is_some() && self.boot == next.boot;
        match (self.monotonic_ms, next.monotonic_ms) {
            (Some(then), Some(later)) if same_start => {
                let gone = Duration::from_millis(later.checked_sub(then)?);
                Some(gone.max(wall.unwrap_or_default()))
            }
            _ => wall,
        }
    }
}

/// How far a clock may seem to go backwards without having done so: a server's `Date` counts
/// whole seconds, and wall clocks are corrected by a little all the time.
const JITTER: Duration = Duration::from_secs(2);

fn forward(then: Timestamp, now: Timestamp) -> Option<Duration> {
    let gone = now.duration_since(then);
    match Duration::try_from(gone) {
        Ok(gone) => Some(gone),
        Err(_) if gone.unsigned_abs() <= JITTER => Some(Duration::ZERO),
        Err(_) => None,
    }
}

/// What was asked for, durable before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The id in this journal.
    pub id: Uuid,
    /// Which system sells.
    pub system: System,
    /// The identity of the portal: its origin.
    pub origin: String,
    /// The organisation of the credential, where it says so.
    pub organisation: Option<String>,
    /// The subject of the credential, where it says so.
    pub subject: Option<String>,
    /// What the caller calls this purchase.
    pub naming: Naming,
    /// The key, the same for every request of this purchase.
    pub key: IdempotencyKey,
    /// What it costs, in dollars: for credits what was asked for, for a plan what the system says
    /// is due.
    #[serde(with = "amount_text")]
    pub amount: Amount,
    /// What it is for. Before there were others it was always credits.
    #[serde(default)]
    pub item: Item,
    /// The exact body of the request.
    pub body: String,
    /// When the key may have been used first, if that was before this row.
    pub used_since: Option<Timestamp>,
    /// Whether nobody else can have used this key before: only then does a refusal prove that
    /// nothing was charged under it.
    pub proven_first: bool,
}

impl Intent {
    /// What was bought, in a few words: `$25.00`, `the plan Plus for $20.00`.
    pub fn what(&self) -> String {
        match &self.item {
            Item::Credits => format!("${}", self.amount),
            Item::Plan(plan) => format!("the plan {} for ${}", plan.tier_name, self.amount),
        }
    }
}

/// Where the identity of a purchase comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "with", rename_all = "snake_case")]
pub enum Naming {
    /// A fresh UUID that only this journal knows.
    Random,
    /// `--once NAME`.
    Once {
        /// The caller's name.
        name: String,
        /// 0, and one more for each declined try that was given up with `--retry-declined`.
        generation: u32,
    },
    /// `--idempotency-key KEY`.
    Key,
}

impl Naming {
    /// Whether running the same command again means this very purchase.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Random)
    }
}

mod amount_text {
    use crate::money::Amount;
    use serde::{Deserialize, Deserializer, Serializer};

    // serde hands the field over like this.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn serialize<S: Serializer>(amount: &Amount, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
        let text = String::deserialize(from)?;
        Amount::kept(&text).map_err(serde::de::Error::custom)
    }
}

/// What one request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No byte left this machine.
    Unsent,
    /// Refused: this request charged nothing.
    No,
    /// Nobody here knows.
    Unknown,
    /// Taken on, with a charge id.
    Accepted,
}

/// What a failure said, as far as it is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What it means.
    pub class: Class,
    /// The system's own word.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// One line for a person.
    pub message: String,
    /// The page where a person can act.
    pub portal_url: Option<String>,
}

impl From<&Refusal> for Told {
    fn from(refusal: &Refusal) -> Self {
        Self {
            class: refusal.class,
            code: refusal.code.clone(),
            status: refusal.status,
            message: refusal.message.clone(),
            portal_url: refusal.portal_url.clone(),
        }
    }
}

impl From<Told> for Refusal {
    fn from(told: Told) -> Self {
        Self {
            class: told.class,
            code: told.code,
            status: told.status,
            message: told.message,
            portal_url: told.portal_url,
            retry_after: None,
            details: serde_json::Map::new(),
        }
    }
}

/// How a purchase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", content = "with", rename_all = "snake_case")]
pub enum Outcome {
    /// Paid.
    Settled {
        /// What the system says was paid, in dollars.
        amount_usd: Money,
        /// When, by the system's clock.
        settled_at: Option<Timestamp>,
    },
    /// Taken on, then not paid: seen by a poll.
    Failed(Told),
    /// Every request was refused or never left: nothing was charged.
    Refused(Told),
    /// Closed before anything was sent.
    NeverSent,
    /// The plan is in force; whether this purchase paid for it is not told.
    InForce,
    /// The plan was in force before, and nothing was charged for it under this key.
    NotNeeded,
    /// A person found the charge on the portal and said so.
    MarkedCharged {
        /// The charge they found.
        charge_id: ChargeId,
    },
    /// A person found no charge on the portal and said so.
    MarkedNotCharged,
}

impl Outcome {
    /// Whether this end means that money moved.
    pub fn is_charged(&self) -> bool {
        self.charged() == Charged::Yes
    }

    /// Whether money moved, as far as this end proves it.
    pub fn charged(&self) -> Charged {
        match self {
            Self::Settled { .. } | Self::MarkedCharged { .. } => Charged::Yes,
            Self::InForce => Charged::Unknown,
            Self::Failed(_)
            | Self::Refused(_)
            | Self::NeverSent
            | Self::NotNeeded
            | Self::MarkedNotCharged => Charged::No,
        }
    }

    /// The word for this end, as it is indexed.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Settled { .. } => "settled",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
            Self::NeverSent => "never_sent",
            Self::InForce => "in_force",
            Self::NotNeeded => "not_needed",
            Self::MarkedCharged { .. } => "marked_charged",
            Self::MarkedNotCharged => "marked_not_charged",
        }
    }
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", content = "with", rename_all = "snake_case")]
pub enum Row {
    /// What was asked for.
    Intent(Intent),
    /// Read back and about to be acted on: what was read is durable now.
    Recovered,
    /// Refused before, and asked for again under the same key.
    Reopened,
    /// The same, at the price that it has now.
    ReopenedAt {
        /// What is due now, in dollars.
        #[serde(with = "amount_text")]
        amount: Amount,
    },
    /// A request is about to be sent.
    Sending {
        /// Counts the requests of this purchase from 1.
        n: u32,
    },
    /// What came of it, other than a charge.
    Attempt {
        /// Which request.
        n: u32,
        /// What it came to.
        verdict: Verdict,
        /// What was said.
        told: Told,
    },
    /// The system took the purchase on.
    Accepted {
        /// Which request.
        n: u32,
        /// The id to ask with.
        charge_id: ChargeId,
    },
    /// How it ended.
    Final(Outcome),
    /// The caller has the outcome.
    Delivered,
}

impl Row {
    /// The word for this kind of row, as it is indexed.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Intent(_) => "intent",
            Self::Recovered => "recovered",
            Self::Reopened | Self::ReopenedAt { .. } => "reopened",
            Self::Sending { .. } => "sending",
            Self::Attempt { .. } => "attempt",
            Self::Accepted { .. } => "accepted",
            Self::Final(_) => "final",
            Self::Delivered => "delivered",
        }
    }
}

/// One request of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub n: u32,
    /// When it was about to be sent.
    pub sent: Stamp,
    /// What came of it; none when the process ended before it could say.
    pub verdict: Option<Verdict>,
    /// What was said.
    pub told: Option<Told>,
}

/// A purchase: all its rows, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What was asked for.
    pub intent: Intent,
    /// When it was asked for.
    pub asked: Stamp,
    /// Every request.
    pub attempts: Vec<Attempt>,
    /// Every charge id that was ever given for the key; more than one makes no sense.
    pub charges: Vec<ChargeId>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub ended: Option<Stamp>,
    /// Whether a caller has seen the outcome.
    pub delivered: bool,
    /// When the newest row was written.
    last: Stamp,
    /// How long after the intent that was: the steps from row to row, added up.
    since_intent: KeyAge,
    /// How long after the first request that may have left, in the same way.
    since_sent: KeyAge,
}

impl Purchase {
    /// A purchase of which only the intent exists.
    pub fn new(intent: Intent, asked: Stamp) -> Self {
        Self {
            intent,
            last: asked.clone(),
            since_intent: KeyAge::Known(Duration::ZERO),
            since_sent: KeyAge::Unused,
            asked,
            attempts: Vec::new(),
            charges: Vec::new(),
            outcome: None,
            ended: None,
            delivered: false,
        }
    }

    /// Takes one more row in. The order of rows is the order of events.
    pub fn apply(&mut self, stamp: &Stamp, row: &Row) {
        let step = self.last.step_to(stamp);
        self.since_intent = self.since_intent.and(step);
        self.since_sent = self.since_sent.and(step);
        self.last = stamp.clone();
        match row {
            Row::Intent(_) | Row::Recovered => {}
            Row::Reopened | Row::ReopenedAt { .. } => {
                if let Row::ReopenedAt { amount } = row {
                    self.intent.amount = *amount;
                }
                self.outcome = None;
                self.ended = None;
                self.delivered = false;
            }
            Row::Sending { n } => {
                self.attempts.push(Attempt {
                    n: *n,
                    sent: stamp.clone(),
                    verdict: None,
                    told: None,
                });
                if self.since_sent == KeyAge::Unused {
                    self.since_sent = KeyAge::Known(Duration::ZERO);
                }
            }
            Row::Attempt { n, verdict, told } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(*verdict);
                    attempt.told = Some(told.clone());
                    // The server's clock is first known from its answer.
                    attempt.sent.server = attempt.sent.server.or(stamp.server);
                }
                if self.first_sent().is_none() {
                    self.since_sent = KeyAge::Unused;
                }
            }
            Row::Accepted { n, charge_id } => {
                if let Some(attempt) = self.attempt_mut(*n) {
                    attempt.verdict = Some(Verdict::Accepted);
                }
                if !self.charges.contains(charge_id) {
                    self.charges.push(charge_id.clone());
                }
            }
            Row::Final(outcome) => {
                // The first end counts; a later, other one is reported by who saw it.
                if self.outcome.is_none() {
                    self.outcome = Some(outcome.clone());
                    self.ended = Some(stamp.clone());
                }
            }
            Row::Delivered => self.delivered = self.outcome.is_some(),
        }
    }

    fn attempt_mut(&mut self, n: u32) -> Option<&mut Attempt> {
        self.attempts.iter_mut().rev().find(|attempt| attempt.n == n)
    }

    /// The number of the next request.
    pub fn next_n(&self) -> u32 {
        self.attempts.last().map_or(1, |attempt| attempt.n + 1)
    }

    /// Whether some request may have charged: one unknown stays unknown whatever refusals come
    /// after it, because a gate may refuse a replay whose first request charged.
    pub fn may_have_charged(&self) -> bool {
        !self.charges.is_empty()
            || self.attempts.iter().any(|attempt| {
                matches!(attempt.verdict, None | Some(Verdict::Unknown | Verdict::Accepted))
            })
    }

    /// Whether this request is the only one that can have charged anything: no other of ours, and
    /// none of another machine.
    pub fn only_this_can_have_charged(&self, n: u32) -> bool {
        let nothing = |verdict| matches!(verdict, Some(Verdict::No | Verdict::Unsent));
        self.intent.proven_first
            && self.charges.is_empty()
            && self.attempts.iter().all(|attempt| attempt.n == n || nothing(attempt.verdict))
    }

    /// What the person who has to finish it was told, where one has to.
    pub fn waits_for_person(&self) -> Option<&Told> {
        if self.outcome.is_some() || !self.charges.is_empty() {
            return None;
        }
        let taken = |attempt: &&Attempt| attempt.verdict == Some(Verdict::Accepted);
        self.attempts.iter().rev().find(taken).and_then(|attempt| attempt.told.as_ref())
    }

    /// Whether money moved, as far as it is proved.
    pub fn charged(&self) -> Charged {
        match &self.outcome {
            // Another machine may have used this key as well, and been charged.
            None | Some(Outcome::Refused(_) | Outcome::NeverSent | Outcome::NotNeeded)
                if !self.intent.proven_first =>
            {
                Charged::Unknown
            }
            Some(outcome) => outcome.charged(),
            None if self.may_have_charged() => Charged::Unknown,
            None => Charged::No,
        }
    }

    /// When the key was first used, as far back as anything says; none when it never was.
    pub fn first_use(&self) -> Option<Stamp> {
        self.uses().next()
    }

    /// Whether only the wall clock can tell how old the key is: it was used elsewhere, or before
    /// this machine was last started.
    pub fn rests_on_the_wall_clock(&self, now: &Moment) -> bool {
        let first = self.first_sent().map(|attempt| &attempt.sent);
        let first = first.or(self.intent.naming.is_given().then_some(&self.asked));
        let restarted = first.is_some_and(|first| first.boot.is_none() || first.boot != now.boot);
        restarted || self.intent.used_since.is_some()
    }

    /// How old the key is: the largest of what all clocks say of its first uses, each by itself
    /// and along the rows. A machine that was set back and started again betrays itself only
    /// along the rows.
    pub fn key_age(&self, now: &Moment) -> KeyAge {
        let step = self.last.step_to(&Stamp::from(now));
        let said = self.given_since().map(|since| match forward(since, self.asked.wall) {
            Some(before) => self.since_intent.and(step).and(Some(before)),
            None => KeyAge::Unreadable,
        });
        let by_clock = self.uses().map(|stamp| match stamp.age(now) {
            Some(age) => KeyAge::Known(age),
            None => KeyAge::Unreadable,
        });
        by_clock.chain(said).fold(self.since_sent.and(step), KeyAge::older)
    }

    /// The first use of a key that others may know: another machine can have sent it as soon as
    /// the name was given here, whatever this one did.
    fn given_since(&self) -> Option<Timestamp> {
        let given = self.intent.naming.is_given().then_some(self.asked.wall);
        self.intent.used_since.or(given)
    }

    /// The first request that may have left this machine.
    fn first_sent(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.verdict != Some(Verdict::Unsent))
    }

    /// What was said of the first use, and the first use from here: each is read by itself,
    /// because only the second knows the monotonic clock.
    fn uses(&self) -> impl Iterator<Item = Stamp> {
        let said = self.given_since().map(|wall| Stamp {
            wall,
            boot: None,
            monotonic_ms: None,
            server: None,
        });
        let here = self.first_sent().map(|attempt| attempt.sent.clone());
        said.into_iter().chain(here)
    }
}

/// How old an idempotency key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// It was never sent.
    Unused,
    /// This old, at least.
    Known(Duration),
    /// A clock went backwards: it may be of any age.
    Unreadable,
}

impl KeyAge {
    /// This age, so much later.
    fn and(self, step: Option<Duration>) -> Self {
        match (self, step) {
            (Self::Unused, _) => Self::Unused,
            (Self::Known(age), Some(step)) => {
                age.checked_add(step).map_or(Self::Unreadable, Self::Known)
            }
            (Self::Known(_) | Self::Unreadable, _) => Self::Unreadable,
        }
    }

    /// The more careful of two.
    fn older(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreadable, _) | (_, Self::Unreadable) => Self::Unreadable,
            (Self::Unused, age) | (age, Self::Unused) => age,
            (Self::Known(one), Self::Known(two)) => Self::Known(one.max(two)),
        }
    }
}
