//! Promise: an upgrade whose answer was lost is found out by the same command and paid once; one
//! that is too old to be asked about is never sent again.

use super::{PATH, UPGRADE, is_paid, keys, tier};
use crate::support::{Server, User, at_once};
use std::time::{Duration, Instant};

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
