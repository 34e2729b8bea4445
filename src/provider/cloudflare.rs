//! Credits of Cloudflare's AI Gateway: the balance is read by its row, and credits are sold by API.
//! Contract: cloudflare.

mod selling;
mod wire;

use super::balances::{Balances, RowState, SellingRow};
use super::{
    AutoReload, AutoReloadChange, AutoReloading, Bounds, Card, DollarAccount, DollarState,
    PortalPage, Provider,
};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use rust_decimal::Decimal;
use serde_json::Value;
use std::cell::Cell;

/// The name of its row.
pub const NAME: &str = "cloudflare";
/// Where its calls are, below the base URL.
const BILLING: &str = "/accounts/{account_id}/ai-gateway/billing";
/// The least of one top-up, in dollars.
const LEAST: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

/// Refuses an amount that is never sold.
fn check_amount(amount: Amount) -> Result<()> {
    if amount.decimal() >= LEAST {
        return Ok(());
    }
    let message = format!("Cloudflare sells $10.00 or more at a time, and ${amount} is less");
    Err(Failure::new(Class::AmountOutOfBounds, message).detail("min_usd", "10.00"))
}

/// The gateway's billing, seen through one API token.
pub struct Cloudflare<'a> {
    balances: Balances<'a>,
    /// How often a top-up was looked at and not found final.
    open_looks: Cell<u32>,
}

impl<'a> Cloudflare<'a> {
    /// Reads by its row.
    pub fn new(balances: Balances<'a>) -> Self {
        Self { balances, open_looks: Cell::new(0) }
    }
}

impl SellingRow for Cloudflare<'_> {
    fn row(&self) -> &Balances<'_> {
        &self.balances
    }

    /// The account, with its card and what automatic purchases are set to.
    fn account(&self) -> Result<RowState> {
        let (mut state, answer) = self.balances.account_with_answer()?;
        state.card = wire::card(&answer);
        let (reload, trouble) = wire::auto_reload(&answer);
        state.auto_reload = reload;
        if let Some(trouble) = trouble {
            let trouble = self.balances.without_key(&trouble);
            state.notes.push(format!("Automatic purchases have stopped: {trouble}."));
        }
        Ok(state)
    }

    fn reloading(&self) -> Option<&dyn AutoReloading> {
        Some(self)
    }
}

impl DollarAccount for Cloudflare<'_> {
    fn has_monthly_limit(&self) -> bool {
        false
    }

    fn read(&self) -> Result<DollarState> {
        let state = self.account()?;
        let bounds = Bounds { min_usd: Some(Money(LEAST)), max_usd: None };
        Ok(DollarState { bounds: Some(bounds), ..state.into_dollars() })
    }

    fn balance_of(&self, state: &DollarState) -> Result<Money> {
        state.balance_usd.map_or_else(|| Err(self.balances.unit_unknown()), Ok)
    }
}

impl AutoReloading for Cloudflare<'_> {
    /// API tokens may not: only a person who is logged in to the dashboard may.
    fn is_changeable(&self) -> bool {
        false
    }

    fn configure(&self, _: AutoReloadChange) -> Result<()> {
        Err(self.unsupported("changing auto-reload", PortalPage::Topup))
    }
}
