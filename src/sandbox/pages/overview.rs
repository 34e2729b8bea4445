//! The first page, and the teams.

use super::layout::{NAME, PageLayout, dollars};
use crate::core::failure::Result;
use crate::sandbox::store::StoreWork;
use crate::sandbox::uses::{self, Payment};
use crate::sandbox::wire::{Answered, Call};
use crate::sandbox::{account, balances, byterover, plans, sales};
use maud::html;

/// What there is, and what waits for a person.
pub(super) fn welcome(work: &StoreWork<'_>, call: &Call) -> Answered {
    let balance = account::balance(work)?;
    let plan = plans::current(work)?;
    let open = uses::payments(work)?.into_iter().find(Payment::is_open);
    let tiles = [
        (
            "/billing",
            "Billing",
            "Buy credits; the saved card, the monthly limit, the switch, auto-reload.",
        ),
        ("/manage-subscription", "Plan", "Compare the plans and change yours."),
        ("/device", "Connect a terminal", "Type the code that a terminal shows."),
        ("/ciris", "Uses", "What a CIRIS agent has left, and the payments for packs."),
        ("/byterover", "Teams", "What each ByteRover team has left, and the session key."),
        ("/balances", "Other systems", "What OpenRouter, DeepSeek and others have left."),
    ];
    let body = html! {
        p.lead { "The portal inside " code { "topup" } ". It answers as the real portals do, so that you can try your scripts before real money is involved." }
        @if let Some(payment) = open {
            div.note.warn { p { "A payment waits for you: " a href={ "/ciris/payment/" (payment.id) } { "pay " (payment.price()) " for " (payment.uses) " uses" } "." } }
        }
        div.figures {
            div.sheet { h2 { "Balance" } p.figure { (dollars(balance)) } }
            div.sheet { h2 { "Plan" } p.figure { (plan.name) } }
        }
        ul.tiles {
            @for (path, name, text) in tiles { li { a href=(path) { (name) } p { (text) } } }
        }
        section.sheet aria-labelledby="use" {
            h2 id="use" { "Use it" }
            p { "Any command of " code { "topup" } " talks to this portal with" }
            p { code { "export TOPUP_PORTAL_URL=" (call.base) } }
        }
    };
    Ok(PageLayout::new(NAME, "/").with(work, &body))
}

/// The teams of ByteRover.
pub(super) fn teams(work: &StoreWork<'_>) -> Answered {
    let teams = byterover::teams(work)?;
    let key = work.text("session-key").unwrap_or_default();
    let body = html! {
        p.lead { "The credits of ByteRover teams. They are changed with " code { "topup sandbox set team=Acme:PRO:5000:4900" } "." }
        section.sheet aria-labelledby="teams" {
            h2 id="teams" { "Teams" }
            @if teams.is_empty() { p { "There is none." } }
            @else {
                ul.rows {
                    @for team in &teams {
                        li {
                            strong { (team.name) }
                            span { (team.used) " of " (team.limit) " used" }
                            span.wide { (team.id()) ", " (team.tier) @if team.trial { ", on trial" } @if team.inactive { ", stopped" } }
                        }
                    }
                }
            }
        }
        section.sheet aria-labelledby="key" {
            h2 id="key" { "Session key" }
            p { "Give it to " code { "topup --provider byterover login --token-stdin" } ":" }
            p { code { (key) } }
        }
    };
    Ok(PageLayout::new("Teams", "/byterover").with(work, &body))
}

/// The systems whose balance one request reads.
pub(super) fn systems(work: &StoreWork<'_>) -> Answered {
    let all: Vec<_> = balances::names()
        .map(|name| Ok((name, sales::balance(work, name)?)))
        .collect::<Result<_>>()?;
    let body = html! {
        p.lead { "What other systems have left. It is changed with " code { "topup sandbox set system=deepseek:3.40" } "." }
        section.sheet aria-labelledby="systems" {
            h2 id="systems" { "Systems" }
            ul.rows {
                @for (name, left) in &all {
                    li { a href={ "/balances/" (name) } { (name) } " " (left) " left" }
                }
            }
        }
    };
    Ok(PageLayout::new("Other systems", "/").with(work, &body))
}

/// One of them.
pub(super) fn system(work: &StoreWork<'_>, name: &str) -> Answered {
    let Some(name) = balances::named(name) else { return systems(work) };
    let left = sales::balance(work, name)?;
    let body = html! {
        p.lead { "What " code { (name) } " has left. Nothing is bought here; it is changed with" }
        p { code { "topup sandbox set system=" (name) ":100" } }
        div.figures { div.sheet { h2 { "Balance" } p.figure { (left) } } }
    };
    Ok(PageLayout::new(name, "/").with(work, &body))
}
