//! `sandbox set NAME=VALUE …`: every setting, its check and its meaning in one table.

use super::account::{self, CARDS};
use super::store::StoreWork;
use super::{balances, byterover, oauth, plans, uses, vercel};
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::likeness::did_you_mean;
use crate::core::money::{Amount, Money};
use rust_decimal::Decimal;

/// A setting as `sandbox set` knows it.
pub struct SandboxSetting {
    /// Its name.
    pub name: &'static str,
    /// What can be written.
    pub values: &'static str,
    takes: Takes,
}

/// What a setting takes. It is kept under its own name, unless another one stands here.
enum Takes {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any word of a portal; the usual one is kept as nothing.
    PortalWord { usual: &'static str },
    /// Dollars, and not below zero.
    Dollars,
    /// A count of uses or cents.
    Count,
    /// A duration, kept under this name.
    Milliseconds(&'static str),
    /// The same in whole seconds.
    Seconds(&'static str),
    /// Something else.
    By(fn(&StoreWork<'_>, &str) -> Result<(), String>),
}

use Takes::{By, Count, Dollars, Milliseconds, PortalWord, Seconds, Word};

macro_rules! settings {
    ($($name:literal $takes:expr, $values:literal;)*) => {
        /// All of them.
        pub const SETTINGS: &[SandboxSetting] =
            &[$(SandboxSetting { name: $name, values: $values, takes: $takes }),*];
    };
}

settings! {
    "balance" By(|work, value| done(account::set_balance(work, decimal(value)?))),
        "dollars that are left, such as 3.40";
    "role" Word(&["OWNER", "ADMIN", "FINANCE_ADMIN", "SECURITY_ADMIN", "MEMBER"]),
        "OWNER, ADMIN, FINANCE_ADMIN, SECURITY_ADMIN or MEMBER";
    "card" By(set_card), "visa, 3ds, declined, expired, error, link or none";
    "switch" Word(&["on", "off"]),
        "on or off: whether the organisation allows purchases from a terminal";
    "limit" By(set_limit), "dollars a month, or none";
    "spent" By(set_spent), "dollars spent this month";
    "presets" By(set_presets), "dollars with commas between, such as 10,50";
    "min" Dollars, "the smallest charge, in dollars";
    "max" Dollars, "the largest charge, in dollars";
    "auto-reload" By(set_auto_reload), "off, or BELOW:TO in dollars";
    "access" PortalWord { usual: "allowed" },
        "allowed, or the word for why the account may not be used, such as member_spend_cap_exceeded";
    "refuse" PortalWord { usual: "none" },
        "none, or the word with which the portal refuses everything that spends, such as card_paused";
    "reload-card" Word(&["canonical", "distinct"]),
        "canonical or distinct: whether auto-reload charges the saved card or another";
    "upgrade-check" PortalWord { usual: "action" },
        "action or failed: how the portal reports the bank's check on an upgrade; or another reason, such as card_velocity";
    "bank" By(set_bank),
        "confirmed: the card holder confirms what waits for the bank, and the same charge or upgrade is paid";
    "plan-lag" Milliseconds("plan-lag-ms"),
        "how long the portal still shows the old plan after an upgrade, such as 10s";
    "plan" By(set_plan), "free, plus, super, ultra or legacy";
    "context" Word(&["personal", "team"]), "personal or team: whose subscription it is";
    "plan-change" Word(&["open", "blocked"]),
        "open or blocked: whether a preview says that a change can be made from here";
    "teams" By(byterover::set_teams),
        "usual, none, or teams with commas between: NAME:TIER:LIMIT:USED (TIER is FREE, PRO or TEAM, LIMIT and USED are credits), with :trial, :inactive or :exceeded behind it where wanted";
    "team" By(byterover::set_team),
        "NAME:TIER:LIMIT:USED in credits, with :trial, :inactive or :exceeded behind it where wanted; or NAME:gone";
    "free-daily" By(|work, value| byterover::set_free(work, "free-daily", value)),
        "LIMIT:USED in credits";
    "free-monthly" By(|work, value| byterover::set_free(work, "free-monthly", value)),
        "LIMIT:USED in credits";
    "system" By(set_system),
        "NAME:AMOUNT, the balance of one of the other systems, such as deepseek:3.40";
    "openrouter-key" Word(&["management", "ordinary"]),
        "management or ordinary: whether its key sees the account or its own limit alone";
    "tax" By(set_tax), "percent that cloudflare and vercel add to what is bought";
    "listed-after" Milliseconds("listed-after-ms"),
        "how long a purchase takes to show in cloudflare's list, such as 30s";
    "cloudflare-list" Word(&["whole", "more"]),
        "whole or more: whether its list of invoices says that there are more";
    "cloudflare-key" Word(&["write", "read"]), "write or read: what its key may do";
    "cloudflare-reload" By(set_cloudflare_reload),
        "off, or BELOW:AMOUNT in whole cents, such as 500:1000";
    "vercel-answer" Word(&vercel::ANSWERS),
        "intent, pending, checkout, subscription, empty or new: the answer to a purchase";
    "ciris-mode" Word(&["paid", "free_only", "unlimited", "app_store"]),
        "paid, free_only, unlimited or app_store";
    "ciris-setup" Word(&["done", "required", "starting"]),
        "done, required or starting: whether the agent has been set up, and its logins run";
    "ciris-account" Word(&["password", "no_password"]),
        "password or no_password: how its user may log in";
    "ciris-status" Word(&["works", "broken"]),
        "works or broken: whether the agent can tell where a payment stands";
    "ciris-booking" Milliseconds("ciris-booking-ms"),
        "how long a paid pack takes to be credited, such as 30s";
    "ciris-uses" By(|work, value| done(uses::set_uses(work, count(value)?))),
        "uses that were bought and are left";
    "ciris-free" Count, "free uses that are left";
    "ciris-daily" By(set_ciris_daily),
        "free uses that are left today, or none for an agent without daily uses";
    "ciris-credit" Word(&["on", "off"]),
        "on or off: whether the agent lets its uses be used at all";
    "ciris-price" Count, "cents that a pack costs";
    "ciris-offer" Word(&["told", "untold"]),
        "told or untold: whether the price is stated before a payment is opened";
    "ciris-pay" Word(&["page", "card"]),
        "page or card: who confirms a payment, a person or the saved card";
    "ciris-email" Word(&["set", "none"]), "set or none";
    "ciris-wrapped" Word(&["on", "off"]), "on or off: whether answers stand in 'data'";
    "clock" By(set_clock), "+DURATION or -DURATION from now, such as +25h, or real";
    "settle-after" Milliseconds("settle-after-ms"), "how long a charge takes to settle, such as 3s";
    "token-life" Seconds("token-life-s"), "how long an access token lasts, such as 15m";
    "interval" Seconds("interval-s"), "the time between two polls of a login, such as 5s";
    "refresh-reuse" Word(&oauth::REUSE_WORDS),
        "invalid_grant or refresh_token_reused: what answers a refresh token that was used before";
    "rate-limit" Word(&["on", "off"]), "on or off: whether only five charges an hour are taken";
}

impl SandboxSetting {
    fn set(&self, work: &StoreWork<'_>, value: &str) -> Result<(), String> {
        let keep = |name: &str, value: &str| done(work.set(name, Some(value)));
        match &self.takes {
            Word(words) => one_of(value, words).and_then(|()| keep(self.name, value)),
            PortalWord { usual } => {
                check_word(value)?;
                done(work.set(self.name, Some(value).filter(|value| value != usual)))
            }
            Dollars => keep(self.name, &not_negative(value)?.to_string()),
            Count => keep(self.name, &count(value)?.to_string()),
            Milliseconds(name) => keep(name, &milliseconds(value)?.to_string()),
            Seconds(name) => keep(name, &(milliseconds(value)? / 1000).to_string()),
            By(set) => set(work, value),
        }
    }
}

/// Sets one `NAME=VALUE`.
///
/// # Errors
/// Class `usage`, naming what there is; class `config` when the state cannot be written.
pub fn assign(work: &StoreWork<'_>, assignment: &str) -> Result<()> {
    let names = || SETTINGS.iter().map(|setting| setting.name).collect::<Vec<_>>().join(", ");
    let (name, value) = assignment.split_once('=').ok_or_else(|| {
        Failure::usage(format!("'{}' is not NAME=VALUE", assignment.escape_debug()))
            .hint(format!("Available: {}.", names()))
    })?;
    let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(|| {
        let meant = did_you_mean(name, SETTINGS.iter().map(|setting| setting.name));
        Failure::usage(format!("there is no setting '{}'", name.escape_debug()))
            .hint(meant.unwrap_or_else(|| format!("Available: {}.", names())))
    })?;
    setting.set(work, value).map_err(|why| {
        Failure::usage(format!("{name} cannot be '{}': {why}", value.escape_debug()))
            .hint(format!("It takes: {}.", setting.values))
    })
}

fn set_card(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    if value == "none" {
        return done(work.set("card", None));
    }
    let words: Vec<&str> = CARDS.iter().map(|card| card.word).collect();
    one_of(value, &words)?;
    done(work.set("card", Some(value)))
}

fn set_limit(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    match value {
        "none" => done(work.set("limit", None)),
        _ => done(work.set("limit", Some(&not_negative(value)?.to_string()))),
    }
}

fn set_spent(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    let wanted = not_negative(value)?;
    done((|| {
        work.set("spent-before", None)?;
        let start = account::month_start_ms(work)?;
        let before = wanted - account::month(work)?.spent;
        work.set("spent-before", Some(&before.to_string()))?;
        work.set("spent-month-ms", Some(&start.to_string()))
    })())
}

fn set_presets(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    for preset in value.split(',').filter(|preset| !preset.is_empty()) {
        not_negative(preset)?;
    }
    done(work.set("presets", Some(value)))
}

fn set_auto_reload(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    if value == "off" {
        return done(work.set("reload", Some("off")));
    }
    let (below, to) = value.split_once(':').ok_or("write BELOW:TO")?;
    let amount = |typed| Amount::parse(typed).map(Amount::decimal);
    let (below, to) = amount(below)
        .and_then(|below| Ok((below, amount(to)?)))
        .map_err(|refused| refused.to_string())?;
    if below >= to {
        return Err("TO is not more than BELOW".into());
    }
    done(account::set_reload(work, true, below, to))
}

fn set_bank(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    one_of(value, &["confirmed"])?;
    done(account::confirm_at_bank(work, None))?;
    done(plans::confirm_at_bank(work))
}

fn set_plan(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    plans::tier(value).ok_or("there is no such plan")?;
    done(plans::choose(work, value))
}

fn set_system(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    let (name, amount) = value.split_once(':').ok_or("write NAME:AMOUNT")?;
    balances::set_balance(work, name, decimal(amount)?)
}

fn set_tax(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    let percent = not_negative(value)?;
    if percent > Decimal::ONE_HUNDRED {
        return Err("more than 100".into());
    }
    done(work.set("tax", Some(&percent.to_string())))
}

fn set_cloudflare_reload(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    if value == "off" {
        return done(work.set("cloudflare-reload", Some("off")));
    }
    let (below, amount) = value.split_once(':').ok_or("write BELOW:AMOUNT")?;
    let (below, amount) = (count(below)?, count(amount)?);
    done((|| {
        work.set("cloudflare-reload-below", Some(&below.to_string()))?;
        work.set("cloudflare-reload-amount", Some(&amount.to_string()))?;
        work.set("cloudflare-reload", Some("on"))
    })())
}

fn set_ciris_daily(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    match value {
        "none" => done(work.set("ciris-daily", Some("none"))),
        _ => done(work.set("ciris-daily", Some(&count(value)?.to_string()))),
    }
}

fn set_clock(work: &StoreWork<'_>, value: &str) -> Result<(), String> {
    let offset = match (value, value.split_at_checked(1)) {
        ("real", _) => 0,
        (_, Some(("+", time))) => milliseconds(time)?,
        (_, Some(("-", time))) => -milliseconds(time)?,
        _ => return Err("write +25h, -1h or real".into()),
    };
    done(work.set("clock-offset-ms", Some(&offset.to_string())))
}

fn done(result: Result<()>) -> Result<(), String> {
    result.map_err(|error| error.to_string())
}

fn one_of(value: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&value) { Ok(()) } else { Err("not one of those".into()) }
}

/// A word that a portal may say.
fn check_word(value: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if value.is_empty() || value.len() > 64 || !value.bytes().all(plain) {
        return Err("no word of small letters, digits and '_'".into());
    }
    Ok(())
}

/// A count of uses or cents, with room to be added up.
fn count(value: &str) -> Result<i64, String> {
    let plain = value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| plain).ok_or_else(|| "no count".into())
}

/// An amount of at most twelve digits before the point, with room to be added up.
fn decimal(value: &str) -> Result<Decimal, String> {
    let amount = Money::parse(value).ok_or("not an amount")?.0;
    let fits = amount.abs() < Decimal::from(1_000_000_000_000_i64);
    if fits { Ok(amount) } else { Err("more than twelve digits before the point".into()) }
}

fn not_negative(value: &str) -> Result<Decimal, String> {
    decimal(value).and_then(|amount| {
        if amount < Decimal::ZERO { Err("below zero".into()) } else { Ok(amount) }
    })
}

fn milliseconds(value: &str) -> Result<i64, String> {
    duration::parse(value)
        .and_then(|time| i64::try_from(time.as_millis()).map_err(|_| "too long".into()))
}
