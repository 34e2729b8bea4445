//! Promise: hledger and beancount accept every exported book, assertions included, and come to the
//! same balances, digit for digit.

use crate::books::{amount, check_book, data, has_program, with_pool};
use crate::support::User;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A program of accounting over a book; it reads and writes UTF-8 in any environment.
fn over(program: &str, arguments: &[&str], book: &str) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    let book = book.to_owned();
    let writing = std::thread::spawn(move || input.write_all(book.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    // Whoever refuses the first lines reads no further.
    let _ = writing.join().expect("joined");
    output
}

#[track_caller]
fn accepted(output: &Output, book: &str) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{book}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn export(user: &User, mandate: &str, format: &str) -> String {
    user.run(&["ledger", "export", "--format", format, "--mandate", mandate]).code(0).out
}

/// Six decimals, as both programs are asked to write them.
fn six(amount: Decimal) -> String {
    let mut amount = amount;
    amount.rescale(6);
    amount.to_string()
}

/// What each account of a mandate has, by its user; the pool has no name.
fn ours(user: &User, mandate: &str) -> BTreeMap<String, String> {
    let all = data(user, &["balance", "--all", "--mandate", mandate]);
    let accounts = all["accounts"].as_array().expect("accounts").iter();
    accounts
        .map(|one| {
            let owner = one["user"].as_str().unwrap_or_default().to_owned();
            (owner, six(amount(&one["balance"])))
        })
        .filter(|(_, balance)| *balance != "0.000000")
        .collect()
}

/// hledger accepts the book of a mandate, and its balances are ours. Nothing without hledger.
#[track_caller]
pub fn hledger_agrees(user: &User, mandate: &str) {
    if !has_program("hledger", "hledger") {
        return;
    }
    let book = export(user, mandate, "hledger");
    accepted(&over("hledger", &["-f", "-", "check"], &book), &book);
    let currency =
        data(user, &["balance", "--all", "--mandate", mandate])["accounts"][0]["currency"]
            .as_str()
            .expect("a currency")
            .to_owned();
    let style = format!("{currency} 1000.000000");
    let listing =
        ["-f", "-", "balance", "--flat", "-N", "-O", "csv", "-c", &style, "assets:prepaid"];
    let told = accepted(&over("hledger", &listing, &book), &book);
    let pool = format!("assets:prepaid:{mandate}");
    let theirs: BTreeMap<String, String> = told
        .lines()
        .skip(1)
        .map(|line| {
            let (account, balance) = line.split_once("\",\"").expect("two cells");
            let owner = account.trim_start_matches('"').strip_prefix(&pool).expect("the mandate");
            let balance = balance.trim_end_matches('"');
            let number = balance.strip_prefix(&format!("{currency} ")).expect("the currency");
            (owner.trim_start_matches(':').to_owned(), number.to_owned())
        })
        .collect();
    assert_eq!(theirs, ours(user, mandate), "{told}\n{book}");
}

/// What beancount is asked: each account and its balance, exactly.
const BALANCES: &str = "SELECT account, sum(number) WHERE account ~ '^Assets:' GROUP BY account";

/// A part of an account of beancount, read back.
fn name_of(part: &str) -> String {
    let mut bytes = part.bytes();
    let mut name = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'-' {
            let digits = [bytes.next().expect("a digit"), bytes.next().expect("a digit")];
            let digits = std::str::from_utf8(&digits).expect("ASCII");
            name.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        } else {
            name.push(byte);
        }
    }
    String::from_utf8(name).expect("text")
}

/// beancount accepts the book of a mandate, and its balances are ours. Nothing without beancount.
#[track_caller]
pub fn beancount_agrees(user: &User, mandate: &str) {
    if !has_program("bean-check", "beancount") {
        return;
    }
    let book = export(user, mandate, "beancount");
    let file = user.file("book.beancount");
    std::fs::write(&file, &book).expect("written");
    accepted(&over("bean-check", &[file.to_str().expect("text")], ""), &book);
    let query = ["-q", "-f", "csv", file.to_str().expect("text"), BALANCES];
    let told = accepted(&over("bean-query", &query, ""), &book);
    let cells = told.lines().skip(1).filter_map(|line| line.split_once(','));
    let theirs: BTreeMap<String, String> = cells
        .map(|(account, balance)| {
            let account = account.trim().strip_prefix("Assets:Prepaid:M-").expect("a mandate");
            let (whose, owner) = account.split_once(':').expect("an account of it");
            assert_eq!(name_of(whose), mandate);
            let owner = owner.strip_prefix("U-").map(name_of).unwrap_or_default();
            (owner, six(Decimal::from_str_exact(balance.trim()).expect("a balance")))
        })
        .filter(|(_, balance)| *balance != "0.000000")
        .collect();
    assert_eq!(theirs, ours(user, mandate), "{told}\n{book}");
}

/// Every character that a name may have, and first ones of each kind.
const NAMES: &[&str] = &["a.b_c-d@e+f", "A.b_c-d@e+f", "9", "a-2eb", "x--y", "z..", "acme"];

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
        let said = format!("--description={}", drawn(&mut runner, description()));
        let number = format!(
            "{}.{:06}",
            drawn(&mut runner, 0_u32..3_000_000),
            drawn(&mut runner, prop_oneof![Just(0_u32), Just(500_000), 1_u32..1_000_000])
        );
        let key = format!("--key={}{at:08}", drawn(&mut runner, r"[!-~]{0,12}"));
        let owner = format!("--user={}", name(at / 7));
        let mut arguments = vec![];
        if drawn(&mut runner, any::<bool>()) {
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
    hledger_agrees(&user, mandate);
    beancount_agrees(&user, mandate);
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
    hledger_agrees(&user, "acme");
    beancount_agrees(&user, "acme");
    assert_eq!(data(&user, &["stats", "--by", "month"])["rows"][0]["key"], "2017-07");
    let empty = User::new();
    data(&empty, &["init", "--mandate", "acme", "--model", "prepay-mandate"]);
    hledger_agrees(&empty, "acme");
    beancount_agrees(&empty, "acme");
}

#[test]
fn a_book_is_text_and_no_document() {
    let user = with_pool("10");
    data(&user, &["record", "3", "--for-provider", "p", "--description", "one; \"two\" \\ drei"]);
    let hledger = user.run(&["ledger", "export"]).code(0).out;
    assert!(hledger.contains(" * one, \"two\" \\ drei\n"), "{hledger}");
    assert!(hledger.contains("    assets:prepaid:acme  CHF -3.00 = CHF 7.00\n"), "{hledger}");
    let beancount = export(&user, "acme", "beancount");
    assert!(beancount.contains(r#" * "one; \"two\" \\ drei""#), "{beancount}");
}
