//! What is in the book: balances, listed, summed up, as CSV, and as the schemas say.

use super::*;

#[test]
fn the_book_is_listed_newest_first_page_by_page_while_it_grows() {
    let user = with_pool("100");
    for at in 1..=7 {
        data(&user, &["record", &at.to_string(), "--for-provider", "openai"]);
    }
    let page = |more: &[&str]| {
        let found = data(&user, &[&["transactions"], more].concat());
        keys(&found, &["transactions", "has_more", "currency"]);
        let all = found["transactions"].as_array().expect("transactions").clone();
        let ids: Vec<String> =
            all.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect();
        (ids, found["has_more"] == true)
    };
    let (all, more) = page(&[]);
    assert_eq!((all.len(), more), (8, false));
    let mut paged = Vec::new();
    let (mut ids, mut more) = page(&["--limit", "3"]);
    while more {
        paged.extend(ids);
        // What comes in meanwhile does not move what is older.
        data(&user, &["credit", "1"]);
        (ids, more) = page(&["--limit", "3", "--before", paged.last().expect("one")]);
    }
    paged.extend(ids);
    assert_eq!(paged, all);
    assert_eq!(page(&["--limit", "1"]).0.len(), 1);
    assert_eq!(page(&["--since", "2999-01-01"]), (Vec::new(), false));
    assert_eq!(page(&["--since", "2020-01-01T00:00:00Z"]).0.len(), 10);
    // It may be midnight.
    for since in ["yesterday", "7d", "1h", "2020-01-01 12:00", "2020-01-01T12:00+05:30"] {
        assert_eq!(page(&["--since", since]).0.len(), 10, "{since}");
    }
    for until in ["yesterday", "7d", "2020-01-01"] {
        assert_eq!(page(&["--until", until]).0.len(), 0, "{until}");
    }
    assert_eq!(page(&["--since", "yesterday", "--until", "2999-12-31"]).0.len(), 10);
    assert_eq!(page(&["--user", "nobody"]), (Vec::new(), false));
    for wrong in [
        &["transactions", "--limit", "0"][..],
        &["transactions", "--since", "soon"],
        &["transactions", "--since", "2026-11-29T08:00:00+01:00Z"],
        &["transactions", "--since", "today", "--until", "yesterday"],
        &["stats", "--tz", "Nowhere/At_All"],
        &["transactions", "--before", "no-such-id"],
    ] {
        ledger(&user, wrong).code(2);
    }
    data(&user, &["init", "--mandate", "beta", "--model", "unlimited"]);
    let of_another = ["transactions", "--mandate", "beta", "--before", &all[0]];
    ledger(&user, &of_another).code(2);
}

#[test]
fn the_book_and_the_sums_go_out_as_comma_separated_values() {
    let user = with_pool("10");
    let odd = "=1+1, \"quoted\"; 'so'";
    data(
        &user,
        &["record", "2", "--for-provider", "openai", "--description", odd, "--key=-key-0001"],
    );
    let csv = user.run(&["ledger", "transactions", "--csv"]).code(0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "created_at,id,mandate,account_user,type,amount,currency,balance_after,reference,\
         description,provider,user,base_price,markup_percent,workflow_id,feature_instance_id,\
         feature_code,idempotency_key,reverses"
    );
    assert_eq!(lines.len(), 3);
    let told = "acme,,DEBIT,2.00,CHF,8.00,USAGE,\"'=1+1, \"\"quoted\"\"; 'so'\",openai,,2,0,,,,\"'-key-0001\",";
    assert!(lines[1].ends_with(told), "{}", lines[1]);
    assert!(lines[2].contains(",CREDIT,10.00,CHF,10.00,ADMIN,Credit,"), "{}", lines[2]);
    let csv = user.run(&["ledger", "stats", "--by", "provider", "--csv"]).code(0).out;
    assert_eq!(csv, "key,count,total\nopenai,1,2.00\n");
    for verb in ["transactions", "stats"] {
        user.run(&["ledger", verb, "--csv", "--json"]).code(2);
    }
}

#[test]
fn what_was_used_is_summed_up_by_what_was_asked() {
    let user = with_pool("100");
    let used: [(&str, &str, &[&str]); 4] = [
        ("1", "openai", &["--user", "anna", "--feature-code", "chat"]),
        ("2.5", "openai", &["--user", "ben", "--feature-code", "chat"]),
        ("0.25", "anthropic", &["--user", "anna", "--feature-code", "search"]),
        ("4", "mistral", &[]),
    ];
    for (price, provider, more) in used {
        data(&user, &[&["record", price, "--for-provider", provider], more].concat());
    }
    let stats = |more: &[&str]| {
        let found = data(&user, &[&["stats"], more].concat());
        keys(&found, &["rows", "total", "currency"]);
        let mut sum = Decimal::ZERO;
        let rows = found["rows"].as_array().expect("rows").iter().map(|row| {
            keys(row, &["key", "count", "total"]);
            sum += amount(&row["total"]);
            let key = row["key"].as_str().unwrap_or("-");
            format!("{key} {} {}", row["count"], row["total"].as_str().expect("text"))
        });
        let rows: Vec<String> = rows.collect();
        assert_eq!(amount(&found["total"]), sum);
        rows
    };
    assert_eq!(
        stats(&["--by", "provider"]),
        ["mistral 1 4.00", "openai 2 3.50", "anthropic 1 0.25"],
        "what costs most is first"
    );
    assert_eq!(stats(&["--by", "user"]), ["- 1 4.00", "ben 1 2.50", "anna 2 1.25"]);
    assert_eq!(stats(&["--by", "feature"]), ["- 1 4.00", "chat 2 3.50", "search 1 0.25"]);
    let today = stats(&[]);
    let month = stats(&["--by", "month"]);
    // The test may run over midnight; what it sums is all of it.
    assert!(today.iter().all(|row| row.len() > 14) && !today.is_empty(), "{today:?}");
    assert!(month[0][..4] == today[0][..4] && !month.is_empty(), "{month:?}");
    assert_eq!(stats(&["--by", "provider", "--user", "ben"]), ["openai 1 2.50"]);
    assert_eq!(stats(&["--since", "2999-01-01"]), [""; 0]);
    user.run(&["ledger", "stats", "--by", "provider"])
        .code(0)
        .prints("openai")
        .prints("3.50 (2 uses)")
        .prints("CHF 7.75");
    let none = User::new();
    data(&none, &["init", "--mandate", "acme", "--model", "unlimited"]);
    none.run(&["ledger", "stats"]).code(0).prints("Nothing was used.");
    assert_eq!(data(&none, &["stats"])["total"], "0.00");
}

#[test]
fn every_document_of_the_ledger_is_what_its_schema_says() {
    let user = with_pool("10");
    let runs: &[&[&str]] = &[
        &["init", "--mandate", "acme", "--notify", "a@x.example"],
        &["init", "--mandate", "other"],
        &["mandates"],
        &["credit", "1", "--key", "key-0001"],
        &["credit", "1", "--key", "key-0001"],
        &["credit", "2", "--key", "key-0001"],
        &["check", "1"],
        &["check", "1000"],
        &["record", "1", "--for-provider", "openai"],
        &["record", "0", "--for-provider", "openai"],
        &["reverse", "no-such-id", "--reason", "so"],
        &["price", "0.01"],
        &["balance"],
        &["balance", "--all"],
        &["balance", "--mandate", "nobody"],
        &["transactions"],
        &["stats"],
        &["stats", "--by", "user"],
        &["deny", "openai"],
        &["allow", "mistral", "--user", "anna"],
        &["providers"],
        &["run", "--estimate", "1", "--for-provider", "openai", "--", "true"],
        &["run", "--estimate", "1", "--for-provider", "mistral", "--", "true"],
        &["run", "--estimate", "0", "--for-provider", "mistral", "--", "true"],
        &["run", "--estimate", "1", "--for-provider", "mistral", "--", "/no/such/program"],
    ];
    let all: Value = serde_json::from_str(&user.run(&["schema"]).code(0).out).expect("JSON");
    let verbs = all.as_object().expect("one a verb").keys();
    for verb in verbs.filter_map(|verb| verb.strip_prefix("ledger ")) {
        assert!(runs.iter().any(|run| run[0] == verb), "'{verb}' is never run");
        let alone = user.run(&["schema", &format!("ledger {verb}")]).code(0).out;
        let alone: Value = serde_json::from_str(&alone).expect("JSON");
        assert_eq!(alone, all[&format!("ledger {verb}")]);
    }
    for arguments in runs {
        let document = ledger(&user, arguments).json();
        crate::keys::is_written_as_promised(&document);
        let name = format!("ledger {}", arguments[0]);
        let validator = jsonschema::validator_for(&all[&name]).expect("a schema");
        let wrong: Vec<String> =
            validator.iter_errors(&document).map(|wrong| wrong.to_string()).collect();
        assert!(wrong.is_empty(), "{arguments:?}: {wrong:?}\n{document}");
    }
    let nothing = json!({
        "schema": "topup/v1", "ok": true, "command": "ledger check", "provider": "ledger",
        "data": {},
    });
    let validator = jsonschema::validator_for(&all["ledger check"]).expect("a schema");
    assert!(!validator.is_valid(&nothing), "strict enough to notice what is missing");
}

#[test]
fn balances_are_told_for_one_account_for_all_and_for_one_user_everywhere() {
    let user = with_pool("5");
    let one = data(&user, &["balance"]);
    keys(&one, BALANCE);
    let pool = json!({
        "balance": "5.00", "reserved": "0.00", "currency": "CHF", "mandate": "acme", "user": null,
        "billing_model": "prepay_mandate",
    });
    assert_eq!(one, pool);
    data(&user, &["init", "--mandate", "beta", "--model", "prepay-user", "--currency", "EUR"]);
    data(&user, &["credit", "7", "--mandate", "beta", "--user", "anna"]);
    data(&user, &["credit", "8", "--mandate", "beta", "--user", "ben"]);
    let all = |more: &[&str]| {
        let found = data(&user, &[&["balance", "--all"], more].concat());
        keys(&found, &["accounts"]);
        let accounts = found["accounts"].as_array().expect("accounts").clone();
        for account in &accounts {
            keys(account, BALANCE);
        }
        let told = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", text("mandate"), text("user"), text("currency"), text("balance"))
        };
        accounts.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(all(&[]), ["acme - CHF 5.00", "beta anna EUR 7.00", "beta ben EUR 8.00"]);
    assert_eq!(all(&["--user", "ben"]), ["acme - CHF 5.00", "beta ben EUR 8.00"]);
    assert_eq!(all(&["--user", "carl"]), ["acme - CHF 5.00", "beta carl EUR 0.00"]);
    assert_eq!(all(&["--mandate", "beta"]), ["beta anna EUR 7.00", "beta ben EUR 8.00"]);
    user.run(&["ledger", "balance", "--all"]).code(0).prints("EUR 8.00");
    let bare = ["ledger", "balance", "--mandate", "acme", "--get", "balance"];
    assert_eq!(user.run(&bare).code(0).out, "5.00\n");
    let second = ["ledger", "balance", "--all", "--get", "accounts.1.balance"];
    assert_eq!(user.run(&second).code(0).out, "7.00\n");
    user.run(&["ledger", "balance", "--get", "nonsense"]).code(2).says("billing_model");
}
