//! The device flow as a person lives through it: the link and the code, the wait, the login that
//! is kept, and a second look at the account before anything is claimed.

use crate::cli::invocation::Invocation;
use crate::core::files::quoted;
use crate::core::browser;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::link::Link;
use crate::core::target::{self, PortalTarget};
use crate::credentials::device::{self, Started, Waiting};
use crate::credentials::oauth::{CLIENT_ID, DEFAULT_SCOPE, Issued};
use crate::credentials::token::SPENDING_SCOPE;
use crate::credentials::{Keeper, Key, Login, Pending, Session, Unknown, jwt};
use crate::output::Form;
use crate::provider::{DollarAccount, PortalPage};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::path::Path;

/// A login takes up less room than this.
const ROOM_BYTES: usize = 64 * 1024;

/// What kind of login is wished for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    /// What the login may do already, and permission to spend.
    pub step_up: bool,
    /// These scopes and nothing else.
    pub scope: Option<String>,
    /// Open the page, if a person sits here.
    pub browser: bool,
    /// Approve it as well: on the sandbox.
    pub approve: bool,
}

/// A login that was granted, and what a look at the account told after it.
#[derive(Debug)]
pub(super) struct Granted {
    /// The portal.
    pub portal: PortalTarget,
    /// The login as it was kept.
    pub login: Login,
    /// Whether permission to spend was asked for.
    pub wanted_spending: bool,
    /// Whether it was granted, as the token answer says.
    pub can_spend: bool,
    /// The organisation's switch, where it was looked at.
    pub billing_enabled: Option<bool>,
    /// Whether a saved card is set up, where this role may see that.
    pub card_ready: Option<bool>,
    /// The page where both are changed.
    pub portal_url: Option<String>,
}

/// A login that was begun and put aside.
pub(super) struct Begun {
    /// As it was kept.
    pub pending: Pending,
    /// Where it waits.
    pub portal: PortalTarget,
}

/// What is asked for, and under which client id.
struct Request {
    scope: String,
    client_id: String,
    spending: bool,
    /// Who keeps what is granted.
    keeper: Keeper,
}

/// Asks for permission to spend beside what the login may do already: the link, the wait, and a
/// look at the account afterwards. What was granted is in the answer, and only there.
///
/// # Errors
/// Class `login_denied` when it was denied or ran out, `config` when it cannot be kept.
fn step_up(invocation: &Invocation) -> Result<Granted> {
    log_in(invocation, &Wish { step_up: true, browser: true, ..Wish::default() })
}

/// Offers the step-up to a person who was refused for want of it. `true`: permission
/// to spend was granted.
///
/// # Errors
/// The class of a signal. Every other trouble is told, and the answer is `false`.
pub fn offer_step_up(invocation: &Invocation) -> Result<bool> {
    // Another login would not be used as long as the environment holds a token.
    if invocation.setup.given_token()?.is_some() {
        return Ok(false);
    }
    let output = &invocation.output;
    output.note("This login may look, but it has no permission to spend.");
    if !output.confirm("Ask for permission to spend now?")? {
        return Ok(false);
    }
    match step_up(invocation) {
        Ok(granted) if granted.can_spend => {
            output.note("Permission to spend was granted; going on.");
            Ok(true)
        }
        Ok(_) => {
            output.note(
                "It was approved without permission to spend: an owner or admin has to tick 'Allow Remote Spending'.",
            );
            Ok(false)
        }
        Err(error) if error.class().is_signal() => Err(error),
        Err(error) => {
            output.complain(&format!("The login did not work out: {error}."));
            Ok(false)
        }
    }
}

/// The whole device flow.
pub(super) fn log_in(invocation: &Invocation, wish: &Wish) -> Result<Granted> {
    let session = invocation.setup.session()?;
    let request = Request::of(invocation, &session, wish)?;
    let started = request.begin(invocation, &session)?;
    announce(invocation, session.portal(), &started, &request)?;
    let lasts = crate::core::duration::show(started.expires_in);
    invocation.output.note(format!("Waiting for the approval, at most {lasts}; Ctrl-C stops it."));
    if wish.approve {
        invocation.setup.approve_in_sandbox(&started.user_code)?;
    } else if wish.browser && invocation.output.interactive {
        open_page(invocation, &started);
    }
    let waiting = Waiting::new(&started, &request.client_id);
    let clock = &*invocation.setup.environment.clock;
    let issued = device::wait(invocation.setup.http(), clock, session.portal(), &waiting)?;
    conclude(invocation, &session, issued, &request)
}

/// Begins, and keeps what `--finish` needs.
pub(super) fn begin_and_keep(invocation: &Invocation, wish: &Wish) -> Result<Begun> {
    let session = invocation.setup.session()?;
    let request = Request::of(invocation, &session, wish)?;
    let started = request.begin(invocation, &session)?;
    if invocation.output.form == Form::Json {
        announce(invocation, session.portal(), &started, &request)?;
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
        expires_at: invocation.setup.now().checked_add(lasts).unwrap_or(Timestamp::MAX),
        other: Unknown::default(),
    };
    let locked = session.store().lock(invocation.setup.interrupt())?;
    let mut contents = locked.read_for_login()?;
    contents.pending.retain(|other| !other.is(session.key()));
    contents.pending.push(pending.clone());
    locked.write(&contents)?;
    Ok(Begun { pending, portal: session.portal().clone() })
}

/// Completes what [`begin_and_keep`] began.
pub(super) fn finish(invocation: &Invocation, approve: bool) -> Result<Granted> {
    let session = invocation.setup.session()?;
    let contents = session.store().read()?;
    let Some(pending) = contents.pending.iter().find(|pending| pending.is(session.key())) else {
        let mut error = Failure::new(
            Class::NotLoggedIn,
            format!("no login waits to be finished at {}", session.portal().host()),
        )
        .hint("Begin one with 'topup login --no-wait'.");
        if let Some(other) = contents.pending.first() {
            let place = if target::is_sandbox(&other.portal) {
                // The port of then is nobody's now.
                "--sandbox".to_owned()
            } else {
                format!("--portal-url {}", quoted(Path::new(&other.portal_url)))
            };
            error = error.hint(format!(
                "One waits at another place: topup login --finish --profile {} {place}",
                quoted(Path::new(&other.profile))
            ));
        }
        return Err(error);
    };
    if approve {
        invocation.setup.approve_in_sandbox(&pending.user_code)?;
    } else if session.portal().sandbox {
        // It is at another port than when the login was begun.
        let given = pending.verification_uri_complete.as_ref();
        let page = session.portal().here(given.unwrap_or(&pending.verification_uri));
        invocation.output.complain(&format!("  page  {page}"));
    }
    invocation.output.note(format!(
        "Waiting for the approval of {} at {}.",
        pending.user_code,
        session.portal().host()
    ));
    let request = Request {
        scope: pending.scope.clone(),
        client_id: pending.client_id.clone(),
        spending: pending.step_up,
        keeper: if pending.for_hermes {
            held(&session)?.map(|login| login.keeper).unwrap_or_default()
        } else {
            Keeper::Topup
        },
    };
    let waiting = Waiting::from_pending(pending, invocation.setup.now());
    let clock = &*invocation.setup.environment.clock;
    match device::wait(invocation.setup.http(), clock, session.portal(), &waiting) {
        Ok(issued) => conclude(invocation, &session, issued, &request),
        Err(error) => {
            if error.class() == Class::LoginDenied {
                // It never can be finished any more; whatever else happened, it still can.
                forget_pending(&session)?;
            }
            Err(error)
        }
    }
}

/// Keeps what was issued, then looks at the account before anything is claimed.
fn conclude(
    invocation: &Invocation,
    session: &Session<'_>,
    issued: Issued,
    request: &Request,
) -> Result<Granted> {
    let now = invocation.setup.now();
    let expires_at = issued.expires_at(now);
    let missing = issued.scope.as_deref().map(|granted| lacking(&request.scope, granted));
    if let Some(missing) = missing.filter(|words| !words.is_empty()) {
        invocation
            .output
            .complain(&format!("The login was granted without: {}.", missing.join(" ")));
    }
    let mut login = Login::bare(session.key(), &session.portal().base, issued.access_token, now);
    login.client_id.clone_from(&request.client_id);
    login.token_type = issued.token_type;
    login.expires_at = expires_at;
    login.refresh_token = issued.refresh_token;
    // What nobody said was granted, was not.
    login.scope = issued.scope.unwrap_or_default();
    login.approved_at = Some(now);
    login.keeper.clone_from(&request.keeper);
    if request.is_at_hermes() {
        session.replace(&login)?;
        forget_pending(session)?;
    } else {
        keep(session, login.clone())?;
    }
    let mut granted = Granted::unseen(session.portal(), login, request.spending);
    if granted.wanted_spending {
        granted.look(invocation);
    }
    Ok(granted)
}

/// Puts a login into the store, durably, in the place of the old one.
pub(super) fn keep(session: &Session<'_>, login: Login) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    contents.put(session.key(), login);
    contents.pending.retain(|pending| !pending.is(session.key()));
    locked.write(&contents)
}

/// Forgets what waited for `--finish`, if anything did.
fn forget_pending(session: &Session<'_>) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read()?;
    let before = contents.pending.len();
    contents.pending.retain(|pending| !pending.is(session.key()));
    if contents.pending.len() < before { locked.write(&contents) } else { Ok(()) }
}

/// The login that there is. What cannot be read holds nothing; the new login replaces it.
fn held(session: &Session<'_>) -> Result<Option<Login>> {
    match session.login() {
        Err(error) if error.class() == Class::NotLoggedIn => Ok(None),
        found => found,
    }
}

/// A login that cannot be kept is better refused before a person was sent to approve it.
pub(super) fn make_sure_of_the_store(session: &Session<'_>) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    match locked.read() {
        Err(error) if error.class() != Class::NotLoggedIn => Err(error),
        _ => locked.reserve(ROOM_BYTES).map(drop),
    }
}

impl Granted {
    /// A login that nothing was looked up for yet.
    pub(super) fn unseen(portal: &PortalTarget, login: Login, wanted_spending: bool) -> Self {
        let can_spend = login.token().may(SPENDING_SCOPE);
        Self {
            portal: portal.clone(),
            login,
            wanted_spending,
            can_spend,
            billing_enabled: None,
            card_ready: None,
            portal_url: None,
        }
    }

    /// Reads the account: the permission is worth nothing while the organisation's switch is off
    /// or no card is set up.
    fn look(&mut self, invocation: &Invocation) {
        let looked = invocation.setup.provider().and_then(|provider| {
            let state = provider.dollar_account().map(DollarAccount::read).transpose()?;
            Ok((state, provider.page_link(PortalPage::Topup)?))
        });
        match looked {
            Ok((None, _)) => {}
            Ok((Some(state), link)) => {
                self.billing_enabled = state.billing_enabled;
                // A role that may not see the card cannot tell whether there is one.
                self.card_ready = state.can_charge.then_some(state.card.is_some());
                self.portal_url =
                    Some(if state.portal_url.is_empty() { link } else { state.portal_url });
            }
            Err(error) => invocation
                .output
                .note(format!("The login was kept; the account could not be looked at: {error}.")),
        }
    }
}

impl Request {
    fn of(invocation: &Invocation, session: &Session<'_>, wish: &Wish) -> Result<Self> {
        let held = if wish.step_up { held(session)? } else { None };
        let keeper = held.as_ref().map(|login| login.keeper.clone()).unwrap_or_default();
        let chosen = invocation.setup.settings()?.client_id.clone();
        let (scope, client_id) = match (&wish.scope, wish.step_up) {
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
    fn begin(&self, invocation: &Invocation, session: &Session<'_>) -> Result<Started> {
        if self.is_at_hermes() {
            session.make_sure_of_the_place()?;
        } else {
            make_sure_of_the_store(session)?;
        }
        device::begin(invocation.setup.http(), session.portal(), &self.client_id, &self.scope)
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

/// What was asked for and not granted, whole words compared. Permission to spend is told by itself.
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

/// Shows where to go and what is asked for: with the host beside the code, so that a code that
/// somebody else sent is recognised as such (RFC 8628, section 5.4).
fn announce(
    invocation: &Invocation,
    portal: &PortalTarget,
    started: &Started,
    request: &Request,
) -> Result<()> {
    let output = &invocation.output;
    if output.form == Form::Json {
        output.event(&json!({
            "event": "verification",
            "verification_uri": started.page.text(),
            "verification_uri_complete": started.page_with_code,
            "user_code": started.user_code,
            "expires_in": started.expires_in.as_secs(),
            "interval": started.interval.as_secs(),
        }))?;
    }
    output.complain(&format!("Log in at {}; topup asks for: {}", portal.host(), request.scope));
    match (&started.page_with_code, &started.page) {
        (Some(page), _) | (None, Link::Own(page)) => output.complain(&format!("  page  {page}")),
        (None, Link::Foreign(page)) => output.complain(&format!(
            "  page  {page} (not on {}, so it is not opened: make sure that you trust it)",
            portal.host()
        )),
    }
    output.complain(&format!("  code  {}", started.user_code));
    if request.spending {
        output.complain("To allow buying, tick 'Allow Remote Spending' on that page.");
    }
    if portal.sandbox {
        output.note("On the sandbox, --approve approves it from here.");
    }
    Ok(())
}

/// Opens the page, if it is the portal's own.
fn open_page(invocation: &Invocation, started: &Started) {
    let own = match (&started.page_with_code, &started.page) {
        (Some(page), _) | (None, Link::Own(page)) => page,
        (None, Link::Foreign(_)) => return,
    };
    if !browser::open(own) {
        invocation.output.note("No browser could be opened; open the page yourself.");
    }
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
