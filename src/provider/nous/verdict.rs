//! What an answer of the portal means. Contract: nous, errors.
//!
//! A refusal proves that nothing was charged only when its status, its word and its JSON body are
//! all as the contract says; anything else, even where it resembles a refusal, proves nothing.
//! The word decides, never the status alone.

use super::pages::page;
use crate::core::class::Class;
use crate::core::link;
use crate::core::money::Money;
use crate::http::{Response, TransportError};
use crate::provider::plans::PlanSeen;
use crate::provider::{
    ChargeId, ChargeResponse, ChargeStatus, Paid, PortalPage, ProviderError, wire,
};
use serde_json::{Map, Value};
use url::Url;

/// The most of a message of the portal that is repeated.
const LONGEST_QUOTE: usize = 300;

/// What kind of refusal a known word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefusalKind {
    /// Ends the run, charged nothing.
    Refused,
    /// Asks to wait, charged nothing.
    Throttled,
    /// Another token may be tried once, charged nothing.
    Unauthorized,
    /// The key belongs to another amount.
    Conflict,
}

/// A known word under the status it belongs to.
struct KnownRefusal {
    status: u16,
    word: &'static str,
    class: Class,
    kind: RefusalKind,
    /// What happened, for a person. No full stop: the portal's own words may follow.
    sentence: &'static str,
    /// Where a person can do something about it.
    page: Option<PortalPage>,
    /// Whether the portal's own words add something that a person can act on.
    quote: bool,
}

macro_rules! rows {
    ($($status:literal $word:literal $class:ident $kind:ident $page:expr, $quote:literal, $sentence:literal;)*) => {
        const KNOWN: &[KnownRefusal] = &[$(KnownRefusal {
            status: $status, word: $word, class: Class::$class, kind: RefusalKind::$kind,
            sentence: $sentence, page: $page, quote: $quote,
        },)*];
    };
}

rows! {
    400 "validation_failed" ValidationFailed Refused None, true,
        "the portal did not accept the request as valid";
    400 "idempotency_key_required" ValidationFailed Refused None, false,
        "the portal did not find the key of the purchase in the request";
    401 "invalid_token" NotLoggedIn Unauthorized None, false,
        "the portal does not accept this login any more";
    401 "session_revoked" SessionRevoked Refused None, false,
        "the portal has logged this session out";
    403 "insufficient_scope" InsufficientScope Refused None, false,
        "this login may read but not spend: Remote Spending is not allowed";
    403 "remote_spending_revoked" RemoteSpendingRevoked Refused None, false,
        "Remote Spending was cut off for this terminal on the portal; the login itself still works";
    403 "role_required" RoleRequired Refused Some(PortalPage::Topup), false,
        "your role in the organisation may not do this";
    403 "cli_billing_disabled" BillingDisabled Refused Some(PortalPage::Topup), false,
        "Remote Spending is switched off for the organisation, on the portal's Hermes Agent page";
    403 "no_payment_method" NoPaymentMethod Refused Some(PortalPage::Topup), false,
        "this needs a saved card: set up a saved card on the portal";
    403 "monthly_cap_exceeded" MonthlyCapExceeded Refused Some(PortalPage::Limit), false,
        "the organisation's monthly limit does not leave that much room";
    403 "consent_required" ConsentRequired Refused Some(PortalPage::Topup), false,
        "there are terms to accept on the portal first";
    403 "org_access_denied" RoleRequired Refused Some(PortalPage::Topup), true,
        "this login acts for no organisation that it may manage";
    403 "auto_top_up_disabled_failures" PaymentFailed Refused Some(PortalPage::Topup), true,
        "auto-reload was switched off after charges that failed";
    403 "card_paused" PaymentFailed Refused Some(PortalPage::Topup), true,
        "the portal does not charge the saved card for now";
    403 "card_expired" PaymentMethodExpired Refused Some(PortalPage::Topup), true,
        "the saved card has expired; replace it on the portal";
    403 "card_mismatch" NoPaymentMethod Refused Some(PortalPage::Topup), true,
        "the saved card is not the one that may be charged: set up a saved card on the portal";
    409 "idempotency_conflict" IdempotencyConflict Conflict None, false,
        "this key already belongs to another purchase";
    429 "rate_limited" RateLimited Throttled None, false,
        "there were too many purchases within the hour; this is not a payment failure";
    429 "upgrade_cap_exceeded" PlanChangeCap Throttled None, false,
        "there were too many plan changes today";
    503 "temporarily_unavailable" TemporarilyUnavailable Throttled None, false,
        "the portal is not available at the moment";
    503 "stripe_unavailable" ProcessorUnavailable Throttled None, false,
        "the card processor of the portal is down";
}

/// Reasons of an unpaid upgrade that mean: a person confirms the card on the page.
const BANK_CHECKS: &[&str] =
    &["authentication_required", "subscription_payment_intent_requires_action"];

/// The one reason of an unpaid upgrade that ends it: the bank said no. Contract: nous, seen since.
const ENDS_UPGRADE: &str = "card_declined";

/// The other name of the organisation's switch in answers.
const SWITCH_CODE: &str = "remote_spending_disabled";

/// The row of a refusal that is exactly as the contract says.
fn known(answer: &Response, map: &Map<String, Value>) -> Option<&'static KnownRefusal> {
    if !answer.may_be_json {
        return None;
    }
    let find =
        |word: &str| KNOWN.iter().find(|row| row.status == answer.status && row.word == word);
    match wire::words(map, "error") {
        Some(word) => find(&word).or_else(|| {
            // The switch has two names, and a portal may use either in either place.
            let code = wire::words(map, "code");
            let named = word == SWITCH_CODE || code.as_deref() == Some(SWITCH_CODE);
            named.then(|| find("cli_billing_disabled")).flatten()
        }),
        None => None,
    }
}

/// What came of sending a purchase of credits once.
pub(super) fn posted(outcome: Result<Response, TransportError>, base: &Url) -> ChargeResponse {
    purchased(outcome, base, |answer, map| {
        let id = wire::text(map, "chargeId").filter(|_| answer.status == 202)?;
        ChargeId::parse(&id).ok().map(ChargeResponse::Accepted)
    })
}

/// What came of sending an upgrade once: it is final with its answer.
pub(super) fn upgraded(
    outcome: Result<Response, TransportError>,
    base: &Url,
    plan_page: &str,
) -> ChargeResponse {
    purchased(outcome, base, |answer, map| {
        let status = wire::text(map, "status").filter(|_| answer.status == 200)?;
        let reason = wire::words(map, "reason");
        let unpaid = ["requires_action", "payment_failed"].contains(&status.as_str());
        // The reason decides before the status: a bank's check comes under either.
        match (status.as_str(), reason.as_deref()) {
            ("upgraded", _) => Some(ChargeResponse::Done(Paid::default())),
            ("already_on_tier", _) => Some(ChargeResponse::AlreadySo),
            (_, Some(word)) if unpaid && BANK_CHECKS.contains(&word) => {
                Some(ChargeResponse::NeedsPerson(needs_person(map, base, plan_page)))
            }
            (_, Some(ENDS_UPGRADE)) if unpaid => {
                Some(ChargeResponse::Declined(declined(map, base, plan_page)))
            }
            ("requires_action", _) => {
                Some(ChargeResponse::NeedsPerson(needs_person(map, base, plan_page)))
            }
            ("payment_failed", None) => {
                Some(ChargeResponse::Declined(declined(map, base, plan_page)))
            }
            // Every other word ends nothing: the plan may still come into force.
            ("payment_failed", Some(_)) => {
                let refusal = declined(map, base, plan_page);
                let class = Class::PaymentFailed;
                Some(ChargeResponse::NeedsPerson(ProviderError { class, ..refusal }))
            }
            _ => None,
        }
    })
}

/// What came of sending a purchase once; only an answer of its own kind says that it was taken on.
fn purchased(
    outcome: Result<Response, TransportError>,
    base: &Url,
    taken_on: impl FnOnce(&Response, &Map<String, Value>) -> Option<ChargeResponse>,
) -> ChargeResponse {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(broken) if !broken.sent => return ChargeResponse::Unsent(broken),
        Err(broken) => {
            let replay = broken.signal.is_none();
            return ChargeResponse::Unknown { refusal: ProviderError::from(broken), replay };
        }
    };
    let object = wire::object(&answer.body);
    if let Some(map) = &object {
        if let Some(row) = known(&answer, map) {
            let refusal = tell(row, &answer, map, base);
            return match row.kind {
                RefusalKind::Refused => ChargeResponse::Refused(refusal),
                RefusalKind::Throttled => ChargeResponse::Throttled(refusal),
                RefusalKind::Unauthorized => ChargeResponse::Unauthorized(refusal),
                RefusalKind::Conflict => ChargeResponse::Conflict(refusal),
            };
        }
        if let Some(taken_on) = taken_on(&answer, map) {
            return taken_on;
        }
        if answer.status == 409 && answer.may_be_json && wire::words(map, "error").is_some() {
            return ChargeResponse::InFlight(in_flight(&answer, map));
        }
        if let Some(refusal) = refused_in_other_words(&answer, map, base) {
            return ChargeResponse::RefusedInOtherWords(refusal);
        }
    }
    // A redirect or a page for people comes from something in between: asking it again would
    // only bring the same.
    let replay = !(300..400).contains(&answer.status) && !answer.is_page();
    ChargeResponse::Unknown { refusal: refusal(&answer, base), replay }
}

/// A refusal by the gate in a word that is not known here: the gate runs before the charge, so its
/// status and its form are enough. Contract: nous, seen since.
fn refused_in_other_words(
    answer: &Response,
    map: &Map<String, Value>,
    base: &Url,
) -> Option<ProviderError> {
    let is_gate = super::SELLER.refusing_statuses.contains(&answer.status) && answer.may_be_json;
    wire::words(map, "error").filter(|_| is_gate)?;
    let given = wire::text(map, "portalUrl").and_then(|given| link::resolve(base, &given).own());
    let portal_url = given.or_else(|| Some(page(base, PortalPage::Topup, None)));
    Some(ProviderError { portal_url, ..refusal(answer, base) })
}

/// A failed payment for an upgrade.
fn declined(map: &Map<String, Value>, base: &Url, plan_page: &str) -> ProviderError {
    with_recovery(failed(wire::words(map, "reason"), base), map, base, plan_page)
}

/// A payment for an upgrade that its card holder has to finish.
fn needs_person(map: &Map<String, Value>, base: &Url, plan_page: &str) -> ProviderError {
    let reason = wire::words(map, "reason");
    let why = match reason.as_deref() {
        Some(word) if BANK_CHECKS.contains(&word) => String::new(),
        None => String::new(),
        Some(other) => format!(" ({})", quote(other)),
    };
    let message = format!("a person has to finish this payment in a browser{why}");
    let refusal =
        ProviderError { code: reason, ..ProviderError::new(Class::ActionRequired, message) };
    with_recovery(refusal, map, base, plan_page)
}

/// The page where a payment is finished. Only one of the portal itself is a link that may be
/// opened; the card processor's is shown, and anything that is no page of the web is not.
fn with_recovery(
    mut refusal: ProviderError,
    map: &Map<String, Value>,
    base: &Url,
    plan_page: &str,
) -> ProviderError {
    refusal.portal_url = Some(plan_page.to_owned());
    match wire::text(map, "recoveryUrl").map(|given| link::resolve(base, &given)) {
        Some(link::Link::Own(own)) => {
            refusal.details.insert("recovery_url".into(), own.clone().into());
            refusal.portal_url = Some(own);
        }
        Some(link::Link::Foreign(given)) if link::is_web(&given) => {
            refusal.message = format!(
                "{}; the portal names a page that is not its own: {given}",
                refusal.message
            );
            refusal.details.insert("recovery_url".into(), given.into());
        }
        Some(link::Link::Foreign(_)) | None => {}
    }
    refusal
}

/// What one check of the plan showed: `in_force` says whether it is the one that was paid for, and
/// nothing for an answer that makes no sense.
pub(super) fn plan_seen(
    outcome: Result<Response, TransportError>,
    base: &Url,
    in_force: impl FnOnce(Map<String, Value>) -> Option<bool>,
) -> PlanSeen {
    let (answer, map) = match looked(outcome, base) {
        Ok(both) => both,
        Err(trouble) => {
            let Unseen { refusal, unauthorized } = *trouble;
            return PlanSeen::Trouble { refusal, unauthorized };
        }
    };
    match in_force(map) {
        Some(true) => PlanSeen::InForce,
        Some(false) => PlanSeen::NotInForce,
        None => {
            let refusal = senseless(&answer, "no plan of this organisation");
            PlanSeen::Trouble { refusal, unauthorized: false }
        }
    }
}

/// A look that failed.
struct Unseen {
    refusal: ProviderError,
    /// The token was not accepted.
    unauthorized: bool,
}

/// The object that a look was answered with, or the trouble that it met.
fn looked(
    outcome: Result<Response, TransportError>,
    base: &Url,
) -> Result<(Response, Map<String, Value>), Box<Unseen>> {
    let answer = outcome.map_err(|broken| {
        Box::new(Unseen { refusal: ProviderError::from(broken), unauthorized: false })
    })?;
    if let Some(map) = wire::object(&answer.body).filter(|_| answer.status == 200) {
        return Ok((answer, map));
    }
    let refusal = refusal(&answer, base);
    let unauthorized = refusal.class == Class::NotLoggedIn;
    Err(Box::new(Unseen { refusal, unauthorized }))
}

/// What one poll of a charge showed.
pub(super) fn polled(outcome: Result<Response, TransportError>, base: &Url) -> ChargeStatus {
    let (answer, map) = match looked(outcome, base) {
        Ok(both) => both,
        Err(trouble) => {
            let Unseen { refusal, unauthorized } = *trouble;
            return ChargeStatus::Trouble { refusal, unauthorized };
        }
    };
    let trouble = |refusal: ProviderError| ChargeStatus::Trouble { refusal, unauthorized: false };
    match wire::text(&map, "status").as_deref() {
        Some("settled") => match wire::field::<Money>(&map, "amountUsd") {
            Some(amount_usd) => {
                ChargeStatus::Settled(Paid::new(amount_usd, wire::field(&map, "settledAt")))
            }
            None => trouble(senseless(&answer, "it is settled, and its amount cannot be read")),
        },
        Some("failed") => ChargeStatus::Failed(failed(wire::words(&map, "reason"), base)),
        Some(_) => ChargeStatus::Pending,
        None => trouble(senseless(&answer, "no status")),
    }
}

/// A charge that failed for this reason.
fn failed(reason: Option<String>, base: &Url) -> ProviderError {
    let (class, message) = match reason.as_deref() {
        Some("authentication_required") => (
            Class::AuthenticationRequired,
            "the bank asks the card holder to confirm this payment; finish it on the portal",
        ),
        Some("payment_method_expired") => {
            (Class::PaymentMethodExpired, "the saved card has expired; replace it on the portal")
        }
        Some("card_declined") => (Class::CardDeclined, "the bank declined the card"),
        _ => (Class::PaymentFailed, "the payment failed"),
    };
    let message = match (&reason, class) {
        (Some(reason), Class::PaymentFailed) => {
            format!("{message}; the portal calls it '{}'", quote(reason))
        }
        _ => message.to_owned(),
    };
    let portal_url = Some(page(base, PortalPage::Topup, None));
    ProviderError { code: reason, portal_url, ..ProviderError::new(class, message) }
}

/// Any answer that is no success, for calls that do not spend.
pub(super) fn refusal(answer: &Response, base: &Url) -> ProviderError {
    let object = wire::object(&answer.body);
    if let Some(map) = &object
        && let Some(row) = known(answer, map)
    {
        return tell(row, answer, map, base);
    }
    let word = object.as_ref().and_then(|map| wire::words(map, "error"));
    let said = object.as_ref().and_then(|map| wire::words(map, "message"));
    let status = answer.status;
    let (class, sentence) = match status {
        300..400 => (
            Class::EndpointUnavailable,
            "the portal sent this request somewhere else, and it was not followed".to_owned(),
        ),
        404 | 405 => (Class::EndpointUnavailable, "the portal does not know this request".into()),
        _ if answer.is_page() => {
            (Class::EndpointUnavailable, "a web page answered instead of the billing system".into())
        }
        200..300 if object.is_none() && answer.begins_as_object() => {
            (Class::Protocol, "the portal's answer is damaged and cannot be read".into())
        }
        200..300 if object.is_none() => (
            Class::EndpointUnavailable,
            "something else answered instead of the billing system".into(),
        ),
        200..300 => (Class::Protocol, "the portal's answer is not complete".into()),
        // The gate refuses with an object and a word, whatever the word is.
        400 | 403 if answer.may_be_json && word.is_some() => {
            let class = if status == 400 { Class::ValidationFailed } else { Class::RoleRequired };
            let word = quote(word.as_deref().unwrap_or_default());
            (class, format!("the portal refused with the word '{word}'"))
        }
        429 => (Class::RateLimited, "the portal accepts no more requests at the moment".into()),
        500.. => (Class::ServerError, format!("the portal has a server error (status {status})")),
        _ => (
            Class::Protocol,
            format!("the portal refused for a reason that topup does not know (status {status})"),
        ),
    };
    ProviderError {
        code: word,
        status: Some(status),
        retry_after: answer.retry_after,
        ..ProviderError::new(class, with_quote(sentence, said))
    }
}

/// A known refusal in our words, with what a script can use.
fn tell(
    row: &KnownRefusal,
    answer: &Response,
    map: &Map<String, Value>,
    base: &Url,
) -> ProviderError {
    let mut details = Map::new();
    for key in ["actor", "recovery", "code"] {
        if let Some(text) = wire::words(map, key) {
            details.insert(key.into(), text.into());
        }
    }
    let mut sentence = row.sentence.to_owned();
    if row.class == Class::MonthlyCapExceeded {
        if let Some(left) = wire::field::<Money>(map, "remainingUsd") {
            sentence = format!("{sentence}: ${} is left this month", left.shown());
            details.insert("remaining_usd".into(), left.to_string().into());
        }
        if let Some(default) = wire::field::<bool>(map, "isDefaultCeiling") {
            details.insert("is_default_ceiling".into(), default.into());
        }
    }
    if row.class == Class::RemoteSpendingRevoked
        && wire::text(map, "actor").as_deref() == Some("admin")
    {
        "an admin cut off Remote Spending for this terminal; the login itself still works"
            .clone_into(&mut sentence);
    }
    let said = wire::words(map, "message").filter(|_| row.quote);
    let given = wire::text(map, "portalUrl").and_then(|given| link::resolve(base, &given).own());
    ProviderError {
        code: wire::words(map, "error"),
        status: Some(answer.status),
        portal_url: given.or_else(|| row.page.map(|place| page(base, place, None))),
        retry_after: answer.retry_after,
        details,
        ..ProviderError::new(row.class, with_quote(sentence, said))
    }
}

/// Another request with this key is being worked on, as the portal reports.
fn in_flight(answer: &Response, map: &Map<String, Value>) -> ProviderError {
    let said = wire::words(map, "message");
    let message = with_quote("the portal is still working on this purchase".to_owned(), said);
    ProviderError {
        code: wire::words(map, "error"),
        status: Some(answer.status),
        retry_after: answer.retry_after,
        ..ProviderError::new(Class::InProgress, message)
    }
}

fn senseless(answer: &Response, what: &str) -> ProviderError {
    let message = format!("the portal's answer about the purchase makes no sense: {what}");
    ProviderError { status: Some(answer.status), ..ProviderError::new(Class::Protocol, message) }
}

fn with_quote(sentence: String, said: Option<String>) -> String {
    match said {
        Some(said) => format!("{sentence}; the portal says: {}", quote(&said)),
        None => sentence,
    }
}

fn quote(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_QUOTE).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
