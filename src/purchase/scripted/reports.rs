//! What a run reports of what it met, and what it leaves on a disk that is full for a moment.

use super::*;
use crate::core::class::Recovery;

#[test]
fn what_the_answer_said_is_in_the_report_to_its_last_word() {
    let mut said = refusal(Class::RateLimited);
    said.retry_after = Some(77);
    said.hints = vec!["Wait a minute.".into()];
    said.recovery = Some(Recovery::AskAdmin);
    said.details.insert("limit".into(), 5.into());
    let mut script = ScriptedPortal::new(vec![ChargeResponse::Throttled(said.clone())], vec![]);
    let (_, report) = buy(&mut script);
    assert_eq!(report.failure, Some(FailureRecord::from(&said)));
    assert_eq!((report.retry_after, report.recovery), (Some(77), Some(Recovery::AskAdmin)));
    assert_eq!((report.hints, report.details), (said.hints, said.details));
    assert!(!report.may_have_charged_now, "a refusal took nothing on");
    // What this run sent may have charged; what an earlier one sent is not this run's.
    let mut script = ScriptedPortal::new(vec![lost(), lost(), lost()], vec![]);
    assert!(buy(&mut script).1.may_have_charged_now);
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.clock = moment(24 * 3600);
    let (_, report) = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true));
    assert_eq!((report.charged, report.may_have_charged_now), (Charged::Unknown, false));
}

#[test]
fn what_could_not_be_written_is_known_as_long_as_the_run_lasts() {
    let no_end: fn(&JournalRow) -> bool = |row| matches!(row, JournalRow::Final(_));
    // What a seller has answered is a fact, in a journal that machines share as well.
    for shared in [false, true] {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        script.refuse_rows = no_end;
        let options = RunOptions { shared, ..plan(RunMode::Buy, false) };
        let (bought, report) = script.run(purchase(), options);
        assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
        assert!(report.unrecorded && matches!(bought.outcome, Some(Outcome::Settled { .. })));
    }
    // So is a refusal, where nobody else can be at it.
    let refused = ChargeResponse::Refused(refusal(Class::NoPaymentMethod));
    let mut script = ScriptedPortal::new(vec![refused], vec![]);
    script.refuse_rows = no_end;
    let (refused, report) = buy(&mut script);
    assert_eq!((report.class, report.charged), (Class::NoPaymentMethod, Charged::No));
    assert!(report.unrecorded && matches!(refused.outcome, Some(Outcome::Refused(_))));
    // The bank's check is.
    let check = ChargeStatus::Failed(refusal(Class::AuthenticationRequired));
    let mut script = ScriptedPortal::new(vec![accepted()], vec![check]);
    script.refuse_rows = |row| matches!(row, JournalRow::BankCheck(_));
    let (checked, report) = buy(&mut script);
    assert!(report.unrecorded && checked.bank_check.is_some());
}

#[test]
fn what_the_disk_had_no_room_for_is_written_before_what_comes_next() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.refuse_once = Some("accepted");
    let (purchase, report) = buy(&mut script);
    assert_eq!((report.class, report.unrecorded), (Class::Success, false));
    let kinds: Vec<&str> = script.rows.iter().map(JournalRow::kind).collect();
    assert_eq!(kinds, ["sending", "accepted", "final"]);
    // What the next run reads is what this one knew.
    let read = loaded(&script.rows);
    assert_eq!(read.charges, purchase.charges);
    assert_eq!((read.outcome, read.charges.len()), (purchase.outcome, 1));
    // As long as there is no room nothing comes behind it.
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.refuse_rows = |row| matches!(row, JournalRow::Accepted { .. });
    let (_, report) = buy(&mut script);
    assert_eq!((report.class, report.unrecorded), (Class::Success, true));
    assert_eq!(script.rows, [sending(1)], "the next run asks for the outcome again");
}
