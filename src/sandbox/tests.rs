//! The contract as a client sees it: real requests to a served portal, its clock turned by hand.

use super::settings::assign;
use super::*;
use faults::Effect;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::{Method, redirect};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

mod logins;
mod wire;

struct Bench {
    portal: Portal,
    running: Running,
    ready: Ready,
    client: Client,
}

struct Told {
    status: u16,
    body: Value,
    retry_after: Option<String>,
    replayed: bool,
}

fn bench() -> Bench {
    bench_with(&Options::default())
}

fn bench_with(options: &Options) -> Bench {
    let portal = Portal::ephemeral().expect("a portal");
    let running = portal.serve(options).expect("served");
    let ready = portal.ready(&running).expect("ready");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .tls_certs_only(std::iter::empty())
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client");
    Bench { portal, running, ready, client }
}

impl Bench {
    fn set(&self, assignment: &str) {
        self.portal.work(|work| assign(work, assignment)).expect(assignment);
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url().as_str().trim_end_matches('/'))
    }

    fn tell(request: RequestBuilder) -> Told {
        let answer = request.send().expect("an answer");
        let header = |name: &str| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert!(header("date").is_some(), "a client tells the age of what it sent by it");
        Told {
            status: answer.status().as_u16(),
            retry_after: header("retry-after"),
            replayed: header("idempotent-replayed").is_some(),
            body: serde_json::from_str(&answer.text().expect("text")).unwrap_or_default(),
        }
    }

    fn get(&self, path: &str) -> Told {
        Self::tell(self.client.get(self.url(path)).bearer_auth(&self.ready.token))
    }

    fn send(&self, method: Method, path: &str, body: &str) -> Told {
        let request = self.client.request(method, self.url(path)).bearer_auth(&self.ready.token);
        Self::tell(request.body(body.to_owned()))
    }

    fn buy(&self, token: &str, key: &str, body: &str) -> Told {
        let request = self.client.post(self.url("/api/billing/charge")).bearer_auth(token);
        Self::tell(request.header("Idempotency-Key", key).body(body.to_owned()))
    }

    fn form(&self, path: &str, fields: &str, refresh: Option<&str>) -> Told {
        let mut request = self
            .client
            .post(self.url(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(fields.to_owned());
        if let Some(token) = refresh {
            request = request.header("x-nous-refresh-token", token);
        }
        Self::tell(request)
    }

    /// A charge of so many dollars with the token that may spend.
    fn charge(&self, key: &str, dollars: &str) -> Told {
        self.buy(&self.ready.token, key, &format!(r#"{{"amountUsd":{dollars}}}"#))
    }

    /// Where a charge stands.
    fn status(&self, id: &Value) -> Value {
        self.get(&format!("/api/billing/charge/{}", id.as_str().expect("an id"))).body
    }

    /// Another login, with permission to spend, by the portal's present clock and rules.
    fn fresh_token(&self) -> String {
        self.portal.ready(&self.running).expect("a session").token
    }

    /// Everything that comes back for these very bytes until the connection ends.
    fn raw(&self, request: &str) -> Vec<u8> {
        let url = self.running.base_url();
        let address = (url.host_str().expect("a host"), url.port().expect("a port"));
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a deadline");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
        answer
    }

    fn error(told: &Told) -> &str {
        told.body["error"].as_str().unwrap_or_default()
    }
}

#[test]
fn the_gates_stand_in_their_order() {
    let bench = bench();
    for assignment in ["role=MEMBER", "switch=off", "card=none", "limit=1"] {
        bench.set(assignment);
    }
    bench.portal.revoke(Revoke::Spending).expect("revoked");
    let buy = |token: &str| bench.buy(token, "key-00001", r#"{"amountUsd":25}"#);
    let next = |told: Told, status: u16, error: &str| {
        assert_eq!((told.status, Bench::error(&told)), (status, error));
    };
    next(buy("nonsense"), 401, "invalid_token");
    next(buy(&bench.ready.token_without_scope), 403, "insufficient_scope");
    next(buy(&bench.ready.token), 403, "remote_spending_revoked");
    let token = bench.portal.ready(&bench.running).expect("a fresh session").token;
    next(buy(&token), 403, "role_required");
    bench.set("role=ADMIN");
    next(buy(&token), 403, "cli_billing_disabled");
    bench.set("switch=on");
    next(buy(&token), 403, "no_payment_method");
    bench.set("card=visa");
    let capped = buy(&token);
    assert_eq!(capped.body["remainingUsd"], "1");
    next(capped, 403, "monthly_cap_exceeded");
    bench.set("limit=none");
    let taken = buy(&token);
    assert_eq!(taken.status, 202);
    assert!(taken.body["chargeId"].as_str().expect("an id").starts_with("ch_"));
}

#[test]
fn bodies_and_keys_are_strict() {
    let bench = bench();
    let without_key = bench.send(Method::POST, "/api/billing/charge", r#"{"amountUsd":25}"#);
    assert_eq!((without_key.status, Bench::error(&without_key)), (400, "idempotency_key_required"));
    for body in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"amountUsd":"25"}"#,
        r#"{"amountUsd":0}"#,
        r#"{"amountUsd":-25}"#,
        r#"{"amountUsd":25.001}"#,
        r#"{"amountUsd":25,"x":1}"#,
        r#"{"amountUsd":9.99}"#,
        r#"{"amountUsd":10000.01}"#,
        r#"{"amountUsd":25,"amountUsd":2500}"#,
        r#"{"amountUsd":1e999}"#,
        r#"{"amountUsd":25.00000000000000000000000000000001}"#,
        r#"{"amountUsd":25} "#.trim_end_matches([' ', '}']),
    ] {
        let told = bench.buy(&bench.ready.token, "key-00001", body);
        assert_eq!((told.status, Bench::error(&told)), (400, "validation_failed"), "{body}");
    }
    for body in [
        r#"{"enabled":true,"threshold":20}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":100,"maxMonthlySpend":1}"#,
        r#"{"enabled":"yes","threshold":20,"topUpAmount":100}"#,
        r#"{"enabled":true,"threshold":0,"topUpAmount":100}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":-1}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":"100"}"#,
        r#"{"enabled":true,"enabled":false,"threshold":20,"topUpAmount":100}"#,
    ] {
        assert_eq!(
            bench.send(Method::PATCH, "/api/billing/auto-top-up", body).status,
            400,
            "{body}"
        );
    }
    assert!(bench.portal.charges().expect("none").is_empty());
}

#[test]
fn a_key_is_remembered_for_a_day_and_belongs_to_one_amount() {
    let bench = bench();
    bench.set("token-life=100h");
    let token = bench.portal.ready(&bench.running).expect("a long session").token;
    let first = bench.buy(&token, "key-00001", r#"{"amountUsd":25}"#);
    let again = bench.buy(&token, "key-00001", r#"{"amountUsd":25.00}"#);
    assert_eq!((again.status, again.replayed), (202, true));
    assert_eq!(again.body, first.body);
    let other = bench.buy(&token, "key-00001", r#"{"amountUsd":26}"#);
    assert_eq!((other.status, Bench::error(&other)), (409, "idempotency_conflict"));
    bench.set("card=none");
    assert_eq!(
        bench.buy(&token, "key-00001", r#"{"amountUsd":25}"#).status,
        202,
        "the money gates come after the key"
    );
    bench.set("card=visa");
    bench.set("clock=+25h");
    let forgotten = bench.buy(&token, "key-00001", r#"{"amountUsd":25}"#);
    assert_ne!(
        forgotten.body, first.body,
        "a forgotten key is a new charge: that is why old keys are not sent"
    );
    assert_eq!(bench.portal.charges().expect("charges").len(), 2);
}

#[test]
fn two_requests_with_one_key_at_once_make_one_charge() {
    let bench = bench();
    let ids: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| bench.buy(&bench.ready.token, "key-00001", r#"{"amountUsd":25}"#))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker.join().expect("answered").body["chargeId"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            })
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(bench.portal.charges().expect("one").len(), 1);
}

#[test]
fn a_charge_settles_by_the_clock_and_moves_the_balance_once() {
    let bench = bench();
    bench.set("settle-after=10m");
    let id = bench.buy(&bench.ready.token, "key-00001", r#"{"amountUsd":25}"#).body["chargeId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let look = format!("/api/billing/charge/{id}");
    assert_eq!(bench.get(&look).body, json!({"status": "pending"}));
    assert_eq!(bench.get("/api/billing/state").body["balanceUsd"], "142.5");
    bench.set("clock=+11m");
    let settled = bench.get(&look).body;
    assert_eq!((&settled["status"], &settled["amountUsd"]), (&json!("settled"), &json!("25")));
    for _ in 0..2 {
        assert_eq!(bench.get("/api/billing/state").body["balanceUsd"], "167.5");
    }
    assert_eq!(bench.get("/api/billing/charge/ch_unknown").body, json!({"status": "pending"}));
    let reopened = Portal::open(&bench.portal.file).expect("the same state");
    assert_eq!(reopened.charges().expect("charges")[0].status, "settled");
}

#[test]
fn five_an_hour_for_the_organisation_and_for_the_token() {
    let bench = bench();
    let buy =
        |n: u32| bench.buy(&bench.ready.token, &format!("key-0000{n}"), r#"{"amountUsd":10}"#);
    for n in 0..5 {
        assert_eq!(buy(n).status, 202);
    }
    let limited = buy(6);
    assert_eq!((limited.status, Bench::error(&limited)), (429, "rate_limited"));
    let wait: u64 = limited.retry_after.expect("a header").parse().expect("seconds");
    assert!((3500..=3600).contains(&wait), "{wait}");
    assert_eq!(buy(0).status, 202, "a replay does not count");
    bench.set("rate-limit=off");
    assert_eq!(buy(7).status, 202);
}

#[test]
fn the_month_ends_and_what_failed_was_not_spent() {
    let bench = bench();
    bench.set("spent=990");
    let told = bench.buy(&bench.ready.token, "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(
        (Bench::error(&told), &told.body["isDefaultCeiling"]),
        ("monthly_cap_exceeded", &json!(true))
    );
    bench.set("token-life=1000h");
    bench.set("clock=+768h");
    let token = bench.portal.ready(&bench.running).expect("a long session").token;
    bench.set("settle-after=0s");
    bench.set("card=declined");
    assert_eq!(bench.buy(&token, "key-00002", r#"{"amountUsd":900}"#).status, 202);
    bench.set("card=visa");
    assert_eq!(bench.buy(&token, "key-00003", r#"{"amountUsd":900}"#).status, 202);
}

#[test]
fn a_refresh_token_works_once_and_its_reuse_revokes_the_session() {
    let bench = bench();
    let refresh = |token: &str| {
        bench.form("/api/oauth/token", "grant_type=refresh_token&client_id=hermes-cli", Some(token))
    };
    let first = refresh(&bench.ready.refresh_token);
    assert_eq!(first.status, 200);
    let renewed = first.body["refresh_token"].as_str().expect("a token").to_owned();
    assert_ne!(renewed, bench.ready.refresh_token);
    assert_eq!(bench.get("/api/billing/state").status, 200);
    let reused = refresh(&bench.ready.refresh_token);
    assert_eq!((reused.status, Bench::error(&reused)), (400, "refresh_token_reused"));
    let revoked = bench.get("/api/billing/state");
    assert_eq!((revoked.status, Bench::error(&revoked)), (401, "session_revoked"));
    assert_eq!(Bench::error(&refresh(&renewed)), "invalid_grant");
    assert_eq!(Bench::error(&refresh("unknown")), "invalid_grant");
}

#[test]
fn a_login_lasts_thirty_days_whatever_is_refreshed_and_a_token_a_quarter_of_an_hour() {
    let bench = bench();
    bench.set("clock=+16m");
    assert_eq!(bench.get("/api/billing/state").status, 401);
    let refresh = |token: &str| {
        bench.form("/api/oauth/token", "grant_type=refresh_token&client_id=hermes-cli", Some(token))
    };
    bench.set("clock=+700h");
    let late = refresh(&bench.ready.refresh_token);
    assert_eq!(late.status, 200);
    bench.set("clock=+721h");
    let over = refresh(late.body["refresh_token"].as_str().expect("a token"));
    assert_eq!(Bench::error(&over), "invalid_grant");
}

#[test]
fn the_device_flow_waits_slows_down_and_grants_only_what_was_ticked() {
    let bench = bench();
    let begin = || {
        bench
            .form(
                "/api/oauth/device/code",
                "client_id=c&scope=inference:invoke+billing:manage",
                None,
            )
            .body
    };
    let poll = |code: &Value| {
        let fields = format!(
            "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=c&device_code={}",
            code.as_str().expect("a code")
        );
        bench.form("/api/oauth/token", &fields, None)
    };
    let asked = begin();
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(600), &json!(5)));
    assert_eq!(Bench::error(&poll(&asked["device_code"])), "authorization_pending");
    assert_eq!(Bench::error(&poll(&asked["device_code"])), "slow_down");
    let user_code = asked["user_code"].as_str().expect("a code");
    bench.portal.approve(user_code, false).expect("approved");
    let granted = poll(&asked["device_code"]);
    assert_eq!((granted.status, &granted.body["scope"]), (200, &json!("inference:invoke")));
    assert_eq!(Bench::error(&poll(&asked["device_code"])), "invalid_grant", "once only");
    for (role, scope) in
        [("ADMIN", "inference:invoke billing:manage"), ("MEMBER", "inference:invoke")]
    {
        bench.set(&format!("role={role}"));
        let asked = begin();
        bench.portal.approve(asked["user_code"].as_str().expect("a code"), true).expect("approved");
        assert_eq!(poll(&asked["device_code"]).body["scope"], scope, "{role}");
    }
    let asked = begin();
    bench.set("clock=+11m");
    assert_eq!(Bench::error(&poll(&asked["device_code"])), "expired_token");
    assert!(bench.portal.approve(asked["user_code"].as_str().expect("a code"), true).is_err());
}

#[test]
fn a_token_says_whom_it_acts_for() {
    use base64::Engine;
    let bench = bench();
    let payload = bench.ready.token.split('.').nth(1).expect("a JWT");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let claims: Value = serde_json::from_slice(&bytes).expect("JSON");
    for claim in
        ["sub", "org_id", "client_id", "scope", "exp", "iat", "paid_access", "subscription_tier"]
    {
        assert!(!claims[claim].is_null(), "{claim}");
    }
    assert_eq!(bench.get("/api/oauth/account").body["organisation"]["id"], claims["org_id"]);
    assert_eq!(bench.get("/api/billing/state").body["org"]["id"], claims["org_id"]);
}

#[test]
fn plans_are_previewed_scheduled_and_upgraded_under_a_key() {
    let bench = bench();
    let preview = |id: &str| {
        let body = json!({"subscriptionTypeId": id}).to_string();
        bench.send(Method::POST, "/api/billing/subscription/preview", &body).body
    };
    assert!(bench.get("/api/billing/subscription").body["current"].is_null());
    assert_eq!(
        (&preview("plus")["effect"], &preview("plus")["amountDueNowCents"]),
        (&json!("charge_now"), &json!(2000))
    );
    assert_eq!(preview("free")["effect"], "no_op");
    assert_eq!(preview("legacy")["effect"], "blocked");
    let upgrade = |key: &str, id: &str| {
        let request = bench
            .client
            .post(bench.url("/api/billing/subscription/upgrade"))
            .bearer_auth(&bench.ready.token);
        Bench::tell(
            request
                .header("Idempotency-Key", key)
                .body(json!({"subscriptionTypeId": id}).to_string()),
        )
    };
    assert_eq!(upgrade("key-00001", "super").body["status"], "upgraded");
    assert!(upgrade("key-00001", "super").replayed);
    assert_eq!(Bench::error(&upgrade("key-00001", "ultra")), "idempotency_conflict");
    assert_eq!(upgrade("key-00002", "super").body["status"], "already_on_tier");
    assert_eq!(preview("plus")["effect"], "scheduled");
    let change = r#"{"type":"tier_change","subscriptionTypeId":"plus"}"#;
    assert_eq!(
        bench.send(Method::PUT, "/api/billing/subscription/pending-change", change).status,
        200
    );
    assert_eq!(
        bench.get("/api/billing/subscription").body["current"]["pendingDowngradeTierName"],
        "Plus"
    );
    let cancel = r#"{"type":"cancellation"}"#;
    assert_eq!(
        bench.send(Method::PUT, "/api/billing/subscription/pending-change", cancel).body["cancelAtPeriodEnd"],
        true
    );
    assert_eq!(
        bench.send(Method::DELETE, "/api/billing/subscription/pending-change", "").status,
        200
    );
    assert_eq!(bench.get("/api/billing/subscription").body["current"]["cancelAtPeriodEnd"], false);
    bench.set("card=3ds");
    let needs_person = upgrade("key-00003", "ultra").body;
    assert_eq!(
        (&needs_person["status"], &needs_person["recoveryUrl"]),
        (&json!("requires_action"), &json!("/manage-subscription"))
    );
}

#[test]
fn faults_do_to_the_connection_what_they_say() {
    let bench = bench();
    let fault = |effect: Effect| {
        let fault = Fault {
            id: 0,
            method: "POST".into(),
            path: "/api/billing/charge".into(),
            effect,
            times: 1,
        };
        bench.portal.add_fault(&fault).expect("kept");
    };
    let send = |key: &str| {
        let request =
            bench.client.post(bench.url("/api/billing/charge")).bearer_auth(&bench.ready.token);
        request.header("Idempotency-Key", key).body(r#"{"amountUsd":25}"#).send()
    };
    let charges = || bench.portal.charges().expect("charges").len();
    fault(Effect::DropBefore);
    assert!(send("key-00001").is_err());
    assert_eq!(charges(), 0, "no work was done");
    fault(Effect::LoseResponse);
    assert!(send("key-00001").is_err());
    assert_eq!(charges(), 1, "the work was done");
    fault(Effect::Truncate);
    let half = send("key-00001").expect("a head");
    assert_eq!(half.status(), 202);
    assert!(half.bytes().is_err(), "the body breaks off");
    fault(Effect::Html);
    let page = send("key-00001").expect("a page");
    assert!(page.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
    fault(Effect::Answer { status: 503, retry_after: Some(60), body: None });
    let refused = Bench::tell(bench.client.post(bench.url("/api/billing/charge")));
    assert_eq!((refused.status, refused.retry_after.as_deref()), (503, Some("60")));
    fault(Effect::Delay(200));
    let started = std::time::Instant::now();
    assert_eq!(send("key-00001").expect("an answer").status(), 202);
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(charges(), 1);
    assert!(bench.portal.faults().expect("none").is_empty(), "each fired once");
    let log = bench.portal.log().expect("a log");
    assert!(
        log.iter().any(|seen| seen.fault.is_some())
            && log.iter().all(|seen| !format!("{seen:?}").contains(&bench.ready.token))
    );
}

#[test]
fn auto_reload_fires_below_its_threshold_and_not_twice_at_once() {
    let bench = bench();
    bench.set("auto-reload=50:200");
    let amount = |text: &str| Amount::parse(text).expect("an amount");
    bench.portal.spend(amount("90")).expect("spent");
    assert!(bench.portal.charges().expect("none").is_empty(), "52.5 are enough");
    bench.portal.spend(amount("10")).expect("spent");
    bench.portal.spend(amount("10")).expect("spent");
    let charges = bench.portal.charges().expect("one");
    assert_eq!(
        charges.iter().map(|charge| charge.amount_usd.as_str()).collect::<Vec<_>>(),
        ["157.5"]
    );
    bench.set("clock=+1m");
    assert_eq!(bench.get("/api/billing/state").body["balanceUsd"], "190");
}

#[test]
fn a_refused_amount_names_the_bounds_and_the_bounds_can_be_met() {
    let bench = bench();
    let told = bench.charge("key-00001", "9.99");
    let message = told.body["message"].as_str().expect("a message");
    assert!(message.contains("10") && message.contains("10000"), "{message}");
    bench.set("min=3");
    bench.set("max=7.5");
    assert_eq!(
        bench.get("/api/billing/state").body["bounds"],
        json!({"minUsd": "3", "maxUsd": "7.5"})
    );
    let told = bench.charge("key-00002", "7.51");
    let message = told.body["message"].as_str().expect("a message");
    assert!(message.contains('3') && message.contains("7.5"), "{message}");
    assert_eq!(bench.charge("key-00002", "3").status, 202);
    assert_eq!(bench.charge("key-00003", "7.50").status, 202);
}

#[test]
fn a_key_is_one_visible_word() {
    let bench = bench();
    let request = || bench.client.post(bench.url("/api/billing/charge"));
    let longest = "k".repeat(255);
    let with = |keys: &[&[u8]]| {
        let mut request = request().bearer_auth(&bench.ready.token).body(r#"{"amountUsd":25}"#);
        for key in keys {
            request = request.header(
                "Idempotency-Key",
                reqwest::header::HeaderValue::from_bytes(key).expect("a value"),
            );
        }
        Bench::tell(request)
    };
    let too_long = "k".repeat(256);
    let bad: [&[&[u8]]; 6] = [
        &[b""],
        &[b"two words"],
        &["schl\u{fc}ssel".as_bytes()],
        &[b"tab\tbed"],
        &[too_long.as_bytes()],
        &[b"key-00001", b"key-00002"],
    ];
    for keys in bad {
        let told = with(keys);
        assert_eq!((told.status, Bench::error(&told)), (400, "validation_failed"), "{keys:?}");
    }
    assert_eq!(Bench::error(&with(&[])), "idempotency_key_required");
    assert!(bench.portal.charges().expect("none").is_empty());
    assert_eq!(with(&[longest.as_bytes()]).status, 202);
}

#[test]
fn a_denial_is_not_remembered_and_a_known_key_does_not_open_the_door() {
    let bench = bench();
    bench.set("card=none");
    assert_eq!(Bench::error(&bench.charge("key-00001", "25")), "no_payment_method");
    bench.set("card=visa");
    bench.set("limit=20");
    assert_eq!(Bench::error(&bench.charge("key-00001", "25")), "monthly_cap_exceeded");
    bench.set("limit=none");
    let taken = bench.charge("key-00001", "25");
    assert_eq!((taken.status, taken.replayed), (202, false), "denied twice, taken now");
    bench.set("role=MEMBER");
    assert_eq!(Bench::error(&bench.charge("key-00001", "25")), "role_required");
    bench.set("role=OWNER");
    bench.set("switch=off");
    let off = bench.charge("key-00001", "25");
    assert_eq!(
        (Bench::error(&off), &off.body["code"]),
        ("cli_billing_disabled", &json!("remote_spending_disabled"))
    );
    bench.set("switch=on");
    assert!(bench.charge("key-00001", "25").replayed);
    bench.set("limit=1");
    assert_eq!(
        Bench::error(&bench.charge("key-00001", "26")),
        "idempotency_conflict",
        "the key is looked at before the limit"
    );
}

#[test]
fn a_key_lives_a_day_and_no_less() {
    let bench = bench();
    bench.set("token-life=100h");
    let token = bench.fresh_token();
    let buy = || bench.buy(&token, "key-00001", r#"{"amountUsd":25}"#);
    let first = buy();
    bench.set("clock=+1439m");
    let late = buy();
    assert!(late.replayed);
    assert_eq!(late.body, first.body);
    bench.set("clock=+1441m");
    assert!(!buy().replayed, "looking at it has not made it live longer");
}

#[test]
fn each_test_card_does_what_it_is_for() {
    let bench = bench();
    bench.set("settle-after=0s");
    for (number, (card, reason)) in [
        ("3ds", "authentication_required"),
        ("declined", "card_declined"),
        ("expired", "payment_method_expired"),
        ("error", "processing_error"),
    ]
    .into_iter()
    .enumerate()
    {
        bench.set(&format!("card={card}"));
        let key = format!("key-0000{number}");
        let taken = bench.charge(&key, "25");
        assert_eq!(taken.status, 202, "accepted is not paid");
        assert_eq!(
            bench.status(&taken.body["chargeId"]),
            json!({"status": "failed", "reason": reason})
        );
        bench.set("card=visa");
        let again = bench.charge(&key, "25");
        assert_eq!(again.body, taken.body, "a failed charge is not tried again under its key");
        assert_eq!(bench.status(&again.body["chargeId"])["status"], "failed");
    }
    assert_eq!(bench.get("/api/billing/state").body["balanceUsd"], "142.5", "nothing moved");
    bench.set("card=link");
    let taken = bench.charge("key-00009", "25");
    assert_eq!(bench.status(&taken.body["chargeId"])["status"], "settled");
    let state = bench.get("/api/billing/state").body;
    assert_eq!((&state["card"]["brand"], &state["card"]["last4"]), (&json!("Link"), &json!("")));
    assert_eq!(state["monthlyCap"]["spentThisMonthUsd"], "25", "what failed was not spent");
}

#[test]
fn retry_after_is_the_truth() {
    let bench = bench();
    bench.set("token-life=100h");
    let token = bench.fresh_token();
    let other = bench.fresh_token();
    let buy =
        |token: &str, n: u32| bench.buy(token, &format!("key-0000{n}"), r#"{"amountUsd":10}"#);
    for n in 0..5 {
        assert_eq!(buy(&token, n).status, 202);
    }
    assert_eq!(Bench::error(&buy(&other, 5)), "rate_limited", "the organisation is limited");
    let wait: u64 = buy(&token, 5).retry_after.expect("a header").parse().expect("seconds");
    bench.set(&format!("clock=+{}s", wait - 20));
    assert_eq!(buy(&token, 5).status, 429);
    bench.set(&format!("clock=+{wait}s"));
    assert_eq!(buy(&token, 5).status, 202);
}
