//! One look at the balance after a purchase: for a person, and for a script that asks for it. The
//! purchase is settled by then, and nothing that becomes of the look changes the answer.

use crate::app::summary::Summary;
use crate::cli::invocation::Invocation;
use crate::output::Form;
use crate::provider::DollarAccount;
use std::time::Duration;

/// So long the look may take.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Adds the balance to a purchase, with auto-reload and whether it is real money: where a person or a
/// script wants to see it, and it can be read in time.
pub fn read(invocation: &Invocation, is_asked_for: bool, purchase: &mut Summary) {
    let output = &invocation.output;
    let is_balance = |path: &String| path.ends_with("balance_usd");
    let picked = matches!(&output.form, Form::Values(paths) if paths.iter().any(is_balance));
    if !(is_asked_for || picked || output.interactive) {
        return;
    }
    let setup = invocation.setup.within(LONGEST_LOOK);
    let Ok(provider) = setup.provider() else { return };
    let Some(Ok(state)) = provider.dollar_account().map(DollarAccount::read) else { return };
    purchase.balance_usd = state.balance_usd;
    purchase.auto_reload = state.auto_reload;
    // A sandbox that is served calls itself one.
    purchase.sandbox |= state.sandbox;
}
