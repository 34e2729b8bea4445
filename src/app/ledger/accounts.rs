//! What is left: of one account, or of all that were used.

use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::Ledger;
use crate::ledger::values::{LedgerAccount, Mandate, Model};
use schemars::JsonSchema;
use serde::Serialize;

/// What is left of one account.
#[derive(Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "the key of the document")]
pub struct AccountBalance {
    /// What is on it.
    pub balance: Money,
    /// What of it is held back for runs that go on now.
    pub reserved: Money,
    /// The currency of both.
    pub currency: String,
    /// Whose it is.
    pub mandate: String,
    /// The user, where each has an own account.
    pub user: Option<String>,
    /// Who pays.
    pub billing_model: Model,
}

impl AccountBalance {
    fn new(mandate: &Mandate, account: LedgerAccount) -> Self {
        Self {
            balance: account.balance,
            reserved: account.reserved,
            currency: mandate.currency.clone(),
            mandate: account.mandate,
            user: account.user,
            billing_model: mandate.billing_model,
        }
    }
}

/// What is left of the account that this user's operations move.
///
/// # Errors
/// Class `usage` when each user has an account and none is named.
pub fn balance(
    ledger: &mut Ledger,
    mandate: &Mandate,
    user: Option<&str>,
) -> Result<AccountBalance> {
    let account = ledger.account(mandate, user)?;
    Ok(AccountBalance::new(mandate, account))
}

/// What is left of every account of these mandates, or of the one of a user in each. A pool is listed
/// whether it was used or not.
///
/// # Errors
/// Class `config`, `network` or `timeout`.
pub fn balances(
    ledger: &mut Ledger,
    mandates: &[Mandate],
    user: Option<&str>,
) -> Result<Vec<AccountBalance>> {
    let mut balances = Vec::new();
    for mandate in mandates {
        let accounts = match (mandate.billing_model, user) {
            // What one user can spend here, whether the account was used or not.
            (_, Some(user)) => vec![ledger.account(mandate, Some(user))?],
            (Model::PrepayUser, None) => ledger.accounts(Some(&mandate.mandate))?,
            (Model::PrepayMandate | Model::Unlimited, None) => {
                let mut used = ledger.accounts(Some(&mandate.mandate))?;
                if !used.iter().any(|account| account.user.is_none()) {
                    used.insert(0, ledger.account(mandate, None)?);
                }
                used
            }
        };
        balances.extend(accounts.into_iter().map(|account| AccountBalance::new(mandate, account)));
    }
    Ok(balances)
}
