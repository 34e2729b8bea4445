//! One look at the balance after a purchase: for a person, and for a script that asks for it. The
//! purchase is settled by then, and nothing that becomes of the look changes the answer.

use crate::cli::invocation::Invocation;
use crate::core::money::Money;
use crate::output::Form;
use std::time::Duration;

/// So long the look may take.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The balance, where somebody wants to see it and it can be read in time. That auto-reload is on is
/// said beside it.
pub fn read(invocation: &Invocation, is_asked_for: bool) -> Option<Money> {
    let output = &invocation.output;
    let is_balance = |path: &String| path.ends_with("balance_usd");
    let picked = matches!(&output.form, Form::Values(paths) if paths.iter().any(is_balance));
    if !(is_asked_for || picked || output.interactive) {
        return None;
    }
    let setup = invocation.setup.within(LONGEST_LOOK);
    let provider = setup.provider().ok()?;
    let state = provider.dollar_account()?.read().ok()?;
    if let Some(note) = state.auto_reload_note().filter(|_| output.interactive) {
        output.note(note);
    }
    state.balance_usd
}
