//! What an answer of an agent means that is no success. Contract: ciris, errors.
//!
//! Errors come as `detail`: a sentence, a list of what is wrong with the request, or an object.
//! What an agent that sells nothing answers is a mode, not an outage, and no reason to try again.

use crate::core::class::{Class, Recovery};
use crate::core::escape;
use crate::core::failure::Failure;
use crate::core::target::PortalTarget;
use crate::credentials::Session;
use crate::http::Response;
use crate::provider::wire::{self, field, words};
use serde_json::{Map, Value};

/// What an agent of 2.16.5 names a name and a password that do not belong together.
const WRONG_PASSWORD: &str = "auth.login.invalid_credentials";

/// No sentence of a list of mistakes is worth more lines than these.
const MOST_MISTAKES: usize = 3;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A username and a password.
    Login,
    /// Credits or transactions.
    Look,
    /// A new payment.
    Purchase,
    /// One payment.
    Payment,
}

/// An answer that could not be understood.
pub fn senseless(portal: &PortalTarget, what: &str) -> Failure {
    let host = portal.host();
    Failure::new(Class::Protocol, format!("the answer of {host} about the {what} makes no sense"))
}

/// An agent that has no user yet.
pub fn not_set_up(portal: &PortalTarget, page: String) -> Failure {
    let message = format!("{} is not set up yet: it has no user who could log in", portal.host());
    let mut error = Failure::new(Class::LoginDenied, message)
        .hint("Set the agent up on its page, then run the command again.")
        .recovery(Recovery::AskAdmin)
        .link(page);
    error.parts_mut().code = Some("setup_required".to_owned());
    error
}

/// What the agent says about it.
#[derive(Debug, Default)]
struct AgentWords {
    /// One line.
    sentence: Option<String>,
    /// A word for programs.
    code: Option<String>,
    /// Seconds.
    retry_after: Option<u64>,
    /// It gives a reason of its own, and is no plain word that the password is wrong.
    is_reasoned: bool,
}

impl AgentWords {
    fn from_body(map: &Map<String, Value>) -> Self {
        let mut reported = Self {
            sentence: None,
            code: words(map, "error"),
            retry_after: field(map, "retry_after"),
            is_reasoned: false,
        };
        match map.get("detail") {
            Some(Value::String(sentence)) if !sentence.is_empty() => {
                reported.sentence = Some(escape::cut(sentence).to_owned());
            }
            Some(Value::Array(mistakes)) => {
                let lines: Vec<String> =
                    mistakes.iter().filter_map(mistake).take(MOST_MISTAKES).collect();
                reported.sentence = (!lines.is_empty()).then(|| lines.join("; "));
            }
            Some(Value::Object(detail)) => {
                reported.sentence = words(detail, "message").or_else(|| words(detail, "detail"));
                reported.code = words(detail, "error").or(reported.code);
            }
            _ => reported.sentence = words(map, "message"),
        }
        // The service of the logins says it the other way round: a sentence, and an id for
        // programs.
        if let Some(id) = words(map, "reason_id") {
            reported.sentence = reported.code.take().or(reported.sentence);
            reported.is_reasoned = id != WRONG_PASSWORD;
            reported.code = Some(id);
        }
        reported
    }
}

/// One entry of a list of mistakes: where, and what.
fn mistake(entry: &Value) -> Option<String> {
    let entry = entry.as_object()?;
    let what = words(entry, "msg")?;
    let place: Vec<String> = field::<Vec<Value>>(entry, "loc")
        .unwrap_or_default()
        .iter()
        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    Some(if place.is_empty() { what } else { format!("{}: {what}", place.join(".")) })
}

/// The error that such an answer is.
pub fn refusal(session: &Session<'_>, answer: &Response, about: About) -> Failure {
    let host = session.portal().host();
    let map = wire::object(&answer.body);
    let said = map.as_ref().map(AgentWords::from_body).unwrap_or_default();
    let (class, message) = meaning(&host, answer, about, map.is_some(), &said);
    let wants_email =
        said.sentence.as_deref().is_some_and(|said| said.to_ascii_lowercase().contains("email"));
    let own = said.sentence.filter(|_| class != Class::EndpointUnavailable);
    let mut error = Failure::new(
        class,
        match own {
            Some(sentence) => format!("{message}: {sentence}"),
            None => message,
        },
    )
    .retry_after(answer.retry_after.or(said.retry_after.map(|seconds| seconds.min(3600))));
    match class {
        Class::NotLoggedIn if session.given().is_some() => {
            error = error.hint("Put a new token into TOPUP_TOKEN.");
        }
        Class::NotLoggedIn => {
            error = error.hint(
                "Run 'topup login --username NAME'; an agent forgets logins when it restarts.",
            );
        }
        Class::LoginDenied if said.is_reasoned => {
            error = error
                .hint("Sign in on the page of the agent, copy the token, and run 'topup login --token-stdin'.")
                .recovery(Recovery::FixInput);
        }
        Class::LoginDenied => {
            error = error
                .hint("Compare the username and the password, then run the command again.")
                .recovery(Recovery::FixInput);
        }
        Class::TemporarilyUnavailable if answer.status == 401 => {
            error = error
                .hint(
                    "Your login is fine: the operator of the agent has to log the agent in again.",
                )
                .recovery(Recovery::AskAdmin);
        }
        Class::ValidationFailed if wants_email => {
            error = error
                .hint("An account with a password has no e-mail address. Sign in on the page of the agent with a provider, copy the token, and run 'topup login --token-stdin'.");
        }
        Class::BillingDisabled => {
            error = error.hint("The operator of the agent can connect it to a billing system.");
        }
        _ => {}
    }
    let parts = error.parts_mut();
    parts.status = Some(answer.status);
    parts.code = said.code;
    error
}

fn meaning(
    host: &str,
    answer: &Response,
    about: About,
    is_json: bool,
    said: &AgentWords,
) -> (Class, String) {
    let says = |part: &str| {
        let sentence = said.sentence.as_deref().unwrap_or_default();
        sentence.to_ascii_lowercase().contains(part)
    };
    match answer.status {
        401 if said.code.as_deref() == Some("billing_auth_expired") => (
            Class::TemporarilyUnavailable,
            format!("{host} itself is no longer logged in at its billing system; ask its operator"),
        ),
        401 if about == About::Login && said.is_reasoned => {
            (Class::LoginDenied, format!("{host} refuses the login of this account"))
        }
        401 if about == About::Login => {
            (Class::LoginDenied, format!("{host} does not accept this username and password"))
        }
        401 => (Class::NotLoggedIn, format!("{host} does not accept this login")),
        403 => (Class::BillingDisabled, format!("{host} gives free uses only and sells none")),
        404 if is_json && says("billing not enabled") => {
            (Class::BillingDisabled, format!("{host} sells nothing"))
        }
        404 if is_json && about == About::Payment => {
            (Class::ValidationFailed, format!("{host} knows no such payment"))
        }
        404 if is_json && said.sentence.is_some() => (
            Class::EndpointUnavailable,
            format!("{host} answers, and its billing does not know this request"),
        ),
        400 | 422 if is_json => (Class::ValidationFailed, format!("{host} refused the request")),
        429 => (Class::RateLimited, format!("{host} was asked too often")),
        500 | 503 if says("not configured") => {
            (Class::BillingDisabled, format!("{host} has no billing system and sells nothing"))
        }
        503 if says("identity service") || about == About::Login => {
            (Class::TemporarilyUnavailable, format!("the logins of {host} are still starting"))
        }
        503 => (
            Class::TemporarilyUnavailable,
            format!("the billing system behind {host} does not answer for the moment"),
        ),
        500.. => (Class::ServerError, format!("{host} has a server error")),
        200 if !is_json && !answer.is_page() => {
            (Class::Protocol, format!("{host} gave an answer that is not a JSON object"))
        }
        _ => (
            Class::EndpointUnavailable,
            format!("something answered at {host}, but not the billing of a CIRIS agent"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::secret::Secret;
    use crate::credentials::fake::Home;

    /// What a person reads of such an answer, with a token of the environment or without one.
    fn refused(given: bool, status: u16, retry_after: Option<u64>, body: &str) -> Failure {
        refused_about(About::Purchase, given, status, retry_after, body)
    }

    fn refused_about(
        about: About,
        given: bool,
        status: u16,
        retry_after: Option<u64>,
        body: &str,
    ) -> Failure {
        let base = "http://127.0.0.1:9".parse().expect("a URL");
        let home = Home::of_system(&base, crate::provider::CIRIS);
        let mut session = home.session();
        if given {
            session = session.with_token(Secret::new("word"));
        }
        let body = body.as_bytes().to_vec();
        let answer = Response { status, body, retry_after, date: None, may_be_json: true };
        refusal(&session, &answer, about)
    }

    fn hints(failure: &Failure) -> String {
        failure.parts().hints.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_refusal_says_what_the_agent_said_and_what_helps() {
        let unknown = r#"{"detail":"Invalid API key"}"#;
        let refusal = refused(false, 401, None, unknown);
        assert!(refusal.to_string().ends_with("does not accept this login: Invalid API key"));
        assert!(hints(&refusal).contains("'topup login --username NAME'"), "{}", hints(&refusal));
        // No login of topup's own is at fault where the environment gives a token.
        let given = hints(&refused(true, 401, None, unknown));
        assert_eq!(given, "Put a new token into TOPUP_TOKEN.");
        // What is no billing of an agent has no say.
        let elsewhere = refused(false, 404, None, r#"{"detail":"Not found"}"#);
        assert_eq!(elsewhere.class(), Class::EndpointUnavailable);
        assert!(elsewhere.to_string().ends_with("its billing does not know this request"));
        assert_eq!(elsewhere.parts().status, Some(404));
        // A hint is about what was said.
        let email = refused(false, 400, None, r#"{"detail":"Email address required"}"#);
        assert!(hints(&email).contains("has no e-mail address"), "{}", hints(&email));
        assert_eq!(hints(&refused(false, 400, None, r#"{"detail":"amount is wrong"}"#)), "");
    }

    #[test]
    fn a_login_that_is_denied_says_which_way_in_is_left() {
        let denied = |body| refused_about(About::Login, false, 401, None, body);
        let wrong = denied(r#"{"detail":"Invalid credentials"}"#);
        assert!(hints(&wrong).contains("Compare the username and the password"));
        let reasoned = denied(r#"{"error":"No password.","reason_id":"auth.no_password"}"#);
        assert!(hints(&reasoned).contains("'topup login --token-stdin'"), "{}", hints(&reasoned));
        for denied in [wrong, reasoned] {
            assert_eq!(denied.class(), Class::LoginDenied);
            assert_eq!(denied.parts().recovery, Some(Recovery::FixInput));
        }
    }

    #[test]
    fn what_an_operator_has_to_mend_is_no_fault_of_the_login() {
        let expired = r#"{"detail":{"error":"billing_auth_expired","message":"x"}}"#;
        let refusal = refused(false, 401, None, expired);
        assert_eq!(refusal.parts().recovery, Some(Recovery::AskAdmin));
        assert!(
            hints(&refusal).contains("the operator of the agent has to log the agent in again")
        );
        let busy = refused(false, 503, None, r#"{"detail":"Credit check failed"}"#);
        assert_eq!((busy.class(), hints(&busy).as_str()), (Class::TemporarilyUnavailable, ""));
        let disabled = refused(false, 403, None, r#"{"detail":"Billing not enabled"}"#);
        assert!(hints(&disabled).contains("connect it to a billing system"));
    }

    #[test]
    fn a_wait_is_what_the_header_says_or_the_body_and_an_hour_at_most() {
        let body = |seconds: u64| {
            format!(r#"{{"error":"rate_limit_exceeded","retry_after":{seconds},"detail":"Slow"}}"#)
        };
        for (header, said, waits) in [(None, 7, 7), (None, 90_000, 3600), (Some(5), 7, 5)] {
            let refusal = refused(false, 429, header, &body(said));
            assert_eq!(refusal.parts().retry_after, Some(waits));
            assert_eq!(refusal.parts().code.as_deref(), Some("rate_limit_exceeded"));
        }
    }

    #[test]
    fn an_agent_that_is_not_set_up_is_named_with_its_page() {
        let base = "http://127.0.0.1:9".parse().expect("a URL");
        let home = Home::of_system(&base, crate::provider::CIRIS);
        let refusal = not_set_up(&home.portal, "http://127.0.0.1:9/".into());
        assert_eq!(refusal.parts().code.as_deref(), Some("setup_required"));
        assert_eq!(refusal.parts().portal_url.as_deref(), Some("http://127.0.0.1:9/"));
        assert_eq!(refusal.class(), Class::LoginDenied);
    }

    fn judged(status: u16, body: &str, about: About) -> (Class, AgentWords) {
        let answer = Response {
            status,
            body: body.as_bytes().to_vec(),
            retry_after: None,
            date: None,
            may_be_json: true,
        };
        let map = wire::object(body.as_bytes());
        let told = map.as_ref().map(AgentWords::from_body).unwrap_or_default();
        (meaning("agent", &answer, about, map.is_some(), &told).0, told)
    }

    #[test]
    fn every_refusal_of_an_agent_has_its_class() {
        use About::{Login, Look, Payment, Purchase};
        for (status, body, about, class) in [
            (401, r#"{"detail":"Invalid credentials"}"#, Login, Class::LoginDenied),
            (401, r#"{"detail":"Invalid API key"}"#, Look, Class::NotLoggedIn),
            (401, r#"{"detail":"Missing authorization header"}"#, Purchase, Class::NotLoggedIn),
            (
                401,
                r#"{"detail":{"error":"billing_auth_expired","message":"x"}}"#,
                Look,
                Class::TemporarilyUnavailable,
            ),
            (
                403,
                r#"{"detail":"Billing not enabled for this agent"}"#,
                Purchase,
                Class::BillingDisabled,
            ),
            (404, r#"{"detail":"Payment not found"}"#, Payment, Class::ValidationFailed),
            (404, "<html>Not found</html>", Payment, Class::EndpointUnavailable),
            (404, r#"{"detail":"Not found"}"#, Look, Class::EndpointUnavailable),
            (
                404,
                r#"{"detail":"Payment not found. Billing not enabled."}"#,
                Payment,
                Class::BillingDisabled,
            ),
            (
                401,
                r#"{"error":"This account has no password","reason_id":"auth.no_password"}"#,
                Login,
                Class::LoginDenied,
            ),
            (
                503,
                r#"{"detail":"identity service starting"}"#,
                Login,
                Class::TemporarilyUnavailable,
            ),
            (
                500,
                r#"{"detail":"Billing not configured: set CIRIS_BILLING_API_KEY"}"#,
                Purchase,
                Class::BillingDisabled,
            ),
            (
                400,
                r#"{"detail":"Email address required for purchase. Log in again."}"#,
                Purchase,
                Class::ValidationFailed,
            ),
            (
                422,
                r#"{"detail":[{"loc":["body",0,"x"],"msg":"field required"}]}"#,
                Purchase,
                Class::ValidationFailed,
            ),
            (
                429,
                r#"{"detail":"Too many","error":"rate_limit_exceeded","retry_after":7}"#,
                Look,
                Class::RateLimited,
            ),
            (
                503,
                r#"{"detail":"Credit provider not configured"}"#,
                Purchase,
                Class::BillingDisabled,
            ),
            (
                503,
                r#"{"detail":"Credit check failed: timeout"}"#,
                Look,
                Class::TemporarilyUnavailable,
            ),
            (500, "Internal Server Error", Look, Class::ServerError),
            (200, "[]", Look, Class::Protocol),
            (200, " <!doctype html>", Look, Class::EndpointUnavailable),
            (302, "", Look, Class::EndpointUnavailable),
        ] {
            assert_eq!(judged(status, body, about).0, class, "{status} {body}");
        }
    }

    #[test]
    fn what_a_person_reads_is_about_what_was_asked() {
        use About::{Login, Look};
        let (reasoned, starting) =
            (r#"{"error":"No.","reason_id":"auth.no_password"}"#, r#"{"detail":"Try later"}"#);
        for (about, status, body, message) in [
            (Login, 401, reasoned, "refuses the login of this account: No."),
            (Login, 401, r#"{"detail":"No."}"#, "does not accept this username and password: No."),
            (Look, 401, reasoned, "does not accept this login: No."),
            (Login, 503, starting, "are still starting: Try later"),
            (
                Look,
                503,
                r#"{"detail":"Identity service is away"}"#,
                "are still starting: Identity service is away",
            ),
            (Look, 503, starting, "does not answer for the moment: Try later"),
            // Any server may answer with an empty object.
            (Look, 404, "{}", "but not the billing of a CIRIS agent"),
        ] {
            let refusal = refused_about(about, false, status, None, body).to_string();
            assert!(refusal.ends_with(message), "{about:?} {status}: {refusal}");
        }
    }

    #[test]
    fn detail_is_read_in_all_its_shapes() {
        let sentence = |body| judged(422, body, About::Purchase).1.sentence;
        assert_eq!(sentence(r#"{"detail":"Plain."}"#).as_deref(), Some("Plain."));
        assert_eq!(
            sentence(r#"{"detail":[{"loc":["body",0,"x"],"msg":"a"},7,{"msg":"b"}]}"#).as_deref(),
            Some("body.0.x: a; b")
        );
        assert_eq!(sentence(r#"{"detail":{"message":"Inner."}}"#).as_deref(), Some("Inner."));
        assert_eq!(sentence(r#"{"detail":7,"message":"Outer."}"#).as_deref(), Some("Outer."));
        let reasoned =
            judged(401, r#"{"error":"No password.","reason_id":"auth.no_password"}"#, About::Login);
        assert_eq!(reasoned.1.sentence.as_deref(), Some("No password."));
        assert_eq!(reasoned.1.code.as_deref(), Some("auth.no_password"));
        assert!(reasoned.1.is_reasoned);
        let body =
            r#"{"error":"invalid credentials","reason_id":"auth.login.invalid_credentials"}"#;
        let (class, wrong) = judged(401, body, About::Login);
        assert_eq!(
            (class, wrong.is_reasoned),
            (Class::LoginDenied, false),
            "the password is wrong"
        );
        assert_eq!(wrong.code.as_deref(), Some("auth.login.invalid_credentials"));
        let limited =
            judged(429, r#"{"error":"rate_limit_exceeded","retry_after":7}"#, About::Look);
        assert_eq!(limited.1.code.as_deref(), Some("rate_limit_exceeded"));
        assert_eq!(limited.1.retry_after, Some(7));
    }
}
