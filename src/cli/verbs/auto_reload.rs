//! `topup auto-reload`: automatic purchases: shown, set, switched off. Nothing else changes them.

use super::state::show_auto_reload;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::{AutoReload, AutoReloadChange, DollarAccount, PortalPage, Provider};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What an account gets that never had amounts, because the system wants some even to switch it
/// off, in cents.
const SOME_BELOW: &str = "10";
const SOME_TO: &str = "25";

/// What has not happened where a change was not confirmed.
const UNDONE: &str = "nothing was changed";

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup auto-reload                show it
  topup auto-reload 20 100 --yes   below $20, buy up to $100
  topup auto-reload off --yes      switch it off
  topup auto-reload --require-off   a gate: nothing is bought behind your back";

/// The arguments of `topup auto-reload`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AutoReloadVerb {
    /// Buy when the balance falls below this many dollars, or off; shown when left out
    #[arg(value_name = "BELOW|off", allow_hyphen_values = true)]
    below: Option<String>,
    /// Buy up to this many dollars; more than BELOW
    #[arg(value_name = "TO", allow_hyphen_values = true)]
    to: Option<String>,
    /// End with spend_guard unless it is off, and change nothing
    #[arg(long, conflicts_with_all = ["below", "to"])]
    require_off: bool,
}

/// What holds now; `data` of `auto-reload`.
#[derive(Serialize, JsonSchema)]
pub struct Reloads {
    /// None where this role does not see it.
    auto_reload: Option<AutoReload>,
    /// Whether this command changed it.
    changed: bool,
    /// Where it can be changed in a browser.
    portal_url: String,
}

/// What was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReloadWish {
    Show,
    Off,
    On { below: Amount, to: Amount },
}

impl ReloadWish {
    fn parse(below: Option<&str>, to: Option<&str>) -> Result<Self> {
        let (below, to) = match (below, to) {
            (None, _) => return Ok(Self::Show),
            (Some("off"), None) => return Ok(Self::Off),
            (Some("off"), Some(_)) => {
                return Err(Failure::usage("'auto-reload off' takes no amount"));
            }
            (Some(_), None) => {
                return Err(Failure::usage("auto-reload needs two amounts")
                    .hint("As in 'topup auto-reload 20 100': below 20 dollars, buy up to 100."));
            }
            (Some(below), Some(to)) => (Amount::parse(below)?, Amount::parse(to)?),
        };
        if below >= to {
            return Err(Failure::usage(format!(
                "${to} is not more than ${below}: it would buy without end"
            ))
            .hint("The second amount is the balance to come back to."));
        }
        Ok(Self::On { below, to })
    }
}

impl AutoReloadVerb {
    /// Shows or changes it.
    ///
    /// # Errors
    /// Class `usage` for amounts that make no sense, `confirmation_required` where nobody can be
    /// asked, and the refusals of the system.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let wish = ReloadWish::parse(self.below.as_deref(), self.to.as_deref())?;
        let provider = invocation.setup.provider()?;
        if self.require_off {
            return require_off(provider.as_ref());
        }
        let (Some(account), Some(system)) = (provider.dollar_account(), provider.auto_reload())
        else {
            return Err(provider.unsupported("auto-reload", PortalPage::Topup));
        };
        if wish != ReloadWish::Show && !system.is_changeable() {
            return Err(provider.unsupported("changing auto-reload", PortalPage::Topup));
        }
        let link = provider.page_link(PortalPage::Topup)?;
        let questions = invocation.questions();
        if wish != ReloadWish::Show {
            questions.check_can_be_asked(UNDONE, "change it", || Ok(link.clone()))?;
        }
        let now = || -> Result<Option<AutoReload>> { Ok(account.read()?.auto_reload) };
        let change = match wish {
            ReloadWish::Show => return Ok(answer(now()?, false, link)),
            ReloadWish::On { below, to } => AutoReloadChange::On { below, to },
            ReloadWish::Off => match now()? {
                Some(reload) if !reload.enabled => return Ok(answer(Some(reload), false, link)),
                known => off(known.as_ref())?,
            },
        };
        if !invocation.globals.yes {
            let question = question(invocation, account, change)?;
            questions.confirm(&question, UNDONE, &link)?;
        }
        if let Err(error) = system.configure(change) {
            let may_have_arrived = error.class().may_have_arrived() || error.class().is_signal();
            // Without an answer it may have been changed all the same.
            return match now() {
                Ok(Some(reload)) if may_have_arrived && holds(&reload, change) => {
                    Ok(answer(Some(reload), true, link))
                }
                _ if may_have_arrived => {
                    Err(error.hint("It may have been changed: 'topup auto-reload' shows it."))
                }
                _ => Err(error),
            };
        }
        let reload = now().unwrap_or_else(|error| {
            invocation.output.complain(&format!("It was changed; the look at it failed: {error}."));
            Some(as_changed(change))
        });
        Ok(answer(reload, true, link))
    }
}

/// Lets through where it is seen to be off. Where it cannot be seen, nothing is proved.
fn require_off(provider: &dyn Provider) -> Result<Answer> {
    let (Some(account), Some(system)) = (provider.dollar_account(), provider.auto_reload()) else {
        return Err(provider.unsupported("auto-reload", PortalPage::Topup));
    };
    let link = provider.page_link(PortalPage::Topup)?;
    let Some(reload) = account.read()?.auto_reload else {
        return Err(Failure::new(Class::RoleRequired, "this role does not see auto-reload")
            .hint("Ask an owner or admin whether it is off.")
            .link(link));
    };
    if !reload.enabled {
        return Ok(answer(Some(reload), false, link));
    }
    let amount = |amount: Option<Money>| amount.map(|amount| amount.to_string());
    let hint = if system.is_changeable() {
        "'topup auto-reload off --yes' switches it off."
    } else {
        "It is switched off on this page:"
    };
    Err(Failure::new(Class::SpendGuard, "auto-reload is on: the card may be charged at any time")
        .hint(hint)
        .detail("below_usd", amount(reload.below_usd))
        .detail("to_usd", amount(reload.to_usd))
        .link(link))
}

/// What a change comes to.
fn as_changed(change: AutoReloadChange) -> AutoReload {
    let (enabled, below, to) = match change {
        AutoReloadChange::On { below, to } => (true, below, to),
        AutoReloadChange::Off { below, to } => (false, below, to),
    };
    AutoReload {
        enabled,
        below_usd: Some(below.into()),
        to_usd: Some(to.into()),
        amount_usd: None,
        card: None,
    }
}

/// Whether this is in force; switched off, the amounts do not matter.
fn holds(reload: &AutoReload, change: AutoReloadChange) -> bool {
    let wanted = as_changed(change);
    let amounts = (reload.below_usd, reload.to_usd) == (wanted.below_usd, wanted.to_usd);
    reload.enabled == wanted.enabled && (amounts || !wanted.enabled)
}

/// The system wants both amounts even to switch it off: those it has, else some that make sense.
fn off(known: Option<&AutoReload>) -> Result<AutoReloadChange> {
    let amount = |money: Option<Money>, some: &str| match money
        .and_then(|money| Amount::from_decimal(money.0))
    {
        Some(amount) => Ok(amount),
        None => Amount::parse(some),
    };
    Ok(AutoReloadChange::Off {
        below: amount(known.and_then(|reload| reload.below_usd), SOME_BELOW)?,
        to: amount(known.and_then(|reload| reload.to_usd), SOME_TO)?,
    })
}

fn question(
    invocation: &Invocation,
    account: &dyn DollarAccount,
    change: AutoReloadChange,
) -> Result<String> {
    let AutoReloadChange::On { below, to } = change else {
        return Ok("Switch auto-reload off?".to_owned());
    };
    let saved = account.read()?.card;
    let questions = invocation.questions();
    let card = saved.as_ref().map_or("the saved card", |card| questions.card(&card.label));
    Ok(format!("Buy automatically with {card}: below ${below}, up to ${to}?"))
}

fn answer(auto_reload: Option<AutoReload>, changed: bool, portal_url: String) -> Answer {
    Answer::new(Reloads { auto_reload, changed, portal_url })
}

impl Show for Reloads {
    fn show(&self, page: &mut Page) {
        match &self.auto_reload {
            Some(reload) => show_auto_reload(page, reload),
            None => page.line(Tone::Plain, "This role does not see auto-reload."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;

    #[test]
    fn amounts_that_would_buy_without_end_are_refused_while_parsing() {
        let on = ReloadWish::parse(Some("20"), Some("100")).expect("fine");
        assert!(matches!(on, ReloadWish::On { .. }));
        assert_eq!(ReloadWish::parse(None, None).ok(), Some(ReloadWish::Show));
        assert_eq!(ReloadWish::parse(Some("off"), None).ok(), Some(ReloadWish::Off));
        for (below, to) in [
            ("20", Some("20")),
            ("100", Some("20")),
            ("20", None),
            ("off", Some("1")),
            ("-1", Some("2")),
        ] {
            assert_eq!(
                ReloadWish::parse(Some(below), to).expect_err("refused").class(),
                Class::Usage,
                "{below} {to:?}"
            );
        }
    }
}
