//! `resume`, `status` and `history`: what is known of purchases of earlier runs.

use super::buying::buy;
use super::shop::{FakeShop, Fate, charge, failed, money, once, unnamed, usual_wait};
use crate::app::buying::Buying;
use crate::app::buying::site::Site;
use crate::app::buying::terms::OutcomeWait;
use crate::app::history;
use crate::app::resume::marking::{self, MarkTarget};
use crate::app::resume::{Reach, Reached, Resume, Resumed};
use crate::app::status::status;
use crate::app::summary::{AnySummary, PurchaseStatus};
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::signals::Signal;
use crate::core::time::Period;
use crate::provider::{ChargeId, ChargeStatus};
use crate::purchase::journal::Journal;
use crate::purchase::mark::PurchaseMark;
use crate::purchase::record::Remark;
use std::time::Duration;

/// The portals that a machine can go to; its journal is that of the first.
struct Portals<'a>(&'a [&'a FakeShop]);

impl Reach for Portals<'_> {
    fn at(&self, site: &Site, act: &mut dyn FnMut(&Buying<'_>)) -> Result<Reached> {
        let is_it = |shop: &&&FakeShop| Some(&shop.profile) == site.profile.as_ref();
        let shop = self.0.iter().find(is_it).ok_or_else(|| Failure::config("no such profile"))?;
        shop.run_on(self.0[0], |buying| act(buying));
        Ok(Reached::There)
    }

    fn aimed(&self, _: &Site, failure: Failure) -> Failure {
        failure
    }
}

fn resume(portals: &[&FakeShop], word: Option<&str>) -> Result<(Resumed, Option<Failure>)> {
    resume_for(portals, word, usual_wait())
}

fn resume_for(
    portals: &[&FakeShop],
    word: Option<&str>,
    waiting: OutcomeWait,
) -> Result<(Resumed, Option<Failure>)> {
    let shop = portals[0];
    let journal = shop.journal();
    let resume = Resume {
        journal: &journal,
        reach: &Portals(portals),
        is_meant: &|_| true,
        ask: shop,
        report: shop,
        waiting,
    };
    resume.run(word)
}

fn statuses(resumed: &Resumed) -> Vec<PurchaseStatus> {
    resumed.purchases.iter().map(AnySummary::status).collect()
}

/// Buys at another portal, with the journal of this machine.
fn buy_at(machine: &FakeShop, shop: &FakeShop, typed: &str) -> Result<AnySummary> {
    use crate::app::buy::{Buy, Wanted};
    let (wanted, terms) = (Wanted::parse(typed)?, unnamed());
    shop.run_on(machine, |buying| {
        Buy { buying, account: shop, wanted, terms: &terms, waiting: usual_wait() }.run()
    })
}

/// One whose answers are all lost, though it was carried out.
fn lose(shop: &FakeShop, amount: &str) -> String {
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    let lost = failed(buy(shop, amount, &unnamed()), Class::OutcomeUnknown);
    lost.parts().data["purchase_id"].as_str().expect("an id").to_owned()
}

#[test]
fn nothing_open_is_no_failure() {
    let shop = FakeShop::new();
    let (resumed, failure) = resume(&[&shop], None).expect("nothing to do");
    assert!(resumed.purchases.is_empty() && failure.is_none());
    charge(buy(&shop, "25", &unnamed()));
    let (resumed, failure) = resume(&[&shop], None).expect("nothing to do");
    assert!(resumed.purchases.is_empty() && failure.is_none());
    failed(resume(&[&shop], Some("cafe")), Class::Usage);
}

#[test]
fn what_was_lost_is_found_and_a_resume_never_begins_one() {
    let shop = FakeShop::new();
    lose(&shop, "25");
    shop.clock.turn(Duration::from_hours(5));
    let (resumed, failure) = resume(&[&shop], None).expect("found");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Settled]);
    assert!(failure.is_none());
    assert_eq!(shop.count_sales(), 1);
    // A script that asks for the same afterwards is owed that answer.
    assert!(charge(buy(&shop, "25", &unnamed())).replayed);
}

#[test]
fn several_are_gone_on_with_and_the_worst_is_the_failure() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_hours(1));
    failed(buy(&shop, "25", &unnamed()), Class::Pending);
    lose(&shop, "30");
    shop.fate([Fate::Lost, Fate::Lost, Fate::Lost]);
    let (resumed, failure) = resume(&[&shop], None).expect("looked");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Pending, PurchaseStatus::Unknown]);
    let failure = failure.expect("both are open");
    assert_eq!(failure.class(), Class::OutcomeUnknown);
    shop.settles_after.set(Duration::ZERO);
    let (resumed, failure) = resume(&[&shop], None).expect("looked");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Settled; 2]);
    assert!(failure.is_none());
    assert_eq!(shop.count_sales(), 2);
}

#[test]
fn one_that_takes_long_keeps_no_other_from_its_end() {
    let machine = FakeShop::new();
    let (slow, quick) = (&machine, machine.elsewhere("quick.example", "quick"));
    slow.settles_after.set(Duration::from_hours(1));
    quick.settles_after.set(Duration::from_mins(6));
    failed(buy(slow, "25", &unnamed()), Class::Pending);
    failed(buy_at(&machine, &quick, "30"), Class::Pending);
    slow.clock.turn(Duration::from_mins(2));
    slow.clock.interrupt_after(slow.clock.passed() + Duration::from_mins(1), Signal::Interrupt);
    let (resumed, failure) = resume(&[slow, &quick], None).expect("looked");
    // A person gave up on the slow one: the other was found all the same.
    assert_eq!(statuses(&resumed), [PurchaseStatus::Pending, PurchaseStatus::Settled]);
    assert_eq!(failure.expect("stopped").class(), Class::Interrupted);
}

#[test]
fn a_portal_that_cannot_be_asked_is_listed_with_the_reason() {
    let machine = FakeShop::new();
    let other = machine.elsewhere("other.example", "other");
    for shop in [&machine, &other] {
        shop.settles_after.set(Duration::from_mins(10));
        failed(buy_at(&machine, shop, "25"), Class::Pending);
    }
    machine.clock.turn(Duration::from_mins(10));
    other.logged_in.set(false);
    let (resumed, failure) = resume(&[&machine, &other], None).expect("looked");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Settled, PurchaseStatus::Pending]);
    let [unreachable] = resumed.unreachable.as_slice() else { panic!("one") };
    assert_eq!(
        (unreachable.class, &*unreachable.portal),
        (Class::NotLoggedIn, "https://other.example")
    );
    assert_eq!(unreachable.charged, Charged::Unknown);
    assert_eq!(failure.expect("one is open").class(), Class::NotLoggedIn);
    // A profile that is gone is no end of the run either.
    let (resumed, failure) = resume(&[&machine], None).expect("looked");
    assert_eq!((resumed.purchases.len(), resumed.unreachable[0].class), (0, Class::Config));
    let failure = failure.expect("one is open");
    assert_eq!(failure.parts().charged, Some(Charged::Unknown));
    other.logged_in.set(true);
    let (resumed, failure) = resume(&[&machine, &other], None).expect("looked");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Settled]);
    assert!(failure.is_none() && resumed.unreachable.is_empty());
}

#[test]
fn a_network_that_comes_back_within_the_wait_is_waited_for() {
    let shop = FakeShop::new();
    shop.settles_after.set(Duration::from_mins(6));
    failed(buy(&shop, "25", &unnamed()), Class::Pending);
    shop.clock.turn(Duration::from_mins(1));
    let down = || ChargeStatus::Trouble {
        refusal: super::shop::refusal(Class::Network),
        unauthorized: false,
    };
    shop.polls.borrow_mut().extend([down(), down(), down()]);
    let (resumed, failure) = resume(&[&shop], None).expect("looked");
    assert_eq!(statuses(&resumed), [PurchaseStatus::Settled]);
    assert!(failure.is_none() && resumed.unreachable.is_empty());
}

#[test]
fn an_id_means_one_purchase_and_the_answer_counts_as_reported() {
    let shop = FakeShop::new();
    let first = lose(&shop, "25");
    lose(&shop, "30");
    let (resumed, failure) = resume(&[&shop], Some(&first)).expect("found");
    assert_eq!((resumed.purchases.len(), failure.is_none()), (1, true));
    assert!(!charge(buy(&shop, "25", &unnamed())).replayed);
}

#[test]
fn a_person_is_believed_only_where_the_system_cannot_be_asked() {
    let shop = FakeShop::new();
    let id = lose(&shop, "25");
    let mark = |found: PurchaseMark| {
        let mut journal = Journal::open(&shop.journal()).expect("a journal");
        let purchase = marking::one_to_mark(&journal, None, &|_| true)?;
        let remark = Remark { by: Some("me".into()), reason: Some("seen".into()) };
        let target = MarkTarget { mark: found, remark };
        shop.run(|buying| marking::record(buying, &mut journal, purchase.intent.id, &target))
    };
    failed(mark(PurchaseMark::NotCharged), Class::Usage);
    shop.clock.turn(Duration::from_hours(24));
    let charged_id = ChargeId::parse("ch_1").expect("an id");
    let marked = charge(mark(PurchaseMark::Charged(charged_id)));
    assert_eq!(marked.purchase_id, Some(id));
    assert_eq!(marked.status, PurchaseStatus::Settled);
    assert_eq!(marked.marked.expect("a remark").reason.as_deref(), Some("seen"));
    failed(mark(PurchaseMark::NotCharged), Class::Usage);
}

#[test]
fn status_is_about_the_newest_that_is_open_else_the_newest() {
    let shop = FakeShop::new();
    let look = |word: Option<&str>| {
        shop.run(|buying| {
            status(buying, word, OutcomeWait::at_most(Duration::ZERO, Duration::ZERO))
        })
    };
    failed(look(None), Class::Usage);
    charge(buy(&shop, "25", &unnamed()));
    assert_eq!(charge(look(None)).amount_usd, Some(money("25")));
    shop.settles_after.set(Duration::from_hours(1));
    let open = failed(buy(&shop, "30", &unnamed()), Class::Pending);
    shop.settles_after.set(Duration::ZERO);
    charge(buy(&shop, "26", &unnamed()));
    shop.settles_after.set(Duration::from_hours(1));
    let again = failed(look(None), Class::Pending);
    assert_eq!(again.parts().data["purchase_id"], open.parts().data["purchase_id"]);
    assert_eq!(shop.count_sales(), 3);
}

#[test]
fn status_of_a_charge_that_the_journal_does_not_know_asks_the_portal_alone() {
    let shop = FakeShop::new();
    let look = |word: &str| shop.run(|buying| status(buying, Some(word), usual_wait()));
    let unknown = failed(look("ch_9"), Class::Pending);
    assert_eq!(unknown.parts().charged, Some(Charged::Unknown));
    assert_eq!(unknown.parts().charged_now, Some(Charged::No));
    assert_eq!(shop.clock.passed(), Duration::from_mins(5), "it is waited for");
    assert!(!shop.has_journal());
    let machine = FakeShop::new();
    charge(buy_at(&machine, &shop, "25"));
    let found = charge(look("ch_1"));
    assert_eq!((found.status, found.purchase_id), (PurchaseStatus::Settled, None));
    shop.declines.set(Some(Class::CardDeclined));
    let declined = failed(look("ch_1"), Class::CardDeclined);
    assert_eq!(declined.parts().charged, Some(Charged::No));
    shop.declines.set(Some(Class::AuthenticationRequired));
    let checked = failed(look("ch_1"), Class::AuthenticationRequired);
    assert_eq!(checked.parts().charged, Some(Charged::Unknown));
    failed(look("a/b"), Class::Usage);
    shop.clock.interrupt_after(Duration::ZERO, Signal::Terminate);
    shop.declines.set(None);
    failed(look("ch_9"), Class::Terminated);
}

#[test]
fn status_of_another_portals_purchase_names_the_command_that_goes_there() {
    let shop = FakeShop::new();
    let bought = charge(buy(&shop, "25", &once("refill")));
    let other = shop.elsewhere("other.example", "my work");
    let word = bought.purchase_id.expect("an id");
    let look = other.run_on(&shop, |buying| status(buying, Some(&word), usual_wait()));
    let refused = failed(look, Class::Usage);
    let hint = refused.parts().hints[0].to_string();
    let place = "--provider nous --profile default --portal-url https://portal.example";
    assert!(hint.contains(&format!("topup {place} status {word}")), "{hint}");
}

#[test]
fn history_lists_the_newest_first_with_their_places() {
    let shop = FakeShop::new();
    assert!(
        history::list(&shop.journal(), &Period::default(), 9, false)
            .expect("none")
            .purchases
            .is_empty()
    );
    charge(buy(&shop, "25", &unnamed()));
    shop.clock.turn(Duration::from_secs(1));
    shop.declines.set(Some(Class::CardDeclined));
    failed(buy(&shop, "30", &once("refill")), Class::CardDeclined);
    let list = history::list(&shop.journal(), &Period::default(), 9, false).expect("two").purchases;
    let seen: Vec<_> = list.iter().map(|line| line.bought.status()).collect();
    assert_eq!(seen, [PurchaseStatus::Failed, PurchaseStatus::Settled]);
    assert_eq!(
        (&*list[0].portal, list[0].profile.as_deref()),
        ("https://portal.example", Some("default"))
    );
    assert_eq!(
        (list[0].organisation.as_deref(), list[0].subject.as_deref()),
        (Some("org"), Some("me"))
    );
    for (limit, shown, has_more) in
        [(0, 0, true), (1, 1, true), (2, 2, false), (u32::MAX, 2, false)]
    {
        let list = history::list(&shop.journal(), &Period::default(), limit, false).expect("some");
        assert_eq!((list.purchases.len(), list.has_more), (shown, has_more), "{limit}");
    }
}
