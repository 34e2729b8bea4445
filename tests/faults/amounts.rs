//! Promise: what is no amount is refused with the reason before anything is sent, and one amount is
//! one request however it is typed.
//!
//! Faults 37 and 38.

use crate::scripted::{Scripted, Told};
use crate::support::User;
use serde_json::{Value, json};
use std::fs;

/// Whatever is no amount of dollars.
const NO_AMOUNTS: &[&str] = &[
    "",
    " ",
    "$",
    "$ ",
    "0",
    "0.0",
    "0.00",
    "00",
    "$0",
    "-0",
    "-5",
    "-0.01",
    "--5",
    "+5",
    "+0.5",
    ".5",
    "5.",
    ".",
    "..",
    "25.001",
    "25.000",
    "0.001",
    "25.0.0",
    "25..5",
    "1e3",
    "1E3",
    "1e-1",
    "1.5e2",
    "0x10",
    "0b1",
    "0o7",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "1,000",
    "1.000,00",
    "25,00",
    "$1,000",
    "1_000",
    "1'000",
    "1 000",
    "1\u{a0}000",
    "\u{a0}25",
    "25\u{a0}",
    "1\u{202f}000",
    "٢٥",
    "٢٥٫٠٠",
    "２５",
    "२५",
    "25\u{ff0e}00",
    "\u{2212}5",
    "\u{200f}25",
    "25\u{200b}",
    "\u{feff}25",
    " 25",
    "25 ",
    "2 5",
    "25\n",
    "\t25",
    "25\r\n",
    "25$",
    "$$25",
    "€25",
    "USD 25",
    "25USD",
    "25%",
    "½",
    "²",
    "Ⅴ",
    "twenty",
    "1000000000000",
    "9999999999999",
    "1000000000000.00",
    "123456789012345678901234567890",
    "79228162514264337593543950336",
    "true",
    "null",
    "25;26",
    "25 26",
    "25/1",
    "1/2",
    "$(id)",
];

/// Where dollars are typed, with `AMOUNT` in the place of them.
const PLACES: &[&[&str]] = &[
    &["buy", "AMOUNT", "--yes"],
    &["buy", "25", "--yes", "--max", "AMOUNT"],
    &["check", "--at-least", "AMOUNT"],
    &["auto-reload", "AMOUNT", "100", "--yes"],
    &["auto-reload", "20", "AMOUNT", "--yes"],
    &["ensure", "--at-least", "AMOUNT", "--buy", "25", "--yes"],
    &["ensure", "--at-least", "20", "--buy", "AMOUNT", "--yes"],
    &["ensure", "--at-least", "20", "--to", "AMOUNT", "--yes"],
    &["limit", "--require", "AMOUNT"],
    &["sandbox", "spend", "AMOUNT"],
];

/// And where the ledger's own amounts are: it books millionths, and a cost may be nothing.
const LEDGER_PLACES: &[&[&str]] = &[
    &["ledger", "credit", "AMOUNT"],
    &["ledger", "check", "AMOUNT"],
    &["ledger", "record", "AMOUNT", "--for-provider", "p"],
    &["ledger", "price", "AMOUNT"],
    &["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate", "--markup", "AMOUNT"],
    &["ledger", "run", "--estimate", "AMOUNT", "--for-provider", "p", "--", "true"],
];

/// Whether the ledger takes this in this place after all.
fn ledger_takes(place: &[&str], amount: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, bare) = amount.strip_prefix('-').map_or((false, amount), |bare| (true, bare));
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
    let plain = digits(whole) && digits(fraction) && whole.len() <= 12;
    let nothing = bare.bytes().all(|byte| b"0.".contains(&byte));
    match place[1] {
        "credit" => plain && !sign && !nothing,
        "init" => plain && !sign,
        // A price is what a program prints: also with an exponent, and without a digit in front.
        _ => {
            let printed = [".5", "1e3", "1E3", "1e-1", "1.5e2"].contains(&amount);
            printed || (plain && (!sign || nothing))
        }
    }
}

fn with(place: &[&str], amount: &str) -> Vec<String> {
    place.iter().map(|word| word.replace("AMOUNT", amount)).collect()
}

/// The places that another one of the same kind stands for: a third of the spellings is enough.
const SELDOM: &[&str] = &["--max", "--to", "limit", "spend", "price", "run"];

/// Every wrong spelling in every one of these places, by several at once.
fn refused_everywhere(user: &User, places: &[&[&str]], taken: fn(&[&str], &str) -> bool) {
    std::thread::scope(|scope| {
        for part in NO_AMOUNTS.chunks(NO_AMOUNTS.len().div_ceil(3)) {
            scope.spawn(move || {
                for (number, amount) in part.iter().enumerate() {
                    for place in places.iter().filter(|place| !taken(place, amount)) {
                        if number % 3 != 0 && place.iter().any(|word| SELDOM.contains(word)) {
                            continue;
                        }
                        let arguments = with(place, amount);
                        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                        let ran = user.run(&arguments);
                        assert_eq!(ran.code, 2, "{arguments:?}\n{}{}", ran.out, ran.err);
                        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
                    }
                }
            });
        }
    });
}

#[test]
fn fault_37_what_is_no_amount_is_refused_and_nothing_is_sent_or_written() {
    assert!(NO_AMOUNTS.len() >= 60);
    let portal = Scripted::new(|_| Told::Json(200, r#"{"balanceUsd":"1"}"#.into()));
    let user = portal.user("nous");
    refused_everywhere(&user, PLACES, |_, _| false);
    assert!(portal.seen().is_empty(), "{:?}", portal.lines());
    assert_eq!(fs::read_dir(user.home()).expect("a folder").count(), 0, "nothing is written");
}

#[test]
fn fault_37_the_ledger_takes_no_amount_that_is_none() {
    let user = User::new();
    refused_everywhere(&user, LEDGER_PLACES, ledger_takes);
    assert_eq!(fs::read_dir(user.home()).expect("a folder").count(), 0, "nothing is written");
    // With a book, nothing is booked either; and what is one is taken.
    let init =
        ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate", "--markup", "0"];
    user.run(&init).code(0);
    for amount in ["1e3", "+5", ".5", "5.", "1_000", "-5", "0", "0.0000001", "٢٥", "1234567890123"]
    {
        user.run(&["ledger", "credit", amount]).code(2);
    }
    user.run(&["ledger", "credit", "0.000001"]).code(0);
    let book = user.run(&["ledger", "transactions", "--json"]).code(0).json();
    assert_eq!(book["data"]["transactions"].as_array().expect("a list").len(), 1);
}

#[test]
fn fault_37_a_limit_that_is_no_amount_is_no_limit_and_is_told() {
    let portal = Scripted::new(|_| Told::Json(200, "{}".into()));
    let user = portal.user("nous");
    for amount in NO_AMOUNTS {
        let config = format!("[profiles.default]\nmax_per_day = {}\n", json!(amount));
        fs::write(user.file("config.toml"), config).expect("written");
        user.run(&["buy", "25", "--yes", "--json"]).code(4).failed("config", Some("no"));
    }
    assert!(portal.seen().is_empty());
}

#[test]
fn fault_37_an_amount_of_the_portal_that_is_none_is_not_bought() {
    let presets = json!(["0", "-5", "1e999", "25.001", "1_000", "NaN", 0, -1, "12345678901234"]);
    let count = presets.as_array().expect("a list").len();
    let body = json!({"balanceUsd": "1", "chargePresets": presets}).to_string();
    let portal = Scripted::new(move |_| Told::Json(200, body.clone()));
    let user = portal.user("nous");
    for preset in (0..=count + 1).map(|number| format!("preset:{number}")) {
        user.run(&["buy", &preset, "--yes", "--json"]).code(2).failed("usage", Some("no"));
    }
    for preset in ["preset:", "preset:-1", "preset:+1", "preset:01", "preset:1.0", "preset:٢"] {
        user.run(&["buy", preset, "--yes", "--json"]).code(2).failed("usage", Some("no"));
    }
    assert!(portal.lines().iter().all(|line| line.starts_with("GET")), "{:?}", portal.lines());
}

#[test]
fn fault_38_one_amount_is_one_body_however_it_is_typed() {
    let portal = Scripted::new(|asked| match asked.line.split(' ').next().unwrap_or_default() {
        "POST" => Told::Json(202, r#"{"chargeId":"ch_1"}"#.into()),
        "PATCH" => Told::Json(200, r#"{"ok":true}"#.into()),
        _ => Told::Json(200, r#"{"status":"settled","amountUsd":"25","balanceUsd":"1"}"#.into()),
    });
    let bodies = |method: &str| -> Vec<String> {
        let seen = portal.seen();
        let those = seen.into_iter().filter(|asked| asked.line.starts_with(method));
        those.map(|asked| asked.body).collect()
    };
    let spellings = ["25", "25.0", "25.00", "025", "$25", "$ 25.00", "000000000025.00"];
    for typed in spellings {
        let user = portal.user("nous");
        user.run(&["buy", typed, "--yes"]).code(0);
        let change = user.run(&["auto-reload", typed, "100.50", "--yes"]);
        assert_eq!(change.code, 0, "{}", change.err);
    }
    assert_eq!(bodies("POST"), vec![r#"{"amountUsd":25}"#; spellings.len()]);
    let patch = r#"{"enabled":true,"threshold":25,"topUpAmount":100.5}"#;
    assert_eq!(bodies("PATCH"), vec![patch; spellings.len()]);
    // So the same name with the same amount is the same purchase, and not a conflict.
    let user = portal.user("nous").with("TOPUP_TOKEN", "e30.eyJvcmdfaWQiOiJvIn0.c2ln");
    let before = bodies("POST").len();
    let mut ids = Vec::<Value>::new();
    for typed in spellings {
        let told = user.run(&["buy", typed, "--yes", "--once", "refill", "--json"]).code(0).json();
        ids.push(told["data"]["purchase_id"].clone());
    }
    ids.dedup();
    assert_eq!((ids.len(), bodies("POST").len()), (1, before + 1));
    user.run(&["buy", "25.01", "--yes", "--once", "refill", "--json"])
        .code(52)
        .failed("idempotency_conflict", Some("no"));
}
