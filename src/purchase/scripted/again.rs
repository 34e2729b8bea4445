//! What one run asks for again, and how often: requests, tokens, looks.

use super::*;

#[test]
fn a_request_is_repeated_only_where_that_helps_and_the_third_is_the_last() {
    let garbled = ChargeResponse::Unknown { refusal: refusal(Class::Protocol), replay: false };
    let mut script = ScriptedPortal::new(vec![garbled], vec![]);
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!((script.count("post"), script.waits.len()), (1, 0));
    // A stale token has taken the first of the three.
    let stale = ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn));
    let mut script = ScriptedPortal::new(vec![stale, lost(), lost()], vec![]);
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!((script.count("post"), script.waits), (3, vec![Duration::from_secs(2)]));
}

#[test]
fn a_token_is_renewed_again_for_a_look_once_one_has_worked_in_between() {
    let stale =
        || ChargeStatus::Trouble { refusal: refusal(Class::NotLoggedIn), unauthorized: true };
    for (polls, class, renewals) in [
        (vec![stale(), ChargeStatus::Pending, stale(), settled("25")], Class::Success, 2),
        (vec![stale(), stale()], Class::NotLoggedIn, 1),
    ] {
        let mut script = ScriptedPortal::new(vec![accepted()], polls);
        let (_, report) = buy(&mut script);
        assert_eq!((report.class, script.count("renew")), (class, renewals));
    }
}

#[test]
fn trouble_is_reported_where_the_last_look_met_it() {
    let trouble = |class| ChargeStatus::Trouble { refusal: refusal(class), unauthorized: false };
    let run = |class, seconds| {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![trouble(class)]);
        let wait = Some(Duration::from_secs(seconds));
        let report = script.run(purchase(), RunOptions { wait, ..plan(RunMode::Buy, false) }).1;
        assert_eq!(report.charged, Charged::Unknown);
        (report.class, report.failure.map(|failure| failure.class))
    };
    let away = Class::ServerError;
    assert_eq!(run(away, 0), (Class::Pending, Some(away)));
    assert_eq!(run(away, 2), (Class::Pending, None), "the second look has worked");
    // What makes no sense is no success that takes its time.
    assert_eq!(run(Class::Protocol, 0), (Class::Protocol, Some(Class::Protocol)));
}

#[test]
fn a_run_that_sends_nothing_writes_a_row_only_where_another_machine_may_be_at_it() {
    for (shared, rows) in [(false, vec![]), (true, vec![JournalRow::Recovered])] {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.logins.push_back(Err(Failure::new(Class::NotLoggedIn, "no login")));
        let options = RunOptions { shared, ..plan(RunMode::Buy, false) };
        let (_, report) = script.run(purchase(), options);
        assert_eq!((report.class, report.charged), (Class::NotLoggedIn, Charged::No));
        assert_eq!(script.rows, rows, "shared: {shared}");
    }
    // And not where it does not say that nothing was charged.
    let mut script = ScriptedPortal::new(vec![lost(), lost(), lost()], vec![]);
    let shared = RunOptions { shared: true, ..plan(RunMode::Buy, false) };
    let (_, report) = script.run(purchase(), shared);
    assert_eq!((report.charged, script.count("recovered")), (Charged::Unknown, 0));
}
