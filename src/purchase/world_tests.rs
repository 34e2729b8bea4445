//! The world does what the machine asks of it: with the token that it has, and on the disk before anything
//! rests on it.

use super::*;
use crate::core::clock::TurnedClock;
use crate::core::environment::Variables;
use crate::core::failure::Failure;
use crate::core::money::{Amount, Money};
use crate::ledger::suite::server::Server;
use crate::provider::packs::{OpenedPack, Price};
use crate::provider::plans::{PlanChange, PlanName, Preview, Subscription};
use crate::provider::{EvidenceReading, EvidenceSource, IdempotencyKey, Seller, ShownPurchase};
use crate::purchase::journal::Spool;
use crate::purchase::lock::EntityLock;
use crate::purchase::place::JournalPlace;
use crate::purchase::scripted;
use crate::purchase::steps::{PurchaseReport, RunMode, RunOptions};
use crate::store::state::{LASTS, StateStore};
use std::cell::{Cell, RefCell};

/// A system that notes what it is asked, and with which token.
#[derive(Default)]
struct FakeSystem {
    asked: RefCell<Vec<String>>,
    is_silent: Cell<bool>,
}

impl FakeSystem {
    fn note(&self, what: &str, token: &Token) {
        self.asked.borrow_mut().push(format!("{what} {}", token.secret.expose()));
    }
}

impl TokenSource for FakeSystem {
    fn token(&self, min_left: Duration) -> Result<Token> {
        assert_eq!(min_left, TOKEN_LASTS);
        Ok(Token::new(Secret::new("first")))
    }

    fn renew(&self, failed: &Token) -> Result<Token> {
        self.note("renewed", failed);
        Ok(Token::new(Secret::new("second")))
    }
}

impl Charges for FakeSystem {
    fn seller(&self) -> Seller {
        Seller::KEYED
    }

    fn ask_time(&self, token: &Token) -> Result<()> {
        self.note("time", token);
        if self.is_silent.get() { Err(Failure::internal("silent")) } else { Ok(()) }
    }

    fn request_body(&self, _: Amount) -> Vec<u8> {
        Vec::new()
    }

    fn post(&self, token: &Token, _: &IdempotencyKey, _: &[u8]) -> ChargeResponse {
        self.note("post", token);
        ChargeResponse::Opened(Box::new(OpenedPack {
            payment_id: ChargeId::parse("pi_1").expect("an id"),
            price: Price { minor: 500, currency: "USD".into() },
            uses: None,
            publishable_key: None,
            client_secret: Some(Secret::new("pi_secret")),
            page: "https://agent.example/pay".into(),
        }))
    }

    fn poll(&self, token: &Token, _: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        self.note("poll", token);
        ChargeStatus::Pending
    }

    fn plans(&self) -> Option<&dyn Plans> {
        Some(self)
    }

    fn evidence(&self) -> Option<&dyn EvidenceSource> {
        Some(self)
    }
}

impl Plans for FakeSystem {
    fn read(&self) -> Result<Subscription> {
        Err(Failure::internal("a purchase reads no list of plans"))
    }

    fn preview(&self, _: &str) -> Result<Preview> {
        Err(Failure::internal("a purchase asks for no preview"))
    }

    fn schedule(&self, _: PlanChange<'_>) -> Result<Option<String>> {
        Err(Failure::internal("a purchase schedules nothing"))
    }

    fn upgrade_body(&self, _: &str) -> Vec<u8> {
        Vec::new()
    }

    fn upgrade(&self, token: &Token, _: &IdempotencyKey, _: &[u8]) -> ChargeResponse {
        self.note("upgrade", token);
        ChargeResponse::Accepted(ChargeId::parse("in_1").expect("an id"))
    }

    fn look(&self, token: &Token, tier_id: &str) -> PlanSeen {
        self.note(&format!("look at {tier_id}"), token);
        PlanSeen::InForce
    }
}

impl EvidenceSource for FakeSystem {
    fn read(&self, token: &Token) -> EvidenceAnswer {
        self.note("evidence", token);
        EvidenceAnswer::Read(EvidenceReading {
            shown: ShownPurchase::GrantedSum(Money::parse("60").expect("money")),
            auto_reload: None,
            account_proven: true,
        })
    }
}

/// Does this with a world on this journal, for a purchase that it has. Gives what its system was asked.
fn within(place: &JournalPlace, act: impl FnOnce(&mut RealWorld<'_>, &Purchase)) -> Vec<String> {
    let (system, purchase) = (FakeSystem::default(), scripted::purchase());
    with_system(place, &system, &purchase, |mut world| act(&mut world, &purchase));
    system.asked.into_inner()
}

fn with_system(
    place: &JournalPlace,
    system: &FakeSystem,
    purchase: &Purchase,
    act: impl FnOnce(RealWorld<'_>),
) {
    let clock = TurnedClock::new(purchase.asked.wall);
    let mut journal = Journal::open(place).expect("a journal");
    let (intent, stamp) = (&purchase.intent, &purchase.asked);
    let _lock = journal
        .exclusively(|alone| EntityLock::take_adding(alone, place, intent, stamp))
        .expect("added");
    let clocks = Clocks { machine: &clock, server: &|| None, attempt: None };
    let mut on_step = |_: &Machine, _: &Action| {};
    act(RealWorld::new(&mut journal, system, system, clocks, &mut on_step));
}

fn in_files(act: impl FnOnce(&mut RealWorld<'_>, &Purchase)) -> Vec<String> {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    within(&JournalPlace::in_folder(folder.path()), act)
}

#[test]
fn all_is_asked_with_the_token_that_is_at_hand_and_nothing_without_one() {
    let id = ChargeId::parse("ch_1").expect("an id");
    let asked = in_files(|world, purchase| {
        world.ask_time().expect("there is nothing to ask with");
        assert!(matches!(world.post(purchase), ChargeResponse::Refused(_)));
        assert!(matches!(world.poll(purchase, &id), ChargeStatus::Trouble { .. }));
        assert!(matches!(world.read_evidence(purchase).0, EvidenceAnswer::Trouble { .. }));
    });
    assert!(asked.is_empty(), "{asked:?}");
    let asked = in_files(|world, purchase| {
        let first = world.authorize(false).expect("a token");
        let second = world.authorize(true).expect("another");
        assert_ne!(first, second, "it says for whom each acts");
        world.ask_time().expect("asked");
        world.post(purchase);
        assert!(matches!(world.poll(purchase, &id), ChargeStatus::Pending));
        assert!(matches!(world.read_evidence(purchase).0, EvidenceAnswer::Read(_)));
    });
    let expected =
        ["renewed first", "time second", "post second", "poll second", "evidence second"];
    assert_eq!(asked, expected);
}

#[test]
fn a_system_that_does_not_tell_the_time_is_said_to_be_silent() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (system, purchase) = (FakeSystem::default(), scripted::purchase());
    system.is_silent.set(true);
    with_system(&JournalPlace::in_folder(folder.path()), &system, &purchase, |mut world| {
        world.authorize(false).expect("a token");
        world.ask_time().expect_err("silent");
    });
}

#[test]
fn a_request_is_in_the_journal_and_the_position_before_it_leaves() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let place = JournalPlace::in_folder(folder.path());
    let position = folder.path().join("position/journal.json");
    within(&place, |world, purchase| {
        world.record(purchase, &purchase.asked, &JournalRow::Recovered).expect("durable");
        assert!(!position.exists(), "nothing rests on it");
        let row = JournalRow::Sending { n: 1, baseline: None };
        world.record(purchase, &purchase.asked, &row).expect("durable");
        assert!(position.exists());
        let read = Journal::open(&place).expect("a journal").load(purchase.intent.id);
        assert_eq!(read.expect("read").attempts.len(), 1);
        // Where the position cannot be written it may not leave.
        std::fs::remove_dir_all(folder.path().join("position")).expect("removed");
        std::fs::write(folder.path().join("position"), "no folder").expect("in the way");
        let row = JournalRow::Sending { n: 2, baseline: None };
        world.record(purchase, &purchase.asked, &row).expect_err("in the way");
    });
}

#[test]
fn what_confirms_a_payment_is_kept_apart_from_what_is_written_of_it() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (system, mut purchase) = (FakeSystem::default(), scripted::purchase());
    purchase.intent.item = Item::Pack;
    with_system(&JournalPlace::in_folder(folder.path()), &system, &purchase, |mut world| {
        world.authorize(false).expect("a token");
        let ChargeResponse::Opened(opened) = world.post(&purchase) else { panic!("it is opened") };
        assert!(opened.client_secret.is_none());
        let secret = world.into_client_secret().expect("kept");
        assert_eq!(secret.expose(), "pi_secret");
    });
}

#[test]
fn a_plan_is_paid_for_and_looked_at_by_its_own_requests() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let (system, mut purchase) = (FakeSystem::default(), scripted::purchase());
    let credits = scripted::purchase();
    purchase.intent.item =
        Item::Plan(PlanName { tier_id: "tier_2".into(), tier_name: "Pro".into() });
    with_system(&JournalPlace::in_folder(folder.path()), &system, &purchase, |mut world| {
        assert!(matches!(world.look_at_plan(&purchase), PlanSeen::Trouble { .. }), "no token");
        world.authorize(false).expect("a token");
        assert!(matches!(world.post(&purchase), ChargeResponse::Accepted(_)));
        assert!(matches!(world.look_at_plan(&purchase), PlanSeen::InForce));
        assert!(matches!(world.look_at_plan(&credits), PlanSeen::Trouble { .. }), "no plan");
    });
    assert_eq!(system.asked.into_inner(), ["upgrade first", "look at tier_2 first"]);
}

#[test]
fn a_run_that_waits_or_sends_keeps_what_it_holds_of_a_shared_journal() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
    let place =
        JournalPlace::Shared { store: store.clone(), spool: Spool::new("/nowhere/spool".into()) };
    let run_out = || server.run(&format!("UPDATE {}.lease SET until_ms = 7", schema.name));
    within(&place, |world, purchase| {
        let elsewhere = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
        let spool = Spool::new("/nowhere/spool".into());
        let elsewhere = JournalPlace::Shared { store: elsewhere, spool };
        let is_held = || {
            let is_free = Journal::open(&elsewhere).expect("a journal").exclusively(|alone| {
                EntityLock::is_free(Some(alone), &elsewhere, purchase.intent.id)
            });
            !is_free.expect("asked")
        };
        run_out();
        assert!(!is_held());
        store.let_pass(LASTS / 4);
        world.wait(Duration::from_secs(2)).expect("waited");
        assert!(is_held(), "who waits is alive");
        run_out();
        store.let_pass(LASTS / 4);
        world.post(purchase);
        assert!(is_held(), "so is who sends");
    });
}

#[test]
fn the_clocks_are_those_of_the_machine_and_each_step_is_shown() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let purchase = scripted::purchase();
    let clock = TurnedClock::new(purchase.asked.wall);
    let mut journal = Journal::open(&JournalPlace::in_folder(folder.path())).expect("a journal");
    let (system, server) = (FakeSystem::default(), purchase.asked.wall + Duration::from_secs(9));
    let clocks = Clocks { machine: &clock, server: &|| Some(server), attempt: None };
    let steps = Cell::new(0);
    let mut on_step = |_: &Machine, _: &Action| steps.set(steps.get() + 1);
    let mut world = RealWorld::new(&mut journal, &system, &system, clocks, &mut on_step);
    world.wait(Duration::from_secs(7)).expect("waited");
    let now = world.now();
    assert_eq!(now.wall, purchase.asked.wall + Duration::from_secs(7));
    assert_eq!((now.server, clock.passed()), (Some(server), Duration::from_secs(7)));
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    assert_eq!(now.boot, boot.map(|id| id.trim().into()));
    let options = RunOptions {
        intention: RunMode::Buy,
        asked_for: false,
        seller: Seller::KEYED,
        sole_buyer: false,
        shared: false,
        wait: None,
        poll: Duration::from_secs(2),
        loaded: false,
        price: None,
    };
    let report = PurchaseReport::new(Class::Success, crate::core::failure::Charged::No);
    world.report(&Machine::new(purchase, options, now), &Action::Done(report));
    assert_eq!(steps.get(), 1);
}
