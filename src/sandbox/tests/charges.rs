//! Charges: the gates in their order, keys and what is remembered of them, bounds, limits, cards.

use super::*;

#[test]
fn the_gates_stand_in_their_order() {
    let bench = bench();
    for assignment in ["role=MEMBER", "switch=off", "card=none", "limit=1"] {
        bench.set(assignment);
    }
    bench.portal.revoke(Revoke::Spending).expect("revoked");
    let buy = |token: &str| bench.buy(token, "key-00001", r#"{"amountUsd":25}"#);
    let next = |answer: BenchAnswer, status: u16, error: &str| {
        assert_eq!((answer.status, SandboxBench::error(&answer)), (status, error));
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
    assert_eq!(
        (without_key.status, SandboxBench::error(&without_key)),
        (400, "idempotency_key_required")
    );
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
        r#"{"amountUsd":79228162514264337593543950335}"#,
        r#"{"amountUsd":25.00000000000000000000000000000001}"#,
        r#"{"amountUsd":25} "#.trim_end_matches([' ', '}']),
    ] {
        let answer = bench.buy(&bench.ready.token, "key-00001", body);
        assert_eq!(
            (answer.status, SandboxBench::error(&answer)),
            (400, "validation_failed"),
            "{body}"
        );
    }
    for body in [
        r#"{"enabled":true,"threshold":20}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":100,"maxMonthlySpend":1}"#,
        r#"{"enabled":"yes","threshold":20,"topUpAmount":100}"#,
        r#"{"enabled":true,"threshold":0,"topUpAmount":100}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":-1}"#,
        r#"{"enabled":true,"threshold":20,"topUpAmount":79228162514264337593543950335}"#,
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
    assert_eq!((other.status, SandboxBench::error(&other)), (409, "idempotency_conflict"));
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
    let reopened = Portal::open(bench.portal.file()).expect("the same state");
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
    assert_eq!((limited.status, SandboxBench::error(&limited)), (429, "rate_limited"));
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
    let answer = bench.buy(&bench.ready.token, "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(
        (SandboxBench::error(&answer), &answer.body["isDefaultCeiling"]),
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
fn a_refused_amount_names_the_bounds_and_the_bounds_can_be_met() {
    let bench = bench();
    let answer = bench.charge("key-00001", "9.99");
    let message = answer.body["message"].as_str().expect("a message");
    assert!(message.contains("10") && message.contains("10000"), "{message}");
    bench.set("min=3");
    bench.set("max=7.5");
    assert_eq!(
        bench.get("/api/billing/state").body["bounds"],
        json!({"minUsd": "3", "maxUsd": "7.5"})
    );
    let answer = bench.charge("key-00002", "7.51");
    let message = answer.body["message"].as_str().expect("a message");
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
        SandboxBench::exchange(request)
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
        let answer = with(keys);
        assert_eq!(
            (answer.status, SandboxBench::error(&answer)),
            (400, "validation_failed"),
            "{keys:?}"
        );
    }
    assert_eq!(SandboxBench::error(&with(&[])), "idempotency_key_required");
    assert!(bench.portal.charges().expect("none").is_empty());
    assert_eq!(with(&[longest.as_bytes()]).status, 202);
}

#[test]
fn a_denial_is_not_remembered_and_a_known_key_does_not_open_the_door() {
    let bench = bench();
    bench.set("card=none");
    assert_eq!(SandboxBench::error(&bench.charge("key-00001", "25")), "no_payment_method");
    bench.set("card=visa");
    bench.set("limit=20");
    assert_eq!(SandboxBench::error(&bench.charge("key-00001", "25")), "monthly_cap_exceeded");
    bench.set("limit=none");
    let taken = bench.charge("key-00001", "25");
    assert_eq!((taken.status, taken.replayed), (202, false), "denied twice, taken now");
    bench.set("role=MEMBER");
    assert_eq!(SandboxBench::error(&bench.charge("key-00001", "25")), "role_required");
    bench.set("role=OWNER");
    bench.set("switch=off");
    let off = bench.charge("key-00001", "25");
    assert_eq!(
        (SandboxBench::error(&off), &off.body["code"]),
        ("cli_billing_disabled", &json!("remote_spending_disabled"))
    );
    bench.set("switch=on");
    assert!(bench.charge("key-00001", "25").replayed);
    bench.set("limit=1");
    assert_eq!(
        SandboxBench::error(&bench.charge("key-00001", "26")),
        "idempotency_conflict",
        "the key is checked before the limit"
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
    assert_eq!(SandboxBench::error(&buy(&other, 5)), "rate_limited", "the organisation is limited");
    let wait: u64 = buy(&token, 5).retry_after.expect("a header").parse().expect("seconds");
    bench.set(&format!("clock=+{}s", wait - 20));
    assert_eq!(buy(&token, 5).status, 429);
    bench.set(&format!("clock=+{wait}s"));
    assert_eq!(buy(&token, 5).status, 202);
}

#[test]
fn a_charge_that_waits_for_the_bank_is_settled_once_the_holder_has_confirmed_it() {
    let bench = bench();
    for assignment in ["card=3ds", "settle-after=0s"] {
        bench.set(assignment);
    }
    let before = bench.get("/api/billing/state").body;
    let id = bench.charge("key-00001", "25").body["chargeId"].clone();
    assert_eq!(bench.status(&id)["reason"], "authentication_required");
    bench.set("bank=confirmed");
    let settled = bench.status(&id);
    assert_eq!((&settled["status"], &settled["amountUsd"]), (&json!("settled"), &json!("25")));
    let after = bench.get("/api/billing/state").body;
    assert_eq!((&before["balanceUsd"], &after["balanceUsd"]), (&json!("142.5"), &json!("167.5")));
    assert_eq!(after["monthlyCap"]["spentThisMonthUsd"], "25");
    assert_eq!(bench.charge("key-00001", "25").body["chargeId"], id, "the key stays its own");
    // A charge that failed for another reason waits for nothing.
    bench.set("card=declined");
    let declined = bench.charge("key-00002", "25").body["chargeId"].clone();
    bench.set("bank=confirmed");
    assert_eq!(bench.status(&declined)["reason"], "card_declined");
}
