//! Nous Portal terminal billing. Contract: nous.
//!
//! The requests and the plain values that come out of their answers. What an answer that is no
//! success means stands in `verdict`, for purchases and for everything else.

mod account;
mod pages;
mod plan;
mod state_wire;
mod verdict;

use super::plans::Plans;
use super::{
    Account, Accounts, AutoReloadChange, AutoReloadSight, AutoReloading, ChargeId, ChargeResponse,
    ChargeStatus, Charges, DollarAccount, DollarState, Evidence, Finding, IdempotencyKey, KeyLife,
    Payer, PortalPage, Provider, ProviderError, Repeat, Seller, State, Total, wire,
};
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::money::Amount;
use crate::core::system::{Renewal, System, SystemFacts, WayIn};
use crate::core::target::PortalTarget;
use crate::credentials::{Session, Token};
use crate::http::{Method, Presented, Request, Response, SPEND_DEADLINE, TransportError};
use jiff::Timestamp;
use pages::{is_slug, page, page_of};
use serde::Deserialize;
use serde_json::{Map, Value};
use state_wire::StateWire;
use std::cell::RefCell;
use std::time::Duration;
use url::Url;

/// How it sells. The portal remembers a key for 24 hours; the lives below stay clear of that.
/// Contract: nous, charge; seen since.
const SELLER: Seller = Seller {
    payer: Payer::SavedCard,
    repeat: Repeat::ByKey(KeyLife {
        auto_replay_max_age: Duration::from_mins(30),
        manual_replay_max_age: Duration::from_hours(23),
    }),
    evidence: Evidence::Replay,
    status_by_id: true,
    total: Total::AsAsked,
    auto_reload: AutoReloadSight::Readable,
    refusing_statuses: &[400, 403],
    shortest_poll: Duration::from_millis(100),
    usual_wait: Duration::from_mins(5),
};

impl Seller {
    /// One for tests: it charges a saved card and remembers keys, as Nous Portal does, and may be asked
    /// without a pause.
    pub const KEYED: Self =
        Self { refusing_statuses: &[], shortest_poll: Duration::ZERO, ..SELLER };
}

/// A link is worth no longer wait.
const LINK_DEADLINE: Duration = Duration::from_secs(3);

/// What is known of it beforehand. Contract: nous, base URL.
pub const FACTS: SystemFacts = SystemFacts {
    name: "nous",
    title: "Nous Portal",
    summary: "Nous Portal terminal billing",
    usual_url: Some("https://portal.nousresearch.com"),
    variables: &[env::HERMES_PORTAL, env::NOUS_PORTAL],
    way_in: WayIn::Page,
    refill: "topup buy AMOUNT",
    renewal: Renewal::RefreshToken,
    ..SystemFacts::BARE
};

/// The Nous portal, seen through one login.
pub struct Nous<'a> {
    session: Session<'a>,
    /// The short name of the organisation, once an answer has shown it: its pages have it in them.
    slug: RefCell<Option<String>>,
}

impl<'a> Nous<'a> {
    /// Talks to the session's portal.
    pub fn new(session: Session<'a>) -> Self {
        Self { session, slug: RefCell::default() }
    }

    fn portal(&self) -> &'a PortalTarget {
        self.session.portal()
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut whole = vec!["api", "billing"];
        whole.extend(segments);
        self.portal().url(&whole)
    }

    /// A request that spends: once, on a connection of its own, under its key.
    fn purchase_request(
        &self,
        place: &[&str],
        key: &IdempotencyKey,
        body: &[u8],
    ) -> Result<Request> {
        Request::new(Method::POST, self.url(place))
            .json(body.to_vec())
            .deadline(SPEND_DEADLINE)
            .on_fresh_connection()
            .header("idempotency-key", key.as_str())
    }

    /// The account that an answer shows; its short name is remembered for links.
    fn dollar_state(&self, answer: &Response) -> Result<DollarState> {
        let map = self.object(answer)?;
        let wire = StateWire::deserialize(Value::Object(map)).map_err(|cause| {
            Failure::new(Class::Protocol, "the portal's answer about the account makes no sense")
                .because(anyhow::Error::new(cause))
        })?;
        let state = wire.plain(self.portal());
        let slug = state.org.as_ref().and_then(|org| org.slug.clone()).filter(|slug| is_slug(slug));
        self.slug.replace(slug);
        Ok(state)
    }

    /// The object of an answer with this status; everything else is an error.
    fn object(&self, answer: &Response) -> Result<Map<String, Value>> {
        if answer.status == 200
            && let Some(map) = wire::object(&answer.body)
        {
            return Ok(map);
        }
        Err(Failure::from(self.on_own_page(verdict::refusal(answer, &self.portal().base))))
    }

    /// Where the short name is known, the page where credits are bought is the organisation's own.
    fn topup_page(&self) -> String {
        let base = &self.portal().base;
        match &*self.slug.borrow() {
            Some(slug) => page_of(base, slug),
            None => page(base, PortalPage::Topup, None),
        }
    }

    /// A refusal that leads there.
    fn on_own_page(&self, mut refusal: ProviderError) -> ProviderError {
        let usual = page(&self.portal().base, PortalPage::Topup, None);
        if refusal.portal_url.as_ref() == Some(&usual) {
            refusal.portal_url = Some(self.topup_page());
        }
        refusal
    }

    /// The same for what came of a purchase.
    fn with_own_page(&self, response: ChargeResponse) -> ChargeResponse {
        use ChargeResponse::{Refused, RefusedInOtherWords, Throttled};
        match response {
            Refused(refusal) => Refused(self.on_own_page(refusal)),
            RefusedInOtherWords(refusal) => RefusedInOtherWords(self.on_own_page(refusal)),
            Throttled(refusal) => Throttled(self.on_own_page(refusal)),
            other => other,
        }
    }
}

/// A purchase whose request could not even be made.
fn unsent(error: &Failure) -> ChargeResponse {
    ChargeResponse::Unsent(TransportError::unsent(error.class(), error.to_string()))
}

impl Provider for Nous<'_> {
    fn system(&self) -> System {
        System::new(&FACTS)
    }

    fn link(&self, page: PortalPage) -> Option<String> {
        if page == PortalPage::Topup {
            return Some(self.topup_page());
        }
        // Only the plan page wants the organisation; a login that cannot be read names none.
        let organisation = match page {
            PortalPage::Plan => {
                self.session.token_as_is().ok().and_then(|token| token.organisation)
            }
            PortalPage::Topup | PortalPage::Limit => None,
        };
        Some(self::page(&self.portal().base, page, organisation.as_deref()))
    }

    /// The short name of the organisation stands in no token.
    fn complete_link(&self, page: PortalPage) {
        if page != PortalPage::Topup || self.slug.borrow().is_some() {
            return;
        }
        let Ok(token) = self.session.token_as_is() else { return };
        if token.expires_at.is_some_and(|end| end <= self.session.now()) {
            return;
        }
        let request = Request::new(Method::GET, self.url(&["state"])).deadline(LINK_DEADLINE);
        // Without an answer the link is the one that leads there all the same.
        let answer = self.session.send_once(&token, request);
        let _ = answer.map(|answer| self.dollar_state(&answer));
    }

    fn state(&self) -> Result<State> {
        self.read_standing().map(|state| State::Dollars(Box::new(state)))
    }

    fn dollar_account(&self) -> Option<&dyn DollarAccount> {
        Some(self)
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn auto_reload(&self) -> Option<&dyn AutoReloading> {
        Some(self)
    }

    fn accounts(&self) -> Option<&dyn Accounts> {
        Some(self)
    }

    fn findings(&self, _asks: bool) -> Vec<Finding> {
        match self.session.check_renewable() {
            Ok(true) => vec![Finding::Fine("the login of Hermes can be renewed".into())],
            Ok(false) => Vec::new(),
            Err(failure) => vec![Finding::Trouble(failure)],
        }
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        Some((Request::new(Method::GET, self.url(&["state"])), Presented::Bearer))
    }

    fn check_key(&self) -> Result<()> {
        let answer = self.session.call(Request::new(Method::GET, self.url(&["state"])))?;
        self.object(&answer).map(drop)
    }
}

impl DollarAccount for Nous<'_> {
    fn read(&self) -> Result<DollarState> {
        self.dollar_state(&self.session.call(Request::new(Method::GET, self.url(&["state"])))?)
    }

    fn read_standing(&self) -> Result<DollarState> {
        let mut state = DollarAccount::read(self)?;
        let url = self.portal().url(&["api", "oauth", "account"]);
        let account = self.session.call(Request::new(Method::GET, url));
        match account.and_then(|answer| self.standing(&answer)) {
            Ok((access, credits)) => (state.access, state.credits) = (access, credits),
            // A portal of before there was this call says nothing about it.
            Err(error) if error.class() == Class::EndpointUnavailable => {}
            Err(error) if error.class().is_signal() => return Err(error),
            Err(error) => {
                state
                    .warnings
                    .push(format!("whether the account may be used is not known: {error}"));
            }
        }
        Ok(state)
    }
}

impl Charges for Nous<'_> {
    fn seller(&self) -> Seller {
        SELLER
    }

    fn ask_time(&self, token: &Token) -> Result<()> {
        let request = Request::new(Method::GET, self.url(&["state"]));
        self.session.send_once(token, request)?;
        Ok(())
    }

    fn request_body(&self, amount: Amount) -> Vec<u8> {
        format!("{{\"amountUsd\":{}}}", amount.json_number()).into_bytes()
    }

    fn post(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        match self.purchase_request(&["charge"], key, body) {
            Ok(request) => {
                let outcome = self.session.send_once(token, request);
                self.with_own_page(verdict::posted(outcome, &self.portal().base))
            }
            Err(error) => unsent(&error),
        }
    }

    fn poll(&self, token: &Token, id: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        let request = Request::new(Method::GET, self.url(&["charge", id.as_str()]));
        match verdict::polled(self.session.send_once(token, request), &self.portal().base) {
            ChargeStatus::Failed(refusal) => ChargeStatus::Failed(self.on_own_page(refusal)),
            other => other,
        }
    }

    fn plans(&self) -> Option<&dyn Plans> {
        Some(self)
    }
}

impl AutoReloading for Nous<'_> {
    fn configure(&self, setting: AutoReloadChange) -> Result<()> {
        let body = auto_reload_body(setting);
        let request = Request::new(Method::PATCH, self.url(&["auto-top-up"]))
            .json(body)
            .deadline(SPEND_DEADLINE);
        let answer = self.session.call(request)?;
        let map = self.object(&answer)?;
        match wire::field(&map, "ok") {
            Some(true) => Ok(()),
            _ => Err(Failure::new(
                Class::Protocol,
                "the portal did not confirm the change of auto-reload",
            )
            .hint("'topup auto-reload' shows the current setting.")),
        }
    }
}

/// The exact body of the request: three keys, the amounts as JSON numbers digit for digit.
fn auto_reload_body(setting: AutoReloadChange) -> Vec<u8> {
    let (enabled, below, to) = match setting {
        AutoReloadChange::On { below, to } => (true, below, to),
        AutoReloadChange::Off { below, to } => (false, below, to),
    };
    format!(
        "{{\"enabled\":{enabled},\"threshold\":{},\"topUpAmount\":{}}}",
        below.json_number(),
        to.json_number()
    )
    .into_bytes()
}

#[cfg(test)]
mod sandbox_tests;
#[cfg(test)]
#[path = "nous/state_tests.rs"]
mod tests;
