//! Promise: an answer that is lost, cut or somebody else's, at any request of a purchase, makes
//! nothing untrue: the same command again pays once.

use crate::support::{Server, at_once, check_again, check_first};

const BUY: &[&str] = &["buy", "25", "--yes", "--json", "--poll", "100ms"];
/// Every request of a purchase whose login has to be renewed first.
const REQUESTS: &[&str] =
    &["POST /api/oauth/token", "POST /api/billing/charge", "GET /api/billing/charge/*"];
/// What becomes of the answer.
const FATES: &[&[&str]] = &[
    &["--lose-response"],
    &["--drop-before"],
    &["--truncate"],
    &["--html"],
    &["--status", "500"],
    &["--status", "503", "--retry-after", "1"],
    &["--status", "429", "--retry-after", "1"],
    &["--status", "401"],
    &["--status", "302"],
];
/// Once, and more often than any run asks again.
const TIMES: &[&str] = &["1", "9"];

fn one(request: &str, fate: &[&str], times: &str) {
    let what = format!("{request} {fate:?} {times} times");
    let server = Server::without_limits();
    let user = server.user_with_an_old_login();
    let grants = server.count_grants();
    let keeper = server.keeper();
    let mut fault = vec!["sandbox", "faults", "add", request, "--times", times];
    fault.extend_from_slice(fate);
    keeper.run(&fault).code(0);
    let first = user.run(&[BUY, &["--wait", "2s"]].concat());
    let first = check_first(&first.out, Some(first.code), server.count_charges(), &what);
    keeper.run(&["sandbox", "faults", "clear"]).code(0);
    let mut again = user.run(BUY);
    if first["error"]["class"] == "session_revoked" {
        // The portal said so: a person logs in, and the same command goes on.
        assert_eq!(again.code, 11, "{what}: {}", again.out);
        user.run(&["login", "--step-up", "--no-browser"]).code(0);
        again = user.run(BUY);
    }
    check_again(&first, &again, server.count_charges(), &what);
    if request == REQUESTS[0] {
        assert!(server.count_grants() - grants <= 2, "{what}: it is not asked again and again");
    }
}

#[test]
fn whatever_becomes_of_an_answer_the_same_command_pays_once() {
    let cases: Vec<_> = REQUESTS
        .iter()
        .flat_map(|request| FATES.iter().map(move |fate| (request, fate)))
        .flat_map(|(request, fate)| TIMES.iter().map(move |times| (*request, *fate, *times)))
        .collect();
    at_once(&cases, |(request, fate, times)| one(request, fate, times));
    println!("{} fates of an answer, the truth was told and paid once each time", cases.len());
}
