//! The device flow (RFC 8628): a code for a person to type, and polling until they did.
//!
//! Every number from the server is clamped and the whole takes half an hour at most.

use super::document::Pending;
use super::oauth::{self, Issued};
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::link::{self, Link};
use crate::core::secret::Secret;
use crate::core::target::PortalTarget;
use crate::core::wait::{Deadline, WaitEnd};
use crate::http::{Http, Method, Request, Response};
use serde_json::{Map, Value};
use std::time::Duration;

/// The time between two polls when the server says nothing (RFC 8628, section 3.2).
const DEFAULT_INTERVAL_S: u64 = 5;
/// However fast or slow the server wants it.
const INTERVAL_BOUNDS_S: (u64, u64) = (1, 60);
/// What `slow_down` adds (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// How long a code lasts when the server says nothing.
const DEFAULT_EXPIRY_S: u64 = 600;
/// No login waits longer than this.
const LONGEST_EXPIRY_S: u64 = 30 * 60;
/// The server counts the life of a code from before its answer arrived here: the last poll has to
/// arrive there so much before the end.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// A code that people type is short.
const LONGEST_USER_CODE: usize = 64;
/// A device code is long, and not endless.
const LONGEST_DEVICE_CODE: usize = 4096;

/// A login that was begun and not yet approved.
#[derive(Clone, Debug)]
pub struct Started {
    /// The code that fetches the tokens.
    pub device_code: Secret,
    /// The code that a person compares or types: only letters, digits and dashes are in it.
    pub user_code: String,
    /// The page to type it on, as it was given.
    pub page: Link,
    /// The page with the code filled in, if it is on the portal's own origin.
    pub page_with_code: Option<String>,
    /// How long the code lasts.
    pub expires_in: Duration,
    /// The time between two polls.
    pub interval: Duration,
}

impl Started {
    /// The page to open, if the portal named one of its own.
    pub fn own_page(&self) -> Option<&str> {
        match (&self.page_with_code, &self.page) {
            (Some(page), _) | (None, Link::Own(page)) => Some(page),
            (None, Link::Foreign(_)) => None,
        }
    }
}

/// Begins a device login: one request, nothing stored.
///
/// # Errors
/// Class `login_denied` when the portal refuses, `protocol` when its answer cannot be used, and
/// those of the transport.
pub fn begin(http: &Http, portal: &PortalTarget, client_id: &str, scope: &str) -> Result<Started> {
    let request = Request::new(Method::POST, portal.url(&["api", "oauth", "device", "code"]))
        .form(&[("client_id", client_id), ("scope", scope)]);
    let answer = http.send(request, None)?;
    match answer.status {
        200 => oauth::object(&answer)
            .and_then(|map| started(portal, &map))
            .ok_or_else(|| oauth::unexpected(&answer, &portal.host())),
        _ => Err(oauth::unexpected(&answer, &portal.host())),
    }
}

fn started(portal: &PortalTarget, map: &Map<String, Value>) -> Option<Started> {
    let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let seconds = |key: &str, default: u64| {
        map.get(key)
            .and_then(oauth::whole_seconds)
            .map_or(default, |seconds| u64::try_from(seconds).unwrap_or_default())
    };
    let device_code = Secret::new(text("device_code")?);
    if device_code.expose().len() > LONGEST_DEVICE_CODE {
        return None;
    }
    let user_code = text("user_code").filter(|code| is_user_code(code))?;
    let (fastest, slowest) = INTERVAL_BOUNDS_S;
    Some(Started {
        device_code,
        user_code: user_code.to_owned(),
        page: link::resolve(&portal.base, text("verification_uri")?),
        page_with_code: text("verification_uri_complete")
            .and_then(|given| link::resolve(&portal.base, given).own()),
        expires_in: Duration::from_secs(
            seconds("expires_in", DEFAULT_EXPIRY_S).clamp(1, LONGEST_EXPIRY_S),
        ),
        interval: Duration::from_secs(
            seconds("interval", DEFAULT_INTERVAL_S).clamp(fastest, slowest),
        ),
    })
}

/// A user code is compared by eye and typed by hand: anything that is not plain is refused.
fn is_user_code(code: &str) -> bool {
    code.len() <= LONGEST_USER_CODE
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What is needed to go on polling.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The code that fetches the tokens.
    pub device_code: Secret,
    /// The client id that it was asked for with.
    pub client_id: String,
    /// How long it is still good for.
    pub left: Duration,
    /// The time between two polls.
    pub interval: Duration,
}

impl Waiting {
    /// A login that was just begun.
    pub fn new(started: &Started, client_id: &str) -> Self {
        Self {
            device_code: started.device_code.clone(),
            client_id: client_id.to_owned(),
            left: started.expires_in,
            interval: started.interval,
        }
    }

    /// A login that another run began.
    pub fn from_pending(pending: &Pending, now: jiff::Timestamp) -> Self {
        let left = pending.expires_at.duration_since(now);
        let (fastest, slowest) = INTERVAL_BOUNDS_S;
        Self {
            device_code: pending.device_code.clone(),
            client_id: pending.client_id.clone(),
            left: Duration::try_from(left)
                .unwrap_or_default()
                .min(Duration::from_secs(LONGEST_EXPIRY_S)),
            interval: Duration::from_secs(pending.interval.clamp(fastest, slowest)),
        }
    }
}

/// Polls until the login is approved, denied, or over: at once, after each interval, and once more
/// just before the code ends, so that an approval in the last seconds counts.
///
/// # Errors
/// Class `login_denied` when it was denied or ran out, the class of a signal, and those of an
/// answer that makes no sense. Network trouble on the way is waited out.
pub fn wait(
    http: &Http,
    clock: &dyn Clock,
    portal: &PortalTarget,
    waiting: &Waiting,
) -> Result<Issued> {
    // What is over is not asked for any more, and cannot be granted either (RFC 8628, section 3.5).
    if waiting.left.is_zero() {
        return Err(too_late());
    }
    let deadline = Deadline::after(waiting.left.saturating_sub(ON_THE_WAY), clock);
    let mut interval = waiting.interval;
    loop {
        let trouble = match poll(http, portal, waiting)? {
            Heard::Tokens(issued) => return Ok(*issued),
            Heard::Refused(error) => return Err(*error),
            Heard::NotYet => None,
            Heard::TooFast => {
                interval += SLOWER;
                None
            }
            Heard::Nothing(error) => Some(error),
        };
        match (deadline.pause(interval), trouble) {
            (Ok(()), _) => {}
            // What ends it is the trouble that lasted until now, if there is any.
            (Err(WaitEnd::Late), Some(trouble)) => return Err(*trouble),
            (Err(WaitEnd::Late), None) => return Err(too_late()),
            (Err(WaitEnd::Stopped(signal)), _) => {
                return Err(Failure::new(
                    signal.class(),
                    "interrupted while waiting for the approval; nothing was changed",
                ));
            }
        }
    }
}

fn poll(http: &Http, portal: &PortalTarget, waiting: &Waiting) -> Result<Heard> {
    let request = Request::new(Method::POST, portal.url(&["api", "oauth", "token"])).form(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", &waiting.client_id),
        ("device_code", waiting.device_code.expose()),
    ]);
    match http.send(request, None) {
        Ok(answer) => Ok(heard(&answer, &portal.host())),
        Err(broken) if broken.signal.is_some() => Err(broken.into()),
        Err(broken) => Ok(Heard::Nothing(Box::new(broken.into()))),
    }
}

/// What one poll brought.
enum Heard {
    Tokens(Box<Issued>),
    NotYet,
    TooFast,
    Refused(Box<Failure>),
    /// Trouble on the way, or on the server: may be over the next time.
    Nothing(Box<Failure>),
}

fn heard(answer: &Response, host: &str) -> Heard {
    if answer.status == 200
        && let Some(issued) = oauth::issued(answer)
    {
        return Heard::Tokens(Box::new(issued));
    }
    let denied = |message: &str| {
        let mut error = Failure::new(Class::LoginDenied, message)
            .hint("Run 'topup login' again and approve it in time.");
        error.parts_mut().code = oauth::refusal_word(answer);
        Heard::Refused(Box::new(error))
    };
    let unexpected = || Box::new(oauth::unexpected(answer, host));
    match (answer.status, oauth::refusal_word(answer).as_deref()) {
        (429 | 500.., _) => Heard::Nothing(unexpected()),
        (_, Some("authorization_pending")) => Heard::NotYet,
        (_, Some("slow_down")) => Heard::TooFast,
        (_, Some("access_denied")) => denied("the login was denied on the portal"),
        (_, Some("expired_token")) => denied("the login was not approved in time"),
        (_, Some("invalid_grant")) => denied("the code of this login is no longer known"),
        _ => Heard::Refused(unexpected()),
    }
}

fn too_late() -> Failure {
    Failure::new(Class::LoginDenied, "the login was not approved in time")
        .hint("Run 'topup login' again and approve it in time.")
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
