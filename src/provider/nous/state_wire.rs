//! The account as the portal answers it. Contract: nous, state.

use super::pages::{is_slug, page, page_of};
use crate::core::link;
use crate::core::money::Money;
use crate::core::target::PortalTarget;
use crate::provider::unit::whole_percent;
use crate::provider::{
    AutoReload, Bounds, Card, DollarState, MonthlyLimit, Organisation, PortalPage, Unit, wire,
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// `GET /api/billing/state` as it comes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    org: Option<OrgWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    can_change_plan: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    balance_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    cli_billing_enabled: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    charge_presets: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "wire::lenient")]
    bounds: Option<BoundsWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    card: Option<CardWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    monthly_cap: Option<CapWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    auto_reload: Option<AutoReloadWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    portal_url: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    sandbox: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct OrgWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    slug: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    pub(super) role: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoundsWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    min_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    max_usd: Option<Money>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CardWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    brand: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    last4: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    resolved_via: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CapWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    limit_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    spent_this_month_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    is_default_ceiling: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AutoReloadWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    threshold_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    reload_to_usd: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    card: Option<CardWire>,
}

impl StateWire {
    pub(super) fn plain(self, portal: &PortalTarget) -> DollarState {
        let role = self.org.as_ref().and_then(|org| org.role.clone());
        let can_charge =
            self.can_change_plan.unwrap_or_else(|| role.as_deref().is_some_and(may_bill));
        let slug = self.org.as_ref().and_then(|org| org.slug.clone()).filter(|s| is_slug(s));
        let monthly_limit = self.monthly_cap.and_then(CapWire::plain);
        let mut auto_reload = self.auto_reload.and_then(AutoReloadWire::plain);
        if let Some(reload) = auto_reload.as_mut().filter(|reload| reload.enabled) {
            reload.may_charge_usd = monthly_limit.as_ref().map(|limit| limit.remaining_usd);
        }
        DollarState {
            org: self.org.and_then(OrgWire::plain),
            can_charge,
            balance_usd: self.balance_usd,
            billing_enabled: self.cli_billing_enabled,
            presets_usd: self
                .charge_presets
                .unwrap_or_default()
                .into_iter()
                .filter_map(|preset| Money::deserialize(preset).ok())
                .collect(),
            bounds: self
                .bounds
                .map(|bounds| Bounds { min_usd: bounds.min_usd, max_usd: bounds.max_usd })
                .filter(|bounds| bounds.min_usd.is_some() || bounds.max_usd.is_some()),
            card: self.card.and_then(CardWire::plain),
            monthly_limit,
            warnings: auto_reload.as_ref().and_then(AutoReload::warning).into_iter().collect(),
            auto_reload,
            portal_url: {
                let usual = page(&portal.base, PortalPage::Topup, None);
                let given = self.portal_url;
                let given = given.and_then(|given| link::resolve(&portal.base, &given).own());
                match (given.filter(|given| *given != usual), &slug) {
                    (Some(given), _) => given,
                    (None, Some(slug)) => page_of(&portal.base, slug),
                    (None, None) => usual,
                }
            },
            access: None,
            credits: None,
            unit: Unit::Usd,
            sandbox: portal.sandbox || self.sandbox == Some(true),
        }
    }
}

impl OrgWire {
    /// An organisation without an id is none: nothing may be bound to an empty name.
    pub(super) fn plain(self) -> Option<Organisation> {
        let id = self.id.filter(|id| !id.is_empty())?;
        Some(Organisation { id, slug: self.slug, name: self.name, role: self.role })
    }
}

impl CardWire {
    /// `Visa ····4242`; the brand alone for a wallet that has no digits.
    pub(super) fn plain(self) -> Option<Card> {
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let (brand, last4) = (filled(self.brand), filled(self.last4));
        let label = match (&brand, &last4) {
            (None, None) => return None,
            (Some(brand), None) => brand.clone(),
            (Some(brand), Some(last4)) => format!("{brand} ····{last4}"),
            (None, Some(last4)) => format!("card ····{last4}"),
        };
        Some(Card { brand, last4, label, resolved_via: filled(self.resolved_via) })
    }

    /// Another card than the saved one, whatever else can be read of it.
    fn distinct(self) -> Card {
        let label = || "a card that is not named".to_owned();
        self.plain().unwrap_or_else(|| Card {
            brand: None,
            last4: None,
            label: label(),
            resolved_via: None,
        })
    }
}

impl CapWire {
    pub(super) fn plain(self) -> Option<MonthlyLimit> {
        let limit = self.limit_usd?;
        let spent = self.spent_this_month_usd.unwrap_or(Money::ZERO);
        let remaining = limit.0.checked_sub(spent.0).unwrap_or_default().max(Decimal::ZERO);
        Some(MonthlyLimit {
            limit_usd: limit,
            spent_usd: spent,
            remaining_usd: Money(remaining),
            // Nothing of nothing is all.
            percent: whole_percent(spent.0, limit.0).unwrap_or(100),
            is_default_ceiling: self.is_default_ceiling.unwrap_or(false),
        })
    }
}

impl AutoReloadWire {
    /// Without the word whether it is on there is nothing that could be said about it.
    pub(super) fn plain(self) -> Option<AutoReload> {
        Some(AutoReload {
            enabled: self.enabled?,
            below_usd: self.threshold_usd,
            to_usd: self.reload_to_usd,
            amount_usd: None,
            card: self
                .card
                .filter(|card| card.kind.as_deref() == Some("distinct"))
                .map(CardWire::distinct),
            may_charge_usd: None,
        })
    }
}

/// Whether this role has the billing permission.
pub(super) fn may_bill(role: &str) -> bool {
    matches!(role, "OWNER" | "ADMIN" | "FINANCE_ADMIN")
}
