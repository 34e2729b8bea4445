//! A file for beancount, of version 2 and 3. Format:
//! <https://beancount.github.io/docs/beancount_language_syntax.html>.

use super::{BookEntry, Other};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The text of a file.
pub fn write(title: &str, currencies: &BTreeSet<String>, entries: &[BookEntry]) -> String {
    let mut text = format!("option \"title\" \"{}\"\n", quoted(title));
    for currency in currencies {
        let _ = writeln!(text, "option \"operating_currency\" \"{currency}\"");
    }
    text.push('\n');
    let mut opened: BTreeMap<String, (Date, &str)> = BTreeMap::new();
    let mut last: BTreeMap<String, &BookEntry> = BTreeMap::new();
    let mut body = String::new();
    for entry in entries {
        let (account, other) = (account(entry), other(entry));
        for name in [&account, &other] {
            opened.entry(name.clone()).or_insert((entry.day, &entry.currency));
        }
        let _ = write!(body, "\n{} * \"{}\"\n", entry.day, quoted(&entry.description));
        for (name, value) in &entry.facts {
            let _ = writeln!(body, "  {name}: \"{}\"", quoted(value));
        }
        let _ = write!(
            body,
            "  {account}  {} {currency}\n  {other}  {} {currency}\n",
            entry.amount,
            entry.opposite(),
            currency = entry.currency,
        );
        last.insert(account, entry);
    }
    for (account, (day, currency)) in &opened {
        let _ = writeln!(text, "{day} open {account} {currency}");
    }
    text.push_str(&body);
    // A balance holds at the beginning of its day. Unless it is told otherwise, beancount takes two
    // units of the last decimal for no difference.
    let after = entries.last().and_then(|latest| latest.day.tomorrow().ok());
    if let Some(after) = after {
        text.push('\n');
        for (account, BookEntry { balance, currency, .. }) in &last {
            let _ = writeln!(text, "{after} balance {account}  {balance} ~ 0 {currency}");
        }
    }
    text
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The account of the pool or of a user. A balance is that of an account and all below it: the pool
/// is none above the users'.
fn account(entry: &BookEntry) -> String {
    let mandate = part('M', &entry.mandate);
    match &entry.user {
        None => format!("Assets:Prepaid:{mandate}:Pool"),
        Some(user) => format!("Assets:Prepaid:{mandate}:{}", part('U', user)),
    }
}

fn other(entry: &BookEntry) -> String {
    let mandate = part('M', &entry.mandate);
    match &entry.other {
        Other::Provider(Some(provider)) => format!("Expenses:AI:{mandate}:{}", part('P', provider)),
        Other::Provider(None) => format!("Expenses:AI:{mandate}:Unknown"),
        Other::Reference(word) => format!("Equity:{mandate}:{}", part('R', word)),
    }
}

/// A name as a part of an account, which takes letters, digits and dashes only: each other
/// character, and the dash itself, is written as a dash and its number, so that two names never
/// become one.
fn part(kind: char, name: &str) -> String {
    let mut part = format!("{kind}-");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() {
            part.push(char::from(byte));
        } else {
            let _ = write!(part, "-{byte:02x}");
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_never_become_one_account() {
        let names = ["a.b", "a-b", "a_b", "a-2eb", "ab", "aB", "a@b", "a+b", "ä", "a b"];
        let parts: BTreeSet<String> = names.iter().map(|name| part('U', name)).collect();
        assert_eq!(parts.len(), names.len(), "{parts:?}");
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        assert!(parts.iter().all(|part| plain(part)));
    }
}
