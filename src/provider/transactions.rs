//! What a system itself lists of an account: what came in and what was used. Contract: ciris,
//! transactions; poweron, getTransactionHistory.

use crate::core::failure::Result;
use crate::core::money::Money;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Listing what moved.
pub trait Transactions {
    /// At most `limit` of them, newest first, after leaving out `offset`.
    fn page(&self, limit: u32, offset: u64) -> Result<TransactionPage>;
}

/// A part of the list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TransactionPage {
    /// As the system orders them: newest first.
    pub transactions: Vec<Transaction>,
    /// How many there are in all, where reported.
    pub total_count: Option<u64>,
    /// Whether there are more behind these.
    pub has_more: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SellerTransaction")]
pub struct Transaction {
    /// Its id.
    pub transaction_id: Option<String>,
    /// The system's word: `charge` for a use, `credit` for what came in.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// In the smallest unit of the currency; below zero for what was used.
    pub amount_minor: Option<i64>,
    /// Below zero for what was used, where the system counts finer than that unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The currency.
    pub currency: Option<String>,
    /// What for.
    pub description: Option<String>,
    /// When, as the system writes it.
    pub created_at: Option<String>,
    /// What was left afterwards.
    pub balance_after: Option<i64>,
    /// What was left afterwards, where the system counts finer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
    /// What the system keeps beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// A finer word for its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_type: Option<String>,
    /// The id of the company that took the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_transaction_id: Option<String>,
}
