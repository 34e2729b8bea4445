//! The flags that every purchase takes: its name, its limits, how long to wait.

use super::completions::values;
use crate::app::buying::terms::{self, Terms};
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::provider::IdempotencyKey;
use crate::purchase::key;
use crate::purchase::request::PurchaseName;
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use std::time::Duration;

/// A time with its zone: what a day means is another thing for each reader.
pub(super) fn parse_time(word: &str) -> Result<Timestamp, String> {
    word.trim()
        .parse()
        .map_err(|_| "write a time with its zone, such as 2026-11-20T12:00:00Z".to_owned())
}

/// What the caller calls a purchase, and the most that it may cost.
#[derive(Clone, Debug, Default, Args)]
pub struct PurchaseOptions {
    /// Name the purchase; a name buys once, on any machine
    #[arg(long, value_name = "NAME", value_parser = key::check_name, conflicts_with = "idempotency_key", add = ArgValueCandidates::new(values::names))]
    pub once: Option<String>,
    /// Earliest time this name may have been used, such as 2026-11-20T12:00:00Z
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = parse_time)]
    pub once_since: Option<Timestamp>,
    /// Try again under the same name after the card was declined
    #[arg(long, hide_short_help = true, requires = "once")]
    pub retry_declined: bool,
    /// Send this idempotency key instead of a generated one
    #[arg(long, hide_short_help = true, value_name = "KEY", value_parser = IdempotencyKey::parse)]
    pub idempotency_key: Option<IdempotencyKey>,
    /// Start a new purchase even if one of this amount is open
    ///
    /// With --once, it needs --retry-declined as well.
    #[arg(long, conflicts_with = "idempotency_key")]
    pub new: bool,
    /// Refuse to pay more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    pub max: Option<Amount>,
}

impl PurchaseOptions {
    /// The terms of the purchase.
    pub fn terms(&self) -> Terms {
        let called = match (&self.once, &self.idempotency_key) {
            (Some(name), _) => PurchaseName::Once {
                name: name.clone(),
                retry_declined: self.retry_declined,
                new: self.new,
            },
            (None, Some(key)) => PurchaseName::Key(key.clone()),
            (None, None) => PurchaseName::Nothing { new: self.new },
        };
        Terms { called, once_since: self.once_since, max: self.max }
    }

    /// Refuses what cannot be meant together.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn check(&self) -> Result<()> {
        if self.new && self.once.is_some() && !self.retry_declined {
            return Err(Failure::usage(
                "a name never buys twice: with --once, --new needs --retry-declined",
            )
            .hint("Give another name to buy another one."));
        }
        Ok(())
    }
}

/// How long to wait for the outcome.
#[derive(Clone, Copy, Debug, Args)]
pub struct WaitOptions {
    /// Wait this long for the purchase to settle [default: 5m]
    ///
    /// Where a person pays in a browser, the default is 1m.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// Return as soon as the purchase is accepted
    #[arg(long, conflicts_with = "wait")]
    pub no_wait: bool,
    /// Time between two checks of the purchase
    #[arg(long, hide_short_help = true, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub poll: Duration,
}

impl From<WaitOptions> for terms::OutcomeWait {
    fn from(typed: WaitOptions) -> Self {
        Self { wait: typed.wait, no_wait: typed.no_wait, poll: typed.poll }
    }
}
