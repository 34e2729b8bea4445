//! How Cloudflare sells credits: one request charges the default payment method, it knows no keys, and
//! the account's own list of invoices shows what came of it. Contract: cloudflare.

use super::{BILLING, Cloudflare, check_amount, wire};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use crate::http::{Method, Request, Response, SPEND_DEADLINE, TransportError};
use crate::provider::{
    AutoReloadSight, ChargeId, ChargeResponse, ChargeStatus, Charges, Evidence, EvidenceAnswer,
    EvidenceReading, EvidenceSource, IdempotencyKey, ListedStanding, Paid, Payer, ProviderError,
    Repeat, Seller, ShownPurchase, Total,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use std::time::Duration;

/// How it sells. How late an invoice may be listed is stated nowhere: so long is allowed for.
const SELLER: Seller = Seller {
    payer: Payer::SavedCard,
    repeat: Repeat::Never,
    evidence: Evidence::List {
        lag: Duration::from_mins(5),
        manual_only: true,
        complete_after: None,
    },
    status_by_id: true,
    total: Total::WithExtras,
    auto_reload: AutoReloadSight::Readable,
    refusing_statuses: &[],
    shortest_poll: Duration::from_secs(1),
    usual_wait: Duration::from_mins(5),
};

/// A top-up that is not final is looked for among the invoices at every third look: its status has no
/// word for a payment that failed.
const LOOKS_BEFORE_LIST: u32 = 3;

impl Charges for Cloudflare<'_> {
    fn seller(&self) -> Seller {
        SELLER
    }

    /// An API token says nothing of itself; the account is in the path of every call.
    fn acts_for(&self, _: &Token) -> (Option<String>, Option<String>) {
        (self.balances.account_value("account_id").ok(), None)
    }

    fn ask_time(&self, token: &Token) -> Result<()> {
        self.invoice_history(token)?;
        Ok(())
    }

    /// In whole cents.
    fn request_body(&self, amount: Amount) -> Vec<u8> {
        let cents = amount.decimal().checked_mul(Decimal::ONE_HUNDRED);
        let cents = cents.and_then(|cents| cents.to_i64()).unwrap_or_default();
        json!({ "amount": cents }).to_string().into_bytes()
    }

    fn post(&self, token: &Token, _: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let request = match self.request(Method::POST, "/topup") {
            Ok(request) => request,
            Err(error) => {
                let message = error.to_string();
                return ChargeResponse::Unsent(TransportError::unsent(error.class(), message));
            }
        };
        let request = request.json(body.to_vec()).deadline(SPEND_DEADLINE).on_fresh_connection();
        match self.balances.send(token, request) {
            Ok(answer) => self.posted(&answer),
            Err(broken) if !broken.sent => ChargeResponse::Unsent(broken),
            Err(broken) => ChargeResponse::Unknown { refusal: broken.into(), replay: false },
        }
    }

    fn poll(&self, token: &Token, id: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        match self.status(token, id) {
            Ok(word) if word == "completed" => {
                let portal = self.balances.buying_portal();
                let known = self.invoice_history(token).ok();
                let bill = known.and_then(|list| wire::bill(&list, id, portal)).unwrap_or_default();
                ChargeStatus::Settled(Paid { bill, ..Paid::default() })
            }
            Ok(_) => self.looked_open(token, id),
            Err(error) => {
                let refusal = ProviderError::from(&error);
                ChargeStatus::Trouble { refusal, unauthorized: false }
            }
        }
    }

    fn evidence(&self) -> Option<&dyn EvidenceSource> {
        Some(self)
    }

    /// The tax is stated only afterwards; what is never sold is refused before anything is sent.
    fn quote(&self, _: &Token, amount: Amount) -> Result<Option<Money>> {
        check_amount(amount)?;
        self.balances.account_value("account_id")?;
        Ok(None)
    }
}

impl EvidenceSource for Cloudflare<'_> {
    fn read(&self, token: &Token) -> EvidenceAnswer {
        let read = self.list(token);
        match read {
            Ok(shown) => EvidenceAnswer::Read(EvidenceReading {
                shown,
                auto_reload: None,
                account_proven: true,
            }),
            Err(error) => {
                let refusal = ProviderError::from(&error);
                EvidenceAnswer::Trouble { refusal, unauthorized: false }
            }
        }
    }
}

impl Cloudflare<'_> {
    fn request(&self, method: Method, path: &str) -> Result<Request> {
        self.balances.request_at(method, &format!("{BILLING}{path}"))
    }

    /// What a request for a top-up was answered with. Authentication, rights and the limit on requests
    /// are checked before a call is carried out; every other refusal may come from the middle of it,
    /// and the page states no code that would say otherwise.
    fn posted(&self, answer: &Response) -> ChargeResponse {
        let whole = self.balances.object(answer);
        let id = whole.as_ref().ok().and_then(|body| {
            let id = body.pointer("/result/payment_intent_id").and_then(Value::as_str)?;
            ChargeId::parse(id).ok()
        });
        if let Some(id) = id {
            return ChargeResponse::Accepted(id);
        }
        let refusal = self.refusal(answer);
        let is_theirs = crate::provider::wire::object(&answer.body)
            .is_some_and(|body| body.get("success") == Some(&Value::Bool(false)));
        match answer.status {
            401 | 403 if is_theirs => ChargeResponse::Refused(refusal),
            429 if is_theirs => ChargeResponse::Throttled(refusal),
            _ => ChargeResponse::Unknown { refusal, replay: false },
        }
    }

    /// What an answer means that took nothing on.
    fn refusal(&self, answer: &Response) -> ProviderError {
        let mut refusal = ProviderError::from(&self.balances.refused(answer));
        if answer.status == 403 {
            "this API token may not buy credits".clone_into(&mut refusal.message);
            refusal.hints = vec!["It takes the permission AI Gateway Write.".into()];
        }
        refusal
    }

    /// Not completed: what failed shows among the invoices alone.
    fn looked_open(&self, token: &Token, id: &ChargeId) -> ChargeStatus {
        let looks = self.open_looks.get() + 1;
        self.open_looks.set(looks);
        if looks % LOOKS_BEFORE_LIST != 1 {
            return ChargeStatus::Pending;
        }
        let Ok(ShownPurchase::Purchases(listed)) = self.list(token) else {
            return ChargeStatus::Pending;
        };
        let ours = listed.iter().find(|one| one.id == *id);
        match ours.filter(|one| one.standing == ListedStanding::Failed) {
            Some(failed) => {
                let message = "the payment failed: its invoice will not be collected";
                let refusal = ProviderError::new(Class::PaymentFailed, message);
                ChargeStatus::Failed(ProviderError { code: failed.word.clone(), ..refusal })
            }
            None => ChargeStatus::Pending,
        }
    }

    /// The word for where a top-up stands.
    fn status(&self, token: &Token, id: &ChargeId) -> Result<String> {
        let body = json!({"payment_intent_id": id.as_str()}).to_string().into_bytes();
        let path = format!("{BILLING}/topup/status");
        let answer = self.balances.ask_at(token, &Method::POST, &path, Some(&body))?;
        let body = self.balances.object(&answer)?;
        let word = body.pointer("/result/status").and_then(Value::as_str);
        word.map(str::to_owned).ok_or_else(|| self.balances.senseless("/result/status is missing"))
    }

    fn invoice_history(&self, token: &Token) -> Result<Value> {
        self.balances.object(&self.invoice_answer(token)?)
    }

    fn invoice_answer(&self, token: &Token) -> Result<Response> {
        let path = format!("{BILLING}/invoice-history?type=manual");
        self.balances.ask_at(token, &Method::GET, &path, None)
    }

    fn list(&self, token: &Token) -> Result<ShownPurchase> {
        let answer = self.invoice_answer(token)?;
        let listed = wire::invoices(&self.balances.object(&answer)?, answer.date);
        listed.map(ShownPurchase::Purchases).map_err(|why| self.balances.senseless(&why))
    }
}

#[cfg(test)]
#[path = "selling_tests.rs"]
mod tests;
