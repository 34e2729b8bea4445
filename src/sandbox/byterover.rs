//! ByteRover's team billing as the sandbox answers it. Contract: byterover, calls.
//!
//! The teams lie in one setting, as JSON; an account that has none yet has the usual three: two
//! that are paid and a free one.

use super::store::Work;
use super::wire::{Answered, Call, Reply};
use crate::core::failure::{Failure, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The setting that holds the teams.
const TEAMS: &str = "byterover-teams";
/// The settings that hold what a user without a paid team has, as `LIMIT:USED`.
const FREE: [(&str, i64, i64); 2] = [("free-daily", 50, 0), ("free-monthly", 500, 120)];

/// A team of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its name; its id follows from it.
    pub name: String,
    /// `FREE`, `PRO` or `TEAM`.
    pub tier: String,
    /// Whether the tier is on trial.
    #[serde(default)]
    pub trial: bool,
    /// Credits of the plan.
    pub limit: i64,
    /// Credits used.
    pub used: i64,
    /// Credits bought beside the plan.
    #[serde(default)]
    pub add_on: i64,
}

impl Team {
    fn usual(name: &str, tier: &str, limit: i64, used: i64) -> Self {
        Self { name: name.into(), tier: tier.into(), trial: false, limit, used, add_on: 0 }
    }

    /// `org_acme` for Acme.
    pub fn id(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        format!("org_{}", self.name.chars().map(plain).collect::<String>())
    }

    fn total(&self) -> i64 {
        self.limit.saturating_add(self.add_on)
    }

    fn left(&self) -> i64 {
        self.total().saturating_sub(self.used).max(0)
    }

    /// Reads `NAME:TIER:LIMIT:USED`, with `:trial` behind it.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let mut next = || parts.next().map(str::trim).ok_or("write NAME:TIER:LIMIT:USED");
        let (name, tier) = (next()?.to_owned(), next()?.to_ascii_uppercase());
        let (limit, used) = (next()?, next()?);
        let trial = match parts.next().map(str::trim) {
            None => false,
            Some("trial") => true,
            Some(_) => return Err("only 'trial' may stand behind the numbers".into()),
        };
        if name.is_empty() || parts.next().is_some() {
            return Err("write NAME:TIER:LIMIT:USED".into());
        }
        if !matches!(&*tier, "FREE" | "PRO" | "TEAM") {
            return Err("the tier is FREE, PRO or TEAM".into());
        }
        Ok(Self { name, tier, trial, limit: count(limit)?, used: count(used)?, add_on: 0 })
    }
}

fn count(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|count| *count >= 0).ok_or_else(|| "no count of credits".into())
}

/// The teams of the account.
///
/// # Errors
/// Class `config`.
pub fn teams(work: &Work<'_>) -> Result<Vec<Team>> {
    let Some(text) = work.text(TEAMS)? else {
        return Ok(vec![
            Team { add_on: 250, ..Team::usual("Acme", "TEAM", 5000, 1750) },
            Team::usual("Globex", "PRO", 2000, 1900),
            Team::usual("Home", "FREE", 0, 0),
        ]);
    };
    serde_json::from_str(&text).map_err(|cause| {
        Failure::config("the sandbox holds teams that cannot be read")
            .because(anyhow::Error::new(cause))
    })
}

fn keep(work: &Work<'_>, teams: &[Team]) -> Result<(), String> {
    let text = serde_json::to_string(teams).map_err(|cause| cause.to_string())?;
    work.set(TEAMS, Some(&text)).map_err(|error| error.to_string())
}

/// `sandbox set teams=…`: all of them at once.
///
/// # Errors
/// What is wrong with it.
pub fn set_teams(work: &Work<'_>, value: &str) -> Result<(), String> {
    match value {
        "usual" => work.set(TEAMS, None).map_err(|error| error.to_string()),
        "none" => keep(work, &[]),
        several => {
            let teams: Vec<Team> = several.split(',').map(Team::parse).collect::<Result<_, _>>()?;
            keep(work, &teams)
        }
    }
}

/// `sandbox set team=…`: one of them, made, changed or taken away.
///
/// # Errors
/// What is wrong with it.
pub fn set_team(work: &Work<'_>, value: &str) -> Result<(), String> {
    let mut all = teams(work).map_err(|error| error.to_string())?;
    let gone = value.strip_suffix(":gone").map(str::trim);
    let place =
        |all: &[Team], name: &str| all.iter().position(|team| team.name.eq_ignore_ascii_case(name));
    match gone {
        Some(name) => {
            let at = place(&all, name).ok_or("there is no such team")?;
            all.remove(at);
        }
        None => {
            let team = Team::parse(value)?;
            match place(&all, &team.name) {
                Some(at) => all[at] = Team { add_on: all[at].add_on, ..team },
                None => all.push(team),
            }
        }
    }
    keep(work, &all)
}

/// `sandbox set free-daily=LIMIT:USED`, and `free-monthly`.
///
/// # Errors
/// What is wrong with it.
pub fn set_free(work: &Work<'_>, name: &str, value: &str) -> Result<(), String> {
    let (limit, used) = value.split_once(':').ok_or("write LIMIT:USED")?;
    let (limit, used) = (count(limit)?, count(used)?);
    work.set(name, Some(&format!("{limit}:{used}"))).map_err(|error| error.to_string())
}

/// One of the calls, for whoever has the session key.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &Work<'_>, call: &Call) -> Answered {
    let key = work.text("session-key")?;
    if call.session_key.is_none() || call.session_key != key {
        return Ok(Reply::error(401, "unauthorized", "The session is not valid."));
    }
    let teams = teams(work)?;
    let list = |each: fn(&Team) -> Value| -> Vec<Value> { teams.iter().map(each).collect() };
    Ok(match call.path.as_str() {
        "/billing/usages" => {
            Reply::json(200, &json!({"organizations": list(usage), "sandbox": true}))
        }
        "/billing/organizations/tiers" => Reply::json(200, &json!({"organizations": list(tier)})),
        "/billing/usage/free-user/limit" => Reply::json(200, &free_limit(work)?),
        _ => Reply::error(404, "not_found", "There is no such call."),
    })
}

fn usage(team: &Team) -> Value {
    json!({
        "organizationId": team.id(),
        "organizationName": team.name,
        "organizationStatus": "ACTIVE",
        "limit": team.limit,
        "addOnRemaining": team.add_on,
        "totalLimit": team.total(),
        "used": team.used,
        "remaining": team.left(),
        "percentUsed": percent(team.used, team.total()),
        "limitExceeded": team.left() == 0,
    })
}

fn tier(team: &Team) -> Value {
    json!({"organizationId": team.id(), "tier": team.tier, "isTrialing": team.trial})
}

fn percent(used: i64, total: i64) -> i64 {
    if total <= 0 { 0 } else { used.saturating_mul(100) / total }
}

fn free_limit(work: &Work<'_>) -> Result<Value> {
    let mut periods = Vec::new();
    for (name, limit, used) in FREE {
        let kept = work.text(name)?;
        let (limit, used) = kept
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .and_then(|(limit, used)| Some((limit.parse().ok()?, used.parse().ok()?)))
            .unwrap_or((limit, used));
        let left = (limit - used).max(0);
        periods.push((
            left == 0,
            json!({"limit": limit, "used": used, "remaining": left,
                   "percentUsed": percent(used, limit), "limitExceeded": left == 0}),
        ));
    }
    let exceeded = periods.iter().any(|(exceeded, _)| *exceeded);
    let mut periods = periods.into_iter().map(|(_, period)| period);
    Ok(json!({"daily": periods.next(), "monthly": periods.next(), "limitExceeded": exceeded}))
}
