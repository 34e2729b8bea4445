//! A payment that a person finishes on a page: opened once and polled; one whose page was never
//! shown cannot be paid.

use super::*;
use crate::core::secret::Secret;
use crate::provider::packs::{OpenedPack, PaymentReading, PaymentStatus, Price};

const PACKS: Seller = Seller {
    payer: Payer::Person,
    repeat: Repeat::Never,
    evidence: Evidence::None,
    auto_reload: AutoReloadSight::Absent,
    ..BY_KEY
};

fn pack() -> Purchase {
    let mut purchase = purchase();
    purchase.intent.item = Item::Pack;
    purchase.intent.amount = Amount::due(rust_decimal::Decimal::ZERO).expect("nothing");
    purchase
}

fn options(intention: RunMode, loaded: bool) -> RunOptions {
    RunOptions { seller: PACKS, ..plan(intention, loaded) }
}

fn opened() -> ChargeResponse {
    ChargeResponse::Opened(Box::new(OpenedPack {
        payment_id: ChargeId::parse("ch_1").expect("an id"),
        price: Price { minor: 500, currency: "USD".into() },
        uses: Some(100),
        publishable_key: None,
        client_secret: Some(Secret::new("pi_secret")),
        page: "https://agent.example/pay".into(),
    }))
}

fn reading(status: PaymentStatus) -> PaymentReading {
    PaymentReading {
        status,
        word: Some("word".into()),
        credits_added: None,
        balance_after: Some(7),
        credit_seen: status == PaymentStatus::Paid,
    }
}

#[test]
fn a_payment_is_opened_once_and_looked_at_until_it_is_credited() {
    let open = |status| ChargeStatus::OpenPayment(reading(status));
    let polls = vec![
        open(PaymentStatus::NeedsPerson),
        open(PaymentStatus::Paid),
        ChargeStatus::Credited(reading(PaymentStatus::Paid)),
    ];
    let mut script = ScriptedPortal::new(vec![opened()], polls);
    let (purchase, report) = script.run(pack(), options(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert!(matches!(purchase.outcome, Some(Outcome::Credited(_))));
    assert_eq!(purchase.intent.amount.to_string(), "5.00", "its price is known once it is open");
    assert!(!serde_json::to_string(&script.rows).expect("rows").contains("pi_secret"));
    let again = ScriptedPortal::new(vec![], vec![]).run(purchase, options(RunMode::Buy, true)).1;
    assert_eq!((again.class, again.charged), (Class::Success, Charged::Yes));
}

#[test]
fn what_is_not_final_says_whether_money_moved() {
    let no_wait = |wait| RunOptions { wait, ..options(RunMode::Buy, false) };
    let run = |polls: Vec<ChargeStatus>, wait| {
        let mut script = ScriptedPortal::new(vec![opened()], polls);
        let report = script.run(pack(), no_wait(wait)).1;
        (report.class, report.charged)
    };
    let open = |status| vec![ChargeStatus::OpenPayment(reading(status))];
    assert_eq!(run(vec![], None), (Class::ActionRequired, Charged::No), "it cannot have been paid");
    for (status, expected) in [
        (PaymentStatus::NeedsPerson, (Class::ActionRequired, Charged::No)),
        (PaymentStatus::UnderWay, (Class::Pending, Charged::Unknown)),
        (PaymentStatus::Paid, (Class::Pending, Charged::Yes)),
    ] {
        assert_eq!(run(open(status), Some(Duration::ZERO)), expected, "{status:?}");
    }
    let failed = vec![ChargeStatus::Failed(refusal(Class::PaymentCanceled))];
    assert_eq!(run(failed, Some(Duration::ZERO)), (Class::PaymentCanceled, Charged::No));
    let trouble =
        ChargeStatus::Trouble { refusal: refusal(Class::ServerError), unauthorized: false };
    assert_eq!(run(vec![trouble], Some(Duration::ZERO)), (Class::Pending, Charged::Unknown));
}

#[test]
fn what_the_last_look_showed_is_shown_meanwhile_and_reported() {
    for (polled, expected) in [
        (ChargeStatus::OpenPayment(reading(PaymentStatus::UnderWay)), PaymentStatus::UnderWay),
        (ChargeStatus::Credited(reading(PaymentStatus::Paid)), PaymentStatus::Paid),
    ] {
        let mut script = ScriptedPortal::new(vec![opened()], vec![polled]);
        let short = RunOptions { wait: Some(Duration::ZERO), ..options(RunMode::Buy, false) };
        let (_, report) = script.run(pack(), short);
        assert_eq!(report.reading, Some(reading(expected)));
        assert_eq!(script.shown, report.reading);
    }
}

#[test]
fn a_payment_whose_answer_was_lost_was_shown_to_nobody_and_charged_nothing() {
    let mut script = ScriptedPortal::new(vec![lost()], vec![]);
    let (purchase, report) = script.run(pack(), options(RunMode::Buy, false));
    assert_eq!((report.class, report.charged), (Class::Network, Charged::No));
    assert_eq!(script.count("post"), 1, "it is not opened again in the same run");
    assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));

    // The process ended before the answer: the next `buy` opens one, `status` opens none.
    let crashed = || {
        let mut purchase = pack();
        purchase.apply(&Stamp::from(&moment(0)), &sending(1));
        purchase
    };
    let mut script = ScriptedPortal::new(vec![opened()], vec![]);
    let again = RunOptions { wait: None, ..options(RunMode::Buy, true) };
    let (purchase, report) = script.run(crashed(), again);
    assert_eq!((report.class, purchase.charges.len()), (Class::ActionRequired, 1));
    let mut script = ScriptedPortal::new(vec![], vec![]);
    let (purchase, report) = script.run(crashed(), options(RunMode::Resume, true));
    assert_eq!((report.class, report.charged), (Class::PaymentCanceled, Charged::No));
    assert_eq!(purchase.outcome, Some(Outcome::NeverSent));

    // A login that was refused leaves nothing worth opening for a resume either.
    let mut refused = crashed();
    let failure = failure(Class::NotLoggedIn);
    let row = JournalRow::Attempt { n: 1, verdict: Verdict::No, failure };
    refused.apply(&Stamp::from(&moment(0)), &row);
    let mut script = ScriptedPortal::new(vec![], vec![]);
    assert_eq!(script.run(refused, options(RunMode::Resume, true)).1.class, Class::NotLoggedIn);
}

#[test]
fn a_login_that_does_not_say_who_it_is_may_look_and_another_one_may_not() {
    let opened = || {
        let mut purchase = pack();
        for row in [sending(1), accepted_row(1, "ch_1")] {
            purchase.apply(&Stamp::from(&moment(0)), &row);
        }
        purchase
    };
    for (subject, class) in [(None, Class::Success), (Some("you"), Class::NotLoggedIn)] {
        let credited = ChargeStatus::Credited(reading(PaymentStatus::Paid));
        let mut script = ScriptedPortal::new(vec![], vec![credited]);
        script.logins.push_back(Ok((None, subject.map(str::to_owned))));
        let (_, report) = script.run(opened(), options(RunMode::Resume, true));
        assert_eq!(report.class, class, "{subject:?}");
    }
}

#[test]
fn polls_are_never_more_frequent_than_the_system_accepts() {
    let seller = Seller { shortest_poll: Duration::from_millis(1500), ..PACKS };
    let fast = RunOptions {
        seller,
        poll: Duration::from_millis(100),
        wait: Some(Duration::from_secs(4)),
        ..options(RunMode::Buy, false)
    };
    let mut script = ScriptedPortal::new(vec![opened()], vec![]);
    script.run(pack(), fast);
    assert_eq!(script.waits[..2], [Duration::from_millis(1500), Duration::from_millis(1500)]);
}
