//! Fields of forms, and what is wrong with one: shown at the top and at the field, with what was
//! typed there. A refused form sends the browser back to its page as an accepted one does, so that
//! neither a reload nor a step back sends anything again.

use crate::sandbox::wire::{Call, SandboxReply};
use maud::{Markup, html};
use url::form_urlencoded::Serializer;

/// How much of what was typed is shown again.
const LONGEST_TYPED: usize = 40;
/// Every field of a form that can be refused, and whether what was typed goes along: the number of
/// a card never does.
const FIELDS: [(&str, bool); 5] =
    [("amount", true), ("limit_usd", true), ("below", true), ("to", true), ("number", false)];

/// Why a form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldErrorReason {
    Empty,
    NoAmount,
    OutOfBounds,
    OverTheLimit,
    NotAbove,
    NoNumber,
    UnknownCard,
    NoCard,
}

/// The words that stand for them in a link.
const WORDS: [(FieldErrorReason, &str); 8] = [
    (FieldErrorReason::Empty, "empty"),
    (FieldErrorReason::NoAmount, "no-amount"),
    (FieldErrorReason::OutOfBounds, "bounds"),
    (FieldErrorReason::OverTheLimit, "limit"),
    (FieldErrorReason::NotAbove, "not-above"),
    (FieldErrorReason::NoNumber, "no-number"),
    (FieldErrorReason::UnknownCard, "unknown-card"),
    (FieldErrorReason::NoCard, "no-card"),
];

/// A field that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldsRefused {
    /// The field.
    pub field: &'static str,
    /// Why.
    pub why: FieldErrorReason,
}

impl FieldsRefused {
    /// Sends the browser back to the page of the form, with what was typed.
    pub(super) fn back(self, call: &Call, page: &str) -> SandboxReply {
        let word = WORDS.iter().find(|(why, _)| *why == self.why).map_or("", |(_, word)| word);
        let mut query = Serializer::new(String::new());
        query.append_pair("wrong", &format!("{}.{word}", self.field));
        for (field, _) in FIELDS.iter().filter(|(_, kept)| *kept) {
            if let Some(typed) = call.field(field) {
                query.append_pair(field, &short(&typed));
            }
        }
        SandboxReply::see(&format!("{page}?{}", query.finish()))
    }

    /// What a link says of it; its words are ours, so that no link can say another thing.
    pub(super) fn read(call: &Call) -> Option<Self> {
        let wrong = call.parameter("wrong")?;
        let (field, word) = wrong.split_once('.')?;
        let (field, _) = FIELDS.iter().find(|(known, _)| *known == field)?;
        let (why, _) = WORDS.iter().find(|(_, known)| *known == word)?;
        Some(Self { field, why: *why })
    }
}

fn short(typed: &str) -> String {
    typed.chars().take(LONGEST_TYPED).collect()
}

/// What is wrong with a field, in words, and what is shown in it again.
#[derive(Clone, Debug)]
pub(super) struct FieldError {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
    /// What was typed.
    pub typed: String,
}

impl FieldError {
    pub(super) fn new(refusal: FieldsRefused, call: &Call, message: String) -> Self {
        let kept = FIELDS.contains(&(refusal.field, true));
        let typed = call.parameter(refusal.field).filter(|_| kept).unwrap_or_default();
        Self { field: refusal.field, message, typed: short(&typed) }
    }
}

/// What stands in a field: beside one that is wrong what was typed, else what holds.
pub(super) fn stands(
    call: &Call,
    wrong: Option<&FieldError>,
    field: &str,
    holds: String,
) -> String {
    match wrong {
        Some(_) => short(&call.parameter(field).unwrap_or_default()),
        None => holds,
    }
}

/// Says at the top what is wrong below.
pub(super) fn summary(wrong: Option<&FieldError>) -> Markup {
    html! {
        @if let Some(wrong) = wrong {
            div.note.bad role="alert" { p {
                "That did not work, nothing was changed: "
                a href={ "#" (wrong.field) } { (wrong.message) }
            } }
        }
    }
}

/// A line of text to type.
pub(super) struct FormField<'a> {
    /// Its name and its id.
    pub name: &'static str,
    /// What people call it.
    pub label: &'a str,
    /// What may be written.
    pub hint: &'a str,
    /// What stands in it.
    pub value: &'a str,
    /// The keyboard of a phone.
    pub mode: &'static str,
    /// Words to choose from, and what they do.
    pub choices: &'a [(String, String)],
    /// Where the page begins.
    pub focus: bool,
}

impl FormField<'_> {
    pub(super) fn show(&self, wrong: Option<&FieldError>) -> Markup {
        let wrong = wrong.filter(|wrong| wrong.field == self.name);
        let value = wrong.map_or(self.value, |wrong| wrong.typed.as_str());
        let (hint, error) = (format!("{}-hint", self.name), format!("{}-wrong", self.name));
        let described_by = if wrong.is_some() { format!("{error} {hint}") } else { hint.clone() };
        let list = format!("{}-choices", self.name);
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                p.hint id=(hint) { (self.hint) }
                @if let Some(wrong) = wrong { p.wrong id=(error) { span.unseen { "Error: " } (wrong.message) } }
                input type="text" id=(self.name) name=(self.name) value=(value) inputmode=(self.mode)
                    autocomplete="off" required aria-describedby=(described_by)
                    aria-invalid=[wrong.map(|_| "true")]
                    list=[(!self.choices.is_empty()).then_some(&list)]
                    autofocus[self.focus || wrong.is_some()];
                @if !self.choices.is_empty() {
                    datalist id=(list) {
                        @for (value, text) in self.choices { option value=(value) { (text) } }
                    }
                }
            }
        }
    }
}
