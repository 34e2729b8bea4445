//! Promise: every operation of the ledger answers with the keys of its contract, and leaves in the
//! book exactly what it said.

mod lists;

use crate::books::{
    TRANSACTION, amount, check_book, data, fill, keys, ledger, on_each_store, with_pool,
};
use crate::support::User;
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

const MANDATE: &[&str] =
    &["mandate", "billing_model", "currency", "markup_percent", "notify", "cooldown_s"];
const BOOKED: &[&str] = &["recorded", "transaction", "balance", "currency", "replayed"];
const BALANCE: &[&str] = &["balance", "reserved", "currency", "mandate", "user", "billing_model"];

/// The time and the id of a transaction are its own; everything else is compared.
fn without_its_own(transaction: &Value) -> Value {
    keys(transaction, TRANSACTION);
    let mut rest = transaction.clone();
    let rest_of = rest.as_object_mut().expect("an object");
    let id = rest_of.remove("id").expect("an id");
    assert!(uuid::Uuid::parse_str(id.as_str().expect("text")).is_ok(), "{id}");
    let at = rest_of.remove("created_at").expect("a time");
    let at: jiff::Timestamp = at.as_str().expect("text").parse().expect("a time");
    let age = jiff::Timestamp::now().duration_since(at).as_secs();
    assert!((0..120).contains(&age), "{at}");
    rest
}

#[test]
fn a_mandate_is_made_with_defaults_and_changed_where_something_is_given() {
    let user = User::new();
    let listed = data(&user, &["mandates"]);
    assert_eq!(listed, json!({"mandates": []}));
    let init = |more: &[&str]| {
        let made = data(&user, &[&["init", "--mandate", "acme"], more].concat());
        keys(&made, MANDATE);
        made
    };
    ledger(&user, &["init", "--mandate", "acme"]).code(2).says("model");
    let trial = ["init", "--mandate", "acme", "--model", "unlimited", "--dry-run"];
    let shown = |more: &[&str]| user.run(&[&["ledger"], &trial[..], more].concat()).code(0);
    shown(&[]).prints("--currency and --markup were not given");
    shown(&["--currency", "EUR"]).prints("--markup was not given");
    let chosen = shown(&["--currency", "EUR", "--markup", "0"]);
    assert!(!chosen.out.contains("not given"), "{}", chosen.out);
    let made = init(&["--model", "prepay-mandate"]);
    let defaults = json!({
        "mandate": "acme", "billing_model": "prepay_mandate", "currency": "CHF",
        "markup_percent": "50", "notify": [], "cooldown_s": 3600,
    });
    assert_eq!(made, defaults);
    assert_eq!(init(&[]), defaults, "nothing given, nothing changed");
    let told = ["--notify", "a@x.example", "--notify", "b@x.example"];
    let changed = init(&[&["--markup", "12.5", "--cooldown", "90s"], &told[..]].concat());
    assert_eq!(changed["markup_percent"], "12.5");
    assert_eq!(changed["cooldown_s"], 90);
    assert_eq!(changed["notify"], json!(["a@x.example", "b@x.example"]));
    assert_eq!(changed["currency"], "CHF");
    let list = r#"["c@x.example","d@x.example"]"#;
    assert_eq!(
        init(&["--notify", list])["notify"],
        json!(["c@x.example", "d@x.example"]),
        "a JSON array"
    );
    assert_eq!(init(&["--notify", ""])["notify"], json!([]), "nobody");
    assert_eq!(init(&["--currency", "EUR"])["currency"], "EUR");
    // The word of the seed is read as well as the one that is typed.
    assert_eq!(init(&["--model", "PREPAY_USER"])["billing_model"], "prepay_user");
    data(&user, &["init", "--mandate", "beta", "--model", "unlimited"]);
    let all = data(&user, &["mandates"]);
    let names: Vec<&Value> =
        all["mandates"].as_array().expect("two").iter().map(|one| &one["mandate"]).collect();
    assert_eq!(names, ["acme", "beta"]);
    user.run(&["ledger", "mandates"]).code(0).prints("prepay-user").prints("unlimited");
}

#[test]
fn a_currency_stays_once_something_is_booked() {
    let user = with_pool("5");
    ledger(&user, &["init", "--mandate", "acme", "--currency", "EUR"]).code(2).says("CHF");
    data(&user, &["init", "--mandate", "acme", "--currency", "CHF", "--markup", "1"]);
    assert_eq!(data(&user, &["balance"])["currency"], "CHF");
}

#[test]
fn a_check_answers_with_what_is_there_and_what_was_asked_for() {
    let user = with_pool("5");
    let shape = [
        "allowed",
        "current_balance",
        "reserved",
        "required_amount",
        "base_price",
        "markup_percent",
        "currency",
        "billing_model",
        "mandate",
        "user",
    ];
    let checked = data(&user, &["check", "5", "--user", "anna"]);
    keys(&checked, &shape);
    assert_eq!(
        checked,
        json!({
            "allowed": true, "current_balance": "5.00", "reserved": "0.00",
            "required_amount": "5.00", "base_price": null, "markup_percent": null, "currency": "CHF",
            "billing_model": "prepay_mandate", "mandate": "acme", "user": "anna",
        })
    );
    for (cost, code) in [("0", 0), ("4.999999", 0), ("5.000001", 30), ("6", 30)] {
        ledger(&user, &["check", cost]).code(code);
    }
    assert_eq!(check_book(&user, "acme").len(), 1, "a check books nothing");
    // A base price gets the markup first.
    data(&user, &["init", "--mandate", "acme", "--markup", "50"]);
    let checked = data(&user, &["check", "--base", "3.333333"]);
    assert_eq!(checked["required_amount"], "5.00", "half to even");
    assert_eq!(
        (&checked["base_price"], &checked["markup_percent"]),
        (&"3.333333".into(), &"50".into())
    );
    let refused =
        ledger(&user, &["check", "--base", "3.34"]).code(30).failed("insufficient_balance", None);
    assert_eq!(refused["error"]["details"]["base_price"], "3.34");
    user.run(&["ledger", "check", "--base", "3.34"])
        .code(30)
        .says("CHF 5.00, CHF 5.01 (base price 3.34 and 50 % markup) is needed");
    data(&user, &["init", "--mandate", "acme", "--markup", "0"]);
    // Nothing left is refused even for nothing, and so is less than nothing.
    data(&user, &["record", "5", "--for-provider", "openai"]);
    ledger(&user, &["check", "0"]).code(30);
    data(&user, &["record", "1", "--for-provider", "openai"]);
    assert_eq!(data(&user, &["balance"])["balance"], "-1.00", "the cost comes after the check");
    ledger(&user, &["check", "0"]).code(30);
    data(&user, &["init", "--mandate", "acme", "--model", "unlimited"]);
    let checked = data(&user, &["check", "1000"]);
    assert_eq!(
        (&checked["allowed"], &checked["billing_model"]),
        (&true.into(), &"unlimited".into())
    );
}

#[test]
fn a_price_is_the_base_with_the_markup_in_six_decimals() {
    let user = User::new();
    data(&user, &["init", "--mandate", "acme", "--model", "prepay-mandate"]);
    let price = |base: &str| {
        let priced = data(&user, &["price", "--", base]);
        keys(&priced, &["base", "markup_percent", "price", "currency"]);
        priced["price"].as_str().expect("a price").to_owned()
    };
    for (base, told) in [
        ("1", "1.500000"),
        ("0.01", "0.015000"),
        ("0.000001", "0.000002"),
        ("0.000003", "0.000004"),
        ("0.000000333333", "0.000000"),
        ("0", "0.000000"),
        ("1.65e-05", "0.000025"),
        ("0.005940000000000001", "0.008910"),
        (".0012", "0.001800"),
        ("1E+2", "150.000000"),
    ] {
        assert_eq!(price(base), told, "{base}");
    }
    let bare = ["ledger", "price", "0.0125", "--get", "price"];
    assert_eq!(user.run(&bare).code(0).out, "0.018750\n");
    user.run(&["ledger", "price", "0.0125"])
        .code(0)
        .prints("CHF 0.01875")
        .prints("base price 0.0125 and 50 % markup");
    // A few of them by the other way: the decimal library's own product and rounding.
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let cases = (1_i64..=10_000_000_000, 0_u32..=12, 0_i64..=9_999_999, 0_u32..=4);
    runner
        .run(&cases, |(base, base_scale, markup, markup_scale)| {
            let (base, markup) =
                (Decimal::new(base, base_scale), Decimal::new(markup, markup_scale));
            let markup = markup.min(Decimal::from(1_000_000));
            data(&user, &["init", "--mandate", "acme", "--markup", &markup.to_string()]);
            let factor = (Decimal::ONE_HUNDRED + markup) * Decimal::new(1, 2);
            let mut expected =
                (base * factor).round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven);
            expected.rescale(6);
            prop_assert_eq!(price(&base.to_string()), expected.to_string());
            Ok(())
        })
        .unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn a_use_is_a_debit_of_the_marked_up_price_with_everything_it_was_filed_under() {
    let user = with_pool("10");
    data(&user, &["init", "--mandate", "acme", "--markup", "50"]);
    let filed = [
        "record",
        "0.02",
        "--for-provider",
        "openai",
        "--workflow",
        "wf-1",
        "--feature-code",
        "chat",
        "--feature-instance",
        "chat-7",
        "--user",
        "anna",
        "--description",
        "a question",
        "--key",
        "key-0001",
    ];
    let booked = data(&user, &filed);
    keys(&booked, BOOKED);
    assert_eq!((&booked["recorded"], &booked["replayed"]), (&true.into(), &false.into()));
    assert_eq!((&booked["balance"], &booked["currency"]), (&"9.97".into(), &"CHF".into()));
    assert_eq!(
        without_its_own(&booked["transaction"]),
        json!({
            "seq": 2, "mandate": "acme", "account_user": null, "type": "DEBIT", "amount": "0.03",
            "balance_after": "9.97", "reference": "USAGE", "description": "a question",
            "idempotency_key": "key-0001", "provider": "openai", "user": "anna", "base_price": "0.02",
            "markup_percent": "50", "workflow_id": "wf-1", "feature_instance_id": "chat-7",
            "feature_code": "chat", "reverses": null,
        })
    );
    let plain = data(&user, &["record", "1", "--for-provider", "openai"]);
    assert_eq!(plain["transaction"]["description"], "AI usage: openai");
    let booked = data(&user, &["record", "--for-provider", "openai", "--", "0"]);
    keys(&booked, BOOKED);
    assert_eq!((&booked["recorded"], &booked["transaction"]), (&false.into(), &Value::Null));
    assert_eq!(booked["balance"], "8.47");
    let said = user.run(&["ledger", "record", "0", "--for-provider", "openai"]).code(0);
    said.prints("Nothing was recorded");
    assert_eq!(check_book(&user, "acme").len(), 3);
    // What is merely too little for the books is a use, and keeps the price that was told.
    for (cost, base_price, amount) in [
        ("1.65e-07", "0.000000165", "0.00"),
        (".0000000001", "0.0000000001", "0.00"),
        ("0.005940000000000001", "0.005940000000000001", "0.00891"),
        ("1.65e-05", "0.0000165", "0.000025"),
    ] {
        let booked = data(&user, &["record", cost, "--for-provider", "openai"]);
        assert_eq!(booked["recorded"], true, "{cost}");
        let transaction = &booked["transaction"];
        assert_eq!(transaction["base_price"], base_price);
        assert_eq!(transaction["amount"], amount, "{cost}");
    }
    let sums = data(&user, &["stats", "--by", "provider"]);
    assert_eq!((&sums["rows"][0]["count"], &sums["total"]), (&6.into(), &"1.538935".into()));
    assert_eq!(check_book(&user, "acme").len(), 7);
}

#[test]
fn money_comes_in_for_a_reason_and_to_the_account_that_the_model_says() {
    let user = User::new();
    data(&user, &["init", "--mandate", "pool", "--model", "prepay-mandate"]);
    let booked = data(&user, &["credit", "12.5", "--user", "anna"]);
    keys(&booked, BOOKED);
    assert_eq!(
        without_its_own(&booked["transaction"]),
        json!({
            "seq": 1, "mandate": "pool", "account_user": null, "type": "CREDIT", "amount": "12.50",
            "balance_after": "12.50", "reference": "ADMIN", "description": "Credit",
            "idempotency_key": null, "provider": null, "user": null, "base_price": null,
            "markup_percent": null, "workflow_id": null, "feature_instance_id": null,
            "feature_code": null, "reverses": null,
        })
    );
    for reference in ["PAYMENT", "system", "Admin"] {
        let booked =
            data(&user, &["credit", "1", "--reference", reference, "--description", "why: \"so\""]);
        assert_eq!(booked["transaction"]["reference"], reference.to_ascii_uppercase());
        assert_eq!(booked["transaction"]["description"], "why: \"so\"");
    }
    // What is used is no credit.
    ledger(&user, &["credit", "1", "--reference", "USAGE"]).code(2);
    check_book(&user, "pool");
    let user = User::new();
    data(&user, &["init", "--mandate", "each", "--model", "prepay-user", "--markup", "0"]);
    ledger(&user, &["credit", "1"]).code(2).says("--user");
    ledger(&user, &["balance"]).code(2).says("--user");
    ledger(&user, &["record", "1", "--for-provider", "openai"]).code(2).says("--user");
    assert_eq!(
        data(&user, &["credit", "1", "--user", "anna"])["transaction"]["account_user"],
        "anna"
    );
    let anna = user.with("TOPUP_LEDGER_USER", "anna");
    assert_eq!(data(&anna, &["credit", "2"])["balance"], "3.00");
    assert_eq!(data(&anna, &["record", "1", "--for-provider", "openai"])["balance"], "2.00");
    assert_eq!(data(&anna, &["balance", "--user", "ben"])["balance"], "0.00");
    check_book(&anna, "each");
}

#[test]
fn a_key_names_one_transaction() {
    let user = with_pool("10");
    let record = ["record", "2", "--for-provider", "openai", "--key", "key-0001"];
    let first = data(&user, &record);
    data(&user, &["init", "--mandate", "acme", "--markup", "100"]);
    let again = data(&user, &record);
    assert_eq!(again["transaction"], first["transaction"], "at the price of the first time");
    assert_eq!((&first["replayed"], &again["replayed"]), (&false.into(), &true.into()));
    assert_eq!(again["balance"], "8.00");
    user.run(&[&["ledger"], &record[..]].concat()).code(0).prints("booked before");
    for (other, what, booked, asked) in [
        (
            &["record", "3", "--for-provider", "openai", "--key", "key-0001"][..],
            "base_price",
            "2",
            "3",
        ),
        (
            &["record", "2", "--for-provider", "mistral", "--key", "key-0001"],
            "provider",
            "openai",
            "mistral",
        ),
        (
            &[&record[..], &["--description", "another"]].concat(),
            "description",
            "AI usage: openai",
            "another",
        ),
        (&["credit", "2", "--key", "key-0001"], "type", "DEBIT", "CREDIT"),
    ] {
        let refused = ledger(&user, other).code(52).failed("idempotency_conflict", None);
        let details = &refused["error"]["details"];
        assert_eq!(details["transaction_id"], first["transaction"]["id"]);
        assert_eq!(details["differs"][what], json!({"booked": booked, "asked": asked}));
        let message = refused["error"]["message"].as_str().expect("text");
        assert!(message.contains(booked) && message.contains(asked), "{message}");
    }
    for (more, what) in [
        (["--user", "anna"], "user"),
        (["--workflow", "w"], "workflow"),
        (["--feature-code", "f"], "feature"),
        (["--feature-instance", "i"], "feature_instance"),
    ] {
        let other = [&record[..], &more].concat();
        let refused = ledger(&user, &other).code(52).failed("idempotency_conflict", None);
        let differs = &refused["error"]["details"]["differs"];
        assert_eq!(differs[what], json!({"booked": null, "asked": more[1]}));
    }
    // One character is a key.
    assert_eq!(data(&user, &["credit", "0.5", "--key", "1"])["replayed"], false);
    assert_eq!(data(&user, &["credit", "0.5", "--key", "1"])["replayed"], true);
    let credit = ["credit", "3", "--key", "key-0002", "--description", "one"];
    let first = data(&user, &credit);
    let again = data(&user, &["credit", "3.00", "--key", "key-0002", "--description", "one"]);
    assert_eq!((&again["transaction"], &again["replayed"]), (&first["transaction"], &true.into()));
    assert_eq!(check_book(&user, "acme").len(), 4);
    // Another mandate has keys of its own.
    data(&user, &["init", "--mandate", "beta", "--model", "unlimited"]);
    let other = data(&user, &["credit", "3", "--key", "key-0002", "--mandate", "beta"]);
    assert_eq!(other["replayed"], false);
}

#[test]
fn a_transaction_is_taken_back_once_and_what_was_spent_is_less() {
    on_each_store(|user, _| {
        fill(user, "10");
        let use_of = ["record", "2", "--for-provider", "openai", "--user", "anna"];
        let booked = data(user, &use_of)["transaction"].clone();
        data(user, &use_of);
        let id = booked["id"].as_str().expect("an id");
        let reverse = ["reverse", id, "--reason", "booked twice"];
        let back = data(user, &reverse);
        keys(&back, BOOKED);
        assert_eq!((&back["replayed"], &back["balance"]), (&false.into(), &"8.00".into()));
        let reversal = &back["transaction"];
        assert_eq!(
            without_its_own(reversal),
            json!({
                "seq": 4, "mandate": "acme", "account_user": null, "type": "CREDIT",
                "amount": "2.00", "balance_after": "8.00", "reference": "USAGE",
                "description": "booked twice", "idempotency_key": null, "provider": "openai",
                "user": "anna", "base_price": "2", "markup_percent": "0", "workflow_id": null,
                "feature_instance_id": null, "feature_code": null, "reverses": id,
            })
        );
        let again = data(user, &reverse);
        assert_eq!((&again["replayed"], &again["transaction"]), (&true.into(), reversal));
        user.run(&[&["ledger"], &reverse[..]].concat()).code(0).prints("taken back before");
        let sums = data(user, &["stats", "--by", "provider"]);
        assert_eq!(sums["rows"], json!([{"key": "openai", "count": 1, "total": "2.00"}]));
        assert_eq!(check_book(user, "acme").len(), 4);
        for wrong in [
            &["reverse", id][..],
            &["reverse", id, "--reason", ""],
            &["reverse", "no-such-id", "--reason", "so"],
        ] {
            ledger(user, wrong).code(2).failed("usage", None);
        }
        // A credit is never negative: that is what this is for.
        ledger(user, &["credit", "-2"]).code(2);
    });
}

#[test]
fn a_denied_provider_is_refused_and_what_nobody_has_said_is_allowed() {
    let user = with_pool("10");
    let rules = |arguments: &[&str]| {
        let found = data(&user, arguments);
        keys(&found, &["mandate", "rules"]);
        for rule in found["rules"].as_array().expect("rules") {
            keys(rule, &["user", "provider", "allowed"]);
        }
        found["rules"].clone()
    };
    assert_eq!(rules(&["providers"]), json!([]));
    let rule = |user: Option<&str>, provider: &str, allowed: bool| json!({"user": user, "provider": provider, "allowed": allowed});
    assert_eq!(rules(&["deny", "openai"]), json!([rule(None, "openai", false)]));
    let both = json!([rule(None, "openai", false), rule(Some("anna"), "openai", true)]);
    assert_eq!(rules(&["allow", "openai", "--user", "anna"]), both);
    assert_eq!(rules(&["providers"]), both);
    assert_eq!(
        rules(&["providers", "--user", "anna"]),
        json!([rule(Some("anna"), "openai", true)])
    );
    assert_eq!(rules(&["providers", "--user", "ben"]), json!([rule(None, "openai", false)]));
    let run = |more: &[&str], provider: &str| {
        let run = ["run", "--estimate", "1", "--for-provider", provider];
        let ran = ledger(&user, &[&run[..], more, &["--", "true"]].concat());
        (ran.code, ran)
    };
    let (code, refused) = run(&[], "openai");
    assert_eq!(code, 14);
    let refused = refused.failed("role_required", None);
    assert_eq!(refused["error"]["recovery"], "ask_admin");
    assert_eq!(
        refused["error"]["details"],
        json!({"provider": "openai", "resource": "resource.aicore.openai"})
    );
    assert_eq!(run(&["--user", "ben"], "openai").0, 14);
    assert_eq!(run(&["--user", "anna"], "openai").0, 0);
    assert_eq!(run(&[], "another").0, 0);
    rules(&["allow", "openai"]);
    rules(&["deny", "openai", "--user", "anna"]);
    assert_eq!(run(&["--user", "ben"], "openai").0, 0);
    assert_eq!(run(&["--user", "anna"], "openai").0, 14);
    user.run(&["ledger", "providers"]).code(0).prints("everybody").prints("denied");
    assert_eq!(check_book(&user, "acme").len(), 4, "the credit, and what was allowed to run");
}

#[test]
fn only_what_can_be_told_succeeds_and_a_key_makes_the_same_command_safe_again() {
    let user = with_pool("10");
    let credit = ["ledger", "credit", "5", "--key", "key-0001", "--json"];
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut child = user.command(&credit).stdout(full).spawn().expect("it starts");
    assert_eq!(child.wait().expect("a status").code(), Some(4));
    let closed = format!("exec \"$0\" {} >&-", credit.join(" "));
    let mut shell = user.command(&[]);
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", &closed, crate::support::topup()]).env_clear();
    for (name, value) in shell.stdin(std::process::Stdio::null()).get_envs() {
        if let Some(value) = value {
            bash.env(name, value);
        }
    }
    assert_eq!(bash.output().expect("bash").status.code(), Some(4));
    let told = data(&user, &["credit", "5", "--key", "key-0001"]);
    assert_eq!((&told["replayed"], &told["balance"]), (&true.into(), &"15.00".into()));
    assert_eq!(check_book(&user, "acme").len(), 2);
}
