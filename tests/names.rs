//! Promise: the same `--once` name never pays twice, on this machine, on another one, and however
//! many ask at once; with another amount it is refused.

use crate::scripted::{Scripted, Told};
use crate::support::{Server, User};
use serde_json::Value;

#[test]
fn the_same_name_never_buys_twice_and_says_so() {
    let user = User::on_sandbox();
    let first = user.run(&["buy", "25", "--yes", "--once", "refill", "--json"]).code(0).json();
    let again = user.run(&["buy", "25", "--yes", "--once", "refill", "--json"]).code(0).json();
    assert_eq!(again["data"]["charge_id"], first["data"]["charge_id"]);
    assert_eq!(again["data"]["asked_at"], first["data"]["asked_at"], "the first date is shown");
    assert_eq!(
        (&first["data"]["replayed"], &again["data"]["replayed"]),
        (&Value::from(false), &Value::from(true))
    );
    assert_eq!(user.charges().len(), 1);
    user.run(&["buy", "25", "--yes", "--once", "another"]).code(0);
    assert_eq!(user.charges().len(), 2);
}

#[test]
fn the_same_name_with_another_amount_is_refused_here_and_by_the_portal() {
    let server = Server::start(&[]);
    let (here, there) = (server.user(), server.user());
    here.run(&["buy", "25", "--yes", "--once", "refill"]).code(0);
    let sent = server.keeper().seen().len();
    here.run(&["buy", "30", "--yes", "--once", "refill", "--json"])
        .code(52)
        .failed("idempotency_conflict", Some("no"));
    assert_eq!(server.keeper().seen().len(), sent, "known here: nothing was sent");
    there
        .run(&["buy", "30", "--yes", "--once", "refill", "--json"])
        .code(52)
        .failed("idempotency_conflict", Some("no"));
    assert_eq!(server.keeper().charges().len(), 1);
}

#[test]
fn another_machine_with_the_same_name_finds_the_same_charge() {
    let server = Server::start(&[]);
    let first =
        server.user().run(&["buy", "25", "--yes", "--once", "refill", "--json"]).code(0).json();
    let other =
        server.user().run(&["buy", "25", "--yes", "--once", "refill", "--json"]).code(0).json();
    assert_eq!(first["data"]["charge_id"], other["data"]["charge_id"]);
    assert_eq!(server.keeper().charges().len(), 1);
}

#[test]
fn in_ci_a_name_wants_to_know_its_age() {
    let server = Server::start(&[]);
    let ci = || server.user().with("CI", "true");
    let arguments = ["buy", "25", "--yes", "--once", "run-7-refill", "--json"];
    let document = ci().run(&arguments).code(51).failed("outcome_unknown", Some("unknown"));
    assert!(document["error"]["hints"].to_string().contains("--once-since"), "{document}");
    ci().with("GITHUB_RUN_ATTEMPT", "2")
        .run(&arguments)
        .code(51)
        .failed("outcome_unknown", Some("unknown"));
    ci().with("CI_PIPELINE_CREATED_AT", "2020-01-01T00:00:00Z").run(&arguments).code(51);
    assert!(server.keeper().seen().is_empty(), "nothing was sent");
    let first = ci().with("GITHUB_RUN_ATTEMPT", "1").run(&arguments).code(0).json();
    let since = jiff::Timestamp::now().to_string();
    let mut again = arguments.to_vec();
    again.extend(["--once-since", &since]);
    let rerun = ci().with("GITHUB_RUN_ATTEMPT", "2").run(&again).code(0).json();
    assert_eq!(first["data"]["charge_id"], rerun["data"]["charge_id"]);
    assert_eq!(server.keeper().charges().len(), 1);
}

#[test]
fn a_refusal_where_another_machine_may_have_bought_proves_nothing() {
    let server = Server::start(&[]);
    let arguments = ["buy", "25", "--yes", "--once", "refill", "--json"];
    server.user().run(&arguments).code(0);
    server.keeper().set("role=MEMBER");
    let since = jiff::Timestamp::now().to_string();
    let mut again = arguments.to_vec();
    again.extend(["--once-since", &since]);
    server.user().with("CI", "1").run(&again).code(51).failed("outcome_unknown", Some("unknown"));
}

#[test]
fn a_refused_name_may_be_asked_for_again_under_the_same_key() {
    let user = User::on_sandbox();
    user.set("card=none");
    let arguments = ["buy", "25", "--yes", "--once", "refill", "--json"];
    let refused = user.run(&arguments).code(20).failed("no_payment_method", Some("no"));
    user.set("card=visa");
    let bought = user.run(&arguments).code(0).json();
    assert_eq!(refused["data"]["idempotency_key"], bought["data"]["idempotency_key"]);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_declined_name_stays_declined_until_it_is_tried_again_on_purpose() {
    let user = User::on_sandbox();
    user.set("card=declined");
    let arguments = ["buy", "25", "--yes", "--once", "refill", "--json"];
    user.run(&arguments).code(21);
    user.set("card=visa");
    let replayed = user.run(&arguments).code(21).failed("card_declined", Some("no"));
    assert_eq!(replayed["data"]["replayed"], true);
    assert_eq!(user.charges().len(), 1);
    let mut again = arguments.to_vec();
    again.push("--retry-declined");
    user.run(&again).code(0);
    user.run(&arguments).code(0);
    assert_eq!(user.charges().len(), 2, "one declined, one settled");
}

#[test]
fn a_declined_chain_is_walked_the_same_way_on_another_machine() {
    let server = Server::start(&[]);
    server.keeper().set("card=declined");
    let arguments = ["buy", "25", "--yes", "--once", "refill", "--json"];
    let here = server.user();
    here.run(&arguments).code(21);
    server.keeper().set("card=visa");
    let mut again = arguments.to_vec();
    again.push("--retry-declined");
    let bought = here.run(&again).code(0).json();
    let since = jiff::Timestamp::now().to_string();
    again.extend(["--once-since", &since]);
    let elsewhere = server.user().with("CI", "1").run(&again).code(0).json();
    assert_eq!(bought["data"]["charge_id"], elsewhere["data"]["charge_id"]);
    assert_eq!(server.keeper().charges().len(), 2);
}

#[test]
fn a_key_of_ones_own_is_sent_as_it_is() {
    let user = User::on_sandbox();
    let arguments = ["buy", "25", "--yes", "--idempotency-key", "my-key-0001", "--json"];
    user.run(&arguments).code(0);
    let again = user.run(&arguments).code(0).json();
    assert_eq!(again["data"]["replayed"], true);
    assert_eq!(user.charges()[0]["idempotency_key"], "my-key-0001");
    for bad in ["short", "has space", "", "é-é-é-é-é", " leading-space", &"x".repeat(256)] {
        user.run(&["buy", "25", "--yes", "--idempotency-key", bad, "--json"]).code(2);
    }
    user.run(&["buy", "25", "--yes", "--once", "x", "--idempotency-key", "my-key-0001"]).code(2);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn an_open_purchase_is_adopted_unless_another_one_is_asked_for() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    let open = user.run(&["buy", "25", "--yes", "--no-wait", "--json"]).code(50).json();
    let again = user.run(&["buy", "25", "--yes", "--no-wait", "--json"]).code(50).json();
    assert_eq!(open["data"]["charge_id"], again["data"]["charge_id"]);
    assert_eq!(user.charges().len(), 1);
    let new = user.run(&["buy", "25", "--yes", "--no-wait", "--new", "--json"]).code(50).json();
    assert_ne!(open["data"]["charge_id"], new["data"]["charge_id"]);
    assert_eq!(user.charges().len(), 2);
}

#[test]
fn a_purchase_is_found_by_its_name_as_by_its_id() {
    let user = User::on_sandbox();
    user.set("settle-after=0s");
    user.run(&["buy", "25", "--yes", "--once", "the march refill"]).code(0);
    user.run(&["buy", "30", "--yes"]).code(0);
    let found = user.run(&["status", "the march refill", "--json"]).code(0).json();
    assert_eq!(found["data"]["once"], "the march refill");
    user.run(&["resume", "the march refill"]).code(0).prints("$25.00");
    user.run(&["status", "the april refill"]).code(2);
}

#[test]
fn a_name_that_is_refused_in_the_same_way_again_is_not_to_be_run_for_ever() {
    let user = User::on_sandbox();
    let charge = "POST /api/billing/charge";
    user.run(&["sandbox", "faults", "add", charge, "--status", "503", "--times", "9"]).code(0);
    let buy = ["buy", "25", "--yes", "--once", "refill"];
    user.run(&buy).code(41).says("Try again in a few minutes");
    for _ in 0..2 {
        let again = user.run(&buy).code(41).says("If it does, use another name");
        assert!(!again.err.contains("Try again"), "{}", again.err);
    }
    assert!(user.charges().is_empty());
}

#[test]
fn a_conflict_tells_this_amount_and_the_purchase_of_the_name_apart() {
    let user = User::on_sandbox();
    let first = user.run(&["buy", "25", "--yes", "--once", "a", "--json"]).code(0).json();
    let refused = user.run(&["buy", "30", "--yes", "--once", "a"]).code(52);
    let refused =
        refused.says("$30.00 was not sent: the name 'a' belongs to the purchase of $25.00");
    refused.says("which was charged at").says("This run charged nothing.");
    let document = user.run(&["buy", "30", "--yes", "--once", "a", "--json"]).code(52);
    let error = document.failed("idempotency_conflict", Some("no"))["error"].clone();
    assert_eq!(error["charged_now"], "no");
    let details = &error["details"];
    assert_eq!(details["key_purchase_id"], first["data"]["purchase_id"]);
    assert_eq!(
        (&details["key_amount_usd"], &details["key_charged"]),
        (&"25.00".into(), &"yes".into())
    );
}

#[test]
fn what_the_portal_said_of_a_name_is_not_told_of_a_purchase_that_was_never_made() {
    let server = Server::start(&[]);
    let (there, here) = (server.user(), server.user());
    there.run(&["buy", "25", "--yes", "--once", "x"]).code(0);
    here.run(&["buy", "30", "--yes", "--once", "x"])
        .code(52)
        .says("belongs to a purchase of another");
    // The very purchase that was made there: it is not denied, and nobody is sent to the wrong amount.
    let refused = here.run(&["buy", "25", "--yes", "--once", "x", "--json"]).code(52);
    let error = refused.failed("idempotency_conflict", Some("unknown"))["error"].clone();
    assert_eq!(
        (&error["charged_now"], &error["details"]["key_charged"]),
        (&"no".into(), &"unknown".into())
    );
    let message = error["message"].as_str().expect("text");
    assert!(message.contains("another amount than $30.00"), "{message}");
    assert!(!error["hints"].to_string().contains("amount of that purchase"), "{error}");
    assert_eq!(server.count_charges(), 1);
}

/// A portal that knows one charge, of $30, and gives it for whatever is asked for.
fn with_one_charge() -> Scripted {
    Scripted::new(|asked| match asked.line.split(' ').next().unwrap_or_default() {
        "POST" => Told::Json(202, r#"{"chargeId":"ch_1"}"#.into()),
        _ => Told::Json(200, r#"{"status":"settled","amountUsd":"30"}"#.into()),
    })
}

#[test]
fn the_answer_for_another_amount_is_another_purchase_where_the_name_may_have_been_used_before() {
    let portal = with_one_charge();
    let machine = || portal.user("nous").with("TOPUP_TOKEN", "e30.eyJvcmdfaWQiOiJvIn0.c2ln");
    let requests = || portal.lines().iter().filter(|line| line.starts_with("POST")).count();
    let buy = ["buy", "25", "--yes", "--once", "refill"];
    let buy_json = [&buy[..], &["--json"]].concat();

    // No other machine can have used the name: the answer makes no sense.
    let ours = machine();
    for _ in 0..2 {
        let ran = ours.run(&buy_json).code(64);
        let document = ran.failed("protocol", Some("yes"));
        let message = document["error"]["message"].as_str().expect("a message");
        assert!(message.contains("$30.00 was charged, but $25.00 was asked for"), "{message}");
    }
    assert_eq!(requests(), 1, "the charge is final");

    // A job on a machine that comes and goes: the charge is of the run that used the name first.
    let now = jiff::Timestamp::now().to_string();
    let since = ["--once-since", now.as_str()];
    for _ in 0..2 {
        let job = machine().with("CI", "true");
        let before = requests();
        for words in [&buy[..], &buy_json].map(|words| [words, &since].concat()) {
            let ran = job.run(&words).code(52);
            if words.contains(&"--json") {
                let document = ran.failed("idempotency_conflict", Some("yes"));
                assert_eq!(document["error"]["charged_now"], "unknown", "{document}");
                assert_eq!(document["data"]["amount_usd"], "30.00", "{document}");
            } else {
                ran.says("$25.00 was not bought: $30.00 was charged under the name 'refill'")
                    .says("another machine may have used first")
                    .says("Use another name for another purchase");
            }
        }
        assert_eq!(requests(), before + 1, "once on each machine");
    }
}

#[test]
fn the_age_of_a_name_is_not_told_as_the_time_of_a_request() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    let since = (jiff::Timestamp::now() - std::time::Duration::from_mins(40)).to_string();
    let buy = ["buy", "25", "--yes", "--no-wait", "--once", "refill", "--once-since", &since];
    user.run(&buy).code(50);
    let resumed = user.run(&["resume", "--wait", "0s"]).code(50).says("$25.00, requested at 2");
    assert!(!resumed.err.contains("sent "), "{}", resumed.err);
}
