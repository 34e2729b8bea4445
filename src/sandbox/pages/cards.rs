//! Test cards as people type them: which there are, what each of them does, and a number that is
//! recognised and never stored.

use super::fields::{FieldError, FieldErrorReason, FieldsRefused, FormField};
use crate::sandbox::account::{CARDS, SandboxCard};
use crate::sandbox::wire::Call;
use maud::{Markup, html};

/// `Visa ····4242`.
pub(super) fn name(card: &SandboxCard) -> String {
    if card.last4.is_empty() {
        card.brand.to_owned()
    } else {
        format!("{} ····{}", card.brand, card.last4)
    }
}

/// The number in groups of four.
fn number(card: &SandboxCard) -> String {
    let digits: Vec<char> = card.number.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The field for a number, and the numbers there are.
pub(super) fn field(
    does: fn(&SandboxCard) -> &'static str,
    focus: bool,
    wrong: Option<&FieldError>,
) -> Markup {
    let known: Vec<(String, String)> = CARDS
        .iter()
        .filter(|card| !card.number.is_empty())
        .map(|card| (number(card), does(card).to_owned()))
        .collect();
    let field = FormField {
        name: "number",
        label: "Number of a test card",
        hint: "One of those below. Any other is refused, and none is stored.",
        value: "",
        mode: "numeric",
        choices: &known,
        focus,
    };
    html! {
        (field.show(wrong))
        dl.cards { @for (number, does) in &known { dt { code { (number) } } dd { (does) } } }
    }
}

/// The card whose number was typed, with spaces and dashes or without.
pub(super) fn typed(call: &Call) -> Result<&'static SandboxCard, FieldsRefused> {
    let typed = call.field("number").unwrap_or_default();
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    CARDS.iter().find(|card| !card.number.is_empty() && card.number == digits).ok_or({
        let why = if digits.is_empty() {
            FieldErrorReason::NoNumber
        } else {
            FieldErrorReason::UnknownCard
        };
        FieldsRefused { field: "number", why }
    })
}

/// Why a number is refused, in words.
pub(super) fn refused(why: FieldErrorReason) -> &'static str {
    match why {
        FieldErrorReason::UnknownCard => {
            "That is not one of the test cards. Never type a real card number here."
        }
        FieldErrorReason::NoCard => "Save a card before you buy.",
        _ => "Type the number of a test card.",
    }
}
