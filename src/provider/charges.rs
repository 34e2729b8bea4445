//! Selling credits: what is sent, and what is asked afterwards.

use super::charge_outcome::{ChargeResponse, ChargeStatus};
use super::evidence::EvidenceSource;
use super::ids::{ChargeId, IdempotencyKey};
use super::plans::Plans;
use super::seller::Seller;
use crate::core::failure::Result;
use crate::core::money::{Amount, Money};
use crate::credentials::Token;
use jiff::Timestamp;

/// Selling credits: one request that is the purchase, and polls for its outcome.
pub trait Charges {
    /// How it sells.
    fn seller(&self) -> Seller;

    /// Whom a purchase with this token is for: organisation and subject.
    fn acts_for(&self, token: &Token) -> (Option<String>, Option<String>) {
        token.acts_for()
    }

    /// Asks the system anything, for the clock that comes with every answer of it. What it answers
    /// does not matter.
    ///
    /// # Errors
    /// There was no answer.
    fn ask_time(&self, token: &Token) -> Result<()>;

    /// The exact bytes of the request for this amount; they are journalled and sent as they are.
    fn request_body(&self, amount: Amount) -> Vec<u8>;

    /// Sends the purchase once, on a fresh connection, with no retry of any kind. A seller that
    /// knows no keys leaves the key out.
    fn post(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse;

    /// Asks once where a charge stands. `asked` is when the purchase was asked for, where that is
    /// known: what a system lists from before then is not about it.
    fn poll(&self, token: &Token, id: &ChargeId, asked: Option<Timestamp>) -> ChargeStatus;

    /// Plans, whose upgrades are paid under the same keys.
    fn plans(&self) -> Option<&dyn Plans> {
        None
    }

    /// What it shows of the purchases of the account, where [`Seller::evidence`] says that it does.
    fn evidence(&self) -> Option<&dyn EvidenceSource> {
        None
    }

    /// What this amount would cost with everything that is added to it, where that is known before;
    /// none where the system reports it only afterwards.
    ///
    /// # Errors
    /// What kept it from being known; nothing was bought.
    fn quote(&self, token: &Token, amount: Amount) -> Result<Option<Money>> {
        let _ = (token, amount);
        Ok(None)
    }
}
