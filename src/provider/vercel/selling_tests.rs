//! What is asked of Vercel, and what its answers prove. Contract: vercel.

use super::*;
use crate::core::secret::Secret;
use crate::core::target::PortalTarget;
use crate::credentials::fake::{Does, Fake, Home, Seen};
use crate::provider::Bill;
use crate::provider::balances::row_of;
use serde_json::json;

fn intent(status: &str) -> Value {
    json!({"purchaseIntent": {"id": "pur_1", "status": status, "currency": "usd",
        "subtotal": "25.00", "tax": "2.00", "total": "27.00"}})
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

/// An account at a server that is both services.
struct Bench {
    fake: Fake,
    home: Home,
}

impl Bench {
    fn new(team: Option<&str>, script: impl Fn(&Seen) -> Does + Send + Sync + 'static) -> Self {
        let fake = Fake::start(move |_, seen| script(seen));
        let system = crate::provider::find("vercel").expect("a row");
        let mut home = Home::of_system(&fake.base, system);
        home.portal.account.extend(team.map(|team| ("team", team.to_owned())));
        let account = home.portal.account.clone();
        let gateway = PortalTarget { account, ..PortalTarget::at(fake.base.clone(), system) };
        home.portal.gateway = Some(Box::new(gateway));
        Self { fake, home }
    }

    /// What this does there, with this key for the balance and that token for buying.
    fn with_both<T>(
        &self,
        key: &str,
        token: &str,
        act: impl FnOnce(&Vercel<'_>, &Token) -> T,
    ) -> T {
        let session = self.home.session().with_token(Secret::new(key));
        let row = row_of(self.home.portal.system).expect("a row");
        act(&Vercel::new(Balances::new(row, session)), &Token::new(Secret::new(token)))
    }

    fn with<T>(&self, act: impl FnOnce(&Vercel<'_>, &Token) -> T) -> T {
        self.with_both("token", "token", act)
    }

    fn post(&self) -> ChargeResponse {
        let key = IdempotencyKey::parse("a-key-that-is-not-sent").expect("a key");
        self.with(|seller, token| seller.post(token, &key, &seller.request_body(amount("25"))))
    }
}

#[test]
fn a_request_is_whole_dollars_for_the_team_and_is_sent_once_without_any_key() {
    for (team, path) in [
        (None, "POST /v1/billing/buy"),
        (Some("team_1"), "POST /v1/billing/buy?teamId=team_1"),
        (Some("acme"), "POST /v1/billing/buy?slug=acme"),
    ] {
        let bench = Bench::new(team, |_| Does::Answer(200, intent("succeeded")));
        let ChargeResponse::Done(paid) = bench.post() else { panic!("paid") };
        let total = Money::parse("27.00");
        let bill = Bill { total_usd: total, tax_usd: Money::parse("2.00"), invoice_url: None };
        assert_eq!(paid.bill, bill);
        let seen = bench.fake.seen();
        assert_eq!((seen.len(), seen[0].line.as_str()), (1, path));
        let item = r#"{"item":{"type":"credits","creditType":"gateway","amount":25}}"#;
        assert_eq!(seen[0].body, item);
        assert_eq!(seen[0].header("authorization"), Some("Bearer token"));
        assert!(!format!("{seen:?}").contains("a-key-that"), "it knows none");
        let acts_for = bench.with(|seller, token| seller.acts_for(token));
        match team {
            Some(team) => assert_eq!(acts_for, (Some(team.to_owned()), None)),
            None => assert!(acts_for.0.is_none() && acts_for.1.is_some(), "{acts_for:?}"),
        }
    }
}

#[test]
fn a_refusal_is_in_the_words_of_the_page_and_everything_else_is_not_known() {
    let error = |code: &str| json!({"error": {"code": code, "message": "No."}});
    for (status, code, class) in [
        (400, "missing_stripe_customer", Class::NoPaymentMethod),
        (402, "payment_failed", Class::CardDeclined),
        (401, "forbidden", Class::NotLoggedIn),
    ] {
        let body = error(code);
        let bench = Bench::new(None, move |_| Does::Answer(status, body.clone()));
        let ChargeResponse::Refused(refusal) = bench.post() else { panic!("{code} refuses") };
        assert_eq!((refusal.class, refusal.code.as_deref()), (class, Some(code)));
        assert!(refusal.portal_url.is_some_and(|page| page.starts_with("https://vercel.com/")));
    }
    for (status, body) in [
        (500, error("purchase_confirm_failed")),
        (500, error("missing_stripe_customer")),
        (409, error("a word of tomorrow")),
        (200, json!({})),
        (200, json!({"orbSubscriptionIntent": {}})),
        (201, intent("succeeded")),
        (302, json!({})),
    ] {
        let bench = Bench::new(None, move |_| Does::Answer(status, body.clone()));
        let posted = bench.post();
        assert!(matches!(posted, ChargeResponse::Unknown { replay: false, .. }), "{posted:?}");
    }
    let bench = Bench::new(None, |_| Does::HangUp);
    assert!(matches!(bench.post(), ChargeResponse::Unknown { replay: false, .. }));
    assert_eq!(bench.fake.seen().len(), 1, "never a second time");
}

#[test]
fn the_granted_sum_is_evidence_of_this_account_only_where_both_keys_are_known_to_be_its_own() {
    let credits = |_: &Seen| Does::Answer(200, json!({"balance": "95.50", "total_used": "4.50"}));
    let proven = |team, key: &str, token: &str| {
        let bench = Bench::new(team, credits);
        let read = |seller: &Vercel<'_>, token: &Token| EvidenceSource::read(seller, token);
        let EvidenceAnswer::Read(reading) = bench.with_both(key, token, read) else {
            panic!("a reading")
        };
        assert!(
            matches!(reading.shown, ShownPurchase::GrantedSum(sum) if sum.to_string() == "100.00")
        );
        assert_eq!(reading.auto_reload, None);
        assert_eq!(bench.fake.seen()[0].line, "GET /credits");
        reading.account_proven
    };
    assert!(proven(None, "one", "one"), "they are one key");
    assert!(!proven(None, "one", "other"));
    assert!(!proven(Some("team_1"), "one", "other"), "the key names no team");
    let owned = |owner: &str| crate::credentials::jwt::tests::token_of(&json!({"owner_id": owner}));
    assert!(proven(Some("acme"), &owned("acme"), "other"));
    assert!(!proven(Some("acme"), &owned("another"), "other"));
    assert!(!proven(None, &owned("acme"), "other"), "nothing says which team buys");
    for broken in
        [Does::Answer(500, json!({})), Does::Answer(200, json!({"balance": "1"})), Does::HangUp]
    {
        let broken = std::sync::Mutex::new(Some(broken));
        let bench = Bench::new(None, move |_| {
            broken.lock().expect("one request").take().unwrap_or(Does::HangUp)
        });
        let read = bench.with(|seller, token| EvidenceSource::read(seller, token));
        assert!(matches!(read, EvidenceAnswer::Trouble { unauthorized: false, .. }), "{read:?}");
    }
}

#[test]
fn cents_are_never_sold_and_a_purchase_is_never_asked_about() {
    let bench = Bench::new(None, |_| Does::Answer(500, json!({})));
    bench.with(|seller, token| {
        assert_eq!(seller.quote(token, amount("25")).expect("sold"), None);
        let refused = seller.quote(token, amount("25.50")).expect_err("cents");
        assert_eq!(refused.class(), Class::AmountOutOfBounds);
        let id = ChargeId::parse("pur_1").expect("an id");
        assert!(matches!(seller.poll(token, &id, None), ChargeStatus::Pending));
        assert!(!seller.seller().status_by_id && !seller.has_monthly_limit());
    });
    assert!(bench.fake.seen().is_empty());
    bench.with(|seller, token| seller.ask_time(token).expect_err("no answer"));
    assert_eq!(bench.fake.seen()[0].line, "GET /credits");
}
