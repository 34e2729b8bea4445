//! The four programs of accounting that read an exported book: hledger, ledger, and beancount in
//! version 2 and 3. Each is asked for the balance of every account, exactly.

use crate::books::{amount, data, has_program};
use crate::peers::Peer;
use crate::support::User;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// The balances of a book: what the account of each user has, what was spent at each provider and
/// what came in for each reason, of each mandate. What is nothing is left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Balances {
    accounts: BTreeMap<(String, Option<String>), Decimal>,
    spent: BTreeMap<(String, Option<String>), Decimal>,
    came_in: BTreeMap<(String, String), Decimal>,
}

impl Balances {
    /// What the ledger says itself, of these mandates.
    pub fn of(user: &User, mandates: &[&str]) -> Self {
        let mut balances = Self::default();
        let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
        for mandate in mandates {
            let all = data(user, &["balance", "--all", "--mandate", mandate]);
            for one in all["accounts"].as_array().expect("accounts") {
                let key = ((*mandate).to_owned(), text(&one["user"]));
                balances.accounts.insert(key, amount(&one["balance"]));
            }
            let sums = data(user, &["stats", "--by", "provider", "--mandate", mandate]);
            for one in sums["rows"].as_array().expect("rows") {
                let key = ((*mandate).to_owned(), text(&one["key"]));
                balances.spent.insert(key, amount(&one["total"]));
            }
            let book = data(user, &["transactions", "--limit", "100000", "--mandate", mandate]);
            for one in book["transactions"].as_array().expect("transactions") {
                let reason = text(&one["reference"]).expect("a reference");
                if reason == "USAGE" || !one["markup_percent"].is_null() {
                    continue;
                }
                let sum = balances.came_in.entry(((*mandate).to_owned(), reason)).or_default();
                *sum += amount(&one["amount"])
                    * if one["type"] == "CREDIT" { Decimal::ONE } else { -Decimal::ONE };
            }
        }
        balances.without_nothing()
    }

    fn without_nothing(mut self) -> Self {
        self.accounts.retain(|_, sum| !sum.is_zero());
        self.spent.retain(|_, sum| !sum.is_zero());
        self.came_in.retain(|_, sum| !sum.is_zero());
        self
    }
}

/// A program over files; it reads and writes UTF-8 in any environment.
fn over(program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C.UTF-8").output().expect("it runs")
}

#[track_caller]
fn accepted(output: &Output, file: &Path) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    let book = || std::fs::read_to_string(file).expect("a book");
    assert!(output.status.success() && told.trim().is_empty(), "{told}\n{}", book());
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A name that stands in an account with its bytes behind this sign.
fn decoded(part: &str, sign: u8) -> String {
    let mut bytes = part.bytes();
    let mut name = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == sign {
            let digits = [bytes.next().expect("a digit"), bytes.next().expect("a digit")];
            let digits = std::str::from_utf8(&digits).expect("ASCII");
            name.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        } else {
            name.push(byte);
        }
    }
    String::from_utf8(name).expect("text")
}

/// Balances by the accounts of a journal.
fn of_journal(accounts: impl Iterator<Item = (String, Decimal)>) -> Balances {
    let mut balances = Balances::default();
    let name = |part: &str| decoded(part, b'%');
    for (account, sum) in accounts {
        let parts: Vec<&str> = account.split(':').collect();
        match parts[..] {
            ["assets", "prepaid", mandate, leaf] => {
                let user = leaf.strip_suffix(&format!(" of {mandate}")).expect("the mandate");
                let user = (user != "the pool").then(|| name(user));
                balances.accounts.insert((name(mandate), user), sum);
            }
            ["expenses", "ai", mandate, leaf] => {
                let provider = leaf.strip_suffix(&format!(" for {mandate}")).expect("the mandate");
                let provider = (provider != "no provider").then(|| name(provider));
                balances.spent.insert((name(mandate), provider), sum);
            }
            ["equity", mandate, leaf] => {
                let reason = leaf.strip_suffix(&format!(" in {mandate}")).expect("the mandate");
                balances.came_in.insert((name(mandate), reason.to_ascii_uppercase()), -sum);
            }
            _ => panic!("{account} is no account"),
        }
    }
    balances.without_nothing()
}

fn of_beancount(accounts: impl Iterator<Item = (String, Decimal)>) -> Balances {
    let mut balances = Balances::default();
    let name = |part: &str, kind: &str| {
        decoded(part.strip_prefix(kind).unwrap_or_else(|| panic!("{part} is no {kind}")), b'-')
    };
    for (account, sum) in accounts {
        let parts: Vec<&str> = account.split(':').collect();
        match parts[..] {
            ["Assets", "Prepaid", mandate, leaf] => {
                let user = (leaf != "Pool").then(|| name(leaf, "U-"));
                balances.accounts.insert((name(mandate, "M-"), user), sum);
            }
            ["Expenses", "AI", mandate, leaf] => {
                let provider = (leaf != "Unknown").then(|| name(leaf, "P-"));
                balances.spent.insert((name(mandate, "M-"), provider), sum);
            }
            ["Equity", mandate, leaf] => {
                balances.came_in.insert((name(mandate, "M-"), name(leaf, "R-")), -sum);
            }
            _ => panic!("{account} is no account"),
        }
    }
    balances.without_nothing()
}

/// `CHF -1.000000`, or the other way round; a bare zero is nothing. Beancount has a column for each
/// currency of the book in one quoted cell.
fn number(text: &str) -> Decimal {
    let digits =
        text.split([' ', ',', '"']).find(|word| word.contains(|c: char| c.is_ascii_digit()));
    Decimal::from_str_exact(digits.unwrap_or("0")).unwrap_or_else(|cause| panic!("{text}: {cause}"))
}

/// What hledger makes of a journal that it checks strictly. None without hledger.
#[track_caller]
pub fn hledger(file: &Path) -> Option<Balances> {
    if !has_program("hledger", "hledger") {
        return None;
    }
    let (hledger, book) = (Path::new("hledger"), file.to_str().expect("text"));
    let checks = ["check", "--strict", "ordereddates", "payees", "uniqueleafnames"];
    accepted(&over(hledger, &[&["-f", book][..], &checks].concat()), file);
    let listing = ["-f", book, "balance", "--flat", "--no-total", "--output-format", "csv"];
    let told = accepted(&over(hledger, &listing), file);
    Some(of_journal(told.lines().skip(1).map(|line| {
        let (account, sum) = line.split_once("\",\"").expect("two cells");
        (account.trim_start_matches('"').to_owned(), number(sum.trim_end_matches('"')))
    })))
}

/// What ledger makes of a journal that it checks pedantically. None without ledger.
#[track_caller]
pub fn ledger(file: &Path) -> Option<Balances> {
    if !has_program("ledger", "ledger") {
        return None;
    }
    let book = file.to_str().expect("text");
    let listing = [
        "--args-only",
        "-f",
        book,
        "--pedantic",
        "--check-payees",
        "balance",
        "--flat",
        "--no-total",
        "--format",
        "%(account)\t%(display_total)\n",
    ];
    let told = accepted(&over(Path::new("ledger"), &listing), file);
    Some(of_journal(told.lines().map(|line| {
        let (account, sum) = line.split_once('\t').expect("two cells");
        (account.to_owned(), number(sum))
    })))
}

/// Both versions of beancount, those that are there.
pub fn beancounts() -> impl Iterator<Item = Peer> {
    ["beancount-2", "beancount-3"].into_iter().filter_map(Peer::find)
}

/// What a version of beancount makes of a file, by the sum of the numbers and by that of the
/// positions as they are shown.
#[track_caller]
pub fn beancount(peer: &Peer, file: &Path) -> [Balances; 2] {
    let book = file.to_str().expect("text");
    let ask = |program: &str, arguments: &[&str]| {
        accepted(&peer.program(program).args(arguments).output().expect("it runs"), file)
    };
    ask("bean-check", &[book]);
    ["sum(number)", "sum(position)"].map(|sum| {
        let query = format!("SELECT account, {sum} GROUP BY account");
        let told = ask("bean-query", &["-q", "-f", "csv", book, &query]);
        of_beancount(told.lines().skip(1).map(|line| {
            let (account, sum) = line.split_once(',').expect("two cells");
            (account.trim().to_owned(), number(sum.trim()))
        }))
    })
}

/// Every reader accepts the exported books of these mandates and comes to what the ledger says;
/// gives how many of them there are. Arguments name what is exported.
#[track_caller]
pub fn agree(user: &User, arguments: &[&str], mandates: &[&str]) -> usize {
    let ours = Balances::of(user, mandates);
    let export = |format: &str, name: &str| {
        let export = ["ledger", "export", "--format", format];
        let book = user.run(&[&export[..], arguments].concat()).code(0).out;
        let file = user.file(name);
        std::fs::write(&file, &book).expect("written");
        file
    };
    read_alike(&export("hledger", "book.journal"), &export("beancount", "book.beancount"), &ours)
}

/// Every reader accepts the book and comes to this; gives how many of them there are.
#[track_caller]
pub fn read_alike(journal: &Path, beans: &Path, expected: &Balances) -> usize {
    let mut readers = 0;
    let agrees = |theirs: &Balances, file: &Path| {
        let book = || std::fs::read_to_string(file).expect("a book");
        assert_eq!(theirs, expected, "{}", book());
    };
    for theirs in [hledger(journal), ledger(journal)].into_iter().flatten() {
        agrees(&theirs, journal);
        readers += 1;
    }
    for peer in beancounts() {
        for theirs in beancount(&peer, beans) {
            agrees(&theirs, beans);
        }
        readers += 1;
    }
    readers
}
