//! A journal that hledger and ledger read alike, also under `hledger check --strict` and
//! `ledger --pedantic`: everything that it uses is declared before its first use, and no two
//! accounts end alike.
//!
//! Formats: <https://hledger.org/hledger.html#journal>, <https://ledger-cli.org/doc/ledger3.html>.

use super::entry::{AccountNames, Accounts, End, Entry, FACTS, Other, Writer, push_amount};
use crate::core::escape;
use crate::core::failure::Result;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

/// How much text of payees is remembered. Where it is more they are declared again, which means
/// nothing to the readers.
const MOST_PAYEES: usize = 4 << 20;

/// What of a journal was declared so far.
pub struct Journal {
    accounts: Accounts,
    payees: HashSet<String>,
    /// How much text that is.
    payees_len: usize,
    /// The last description and its payee.
    last: Option<(String, String)>,
}

impl Journal {
    /// Begins one that has these currencies.
    pub fn new(currencies: &BTreeSet<String>, text: &mut String) -> Self {
        text.push_str(
            "; The program that reads this file checks every balance assertion.\n\
             decimal-mark .\n",
        );
        for currency in currencies {
            let _ = write!(text, "\ncommodity {currency}\n    format {currency} 1000.000000\n");
        }
        text.push('\n');
        for (name, _) in FACTS {
            let _ = writeln!(text, "tag {name}");
        }
        Self { accounts: Accounts::default(), payees: HashSet::new(), payees_len: 0, last: None }
    }

    /// Declares a payee in front of its first transaction.
    fn declare_payee(&mut self, payee: &str, declared: &mut String) {
        if self.payees.contains(payee) {
            return;
        }
        if self.payees_len > MOST_PAYEES {
            self.payees.clear();
            self.payees_len = 0;
        }
        self.payees_len += payee.len();
        self.payees.insert(payee.to_owned());
        let _ = writeln!(declared, "payee {payee}");
    }
}

impl Writer for Journal {
    fn entry(
        &mut self,
        entry: &Entry<'_>,
        name: &mut Option<String>,
        text: &mut String,
    ) -> Result<()> {
        let mut declared = String::new();
        let description = entry.description()?;
        let payee = match self.last.take() {
            Some((last, payee)) if last == description => payee,
            _ => {
                let payee = payee(&escape::value_of(description));
                self.declare_payee(&payee, &mut declared);
                payee
            }
        };
        let (account, other) = self.accounts.both::<Self>(entry, name, &mut declared)?;
        if !declared.is_empty() {
            text.push('\n');
            text.push_str(&declared);
        }
        // A bracket opens a code: an empty one stands in front of what is none.
        let code = if payee.starts_with('(') { "() " } else { "" };
        let _ = writeln!(text, "\n{} * {code}{payee}", entry.day);
        entry.facts(|name, fact| {
            let _ = writeln!(text, "    ; {name}: {}", value(fact));
        })?;
        let currency = entry.currency;
        let _ = write!(text, "    {account}  {currency} ");
        push_amount(text, entry.added);
        let _ = write!(text, " = {currency} ");
        push_amount(text, entry.balance);
        let _ = write!(text, "\n    {other}  {currency} ");
        push_amount(text, -entry.added);
        text.push('\n');
        self.last = Some((description.to_owned(), payee));
        Ok(())
    }

    fn end(&mut self, _: &End, _: &mut String) {}
}

/// A semicolon begins a comment, and a bar divides the payee from a note, for one of the two.
fn payee(description: &str) -> String {
    let payee = description.replace([';', '|'], ",");
    let payee = payee.split_whitespace().collect::<Vec<_>>().join(" ");
    if payee.is_empty() { "-".to_owned() } else { payee }
}

/// A comma ends a tag for hledger, and ledger takes a date in square brackets for the date of the
/// transaction.
fn value(fact: &str) -> Cow<'_, str> {
    if !fact.contains([',', '[']) {
        return Cow::Borrowed(fact);
    }
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
    Cow::Owned(value)
}

impl AccountNames for Journal {
    /// The account of the pool or of a user; none is above another one, because the readers differ in
    /// whether its balance has theirs in it. Names hold no blanks here, so the words around them keep
    /// apart whom they are about: a user, a provider and a mandate may all be called alike.
    fn account(mandate: &str, user: Option<&str>) -> String {
        let mandate = part(&escape::value_of(mandate));
        match user {
            None => format!("assets:prepaid:{mandate}:the pool of {mandate}"),
            Some(user) => {
                format!("assets:prepaid:{mandate}:{} of {mandate}", part(&escape::value_of(user)))
            }
        }
    }

    fn other(mandate: &str, other: &Other<'_>) -> String {
        let mandate = part(&escape::value_of(mandate));
        match other {
            Other::Provider(Some(provider)) => {
                format!("expenses:ai:{mandate}:{} for {mandate}", part(&escape::value_of(provider)))
            }
            Other::Provider(None) => format!("expenses:ai:{mandate}:no provider for {mandate}"),
            Other::Reference(word) => {
                format!("equity:{mandate}:{} in {mandate}", word.to_ascii_lowercase())
            }
        }
    }

    fn declare(_: &Entry<'_>, account: &str, declared: &mut String) {
        let _ = writeln!(declared, "account {account}");
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
