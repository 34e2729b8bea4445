//! ByteRover's team billing as the sandbox answers it. Contract: byterover, calls.
//!
//! The teams lie in one setting, as JSON; an account that has none yet has the usual three: two
//! that are paid and a free one.

use super::account;
use super::store::StoreWork;
use super::wire::{Answered, Call, SandboxReply};
use crate::core::failure::{Failure, Result};
use rust_decimal::Decimal;
use rust_decimal::serde::arbitrary_precision;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The setting that holds the teams.
const TEAMS: &str = "byterover-teams";
/// The settings that hold what a user without a paid team has, as `LIMIT:USED`.
const FREE: [(&str, i64, i64); 2] = [("free-daily", 50, 0), ("free-monthly", 500, 120)];
/// The words that may stand behind the numbers of a team.
const WORDS: &str = "trial, inactive and exceeded";

/// A team of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its name; its id and its short name follow from it.
    pub name: String,
    /// `FREE`, `PRO` or `TEAM`.
    pub tier: String,
    /// Whether the tier is on trial.
    #[serde(default)]
    pub trial: bool,
    /// Whether it was stopped.
    #[serde(default)]
    pub inactive: bool,
    /// Whether its limit counts as reached, whatever is left.
    #[serde(default)]
    pub exceeded: bool,
    /// Credits of the plan.
    #[serde(with = "arbitrary_precision")]
    pub limit: Decimal,
    /// Credits used.
    #[serde(with = "arbitrary_precision")]
    pub used: Decimal,
    /// Credits bought beside the plan.
    #[serde(default, with = "arbitrary_precision")]
    pub add_on: Decimal,
}

impl Team {
    fn new(name: &str, tier: &str, limit: Decimal, used: Decimal) -> Self {
        Self {
            name: name.into(),
            tier: tier.into(),
            trial: false,
            inactive: false,
            exceeded: false,
            limit,
            used,
            add_on: Decimal::ZERO,
        }
    }

    fn plain(&self, gap: char) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { gap };
        self.name.chars().map(plain).collect()
    }

    /// `org_acme` for Acme.
    pub fn id(&self) -> String {
        format!("org_{}", self.plain('_'))
    }

    /// `acme-team` for Acme.
    pub fn slug(&self) -> String {
        format!("{}-team", self.plain('-'))
    }

    fn total(&self) -> Decimal {
        self.limit + self.add_on
    }

    fn left(&self) -> Decimal {
        (self.total() - self.used).max(Decimal::ZERO)
    }

    fn is_exceeded(&self) -> bool {
        self.exceeded || self.left().is_zero()
    }

    /// Reads `NAME:TIER:LIMIT:USED`, with words behind it.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':').map(str::trim);
        let mut next = || parts.next().ok_or("write NAME:TIER:LIMIT:USED");
        let (name, tier) = (next()?, next()?.to_ascii_uppercase());
        let (limit, used) = (credits(next()?)?, credits(next()?)?);
        if name.is_empty() {
            return Err("write NAME:TIER:LIMIT:USED".into());
        }
        if !matches!(&*tier, "FREE" | "PRO" | "TEAM") {
            return Err("the tier is FREE, PRO or TEAM".into());
        }
        let mut team = Self::new(name, &tier, limit, used);
        for word in parts {
            match word {
                "trial" => team.trial = true,
                "inactive" => team.inactive = true,
                "exceeded" => team.exceeded = true,
                _ => return Err(format!("only {WORDS} may follow the numbers")),
            }
        }
        Ok(team)
    }
}

/// Credits with at most four decimals, and room to be added up.
fn credits(text: &str) -> Result<Decimal, String> {
    let digits = |part: &str, most| {
        part.len() <= most && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = digits(whole, 15) && digits(fraction, 4);
    let value = Decimal::from_str_exact(text).ok().filter(|_| plain);
    value.ok_or_else(|| "no count of credits".into())
}

/// The teams of the account.
///
/// # Errors
/// Class `config`.
pub fn teams(work: &StoreWork<'_>) -> Result<Vec<Team>> {
    let Some(text) = work.text(TEAMS) else {
        return Ok(vec![
            Team { add_on: 250.into(), ..Team::new("Acme", "TEAM", 5000.into(), 1750.into()) },
            Team::new("Globex", "PRO", 2000.into(), 1900.into()),
            Team::new("Home", "FREE", Decimal::ZERO, Decimal::ZERO),
        ]);
    };
    serde_json::from_str(&text).map_err(|cause| {
        Failure::config("the sandbox holds teams that cannot be read")
            .because(anyhow::Error::new(cause))
    })
}

fn keep(work: &StoreWork<'_>, teams: &[Team]) -> Result<(), String> {
    let text = serde_json::to_string(teams).map_err(|cause| cause.to_string())?;
    work.set(TEAMS, Some(&text)).map_err(|error| error.to_string())
}

/// `sandbox set teams=…`: all of them at once.
///
/// # Errors
/// What is wrong with it.
pub fn set_teams(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
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
pub fn set_team(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
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
pub fn set_free(work: &StoreWork<'_>, name: &str, value: &str) -> Result<(), String> {
    let (limit, used) = value.split_once(':').ok_or("write LIMIT:USED")?;
    let (limit, used) = (credits(limit)?, credits(used)?);
    work.set(name, Some(&format!("{limit}:{used}"))).map_err(|error| error.to_string())
}

/// One of the calls, for a client that has the session key.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &StoreWork<'_>, call: &Call, path: &[&str]) -> Answered {
    let key = work.text("session-key");
    if call.session_key.is_none() || call.session_key != key {
        return Ok(error(work, 401, "AUTH_INVALID_SESSION", "The session is not valid."));
    }
    let teams = teams(work)?;
    let list = |each: fn(&Team) -> Value| -> Vec<Value> { teams.iter().map(each).collect() };
    Ok(match path {
        ["billing", "usages"] => {
            SandboxReply::json(200, &json!({"organizations": list(usage), "sandbox": true}))
        }
        ["billing", "organizations", "tiers"] => {
            SandboxReply::json(200, &json!({"organizations": list(tier)}))
        }
        ["billing", "usage", "free-user", "limit"] => SandboxReply::json(200, &free_limit(work)),
        ["teams"] => SandboxReply::json(200, &names(work, call, &teams)),
        _ => error(work, 404, "NOT_FOUND", "There is no such call."),
    })
}

/// An error in the form of this system.
fn error(work: &StoreWork<'_>, status: u16, code: &str, message: &str) -> SandboxReply {
    let at = account::time(work.now_ms());
    SandboxReply::json(
        status,
        &json!({"statusCode": status, "code": code, "message": message, "timestamp": at}),
    )
}

/// Credits as a JSON number with the digits that they have.
fn number(value: Decimal) -> Value {
    arbitrary_precision::serialize(&value.normalize(), serde_json::value::Serializer)
        .unwrap_or_default()
}

fn usage(team: &Team) -> Value {
    json!({
        "organizationId": team.id(),
        "organizationName": team.name,
        "organizationStatus": if team.inactive { "INACTIVE" } else { "ACTIVE" },
        "limit": number(team.limit),
        "addOnRemaining": number(team.add_on),
        "totalLimit": number(team.total()),
        "used": number(team.used),
        "remaining": number(team.left()),
        "percentUsed": percent(team.used, team.total()),
        "limitExceeded": team.is_exceeded(),
    })
}

fn tier(team: &Team) -> Value {
    json!({"organizationId": team.id(), "tier": team.tier, "isTrialing": team.trial})
}

/// The names of the teams, a page at a time.
fn names(work: &StoreWork<'_>, call: &Call, teams: &[Team]) -> Value {
    let number = |name: &str, usual: usize| {
        call.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let at = account::time(work.now_ms());
    let page: Vec<Value> = teams
        .iter()
        .skip(number("offset", 0))
        .take(number("limit", 20).min(100))
        .enumerate()
        .map(|(place, team)| {
            json!({
                "id": team.id(), "name": team.slug(), "slug": team.slug(),
                "display_name": team.name, "description": "", "avatar_url": "",
                "is_active": !team.inactive, "is_default": place == 0,
                "created_at": at, "updated_at": at,
            })
        })
        .collect();
    json!({"code": 200, "message": "Success", "data": {"teams": page, "total": teams.len()}})
}

fn percent(used: Decimal, total: Decimal) -> Value {
    let share = (used * Decimal::ONE_HUNDRED).checked_div(total).unwrap_or_default();
    number(share.round_dp(2))
}

fn free_limit(work: &StoreWork<'_>) -> Value {
    let mut periods = Vec::new();
    for (name, limit, used) in FREE {
        let kept = work.text(name);
        let (limit, used) = kept
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .and_then(|(limit, used)| Some((credits(limit).ok()?, credits(used).ok()?)))
            .unwrap_or((limit.into(), used.into()));
        let left = (limit - used).max(Decimal::ZERO);
        periods.push((
            left.is_zero(),
            json!({"limit": number(limit), "used": number(used), "remaining": number(left),
                   "percentUsed": percent(used, limit), "limitExceeded": left.is_zero()}),
        ));
    }
    let exceeded = periods.iter().any(|(exceeded, _)| *exceeded);
    let mut periods = periods.into_iter().map(|(_, period)| period);
    json!({"daily": periods.next(), "monthly": periods.next(), "limitExceeded": exceeded})
}
