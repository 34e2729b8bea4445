//! A terminal asks to be connected: its code, what it asks for in words, and a person's answer.

use super::cards;
use super::fields::{FieldError, FormField};
use super::layout::{PageLayout, form_word, hidden, problem, time};
use crate::sandbox::account;
use crate::sandbox::gates::BILLING;
use crate::sandbox::oauth::{self, Device};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use maud::{Markup, html};

const PLACE: &str = "/device";

/// The request that a code stands for, or the field where one is typed.
pub(super) fn show(work: &StoreWork<'_>, call: &Call) -> Answered {
    let typed = call.parameter("user_code").unwrap_or_default();
    if typed.trim().is_empty() {
        return Ok(ask(work, None));
    }
    Ok(match oauth::device(work, &typed)? {
        None => ask(work, Some(&typed)),
        Some(device) if device.standing == "pending" => {
            PageLayout::new("Connect a terminal?", PLACE).with(work, &request(work, &device))
        }
        Some(device) => outcome(work, &device),
    })
}

/// Where a code is typed; again, where no login waits with it.
fn ask(work: &StoreWork<'_>, unknown: Option<&str>) -> SandboxReply {
    let wrong = unknown.map(|typed| FieldError {
        field: "user_code",
        message: "No terminal waits with this code. Compare it with the code in your terminal."
            .into(),
        typed: typed.chars().take(40).collect(),
    });
    let field = FormField {
        name: "user_code",
        label: "Code",
        hint: "Eight letters, such as BCDF-GHJK.",
        value: "",
        mode: "text",
        choices: &[],
        focus: true,
    };
    let body = html! {
        p.lead { "Type the code that your terminal shows." }
        form.sheet method="get" action="/device" {
            (field.show(wrong.as_ref()))
            button.primary type="submit" { "Continue" }
        }
    };
    let (status, news) = if wrong.is_some() { (404, Some("Unknown code")) } else { (200, None) };
    PageLayout { status, news, ..PageLayout::new("Connect a terminal", PLACE) }.with(work, &body)
}

/// What a scope lets a terminal do.
fn meaning(scope: &str) -> &str {
    match scope {
        "inference:invoke" => "use paid models on the account",
        BILLING => "buy credits with the saved card, if you tick the box below",
        other => other,
    }
}

fn request(work: &StoreWork<'_>, device: &Device) -> Markup {
    let words: Vec<&str> = device.scope.split_whitespace().collect();
    let minutes = ((device.expires_ms - work.now_ms()).max(0) + 59_999) / 60_000;
    let ends = jiff::Timestamp::from_millisecond(device.expires_ms).unwrap_or_else(|_| work.now());
    html! {
        p.lead { "A program asks to be connected to your account. Go on only if you have just started it yourself, and your terminal shows this very code:" }
        p.code { span.unseen { "Code: " } (device.user_code) }
        form.sheet method="post" action="/device" {
            dl {
                dt { "It calls itself" } dd { strong { (device.client_id) } }
                dt { "It asks to" } dd { ul { @for word in &words { li { (meaning(word)) } } } }
                dt { "It waits until" } dd { (time(ends)) ", " @if minutes == 1 { "one minute" } @else { (minutes) " minutes" } " from now" }
            }
            (hidden("form_word", &form_word(work)))
            (hidden("user_code", &device.user_code))
            @if words.contains(&BILLING) { (tick(work)) }
            div.row {
                button.primary type="submit" name="answer" value="approve" { "Approve" }
                button type="submit" name="answer" value="deny" { "Deny" }
            }
        }
    }
}

/// Permission to spend is never given along with the rest: it wants a tick of its own.
fn tick(work: &StoreWork<'_>) -> Markup {
    let may = account::may_charge(&account::role(work));
    let card = account::card(work);
    html! {
        div.tick {
            input type="checkbox" id="allow" name="allow_billing" value="yes" aria-describedby="allow-hint" disabled[!may];
            label for="allow" { "Allow Remote Spending" }
            p.hint id="allow-hint" {
                @if !may { "Your role may not allow this. The terminal can be connected without it; an owner or admin can allow it." }
                @else if let Some(card) = card { "It may buy credits with " (cards::name(card)) ", up to the monthly limit, without asking here again. Without the tick it may look, but not buy." }
                @else { "It may buy credits as soon as a card is saved, up to the monthly limit, without asking here again. Without the tick it may look, but not buy." }
            }
        }
    }
}

fn outcome(work: &StoreWork<'_>, device: &Device) -> SandboxReply {
    let may_buy = device.granted.split_whitespace().any(|word| word == BILLING);
    let asked_to_buy = device.scope.split_whitespace().any(|word| word == BILLING);
    let (title, status, body) = match device.standing.as_str() {
        "approved" | "used" => (
            "Connected",
            200,
            html! {
                div.note.good role="status" {
                    p {
                        strong { (device.client_id) } " is connected"
                        @if may_buy { ", and may buy credits." }
                        @else if asked_to_buy { ", but may not buy: Remote Spending was not allowed." }
                        @else { "." }
                    }
                }
                p { "Go back to your terminal; this page can be closed." }
                @if may_buy { (missing(work)) }
            },
        ),
        "denied" => (
            "Denied",
            200,
            html! {
                div.note role="status" { p { "Nothing was connected, and the terminal was informed." } }
                p { "If that was not meant, run the command in your terminal again." }
            },
        ),
        _ => (
            "The code has expired",
            410,
            html! {
                div.note.bad role="alert" { p { "A code can be approved for ten minutes. Nothing was connected." } }
                p { "Run the command in your terminal again: it shows a new code." }
            },
        ),
    };
    PageLayout { status, ..PageLayout::new(title, PLACE) }.with(work, &body)
}

/// What a terminal that may buy still lacks.
fn missing(work: &StoreWork<'_>) -> Markup {
    let (card, switch) = (account::card(work).is_some(), account::switch(work));
    html! {
        @if !card { div.note.warn { p { "One more step before it can buy: " a href="/billing#card" { "save a card" } "." } } }
        @if !switch { div.note.warn { p { "Remote Spending is switched off for the organisation: " a href="/billing#switch" { "switch it on" } "." } } }
    }
}

/// What the person has answered; the page of the code shows the result.
pub(super) fn decide(work: &StoreWork<'_>, call: &Call) -> Answered {
    let code = call.field("user_code").unwrap_or_default();
    let encoded: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
    let page = format!("/device?user_code={encoded}");
    let decision = match call.field("answer").as_deref() {
        Some("approve") => Some(call.field("allow_billing").as_deref() == Some("yes")),
        Some("deny") => None,
        _ => {
            let text = "Neither approved nor denied: choose one of the two buttons.";
            return Ok(problem(
                work,
                400,
                "Nothing was decided",
                text,
                (&page, "Back to the code"),
            ));
        }
    };
    oauth::decide(work, &code, decision)?;
    Ok(SandboxReply::see(&page))
}
