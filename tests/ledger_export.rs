//! Promise: hledger, ledger and both versions of beancount accept every exported book, checked as
//! strictly as they can, and come to the same balances, digit for digit; also where several books
//! are included in one.

use crate::books::{check_book, data, ledger, with_pool};
use crate::readers::{self, Balances, agree, read_alike};
use crate::support::User;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn export(user: &User, mandate: &str, format: &str) -> String {
    user.run(&["ledger", "export", "--format", format, "--mandate", mandate]).code(0).out
}

/// Names of every kind, and of those that could pass for another one.
const NAMES: &[&str] = &[
    "a.b_c-d@e+f",
    "A.b_c-d@e+f",
    "9",
    "a-2eb",
    "x--y",
    "z..",
    "acme",
    "openai",
    "openai/gpt-4o",
    "dependabot[bot]",
    "auth0|5f7c",
    "Müller",
    "a b",
    "a%20b",
    "anna of a.b_c-d@e+f",
    "x: y; z, [2026-01-01]",
    "(it's) \"so\" = *",
    "漢字 😀",
];

/// Everything that means something to one of the two programs, at the beginning and inside.
fn description() -> impl Strategy<Value = String> {
    let odd = r#"[;|"'\\(){}\[\]*!=@#%&:,<>~^`$/+_.a-z0-9 äöüÄßéñ€漢😀-]{0,40}"#;
    (odd, "[\\PC]{0,12}", "[a-zäöü]").prop_map(|(odd, any, last)| format!("{odd}{any}{last}"))
}

fn drawn<T>(runner: &mut proptest::test_runner::TestRunner, of: impl Strategy<Value = T>) -> T {
    of.new_tree(runner).expect("drawn").current()
}

#[test]
fn generated_books_are_accepted_and_come_to_the_same() {
    let seed = std::env::var("TOPUP_BOOKS_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u32 = seed.unwrap_or_else(std::process::id);
    println!("TOPUP_BOOKS_SEED={seed} generates these books");
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let random = proptest::test_runner::TestRng::from_seed(
        proptest::test_runner::RngAlgorithm::ChaCha,
        &bytes,
    );
    let config = ProptestConfig { failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, random);
    let user = User::new();
    let mandate = NAMES[0];
    let init = ["init", "--mandate", mandate, "--model", "prepay-user", "--currency", "EUR"];
    data(&user, &init);
    for at in 0..60 {
        let name = |at: usize| NAMES[at % NAMES.len()];
        let is_credit = drawn(&mut runner, any::<bool>());
        let said = format!("--description={}", drawn(&mut runner, description()));
        let number = format!(
            "{}.{:06}{}",
            drawn(&mut runner, 0_u32..3_000_000),
            drawn(&mut runner, prop_oneof![Just(0_u32), Just(500_000), 1_u32..1_000_000]),
            if is_credit { "" } else { ["", "0000004", "e-7"][at % 3] },
        );
        let key = format!("--key={}{at:08}", drawn(&mut runner, r"[!-~]{0,12}"));
        let owner = format!("--user={}", name(at / 7));
        let mut arguments = vec![];
        if is_credit {
            arguments.extend(["credit", "--reference", ["admin", "payment", "system"][at % 3]]);
        } else {
            arguments.extend(["record", "--for-provider", name(at), "--workflow", name(at + 1)]);
            if at % 4 == 0 {
                arguments.extend(["--feature-code", name(at + 2), "--feature-instance", "i-1"]);
            }
        }
        arguments.extend([said.as_str(), &key, &owner, "--", &number]);
        data(&user, &arguments);
    }
    // What one character does at the very beginning.
    for first in ["(", "(x) y", "* x", "! x", "= x", "; x", "| x", "\"", "\\", "[2026-01-01] x"] {
        data(&user, &["credit", "1", "--user", "acme", "--description", first]);
    }
    // Money of the pool, from before the users had accounts, stays beside theirs.
    data(&user, &["init", "--mandate", mandate, "--model", "prepay-mandate"]);
    data(&user, &["credit", "12.345678", "--mandate", mandate]);
    assert!(check_book(&user, mandate).len() > 50);
    agree(&user, &["--mandate", mandate], &[mandate]);
}

#[test]
fn a_user_a_provider_and_a_mandate_that_are_called_alike_are_three_accounts() {
    let user = User::new();
    for mandate in ["openai", "beta"] {
        data(&user, &["init", "--mandate", mandate, "--model", "prepay-user"]);
        for name in ["openai", "anna"] {
            data(&user, &["credit", "5", "--mandate", mandate, "--user", name]);
            let record = ["record", "0.000001", "--for-provider", "openai", "--user", name];
            data(&user, &[&record[..], &["--mandate", mandate]].concat());
        }
    }
    for mandate in ["openai", "beta"] {
        agree(&user, &["--mandate", mandate], &[mandate]);
    }
    agree(&user, &["--all"], &["openai", "beta"]);
    // As one book of several exports, in either order.
    for mandates in [["openai", "beta"], ["beta", "openai"]] {
        let mut whole = [String::new(), String::new()];
        for mandate in mandates {
            for (whole, format) in whole.iter_mut().zip(["hledger", "beancount"]) {
                let file = user.file(&format!("{mandate}.{format}"));
                std::fs::write(&file, export(&user, mandate, format)).expect("written");
                let name = file.display();
                whole.push_str(&match format {
                    "hledger" => format!("include {name}\n"),
                    _ => format!("include \"{name}\"\n"),
                });
            }
        }
        let files = [user.file("all.journal"), user.file("all.beancount")];
        for (file, whole) in files.iter().zip(&whole) {
            std::fs::write(file, whole).expect("written");
        }
        read_alike(&files[0], &files[1], &Balances::of(&user, &mandates));
    }
}

#[test]
fn a_use_that_costs_nothing_and_one_that_was_taken_back_are_read_alike() {
    let user = with_pool("10");
    data(&user, &["record", "1e-9", "--for-provider", "p"]);
    let booked = data(&user, &["record", "3.000007", "--for-provider", "p"]);
    let id = booked["transaction"]["id"].as_str().expect("an id");
    data(&user, &["reverse", id, "--reason", "twice"]);
    data(&user, &["record", "0.000001", "--for-provider", "p"]);
    agree(&user, &[], &["acme"]);
    let book = user.run(&["ledger", "export"]).code(0).out;
    assert!(book.contains(&format!("    ; reverses: {id}\n")), "{book}");
    assert!(book.contains("  CHF 0.000000\n"), "{book}");
}

/// Promise: what a reader is told to check is checked to the last digit.
#[test]
fn a_book_that_is_a_millionth_off_is_refused_by_every_reader() {
    let user = with_pool("10");
    data(&user, &["record", "3", "--for-provider", "p"]);
    let db = rusqlite::Connection::open(user.file("ledger.db")).expect("a ledger");
    db.execute_batch(
        "DROP TRIGGER ledger_transaction_stays;
         UPDATE ledger_transaction SET balance_after = balance_after + 1 WHERE seq = 2;",
    )
    .expect("changed");
    drop(db);
    let write = |format: &str, name: &str| {
        let file = user.file(name);
        std::fs::write(&file, export(&user, "acme", format)).expect("written");
        file
    };
    let (journal, beans) = (write("hledger", "off.journal"), write("beancount", "off.beancount"));
    let refused =
        |read: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).is_err();
    let is_there = |name: &str| crate::books::has_program(name, name);
    assert!(!is_there("hledger") || refused(&|| drop(readers::hledger(&journal))));
    assert!(!is_there("ledger") || refused(&|| drop(readers::ledger(&journal))));
    for peer in readers::beancounts() {
        let check = peer.program("bean-check").arg(&beans).output().expect("it runs");
        assert!(!check.status.success(), "{}", peer.name);
    }
}

#[test]
fn a_clock_that_went_back_and_a_book_without_a_line_are_accepted() {
    let user = with_pool("10");
    data(&user, &["record", "3", "--for-provider", "p"]);
    data(&user, &["credit", "1"]);
    data(&user, &["record", "0.000001", "--for-provider", "p"]);
    // As such a clock leaves it; the book itself refuses to be changed.
    let db = rusqlite::Connection::open(user.file("ledger.db")).expect("a ledger");
    db.execute_batch(
        "DROP TRIGGER ledger_transaction_stays;
         UPDATE ledger_transaction SET created_ms = 1700000000000 WHERE seq = 1;
         UPDATE ledger_transaction SET created_ms = 1600000000000 WHERE seq = 2;
         UPDATE ledger_transaction SET created_ms = 1800000000000 WHERE seq = 3;
         UPDATE ledger_transaction SET created_ms = 1500000000000 WHERE seq = 4;",
    )
    .expect("changed");
    drop(db);
    agree(&user, &[], &["acme"]);
    // What it booked stands in the months in which the sums have it.
    let months = data(&user, &["stats", "--by", "month"]);
    let months: Vec<&str> = months["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["key"].as_str().expect("a month"))
        .collect();
    assert_eq!(months, ["2017-07", "2020-09"]);
    let dates: Vec<String> = export(&user, "acme", "hledger")
        .lines()
        .filter(|line| line.contains(" * "))
        .map(|line| line[..10].to_owned())
        .collect();
    assert_eq!(dates, ["2017-07-14", "2020-09-13", "2023-11-14", "2027-01-15"]);
    let zone = ["ledger", "stats", "--by", "day", "--tz", "-03:00", "--csv"];
    user.run(&zone).code(0).prints("2017-07-13").prints("2020-09-13");
    let zone = ["ledger", "export", "--tz", "-03:00"];
    user.run(&zone).code(0).prints("2017-07-13 * ");
    let empty = User::new();
    data(&empty, &["init", "--mandate", "acme", "--model", "prepay-mandate"]);
    agree(&empty, &[], &["acme"]);
    agree(&empty, &["--all"], &["acme"]);
    agree(&User::new(), &["--all"], &[]);
}

#[test]
fn a_book_is_text_and_no_document() {
    let user = with_pool("10");
    data(&user, &["record", "3", "--for-provider", "p", "--description", "one; \"two\" \\ drei"]);
    let hledger = user.run(&["ledger", "export"]).code(0).out;
    assert!(hledger.contains(" * one, \"two\" \\ drei\n"), "{hledger}");
    let posting = "    assets:prepaid:acme:the pool of acme  CHF -3.000000 = CHF 7.000000\n";
    assert!(hledger.contains(posting), "{hledger}");
    assert!(hledger.contains("decimal-mark .\n"), "{hledger}");
    let beancount = export(&user, "acme", "beancount");
    assert!(beancount.contains(r#" * "one; \"two\" \\ drei""#), "{beancount}");
    assert!(beancount.contains(":M-acme:Pool  7.000000 ~ 0 CHF\n"), "{beancount}");
    ledger(&user, &["export", "--tz", "nowhere"]).code(2).says("Europe/Zurich");
}
