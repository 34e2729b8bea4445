//! How an agent sells packs: a payment is opened, a person pays it, and the account's own list
//! shows when it is credited. Contract: ciris, seen since.

use super::verdict::{self, About};
use super::{Ciris, wire};
use crate::core::class::Class;
use crate::core::failure::Failure;
use crate::core::money::Amount;
use crate::credentials::Token;
use crate::http::{Method, Response, TransportError};
use crate::provider::packs::{Packs, PaymentReading, PaymentStatus};
use crate::provider::transactions::Transaction;
use crate::provider::{
    AutoReloadSight, ChargeId, ChargeResponse, ChargeStatus, Charges, Evidence, IdempotencyKey,
    Payer, ProviderError, Repeat, Seller, Total,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// How it sells. Opening a payment twice opens two; an agent takes 60 requests a minute from one
/// caller, and a person is waited for during 30 polls. Contract: ciris, polling.
const SELLER: Seller = Seller {
    payer: Payer::Person,
    repeat: Repeat::Never,
    evidence: Evidence::None,
    status_by_id: true,
    total: Total::AsAsked,
    auto_reload: AutoReloadSight::Absent,
    refusing_statuses: &[],
    shortest_poll: Duration::from_millis(1500),
    usual_wait: Duration::from_mins(1),
};

/// A payment that is not final is searched in the list at every third poll.
const POLLS_BEFORE_LIST: u32 = 3;
/// Entries on a page of the list, and how many pages are read at most: every use is in it.
const PAGE: u32 = 50;
const MOST_PAGES: u64 = 100;
/// How far the clocks of an agent and of this machine may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What the account's list says of a payment.
enum CreditedPayment {
    /// It is there, with what was left then. Its amount counts cents at some agents and uses at
    /// others, and says nothing.
    Seen { balance_after: Option<i64> },
    /// It is not there, and the agent names payments in the list.
    NotSeen,
    /// The agent names none, or not the one that was credited since it was asked for.
    NoIds,
    /// The list could not be read this time.
    Unread,
}

impl Charges for Ciris<'_> {
    fn seller(&self) -> Seller {
        SELLER
    }

    /// An agent knows no organisations; a login that does not say whose it is may be anybody's.
    fn acts_for(&self, token: &Token) -> (Option<String>, Option<String>) {
        (None, token.subject.clone())
    }

    fn ask_time(&self, token: &Token) -> crate::core::failure::Result<()> {
        self.session.send_once(token, self.request(Method::GET, &["credits"]))?;
        Ok(())
    }

    fn request_body(&self, _: Amount) -> Vec<u8> {
        self.opening_body(None)
    }

    fn post(&self, token: &Token, _: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let request = self
            .request(Method::POST, &["purchase", "initiate"])
            .on_fresh_connection()
            .json(body.to_vec());
        let answer = match self.session.send_once(token, request) {
            Ok(answer) => answer,
            Err(broken) if !broken.sent => return ChargeResponse::Unsent(broken),
            Err(broken) => {
                return ChargeResponse::Unknown { refusal: broken.into(), replay: false };
            }
        };
        let opened = self.object(&answer, About::Purchase).and_then(|map| {
            let named = self.page_told(&map);
            wire::opened(&map, named, self.page())
                .ok_or_else(|| verdict::senseless(self.portal(), "payment"))
        });
        match opened {
            Ok(opened) => ChargeResponse::Opened(Box::new(opened)),
            // With every other answer no page was shown on which a person could pay.
            Err(failure) => ChargeResponse::Refused(ProviderError::from(&failure)),
        }
    }

    fn poll(&self, token: &Token, id: &ChargeId, asked: Option<Timestamp>) -> ChargeStatus {
        let request = self.request(Method::GET, &["purchase", "status", id.as_str()]);
        let looked = self.looked(self.session.send_once(token, request));
        let reading = match looked {
            Ok(reading) => reading,
            Err(failure) => {
                // From 2.16.5 on the status fails at every agent; the list still works.
                let may_be_listed = failure.class().may_have_arrived();
                return match self.credit_where(may_be_listed, id, asked) {
                    CreditedPayment::Seen { balance_after } => credited(None, None, balance_after),
                    _ => ChargeStatus::Trouble {
                        refusal: ProviderError::from(&failure),
                        unauthorized: false,
                    },
                };
            }
        };
        match reading.status {
            PaymentStatus::Failed | PaymentStatus::Canceled => failed(&reading),
            PaymentStatus::NeedsPerson => ChargeStatus::OpenPayment(reading),
            PaymentStatus::Paid => match self.credit(id, asked) {
                CreditedPayment::Seen { balance_after } => {
                    let balance = balance_after.or(reading.balance_after);
                    credited(reading.word, reading.credits_added, balance)
                }
                // Then its word alone settles it, and the answer says that no credit was seen.
                CreditedPayment::NoIds => ChargeStatus::Credited(reading),
                CreditedPayment::NotSeen | CreditedPayment::Unread => {
                    ChargeStatus::OpenPayment(reading)
                }
            },
            PaymentStatus::UnderWay => {
                let polls = self.open_polls.get() + 1;
                self.open_polls.set(polls);
                let is_time = polls.is_multiple_of(POLLS_BEFORE_LIST);
                match self.credit_where(is_time, id, asked) {
                    CreditedPayment::Seen { balance_after } => {
                        credited(reading.word, reading.credits_added, balance_after)
                    }
                    _ => ChargeStatus::OpenPayment(reading),
                }
            }
        }
    }
}

impl Ciris<'_> {
    fn looked(&self, answer: Result<Response, TransportError>) -> Result<PaymentReading, Failure> {
        let map: Map<String, Value> = self.object(&answer?, About::Payment)?;
        wire::looked(&map).ok_or_else(|| verdict::senseless(self.portal(), "payment"))
    }

    fn credit_where(
        &self,
        wanted: bool,
        id: &ChargeId,
        asked: Option<Timestamp>,
    ) -> CreditedPayment {
        if wanted { self.credit(id, asked) } else { CreditedPayment::Unread }
    }

    /// Searches the payment in the account's list, back to when it was asked for.
    fn credit(&self, id: &ChargeId, asked: Option<Timestamp>) -> CreditedPayment {
        let (mut names_payments, mut has_credits, mut has_nameless) = (false, false, false);
        for page in 0..MOST_PAGES {
            let page = match self.list(PAGE, page * u64::from(PAGE)) {
                Ok((page, is_named)) => {
                    names_payments |= is_named;
                    page
                }
                // An agent without a list has no ids to compare.
                Err(failure) if failure.class() == Class::EndpointUnavailable => {
                    return CreditedPayment::NoIds;
                }
                Err(_) => return CreditedPayment::Unread,
            };
            for entry in &page.transactions {
                let is_credit = entry.kind.as_deref() == Some("credit");
                has_credits |= is_credit;
                has_nameless |= is_credit
                    && entry.external_transaction_id.is_none()
                    && made(entry).is_some_and(|made| asked.is_some_and(|asked| made >= asked));
                if entry.external_transaction_id.as_deref() == Some(id.as_str()) {
                    return CreditedPayment::Seen { balance_after: entry.balance_after };
                }
            }
            let is_past = page.transactions.last().is_some_and(|entry| is_before(entry, asked));
            if !page.has_more || page.transactions.is_empty() || is_past {
                return if has_nameless || has_credits && !names_payments {
                    CreditedPayment::NoIds
                } else {
                    CreditedPayment::NotSeen
                };
            }
        }
        CreditedPayment::Unread
    }
}

/// Whether an entry was made before the payment was asked for.
fn is_before(entry: &Transaction, asked: Option<Timestamp>) -> bool {
    match (made(entry), asked) {
        (Some(made), Some(asked)) => asked.duration_since(made) > CLOCKS_DIFFER,
        _ => false,
    }
}

fn made(entry: &Transaction) -> Option<Timestamp> {
    entry.created_at.as_deref()?.parse().ok()
}

fn credited(
    word: Option<String>,
    credits_added: Option<i64>,
    balance_after: Option<i64>,
) -> ChargeStatus {
    ChargeStatus::Credited(PaymentReading {
        status: PaymentStatus::Paid,
        word,
        credits_added,
        balance_after,
        credit_seen: true,
    })
}

fn failed(reading: &PaymentReading) -> ChargeStatus {
    let (class, message) = match reading.status {
        PaymentStatus::Canceled => (Class::PaymentCanceled, "the payment was cancelled"),
        _ => (Class::PaymentFailed, "the payment failed"),
    };
    let refusal = ProviderError::new(class, message);
    ChargeStatus::Failed(ProviderError { code: reading.word.clone(), ..refusal })
}

#[cfg(test)]
#[path = "selling_tests.rs"]
mod tests;
