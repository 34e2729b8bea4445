//! The plan page: which plans there are, what a change would come to, and the change. The rules are
//! those of the calls: more is paid and begins at once, less begins with the next month.

use super::cards;
use super::layout::{PageLayout, button, form_word, hidden, problem};
use super::view::{not_allowed, on_day};
use crate::core::failure::Result;
use crate::sandbox::account;
use crate::sandbox::plans::{self, CANCEL, SandboxTier, TIERS, TierChange};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use maud::{Markup, html};

const PLACE: &str = "/manage-subscription";

/// What was done, by the word that the browser is sent on with.
const NEWS: [(&str, &str); 4] = [
    ("changed", "The plan is changed."),
    ("scheduled", "The change is scheduled."),
    ("canceled", "The plan ends with the month that is paid."),
    ("kept", "The plan goes on as it is."),
];

/// Why a plan was not paid, by the word of the charge.
const TROUBLES: [(&str, &str); 4] = [
    ("no_card", "No card is saved. Nothing was changed."),
    (
        "card_declined",
        "The bank declined the card. Nothing was charged or changed; save another one on the billing page.",
    ),
    (
        "payment_method_expired",
        "The card has expired. Nothing was charged or changed; save another one on the billing page.",
    ),
    (
        "processing_error",
        "The payment could not be processed. Nothing was charged or changed; try again, or with another card.",
    ),
];

/// The plans; or what the one that was chosen would come to.
pub(super) fn show(work: &StoreWork<'_>, call: &Call) -> Answered {
    let account = work.text("org");
    // A link of a terminal says whose plan it is.
    if call.parameter("org_id").is_some_and(|asked| Some(asked) != account) {
        let text = "This link is for another organisation than the one of this sandbox. After a \
                    reset it is another one: ask the terminal for the link again.";
        return Ok(problem(
            work,
            404,
            "Another organisation",
            text,
            (PLACE, "The plan of this one"),
        ));
    }
    let manages = account::may_charge(&account::role(work));
    match call.parameter("choose") {
        Some(id) if manages => match target(&id) {
            Some(target) if call.parameter("bank").is_some() => at_the_bank(work, target),
            Some(target) => {
                let trouble = call.parameter("trouble");
                let known = TROUBLES.iter().find(|(word, _)| trouble.as_deref() == Some(*word));
                preview(work, target, known.map(|(_, text)| *text))
            }
            None => Ok(no_such_plan(work)),
        },
        _ => overview(work, call, manages),
    }
}

/// The plan that somebody may choose, or [`CANCEL`].
fn target(id: &str) -> Option<TargetTier> {
    if id == CANCEL {
        return Some(TargetTier::End);
    }
    plans::tier(id).filter(|tier| tier.enabled).map(TargetTier::Plan)
}

#[derive(Clone, Copy)]
enum TargetTier {
    Plan(&'static SandboxTier),
    End,
}

impl TargetTier {
    fn id(self) -> &'static str {
        match self {
            Self::Plan(tier) => tier.id,
            Self::End => CANCEL,
        }
    }
}

fn no_such_plan(work: &StoreWork<'_>) -> SandboxReply {
    let text = "There is no such plan to choose.";
    problem(work, 404, "No such plan", text, (PLACE, "The plans there are"))
}

fn overview(work: &StoreWork<'_>, call: &Call, manages: bool) -> Answered {
    let now = plans::current(work)?;
    let pending = work.text("pending-plan");
    let note = call.parameter("note");
    let news = NEWS.iter().find(|(word, _)| note.as_deref() == Some(*word)).map(|(_, text)| *text);
    let word = form_word(work);
    let body = html! {
        @if let Some(news) = news { div.note.good role="status" { p { (news) } } }
        @if !manages { div.note.warn { p { "Your role may read, but not change the plan. An owner or admin has to." } } }
        section.sheet aria-labelledby="now" {
            h2 id="now" { "Your plan" }
            p.figure { (now.name) }
            p.soft { "$" (now.dollars) " a month, with $" (now.credits) " of credits" }
            @if let Some(pending) = pending {
                p { (coming(work, &pending)?) }
                @if manages { (button(&word, PLACE, ("act", "keep"), &format!("Keep {}", now.name), "")) }
            } @else if now.cents > 0 && manages {
                p { a.button.grave href={ (PLACE) "?choose=" (CANCEL) } { "Cancel the plan" } }
            }
        }
        section.sheet aria-labelledby="plans" {
            h2 id="plans" { "Plans" }
            ul.rows {
                @for tier in TIERS.iter().filter(|tier| tier.is_listed(now)) {
                    li {
                        span { strong { (tier.name) } br; span.soft { "$" (tier.dollars) " a month, $" (tier.credits) " of credits" } }
                        @if tier == now { span.tag { "current" } }
                        @else if manages { a.button href={ (PLACE) "?choose=" (tier.id) } { "Choose " (tier.name) } }
                    }
                }
            }
        }
    };
    Ok(PageLayout { news, ..PageLayout::new("Plan", PLACE) }.with(work, &body))
}

/// What begins with the next month.
fn coming(work: &StoreWork<'_>, pending: &str) -> Result<Markup> {
    let end = plans::pending_since(work)?;
    Ok(html! {
        @if let Some(tier) = plans::tier(pending) { "It changes to " strong { (tier.name) } " " (on_day(end)) "." }
        @else { "It ends " (on_day(end)) "." }
    })
}

/// What the change comes to, before it is made.
fn preview(work: &StoreWork<'_>, target: TargetTier, trouble: Option<&str>) -> Answered {
    let now = plans::current(work)?;
    let end = plans::cycle_end(work)?;
    let card = account::card(work);
    let (title, text, label) = match target {
        TargetTier::End if now.cents == 0 => return Ok(no_such_plan(work)),
        TargetTier::End => (
            format!("Cancel {}?", now.name),
            html! { "It ends " (on_day(end)) ". Until then nothing changes, and nothing is paid back." },
            format!("Cancel {}", now.name),
        ),
        TargetTier::Plan(tier) => match plans::effect(now, tier) {
            TierChange::Now(cents) => (
                format!("Change to {}?", tier.name),
                html! {
                    "From " (now.name) " to " (tier.name) ", at once. "
                    strong { (dollars_of(cents)) " is due now" }
                    @if let Some(card) = card { ", with " (cards::name(card)) }
                    "."
                },
                format!("Pay {}", dollars_of(cents)),
            ),
            TierChange::Later => (
                format!("Change to {}?", tier.name),
                html! { "From " (now.name) " to " (tier.name) ", " (on_day(end)) ". Nothing is due now." },
                format!("Change to {}", tier.name),
            ),
            TierChange::Nothing | TierChange::Blocked => return Ok(SandboxReply::see(PLACE)),
        },
    };
    let pays = matches!(target, TargetTier::Plan(tier) if tier.cents > now.cents);
    let body = html! {
        @if let Some(trouble) = trouble { div.note.bad role="alert" { p { (trouble) } } }
        p.lead { (text) }
        @if pays && card.is_none() {
            div.note.warn { p { "No card is saved: " a href="/billing#card" { "save one first" } "." } }
            p { a.button href=(PLACE) { "Back to the plans" } }
        } @else {
            form.sheet method="post" action=(PLACE) {
                (hidden("form_word", &form_word(work)))
                (hidden("plan", target.id()))
                div.row {
                    button.primary type="submit" name="act" value="change" { (label) }
                    a.button href=(PLACE) { "Back" }
                }
            }
        }
    };
    Ok(PageLayout { news: trouble.map(|_| "Not changed"), ..PageLayout::new(&title, PLACE) }
        .with(work, &body))
}

fn dollars_of(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// What a form of these pages asks for.
pub(super) fn change(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Some(refused) = not_allowed(work) {
        return Ok(refused);
    }
    let done = |note: &str| Ok(SandboxReply::see(&format!("{PLACE}?note={note}")));
    if call.field("act").as_deref() == Some("keep") {
        plans::keep(work)?;
        return done("kept");
    }
    let Some(target) = call.field("plan").as_deref().and_then(target) else {
        return Ok(no_such_plan(work));
    };
    let now = plans::current(work)?;
    let effect = match target {
        TargetTier::End if now.cents == 0 => return Ok(no_such_plan(work)),
        TargetTier::End => TierChange::Later,
        TargetTier::Plan(tier) => plans::effect(now, tier),
    };
    if !matches!(effect, TierChange::Now(_) | TierChange::Later) {
        return Ok(SandboxReply::see(PLACE));
    }
    let confirmed = call.field("bank").as_deref() == Some("confirmed");
    let card = account::card(work);
    let chosen = format!("{PLACE}?choose={}", target.id());
    let fails = card.and_then(|card| card.fails);
    if let TierChange::Now(_) = effect {
        if card.is_none() {
            return Ok(SandboxReply::see(&format!("{chosen}&trouble=no_card")));
        }
        if fails == Some("authentication_required") && !confirmed {
            return Ok(SandboxReply::see(&format!("{chosen}&bank=open")));
        }
    }
    if !plans::count_change(work)? {
        let text = "Five changes a day are the most there are, and nothing was changed. Try again tomorrow.";
        return Ok(problem(work, 429, "Too many changes", text, (PLACE, "Back to the plans")));
    }
    match (effect, fails) {
        (TierChange::Now(_), Some(reason)) if reason != "authentication_required" => {
            Ok(SandboxReply::see(&format!("{chosen}&trouble={reason}")))
        }
        (TierChange::Now(cents), _) => {
            let TargetTier::Plan(tier) = target else { return Ok(no_such_plan(work)) };
            plans::pay_for(work, tier, cents, None)?;
            done("changed")
        }
        _ => {
            plans::plan_for_cycle_end(work, target.id())?;
            done(if matches!(target, TargetTier::End) { "canceled" } else { "scheduled" })
        }
    }
}

/// A card whose bank asks back: nothing is charged before the person has confirmed it there.
fn at_the_bank(work: &StoreWork<'_>, target: TargetTier) -> Answered {
    let now = plans::current(work)?;
    let effect = match target {
        TargetTier::Plan(tier) => plans::effect(now, tier),
        TargetTier::End => TierChange::Later,
    };
    let (TierChange::Now(cents), Some(card)) = (effect, account::card(work)) else {
        return Ok(SandboxReply::see(PLACE));
    };
    let body = html! {
        p.lead { "The bank of " strong { (cards::name(card)) } " wants to know that it is you who pays " strong { (dollars_of(cents)) } ". Nothing is charged or changed yet." }
        form.sheet method="post" action=(PLACE) {
            (hidden("form_word", &form_word(work)))
            (hidden("plan", target.id()))
            (hidden("act", "change"))
            div.row {
                button.primary type="submit" name="bank" value="confirmed" { "Confirm " (dollars_of(cents)) }
                a.button href=(PLACE) { "Cancel" }
            }
        }
    };
    Ok(PageLayout::new("Confirm at your bank", PLACE).with(work, &body))
}
