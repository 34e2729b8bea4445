//! The notice as JSON, for a chat or a program: one POST by the client that everything here goes
//! through. The URL alone grants the right to post, so of it only the host is ever
//! shown.

use super::text;
use super::{Notice, NoticeClock, Tidings};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::http::{Http, Method, Request};
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

/// Where the notice is posted.
pub struct Hook {
    url: Url,
}

/// The body for a pool that is used up. Keys are only ever added.
#[derive(Serialize)]
struct BodyWire<'a> {
    event: &'static str,
    mandate: &'a str,
    balance: Money,
    required_amount: Money,
    currency: &'a str,
    triggered_by: Option<&'a str>,
    user_action: &'static str,
    message_en: String,
    message_de: String,
    at: Timestamp,
    /// What a chat shows; the other keys are for programs.
    text: String,
}

impl Hook {
    /// Reads the URL.
    ///
    /// # Errors
    /// Class `config`, without the URL, when it is neither https nor http to this machine.
    pub fn parse(typed: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Failure::config(format!("TOPUP_NOTIFY_URL cannot be used: {why}"))
                .hint("Write it like https://chat.example/hooks/....")
        };
        let url = Url::parse(typed.trim()).map_err(|_| refuse("it is no URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if crate::core::base_url::is_loopback(&url) => {}
            "http" => {
                return Err(refuse("plain http would show it to everybody on the way"));
            }
            _ => return Err(refuse("only http and https are spoken")),
        }
        Ok(Self { url })
    }

    /// Posts the notice; an answer of 2xx counts.
    ///
    /// # Errors
    /// The reason, without the path of the URL.
    pub fn post(
        &self,
        notice: &dyn Tidings,
        http: &Http,
        clock: &NoticeClock<'_>,
    ) -> Result<(), String> {
        let body = notice.body().map_err(|_| "the notice cannot be written as JSON".to_owned())?;
        // The client of this run may have been made for a portal on this machine, which needs no
        // trust roots: this request has its own.
        let request = Request::new(Method::POST, self.url.clone())
            .json(body)
            .at_most(clock.limits.one.min(clock.left()))
            .with_secret_path()
            .on_fresh_connection();
        match http.send(request, None) {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(format!("it answered {}", answer.status)),
            Err(broken) => Err(broken.message),
        }
    }
}

/// The body for a pool that is used up.
pub fn body(notice: &Notice) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&BodyWire {
        event: "pool_exhausted",
        mandate: &notice.mandate,
        balance: notice.balance,
        required_amount: notice.required,
        currency: &notice.currency,
        triggered_by: notice.triggered_by.as_deref(),
        user_action: "CONTACT_MANDATE_ADMIN",
        message_en: text::line(notice, Language::English),
        message_de: text::line(notice, Language::German),
        at: notice.at,
        text: text::for_chat(notice),
    })
}
