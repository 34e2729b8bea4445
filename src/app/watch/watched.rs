//! What a watch says while it goes on, and what it has seen at its end.

use super::threshold::Level;
use super::{WatchOptions, WatchReading};
use crate::core::failure::Failure;
use crate::core::money::Money;
use crate::notice::BalanceEvent;
use crate::provider::balances::Scope;
use crate::provider::{AutoReload, Balance, Unit};
use schemars::JsonSchema;
use serde::Serialize;

/// What changed, for the caller.
#[derive(Debug)]
pub enum WatchEvent<'a> {
    /// The first check: enough is there.
    Watching {
        /// What is there.
        balance: &'a Balance,
        /// The thresholds, the highest first.
        levels: &'a [Level],
    },
    /// The first check: nothing is counted, so it never gets low.
    Uncounted(&'a Balance),
    /// Less than that is there.
    Below {
        /// What is there.
        balance: &'a Balance,
        /// The lowest threshold that it is below.
        level: &'a Level,
        /// An earlier check or watch has reported it.
        reported_before: bool,
        /// This event is the report.
        is_report: bool,
    },
    /// It rose above a lower threshold, and is below a higher one still.
    Between {
        /// What is there.
        balance: &'a Balance,
        /// The threshold that it reached again.
        above: &'a Level,
        /// The one that it is below.
        below: &'a Level,
    },
    /// Enough is there again.
    Above {
        /// What is there.
        balance: &'a Balance,
        /// The highest threshold.
        level: &'a Level,
        /// This event is the report.
        is_report: bool,
    },
    /// The first check: automatic purchases are on.
    AutoReload(&'a AutoReload),
    /// A check that changed nothing.
    Unchanged(&'a Balance),
    /// The balance cannot be read.
    Failing(&'a Failure),
    /// It can be read again.
    Recovered(&'a Balance),
    /// It was reported.
    Reported {
        /// By this.
        by: &'a str,
        /// What was reported.
        event: BalanceEvent,
    },
    /// It could not be reported.
    NotReported {
        /// Why.
        reason: &'a str,
        /// How often it was tried so far.
        tries: u32,
        /// It is tried again at the next check.
        goes_on: bool,
        /// What was to be reported.
        event: BalanceEvent,
    },
    /// The balance rose again before it could be reported.
    RoseUnreported,
}

/// What was seen and reported; `data` of `watch`, on success and on failure.
#[derive(Serialize, JsonSchema)]
pub struct WatchedBalance {
    /// What was there at the last check, where that is counted in dollars.
    pub balance_usd: Option<Money>,
    /// What was there at the last check that showed it.
    pub balance: Option<Money>,
    /// What it was watched for: the highest threshold; null while a share is of nothing known.
    pub below: Option<Money>,
    /// Every threshold.
    pub thresholds: Vec<WatchedThreshold>,
    /// What both count: `usd`, `credits`, `uses`, or another currency in small letters.
    pub unit: Option<Unit>,
    /// What the balance is about: `account`, `key`, `user`, `team` or `pool`.
    pub scope: Option<Scope>,
    /// Whether the balance may be too high for a while.
    pub lags: Option<bool>,
    /// Auto-reload at the last check that showed the balance, where the system shows it.
    pub auto_reload: Option<AutoReload>,
    /// Nothing is counted: it never falls.
    pub unlimited: bool,
    /// Whether less than the highest threshold was there; null when no check showed it.
    pub is_below: Option<bool>,
    /// Since when less is there, as far as this and earlier watches have seen it.
    pub below_since: Option<String>,
    /// Whether that was reported, by this or an earlier watch; null while there is nothing to
    /// report.
    #[serde(rename = "told")]
    pub reported: Option<bool>,
    /// How many checks there were.
    #[serde(rename = "looks")]
    pub checks: u64,
    /// How many of the checks failed.
    #[serde(rename = "failed_looks")]
    pub failed_checks: u64,
    /// How often the balance was seen to fall below a threshold.
    pub crossings: u64,
    /// How many notices this watch has sent.
    pub notices: u64,
}

/// A threshold and what was seen of it.
#[derive(Serialize, JsonSchema)]
pub struct WatchedThreshold {
    /// As it was typed: an amount, or percent.
    pub threshold: String,
    /// The amount that it stands for; null for a share of nothing known.
    pub below: Option<Money>,
    /// Whether less was there; null when no check showed it.
    pub is_below: Option<bool>,
}

impl WatchedBalance {
    /// Before the first check.
    pub(super) fn new(options: &WatchOptions) -> Self {
        let thresholds = options.thresholds.iter().map(|threshold| WatchedThreshold {
            threshold: threshold.to_string(),
            below: threshold.limit(options.whole),
            is_below: None,
        });
        let thresholds: Vec<WatchedThreshold> = thresholds.collect();
        Self {
            balance_usd: None,
            balance: None,
            below: thresholds.iter().filter_map(|known| known.below).max(),
            thresholds,
            unit: None,
            scope: None,
            lags: None,
            auto_reload: None,
            unlimited: false,
            is_below: None,
            below_since: None,
            reported: None,
            checks: 0,
            failed_checks: 0,
            crossings: 0,
            notices: 0,
        }
    }

    /// Notes what a check showed.
    pub(super) fn note(
        &mut self,
        reading: &WatchReading,
        levels: &[Level],
        keys: &[(String, bool)],
    ) {
        let balance = &reading.balance;
        self.balance_usd = balance.unit.in_dollars(balance.amount);
        self.balance = Some(balance.amount);
        self.unit = Some(balance.unit.clone());
        self.scope = Some(reading.scope);
        self.lags = Some(reading.lags);
        self.auto_reload.clone_from(&reading.auto_reload);
        self.unlimited = balance.unlimited;
        self.below = levels.first().map(|level| level.limit);
        let thresholds = levels.iter().zip(keys).map(|(level, (key, is_below))| WatchedThreshold {
            threshold: key.clone(),
            below: Some(level.limit),
            is_below: Some(*is_below),
        });
        self.thresholds = thresholds.collect();
        self.is_below = Some(keys.iter().any(|(_, is_below)| *is_below));
        self.below_since = None;
        self.reported = None;
    }
}
