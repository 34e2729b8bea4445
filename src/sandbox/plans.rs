//! Plans: what there is, which one is in force, what a change would do, and what was charged.

use super::account;
use super::store::StoreWork;
use crate::core::failure::Result;
use rusqlite::params;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

/// How many plan changes a day take.
const CHANGES_A_DAY: i64 = 5;
/// The word that stands for the end of the plan where a change is kept.
pub const CANCEL: &str = "cancel";
/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

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
pub struct SandboxTier {
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
pub const TIERS: &[SandboxTier] = &[
    SandboxTier { id: "free", name: "Free", dollars: "0", cents: 0, credits: "0", enabled: true },
    SandboxTier {
        id: "plus",
        name: "Plus",
        dollars: "20",
        cents: 2_000,
        credits: "22",
        enabled: true,
    },
    SandboxTier {
        id: "legacy",
        name: "Legacy",
        dollars: "50",
        cents: 5_000,
        credits: "50",
        enabled: false,
    },
    SandboxTier {
        id: "super",
        name: "Super",
        dollars: "100",
        cents: 10_000,
        credits: "110",
        enabled: true,
    },
    SandboxTier {
        id: "ultra",
        name: "Ultra",
        dollars: "200",
        cents: 20_000,
        credits: "220",
        enabled: true,
    },
];

impl SandboxTier {
    /// Its place among all of them: the number that other systems know it by.
    pub fn order(&self) -> usize {
        TIERS.iter().position(|tier| tier == self).unwrap_or_default()
    }

    /// Whether a subscriber of this plan sees it: a plan that is not sold any more is shown only to
    /// its subscribers.
    pub fn is_listed(&self, now: &Self) -> bool {
        self.enabled || self == now
    }
}

/// The plan with this id.
pub fn tier(id: &str) -> Option<&'static SandboxTier> {
    TIERS.iter().find(|tier| tier.id == id)
}

/// The plan in force, with the change that was due by now made.
///
/// # Errors
/// Class `config`.
pub fn current(work: &StoreWork<'_>) -> Result<&'static SandboxTier> {
    if let (Some(pending), Some(due)) = (work.text("pending-plan"), work.number("pending-plan-ms")?)
        && work.now_ms() >= due
    {
        choose(work, if pending == CANCEL { TIERS[0].id } else { &pending })?;
    }
    let id = work.text("plan");
    Ok(id.and_then(|id| tier(&id)).unwrap_or(&TIERS[0]))
}

/// Changes to this plan now; nothing is scheduled any more.
///
/// # Errors
/// Class `config`.
pub fn choose(work: &StoreWork<'_>, id: &str) -> Result<()> {
    work.set("plan", Some(id))?;
    forget_pending(work)
}

/// Charges these cents for a larger plan, and changes to it.
///
/// # Errors
/// Class `config`.
pub fn pay_for(
    work: &StoreWork<'_>,
    tier: &SandboxTier,
    cents: i64,
    key: Option<&str>,
) -> Result<()> {
    let id = format!("pc_{}", &Uuid::new_v4().simple().to_string()[..24]);
    work.run(
        "INSERT INTO plan_charge (id, plan, cents, idempotency_key, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, tier.id, cents, key, work.now_ms()],
    )?;
    let before = current(work)?.id;
    choose(work, tier.id)?;
    if let Some(lag) = work.number("plan-lag-ms")? {
        work.set("plan-before", Some(before))?;
        work.set("plan-lag-until-ms", Some(&(work.now_ms() + lag).to_string()))?;
    }
    Ok(())
}

/// The plan that is shown: for as long as the setting `plan-lag` says after an upgrade, the one
/// before it.
///
/// # Errors
/// Class `config`.
pub fn shown(work: &StoreWork<'_>) -> Result<&'static SandboxTier> {
    let now = current(work)?;
    let lags = work.number("plan-lag-until-ms")?.is_some_and(|until| work.now_ms() < until);
    Ok(work.text("plan-before").filter(|_| lags).and_then(|id| tier(&id)).unwrap_or(now))
}

/// Keeps an upgrade whose payment waits for the bank; a newer one takes its place.
///
/// # Errors
/// Class `config`.
pub fn wait_for_bank(
    work: &StoreWork<'_>,
    tier: &SandboxTier,
    cents: i64,
    key: &str,
) -> Result<()> {
    work.set("bank-plan", Some(&format!("{} {cents} {key}", tier.id)))
}

/// Pays the upgrade that waits for the bank, if one does.
///
/// # Errors
/// Class `config`.
pub fn confirm_at_bank(work: &StoreWork<'_>) -> Result<()> {
    let waiting = work.text("bank-plan");
    work.set("bank-plan", None)?;
    let Some((id, rest)) = waiting.as_deref().and_then(|text| text.split_once(' ')) else {
        return Ok(());
    };
    match (tier(id), rest.split_once(' ')) {
        (Some(tier), Some((cents, key))) => {
            pay_for(work, tier, cents.parse().unwrap_or_default(), Some(key))
        }
        _ => Ok(()),
    }
}

/// What was charged for plans, newest first.
///
/// # Errors
/// Class `config`.
pub fn charges(work: &StoreWork<'_>) -> Result<Vec<PlanCharge>> {
    let query = "SELECT id, plan, cents, idempotency_key, created_ms FROM plan_charge
                 ORDER BY seq DESC";
    work.rows(query, [], |row| {
        Ok(PlanCharge {
            id: row.get(0)?,
            tier_id: row.get(1)?,
            amount_usd: Decimal::new(row.get(2)?, 2).normalize().to_string(),
            idempotency_key: row.get(3)?,
            created_at: account::time(row.get(4)?),
        })
    })
}

/// Schedules a change for the end of the month, in place of one that was scheduled before.
///
/// # Errors
/// Class `config`.
pub fn plan_for_cycle_end(work: &StoreWork<'_>, id: &str) -> Result<()> {
    work.set("pending-plan", Some(id))?;
    let due = cycle_end(work)?.map(|due| due.as_millisecond().to_string());
    work.set("pending-plan-ms", due.as_deref())
}

fn forget_pending(work: &StoreWork<'_>) -> Result<()> {
    work.set("pending-plan", None)?;
    work.set("pending-plan-ms", None)
}

/// Nothing changes with the end of the month; what was due already has happened and is not undone.
///
/// # Errors
/// Class `config`.
pub fn keep(work: &StoreWork<'_>) -> Result<()> {
    current(work)?;
    forget_pending(work)
}

/// When the change that is scheduled is made.
///
/// # Errors
/// Class `config`.
pub fn pending_since(work: &StoreWork<'_>) -> Result<Option<jiff::Timestamp>> {
    let due = work.number("pending-plan-ms")?;
    Ok(due.and_then(|due| jiff::Timestamp::from_millisecond(due).ok()))
}

/// When the present month of the plan ends: the first of the next month. None at the end of time.
///
/// # Errors
/// Class `config`.
pub fn cycle_end(work: &StoreWork<'_>) -> Result<Option<jiff::Timestamp>> {
    let start = account::month_start_ms(work)?;
    let next = jiff::Timestamp::from_millisecond(start).ok().and_then(|start| {
        start.to_zoned(jiff::tz::TimeZone::UTC).checked_add(jiff::Span::new().months(1)).ok()
    });
    Ok(next.map(|next| next.timestamp()))
}

/// What a change of the plan would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierChange {
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
pub fn effect(now: &SandboxTier, target: &SandboxTier) -> TierChange {
    if target == now {
        TierChange::Nothing
    } else if !target.enabled {
        TierChange::Blocked
    } else if target.cents > now.cents {
        TierChange::Now(target.cents - now.cents)
    } else {
        TierChange::Later
    }
}

/// Counts one more change of this day; `false` where there were too many.
///
/// # Errors
/// Class `config`.
pub fn count_change(work: &StoreWork<'_>) -> Result<bool> {
    if work.is("rate-limit", "off") {
        return Ok(true);
    }
    let since = work.now_ms() - DAY_MS;
    let query = "SELECT count(*) FROM plan_change WHERE created_ms > ?1";
    let count = work.row(query, [since], |row| row.get::<_, i64>(0))?.unwrap_or_default();
    if count >= CHANGES_A_DAY {
        return Ok(false);
    }
    work.run("INSERT INTO plan_change VALUES (?1)", [work.now_ms()])?;
    Ok(true)
}
