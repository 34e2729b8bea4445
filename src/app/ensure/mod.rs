//! Buys only when less than that is there, from any number of jobs at once.
//!
//! On one machine a lock of the account is held from looking at the balance until the purchase is
//! final, and what is still on its way counts as there. Beyond one machine the key of the purchase
//! follows from what the decision rests on: two machines that saw the same figures ask for the same
//! purchase. Where machines come and go, the caller names it with `--once`; where the seller knows
//! no keys, only one machine may buy.

pub(crate) mod answer;
pub(crate) mod rehearsal;
mod round;
mod wanted;

pub use wanted::Ensure;

use crate::app::buying::Buying;
use crate::core::failure::{Failure, Result};
use crate::provider::DollarAccount;
use crate::provider::plans::Item;
use answer::{Ensured, FinishedEarlier};
use rehearsal::EnsureDryRun;
use round::EnsureRound;

/// The `error.code` where a purchase needs a name.
pub const NAME_MISSING: &str = "name_missing";

impl Ensure {
    /// Reads the balance, and buys where that is needed. What earlier runs had left open and is
    /// found paid is put into `finished`, even when the rest fails.
    ///
    /// # Errors
    /// Every class that a purchase can end with, `pending` or `outcome_unknown` when enough is on
    /// its way already, `insufficient_balance` when it is not enough even so.
    pub fn run(
        &self,
        buying: &Buying<'_>,
        account: &dyn DollarAccount,
        finished: &mut FinishedEarlier,
    ) -> Result<Ensured> {
        self.check_has_name(buying)?;
        let token = buying.token()?;
        let link = buying.page_of(&Item::Credits)?;
        EnsureRound { ensure: self, buying, account, token, link }.go(finished)
    }

    /// Refuses a run without a name where jobs on other machines may be buying at the same time:
    /// today, and not on the night when less is there.
    fn check_has_name(&self, buying: &Buying<'_>) -> Result<()> {
        let holds = self.once.is_some() || !buying.surroundings.come_and_go();
        if holds || buying.charges.seller().one_at_a_time() {
            return Ok(());
        }
        let mut failure = Failure::usage(
            "nothing was sent: 'ensure' needs a name in CI, since jobs on other machines may be buying at the same time",
        );
        failure.parts_mut().code = Some(NAME_MISSING.to_owned());
        Err(failure)
    }

    /// What a run would do.
    ///
    /// # Errors
    /// Every failure that would keep it from buying.
    pub fn rehearse(
        &self,
        buying: &Buying<'_>,
        account: &dyn DollarAccount,
    ) -> Result<EnsureDryRun> {
        self.check_has_name(buying)?;
        let token = buying.token()?;
        let link = buying.page_of(&Item::Credits)?;
        EnsureRound { ensure: self, buying, account, token, link }.rehearse()
    }
}
