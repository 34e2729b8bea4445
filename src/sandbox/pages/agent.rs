//! The pages of the agent: its uses, and where a person pays for a pack with a test card.

use super::{button, form_word, page, problem};
use crate::error::Result;
use crate::sandbox::account::{self, CARDS};
use crate::sandbox::ciris::{self, Act, Payment};
use crate::sandbox::store::Work;
use crate::sandbox::wire::{Answered, Call, Reply};
use maud::{Markup, html};

/// `$5.00`.
fn price(payment: &Payment) -> String {
    format!("${}.{:02}", payment.minor / 100, payment.minor % 100)
}

/// Stripe's words, as a person reads them.
fn told(word: &str) -> &'static str {
    match word {
        "succeeded" => "paid",
        "processing" => "being settled",
        "requires_action" => "waits for the bank",
        "canceled" => "called off",
        "failed" => "failed",
        _ => "not paid yet",
    }
}

/// What there is, and the payments.
pub(super) fn overview(work: &Work<'_>) -> Answered {
    let payments = ciris::payments(work)?;
    page(
        work,
        "Uses",
        &html! {
            p { "Uses that were bought: " strong { (ciris::uses(work)?) } ". A pack is bought with " code { "topup --provider ciris buy" } "." }
            section aria-labelledby="login" {
                h2 id="login" { "Login" }
                p { "Give these to " code { "topup --provider ciris login --username NAME" } ":" }
                p { "Username " code { (work.text("ciris-username")?.unwrap_or_default()) } ", password " code { (work.text("ciris-password")?.unwrap_or_default()) } }
            }
            section aria-labelledby="payments" {
                h2 id="payments" { "Payments" }
                @if payments.is_empty() { p { "There is none yet." } }
                @else {
                    table {
                        thead { tr { th scope="col" { "When" } th scope="col" { "Price" } th scope="col" { "Uses" } th scope="col" { "State" } th scope="col" { "Payment" } } }
                        tbody {
                            @for payment in &payments {
                                tr {
                                    td { (account::time(payment.created_ms)) } td { (price(payment)) }
                                    td { (payment.uses) } td { (told(&payment.word)) }
                                    td { a href={ "/ciris/payment/" (payment.id) } { (payment.id) } }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// The page of one payment.
pub(super) fn payment(work: &Work<'_>, call: &Call, id: &str) -> Answered {
    let Some(payment) = ciris::payment(work, id)? else {
        return problem(work, 404, "There is no such payment.");
    };
    let body = html! {
        p { strong { (price(&payment)) } " for " strong { (payment.uses) } " uses" }
        @if call.parameter("note").as_deref() == Some("card") {
            p.bad role="alert" { "That is none of the test cards. Nothing was stored and nothing was paid." }
        }
        @if call.parameter("note").as_deref() == Some("declined") {
            p.bad role="alert" { "The bank declined this card. Nothing was paid; another card may be tried." }
        }
        (standing(work, &payment)?)
    };
    page(work, "Payment", &body)
}

fn standing(work: &Work<'_>, payment: &Payment) -> Result<Markup> {
    let word = form_word(work)?;
    let action = format!("/ciris/payment/{}", payment.id);
    Ok(match payment.word.as_str() {
        "requires_payment_method" => html! {
            form method="post" action=(action) {
                input type="hidden" name="form_word" value=(word);
                label for="number" { "Number of a test card" }
                p { input type="text" id="number" name="number" inputmode="numeric" autocomplete="off" required autofocus aria-describedby="cards"; }
                p id="cards" { "4242 4242 4242 4242 pays · 4000 0025 0000 3155 wants the bank's confirmation · 4000 0000 0000 9995 is declined · 4000 0000 0000 0119 fails for good. A real number is refused, and none is stored." }
                button.primary type="submit" name="act" value="pay" { "Pay " (price(payment)) }
            }
            (button(&word, &action, "act", "cancel", "Call the payment off"))
        },
        "requires_action" => html! {
            p role="status" { "Your bank wants to know that it is you." }
            (button(&word, &action, "act", "authenticate", "Confirm at the bank"))
            (button(&word, &action, "act", "cancel", "Call the payment off"))
        },
        "succeeded" | "processing" => html! {
            p.good role="status" { "Paid. Go back to your terminal." }
            @if let Some(url) = payment.return_url.as_deref().filter(|url| is_web(url)) {
                p { a href=(url) rel="noreferrer" { "Back to where you came from" } }
            }
        },
        word => {
            html! { p role="status" { "This payment was " (told(word)) ". Nothing was charged." } }
        }
    })
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// What a form of that page asks for.
pub(super) fn act(work: &Work<'_>, call: &Call, id: &str) -> Answered {
    let Some(payment) = ciris::payment(work, id)? else {
        return problem(work, 404, "There is no such payment.");
    };
    let back = |note: &str| Ok(Reply::see(&format!("/ciris/payment/{}{note}", payment.id)));
    let act = match call.field("act").as_deref() {
        Some("cancel") => Act::Cancel,
        Some("authenticate") => Act::Authenticate,
        _ => {
            let typed = super::digits(call.field("number"));
            match CARDS.iter().find(|card| !card.number.is_empty() && card.number == typed) {
                Some(card) => Act::Pay(card),
                None => return back("?note=card"),
            }
        }
    };
    ciris::act(work, id, act)?;
    let declined = matches!(act, Act::Pay(card) if matches!(card.fails, Some("card_declined" | "payment_method_expired")));
    back(if declined { "?note=declined" } else { "" })
}
