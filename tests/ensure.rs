//! Promise: `ensure` buys only when less is there, and once, however many jobs ask at the same
//! time.

use crate::scripted::{Asked, Scripted, Told};
use crate::support::{Passing, Server, User, at_once, signal, until};
use rustix::process::Signal;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

const ENSURE: &[&str] = &["ensure", "--at-least", "20", "--buy", "25", "--yes", "--json"];

fn poor() -> User {
    let user = User::on_sandbox();
    user.set("balance=3.405");
    user
}

fn data(document: &Value) -> &Value {
    &document["data"]
}

#[test]
fn nothing_is_bought_when_enough_is_there_and_nobody_is_asked() {
    let user = User::on_sandbox();
    let looked = user.run(&["ensure", "--at-least", "142.50", "--buy", "25"]).code(0);
    assert!(looked.out.contains("nothing to buy"), "{}", looked.out);
    user.set("balance=142.499");
    user.run(&["ensure", "--at-least", "142.50", "--buy", "25", "--json"])
        .code(3)
        .failed("confirmation_required", Some("no"));
    assert_eq!(user.charges().len(), 0);
}

#[test]
fn what_is_missing_is_bought_once() {
    let user = poor();
    let document = user.run(ENSURE).code(0).json();
    assert_eq!(data(&document)["bought"], true);
    assert_eq!(data(&document)["balance_usd"], "3.405");
    assert_eq!(data(&document)["purchase"]["status"], "settled");
    let document = user.run(ENSURE).code(0).json();
    assert_eq!(
        (&data(&document)["bought"], &data(&document)["purchase"]),
        (&false.into(), &Value::Null)
    );
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn up_to_a_balance_is_bought_in_whole_cents_rounded_up() {
    let user = poor();
    let up_to =
        ["ensure", "--at-least", "20", "--to", "50", "--yes", "--get", "purchase.amount_usd"];
    assert_eq!(user.run(&up_to).code(0).out, "46.60\n");
    user.run(&["ensure", "--at-least", "20", "--to", "10", "--yes"])
        .code(2)
        .says("never be enough");
    user.run(&["ensure", "--at-least", "20", "--yes"]).code(2);
    user.run(&["ensure", "--at-least", "200", "--to", "250", "--max", "100", "--yes", "--json"])
        .code(5)
        .failed("spend_guard", Some("no"));
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn too_small_a_purchase_is_told() {
    let user = poor();
    let small = ["ensure", "--at-least", "100", "--buy", "25", "--yes", "--json"];
    let document = user.run(&small).code(30).failed("insufficient_balance", Some("yes"));
    assert_eq!(document["data"]["status"], "settled");
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn what_is_on_its_way_counts_as_there() {
    let user = poor();
    user.set("settle-after=1h");
    let no_wait = [ENSURE, &["--no-wait"]].concat();
    user.run(&no_wait).code(50).failed("pending", Some("unknown"));
    let document = user.run(&no_wait).code(50).failed("pending", Some("unknown"));
    assert_eq!(document["error"]["details"]["purchase_ids"].as_array().map(Vec::len), Some(1));
    user.set("clock=+2h");
    user.run(ENSURE).code(0);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn an_answer_that_was_lost_is_found_before_anything_else_is_bought() {
    // Lost three times in one run, which waits between them; and once in a run that is ended
    // then, and three times in the one after it.
    at_once(&[false, true], |ended_before| {
        let user = poor();
        user.set("settle-after=1h");
        let times = if *ended_before { "4" } else { "3" };
        let lose = ["sandbox", "faults", "add", "POST /api/billing/charge", "--lose-response"];
        user.run(&[&lose[..], &["--times", times]].concat()).code(0);
        if *ended_before {
            let child = user.start(ENSURE);
            until("it is sent", || {
                user.seen().iter().any(|call| call == "POST /api/billing/charge")
            });
            signal(child.id(), Signal::INT);
            user.finish(ENSURE, child).code(130).failed("interrupted", Some("unknown"));
        }
        user.run(ENSURE).code(51).failed("outcome_unknown", Some("unknown"));
        user.set("clock=+2h");
        let document = user.run(ENSURE).code(0).json();
        assert_eq!(data(&document)["bought"], false, "the purchase from before is settled now");
        assert_eq!(user.charges().len(), 1);
    });
}

#[test]
fn figures_that_do_not_move_buy_nothing_twice() {
    let user = poor();
    user.set("spent=60");
    user.run(ENSURE).code(0);
    user.set("balance=1");
    user.set("spent=60");
    let document = user.run(ENSURE).code(30).failed("insufficient_balance", Some("yes"));
    assert_eq!(document["data"]["replayed"], true);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn where_nothing_can_guarantee_it_a_name_is_asked_for() {
    let user = poor().with("CI", "true");
    user.run(ENSURE).code(2).failed("usage", Some("no"));
    let now = jiff::Timestamp::now().to_string();
    let named = [ENSURE, &["--once", "refill", "--once-since", &now]].concat();
    user.run(&named).code(0);
    let member = poor();
    member.set("role=MEMBER");
    // A name would not help this role: that is said, and not that one is missing.
    member.run(ENSURE).code(14).failed("role_required", Some("no"));
    assert_eq!((user.charges().len(), member.charges().len()), (1, 0));
}

#[test]
fn fifty_at_once_buy_once() {
    let server = Server::start(&["--no-rate-limit"]);
    server.keeper().set("settle-after=200ms");
    server.keeper().set("balance=3");
    let user = server.user();
    let children: Vec<_> = (0..50).map(|_| user.start(ENSURE)).collect();
    let mut bought = 0;
    for child in children {
        let document = user.finish(ENSURE, child).code(0).json();
        bought += usize::from(data(&document)["bought"] == true);
    }
    assert_eq!((bought, server.count_charges()), (1, 1));
}

#[test]
fn machines_that_saw_the_same_figures_buy_once() {
    const MACHINES: usize = 4;
    let server = Server::start(&["--no-rate-limit"]);
    server.keeper().set("balance=3");
    // Nobody's purchase is worked on before all have looked, and want one.
    let gate = Arc::new((Mutex::new(0), Condvar::new()));
    let gated = Passing::before(&server.url, move |request| {
        if request.starts_with(b"POST /api/billing/charge ") {
            let (wanted, changed) = &*gate;
            let mut wanted = wanted.lock().expect("unlocked");
            *wanted += 1;
            changed.notify_all();
            let missing = |wanted: &mut usize| *wanted < MACHINES;
            let late = Duration::from_secs(20);
            let (_held, waited) =
                changed.wait_timeout_while(wanted, late, missing).expect("unlocked");
            assert!(!waited.timed_out(), "all of them want to buy");
        }
    });
    let users: Vec<User> =
        (0..MACHINES).map(|_| server.user().with("TOPUP_PORTAL_URL", &gated.url)).collect();
    let children: Vec<_> = users.iter().map(|user| user.start(ENSURE)).collect();
    for (user, child) in users.iter().zip(children) {
        user.finish(ENSURE, child).code(0);
    }
    assert_eq!(server.count_charges(), 1);
}

/// Promise: what is still on its way counts as there, also where another command finds it settled
/// just between the look at the account and the look at the journal.
#[test]
fn a_purchase_that_settles_during_the_look_is_not_bought_again() {
    let buyer: Arc<OnceLock<User>> = Arc::default();
    let charges = Arc::new(AtomicUsize::new(0));
    let (settled, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (other, count) = (Arc::clone(&buyer), Arc::clone(&charges));
    let portal = Scripted::new(move |asked: &Asked| match asked.line.as_str() {
        "POST /api/billing/charge" => {
            let n = count.fetch_add(1, Ordering::SeqCst) + 1;
            Told::Json(202, format!(r#"{{"chargeId":"ch_{n}"}}"#))
        }
        "GET /api/billing/charge/ch_1" if settled.load(Ordering::SeqCst) => Told::Json(
            200,
            r#"{"status":"settled","amountUsd":"25","settledAt":"2026-11-20T12:00:00Z"}"#.into(),
        ),
        "GET /api/billing/state" => {
            let stale = looks.fetch_add(1, Ordering::SeqCst) == 0;
            if stale {
                settled.store(true, Ordering::SeqCst);
                other.get().expect("somebody").run(&["resume", "--json"]).code(0);
            }
            let balance = if stale { "3" } else { "28" };
            Told::Json(
                200,
                format!(
                    r#"{{"balanceUsd":"{balance}","cliBillingEnabled":true,"canChangePlan":true}}"#
                ),
            )
        }
        _ => Told::Json(200, r#"{"status":"pending"}"#.into()),
    });
    // A token that names its organisation, "o".
    let token = "e30.eyJvcmdfaWQiOiJvIn0.c2ln";
    let user = buyer.get_or_init(|| portal.user("nous").with("TOPUP_TOKEN", token));
    user.run(&["buy", "25", "--yes", "--no-wait", "--json"]).code(50);
    let named = [ENSURE, &["--once", "refill"]].concat();
    let document = user.run(&named).code(0).json();
    assert_eq!(data(&document)["bought"], false, "{document}");
    assert_eq!(data(&document)["balance_usd"], "28");
    assert_eq!(charges.load(Ordering::SeqCst), 1);
}
