//! What is typed, stands in a variable, or is a single word of a larger answer.

use super::checks::{assert_safe, check_failure, text};
use crate::cli::verbs::Cli;
use crate::cli::verbs::schema;
use crate::cli::verbs::shape::Shape;
use crate::core::duration;
use crate::core::escape;
use crate::core::failure::Failure;
use crate::core::link;
use crate::core::money::{Amount, Money};
use crate::credentials::jwt;
use crate::ledger::input;
use crate::ledger::postgres::LEDGER;
use crate::notice::Channels;
use crate::provider::{ChargeId, IdempotencyKey};
use crate::purchase::key;
use crate::store::postgres::target::ServerTarget as Server;
use clap::Parser;
use rust_decimal::Decimal;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;
use url::Url;

/// An amount is whole cents above zero, of ASCII digits only, and always the same number.
pub(super) fn amount(bytes: &[u8]) {
    let Some(typed) = text(bytes) else { return };
    match Amount::parse(typed) {
        Err(refused) => check_failure(&refused),
        Ok(amount) => {
            let digits: String = typed.chars().filter(|c| !matches!(c, '$' | ' ')).collect();
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{typed:?}");
            // The second opinion: a decimal by the book.
            let meant: Decimal = digits.parse().expect("a decimal");
            assert_eq!(amount.decimal(), meant);
            assert!(meant > Decimal::ZERO && meant.normalize().scale() <= 2);
            assert_eq!(Amount::parse(&amount.to_string()).ok(), Some(amount));
            assert_eq!(Amount::parse(&amount.json_number()).ok(), Some(amount));
            assert_eq!(Amount::from_decimal(meant), Some(amount));
        }
    }
}

/// Money keeps each digit that it was given, out of text and out of JSON.
pub(super) fn money(bytes: &[u8]) {
    let Some(given) = text(bytes) else { return };
    if let Some(money) = Money::parse(given) {
        assert_eq!(money.to_string().trim_start_matches('-'), unpadded(given));
        assert!(money.shown().contains('.'));
        let quoted = serde_json::to_string(&money).expect("JSON");
        assert_eq!(serde_json::from_str::<Money>(&quoted).expect("money"), money);
    }
    if let Ok(money) = serde_json::from_str::<Money>(given) {
        let digits = given.trim().trim_matches('"');
        if digits.contains(['e', 'E']) {
            // The point is moved; what is read is written in full and means the same.
            assert_eq!(Money::parse(&money.to_string()), Some(money), "{given:?}");
        } else {
            assert_eq!(Money::parse(digits), Some(money), "{given:?}");
        }
    }
    for read in [input::check_amount, input::check_markup] {
        if let Err(refused) = read(given) {
            check_failure(&refused);
        }
    }
    if let Ok(price) = input::check_base_price(given) {
        assert_eq!(input::check_base_price(&price.to_string()).expect("a price"), price);
    }
}

/// Without the zeros in front, and the sign.
fn unpadded(given: &str) -> String {
    let digits = given.trim_start_matches('-');
    let (whole, rest) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    let whole = whole.trim_start_matches('0');
    format!("{}{rest}", if whole.is_empty() { "0" } else { whole })
}

/// Only a link of the own origin may be opened.
pub(super) fn link(bytes: &[u8]) {
    let Some(given) = text(bytes) else { return };
    for base in ["https://portal.example", "http://127.0.0.1:8080/x", "https://[::1]:8443"] {
        let base = Url::parse(base).expect("a URL");
        let link::Link::Own(own) = link::resolve(&base, given) else { continue };
        let again = Url::parse(&own).expect("a URL");
        assert_eq!(again.origin(), base.origin(), "{given:?}");
        assert!(matches!(again.scheme(), "http" | "https"));
        assert!(again.username().is_empty() && again.password().is_none());
        assert!(own.bytes().all(|byte| (b'!'..=b'~').contains(&byte)), "{own:?}");
        assert!(own.starts_with(&base.origin().ascii_serialization()), "{own:?}");
    }
}

/// A base URL: what hangs below it stays on its origin.
pub(super) fn base_url(bytes: &[u8]) {
    let Some(typed) = text(bytes) else { return };
    match crate::core::base_url::base_url(typed, false) {
        Err(refused) => check_failure(&refused),
        Ok(url) => {
            assert!(url.scheme() == "https" || crate::core::base_url::is_loopback(&url));
            assert!(url.host_str().is_some_and(|host| !host.is_empty()));
            let below = crate::core::base_url::below(&url, &["api", "..", "a/b?c#d"]);
            assert_eq!(below.origin(), url.origin());
            assert!(below.query().is_none() && below.fragment().is_none());
        }
    }
}

/// What is shown of foreign text is plain, and short where it has to be.
pub(super) fn shown(bytes: &[u8]) {
    let given = String::from_utf8_lossy(bytes);
    let line = escape::line(&given);
    assert_safe(&line);
    assert!(line.len() <= escape::LONGEST + 16);
    assert_safe(&escape::value(&given));
    assert!(escape::short(&given, 20).chars().count() <= 21);
    assert!(given.starts_with(escape::cut(&given)));
    let document = serde_json::json!({ "x": given }).to_string();
    let safe = escape::json(&document);
    assert_safe(&safe);
    let again: serde_json::Value = serde_json::from_str(&safe).expect("JSON");
    assert_eq!(again["x"], given.as_ref(), "it means the same");
}

/// Ids, keys, names and the claims of tokens.
pub(super) fn ids(bytes: &[u8]) {
    let Some(given) = text(bytes) else { return };
    if let Ok(id) = ChargeId::parse(given) {
        let base = Url::parse("https://portal.example").expect("a URL");
        let url = crate::core::base_url::below(&base, &["charge", id.as_str()]);
        assert_eq!(url.path(), format!("/charge/{given}"));
    }
    if let Ok(key) = IdempotencyKey::parse(given) {
        assert!(reqwest::header::HeaderValue::from_str(key.as_str()).is_ok());
    }
    if key::check_name(given).is_ok() {
        assert!(!given.chars().any(char::is_control));
        key::derived_key("https://portal.example", "org", given, 1).expect("a key");
    }
    if let Err(refused) = input::check_name(given) {
        check_failure(&refused);
    }
    jwt::claims(given);
}

/// A duration that was read is written in words that mean no more than it.
pub(super) fn duration(bytes: &[u8]) {
    let Some(typed) = text(bytes) else { return };
    match duration::parse(typed) {
        Err(refused) => check_failure(&Failure::usage(refused)),
        Ok(read) => {
            let shown = duration::show(read).replace(' ', "");
            let again = duration::parse(&shown).expect("a duration");
            let lost = read.checked_sub(again).expect("not more than was read");
            assert!(lost < Duration::from_hours(24), "{typed} {shown}");
        }
    }
}

/// Places with passwords in them: they are never repeated.
pub(super) fn places(bytes: &[u8]) {
    let Some(given) = text(bytes) else { return };
    let variables = crate::core::environment::Variables::default();
    if let Err(refused) = Server::read(&LEDGER, given, Duration::from_secs(1), &variables) {
        check_failure(&refused);
    }
    for (smtp, hook) in [(Some(given), None), (None, Some(given))] {
        if let Err(refused) = Channels::parse(smtp, None, hook) {
            check_failure(&refused);
        }
    }
    let secret = "pw-canary-71c2";
    for place in [format!("postgres://u:{secret}@{given}"), format!("{given}:{secret}@host/db")] {
        if let Err(refused) = Server::read(&LEDGER, &place, Duration::from_secs(1), &variables) {
            assert!(!format!("{refused:?}").contains(secret), "{given:?}");
        }
        if let Err(refused) = Channels::parse(Some(&place), None, Some(&place)) {
            assert!(!format!("{refused:?}").contains(secret), "{given:?}");
        }
    }
}

/// A command line: one word a line, of any bytes.
pub(super) fn command_line(bytes: &[u8]) {
    let words = bytes.split(|byte| *byte == b'\n').take(12);
    let argv = std::iter::once(OsString::from("topup"))
        .chain(words.map(|word| OsString::from_vec(word.to_vec())));
    if let Ok(cli) = Cli::try_parse_from(argv)
        && let Some(path) = cli.globals.get.first()
        && let Err(refused) = schema::check_path(cli.verb.name(), Shape::Usual, None, path)
    {
        check_failure(&refused);
    }
}
