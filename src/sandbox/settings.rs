//! `sandbox set NAME=VALUE …`: every setting, its check and its meaning in one table.

use super::account::{self, CARDS};
use super::store::StoreWork;
use super::{balances, byterover, oauth, plans, uses, vercel};
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use rust_decimal::Decimal;

/// A setting as `sandbox set` knows it.
pub struct SandboxSetting {
    /// Its name.
    pub name: &'static str,
    /// What can be written.
    pub values: &'static str,
    set: fn(&StoreWork<'_>, &str) -> Result<(), String>,
}

/// All of them.
pub const SETTINGS: &[SandboxSetting] = &[
    SandboxSetting {
        name: "balance",
        values: "dollars that are left, such as 3.40",
        set: |work, value| done(account::set_balance(work, decimal(value)?)),
    },
    SandboxSetting {
        name: "role",
        values: "OWNER, ADMIN, FINANCE_ADMIN, SECURITY_ADMIN or MEMBER",
        set: |work, value| {
            one_of(value, &["OWNER", "ADMIN", "FINANCE_ADMIN", "SECURITY_ADMIN", "MEMBER"])?;
            done(work.set("role", Some(value)))
        },
    },
    SandboxSetting {
        name: "card",
        values: "visa, 3ds, declined, expired, error, link or none",
        set: |work, value| {
            if value == "none" {
                return done(work.set("card", None));
            }
            let words: Vec<&str> = CARDS.iter().map(|card| card.word).collect();
            one_of(value, &words)?;
            done(work.set("card", Some(value)))
        },
    },
    SandboxSetting {
        name: "switch",
        values: "on or off: whether the organisation allows purchases from a terminal",
        set: |work, value| {
            one_of(value, &["on", "off"])?;
            done(work.set("switch", Some(value)))
        },
    },
    SandboxSetting {
        name: "limit",
        values: "dollars a month, or none",
        set: |work, value| match value {
            "none" => done(work.set("limit", None)),
            _ => done(work.set("limit", Some(&not_negative(value)?.to_string()))),
        },
    },
    SandboxSetting {
        name: "spent",
        values: "dollars spent this month",
        set: |work, value| {
            let wanted = not_negative(value)?;
            done((|| {
                work.set("spent-before", None)?;
                let start = account::month_start_ms(work)?;
                let before = wanted - account::month(work)?.spent;
                work.set("spent-before", Some(&before.to_string()))?;
                work.set("spent-month-ms", Some(&start.to_string()))
            })())
        },
    },
    SandboxSetting {
        name: "presets",
        values: "dollars with commas between, such as 10,50",
        set: |work, value| {
            for preset in value.split(',').filter(|preset| !preset.is_empty()) {
                not_negative(preset)?;
            }
            done(work.set("presets", Some(value)))
        },
    },
    SandboxSetting {
        name: "min",
        values: "the smallest charge, in dollars",
        set: |work, value| done(work.set("min", Some(&not_negative(value)?.to_string()))),
    },
    SandboxSetting {
        name: "max",
        values: "the largest charge, in dollars",
        set: |work, value| done(work.set("max", Some(&not_negative(value)?.to_string()))),
    },
    SandboxSetting {
        name: "auto-reload",
        values: "off, or BELOW:TO in dollars",
        set: |work, value| {
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
        },
    },
    SandboxSetting {
        name: "access",
        values: "allowed, or the word for why the account may not be used, such as member_spend_cap_exceeded",
        set: |work, value| word_or(work, "access", value, "allowed"),
    },
    SandboxSetting {
        name: "refuse",
        values: "none, or the word that everything that spends is refused with, such as card_paused",
        set: |work, value| word_or(work, "refuse", value, "none"),
    },
    SandboxSetting {
        name: "reload-card",
        values: "canonical or distinct: whether auto-reload charges the saved card or another",
        set: |work, value| word(work, "reload-card", value, &["canonical", "distinct"]),
    },
    SandboxSetting {
        name: "upgrade-check",
        values: "action or failed: the status under which the bank's check on an upgrade is answered; or another reason, such as card_velocity",
        set: |work, value| word_or(work, "upgrade-check", value, "action"),
    },
    SandboxSetting {
        name: "bank",
        values: "confirmed: the card holder confirms what waits for the bank, and the same charge or upgrade is paid",
        set: |work, value| {
            one_of(value, &["confirmed"])?;
            done(account::confirm_at_bank(work, None))?;
            done(plans::confirm_at_bank(work))
        },
    },
    SandboxSetting {
        name: "plan-lag",
        values: "a duration for which the plan before an upgrade is still shown after it, such as 10s",
        set: |work, value| done(work.set("plan-lag-ms", Some(&milliseconds(value)?.to_string()))),
    },
    SandboxSetting {
        name: "plan",
        values: "free, plus, super, ultra or legacy",
        set: |work, value| {
            plans::tier(value).ok_or("there is no such plan")?;
            done(plans::choose(work, value))
        },
    },
    SandboxSetting {
        name: "context",
        values: "personal or team: whose subscription it is",
        set: |work, value| word(work, "context", value, &["personal", "team"]),
    },
    SandboxSetting {
        name: "plan-change",
        values: "open or blocked: whether a preview says that a change can be made from here",
        set: |work, value| word(work, "plan-change", value, &["open", "blocked"]),
    },
    SandboxSetting {
        name: "teams",
        values: "NAME:TIER:LIMIT:USED with commas between (TIER is FREE, PRO or TEAM, LIMIT and USED are credits), each with :trial, :inactive or :exceeded behind it or not; usual or none",
        set: byterover::set_teams,
    },
    SandboxSetting {
        name: "team",
        values: "NAME:TIER:LIMIT:USED in credits, with :trial, :inactive or :exceeded behind it or not, or NAME:gone",
        set: byterover::set_team,
    },
    SandboxSetting {
        name: "free-daily",
        values: "LIMIT:USED in credits",
        set: |work, value| byterover::set_free(work, "free-daily", value),
    },
    SandboxSetting {
        name: "free-monthly",
        values: "LIMIT:USED in credits",
        set: |work, value| byterover::set_free(work, "free-monthly", value),
    },
    SandboxSetting {
        name: "system",
        values: "NAME:AMOUNT, what one of the other systems has, such as deepseek:3.40",
        set: |work, value| {
            let (name, amount) = value.split_once(':').ok_or("write NAME:AMOUNT")?;
            balances::set_balance(work, name, decimal(amount)?)
        },
    },
    SandboxSetting {
        name: "openrouter-key",
        values: "management or ordinary: whether its key sees the account or its own limit alone",
        set: |work, value| word(work, "openrouter-key", value, &["management", "ordinary"]),
    },
    SandboxSetting {
        name: "tax",
        values: "percent that cloudflare and vercel add to what is bought",
        set: |work, value| {
            let percent = not_negative(value)?;
            if percent > Decimal::ONE_HUNDRED {
                return Err("more than 100".into());
            }
            done(work.set("tax", Some(&percent.to_string())))
        },
    },
    SandboxSetting {
        name: "listed-after",
        values: "how long a purchase takes to show in cloudflare's list, such as 30s",
        set: |work, value| {
            done(work.set("listed-after-ms", Some(&milliseconds(value)?.to_string())))
        },
    },
    SandboxSetting {
        name: "cloudflare-list",
        values: "whole or more: whether its list of invoices says that it goes on",
        set: |work, value| word(work, "cloudflare-list", value, &["whole", "more"]),
    },
    SandboxSetting {
        name: "cloudflare-key",
        values: "write or read: what its key may do",
        set: |work, value| word(work, "cloudflare-key", value, &["write", "read"]),
    },
    SandboxSetting {
        name: "cloudflare-reload",
        values: "off, or BELOW:AMOUNT in whole cents, such as 500:1000",
        set: |work, value| {
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
        },
    },
    SandboxSetting {
        name: "vercel-answer",
        values: "intent, pending, checkout, subscription, empty or new: what answers a purchase",
        set: |work, value| word(work, "vercel-answer", value, &vercel::ANSWERS),
    },
    SandboxSetting {
        name: "ciris-mode",
        values: "paid, free_only, unlimited or app_store",
        set: |work, value| {
            word(work, "ciris-mode", value, &["paid", "free_only", "unlimited", "app_store"])
        },
    },
    SandboxSetting {
        name: "ciris-setup",
        values: "done, required or starting: whether the agent has been set up, and its logins run",
        set: |work, value| word(work, "ciris-setup", value, &["done", "required", "starting"]),
    },
    SandboxSetting {
        name: "ciris-account",
        values: "password or no_password: how its user may log in",
        set: |work, value| word(work, "ciris-account", value, &["password", "no_password"]),
    },
    SandboxSetting {
        name: "ciris-status",
        values: "works or broken: whether the agent can tell where a payment stands",
        set: |work, value| word(work, "ciris-status", value, &["works", "broken"]),
    },
    SandboxSetting {
        name: "ciris-booking",
        values: "a duration after which a paid pack is credited, such as 30s",
        set: |work, value| {
            done(work.set("ciris-booking-ms", Some(&milliseconds(value)?.to_string())))
        },
    },
    SandboxSetting {
        name: "ciris-uses",
        values: "uses that were bought and are left",
        set: |work, value| done(uses::set_uses(work, count(value)?)),
    },
    SandboxSetting {
        name: "ciris-free",
        values: "free uses that are left",
        set: |work, value| done(work.set("ciris-free", Some(&count(value)?.to_string()))),
    },
    SandboxSetting {
        name: "ciris-daily",
        values: "free uses that are left today, or none where there are none by day",
        set: |work, value| match value {
            "none" => done(work.set("ciris-daily", Some("none"))),
            _ => done(work.set("ciris-daily", Some(&count(value)?.to_string()))),
        },
    },
    SandboxSetting {
        name: "ciris-credit",
        values: "on or off: whether the agent lets its uses be used at all",
        set: |work, value| word(work, "ciris-credit", value, &["on", "off"]),
    },
    SandboxSetting {
        name: "ciris-price",
        values: "cents that a pack costs",
        set: |work, value| done(work.set("ciris-price", Some(&count(value)?.to_string()))),
    },
    SandboxSetting {
        name: "ciris-offer",
        values: "told or untold: whether the price is stated before a payment is opened",
        set: |work, value| word(work, "ciris-offer", value, &["told", "untold"]),
    },
    SandboxSetting {
        name: "ciris-pay",
        values: "page or card: who confirms a payment, a person or the saved card",
        set: |work, value| word(work, "ciris-pay", value, &["page", "card"]),
    },
    SandboxSetting {
        name: "ciris-email",
        values: "set or none",
        set: |work, value| word(work, "ciris-email", value, &["set", "none"]),
    },
    SandboxSetting {
        name: "ciris-wrapped",
        values: "on or off: whether answers stand in 'data'",
        set: |work, value| word(work, "ciris-wrapped", value, &["on", "off"]),
    },
    SandboxSetting {
        name: "clock",
        values: "+DURATION or -DURATION from now, such as +25h, or real",
        set: |work, value| {
            let offset = match (value, value.split_at_checked(1)) {
                ("real", _) => 0,
                (_, Some(("+", time))) => milliseconds(time)?,
                (_, Some(("-", time))) => -milliseconds(time)?,
                _ => return Err("write +25h, -1h or real".into()),
            };
            done(work.set("clock-offset-ms", Some(&offset.to_string())))
        },
    },
    SandboxSetting {
        name: "settle-after",
        values: "a duration, such as 3s",
        set: |work, value| {
            done(work.set("settle-after-ms", Some(&milliseconds(value)?.to_string())))
        },
    },
    SandboxSetting {
        name: "token-life",
        values: "a duration, such as 15m",
        set: |work, value| {
            done(work.set("token-life-s", Some(&(milliseconds(value)? / 1000).to_string())))
        },
    },
    SandboxSetting {
        name: "interval",
        values: "a duration between two polls of a login, such as 5s",
        set: |work, value| {
            done(work.set("interval-s", Some(&(milliseconds(value)? / 1000).to_string())))
        },
    },
    SandboxSetting {
        name: "refresh-reuse",
        values: "invalid_grant or refresh_token_reused: what answers a refresh token that was used before",
        set: |work, value| word(work, "refresh-reuse", value, &oauth::REUSE_WORDS),
    },
    SandboxSetting {
        name: "rate-limit",
        values: "on or off: whether only five charges an hour are taken",
        set: |work, value| {
            one_of(value, &["on", "off"])?;
            done(work.set("rate-limit", Some(value)))
        },
    },
];

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
        Failure::usage(format!("there is no setting '{}'", name.escape_debug()))
            .hint(format!("Available: {}.", names()))
    })?;
    (setting.set)(work, value).map_err(|why| {
        Failure::usage(format!("{name} cannot be '{}': {why}", value.escape_debug()))
            .hint(format!("It takes: {}.", setting.values))
    })
}

fn done(result: Result<()>) -> Result<(), String> {
    result.map_err(|error| error.to_string())
}

fn one_of(value: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&value) { Ok(()) } else { Err("not one of those".into()) }
}

fn word(work: &StoreWork<'_>, name: &str, value: &str, words: &[&str]) -> Result<(), String> {
    one_of(value, words)?;
    done(work.set(name, Some(value)))
}

/// A word of the portal; the usual one is kept as nothing.
fn word_or(work: &StoreWork<'_>, name: &str, value: &str, usual: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if value.is_empty() || value.len() > 64 || !value.bytes().all(plain) {
        return Err("no word of small letters, digits and '_'".into());
    }
    done(work.set(name, Some(value).filter(|value| *value != usual)))
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
