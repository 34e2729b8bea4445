//! How the account of a row is shown.

use super::show_auto_reload;
use crate::core::money::Money;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::AccountState as _;
use crate::provider::balances::{LimitLeft, RowState, Scope};

impl Show for RowState {
    fn show(&self, page: &mut Page) {
        if let Some(account) = &self.account {
            page.field("account", Tone::Plain, account);
        }
        let tone = match (self.usable, self.balance()) {
            (Some(false), _) => Tone::Bad,
            (_, Some(balance)) if !balance.unlimited && balance.amount <= Money::ZERO => Tone::Bad,
            _ => Tone::Strong,
        };
        if self.balances.is_empty() || self.balance.is_some() {
            let balance = match self.balance() {
                Some(balance) if balance.unlimited => "no limit is set".to_owned(),
                Some(balance) => balance.shown(),
                None => "not stated".to_owned(),
            };
            page.field("balance", tone, &balance);
        }
        for one in &self.balances {
            let name = one.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            page.field("balance", tone, &format!("{}{name}", one.unit.shown(one.balance)));
        }
        let about = match self.scope {
            Scope::Key => "this key's own limit",
            Scope::User => "this user's own limit",
            other => other.word(),
        };
        page.field("scope", Tone::Plain, about);
        if self.usable == Some(false) {
            page.line(Tone::Warn, "The system says that nothing can be used at present.");
        }
        show_limits(page, &self.limits);
        for figure in &self.figures {
            let amount = figure.amount.0.normalize().to_string();
            page.field(&figure.name.replace('_', " "), Tone::Dim, &amount);
        }
        if let Some(resets) = &self.resets_at {
            page.field("starts again", Tone::Plain, resets);
        }
        if let Some(card) = &self.card {
            page.field("card", Tone::Plain, &card.label);
        }
        if let Some(reload) = &self.auto_reload {
            show_auto_reload(page, reload);
        }
        for note in &self.notes {
            page.line(Tone::Dim, note);
        }
        if let Some(url) = &self.portal_url {
            page.link("portal", url);
        }
        page.sandbox(self.sandbox);
    }
}

/// A line for each limit.
pub fn show_limits(page: &mut Page, limits: &[LimitLeft]) {
    for limit in limits {
        let left = match limit.remaining {
            Some(left) => format!("{} left", limit.unit.shown(left)),
            None => "what is left is not stated".to_owned(),
        };
        let of = limit.limit.map(|whole| format!(" of {}", limit.unit.shown(whole)));
        let window = limit.window.as_ref().map(|window| format!(", {window}"));
        let resets = limit.resets_at.as_ref().map(|time| format!(", starts again {time}"));
        let text =
            [Some(left), of, window, resets].into_iter().flatten().collect::<Vec<_>>().concat();
        page.field(&format!("{} limit", limit.scope.word()), Tone::Plain, &text);
    }
}
