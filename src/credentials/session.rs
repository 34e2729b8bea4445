//! A login in use: hands out tokens that last long enough, attaches them, and renews them.

use super::document::{Key, Login, Place};
use super::hermes;
use super::oauth;
use super::refresh::{self, Why};
use super::refresh_guard::RefreshGuard;
use super::store::Store;
use super::{Token, login_ends};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::target::Portal;
use crate::http::{Bearer, Http, Presented, Request, Response, TransportError};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// With fewer seconds left than this, a token is refreshed before it is used to look at
/// something. Contract: nous, authentication.
pub const LOOKING_LASTS: Duration = Duration::from_mins(2);

/// One portal, and the login that belongs to it.
#[derive(Clone)]
pub struct Session<'a> {
    pub(super) http: &'a Http,
    pub(super) interrupt: &'a Interrupt,
    pub(super) portal: &'a Portal,
    pub(super) store: Store,
    pub(super) key: Key,
    given: Option<Token>,
    usual: Option<(Token, String)>,
    is_gateway: bool,
}

impl<'a> Session<'a> {
    /// Binds the parts; touches nothing. `given` is a token from the environment: it is used in
    /// the place of any stored login, and never refreshed.
    pub fn new(
        http: &'a Http,
        interrupt: &'a Interrupt,
        portal: &'a Portal,
        store: Store,
        profile: &str,
        given: Option<Secret>,
    ) -> Self {
        let key = Key {
            provider: portal.system,
            profile: profile.to_owned(),
            portal: portal.identity.clone(),
        };
        let given = given.map(Token::of);
        Self { http, interrupt, portal, store, key, given, usual: None, is_gateway: false }
    }

    /// The same with the key that a variable of the system holds, and the name of that variable: it
    /// is used where no login is stored.
    #[must_use]
    pub fn with_usual(mut self, usual: Option<(Secret, String)>) -> Self {
        self.usual = usual.map(|(key, name)| (Token::of(key), name));
        self
    }

    /// The same login at the second service of the system, where there is one: what is stored for it
    /// has a place of its own.
    pub fn at_gateway(&self) -> Option<Self> {
        let portal = self.portal.gateway.as_deref()?;
        let key = Key { portal: portal.identity.clone(), ..self.key.clone() };
        Some(Self { portal, key, is_gateway: true, ..self.clone() })
    }

    /// The portal it belongs to.
    pub fn portal(&self) -> &'a Portal {
        self.portal
    }

    /// The store of the logins.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Under which key its login is stored.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The client it sends with.
    pub fn http(&self) -> &'a Http {
        self.http
    }

    /// Whether a signal came.
    pub fn interrupt(&self) -> &'a Interrupt {
        self.interrupt
    }

    /// The token from the environment, if it is one.
    pub fn given(&self) -> Option<&Token> {
        self.given.as_ref()
    }

    /// The key that a variable of the system holds, and the name of that variable, where it is the
    /// one that is used.
    ///
    /// # Errors
    /// As [`Session::login`].
    pub fn usual(&self) -> Result<Option<(&Token, &str)>> {
        let Some((token, name)) = &self.usual else { return Ok(None) };
        // The variables of a system with a second service hold the key of that one.
        let is_for_here = self.is_gateway || self.portal.system.facts().gateway_url.is_none();
        let is_used = is_for_here && self.given.is_none() && self.login()?.is_none();
        Ok(is_used.then_some((token, name)))
    }

    /// The stored login of this portal and profile.
    ///
    /// # Errors
    /// Class `config` or `not_logged_in` when the file of the logins cannot be used.
    pub fn login(&self) -> Result<Option<Login>> {
        match self.store.read()?.place(&self.key) {
            None => Ok(None),
            Some(place) => self.read(place).map(|(login, _)| Some(login)),
        }
    }

    /// The login in its place, and whether somebody died while writing it there.
    fn read(&self, place: Place<'_>) -> Result<(Login, bool)> {
        match place {
            Place::Here(login) => Ok((login.clone(), false)),
            Place::AtHermes(borrowed) => borrowed.read(&self.key),
        }
    }

    /// When the stored login ends for good, where that is known.
    ///
    /// # Errors
    /// As [`Session::login`].
    pub fn ends(&self) -> Result<Option<Timestamp>> {
        if self.given.is_some() {
            return Ok(None);
        }
        Ok(self.login()?.as_ref().and_then(login_ends))
    }

    /// The token as it is, refreshed by nothing.
    ///
    /// # Errors
    /// Class `not_logged_in` when there is none.
    pub fn token_as_is(&self) -> Result<Token> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        match self.usual()? {
            Some((token, _)) => Ok(token.clone()),
            None => Ok(self.stored()?.0.token()),
        }
    }

    /// A token that lasts at least this long, refreshed where it has to be. A token from the
    /// environment is given as it is.
    ///
    /// # Errors
    /// Class `not_logged_in` or `session_revoked` when a person has to log in, `config` when the
    /// file of the logins cannot be used, `network` when a refresh got no answer.
    pub fn token(&self, min_left: Duration) -> Result<Token> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        let (login, torn) = self.stored()?;
        if is_old(&login, min_left, Timestamp::now()) {
            return refresh::refresh(self, &Why::Old(min_left));
        }
        if torn {
            // The login works as it is: whoever holds the locks now, or a full disk, is no reason
            // to stop here.
            let _ = self.mend();
        }
        Ok(login.token())
    }

    /// Another token after one was not accepted: the one that another process stored meanwhile,
    /// else a refreshed one.
    ///
    /// # Errors
    /// As [`Session::token`]; class `not_logged_in` for a token from the environment.
    pub fn renew(&self, failed: &Token) -> Result<Token> {
        if self.given.is_some() {
            return Err(Failure::new(
                Class::NotLoggedIn,
                "the token in TOPUP_TOKEN was not accepted, and such a token is never refreshed",
            )
            .hint("Put a new one there, or unset it and run 'topup login'."));
        }
        let (login, _) = self.stored()?;
        if login.access_token != failed.secret {
            return Ok(login.token());
        }
        refresh::refresh(self, &Why::Rejected(&failed.secret))
    }

    /// Sends a request that only looks or that may be repeated: bearer attached, and after a
    /// `401 invalid_token` once more with another token. Any other answer is handed back as it
    /// is, to be told by the provider.
    ///
    /// # Errors
    /// As [`Session::token`], and the class of a request that got no whole answer.
    pub fn call(&self, request: Request) -> Result<Response> {
        let token = self.token(LOOKING_LASTS)?;
        let answer = self.send_once(&token, request.clone())?;
        let expired = answer.status == 401
            && oauth::refusal_word(&answer).as_deref() == Some("invalid_token");
        if !expired || self.given.is_some() {
            return Ok(answer);
        }
        let token = self.renew(&token)?;
        Ok(self.send_once(&token, request)?)
    }

    /// Sends a request once with this token, to this portal only.
    ///
    /// # Errors
    /// [`TransportError`], which says whether the request may have been received.
    pub fn send_once(&self, token: &Token, request: Request) -> Result<Response, TransportError> {
        let (token, home) = (&token.secret, &self.portal.base);
        self.http.send(request, Some(Bearer { token, home, presented: Presented::Bearer }))
    }

    /// Sends a request that only looks, once, with this session's key as it is, to this portal only.
    ///
    /// # Errors
    /// Class `not_logged_in` when there is no key: nothing is sent then; and the class of a request
    /// that got no whole answer.
    pub fn look(&self, presented: Presented, request: Request) -> Result<Response> {
        let token = self.token_as_is()?;
        let home = &self.portal.base;
        Ok(self.http.send(request, Some(Bearer { token: &token.secret, home, presented }))?)
    }

    /// Sends several requests at once, each once, with this session's key in a header of its own,
    /// to this portal only. The results stand in the order of the requests.
    ///
    /// # Errors
    /// Class `not_logged_in` when there is no key: nothing is sent then.
    pub fn look_together<const N: usize>(
        &self,
        header: &'static str,
        requests: [Request; N],
    ) -> Result<[Result<Response, TransportError>; N]> {
        let token = self.token_as_is()?;
        let home = &self.portal.base;
        let bearer = Bearer { token: &token.secret, home, presented: Presented::Header(header) };
        Ok(self.http.send_together(requests, bearer))
    }

    /// This session's login in its place.
    fn stored(&self) -> Result<(Login, bool)> {
        let contents = self.store.read()?;
        self.read(contents.place(&self.key).ok_or_else(|| self.no_login())?)
    }

    /// The error where there is none.
    pub(super) fn no_login(&self) -> Failure {
        let facts = self.portal.system.facts();
        let error = Failure::new(
            Class::NotLoggedIn,
            format!("there is no login at {}", self.portal.host()),
        )
        .hint(login_command(self.portal, None));
        match (facts.key_variables, facts.shared_key_variables) {
            ([name, ..], _) => error.hint(format!("A key in {name} is used as well.")),
            ([], [name, ..]) => error.hint(format!(
                "{name} is the variable of other systems too: it is read where the profile says token_variable = \"{name}\"."
            )),
            ([], []) => error,
        }
    }

    /// Brings two copies of the login into step, if nobody is at them.
    fn mend(&self) -> Result<()> {
        let locked = self.store.lock_within(self.interrupt, Duration::ZERO)?;
        RefreshGuard::new(self, &locked).at_once().find().map(drop)
    }

    /// Makes sure that another login can be kept in the place of this one.
    ///
    /// # Errors
    /// Class `config` when it cannot, and as [`Session::login`].
    pub fn make_sure_of_the_place(&self) -> Result<()> {
        let locked = self.store.lock(self.interrupt)?;
        let mut held = RefreshGuard::new(self, &locked);
        held.find()?.ok_or_else(|| self.no_login())?;
        held.reserve().map(drop)
    }

    /// Keeps a login in the place of this one, durably: at Hermes where it lives there.
    ///
    /// # Errors
    /// As [`Session::make_sure_of_the_place`].
    pub fn replace(&self, login: &Login) -> Result<()> {
        let locked = self.store.lock(self.interrupt)?;
        let mut held = RefreshGuard::new(self, &locked);
        held.find()?.ok_or_else(|| self.no_login())?;
        let room = held.reserve()?;
        held.keep(room, login)?.or_raced()
    }
}

/// What a person types to log in at this portal: what could spend before, asks for that again.
pub(super) fn login_command(portal: &Portal, held: Option<&Login>) -> NextStep {
    if held.is_some_and(|login| !login.at_hermes.is_empty()) {
        return hermes::LOG_IN.into();
    }
    let spent = held.is_some_and(|login| login.token().may(oauth::SPENDING_SCOPE));
    NextStep::run(portal.login_command(spent))
}

/// Whether fewer than these seconds are left. Never in the first half of a token's life: where
/// tokens live shorter than a purchase wants, refreshing again and again would not help.
pub(super) fn is_old(login: &Login, min_left: Duration, now: Timestamp) -> bool {
    let Some(ends) = login.expires_at else { return false };
    let life = ends.duration_since(login.obtained_at).max(SignedDuration::ZERO);
    let wanted = SignedDuration::try_from(min_left).unwrap_or(SignedDuration::MAX).min(life / 2);
    ends.duration_since(now) < wanted || ends <= now
}

/// Whether the access token can still be expected to be accepted.
pub(super) fn is_alive(login: &Login, now: Timestamp) -> bool {
    login.expires_at.is_none_or(|ends| ends > now)
}
