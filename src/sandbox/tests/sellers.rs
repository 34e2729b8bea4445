//! Systems that sell credits and know no keys: every request is another purchase. Contracts:
//! cloudflare, vercel.

use super::*;
use rust_decimal::Decimal;

const BILLING: &str = "/accounts/acc/ai-gateway/billing";

impl SandboxBench {
    fn at(&self, system: &str, method: Method, path: &str, body: &Value) -> BenchAnswer {
        let request = self.client.request(method, self.url(path));
        let request = request.bearer_auth(&self.ready.keys[system]);
        let has_body = !body.is_null();
        Self::exchange(if has_body { request.body(body.to_string()) } else { request })
    }

    fn cloudflare(&self, method: Method, path: &str, body: &Value) -> BenchAnswer {
        self.at("cloudflare", method, &format!("/client/v4{BILLING}{path}"), body)
    }

    fn top_up(&self, cents: i64) -> BenchAnswer {
        self.cloudflare(Method::POST, "/topup", &json!({"amount": cents}))
    }

    fn stands(&self, id: &Value) -> Value {
        let body = json!({"payment_intent_id": id});
        self.cloudflare(Method::POST, "/topup/status", &body).body["result"]["status"].clone()
    }

    fn invoices(&self, kind: &str) -> Value {
        let path = format!("/invoice-history?type={kind}");
        self.cloudflare(Method::GET, &path, &Value::Null).body["result"].clone()
    }

    fn vercel(&self, amount: &Value) -> BenchAnswer {
        let body = json!({"item": {"type": "credits", "creditType": "gateway", "amount": amount}});
        self.at("vercel", Method::POST, "/v1/billing/buy?source=api", &body)
    }

    fn granted(&self) -> String {
        let body = self.at("vercel", Method::GET, "/v1/credits", &Value::Null).body;
        let number = |key: &str| body[key].as_str().and_then(|text| text.parse().ok());
        let (left, used): (Option<Decimal>, Option<Decimal>) =
            (number("balance"), number("total_used"));
        (left.expect("a text") + used.expect("a text")).to_string()
    }
}

#[test]
fn every_request_is_another_top_up_that_is_listed_and_settles() {
    let bench = bench();
    bench.set("settle-after=10s");
    let before = bench.cloudflare(Method::GET, "/credit-balance", &Value::Null).body;
    assert_eq!(before["result"]["balance"], 2500);
    let first = bench.top_up(2500).body["result"]["payment_intent_id"].clone();
    let second = bench.top_up(2500).body["result"]["payment_intent_id"].clone();
    assert_ne!(first, second);
    assert_eq!(bench.stands(&first), "pending");
    let listed = bench.invoices("manual");
    let ids: Vec<&Value> =
        listed["invoices"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&second, &first], "newest first");
    assert_eq!(listed["invoices"][0]["status"], "open");
    assert_eq!(bench.invoices("auto")["invoices"], json!([]));
    bench.set("clock=+11s");
    assert_eq!(bench.stands(&first), "completed");
    assert_eq!(bench.invoices("manual")["invoices"][1]["amount_paid"], 2500);
    let after = bench.cloudflare(Method::GET, "/credit-balance", &Value::Null).body;
    assert_eq!(after["result"]["balance"], 7500);
    let answer = bench.portal.top_ups().expect("listed");
    assert_eq!((answer.len(), answer[0].status, &*answer[0].amount_usd), (2, "paid", "25.00"));
}

#[test]
fn a_failed_top_up_stays_pending_and_its_invoice_says_what_became_of_it() {
    let bench = bench();
    bench.set("settle-after=0s");
    for (card, word) in [("declined", "void"), ("3ds", "open")] {
        bench.set(&format!("card={card}"));
        let answer = bench.top_up(1000).body["result"].clone();
        assert_eq!(bench.stands(&answer["payment_intent_id"]), "pending");
        assert_eq!(answer["client_secret"].is_null(), card == "declined", "{answer}");
        assert_eq!(bench.invoices("manual")["invoices"][0]["status"], word);
    }
    bench.set("card=none");
    let refused = bench.top_up(1000);
    assert_eq!((refused.status, &refused.body["success"]), (400, &json!(false)));
    assert_eq!(bench.top_up(999).status, 400);
    bench.set("cloudflare-key=read");
    assert_eq!(bench.top_up(1000).status, 403);
    let balance = bench.cloudflare(Method::GET, "/credit-balance", &Value::Null).body;
    assert_eq!(balance["result"]["balance"], 2500);
}

#[test]
fn a_purchase_shows_late_where_that_is_set_and_a_list_that_goes_on_says_so() {
    let bench = bench();
    bench.set("listed-after=30s");
    bench.set("tax=10");
    bench.top_up(2500);
    assert_eq!(bench.invoices("manual")["invoices"], json!([]));
    bench.set("clock=+31s");
    let listed = bench.invoices("manual");
    assert_eq!(listed["invoices"][0]["amount_due"], 2750);
    assert_eq!(listed["pagination"]["has_more"], false);
    bench.set("cloudflare-list=more");
    assert_eq!(bench.invoices("manual")["pagination"]["has_more"], true);
}

#[test]
fn what_is_bought_at_vercel_arrives_in_the_sum_of_what_was_given() {
    let bench = bench();
    bench.set("tax=8");
    assert_eq!(bench.granted(), "29.50");
    let answer = bench.vercel(&json!(25));
    let intent = &answer.body["purchaseIntent"];
    assert_eq!((answer.status, &intent["status"]), (200, &json!("succeeded")));
    assert_eq!(intent["total"], "27.00");
    bench.set("clock=+3s");
    assert_eq!(bench.granted(), "54.50");
    for (answer, pointer) in [
        ("checkout", "/checkoutSessionUrl"),
        ("subscription", "/orbSubscriptionIntent"),
        ("pending", "/purchaseIntent/status"),
    ] {
        bench.set(&format!("vercel-answer={answer}"));
        assert!(bench.vercel(&json!(5)).body.pointer(pointer).is_some(), "{answer}");
    }
    for wrong in [json!(0), json!(2.5), json!("25"), Value::Null] {
        assert_eq!(bench.vercel(&wrong).status, 400, "{wrong}");
    }
    bench.set("card=declined");
    let refused = bench.vercel(&json!(5));
    assert_eq!((refused.status, &refused.body["error"]["code"]), (402, &json!("payment_failed")));
}

#[test]
fn a_server_that_fails_after_the_work_books_each_request() {
    let bench = bench();
    let effect =
        FaultEffect::Answer { status: 502, retry_after: None, body: None, after_work: true };
    let fault = SandboxFault {
        id: 0,
        method: "POST".into(),
        path: format!("/client/v4{BILLING}/topup"),
        effect,
        times: 2,
    };
    bench.portal.add_fault(&fault).expect("kept");
    let answer: Vec<u16> = (0..3).map(|_| bench.top_up(1000).status).collect();
    assert_eq!(answer, [502, 502, 200]);
    assert_eq!(bench.portal.top_ups().expect("listed").len(), 3);
}
