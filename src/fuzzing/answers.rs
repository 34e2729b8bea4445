//! What systems answer, read by the providers and the login as in any run. A second, simple reading
//! of the same bytes has to agree with every success.

use super::checks::{check_failure, shown};
use crate::core::class::Class;
use crate::core::environment::{Environment, Variables};
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::credentials::{Session, Store, Token, device, oauth};
use crate::http::replay::Replay;
use crate::http::{Http, Method, Request, Response};
use crate::provider::plans::{PlanChange, PlanEffect, PlanSeen};
use crate::provider::teams::Which;
use crate::provider::{
    self, AutoReloadChange, ChargeId, ChargeResponse, ChargeStatus, IdempotencyKey, Provider,
    ProviderError,
};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// No answer may bring this out.
const TOKEN: &str = "tok-canary-71c2";
/// Where all of them come from.
const BASE: &str = "https://portal.example/";

/// The settings of a `brv` that bills at ByteRover.
static BRV: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join(".config/brv");
    fs::create_dir_all(&settings).expect("made");
    let text = r#"{"activeProvider":"byterover","providers":{}}"#;
    fs::write(settings.join("providers.json"), text).expect("written");
    folder
});

/// What the process has beside them.
static HERE: LazyLock<Environment> = LazyLock::new(|| Environment {
    variables: Variables::new([("HOME", BRV.path())]),
    ..Environment::from_process()
});

fn base() -> Url {
    Url::parse(BASE).expect("a URL")
}

/// The first answer of the tape as it arrives, for the second opinion.
fn first(bytes: &[u8]) -> Option<Response> {
    Http::played(Replay::parse(bytes)).send(Request::new(Method::GET, base()), None).ok()
}

/// The first answer of the tape, if it is a JSON object.
fn object(bytes: &[u8]) -> Option<(u16, Value)> {
    let answer = first(bytes)?;
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    value.is_object().then_some((answer.status, value))
}

/// Runs it with a provider that gets the answers of this recording to every request.
fn with(system: System, bytes: &[u8], act: impl Fn(&dyn Provider, &Token)) {
    let http = Http::played(Replay::parse(bytes));
    let interrupt = Interrupt::default();
    let portal = PortalTarget::at(base(), system);
    let store = Store::new("/nonexistent/credentials.json".into());
    let secret = Secret::new(TOKEN);
    let session = Session::new(&http, &interrupt, &portal, store, "default", Some(secret.clone()));
    let provider = provider::connect(session, &HERE).expect("a provider");
    act(provider.as_ref(), &Token::new(secret));
}

/// What a failure says must be safe, and its link must be one that may be opened.
fn failed(error: &Failure) {
    check_failure(error);
    assert_ne!(error.class(), Class::Internal, "{error}");
    if let Some(link) = &error.parts().portal_url {
        let link = Url::parse(link).expect("an absolute link");
        assert_eq!(link.origin(), base().origin());
    }
}

fn heard<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(found) => Some(found),
        Err(error) => {
            failed(&error);
            None
        }
    }
}

fn refused(refusal: ProviderError) {
    failed(&Failure::from(refusal));
}

/// Contract: nous. Every call that there is hears the same answers.
pub(super) fn nous(bytes: &[u8]) {
    let amount = Amount::parse("25").expect("an amount");
    let key = IdempotencyKey::parse("key-of-a-purchase").expect("a key");
    let id = ChargeId::parse("ch_1").expect("an id");
    let opinion = object(bytes);
    with(provider::NOUS, bytes, |portal, _| {
        if let Some(state) = heard(portal.state()) {
            assert!(opinion.as_ref().is_some_and(|(status, _)| *status == 200));
            shown(&state);
        }
    });
    with(provider::NOUS, bytes, |portal, token| {
        let charges = portal.charges().expect("it sells");
        match charges.post(token, &key, &charges.request_body(amount)) {
            ChargeResponse::Accepted(id) => {
                let (status, body) = opinion.as_ref().expect("a second opinion");
                assert_eq!((*status, body["chargeId"].as_str()), (202, Some(id.as_str())));
            }
            ChargeResponse::Refused(refusal)
            | ChargeResponse::RefusedInOtherWords(refusal)
            | ChargeResponse::Throttled(refusal)
            | ChargeResponse::Unauthorized(refusal)
            | ChargeResponse::Conflict(refusal) => {
                // That nothing was charged is said only where the portal said a word of it.
                let (status, body) = opinion.as_ref().expect("a second opinion");
                assert!((400..=503).contains(status) && body["error"].is_string());
                refused(refusal);
            }
            ChargeResponse::InFlight(refusal) | ChargeResponse::Unknown { refusal, .. } => {
                refused(refusal);
            }
            ChargeResponse::Unsent(broken) => panic!("it was sent: {}", broken.message),
            of_a_plan => panic!("credits and no plan: {of_a_plan:?}"),
        }
    });
    plans(bytes, &key, opinion.as_ref());
    with(provider::NOUS, bytes, |portal, token| {
        match portal.charges().expect("it sells").poll(token, &id, None) {
            ChargeStatus::Settled(paid) => {
                let (status, body) = opinion.as_ref().expect("a second opinion");
                assert_eq!((*status, body["status"].as_str()), (200, Some("settled")));
                let said = Money::deserialize(body["amountUsd"].clone()).expect("an amount");
                assert_eq!(Some(said), paid.amount_usd);
            }
            ChargeStatus::Failed(refusal) => {
                assert_eq!(opinion.as_ref().expect("one").1["status"], "failed");
                refused(refusal);
            }
            ChargeStatus::Trouble { refusal, .. } => refused(refusal),
            ChargeStatus::Pending => {}
            of_a_pack => panic!("credits and no pack: {of_a_pack:?}"),
        }
    });
    with(provider::NOUS, bytes, |portal, token| {
        let change = AutoReloadChange::Off { below: amount, to: amount };
        if heard(portal.auto_reload().expect("it has one").configure(change)).is_some() {
            assert_eq!(opinion.as_ref().expect("one").1["ok"], true);
        }
        heard(portal.accounts().expect("it has an account").account(token));
    });
}

/// Contract: nous, subscription.
fn plans(bytes: &[u8], key: &IdempotencyKey, opinion: Option<&(u16, Value)>) {
    let said = |word: &str| {
        let (status, body) = opinion.expect("a second opinion");
        assert_eq!((*status, body["status"].as_str()), (200, Some(word)));
    };
    with(provider::NOUS, bytes, |portal, _| {
        let plans = portal.plans().expect("it has plans");
        if let Some(subscription) = heard(plans.read()) {
            shown(&subscription);
            for tier in &subscription.tiers {
                assert_eq!(subscription.find(&tier.tier_id).expect("itself").tier_id, tier.tier_id);
            }
        }
    });
    with(provider::NOUS, bytes, |portal, _| {
        if let Some(preview) = heard(portal.plans().expect("it has plans").preview("plus")) {
            shown(&preview);
            if preview.effect == PlanEffect::ChargeNow {
                let (_, body) = opinion.expect("a second opinion");
                assert_eq!(body["effect"], "charge_now");
                assert!(preview.amount_due_now_usd.is_some_and(|due| due >= Money::ZERO));
            }
        }
    });
    for change in [PlanChange::To("plus"), PlanChange::Cancel, PlanChange::Keep] {
        with(provider::NOUS, bytes, |portal, _| {
            heard(portal.plans().expect("it has plans").schedule(change));
        });
    }
    with(provider::NOUS, bytes, |portal, token| {
        let plans = portal.plans().expect("it has plans");
        match plans.upgrade(token, key, &plans.upgrade_body("plus")) {
            ChargeResponse::Done(_) => said("upgraded"),
            ChargeResponse::AlreadySo => said("already_on_tier"),
            ChargeResponse::Declined(refusal) => {
                said("payment_failed");
                refused(refusal);
            }
            // The reason decides before the status: a bank's check is reported under both words.
            ChargeResponse::NeedsPerson(refusal) => {
                let (status, body) = opinion.expect("a second opinion");
                let word = body["status"].as_str().unwrap_or_default();
                assert_eq!(*status, 200);
                assert!(["requires_action", "payment_failed"].contains(&word), "{word}");
                refused(refusal);
            }
            ChargeResponse::Refused(refusal)
            | ChargeResponse::RefusedInOtherWords(refusal)
            | ChargeResponse::Throttled(refusal)
            | ChargeResponse::Unauthorized(refusal)
            | ChargeResponse::Conflict(refusal)
            | ChargeResponse::InFlight(refusal)
            | ChargeResponse::Unknown { refusal, .. } => refused(refusal),
            other @ (ChargeResponse::Accepted(_) | ChargeResponse::Opened(_)) => {
                panic!("a plan and no charge: {other:?}")
            }
            ChargeResponse::Unsent(broken) => panic!("it was sent: {}", broken.message),
        }
    });
    with(provider::NOUS, bytes, |portal, token| {
        match portal.plans().expect("it has plans").look(token, "plus") {
            PlanSeen::InForce => assert_eq!(opinion.expect("a second opinion").0, 200),
            PlanSeen::Trouble { refusal, .. } => refused(refusal),
            PlanSeen::NotInForce => {}
        }
    });
}

/// Contract: ciris.
pub(super) fn ciris(bytes: &[u8]) {
    let id = ChargeId::parse("pi_1").expect("an id");
    with(provider::CIRIS, bytes, |agent, _| {
        if let Some(state) = heard(agent.state()) {
            shown(&state);
        }
    });
    with(provider::CIRIS, bytes, |agent, token| {
        let key = IdempotencyKey::parse("12345678").expect("a key");
        let charges = agent.charges().expect("it sells");
        match charges.post(token, &key, b"{}") {
            ChargeResponse::Opened(opened) => {
                let page = Url::parse(&opened.page).expect("an absolute link");
                assert_eq!(page.origin(), base().origin());
            }
            ChargeResponse::Refused(refusal) => refused(refusal),
            other => panic!("a payment and no charge: {other:?}"),
        }
    });
    with(provider::CIRIS, bytes, |agent, token| {
        match agent.charges().expect("it sells").poll(token, &id, None) {
            ChargeStatus::Failed(refusal) | ChargeStatus::Trouble { refusal, .. } => {
                refused(refusal);
            }
            ChargeStatus::OpenPayment(_) | ChargeStatus::Credited(_) => {}
            other => panic!("a payment and no charge: {other:?}"),
        }
    });
    with(provider::CIRIS, bytes, |agent, _| {
        heard(agent.transactions().expect("it lists").page(50, 0));
    });
    with(provider::CIRIS, bytes, |agent, _| {
        heard(agent.password_login().expect("it asks").log_in("jeff", &Secret::new("pass")));
    });
}

/// Contract: byterover. The answers come in the order of the requests.
pub(super) fn byterover(bytes: &[u8]) {
    with(provider::BYTEROVER, bytes, |portal, _| {
        if let Some(state) = heard(portal.state()) {
            shown(&state);
        }
    });
    with(provider::BYTEROVER, bytes, |portal, _| {
        let teams = portal.teams().expect("it has teams");
        if let Some(limits) = heard(teams.limits(Which::default())) {
            shown(&limits);
        }
        if let Some(list) = heard(teams.list(None)) {
            shown(&list);
        }
    });
}

/// The device flow and the tokens. Contract: nous, authentication.
pub(super) fn login(bytes: &[u8]) {
    let portal = PortalTarget::at(base(), provider::NOUS);
    let http = Http::played(Replay::parse(bytes));
    if let Some(started) = heard(device::begin(&http, &portal, "hermes-cli", "inference:invoke")) {
        assert!((1..=60).contains(&started.interval.as_secs()));
        assert!(started.expires_in <= Duration::from_mins(30));
        assert!(started.user_code.bytes().all(|byte| byte.is_ascii_graphic()));
        if let Some(page) = &started.page_with_code {
            assert_eq!(Url::parse(page).expect("a link").origin(), base().origin());
        }
    }
    let Some(answer) = first(bytes) else { return };
    failed(&oauth::unexpected(&answer, "portal.example"));
    if let Some(issued) = oauth::issued(&answer) {
        let (_, body) = object(bytes).expect("a second opinion");
        assert_eq!(body["access_token"].as_str(), Some(issued.access_token.expose()));
        issued.expires_at(jiff::Timestamp::UNIX_EPOCH);
        // It is going to stand in a header.
        assert!(issued.access_token.expose().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
}

/// The headers of any answer: what they ask for is bounded.
pub(super) fn headers(bytes: &[u8]) {
    match Http::played(Replay::parse(bytes)).send(Request::new(Method::GET, base()), None) {
        Ok(answer) => assert!(answer.retry_after.is_none_or(|seconds| seconds <= 3600)),
        Err(broken) => failed(&Failure::from(broken)),
    }
}
