//! What all pages have in common: the frame around them, fields with their errors, notes, and how
//! money and time are written. A frame says on every page that this is a test double.

use super::super::account;
use super::super::store::{StoreWork, random_word};
use super::super::token;
use super::super::wire::SandboxReply;
use crate::core::money::Money;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_decimal::Decimal;
use std::sync::LazyLock;

const STYLE: &str = include_str!("style.css");

/// A picture of our own in the tab, so that no browser asks for one.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232a4fb8'/%3E%3Cpath d='M8 3v10M3 8h10' stroke='white' stroke-width='2'/%3E%3C/svg%3E";

/// No script, nothing from elsewhere, no frames, forms to this portal only; one style, ours.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
});

/// Every page that the frame leads to.
const PAGES: [(&str, &str); 6] = [
    ("/", "Start"),
    ("/billing", "Billing"),
    ("/manage-subscription", "Plan"),
    ("/device", "Terminal"),
    ("/ciris", "Uses"),
    ("/byterover", "Teams"),
];

/// A page to be.
pub(super) struct PageLayout<'a> {
    /// Its heading.
    pub title: &'a str,
    /// The entry of the frame it belongs to.
    pub place: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What has just been done or gone wrong: first thing that is read out.
    pub news: Option<&'a str>,
    /// It reloads by itself: something is not final.
    pub again: bool,
}

impl<'a> PageLayout<'a> {
    pub(super) fn new(title: &'a str, place: &'a str) -> Self {
        Self { title, place, status: 200, news: None, again: false }
    }

    /// With this inside.
    pub(super) fn with(self, work: &StoreWork<'_>, body: &Markup) -> SandboxReply {
        let organisation = work.text("org").unwrap_or_default();
        let role = account::role(work);
        let foot =
            html! { footer.foot { p { "Organisation " (organisation) ", role " (role) "." } } };
        self.frame(true, &html! { (body) }, &foot)
    }

    /// The frame; one without links shows nothing of the account.
    pub(super) fn frame(&self, ways: bool, body: &Markup, foot: &Markup) -> SandboxReply {
        let text = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if self.again { meta http-equiv="refresh" content="2"; }
                    title {
                        @if let Some(news) = self.news { (news) " · " }
                        (self.title)
                        @if self.title != NAME { " · " (NAME) }
                    }
                    link rel="icon" href=(ICON);
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header {
                        p.double { strong { "Sandbox." } " A test double: no real money, no real card." }
                        @if ways { (bar(self.place)) }
                    }
                    main id="content" { h1 { (self.title) } (body) }
                    (foot)
                }
            }
        };
        SandboxReply::page(self.status, text.into_string())
    }
}

/// What this portal calls itself.
pub(super) const NAME: &str = "topup sandbox";

fn bar(place: &str) -> Markup {
    html! {
        div.bar { div {
            a.mark href="/" { (NAME) }
            nav aria-label="Pages" { ul {
                @for (path, name) in PAGES {
                    li { a href=(path) aria-current=[(path == place).then_some("page")] { (name) } }
                }
            } }
        } }
    }
}

/// A page that says what went wrong, and where to go from here.
pub(super) fn problem(
    work: &StoreWork<'_>,
    status: u16,
    title: &str,
    text: &str,
    way: (&str, &str),
) -> SandboxReply {
    let body = html! {
        div.note.bad role="alert" { p { (text) } }
        p { a.button href=(way.0) { (way.1) } }
    };
    PageLayout { status, ..PageLayout::new(title, "") }.with(work, &body)
}

/// What is not there.
pub(super) fn missing(work: &StoreWork<'_>) -> SandboxReply {
    let text = "There is no such page. Compare the address with the link that you were given.";
    problem(work, 404, "Nothing is here", text, ("/", "To the start"))
}

/// The word that every form carries.
pub(super) fn form_word(work: &StoreWork<'_>) -> String {
    token::form_word(&work.text("secret").unwrap_or_default())
}

/// A word for one purchase: a form that is sent twice buys once.
pub(super) fn once() -> String {
    random_word()[..32].to_owned()
}

/// The hidden fields of a form.
pub(super) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A form with one button.
pub(super) fn button(
    word: &str,
    action: &str,
    act: (&str, &str),
    text: &str,
    style: &str,
) -> Markup {
    html! {
        form method="post" action=(action) {
            (hidden("form_word", word))
            button type="submit" class=[(!style.is_empty()).then_some(style)] name=(act.0) value=(act.1) { (text) }
        }
    }
}

/// `$25.00`.
pub(super) fn dollars(value: Decimal) -> String {
    format!("${}", Money(value.normalize()).shown())
}

/// A moment as people read it; the exact one is in its markup.
pub(super) fn time(moment: jiff::Timestamp) -> Markup {
    let text = moment.strftime("%-d %b %Y, %H:%M UTC").to_string();
    html! { time datetime=(moment.to_string()) { (text) } }
}

/// The day of a moment.
pub(super) fn day(moment: jiff::Timestamp) -> Markup {
    let text = moment.strftime("%-d %B %Y").to_string();
    html! { time datetime=(moment.to_string()) { (text) } }
}
