//! The notice as JSON, for a chat or a program: one POST by the client that everything here goes
//! through. The URL alone grants the right to post, so of it only the host is ever
//! shown.

use super::deadline::NoticeClock;
use super::tidings::Tidings;
use crate::core::failure::{Failure, Result};
use crate::http::{Http, Method, Request};
use url::Url;

/// Where the notice is posted.
pub struct Hook {
    url: Url,
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
        let url = Url::parse(typed.trim()).map_err(|_| refuse("it is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if crate::core::base_url::is_loopback(&url) => {}
            "http" => {
                return Err(refuse("plain http would show it to everybody on the way"));
            }
            _ => return Err(refuse("it has to begin with https:// or http://")),
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
