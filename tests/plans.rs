//! `topup plan`: shown, previewed, changed for the end of the month, upgraded at once: once.

use crate::prompts::{at_a_terminal, code};
use crate::support::{Canned, Ran, Server, User, at_once};
use serde_json::Value;
use std::time::{Duration, Instant};

const PATH: &str = "/api/billing/subscription/upgrade";
const UPGRADE: &[&str] = &["plan", "upgrade", "plus", "--yes", "--json"];

/// The keys of the upgrades that this portal has seen, each once.
fn keys(keeper: &User) -> Vec<String> {
    let log = keeper.run(&["sandbox", "log", "--json"]).code(0).json();
    let mut keys: Vec<String> = log["data"]["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .filter(|seen| seen["path"] == PATH)
        .map(|seen| seen["idempotency_key"].as_str().expect("a key").to_owned())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

fn tier(user: &User) -> String {
    let shown = user.run(&["plan", "show", "--json"]).code(0).json();
    shown["data"]["current"]["tier_id"].as_str().unwrap_or("free").to_owned()
}

/// The document of a plan upgrade is that of one charge that is proved.
#[track_caller]
fn is_paid(ran: &Ran, amount: &str) -> Value {
    let data = ran.json()["data"].clone();
    assert_eq!(
        (data["status"].as_str(), data["kind"].as_str()),
        (Some("settled"), Some("plan_upgrade"))
    );
    assert_eq!((&data["amount_usd"], &data["upgrade"]["charged"]), (&amount.into(), &"yes".into()));
    data
}

#[test]
fn the_plan_is_shown_with_what_is_scheduled_and_the_plans_there_are() {
    let user = User::on_sandbox();
    user.run(&["plan"]).code(0).prints("no subscription").prints("Plus").prints("not sold");
    assert_eq!(user.run(&["plan", "show", "--json"]).json()["data"]["current"], Value::Null);
    user.set("plan=super");
    user.run(&["plan", "cancel", "--yes"]).code(0);
    let ran = user.run(&["plan", "show"]).code(0);
    let ran = ran.prints("110 of 110 left this month").prints("the subscription ends on");
    assert!(ran.out.contains("manage-subscription?org_id=org_"), "{}", ran.out);
    assert_eq!(user.run(&["plan", "show", "--get", "current.tier_name"]).code(0).out, "Super\n");
    user.run(&["plan", "show", "--link"]).code(0).prints("/manage-subscription?org_id=org_");
    user.set("role=MEMBER");
    user.run(&["plan", "show"]).code(0).prints("may look but not change");
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
    assert_eq!(effect("free"), ("scheduled".into(), "0.00".into()));
    assert_eq!(effect("Plus").0, "no_op");
    assert_eq!(effect("legacy").0, "blocked");
    user.run(&["plan", "preview", "super"])
        .code(0)
        .prints("$80.00 be charged")
        .prints("plan upgrade super");
    user.run(&["plan", "preview", "free"]).code(0).prints("nothing is charged now");
    user.run(&["plan", "preview", "gold"]).code(2).says("Free, Plus, Super, Ultra, Legacy");
    assert_eq!(tier(&user), "plus");
    assert!(user.seen().iter().all(|call| !call.starts_with("PUT") && !call.ends_with("upgrade")));
}

#[test]
fn an_upgrade_is_paid_once_and_told_again_without_paying() {
    let user = User::on_sandbox();
    is_paid(&user.run(UPGRADE).code(0), "20.00");
    assert_eq!(tier(&user), "plus");
    let again = user.run(UPGRADE).code(0).json();
    assert_eq!(again["data"]["status"], "in_force");
    assert_eq!(again["data"]["upgrade"]["charged"], "no");
    assert_eq!(keys(&user).len(), 1);
    is_paid(&user.run(&["plan", "upgrade", "Super", "--yes", "--json"]).code(0), "80.00");
    let history = user.run(&["history", "--json"]).code(0).json();
    let kinds: Vec<&str> = history["data"]["purchases"]
        .as_array()
        .expect("purchases")
        .iter()
        .map(|line| line["upgrade"]["tier_id"].as_str().expect("a plan"))
        .collect();
    assert_eq!(kinds, ["super", "plus"]);
    user.run(&["history"]).code(0).prints("plan Super");
    user.run(&["history", "--csv"]).code(0).prints(",plus\n");
    let id = history["data"]["purchases"][1]["purchase_id"].as_str().expect("an id").to_owned();
    let told = user.run(&["status", &id, "--json"]).code(0);
    assert_eq!(is_paid(&told, "20.00")["replayed"], true);
    assert!(user.charges().is_empty(), "no credits were bought");
    let charged = user.run(&["sandbox", "charges", "--json"]).code(0).json();
    let charged = charged["data"]["plan_charges"].as_array().expect("charges").clone();
    let amounts: Vec<&Value> = charged.iter().map(|charge| &charge["amount_usd"]).collect();
    assert_eq!(amounts, ["80", "20"], "each once");
    user.run(&["sandbox", "charges"]).code(0).prints("plan super");
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
    for verb in ["upgrade", "change"] {
        let blocked = user.run(&["plan", verb, "legacy", "--yes", "--json"]).code(6);
        let document = blocked.failed("unsupported", Some("no"));
        let error = &document["error"];
        assert!(error["message"].as_str().expect("words").contains("not sold any more"), "{error}");
        assert!(error["portal_url"].as_str().expect("a link").contains("org_id="), "{error}");
    }
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
        let document = user.run(arguments).code(3).failed("confirmation_required", Some("no"));
        let link = document["error"]["portal_url"].as_str().expect("a link");
        assert!(link.contains("/manage-subscription"), "{link}");
    }
    assert_eq!(user.seen().len(), before, "nothing was sent at all");
}

#[test]
fn what_is_due_counts_for_every_guard() {
    let user = User::on_sandbox();
    let refused = |arguments: &[&str]| {
        user.run(&[&["plan", "upgrade"], arguments, &["--yes", "--json"]].concat())
            .code(5)
            .failed("spend_guard", Some("no"))
    };
    refused(&["plus", "--max", "19.99"]);
    let config = "[profiles.default]\nmax_per_purchase = \"100\"\nmax_per_day = \"110\"\n";
    std::fs::write(user.file("config.toml"), config).expect("written");
    refused(&["ultra"]);
    refused(&["ultra", "--dry-run"]);
    assert!(keys(&user).is_empty());
    user.run(&["plan", "upgrade", "plus", "--yes", "--max", "20"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(0);
    refused(&["super"]);
    user.run(&["buy", "70", "--yes"]).code(5).says("max_per_day");
    assert_eq!(keys(&user).len(), 1);
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
fn a_name_is_one_upgrade_and_a_key_is_sent_as_it_is() {
    let user = User::on_sandbox();
    let upgrade = |tier: &str, more: &[&str]| {
        user.run(&[&["plan", "upgrade", tier, "--yes", "--json"], more].concat())
    };
    is_paid(&upgrade("plus", &["--once", "q4"]).code(0), "20.00");
    let again = is_paid(&upgrade("plus", &["--once", "q4"]).code(0), "20.00");
    assert_eq!((&again["replayed"], &again["once"]), (&true.into(), &"q4".into()));
    upgrade("super", &["--once", "q4"]).code(52).failed("idempotency_conflict", Some("no"));
    user.run(&["buy", "20", "--once", "q4", "--yes", "--json"])
        .code(52)
        .failed("idempotency_conflict", Some("no"));
    is_paid(&upgrade("super", &["--idempotency-key", "my-own-key"]).code(0), "80.00");
    assert!(keys(&user).contains(&"my-own-key".to_owned()));
    assert_eq!(keys(&user).len(), 2);
    upgrade("ultra", &["--once-since", "2026-11-20T12:00:00Z"]).code(2);
    upgrade("ultra", &["--idempotency-key", "short"]).code(2);
}

#[test]
fn each_refusal_is_its_class_and_says_that_nothing_was_charged() {
    let user = User::on_sandbox();
    for (set, unset, exit, class) in [
        ("card=declined", "card=visa", 21, "card_declined"),
        ("card=expired", "card=visa", 22, "payment_method_expired"),
        ("card=error", "card=visa", 24, "payment_failed"),
        ("card=none", "card=visa", 20, "no_payment_method"),
        ("role=MEMBER", "role=OWNER", 14, "role_required"),
        ("switch=off", "switch=on", 15, "billing_disabled"),
    ] {
        user.set(set);
        let document = user.run(UPGRADE).code(exit).failed(class, Some("no"));
        assert!(document["error"]["portal_url"].is_string(), "{document}");
        user.set(unset);
    }
    let body = user.file("cap.json");
    std::fs::write(&body, r#"{"error":"upgrade_cap_exceeded"}"#).expect("written");
    let body = body.to_str().expect("text");
    let fault = format!("POST {PATH}");
    user.run(&["sandbox", "faults", "add", &fault, "--status", "429", "--body", body]).code(0);
    user.run(UPGRADE).code(43).failed("plan_change_cap", Some("no"));
    is_paid(&user.run(UPGRADE).code(0), "20.00");
    let server = Server::start(&[]);
    let looker = server.user().with("TOPUP_TOKEN", &server.token_without_scope);
    looker.run(UPGRADE).code(12).failed("insufficient_scope", Some("no"));
    looker.run(&["plan", "cancel", "--yes", "--json"]).code(0);
    looker.run(&["plan", "preview", "plus"]).code(12);
    User::new().with("TOPUP_PORTAL_URL", &server.url).run(UPGRADE).code(10);
}

#[test]
fn a_declined_card_under_a_name_stays_declined_until_another_try_is_asked_for() {
    let user = User::on_sandbox();
    let named = [UPGRADE, &["--once", "q4"]].concat();
    user.set("card=declined");
    user.run(&named).code(21);
    user.set("card=visa");
    let document = user.run(&named).code(21).json();
    assert_eq!(document["data"]["replayed"], true);
    is_paid(&user.run(&[&named[..], &["--retry-declined"]].concat()).code(0), "20.00");
    assert_eq!(keys(&user).len(), 2);
}

#[test]
fn an_upgrade_that_was_refused_begins_anew_at_the_price_of_that_day() {
    let user = User::on_sandbox();
    let named = ["plan", "upgrade", "super", "--once", "q4", "--yes", "--json"];
    user.set("card=none");
    user.run(&named).code(20);
    user.set("card=visa");
    user.set("plan=plus");
    is_paid(&user.run(&named).code(0), "80.00");
    assert_eq!(keys(&user).len(), 1, "one name, one key");
}

#[test]
fn what_a_person_has_to_finish_stays_open_until_the_plan_is_in_force() {
    let user = User::on_sandbox();
    user.set("card=3ds");
    let document = user.run(UPGRADE).code(26).failed("action_required", Some("unknown"));
    let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
    assert!(
        document["error"]["portal_url"].as_str().expect("a link").contains("manage-subscription")
    );
    assert_eq!(document["error"]["details"]["recovery_url"], document["error"]["portal_url"]);
    assert_eq!(document["data"]["status"], "pending");
    // Looked at, gone on with, and never sent again.
    user.run(&["status", "--json"]).code(26).failed("action_required", Some("unknown"));
    user.run(&["resume", "--wait", "0s", "--json"]).code(26);
    user.run(UPGRADE).code(26);
    user.run(&[UPGRADE, &["--no-wait"]].concat()).code(26);
    let seen = user.seen();
    assert_eq!(seen.iter().filter(|call| **call == format!("POST {PATH}")).count(), 1);
    user.run(&["resume", &id, "--mark", "not-charged"]).code(2).says("can be asked");
    user.set("plan=plus");
    let done = user.run(&["status", &id, "--json"]).code(0).json();
    assert_eq!(done["data"]["status"], "in_force");
    assert_eq!(done["data"]["upgrade"]["charged"], "unknown");
    user.run(&["resume"]).code(0).prints("Every purchase is final");
}

/// Whatever becomes of the answer, what is told is true and the same command again ends it.
fn lost(fate: &[&str], times: &str) {
    let what = format!("{fate:?} {times} times");
    let server = Server::without_limits();
    let (user, keeper) = (server.user(), server.keeper());
    let fault = ["sandbox", "faults", "add", &format!("POST {PATH}"), "--times", times];
    keeper.run(&[&fault[..], fate].concat()).code(0);
    let first = user.run(UPGRADE);
    let document = first.json();
    let is_on = tier(&user) == "plus";
    let refused = document["error"]["charged"] == "no";
    if document["ok"] == true {
        is_paid(&first, "20.00");
    } else if refused {
        assert!(!is_on, "{what}: {document}");
    } else {
        assert_eq!(document["error"]["charged"], "unknown", "{what}: {document}");
        assert_eq!(first.code, 51, "{what}: {document}");
    }
    keeper.run(&["sandbox", "faults", "clear"]).code(0);
    let again = user.run(UPGRADE);
    assert_eq!(again.code, 0, "{what}, then again: {}", again.out);
    // What was refused for good is over, and the next one is another; a login can be mended.
    let is_over = refused && first.code != 10;
    if document["ok"] == false {
        assert_eq!(is_paid(&again, "20.00")["resumed"], !is_over, "{what}");
    }
    let expected = if is_over { 2 } else { 1 };
    assert_eq!((tier(&user).as_str(), keys(&keeper).len()), ("plus", expected), "{what}");
}

#[test]
fn a_lost_answer_is_asked_again_and_paid_once() {
    const FATES: &[&[&str]] = &[
        &["--lose-response"],
        &["--drop-before"],
        &["--truncate"],
        &["--html"],
        &["--status", "500"],
        &["--status", "302"],
        &["--status", "503", "--retry-after", "1"],
        &["--status", "429", "--retry-after", "1"],
        &["--status", "401"],
    ];
    let cases: Vec<_> =
        FATES.iter().flat_map(|fate| ["1", "9"].map(|times| (*fate, times))).collect();
    at_once(&cases, |(fate, times)| lost(fate, times));
}

#[test]
fn an_open_upgrade_is_known_to_status_resume_and_history_and_no_balance() {
    let server = Server::without_limits();
    let (user, keeper) = (server.user(), server.keeper());
    let fault =
        ["sandbox", "faults", "add", &format!("POST {PATH}"), "--times", "3", "--lose-response"];
    keeper.run(&fault).code(0);
    user.run(&["plan", "upgrade", "plus", "--yes"]).code(51).says("the plan Plus for $20.00");
    assert_eq!(user.run(&["history", "--get", "purchases.0.status"]).out, "unknown\n");
    // What an upgrade costs is no balance on its way, and credits of that amount are another thing.
    user.run(&["ensure", "--at-least", "150", "--buy", "20", "--yes"]).code(0);
    user.run(&["buy", "20", "--yes", "--json"]).code(0);
    assert_eq!(server.count_charges(), 2);
    let resumed = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(resumed["data"]["purchases"][0]["upgrade"]["charged"], "yes");
    assert_eq!(keys(&keeper).len(), 1);
    is_paid(&user.run(&[UPGRADE, &["--dry-run"][..0]].concat()).code(0), "20.00");
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
    user.run(&["plan", "cancel", "--yes"]).code(60).says("stands as before");
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

/// One answer to every request: each reads of it what is its own.
fn portal(more: &str) -> Canned {
    let body = format!(
        r#"{{"org":{{"id":"o"}},"tiers":[{{"tierId":"plus","name":"Plus"}}],"effect":"charge_now","amountDueNowCents":2000,"targetTierId":"plus"{more}}}"#
    );
    Canned::json("200 OK", &body)
}

#[test]
fn an_answer_that_says_nothing_known_proves_nothing() {
    let unknown = [
        "",
        r#","status":"done""#,
        r#","status":7"#,
        r#","status":null"#,
        r#","status":"UPGRADED""#,
    ];
    at_once(&unknown, |more| {
        let portal = portal(more);
        portal.user().run(UPGRADE).code(51).failed("outcome_unknown", Some("unknown"));
    });
    let done = portal(r#","status":"upgraded""#);
    is_paid(&done.user().run(UPGRADE).code(0), "20.00");
    let there = portal(r#","status":"already_on_tier""#).user().run(UPGRADE).code(0).json();
    assert_eq!(
        (&there["data"]["status"], &there["data"]["upgrade"]["charged"]),
        (&"in_force".into(), &"no".into())
    );
}

#[test]
fn a_preview_that_makes_no_sense_sends_no_upgrade() {
    for (body, exit) in [
        (r#""effect":"charge_now","amountDueNowCents":-100"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":0.5"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":"a lot""#, 64),
        (r#""effect":"charge_now""#, 64),
        (r#""effect":"charge_now","amountDueNowCents":99999999999999999"#, 64),
        (r#""effect":"charge_now","amountDueNowCents":5,"targetTierId":"ultra""#, 64),
        (r#""effect":"charge_twice","amountDueNowCents":5"#, 6),
        (r#""amountDueNowCents":5"#, 6),
    ] {
        let canned = Canned::json(
            "200 OK",
            &format!(
                r#"{{"tiers":[{{"tierId":"plus","name":"Plus"}}],"status":"upgraded",{body}}}"#
            ),
        );
        let ran = canned.user().run(UPGRADE).code(exit);
        assert_eq!(ran.json()["error"]["charged"], "no", "{body}");
        assert_eq!(canned.count(), 2, "{body}: the plans and the preview, and nothing else");
    }
}

#[test]
fn a_page_to_finish_it_on_is_opened_only_where_it_is_the_portals_own() {
    let foreign = "https://invoice.stripe.com/i/acct_1/live_2";
    let of = |url: &str| {
        let more = format!(
            r#","status":"requires_action","reason":"authentication_required","recoveryUrl":"{url}""#
        );
        let portal = portal(&more);
        let document =
            portal.user().run(UPGRADE).code(26).failed("action_required", Some("unknown"));
        (portal.url.clone(), document["error"].clone())
    };
    let (home, error) = of(foreign);
    let link = error["portal_url"].as_str().expect("a link");
    assert!(link.starts_with(&home), "only the portal's own: {link}");
    assert_eq!(error["details"]["recovery_url"], foreign);
    assert!(error["message"].as_str().expect("words").contains(foreign), "{error}");
    for hidden in ["javascript:alert(1)", "//evil.example", "http://pay.example/x", "\\u001b[2J"] {
        let (home, error) = of(hidden);
        assert!(error["portal_url"].as_str().expect("a link").starts_with(&home));
        assert!(error["details"]["recovery_url"].is_null(), "{error}");
        assert!(!error["message"].as_str().expect("words").contains("evil"), "{error}");
    }
    let (home, error) = of("/pay/1");
    assert_eq!(error["portal_url"], format!("{home}/pay/1"));
    let failed =
        portal(r#","status":"payment_failed","reason":"card_declined","recoveryUrl":"/billing""#);
    let document = failed.user().run(UPGRADE).code(21).failed("card_declined", Some("no"));
    assert_eq!(document["error"]["portal_url"], format!("{}/billing", failed.url));
}

#[test]
fn a_person_sees_what_is_due_and_confirms() {
    let user = User::on_sandbox();
    for answer in ["", "n"] {
        let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
        session.exp_string("In force now: Free").expect("the present plan");
        session.exp_string("Upgrade to Plus: pay $20.00 now? [y/N]").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("nothing was sent").expect("the outcome");
        assert_eq!(code(session), 3);
    }
    assert!(keys(&user).is_empty());
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("pay $20.00 now? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Upgraded to Plus").expect("the outcome");
    assert_eq!(code(session), 0);
    for (verb, question) in [
        (&["plan", "change", "free"][..], "Change to Free on"),
        (&["plan", "resume"], "Keep Plus?"),
        (&["plan", "cancel"], "End Plus on"),
    ] {
        let mut session = at_a_terminal(&user, verb);
        session.exp_string(question).expect("the question");
        session.send_line("y").expect("typed");
        assert_eq!(code(session), 0, "{verb:?}");
    }
}

#[test]
fn a_person_without_permission_is_offered_it_once_and_the_upgrade_goes_on() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login"]).code(0);
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("y").expect("typed");
    session.exp_string("pay $20.00 now? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Upgraded to Plus").expect("the outcome");
    assert_eq!(code(session), 0);
    assert_eq!(keys(&server.keeper()).len(), 1);
}

#[test]
fn a_name_that_could_pass_for_the_question_has_no_place_in_it() {
    let body = r#"{"tiers":[{"tierId":"plus","name":"Plus: pay $0.00 now? (y"}],"effect":"charge_now","amountDueNowCents":2000,"status":"upgraded"}"#;
    let portal = Canned::json("200 OK", body);
    // Its home has to be there for as long as the session is.
    let user = portal.user();
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("Upgrade to the plan above: pay $20.00 now? [y/N]").expect("the question");
    session.send_line("n").expect("typed");
    assert_eq!(code(session), 3);
}

/// An upgrade under this name that nobody answered, and whose key is too old to be sent again.
fn too_old(user: &User, name: &str) -> (String, Vec<String>) {
    // The longest that a key may be sent on request is 23 hours: it ends in a moment.
    let left = Duration::from_secs(3);
    let since = jiff::Timestamp::now() + left - Duration::from_secs(23 * 3600);
    let until = Instant::now() + left;
    let path = format!("POST {PATH}");
    user.run(&["sandbox", "faults", "add", &path, "--drop-before", "--times", "9"]).code(0);
    let since = since.to_string();
    let named = [UPGRADE, &["--once", name, "--once-since", &since]].concat();
    let document = user.run(&named).code(51).failed("outcome_unknown", Some("unknown"));
    let id = document["data"]["purchase_id"].as_str().expect("an id").to_owned();
    user.run(&["sandbox", "faults", "clear"]).code(0);
    std::thread::sleep(until.saturating_duration_since(Instant::now()));
    (id, named.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn a_key_that_is_too_old_is_not_sent_the_plan_is_looked_at_and_a_person_can_tell() {
    // Each on a portal of its own: the key of each takes its time to get old.
    at_once(&[it_is_looked_at as fn(), it_was_not_charged, it_was_charged], |one| one());
}

fn it_is_looked_at() {
    let user = User::on_sandbox();
    let (id, named) = too_old(&user, "q4");
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    user.run(&named[..named.len() - 2]).code(51).failed("outcome_unknown", Some("unknown"));
    user.run(&["resume", &id]).code(51).says("INVOICE_ID");
    assert_eq!(tier(&user), "free", "nothing is sent under a key that may be forgotten");
    // It came into force by somebody else's hand, or by the first try: nobody can tell.
    user.set("plan=plus");
    let found = user.run(&named[..named.len() - 2]).code(0).json();
    assert_eq!(
        (&found["data"]["status"], &found["data"]["upgrade"]["charged"]),
        (&"in_force".into(), &"unknown".into())
    );
}

fn it_was_not_charged() {
    let user = User::on_sandbox();
    let (id, _) = too_old(&user, "q5");
    user.run(&["resume", &id, "--mark", "not-charged"]).code(0);
    user.run(&["status", &id]).code(25);
}

fn it_was_charged() {
    let user = User::on_sandbox();
    let (id, _) = too_old(&user, "q6");
    let marked = user.run(&["resume", &id, "--mark", "charged=in_1", "--json"]).code(0).json();
    assert_eq!(marked["data"]["purchases"][0]["upgrade"]["charged"], "yes");
}
