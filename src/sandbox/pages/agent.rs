//! The pages of the agent: its uses, and where a person pays for a pack with a test card.

use super::cards;
use super::fields::{FieldError, FieldsRefused, summary};
use super::layout::{PageLayout, button, form_word, hidden, problem, time};
use crate::sandbox::account::SandboxCard;
use crate::sandbox::store::StoreWork;
use crate::sandbox::uses::{self, Act, Payment};
use crate::sandbox::wire::{Answered, Call, SandboxReply};
use maud::{Markup, html};

const PLACE: &str = "/ciris";

/// Stripe's words, as a person reads them.
fn status_text(word: &str) -> &'static str {
    match word {
        "succeeded" => "paid",
        "processing" => "being settled",
        "requires_action" => "waits for the bank",
        "canceled" => "cancelled",
        "failed" => "failed",
        _ => "not paid yet",
    }
}

fn mark(word: &str) -> &'static str {
    match word {
        "succeeded" => "mark-good",
        "failed" => "mark-bad",
        _ => "mark-soft",
    }
}

/// What there is, and the payments.
pub(super) fn overview(work: &StoreWork<'_>) -> Answered {
    let payments = uses::payments(work)?;
    let open = payments.iter().find(|payment| payment.is_open());
    let kept =
        |name: &str| Ok::<_, crate::core::failure::Failure>(work.text(name).unwrap_or_default());
    let body = html! {
        p.lead { "What a CIRIS agent has left. A pack is bought with " code { "topup --provider ciris buy" } " and paid for here." }
        @if let Some(payment) = open {
            div.note.warn { p { "A payment waits for you: " a href={ "/ciris/payment/" (payment.id) } { "pay " (payment.price()) " for " (payment.uses) " uses" } "." } }
        }
        section.sheet aria-labelledby="uses" {
            h2 id="uses" { "Uses that were bought" }
            p.figure { (uses::uses(work)?) }
        }
        section.sheet aria-labelledby="payments" {
            h2 id="payments" { "Payments" }
            @if payments.is_empty() { p { "There is none yet." } }
            @else {
                ul.rows {
                    @for payment in &payments {
                        li {
                            a.amount href={ "/ciris/payment/" (payment.id) } { (payment.price()) " for " (payment.uses) " uses" }
                            span class=(mark(&payment.word)) { (status_text(&payment.word)) }
                            span.wide { (when(payment)) }
                        }
                    }
                }
            }
        }
        section.sheet aria-labelledby="login" {
            h2 id="login" { "Login" }
            p { "Give these to " code { "topup --provider ciris login --username NAME" } ":" }
            dl {
                dt { "Username" } dd { code { (kept("ciris-username")?) } }
                dt { "Password" } dd { code { (kept("ciris-password")?) } }
            }
        }
    };
    Ok(PageLayout::new("Uses", PLACE).with(work, &body))
}

fn when(payment: &Payment) -> Markup {
    html! { @if let Ok(at) = jiff::Timestamp::from_millisecond(payment.created_ms) { (time(at)) } }
}

/// What a payment with the card comes to.
fn does(card: &SandboxCard) -> &'static str {
    match card.fails {
        None => "pays",
        Some("authentication_required") => "wants the bank's confirmation",
        Some("processing_error") => "fails for good",
        Some("payment_method_expired") => "has expired",
        Some(_) => "is declined",
    }
}

/// The page of one payment.
pub(super) fn payment(work: &StoreWork<'_>, call: &Call, id: &str) -> Answered {
    let Some(payment) = uses::payment(work, id)? else {
        let text =
            "There is no such payment. Compare the address with the link that your terminal shows.";
        return Ok(problem(work, 404, "Nothing is here", text, (PLACE, "Every payment")));
    };
    let open = payment.word == "requires_payment_method";
    let wrong = FieldsRefused::read(call)
        .filter(|refusal| open && refusal.field == "number")
        .map(|refusal| FieldError::new(refusal, call, cards::refused(refusal.why).into()));
    let wrong = wrong.as_ref();
    let declined = open && call.parameter("note").as_deref() == Some("declined");
    let body = html! {
        (summary(wrong))
        @if declined { div.note.bad role="alert" { p { strong { "The bank declined this card." } " Nothing was paid; another card may be tried." } } }
        section.sheet aria-labelledby="pack" {
            h2 id="pack" { (payment.uses) " uses" }
            p.figure { (payment.price()) }
            p.hint { (status_text(&payment.word)) ", opened " (when(&payment)) }
        }
        (standing(work, &payment, wrong))
    };
    let news = if wrong.is_some() { Some("Not paid") } else { declined.then_some("Declined") };
    let again = payment.word == "processing";
    Ok(PageLayout { news, again, ..PageLayout::new("Payment", PLACE) }.with(work, &body))
}

fn standing(work: &StoreWork<'_>, payment: &Payment, wrong: Option<&FieldError>) -> Markup {
    let word = form_word(work);
    let action = format!("/ciris/payment/{}", payment.id);
    let cancel = button(&word, &action, ("act", "cancel"), "Call the payment off", "grave");
    match payment.word.as_str() {
        "requires_payment_method" => html! {
            section.sheet aria-labelledby="pay" {
                h2 id="pay" { "Pay with a test card" }
                form method="post" action=(action) {
                    (hidden("form_word", &word))
                    (cards::field(does, wrong.is_none(), wrong))
                    button.primary type="submit" name="act" value="pay" { "Pay " (payment.price()) }
                }
                (cancel)
            }
        },
        "requires_action" => html! {
            div.note.warn role="status" { p { "Your bank wants to know that it is you. Nothing is paid yet." } }
            div.row {
                (button(&word, &action, ("act", "authenticate"), "Confirm at the bank", "primary"))
                (cancel)
            }
        },
        "succeeded" | "processing" => html! {
            div.note.good role="status" { p { "Paid. Go back to your terminal. This page can be closed." } }
            @if let Some(url) = payment.return_url.as_deref().filter(|url| is_web(url)) {
                p { a.button href=(url) rel="noreferrer" { "Back to where you came from" } }
            }
        },
        word => html! {
            div.note.bad role="status" { p { "This payment was " (ended(word)) ". Nothing was charged." } }
            p { "A new one is opened with " code { "topup --provider ciris buy" } "." }
        },
    }
}

fn ended(word: &str) -> &'static str {
    if word == "canceled" { "cancelled" } else { "refused for good" }
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// What a form of that page asks for.
pub(super) fn act(work: &StoreWork<'_>, call: &Call, id: &str) -> Answered {
    let Some(found) = uses::payment(work, id)? else {
        return payment(work, call, id);
    };
    let act = match call.field("act").as_deref() {
        Some("cancel") => Act::Cancel,
        Some("authenticate") => Act::Authenticate,
        _ if !found.is_open() => {
            return Ok(SandboxReply::see(&format!("/ciris/payment/{}", found.id)));
        }
        _ => match cards::typed(call) {
            Ok(card) => Act::Pay(card),
            Err(refusal) => return Ok(refusal.back(call, &format!("/ciris/payment/{}", found.id))),
        },
    };
    uses::act(work, id, act)?;
    let declined = matches!(act, Act::Pay(card) if matches!(card.fails, Some("card_declined" | "payment_method_expired")));
    let note = if declined { "?note=declined" } else { "" };
    Ok(SandboxReply::see(&format!("/ciris/payment/{}{note}", found.id)))
}
