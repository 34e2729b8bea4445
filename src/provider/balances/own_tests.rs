//! What a person may write into a row, and what a mistake in it says.

use super::*;
use crate::core::class::Class;

fn read_text(text: &str) -> Result<BalanceRow> {
    read("mine", &text.parse::<Table>().expect(text))
}

#[test]
fn a_whole_row_is_read() {
    let row = read_text(
        r#"
        title = "My gateway"
        base_url = "https://billing.example/api/"
        path = "/accounts/{account_id}/credit?expand=1"
        body = '{"a":1}'
        header = "X-Api-Key"
        headers = { X-Version = "2" }
        token_variables = ["MY_KEY"]
        balance = ["/data/left", "/data/total"]
        minus = ["/data/reserved"]
        scale = 1000000
        negative = true
        unit = "points"
        scope = "team"
        blocked = "/blocked"
        success = "/ok"
        code = "/code"
        errors = "/errors"
        limit = "/limit"
        used = "/used"
        lags = "it is counted at night"
        page = "https://billing.example/topup"
        "#,
    )
    .expect("a row");
    assert_eq!((row.facts.name, row.facts.title), ("mine", "My gateway"));
    assert_eq!(row.auth, Presented::Header("x-api-key"));
    assert_eq!(row.headers, [("x-version", "2")]);
    assert_eq!(row.look.scope, Scope::Team);
    assert_eq!((row.failures.len(), row.facts.key_variables), (3, &["MY_KEY"][..]));
    let AmountPlace::One(number, Counted::Things("points")) = row.look.amount else {
        panic!("{:?}", row.look.amount)
    };
    assert_eq!((number.scale, number.negative, number.from.len()), (1_000_000, true, 2));
}

#[test]
fn a_mistake_names_its_key_and_what_is_allowed() {
    let base = "base_url = 'https://x.example'\npath = '/b'\nbalance = '/b'\n";
    for (text, key, allowed) in [
        ("path = '/b'\nbalance = '/b'", "base_url", "where the system is"),
        ("base_url = 'ftp://x'\npath = '/b'\nbalance = '/b'", "base_url", "where the system is"),
        ("base_url = 'https://u:p@x'\npath = '/b'\nbalance = '/b'", "base_url", "where the"),
        ("base_url = 'https://x'\nbalance = '/b'", "path", "the path below it"),
        ("base_url = 'https://x'\npath = 'b'\nbalance = '/b'", "path", "the path below it"),
        ("base_url = 'https://x'\npath = '/../b'\nbalance = '/b'", "path", "the path below it"),
        ("base_url = 'https://x'\npath = '/{id}'\nbalance = '/b'", "path", "the path below it"),
        ("base_url = 'https://x'\npath = '/b'", "balance", "a JSON pointer"),
        ("base_url = 'https://x'\npath = '/b'\nbalance = 'b'", "balance", "a JSON pointer"),
        (&format!("{base}balanse = '/b'"), "balanse", "Available: base_url"),
        (&format!("{base}scale = 3"), "scale", "no prime factors but 2 and 5"),
        (&format!("{base}scale = 0"), "scale", "no prime factors but 2 and 5"),
        (&format!("{base}scale = '100'"), "scale", "no prime factors but 2 and 5"),
        (&format!("{base}scope = 'world'"), "scope", "account (the default), key"),
        (&format!("{base}negative = 1"), "negative", "true where money"),
        (&format!("{base}currency = 'dollars'"), "currency", "the code of a currency"),
        (&format!("{base}unit = 'credits'\ncurrency = 'USD'"), "unit", "what is counted"),
        (&format!("{base}list = '/l'"), "currency", "the code of a currency"),
        (&format!("{base}header = 'a b'"), "header", "the header that holds"),
        (&format!("{base}header = 'Host'"), "header", "the header that holds"),
        (&format!("{base}header = 'x'\nauth = 'Key'"), "header", "the header that holds"),
        (&format!("{base}auth = 'a\\nb'"), "auth", "the word before the key"),
        (&format!("{base}headers = 3"), "headers", "a table of fixed headers"),
        (&format!("{base}headers = {{ a = 1 }}"), "headers", "a table of fixed headers"),
        (&format!("{base}token_variables = ['a b']"), "token_variables", "a list of variables"),
        (&format!("{base}body = '{{'"), "body", "the JSON body"),
        (&format!("{base}page = 'javascript:1'"), "page", "the https page"),
        (&format!("{base}usable = '/a'\nblocked = '/b'"), "blocked", "a flag that is true"),
        (&format!("{base}used = '/u'"), "used", "what is used of the limit"),
        (&format!("{base}minus = []"), "minus", "subtracted"),
    ] {
        let refused = read_text(text).expect_err(text);
        assert_eq!(refused.class(), Class::Config, "{text}");
        let message = refused.to_string();
        assert!(message.starts_with(&format!("systems.mine.{key}: ")), "{text}: {message}");
        let hint = refused.parts().hints[0].to_string();
        assert!(hint.contains(allowed), "{text}: {hint}");
    }
    for name in ["", "My", "a b", "deepseek", "-x", &"x".repeat(33)] {
        let table: Table = base.parse().expect("a table");
        let refused = read(name, &table).expect_err(name);
        assert!(refused.to_string().contains("the name cannot be used"), "{refused}");
    }
}

#[test]
fn a_row_is_read_once() {
    let table: Table =
        "base_url = 'https://x.example'\npath = '/b'\nbalance = '/b'".parse().expect("a table");
    let (one, two) = (from_row("once", &table), from_row("once", &table));
    let same = std::ptr::eq(one.expect("one").facts(), two.expect("the same").facts());
    assert!(same, "it was made twice");
    assert!(find("once").is_some() && find("never").is_none());
}
