//! Who may be paid: what the rules say, for all or for one user.

use crate::core::failure::Result;
use crate::ledger::Ledger;
use crate::ledger::values::Rule;

/// The rules of a mandate: all of them, or those that hold for one user, where a rule of their own
/// counts before one for all.
///
/// # Errors
/// Class `config`, `network` or `timeout`.
pub fn rules(ledger: &mut Ledger, mandate: &str, user: Option<&str>) -> Result<Vec<Rule>> {
    let mut rules = ledger.rules(mandate)?;
    let Some(user) = user else { return Ok(rules) };
    let is_own = |rule: &Rule| rule.user.as_deref() == Some(user);
    let own: Vec<String> =
        rules.iter().filter(|rule| is_own(rule)).map(|rule| rule.provider.clone()).collect();
    rules.retain(|rule| match rule.user {
        Some(_) => is_own(rule),
        None => !own.contains(&rule.provider),
    });
    Ok(rules)
}
