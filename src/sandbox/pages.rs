//! The web pages of the portal: where every deep link leads. Rendered here, working without
//! JavaScript, with nothing from elsewhere. Every form carries a word that only this portal can
//! have made; what it changed is shown on the page that the browser is sent to afterwards.

mod agent;
mod billing;
mod buying;
mod cards;
mod device;
mod fields;
mod layout;
mod overview;
mod plan;
mod view;

use super::balances;
use super::store::StoreWork;
use super::wire::{Answered, Call, SandboxReply};
use layout::{PageLayout, form_word, missing, problem};
use maud::{Markup, html};
use std::net::SocketAddr;

/// Whether somebody with a browser asks, and not a client of one of the contracts.
pub fn is_page(call: &Call) -> bool {
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    !matches!(path.as_slice(), ["api" | "v1", ..]) && !balances::is_path(call)
}

/// A page, or what a form of one asks for.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &StoreWork<'_>, call: &Call, method: &str, path: &[&str]) -> Answered {
    let path = match path {
        [path @ .., ""] if !path.is_empty() => path,
        path => path,
    };
    let reply = match method {
        "GET" | "HEAD" => show(work, call, path)?,
        "POST" if !is_own_form(work, call) => {
            let back = call.path.trim_end_matches('/');
            let way = if back.starts_with("/billing") { "/billing" } else { back };
            let text = "This form has expired, or it was not made by this portal. Nothing was \
                        changed. Load the page again and retry.";
            problem(work, 403, "The form has expired", text, (way, "Load the page again"))
        }
        "POST" => act(work, call, path)?,
        _ => missing(work),
    };
    Ok(guarded(reply))
}

/// The headers that keep a page to itself.
fn guarded(reply: SandboxReply) -> SandboxReply {
    reply
        .header("content-security-policy", layout::POLICY.clone())
        .header("x-content-type-options", "nosniff".into())
        // To this portal itself a form says where it comes from.
        .header("referrer-policy", "same-origin".into())
        .header("cache-control", "no-store".into())
}

fn show(work: &StoreWork<'_>, call: &Call, path: &[&str]) -> Answered {
    match path {
        [""] => overview::welcome(work, call),
        ["device"] => device::show(work, call),
        ["billing"] | ["orgs", "sandbox", "billing"] => billing::show(work, call),
        ["billing", "bank"] => buying::bank(work, call),
        ["billing", "charge", id] => buying::receipt(work, id),
        // What stands in the address bar after a form that was refused.
        ["billing", "buy" | "card" | "limit" | "switch" | "auto-reload"] => {
            Ok(SandboxReply::see("/billing"))
        }
        ["manage-subscription"] => plan::show(work, call),
        ["ciris"] => agent::overview(work),
        ["ciris", "payment", id] => agent::payment(work, call, id),
        ["byterover"] => overview::teams(work),
        ["balances"] => overview::systems(work),
        ["balances", name] => overview::system(work, name),
        _ => Ok(missing(work)),
    }
}

fn act(work: &StoreWork<'_>, call: &Call, path: &[&str]) -> Answered {
    match path {
        ["device"] => device::decide(work, call),
        ["billing", "buy"] => buying::buy(work, call),
        ["billing", "charge", id] => buying::confirm(work, id),
        ["billing", what] => billing::change(work, call, what),
        ["manage-subscription"] => plan::change(work, call),
        ["ciris", "payment", id] => agent::act(work, call, id),
        _ => Ok(missing(work)),
    }
}

/// A form of another site cannot know the word, and a browser names the site it comes from.
fn is_own_form(work: &StoreWork<'_>, call: &Call) -> bool {
    let same_origin = call.origin.as_deref().is_none_or(|origin| origin == call.base);
    same_origin && call.field("form_word").as_deref() == Some(&form_word(work))
}

/// What somebody sees who came under another name than this machine's own. It shows nothing of the
/// account: a page elsewhere may be reading it.
pub fn stranger(call: &Call, address: SocketAddr) -> SandboxReply {
    let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
    let here = format!("http://{address}{}{query}", call.path);
    bare(
        403,
        "Another name",
        &html! {
            div.note.bad role="alert" { p { "This portal answers to the names of this machine only: " code { "127.0.0.1" } ", " code { "[::1]" } " and " code { "localhost" } "." } }
            p { "So no page elsewhere can use it in your place. On this machine the same page is here:" }
            p { a href=(here) rel="noreferrer" { (here) } }
        },
    )
}

/// What somebody sees when nothing can be shown.
pub fn trouble(status: u16, text: &str) -> SandboxReply {
    bare(status, "That did not work", &html! { div.note.bad role="alert" { p { (text) } } })
}

fn bare(status: u16, title: &str, body: &Markup) -> SandboxReply {
    guarded(PageLayout { status, ..PageLayout::new(title, "") }.frame(false, body, &html! {}))
}
