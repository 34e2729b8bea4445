//! A CIRIS agent's billing proxy. Contract: ciris.
//!
//! The agent is asked, never the billing system behind it. It takes a token that a username and a
//! password were exchanged for; what it sells is one pack of uses at a fixed price, and a person
//! pays for it in a browser.

mod selling;
mod verdict;
mod wire;

use super::packs::{Packs, UsesState};
use super::transactions::{TransactionPage, Transactions};
use super::{
    Account, Accounts, Charges, Finding, PasswordLogin, PortalPage, Provider, SignedIn, State, Unit,
};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::core::secret::Secret;
use crate::core::system::{Renewal, System, SystemFacts, WayIn};
use crate::core::target::PortalTarget;
use crate::credentials::lifetime::LOOKING_LASTS;
use crate::credentials::{Session, Token};
use crate::http::{Method, Presented, Request, Response};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::time::Duration;
use verdict::About;

/// The total deadline of each call: a slow billing system behind the agent takes 10 seconds to
/// become an error, and that error is worth more than silence. Contract: ciris, seen on agents.
const DEADLINE: Duration = Duration::from_secs(20);
/// What it counts.
const UNIT: Unit = Unit::Things("uses");

/// What is known of it beforehand. Contract: ciris, base URL.
pub const FACTS: SystemFacts = SystemFacts {
    name: "ciris",
    title: "CIRIS",
    summary: "A CIRIS agent's billing proxy",
    usual_url: Some("http://localhost:8080"),
    variables: &[],
    backends: &["billing#.ciris.ai", "billing#.ciris-services-#.ai"],
    way_in: WayIn::Password,
    refill: "topup buy",
    renewal: Renewal::AccessToken(&["v1", "auth", "refresh"]),
    log_out: Some(&["v1", "auth", "logout"]),
    ..SystemFacts::BARE
};

/// An agent's billing, seen through one login.
pub struct Ciris<'a> {
    session: Session<'a>,
    /// How often a payment was polled and not found final.
    open_polls: Cell<u32>,
}

impl<'a> Ciris<'a> {
    /// Talks to the session's agent.
    pub fn new(session: Session<'a>) -> Self {
        Self { session, open_polls: Cell::new(0) }
    }

    fn portal(&self) -> &'a PortalTarget {
        self.session.portal()
    }

    fn request(&self, method: Method, segments: &[&str]) -> Request {
        let mut whole = vec!["v1", "api", "billing"];
        whole.extend(segments);
        Request::new(method, self.portal().url(&whole)).deadline(DEADLINE)
    }

    /// The object of an answer that is a success, taken out of its wrapping.
    fn object(&self, answer: &Response, about: About) -> Result<Map<String, Value>> {
        if answer.status == 200
            && let Some(map) = super::wire::object(&answer.body)
        {
            return Ok(wire::unwrapped(map));
        }
        Err(verdict::refusal(&self.session, answer, about))
    }

    /// Sends once, with a login that is renewed while it still is one.
    fn call(&self, request: Request, about: About) -> Result<Map<String, Value>> {
        let token = self.session.token(LOOKING_LASTS)?;
        let answer = self.session.send_once(&token, request)?;
        self.object(&answer, about)
    }

    /// Whether the agent has been set up; none where it does not tell. No token is shown.
    ///
    /// # Errors
    /// The class of a signal.
    fn setup(&self) -> Result<Option<wire::AgentSetup>> {
        let url = self.portal().url(&["v1", "setup", "status"]);
        match self.session.http().send(Request::new(Method::GET, url).deadline(DEADLINE), None) {
            Ok(answer) if answer.status == 200 => Ok(super::wire::object(&answer.body)
                .and_then(|map| wire::setup(&wire::unwrapped(map)))),
            Ok(_) => Ok(None),
            Err(broken) if broken.signal.is_some() => Err(broken.into()),
            Err(_) => Ok(None),
        }
    }

    /// The agent itself; on the sandbox, its page.
    fn page(&self) -> String {
        let base = &self.portal().base;
        if self.portal().sandbox {
            return crate::core::base_url::below(base, &["ciris"]).into();
        }
        base.to_string()
    }

    /// The agent's own word for a page, if it is on the agent's own origin; else the agent.
    fn page_told(&self, map: &Map<String, Value>) -> String {
        super::wire::text(map, "portal_url")
            .and_then(|link| crate::core::link::resolve(&self.portal().base, &link).own())
            .unwrap_or_else(|| self.page())
    }

    fn is_sandbox(&self, map: &Map<String, Value>) -> bool {
        self.portal().sandbox || super::wire::field(map, "sandbox") == Some(true)
    }
}

impl Provider for Ciris<'_> {
    fn system(&self) -> System {
        System::new(&FACTS)
    }

    fn link(&self, _page: PortalPage) -> Option<String> {
        Some(self.page())
    }

    fn state(&self) -> Result<State> {
        Packs::account(self).map(|state| State::Uses(Box::new(state)))
    }

    fn packs(&self) -> Option<&dyn Packs> {
        Some(self)
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        Some((self.request(Method::GET, &["credits"]), Presented::Bearer))
    }

    fn check_key(&self) -> Result<()> {
        self.call(self.request(Method::GET, &["credits"]), About::Look).map(drop)
    }

    fn password_login(&self) -> Option<&dyn PasswordLogin> {
        Some(self)
    }

    fn accounts(&self) -> Option<&dyn Accounts> {
        Some(self)
    }

    fn findings(&self, asks: bool) -> Vec<Finding> {
        if !asks {
            return Vec::new();
        }
        match self.setup() {
            Ok(Some(setup)) if setup.is_required => {
                vec![Finding::Trouble(verdict::not_set_up(self.portal(), self.page()))]
            }
            Ok(Some(_)) => vec![Finding::Fine("the agent has been set up".into())],
            Ok(None) => Vec::new(),
            Err(stopped) => vec![Finding::Trouble(stopped)],
        }
    }
}

impl Accounts for Ciris<'_> {
    fn account(&self, token: &Token) -> Result<Account> {
        let url = self.portal().url(&["v1", "auth", "me"]);
        let request = Request::new(Method::GET, url).deadline(DEADLINE);
        let answer = self.session.send_once(token, request)?;
        let map = match self.object(&answer, About::Look) {
            // An agent of before has no such call.
            Err(error) if error.class() == Class::EndpointUnavailable => {
                return Ok(Account::default());
            }
            answered => answered?,
        };
        Ok(Account {
            username: super::wire::text(&map, "username"),
            role: super::wire::text(&map, "role"),
            ..Account::default()
        })
    }
}

impl PasswordLogin for Ciris<'_> {
    fn log_in(&self, username: &str, password: &Secret) -> Result<SignedIn> {
        let url = self.portal().url(&["v1", "auth", "login"]);
        let body = json!({"username": username, "password": password.expose()}).to_string();
        let request = Request::new(Method::POST, url).deadline(DEADLINE).json(body.into_bytes());
        let answer = self.session.http().send(request, None)?;
        let map = match self.object(&answer, About::Login) {
            Err(refused) if answer.status == 401 => {
                // An agent without a user refuses everybody: the password is not what is wrong.
                let bare = self.setup()?.is_some_and(|setup| setup.is_required);
                return Err(if bare {
                    verdict::not_set_up(self.portal(), self.page())
                } else {
                    refused
                });
            }
            answered => answered?,
        };
        wire::signed_in(&map, username).ok_or_else(|| verdict::senseless(self.portal(), "login"))
    }
}

impl Packs for Ciris<'_> {
    fn account(&self) -> Result<UsesState> {
        let map = self.call(self.request(Method::GET, &["credits"]), About::Look)?;
        let mut state =
            wire::credits(&map).ok_or_else(|| verdict::senseless(self.portal(), "credits"))?;
        state.portal_url = self.page_told(&map);
        state.sandbox = self.is_sandbox(&map);
        Ok(state)
    }

    fn opening_body(&self, return_url: Option<&str>) -> Vec<u8> {
        let body = match return_url {
            Some(url) => json!({"return_url": url}),
            None => json!({}),
        };
        body.to_string().into_bytes()
    }
}

impl Transactions for Ciris<'_> {
    fn page(&self, limit: u32, offset: u64) -> Result<TransactionPage> {
        self.list(limit, offset).map(|(page, _)| page)
    }
}

impl Ciris<'_> {
    /// A page of the account's list, and whether this agent names payments in it.
    fn list(&self, limit: u32, offset: u64) -> Result<(TransactionPage, bool)> {
        let mut url = self.portal().url(&["v1", "api", "billing", "transactions"]);
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string())
            .append_pair("offset", &offset.to_string());
        let request = Request::new(Method::GET, url).deadline(DEADLINE);
        let map = self.call(request, About::Look)?;
        let page = wire::transactions(&map);
        let page = page.ok_or_else(|| verdict::senseless(self.portal(), "transactions"))?;
        Ok((page, wire::names_payments(&map)))
    }
}
