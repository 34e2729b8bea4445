//! The device flow as a person goes through it: the page and the code, the wait, the login that is
//! stored, and a reading of the account before anything is claimed.

use super::keep::{check_room, forget_pending, keep};
use super::{Granted, LoginParts};
use crate::core::class::Class;
use crate::core::command::{Command, NextStep, Part};
use crate::core::dialog::Ask;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::target;
use crate::credentials::device::{self, Started, Waiting};
use crate::credentials::oauth::{CLIENT_ID, DEFAULT_SCOPE, Issued};
use crate::credentials::token::SPENDING_SCOPE;
use crate::credentials::{Keeper, Key, Login, Pending, Session, Unknown, jwt};
use jiff::{SignedDuration, Timestamp};

/// What kind of login is asked for.
#[derive(Clone, Debug, Default)]
pub struct AskedScope {
    /// What the login may do already, and permission to spend.
    pub step_up: bool,
    /// These scopes and nothing else.
    pub scope: Option<String>,
    /// The client id of the settings, where they name one.
    pub client_id: Option<String>,
}

/// A login that a person has to approve now.
pub struct Verification<'a> {
    /// The page and the code.
    pub started: &'a Started,
    /// Under which name the page shows this program.
    pub client_id: &'a str,
    /// What is asked for.
    pub scope: &'a str,
    /// Whether permission to spend is among it.
    pub spending: bool,
}

/// Brings a person to the page that approves a login.
pub trait Approver {
    /// A login was begun: its page and its code are shown.
    ///
    /// # Errors
    /// Class `config` when they cannot be.
    fn begun(&self, verification: &Verification<'_>) -> Result<()>;

    /// From now on the approval is waited for. The page is the portal's own; none where it named no
    /// such page, or has shown it before.
    ///
    /// # Errors
    /// What keeps the login from being approved from here.
    fn waits(&self, user_code: &str, page: Option<&str>) -> Result<()>;
}

/// What is asked for, under which client id, and who keeps it.
struct DeviceRequest {
    scope: String,
    client_id: String,
    spending: bool,
    keeper: Keeper,
}

impl DeviceRequest {
    fn new(session: &Session<'_>, asked: &AskedScope) -> Result<Self> {
        let held = if asked.step_up { held(session)? } else { None };
        let keeper = held.as_ref().map(|login| login.keeper.clone()).unwrap_or_default();
        let chosen = asked.client_id.clone();
        let (scope, client_id) = match (&asked.scope, asked.step_up) {
            (Some(scope), _) => (checked_scope(scope)?, chosen),
            (None, false) => (DEFAULT_SCOPE.to_owned(), chosen),
            (None, true) => {
                let scope = with_spending(held.as_ref().map(|login| login.scope.as_str()));
                (scope, held.map(|login| login.client_id).or(chosen))
            }
        };
        let spending = scope.split(' ').any(|word| word == SPENDING_SCOPE);
        let client_id = client_id.unwrap_or_else(|| CLIENT_ID.to_owned());
        Ok(Self { scope, client_id, spending, keeper })
    }

    fn is_at_hermes(&self) -> bool {
        matches!(self.keeper, Keeper::Hermes(_))
    }

    /// Begins the login, once it is sure that there will be room for it.
    fn begin(&self, session: &Session<'_>) -> Result<Started> {
        if self.is_at_hermes() {
            session.make_sure_of_the_place()?;
        } else {
            check_room(session)?;
        }
        device::begin(session.http(), session.portal(), &self.client_id, &self.scope)
    }

    fn announce(&self, approver: &dyn Approver, started: &Started) -> Result<()> {
        approver.begun(&Verification {
            started,
            client_id: &self.client_id,
            scope: &self.scope,
            spending: self.spending,
        })
    }
}

/// The whole device flow.
///
/// # Errors
/// Class `login_denied` when it was denied or ran out, `config` when it cannot be kept, and those of
/// the transport.
pub fn log_in(
    parts: LoginParts<'_>,
    approver: &dyn Approver,
    asked: &AskedScope,
) -> Result<Granted> {
    let session = parts.session;
    let request = DeviceRequest::new(session, asked)?;
    let started = request.begin(session)?;
    request.announce(approver, &started)?;
    let lasts = duration::show(started.expires_in);
    let line = format!("Waiting for the approval, at most {lasts}; Ctrl-C stops it.");
    parts.report.note(&NextStep::text(line));
    approver.waits(&started.user_code, started.own_page())?;
    let waiting = Waiting::new(&started, &request.client_id);
    let issued = device::wait(session.http(), parts.clock(), session.portal(), &waiting)?;
    conclude(parts, issued, &request)
}

/// Begins a login, and keeps what [`finish`] needs. The page is announced where `approver` is
/// given.
///
/// # Errors
/// As [`log_in`].
pub fn begin(
    parts: LoginParts<'_>,
    approver: Option<&dyn Approver>,
    asked: &AskedScope,
) -> Result<Pending> {
    let session = parts.session;
    let request = DeviceRequest::new(session, asked)?;
    let started = request.begin(session)?;
    if let Some(approver) = approver {
        request.announce(approver, &started)?;
    }
    let Key { provider, profile, portal } = session.key().clone();
    let lasts = SignedDuration::try_from(started.expires_in).unwrap_or_default();
    let for_hermes = request.is_at_hermes();
    let pending = Pending {
        provider: provider.name().to_owned(),
        profile,
        portal,
        portal_url: session.portal().base.to_string(),
        client_id: request.client_id,
        scope: request.scope,
        step_up: request.spending,
        for_hermes,
        device_code: started.device_code,
        user_code: started.user_code,
        verification_uri: started.page.text().to_owned(),
        verification_uri_complete: started.page_with_code,
        interval: started.interval.as_secs(),
        expires_at: parts.clock().now().checked_add(lasts).unwrap_or(Timestamp::MAX),
        other: Unknown::default(),
    };
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    contents.pending.retain(|other| !other.is(session.key()));
    contents.pending.push(pending.clone());
    locked.write(&contents)?;
    Ok(pending)
}

/// Completes what [`begin`] began.
///
/// # Errors
/// Class `not_logged_in` where nothing waits, else as [`log_in`].
pub fn finish(parts: LoginParts<'_>, approver: &dyn Approver) -> Result<Granted> {
    let session = parts.session;
    let contents = session.store().read()?;
    let Some(pending) = contents.pending.iter().find(|pending| pending.is(session.key())) else {
        return Err(nothing_waits(session, contents.pending.first()));
    };
    // A sandbox is at another port than when the login was begun.
    let page = session.portal().sandbox.then(|| {
        let given = pending.verification_uri_complete.as_ref();
        session.portal().here(given.unwrap_or(&pending.verification_uri))
    });
    approver.waits(&pending.user_code, page.as_deref())?;
    let place = session.portal().place();
    let line = format!("Waiting for the approval of {} at {place}.", pending.user_code);
    parts.report.note(&NextStep::text(line));
    let keeper = if pending.for_hermes {
        held(session)?.map(|login| login.keeper).unwrap_or_default()
    } else {
        Keeper::Topup
    };
    let request = DeviceRequest {
        scope: pending.scope.clone(),
        client_id: pending.client_id.clone(),
        spending: pending.step_up,
        keeper,
    };
    let waiting = Waiting::from_pending(pending, parts.clock().now());
    match device::wait(session.http(), parts.clock(), session.portal(), &waiting) {
        Ok(issued) => conclude(parts, issued, &request),
        Err(error) => {
            if error.class() == Class::LoginDenied {
                // It can never be finished any more; after every other failure it still can.
                forget_pending(session)?;
            }
            Err(error)
        }
    }
}

/// The error where no login waits here, and where the one waits that there is.
fn nothing_waits(session: &Session<'_>, other: Option<&Pending>) -> Failure {
    let message = format!("there is no login to finish at {}", session.portal().place());
    let error =
        Failure::new(Class::NotLoggedIn, message).hint("Start one with 'topup login --no-wait'.");
    let Some(other) = other else { return error };
    let mut words = vec!["--profile", &other.profile];
    if target::is_sandbox(&other.portal) {
        // The port of then belongs to no portal now.
        words.push("--sandbox");
    } else {
        words.extend(["--portal-url", &other.portal_url]);
    }
    words.extend(["login", "--finish"]);
    error.hint(NextStep::text("There is one elsewhere: ").then(Part::Run(Command::new(words))))
}

/// Keeps what was issued, then reads the account before anything is claimed.
fn conclude(parts: LoginParts<'_>, issued: Issued, request: &DeviceRequest) -> Result<Granted> {
    let session = parts.session;
    let now = parts.clock().now();
    let expires_at = issued.expires_at(now);
    let missing = issued.scope.as_deref().map(|granted| lacking(&request.scope, granted));
    if let Some(missing) = missing.filter(|words| !words.is_empty()) {
        let line = format!("the login was granted without: {}.", missing.join(" "));
        parts.report.warn(&NextStep::text(line));
    }
    let mut login = Login::bare(session.key(), &session.portal().base, issued.access_token, now);
    login.client_id.clone_from(&request.client_id);
    login.token_type = issued.token_type;
    login.expires_at = expires_at;
    login.refresh_token = issued.refresh_token;
    // A scope that no answer names was not granted.
    login.scope = issued.scope.unwrap_or_default();
    login.approved_at = Some(now);
    login.keeper.clone_from(&request.keeper);
    if request.is_at_hermes() {
        session.replace(&login)?;
        forget_pending(session)?;
    } else {
        keep(session, login.clone())?;
    }
    let mut granted = Granted::new(session.portal(), login, request.spending);
    if granted.wanted_spending {
        granted.read_account(parts);
    }
    Ok(granted)
}

/// Offers the step-up to a person who was refused for want of it. `true`: permission to spend was
/// granted.
///
/// # Errors
/// The class of a signal. Every other trouble is reported, and the answer is `false`.
pub fn offer_step_up(
    parts: LoginParts<'_>,
    approver: &dyn Approver,
    ask: &dyn Ask,
    client_id: Option<String>,
) -> Result<bool> {
    // Another login would not be used as long as the environment holds a token.
    if parts.session.given().is_some() {
        return Ok(false);
    }
    let say = |line: &'static str| parts.report.note(&NextStep::from(line));
    say("This login may read, but it has no permission to spend.");
    if !ask.confirm("Ask for permission to spend now?")? {
        return Ok(false);
    }
    let asked = AskedScope { step_up: true, scope: None, client_id };
    match log_in(parts, approver, &asked) {
        Ok(granted) if granted.can_spend => {
            say("Permission to spend was granted; going on.");
            Ok(true)
        }
        Ok(_) => {
            say(
                "It was approved without permission to spend: an owner or admin has to tick 'Allow Remote Spending'.",
            );
            Ok(false)
        }
        Err(error) if error.class().is_signal() => Err(error),
        Err(error) => {
            parts.report.warn(&NextStep::text(format!("the login failed: {error}")));
            Ok(false)
        }
    }
}

/// The login that there is. What cannot be read holds nothing; the new login replaces it.
fn held(session: &Session<'_>) -> Result<Option<Login>> {
    match session.login() {
        Err(error) if error.class() == Class::NotLoggedIn => Ok(None),
        found => found,
    }
}

/// The scopes held, in order, and permission to spend behind them.
fn with_spending(held: Option<&str>) -> String {
    let mut words = jwt::split(held.unwrap_or_default());
    if words.is_empty() {
        words.push(DEFAULT_SCOPE.to_owned());
    }
    if !words.iter().any(|word| word == SPENDING_SCOPE) {
        words.push(SPENDING_SCOPE.to_owned());
    }
    words.join(" ")
}

/// What was asked for and not granted, whole words compared. Permission to spend is reported
/// separately.
fn lacking<'a>(asked: &'a str, granted: &str) -> Vec<&'a str> {
    let granted = jwt::split(granted);
    asked
        .split(' ')
        .filter(|word| *word != SPENDING_SCOPE && !granted.iter().any(|known| known == word))
        .collect()
}

/// Scope words as RFC 6749 allows them.
fn checked_scope(typed: &str) -> Result<String> {
    let words = jwt::split(typed);
    let plain = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if words.is_empty() || words.iter().any(|word| !word.bytes().all(plain)) {
        return Err(Failure::usage(format!("'{}' is not a list of scopes", typed.escape_debug()))
            .hint("Write words with spaces between, as in --scope 'inference:invoke'."));
    }
    Ok(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_up_asks_for_what_is_held_in_order_and_for_spending_once() {
        for (held, asked) in [
            (None, "inference:invoke billing:manage"),
            (Some(""), "inference:invoke billing:manage"),
            (Some("b a"), "b a billing:manage"),
            (Some("billing:manage a"), "billing:manage a"),
            (Some("billing:manage2"), "billing:manage2 billing:manage"),
        ] {
            assert_eq!(with_spending(held), asked);
        }
    }

    #[test]
    fn a_scope_is_words_and_nothing_else() {
        assert_eq!(checked_scope(" a  b:c ").expect("words"), "a b:c");
        for bad in ["", "  ", "a\u{7}", "é", "a\"b", "a\\b"] {
            assert_eq!(checked_scope(bad).expect_err(bad).class(), Class::Usage);
        }
    }
}
