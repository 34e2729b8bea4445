//! The billing page: what stops a terminal from buying, the saved card, the monthly limit, the
//! organisation's switch, auto-reload, and the charges. Buying itself is in `buying`.

use super::fields::{FieldError, FieldErrorReason, FieldsRefused, FormField, stands, summary};
use super::layout::{PageLayout, button, dollars, hidden, missing};
use super::view::{AccountPage, amount, not_allowed};
use super::{buying, cards};
use crate::core::failure::Result;
use crate::sandbox::account::{self, Month, SandboxCard};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use maud::{Markup, html};
use rust_decimal::Decimal;

/// What was done, by the word that the browser is sent on with. No text of a link is ever shown.
const NEWS: [(&str, &str, &str); 8] = [
    ("card-saved", "card", "The card is saved."),
    ("card-removed", "card", "The card is removed."),
    ("limit-set", "limit", "The limit is set."),
    ("limit-removed", "limit", "The limit is removed."),
    ("switched-on", "switch", "Remote Spending is switched on."),
    ("switched-off", "switch", "Remote Spending is switched off."),
    ("reload-on", "auto-reload", "Auto-reload is switched on."),
    ("reload-off", "auto-reload", "Auto-reload is switched off."),
];

/// The page.
pub(super) fn show(work: &StoreWork<'_>, call: &Call) -> Answered {
    let account = AccountPage::read(work)?;
    let wrong = FieldsRefused::read(call)
        .filter(|_| account.manages)
        .map(|refusal| FieldError::new(refusal, call, reason(refusal, &account)));
    let wrong = wrong.as_ref();
    let note = call.parameter("note");
    let news = NEWS.iter().find(|(word, ..)| note.as_deref() == Some(*word));
    let news_at = |place: &str| {
        html! {
            @if let Some((_, _, text)) = news.filter(|(_, of, _)| *of == place) {
                div.note.good role="status" { p { (text) } }
            }
        }
    };
    // What the link of a terminal was for: there the page begins.
    let asked = |what: &str| wrong.is_none() && call.parameter(what).as_deref() == Some("open");
    let body = html! {
        (summary(wrong))
        (hindrances(&account))
        (figures(&account))
        @if account.manages {
            (buying::form(work, &account, asked("topup") && account.card.is_some(), wrong))
            section.sheet id="card" aria-labelledby="card-title" {
                h2 id="card-title" { "Saved card" }
                (news_at("card"))
                (card_part(&account, asked("topup"), wrong))
            }
            section.sheet id="limit" aria-labelledby="limit-title" {
                h2 id="limit-title" { "Monthly limit" }
                (news_at("limit"))
                (limit_part(&account, asked("limit"), wrong))
            }
            section.sheet id="switch" aria-labelledby="switch-title" {
                h2 id="switch-title" { "Remote Spending" }
                (news_at("switch"))
                (switch_part(&account))
            }
            section.sheet id="auto-reload" aria-labelledby="reload-title" {
                h2 id="reload-title" { "Auto-reload" }
                (news_at("auto-reload"))
                (reload_part(work, call, &account, wrong)?)
            }
            section.sheet id="charges" aria-labelledby="charges-title" {
                h2 id="charges-title" { "Recent charges" }
                (buying::list(work)?)
            }
        } @else if account.sees {
            p { "Saved card: " strong { @if let Some(card) = account.card { (cards::name(card)) } @else { "none" } } "." }
        }
    };
    let news = wrong.map(|_| "Not changed").or(news.map(|(_, _, text)| *text));
    Ok(PageLayout { news, ..PageLayout::new("Billing", "/billing") }.with(work, &body))
}

/// Why a terminal would be refused now, each with the place where it is mended.
fn hindrances(account: &AccountPage) -> Markup {
    let used_up = account.month.remaining() < account.least;
    html! {
        @if !account.manages {
            div.note.warn { p { "Your role is " (account.role) ": you may read, but not change anything. An owner or admin has to." } }
        } @else if account.card.is_none() || !account.switch || used_up {
            div.note.warn {
                p { strong { "Terminals cannot buy at the moment." } }
                ul {
                    @if account.card.is_none() { li { "No card is saved that may be charged again. " a href="#card" { "Save one" } } }
                    @if !account.switch { li { "Remote Spending is switched off. " a href="#switch" { "Switch it on" } } }
                    @if used_up { li { "The monthly limit leaves " (dollars(account.month.remaining())) ". " a href="#limit" { "Raise it" } } }
                }
            }
        }
    }
}

fn figures(account: &AccountPage) -> Markup {
    let Month { limit, spent, .. } = account.month;
    html! {
        div.figures {
            section.sheet aria-labelledby="balance" {
                h2 id="balance" { "Balance" }
                p.figure { (dollars(account.balance)) }
            }
            @if account.sees {
                section.sheet aria-labelledby="month" {
                    h2 id="month" { "This month" }
                    p.figure { (dollars(spent)) }
                    (gauge(spent, limit))
                    p.hint { "spent of " (dollars(limit)) }
                }
            }
        }
    }
}

/// A bar of how much is spent; the figures beside it say the same in words.
fn gauge(spent: Decimal, limit: Decimal) -> Markup {
    let share = spent.checked_div(limit).unwrap_or(Decimal::ONE).clamp(Decimal::ZERO, Decimal::ONE);
    let percent = (share * Decimal::ONE_HUNDRED).round();
    let full = percent >= Decimal::from(90);
    html! {
        svg.gauge.full[full] aria-hidden="true" { rect width={ (percent.normalize()) "%" } height="100%" {} }
    }
}

/// What a charge to the card comes to.
fn does(card: &SandboxCard) -> &'static str {
    match card.fails {
        None => "settles",
        Some("authentication_required") => "wants the bank's confirmation; a terminal is refused",
        Some("card_declined") => "is declined",
        Some("payment_method_expired") => "has expired",
        Some(_) => "ends in a processing error",
    }
}

fn card_part(account: &AccountPage, asked: bool, wrong: Option<&FieldError>) -> Markup {
    html! {
        @if let Some(card) = account.card {
            div.row {
                p { strong { (cards::name(card)) } span.soft { " · a charge " (does(card)) } }
                (button(&account.word, "/billing/card", ("card", "none"), "Remove the card", "grave"))
            }
        } @else {
            p { "No card is saved that may be charged again. Terminals need one: no number ever passes through them." }
        }
        form method="post" action="/billing/card" {
            (hidden("form_word", &account.word))
            (cards::field(does, asked && account.card.is_none(), wrong))
            button.primary[account.card.is_none()] type="submit" { @if account.card.is_some() { "Replace the card" } @else { "Save the card" } }
        }
    }
}

fn limit_part(account: &AccountPage, asked: bool, wrong: Option<&FieldError>) -> Markup {
    let Month { limit, spent, is_default } = account.month;
    let shown = if is_default { String::new() } else { limit.normalize().to_string() };
    let field = FormField {
        name: "limit_usd",
        label: "Dollars a month",
        hint: "Purchases that would pass it are refused.",
        value: &shown,
        mode: "decimal",
        choices: &[],
        focus: asked,
    };
    html! {
        p {
            (dollars(spent)) " of " (dollars(limit)) " spent, " (dollars(account.month.remaining())) " left. "
            @if is_default { "No limit was set: this is the portal's own ceiling." }
        }
        form method="post" action="/billing/limit" {
            (hidden("form_word", &account.word))
            (field.show(wrong))
            button type="submit" { "Set the limit" }
        }
        @if !is_default {
            (button(&account.word, "/billing/limit", ("remove", "yes"), "Remove the limit", ""))
            p.hint { "Without one the portal's own ceiling of " (dollars(account::DEFAULT_CEILING)) " holds." }
        }
    }
}

fn switch_part(account: &AccountPage) -> Markup {
    let (text, value, label, style) = if account.switch {
        (
            "On: terminals of this organisation that were allowed to may buy credits.",
            "off",
            "Switch Remote Spending off",
            "",
        )
    } else {
        (
            "Off: no terminal of this organisation may buy, even with permission.",
            "on",
            "Switch Remote Spending on",
            "primary",
        )
    };
    html! {
        p { (text) }
        (button(&account.word, "/billing/switch", ("switch", value), label, style))
    }
}

fn reload_part(
    work: &StoreWork<'_>,
    call: &Call,
    account: &AccountPage,
    wrong: Option<&FieldError>,
) -> Result<Markup> {
    let on = work.is("reload", "on");
    let (below, to) = (work.money("reload-below")?, work.money("reload-to")?);
    let written = |amount: Option<Decimal>| {
        amount.map(|amount| amount.normalize().to_string()).unwrap_or_default()
    };
    let wrong = wrong.filter(|wrong| matches!(wrong.field, "below" | "to"));
    let below_text = stands(call, wrong, "below", written(below));
    let to_text = stands(call, wrong, "to", written(to));
    let field = |name, label, hint, value| FormField {
        name,
        label,
        hint,
        value,
        mode: "decimal",
        choices: &[],
        focus: false,
    };
    Ok(html! {
        p {
            @if let (true, Some(below), Some(to)) = (on, below, to) {
                "On: when the balance falls below " strong { (dollars(below)) } ", credits are bought up to " strong { (dollars(to)) } "."
            } @else { "Off: the portal buys nothing by itself." }
        }
        @if on {
            @if account.card.is_none() { div.note.warn { p { "Nothing is bought until a card is saved." } } }
            @if !account.switch { div.note.warn { p { "Nothing is bought while Remote Spending is switched off." } } }
        }
        form method="post" action="/billing/auto-reload" {
            (hidden("form_word", &account.word))
            div.pair {
                (field("below", "Below", "It buys when fewer dollars than this are left.", &below_text).show(wrong))
                (field("to", "Up to", "It buys up to this many dollars.", &to_text).show(wrong))
            }
            button type="submit" name="enabled" value="on" { @if on { "Change auto-reload" } @else { "Switch auto-reload on" } }
        }
        @if on { (button(&account.word, "/billing/auto-reload", ("enabled", "off"), "Switch auto-reload off", "")) }
    })
}

/// Why a form is refused, in words.
fn reason(refusal: FieldsRefused, account: &AccountPage) -> String {
    match refusal.why {
        FieldErrorReason::Empty => "Type an amount.".into(),
        FieldErrorReason::NoAmount => {
            "Write an amount above 0 in dollars and cents, such as 25 or 25.50.".into()
        }
        FieldErrorReason::OutOfBounds => {
            let (least, most) = (dollars(account.least), dollars(account.most));
            format!("An amount between {least} and {most} can be bought.")
        }
        FieldErrorReason::OverTheLimit => {
            format!("The monthly limit leaves {}.", dollars(account.month.remaining()))
        }
        FieldErrorReason::NotAbove => "'Up to' has to be more than 'Below'.".into(),
        why => cards::refused(why).into(),
    }
}

/// What a form of this page asks for.
pub(super) fn change(work: &StoreWork<'_>, call: &Call, what: &str) -> Answered {
    if let Some(refused) = not_allowed(work) {
        return Ok(refused);
    }
    let done = match what {
        "card" => change_card(work, call)?,
        "switch" => {
            let on = call.field("switch").as_deref() == Some("on");
            work.set("switch", Some(if on { "on" } else { "off" }))?;
            Ok(if on { "switched-on" } else { "switched-off" })
        }
        "limit" => change_limit(work, call)?,
        "auto-reload" => change_reload(work, call)?,
        _ => return Ok(missing(work)),
    };
    match done {
        Ok(word) => {
            let place = NEWS.iter().find(|(of, ..)| *of == word).map_or("", |(_, place, _)| place);
            Ok(SandboxReply::see(&format!("/billing?note={word}#{place}")))
        }
        Err(refusal) => Ok(refusal.back(call, "/billing")),
    }
}

type Done = Result<Result<&'static str, FieldsRefused>>;

fn change_card(work: &StoreWork<'_>, call: &Call) -> Done {
    if call.field("card").as_deref() == Some("none") {
        work.set("card", None)?;
        return Ok(Ok("card-removed"));
    }
    match cards::typed(call) {
        Ok(card) => work.set("card", Some(card.word)).map(|()| Ok("card-saved")),
        Err(refusal) => Ok(Err(refusal)),
    }
}

fn change_limit(work: &StoreWork<'_>, call: &Call) -> Done {
    if call.field("remove").is_some() {
        work.set("limit", None)?;
        return Ok(Ok("limit-removed"));
    }
    match amount(call, "limit_usd") {
        Ok(limit) => work.set("limit", Some(&limit.to_string())).map(|()| Ok("limit-set")),
        Err(refusal) => Ok(Err(refusal)),
    }
}

fn change_reload(work: &StoreWork<'_>, call: &Call) -> Done {
    if call.field("enabled").as_deref() == Some("off") {
        work.set("reload", Some("off"))?;
        return Ok(Ok("reload-off"));
    }
    let both = amount(call, "below").and_then(|below| Ok((below, amount(call, "to")?)));
    match both {
        Ok((below, to)) if below < to => {
            account::set_reload(work, true, below, to)?;
            Ok(Ok("reload-on"))
        }
        Ok(_) => Ok(Err(FieldsRefused { field: "to", why: FieldErrorReason::NotAbove })),
        Err(refusal) => Ok(Err(refusal)),
    }
}
