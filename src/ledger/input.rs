//! What is typed for the ledger, checked: names, keys, amounts, prices, addresses. Each refusal has
//! the rule in it. Contract: poweron.

use super::price::{BasePrice, PLACES};
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::notice::is_address;
use rust_decimal::Decimal;

/// As much of a text that is refused is quoted, in characters.
pub const LONGEST_QUOTED: usize = 60;
/// The most digits that an amount may have in front of the point.
const WHOLE_DIGITS: usize = 12;
/// The longest name, in characters.
const LONGEST_NAME: usize = 128;
/// The longest key, in characters.
const LONGEST_KEY: usize = 255;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;

/// Checks a name: of a mandate, a user, a provider, a feature. Any printable text is one.
///
/// # Errors
/// Class `usage`.
pub fn check_name(text: &str) -> Result<String> {
    check_printable(text, "name", LONGEST_NAME)
}

/// Checks the key of a transaction. Any printable text is one.
///
/// # Errors
/// Class `usage`.
pub fn check_key(text: &str) -> Result<String> {
    check_printable(text, "key", LONGEST_KEY)
}

/// Checks a text for people: one line, not endless.
///
/// # Errors
/// Class `usage`.
pub fn check_description(text: &str) -> Result<String> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > LONGEST_DESCRIPTION || text.chars().any(char::is_control)
    {
        let quoted = escape::short(text, LONGEST_QUOTED);
        return Err(Failure::usage(format!(
            "'{quoted}' is not a description: it takes one line of 1 to {LONGEST_DESCRIPTION} characters"
        )));
    }
    Ok(text.to_owned())
}

fn check_printable(text: &str, what: &str, longest: usize) -> Result<String> {
    let length = text.chars().count();
    if (1..=longest).contains(&length) && text.trim() == text && text.chars().all(escape::is_plain)
    {
        return Ok(text.to_owned());
    }
    let quoted = escape::short(text, LONGEST_QUOTED);
    Err(Failure::usage(format!(
        "'{quoted}' is not a {what}: it takes 1 to {longest} printable characters, without a blank \
         at either end"
    )))
}

/// Checks a currency.
///
/// # Errors
/// Class `usage`.
pub fn check_currency(text: &str) -> Result<String> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(Failure::usage(format!("'{}' is not a currency", text.escape_debug()))
        .hint("A currency is three capital letters, such as CHF."))
}

/// Reads an amount of money: not below zero, at most six decimals, exact.
///
/// # Errors
/// Class `usage`.
pub fn check_amount(text: &str) -> Result<Decimal> {
    if text.starts_with('-') {
        return Err(no_amount(text, "it is negative"));
    }
    decimal(text, PLACES)
}

/// What a price is written like: for every message about one that is not.
pub const PRICE_FORM: &str = "a number such as 0.0125 or 1.65e-05, not below zero";

/// Reads a price before the markup, as a program prints it: exact.
///
/// # Errors
/// Class `usage`.
pub fn check_base_price(text: &str) -> Result<BasePrice> {
    BasePrice::parse(text).map_err(|why| {
        let quoted = escape::short(text, LONGEST_QUOTED);
        Failure::usage(format!("'{quoted}' is not a price: {why}; write {PRICE_FORM}"))
    })
}

/// Reads a markup in percent: not below zero, at most a million, four decimals.
///
/// # Errors
/// Class `usage`.
pub fn check_markup(text: &str) -> Result<Decimal> {
    if text.starts_with('-') {
        return Err(no_amount(text, "a markup is not negative"));
    }
    let markup = decimal(text, 4)?;
    if markup > Decimal::from(1_000_000) {
        return Err(no_amount(text, "a markup is at most 1000000 percent"));
    }
    Ok(markup)
}

fn decimal(text: &str, decimals: u32) -> Result<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split('.').next().unwrap_or_default();
    if whole.len() > WHOLE_DIGITS {
        return Err(no_amount(text, "it has more than twelve digits before the point"));
    }
    let amount =
        Money::parse(text).ok_or_else(|| no_amount(text, "write digits and at most one point"))?.0;
    if amount.scale() > decimals {
        return Err(no_amount(text, &format!("it has more than {decimals} decimals")));
    }
    Ok(amount.normalize())
}

fn no_amount(text: &str, why: &str) -> Failure {
    Failure::usage(format!("'{}' is not an amount: {why}", text.escape_debug()))
        .hint("Write it like 12.50 or 0.0125.")
}

/// Addresses as they are written in all the ways there are: one, a JSON array, an empty text.
///
/// # Errors
/// Class `usage` for what is no address.
pub fn check_addresses(given: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in given {
        let text = text.trim();
        if text.starts_with('[') {
            let list: Vec<String> = serde_json::from_str(text).map_err(|cause| {
                Failure::usage("a list of addresses is not a JSON array of text").because(cause)
            })?;
            all.extend(list);
        } else {
            all.push(text.to_owned());
        }
    }
    let mut checked: Vec<String> = Vec::new();
    for address in all.iter().map(|address| address.trim()).filter(|address| !address.is_empty()) {
        if !is_address(address) {
            // Not repeated: it may end in a log, and addresses do not belong there.
            return Err(Failure::usage("one of the addresses is not an e-mail address"));
        }
        if !checked.iter().any(|known| known == address) {
            checked.push(address.to_owned());
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_currencies_and_amounts_have_their_grammar() {
        for good in [
            "acme",
            "a",
            "anna@acme.ch",
            "dependabot[bot]",
            "openai/gpt-4o",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "Müller",
            "a b",
            "it's \"so\"; = :",
            "漢字 😀",
            &"ü".repeat(128),
        ] {
            assert_eq!(check_name(good).expect("a name"), good);
        }
        for bad in
            ["", " a", "a\t", "a\nb", "\u{1b}[2J", "a\u{202e}b", "a\u{200b}", &"x".repeat(129)]
        {
            let refused = check_name(bad).expect_err(bad).to_string();
            assert!(refused.contains("1 to 128 printable characters"), "{refused}");
            assert!(refused.chars().all(escape::is_plain), "{refused}");
        }
        assert!(check_description(&"ü".repeat(500)).is_ok());
        let refused = check_description(&"x".repeat(501)).expect_err("too long").to_string();
        assert!(refused.contains("one line of 1 to 500 characters"), "{refused}");
        assert!(check_description("two\nlines").is_err() && check_description("").is_err());
        assert!(check_key("1").is_ok() && check_key(&"k".repeat(256)).is_err());
        assert!(check_currency("CHF").is_ok());
        for bad in ["chf", "CH", "CHFF", "C1F"] {
            assert!(check_currency(bad).is_err(), "{bad}");
        }
        for (typed, kept) in [("0", "0"), ("12.50", "12.5"), ("0.000001", "0.000001")] {
            assert_eq!(check_amount(typed).expect("an amount").to_string(), kept);
        }
        for bad in ["", "-1", "+1", "1e3", "1,5", ".5", "5.", "0.0000001", "1234567890123", "1_0"] {
            assert!(check_amount(bad).is_err(), "{bad}");
        }
        for (typed, kept) in [("1.65e-05", "0.0000165"), ("0.10", "0.1"), (".0012", "0.0012")] {
            assert_eq!(check_base_price(typed).expect("a price").to_string(), kept);
        }
        let long = "9".repeat(2_000);
        for bad in ["-3", "NaN", "abc", &long] {
            let refused = check_base_price(bad).expect_err(bad).to_string();
            assert!(refused.contains("such as 0.0125 or 1.65e-05"), "{refused}");
            assert!(
                refused.contains(&bad[..bad.len().min(60)]) && refused.len() < 200,
                "{refused}"
            );
        }
        assert!(check_markup("12.5").is_ok());
        for bad in ["-1", "1000001", "0.00001"] {
            assert!(check_markup(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_come_as_a_list_as_json_or_as_one_text() {
        let read = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            check_addresses(&given)
        };
        let two = ["a@x.example", "b@x.example"];
        assert_eq!(read(&two).expect("a list"), two);
        assert_eq!(read(&[r#"["a@x.example", " b@x.example ", ""]"#]).expect("JSON"), two);
        assert_eq!(read(&[" a@x.example ", "a@x.example"]).expect("one"), ["a@x.example"]);
        assert_eq!(read(&["", "[]"]).expect("none"), Vec::<String>::new());
        for bad in [&["nobody"][..], &["[1]"], &["a@x.example\nBcc: b@x.example"]] {
            let refused = read(bad).expect_err("no address");
            assert!(!refused.to_string().contains("example"), "no address is told back");
        }
    }
}
