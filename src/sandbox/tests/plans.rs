//! Plans: previews, upgrades under a key, what is scheduled and when it happens, five changes a
//! day.

use super::*;

const PENDING: &str = "/api/billing/subscription/pending-change";
const DOWN: &str = r#"{"type":"tier_change","subscriptionTypeId":"plus"}"#;
const END: &str = r#"{"type":"cancellation"}"#;

impl SandboxBench {
    /// The present plan, as the call answers it to a new login.
    fn plan(&self) -> Value {
        let request = self.client.get(self.url("/api/billing/subscription"));
        Self::exchange(request.bearer_auth(self.fresh_token())).body["current"].take()
    }

    fn change(&self, method: Method, path: &str, key: &str, body: &str) -> BenchAnswer {
        let request = self.client.request(method, self.url(path)).bearer_auth(self.fresh_token());
        Self::exchange(request.header("Idempotency-Key", key).body(body.to_owned()))
    }

    fn schedule(&self, body: &str) -> BenchAnswer {
        self.change(Method::PUT, PENDING, "unused", body)
    }

    fn upgrade(&self, key: &str, plan: &str) -> BenchAnswer {
        let body = json!({"subscriptionTypeId": plan}).to_string();
        self.change(Method::POST, "/api/billing/subscription/upgrade", key, &body)
    }

    /// Turns the clock to so long before or after the end of the present month.
    fn turn_to_the_end_of_the_month(&self, off_s: i64) {
        let end =
            self.portal.work(crate::sandbox::plans::cycle_end).expect("a clock").expect("an end");
        let wait = end.as_second() - Timestamp::now().as_second() + off_s;
        self.set(&format!("clock=+{wait}s"));
    }
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
        SandboxBench::exchange(
            request
                .header("Idempotency-Key", key)
                .body(json!({"subscriptionTypeId": id}).to_string()),
        )
    };
    assert_eq!(upgrade("key-00001", "super").body["status"], "upgraded");
    assert!(upgrade("key-00001", "super").replayed);
    assert_eq!(SandboxBench::error(&upgrade("key-00001", "ultra")), "idempotency_conflict");
    assert_eq!(upgrade("key-00002", "super").body["status"], "already_on_tier");
    let charged = bench.portal.plan_charges().expect("charges");
    let charged: Vec<_> = charged
        .iter()
        .map(|charge| (&*charge.tier_id, &*charge.amount_usd, charge.idempotency_key.as_deref()))
        .collect();
    assert_eq!(charged, [("super", "100", Some("key-00001"))], "once, in spite of what came after");
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
        (&json!("requires_action"), &bench.url("/manage-subscription").into())
    );
}

#[test]
fn what_is_scheduled_happens_when_the_month_ends_and_not_before() {
    for (body, after) in [(DOWN, json!("plus")), (END, Value::Null)] {
        let bench = bench();
        bench.set("plan=super");
        let ends = bench.plan()["cycleEndsAt"].clone();
        assert_eq!(bench.schedule(body).status, 200);
        bench.turn_to_the_end_of_the_month(-60);
        let before = bench.plan();
        assert_eq!((&before["tierId"], &before["cycleEndsAt"]), (&json!("super"), &ends));
        bench.turn_to_the_end_of_the_month(60);
        let plan = bench.plan();
        assert_eq!(plan["tierId"], after, "{body}");
        if after == "plus" {
            assert_ne!(plan["cycleEndsAt"], ends, "another month");
            assert_eq!(plan["pendingDowngradeTierName"], Value::Null, "done, and pending no more");
        }
        // What has happened is not undone.
        assert_eq!(bench.change(Method::DELETE, PENDING, "unused", "").status, 200);
        assert_eq!(bench.plan()["tierId"], after);
    }
}

#[test]
fn what_was_scheduled_is_undone_by_keeping_upgrading_or_the_next_schedule() {
    let bench = bench();
    bench.set("plan=super");
    assert_eq!(bench.schedule(DOWN).status, 200);
    assert_eq!(bench.change(Method::DELETE, PENDING, "unused", "").status, 200);
    assert_eq!(bench.schedule(END).status, 200);
    assert_eq!(bench.upgrade("key-00001", "ultra").body["status"], "upgraded");
    assert_eq!(bench.plan()["cancelAtPeriodEnd"], false);
    assert_eq!(bench.schedule(END).status, 200);
    assert_eq!(bench.schedule(DOWN).status, 200);
    let plan = bench.plan();
    assert_eq!(
        (&plan["cancelAtPeriodEnd"], &plan["pendingDowngradeTierName"]),
        (&json!(false), &json!("Plus")),
        "the later one holds"
    );
    bench.turn_to_the_end_of_the_month(60);
    assert_eq!(bench.plan()["tierId"], "plus");
}

#[test]
fn five_changes_a_day_and_no_more_whatever_they_are() {
    let bench = bench();
    bench.set("plan=plus");
    assert_eq!(bench.upgrade("key-00001", "super").body["status"], "upgraded");
    for body in [DOWN, END, DOWN] {
        assert_eq!(bench.schedule(body).status, 200);
    }
    // What changes nothing is not counted: a replay, a plan that is there already, a refusal.
    assert!(bench.upgrade("key-00001", "super").replayed);
    assert_eq!(bench.upgrade("key-00002", "super").body["status"], "already_on_tier");
    assert_eq!(bench.upgrade("key-00003", "free").status, 400);
    bench.set("card=declined");
    assert_eq!(bench.upgrade("key-00004", "ultra").body["status"], "payment_failed");
    bench.set("card=visa");
    for refused in [bench.upgrade("key-00005", "ultra"), bench.schedule(DOWN), bench.schedule(END)]
    {
        assert_eq!((refused.status, SandboxBench::error(&refused)), (429, "upgrade_cap_exceeded"));
    }
    assert_eq!(bench.plan()["tierId"], "super");
    assert_eq!(bench.change(Method::DELETE, PENDING, "unused", "").status, 200, "keeping is free");
    bench.set("clock=+1439m");
    assert_eq!(bench.upgrade("key-00005", "ultra").status, 429);
    bench.set("clock=+1441m");
    assert_eq!(bench.upgrade("key-00005", "ultra").body["status"], "upgraded", "not remembered");
}

#[test]
fn a_plan_that_is_not_sold_is_listed_for_those_who_are_on_it() {
    let bench = bench();
    let listed = || {
        let answer = bench.get("/api/billing/subscription").body;
        let tiers = answer["tiers"].as_array().expect("a list").clone();
        tiers.into_iter().map(|tier| (tier["tierId"].clone(), tier["isEnabled"].clone())).collect()
    };
    let before: Vec<_> = listed();
    assert!(!before.iter().any(|(id, _)| id == "legacy"), "{before:?}");
    bench.set("plan=legacy");
    let after: Vec<_> = listed();
    assert!(after.contains(&(json!("legacy"), json!(false))), "{after:?}");
}

#[test]
fn the_account_names_its_plan_by_a_number_and_the_end_of_its_period() {
    let bench = bench();
    let account = || bench.get("/api/oauth/account").body["subscription"].take();
    assert_eq!((&account()["tier"], &account()["current_period_end"]), (&json!(0), &Value::Null));
    bench.set("plan=super");
    let answer = account();
    assert_eq!(answer["tier"], 3);
    let ends = answer["current_period_end"].as_str().expect("a moment");
    assert!(ends.parse::<Timestamp>().expect("a moment") > Timestamp::now());
    assert_eq!(bench.get("/api/billing/subscription").body["context"], "personal");
    bench.set("context=team");
    assert_eq!(bench.get("/api/billing/subscription").body["context"], "team");
}

#[test]
fn an_upgrade_that_waits_for_the_bank_is_paid_once_the_holder_has_confirmed_it() {
    let bench = bench();
    bench.set("card=3ds");
    for (check, status, reason) in [
        ("action", "requires_action", "authentication_required"),
        ("failed", "payment_failed", "subscription_payment_intent_requires_action"),
        ("card_velocity", "payment_failed", "card_velocity"),
    ] {
        bench.set(&format!("upgrade-check={check}"));
        let answer = bench.upgrade(&format!("key-{check}"), "plus").body;
        assert_eq!((&answer["status"], &answer["reason"]), (&json!(status), &json!(reason)));
    }
    assert!(bench.plan().is_null());
    bench.set("bank=confirmed");
    assert_eq!(bench.plan()["tierId"], "plus");
    let paid = bench.portal.plan_charges().expect("charges");
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].idempotency_key.as_deref(), Some("key-card_velocity"));
    bench.set("bank=confirmed");
    assert_eq!(bench.portal.plan_charges().expect("charges").len(), 1, "once");
}

#[test]
fn the_plan_before_an_upgrade_may_be_shown_for_a_while() {
    let bench = bench();
    bench.set("plan-lag=10s");
    assert_eq!(bench.upgrade("key-00001", "plus").body["status"], "upgraded");
    assert!(bench.plan().is_null());
    bench.set("clock=+11s");
    assert_eq!(bench.plan()["tierId"], "plus");
}
