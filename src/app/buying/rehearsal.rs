//! What a purchase would come to, for `--dry-run`.

use super::Buying;
use super::foreseen::Foreseen;
use crate::credentials::Token;
use crate::purchase::record::Purchase;
use schemars::JsonSchema;
use serde::Serialize;

/// What would be done, and in whose name; part of the answer.
#[derive(Serialize, JsonSchema)]
pub struct DryRunFacts {
    /// Always true: nothing was sent.
    pub dry_run: bool,
    /// Where it would be bought.
    pub portal: String,
    /// For which organisation.
    pub organisation: Option<String>,
    /// The key that would be sent, where it is known beforehand.
    pub idempotency_key: Option<String>,
    /// What would be done.
    pub would: Would,
}

/// What a purchase would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// One would be begun.
    Start,
    /// One that is open would be gone on with.
    GoOn,
    /// The outcome of an earlier one would be reported again.
    TellAgain,
    /// It is so already.
    Nothing,
}

impl Would {
    /// What a run would do with a purchase of an earlier run.
    pub fn from_purchase(purchase: &Purchase) -> Self {
        match &purchase.outcome {
            Some(outcome) if !outcome.may_reopen() => Self::TellAgain,
            _ => Self::GoOn,
        }
    }

    /// What an order would begin with.
    pub fn from_foreseen(foreseen: &Foreseen) -> Self {
        match foreseen {
            Foreseen::New(_) => Self::Start,
            Foreseen::Known(known) => Self::from_purchase(known),
        }
    }

    /// The same where there may be none.
    pub fn from_earlier(purchase: Option<&Purchase>) -> Self {
        purchase.map_or(Self::Start, Self::from_purchase)
    }
}

impl DryRunFacts {
    /// What would be done with this login.
    pub fn new(
        buying: &Buying<'_>,
        token: &Token,
        idempotency_key: Option<String>,
        would: Would,
    ) -> Self {
        Self {
            dry_run: true,
            portal: buying.portal.shown(),
            organisation: buying.buyer(token).organisation,
            idempotency_key,
            would,
        }
    }
}
