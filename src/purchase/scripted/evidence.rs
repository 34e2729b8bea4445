//! A seller whose request may never be repeated: one request ever, the evidence of before it, and
//! nothing concluded that could be another's.

use super::*;
use crate::provider::{Bill, EvidenceReading, ListedPurchase, ListedStanding, ShownPurchase};
use crate::purchase::baseline::Baseline;

const LAG: Duration = Duration::from_secs(60);

const LISTED: Seller = Seller {
    repeat: Repeat::Never,
    evidence: Evidence::List { lag: LAG, manual_only: true, complete_after: None },
    ..BY_KEY
};

const SUMMED: Seller = Seller {
    repeat: Repeat::Never,
    evidence: Evidence::GrantedSum { lag: LAG },
    status_by_id: false,
    auto_reload: AutoReloadSight::Hidden,
    ..BY_KEY
};

fn money(text: &str) -> Money {
    Money::parse(text).expect("money")
}

fn listed(id: &str, amount: &str, created: u64) -> ListedPurchase {
    ListedPurchase {
        id: ChargeId::parse(id).expect("an id"),
        amount_usd: Some(money(amount)),
        created_at: Some(moment(created).wall),
        word: None,
        standing: ListedStanding::Open,
    }
}

fn reading(shown: ShownPurchase) -> EvidenceReading {
    EvidenceReading { shown, auto_reload: Some(false), account_proven: true }
}

fn list(purchases: &[ListedPurchase]) -> EvidenceAnswer {
    EvidenceAnswer::Read(reading(ShownPurchase::Purchases(purchases.to_vec())))
}

fn sum(granted: &str) -> EvidenceAnswer {
    EvidenceAnswer::Read(reading(ShownPurchase::GrantedSum(money(granted))))
}

fn options(seller: Seller) -> RunOptions {
    RunOptions { seller, sole_buyer: true, ..plan(RunMode::Buy, false) }
}

fn script(posts: Vec<ChargeResponse>, evidence: Vec<EvidenceAnswer>) -> ScriptedPortal {
    let mut script = ScriptedPortal::new(posts, vec![settled("25")]);
    script.evidence = evidence.into();
    script
}

/// A purchase whose request went out at 12:00:00 and was never answered.
fn unanswered(shown: &ShownPurchase) -> Purchase {
    let baseline = Some(Baseline::from(&reading(shown.clone())));
    let mut purchase = purchase();
    purchase.apply(&Stamp::from(&moment(0)), &JournalRow::Sending { n: 1, baseline });
    purchase
}

#[test]
fn the_evidence_is_read_and_noted_before_the_one_request() {
    let mut script = script(vec![accepted()], vec![list(&[listed("old", "25", 0)])]);
    let (purchase, report) = script.run(purchase(), options(LISTED));
    assert_eq!(report.class, Class::Success);
    let steps = ["authorize", "evidence", "sending", "post", "accepted", "poll", "final"];
    assert_eq!(script.log, steps);
    assert!(purchase.attempts[0].baseline.is_some());
}

#[test]
fn without_evidence_of_before_nothing_is_sent() {
    let trouble =
        |class, unauthorized| EvidenceAnswer::Trouble { refusal: refusal(class), unauthorized };
    for (answers, class) in [
        (vec![trouble(Class::ServerError, false)], Class::ServerError),
        (vec![trouble(Class::Interrupted, false)], Class::Interrupted),
        (
            vec![trouble(Class::NotLoggedIn, true), trouble(Class::NotLoggedIn, true)],
            Class::NotLoggedIn,
        ),
    ] {
        let mut script = script(vec![], answers);
        let (_, report) = script.run(purchase(), options(LISTED));
        assert_eq!((report.class, report.charged), (class, Charged::No));
        assert_eq!(script.count("sending"), 0);
    }
    // A stale token is renewed once for it.
    let mut script = script(vec![accepted()], vec![trouble(Class::NotLoggedIn, true), list(&[])]);
    assert_eq!(script.run(purchase(), options(LISTED)).1.class, Class::Success);
}

#[test]
fn evidence_that_became_too_old_is_read_again_before_the_request() {
    for (slept, first, readings) in [(60, Verdict::Accepted, 1), (61, Verdict::Unsent, 2)] {
        let mut script = script(vec![accepted()], vec![list(&[]), list(&[])]);
        script.sleep_at_row = Some((1, Duration::from_secs(slept)));
        let (purchase, report) = script.run(purchase(), options(LISTED));
        assert_eq!(report.class, Class::Success);
        assert_eq!(purchase.attempts[0].verdict, Some(first), "after {slept} s");
        assert_eq!((script.count("evidence"), script.count("post")), (readings, 1));
    }
}

#[test]
fn after_a_lost_answer_the_request_is_never_sent_again() {
    let in_flight = ChargeResponse::InFlight(refusal(Class::InProgress));
    let conflict = ChargeResponse::Conflict(refusal(Class::IdempotencyConflict));
    for (posted, answered) in [
        (lost(), Class::Network),
        (in_flight, Class::InProgress),
        (conflict, Class::IdempotencyConflict),
    ] {
        let readings: Vec<EvidenceAnswer> = (0..40).map(|_| list(&[])).collect();
        let mut script = script(vec![posted], readings);
        let (purchase, report) = script.run(purchase(), options(LISTED));
        assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
        assert_eq!((script.count("post"), purchase.outcome), (1, None));
        let waits: Vec<u64> = script.waits.iter().map(Duration::as_secs).collect();
        assert_eq!(waits[..6], [2, 5, 10, 30, 30, 30]);
        assert_eq!(waits.iter().sum::<u64>(), 300, "within the wait");
        assert_eq!(script.count("evidence"), 1 + waits.len(), "no look before the first wait");
        assert_eq!(report.failure.map(|failure| failure.class), Some(answered));
        assert!(report.details.contains_key("evidence"));
    }
    // And in no later run of any kind.
    for intention in [RunMode::Buy, RunMode::Resume] {
        let mut script = script(vec![], vec![list(&[])]);
        let again =
            RunOptions { wait: Some(Duration::ZERO), loaded: true, intention, ..options(LISTED) };
        let before = unanswered(&ShownPurchase::Purchases(vec![]));
        let (_, report) = script.run(before, again);
        assert_eq!((report.class, script.count("post")), (Class::OutcomeUnknown, 0));
    }
}

#[test]
fn a_later_run_looks_at_once_where_it_has_something_to_compare_with() {
    let later =
        |wait| RunOptions { wait, loaded: true, intention: RunMode::Resume, ..options(LISTED) };
    let minutes = Some(Duration::from_secs(300));
    let mut sent = unanswered(&ShownPurchase::Purchases(vec![]));
    let mut world = script(vec![], vec![list(&[listed("ch_1", "25", 1)])]);
    let (_, report) = world.run(sent.clone(), later(minutes));
    assert_eq!((report.class, world.waits.len()), (Class::Success, 0));
    assert_eq!(world.log[..3], ["recovered", "authorize", "evidence"]);
    // No evidence of before, or no time to look: what the request was answered with is all there is.
    let row =
        JournalRow::Attempt { n: 1, verdict: Verdict::Unknown, failure: failure(Class::Network) };
    sent.apply(&Stamp::from(&moment(0)), &row);
    for (purchase, wait) in [(loaded(&[sending(1), row]), minutes), (sent, None)] {
        let mut world = script(vec![], vec![]);
        let (_, report) = world.run(purchase, later(wait));
        assert_eq!((report.class, world.count("evidence")), (Class::OutcomeUnknown, 0));
        assert_eq!(report.failure.map(|failure| failure.class), Some(Class::Network));
    }
}

#[test]
fn what_was_refused_or_never_left_may_be_sent_again() {
    let unauthorized = ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn));
    for first in [unsent(), unauthorized] {
        let mut script = script(vec![first, accepted()], vec![list(&[])]);
        assert_eq!(script.run(purchase(), options(LISTED)).1.class, Class::Success);
        assert_eq!(script.count("post"), 2);
    }
    let throttled = ChargeResponse::Throttled(refusal(Class::RateLimited));
    let mut script = script(vec![throttled], vec![list(&[])]);
    let (purchase, report) = script.run(purchase(), options(LISTED));
    assert_eq!((report.class, report.charged), (Class::RateLimited, Charged::No));
    assert!(matches!(purchase.outcome, Some(Outcome::Refused(_))));
}

#[test]
fn the_one_new_purchase_of_a_sole_buyer_is_this_one() {
    let new = listed("ch_1", "25", 1);
    let mut script = script(vec![lost()], vec![list(&[]), list(&[]), list(&[new])]);
    let (purchase, report) = script.run(purchase(), options(LISTED));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert_eq!(purchase.charges.len(), 1);
    let steps = ["attempt", "evidence", "evidence", "accepted", "poll", "final"];
    assert_eq!(script.log[script.log.len() - 6..], steps);
}

/// The result of one reading after a lost answer: whether it was concluded, and the evidence shown.
fn judged(
    seller: Seller,
    sole_buyer: bool,
    others: OtherPurchases,
    before: &ShownPurchase,
    now: EvidenceAnswer,
) -> (bool, Option<serde_json::Value>) {
    let mut script = script(vec![], vec![now]);
    script.others = others;
    let options = RunOptions {
        seller,
        sole_buyer,
        loaded: true,
        wait: Some(Duration::ZERO),
        ..plan(RunMode::Resume, true)
    };
    let (purchase, report) = script.run(unanswered(before), options);
    assert_eq!(script.count("post"), 0);
    let concluded = purchase.outcome.is_some();
    assert_eq!(report.class == Class::Success, concluded);
    (concluded, report.details.get("evidence").cloned())
}

#[test]
fn nothing_is_concluded_that_could_be_anothers() {
    let before = ShownPurchase::Purchases(vec![listed("old", "25", 0)]);
    let alone = OtherPurchases::default;
    let concluded = |sole_buyer, others, purchases: &[ListedPurchase]| {
        judged(LISTED, sole_buyer, others, &before, list(purchases)).0
    };
    let new = || listed("ch_1", "25", 1);
    assert!(concluded(true, alone(), &[listed("old", "25", 0), new()]));
    assert!(!concluded(false, alone(), &[new()]), "another person may have bought it");
    assert!(!concluded(true, alone(), &[listed("old", "25", 0)]), "it was there before");
    assert!(!concluded(true, alone(), &[new(), listed("ch_2", "25", 1)]), "two may be meant");
    assert!(!concluded(true, alone(), &[listed("ch_1", "26", 1)]), "another amount");
    let first = moment(0).wall - Duration::from_secs(301);
    let early = ListedPurchase { created_at: Some(first), ..new() };
    assert!(!concluded(true, alone(), std::slice::from_ref(&early)), "made before the request");
    let just = ListedPurchase { created_at: Some(first + Duration::from_secs(2)), ..early };
    assert!(concluded(true, alone(), &[just]), "clocks may differ by five minutes");
    let taken = OtherPurchases { charges: vec![new().id], may_still_show: false };
    assert!(!concluded(true, taken, &[new()]), "it belongs to another purchase of this journal");
    let young = OtherPurchases { charges: vec![], may_still_show: true };
    assert!(!concluded(true, young, &[new()]), "another purchase may show only now");

    let (_, shown) = judged(LISTED, false, alone(), &before, list(&[new()]));
    let shown = shown.expect("the evidence is shown");
    assert_eq!(shown["purchases"][0]["charge_id"], "ch_1");
    assert_eq!(shown["purchases"][0]["amount_usd"], "25.00");
}

#[test]
fn what_automatic_purchases_could_explain_is_not_concluded() {
    let mixed = |auto_reload| Seller {
        evidence: Evidence::List { lag: LAG, manual_only: false, complete_after: None },
        auto_reload,
        ..LISTED
    };
    let concluded = |seller, auto_reload| {
        let shown = ShownPurchase::Purchases(vec![listed("ch_1", "25", 1)]);
        let now =
            EvidenceAnswer::Read(EvidenceReading { shown, auto_reload, account_proven: true });
        judged(seller, true, OtherPurchases::default(), &ShownPurchase::Purchases(vec![]), now).0
    };
    assert!(concluded(mixed(AutoReloadSight::Readable), Some(false)));
    assert!(!concluded(mixed(AutoReloadSight::Readable), Some(true)));
    assert!(!concluded(mixed(AutoReloadSight::Readable), None));
    assert!(concluded(mixed(AutoReloadSight::Hidden), None), "the profile's word covers it");
    assert!(concluded(LISTED, Some(true)), "the list leaves them out");
}

#[test]
fn where_extras_are_added_more_may_be_charged_and_never_less() {
    let seller = Seller { total: Total::WithExtras, ..LISTED };
    for (amount, concluded) in [("27.50", true), ("25", true), ("24.99", false)] {
        let now = list(&[listed("ch_1", amount, 1)]);
        let before = ShownPurchase::Purchases(vec![]);
        let found = judged(seller, true, OtherPurchases::default(), &before, now).0;
        assert_eq!(found, concluded, "{amount}");
    }
}

#[test]
fn a_granted_sum_has_to_rise_by_exactly_the_amount() {
    let before = ShownPurchase::GrantedSum(money("100.50"));
    for (now, sole_buyer, concluded) in [
        ("125.5", true, true),
        ("125.50", false, false),
        ("100.5", true, false),
        ("125.51", true, false),
        ("150.50", true, false),
        ("75.50", true, false),
    ] {
        let (found, shown) =
            judged(SUMMED, sole_buyer, OtherPurchases::default(), &before, sum(now));
        assert_eq!(found, concluded, "{now}");
        assert!(concluded || shown.is_some_and(|shown| shown["before_usd"] == "100.50"));
    }
}

#[test]
fn silence_proves_something_only_where_the_seller_documents_it() {
    let documented = Seller {
        evidence: Evidence::List {
            lag: LAG,
            manual_only: true,
            complete_after: Some(Duration::from_secs(600)),
        },
        ..LISTED
    };
    let server = |seconds| Some(moment(seconds).wall);
    for (seconds, wall, server, closed) in [
        (600, 600, server(600), false),
        (601, 601, server(601), true),
        (23 * 3600 - 1, 23 * 3600 - 1, server(23 * 3600 - 1), true),
        (23 * 3600, 23 * 3600, server(23 * 3600), false),
        (601, 601, None, false),
        (601, 601, server(24 * 3600), false),
        (24 * 3600, 24 * 3600, server(24 * 3600), false),
        // A wall clock that jumped says nothing.
        (60, 3600, server(60), false),
    ] {
        let mut script = script(vec![], vec![list(&[])]);
        script.clock = moment(seconds);
        script.clock.wall = moment(wall).wall;
        script.clock.server = server;
        let options = RunOptions {
            wait: Some(Duration::ZERO),
            loaded: true,
            intention: RunMode::Resume,
            ..options(documented)
        };
        let before = unanswered(&ShownPurchase::Purchases(vec![]));
        let (purchase, report) = script.run(before, options);
        assert_eq!(matches!(purchase.outcome, Some(Outcome::Refused(_))), closed);
        assert_eq!(report.charged == Charged::No, closed);
    }
}

#[test]
fn a_look_that_fails_says_nothing_and_is_made_again() {
    let trouble =
        |class, unauthorized| EvidenceAnswer::Trouble { refusal: refusal(class), unauthorized };
    let new = || list(&[listed("ch_1", "25", 1)]);
    let readings = vec![
        list(&[]),
        trouble(Class::ServerError, false),
        trouble(Class::NotLoggedIn, true),
        // It worked: the next token that is stale is renewed as well.
        list(&[]),
        trouble(Class::NotLoggedIn, true),
        new(),
    ];
    let mut world = script(vec![lost()], readings);
    assert_eq!(world.run(purchase(), options(LISTED)).1.class, Class::Success);
    assert_eq!((world.count("renew"), world.count("post")), (2, 1));
    for (class, ends) in
        [(Class::InsufficientScope, Class::OutcomeUnknown), (Class::Terminated, Class::Terminated)]
    {
        let mut world = script(vec![lost()], vec![list(&[]), trouble(class, false)]);
        let (_, report) = world.run(purchase(), options(LISTED));
        assert_eq!((report.class, report.charged), (ends, Charged::Unknown));
    }
}

#[test]
fn what_is_accepted_without_a_status_of_its_own_is_shown_by_the_evidence() {
    let mut world = script(vec![accepted()], vec![sum("100"), sum("100"), sum("125")]);
    let (purchase, report) = world.run(purchase(), options(SUMMED));
    assert_eq!((report.class, report.charged), (Class::Success, Charged::Yes));
    assert_eq!((purchase.charges.len(), world.count("poll")), (1, 0));

    let done = Paid { charge_id: ChargeId::parse("ch_9").ok(), ..Paid::default() };
    let mut world = script(vec![ChargeResponse::Done(done)], vec![sum("100")]);
    let (purchase, report) = world.run(super::purchase(), options(SUMMED));
    assert_eq!((report.class, purchase.charges.len()), (Class::Success, 1), "its id is kept");

    // In a list that names it, its own id is enough: others do not matter.
    let by_list = Seller { status_by_id: false, ..LISTED };
    for (standing, class) in [
        (ListedStanding::Paid, Class::Success),
        (ListedStanding::Failed, Class::PaymentFailed),
        (ListedStanding::Open, Class::Pending),
    ] {
        let ours = ListedPurchase { standing, ..listed("ch_1", "25", 1) };
        let readings = vec![list(&[]), list(&[listed("x", "25", 1), ours])];
        let mut world = script(vec![accepted()], readings);
        let short =
            RunOptions { wait: Some(Duration::ZERO), sole_buyer: false, ..options(by_list) };
        let (_, report) = world.run(super::purchase(), short);
        assert_eq!(report.class, class, "{standing:?}");
    }
    // What the list says was paid is the total only where the seller adds something to the amount.
    for (total, total_usd) in [(Total::WithExtras, Some(money("27.50"))), (Total::AsAsked, None)] {
        let ours = ListedPurchase {
            amount_usd: Some(money("27.50")),
            standing: ListedStanding::Paid,
            ..listed("ch_1", "25", 1)
        };
        let mut world = script(vec![accepted()], vec![list(&[]), list(&[ours])]);
        let (purchase, report) = world.run(super::purchase(), options(Seller { total, ..by_list }));
        assert_eq!(report.class, Class::Success);
        let Some(Outcome::Settled { amount_usd, bill, .. }) = purchase.outcome else {
            panic!("{:?}", purchase.outcome)
        };
        assert_eq!((amount_usd, bill.total_usd), (money("25"), total_usd));
    }
}

#[test]
fn a_checkout_page_is_a_persons_and_the_evidence_shows_when_it_is_paid() {
    let needs_person = ChargeResponse::NeedsPerson(refusal(Class::ActionRequired));
    let mut world = script(vec![needs_person], vec![sum("100")]);
    let (waits, report) = world.run(purchase(), options(SUMMED));
    assert_eq!((report.class, report.charged), (Class::ActionRequired, Charged::Unknown));
    let again = |now: &str| {
        let mut world = script(vec![], vec![sum(now)]);
        let options = RunOptions {
            loaded: true,
            intention: RunMode::Resume,
            wait: Some(Duration::ZERO),
            ..options(SUMMED)
        };
        world.run(waits.clone(), options).1.class
    };
    assert_eq!(again("100"), Class::ActionRequired);
    assert_eq!(again("125"), Class::Success);
}

#[test]
fn other_purchases_of_the_account_are_seen_with_their_charges_and_their_age() {
    let ours = unanswered(&ShownPurchase::Purchases(vec![]));
    let other = |sent: i64, rows: &[JournalRow]| {
        let mut other = purchase();
        other.intent.id = Uuid::from_u128(8);
        let mut at = Stamp::from(&moment(0));
        at.wall -= jiff::SignedDuration::from_secs(-sent);
        at.monotonic_ms = at.monotonic_ms.map(|now| now.saturating_add_signed(sent * 1000));
        for row in rows {
            other.apply(&at, row);
        }
        other
    };
    let seen = |other: Purchase| OtherPurchases::new([&other, &ours], &ours, LAG);
    let paid = JournalRow::Final(Outcome::Settled {
        amount_usd: money("25"),
        settled_at: None,
        bill: Bill::default(),
    });
    let settled = [sending(1), accepted_row(1, "ch_9"), paid];
    let old = seen(other(-151, &settled));
    assert_eq!((old.charges.len(), old.may_still_show), (1, false));
    assert!(seen(other(-149, &settled)).may_still_show, "younger than the list's lag");
    assert!(seen(other(-500, &settled[..2])).may_still_show, "still open");
    let refused =
        JournalRow::Attempt { n: 1, verdict: Verdict::No, failure: failure(Class::RateLimited) };
    assert!(!seen(other(-1, &[sending(1), refused])).may_still_show, "it charged nothing");
    // A wall clock that jumped in between makes it no older, and another start of the machine
    // leaves only the server's clock.
    let mut jumped = other(-149, &settled);
    jumped.attempts[0].sent.wall -= Duration::from_secs(3600);
    assert!(seen(jumped.clone()).may_still_show);
    jumped.attempts[0].sent.boot = Some("another".into());
    assert!(seen(jumped).may_still_show);
    let itself = OtherPurchases::new([&ours], &ours, LAG);
    assert_eq!(itself, OtherPurchases::default());
}
