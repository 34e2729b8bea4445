//! What only a server can do to a ledger: break off, fall silent, refuse, be trusted or not. Each
//! use is booked exactly once, or it is said that nobody knows.

mod trust;

use super::*;
use crate::ledger::postgres::LEDGER;
use crate::ledger::service::{Ledger, RunStart};
use crate::ledger::suite::proxy::{Fault, Proxy};
use crate::ledger::suite::server::{Schema, Server};
use crate::ledger::suite::{LedgerStore, booked, fill, kept, price, used};
use crate::ledger::values::Filter;
use rust_decimal::Decimal;
use std::thread;
use std::time::Instant;
use url::Url;

/// Limits that a test can wait for.
fn short() -> TimeLimits {
    TimeLimits {
        answer: Duration::from_secs(1),
        connect: Duration::from_millis(1500),
        patience: Duration::from_millis(300),
        ..TimeLimits::default()
    }
}

/// A fresh ledger with the mandate `org`, and 10 in it.
fn fresh() -> Option<Schema> {
    let schema = Server::shared()?.schema();
    let mut ledger = Ledger::new(Box::new(
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("a server"),
    ));
    fill(&mut ledger);
    Some(schema)
}

fn at(url: &str, host: &str, port: u16) -> String {
    let mut url = Url::parse(url).expect("a URL");
    url.set_host(Some(host)).expect("a host");
    url.set_port(Some(port)).expect("a port");
    url.to_string()
}

fn host_and_port(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(5432))
}

/// A ledger whose first connections have these faults.
fn through(schema: &Schema, faults: &[Fault]) -> (Ledger, Proxy) {
    let proxy = Proxy::to(&host_and_port(&schema.url), faults);
    let url = at(&schema.url, "127.0.0.1", proxy.address.port());
    let silent = |fault: &Fault| matches!(fault, Fault::SilentAfterCommit | Fault::SilentAt(_));
    let answer =
        if faults.iter().any(silent) { short().answer } else { TimeLimits::default().answer };
    let limits = TimeLimits { answer, ..short() };
    let ledger =
        Postgres::connect_within(&LEDGER, &url, limits, &Variables::default()).expect("connected");
    (Ledger::new(Box::new(ledger)), proxy)
}

#[test]
fn two_that_come_first_make_the_tables_together() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let clock = thread::scope(|scope| {
        let connect = || {
            Postgres::connect(&LEDGER, &schema.url, None, &Variables::default())
                .map(|ledger| ledger.now())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(connect)).collect();
        let clocks = threads.into_iter().map(|thread| thread.join().expect("it ended"));
        clocks.collect::<Result<Vec<_>>>().expect("all are connected")
    });
    let off = clock[0].duration_since(Timestamp::now());
    assert!(off.abs() < jiff::SignedDuration::from_secs(60), "{off}");
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    assert!(!ledger.place().contains("horse"), "{}", ledger.place());
    ledger.tell("UPDATE ledger_version SET version = version + 1").expect("newer");
    let refused = Postgres::connect(&LEDGER, &schema.url, None, &Variables::default())
        .map(|_| ())
        .expect_err("newer");
    assert_eq!(refused.class(), Class::Config);
    assert!(refused.to_string().contains("newer topup"), "{refused}");
}

#[test]
fn a_book_of_the_first_version_is_brought_on_once_and_keeps_every_row() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    ledger
        .tell(
            "UPDATE ledger_version SET version = 1;
             ALTER TABLE ledger_transaction DROP COLUMN reverses,
                 DROP CONSTRAINT ledger_transaction_amount_check,
                 ADD CONSTRAINT ledger_transaction_amount_check CHECK (amount > 0);
             INSERT INTO ledger_account VALUES ('m', '', 5);
             INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms)
             VALUES ('a', 'm', '', 'CREDIT', 5, 5, 'ADMIN', 'old', 1);",
        )
        .expect("a book of version 1");
    assert!(
        Postgres::look(&LEDGER, &schema.url, Duration::from_secs(9), &Variables::default())
            .expect("readable")
            .1
    );
    thread::scope(|scope| {
        let connect =
            || Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).map(|_| ());
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(connect)).collect();
        for thread in threads {
            thread.join().expect("it ended").expect("brought on");
        }
    });
    let versions = ledger.ask("SELECT version FROM ledger_version ORDER BY 1", &[]).expect("rows");
    let versions: Vec<i64> = versions.iter().map(|row| row.int(0).expect("a number")).collect();
    assert_eq!(versions, [1, 2]);
    let mut posting = crate::ledger::values::Posting::new(
        "m",
        crate::ledger::values::Kind::Debit,
        Decimal::ZERO,
        ledger.now(),
    );
    posting.usage = Some(crate::ledger::values::Usage::default());
    posting.reverses = Some("a".into());
    let posted = ledger.write(&mut |sql| crate::ledger::book::post(sql, &posting).map(|_| ()));
    posted.expect("for nothing");
    drop(ledger);
    assert_eq!(LedgerStore::Server(schema).check_books(), 2);
}

#[test]
fn an_answer_to_a_commit_that_is_lost_books_once() {
    let books_once = |faults: &[Fault], connections: usize| {
        let Some(schema) = fresh() else { return };
        let (mut ledger, proxy) = through(&schema, faults);
        let recorded = ledger.record("org", &used("1", None, None)).expect("recorded");
        assert_eq!(recorded.balance.to_string(), "9.00", "{faults:?}");
        assert!(!recorded.posted.expect("a transaction").replayed, "{faults:?}");
        assert_eq!(proxy.count(), connections, "{faults:?}");
        drop(ledger);
        assert_eq!(booked(schema), 1, "{faults:?}");
    };
    // Each waits for a new connection, and all at once.
    thread::scope(|scope| {
        for (faults, connections) in [
            (&[Fault::AfterCommit][..], 2),
            (&[Fault::BeforeCommit], 2),
            (&[Fault::AfterCommit, Fault::AfterCommit], 3),
            (&[Fault::BeforeCommit, Fault::AfterCommit], 3),
            (&[Fault::SilentAfterCommit], 2),
        ] {
            scope.spawn(move || books_once(faults, connections));
        }
    });
}

#[test]
fn a_run_whose_answers_are_lost_begins_and_ends_once() {
    let Some(schema) = fresh() else { return };
    let all = used("10", None, None);
    let (mut ledger, _proxy) = through(&schema, &[Fault::AfterCommit]);
    let begun = ledger.begin("org", &all, true, kept()).expect("asked");
    let RunStart::Running(hold) = begun else { panic!("{begun:?}") };
    assert_eq!(ledger.holds().expect("listed").len(), 1);
    let (mut ledger, _proxy) = through(&schema, &[Fault::AfterCommit]);
    let ended = ledger.end(&hold, &hold.estimate).expect("ended");
    assert_eq!(ended.balance.0, Decimal::ZERO);
    assert!(ledger.holds().expect("listed").is_empty());
    // Somebody else had taken it for dead: its correction is booked once as well.
    let (mut ledger, _proxy) = through(&schema, &[Fault::AfterCommit]);
    assert_eq!(ledger.end(&hold, &price("1")).expect("ended").balance.to_string(), "9.00");
    let (mut ledger, _proxy) = through(&schema, &[Fault::AfterCommit]);
    let claim = Uuid::new_v4();
    assert!(ledger.claim_notice("org", claim, Duration::from_secs(60)).expect("it is mine"));
    drop(ledger);
    assert_eq!(booked(schema), 2);
}

#[test]
fn where_nobody_is_there_any_more_it_is_said_what_is_known() {
    let ends = |fault: Fault, class: Class, count: usize| {
        let Some(schema) = fresh() else { return };
        let (mut ledger, proxy) = through(&schema, &[fault]);
        proxy.close();
        let started = Instant::now();
        let failed = ledger.record("org", &used("1", None, None)).expect_err("nobody there");
        assert_eq!(failed.class(), class, "{fault:?}: {failed}");
        assert!(started.elapsed() < Duration::from_secs(8), "{fault:?}");
        if class == Class::OutcomeUnknown {
            assert!(failed.to_string().contains("may or may not have been booked"), "{failed}");
        }
        let seen = ledger.transactions("org", &Filter::default(), 9).expect_err("nobody there");
        assert_eq!(seen.class(), Class::Network, "{fault:?}: {seen}");
        drop(ledger);
        assert_eq!(booked(schema), count, "{fault:?}");
    };
    // Each waits for a limit, and all at once.
    thread::scope(|scope| {
        for (fault, class, count) in [
            (Fault::AfterCommit, Class::OutcomeUnknown, 1),
            (Fault::BeforeCommit, Class::OutcomeUnknown, 0),
            (Fault::SilentAfterCommit, Class::OutcomeUnknown, 1),
            // Nothing can have been booked before there was a COMMIT.
            (Fault::SilentAt("ledger_mandate"), Class::Timeout, 0),
        ] {
            scope.spawn(move || ends(fault, class, count));
        }
    });
}

#[test]
fn a_server_that_says_nothing_ends_with_a_timeout() {
    let Some(schema) = fresh() else { return };
    let connects = |fault: Fault| {
        let proxy = Proxy::to(&host_and_port(&schema.url), &[fault]);
        let url = at(&schema.url, "127.0.0.1", proxy.address.port());
        let started = Instant::now();
        let failed = Postgres::connect_within(&LEDGER, &url, short(), &Variables::default())
            .map(|_| ())
            .expect_err("silent");
        assert_eq!(failed.class(), Class::Timeout, "{fault:?}: {failed}");
        assert!(started.elapsed() < Duration::from_secs(4), "{fault:?}");
    };
    // Each waits for a limit, and all at once.
    thread::scope(|scope| {
        for fault in [Fault::Silent, Fault::SilentAt("version")] {
            let connects = &connects;
            scope.spawn(move || connects(fault));
        }
        let (mut ledger, _proxy) = through(&schema, &[Fault::SilentAt("ledger_transaction")]);
        let failed = ledger.transactions("org", &Filter::default(), 9).expect_err("silent");
        assert_eq!(failed.class(), Class::Timeout, "{failed}");
        // The next one is a new connection.
        assert_eq!(ledger.transactions("org", &Filter::default(), 9).expect("listed").0.len(), 1);
    });
}

#[test]
fn a_list_that_is_cut_off_reports_no_row_twice_and_ends_with_the_reason() {
    let Some(schema) = fresh() else { return };
    let mut filled =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let rows = "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
            reference, description, created_ms)
        SELECT CAST(i AS TEXT), 'org', '', 'CREDIT', 1, 1, 'ADMIN', '', i
        FROM generate_series(1, $1) AS i";
    filled.write(&mut |sql| sql.run(rows, &[3_000.into()]).map(|_| ())).expect("filled");
    // In front of the first row it is asked for again; behind it nothing can be taken back.
    for (time, listed) in [(1, 3_001), (2, 1_000), (3, 2_000)] {
        let (mut ledger, _proxy) = through(&schema, &[Fault::BreakAt("FETCH", time)]);
        let mut places = Vec::new();
        let ended = ledger.each_transaction("org", &Filter::default(), 10_000, &mut |one| {
            places.push(one.seq);
            Ok(())
        });
        assert_eq!(places.len(), listed, "{time}");
        assert!(places.is_sorted_by(|newer, older| newer > older), "{time}");
        match ended {
            Ok(more) => assert!(time == 1 && !more),
            Err(failed) => assert_eq!((failed.class(), time > 1), (Class::Network, true)),
        }
        // The next one is a new connection.
        assert_eq!(ledger.transactions("org", &Filter::default(), 9).expect("listed").0.len(), 9);
    }
}

#[test]
fn a_connection_that_somebody_ends_in_the_middle_is_made_anew() {
    let Some(schema) = fresh() else { return };
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let mut other =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let id = Uuid::new_v4();
    let mut times = 0;
    ledger
        .write(&mut |sql| {
            times += 1;
            let mandate = crate::ledger::mandates::alone(sql, "org")?;
            let kind = crate::ledger::values::Kind::Debit;
            let mut posting = crate::ledger::values::Posting::new(
                &mandate.mandate,
                kind,
                Decimal::ONE,
                Timestamp::UNIX_EPOCH,
            );
            posting.id = id;
            crate::ledger::book::post(sql, &posting)?;
            let own = sql.row("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?;
            if times < 3 {
                let own = own.expect("a row").int(0)?;
                let end = format!("SELECT pg_terminate_backend({own})");
                other.tell(&end).expect("ended");
                // It is ended when its next statement comes at the latest.
                sql.run("SELECT name FROM ledger_mandate", &[])?;
            }
            Ok(())
        })
        .expect("written");
    assert_eq!(times, 3);
    // Between two transactions nobody notices.
    let own = ledger.ask("SELECT CAST(pg_backend_pid() AS BIGINT)", &[]).expect("a row");
    other
        .tell(&format!("SELECT pg_terminate_backend({})", own[0].int(0).expect("an id")))
        .expect("ended");
    thread::sleep(Duration::from_millis(50));
    ledger
        .read(&mut |sql| sql.run("SELECT name FROM ledger_mandate", &[]).map(|_| ()))
        .expect("read");
    // Whoever loses it again and again is told.
    let failed = ledger.write(&mut |sql| {
        let own =
            sql.row("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?.expect("a row").int(0)?;
        other.tell(&format!("SELECT pg_terminate_backend({own})")).expect("ended");
        sql.run("SELECT name FROM ledger_mandate", &[]).map(|_| ())
    });
    assert_eq!(failed.expect_err("lost").class(), Class::Network);
    drop((ledger, other));
    assert_eq!(booked(schema), 1);
}

#[test]
fn who_holds_a_lock_too_long_is_not_waited_for() {
    let Some(schema) = fresh() else { return };
    let limits = TimeLimits {
        lock: Duration::from_millis(100),
        statement: Duration::from_millis(300),
        idle: Duration::from_millis(200),
        ..TimeLimits::default()
    };
    let mut holder =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    holder.tell("BEGIN; SELECT 1 FROM ledger_mandate FOR UPDATE").expect("locked");
    let mut ledger = Postgres::connect_within(&LEDGER, &schema.url, limits, &Variables::default())
        .expect("connected");
    let locked = ledger
        .write(&mut |sql| crate::ledger::mandates::alone(sql, "org").map(|_| ()))
        .expect_err("locked");
    assert_eq!(locked.class(), Class::Timeout, "{locked}");
    let slow =
        ledger.write(&mut |sql| sql.run("SELECT CAST(pg_sleep(5) AS TEXT)", &[]).map(|_| ()));
    assert_eq!(slow.expect_err("slow").class(), Class::Timeout);
    // Doing nothing for too long loses the connection, and the work is done again.
    let mut times = 0;
    ledger
        .write(&mut |sql| {
            times += 1;
            sql.run("SELECT name FROM ledger_mandate", &[])?;
            if times == 1 {
                thread::sleep(Duration::from_millis(400));
            }
            sql.run("SELECT name FROM ledger_mandate", &[]).map(|_| ())
        })
        .expect("the second time");
    assert_eq!(times, 2);
    holder.tell("ROLLBACK").expect("left");
}

#[test]
fn a_deadlock_is_done_again() {
    let Some(schema) = fresh() else { return };
    let setup = "CREATE TABLE pair (id BIGINT PRIMARY KEY, n BIGINT); INSERT INTO pair VALUES (1, 0), (2, 0)";
    Postgres::connect(&LEDGER, &schema.url, None, &Variables::default())
        .expect("connected")
        .tell(setup)
        .expect("set up");
    let meet = std::sync::Barrier::new(2);
    let times = thread::scope(|scope| {
        let one = |order: [i64; 2]| {
            let (meet, url) = (&meet, &schema.url);
            move || {
                let mut ledger = Postgres::connect(&LEDGER, url, None, &Variables::default())
                    .expect("connected");
                let mut times = 0;
                let write = ledger.write(&mut |sql| {
                    times += 1;
                    for (at, id) in order.into_iter().enumerate() {
                        sql.run("UPDATE pair SET n = n + 1 WHERE id = $1", &[id.into()])?;
                        if times == 1 && at == 0 {
                            meet.wait();
                        }
                    }
                    Ok(())
                });
                write.expect("written");
                times
            }
        };
        let threads = [scope.spawn(one([1, 2])), scope.spawn(one([2, 1]))];
        threads.map(|thread| thread.join().expect("it ended"))
    });
    assert_eq!(times.iter().sum::<i32>(), 3, "one of them was sent back once");
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let rows = ledger.ask("SELECT n FROM pair", &[]).expect("rows");
    assert!(rows.iter().all(|row| row.int(0).expect("a number") == 2));
}

#[test]
fn what_fails_unheard_is_not_taken_for_kept() {
    let Some(schema) = fresh() else { return };
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let failed = ledger.write(&mut |sql| {
        let _ = sql.run("SELECT nothing FROM nowhere", &[]);
        Ok(())
    });
    assert_eq!(failed.expect_err("unheard").class(), Class::Internal);
    let written = ledger.read(&mut |sql| sql.run("DELETE FROM ledger_rule", &[]).map(|_| ()));
    let refused = written.expect_err("a look writes nothing").to_string();
    assert!(refused.contains("can only be read"), "{refused}");
}

#[test]
fn where_no_transaction_begins_nothing_is_written() {
    let Some(schema) = fresh() else { return };
    let mut ledger =
        Postgres::connect(&LEDGER, &schema.url, None, &Variables::default()).expect("connected");
    let look = "SELECT name FROM ledger_mandate";
    let write = "INSERT INTO ledger_rule (mandate, owner, provider, allowed)
        VALUES ('org', '', 'llm', 1)";
    for statements in [&[look, write][..], &[write]] {
        let session = ledger.session.as_mut().expect("a session");
        session.write.begin = "BEGIN NOTHING";
        let refused = ledger.carry_out(WorkMode::Write, &mut |sql| {
            statements.iter().try_for_each(|statement| sql.run(statement, &[]).map(|_| ()))
        });
        assert_eq!(refused.expect_err("it does not begin").class(), Class::Config);
    }
    assert!(ledger.ask("SELECT provider FROM ledger_rule", &[]).expect("rows").is_empty());
}
