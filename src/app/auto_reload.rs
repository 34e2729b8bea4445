//! Automatic purchases: shown, set, switched off, a gate that they are off, and what a change would
//! come to. Nothing else changes them.

use super::buying::foreseen;
use super::dry_run::WouldChange;
use super::questions::Questions;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::provider::{
    AutoReload, AutoReloadChange, AutoReloading, DollarAccount, DollarState, PortalPage, Provider,
};
use crate::purchase::world::{TOKEN_LASTS, TokenSource};
use schemars::JsonSchema;
use serde::Serialize;

/// The amounts for an account that never had any, because the system wants some even to switch it
/// off, in dollars.
const SOME_BELOW: &str = "10";
const SOME_TO: &str = "25";

/// What has not happened where a change was not confirmed.
const UNDONE: &str = "nothing was changed";

/// What holds now; `data` of `auto-reload`.
#[derive(Serialize, JsonSchema)]
pub struct Reloads {
    /// None where this role does not see it.
    pub auto_reload: Option<AutoReload>,
    /// Whether this command changed it.
    pub changed: bool,
    /// Where it can be changed in a browser.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}

/// What a change would come to; `data` of `auto-reload --dry-run`.
#[derive(Serialize, JsonSchema)]
pub struct ReloadDryRun {
    /// Always true: nothing was changed.
    pub dry_run: bool,
    /// What would be done.
    pub would: WouldChange,
    /// What holds now; null where this role does not see it.
    pub auto_reload: Option<AutoReload>,
    /// What would hold afterwards.
    pub auto_reload_after: AutoReload,
    /// Where it can be changed in a browser.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadWish {
    /// Show it.
    Show,
    /// End well only where it is off.
    RequireOff,
    /// Switch it off.
    Off,
    /// Switch it on.
    On {
        /// The balance that triggers a purchase, in dollars.
        below: Amount,
        /// The balance to come back to, in dollars.
        to: Amount,
    },
}

impl ReloadWish {
    /// What these words ask for.
    ///
    /// # Errors
    /// Class `usage` for amounts that make no sense.
    pub fn parse(below: Option<&str>, to: Option<&str>) -> Result<Self> {
        let (below, to) = match (below, to) {
            (None, _) | (Some("show" | "status"), None) => return Ok(Self::Show),
            (Some("off"), None) => return Ok(Self::Off),
            (Some("off"), Some(_)) => {
                return Err(Failure::usage("'auto-reload off' takes no amount"));
            }
            (Some("disable" | "none" | "stop" | "false" | "no"), _) => {
                return Err(Failure::usage(
                    "automatic purchases are switched off by the word 'off'",
                )
                .hint("Run 'topup auto-reload off'."));
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

/// Shows or changes it.
///
/// # Errors
/// Class `confirmation_required` where no one can be asked, `spend_guard` where it has to be off and
/// is on, and the refusals of the system.
pub fn auto_reload(
    provider: &dyn Provider,
    wish: ReloadWish,
    questions: &Questions<'_>,
) -> Result<Reloads> {
    let switch = ReloadSwitch::new(provider, questions)?;
    match wish {
        ReloadWish::Show => switch.shown(switch.read()?, false),
        ReloadWish::RequireOff => switch.require_off(),
        ReloadWish::Off => switch.off(),
        ReloadWish::On { below, to } => switch.on(below, to),
    }
}

/// What a change would come to, as far as the account shows it; nothing is sent.
///
/// # Errors
/// The class that the change would be refused with, and `usage` where none is asked for.
pub fn dry_run(
    provider: &dyn Provider,
    wish: ReloadWish,
    tokens: &dyn TokenSource,
    questions: &Questions<'_>,
) -> Result<ReloadDryRun> {
    let switch = ReloadSwitch::new(provider, questions)?;
    if matches!(wish, ReloadWish::Show | ReloadWish::RequireOff) {
        return Err(Failure::usage("--dry-run needs a change")
            .hint("As in 'topup auto-reload 20 100 --dry-run'."));
    }
    let link = switch.changeable_link()?;
    let state = switch.account.read()?;
    let known = state.auto_reload.clone();
    let (change, would) = match wish {
        ReloadWish::On { below, to } => (AutoReloadChange::On { below, to }, WouldChange::Change),
        _ if known.as_ref().is_some_and(|known| !known.enabled) => {
            (switched_off(known.as_ref())?, WouldChange::Nothing)
        }
        _ => (switched_off(known.as_ref())?, WouldChange::Change),
    };
    if would == WouldChange::Change {
        let token = tokens.token(TOKEN_LASTS)?;
        foreseen::check_permission(&token, || Some(link.clone()))?;
        foreseen::check_account(&state)?;
        if matches!(change, AutoReloadChange::On { .. }) {
            check_card(&state)?;
        }
    }
    let card = known.as_ref().and_then(|known| known.card.clone());
    let on = matches!(change, AutoReloadChange::On { .. });
    let limit = state.monthly_limit.as_ref().filter(|_| on);
    let may_charge_usd = limit.map(|limit| limit.remaining_usd);
    let auto_reload_after = AutoReload { card, may_charge_usd, ..as_changed(change) };
    Ok(ReloadDryRun {
        dry_run: true,
        would,
        auto_reload: known,
        auto_reload_after,
        portal_url: link,
    })
}

/// Checks that there is a card for automatic purchases.
fn check_card(state: &DollarState) -> Result<()> {
    let reload = state.auto_reload.as_ref().and_then(|reload| reload.card.as_ref());
    if state.card.is_some() || reload.is_some() {
        return Ok(());
    }
    Err(Failure::new(
        Class::NoPaymentMethod,
        "nothing was changed: the account shows no saved card",
    )
    .hint("Save a card on the portal:")
    .link(state.portal_url.clone()))
}

/// The switch for automatic purchases of one account.
struct ReloadSwitch<'a> {
    account: &'a dyn DollarAccount,
    system: &'a dyn AutoReloading,
    questions: &'a Questions<'a>,
    provider: &'a dyn Provider,
}

impl<'a> ReloadSwitch<'a> {
    /// That of this account.
    ///
    /// # Errors
    /// Class `unsupported` where there is none.
    fn new(provider: &'a dyn Provider, questions: &'a Questions<'a>) -> Result<Self> {
        let (Some(account), Some(system)) = (provider.dollar_account(), provider.auto_reload())
        else {
            return Err(provider.unsupported("auto-reload", PortalPage::Topup));
        };
        Ok(Self { account, system, questions, provider })
    }

    fn read(&self) -> Result<Option<AutoReload>> {
        Ok(self.account.read()?.auto_reload)
    }

    fn link(&self) -> Result<String> {
        self.provider.page_link(PortalPage::Topup)
    }

    fn shown(&self, auto_reload: Option<AutoReload>, changed: bool) -> Result<Reloads> {
        Ok(Reloads { auto_reload, changed, portal_url: self.link()? })
    }

    /// Passes where it is seen to be off. Where it cannot be seen, nothing is proved.
    fn require_off(&self) -> Result<Reloads> {
        let known = self.shown(self.read()?, false)?;
        let Some(reload) = &known.auto_reload else {
            return Err(Failure::new(Class::RoleRequired, "this role does not see auto-reload")
                .hint("Ask an owner or admin whether it is off.")
                .link(known.portal_url));
        };
        if !reload.enabled {
            return Ok(known);
        }
        let amount = |amount: Option<Money>| amount.map(|amount| amount.to_string());
        let hint = if self.system.is_changeable() {
            "'topup auto-reload off --yes' switches it off."
        } else {
            "It is switched off on {page}:"
        };
        let message = "auto-reload is on: the card may be charged at any time";
        Err(Failure::new(Class::SpendGuard, message)
            .hint(hint)
            .detail("below_usd", amount(reload.below_usd))
            .detail("to_usd", amount(reload.to_usd))
            .with_data_of(&known)
            .link(known.portal_url))
    }

    fn off(&self) -> Result<Reloads> {
        let link = self.check_changeable()?;
        let change = match self.read()? {
            Some(reload) if !reload.enabled => return self.shown(Some(reload), false),
            known => switched_off(known.as_ref())?,
        };
        if !self.questions.assume_yes {
            self.questions.confirm("Switch auto-reload off?", UNDONE, &link)?;
        }
        self.change(change)
    }

    fn on(&self, below: Amount, to: Amount) -> Result<Reloads> {
        let link = self.check_changeable()?;
        if !self.questions.assume_yes {
            let state = self.account.read()?;
            let charged = state.auto_reload.and_then(|reload| reload.card).or(state.card);
            let card =
                charged.as_ref().map_or("the saved card", |card| self.questions.card(&card.label));
            let question = format!("Buy automatically with {card}: below ${below}, up to ${to}?");
            self.questions.confirm(&question, UNDONE, &link)?;
        }
        self.change(AutoReloadChange::On { below, to })
    }

    /// The page for a person, once it is known that a change can be made from here.
    fn check_changeable(&self) -> Result<String> {
        let link = self.changeable_link()?;
        self.questions.check_can_be_asked(UNDONE, "change it", || Ok(link.clone()))?;
        Ok(link)
    }

    /// The page, where a change can be made from here at all.
    fn changeable_link(&self) -> Result<String> {
        if !self.system.is_changeable() {
            return Err(self.provider.unsupported("changing auto-reload", PortalPage::Topup));
        }
        self.link()
    }

    fn change(&self, change: AutoReloadChange) -> Result<Reloads> {
        if let Err(error) = self.system.configure(change) {
            if !error.class().may_have_arrived() && !error.class().is_signal() {
                return Err(error);
            }
            // The answer is missing: it may have been changed all the same.
            return match self.read() {
                Ok(Some(reload)) if is_in_force(&reload, change) => self.shown(Some(reload), true),
                _ => Err(error.hint("It may have been changed: 'topup auto-reload' shows it.")),
            };
        }
        let reload = self.read().unwrap_or_else(|error| {
            let line = format!("It was changed, but reading it again failed: {error}.");
            self.questions.report.warn(&NextStep::text(line));
            Some(as_changed(change))
        });
        self.shown(reload, true)
    }
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
        may_charge_usd: None,
    }
}

/// Whether this change is in force; where it is switched off, the amounts do not matter.
fn is_in_force(reload: &AutoReload, change: AutoReloadChange) -> bool {
    let wanted = as_changed(change);
    let amounts = (reload.below_usd, reload.to_usd) == (wanted.below_usd, wanted.to_usd);
    reload.enabled == wanted.enabled && (amounts || !wanted.enabled)
}

/// The change that switches it off. The system wants both amounts for that too: those it has, else
/// some that make sense.
fn switched_off(known: Option<&AutoReload>) -> Result<AutoReloadChange> {
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
