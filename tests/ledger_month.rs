//! Promise: finance can close a month on what is exported: three mandates with costs below a cent,
//! corrections, a pooler in between and a watcher that was killed, included in one book, come to
//! the same in four readers as in the ledger, to the last digit.

use crate::books::{Store, amount, check_book, data};
use crate::ledger_kills::{kill, let_it_end, waiting};
use crate::postgres_server::poolers::Pooler;
use crate::postgres_server::{Schema, Server};
use crate::readers::{Balances, agree, read_alike};
use crate::support::User;
use rust_decimal::Decimal;
use serde_json::Value;
use std::fs;
use std::path::Path;
use topup::core::environment::Variables;
use topup::ledger::Ledger;
use topup::ledger::price::BasePrice;
use topup::ledger::service::{Credit, Used};
use topup::ledger::values::{Labels, Reference};

const MANDATES: [&str; 3] = ["acme", "beta", "openai"];
/// 2026-11-01T00:00:00Z, and how far two transactions are apart so that they fill the month.
const NOVEMBER: i64 = 1_793_491_200_000;
const APART: i64 = 7_200_000;

/// Costs as programs print them, most of them far below a cent.
const COSTS: &[&str] = &[
    "1.65e-05",
    "0.005940000000000001",
    ".0012",
    "0.00011279999999999999",
    "4.5e-07",
    "0.0000165",
    "1e-12",
    "0.030000000000000002",
    "2.5",
    "0.33333333333333333333",
];

/// A month of uses and money for each mandate, by two machines in turn.
fn month(ledgers: &mut [Ledger; 2]) {
    for (at, mandate) in MANDATES.into_iter().enumerate() {
        for (number, cost) in COSTS.iter().cycle().take(90).enumerate() {
            let user = ["anna", "dependabot[bot]", "Müller"][number % 3];
            let labels = Labels {
                provider: Some(["openai", "openai/gpt-4o", "llm"][(number + at) % 3].into()),
                user: Some(user.into()),
                ..Labels::default()
            };
            let used = Used {
                base_price: BasePrice::parse(cost).expect("a price"),
                labels,
                description: None,
                key: Some(format!("{number}")),
            };
            let ledger = &mut ledgers[number % 2];
            if number % 10 == 0 {
                let credit = Credit {
                    amount: Decimal::new(10_000_001, 6),
                    reference: Reference::Payment,
                    description: "card".into(),
                    key: Some(format!("in-{number}")),
                };
                ledger.credit(mandate, Some(user), &credit).expect("credited");
            }
            ledger.record(mandate, &used).expect("recorded");
            // A job that is run again.
            let again = ledger.record(mandate, &used).expect("known");
            assert!(again.posted.expect("booked").replayed);
        }
    }
}

/// A server behind a pooler that mixes connections, with a schema for one role.
struct Pooled {
    schema: Schema,
    role: String,
    pooler: Pooler,
    server: &'static Server,
}

impl Pooled {
    fn start() -> Option<Self> {
        let server = Server::shared()?;
        let schema = server.schema();
        let role = format!("{}_role", schema.name);
        server.run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; ALTER ROLE {role} SET search_path = {0};
             GRANT ALL ON SCHEMA {0} TO {role}",
            schema.name
        ));
        let (_, place) = server.url.rsplit_once('@').expect("a user");
        let Some(pooler) =
            Pooler::start(&format!("postgres://{role}:x@{place}"), "transaction", "")
        else {
            server.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
            return None;
        };
        Some(Self { schema, role, pooler, server })
    }

    /// Spreads what was booked over the month.
    fn spread(&self) {
        self.server.run(&format!(
            "ALTER TABLE {0}.ledger_transaction DISABLE TRIGGER ALL;
             UPDATE {0}.ledger_transaction SET created_ms = {NOVEMBER} + seq * {APART};
             ALTER TABLE {0}.ledger_transaction ENABLE TRIGGER ALL",
            self.schema.name
        ));
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.server.run(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.role));
    }
}

/// The same in a file.
fn spread_file(file: &Path) {
    let db = rusqlite::Connection::open(file).expect("a ledger");
    db.execute_batch(&format!(
        "DROP TRIGGER ledger_transaction_stays;
         UPDATE ledger_transaction SET created_ms = {NOVEMBER} + seq * {APART};"
    ))
    .expect("spread");
}

/// Fills the month of the ledger at this place, with somebody who is killed and what is corrected.
fn fill(user: &User, neighbour: &User, url: &str) {
    for (mandate, model, currency, markup) in [
        ("acme", "prepay-mandate", "CHF", "50"),
        ("beta", "prepay-user", "EUR", "12.5"),
        ("openai", "unlimited", "CHF", "0"),
    ] {
        let init = ["init", "--mandate", mandate, "--model", model, "--currency", currency];
        data(user, &[&init[..], &["--markup", markup]].concat());
    }
    let open = || {
        let nowhere = Path::new("/nowhere");
        topup::ledger::open(Some(url), nowhere, None, &Variables::default()).expect("a ledger")
    };
    month(&mut [open(), open()]);
    // A watcher is killed; its command goes on, and the next start records what it said.
    kill(waiting(user, ""));
    let_it_end(user);
    user.run(&["ledger", "balance"])
        .code(0)
        .says("was recorded: CHF 0.375, as the command reported");
    // What was booked twice is taken back, a use and a payment.
    let listed = data(user, &["transactions", "--mandate", "beta", "--limit", "40"]);
    let listed = listed["transactions"].as_array().expect("transactions");
    for kind in ["DEBIT", "CREDIT"] {
        let one = listed.iter().find(|one| one["type"] == kind && one["amount"] != "0.00");
        let id = one.expect("there is one")["id"].as_str().expect("an id").to_owned();
        for replayed in [false, true] {
            let back = ["reverse", &id, "--reason", "booked twice", "--mandate", "beta"];
            assert_eq!(data(neighbour, &back)["replayed"], replayed);
        }
    }
}

fn closes(user: &User) {
    // What every reader makes of all mandates at once, and of each one's book included in one.
    agree(user, &["--all"], &MANDATES);
    let [mut journal, mut beans] = [String::new(), String::new()];
    for mandate in MANDATES {
        for (whole, format) in [(&mut journal, "hledger"), (&mut beans, "beancount")] {
            let export = ["ledger", "export", "--format", format, "--mandate", mandate];
            let file = user.file(&format!("{mandate}.{format}"));
            fs::write(&file, user.run(&export).code(0).out).expect("written");
            let quote = if format == "beancount" { "\"" } else { "" };
            whole.push_str(&format!("include {quote}{}{quote}\n", file.display()));
        }
    }
    let (one_journal, one_book) = (user.file("all.journal"), user.file("all.beancount"));
    fs::write(&one_journal, journal).expect("written");
    fs::write(&one_book, beans).expect("written");
    let readers = read_alike(&one_journal, &one_book, &Balances::of(user, &MANDATES));
    println!("{readers} readers close the month alike");
    // The month in the sums is the month in the books.
    for mandate in MANDATES {
        let book = check_book(user, mandate);
        let stats = |by| data(user, &["stats", "--by", by, "--mandate", mandate]);
        let months = stats("month");
        let rows = months["rows"].as_array().expect("rows");
        let used: Decimal = rows.iter().map(|row| amount(&row["total"])).sum();
        let is_use = |one: &&Value| !one["markup_percent"].is_null();
        let signed = |one: &Value| {
            amount(&one["amount"])
                * if one["type"] == "DEBIT" { Decimal::ONE } else { -Decimal::ONE }
        };
        assert_eq!(used, book.iter().filter(is_use).map(signed).sum::<Decimal>(), "{mandate}");
        assert_eq!(amount(&stats("provider")["total"]), used);
        assert_eq!(rows[0]["key"], "2026-11", "{months}");
    }
}

#[test]
fn a_month_of_three_mandates_in_a_file_closes_alike_in_every_reader() {
    let store = Store::sqlite();
    let [user, neighbour] = [(); 2].map(|()| store.user().with("TOPUP_LEDGER_MANDATE", "acme"));
    fill(&user, &neighbour, store.url());
    spread_file(Path::new(store.url()));
    closes(&user);
}

#[test]
fn a_month_of_three_mandates_behind_a_pooler_closes_alike_in_every_reader() {
    let Some(pooled) = Pooled::start() else { return };
    let url = pooled.pooler.url.clone();
    let [user, neighbour] = [(); 2]
        .map(|()| User::new().with("TOPUP_LEDGER_URL", &url).with("TOPUP_LEDGER_MANDATE", "acme"));
    fill(&user, &neighbour, &url);
    pooled.spread();
    closes(&user);
}
