//! What the tests of the prepaid ledger share: somebody with a mandate, the stores that a ledger
//! can be kept in, and the one check that every book has to pass whatever happened to it.

use crate::postgres_server::{Schema, Server};
use crate::support::{Ran, User};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;

/// The keys of a transaction: this test's own copy.
pub const TRANSACTION: &[&str] = &[
    "id",
    "seq",
    "mandate",
    "account_user",
    "type",
    "amount",
    "balance_after",
    "reference",
    "description",
    "created_at",
    "idempotency_key",
    "provider",
    "user",
    "base_price",
    "markup_percent",
    "workflow_id",
    "feature_instance_id",
    "feature_code",
    "reverses",
];

/// A place where a ledger is kept, empty at first, for any number of users with homes of their own.
pub struct Store {
    url: String,
    /// Lives as long as the store does.
    place: Place,
}

#[allow(dead_code, reason = "what is held is the place itself")]
enum Place {
    Folder(tempfile::TempDir),
    Schema(Schema),
}

impl Store {
    /// A file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = folder.path().join("shared/ledger.db").to_str().expect("text").to_owned();
        Self { url, place: Place::Folder(folder) }
    }

    /// A schema on a server; none where there is no server.
    pub fn postgres() -> Option<Self> {
        let schema = Server::shared()?.schema();
        Some(Self { url: schema.url.clone(), place: Place::Schema(schema) })
    }

    /// Another one of the same kind.
    pub fn another(&self) -> Self {
        match self.place {
            Place::Folder(_) => Self::sqlite(),
            Place::Schema(_) => Self::postgres().expect("the server is there"),
        }
    }

    /// What names it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Somebody new at this ledger.
    pub fn user(&self) -> User {
        User::new().with("TOPUP_LEDGER_URL", &self.url)
    }
}

/// An empty one of each kind.
fn stores() -> Vec<Store> {
    [Some(Store::sqlite()), Store::postgres()].into_iter().flatten().collect()
}

/// Runs a test on each kind of store there is, with somebody at it.
pub fn on_each_store(test: impl Fn(&User, &Store)) {
    for store in stores() {
        test(&store.user(), &store);
    }
}

/// Somebody whose mandate `acme` has this much in its one pool, in a file of their own.
pub fn with_pool(amount: &str) -> User {
    let user = User::new();
    fill(&user, amount);
    user
}

/// Makes the mandate `acme` with one pool, no markup, and this much in it.
pub fn fill(user: &User, amount: &str) {
    let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&[&init[..], &["--markup", "0"]].concat()).code(0);
    user.run(&["ledger", "credit", amount, "--mandate", "acme"]).code(0);
}

/// `topup ledger …` with `--json`, without the word itself.
pub fn ledger(user: &User, arguments: &[&str]) -> Ran {
    user.run(&[&["ledger", "--json"], arguments].concat())
}

/// `data` of a command of the ledger that succeeds.
#[track_caller]
pub fn data(user: &User, arguments: &[&str]) -> Value {
    let document = ledger(user, arguments).code(0).json();
    keys(&document, &["schema", "ok", "command", "provider", "data"]);
    assert_eq!(document["command"], format!("ledger {}", arguments[0]));
    assert_eq!(document["provider"], "ledger");
    document["data"].clone()
}

/// The object has these keys, and no other.
#[track_caller]
pub fn keys(object: &Value, expected: &[&str]) {
    let object = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// An amount, which a document writes as text.
#[track_caller]
pub fn amount(value: &Value) -> Decimal {
    let text = value.as_str().unwrap_or_else(|| panic!("no amount: {value}"));
    Decimal::from_str_exact(text).unwrap_or_else(|cause| panic!("{text}: {cause}"))
}

/// Checks what `ledger transactions` gave of a whole book and gives it, the oldest first: each moves
/// the balance of its account by its own amount and from where the one before left it, and no id
/// stands there twice. And what each account comes to, by its user.
#[track_caller]
pub fn check_chain(listed: &Value) -> (Vec<Value>, BTreeMap<String, Decimal>) {
    assert_eq!(listed["has_more"], false);
    let mut book = listed["transactions"].as_array().expect("transactions").clone();
    book.reverse();
    let mut balances: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut ids = std::collections::BTreeSet::new();
    for one in &book {
        keys(one, TRANSACTION);
        let owner = one["account_user"].as_str().unwrap_or_default();
        let balance = balances.entry(owner.to_owned()).or_default();
        match one["type"].as_str() {
            Some("CREDIT") => *balance += amount(&one["amount"]),
            Some("DEBIT") => *balance -= amount(&one["amount"]),
            other => panic!("{other:?}"),
        }
        assert_eq!(amount(&one["balance_after"]), *balance, "the chain is broken at {one}");
        assert!(ids.insert(one["id"].to_string()), "twice: {one}");
    }
    let places: Vec<i64> = book.iter().map(|one| one["seq"].as_i64().expect("a place")).collect();
    assert!(places.is_sorted_by(|before, after| before < after), "{places:?}");
    (book, balances)
}

/// Checks the whole book of a mandate, and that what is told as each balance is the sum; gives its
/// transactions, the oldest first.
#[track_caller]
pub fn check_book(user: &User, mandate: &str) -> Vec<Value> {
    let listed = ["transactions", "--limit", "100000", "--mandate", mandate];
    let (book, balances) = check_chain(&data(user, &listed));
    let accounts = data(user, &["balance", "--all", "--mandate", mandate]);
    for account in accounts["accounts"].as_array().expect("accounts") {
        let owner = account["user"].as_str().unwrap_or_default();
        let sum = balances.get(owner).copied().unwrap_or_default();
        assert_eq!(amount(&account["balance"]), sum, "{account} is not the sum");
    }
    book
}

/// What is on the one account of `acme`, and what of it is held back.
#[track_caller]
pub fn balance(user: &User) -> (String, String) {
    let found = data(user, &["balance", "--mandate", "acme"]);
    let text = |key: &str| found[key].as_str().expect("an amount").to_owned();
    (text("balance"), text("reserved"))
}

/// Whether a program is there. Where it has to be, its absence fails the test.
pub fn has_program(name: &str, package: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let required = std::env::var("TOPUP_TEST_REQUIRES").unwrap_or_default();
    if !there {
        assert!(!required.split(',').any(|one| one.trim() == package), "{package} is missing");
        println!("skipped: no {package}");
    }
    there
}
