//! What each answer of Cloudflare proves, and what is asked of it. Contract: cloudflare.

use super::*;
use crate::core::secret::Secret;
use crate::credentials::fake::{Does, Fake, Home, Seen};
use crate::provider::balances::{Balances, row_of};

const TOP_UP: &str = "POST /accounts/acc/ai-gateway/billing/topup";
const STATUS: &str = "POST /accounts/acc/ai-gateway/billing/topup/status";
const LIST: &str = "GET /accounts/acc/ai-gateway/billing/invoice-history?type=manual";

fn wrapped(result: &Value) -> Does {
    Does::Answer(200, json!({"success": true, "errors": [], "messages": [], "result": result}))
}

fn refused(status: u16) -> Does {
    let errors = [json!({"code": 10_000, "message": "No."})];
    Does::Answer(status, json!({"success": false, "errors": errors, "result": null}))
}

fn invoice(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "currency": "usd", "amount_due": 2700, "amount_paid": 0,
        "created": Timestamp::now().as_second()})
}

fn list(invoices: &[Value], has_more: bool) -> Does {
    wrapped(&json!({"invoices": invoices, "pagination": {"has_more": has_more}}))
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

fn charge(text: &str) -> ChargeId {
    ChargeId::parse(text).expect("an id")
}

/// An account at a server that answers so.
struct Bench {
    fake: Fake,
    home: Home,
}

impl Bench {
    fn new(script: impl Fn(&Seen) -> Does + Send + Sync + 'static) -> Self {
        let fake = Fake::start(move |_, seen| script(seen));
        let system = crate::provider::find("cloudflare").expect("a row");
        let mut home = Home::of_system(&fake.base, system);
        home.portal.account.push(("account_id", "acc".to_owned()));
        Self { fake, home }
    }

    /// What this does there, with this token.
    fn with<T>(&self, act: impl FnOnce(&Cloudflare<'_>, &Token) -> T) -> T {
        let secret = Secret::new("token");
        let session = self.home.session().with_token(secret.clone());
        let row = row_of(self.home.portal.system).expect("a row");
        act(&Cloudflare::new(Balances::new(row, session)), &Token::new(secret))
    }

    fn post(&self) -> ChargeResponse {
        let key = IdempotencyKey::parse("a-key-that-is-not-sent").expect("a key");
        self.with(|seller, token| seller.post(token, &key, &seller.request_body(amount("25"))))
    }

    fn lines(&self) -> Vec<String> {
        self.fake.seen().into_iter().map(|seen| seen.line).collect()
    }
}

#[test]
fn a_request_is_whole_cents_and_is_sent_once_without_any_key() {
    let bench =
        Bench::new(|_| wrapped(&json!({"payment_intent_id": "in_1", "client_secret": null})));
    assert!(matches!(bench.post(), ChargeResponse::Accepted(id) if id == charge("in_1")));
    let seen = bench.fake.seen();
    assert_eq!((seen.len(), seen[0].line.as_str()), (1, TOP_UP));
    assert_eq!(seen[0].body, r#"{"amount":2500}"#);
    assert_eq!(seen[0].header("authorization"), Some("Bearer token"));
    assert!(seen[0].header("api-version").is_some());
    assert!(!format!("{seen:?}").contains("a-key-that"), "it knows none");
    bench.with(|seller, token| {
        assert_eq!(seller.request_body(amount("10.01")), br#"{"amount":1001}"#);
        assert_eq!(seller.acts_for(token), (Some("acc".to_owned()), None));
        assert_eq!((seller.seller().repeat, seller.seller().status_by_id), (Repeat::Never, true));
    });
}

#[test]
fn the_time_is_asked_with_a_look_that_changes_nothing() {
    let bench = Bench::new(|_| list(&[], false));
    bench.with(|seller, token| seller.ask_time(token)).expect("answered");
    assert_eq!(bench.lines(), [LIST]);
    let away = Bench::new(|_| refused(500));
    let failed = away.with(|seller, token| seller.ask_time(token)).expect_err("no answer");
    assert_eq!(failed.class(), Class::ServerError);
}

#[test]
fn only_what_is_checked_before_the_work_is_a_refusal() {
    for (status, class) in [(401, Class::NotLoggedIn), (403, Class::InsufficientScope)] {
        let bench = Bench::new(move |_| refused(status));
        let ChargeResponse::Refused(refusal) = bench.post() else { panic!("{status} refuses") };
        assert_eq!((refusal.class, refusal.status), (class, Some(status)));
        let hints: Vec<String> = refusal.hints.iter().map(ToString::to_string).collect();
        let is_about_rights = hints.concat().contains("AI Gateway Write");
        assert_eq!(is_about_rights, status == 403, "{hints:?}");
        assert_eq!(refusal.message.contains("may not buy"), status == 403);
    }
    let bench = Bench::new(|_| refused(429));
    assert!(
        matches!(bench.post(), ChargeResponse::Throttled(refusal) if refusal.class == Class::RateLimited)
    );
    // Everything else may come from the middle of it, and what is not in its own words from anywhere.
    for status in [200, 400, 402, 404, 409, 500, 502, 503] {
        let bench = Bench::new(move |_| refused(status));
        let posted = bench.post();
        assert!(matches!(posted, ChargeResponse::Unknown { replay: false, .. }), "{posted:?}");
    }
    for status in [401, 403, 429] {
        for body in [json!({}), json!({"success": true}), json!([])] {
            let bench = Bench::new(move |_| Does::Answer(status, body.clone()));
            let posted = bench.post();
            assert!(matches!(posted, ChargeResponse::Unknown { replay: false, .. }), "{posted:?}");
        }
    }
    for result in [json!({}), json!({"payment_intent_id": 7}), json!({"payment_intent_id": "a/b"})]
    {
        let bench = Bench::new(move |_| wrapped(&result));
        assert!(matches!(bench.post(), ChargeResponse::Unknown { replay: false, .. }));
    }
    let bench = Bench::new(|_| Does::HangUp);
    assert!(matches!(bench.post(), ChargeResponse::Unknown { replay: false, .. }));
    assert_eq!(bench.lines(), [TOP_UP], "never a second time");
    let mut nameless = Bench::new(|_| refused(500));
    nameless.home.portal.account.clear();
    assert!(matches!(nameless.post(), ChargeResponse::Unsent(_)));
    assert!(nameless.lines().is_empty());
}

#[test]
fn a_completed_top_up_is_settled_with_what_its_invoice_says() {
    let paid = || list(&[invoice("in_2", "paid"), invoice("in_1", "paid")], false);
    for (invoices, total) in
        [(paid as fn() -> Does, Money::parse("27.00")), (|| refused(500), None)]
    {
        let bench = Bench::new(move |seen| {
            if seen.line == STATUS {
                return wrapped(&json!({"payment_intent_id": "in_1", "status": "completed"}));
            }
            invoices()
        });
        let status = bench.with(|seller, token| seller.poll(token, &charge("in_1"), None));
        let ChargeStatus::Settled(paid) = status else { panic!("{status:?}") };
        assert_eq!((paid.bill.total_usd, paid.amount_usd), (total, None));
        assert_eq!(bench.lines(), [STATUS, LIST]);
        assert_eq!(bench.fake.seen()[0].body, r#"{"payment_intent_id":"in_1"}"#);
    }
}

#[test]
fn what_stays_pending_is_looked_for_among_the_invoices_at_every_third_look() {
    let bench_of = |word: &'static str| {
        Bench::new(move |seen| {
            if seen.line == STATUS {
                return wrapped(&json!({"status": "pending"}));
            }
            list(&[invoice("in_1", word), invoice("in_2", "void")], false)
        })
    };
    for word in ["void", "uncollectible"] {
        let bench = bench_of(word);
        let status = bench.with(|seller, token| seller.poll(token, &charge("in_1"), None));
        let ChargeStatus::Failed(refusal) = status else { panic!("{status:?}") };
        assert_eq!((refusal.class, refusal.code.as_deref()), (Class::PaymentFailed, Some(word)));
    }
    let bench = bench_of("open");
    bench.with(|seller, token| {
        for _ in 0..4 {
            let status = seller.poll(token, &charge("in_1"), None);
            assert!(matches!(status, ChargeStatus::Pending), "{status:?}");
        }
    });
    assert_eq!(bench.lines(), [STATUS, LIST, STATUS, STATUS, STATUS, LIST]);
    for broken in [refused(500), refused(200), wrapped(&json!({})), wrapped(&json!({"status": 7}))]
    {
        let broken = std::sync::Mutex::new(Some(broken));
        let bench =
            Bench::new(move |_| broken.lock().expect("one request").take().unwrap_or(Does::HangUp));
        let status = bench.with(|seller, token| seller.poll(token, &charge("in_1"), None));
        assert!(matches!(status, ChargeStatus::Trouble { unauthorized: false, .. }), "{status:?}");
    }
}

#[test]
fn the_list_is_evidence_only_where_it_is_whole() {
    let read = |answer: fn() -> Does| {
        let bench = Bench::new(move |_| answer());
        bench.with(|seller, token| {
            seller.ask_time(token).ok();
            seller.evidence().expect("a list").read(token)
        })
    };
    let EvidenceAnswer::Read(reading) = read(|| list(&[invoice("in_1", "open")], false)) else {
        panic!("a list")
    };
    assert_eq!((reading.auto_reload, reading.account_proven), (None, true));
    let ShownPurchase::Purchases(listed) = reading.shown else { panic!("purchases") };
    assert_eq!((listed.len(), &listed[0].id), (1, &charge("in_1")));
    for broken in [
        (|| list(&[invoice("in_1", "open")], true)) as fn() -> Does,
        || refused(500),
        || wrapped(&json!({})),
        || Does::HangUp,
    ] {
        assert!(matches!(read(broken), EvidenceAnswer::Trouble { unauthorized: false, .. }));
    }
}

#[test]
fn what_is_never_sold_is_refused_before_anything_is_asked() {
    let mut bench = Bench::new(|_| refused(500));
    let quote = |bench: &Bench, text: &str| {
        let asked = amount(text);
        bench.with(|seller, token| seller.quote(token, asked))
    };
    assert_eq!(quote(&bench, "10").expect("sold"), None);
    let refused = quote(&bench, "9.99").expect_err("too little");
    assert_eq!(refused.class(), Class::AmountOutOfBounds);
    assert_eq!(refused.parts().details["min_usd"], "10.00");
    bench.home.portal.account.clear();
    assert_eq!(quote(&bench, "10").expect_err("no account").class(), Class::Config);
    assert!(bench.lines().is_empty());
}
