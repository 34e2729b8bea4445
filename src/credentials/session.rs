//! A login in use: hands out tokens that last long enough, attaches them, and renews them.

use super::document::{Key, Login, LoginPlace};
use super::lifetime::LOOKING_LASTS;
use super::login_slot::LoginSlot;
use super::oauth;
use super::refresh::{Renewer, Why};
use super::refresh_guard::RefreshGuard;
use super::store::Store;
use super::token::Token;
use crate::core::class::Class;
use crate::core::clock::{Clock, SystemClock};
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::system::Renewal;
use crate::core::target::PortalTarget;
use crate::http::{Bearer, Http, Method, Presented, Request, Response, TransportError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// One portal, and the login that belongs to it.
#[derive(Clone)]
pub struct Session<'a> {
    http: &'a Http,
    slot: LoginSlot<'a>,
    given: Option<Token>,
    /// That token is tried before it is kept: no variable holds it.
    is_trial: bool,
    usual: Option<(Token, String)>,
    is_gateway: bool,
    clock: Arc<dyn Clock + Send + Sync>,
}

/// Whether a stand-in is both services of a system: the login of one is not that of the other.
fn is_same_server(portal: &PortalTarget, gateway: &PortalTarget) -> bool {
    !portal.sandbox && portal.identity == gateway.identity
}

/// Where the login of a second service is kept that has no origin of its own.
fn beside(gateway: &PortalTarget) -> String {
    format!("{}#gateway", gateway.identity)
}

/// How a portal says that it does not accept a token.
const INVALID_TOKEN: &str = "invalid_token";

/// The token of the environment was not accepted.
fn not_renewed() -> Failure {
    let message = "the token in TOPUP_TOKEN was not accepted, and such a token is never refreshed";
    Failure::new(Class::NotLoggedIn, message)
        .hint("Put a new one there, or unset it and run 'topup login'.")
}

impl<'a> Session<'a> {
    /// Binds the parts; touches nothing. `given` is a token from the environment: it is used in
    /// the place of any stored login, and never renewed.
    pub fn new(
        http: &'a Http,
        interrupt: &'a Interrupt,
        portal: &'a PortalTarget,
        store: Store,
        profile: &str,
        given: Option<Secret>,
    ) -> Self {
        let key = Key {
            provider: portal.system,
            profile: profile.to_owned(),
            portal: portal.identity.clone(),
        };
        let gateway = portal.gateway.as_deref().filter(|gateway| is_same_server(portal, gateway));
        let other = gateway.map(|gateway| Key { portal: beside(gateway), ..key.clone() });
        Self {
            http,
            slot: LoginSlot { portal, store, key, other, interrupt },
            given: given.map(Token::new),
            is_trial: false,
            usual: None,
            is_gateway: false,
            clock: Arc::new(SystemClock::new(interrupt.clone())),
        }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        self.clock = clock;
        self
    }

    /// The same with this token in the place of any login.
    #[must_use]
    pub fn with_token(mut self, token: Secret) -> Self {
        self.given = Some(Token::new(token));
        self.is_trial = true;
        self
    }

    /// The same with the key that a variable of the system holds, and the name of that variable: it
    /// is used where no login is stored.
    #[must_use]
    pub fn with_usual(mut self, usual: Option<(Secret, String)>) -> Self {
        self.usual = usual.map(|(key, name)| (Token::new(key), name));
        self
    }

    /// The same login at the second service of the system, where there is one: what is stored for it
    /// has a place of its own.
    pub fn at_gateway(&self) -> Option<Self> {
        let portal = self.portal().gateway.as_deref()?;
        let is_same = is_same_server(self.portal(), portal);
        let place = if is_same { beside(portal) } else { portal.identity.clone() };
        let key = Key { portal: place, ..self.key().clone() };
        let other = is_same.then(|| self.key().clone());
        let slot = LoginSlot { portal, key, other, ..self.slot.clone() };
        Some(Self { slot, is_gateway: true, ..self.clone() })
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The portal it belongs to.
    pub fn portal(&self) -> &'a PortalTarget {
        self.slot.portal
    }

    /// The store of the logins.
    pub fn store(&self) -> &Store {
        &self.slot.store
    }

    /// Under which key its login is stored.
    pub fn key(&self) -> &Key {
        &self.slot.key
    }

    /// The client it sends with.
    pub fn http(&self) -> &'a Http {
        self.http
    }

    /// Whether a signal came.
    pub fn interrupt(&self) -> &'a Interrupt {
        self.slot.interrupt
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
        let is_for_here = self.is_gateway || self.portal().system.facts().gateway_url.is_none();
        let is_used = is_for_here && self.given.is_none() && self.login()?.is_none();
        Ok(is_used.then_some((token, name)))
    }

    /// The stored login of this portal and profile.
    ///
    /// # Errors
    /// Class `config` or `not_logged_in` when the file of the logins cannot be used.
    pub fn login(&self) -> Result<Option<Login>> {
        self.slot.login()
    }

    /// When the stored login ends for good, where that is known.
    ///
    /// # Errors
    /// As [`Session::login`].
    pub fn ends(&self) -> Result<Option<Timestamp>> {
        if self.given.is_some() {
            return Ok(None);
        }
        Ok(self.login()?.as_ref().and_then(Login::ends))
    }

    /// The token as it is, renewed by nothing.
    ///
    /// # Errors
    /// Class `not_logged_in` when there is none.
    pub fn token_as_is(&self) -> Result<Token> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        match self.usual()? {
            Some((token, _)) => Ok(token.clone()),
            None => Ok(self.slot.stored()?.0.token()),
        }
    }

    /// A long-lived token at least this long, renewed where it has to be. A token from the
    /// environment is given as it is.
    ///
    /// # Errors
    /// Class `not_logged_in` or `session_revoked` when a person has to log in, `config` when the
    /// file of the logins cannot be used, `network` when a renewal got no answer.
    pub fn token(&self, min_left: Duration) -> Result<Token> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        if let Some((token, _)) = self.usual()? {
            return Ok(token.clone());
        }
        let min_left = match self.portal().system.facts().renewal {
            // Such a token can only be renewed while it lives: from the middle of its life on.
            Renewal::AccessToken(_) => Duration::MAX,
            Renewal::RefreshToken | Renewal::None => min_left,
        };
        let (login, torn) = self.slot.stored()?;
        if login.is_old(min_left, self.clock.now()) {
            return self.renewer().renew(&Why::Old(min_left));
        }
        if torn {
            // The login works as it is: another process at the locks, or a full disk, is no reason
            // to stop here.
            let _ = self.mend();
        }
        Ok(login.token())
    }

    /// Another token after one was not accepted: the one that another process stored meanwhile,
    /// else a renewed one.
    ///
    /// # Errors
    /// As [`Session::token`]; class `not_logged_in` for a token from the environment.
    pub fn renew(&self, failed: &Token) -> Result<Token> {
        if self.given.is_some() {
            return Err(not_renewed());
        }
        let (login, _) = self.slot.stored()?;
        if login.access_token != failed.secret {
            return Ok(login.token());
        }
        self.renewer().renew(&Why::Rejected(&failed.secret))
    }

    fn renewer(&self) -> Renewer<'_> {
        Renewer { slot: &self.slot, http: self.http, clock: &*self.clock }
    }

    /// Sends a request that only reads or that may be repeated: bearer attached, and after a
    /// `401 invalid_token` once more with another token. Any other answer is handed back as it
    /// is, for the provider to judge.
    ///
    /// # Errors
    /// As [`Session::token`], and the class of a request that got no whole answer.
    pub fn call(&self, request: Request) -> Result<Response> {
        let token = self.token(LOOKING_LASTS)?;
        let answer = self.send_once(&token, request.clone())?;
        let expired =
            answer.status == 401 && oauth::refusal_word(&answer).as_deref() == Some(INVALID_TOKEN);
        if !expired || self.is_trial {
            return Ok(answer);
        }
        if self.given.is_some() {
            let mut failure = not_renewed();
            let parts = failure.parts_mut();
            (parts.code, parts.status) = (Some(INVALID_TOKEN.to_owned()), Some(answer.status));
            return Err(failure);
        }
        let token = self.renew(&token)?;
        Ok(self.send_once(&token, request)?)
    }

    /// Sends a request once with this token, to this portal only.
    ///
    /// # Errors
    /// [`TransportError`], which says whether the request may have been received.
    pub fn send_once(&self, token: &Token, request: Request) -> Result<Response, TransportError> {
        let (token, home) = (&token.secret, &self.portal().base);
        self.http.send(request, Some(Bearer { token, home, presented: Presented::Bearer }))
    }

    /// Sends a request that only reads, once, with this session's key as it is, to this portal only.
    ///
    /// # Errors
    /// Class `not_logged_in` when there is no key: nothing is sent then; and the class of a request
    /// that got no whole answer.
    pub fn look(&self, presented: Presented, request: Request) -> Result<Response> {
        let token = self.token_as_is()?;
        let home = &self.portal().base;
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
        let home = &self.portal().base;
        let bearer = Bearer { token: &token.secret, home, presented: Presented::Header(header) };
        Ok(self.http.send_together(requests, bearer))
    }

    /// Brings two copies of the login into step, if no other process is at them.
    fn mend(&self) -> Result<()> {
        let locked = self.store().lock_within(self.interrupt(), Duration::ZERO)?;
        RefreshGuard::new(&self.slot, &locked).at_once().find().map(drop)
    }

    /// Makes sure that a login which another program keeps can be renewed in place, as far as that is
    /// seen without a lock; says whether it is one.
    ///
    /// # Errors
    /// Class `config` where a renewal could end the session of that program.
    pub fn check_renewable(&self) -> Result<bool> {
        if self.given.is_some() {
            return Ok(false);
        }
        let contents = self.store().document()?;
        match contents.place(self.key()) {
            Some(LoginPlace::AtHermes(borrowed)) => borrowed.check_renewable().map(|()| true),
            _ => Ok(false),
        }
    }

    /// Makes sure that another login can be kept in the place of this one.
    ///
    /// # Errors
    /// Class `config` when it cannot, and as [`Session::login`].
    pub fn make_sure_of_the_place(&self) -> Result<()> {
        let locked = self.store().lock(self.interrupt())?;
        let mut held = RefreshGuard::new(&self.slot, &locked);
        held.find()?.ok_or_else(|| self.slot.no_login())?;
        held.check_renewable()?;
        held.reserve().map(drop)
    }

    /// Keeps a login in the place of this one, durably: at Hermes where it lives there.
    ///
    /// # Errors
    /// As [`Session::make_sure_of_the_place`].
    pub fn replace(&self, login: &Login) -> Result<()> {
        let locked = self.store().lock(self.interrupt())?;
        let mut held = RefreshGuard::new(&self.slot, &locked);
        held.find()?.ok_or_else(|| self.slot.no_login())?;
        let room = held.reserve()?;
        held.keep(room, login)?.or_conflict()
    }

    /// Ends a login at the system, where the system can do that; says whether it was.
    ///
    /// # Errors
    /// Why it could not be ended: it goes on then until it runs out.
    pub fn end(&self, login: &Login) -> Result<bool> {
        let Some(path) = self.portal().system.facts().log_out else { return Ok(false) };
        let request = Request::new(Method::POST, self.portal().url(path)).json(b"{}".to_vec());
        let answer = self.send_once(&login.token(), request)?;
        match answer.status {
            // One that is not accepted any more has ended already.
            200..300 | 401 => Ok(true),
            status => Err(Failure::new(
                Class::ServerError,
                format!("{} answered {status} to the logout", self.portal().host()),
            )),
        }
    }
}
