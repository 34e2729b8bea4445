//! A file for beancount, of version 2 and 3. Format:
//! <https://beancount.github.io/docs/beancount_language_syntax.html>.

use super::entry::{AccountNames, Accounts, End, Entry, Other, Writer, push_amount};
use crate::core::escape;
use crate::core::failure::Result;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What of a file was opened so far.
pub struct Beancount {
    accounts: Accounts,
}

impl Beancount {
    /// Begins a file with this title and these currencies.
    pub fn new(title: &str, currencies: &BTreeSet<String>, text: &mut String) -> Self {
        let _ = writeln!(text, "option \"title\" \"{}\"", quoted(title));
        for currency in currencies {
            let _ = writeln!(text, "option \"operating_currency\" \"{currency}\"");
        }
        Self { accounts: Accounts::default() }
    }
}

impl Writer for Beancount {
    fn entry(
        &mut self,
        entry: &Entry<'_>,
        name: &mut Option<String>,
        text: &mut String,
    ) -> Result<()> {
        let Entry { day, currency, .. } = entry;
        let mut opened = String::new();
        let (account, other) = self.accounts.both::<Self>(entry, name, &mut opened)?;
        if !opened.is_empty() {
            text.push('\n');
            text.push_str(&opened);
        }
        let _ = writeln!(text, "\n{day} * \"{}\"", quoted(&escape::value_of(entry.description()?)));
        entry.facts(|name, value| {
            let _ = writeln!(text, "  {name}: \"{}\"", quoted(value));
        })?;
        let _ = write!(text, "  {account}  ");
        push_amount(text, entry.added);
        let _ = write!(text, " {currency}\n  {other}  ");
        push_amount(text, -entry.added);
        let _ = writeln!(text, " {currency}");
        Ok(())
    }

    /// A balance holds at the beginning of its day. Unless it is told otherwise, beancount takes two
    /// units of the last decimal for no difference.
    fn end(&mut self, end: &End, text: &mut String) {
        let Some(after) = end.latest.and_then(|latest| latest.tomorrow().ok()) else { return };
        text.push('\n');
        for (account, balance, currency) in &end.balances {
            let _ = write!(text, "{after} balance {account}  ");
            push_amount(text, i128::from(*balance));
            let _ = writeln!(text, " ~ 0 {currency}");
        }
    }
}

fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['\\', '"']) {
        Cow::Owned(text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        Cow::Borrowed(text)
    }
}

impl AccountNames for Beancount {
    /// The account of the pool or of a user. A balance is that of an account and all below it: the pool
    /// is none above the users'.
    fn account(mandate: &str, user: Option<&str>) -> String {
        let mandate = part('M', &escape::value_of(mandate));
        match user {
            None => format!("Assets:Prepaid:{mandate}:Pool"),
            Some(user) => {
                format!("Assets:Prepaid:{mandate}:{}", part('U', &escape::value_of(user)))
            }
        }
    }

    fn other(mandate: &str, other: &Other<'_>) -> String {
        let mandate = part('M', &escape::value_of(mandate));
        match other {
            Other::Provider(Some(provider)) => {
                format!("Expenses:AI:{mandate}:{}", part('P', &escape::value_of(provider)))
            }
            Other::Provider(None) => format!("Expenses:AI:{mandate}:Unknown"),
            Other::Reference(word) => format!("Equity:{mandate}:{}", part('R', word)),
        }
    }

    fn declare(entry: &Entry<'_>, account: &str, declared: &mut String) {
        let _ = writeln!(declared, "{} open {account} {}", entry.day, entry.currency);
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
