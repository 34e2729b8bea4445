//! The books as plain-text accounting, for hledger and beancount: every transaction with both of
//! its sides, and what each account has to come to, so that the other program checks the sums.

use super::values::{Kind, Mandate, Transaction};
use crate::core::escape;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The programs that are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// hledger, and what reads its journals.
    Hledger,
    /// beancount.
    Beancount,
}

/// Writes a whole book, which stands in its own order: the oldest first. A shared one may hold what
/// another program wrote: no text of it ends its line or is more than it looks like.
pub fn write(format: Format, mandate: &Mandate, book: &[Transaction]) -> String {
    let book: Vec<Transaction> = book.iter().map(plain).collect();
    let mandate = Mandate {
        mandate: escape::value(&mandate.mandate),
        currency: escape::value(&mandate.currency),
        ..mandate.clone()
    };
    let (mandate, book) = (&mandate, book.as_slice());
    match format {
        Format::Hledger => hledger(mandate, book),
        Format::Beancount => beancount(mandate, book),
    }
}

/// A transaction all of whose texts are plain to see.
fn plain(one: &Transaction) -> Transaction {
    let maybe = |text: &Option<String>| text.as_deref().map(escape::value);
    Transaction {
        mandate: escape::value(&one.mandate),
        account_user: maybe(&one.account_user),
        description: escape::value(&one.description),
        idempotency_key: maybe(&one.idempotency_key),
        provider: maybe(&one.provider),
        user: maybe(&one.user),
        workflow_id: maybe(&one.workflow_id),
        feature_instance_id: maybe(&one.feature_instance_id),
        feature_code: maybe(&one.feature_code),
        ..one.clone()
    }
}

/// The days of the book, which never go back: a clock that did must not turn the order of the
/// transactions around, on which their balances depend. The exact time stands beside each.
fn days(book: &[Transaction]) -> impl Iterator<Item = (String, &Transaction)> {
    let mut latest = String::new();
    book.iter().map(move |one| {
        let day = one.created_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
        if day > latest {
            latest = day;
        }
        (latest.clone(), one)
    })
}

/// What else is known of a transaction, as name and value.
fn facts(one: &Transaction) -> Vec<(&'static str, String)> {
    let mut facts = vec![("id", one.id.clone()), ("time", one.created_at.to_string())];
    let more = [
        ("user", one.user.clone()),
        ("base-price", one.base_price.as_ref().map(ToString::to_string)),
        ("markup-percent", one.markup_percent.map(|percent| percent.to_string())),
        ("workflow", one.workflow_id.clone()),
        ("feature-instance", one.feature_instance_id.clone()),
        ("feature", one.feature_code.clone()),
        ("key", one.idempotency_key.clone()),
    ];
    facts.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    facts
}

fn sign(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Credit => ("", "-"),
        Kind::Debit => ("-", ""),
    }
}

fn hledger(mandate: &Mandate, book: &[Transaction]) -> String {
    let currency = &mandate.currency;
    let mut text = format!(
        "; The books of {}. Every balance that is asserted is the ledger's own.\n\
         commodity {currency} 1000.00\n",
        mandate.mandate
    );
    for (day, one) in days(book) {
        // A semicolon begins a comment, and a bar divides the payee from the note.
        let mut what = one.description.replace([';', '|'], ",");
        if what.trim_start().starts_with('(') {
            // A bracket opens a code: an empty one stands in front of what is none.
            what.insert_str(0, "() ");
        }
        let tags: Vec<String> = facts(one)
            .into_iter()
            // A comma ends a tag.
            .map(|(name, value)| format!("{name}:{}", value.replace(',', ";")))
            .collect();
        let account = match &one.account_user {
            Some(user) => format!("assets:prepaid:{}:{user}", one.mandate),
            None => format!("assets:prepaid:{}", one.mandate),
        };
        let other = match one.reference {
            _ if one.is_of_use() => {
                format!("expenses:ai:{}", one.provider.as_deref().unwrap_or("unknown"))
            }
            reference => format!("equity:{}", reference.word().to_ascii_lowercase()),
        };
        let (here, there) = sign(one.kind);
        let _ = write!(
            text,
            "\n{day} * {what}\n    ; {}\n    {account}  {currency} {here}{} = {currency} {}\n    \
             {other}  {currency} {there}{}\n",
            tags.join(", "),
            one.amount,
            one.balance_after,
            one.amount,
        );
    }
    text
}

/// A name as a part of an account of beancount, which takes letters, digits and dashes only: each
/// other character, and the dash itself, is written as a dash and its number, so that two names
/// never become one.
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

fn beancount(mandate: &Mandate, book: &[Transaction]) -> String {
    let currency = &mandate.currency;
    // A balance there is that of an account and all below it: the pool is none above the users'.
    let all = format!("Assets:Prepaid:{}", part('M', &mandate.mandate));
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut opened: BTreeMap<String, String> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    let mut body = String::new();
    let mut latest = None;
    for (day, one) in days(book) {
        let account = match &one.account_user {
            Some(user) => format!("{all}:{}", part('U', user)),
            None => format!("{all}:Pool"),
        };
        let other = match one.reference {
            _ if one.is_of_use() => match &one.provider {
                Some(provider) => format!("Expenses:AI:{}", part('P', provider)),
                None => "Expenses:AI:Unknown".to_owned(),
            },
            reference => format!("Equity:{}", part('R', reference.word())),
        };
        for name in [&account, &other] {
            opened.entry(name.clone()).or_insert_with(|| day.clone());
        }
        last.insert(account.clone(), one.balance_after.to_string());
        let (here, there) = sign(one.kind);
        let _ = write!(body, "\n{day} * \"{}\"\n", quoted(&one.description));
        for (name, value) in facts(one) {
            let _ = writeln!(body, "  {name}: \"{}\"", quoted(&value));
        }
        let _ = write!(
            body,
            "  {account}  {here}{} {currency}\n  {other}  {there}{} {currency}\n",
            one.amount, one.amount,
        );
        latest = Some(day);
    }
    let mut text = format!(
        "option \"title\" \"{}\"\noption \"operating_currency\" \"{currency}\"\n\n",
        quoted(&mandate.mandate)
    );
    for (account, day) in &opened {
        let _ = writeln!(text, "{day} open {account} {currency}");
    }
    text.push_str(&body);
    // A balance holds at the beginning of its day.
    let after = latest.and_then(|day| day.parse::<jiff::civil::Date>().ok()?.tomorrow().ok());
    if let Some(after) = after {
        text.push('\n');
        for (account, balance) in &last {
            let _ = writeln!(text, "{after} balance {account}  {balance} {currency}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_never_become_one_account() {
        let names = ["a.b", "a-b", "a_b", "a-2eb", "ab", "aB", "a@b", "a+b"];
        let parts: std::collections::BTreeSet<String> =
            names.iter().map(|name| part('U', name)).collect();
        assert_eq!(parts.len(), names.len(), "{parts:?}");
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        assert!(parts.iter().all(|part| plain(part)));
    }
}
