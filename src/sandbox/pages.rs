//! The web pages of the portal: where every deep link leads. Rendered here, working without
//! JavaScript, with nothing from elsewhere. Every form carries a word that only this portal can
//! have made.

mod agent;

use super::account::{self, CARDS, Card};
use super::oauth::{self, BILLING};
use super::store::Work;
use super::subscription::{self, TIERS};
use super::wire::{Answered, Call, Reply};
use super::{billing, byterover, token};
use crate::error::Result;
use crate::money::{Amount, Money};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8886; --accent: #2457d6; --good: #1a7f37; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --accent: #8ab0ff; --good: #6fdd8b; --bad: #ff9a90 } }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1rem }
.double { border: 2px dashed var(--line); border-radius: .5rem; padding: .5rem 1rem }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: .5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .5rem .25rem 0; vertical-align: top; overflow-wrap: break-word }
td:last-child { overflow-wrap: anywhere }
input[type=text] { font: inherit; padding: .4rem; width: 100%; max-width: 20rem }
button { font: inherit; padding: .4rem 1rem; margin: .5rem .5rem 0 0; cursor: pointer }
button.primary { background: var(--accent); color: Canvas; border: 1px solid var(--accent); border-radius: .3rem }
code.code { font-size: 1.6rem; letter-spacing: .15rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.good { color: var(--good) } .bad { color: var(--bad) }
";

/// Nothing from elsewhere, no frames, forms to this portal only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page, or what a form of one asks for.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &Work<'_>, call: &Call, method: &str, path: &[&str]) -> Answered {
    let reply = match (method, path) {
        ("GET", [""]) => welcome(work)?,
        ("GET", ["device"]) => device(work, call)?,
        ("GET", ["billing"]) => page(work, "Billing", &billing_page(work, call)?)?,
        ("GET", ["manage-subscription"]) => page(work, "Plan", &plan_page(work)?)?,
        ("GET", ["ciris"]) => agent::overview(work)?,
        ("GET", ["ciris", "payment", id]) => agent::payment(work, call, id)?,
        ("GET", ["byterover"]) => page(work, "Teams", &teams_page(work)?)?,
        ("POST", _) if !is_own_form(work, call)? => {
            problem(work, 403, "This form has run out. Go back, load the page again and retry.")?
        }
        ("POST", ["device"]) => decide(work, call)?,
        ("POST", ["billing", what]) => change_billing(work, call, what)?,
        ("POST", ["ciris", "payment", id]) => agent::act(work, call, id)?,
        ("POST", ["manage-subscription"]) => change_plan(work, call)?,
        _ => problem(work, 404, "There is no such page.")?,
    };
    Ok(reply
        .header("content-security-policy", POLICY.into())
        .header("x-content-type-options", "nosniff".into())
        .header("referrer-policy", "no-referrer".into())
        .header("cache-control", "no-store".into()))
}

/// A form of another site cannot know the word, and a browser names the site it comes from.
fn is_own_form(work: &Work<'_>, call: &Call) -> Result<bool> {
    let word = form_word(work)?;
    let same_origin =
        call.origin.as_deref().is_none_or(|origin| origin == call.base || origin == "null");
    Ok(same_origin && call.field("form_word").as_deref() == Some(&word))
}

fn form_word(work: &Work<'_>) -> Result<String> {
    Ok(token::form_word(&work.text("secret")?.unwrap_or_default()))
}

fn page(work: &Work<'_>, title: &str, body: &Markup) -> Answered {
    page_with(work, 200, title, body)
}

fn page_with(work: &Work<'_>, status: u16, title: &str, body: &Markup) -> Answered {
    let organisation = work.text("org")?.unwrap_or_default();
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · topup sandbox" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.double { strong { "Sandbox." } " A test double on this machine: no real money, no real card. Organisation " (organisation) "." }
                    nav aria-label="Pages" {
                        a href="/" { "Start" } " · " a href="/billing" { "Billing" } " · "
                        a href="/manage-subscription" { "Plan" } " · " a href="/byterover" { "Teams" } " · " a href="/ciris" { "Uses" } " · " a href="/device" { "Connect a terminal" }
                    }
                }
                main { h1 { (title) } (body) }
            }
        }
    };
    Ok(Reply::page(status, text.into_string()))
}

fn problem(work: &Work<'_>, status: u16, text: &str) -> Answered {
    page_with(work, status, "That did not work", &html! { p role="alert" { (text) } })
}

fn welcome(work: &Work<'_>) -> Answered {
    let balance = account::balance(work)?;
    page(
        work,
        "topup sandbox",
        &html! {
            p { "This is the portal inside " code { "topup" } ": it speaks the same contract as the real one, so that scripts can be tried before real money is involved." }
            p { "Balance: " strong { (dollars(balance)) } "." }
            ul {
                li { a href="/billing" { "Billing" } ": saved card, monthly limit, the switch, auto-reload, charges." }
                li { a href="/manage-subscription" { "Plan" } ": what there is, and a change of it." }
                li { a href="/byterover" { "Teams" } ": what each team has left, and the session key." }
                li { a href="/ciris" { "Uses" } ": what a CIRIS agent has left, and the payments for packs." }
                li { a href="/device" { "Connect a terminal" } ": type the code that the terminal shows." }
            }
        },
    )
}

fn teams_page(work: &Work<'_>) -> Result<Markup> {
    let teams = byterover::teams(work)?;
    let key = work.text("session-key")?.unwrap_or_default();
    Ok(html! {
        p { "The credits of ByteRover teams. They are changed with " code { "topup sandbox set team=Acme:PRO:5000:4900" } "." }
        table {
            thead { tr { th scope="col" { "Team" } th scope="col" { "Id" } th scope="col" { "Tier" } th scope="col" { "Used" } th scope="col" { "Limit" } } }
            tbody {
                @for team in &teams {
                    tr {
                        td { (team.name) } td { (team.id()) }
                        td { (team.tier) @if team.trial { ", on trial" } }
                        td { (team.used) } td { (team.limit) }
                    }
                }
            }
        }
        section {
            h2 { "Session key" }
            p { "Give it to " code { "topup --provider byterover login --token-stdin" } ":" }
            p { code { (key) } }
        }
    })
}

fn dollars(value: rust_decimal::Decimal) -> String {
    format!("${}", Money(value.normalize()).shown())
}

fn device(work: &Work<'_>, call: &Call) -> Answered {
    let Some(code) = call.parameter("user_code").filter(|code| !code.trim().is_empty()) else {
        return page(
            work,
            "Connect a terminal",
            &html! {
                form method="get" action="/device" {
                    p { label for="user_code" { "The code that your terminal shows" } }
                    p { input type="text" id="user_code" name="user_code" autocomplete="off" required autofocus; }
                    button.primary type="submit" { "Continue" }
                }
            },
        );
    };
    let Some(device) = oauth::device(work, &code)? else {
        return problem(
            work,
            404,
            "No terminal waits with this code. Compare it with the one your terminal shows.",
        );
    };
    let words: Vec<&str> = device.scope.split_whitespace().collect();
    let wants_billing = words.contains(&BILLING);
    let can_allow = account::may_charge(&account::role(work)?);
    let body = match device.standing.as_str() {
        "pending" => html! {
            p { "A terminal asks to be connected. Go on only if it is yours and shows this code:" }
            p { code.code { (device.user_code) } }
            p { "It calls itself " strong { (device.client_id) } " and asks to:" }
            ul {
                @for word in &words {
                    li { @match *word {
                        "inference:invoke" => "use paid models on your account",
                        BILLING => "buy credits with the saved card (only if you tick the box below)",
                        other => (other),
                    } }
                }
            }
            form method="post" action="/device" {
                input type="hidden" name="form_word" value=(form_word(work)?);
                input type="hidden" name="user_code" value=(device.user_code);
                @if wants_billing {
                    p {
                        input type="checkbox" id="allow" name="allow_billing" value="yes" disabled[!can_allow];
                        " " label for="allow" { "Allow terminal billing" }
                    }
                    @if !can_allow { p.bad { "Your role may not allow this; the terminal is connected without it." } }
                }
                button.primary type="submit" name="answer" value="approve" { "Approve" }
                button type="submit" name="answer" value="deny" { "Deny" }
            }
        },
        "approved" | "used" => {
            html! { p.good role="status" { "Approved. Go back to your terminal." } }
        }
        "denied" => html! { p role="status" { "Denied. Nothing was connected." } },
        _ => {
            html! { p.bad role="alert" { "This code has run out. Run the command in your terminal again." } }
        }
    };
    page(work, "Connect a terminal", &body)
}

fn decide(work: &Work<'_>, call: &Call) -> Answered {
    let code = call.field("user_code").unwrap_or_default();
    let decision = match call.field("answer").as_deref() {
        Some("approve") => Some(call.field("allow_billing").as_deref() == Some("yes")),
        Some("deny") => None,
        _ => return problem(work, 400, "Choose one of the two buttons."),
    };
    oauth::decide(work, &code, decision)?;
    let code: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
    Ok(Reply::see(&format!("/device?user_code={code}")))
}

/// A form with one button, to a change of the billing page.
fn button(word: &str, action: &str, name: &str, value: &str, text: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="form_word" value=(word);
            button type="submit" name=(name) value=(value) { (text) }
        }
    }
}

fn billing_page(work: &Work<'_>, call: &Call) -> Result<Markup> {
    let word = form_word(work)?;
    let month = account::month(work)?;
    let switch = account::switch(work)?;
    let reload_on = work.text("reload")?.as_deref() == Some("on");
    let below = work.money("reload-below")?;
    let to = work.money("reload-to")?;
    let shown = |amount: Option<rust_decimal::Decimal>| {
        amount.map(|amount| amount.to_string()).unwrap_or_default()
    };
    let note = call.parameter("note");
    Ok(html! {
        @if let Some(note) = note { p role="status" { strong { (note_text(&note)) } } }
        p { "Balance: " strong { (dollars(account::balance(work)?)) } }
        section aria-labelledby="card" {
            h2 id="card" { "Saved card" }
            (card_form(&word, account::card(work)?))
        }
        section aria-labelledby="limit" {
            h2 id="limit" { "Monthly limit" }
            p { (dollars(month.spent)) " of " (dollars(month.limit)) " spent this month"
                @if month.is_default { " (the portal's own ceiling)" } "." }
            form method="post" action="/billing/limit" {
                input type="hidden" name="form_word" value=(word);
                label for="limit_usd" { "Limit in dollars, or empty for the ceiling" }
                p { input type="text" id="limit_usd" name="limit" inputmode="decimal"; }
                button type="submit" { "Set the limit" }
            }
        }
        section aria-labelledby="switch" {
            h2 id="switch" { "Terminal billing" }
            @if switch { p { "Terminals of this organisation may buy credits." } (button(&word, "/billing/switch", "switch", "off", "Switch it off")) }
            @else { p { "Switched off: no terminal may buy." } (button(&word, "/billing/switch", "switch", "on", "Switch it on")) }
        }
        section aria-labelledby="reload" {
            h2 id="reload" { "Auto-reload" }
            p { @if reload_on { "On: below " (shown(below)) " dollars it buys up to " (shown(to)) "." } @else { "Off: nothing is bought by itself." } }
            form method="post" action="/billing/auto-reload" {
                input type="hidden" name="form_word" value=(word);
                label for="below" { "Below, in dollars" }
                p { input type="text" id="below" name="below" inputmode="decimal" value=(shown(below)); }
                label for="to" { "Up to, in dollars" }
                p { input type="text" id="to" name="to" inputmode="decimal" value=(shown(to)); }
                button type="submit" name="enabled" value="on" { "Switch it on" }
                button type="submit" name="enabled" value="off" { "Switch it off" }
            }
        }
        section aria-labelledby="charges" {
            h2 id="charges" { "Recent charges" }
            table {
                thead { tr { th scope="col" { "When" } th scope="col" { "Amount" } th scope="col" { "State" } th scope="col" { "Id" } } }
                tbody {
                    @for charge in account::charges(work, 20)? {
                        tr { td { (charge.created_at) } td { "$" (charge.amount_usd) }
                            td { (charge.status) @if let Some(reason) = &charge.reason { " (" (reason) ")" } } td { (charge.id) } }
                    }
                }
            }
        }
    })
}

fn card_form(word: &str, card: Option<&'static Card>) -> Markup {
    html! {
        @if let Some(card) = card {
            p { (card.brand) @if !card.last4.is_empty() { " ····" (card.last4) } }
            (button(word, "/billing/card", "card", "none", "Remove the card"))
        } @else {
            p { "No reusable card is saved." }
        }
        form method="post" action="/billing/card" {
            input type="hidden" name="form_word" value=(word);
            label for="number" { "Number of a test card" }
            p { input type="text" id="number" name="number" inputmode="numeric" autocomplete="off" aria-describedby="cards"; }
            p id="cards" { "4242 4242 4242 4242 settles · 4000 0025 0000 3155 wants authentication · 4000 0000 0000 9995 is declined · 4000 0000 0000 0069 has expired · 4000 0000 0000 0119 is a processing error. A real number is refused, and none is stored." }
            button.primary type="submit" { "Save the card" }
        }
    }
}

/// The notes are chosen by a word of ours: no text of a link is ever shown.
fn note_text(word: &str) -> &'static str {
    match word {
        "saved" => "Saved.",
        "card" => "That is none of the test cards. Nothing was stored.",
        "amount" => "That is no amount. Nothing was changed.",
        _ => "",
    }
}

/// The number of a card without the spaces and dashes that people put into it.
fn digits(typed: Option<String>) -> String {
    let typed = typed.unwrap_or_default();
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn change_billing(work: &Work<'_>, call: &Call, what: &str) -> Answered {
    let noted = |note: &str| Ok(Reply::see(&format!("/billing?note={note}")));
    let amount = |name: &str| call.field(name).and_then(|text| Amount::parse(text.trim()).ok());
    match what {
        "card" if call.field("card").as_deref() == Some("none") => work.set("card", None)?,
        "card" => {
            let typed = digits(call.field("number"));
            match CARDS.iter().find(|card| !card.number.is_empty() && card.number == typed) {
                Some(card) => work.set("card", Some(card.word))?,
                None => return noted("card"),
            }
        }
        "switch" => {
            let on = call.field("switch").as_deref() == Some("on");
            work.set("switch", Some(if on { "on" } else { "off" }))?;
        }
        "limit" if call.field("limit").is_none_or(|text| text.trim().is_empty()) => {
            work.set("limit", None)?;
        }
        "limit" => match amount("limit") {
            Some(limit) => work.set("limit", Some(&limit.decimal().to_string()))?,
            None => return noted("amount"),
        },
        "auto-reload" => match (amount("below"), amount("to")) {
            (Some(below), Some(to)) if below < to => {
                let enabled = call.field("enabled").as_deref() == Some("on");
                billing::set_reload(work, enabled, below.decimal(), to.decimal())?;
            }
            _ if call.field("enabled").as_deref() == Some("off") => {
                work.set("reload", Some("off"))?;
            }
            _ => return noted("amount"),
        },
        _ => return problem(work, 404, "There is no such page."),
    }
    noted("saved")
}

fn plan_page(work: &Work<'_>) -> Result<Markup> {
    let word = form_word(work)?;
    let now = subscription::current(work)?;
    let pending = work.text("pending-plan")?;
    Ok(html! {
        p { "Now: " strong { (now.name) } ", $" (now.dollars) " a month." }
        @if let Some(pending) = &pending {
            p role="status" { @if pending == "cancel" { "It ends with this month." } @else { "It changes to " (pending) " with the next month." } }
        }
        table {
            thead { tr { th scope="col" { "Plan" } th scope="col" { "A month" } th scope="col" { "Credits" } th scope="col" { "Choose" } } }
            tbody {
                @for tier in TIERS.iter().filter(|tier| tier.enabled) {
                    tr { td { (tier.name) } td { "$" (tier.dollars) } td { "$" (tier.credits) }
                        td { @if tier == now { "current" } @else {
                            form method="post" action="/manage-subscription" {
                                input type="hidden" name="form_word" value=(word);
                                button type="submit" name="plan" value=(tier.id) aria-label={ "Choose " (tier.name) } { "Choose" }
                            }
                        } } }
                }
            }
        }
    })
}

fn change_plan(work: &Work<'_>, call: &Call) -> Answered {
    match call.field("plan").as_deref().and_then(subscription::tier) {
        Some(tier) if tier.enabled => {
            subscription::choose(work, tier.id)?;
            Ok(Reply::see("/manage-subscription"))
        }
        _ => problem(work, 400, "There is no such plan."),
    }
}
