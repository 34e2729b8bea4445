//! Credits of Vercel's AI Gateway: the balance is read by its row at the gateway, and credits are sold
//! by the API of the account, with a key of its own. Contract: vercel.

mod wire;

use super::balances::{Balances, SellingRow};
use super::{
    AutoReloadSight, ChargeId, ChargeResponse, ChargeStatus, Charges, DollarAccount, DollarState,
    Evidence, EvidenceAnswer, EvidenceReading, EvidenceSource, IdempotencyKey, Payer, PortalPage,
    Provider, ProviderError, Repeat, Seller, ShownPurchase, Total,
};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::http::{Method, Request, Response, SPEND_DEADLINE};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The name of its row.
pub const NAME: &str = "vercel";

/// How it sells. Credits arrive a few seconds after the answer.
const SELLER: Seller = Seller {
    payer: Payer::SavedCard,
    repeat: Repeat::Never,
    evidence: Evidence::GrantedSum { lag: Duration::from_mins(1) },
    status_by_id: false,
    total: Total::WithExtras,
    auto_reload: AutoReloadSight::Hidden,
    refusing_statuses: &[],
    shortest_poll: Duration::from_secs(1),
    usual_wait: Duration::from_mins(5),
};

/// The gateway's billing, seen through the key of the gateway and that of the account.
pub struct Vercel<'a> {
    balances: Balances<'a>,
}

impl<'a> Vercel<'a> {
    /// Reads by its row.
    pub fn new(balances: Balances<'a>) -> Self {
        Self { balances }
    }

    /// The team that buys; the account's own where none is named.
    fn team(&self) -> Option<String> {
        self.balances.account_value("team").ok()
    }

    fn buying_request(&self) -> Request {
        let mut url = self.balances.buying_portal().url(&["v1", "billing", "buy"]);
        if let Some(team) = self.team() {
            let key = if team.starts_with("team_") { "teamId" } else { "slug" };
            url.query_pairs_mut().append_pair(key, &team);
        }
        Request::new(Method::POST, url).deadline(SPEND_DEADLINE).on_fresh_connection()
    }

    /// Whether the key that reads is of the account that buys, as far as both can show it: they are one
    /// key, or the one that reads names the team.
    fn is_one_account(&self, token: &Token) -> bool {
        let Ok(reading) = self.balances.reading_token() else { return false };
        let names_team = || reading.owner().is_some() && reading.owner() == self.team();
        reading.secret == token.secret || names_team()
    }

    fn granted_sum(&self) -> Result<Money> {
        let answer = self.balances.answer()?;
        wire::granted_sum(&answer).map_err(|why| self.balances.senseless(&why))
    }
}

impl SellingRow for Vercel<'_> {
    fn row(&self) -> &Balances<'_> {
        &self.balances
    }
}

impl DollarAccount for Vercel<'_> {
    fn has_monthly_limit(&self) -> bool {
        false
    }

    fn read(&self) -> Result<DollarState> {
        let (state, _) = self.balances.account_with_answer()?;
        Ok(state.into_dollars())
    }
}

impl Charges for Vercel<'_> {
    fn seller(&self) -> Seller {
        SELLER
    }

    /// A token of the account says nothing of itself; the team is in the query of the request.
    fn acts_for(&self, token: &Token) -> (Option<String>, Option<String>) {
        match self.team() {
            Some(team) => (Some(team), None),
            None => token.acts_for(),
        }
    }

    fn ask_time(&self, _: &Token) -> Result<()> {
        self.balances.answer()?;
        Ok(())
    }

    /// In whole dollars.
    fn request_body(&self, amount: Amount) -> Vec<u8> {
        // Exactly what was asked for: what is no whole number is refused before, never cut.
        let dollars = amount.json_number();
        format!(r#"{{"item":{{"type":"credits","creditType":"gateway","amount":{dollars}}}}}"#)
            .into_bytes()
    }

    fn post(&self, token: &Token, _: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let request = self.buying_request().json(body.to_vec());
        match self.balances.send(token, request) {
            Ok(answer) => self.posted(&answer, body),
            Err(broken) if !broken.sent => ChargeResponse::Unsent(broken),
            Err(broken) => ChargeResponse::Unknown { refusal: broken.into(), replay: false },
        }
    }

    /// There is no call that tells where a purchase stands.
    fn poll(&self, _: &Token, _: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        ChargeStatus::Pending
    }

    fn evidence(&self) -> Option<&dyn EvidenceSource> {
        Some(self)
    }

    /// The tax is stated only in the answer; cents are never sold.
    fn quote(&self, _: &Token, amount: Amount) -> Result<Option<Money>> {
        if amount.decimal().fract().is_zero() {
            return Ok(None);
        }
        let message = format!("Vercel sells credits in whole dollars, and ${amount} is not");
        Err(Failure::new(Class::AmountOutOfBounds, message)
            .hint("Ask for a whole number of dollars, as in 'topup buy 25'."))
    }
}

impl EvidenceSource for Vercel<'_> {
    fn read(&self, token: &Token) -> EvidenceAnswer {
        match self.granted_sum() {
            Ok(sum) => EvidenceAnswer::Read(EvidenceReading {
                shown: ShownPurchase::GrantedSum(sum),
                auto_reload: None,
                account_proven: self.is_one_account(token),
            }),
            Err(error) => {
                let refusal = ProviderError::from(&error);
                EvidenceAnswer::Trouble { refusal, unauthorized: false }
            }
        }
    }
}

impl Vercel<'_> {
    /// What a purchase was answered with: one of three bodies under 200, or a refusal.
    fn posted(&self, answer: &Response, asked: &[u8]) -> ChargeResponse {
        let body = super::wire::object(&answer.body).filter(|_| answer.may_be_json);
        let body = body.map(Value::Object);
        if answer.status == 200
            && let Some(body) = &body
        {
            let response = wire::bought(body, asked, &self.balances.buying_portal().base);
            return response.unwrap_or_else(|| ChargeResponse::Unknown {
                refusal: wire::unclear(answer, Some(body)),
                replay: false,
            });
        }
        wire::refused(answer, body.as_ref(), self.link(PortalPage::Topup))
    }
}

#[cfg(test)]
#[path = "vercel/selling_tests.rs"]
mod tests;
