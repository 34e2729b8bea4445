//! Promise: `state`, `check` and `transactions` work for a budget of the ledger as for any system;
//! what it does not offer ends with 6 and the way to what it does.

use crate::support::User;
use serde_json::json;

fn user() -> User {
    with_pool(User::new().with("TOPUP_PROVIDER", "ledger"))
}

/// Somebody with a pool of CHF 20, of which 0.30 are used.
fn with_pool(user: User) -> User {
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    user.run(&["ledger", "credit", "20", "--key", "november-20"]).code(0);
    user.run(&["ledger", "record", "0.2", "--for-provider", "openai", "--user", "anna"]).code(0);
    user
}

#[test]
fn state_shows_the_budget() {
    let user = user();
    let told = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(told["provider"], "ledger");
    let place = user.file("ledger.db").display().to_string();
    assert_eq!(
        told["data"],
        json!({
            "mandate": "acme", "user": null, "billing_model": "prepay_mandate",
            "balance": "19.70", "reserved": "0.00", "currency": "CHF", "markup_percent": "50",
            "ledger": place, "portal_url": null, "unit": "chf",
            "scope": "pool", "lags": false,
        })
    );
    user.run(&["state"]).code(0).prints("CHF 19.70").prints("prepay-mandate");
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "CHF 19.70 left\n");
    assert_eq!(user.run(&["state", "--get", "balance"]).code(0).out, "19.70\n");
    // The sandbox has a ledger of its own.
    user.run(&["--sandbox", "state"]).code(2).says("no mandate yet");
}

#[test]
fn check_is_a_gate_in_the_currency_of_the_mandate() {
    let user = user();
    user.run(&["check", "--at-least", "19.70"]).code(0).prints("The balance is CHF 19.70");
    let refused = user.run(&["check", "--at-least", "19.71", "--json"]).code(30).json();
    assert_eq!(
        refused["error"]["details"],
        json!({
            "balance": "19.70", "required": "19.71", "unit": "chf", "scope": "pool", "lags": false,
        })
    );
    user.run(&["check", "--at-least", "50"]).code(30).says("ledger credit AMOUNT --mandate acme");
    let dollars =
        ["ledger", "init", "--mandate", "usa", "--model", "unlimited", "--currency", "USD"];
    user.run(&dollars).code(0);
    let user = user.with("TOPUP_LEDGER_MANDATE", "usa");
    let told = user.run(&["check", "--at-least", "5", "--json"]).code(0).json();
    assert_eq!(
        (&told["data"]["balance_usd"], &told["data"]["unlimited"]),
        (&json!("0.00"), &json!(true))
    );
}

#[test]
fn each_user_has_an_account_where_the_mandate_says_so() {
    let user = User::new().with("TOPUP_PROVIDER", "ledger");
    user.run(&["ledger", "init", "--mandate", "lab", "--model", "prepay-user"]).code(0);
    user.run(&["ledger", "credit", "5", "--user", "anna"]).code(0);
    user.run(&["state"]).code(2).says("no user is named");
    let anna = user.with("TOPUP_LEDGER_USER", "anna");
    anna.run(&["check", "--at-least", "5"]).code(0);
    let told = anna.run(&["state", "--json"]).code(0).json();
    assert_eq!((&told["data"]["user"], &told["data"]["balance"]), (&json!("anna"), &json!("5.00")));
    let bob = anna.with("TOPUP_LEDGER_USER", "bob");
    bob.run(&["check", "--at-least", "1"]).code(30).says("--mandate lab --user bob");
}

#[test]
fn transactions_are_listed_like_those_of_any_system() {
    let user = user();
    for _ in 0..4 {
        user.run(&["ledger", "record", "1", "--for-provider", "x"]).code(0);
    }
    let told =
        user.run(&["transactions", "--limit", "2", "--offset", "4", "--json"]).code(0).json();
    let rows = told["data"]["transactions"].as_array().expect("rows");
    assert_eq!(told["data"]["has_more"], false);
    let seen: Vec<_> =
        rows.iter().map(|row| (&row["type"], &row["amount"], &row["balance"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("debit"), &json!("-0.30"), &json!("19.70")),
            (&json!("credit"), &json!("20.00"), &json!("20.00")),
        ]
    );
    assert_eq!(rows[1]["external_transaction_id"], "november-20");
    let csv = user.run(&["transactions", "--all", "--csv"]).code(0).out;
    assert_eq!(csv.lines().count(), 7, "{csv}");
    assert!(csv.lines().all(|line| line.split(',').count() == 10), "{csv}");
}

#[test]
fn what_the_ledger_does_not_offer_says_what_it_does() {
    let user = user();
    for verb in [
        &["buy", "25", "--yes"][..],
        &["limit"],
        &["auto-reload"],
        &["ensure", "--at-least", "5", "--buy", "10", "--yes"],
        &["open"],
        &["state", "--link"],
        &["login"],
        &["whoami"],
        &["team", "list"],
        &["resume"],
    ] {
        user.run(verb).code(6).says("the prepaid ledger").says("'topup help ledger'");
    }
}

#[test]
fn a_profile_names_the_mandate_the_place_and_the_page() {
    let user = with_pool(User::new());
    let elsewhere = user.file("elsewhere.db").display().to_string();
    let config = format!(
        "[profiles.team]\nprovider = 'ledger'\nmandate = 'acme'\nportal_url = 'https://pay.example'\n\
         [profiles.other]\nprovider = 'ledger'\nmandate = 'lab'\nledger_url = '{elsewhere}'\n"
    );
    std::fs::write(user.file("config.toml"), config).expect("written");
    let init = ["ledger", "init", "--profile", "other", "--model", "prepay-mandate"];
    user.run(&init).code(0).prints("lab");
    assert!(user.file("elsewhere.db").exists());
    assert_eq!(user.run(&["--profile", "team", "open"]).code(0).out.trim(), "https://pay.example");
    let all = user.run(&["state", "--all", "--json"]).code(0).json();
    let rows = all["data"]["profiles"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[0]["data"]["balance"]), (2, &json!("0.00")));
    assert_eq!(rows[1]["data"]["balance"], "19.70");
}

#[test]
fn everything_that_lists_writes_comma_separated_values_as_well() {
    let user = user();
    user.run(&["ledger", "init", "--mandate", "acme", "--notify", "a@x.example"]).code(0);
    user.run(&["ledger", "deny", "openai", "--user", "bob"]).code(0);
    for (verb, expected) in [
        (
            &["ledger", "mandates", "--csv"][..],
            "mandate,billing_model,currency,markup_percent,notify,cooldown_s\n\
             acme,prepay_mandate,CHF,50,a@x.example,3600\n",
        ),
        (&["ledger", "providers", "--csv"], "provider,user,rule\nopenai,bob,denied\n"),
        (
            &["ledger", "balance", "--all", "--csv"],
            "mandate,user,balance,reserved,currency\nacme,,19.70,0.00,CHF\n",
        ),
        (&["ledger", "stats", "--by", "user", "--csv"], "key,count,total\nanna,1,0.30\n"),
    ] {
        assert_eq!(user.run(verb).code(0).out, expected, "{verb:?}");
    }
}
