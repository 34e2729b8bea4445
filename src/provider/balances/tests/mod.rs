//! Every trap of the contract page, as an answer and what has to be made of it. No network: the
//! answers are played.

use super::*;
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::credentials::Store;
use crate::http::Http;
use crate::http::replay::Replay;
use crate::provider::{AccountState as _, find};
use std::path::Path;

mod answers;
mod words;

/// The key of these tests: it may turn up nowhere.
const KEY: &str = "sk-very-secret-key";

/// What a profile says of the account.
const ACCOUNT: &[(&str, &str)] =
    &[("account_id", "acc"), ("team_id", "team"), ("project_id", "project")];

/// The answer of a row to this tape, or why there is none.
fn answered_with(name: &str, tape: &str, account: &[(&'static str, &str)]) -> Result<RowState> {
    let system = find(name).unwrap_or_else(|| panic!("{name} is not a system"));
    let usual = row_of(system).and_then(|row| row.facts.gateway_url.or(row.facts.usual_url));
    let prefix = usual.and_then(|url| Url::parse(url).ok()).map(|url| url.path().to_owned());
    let base = format!("https://stand-in.example{}", prefix.unwrap_or_default());
    answered_at(name, &base, tape, account)
}

/// The same at this base URL.
fn answered_at(
    name: &str,
    base: &str,
    tape: &str,
    account: &[(&'static str, &str)],
) -> Result<RowState> {
    let system = find(name).unwrap_or_else(|| panic!("{name} is not a system"));
    let base = Url::parse(base).expect("a URL");
    let mut portal = PortalTarget::at(base, system);
    portal.account = account.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    portal.gateway = Some(Box::new(portal.clone()));
    let (http, interrupt) = (Http::played(Replay::parse(tape.as_bytes())), Interrupt::default());
    let store = Store::new(Path::new("/dev/null/none").to_owned());
    let given = Some(Secret::new(KEY));
    let session = Session::new(&http, &interrupt, &portal, store, "default", given);
    let row = row_of(system).expect("a row");
    match Balances::new(row, session).state()? {
        State::Row(state) => Ok(*state),
        other => panic!("{other:?}"),
    }
}

fn answered(name: &str, tape: &str) -> Result<RowState> {
    answered_with(name, tape, ACCOUNT)
}

fn body(json: &str) -> String {
    format!("200\ncontent-type: application/json\n\n{json}")
}

/// What is left, and of what, after this one answer.
#[track_caller]
fn left(name: &str, json: &str) -> (String, String) {
    let state =
        answered(name, &body(json)).unwrap_or_else(|error| panic!("{name} {json}: {error}"));
    let balance = state.balance.unwrap_or_else(|| panic!("{name} {json}: no balance"));
    (balance.to_string(), state.unit.to_string())
}

/// A row, an answer, and what is left of what by it.
const ANSWERS: &[(&str, &str, &str, &str)] = &[
    // A difference of floats is exact.
    ("openrouter", r#"{"data":{"total_credits":100.1,"total_usage":99.8}}"#, "0.3", "usd"),
    ("openrouter", r#"{"data":{"total_credits":10,"total_usage":12.5}}"#, "-2.5", "usd"),
    ("vercel", r#"{"balance":"95.50","total_used":"4.50"}"#, "95.50", "usd"),
    ("vercel", r#"{"balance":"-1.25","total_used":"4.50"}"#, "-1.25", "usd"),
    ("ngrok", r#"{"balanceCents":12345}"#, "123.45", "usd"),
    // A $10 top-up is "-1000".
    ("xai", r#"{"total":{"val":"-1000"}}"#, "10.00", "usd"),
    ("xai", r#"{"total":{"val":"250"}}"#, "-2.50", "usd"),
    ("inference-sh", r#"{"balance":2512345678}"#, "25.12345678", "usd"),
    ("inference-sh", r#"{"balance":100000000}"#, "1.00", "usd"),
    (
        "deepseek",
        r#"{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00"}]}"#,
        "110.00",
        "cny",
    ),
    // An old page of the maker shows numbers.
    ("deepseek", r#"{"balance_infos":[{"currency":"USD","total_balance":110.5}]}"#, "110.5", "usd"),
    (
        "moonshot",
        r#"{"code":0,"status":true,"data":{"available_balance":49.58,"voucher_balance":46.58,"cash_balance":3}}"#,
        "49.58",
        "usd",
    ),
    // Cash below zero: what is available are the vouchers.
    (
        "moonshot",
        r#"{"code":0,"status":true,"data":{"available_balance":46.58,"voucher_balance":46.58,"cash_balance":-3}}"#,
        "46.58",
        "usd",
    ),
    // The credit limit is money that may be owed.
    (
        "novita",
        r#"{"availableBalance":"1000000","cashBalance":"800000","creditLimit":"200000","pendingCharges":"0","outstandingInvoices":"0"}"#,
        "80.00",
        "usd",
    ),
    (
        "fal",
        r#"{"username":"me","credits":{"current_balance":24.5,"currency":"USD"}}"#,
        "24.5",
        "usd",
    ),
    ("fal", r#"{"credits":{"current_balance":"24.5","currency":"EUR"}}"#, "24.5", "eur"),
    // Negative is money, and what was used since is spent.
    ("deepinfra", r#"{"stripe_balance":-20.5,"recent":1.25}"#, "19.25", "usd"),
    ("deepinfra", r#"{"stripe_balance":-20.5,"recent":-3}"#, "20.5", "usd"),
    ("deepinfra", r#"{"stripe_balance":4,"recent":0}"#, "-4", "usd"),
    (
        "venice",
        r#"{"canConsume":true,"consumptionCurrency":"USD","balances":{"diem":90.5,"usd":25}}"#,
        "25",
        "usd",
    ),
    (
        "venice",
        r#"{"canConsume":true,"consumptionCurrency":"DIEM","balances":{"diem":90.5,"usd":25}}"#,
        "90.5",
        "diem",
    ),
    (
        "runpod",
        r#"{"data":{"myself":{"clientBalance":435.85,"currentSpendPerHr":0.001,"spendLimit":180}}}"#,
        "435.85",
        "usd",
    ),
    (
        "deepgram",
        r#"{"balances":[{"balance_id":"b","amount":150.25,"units":"usd"}]}"#,
        "150.25",
        "usd",
    ),
    (
        "digitalocean",
        r#"{"status":{"balance":"25.00","blocked":false,"eligible":true,"month_to_date_balance":"75.00"}}"#,
        "25.00",
        "usd",
    ),
    (
        "browser-use",
        r#"{"totalCreditsBalanceUsd":12.5,"monthlyCreditsBalanceUsd":2.5,"additionalCreditsBalanceUsd":10}"#,
        "12.5",
        "usd",
    ),
    (
        "elevenlabs",
        r#"{"character_count":17231,"character_limit":100000,"next_character_count_reset_unix":1738356858,"max_credit_limit_extension":"unlimited"}"#,
        "82769",
        "credits",
    ),
    (
        "tavily",
        r#"{"key":{"usage":150,"limit":null},"account":{"plan_usage":500,"plan_limit":15000}}"#,
        "14500",
        "credits",
    ),
    (
        "litellm",
        r#"{"key":"x","info":{"max_budget":10.0,"spend":2.5,"user_id":null,"team_id":null}}"#,
        "7.5",
        "usd",
    ),
    (
        "nanogpt",
        r#"{"usd_balance":"129.46956147","nano_balance":"26.71801147"}"#,
        "129.46956147",
        "usd",
    ),
    ("voxrouter", r#"{"balanceMicros":1500000,"reservedMicros":250000}"#, "1.25", "usd"),
    ("merge", r#"{"balance_usd":7.5}"#, "7.5", "usd"),
    ("neuralwatt", r#"{"balance":{"credits_remaining_usd":3.25}}"#, "3.25", "usd"),
    ("crof", r#"{"credits":1.5}"#, "1.5", "usd"),
    ("kilo", r#"{"balance":9}"#, "9", "usd"),
    // The dust of floats stays what it is, and is no more than nothing.
    ("kilo", r#"{"balance":-1.6e-20}"#, "-0.000000000000000000016", "usd"),
    ("kilo", r#"{"balance":1.5e1}"#, "15", "usd"),
];

#[test]
fn the_number_of_each_row_is_read_with_its_sign_its_scale_and_its_unit() {
    for (name, json, amount, unit) in ANSWERS {
        assert_eq!(left(name, json), ((*amount).to_owned(), (*unit).to_owned()), "{name} {json}");
    }
    let without_number = ["cloudflare", "vast"];
    for row in table::ROWS {
        let name = row.facts.name;
        let tried = ANSWERS.iter().any(|(tried, ..)| *tried == name);
        assert!(tried || without_number.contains(&name), "{name} is not tried");
    }
}

/// ReadingFault in each of these ways: the row, an answer that is right, and the number in it.
const NUMBERS: &[(&str, &str, &str)] = &[
    ("openrouter", r#"{"data":{"total_credits":NUM,"total_usage":1}}"#, "total_credits"),
    ("openrouter", r#"{"data":{"total_credits":1,"total_usage":NUM}}"#, "total_usage"),
    ("vercel", r#"{"balance":NUM}"#, "balance"),
    ("cloudflare", r#"{"success":true,"result":{"balance":NUM}}"#, "balance"),
    ("ngrok", r#"{"balanceCents":NUM}"#, "balanceCents"),
    ("xai", r#"{"total":{"val":NUM}}"#, "val"),
    ("inference-sh", r#"{"balance":NUM}"#, "balance"),
    ("deepseek", r#"{"balance_infos":[{"currency":"CNY","total_balance":NUM}]}"#, "total_balance"),
    (
        "moonshot",
        r#"{"code":0,"status":true,"data":{"available_balance":NUM}}"#,
        "available_balance",
    ),
    ("novita", r#"{"cashBalance":NUM,"availableBalance":"5"}"#, "cashBalance"),
    ("fal", r#"{"credits":{"current_balance":NUM,"currency":"USD"}}"#, "current_balance"),
    ("deepinfra", r#"{"stripe_balance":NUM,"recent":0}"#, "stripe_balance"),
    ("deepinfra", r#"{"stripe_balance":-5,"recent":NUM}"#, "recent"),
    ("venice", r#"{"consumptionCurrency":"USD","balances":{"usd":NUM,"diem":1}}"#, "usd"),
    ("runpod", r#"{"data":{"myself":{"clientBalance":NUM}}}"#, "clientBalance"),
    ("deepgram", r#"{"balances":[{"amount":NUM,"units":"usd"}]}"#, "amount"),
    ("digitalocean", r#"{"status":{"balance":NUM}}"#, "balance"),
    ("browser-use", r#"{"totalCreditsBalanceUsd":NUM}"#, "totalCreditsBalanceUsd"),
    ("elevenlabs", r#"{"character_count":1,"character_limit":NUM}"#, "character_limit"),
    ("elevenlabs", r#"{"character_count":NUM,"character_limit":1}"#, "character_count"),
    (
        "tavily",
        r#"{"key":{"usage":1,"limit":2},"account":{"plan_usage":NUM,"plan_limit":9}}"#,
        "plan_usage",
    ),
    ("litellm", r#"{"info":{"max_budget":10,"spend":NUM}}"#, "spend"),
    ("nanogpt", r#"{"usd_balance":NUM}"#, "usd_balance"),
    ("voxrouter", r#"{"balanceMicros":NUM,"reservedMicros":0}"#, "balanceMicros"),
    ("merge", r#"{"balance_usd":NUM}"#, "balance_usd"),
    ("neuralwatt", r#"{"balance":{"credits_remaining_usd":NUM}}"#, "credits_remaining_usd"),
    ("crof", r#"{"credits":NUM}"#, "credits"),
    ("kilo", r#"{"balance":NUM}"#, "balance"),
];

#[test]
fn what_is_missing_or_no_number_is_a_senseless_answer_and_never_nothing() {
    for (name, template, field) in NUMBERS {
        for number in [
            r#""NaN""#,
            r#""inf""#,
            r#""""#,
            r#""1,000""#,
            "null",
            "true",
            "[]",
            "{}",
            r#""twelve""#,
            "1e999",
        ] {
            let error = answered(name, &body(&template.replace("NUM", number))).expect_err(name);
            assert_eq!(error.class(), Class::Protocol, "{name} {number}: {error}");
            assert!(error.to_string().contains(field), "{name} {number}: {error}");
        }
        // The whole field away.
        let without = template.replace(&format!("\"{field}\":NUM"), "\"other\":1");
        let error = answered(name, &body(&without)).expect_err(name);
        assert_eq!(error.class(), Class::Protocol, "{name}: {error}");
        let error = answered(name, &body("{}")).expect_err(name);
        assert_eq!(error.class(), Class::Protocol, "{name}: {error}");
    }
}

#[test]
fn amounts_in_several_currencies_are_shown_side_by_side_and_never_added() {
    let json = r#"{"is_available":true,"balance_infos":[
        {"currency":"CNY","total_balance":"0.00"},{"currency":"USD","total_balance":"7.50"}]}"#;
    let state = answered("deepseek", &body(json)).expect("an account");
    assert_eq!((state.balance, state.unit.to_string().as_str()), (None, "unknown"));
    let shown: Vec<_> =
        state.balances.iter().map(|one| (one.balance.to_string(), one.unit.to_string())).collect();
    assert_eq!(shown, [("0.00".into(), "cny".into()), ("7.50".into(), "usd".into())]);
    let refused = state.usable_balance().expect_err("which?");
    assert_eq!(refused.class(), Class::ChoiceRequired);
    assert!(refused.parts().hints[0].to_string().contains("--unit"), "{refused:?}");
    assert_eq!(state.balance_in("USD").expect("dollars").amount.to_string(), "7.50");
    assert_eq!(state.balance_in("cny").expect("yuan").amount.to_string(), "0.00");
    assert_eq!(state.balance_in("eur").expect_err("none").class(), Class::Usage);
    assert_eq!(state.brief().to_string(), "CNY 0.00 and $7.50 left");
    // An account that holds nothing differs from an answer that reports nothing.
    let empty = answered("deepseek", &body(r#"{"balance_infos":[]}"#)).expect_err("no entry");
    assert_eq!(empty.class(), Class::Protocol);
    let nameless = r#"{"balance_infos":[{"total_balance":"1"}]}"#;
    assert_eq!(
        answered("deepseek", &body(nameless)).expect_err("of what?").class(),
        Class::Protocol
    );
}

#[test]
fn a_failure_under_status_200_is_a_failure() {
    for (name, json, said) in [
        (
            "moonshot",
            r#"{"code":5,"status":false,"error":{"message":"no such user"},"data":{"available_balance":0}}"#,
            "no such user",
        ),
        ("moonshot", r#"{"code":1,"status":true,"data":{"available_balance":0}}"#, "/code"),
        ("moonshot", r#"{"data":{"available_balance":5}}"#, "/status"),
        (
            "cloudflare",
            r#"{"success":false,"errors":[{"code":1000,"message":"not entitled"}],"result":{"balance":0}}"#,
            "not entitled",
        ),
        ("cloudflare", r#"{"result":{"balance":7}}"#, "/success"),
        (
            "runpod",
            r#"{"errors":[{"message":"unauthorized"}],"data":{"myself":{"clientBalance":0}}}"#,
            "unauthorized",
        ),
    ] {
        let error = answered(name, &body(json)).expect_err(name);
        assert_eq!(error.class(), Class::Protocol, "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
    }
    let fine = r#"{"errors":[],"data":{"myself":{"clientBalance":1}}}"#;
    assert_eq!(left("runpod", fine).0, "1");
}

#[test]
fn a_flag_says_whether_what_is_shown_can_be_used() {
    for (name, json, usable) in [
        (
            "deepseek",
            r#"{"is_available":false,"balance_infos":[{"currency":"USD","total_balance":"9"}]}"#,
            Some(false),
        ),
        (
            "deepseek",
            r#"{"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"9"}]}"#,
            Some(true),
        ),
        ("deepseek", r#"{"balance_infos":[{"currency":"USD","total_balance":"9"}]}"#, None),
        (
            "venice",
            r#"{"canConsume":false,"consumptionCurrency":"USD","balances":{"diem":0,"usd":9}}"#,
            Some(false),
        ),
        ("digitalocean", r#"{"status":{"balance":"9","blocked":true}}"#, Some(false)),
        ("digitalocean", r#"{"status":{"balance":"9","blocked":false}}"#, Some(true)),
    ] {
        let state = answered(name, &body(json)).expect(name);
        assert_eq!(state.usable, usable, "{name} {json}");
        let gate = state.usable_balance();
        match usable {
            Some(false) => {
                let refused = gate.expect_err(name);
                assert_eq!(refused.class(), Class::InsufficientBalance, "{name}");
            }
            _ => assert_eq!(gate.expect(name).amount.to_string(), "9", "{name}"),
        }
    }
    let odd = r#"{"is_available":"yes","balance_infos":[{"currency":"USD","total_balance":"9"}]}"#;
    assert_eq!(answered("deepseek", &body(odd)).expect_err("no flag").class(), Class::Protocol);
}

#[test]
fn a_currency_that_venice_does_not_consume_from_leaves_both_told_and_neither_meant() {
    for word in [r#""BUNDLED_CREDITS""#, "null", r#""VCU""#] {
        let json = format!(
            r#"{{"canConsume":true,"consumptionCurrency":{word},"balances":{{"diem":1,"usd":2}}}}"#
        );
        let state = answered("venice", &body(&json)).expect("an account");
        assert_eq!((state.balance, state.balances.len()), (None, 2), "{word}");
        assert_eq!(state.usable_balance().expect_err(word).class(), Class::ChoiceRequired);
    }
}

#[test]
fn an_ordinary_key_of_openrouter_tells_its_own_limit_and_says_so() {
    let refused = "403\n\n{\"error\":{\"code\":403,\"message\":\"Only management keys can\"}}";
    let tape = |key: &str| format!("{refused}\n---\n{}", body(key));
    let key = r#"{"data":{"limit":20,"limit_remaining":12.5,"limit_reset":"monthly","usage":7.5}}"#;
    let state = answered("openrouter", &tape(key)).expect("a limit");
    assert_eq!(
        (state.scope, state.balance.expect("a limit").to_string()),
        (Scope::Key, "12.5".into())
    );
    let limit = &state.limits[0];
    assert_eq!(limit.limit.expect("a limit").to_string(), "20");
    assert_eq!(limit.used.expect("used").to_string(), "7.5");
    assert_eq!(limit.window.as_deref(), Some("monthly"));
    assert!(state.notes.iter().any(|note| note.contains("management key")), "{:?}", state.notes);
    assert!(state.brief().to_string().contains("this key's limit"), "{}", state.brief());

    // A budget of a layer above it binds first.
    let layered = r#"{"data":{"limit":20,"limit_remaining":12.5,"effective_budget":{"remaining_usd":-0.5,"limit_usd":5,"spend_usd":5.5}}}"#;
    let state = answered("openrouter", &tape(layered)).expect("a limit");
    assert_eq!(state.balance.expect("a limit").to_string(), "-0.5");

    // Without a limit of its own the key says nothing about money: no gate stands on that.
    let free = r#"{"data":{"limit":null,"limit_remaining":null,"effective_budget":null}}"#;
    let state = answered("openrouter", &tape(free)).expect("no limit");
    assert_eq!((state.balance, state.unlimited), (None, false));
    let gate = state.usable_balance().expect_err("nothing to stand on");
    assert_eq!(gate.class(), Class::InsufficientScope);
    assert!(gate.parts().hints[0].to_string().contains("management key"), "{gate:?}");

    // A limit that is not reported is not a limit of zero.
    let silent = answered("openrouter", &tape(r#"{"data":{"usage":7.5}}"#)).expect_err("no field");
    assert_eq!(silent.class(), Class::Protocol);
}

#[test]
fn the_least_of_the_budgets_of_litellm_is_what_is_left() {
    let key = |budget: &str| {
        body(&format!(
            r#"{{"info":{{"max_budget":{budget},"spend":1.5,"user_id":"u 1","team_id":"t/1"}}}}"#
        ))
    };
    let user = body(r#"{"user_info":{"max_budget":100,"spend":99.25,"budget_duration":"30d"}}"#);
    let team = body(r#"{"team_info":{"max_budget":50,"spend":10}}"#);
    let all = |first: String| format!("{first}\n---\n{user}\n---\n{team}");
    let state = answered("litellm", &all(key("10"))).expect("budgets");
    assert_eq!(
        (state.scope, state.balance.expect("left").to_string()),
        (Scope::User, "0.75".into())
    );
    let left: Vec<_> = state.limits.iter().map(|limit| limit.scope.word()).collect();
    assert_eq!(left, ["user", "key", "team"]);
    // A key without a limit is not without one where its user has one.
    let state = answered("litellm", &all(key("null"))).expect("budgets");
    assert_eq!((state.unlimited, state.balance.expect("left").to_string()), (false, "0.75".into()));
    // What may not be seen may bind.
    let hidden = format!("{}\n---\n403\n\n{{}}\n---\n404\n\n{{}}", key("null"));
    let state = answered("litellm", &hidden).expect("a key");
    assert_eq!((state.unlimited, state.balance), (false, None));
    assert_eq!(state.usable_balance().expect_err("unknown").class(), Class::Protocol);
    // No budget anywhere is no limit.
    let none = r#"{"info":{"max_budget":null,"spend":1,"user_id":null,"team_id":null}}"#;
    assert!(answered("litellm", &body(none)).expect("no budget").unlimited);
}

#[test]
fn a_limit_beside_the_balance_is_told_as_that() {
    let json =
        r#"{"key":{"usage":150,"limit":1000},"account":{"plan_usage":500,"plan_limit":15000}}"#;
    let state = answered("tavily", &body(json)).expect("an account");
    assert_eq!((state.scope, state.limits[0].scope), (Scope::Account, Scope::Key));
    assert_eq!(state.limits[0].remaining.expect("left").to_string(), "850");
    let json =
        r#"{"key":{"usage":150,"limit":null},"account":{"plan_usage":500,"plan_limit":15000}}"#;
    assert!(answered("tavily", &body(json)).expect("an account").limits.is_empty());
}

#[test]
fn what_lags_says_so_in_the_document_and_in_words() {
    for (name, json) in
        [("xai", r#"{"total":{"val":"-1000"}}"#), ("ngrok", r#"{"balanceCents":1}"#)]
    {
        let state = answered(name, &body(json)).expect(name);
        assert!(state.lags && state.notes.iter().any(|note| note.contains("lags")), "{name}");
        assert!(state.brief().to_string().ends_with("(lags)"), "{name}");
    }
    assert!(!answered("kilo", &body(r#"{"balance":1}"#)).expect("an account").lags);
    // The account of OpenRouter is a minute old; nothing says that the limit of a key is.
    let account = body(r#"{"data":{"total_credits":10,"total_usage":1}}"#);
    assert!(answered("openrouter", &account).expect("an account").lags);
    let key = body(r#"{"data":{"limit":20,"limit_remaining":12.5}}"#);
    let ordinary = answered("openrouter", &format!("403\n\n{{}}\n---\n{key}"));
    assert!(!ordinary.expect("a limit").lags);
}

#[test]
fn cloudflare_has_no_gate_until_a_person_says_what_it_counts() {
    let json = body(r#"{"success":true,"errors":[],"result":{"balance":2550}}"#);
    let state = answered("cloudflare", &json).expect("an account");
    assert_eq!(
        (state.balance.expect("raw").to_string(), state.unit.to_string()),
        ("2550".into(), "unknown".into())
    );
    assert_eq!(state.balance_usd, None);
    let refused = state.usable_balance().expect_err("of what?");
    assert_eq!(refused.class(), Class::Config);
    assert!(
        refused.parts().hints[0].to_string().contains("cloudflare_balance_unit"),
        "{refused:?}"
    );
    for (unit, dollars) in [("cents", "25.50"), ("dollars", "2550"), ("usd", "2550")] {
        let account = [("account_id", "acc"), ("cloudflare_balance_unit", unit)];
        let state = answered_with("cloudflare", &json, &account).expect(unit);
        assert_eq!(state.balance_usd.expect(unit).to_string(), dollars);
        assert_eq!(state.usable_balance().expect(unit).amount.to_string(), dollars);
    }
    let odd = [("account_id", "acc"), ("cloudflare_balance_unit", "euros")];
    assert!(answered_with("cloudflare", &json, &odd).expect_err("a unit").class() == Class::Config);
}
