//! Promise: what does not fit the budget is refused with the reason, in English or German, before
//! anything is booked; a place that is no ledger is left as it was.

use crate::books::{Store, balance, check_book, data, fill, keys, ledger, with_pool};
use crate::support::User;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ERROR: &[&str] = &[
    "class",
    "exit_code",
    "code",
    "status",
    "message",
    "hints",
    "next_steps",
    "portal_url",
    "retry_after",
    "charged",
    "charged_now",
    "recovery",
    "details",
];

/// The refusal of a check: the whole document, key by key.
#[track_caller]
fn refusal(user: &User, arguments: &[&str]) -> Value {
    let document = ledger(user, arguments).code(30).failed("insufficient_balance", None);
    keys(&document, &["schema", "ok", "command", "provider", "data", "error"]);
    assert_eq!((&document["provider"], &document["data"]), (&"ledger".into(), &json!({})));
    keys(&document["error"], ERROR);
    assert_eq!(document["error"]["code"], "INSUFFICIENT_BALANCE");
    document["error"].clone()
}

#[test]
fn a_pool_that_is_too_small_sends_to_whoever_looks_after_it() {
    let user = with_pool("3.4");
    let refused = refusal(&user, &["check", "5", "--user", "anna"]);
    assert_eq!(
        refused["details"],
        json!({
            "allowed": false, "current_balance": "3.40", "reserved": "0.00",
            "required_amount": "5.00", "base_price": null, "markup_percent": null, "currency": "CHF",
            "billing_model": "prepay_mandate", "mandate": "acme", "user": "anna", "user_action": "CONTACT_MANDATE_ADMIN",
            "message_en": "the pool of acme has CHF 3.40, CHF 5.00 is needed",
            "message_de": "Im Budget von acme sind CHF 3.40, nötig sind CHF 5.00",
        })
    );
    assert_eq!(refused["message"], refused["details"]["message_en"]);
    assert_eq!(refused["recovery"], "ask_admin");
    let told = user.run(&["ledger", "check", "5"]).code(30);
    assert!(told.out.is_empty());
    told.says("error: the pool of acme has CHF 3.40, CHF 5.00 is needed")
        .says("topup ledger credit AMOUNT --mandate acme");
    assert!(user.run(&["ledger", "check", "5", "--get", "allowed"]).code(30).out.is_empty());
}

#[test]
fn an_account_of_ones_own_is_for_its_user_to_fill() {
    let user = User::new();
    data(&user, &["init", "--mandate", "each", "--model", "prepay-user", "--currency", "EUR"]);
    data(&user, &["credit", "1", "--user", "anna"]);
    let refused = refusal(&user, &["check", "5", "--user", "anna"]);
    let details = &refused["details"];
    assert_eq!(details["user_action"], "TOP_UP_SELF");
    assert_eq!(details["billing_model"], "prepay_user");
    assert_eq!(details["message_en"], "the account of anna has EUR 1.00, EUR 5.00 is needed");
    assert_eq!(details["message_de"], "Auf dem Konto von anna sind EUR 1.00, nötig sind EUR 5.00");
    let hint = refused["hints"][0].as_str().expect("a hint");
    assert!(hint.ends_with("'topup ledger credit AMOUNT --mandate each --user anna'"), "{hint}");
    assert_eq!(
        refusal(&user, &["check", "0", "--user", "ben"])["details"]["current_balance"],
        "0.00"
    );
}

#[test]
fn it_is_told_in_the_language_of_the_locale() {
    let user = with_pool("1");
    let told = |user: &User| {
        let refused = refusal(user, &["check", "5"]);
        let message = refused["message"].as_str().expect("text").to_owned();
        // Both stand in the document, whatever is printed.
        assert!(refused["details"]["message_en"].as_str().expect("text").starts_with("the pool"));
        assert!(refused["details"]["message_de"].as_str().expect("text").starts_with("Im Budget"));
        message
    };
    let german = "Im Budget von acme sind CHF 1.00, nötig sind CHF 5.00";
    let english = "the pool of acme has CHF 1.00, CHF 5.00 is needed";
    assert_eq!(told(&user), english);
    let user = user.with("LANG", "de_CH.UTF-8");
    assert_eq!(told(&user), german);
    user.run(&["ledger", "check", "5"]).code(30).says(german).says("Wer das Budget betreut");
    let run = ["ledger", "run", "--estimate", "5", "--for-provider", "p", "--", "touch", "began"];
    let priced = format!("{german} (Grundpreis 5.00 und 0 % Aufschlag)");
    user.run(&run).code(30).says(&priced);
    assert!(!user.file("began").exists(), "never started");
    let user = user.with("LC_MESSAGES", "en_GB.UTF-8");
    assert_eq!(told(&user), english);
    let user = user.with("LC_ALL", "de_AT");
    assert_eq!(told(&user), german);
    assert_eq!(check_book(&user, "acme").len(), 1);
}

#[test]
fn what_cannot_be_meant_is_refused_and_books_nothing() {
    let user = with_pool("1");
    let long = "x".repeat(129);
    let names = ["", " a", "a ", "a\tb", "a\nb", "\u{1b}[2J", "a\u{202e}b", &long];
    for name in names {
        let given = |flag: &str| format!("{flag}={name}");
        for arguments in [
            &["init", "--model", "unlimited", &given("--mandate")][..],
            &["credit", "1", &given("--mandate")],
            &["credit", "1", &given("--user")],
            &["record", "1", &given("--for-provider")],
            &["record", "1", "--for-provider", "p", &given("--workflow")],
            &["record", "1", "--for-provider", "p", &given("--feature-code")],
            &["record", "1", "--for-provider", "p", &given("--feature-instance")],
            &["deny", "--", name],
        ] {
            let ran = ledger(&user, arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        }
    }
    let amounts =
        ["", "-1", "+1", "1,5", "5.", "0x10", "NaN", "Infinity", "1_0", " 1", "1234567890123"];
    for amount in amounts {
        for verb in ["credit", "check", "record", "price"] {
            let mut arguments = vec![verb];
            if verb == "record" {
                arguments.extend(["--for-provider", "p"]);
            }
            arguments.extend(["--", amount]);
            let ran = ledger(&user, &arguments);
            assert_eq!(ran.code, 2, "{verb} {amount}: {}{}", ran.out, ran.err);
        }
    }
    // What people credit is typed, and not printed by a program.
    for amount in ["1e3", ".5", "0.0000001"] {
        ledger(&user, &["credit", amount]).code(2);
    }
    let text = "x".repeat(501);
    for arguments in [
        &["credit", "0"][..],
        &["credit", "0.0000001"],
        &["record", "1"],
        &["credit", "1", "--key", ""],
        &["credit", "1", "--key", " blank"],
        &["credit", "1", "--key", "two\nlines"],
        &["credit", "1", "--description", ""],
        &["credit", "1", "--description", "two\nlines"],
        &["credit", "1", "--description", &text],
        &["credit", "1", "--mandate", "nobody"],
        &["balance", "--mandate", "nobody"],
        &["init", "--model", "unlimited"],
        &["init", "--mandate", "new"],
        &["init", "--mandate", "acme", "--model", "whatever"],
        &["init", "--mandate", "acme", "--currency", "chf"],
        &["init", "--mandate", "acme", "--currency", "FRANC"],
        &["init", "--mandate", "acme", "--markup", "-1"],
        &["init", "--mandate", "acme", "--markup", "1000001"],
        &["init", "--mandate", "acme", "--markup", "0.00001"],
        &["init", "--mandate", "acme", "--notify", "nobody"],
        &["init", "--mandate", "acme", "--notify", "[1]"],
        &["init", "--mandate", "acme", "--cooldown", "soon"],
        &["run", "--estimate", "-1", "--for-provider", "p", "--", "touch", "began"],
        &["run", "--estimate", "1", "--for-provider", "p", "--"],
        &["run", "--estimate", "1", "--for-provider", "p", "touch", "began"],
        &["run", "--for-provider", "p", "--", "touch", "began"],
        &["stats", "--by", "hour"],
        &["export", "--format", "ledger"],
        &["price"],
        &[],
    ] {
        let ran = ledger(&user, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        ran.failed("usage", None);
    }
    // An address is not told back: it may end in a log.
    let ran =
        ledger(&user, &["init", "--mandate", "acme", "--notify", "anna at x.example"]).code(2);
    assert!(!format!("{}{}", ran.out, ran.err).contains("anna"));
    assert!(!user.file("began").exists());
    assert_eq!(check_book(&user, "acme").len(), 1);
    assert_eq!(data(&user, &["mandates"])["mandates"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_balance_that_could_not_be_kept_exactly_is_refused() {
    let user = with_pool("1");
    let most = "999999999999.999999";
    for _ in 0..9 {
        data(&user, &["credit", most]);
    }
    assert_eq!(balance(&user).0, "9000000000000.999991");
    ledger(&user, &["credit", most]).code(2).says("too large");
    let most = "999999999999.999999999999";
    assert_eq!(data(&user, &["price", most])["price"], "1000000000000.000000");
    data(&user, &["init", "--mandate", "acme", "--markup", "1000000"]);
    ledger(&user, &["record", most, "--for-provider", "p"]).code(2);
    assert_eq!(check_book(&user, "acme").len(), 10);
}

#[test]
fn the_mandate_is_the_named_one_the_profiles_or_the_only_one() {
    let user = User::new();
    ledger(&user, &["balance"]).code(2).says("no mandate yet").says("topup ledger init");
    data(&user, &["init", "--mandate", "acme", "--model", "prepay-mandate"]);
    assert_eq!(data(&user, &["balance"])["mandate"], "acme", "the only one");
    data(&user, &["init", "--mandate", "beta", "--model", "prepay-mandate"]);
    let refused = ledger(&user, &["balance"]).code(2).failed("usage", None);
    assert_eq!(refused["error"]["details"]["mandates"], json!(["acme", "beta"]));
    assert_eq!(data(&user, &["balance", "--mandate", "beta"])["mandate"], "beta");
    let config = "default_profile = \"b\"\n[profiles.a]\nmandate = \"acme\"\n[profiles.b]\n\
                  mandate = \"beta\"\n[profiles.wrong]\nmandate = \" no name\"\n";
    fs::write(user.file("config.toml"), config).expect("written");
    assert_eq!(data(&user, &["balance"])["mandate"], "beta");
    let named = |more: &[&str]| data(&user, &[&["balance"], more].concat())["mandate"].clone();
    assert_eq!(named(&["--profile", "a"]), "acme");
    assert_eq!(named(&["--profile", "a", "--mandate", "beta"]), "beta");
    ledger(&user, &["balance", "--profile", "wrong"]).code(2);
    // The project may choose a profile, and may not name a budget or a ledger of its own.
    fs::write(user.file(".topup.toml"), "profile = 'a'\n").expect("written");
    assert_eq!(named(&[]), "acme");
    for text in ["mandate = 'acme'", "ledger_url = '/tmp/elsewhere.db'"] {
        fs::write(user.file(".topup.toml"), text).expect("written");
        ledger(&user, &["balance"]).code(4).says(".topup.toml, line 1");
    }
    fs::remove_file(user.file(".topup.toml")).expect("removed");
    let user = user.with("TOPUP_LEDGER_MANDATE", "acme");
    assert_eq!(data(&user, &["balance"])["mandate"], "acme", "the variable beats the profile");
}

#[test]
fn the_ledger_is_where_the_variable_or_the_profile_says() {
    let store = Store::sqlite();
    fill(&store.user(), "7");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("deep/pool.db");
    let user = User::new();
    let config = format!("[profiles.default]\nledger_url = \"{}\"\n", file.display());
    fs::write(user.file("config.toml"), config).expect("written");
    fill(&user, "3");
    assert!(file.is_file() && !user.file("ledger.db").exists());
    let url = format!("sqlite://{}", file.display());
    assert_eq!(balance(&User::new().with("TOPUP_LEDGER_URL", &url)).0, "3.00");
    for wrong in ["pool.db", "./pool.db", "mysql://host/pool", "http://x"] {
        let user = User::new().with("TOPUP_LEDGER_URL", wrong);
        ledger(&user, &["mandates"]).code(4).failed("config", None);
        assert!(!user.file("pool.db").exists());
    }
}

#[test]
fn the_sandbox_has_a_ledger_of_its_own() {
    let store = Store::sqlite();
    let user = store.user();
    fill(&user, "7");
    let user = user.with("TOPUP_SANDBOX", "1");
    assert_eq!(data(&user, &["mandates"]), json!({"mandates": []}));
    fill(&user, "1000");
    assert!(user.file("sandbox-ledger.db").is_file());
    data(&user, &["run", "--estimate", "1", "--for-provider", "p", "--", "true"]);
    assert_eq!(balance(&user).0, "999.00");
    assert_eq!(balance(&store.user()).0, "7.00", "the real one was not touched");
}

/// Everything in this folder, name and content, but a log with nothing in it and the index of a log:
/// every reader makes those.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("readable"))
        })
        .filter(|(name, content)| !(name.ends_with("-wal") && content.is_empty()))
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_no_ledger_is_left_as_it_is() {
    type Spoil = fn(&Path);
    let kinds: [(&str, Spoil); 5] = [
        ("text", |file| fs::write(file, "no database, but long enough\n".repeat(40)).expect("it")),
        ("cut short", |file| {
            // Its log would mend it.
            let db = Connection::open(file).expect("a ledger");
            let keep = rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            db.set_db_config(keep, true).expect("set");
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("moved");
            drop(db);
            let whole = fs::read(file).expect("readable");
            fs::write(file, &whole[..whole.len() / 2]).expect("written");
        }),
        ("newer", |file| {
            let db = Connection::open(file).expect("a ledger");
            db.pragma_update(None, "user_version", 99).expect("set");
        }),
        ("of another program", |file| {
            fs::remove_file(file).expect("removed");
            let db = Connection::open(file).expect("a database");
            db.execute_batch(
                "CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('x');",
            )
            .expect("made");
        }),
        ("a journal", |file| {
            let other = User::on_sandbox();
            other.run(&["buy", "25", "--yes"]).code(0);
            let db = Connection::open(other.file("journal.db")).expect("a journal");
            fs::remove_file(file).expect("removed");
            db.execute("VACUUM INTO ?1", [file.to_str().expect("text")]).expect("copied");
        }),
    ];
    for (what, spoil) in kinds {
        let user = with_pool("5");
        spoil(&user.file("ledger.db"));
        let before = contents(user.home());
        for arguments in [
            &["balance"][..],
            &["credit", "1"],
            &["init", "--mandate", "acme", "--model", "unlimited"],
            &["run", "--estimate", "1", "--for-provider", "p", "--", "touch", "began"],
        ] {
            let ran = ledger(&user, arguments);
            assert_eq!(ran.code, 4, "{what} {arguments:?}: {}{}", ran.out, ran.err);
            ran.failed("config", None);
        }
        let after = contents(user.home());
        let names = |all: &[(String, Vec<u8>)]| -> Vec<String> {
            all.iter().map(|(name, content)| format!("{name} {}", content.len())).collect()
        };
        assert!(after == before, "{what} was changed: {:?} {:?}", names(&before), names(&after));
    }
    let user = User::new();
    fs::create_dir(user.file("ledger.db")).expect("made");
    ledger(&user, &["balance"]).code(4).failed("config", None);
}

#[test]
fn a_book_can_only_be_appended_to() {
    let user = with_pool("5");
    let db = Connection::open(user.file("ledger.db")).expect("a ledger");
    for attempt in ["UPDATE ledger_transaction SET amount = 1", "DELETE FROM ledger_transaction"] {
        let refused = db.execute(attempt, []).expect_err(attempt).to_string();
        assert!(refused.contains("append only"), "{refused}");
    }
    drop(db);
    let mode = fs::metadata(user.file("ledger.db")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else may read who spent what");
    assert_eq!(check_book(&user, "acme").len(), 1);
}
