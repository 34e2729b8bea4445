//! What a seller's evidence showed before a request, as the journal keeps it.

use crate::core::money::Money;
use crate::provider::{ChargeId, EvidenceReading, ShownPurchase};
use serde::{Deserialize, Serialize};

/// What the evidence showed before a request, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// What was shown.
    #[serde(flatten)]
    pub(super) shown: ShownBefore,
    /// Whether automatic purchases were on, where the system reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) auto_reload: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShownBefore {
    /// The ids of all purchases of the last 24 hours.
    Purchases(Vec<ChargeId>),
    /// The sum of all credits ever given.
    GrantedSum(Money),
}

impl From<&EvidenceReading> for Baseline {
    fn from(reading: &EvidenceReading) -> Self {
        let shown = match &reading.shown {
            ShownPurchase::Purchases(list) => {
                ShownBefore::Purchases(list.iter().map(|listed| listed.id.clone()).collect())
            }
            ShownPurchase::GrantedSum(sum) => ShownBefore::GrantedSum(*sum),
        };
        Self { shown, auto_reload: reading.auto_reload }
    }
}
