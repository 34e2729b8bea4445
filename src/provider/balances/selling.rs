//! What a system that sells takes from its row: where its calls are, with which key, and what an answer
//! that is no success means.

use super::reading::without;
use super::row::{AmountPlace, Counted};
use super::state::unit_unknown;
use super::{Balances, RowState};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::credentials::Token;
use crate::http::{Method, Presented, Request, Response, TransportError};
use crate::provider::{
    AutoReloading, BalanceLimits, Charges, DollarAccount, PortalPage, Provider, State,
};
use serde_json::Value;

/// A system whose balance its row reads, and that sells dollars by an API of its own.
pub(in crate::provider) trait SellingRow:
    DollarAccount + Charges + Sized
{
    /// What reads the balance.
    fn row(&self) -> &Balances<'_>;

    /// The account, with what such a system alone says of it.
    fn account(&self) -> Result<RowState> {
        self.row().account_with_answer().map(|(account, _)| account)
    }

    /// Automatic purchases, where they are seen.
    fn reloading(&self) -> Option<&dyn AutoReloading> {
        None
    }
}

impl<S: SellingRow> Provider for S {
    fn system(&self) -> System {
        self.row().system()
    }

    fn link(&self, page: PortalPage) -> Option<String> {
        self.row().link(page)
    }

    fn state(&self) -> Result<State> {
        Ok(State::Row(Box::new(self.account()?)))
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        self.row().first_look()
    }

    fn check_key(&self) -> Result<()> {
        self.row().check_key()
    }

    fn dollar_account(&self) -> Option<&dyn DollarAccount> {
        Some(self)
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn auto_reload(&self) -> Option<&dyn AutoReloading> {
        self.reloading()
    }

    fn limits(&self) -> Option<&dyn BalanceLimits> {
        Provider::limits(self.row())
    }
}

impl<'a> Balances<'a> {
    /// The account, and the answer that says it.
    pub(in crate::provider) fn account_with_answer(&self) -> Result<(RowState, Value)> {
        self.account_of(&self.row.look)
    }

    /// The answer about the balance.
    pub(in crate::provider) fn answer(&self) -> Result<Value> {
        self.object(&self.ask_for(&self.row.look, None)?)
    }

    /// The portal that sells, which need not be the one that tells the balance.
    pub(in crate::provider) fn buying_portal(&self) -> &'a PortalTarget {
        self.session.portal()
    }

    /// The key that reads the balance, as it is.
    pub(in crate::provider) fn reading_token(&self) -> Result<Token> {
        self.session()?.token_as_is()
    }

    /// A request at a path of the portal that sells, with the headers of every request.
    pub(in crate::provider) fn request_at(&self, method: Method, path: &str) -> Result<Request> {
        let url = self.url(path, None)?;
        let url = self.with_prefix(&url).filter(|_| self.below_prefix.get()).unwrap_or(url);
        let request = Request::new(method, url);
        self.row
            .headers
            .iter()
            .try_fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends once, whatever comes back.
    pub(in crate::provider) fn send(
        &self,
        token: &Token,
        request: Request,
    ) -> Result<Response, TransportError> {
        self.session.send_once(token, request)
    }

    /// Asks what only reads, at a path of the portal that sells; a stand-in may be named by its host
    /// alone.
    pub(in crate::provider) fn ask_at(
        &self,
        token: &Token,
        method: &Method,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<Response> {
        let ask = || -> Result<Response> {
            let mut request = self.request_at(method.clone(), path)?;
            if let Some(body) = body {
                request = request.json(body.to_vec());
            }
            Ok(self.session.send_once(token, request)?)
        };
        let answer = ask()?;
        if answer.status != 404 || self.below_prefix.get() {
            return Ok(answer);
        }
        if self.with_prefix(&self.url(path, None)?).is_none() {
            return Ok(answer);
        }
        self.below_prefix.set(true);
        let answer = ask()?;
        self.below_prefix.set(answer.status != 404);
        Ok(answer)
    }

    /// An answer that makes no sense, and why.
    pub(in crate::provider) fn senseless(&self, why: &str) -> Failure {
        let message = format!("what {} sent makes no sense: {why}", self.portal().host());
        Failure::new(Class::Protocol, message)
    }

    /// A foreign text without the key.
    pub(in crate::provider) fn without_key(&self, text: &str) -> String {
        without(text, &self.secret())
    }

    /// Nothing says what the balance counts.
    pub(in crate::provider) fn unit_unknown(&self) -> Failure {
        match self.row.look.amount {
            AmountPlace::One(_, Counted::Unknown(key)) => {
                unit_unknown(key, self.link(PortalPage::Topup))
            }
            _ => self.senseless("there is no balance in it"),
        }
    }
}
