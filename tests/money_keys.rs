//! Promise: what topup counts itself is written with two decimals at least, in every document, table
//! and CSV; what a system has counted keeps the digits of the system.

use crate::support::User;
use serde_json::Value;
use std::collections::BTreeSet;

/// What topup counts, by the last key: what was asked for, bought or booked.
const OF_TOPUP: &[&str] = &[
    "amount",
    "amount_usd",
    "available",
    "balance_after",
    "bought_usd",
    "held",
    "key_amount_usd",
    "open_usd",
    "paid_usd",
    "required",
    "required_usd",
    "tax_usd",
    "total_usd",
];

/// What is bought, shown, refused and booked, in one order.
const RUNS: &[&str] = &[
    "buy 25 --yes",
    "buy 25.5 --yes",
    "buy 25 --dry-run",
    "buy 30 --yes --once a",
    "buy 40 --yes --once a",
    "buy 500 --yes --max 10",
    "buy 5 --yes",
    "auto-reload 20 100 --yes",
    "auto-reload 30 100 --dry-run",
    "state",
    "state --all",
    "limit --require 20",
    "limit --require 20000",
    "check --at-least 20",
    "check --at-least 20000",
    "ensure --at-least 500 --to 600.5 --dry-run",
    "ensure --at-least 500 --to 600.5 --yes",
    "status",
    "resume",
    "history",
    "history --chart",
    "sandbox charges",
    "plan show",
    "plan preview plus",
    "watch --below 20 --one-look",
    "ledger init --mandate a --model prepay-mandate",
    "ledger credit 20 --mandate a",
    "ledger record 1 --mandate a --for-provider x",
    "ledger transactions --mandate a",
    "ledger balance --mandate a",
    "ledger stats --mandate a",
    "ledger check 2 --mandate a",
    "ledger check 200 --mandate a",
    "--provider ciris state",
    "--provider byterover state",
    "--provider openrouter state",
    "--provider vercel state",
];

/// How many digits a plain decimal has behind its point; none for what is no decimal.
fn decimals(text: &str) -> Option<usize> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && digits(whole) && digits(part)).then_some(part.len())
}

/// Checks every amount below this key, and remembers which keys were seen.
fn check(value: &Value, key: &str, line: &str, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| check(value, key, line, seen)),
        Value::Array(list) => list.iter().for_each(|value| check(value, key, line, seen)),
        Value::String(text) if OF_TOPUP.contains(&key) => {
            let count = decimals(text).unwrap_or_else(|| panic!("{line}: {key} is '{text}'"));
            assert!(count >= 2, "{line}: {key} is '{text}'");
            seen.insert(key.to_owned());
        }
        Value::String(text) if key.ends_with("_usd") => {
            // The system has counted it, in its own digits.
            assert!(decimals(text).is_some(), "{line}: {key} is '{text}'");
            seen.insert(key.to_owned());
        }
        Value::Number(_) if key.ends_with("_usd") => panic!("{line}: {key} is a number"),
        _ => {}
    }
}

#[test]
fn what_topup_counts_has_two_decimals_in_every_document() {
    let user = User::on_sandbox();
    let mut seen = BTreeSet::new();
    for line in RUNS {
        let words: Vec<&str> = line.split(' ').chain(["--json"]).collect();
        check(&user.run(&words).json(), "", line, &mut seen);
    }
    for key in ["amount", "amount_usd", "balance_after", "key_amount_usd", "required_usd"] {
        assert!(seen.contains(key), "no {key} in {seen:?}");
    }
}

#[test]
fn what_topup_counts_has_two_decimals_in_every_table_and_csv() {
    let user = User::on_sandbox();
    for line in ["buy 25 --yes", "buy 25.5 --yes", "ledger init --mandate a --model unlimited"]
        .into_iter()
        .chain(["ledger credit 20 --mandate a", "ledger credit 1.5 --mandate a"])
    {
        user.run(&line.split(' ').collect::<Vec<_>>()).code(0);
    }
    let history = user.run(&["history"]).code(0).prints("$25.00").prints("$25.50").out;
    assert!(!history.contains("$25 ") && !history.contains("$25.5 "), "{history}");
    user.run(&["history", "--csv"]).code(0).prints(",25.00,settled").prints(",25.50,settled");
    user.run(&["ledger", "transactions"]).code(0).prints(" 20.00 ").prints(" 1.50 ");
    let book = user.run(&["ledger", "transactions", "--csv"]).code(0);
    book.prints(",20.00,CHF,").prints(",1.50,CHF,");
}
