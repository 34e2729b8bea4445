//! Buying credits in the browser: for users whose terminal cannot ask, and where a bank
//! wants its confirmation. A form that is sent twice buys once.

use super::cards;
use super::fields::{FieldError, FieldErrorReason, FieldsRefused, FormField};
use super::layout::{PageLayout, button, dollars, form_word, hidden, once, problem, time};
use super::view::{AccountPage, amount, not_allowed};
use crate::core::failure::Result;
use crate::sandbox::account::{self, Charge, SandboxCard};
use crate::sandbox::store::StoreWork;
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use maud::{Markup, html};
use rust_decimal::Decimal;

/// What the keys of purchases on this page begin with.
const PAGE: &str = "page-";

/// The form on the billing page.
pub(super) fn form(
    work: &StoreWork<'_>,
    account: &AccountPage,
    asked: bool,
    wrong: Option<&FieldError>,
) -> Markup {
    let presets: Vec<(String, String)> = account::presets(work)
        .into_iter()
        .map(|preset| (preset.clone(), format!("${preset}")))
        .collect();
    let hint = format!(
        "Between {} and {}. The monthly limit leaves {}.",
        dollars(account.least),
        dollars(account.most),
        dollars(account.month.remaining())
    );
    let field = FormField {
        name: "amount",
        label: "Dollars",
        hint: &hint,
        value: "",
        mode: "decimal",
        choices: &presets,
        focus: asked,
    };
    html! {
        section.sheet id="topup" aria-labelledby="topup-title" {
            h2 id="topup-title" { "Buy credits" }
            @if let Some(card) = account.card {
                form method="post" action="/billing/buy" {
                    (hidden("form_word", &account.word))
                    (hidden("once", &once()))
                    (field.show(wrong))
                    button.primary type="submit" { "Pay with " (cards::name(card)) }
                }
            } @else {
                p { "Credits are paid with the saved card: " a href="#card" { "save one first" } "." }
            }
        }
    }
}

/// The key of the purchase that a form is for.
fn key(word: Option<String>) -> Option<String> {
    let whole =
        |word: &String| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    word.filter(whole).map(|word| format!("{PAGE}{word}"))
}

/// What the form asks for.
pub(super) fn buy(work: &StoreWork<'_>, call: &Call) -> Answered {
    if let Some(refused) = not_allowed(work) {
        return Ok(refused);
    }
    let Some(key) = key(call.field("once")) else {
        let text = "This form is not complete. Nothing was bought.";
        return Ok(problem(work, 400, "Nothing was bought", text, ("/billing", "Back to billing")));
    };
    if let Some(id) = account::charge_under(work, &key)? {
        return Ok(SandboxReply::see(&format!("/billing/charge/{id}")));
    }
    let account = AccountPage::read(work)?;
    let checked = amount(call, "amount").and_then(|amount| check(amount, &account));
    let (amount, card) = match checked {
        Ok(checked) => checked,
        Err(refusal) => return Ok(refusal.back(call, "/billing")),
    };
    let confirmed = call.field("bank").as_deref() == Some("confirmed");
    let card = match card.fails {
        Some("authentication_required") if !confirmed => {
            let once = key.trim_start_matches(PAGE);
            let amount = amount.normalize();
            return Ok(SandboxReply::see(&format!("/billing/bank?amount={amount}&once={once}")));
        }
        Some("authentication_required") => &SandboxCard { fails: None, ..*card },
        _ => card,
    };
    let id = account::charge(work, None, Some(&key), amount, card)?;
    Ok(SandboxReply::see(&format!("/billing/charge/{id}")))
}

/// The rules of every purchase: a card, the bounds, the limit.
fn check(
    amount: Decimal,
    account: &AccountPage,
) -> Result<(Decimal, &'static SandboxCard), FieldsRefused> {
    let Some(card) = account.card else {
        return Err(FieldsRefused { field: "number", why: FieldErrorReason::NoCard });
    };
    let why = if amount < account.least || amount > account.most {
        FieldErrorReason::OutOfBounds
    } else if amount > account.month.remaining() {
        FieldErrorReason::OverTheLimit
    } else {
        return Ok((amount, card));
    };
    Err(FieldsRefused { field: "amount", why })
}

/// A card whose bank asks back: nothing is charged before the person has confirmed it there.
pub(super) fn bank(work: &StoreWork<'_>, call: &Call) -> Answered {
    let account = AccountPage::read(work)?;
    let amount = call.parameter("amount").and_then(|text| Decimal::from_str_exact(&text).ok());
    let checked = amount.and_then(|amount| check(amount, &account).ok());
    let (Some((amount, card)), Some(key)) = (checked, key(call.parameter("once"))) else {
        return Ok(SandboxReply::see("/billing"));
    };
    let body = html! {
        p.lead { "The bank of " strong { (cards::name(card)) } " wants to know that it is you who pays " strong { (dollars(amount)) } ". Nothing is charged yet." }
        form.sheet method="post" action="/billing/buy" {
            (hidden("form_word", &account.word))
            (hidden("once", key.trim_start_matches(PAGE)))
            (hidden("amount", &amount.to_string()))
            div.row {
                button.primary type="submit" name="bank" value="confirmed" { "Confirm " (dollars(amount)) }
                a.button href="/billing" { "Cancel" }
            }
        }
    };
    Ok(PageLayout::new("Confirm at your bank", "/billing").with(work, &body))
}

/// The bank's answer for a charge that waits for it: the same charge is paid.
pub(super) fn confirm(work: &StoreWork<'_>, id: &str) -> Answered {
    if let Some(refused) = not_allowed(work) {
        return Ok(refused);
    }
    account::confirm_at_bank(work, Some(id))?;
    Ok(SandboxReply::see(&format!("/billing/charge/{id}")))
}

fn here(charge: &Charge) -> String {
    format!("/billing/charge/{}", charge.id)
}

/// Who has made a charge.
fn maker(charge: &Charge) -> &'static str {
    match charge.idempotency_key.as_deref() {
        None => "auto-reload",
        Some(key) if key.starts_with(PAGE) => "on this page",
        Some(_) => "by a terminal",
    }
}

fn standing(charge: &Charge) -> Markup {
    match charge.status {
        "settled" => html! { span.mark-good { "settled" } },
        "failed" => html! { span.mark-bad { "failed: " (reason(charge)) } },
        _ => html! { span.mark-soft { "being settled" } },
    }
}

/// Why it failed, in words.
fn reason(charge: &Charge) -> &'static str {
    match charge.reason.as_deref() {
        Some("authentication_required") => "the bank wants a confirmation",
        Some("card_declined") => "the bank declined the card",
        Some("payment_method_expired") => "the card has expired",
        _ => "the payment could not be processed",
    }
}

fn price(charge: &Charge) -> String {
    Decimal::from_str_exact(&charge.amount_usd).map(dollars).unwrap_or_default()
}

fn moment(text: &str) -> Markup {
    html! { @if let Ok(moment) = text.parse() { (time(moment)) } }
}

/// The latest charges.
pub(super) fn list(work: &StoreWork<'_>) -> Result<Markup> {
    let charges = account::charges(work, 20)?;
    Ok(html! {
        @if charges.is_empty() { p { "There is none yet." } }
        @else {
            ul.rows {
                @for charge in &charges {
                    li {
                        a.amount href={ "/billing/charge/" (charge.id) } { (price(charge)) }
                        (standing(charge))
                        span.wide { (moment(&charge.created_at)) ", " (maker(charge)) }
                    }
                }
            }
        }
    })
}

/// The outcome of one charge; reloads by itself while that is not settled.
pub(super) fn receipt(work: &StoreWork<'_>, id: &str) -> Answered {
    let Some(charge) = account::find_charge(work, id)? else {
        let text = "No charge has this id.";
        return Ok(problem(work, 404, "Nothing is here", text, ("/billing", "Back to billing")));
    };
    let wants_bank = charge.reason.as_deref() == Some("authentication_required");
    let body = html! {
        @match charge.status {
            "settled" => div.note.good role="status" { p { strong { "Paid." } " The balance is " (dollars(account::balance(work)?)) "." } },
            "failed" => div.note.bad role="alert" {
                p { strong { "Not paid: " (reason(&charge)) "." } " Nothing was charged." }
                @if !wants_bank { p { a href="/billing#card" { "Use another card" } " and buy again." } }
            },
            _ => div.note role="status" { p { "Being settled. This page reloads every two seconds." } },
        }
        @if wants_bank && charge.status == "failed" {
            (button(&form_word(work), &here(&charge), ("bank", "confirmed"), "Confirm at the bank", "primary"))
        }
        section.sheet aria-label="Details" {
            dl {
                dt { "Amount" } dd { strong { (price(&charge)) } }
                dt { "Bought" } dd { (moment(&charge.created_at)) ", " (maker(&charge)) }
                dt { "State" } dd { (standing(&charge)) }
                dt { "Charge" } dd { code { (charge.id) } }
                @if let Some(key) = &charge.idempotency_key { dt { "Key" } dd { code { (key) } } }
            }
        }
        p { a.button href="/billing" { "Back to billing" } }
    };
    let again = charge.status == "pending";
    Ok(PageLayout { again, ..PageLayout::new("Charge", "/billing") }.with(work, &body))
}
