//! Plans: what there is, what a change would do, and the change itself. Contract: nous,
//! subscription.

use super::account;
use super::billing::{idempotency_key, may_spend, remember, remembered, strict};
use super::store::{Work, broken};
use super::wire::{Answered, Call, Reply, caller};
use crate::core::failure::Result;
use rusqlite::params;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// How many plan changes a day take.
const CHANGES_A_DAY: i64 = 5;
/// The word that stands for the end of the plan where a change is kept.
pub const CANCEL: &str = "cancel";
/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// What the saved card was charged for plans. It is no charge for credits: those have calls, limits
/// and a status of their own.
pub const TABLES: &str = "
    CREATE TABLE plan_charge (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,
        cents INTEGER NOT NULL, idempotency_key TEXT, created_ms INTEGER NOT NULL
    ) STRICT;
";

/// What was charged for a plan.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PlanCharge {
    /// Its id.
    pub id: String,
    /// The plan.
    pub tier_id: String,
    /// In dollars.
    pub amount_usd: String,
    /// The key it was made under; none on the page.
    pub idempotency_key: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// A plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Dollars a month, as shown.
    pub dollars: &'static str,
    /// The same in cents.
    pub cents: i64,
    /// Credits a month, in dollars.
    pub credits: &'static str,
    /// Whether it can be chosen.
    pub enabled: bool,
}

/// Every plan, from the smallest up.
pub const TIERS: &[Tier] = &[
    Tier { id: "free", name: "Free", dollars: "0", cents: 0, credits: "0", enabled: true },
    Tier { id: "plus", name: "Plus", dollars: "20", cents: 2_000, credits: "22", enabled: true },
    Tier {
        id: "super",
        name: "Super",
        dollars: "100",
        cents: 10_000,
        credits: "110",
        enabled: true,
    },
    Tier {
        id: "ultra",
        name: "Ultra",
        dollars: "200",
        cents: 20_000,
        credits: "220",
        enabled: true,
    },
    Tier {
        id: "legacy",
        name: "Legacy",
        dollars: "50",
        cents: 5_000,
        credits: "50",
        enabled: false,
    },
];

/// The plan with this id.
pub fn tier(id: &str) -> Option<&'static Tier> {
    TIERS.iter().find(|tier| tier.id == id)
}

/// The plan in force, with the change that was due by now made.
///
/// # Errors
/// Class `config`.
pub fn current(work: &Work<'_>) -> Result<&'static Tier> {
    if let (Some(pending), Some(due)) =
        (work.text("pending-plan")?, work.number("pending-plan-ms")?)
        && work.now_ms() >= due
    {
        choose(work, if pending == CANCEL { TIERS[0].id } else { &pending })?;
    }
    let id = work.text("plan")?;
    Ok(id.and_then(|id| tier(&id)).unwrap_or(&TIERS[0]))
}

/// Changes to this plan now; nothing is scheduled any more.
///
/// # Errors
/// Class `config`.
pub fn choose(work: &Work<'_>, id: &str) -> Result<()> {
    work.set("plan", Some(id))?;
    forget_pending(work)
}

/// Charges these cents for a larger plan, and changes to it.
///
/// # Errors
/// Class `config`.
pub fn pay_for(work: &Work<'_>, tier: &Tier, cents: i64, key: Option<&str>) -> Result<()> {
    let id = format!("pc_{}", &Uuid::new_v4().simple().to_string()[..24]);
    work.sql
        .execute(
            "INSERT INTO plan_charge (id, plan, cents, idempotency_key, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, tier.id, cents, key, work.now_ms()],
        )
        .map_err(broken)?;
    choose(work, tier.id)
}

/// What was charged for plans, newest first.
///
/// # Errors
/// Class `config`.
pub fn charges(work: &Work<'_>) -> Result<Vec<PlanCharge>> {
    let mut statement = work
        .sql
        .prepare(
            "SELECT id, plan, cents, idempotency_key, created_ms FROM plan_charge ORDER BY seq DESC",
        )
        .map_err(broken)?;
    let rows = statement
        .query_map([], |row| {
            Ok(PlanCharge {
                id: row.get(0)?,
                tier_id: row.get(1)?,
                amount_usd: Decimal::new(row.get(2)?, 2).normalize().to_string(),
                idempotency_key: row.get(3)?,
                created_at: account::time(row.get(4)?),
            })
        })
        .map_err(broken)?;
    rows.collect::<Result<_, _>>().map_err(broken)
}

/// Schedules a change for the end of the month, in place of one that was scheduled before.
///
/// # Errors
/// Class `config`.
pub fn plan_for_cycle_end(work: &Work<'_>, id: &str) -> Result<()> {
    work.set("pending-plan", Some(id))?;
    let due = cycle_end(work)?.map(|due| due.as_millisecond().to_string());
    work.set("pending-plan-ms", due.as_deref())
}

fn forget_pending(work: &Work<'_>) -> Result<()> {
    work.set("pending-plan", None)?;
    work.set("pending-plan-ms", None)
}

/// Nothing changes with the end of the month; what was due already has happened and is not undone.
///
/// # Errors
/// Class `config`.
pub fn keep(work: &Work<'_>) -> Result<()> {
    current(work)?;
    forget_pending(work)
}

/// When the change that is scheduled is made.
///
/// # Errors
/// Class `config`.
pub fn pending_since(work: &Work<'_>) -> Result<Option<jiff::Timestamp>> {
    let due = work.number("pending-plan-ms")?;
    Ok(due.and_then(|due| jiff::Timestamp::from_millisecond(due).ok()))
}

/// When the present month of the plan ends: the first of the next month. None at the end of time.
///
/// # Errors
/// Class `config`.
pub fn cycle_end(work: &Work<'_>) -> Result<Option<jiff::Timestamp>> {
    let start = account::month_start_ms(work)?;
    let next = jiff::Timestamp::from_millisecond(start).ok().and_then(|start| {
        start.to_zoned(jiff::tz::TimeZone::UTC).checked_add(jiff::Span::new().months(1)).ok()
    });
    Ok(next.map(|next| next.timestamp()))
}

/// `GET /api/billing/subscription`.
///
/// # Errors
/// Class `config`.
pub fn show(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = caller(work, call)? {
        return Ok(refused);
    }
    let role = account::role(work)?;
    let now = current(work)?;
    let pending = work.text("pending-plan")?;
    let ends = cycle_end(work)?.map(|end| end.to_string());
    let downgrade = pending.as_deref().and_then(tier);
    let cancelled = pending.as_deref() == Some(CANCEL);
    let subscribed = now.cents > 0;
    let tiers: Vec<Value> = TIERS
        .iter()
        .enumerate()
        .map(|(order, tier)| {
            json!({
                "tierId": tier.id, "name": tier.name, "tierOrder": order,
                "dollarsPerMonthDisplay": tier.dollars, "monthlyCredits": tier.credits,
                "isCurrent": tier == now, "isEnabled": tier.enabled,
            })
        })
        .collect();
    let details = json!({
        "tierId": now.id, "tierName": now.name, "monthlyCredits": now.credits,
        "creditsRemaining": now.credits, "cycleEndsAt": ends,
        "pendingDowngradeTierName": downgrade.map(|tier| tier.name),
        "pendingDowngradeAt": downgrade.map(|_| ends.clone()),
        "cancelAtPeriodEnd": cancelled,
        "cancellationEffectiveAt": cancelled.then(|| ends.clone()),
    });
    Ok(Reply::json(
        200,
        &json!({
            "org": {"id": work.text("org")?, "name": "Sandbox", "role": role},
            "context": "team",
            "canChangePlan": account::may_charge(&role),
            "portalUrl": "/manage-subscription",
            "current": if subscribed { details } else { Value::Null },
            "tiers": tiers,
        }),
    ))
}

/// What a change of the plan would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It begins at once, and these cents are due.
    Now(i64),
    /// It begins with the next month.
    Later,
    /// It is the plan already.
    Nothing,
    /// The plan is not sold.
    Blocked,
}

/// What a change from one plan to another would do.
pub fn effect(now: &Tier, target: &Tier) -> Effect {
    if !target.enabled {
        Effect::Blocked
    } else if target == now {
        Effect::Nothing
    } else if target.cents > now.cents {
        Effect::Now(target.cents - now.cents)
    } else {
        Effect::Later
    }
}

/// The plan that a body names.
fn wanted(body: &[u8]) -> Result<&'static Tier, Reply> {
    let body = strict(body, &["subscriptionTypeId"])
        .map_err(|why| Reply::error(400, "validation_failed", &why))?;
    body.get("subscriptionTypeId")
        .and_then(Value::as_str)
        .and_then(tier)
        .ok_or_else(|| Reply::error(400, "validation_failed", "There is no such plan."))
}

/// `POST /api/billing/subscription/preview`.
///
/// # Errors
/// Class `config`.
pub fn preview(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let target = match wanted(&call.body) {
        Ok(target) => target,
        Err(refused) => return Ok(refused),
    };
    let now = current(work)?;
    let (effect, reason, due) = match effect(now, target) {
        Effect::Blocked => ("blocked", Some("This plan is not sold any more."), 0),
        Effect::Nothing => ("no_op", None, 0),
        Effect::Now(due) => ("charge_now", None, due),
        Effect::Later => ("scheduled", None, 0),
    };
    let credits = |tier: &Tier| Decimal::from_str_exact(tier.credits).unwrap_or_default();
    Ok(Reply::json(
        200,
        &json!({
            "effect": effect, "reason": reason,
            "currentTierId": now.id, "currentTierName": now.name,
            "targetTierId": target.id, "targetTierName": target.name,
            "monthlyCreditsDelta": (credits(target) - credits(now)).to_string(),
            "amountDueNowCents": due,
            "effectiveAt": if effect == "scheduled" { cycle_end(work)?.map(|end| end.to_string()) } else { None },
        }),
    ))
}

/// `PUT /api/billing/subscription/pending-change`.
///
/// # Errors
/// Class `config`.
pub fn schedule(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let kind = serde_json::from_slice::<Value>(&call.body)
        .ok()
        .and_then(|body| body.get("type").and_then(Value::as_str).map(str::to_owned));
    match kind.as_deref() {
        Some("cancellation") => {
            if let Err(why) = strict(&call.body, &["type"]) {
                return Ok(Reply::error(400, "validation_failed", &why));
            }
            if current(work)?.cents == 0 {
                return Ok(Reply::error(400, "validation_failed", "There is no plan to cancel."));
            }
            if !count_change(work)? {
                return Ok(too_many_changes());
            }
            plan_for_cycle_end(work, CANCEL)?;
            Ok(Reply::json(
                200,
                &json!({"rail": "card", "cancelAtPeriodEnd": true, "message": "The plan ends with this month."}),
            ))
        }
        Some("tier_change") => {
            let body = match strict(&call.body, &["type", "subscriptionTypeId"]) {
                Ok(body) => body,
                Err(why) => return Ok(Reply::error(400, "validation_failed", &why)),
            };
            let target = body.get("subscriptionTypeId").and_then(Value::as_str).and_then(tier);
            let Some(target) = target.filter(|tier| tier.enabled) else {
                return Ok(Reply::error(400, "validation_failed", "There is no such plan."));
            };
            if target.cents >= current(work)?.cents {
                return Ok(Reply::error(
                    400,
                    "validation_failed",
                    "Only a smaller plan can be scheduled.",
                ));
            }
            if !count_change(work)? {
                return Ok(too_many_changes());
            }
            plan_for_cycle_end(work, target.id)?;
            Ok(Reply::json(
                200,
                &json!({
                    "rail": "card", "changeType": "downgrade", "targetTierName": target.name,
                    "message": format!("{} begins with the next month.", target.name),
                }),
            ))
        }
        _ => {
            Ok(Reply::error(400, "validation_failed", "type must be tier_change or cancellation."))
        }
    }
}

/// `DELETE /api/billing/subscription/pending-change`.
///
/// # Errors
/// Class `config`.
pub fn unschedule(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    keep(work)?;
    Ok(Reply::json(
        200,
        &json!({"rail": "card", "cancelAtPeriodEnd": false, "message": "The plan goes on as it is."}),
    ))
}

/// `POST /api/billing/subscription/upgrade`: under an idempotency key, like a charge.
///
/// # Errors
/// Class `config`.
pub fn upgrade(work: &Work<'_>, call: &Call) -> Answered {
    if let Err(refused) = may_spend(work, call)? {
        return Ok(refused);
    }
    let (key, target) = match idempotency_key(call).and_then(|key| Ok((key, wanted(&call.body)?))) {
        Ok(both) => both,
        Err(refused) => return Ok(refused),
    };
    if let Some(known) = remembered(work, &key, &call.path, target.id)? {
        return Ok(known);
    }
    let Some(card) = account::card(work)? else {
        return Ok(Reply::refusal(403, "no_payment_method", "No reusable saved card.", &[]));
    };
    let now = current(work)?;
    let answer = match effect(now, target) {
        _ if target == now => json!({"status": "already_on_tier"}),
        Effect::Nothing | Effect::Blocked | Effect::Later => {
            return Ok(Reply::error(400, "validation_failed", "This is no upgrade."));
        }
        Effect::Now(_) if !count_change(work)? => return Ok(too_many_changes()),
        Effect::Now(cents) => match card.fails {
            None => {
                pay_for(work, target, cents, Some(&key))?;
                json!({"status": "upgraded"})
            }
            Some("authentication_required") => json!({
                "status": "requires_action", "reason": "authentication_required",
                "recoveryUrl": "/manage-subscription",
            }),
            Some(reason) => {
                json!({"status": "payment_failed", "reason": reason, "recoveryUrl": "/billing?topup=open"})
            }
        },
    };
    remember(work, &key, &call.path, target.id, &answer)?;
    Ok(Reply::json(200, &answer))
}

/// Counts one more change of this day; `false` where there were too many.
///
/// # Errors
/// Class `config`.
pub fn count_change(work: &Work<'_>) -> Result<bool> {
    if work.text("rate-limit")?.as_deref() == Some("off") {
        return Ok(true);
    }
    let since = work.now_ms() - DAY_MS;
    let count: i64 = work
        .sql
        .query_row("SELECT count(*) FROM plan_change WHERE created_ms > ?1", [since], |row| {
            row.get(0)
        })
        .map_err(broken)?;
    if count >= CHANGES_A_DAY {
        return Ok(false);
    }
    work.sql.execute("INSERT INTO plan_change VALUES (?1)", [work.now_ms()]).map_err(broken)?;
    Ok(true)
}

fn too_many_changes() -> Reply {
    Reply::refusal(429, "upgrade_cap_exceeded", "Too many plan changes today.", &[])
}
