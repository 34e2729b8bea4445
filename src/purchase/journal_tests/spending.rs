//! Promise: what guards count is what the rows say, after any rows in any order, and takes no longer to
//! be read however many purchases there are.

use super::super::spending::{day_of, sum};
use super::*;
use crate::provider::packs::Price;
use crate::purchase::guards::{Spent, periods};
use rusqlite::StatementStatus;

const NOW: &str = "2026-11-20T13:00:00Z";
const ORIGINS: [&str; 2] = ["https://portal.example", "https://other.example"];

/// Numbers that only look random: the same in every run.
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("small") % most
    }

    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A row that may change what a purchase counts, or does not.
pub(super) fn some_row(dice: &mut Dice) -> JournalRow {
    let failure = FailureRecord {
        class: Class::PaymentFailed,
        code: None,
        status: None,
        message: "no".into(),
        portal_url: None,
    };
    let money = |text: &str| crate::core::money::Money::parse(text);
    let total = dice.one_of(&[
        None,
        money("26.08"),
        money("27.1234"),
        money("27.5"),
        money("30"),
        money("-1.50"),
        money("-0.25"),
        money("99999999999999999999.5"),
    ]);
    let bill = Bill { total_usd: total, ..Bill::default() };
    let charge_id = ChargeId::parse("ch_1").expect("an id");
    let payment = OpenedPayment {
        payment_id: charge_id.clone(),
        price: Price { minor: 500, currency: "USD".into() },
        uses: None,
        publishable_key: None,
        page: "https://portal.example/pay".into(),
    };
    match dice.below(14) {
        0 => sending(),
        1 => JournalRow::Delivered,
        2 => JournalRow::Doubted,
        3 => JournalRow::Reopened,
        4 => JournalRow::ReopenedAt { amount: Amount::parse("12.50").expect("an amount") },
        5 => JournalRow::Accepted { n: 1, charge_id, payment: Some(payment) },
        6 => JournalRow::Accepted { n: 1, charge_id, payment: None },
        7 => JournalRow::Final(Outcome::Failed(failure)),
        8 => JournalRow::Final(Outcome::Refused(failure)),
        9 => JournalRow::Final(Outcome::KeyKept { failure, baseline: None }),
        10 => JournalRow::Final(Outcome::InForce),
        11 => JournalRow::Final(Outcome::MarkedCharged { charge_id }),
        12 => JournalRow::Final(Outcome::MarkedNotCharged),
        _ => JournalRow::Final(Outcome::Settled {
            amount_usd: money("25").expect("money"),
            settled_at: None,
            bill,
        }),
    }
}

/// What the rows of these purchases say themselves, without any sum that is kept.
fn counted(
    journal: &Journal,
    all: &[(Intent, Vec<JournalRow>)],
    origin: &str,
    since: Timestamp,
) -> Decimal {
    let of_one = |(intent, rows): &(Intent, Vec<JournalRow>)| {
        let ended = rows.iter().rev().find_map(|row| match row {
            JournalRow::Final(outcome) => {
                Some(Some(outcome.charged() == crate::core::failure::Charged::No))
            }
            JournalRow::Reopened | JournalRow::ReopenedAt { .. } => Some(None),
            _ => None,
        });
        let cost = rows
            .iter()
            .rev()
            .find_map(JournalRow::cost)
            .map_or(intent.amount.decimal(), |cost| cost.0);
        if ended.flatten() == Some(true) { Decimal::ZERO } else { cost }
    };
    let of_origin = |(intent, _): &&(Intent, Vec<JournalRow>)| {
        let asked = journal.load(intent.id).expect("read").asked.wall;
        intent.origin == origin && asked >= since
    };
    all.iter().filter(of_origin).map(of_one).sum()
}

pub(super) fn agrees(journal: &mut Journal, all: &[(Intent, Vec<JournalRow>)]) {
    let (day, month) = periods(NOW.parse().expect("a time")).expect("a calendar");
    for origin in ORIGINS {
        let expected = Spent {
            today: counted(journal, all, origin, day),
            this_month: counted(journal, all, origin, month),
        };
        let found = within(journal, |alone| alone.spent(origin, day, month).expect("a sum"));
        assert_eq!(found, expected, "{origin}: {all:?}");
    }
}

/// Purchases of any amounts and times, each with any rows.
type Purchases = Vec<(Intent, Vec<JournalRow>)>;

/// Adds one of them, or a row of one.
pub(super) fn grow(journal: &mut Journal, dice: &mut Dice, all: &mut Purchases) {
    let days = [
        "2026-10-31T23:59:59.999Z",
        "2026-11-01T00:00:00Z",
        "2026-11-19T23:59:59.999Z",
        "2026-11-20T00:00:00Z",
        NOW,
        "2026-11-21T00:00:00Z",
    ];
    if all.len() < 8 || dice.below(6) == 0 {
        let amount = dice.one_of(&["25", "0.01", "7.99", "999999999999.99"]);
        let made = Intent {
            origin: dice.one_of(&ORIGINS).to_owned(),
            ..intent(amount, KeyOrigin::Random)
        };
        let rows: Vec<JournalRow> = (0..dice.below(3)).map(|_| some_row(dice)).collect();
        add(journal, &made, dice.one_of(&days), &rows);
        all.push((made, rows));
        return;
    }
    let which = dice.below(all.len());
    let row = some_row(dice);
    let id = all[which].0.id;
    let appended = journal.exclusively(|alone| {
        let _lease = alone.store().map(|store| alone.try_take(store, id)).transpose()?;
        alone.append(id, &stamp(NOW), &row)
    });
    appended.expect("durable");
    all[which].1.push(row);
}

#[test]
fn the_sums_are_what_the_rows_say_after_any_rows() {
    on_each(|place| {
        let mut dice = Dice(7);
        let mut journal = Journal::open(place).expect("made");
        let mut all = Purchases::new();
        for step in 0..120 {
            grow(&mut journal, &mut dice, &mut all);
            if step % 10 == 0 {
                agrees(&mut journal, &all);
            }
        }
        agrees(&mut journal, &all);
    });
}

#[test]
fn an_older_journal_gets_the_sums_of_its_rows_and_costs_that_only_their_words_say() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("journal.db");
    let old = Connection::open(&file).expect("made");
    for tables in [TABLES, payments::TABLES, standing::TABLES, PLANS] {
        old.execute_batch(tables).expect("its tables");
    }
    for (number, amount, asked, rows) in [
        (1, "25.00", NOW, vec![("final", Some("settled"), "{}")]),
        (2, "7.99", "2026-11-03T00:00:00Z", vec![("sending", None, "{}")]),
        (3, "16.00", NOW, vec![("final", Some("refused"), "{}")]),
        (
            4,
            "20.00",
            NOW,
            vec![
                ("final", Some("never_sent"), "{}"),
                ("reopened", None, r#"{"row":"reopened_at","with":{"amount":"12.50"}}"#),
            ],
        ),
        (5, "8.00", NOW, vec![("final", Some("refused"), "{}"), ("reopened", None, "not JSON")]),
    ] {
        let id = format!("00000000-0000-4000-8000-00000000000{number}");
        let asked: Timestamp = asked.parse().expect("a time");
        old.execute(
            "INSERT INTO purchase VALUES (?1, 'o', NULL, 'random', NULL, 0, ?1, ?2, ?3, NULL)",
            params![id, amount, asked.as_millisecond()],
        )
        .expect("a purchase");
        for (kind, ended, body) in rows {
            old.execute(
                "INSERT INTO entry (purchase, kind, ended, stamp, body) VALUES (?1, ?2, ?3, '{}', ?4)",
                params![id, kind, ended, body],
            )
            .expect("a row");
        }
    }
    old.pragma_update(None, "user_version", 4).expect("its version");
    drop(old);
    let mut journal = Journal::open(&at_file(&file)).expect("brought on");
    let (day, month) = periods(NOW.parse().expect("a time")).expect("a calendar");
    let spent = within(&mut journal, |alone| alone.spent("o", day, month).expect("a sum"));
    let cents = |cents| Decimal::new(cents, 2);
    assert_eq!((spent.today, spent.this_month), (cents(4550), cents(5349)));
    let changed = Connection::open(&file).expect("open").execute("UPDATE entry SET kind = 'x'", []);
    changed.expect_err("rows stay as they are");
}

#[test]
fn a_guard_reads_as_much_of_a_journal_of_many_purchases_as_of_one_of_few() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let steps_of = |purchases: u32| {
        let file = folder.path().join(format!("{purchases}.db"));
        drop(Journal::open(&at_file(&file)).expect("made"));
        let db = Connection::open(&file).expect("open");
        let now: Timestamp = NOW.parse().expect("a time");
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO purchase (id, origin, naming, generation, idempotency_key, amount, asked_ms)
             SELECT i, 'o', 'random', 0, i, printf('%d.%02d', i % 50, i % 100), ?2 FROM n",
            params![purchases, now.as_millisecond()],
        )
        .expect("filled");
        let asked = Lookup::Spent { origin: "o", since: now }.statement();
        let plan: String = db
            .query_row(
                &format!("EXPLAIN QUERY PLAN {}", asked.text()),
                params!["o", day_of(now)],
                |row| row.get(3),
            )
            .expect("a plan");
        assert_eq!(plan, "SEARCH spent USING PRIMARY KEY (origin=? AND day>?)");
        let mut statement = db.prepare(asked.text()).expect("prepared");
        let rows =
            statement.query_map(params!["o", day_of(now)], |_| Ok(())).expect("asked").count();
        (rows, statement.get_status(StatementStatus::VmStep))
    };
    let few = steps_of(200);
    assert_eq!(few.0, 1);
    assert_eq!(steps_of(5000), few);
}

#[test]
fn what_is_no_amount_is_refused_and_what_is_too_much_is_too() {
    let row = |unit: &str, units: i64| SqlRow(vec![20_000.into(), unit.into(), units.into()]);
    let at = Timestamp::UNIX_EPOCH;
    let refused = sum(&[row("a lot", 1)], at, "here").expect_err("no amount");
    assert!(refused.to_string().contains("of a purchase of this month"), "{refused}");
    let huge = "79228162514264337593543950335";
    let refused = sum(&[row(huge, 1), row(huge, 1)], at, "here").expect_err("too much");
    assert_eq!(refused.class(), Class::Internal);
}
