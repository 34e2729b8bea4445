//! What the ledger costs, in ratios of one run: a check beside a small and a huge book, a record
//! beside the bare statements that it cannot do without, and how much several writers get done, on
//! SQLite and on PostgreSQL beside `pgbench`, all inside one process. Every record is durable before
//! it is counted.

use crate::measure::{Table, median};
use crate::{largest, server};
use ::postgres::types::Type;
use rust_decimal::Decimal;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use topup::core::environment::Variables;
use topup::ledger::price::BasePrice;
use topup::ledger::service::{Credit, Ledger, Used};
use topup::ledger::values::{Change, Labels, Mandate, Model, Reference};

/// Operations of each kind that are compared, in turn.
const OPERATIONS: usize = 300;
/// How long writers write at once, and how often.
const WRITING: Duration = Duration::from_secs(2);
const ROUNDS: usize = 4;
const WRITERS: [usize; 3] = [1, 2, 8];
/// A check of the largest book may cost this much of one of the smallest, in percent.
const FLAT: u128 = 150;
/// A record may cost this much of its bare statements, in percent: the same statements, said by
/// hand with the same driver, nothing prepared, because a process that records once prepares
/// nothing.
const BARE: u128 = 150;

pub fn lines(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let largest = largest(6);
    let file = folder.path().join("ledger.db").display().to_string();
    let setup = server::ServerSetup { durable: true, ..server::ServerSetup::default() };
    let server = server::Server::own(&setup);
    sqlite(table, &file, largest);
    if let Some(server) = &server {
        let schema = server.schema();
        postgres(table, &schema.url, largest);
        pgbench(&server.url);
    }
}

fn open(url: &str) -> Ledger {
    topup::ledger::open(Some(url), Path::new("/nowhere"), None, &Variables::default())
        .expect("a ledger")
}

/// A pool with more in it than is ever used here.
fn pool(ledger: &mut Ledger, name: &str) -> Mandate {
    let change = Change { model: Some(Model::PrepayMandate), ..Change::default() };
    let mandate = ledger.change(name, &change).expect("a mandate");
    let credit = Credit {
        amount: Decimal::from(1_000_000),
        reference: Reference::Admin,
        description: "all there is".into(),
        key: None,
    };
    ledger.credit(name, None, &credit).expect("credited");
    mandate
}

fn used() -> Used {
    Used {
        base_price: BasePrice::parse("0.0125").expect("a price"),
        labels: Labels {
            provider: Some("openai".into()),
            user: Some("anna".into()),
            ..Labels::default()
        },
        description: None,
        key: None,
    }
}

/// Checks of a book of each size, in turn; the largest beside the smallest.
fn checks(table: &mut Table, store: &str, ledger: &mut Ledger, largest: u32) {
    let mandates: Vec<Mandate> = (3..=largest)
        .map(|power| ledger.mandate(Some(&format!("m{power}"))).expect("a mandate"))
        .collect();
    let mut times = vec![Vec::new(); mandates.len()];
    for _ in 0..OPERATIONS {
        for (mandate, times) in mandates.iter().zip(&mut times) {
            let started = Instant::now();
            let checked = ledger.check(mandate, None, Decimal::ONE).expect("checked");
            times.push(started.elapsed().as_micros());
            assert!(checked.allowed, "the pool has enough");
        }
    }
    let medians: Vec<u128> = times.into_iter().map(median).collect();
    let mut told = String::new();
    for (power, median) in (3..=largest).zip(&medians) {
        let _ = write!(told, " 10^{power}: {median} µs");
    }
    println!("{store}, a check by the size of the book:{told}");
    let (first, last) = (medians[0], medians[medians.len() - 1]);
    let name = format!("{store}, a check of 10^{largest}, µs");
    table.counted(&name, last, ("of 10^3", first), FLAT);
}

/// A record beside its bare statements, in turn.
fn records(table: &mut Table, store: &str, ledger: &mut Ledger, mut bare: impl FnMut()) {
    pool(ledger, "records");
    let used = used();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..OPERATIONS {
        let started = Instant::now();
        ledger.record("records", &used).expect("recorded");
        ours.push(started.elapsed().as_micros());
        let started = Instant::now();
        bare();
        theirs.push(started.elapsed().as_micros());
    }
    let name = format!("{store}, a record, µs");
    table.counted(&name, median(ours), ("its bare statements", median(theirs)), BARE);
}

/// What several writers got done in a while.
#[derive(Clone, Copy, Default)]
struct Done {
    /// Records of all of them.
    all: usize,
    /// Records of the slowest and of the fastest.
    least: usize,
    most: usize,
    /// The longest that one record took.
    longest: Duration,
}

/// How many records a second several writers get done, all in one pool and each in one of its own,
/// and whether one of them has to wait for all the others. Each number of writers has its turn in
/// every round, so that all of them meet the same disk. Eight in one pool get done at least as much
/// as one.
fn throughput(table: &mut Table, store: &str, url: &str) {
    let mut ledger = open(url);
    for (shared, writers) in [(true, 1), (false, WRITERS[WRITERS.len() - 1])] {
        for writer in 0..writers {
            pool(&mut ledger, &name_of(shared, writer));
        }
    }
    let kinds = [true, false].map(|shared| WRITERS.map(|writers| (writers, shared))).concat();
    let mut all = vec![Done::default(); kinds.len()];
    for _ in 0..ROUNDS {
        for ((writers, shared), sum) in kinds.iter().zip(&mut all) {
            let done = write(url, *writers, *shared);
            sum.all += done.all;
            sum.least += done.least;
            sum.most += done.most;
            sum.longest = sum.longest.max(done.longest);
        }
    }
    let a_second = |count: usize| count as u128 * 1000 / (WRITING.as_millis() * ROUNDS as u128);
    for ((writers, shared), done) in kinds.iter().zip(&all) {
        let whose = if *shared { "one pool" } else { "a pool each" };
        println!(
            "{store}, {writers} writers, {whose}: {} records a second, {} to {} each, {} ms at the \
             longest",
            a_second(done.all),
            a_second(done.least),
            a_second(done.most),
            done.longest.as_millis()
        );
    }
    let (one, eight) = (a_second(all[0].all), a_second(all[WRITERS.len() - 1].all));
    let name = format!("{store}, one pool, records a second of 8 writers");
    table.at_least(&name, eight, ("one writer", one), 100);
}

/// Lets that many writers record for a while, each with a connection of its own.
fn write(url: &str, writers: usize, shared: bool) -> Done {
    let over = AtomicBool::new(false);
    let ready = std::sync::Barrier::new(writers + 1);
    let done: Vec<(usize, Duration)> = std::thread::scope(|scope| {
        let writing: Vec<_> = (0..writers)
            .map(|writer| {
                let (over, ready, name) = (&over, &ready, name_of(shared, writer));
                scope.spawn(move || {
                    let mut ledger = open(url);
                    let (used, mut count, mut longest) = (used(), 0, Duration::ZERO);
                    ready.wait();
                    while !over.load(Ordering::Relaxed) {
                        let started = Instant::now();
                        ledger.record(&name, &used).expect("recorded");
                        longest = longest.max(started.elapsed());
                        count += 1;
                    }
                    (count, longest)
                })
            })
            .collect();
        ready.wait();
        std::thread::sleep(WRITING);
        over.store(true, Ordering::Relaxed);
        writing.into_iter().map(|one| one.join().expect("written")).collect()
    });
    let counts = || done.iter().map(|(count, _)| *count);
    Done {
        all: counts().sum(),
        least: counts().min().unwrap_or_default(),
        most: counts().max().unwrap_or_default(),
        longest: done.iter().map(|(_, longest)| *longest).max().unwrap_or_default(),
    }
}

fn name_of(shared: bool, writer: usize) -> String {
    if shared { "shared".to_owned() } else { format!("own{writer}") }
}

fn sqlite(table: &mut Table, file: &str, largest: u32) {
    let store = "SQLite";
    let mut ledger = open(file);
    let db = rusqlite::Connection::open(file).expect("the file");
    db.pragma_update(None, "synchronous", "FULL").expect("durable");
    for power in 3..=largest {
        let name = format!("m{power}");
        pool(&mut ledger, &name);
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
             INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms)
             SELECT printf('%s-%012d', ?1, i), ?1, '', 'CREDIT', 1, 0, 'SYSTEM', 'filled', i FROM n",
            (&name, 10_i64.pow(power)),
        )
        .expect("filled");
    }
    checks(table, store, &mut ledger, largest);
    pool(&mut ledger, "bare");
    records(table, store, &mut ledger, || {
        let bare = || -> rusqlite::Result<()> {
            db.execute_batch("BEGIN IMMEDIATE")?;
            db.prepare_cached("SELECT markup FROM ledger_mandate WHERE name = ?1")?
                .query_row(["bare"], |row| row.get::<_, String>(0))?;
            let id = uuid::Uuid::new_v4().to_string();
            db.prepare_cached(
                "SELECT seq FROM ledger_transaction
                 WHERE id = ?1 OR (mandate = ?2 AND idempotency_key = ?3)",
            )?
            .exists((&id, "bare", None::<&str>))?;
            let balance: i64 = db
                .prepare_cached(
                    "UPDATE ledger_account SET balance = balance - ?2 WHERE mandate = ?1
                     RETURNING balance",
                )?
                .query_row(("bare", 18_750), |row| row.get(0))?;
            db.prepare_cached(
                "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                     reference, description, created_ms, provider, used_by, base_price, markup)
                 VALUES (?1, 'bare', '', 'DEBIT', 18750, ?2, 'USAGE', 'AI usage: openai', 1,
                     'openai', 'anna', '0.0125', '50')",
            )?
            .execute((id, balance))?;
            db.execute_batch("COMMIT")
        };
        bare().expect("booked");
    });
    throughput(table, store, file);
}

fn postgres(table: &mut Table, url: &str, largest: u32) {
    let store = "PostgreSQL";
    let mut ledger = open(url);
    let mut db = ::postgres::Client::connect(url, ::postgres::NoTls).expect("the server");
    for power in 3..=largest {
        let name = format!("m{power}");
        pool(&mut ledger, &name);
        db.execute(
            "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms)
             SELECT $1 || '-' || lpad(i::text, 12, '0'), $1, '', 'CREDIT', 1, 0, 'SYSTEM',
                 'filled', i FROM generate_series(1, $2::bigint) AS i",
            &[&name, &10_i64.pow(power)],
        )
        .expect("filled");
    }
    db.batch_execute("VACUUM ANALYZE ledger_transaction").expect("vacuumed");
    checks(table, store, &mut ledger, largest);
    pool(&mut ledger, "bare");
    let text = Type::TEXT;
    records(table, store, &mut ledger, || {
        let id = uuid::Uuid::new_v4().to_string();
        db.batch_execute("BEGIN").expect("begun");
        db.query_typed(
            "SELECT markup FROM ledger_mandate WHERE name = $1 FOR UPDATE",
            &[(&"bare", text.clone())],
        )
        .expect("a mandate");
        db.query_typed(
            "SELECT seq FROM ledger_transaction
             WHERE id = $1 OR (mandate = $2 AND idempotency_key = $3)",
            &[(&id, text.clone()), (&"bare", text.clone()), (&None::<&str>, text.clone())],
        )
        .expect("looked");
        let rows = db.query_typed(
            "UPDATE ledger_account SET balance = balance - $2 WHERE mandate = $1 RETURNING balance",
            &[(&"bare", text.clone()), (&18_750_i64, Type::INT8)],
        );
        let balance: i64 = rows.expect("an account")[0].get(0);
        db.query_typed(
            "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms, provider, used_by, base_price, markup)
             VALUES ($1, 'bare', '', 'DEBIT', 18750, $2, 'USAGE', 'AI usage: openai', 1,
                 'openai', 'anna', '0.0125', '50') RETURNING seq",
            &[(&id, text.clone()), (&balance, Type::INT8)],
        )
        .expect("booked");
        db.batch_execute("COMMIT").expect("committed");
    });
    throughput(table, store, url);
}

/// What the server itself gets done: pgbench's simple transaction is an update, a look and an
/// insert.
fn pgbench(url: &str) {
    let Some(program) = server::program("pgbench") else {
        return println!("skipped: no pgbench");
    };
    let ready = Command::new(&program).args(["-i", "-q", "-s", "8", url]).output();
    if !ready.is_ok_and(|ready| ready.status.success()) {
        return println!("skipped: pgbench cannot set itself up");
    }
    for clients in WRITERS {
        let ran = Command::new(&program)
            .args([
                "-n",
                "-b",
                "simple-update",
                "-j",
                "2",
                "-T",
                "4",
                "-c",
                &clients.to_string(),
                url,
            ])
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let told = text.lines().find(|line| line.starts_with("tps")).unwrap_or("no figure");
        println!("pgbench's simple transaction, {clients} clients: {told}");
    }
}
