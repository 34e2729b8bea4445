//! Plans of the portal: the requests, and the plain values that come out of their answers.
//! Contract: nous, subscription.

use super::pages::page;
use super::state_wire::{OrgWire, may_bill};
use super::{Nous, unsent, verdict};
use crate::core::class::Class;
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::core::target::PortalTarget;
use crate::core::time;
use crate::credentials::Token;
use crate::http::{Method, Request, SPEND_DEADLINE};
use crate::provider::plans::{
    CurrentPlan, PendingChange, PendingKind, PlanChange, PlanEffect, PlanSeen, Plans, Preview,
    Subscription, Tier,
};
use crate::provider::{ChargeResponse, IdempotencyKey, PortalPage, wire};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// No plan's id is longer: it is kept in the journal.
const LONGEST_ID: usize = 200;
/// No plan's name is shown longer: it stands in questions.
const LONGEST_NAME: usize = 60;

impl Nous<'_> {
    fn ask_subscription(&self, method: Method, place: &str, body: &Value) -> Request {
        let request = Request::new(method, self.url(&["subscription", place]));
        if body.is_null() { request } else { request.json(body.to_string().into_bytes()) }
    }
}

impl Plans for Nous<'_> {
    fn read(&self) -> Result<Subscription> {
        let answer = self.session.call(Request::new(Method::GET, self.url(&["subscription"])))?;
        let map = self.object(&answer)?;
        subscription(map, self.portal()).ok_or_else(|| {
            Failure::new(Class::Protocol, "the portal's answer about the plan makes no sense")
        })
    }

    fn preview(&self, tier_id: &str) -> Result<Preview> {
        let body = json!({"subscriptionTypeId": tier_id});
        let answer = self.session.call(self.ask_subscription(Method::POST, "preview", &body))?;
        let map = self.object(&answer)?;
        let organisation = self.session.token_as_is().ok().and_then(|token| token.organisation);
        let portal_url = page(&self.portal().base, PortalPage::Plan, organisation.as_deref());
        preview(&map, tier_id, portal_url, self.portal().sandbox)
    }

    fn schedule(&self, change: PlanChange<'_>) -> Result<Option<String>> {
        let (method, body) = match change {
            PlanChange::To(id) => {
                (Method::PUT, json!({"type": "tier_change", "subscriptionTypeId": id}))
            }
            PlanChange::Cancel => (Method::PUT, json!({"type": "cancellation"})),
            PlanChange::Keep => (Method::DELETE, Value::Null),
        };
        let request =
            self.ask_subscription(method, "pending-change", &body).deadline(SPEND_DEADLINE);
        let answer = self.session.call(request)?;
        let map = self.object(&answer)?;
        let as_asked = match change {
            PlanChange::To(_) => true,
            PlanChange::Cancel => wire::field(&map, "cancelAtPeriodEnd") != Some(false),
            PlanChange::Keep => wire::field(&map, "cancelAtPeriodEnd") != Some(true),
        };
        // Which of the keys come is the portal's affair; an answer with none of them is not its.
        let known = ["rail", "changeType", "cancelAtPeriodEnd", "message"];
        if !as_asked || !known.iter().any(|key| map.contains_key(*key)) {
            return Err(Failure::new(
                Class::Protocol,
                "the portal did not confirm the change of the plan",
            ));
        }
        Ok(wire::words(&map, "message"))
    }

    fn upgrade_body(&self, tier_id: &str) -> Vec<u8> {
        json!({"subscriptionTypeId": tier_id}).to_string().into_bytes()
    }

    fn upgrade(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        match self.purchase_request(&["subscription", "upgrade"], key, body) {
            Ok(request) => {
                let organisation = token.organisation.as_deref();
                let plan_page = page(&self.portal().base, PortalPage::Plan, organisation);
                let outcome = self.session.send_once(token, request);
                verdict::upgraded(outcome, &self.portal().base, &plan_page)
            }
            Err(error) => unsent(&error),
        }
    }

    fn look(&self, token: &Token, tier_id: &str) -> PlanSeen {
        let request = Request::new(Method::GET, self.url(&["subscription"]));
        let outcome = self.session.send_once(token, request);
        verdict::plan_seen(outcome, &self.portal().base, |map| {
            let subscription = subscription(map, self.portal())?;
            let ours = subscription.check_is_of(token.organisation.as_deref()).is_ok();
            let reported = subscription.current.is_some() || !subscription.tiers.is_empty();
            (ours && reported).then(|| subscription.is_on(tier_id))
        })
    }
}

/// `GET /api/billing/subscription` as it comes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    org: Option<OrgWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    context: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    can_change_plan: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    current: Option<CurrentWire>,
    #[serde(default, deserialize_with = "wire::lenient")]
    tiers: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CurrentWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    tier_id: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    tier_name: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    monthly_credits: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    credits_remaining: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    cycle_ends_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::lenient")]
    pending_downgrade_tier_name: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    pending_downgrade_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::lenient")]
    cancel_at_period_end: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    cancellation_effective_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TierWire {
    #[serde(default, deserialize_with = "wire::lenient")]
    tier_id: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "wire::lenient")]
    tier_order: Option<i64>,
    #[serde(default, deserialize_with = "wire::lenient")]
    dollars_per_month_display: Option<Value>,
    #[serde(default, deserialize_with = "wire::lenient")]
    monthly_credits: Option<Money>,
    #[serde(default, deserialize_with = "wire::lenient")]
    is_current: Option<bool>,
    #[serde(default, deserialize_with = "wire::lenient")]
    is_enabled: Option<bool>,
}

fn subscription(map: Map<String, Value>, portal: &PortalTarget) -> Option<Subscription> {
    let wire = SubscriptionWire::deserialize(Value::Object(map)).ok()?;
    let role = wire.org.as_ref().and_then(|org| org.role.clone());
    let can_change = wire.can_change_plan.unwrap_or_else(|| role.as_deref().is_some_and(may_bill));
    let org = wire.org.and_then(OrgWire::plain);
    let mut tiers: Vec<(i64, Tier)> = wire
        .tiers
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tier| TierWire::deserialize(tier).ok()?.plain())
        .collect();
    tiers.sort_by_key(|(order, _)| *order);
    Some(Subscription {
        portal_url: page(&portal.base, PortalPage::Plan, org.as_ref().map(|org| org.id.as_str())),
        org,
        context: wire.context.map(|word| short(&word)),
        can_change,
        current: wire.current.map(CurrentWire::plain),
        tiers: tiers.into_iter().map(|(_, tier)| tier).collect(),
        sandbox: portal.sandbox,
    })
}

impl CurrentWire {
    fn plain(self) -> CurrentPlan {
        let downgrade = self.pending_downgrade_tier_name.filter(|name| !name.is_empty());
        let pending = if self.cancel_at_period_end == Some(true) {
            let effective_at = self.cancellation_effective_at.or(self.cycle_ends_at);
            Some((PendingKind::Cancellation, None, effective_at))
        } else {
            downgrade.map(|name| {
                let effective_at = self.pending_downgrade_at.or(self.cycle_ends_at);
                (PendingKind::TierChange, Some(short(&name)), effective_at)
            })
        };
        CurrentPlan {
            tier_id: self.tier_id.filter(|id| is_id(id)),
            tier_name: self.tier_name.map(|name| short(&name)),
            monthly_credits: self.monthly_credits,
            credits_remaining: self.credits_remaining,
            cycle_ends_at: self.cycle_ends_at.map(time::shown),
            pending: pending.map(|(kind, tier_name, effective_at)| PendingChange {
                kind,
                tier_name,
                effective_at: effective_at.map(time::shown),
            }),
        }
    }
}

impl TierWire {
    /// A plan without an id cannot be named, and is none.
    fn plain(self) -> Option<(i64, Tier)> {
        let tier_id = self.tier_id.filter(|id| is_id(id))?;
        let price_display = match self.dollars_per_month_display {
            Some(Value::String(text)) => Some(short(&text)),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let plain = price_display.as_deref().map(|text| text.trim().trim_start_matches('$'));
        let tier = Tier {
            name: self
                .name
                .filter(|name| !name.trim().is_empty())
                .map_or_else(|| tier_id.clone(), |name| short(&name)),
            tier_id,
            monthly_price_usd: plain.and_then(Money::parse),
            price_display,
            monthly_credits: self.monthly_credits,
            is_current: self.is_current.unwrap_or(false),
            is_enabled: self.is_enabled.unwrap_or(true),
        };
        Some((self.tier_order.unwrap_or(i64::MAX), tier))
    }
}

/// An id is kept and sent as it is: what cannot be one names no plan.
fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.chars().all(escape::is_plain)
}

/// No more of a name than a question has room for.
fn short(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

/// What a preview showed, with everything that a purchase rests on checked.
fn preview(
    map: &Map<String, Value>,
    asked: &str,
    portal_url: String,
    sandbox: bool,
) -> Result<Preview> {
    let senseless = |what: &str| {
        Failure::new(
            Class::Protocol,
            format!("nothing was sent: the portal's preview makes no sense: {what}"),
        )
        .link(portal_url.clone())
    };
    let target = wire::text(map, "targetTierId");
    if target.as_deref().is_some_and(|target| target != asked) {
        return Err(senseless("it is about another plan than the one asked for"));
    }
    let effect = match wire::text(map, "effect").as_deref() {
        Some("charge_now") => PlanEffect::ChargeNow,
        Some("scheduled") => PlanEffect::Scheduled,
        Some("no_op") => PlanEffect::NoOp,
        // Whatever this version does not know is nothing that it may do.
        _ => PlanEffect::Blocked,
    };
    let due = amount_due(map);
    match (effect, due) {
        (PlanEffect::ChargeNow, None) => {
            return Err(senseless("it does not say in whole cents what would be charged now"));
        }
        (PlanEffect::Scheduled, Some(due)) if due > Money::ZERO => {
            return Err(senseless("it would be scheduled, and charged all the same"));
        }
        (PlanEffect::Scheduled, None)
            if map.get("amountDueNowCents").is_some_and(|due| !due.is_null()) =>
        {
            return Err(senseless("what would be charged now cannot be read"));
        }
        _ => {}
    }
    let named = |key: &str| wire::text(map, key).map(|name| short(&name));
    Ok(Preview {
        effect,
        reason: wire::words(map, "reason"),
        current_tier_id: wire::text(map, "currentTierId").filter(|id| is_id(id)),
        current_tier_name: named("currentTierName"),
        target_tier_id: asked.to_owned(),
        target_tier_name: named("targetTierName").unwrap_or_else(|| asked.to_owned()),
        monthly_credits_delta: wire::field(map, "monthlyCreditsDelta"),
        amount_due_now_usd: due,
        effective_at: wire::field::<Timestamp>(map, "effectiveAt").map(time::shown),
        portal_url,
        sandbox,
    })
}

/// `amountDueNowCents` in dollars: whole cents, never less than nothing.
fn amount_due(map: &Map<String, Value>) -> Option<Money> {
    let cents = wire::field::<Money>(map, "amountDueNowCents")?.0;
    if !cents.is_integer() || cents < Decimal::ZERO {
        return None;
    }
    let cents = i64::try_from(cents.normalize()).ok()?;
    Some(Money(Decimal::new(cents, 2)))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
