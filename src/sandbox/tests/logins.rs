//! Logins: device codes, tokens that end, refresh tokens that work once, and what is revoked.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ASK: &str = "client_id=c&scope=inference:invoke+billing:manage";
const BOTH: &str = "inference:invoke billing:manage";

fn begin(bench: &SandboxBench) -> (String, String) {
    let answer = bench.form("/api/oauth/device/code", ASK, None);
    let word = |name: &str| answer.body[name].as_str().expect(name).to_owned();
    (word("device_code"), word("user_code"))
}

fn poll(bench: &SandboxBench, client: &str, device_code: &str) -> BenchAnswer {
    let fields = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id={client}&device_code={device_code}"
    );
    bench.form("/api/oauth/token", &fields, None)
}

fn refresh(bench: &SandboxBench, token: &str) -> BenchAnswer {
    let fields = "grant_type=refresh_token&client_id=hermes-cli";
    bench.form("/api/oauth/token", fields, Some(token))
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn look(bench: &SandboxBench, authorization: &str) -> BenchAnswer {
    let request = bench.client.get(bench.url("/api/billing/state"));
    SandboxBench::exchange(request.header("Authorization", authorization))
}

#[test]
fn who_polls_too_fast_waits_five_seconds_more_each_time() {
    let bench = bench();
    let (code, _) = begin(&bench);
    let at = |second: u32| {
        bench.set(&format!("clock=+{second}s"));
        SandboxBench::error(&poll(&bench, "c", &code)).to_owned()
    };
    assert_eq!(at(0), "authorization_pending");
    assert_eq!(at(6), "authorization_pending", "five seconds are waited");
    assert_eq!(at(8), "slow_down", "ten from now on");
    assert_eq!(at(15), "slow_down", "six would have done before; fifteen from now on");
    assert_eq!(at(27), "slow_down", "eleven would have done before; twenty from now on");
    assert_eq!(at(49), "authorization_pending");
}

#[test]
fn a_denied_code_gives_nothing_and_stays_denied() {
    let bench = bench();
    let (code, user_code) = begin(&bench);
    bench.portal.work(|work| oauth::decide(work, &user_code, None)).expect("denied");
    for _ in 0..2 {
        let answer = poll(&bench, "c", &code);
        assert_eq!((answer.status, SandboxBench::error(&answer)), (400, "access_denied"));
    }
    assert!(bench.portal.approve(&user_code, true).is_err(), "too late");
    assert_eq!(SandboxBench::error(&poll(&bench, "c", &code)), "access_denied");
}

#[test]
fn a_code_belongs_to_the_client_that_asked() {
    let bench = bench();
    let (code, user_code) = begin(&bench);
    bench.portal.approve(&user_code.to_lowercase(), true).expect("typed in any case");
    assert_eq!(SandboxBench::error(&poll(&bench, "another", &code)), "invalid_client");
    assert_eq!(poll(&bench, "c", &code).status, 200, "and it is still there for its own");
    assert_eq!(SandboxBench::error(&poll(&bench, "c", "dc_unknown")), "invalid_grant");
    let answer = bench.form("/api/oauth/token", "grant_type=password&client_id=c", None);
    assert_eq!(SandboxBench::error(&answer), "unsupported_grant_type");
    assert_eq!(bench.form("/api/oauth/device/code", "scope=x", None).status, 400);
}

#[test]
fn an_approval_that_comes_too_late_is_none() {
    let bench = bench();
    let (code, user_code) = begin(&bench);
    bench.set("clock=+9m");
    bench.portal.approve(&user_code, true).expect("in time");
    bench.set("clock=+11m");
    assert_eq!(SandboxBench::error(&poll(&bench, "c", &code)), "expired_token");
}

#[test]
fn where_the_person_goes_is_where_the_client_asked() {
    let bench = bench();
    let body = bench.form("/api/oauth/device/code", ASK, None).body;
    let base = bench.ready.base_url.as_str();
    assert_eq!(body["verification_uri"], format!("{base}/device"));
    let complete = body["verification_uri_complete"].as_str().expect("a link");
    assert!(complete.ends_with(body["user_code"].as_str().expect("a code")), "{complete}");
    let page = bench.client.get(complete).send().expect("a page");
    assert_eq!(page.status(), 200);
}

#[test]
fn approved_at_once_is_still_subject_to_the_role() {
    let options = ServeOptions { auto_approve: true, ..ServeOptions::default() };
    let bench = bench_with(&options);
    for (role, scope) in
        [("OWNER", BOTH), ("SECURITY_ADMIN", "inference:invoke"), ("MEMBER", "inference:invoke")]
    {
        bench.set(&format!("role={role}"));
        let (code, _) = begin(&bench);
        let answer = poll(&bench, "c", &code);
        assert_eq!((answer.status, answer.body["scope"].as_str()), (200, Some(scope)), "{role}");
        let access = answer.body["access_token"].as_str().expect("a token");
        assert_eq!(claims(access)["scope"], scope, "the token says the same");
    }
}

#[test]
fn one_refresh_token_at_once_from_many_is_one_refresh() {
    let bench = bench();
    bench.set("refresh-reuse=refresh_token_reused");
    let answers: Vec<BenchAnswer> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..6).map(|_| scope.spawn(|| refresh(&bench, &bench.ready.refresh_token))).collect();
        workers.into_iter().map(|worker| worker.join().expect("answered")).collect()
    });
    let errors: Vec<&str> = answers.iter().map(SandboxBench::error).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{errors:?}");
    assert_eq!(errors.iter().filter(|error| **error == "refresh_token_reused").count(), 5);
    let winner = answers.iter().find(|answer| answer.status == 200).expect("one");
    let access = winner.body["access_token"].as_str().expect("a token");
    assert_eq!(SandboxBench::error(&look(&bench, &format!("Bearer {access}"))), "session_revoked");
}

#[test]
fn a_refresh_token_may_stand_in_the_header_in_the_form_or_the_same_in_both() {
    let bench = bench();
    let ask = |header: Option<&str>, form: Option<&str>| {
        let mut fields = "grant_type=refresh_token&client_id=hermes-cli".to_owned();
        if let Some(token) = form {
            fields.push_str(&format!("&refresh_token={token}"));
        }
        bench.form("/api/oauth/token", &fields, header)
    };
    let next = |answer: &BenchAnswer| {
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["refresh_token"].as_str().expect("a token").to_owned()
    };
    for (header, form) in [(None, None), (Some(""), Some("")), (Some("one"), Some("another"))] {
        let refused = ask(header, form);
        assert_eq!((refused.status, SandboxBench::error(&refused)), (400, "invalid_request"));
    }
    let first = bench.ready.refresh_token.clone();
    assert_eq!(SandboxBench::error(&ask(Some(&first), Some("another"))), "invalid_request");
    let second = next(&ask(None, Some(&first)));
    let third = next(&ask(Some(&second), Some(&second)));
    let fourth = next(&ask(Some(&third), None));
    let reused = ask(None, Some(&first));
    assert_eq!(
        SandboxBench::error(&reused),
        "invalid_grant",
        "as the portal was reported to answer"
    );
    let said = reused.body["error_description"].as_str().expect("a description");
    assert!(said.contains("reuse"), "{said}");
    assert_eq!(
        SandboxBench::error(&ask(None, Some(&fourth))),
        "invalid_grant",
        "the session is over"
    );
}

#[test]
fn a_revoked_session_may_do_nothing_at_all() {
    let bench = bench();
    bench.portal.revoke(Revoke::Session).expect("revoked");
    for (method, path) in [
        (Method::GET, "/api/billing/state"),
        (Method::POST, "/api/billing/charge"),
        (Method::GET, "/api/billing/charge/ch_x"),
        (Method::PATCH, "/api/billing/auto-top-up"),
        (Method::GET, "/api/billing/subscription"),
        (Method::POST, "/api/billing/subscription/preview"),
        (Method::PUT, "/api/billing/subscription/pending-change"),
        (Method::DELETE, "/api/billing/subscription/pending-change"),
        (Method::POST, "/api/billing/subscription/upgrade"),
        (Method::GET, "/api/oauth/account"),
    ] {
        let answer = bench.send(method.clone(), path, "{}");
        assert_eq!(
            (answer.status, SandboxBench::error(&answer)),
            (401, "session_revoked"),
            "{path}"
        );
        let request = bench.client.request(method, bench.url(path));
        let stranger = SandboxBench::exchange(request);
        assert_eq!(
            (stranger.status, SandboxBench::error(&stranger)),
            (401, "invalid_token"),
            "{path}"
        );
    }
    assert_eq!(SandboxBench::error(&refresh(&bench, &bench.ready.refresh_token)), "invalid_grant");
    let token = bench.fresh_token();
    assert_eq!(look(&bench, &format!("Bearer {token}")).status, 200, "another login is let in");
    bench.set("clock=+16m");
    let expired = bench.get("/api/billing/state");
    assert_eq!(SandboxBench::error(&expired), "session_revoked", "revoked says more than expired");
}

#[test]
fn every_call_that_spends_wants_the_scope() {
    let bench = bench();
    for (method, path) in [
        (Method::POST, "/api/billing/charge"),
        (Method::GET, "/api/billing/charge/ch_x"),
        (Method::PATCH, "/api/billing/auto-top-up"),
        (Method::POST, "/api/billing/subscription/preview"),
        (Method::PUT, "/api/billing/subscription/pending-change"),
        (Method::DELETE, "/api/billing/subscription/pending-change"),
        (Method::POST, "/api/billing/subscription/upgrade"),
    ] {
        let request = bench.client.request(method, bench.url(path));
        let answer = SandboxBench::exchange(request.bearer_auth(&bench.ready.token_without_scope));
        assert_eq!(
            (answer.status, SandboxBench::error(&answer)),
            (403, "insufficient_scope"),
            "{path}"
        );
        assert_eq!(answer.body["portalUrl"], "/billing?topup=open", "relative");
    }
    for path in ["/api/billing/state", "/api/billing/subscription", "/api/oauth/account"] {
        let request = bench.client.get(bench.url(path));
        let answer = SandboxBench::exchange(request.bearer_auth(&bench.ready.token_without_scope));
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[test]
fn spending_that_was_cut_stays_cut_until_a_new_login() {
    let bench = bench();
    bench.portal.revoke(Revoke::Spending).expect("cut");
    assert_eq!(bench.get("/api/billing/state").status, 200, "still logged in");
    let answer = bench.charge("key-00001", "25");
    assert_eq!((answer.status, SandboxBench::error(&answer)), (403, "remote_spending_revoked"));
    assert_eq!(
        (&answer.body["actor"], &answer.body["recovery"]),
        (&json!("admin"), &json!("reconnect"))
    );
    let renewed = refresh(&bench, &bench.ready.refresh_token);
    assert_eq!(renewed.status, 200);
    let access = renewed.body["access_token"].as_str().expect("a token");
    let answer = bench.buy(access, "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(
        SandboxBench::error(&answer),
        "remote_spending_revoked",
        "a refresh is no new login"
    );
    let answer = bench.buy(&bench.fresh_token(), "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(answer.status, 202);
}

#[test]
fn a_refresh_keeps_the_scope_and_takes_spending_from_who_is_no_admin_any_more() {
    let bench = bench();
    let kept = refresh(&bench, &bench.ready.refresh_token);
    assert_eq!(kept.body["scope"], BOTH);
    bench.set("role=MEMBER");
    let renewed = kept.body["refresh_token"].as_str().expect("a token");
    assert_eq!(refresh(&bench, renewed).body["scope"], "inference:invoke");
}

#[test]
fn a_refresh_token_of_another_client_is_not_used_up() {
    let bench = bench();
    let fields = "grant_type=refresh_token&client_id=another";
    let answer = bench.form("/api/oauth/token", fields, Some(&bench.ready.refresh_token));
    assert_eq!(SandboxBench::error(&answer), "invalid_client");
    assert_eq!(refresh(&bench, &bench.ready.refresh_token).status, 200);
}

#[test]
fn no_token_outlives_its_login() {
    let bench = bench();
    bench.set("clock=+43195m");
    let late = refresh(&bench, &bench.ready.refresh_token);
    let left = late.body["expires_in"].as_i64().expect("seconds");
    assert!((1..=300).contains(&left), "five minutes before the thirty days are over: {left}");
    let access = late.body["access_token"].as_str().expect("a token").to_owned();
    let said = claims(&access);
    let life = said["exp"].as_i64().expect("exp") - said["iat"].as_i64().expect("iat");
    assert_eq!(life, left, "the token says the same");
    assert_eq!(look(&bench, &format!("Bearer {access}")).status, 200);
    bench.set("clock=+43201m");
    assert_eq!(SandboxBench::error(&look(&bench, &format!("Bearer {access}"))), "invalid_token");
}

#[test]
fn tokens_are_signed_and_only_the_own_signature_counts() {
    let bench = bench();
    let (head, rest) = bench.ready.token.split_once('.').expect("a JWT");
    let head: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).expect("base64")).expect("JSON");
    assert_eq!(head["alg"], "HS256");
    let said = claims(&bench.ready.token);
    assert_eq!(said["exp"].as_i64().expect("exp") - said["iat"].as_i64().expect("iat"), 900);
    assert_eq!((&said["scope"], &said["client_id"]), (&json!(BOTH), &json!("hermes-cli")));
    let payload = rest.split('.').next().expect("a payload");
    let unsigned = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    let mut wider = claims(&bench.ready.token_without_scope);
    wider["scope"] = json!(BOTH);
    let (old_head, old_rest) = bench.ready.token_without_scope.split_once('.').expect("a JWT");
    let tag = old_rest.split('.').nth(1).expect("a tag");
    let forged = format!("{old_head}.{}.{tag}", URL_SAFE_NO_PAD.encode(wider.to_string()));
    for bad in ["", "x", "a.b.c", &unsigned, &forged, &bench.ready.refresh_token] {
        let answer = look(&bench, &format!("Bearer {bad}"));
        assert_eq!((answer.status, SandboxBench::error(&answer)), (401, "invalid_token"), "{bad}");
    }
    assert_eq!(look(&bench, &format!("Basic {}", bench.ready.token)).status, 401);
    assert_eq!(look(&bench, &format!("bearer {}", bench.ready.token)).status, 200);
    assert_ne!(claims(&bench.fresh_token())["jti"], claims(&bench.fresh_token())["jti"]);
}

#[test]
fn the_first_login_is_there_once_and_a_reset_makes_everything_new() {
    let bench = bench();
    let first = bench
        .portal
        .unclaimed_login(Contract::Nous, "x")
        .expect("read")
        .1
        .expect("there from the start");
    assert_eq!((first.scope.as_str(), first.client_id.as_str()), (BOTH, "hermes-cli"));
    assert_eq!(look(&bench, &format!("Bearer {}", first.access_token)).status, 200);
    bench.portal.claim_login("of before", Contract::Nous, "x").expect("nothing");
    let there = bench.portal.unclaimed_login(Contract::Nous, "x").expect("read").1;
    assert!(there.is_some(), "a client with the login of another sandbox has not taken this one");
    let instance = bench.portal.instance().expect("an instance");
    bench.portal.claim_login(&instance, Contract::Nous, "x").expect("claimed");
    assert!(bench.portal.unclaimed_login(Contract::Nous, "x").expect("read").1.is_none());
    let other =
        bench.portal.unclaimed_login(Contract::Nous, "y").expect("read").1.expect("its own");
    assert_eq!(other.scope, BOTH);
    assert_ne!(
        (other.access_token, other.refresh_token),
        (first.access_token, first.refresh_token)
    );
    let instance = bench.portal.instance().expect("an instance");
    bench.portal.reset(true).expect("reset");
    assert_ne!(bench.portal.instance().expect("an instance"), instance);
    assert_eq!(SandboxBench::error(&bench.get("/api/billing/state")), "invalid_token");
    let newcomer =
        bench.portal.unclaimed_login(Contract::Nous, "x").expect("read").1.expect("a new one");
    assert_eq!(newcomer.scope, "inference:invoke");
    let answer = bench.buy(&newcomer.access_token, "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(SandboxBench::error(&answer), "insufficient_scope");
    let state = look(&bench, &format!("Bearer {}", newcomer.access_token)).body;
    assert!(state["card"].is_null());
    assert!(bench.portal.charges().expect("none").is_empty());
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
    assert_eq!((reused.status, SandboxBench::error(&reused)), (400, "invalid_grant"));
    assert!(reused.body["error_description"].to_string().contains("reuse"), "{}", reused.body);
    let revoked = bench.get("/api/billing/state");
    assert_eq!((revoked.status, SandboxBench::error(&revoked)), (401, "session_revoked"));
    assert_eq!(SandboxBench::error(&refresh(&renewed)), "invalid_grant");
    assert_eq!(SandboxBench::error(&refresh("unknown")), "invalid_grant");
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
    assert_eq!(SandboxBench::error(&over), "invalid_grant");
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
    assert_eq!(SandboxBench::error(&poll(&asked["device_code"])), "authorization_pending");
    assert_eq!(SandboxBench::error(&poll(&asked["device_code"])), "slow_down");
    let user_code = asked["user_code"].as_str().expect("a code");
    bench.portal.approve(user_code, false).expect("approved");
    let granted = poll(&asked["device_code"]);
    assert_eq!((granted.status, &granted.body["scope"]), (200, &json!("inference:invoke")));
    assert_eq!(SandboxBench::error(&poll(&asked["device_code"])), "invalid_grant", "once only");
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
    assert_eq!(SandboxBench::error(&poll(&asked["device_code"])), "expired_token");
    assert!(bench.portal.approve(asked["user_code"].as_str().expect("a code"), true).is_err());
}

#[test]
fn a_token_says_whom_it_acts_for() {
    let bench = bench();
    let payload = bench.ready.token.split('.').nth(1).expect("a JWT");
    let bytes = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let claims: Value = serde_json::from_slice(&bytes).expect("JSON");
    for claim in
        ["sub", "org_id", "client_id", "scope", "exp", "iat", "paid_access", "subscription_tier"]
    {
        assert!(!claims[claim].is_null(), "{claim}");
    }
    assert_eq!(bench.get("/api/oauth/account").body["organisation"]["id"], claims["org_id"]);
    assert_eq!(bench.get("/api/billing/state").body["org"]["id"], claims["org_id"]);
}
