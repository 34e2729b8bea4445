//! Systems whose balance one request reads: a table of rows, one reader, and no code per system.
//! Contract: balances.
//!
//! - [`table`]: the rows. [`row`]: what a row can say.
//! - `number`, `reading`: what an answer says, exactly or not at all.
//! - [`state`]: the account as it is shown. [`own`]: rows of the user's configuration.

pub(crate) mod own;
pub(crate) mod row;
pub(crate) mod state;
pub mod table;

mod number;
mod reading;
mod selling;
#[cfg(test)]
mod tests;

pub(in crate::provider) use number::Exact;
pub use reading::is_id;
pub(in crate::provider) use reading::{cents, number as exact};
pub use row::Scope;
pub(in crate::provider) use selling::SellingRow;
pub use state::{LimitLeft, RowState};

use super::{BalanceLimits, PortalPage, Provider, ProviderError, State};
use crate::core::base_url;
use crate::core::class::{Class, Recovery};
use crate::core::command::{NextStep, Part};
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::credentials::Session;
use crate::http::{Method, Presented, Request, Response};
use reading::{Beside, Reading, ReadingFault};
use row::{Also, AmountPlace, BalanceRow, Counted, RowLook};
use serde_json::Value;
use state::Without;
use std::cell::Cell;
use url::Url;

/// Where servers put what they have to say about a failure.
const MESSAGES: &[&str] = &[
    "/error/message",
    "/errors/0/message",
    "/message",
    "/msg",
    "/detail/message",
    "/detail",
    "/error",
    "/error_description",
];

/// The row of a system; none for one that is no row.
pub fn row_of(system: System) -> Option<&'static BalanceRow> {
    let name = system.name();
    table::ROWS.iter().find(|row| row.facts.name == name).or_else(|| own::find(name))
}

/// A system that is read by its row, seen through one key.
pub struct Balances<'a> {
    row: &'static BalanceRow,
    session: Session<'a>,
    /// What answered was below the prefix that the usual base has and the named one lacks.
    below_prefix: Cell<bool>,
}

impl<'a> Balances<'a> {
    /// Reads by this row, at the session's portal.
    pub fn new(row: &'static BalanceRow, session: Session<'a>) -> Self {
        Self { row, session, below_prefix: Cell::new(false) }
    }

    /// The session at the service that reports the balance.
    fn session(&self) -> Result<Session<'a>> {
        if !self.row.at_gateway {
            return Ok(self.session.clone());
        }
        self.session.at_gateway().ok_or_else(|| {
            let title = self.row.facts.title;
            Failure::config(format!(
                "{title} has a second service: set gateway_url beside portal_url"
            ))
            .hint("Set gateway_url in the profile, or TOPUP_GATEWAY_URL.")
        })
    }

    fn portal(&self) -> &'a PortalTarget {
        let portal = self.session.portal();
        match portal.gateway.as_deref() {
            Some(gateway) if self.row.at_gateway => gateway,
            _ => portal,
        }
    }

    /// What the profile, a variable or the system itself says under a key about the account.
    pub(in crate::provider) fn account_value(&self, key: &str) -> Result<String> {
        if let Some(value) = self.portal().account_value(key) {
            return if is_id(value) {
                Ok(value.to_owned())
            } else {
                Err(Failure::config(format!("{key}: '{}' is not a valid id", value.escape_debug())))
            };
        }
        if let Some(find) = self.row.find_id.filter(|find| find.key == key) {
            let wrong = |why: ReadingFault| self.unfound(key, &why);
            let answer = self.ask(find.path, None)?;
            return reading::find_id(find, &self.object(&answer)?).map_err(wrong);
        }
        if self.portal().sandbox {
            return Ok("sandbox".to_owned());
        }
        Err(self.unfound(key, "it is not set"))
    }

    /// Which account is meant is not known.
    fn unfound(&self, key: &str, why: &str) -> Failure {
        let title = self.row.facts.title;
        let error = Failure::config(format!("{key} of {title} is not known: {why}"))
            .hint_with("Set it in the profile, as with 'topup config set {} ID'.", &[&key]);
        let variables = self.row.facts.account_keys.iter().find(|known| known.key == key);
        match variables.and_then(|known| known.variables.first()) {
            Some(name) => error.hint(format!("The variable {name} does the same.")),
            None => error,
        }
    }

    /// The URL of a path of the row, with what stands in braces filled in.
    fn url(&self, path: &str, id: Option<&str>) -> Result<Url> {
        let mut filled = String::new();
        let mut rest = path;
        while let Some((before, behind)) = rest.split_once('{') {
            let (key, after) = behind.split_once('}').unwrap_or((behind, ""));
            filled.push_str(before);
            match id.filter(|_| key == "id") {
                Some(id) => filled.push_str(id),
                None => filled.push_str(&self.account_value(key)?),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(below(&self.portal().base, &filled))
    }

    fn request(&self, look: &RowLook, url: Url) -> Result<Request> {
        let method = if look.body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, url);
        if let Some(body) = look.body {
            request = request.json(body.as_bytes().to_vec());
        }
        for (name, value) in self.row.headers {
            request = request.header(name, value)?;
        }
        Ok(request)
    }

    /// What is asked first: only what is known without asking is put into the path.
    fn first(&self) -> RowLook {
        let path = match self.row.find_id {
            Some(find) if self.portal().account_value(find.key).is_none() => find.path,
            _ => self.row.look.path,
        };
        RowLook { path, ..self.row.look }
    }

    /// Asks with the path of a look-up, or with that of a look.
    fn ask(&self, path: &'static str, id: Option<&str>) -> Result<Response> {
        self.ask_for(&RowLook::get(path), id)
    }

    fn ask_for(&self, look: &RowLook, id: Option<&str>) -> Result<Response> {
        let session = self.session()?;
        // No request is sent before there is a key.
        session.token_as_is()?;
        let url = self.url(look.path, id)?;
        let answer = session.look(self.row.auth, self.request(look, url.clone())?)?;
        match self.with_prefix(&url).filter(|_| answer.status == 404) {
            Some(url) => {
                let answer = session.look(self.row.auth, self.request(look, url)?)?;
                self.below_prefix.set(answer.status != 404);
                Ok(answer)
            }
            None => Ok(answer),
        }
    }

    /// The same URL with the prefix that the usual base has and the named one lacks: a stand-in may
    /// be named by its host alone.
    fn with_prefix(&self, url: &Url) -> Option<Url> {
        let facts = &self.row.facts;
        let usual = Url::parse(facts.gateway_url.or(facts.usual_url)?).ok()?;
        let (prefix, base) = (usual.path().trim_end_matches('/'), &self.portal().base);
        if prefix.is_empty() || base.path().trim_end_matches('/').ends_with(prefix) {
            return None;
        }
        let below = url.path().strip_prefix(base.path().trim_end_matches('/'))?;
        let mut whole = url.clone();
        whole.set_path(&format!("{}{prefix}{below}", base.path().trim_end_matches('/')));
        Some(whole)
    }

    /// The JSON object of an answer; everything else is an error.
    pub(in crate::provider) fn object(&self, answer: &Response) -> Result<Value> {
        if answer.status != 200 {
            return Err(self.refused(answer));
        }
        let Some(map) = super::wire::object(&answer.body) else { return Err(self.refused(answer)) };
        let value = Value::Object(map);
        match reading::failing(&value, self.row.failures) {
            None => Ok(value),
            Some(at) => {
                let said = self.said(&value);
                let host = self.portal().host();
                let message = match said {
                    Some(said) => format!("{host} reports a failure under status 200: {said}"),
                    None => format!("{host} reports a failure under status 200 ({at})"),
                };
                Err(Failure::new(Class::Protocol, message))
            }
        }
    }

    /// The key that is used: what repeats it is cut out of everything that is shown.
    fn secret(&self) -> Secret {
        let token = self.session().and_then(|session| session.token_as_is());
        token.map_or_else(|_| Secret::new(""), |token| token.secret)
    }

    /// What a server has to say, without the key.
    fn said(&self, answer: &Value) -> Option<String> {
        let secret = self.secret();
        MESSAGES.iter().find_map(|at| reading::words(answer, at, &secret))
    }

    /// What an answer means that is no success.
    pub(in crate::provider) fn refused(&self, answer: &Response) -> Failure {
        let host = self.portal().host();
        let title = self.row.facts.title;
        let body = super::wire::object(&answer.body).map(Value::Object);
        let (class, message) = match answer.status {
            401 => (Class::NotLoggedIn, format!("{host} does not accept this key")),
            403 => {
                (Class::InsufficientScope, format!("{host} does not show the balance to this key"))
            }
            429 => (Class::RateLimited, format!("{host} was asked too often")),
            500.. => {
                (Class::ServerError, format!("{host} has a server error (HTTP {})", answer.status))
            }
            300..=399 => (
                Class::EndpointUnavailable,
                format!(
                    "{host} redirects to another address (HTTP {}), and the key is not sent there",
                    answer.status
                ),
            ),
            200 if !answer.is_page() => {
                (Class::Protocol, format!("{host} gave an answer that is not a JSON object"))
            }
            404 if !self.row.facts.account_keys.is_empty() && body.is_some() => (
                Class::Config,
                format!("{host} knows no such account, or this key belongs to another"),
            ),
            status => (
                Class::EndpointUnavailable,
                format!("something answered at {host} (HTTP {status}), but not {title}"),
            ),
        };
        let said = body.as_ref().filter(|_| answer.status != 200).and_then(|body| self.said(body));
        let mut error = Failure::from(ProviderError {
            status: Some(answer.status),
            retry_after: answer.retry_after,
            ..ProviderError::new(
                class,
                match said {
                    Some(said) => format!("{message}: {said}"),
                    None => message,
                },
            )
        });
        if let Some(needs) = self.row.needs.filter(|_| matches!(answer.status, 401 | 403 | 404)) {
            error = error.hint(format!("It needs {needs}."));
        }
        match class {
            Class::NotLoggedIn if self.session.given().is_some() => {
                error.hint("Put another key into TOPUP_TOKEN.")
            }
            Class::NotLoggedIn => {
                let login = self.session.portal().login_command(false);
                error.hint(NextStep::text("Pipe another key into ").then(Part::Run(login)))
            }
            Class::InsufficientScope => error.recovery(Recovery::Login),
            _ => error,
        }
    }

    /// What an answer says, by the row that says where.
    fn read(&self, look: &RowLook, answer: &Value) -> Result<Reading> {
        let portal = self.portal();
        let secret = self.secret();
        let beside = Beside {
            secret: &secret,
            region: self.region(),
            account_value: &|key| portal.account_value(key),
        };
        reading::read(look, answer, &beside).map_err(|why| {
            let message = format!("what {} sent makes no sense: {why}", portal.host());
            Failure::new(Class::Protocol, message)
        })
    }

    /// The region of the account: that of its host, where it is the host of a region.
    fn region(&self) -> Option<&str> {
        let portal = self.portal();
        let host = portal.base.host_str();
        let by_host = self
            .row
            .facts
            .regions
            .iter()
            .find(|(_, url)| Url::parse(url).is_ok_and(|url| url.host_str() == host));
        by_host.map(|(word, _)| *word).or_else(|| portal.account_value("region"))
    }

    /// The account of one look, with what is worth knowing about it.
    fn account(&self, look: &RowLook) -> Result<RowState> {
        self.account_of(look).map(|(state, _)| state)
    }

    /// The same, and the answer that says it.
    fn account_of(&self, look: &RowLook) -> Result<(RowState, Value)> {
        let answer = self.ask_for(look, None)?;
        let instead = self.row.instead.filter(|instead| instead.status == answer.status);
        let (state, note, answer) = match instead {
            None => {
                let answer = self.object(&answer)?;
                (self.state_from(look, &answer)?, None, answer)
            }
            Some(instead) => {
                let other = self.object(&self.ask_for(&instead.look, None)?)?;
                let mut state = self.state_from(&instead.look, &other)?;
                if state.unlimited {
                    // No limit of the key says nothing about the money of the account.
                    state.unlimited = false;
                    state.without = Without::KeyOnly(instead.hint);
                }
                state.notes.push(instead.note.to_owned());
                (state, Some(instead.hint), other)
            }
        };
        let mut state = state;
        state.notes.extend(note.map(str::to_owned));
        Ok((state, answer))
    }

    fn state_from(&self, look: &RowLook, answer: &Value) -> Result<RowState> {
        let mut state = RowState::new(self.read(look, answer)?, look.scope);
        for also in self.row.also.iter().filter(|_| look.path == self.row.look.path) {
            self.add_budget(&mut state, also, answer)?;
        }
        if let AmountPlace::One(_, Counted::Unknown(key)) = look.amount
            && state.unit == super::Unit::Unknown
        {
            if let Some(said) = self.portal().account_value(key) {
                let said = said.escape_debug();
                return Err(Failure::config(format!(
                    "{key}: '{said}' is neither dollars nor cents"
                )));
            }
            state.without = Without::UnitUnknown(key);
            state.notes.push(format!(
                "The unit is not known, dollars or cents: compare the number with the page and set {key}."
            ));
        }
        if let Some(lags) = self.row.lags.filter(|_| look.path == self.row.look.path) {
            state.lags = true;
            state.notes.push(format!("This number lags: {lags}."));
        }
        state.notes.extend(self.row.note.map(str::to_owned));
        state.portal_url = self.link(PortalPage::Topup);
        state.sandbox = self.portal().sandbox;
        Ok(state)
    }

    /// A further budget that binds. One that may not be seen is said, and takes the word
    /// "unlimited" away: it may be the one that binds.
    fn add_budget(&self, state: &mut RowState, also: &Also, first: &Value) -> Result<()> {
        let id = match first.pointer(also.id) {
            None | Some(Value::Null) => return Ok(()),
            Some(id) => id.as_str().filter(|id| !id.is_empty()).map(encoded),
        };
        let scope = also.look.scope.word();
        let Some(id) = id else {
            let message = format!("what {} sent makes no sense: {}", self.portal().host(), also.id);
            return Err(Failure::new(Class::Protocol, message));
        };
        let answer = self.ask_for(&also.look, Some(&id))?;
        if matches!(answer.status, 403 | 404) {
            state.unlimited = false;
            state.notes.push(format!(
                "The budget of the {scope} may also limit it, and is not shown to this key."
            ));
            return Ok(());
        }
        let reading = self.read(&also.look, &self.object(&answer)?)?;
        state.take_budget(reading, also.look.scope);
        Ok(())
    }
}

impl RowState {
    /// Counts a further budget: the least of all is what is left.
    fn take_budget(&mut self, reading: Reading, scope: Scope) {
        let Some(limit) = reading.limit else { return };
        self.unlimited = false;
        if let Some(left) = limit.remaining
            && self.balance.is_none_or(|least| left < least)
        {
            self.balance = Some(left);
            self.balance_usd = limit.unit.in_dollars(left);
            self.unit = limit.unit.clone();
            self.scope = scope;
        }
        self.limits.push(limit);
        self.limits.sort_by_key(|limit| limit.remaining);
    }
}

/// A text as it can stand in a query.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A path and its query below a base URL.
fn below(base: &Url, path: &str) -> Url {
    let (path, query) =
        path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

impl Provider for Balances<'_> {
    fn system(&self) -> System {
        System::new(&self.row.facts)
    }

    fn link(&self, _page: PortalPage) -> Option<String> {
        // What runs on this machine shows its own page: the sandbox does.
        let portal = self.portal();
        if portal.sandbox {
            let page = base_url::below(&portal.base, &["balances", self.row.facts.name]);
            return Some(page.into());
        }
        self.row.page.map(str::to_owned)
    }

    fn state(&self) -> Result<State> {
        Ok(State::Row(Box::new(self.account(&self.row.look)?)))
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        let look = self.first();
        let url = self.url(look.path, None).ok()?;
        Some((self.request(&look, url).ok()?, self.row.auth))
    }

    fn check_key(&self) -> Result<()> {
        self.object(&self.ask_for(&self.first(), None)?).map(drop)
    }

    fn limits(&self) -> Option<&dyn BalanceLimits> {
        let there = self.row.limit_look.is_some() || self.row.look.limit.is_some();
        there.then_some(self)
    }
}

impl BalanceLimits for Balances<'_> {
    fn limits(&self) -> Result<RowState> {
        self.account(self.row.limit_look.unwrap_or(&self.row.look))
    }
}
