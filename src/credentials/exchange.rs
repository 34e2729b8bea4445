//! One request that exchanges what a login holds for new tokens, and what its answer means. How it
//! is done is a fact of the system: by a refresh token that works once, or by the access token.

use super::document::Login;
use super::oauth::{self, Issued, Refusal};
use crate::core::class::Class;
use crate::core::failure::Failure;
use crate::core::secret::Secret;
use crate::core::system::Renewal;
use crate::core::target::PortalTarget;
use crate::http::{Bearer, Http, Method, Presented, Request, Response, TransportError};
use std::time::Duration;

/// The total deadline of the request; who waits for the lock waits three times as long.
const DEADLINE: Duration = Duration::from_secs(20);
/// The same for a login of Hermes, which gives up its own wait for the locks after 15 s.
const DEADLINE_AT_HERMES: Duration = Duration::from_secs(10);

/// What came of the request.
pub(super) enum Came {
    /// New tokens.
    Pair(Box<Issued>),
    /// The system's word that what was sent is of no use any more.
    Dead(Refusal),
    /// A refusal, or trouble, that left the login as it was.
    Unused(Failure),
    /// Whether what was sent has been used is not known.
    Lost(Failure),
}

/// What is exchanged; none where the login cannot be renewed.
pub(super) fn credential(portal: &PortalTarget, login: &Login) -> Option<Secret> {
    match portal.system.facts().renewal {
        Renewal::None => None,
        Renewal::RefreshToken => login.refresh_token.clone(),
        // One that has no known end needs no renewal, and may be a key that is not to be exchanged.
        Renewal::AccessToken(_) => login.expires_at.map(|_| login.access_token.clone()),
    }
}

/// How long the exchange may take.
pub(super) fn deadline(login: &Login) -> Duration {
    if login.hermes_files().is_empty() { DEADLINE } else { DEADLINE_AT_HERMES }
}

/// Sends it once.
pub(super) fn exchange(
    http: &Http,
    portal: &PortalTarget,
    login: &Login,
    credential: &Secret,
) -> Came {
    let request = match portal.system.facts().renewal {
        Renewal::AccessToken(path) => Ok(Request::new(Method::POST, portal.url(path))
            // The agent wants the field and does not read it. Contract: ciris, ways in.
            .json(br#"{"refresh_token":"current_token"}"#.to_vec())),
        // In the header of the portal, and in the form, where servers that keep to RFC 6749 look for
        // it. Contract: nous, refresh.
        Renewal::RefreshToken | Renewal::None => {
            Request::new(Method::POST, portal.url(&["api", "oauth", "token"]))
                .form(&[
                    ("grant_type", "refresh_token"),
                    ("client_id", &login.client_id),
                    ("refresh_token", credential.expose()),
                ])
                .secret_header("x-nous-refresh-token", credential)
        }
    };
    let request = match request {
        Ok(request) => request.deadline(deadline(login)).to_the_end().on_fresh_connection(),
        Err(error) => return Came::Unused(error),
    };
    let bearer = matches!(portal.system.facts().renewal, Renewal::AccessToken(_))
        .then_some(Bearer { token: credential, home: &portal.base, presented: Presented::Bearer });
    let host = portal.host();
    match http.send(request, bearer) {
        Ok(answer) if bearer.is_some() => judge_access_token(&answer, credential, &host),
        Ok(answer) => judge_refresh_token(&answer, credential, &host),
        Err(broken) => lost(broken),
    }
}

/// What an answer means for a refresh token.
fn judge_refresh_token(answer: &Response, sent: &Secret, host: &str) -> Came {
    if answer.status == 200
        && let Some(issued) = oauth::issued(answer)
    {
        return Came::Pair(Box::new(issued));
    }
    let refusal = Refusal::from_answer(answer).map(|refusal| refusal.without(sent));
    match (answer.status, refusal) {
        (400 | 401 | 403, Some(refusal)) if refusal.ends_the_token() => Came::Dead(refusal),
        (400 | 401 | 403, Some(refusal)) => Came::Unused(not_renewed(answer, &refusal, host)),
        (429, Some(_)) => Came::Unused(oauth::unexpected(answer, host)),
        _ => Came::Lost(oauth::unexpected(answer, host)),
    }
}

/// What an answer means for an access token that was to be exchanged. Contract: ciris, ways in.
fn judge_access_token(answer: &Response, sent: &Secret, host: &str) -> Came {
    if answer.status == 200
        && let Some(issued) = oauth::issued(answer)
    {
        return Came::Pair(Box::new(issued));
    }
    let refusal = Refusal::from_detail(answer).map(|refusal| refusal.without(sent));
    match (answer.status, refusal) {
        (401, Some(refusal)) => Came::Dead(refusal),
        // An agent of before has no such path, one that boots answers for its login service.
        (404 | 405 | 429 | 503, _) => Came::Unused(oauth::unexpected(answer, host)),
        (400..500, Some(refusal)) => Came::Unused(not_renewed(answer, &refusal, host)),
        _ => Came::Lost(oauth::unexpected(answer, host)),
    }
}

/// A refusal that says nothing about what was sent, as of a client that is not known.
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
