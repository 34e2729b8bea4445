//! Refreshing a login: the second thing here that may happen only once.
//!
//! A refresh token works a single time, and using it twice revokes the whole session. So one
//! process refreshes at a time: lock, read again and adopt what another process got, claim the
//! disk space, note durably that the refresh is under way, send it once, write the new pair before
//! anything else, and only then use it.
//!
//! **When the note of an earlier refresh is found** its process died, or never got its answer.
//! The refresh token may be used up, or may never have left the machine. Sending it again either
//! works (it never arrived) or revokes the session (it did). As long as the access token lives,
//! the session is worth more than a fresh token: it is used as it is. Once it is dead there is
//! nothing left to lose: without a refresh a person has to log in, and with a failed one just the
//! same; so it is sent once more. What the system refuses by a word is noted too, and never sent
//! again.
//!
//! **Where several machines share a login** through a credential command, the note is what keeps
//! them apart: only one of them can write it over the same version, and only that one sends. The
//! others wait for what it got, as long as its note is young.
//!
//! **Where the login is one of Hermes** all of this happens under its two locks as well: see
//! `held.rs`, which knows where a login lives.

use super::Token;
use super::document::Login;
use super::oauth::{self, Refusal};
use super::refresh_guard::{RefreshGuard, ReservedFile, unkept};
use super::session::{Session, is_alive, is_old, login_command};
use super::store::Written;
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::signals::Stopped;
use crate::http::{Method, Request, Response, TransportError};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// The total deadline of the request; whoever waits for the lock waits three times as long.
const DEADLINE: Duration = Duration::from_secs(20);
/// How long to wait for another machine that is refreshing the same login.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How often to look whether it is done.
const LOOK: Duration = Duration::from_millis(500);
/// How often the new pair is written again when another machine was faster.
const MOST_RACES: usize = 5;

/// Why a refresh is wanted.
pub(super) enum Why<'a> {
    /// Less than this is left of the access token.
    Old(Duration),
    /// The system did not accept this access token.
    Rejected(&'a Secret),
}

impl Why<'_> {
    /// Whether the reason still holds for what is stored now.
    fn holds(&self, login: &Login) -> bool {
        match self {
            Self::Old(min_left) => is_old(login, *min_left, Timestamp::now()),
            Self::Rejected(failed) => login.access_token == **failed,
        }
    }

    /// Whether the stored access token may be used where it cannot be refreshed.
    fn leaves_usable(&self, login: &Login) -> bool {
        matches!(self, Self::Old(_)) && is_alive(login, Timestamp::now())
    }
}

/// What came of the request.
enum Came {
    /// A new pair.
    Pair(oauth::Issued),
    /// The system's word that this refresh token is of no use any more.
    Dead(Refusal),
    /// A refusal that left the refresh token as it was.
    Unused(Failure),
    /// Nobody knows whether the refresh token was used.
    Lost(Failure),
}

/// Refreshes the session's login, or adopts what another process refreshed.
pub(super) fn refresh(session: &Session<'_>, why: &Why<'_>) -> Result<Token> {
    // From here on a first signal waits: dying between the request and the rename would cost the
    // login.
    session.interrupt.install()?;
    let locked = session.store.lock(session.interrupt)?;
    let mut held = RefreshGuard::new(session, &locked);
    let end = Instant::now() + LONGEST_WAIT;
    loop {
        let came = attempt(session, why, &mut held, Instant::now() < end)?;
        if let Some(token) = came {
            return Ok(token);
        }
        if let Err(Stopped::Signal(signal)) = session.interrupt.sleep(LOOK) {
            let message = "interrupted while another machine renews the login; nothing was sent";
            return Err(Failure::new(signal.class(), message));
        }
    }
}

/// One attempt; `None` while another machine is at it and there is time to wait for it.
fn attempt(
    session: &Session<'_>,
    why: &Why<'_>,
    held: &mut RefreshGuard<'_>,
    may_wait: bool,
) -> Result<Option<Token>> {
    let mut login = held.find()?.ok_or_else(|| session.no_login())?;
    if !why.holds(&login) {
        return Ok(Some(login.token()));
    }
    let Some(refresh_token) = login.refresh_token.clone() else {
        return if why.leaves_usable(&login) {
            Ok(Some(login.token()))
        } else {
            Err(over(
                session,
                &login,
                Class::NotLoggedIn,
                "the login has run out, and cannot be renewed",
            ))
        };
    };
    if let Some(refusal) = login.refusal() {
        return if why.leaves_usable(&login) {
            Ok(Some(login.token()))
        } else {
            Err(dead(session, &login, &refusal))
        };
    }
    if let Some(since) = login.refresh_inflight {
        if why.leaves_usable(&login) {
            return Ok(Some(login.token()));
        }
        if session.store.is_shared() && may_wait && is_recent(since) {
            return Ok(None);
        }
    }
    let room = held.reserve()?;
    login.refresh_inflight = Some(Timestamp::now());
    if held.note(&login)? == Written::Raced {
        // Another machine was faster: it refreshes, and this one looks again.
        return if may_wait { Ok(None) } else { Err(raced()) };
    }
    match ask(session, &login.client_id, &refresh_token) {
        Came::Pair(issued) => keep(held, room, login, &issued).map(Some),
        Came::Dead(refusal) => adopt_or_end(session, held, &login, refusal).map(Some),
        Came::Unused(error) => {
            // Losing this note costs one early refresh, not the login.
            login.refresh_inflight = None;
            let _ = held.note(&login);
            Err(error)
        }
        Came::Lost(error) => Err(error),
    }
}

/// Sends the refresh token once: in the header of the portal, and in the form, where servers that
/// keep to RFC 6749 look for it. Contract: nous, refresh.
fn ask(session: &Session<'_>, client_id: &str, refresh_token: &Secret) -> Came {
    let request = Request::new(Method::POST, session.portal.url(&["api", "oauth", "token"]))
        .form(&[
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("refresh_token", refresh_token.expose()),
        ])
        .deadline(DEADLINE)
        .to_the_end()
        .on_fresh_connection()
        .secret_header("x-nous-refresh-token", refresh_token);
    let request = match request {
        Ok(request) => request,
        Err(error) => return Came::Unused(error),
    };
    match session.http.send(request, None) {
        Ok(answer) => judge(&answer, refresh_token, &session.portal.host()),
        Err(broken) => lost(broken),
    }
}

/// What an answer means for the refresh token.
fn judge(answer: &Response, sent: &Secret, host: &str) -> Came {
    if answer.status == 200
        && let Some(issued) = oauth::issued(answer)
    {
        return Came::Pair(issued);
    }
    let refusal = Refusal::from_answer(answer).map(|refusal| refusal.without(sent));
    match (answer.status, refusal) {
        (400 | 401 | 403, Some(refusal)) if refusal.ends_the_token() => Came::Dead(refusal),
        (400 | 401 | 403, Some(refusal)) => Came::Unused(not_renewed(answer, &refusal, host)),
        (429, Some(_)) => Came::Unused(oauth::unexpected(answer, host)),
        _ => Came::Lost(oauth::unexpected(answer, host)),
    }
}

/// A refusal that says nothing about the refresh token, as of a client that is not known.
fn not_renewed(answer: &Response, refusal: &Refusal, host: &str) -> Failure {
    let message = format!("{host} did not renew the login: {}", refusal.shown());
    let mut error = Failure::new(Class::NotLoggedIn, message);
    let parts = error.parts_mut();
    parts.status = Some(answer.status);
    parts.code = Some(refusal.word.clone());
    error
}

fn lost(broken: TransportError) -> Came {
    if !broken.sent {
        return Came::Unused(broken.into());
    }
    let mut error = Failure::new(
        Class::Network,
        "the login was being renewed when the connection broke, and the answer was lost",
    )
    .hint("Run the command again; if it asks for a login then, run 'topup login'.");
    error.parts_mut().cause = broken.cause;
    Came::Lost(error)
}

/// Writes the new pair, durably, and only then hands it out.
fn keep<'h>(
    held: &mut RefreshGuard<'h>,
    room: ReservedFile<'h>,
    mut login: Login,
    issued: &oauth::Issued,
) -> Result<Token> {
    let tried = login.access_token.clone();
    issued.renew(&mut login, Timestamp::now());
    let token = login.token();
    let mut written = held.keep(room, &login)?;
    for _ in 0..MOST_RACES {
        if written == Written::Kept {
            return Ok(token);
        }
        // Another machine changed something beside it, or somebody has logged in anew.
        let found = held.find().map_err(unkept)?;
        match found.filter(|login| login.access_token == tried) {
            Some(mut login) => {
                issued.renew(&mut login, Timestamp::now());
                written = held.note(&login).map_err(unkept)?;
            }
            None => return Ok(token),
        }
    }
    if written == Written::Kept { Ok(token) } else { Err(unkept(raced())) }
}

/// Another machine writes all the time.
fn raced() -> Failure {
    Failure::config("other machines kept changing the logins while this one renewed its own")
        .hint("Run the command again.")
        .recovery(Recovery::RetryLater)
}

/// Whether a mark is so young that its owner may still be waiting for the answer.
fn is_recent(since: Timestamp) -> bool {
    Timestamp::now().duration_since(since).unsigned_abs() < LONGEST_WAIT
}

/// The refresh token is of no use: another process without our lock may have used it, and stored
/// what it got. Nothing is deleted.
fn adopt_or_end(
    session: &Session<'_>,
    held: &mut RefreshGuard<'_>,
    tried: &Login,
    refusal: Refusal,
) -> Result<Token> {
    let mut login = held.find()?.ok_or_else(|| session.no_login())?;
    if login.access_token != tried.access_token {
        return Ok(login.token());
    }
    let error = dead(session, &login, &refusal);
    // Without this note the refused token would be sent again by the next command, no more.
    login.refuse(refusal);
    let _ = held.note(&login);
    Err(error)
}

/// The error for a refresh token that the system refused.
fn dead(session: &Session<'_>, login: &Login, refusal: &Refusal) -> Failure {
    let (class, message) = if refusal.ends_the_session() {
        (Class::SessionRevoked, "the portal has logged this session out")
    } else {
        (Class::NotLoggedIn, "the login is no longer accepted")
    };
    let mut error = match &refusal.description {
        Some(description) => over(session, login, class, &format!("{message}: {description}")),
        None => over(session, login, class, message),
    };
    error.parts_mut().code = Some(refusal.word.clone());
    error
}

fn over(session: &Session<'_>, login: &Login, class: Class, message: &str) -> Failure {
    Failure::new(class, message).hint(login_command(session.portal, Some(login)))
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
