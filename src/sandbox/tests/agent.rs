//! A CIRIS agent: its logins, what it sells, payments and what they are credited.

use super::*;

impl SandboxBench {
    fn agent(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> BenchAnswer {
        let mut request = self.client.request(method, self.url(path)).body(body.to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Self::exchange(request)
    }

    fn sign_in(&self) -> BenchAnswer {
        let body =
            json!({"username": self.ready.ciris_username, "password": self.ready.ciris_password});
        self.agent(Method::POST, "/v1/auth/login", None, &body)
    }

    fn agent_token(&self) -> String {
        self.sign_in().body["access_token"].as_str().expect("a token").to_owned()
    }
}

const CREDITS: &str = "/v1/api/billing/credits";
const INITIATE: &str = "/v1/api/billing/purchase/initiate";
const TRANSACTIONS: &str = "/v1/api/billing/transactions";

#[test]
fn a_login_is_told_renewed_and_ended() {
    let bench = bench();
    let ask = |method, path: &str, token: &str| bench.agent(method, path, Some(token), &json!({}));
    let first = bench.agent_token();
    let me = ask(Method::GET, "/v1/auth/me", &first);
    assert_eq!((me.status, &me.body["username"]), (200, &json!(bench.ready.ciris_username)));
    let renewed = ask(Method::POST, "/v1/auth/refresh", &first);
    assert_eq!((renewed.status, &renewed.body["expires_in"]), (200, &json!(2_592_000)));
    let second = renewed.body["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(ask(Method::GET, CREDITS, &first).status, 401, "it ended with the renewal");
    bench.set("clock=+29d");
    assert_eq!(ask(Method::GET, CREDITS, &second).status, 200);
    assert_eq!(ask(Method::POST, "/v1/auth/logout", &second).status, 204);
    assert_eq!(ask(Method::GET, "/v1/auth/me", &second).status, 401);
    let unknown = ask(Method::GET, "/v1/auth/nothing", &second);
    assert_eq!((unknown.status, &unknown.body["detail"]), (404, &json!("Not found")));
}

#[test]
fn an_agent_says_why_it_lets_nobody_in() {
    let bench = bench();
    let setup =
        || bench.agent(Method::GET, "/v1/setup/status", None, &json!({})).body["data"].take();
    assert_eq!(setup()["setup_required"], false);
    bench.set("ciris-setup=required");
    assert_eq!(setup()["setup_required"], true);
    assert_eq!(bench.sign_in().status, 401);
    bench.set("ciris-setup=starting");
    let starting = bench.sign_in();
    assert_eq!((starting.status, starting.retry_after.as_deref()), (503, Some("2")));
    bench.set("ciris-setup=done");
    bench.set("ciris-account=no_password");
    let refused = bench.sign_in();
    assert_eq!(refused.status, 401);
    assert!(refused.body["error"].is_string() && refused.body["reason_id"].is_string());
}

#[test]
fn each_way_of_selling_nothing_is_answered_in_its_own_words() {
    let bench = bench();
    let token = bench.agent_token();
    let ask = |method, path: &str| bench.agent(method, path, Some(&token), &json!({}));
    for (mode, initiate, status, transactions) in
        [("free_only", 403, 404, 200), ("unlimited", 503, 503, 200), ("app_store", 500, 500, 500)]
    {
        bench.set(&format!("ciris-mode={mode}"));
        assert_eq!(ask(Method::GET, CREDITS).status, 200, "{mode}");
        assert_eq!(ask(Method::POST, INITIATE).status, initiate, "{mode}");
        let payment = ask(Method::GET, "/v1/api/billing/purchase/status/pi_1");
        assert_eq!(payment.status, status, "{mode}");
        assert_eq!(ask(Method::GET, TRANSACTIONS).status, transactions, "{mode}");
    }
    assert_eq!(ask(Method::GET, CREDITS).body["daily_free_uses_remaining"], 0, "always sent");
}

#[test]
fn a_paid_pack_is_credited_when_it_is_booked_and_named_by_its_payment() {
    let bench = bench_with(&ServeOptions { auto_pay: true, ..ServeOptions::default() });
    for assignment in ["settle-after=0s", "ciris-booking=30s", "rate-limit=off"] {
        bench.set(assignment);
    }
    let token = bench.agent_token();
    let ask = |method, path: &str| bench.agent(method, path, Some(&token), &json!({})).body;
    let payment = ask(Method::POST, INITIATE)["payment_id"].clone();
    let place = format!("/v1/api/billing/purchase/status/{}", payment.as_str().expect("an id"));
    let paid = ask(Method::GET, &place);
    assert_eq!((&paid["status"], &paid["credits_added"]), (&json!("succeeded"), &json!(0)));
    let named = || {
        let list = ask(Method::GET, TRANSACTIONS)["transactions"].take();
        let list = list.as_array().expect("a list").clone();
        list.into_iter().find(|one| one["external_transaction_id"] == payment)
    };
    assert!(named().is_none(), "paid, and not credited yet");
    bench.set("clock=+31s");
    let booked = named().expect("credited");
    assert_eq!((&booked["amount_minor"], &booked["type"]), (&json!(100), &json!("credit")));
    assert!(booked["transaction_type"].is_string());
    bench.set("ciris-status=broken");
    let broken = bench.agent(Method::GET, &place, Some(&token), &json!({}));
    assert_eq!((broken.status, broken.body), (500, Value::Null), "no JSON");
}
