//! Promise: a plan is shown, previewed, rehearsed and scheduled without being charged for.

use super::{keys, tier};
use crate::support::{Server, User};
use serde_json::Value;

#[test]
fn the_plan_is_shown_with_what_is_scheduled_and_the_plans_there_are() {
    let user = User::on_sandbox();
    let ran = user.run(&["plan"]).code(0).prints("no subscription").prints("Plus");
    assert!(!ran.out.contains("Legacy"), "it is sold to nobody any more: {}", ran.out);
    user.set("plan=legacy");
    user.run(&["plan"]).code(0).prints("Legacy");
    user.set("plan=free");
    assert_eq!(user.run(&["plan", "show", "--json"]).json()["data"]["current"], Value::Null);
    user.set("plan=super");
    user.run(&["plan", "cancel", "--yes"]).code(0);
    let ran = user.run(&["plan", "show"]).code(0);
    let ran = ran.prints("110 of 110 left this month").prints("the subscription ends on");
    // The pages of the embedded sandbox end with the run.
    assert!(ran.out.contains("topup sandbox serve"), "{}", ran.out);
    assert_eq!(user.run(&["plan", "show", "--get", "current.tier_name"]).code(0).out, "Super\n");
    user.run(&["plan", "show", "--link"]).code(0).prints("topup sandbox serve");
    let served = Server::start(&[]).user();
    served.run(&["plan", "show", "--link"]).code(0).prints("/manage-subscription?org_id=org_");
    user.set("role=MEMBER");
    user.run(&["plan", "show"]).code(0).prints("may read the plan but not change it");
    user.run(&["plan", "--provider", "byterover"]).code(6);
    user.run(&["plan", "--provider", "ledger"]).code(6);
}

#[test]
fn a_preview_tells_each_effect_and_changes_nothing() {
    let user = User::on_sandbox();
    user.set("plan=plus");
    let effect = |tier: &str| {
        let ran = user.run(&["plan", "preview", tier, "--json"]).code(0).json();
        let data = &ran["data"];
        (data["effect"].as_str().expect("a word").to_owned(), data["amount_due_now_usd"].clone())
    };
    assert_eq!(effect("SUPER"), ("charge_now".into(), "80.00".into()));
    assert_eq!(effect("free"), ("scheduled".into(), Value::Null));
    assert_eq!(effect("Plus").0, "no_op");
    user.run(&["plan", "preview", "super"])
        .code(0)
        .prints("$80.00 would be charged")
        .prints("plan upgrade super");
    user.run(&["plan", "preview", "free"]).code(0).prints("nothing is charged now");
    user.run(&["plan", "preview", "gold"]).code(2).says("Free, Plus, Super, Ultra");
    user.set("plan-change=blocked");
    assert_eq!(effect("super"), ("blocked".into(), Value::Null));
    user.set("plan-change=open");
    assert_eq!(tier(&user), "plus");
    assert!(user.seen().iter().all(|call| !call.starts_with("PUT") && !call.ends_with("upgrade")));
}

#[test]
fn one_verb_charges_and_the_others_never_do() {
    let user = User::on_sandbox();
    user.set("plan=plus");
    let refused = user.run(&["plan", "change", "super", "--yes", "--json"]).code(2);
    refused.failed("usage", Some("no"));
    user.run(&["plan", "change", "super", "--yes"]).code(2).says("plan upgrade").says("$80.00");
    let refused = user.run(&["plan", "upgrade", "free", "--yes", "--json"]).code(2);
    refused.failed("usage", Some("no"));
    user.run(&["plan", "upgrade", "free", "--yes"]).code(2).says("plan change");
    user.set("plan-change=blocked");
    for (verb, plan) in [("upgrade", "super"), ("change", "free")] {
        let blocked = user.run(&["plan", verb, plan, "--yes", "--json"]).code(6);
        let document = blocked.failed("unsupported", Some("no"));
        let error = &document["error"];
        assert!(error["message"].as_str().expect("words").contains("on the page"), "{error}");
        blocked.serves_no_page();
    }
    user.set("plan-change=open");
    let same = user.run(&["plan", "change", "plus", "--yes", "--json"]).code(0).json();
    assert_eq!(
        (&same["data"]["changed"], &same["data"]["scheduled"]),
        (&false.into(), &"none".into())
    );
    assert_eq!(tier(&user), "plus");
    assert!(keys(&user).is_empty());
}

#[test]
fn a_script_that_did_not_say_so_changes_nothing() {
    let user = User::on_sandbox();
    user.set("plan=plus");
    let before = user.seen().len();
    for arguments in [
        &["plan", "upgrade", "super", "--json"][..],
        &["plan", "change", "free", "--json"],
        &["plan", "cancel", "--json"],
        &["plan", "resume", "--json"],
    ] {
        let ran = user.run(arguments).code(3);
        ran.failed("confirmation_required", Some("no"));
        ran.serves_no_page();
    }
    assert_eq!(user.seen().len(), before, "nothing was sent at all");
}

#[test]
fn a_rehearsal_tells_what_would_be_and_sends_no_upgrade() {
    let user = User::on_sandbox();
    let rehearse = |arguments: &[&str]| {
        let all = [&["plan", "upgrade"], arguments, &["--dry-run", "--json"]].concat();
        user.run(&all).code(0).json()["data"].clone()
    };
    let data = rehearse(&["plus", "--once", "monthly"]);
    assert_eq!((&data["would"], &data["amount_due_now_usd"]), (&"start".into(), &"20.00".into()));
    let key = data["idempotency_key"].as_str().expect("a key").to_owned();
    assert!(keys(&user).is_empty());
    user.run(&["plan", "upgrade", "plus", "--once", "monthly", "--yes"]).code(0);
    assert_eq!(keys(&user), [key], "the key that was told");
    assert_eq!(rehearse(&["plus", "--once", "monthly"])["would"], "tell_again");
    assert_eq!(rehearse(&["plus"])["would"], "nothing");
}

#[test]
fn a_change_that_is_scheduled_may_be_sent_again_and_a_look_tells_what_stands() {
    let user = User::on_sandbox();
    let pending =
        || user.run(&["plan", "show", "--json"]).json()["data"]["current"]["pending"].clone();
    let change =
        |arguments: &[&str]| user.run(&[&["plan"], arguments, &["--yes", "--json"]].concat());
    user.run(&["plan", "resume", "--yes", "--json"])
        .code(33)
        .failed("validation_failed", Some("no"));
    change(&["cancel"]).code(0);
    user.set("plan=super");
    let fault = |path: &str, fate: &str| {
        let fault = format!("{path} /api/billing/subscription/pending-change");
        user.run(&["sandbox", "faults", "add", &fault, fate]).code(0);
    };
    fault("PUT", "--lose-response");
    let done = change(&["change", "plus"]).code(0).json();
    assert_eq!(done["data"]["changed"], true);
    assert_eq!(pending()["tier_name"], "Plus");
    assert_eq!(change(&["change", "plus"]).code(0).json()["data"]["changed"], false);
    fault("PUT", "--drop-before");
    let lost = change(&["cancel"]).code(60);
    lost.failed("network", Some("no"));
    assert_eq!(pending()["kind"], "tier_change", "it stands as before");
    fault("PUT", "--drop-before");
    user.run(&["plan", "cancel", "--yes"]).code(60).says("is as it was before");
    change(&["cancel"]).code(0);
    assert_eq!(pending()["kind"], "cancellation");
    assert_eq!(change(&["cancel"]).code(0).json()["data"]["changed"], false);
    fault("DELETE", "--lose-response");
    let kept = change(&["resume"]).code(0).json();
    assert_eq!(
        (&kept["data"]["changed"], &kept["data"]["scheduled"]),
        (&true.into(), &"none".into())
    );
    assert_eq!(change(&["resume"]).code(0).json()["data"]["changed"], false);
    assert_eq!((tier(&user).as_str(), keys(&user).len()), ("super", 0));
}
