//! Promise: under every fault, no purchase is paid twice, and what is reported of it is true.

use super::*;
use crate::provider::{EvidenceReading, ShownPurchase};
use crate::purchase::record::OpenedPayment;

#[test]
fn one_request_and_its_looks() {
    let mut script =
        ScriptedPortal::new(vec![accepted()], vec![ChargeStatus::Pending, settled("25.0")]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert_eq!(script.log, ["authorize", "sending", "post", "accepted", "poll", "poll", "final"]);
    assert_eq!(script.waits, [Duration::from_secs(2)]);
    assert!(matches!(purchase.outcome, Some(Outcome::Settled { .. })));
}

#[test]
fn settled_with_another_amount_is_no_success() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("250")]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Protocol, Charged::Yes));
    let again = ScriptedPortal::new(vec![], vec![]).run(purchase, plan(RunMode::Buy, true));
    assert_eq!(again.1.class, Class::Protocol, "and stays none when it is reported again");
}

#[test]
fn a_lost_answer_is_asked_for_twice_and_no_more() {
    let mut script = ScriptedPortal::new(vec![lost(), lost(), lost()], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!(script.waits, [Duration::from_secs(2), Duration::from_secs(10)]);
    assert_eq!(script.count("post"), 3);
    assert_eq!(purchase.outcome, None, "it stays open");
    let mut script = ScriptedPortal::new(vec![lost(), accepted()], vec![settled("25")]);
    let (_, report) = buy(&mut script);
    assert_eq!(report.class, Class::Success);
}

#[test]
fn one_unknown_stays_unknown_whatever_refusals_follow() {
    for refused in [
        ChargeResponse::Refused(refusal(Class::MonthlyCapExceeded)),
        ChargeResponse::Throttled(refusal(Class::RateLimited)),
        ChargeResponse::Refused(refusal(Class::SessionRevoked)),
        unsent(),
    ] {
        let mut script = ScriptedPortal::new(vec![lost(), refused, unsent(), unsent()], vec![]);
        let (purchase, report) = buy(&mut script);
        assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
        assert_eq!(purchase.outcome, None);
    }
}

#[test]
fn a_refusal_ends_it_and_is_never_repeated() {
    for (posted, class) in [
        (ChargeResponse::Refused(refusal(Class::NoPaymentMethod)), Class::NoPaymentMethod),
        (ChargeResponse::Throttled(refusal(Class::RateLimited)), Class::RateLimited),
        (ChargeResponse::Conflict(refusal(Class::IdempotencyConflict)), Class::IdempotencyConflict),
    ] {
        let mut script = ScriptedPortal::new(vec![posted], vec![]);
        let (purchase, report) = buy(&mut script);
        assert_eq!((report.class, report.charged), (class, Charged::No));
        assert_eq!(script.log, ["authorize", "sending", "post", "attempt", "final"]);
        assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));
    }
}

#[test]
fn a_refusal_under_a_key_that_others_may_have_used_proves_nothing() {
    let mut purchase = purchase();
    purchase.intent.first_use_proven = false;
    purchase.intent.naming = KeyOrigin::Once { name: "x".into(), generation: 0 };
    let mut script = ScriptedPortal::new(
        vec![ChargeResponse::Refused(refusal(Class::MonthlyCapExceeded))],
        vec![],
    );
    let (purchase, report) = script.run(purchase, plan(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!(report.failure.map(|failure| failure.class), Some(Class::MonthlyCapExceeded));
    assert_eq!(purchase.outcome, None);
}

#[test]
fn a_stale_token_is_renewed_once() {
    let unauthorized = || ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn));
    let mut script = ScriptedPortal::new(vec![unauthorized(), accepted()], vec![settled("25")]);
    let (_, report) = buy(&mut script);
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.count("renew"), 1);
    let mut script = ScriptedPortal::new(vec![unauthorized(), unauthorized()], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::NotLoggedIn, Charged::No));
    assert_eq!(purchase.outcome, None, "the entry stays: login, then resume");
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    let (_, report) = script.run(purchase, plan(RunMode::Resume, true));
    assert_eq!(report.class, Class::Success, "and resume goes on with it");
}

#[test]
fn what_never_left_is_tried_again_briefly_and_charged_nothing() {
    let mut script = ScriptedPortal::new(vec![unsent(), unsent(), unsent()], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Network, Charged::No));
    assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));
    let mut script = ScriptedPortal::new(vec![unsent(), accepted()], vec![settled("25")]);
    assert_eq!(buy(&mut script).1.class, Class::Success);
}

#[test]
fn another_request_in_flight_is_waited_for() {
    let in_flight = || {
        let mut refusal = refusal(Class::InProgress);
        refusal.retry_after = Some(100);
        ChargeResponse::InFlight(refusal)
    };
    let mut script = ScriptedPortal::new(vec![in_flight(), accepted()], vec![settled("25")]);
    assert_eq!(buy(&mut script).1.class, Class::Success);
    assert_eq!(script.waits, [Duration::from_secs(30)], "never longer than 30 s");
    let mut script = ScriptedPortal::new((0..6).map(|_| in_flight()).collect(), vec![]);
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
    assert_eq!(script.count("post"), 6);
}

#[test]
fn a_run_sends_at_most_three_requests() {
    let unauthorized = ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn));
    let mut script = ScriptedPortal::new(vec![lost(), lost(), unauthorized], vec![]);
    let (_, report) = buy(&mut script);
    assert_eq!(report.class, Class::OutcomeUnknown);
    assert_eq!(script.count("post"), 3);
}

#[test]
fn nothing_is_sent_when_the_row_cannot_be_written() {
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.refuse_rows = |row| matches!(row, JournalRow::Sending { .. });
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Config, Charged::No));
    assert_eq!(script.count("post"), 0);
}

#[test]
fn a_disk_that_fails_after_the_request_loses_nothing_in_memory() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.refuse_rows = |row| matches!(row, JournalRow::Accepted { .. } | JournalRow::Final(_));
    let (_, report) = buy(&mut script);
    assert_eq!(
        (report.class, report.charged, report.unrecorded),
        (Class::Success, Charged::Yes, true)
    );
    let mut script = ScriptedPortal::new(vec![lost()], vec![]);
    script.refuse_rows = |row| matches!(row, JournalRow::Attempt { .. });
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.unrecorded), (Class::OutcomeUnknown, true));
    assert_eq!(script.count("post"), 1, "no replay that the disk does not know of");
}

#[test]
fn after_a_crash_the_same_bytes_are_sent_again_and_an_accepted_charge_never() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    let (_, report) = script.run(loaded(&[sending(1)]), plan(RunMode::Buy, true));
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.log[..3], ["recovered", "authorize", "sending"]);
    let rows = [sending(1), accepted_row(1, "ch_1")];
    let mut script = ScriptedPortal::new(vec![], vec![settled("25")]);
    let (_, report) = script.run(loaded(&rows), plan(RunMode::Buy, true));
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.count("post"), 0);
}

#[test]
fn resume_never_starts_a_purchase() {
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (purchase, report) = script.run(loaded(&[]), plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::PaymentCanceled, Charged::No));
    assert_eq!(purchase.outcome, Some(Outcome::NeverSent));
    let refused =
        JournalRow::Attempt { n: 1, verdict: Verdict::No, failure: failure(Class::RateLimited) };
    let rows = [sending(1), refused];
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (purchase, report) = script.run(loaded(&rows), plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::RateLimited, Charged::No));
    assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));
}

#[test]
fn a_final_is_reported_and_nothing_is_sent() {
    let declined = JournalRow::Final(Outcome::Failed(failure(Class::CardDeclined)));
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (_, report) = script.run(loaded(&[sending(1), declined]), plan(RunMode::Buy, true));
    assert_eq!((report.class, report.charged), (Class::CardDeclined, Charged::No));
    assert!(script.log.is_empty());
}

#[test]
fn what_was_refused_may_be_asked_for_again_under_the_same_key() {
    let rows = [
        sending(1),
        JournalRow::Attempt {
            n: 1,
            verdict: Verdict::No,
            failure: failure(Class::NoPaymentMethod),
        },
        JournalRow::Final(Outcome::Refused(failure(Class::NoPaymentMethod))),
    ];
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    let (_, report) = script.run(loaded(&rows), plan(RunMode::Buy, true));
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.rows[..2], [JournalRow::Reopened, sending(2)]);
}

#[test]
fn another_login_never_touches_the_purchase() {
    for (organisation, subject) in
        [(Some("other"), Some("me")), (Some("org"), Some("you")), (None, None)]
    {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.logins.push_back(Ok((organisation.map(str::to_owned), subject.map(str::to_owned))));
        let (purchase, report) = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true));
        assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
        assert_eq!(report.failure.map(|failure| failure.class), Some(Class::NotLoggedIn));
        assert_eq!(script.count("post"), 0);
        assert_eq!(purchase.outcome, None);
    }
}

#[test]
fn what_no_waiting_mends_is_not_tried_again() {
    for class in [Class::Tls, Class::Config] {
        let ChargeResponse::Unsent(broken) = unsent() else { unreachable!() };
        let mut script = ScriptedPortal::new(
            vec![ChargeResponse::Unsent(TransportError { class, ..broken })],
            vec![],
        );
        let (_, report) = buy(&mut script);
        assert_eq!((report.class, report.charged), (class, Charged::No));
        assert_eq!((script.count("post"), script.waits.len()), (1, 0));
    }
}

#[test]
fn fault_15_looking_ends_with_the_wait_and_changes_no_verdict() {
    let trouble = |class, retry_after| {
        let mut refusal = refusal(class);
        refusal.retry_after = retry_after;
        ChargeStatus::Trouble { refusal, unauthorized: false }
    };
    let mut script = ScriptedPortal::new(vec![accepted()], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Pending, Charged::Unknown));
    assert_eq!(script.waits.iter().sum::<Duration>(), Duration::from_secs(300));
    assert_eq!(purchase.outcome, None);
    let polls = vec![
        trouble(Class::RateLimited, Some(500)),
        trouble(Class::ServerError, None),
        settled("25"),
    ];
    let mut script = ScriptedPortal::new(vec![accepted()], polls);
    let (_, report) = buy(&mut script);
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.waits, [Duration::from_secs(30), Duration::from_secs(2)]);
    let mut script =
        ScriptedPortal::new(vec![accepted()], vec![trouble(Class::InsufficientScope, None)]);
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::InsufficientScope, Charged::Unknown));
    let unauthorized =
        ChargeStatus::Trouble { refusal: refusal(Class::NotLoggedIn), unauthorized: true };
    let mut script = ScriptedPortal::new(vec![accepted()], vec![unauthorized, settled("25")]);
    assert_eq!(
        buy(&mut script).1.class,
        Class::Success,
        "a stale token is renewed while looking, too"
    );
}

#[test]
fn no_wait_means_accepted_and_not_yet_known() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![]);
    let mut plan = plan(RunMode::Buy, false);
    plan.wait = None;
    let (_, report) = script.run(purchase(), plan);
    assert_eq!((report.class, report.charged), (Class::Pending, Charged::Unknown));
    assert_eq!(script.count("poll"), 0);
}

#[test]
fn a_signal_says_what_is_known() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![]);
    script.signal_at_wait = Some((1, Signal::Interrupt));
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Interrupted, Charged::Unknown));
    let cut = ChargeResponse::Unknown { refusal: refusal(Class::Terminated), replay: false };
    let mut script = ScriptedPortal::new(vec![cut], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::Terminated, Charged::Unknown));
    assert_eq!(script.log.last(), Some(&"attempt"), "and it is noted");
    assert_eq!(purchase.outcome, None);
}

#[test]
fn two_charges_for_one_key_make_no_sense() {
    let rows = [sending(1), accepted_row(1, "ch_0"), sending(2)];
    let mut purchase = loaded(&rows);
    purchase.apply(&Stamp::from(&moment(0)), &accepted_row(2, "ch_1"));
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (purchase, report) = script.run(purchase, plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::Protocol, Charged::Unknown));
    assert_eq!(purchase.charges.len(), 2, "both are kept");
}

#[test]
fn a_session_that_was_revoked_leaves_the_purchase_for_another_login() {
    let mut script =
        ScriptedPortal::new(vec![ChargeResponse::Refused(refusal(Class::SessionRevoked))], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::SessionRevoked, Charged::No));
    assert_eq!(purchase.outcome, None, "the entry stays: login, then resume");
}

#[test]
fn a_conflict_after_a_lost_answer_is_a_conflict_and_proves_nothing() {
    let conflict = ChargeResponse::Conflict(refusal(Class::IdempotencyConflict));
    let mut script = ScriptedPortal::new(vec![lost(), conflict], vec![]);
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::IdempotencyConflict, Charged::Unknown));
    assert_eq!(purchase.outcome, None);
}

#[test]
fn resume_leaves_a_refused_purchase_as_it_is() {
    let refused = [
        sending(1),
        JournalRow::Attempt {
            n: 1,
            verdict: Verdict::No,
            failure: failure(Class::NoPaymentMethod),
        },
        JournalRow::Final(Outcome::Refused(failure(Class::NoPaymentMethod))),
    ];
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (purchase, report) = script.run(loaded(&refused), plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::NoPaymentMethod, Charged::No));
    assert!(script.log.is_empty(), "{:?}", script.log);
    assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));
}

#[test]
fn the_banks_check_leaves_the_purchase_open_and_is_looked_at_again() {
    let check = || ChargeStatus::Failed(refusal(Class::AuthenticationRequired));
    let mut script = ScriptedPortal::new(vec![accepted()], vec![check()]);
    let (purchase, report) = buy(&mut script);
    let open = (Class::AuthenticationRequired, Charged::Unknown);
    assert_eq!((report.class, report.charged), open);
    assert_eq!(script.log.last(), Some(&"bank_check"), "and it is noted");
    assert!(purchase.outcome.is_none() && purchase.bank_check.is_some());

    // The next `buy` polls first, and sends nothing.
    let mut script = ScriptedPortal::new(vec![], vec![check()]);
    let (purchase, report) = script.run(purchase, plan(RunMode::Buy, true));
    assert_eq!((report.class, report.charged), open);
    assert_eq!(script.log, ["recovered", "authorize", "poll"], "once noted is enough");

    // The holder confirms while `status --wait` polls: the very same charge is settled.
    let mut script =
        ScriptedPortal::new(vec![], vec![check(), ChargeStatus::Pending, settled("25")]);
    let (purchase, report) = script.run(purchase, plan(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert!(matches!(purchase.outcome, Some(Outcome::Settled { .. })));

    // The wait ends first.
    let noted = loaded(&[
        sending(1),
        accepted_row(1, "ch_1"),
        JournalRow::BankCheck(failure(Class::AuthenticationRequired)),
    ]);
    let short = RunOptions { wait: Some(Duration::ZERO), ..plan(RunMode::Resume, true) };
    for polls in [vec![check()], vec![ChargeStatus::Pending]] {
        let mut script = ScriptedPortal::new(vec![], polls);
        let (_, report) = script.run(noted.clone(), short.clone());
        assert_eq!((report.class, report.charged), open);
    }
    // A disk that fails there changes nothing of what is reported.
    let mut script = ScriptedPortal::new(vec![accepted()], vec![check()]);
    script.refuse_rows = |row| matches!(row, JournalRow::BankCheck(_));
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.charged, report.unrecorded), (open.0, open.1, true));
}

#[test]
fn a_refusal_in_a_word_that_is_not_known_keeps_the_key() {
    let other = || ChargeResponse::RefusedInOtherWords(refusal(Class::RoleRequired));
    let figures = |spent: &str| {
        EvidenceAnswer::Read(EvidenceReading {
            shown: ShownPurchase::GrantedSum(Money::parse(spent).expect("money")),
            auto_reload: None,
            account_proven: true,
        })
    };
    let mut script = ScriptedPortal::new(vec![other()], vec![]);
    script.evidence.push_back(figures("60"));
    let (kept, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::RoleRequired, Charged::No));
    assert_eq!(script.log, ["authorize", "sending", "post", "attempt", "evidence", "final"]);
    assert!(matches!(kept.outcome, Some(Outcome::KeyKept { .. })));

    // The next identical `buy` goes out under the same key.
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    let (_, report) = script.run(kept.clone(), plan(RunMode::Buy, true));
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.rows[..2], [JournalRow::Reopened, sending(2)]);

    // At the end of its life the figures decide whether it is given up.
    for (figures, retired) in [
        (figures("60.00"), true),
        (figures("85"), false),
        (figures("0"), false),
        (EvidenceAnswer::Trouble { refusal: refusal(Class::Network), unauthorized: false }, false),
    ] {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.clock = moment(24 * 3600);
        script.evidence.push_back(figures);
        let (purchase, report) = script.run(kept.clone(), plan(RunMode::Buy, true));
        assert_eq!((report.retired, script.count("post")), (retired, 0));
        let class = if retired { Class::RoleRequired } else { Class::OutcomeUnknown };
        assert_eq!(report.class, class);
        assert_eq!(matches!(purchase.outcome, Some(Outcome::Refused(_))), retired);
    }

    // After an unclear request it proves nothing, and a name keeps its key anyway.
    let mut script = ScriptedPortal::new(vec![lost(), other()], vec![]);
    assert_eq!(buy(&mut script).1.class, Class::OutcomeUnknown);
    let mut named = purchase();
    named.intent.naming = KeyOrigin::Once { name: "x".into(), generation: 0 };
    let mut script = ScriptedPortal::new(vec![other()], vec![]);
    let (named, _) = script.run(named, plan(RunMode::Buy, false));
    assert!(matches!(named.outcome, Some(Outcome::Refused(_))));
}

#[test]
fn in_a_shared_journal_nothing_is_said_to_be_free_without_holding_the_purchase() {
    let shared = |intention| RunOptions { shared: true, ..plan(intention, true) };
    let run = |purchase: Purchase, refuse: fn(&JournalRow) -> bool, shared: RunOptions| {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.refuse_rows = refuse;
        let report = script.run(purchase, shared).1;
        (report, script)
    };
    // Another machine has taken over: it may be charged by now.
    for refuse in [(|row| matches!(row, JournalRow::Recovered)) as fn(&JournalRow) -> bool, |row| {
        matches!(row, JournalRow::Sending { .. })
    }] {
        let (report, script) = run(loaded(&[]), refuse, shared(RunMode::Buy));
        assert_eq!((report.charged, script.count("post")), (Charged::Unknown, 0));
        let (report, _) = run(loaded(&[]), refuse, plan(RunMode::Buy, true));
        assert_eq!(report.charged, Charged::No, "a lock of this machine is not taken over");
    }
    // A refusal that ends it is decided by who holds it alone.
    let ends = |row: &JournalRow| matches!(row, JournalRow::Final(_));
    let (report, _) = run(loaded(&[]), ends, shared(RunMode::Resume));
    assert_eq!((report.charged, report.retired), (Charged::Unknown, false));
    // What stays open is said to be free with a row that proves it.
    let away = |refuse| {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.logins.push_back(Err(Failure::new(Class::NotLoggedIn, "no login")));
        script.refuse_rows = refuse;
        let charged =
            script.run(purchase(), RunOptions { loaded: false, ..shared(RunMode::Buy) }).1;
        (charged.class, charged.charged, script.count("recovered"))
    };
    assert_eq!(away(|_| false), (Class::NotLoggedIn, Charged::No, 1));
    let (_, charged, rows) = away(|row| matches!(row, JournalRow::Recovered));
    assert_eq!((charged, rows), (Charged::Unknown, 0));
}

#[test]
fn a_payment_is_shown_by_who_holds_the_purchase_alone() {
    let payment = OpenedPayment {
        payment_id: ChargeId::parse("pi_1").expect("an id"),
        price: crate::provider::packs::Price { minor: 500, currency: "USD".into() },
        uses: None,
        publishable_key: None,
        page: "https://agent.example".into(),
    };
    let accepted = |payment| JournalRow::Accepted {
        n: 1,
        charge_id: ChargeId::parse("pi_1").expect("an id"),
        payment,
    };
    assert!(accepted(Some(payment)).is_fenced(), "another machine may have opened another");
    assert!(!accepted(None).is_fenced(), "a charge is a fact");
}
