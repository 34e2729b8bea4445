//! A journal that hledger and ledger read alike, also under `hledger check --strict` and
//! `ledger --pedantic`: everything that it uses is declared, and no two accounts end alike.
//!
//! Formats: <https://hledger.org/hledger.html#journal>, <https://ledger-cli.org/doc/ledger3.html>.

use super::{BookEntry, FACTS, Other};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The text of a journal.
pub fn write(currencies: &BTreeSet<String>, entries: &[BookEntry]) -> String {
    let mut text = String::from(
        "; Every balance that is asserted is checked by the program that reads this.\n\
         decimal-mark .\n",
    );
    for currency in currencies {
        let _ = write!(text, "\ncommodity {currency}\n    format {currency} 1000.000000\n");
    }
    let accounts: BTreeSet<String> =
        entries.iter().flat_map(|entry| [account(entry), other(entry)]).collect();
    let payees: BTreeSet<String> = entries.iter().map(|entry| payee(&entry.description)).collect();
    declare(&mut text, "account", accounts.iter().map(String::as_str));
    declare(&mut text, "payee", payees.iter().map(String::as_str));
    declare(&mut text, "tag", FACTS.iter().copied());
    for entry in entries {
        let payee = payee(&entry.description);
        // A bracket opens a code: an empty one stands in front of what is none.
        let code = if payee.starts_with('(') { "() " } else { "" };
        let _ = write!(text, "\n{} * {code}{payee}\n", entry.day);
        for (name, fact) in &entry.facts {
            let _ = writeln!(text, "    ; {name}: {}", value(fact));
        }
        let BookEntry { currency, amount, balance, .. } = entry;
        let _ = write!(
            text,
            "    {}  {currency} {amount} = {currency} {balance}\n    {}  {currency} {}\n",
            account(entry),
            other(entry),
            entry.opposite(),
        );
    }
    text
}

fn declare<'t>(text: &mut String, directive: &str, names: impl Iterator<Item = &'t str>) {
    for (at, name) in names.enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{gap}{directive} {name}");
    }
}

/// A semicolon begins a comment, and a bar divides the payee from a note, for one of the two.
fn payee(description: &str) -> String {
    let payee = description.replace([';', '|'], ",");
    let payee = payee.split_whitespace().collect::<Vec<_>>().join(" ");
    if payee.is_empty() { "-".to_owned() } else { payee }
}

/// A comma ends a tag for hledger, and ledger takes a date in square brackets for the date of the
/// transaction.
fn value(fact: &str) -> String {
    let mut value = String::with_capacity(fact.len());
    let mut characters = fact.chars().peekable();
    while let Some(character) = characters.next() {
        let before_date =
            characters.peek().is_some_and(|next| next.is_ascii_digit() || *next == '=');
        value.push(match character {
            ',' => ';',
            '[' if before_date => '(',
            other => other,
        });
    }
    value
}

/// The account of the pool or of a user; none is above another one, because the readers differ in
/// whether its balance has theirs in it. Names hold no blanks here, so the words around them keep
/// apart whom they are about: a user, a provider and a mandate may all be called alike.
fn account(entry: &BookEntry) -> String {
    let mandate = part(&entry.mandate);
    match &entry.user {
        None => format!("assets:prepaid:{mandate}:the pool of {mandate}"),
        Some(user) => format!("assets:prepaid:{mandate}:{} of {mandate}", part(user)),
    }
}

fn other(entry: &BookEntry) -> String {
    let mandate = part(&entry.mandate);
    match &entry.other {
        Other::Provider(Some(provider)) => {
            format!("expenses:ai:{mandate}:{} for {mandate}", part(provider))
        }
        Other::Provider(None) => format!("expenses:ai:{mandate}:no provider for {mandate}"),
        Other::Reference(word) => {
            format!("equity:{mandate}:{} in {mandate}", word.to_ascii_lowercase())
        }
    }
}

/// A name as a part of an account. What could mean something to a reader is written as a percent
/// sign and its bytes, and so is the sign itself: two names never become one.
fn part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_alphanumeric() || "._-@+/".contains(character) {
            part.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(part, "%{byte:02X}");
            }
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_never_become_one_part_and_no_part_means_anything() {
        let names = [
            "a b",
            "a%20b",
            "a:b",
            "a  b",
            "a;b",
            "a[1]",
            "(a)",
            "a of b",
            "Müller",
            "Mu\u{308}ller",
            "openai/gpt-4o",
            "auth0|5f",
            "it's",
            "*",
            "!",
            "=",
            "\"",
        ];
        let parts: BTreeSet<String> = names.iter().map(|name| part(name)).collect();
        assert_eq!(parts.len(), names.len(), "{parts:?}");
        for part in &parts {
            assert!(!part.contains(|c: char| " :;[]()*!=|\"'".contains(c)), "{part}");
        }
        assert_eq!(part("dependabot[bot]"), "dependabot%5Bbot%5D");
        assert_eq!(part("openai/gpt-4o"), "openai/gpt-4o");
    }

    #[test]
    fn texts_mean_nothing_to_a_reader() {
        for (description, line) in [
            ("one; two | three", "one, two , three"),
            ("  a   b\u{a0}c ", "a b c"),
            ("", "-"),
            (" ", "-"),
            ("(x) y", "(x) y"),
        ] {
            assert_eq!(payee(description), line);
        }
        for (fact, line) in [
            ("a,b", "a;b"),
            ("[2026-01-01]", "(2026-01-01]"),
            ("[=2026-01-01]", "(=2026-01-01]"),
            ("dependabot[bot]", "dependabot[bot]"),
            ("[", "["),
        ] {
            assert_eq!(value(fact), line);
        }
    }
}
