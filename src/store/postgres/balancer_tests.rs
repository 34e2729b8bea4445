//! A ledger behind a pooler that takes mere looks to a server which follows: what is read is what was
//! booked, or nothing is done at all.

use super::*;
use crate::ledger::postgres::LEDGER;
use crate::ledger::service::Ledger;
use crate::ledger::suite::server::poolers::Balancer;
use crate::ledger::suite::server::{Server, ServerSetup};
use crate::ledger::suite::{fill, used};
use crate::ledger::values::Filter;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// A server, and one that follows it and has heard nothing since there was nothing.
struct Pair {
    primary: Server,
    standby: Server,
}

impl Pair {
    fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Pair>> = OnceLock::new();
        let make = || {
            let primary = Server::own(&ServerSetup::default())?;
            let follows = Some(primary.url.clone());
            let standby = Server::own(&ServerSetup { follows, ..ServerSetup::default() })?;
            standby.run("SELECT pg_wal_replay_pause()");
            Some(Self { primary, standby })
        };
        SHARED.get_or_init(make).as_ref()
    }

    fn behind(&self, settings: &str) -> Option<Balancer> {
        Balancer::start(&self.primary.url, &self.standby.url, settings)
    }
}

fn connect(url: &str) -> Result<Ledger> {
    let ledger = Postgres::connect(&LEDGER, url, None, &Variables::default())?;
    Ok(Ledger::new(Box::new(ledger)))
}

/// Makes a ledger there, books in it, and reads it. The servers are shared, so one after the other.
fn book_and_read(balancer: &Balancer) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let crowd: Vec<_> = (0..4)
        .map(|_| {
            let url = balancer.url.clone();
            thread::spawn(move || connect(&url).map(|_| ()))
        })
        .collect();
    for one in crowd {
        one.join().expect("it ended").expect("the tables are made once");
    }
    let mut ledger = connect(&balancer.url).expect("connected");
    if ledger.mandates().expect("listed").is_empty() {
        fill(&mut ledger);
    }
    let mandate = ledger.mandate(Some("org")).expect("there already");
    let booked = |ledger: &mut Ledger| {
        ledger.transactions("org", &Filter::default(), 99).expect("listed").0.len()
    };
    let before = booked(&mut ledger);
    let key = format!("job {before}");
    for again in [false, true] {
        let mut other = connect(&balancer.url).expect("connected");
        let recorded = other.record("org", &used("1", None, Some(&key))).expect("recorded");
        assert_eq!(recorded.posted.is_some_and(|posted| posted.replayed), again);
        assert_eq!(ledger.account(&mandate, None).expect("read").balance, recorded.balance);
        assert_eq!(booked(&mut ledger), before + 1);
    }
    let (_, is_there) =
        Postgres::look(&LEDGER, &balancer.url, Duration::from_secs(9), &Variables::default())
            .expect("looked");
    assert!(is_there);
}

#[test]
fn what_is_read_behind_a_balancer_is_what_was_booked() {
    let Some(pair) = Pair::shared() else { return };
    // Other settings of it, under which one of the two that keep a transaction together does not.
    for settings in [
        "",
        "allow_sql_comments = on",
        "disable_load_balance_on_write = 'off'",
        "connection_cache = off",
    ] {
        let Some(balancer) = pair.behind(settings) else { return };
        book_and_read(&balancer);
    }
}

#[test]
fn a_balancer_that_splits_transactions_all_the_same_is_named() {
    let Some(pair) = Pair::shared() else { return };
    let settings = "allow_sql_comments = on\ndisable_load_balance_on_write = 'off'";
    let Some(balancer) = pair.behind(settings) else { return };
    let refused = connect(&balancer.url).map(|_| ()).expect_err("it splits them");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    assert!(refused.to_string().contains("a part of a transaction to another server"), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("load_balance_mode = off"));
    let Some(balancer) = pair.behind("load_balance_mode = off") else { return };
    book_and_read(&balancer);
}

#[test]
fn a_wrong_password_is_one_behind_a_balancer_too() {
    let Some(pair) = Pair::shared() else { return };
    let Some(balancer) = pair.behind("") else { return };
    let wrong = balancer.url.replacen("correct-horse", "wr0ng-battery", 1);
    let refused = connect(&wrong).map(|_| ()).expect_err("not let in");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    assert!(!refused.to_string().contains("wr0ng"), "{refused}");
}
