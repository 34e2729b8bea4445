//! Promise: `state` has every key in the server's own digits, `check` and `limit` are gates, and
//! nothing but `auto-reload` changes auto-reload.
//!
//! And the sandbox as its keeper uses it.

use crate::support::{Canned, Server, User};
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;

#[test]
fn the_state_has_every_key_that_is_promised_and_the_servers_own_digits() {
    let user = User::on_sandbox();
    user.set("spent=60");
    let document = user.run(&["state", "--json"]).code(0).json();
    let data = &document["data"];
    let keys: Vec<&str> = data.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "org",
            "can_charge",
            "balance_usd",
            "billing_enabled",
            "presets_usd",
            "bounds",
            "card",
            "monthly_limit",
            "auto_reload",
            "access",
            "credits",
            "warnings",
            "portal_url",
            "unit",
            "sandbox",
            "balance",
            "scope",
            "lags"
        ]
    );
    assert_eq!(data["balance_usd"], "142.5");
    assert_eq!(data["org"]["role"], "OWNER");
    assert_eq!(
        data["card"],
        json!({"brand": "Visa", "last4": "4242", "label": "Visa ····4242",
            "resolved_via": "customerDefault"})
    );
    assert_eq!(
        data["monthly_limit"],
        json!({"limit_usd": "1000", "spent_usd": "60", "remaining_usd": "940", "percent": 6, "is_default_ceiling": true})
    );
    assert_eq!((&data["unit"], &data["sandbox"]), (&json!("usd"), &json!(true)));
}

#[test]
fn a_member_sees_the_balance_and_no_money_matters() {
    let user = User::on_sandbox();
    user.set("role=MEMBER");
    let document = user.run(&["state", "--json"]).code(0).json();
    for hidden in ["card", "monthly_limit", "auto_reload"] {
        assert!(document["data"][hidden].is_null(), "{hidden}");
    }
    assert_eq!(document["data"]["balance_usd"], "142.5");
    assert_eq!(document["data"]["can_charge"], false);
    user.run(&["limit", "--require", "1", "--json"]).code(14).failed("role_required", None);
    user.run(&["state"]).code(0).prints("may read but not buy");
}

#[test]
fn a_wrong_type_in_one_field_does_not_lose_the_balance() {
    let portal = Canned::json(
        "200 OK",
        r#"{"balanceUsd": 142.50, "org": 7, "card": "none", "monthlyCap": [], "chargePresets": ["10", {}], "bounds": null, "new": {}}"#,
    );
    let document = portal.user().run(&["state", "--json"]).code(0).json();
    assert_eq!(document["data"]["balance_usd"], "142.50", "digit for digit");
}

#[test]
fn the_limit_is_a_gate() {
    let user = User::on_sandbox();
    user.set("limit=100");
    user.set("spent=60");
    user.run(&["limit", "--require", "40"]).code(0).prints("$40.00 left");
    let document = user
        .run(&["limit", "--require", "40.01", "--json"])
        .code(31)
        .failed("monthly_cap_exceeded", None);
    assert_eq!(document["error"]["details"]["remaining_usd"], "40");
}

#[test]
fn the_balance_is_a_gate() {
    let user = User::on_sandbox();
    user.set("balance=3.40");
    user.run(&["check", "--at-least", "3.40"]).code(0);
    let document = user
        .run(&["check", "--at-least", "3.41", "--json"])
        .code(30)
        .failed("insufficient_balance", None);
    assert_eq!(document["error"]["details"]["balance_usd"], "3.4");
}

#[test]
fn auto_reload_is_shown_set_and_switched_off_and_by_nothing_else() {
    let user = User::on_sandbox();
    user.run(&["auto-reload"]).code(0).prints("off");
    user.run(&["auto-reload", "20", "100", "--json"]).code(3).failed("confirmation_required", None);
    for arguments in [&["100", "20"][..], &["20", "20"], &["20"], &["off", "5"], &["-1", "5"]] {
        let mut all = vec!["auto-reload", "--yes", "--json"];
        all.extend_from_slice(arguments);
        user.run(&all).code(2).failed("usage", None);
    }
    let before = user.seen().len();
    let document = user.run(&["auto-reload", "20.5", "100", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["auto_reload"]["below_usd"], "20.5");
    assert_eq!(document["data"]["auto_reload"]["to_usd"], "100");
    assert!(user.seen()[before..].contains(&"PATCH /api/billing/auto-top-up".to_owned()));
    user.run(&["sandbox", "spend", "130"]).code(0);
    user.run(&["state", "--get", "balance_usd"]).code(0).prints("100");
    assert_eq!(user.charges().len(), 1, "it really fires");
    let document = user.run(&["auto-reload", "off", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["auto_reload"]["enabled"], false);
    let again = user.run(&["auto-reload", "off", "--yes", "--json"]).code(0).json();
    assert_eq!(again["data"]["changed"], false);
}

#[test]
fn links_are_printed_without_a_network() {
    let user = User::new().with("TOPUP_PORTAL_URL", "https://portal.invalid/base/");
    for (arguments, link) in [
        (&["buy", "--link"][..], "https://portal.invalid/base/billing?topup=open"),
        (&["buy", "25", "--link"], "https://portal.invalid/base/billing?topup=open"),
        (&["open", "plan"], "https://portal.invalid/base/manage-subscription"),
        (&["state", "--link"], "https://portal.invalid/base/billing?topup=open"),
    ] {
        assert_eq!(user.run(arguments).code(0).out, format!("{link}\n"));
    }
    let document = user.run(&["limit", "--link", "--json"]).code(0).json();
    assert!(
        document["data"]["portal_url"]
            .as_str()
            .expect("a link")
            .starts_with("https://portal.invalid/base/")
    );
    user.run(&["explain", "--link"]).code(2);
}

#[test]
fn the_base_url_is_the_first_that_is_set_and_not_blank() {
    let link = |user: &User| user.run(&["open"]).code(0).out;
    let user = User::new();
    assert_eq!(link(&user), "https://portal.nousresearch.com/billing?topup=open\n");
    std::fs::write(
        user.file("config.toml"),
        "[profiles.default]\nportal_url = \"https://profile.invalid\"\n",
    )
    .expect("written");
    assert!(link(&user).starts_with("https://profile.invalid/"));
    let user = user.with("NOUS_PORTAL_BASE_URL", "https://nous.invalid/");
    assert!(link(&user).starts_with("https://nous.invalid/"));
    let user = user.with("HERMES_PORTAL_BASE_URL", "https://hermes.invalid");
    assert!(link(&user).starts_with("https://hermes.invalid/"));
    let user = user.with("TOPUP_PORTAL_URL", "https://own.invalid");
    assert!(link(&user).starts_with("https://own.invalid/"));
    let user = user.with("TOPUP_PORTAL_URL", "  ");
    assert!(link(&user).starts_with("https://hermes.invalid/"));
    let flag = user.run(&["open", "--portal-url", "https://flag.invalid"]).code(0);
    assert!(flag.out.starts_with("https://flag.invalid/"));
    user.run(&["open", "--portal-url", "http://plain.invalid", "--json"])
        .code(4)
        .failed("config", None);
}

#[test]
fn a_served_sandbox_is_ready_when_it_says_so_and_ends_when_told() {
    let server = Server::start(&[]);
    server.user().run(&["state", "--get", "sandbox"]).code(0).prints("true");
    assert_eq!(server.stop(), 0);
}

#[test]
fn the_sandbox_answers_to_loopback_names_only_and_its_pages_want_their_own_word() {
    let server = Server::start(&[]);
    let status = |arguments: &[&str], path: &str| {
        let output = std::process::Command::new("curl")
            .args(["-sS", "-q", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(arguments)
            .arg(format!("{}{path}", server.url))
            .output()
            .expect("curl");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(status(&[], "/billing"), "200");
    assert_eq!(status(&["-H", "Host: evil.example"], "/billing"), "403");
    assert_eq!(status(&["-H", "Host: evil.example"], "/api/billing/state"), "403");
    assert_eq!(status(&["-d", "switch=off"], "/billing/switch"), "403");
    assert_eq!(status(&[], "/nowhere"), "404");
    assert_eq!(status(&[], "/api/billing/state"), "401");
    server.user().run(&["state", "--get", "billing_enabled"]).code(0).prints("true");
}

#[test]
fn a_second_signal_is_not_needed_to_end_a_served_sandbox() {
    let server = Server::start(&["--ephemeral"]);
    crate::support::signal(server.id(), Signal::INT);
    assert_eq!(server.stop(), 0);
}

#[test]
fn settings_and_faults_of_the_sandbox_are_checked() {
    let user = User::on_sandbox();
    for bad in [
        "nonsense=1",
        "balance=x",
        "role=KING",
        "card=amex",
        "clock=later",
        "limit=-1",
        "no-equals",
    ] {
        user.run(&["sandbox", "set", bad, "--json"]).code(2).failed("usage", None);
    }
    user.run(&["sandbox", "faults", "add", "nonsense", "--html"]).code(2);
    user.run(&["sandbox", "faults", "add", "GET /x"]).code(2);
    user.run(&[
        "sandbox",
        "faults",
        "add",
        "GET /api/*",
        "--status",
        "503",
        "--retry-after",
        "60",
        "--times",
        "2",
    ])
    .code(0);
    user.run(&["sandbox", "faults", "list"]).code(0).prints("503, Retry-After 60 (2 times)");
    user.run(&["state", "--json"]).code(41).failed("temporarily_unavailable", None);
    user.run(&["sandbox", "faults", "clear"]).code(0);
    user.run(&["state"]).code(0);
    let before = user.run(&["state", "--get", "org.id"]).out;
    user.run(&["sandbox", "reset"]).code(0);
    assert_ne!(user.run(&["state", "--get", "org.id"]).code(0).out, before, "another account");
}

/// The book as version 2 of the state kept it, amounts as text.
const OLD_BOOK: &str = "
    CREATE TABLE old_account (id TEXT PRIMARY KEY, balance TEXT NOT NULL) STRICT;
    CREATE TABLE old_transaction (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL REFERENCES old_account (id), kind TEXT NOT NULL,
        amount TEXT NOT NULL, reference TEXT NOT NULL, description TEXT NOT NULL,
        created_ms INTEGER NOT NULL, idempotency_key TEXT UNIQUE
    ) STRICT;
    INSERT INTO old_account
        SELECT mandate, printf('%d.%06d', balance / 1000000, balance % 1000000) FROM ledger_account;
    INSERT INTO old_transaction
        SELECT seq, id, mandate, kind, printf('%d.%02d', amount / 1000000, amount / 10000 % 100),
            reference, description, created_ms, idempotency_key FROM ledger_transaction;
    DROP TABLE ledger_transaction;
    DROP TABLE ledger_account;
    ALTER TABLE old_account RENAME TO ledger_account;
    ALTER TABLE old_transaction RENAME TO ledger_transaction;
    CREATE INDEX ledger_by_account ON ledger_transaction (account, seq);
";

/// The indexes that came with version 6 of the state.
fn newer_indexes(db: &Connection) -> Vec<String> {
    let mut named = db
        .prepare(
            "SELECT name FROM sqlite_schema
             WHERE type = 'index' AND sql IS NOT NULL AND tbl_name NOT LIKE 'ledger%'",
        )
        .expect("the schema");
    let names = named.query_map([], |row| row.get(0)).expect("names");
    names.collect::<Result<_, _>>().expect("text")
}

#[test]
fn the_state_of_an_older_sandbox_is_booked_anew_and_comes_to_the_same() {
    let agent = ["--provider", "ciris"];
    for version in [2, 1] {
        let user = User::on_sandbox();
        user.run(&["buy", "25.50", "--yes"]).code(0);
        user.set("balance=99.99");
        user.run(&["buy", "500", "--yes"]).code(0);
        if version == 2 {
            user.run(&[&["buy", "--yes"], &agent[..]].concat()).code(0);
        }
        let told = |user: &User| {
            let of_agent = [&["state", "--get", "credits_remaining"], &agent[..]].concat();
            (
                user.run(&["state", "--get", "balance_usd"]).code(0).out,
                user.run(&of_agent).out,
                user.charges(),
            )
        };
        let before = told(&user);
        assert_eq!(before.0, "599.99\n");
        let book = |db: &Connection| {
            let mut rows = db
                .prepare(
                    "SELECT mandate || kind || amount || ' ' || balance_after || reference ||
                         description || created_ms || ifnull(idempotency_key, '-')
                     FROM ledger_transaction ORDER BY seq",
                )
                .expect("a book");
            let rows = rows.query_map([], |row| row.get::<_, String>(0)).expect("rows");
            rows.collect::<Result<Vec<_>, _>>().expect("text")
        };
        let file = user.file("sandbox.db");
        let db = Connection::open(&file).expect("the state");
        let mut written = book(&db);
        db.execute_batch(OLD_BOOK).expect("the older book");
        db.execute_batch("DROP TABLE plan_charge; DROP TABLE month_spent; DROP TABLE sale")
            .expect("no plans or sums");
        for index in newer_indexes(&db) {
            db.execute_batch(&format!("DROP INDEX {index}")).expect("an index");
        }
        if version == 1 {
            // From before there was an agent.
            db.execute_batch(
                "DELETE FROM ledger_transaction WHERE account = 'uses';
                 DELETE FROM ledger_account WHERE id = 'uses';
                 DROP TABLE agent_token; DROP TABLE payment;",
            )
            .expect("no agent");
            written.retain(|row| !row.starts_with("uses"));
        }
        db.pragma_update(None, "user_version", version).expect("an older version");
        drop(db);
        // Several at once find it so: one of them books it anew.
        let arguments = ["state", "--get", "balance_usd"];
        let children: Vec<_> = (0..4).map(|_| user.start(&arguments)).collect();
        for child in children {
            assert_eq!(user.finish(&arguments, child).code(0).out, "599.99\n");
        }
        let after = told(&user);
        assert_eq!((&after.0, &after.2), (&before.0, &before.2), "version {version}");
        if version == 2 {
            assert_eq!(after.1, before.1);
        }
        assert_eq!(book(&Connection::open(&file).expect("the state")), written);
        user.run(&["buy", "10", "--yes"]).code(0);
        assert_eq!(told(&user).0, "609.99\n");
    }
}

#[test]
fn a_change_whose_answer_or_look_is_lost_is_told_as_it_is() {
    let user = User::on_sandbox();
    let fault = |request: &str, fate: &[&str]| {
        let add = [&["sandbox", "faults", "add", request, "--times", "1"], fate].concat();
        user.run(&add).code(0);
    };
    let change = |below: &str| user.run(&["auto-reload", below, "100", "--yes", "--json"]);
    fault("GET /api/billing/state", &["--status", "500"]);
    let changed = change("20").code(0).json();
    assert_eq!(changed["data"]["changed"], true);
    assert_eq!(changed["data"]["auto_reload"]["below_usd"], "20.00");
    fault("PATCH /api/billing/auto-top-up", &["--lose-response"]);
    let changed = change("30").code(0).json();
    assert_eq!(changed["data"]["auto_reload"]["enabled"], true);
    fault("PATCH /api/billing/auto-top-up", &["--drop-before"]);
    let refused = user.run(&["auto-reload", "40", "100", "--yes"]);
    assert_ne!(refused.code, 0);
    refused.says("It may have been changed");
}

#[test]
fn a_link_has_no_value_that_it_has_not() {
    let user = Server::start(&[]).user();
    user.run(&["buy", "--link", "--get", "typo"]).code(2);
    user.run(&["buy", "--link", "--get", "portal_url"]).code(0).prints("http");
}

/// What carries links is run in the sandbox inside the program, whose pages end with each run.
#[test]
fn no_answer_of_the_sandbox_inside_the_program_has_a_link_that_ends_with_it() {
    let user = User::on_sandbox();
    for words in [
        &["state"][..],
        &["limit"],
        &["open"],
        &["open", "plan"],
        &["buy", "25", "--link"],
        &["auto-reload"],
        &["auto-reload", "20", "100", "--dry-run"],
        &["plan"],
        &["plan", "preview", "plus"],
        &["plan", "change", "plus", "--yes"],
        &["login", "--no-wait"],
        &["state", "--provider", "byterover"],
        &["team", "list", "--provider", "byterover"],
        &["state", "--provider", "ciris"],
        &["buy", "--yes", "--provider", "ciris"],
        &["history"],
        &["state", "--provider", "openrouter"],
    ] {
        let (text, json) = (user.run(words), user.run(&[words, &["--json"]].concat()));
        assert!(!text.out.contains("http://"), "{words:?}: {}", text.out);
        assert!(!has_page(&json.out), "{}", json.out);
    }
    let shown = "shown by 'topup sandbox serve'\n";
    for words in
        [&["open"][..], &["buy", "25", "--link"], &["open", "limit", "--provider", "ciris"]]
    {
        assert_eq!(user.run(words).code(0).out, shown, "{words:?}");
    }
    assert_eq!(user.run(&["open", "--get", "portal_url"]).code(0).out, "\n");
    let waits = user.run(&["login", "--no-wait"]).code(0);
    assert!(!waits.err.contains("127.0.0.1"), "{}", waits.err);
    // Where it is served the links last.
    let served = Server::start(&[]);
    let link = served.user().run(&["state", "--get", "portal_url"]).code(0).out;
    assert!(link.starts_with(&served.url), "{link}");
}

/// Whether a page, and not the base of the system alone, is named in it.
fn has_page(text: &str) -> bool {
    let after = |link: &str| link.split_once('/').is_some_and(|(_, path)| !path.is_empty());
    text.split("http://127.0.0.1:")
        .skip(1)
        .any(|link| after(link.split('"').next().unwrap_or_default()))
}

#[test]
fn a_member_that_may_not_use_the_account_fails_every_gate_whatever_the_balance() {
    let user = User::on_sandbox();
    for (word, exit, class) in [
        ("member_spend_cap_exceeded", 34, "limit_exceeded"),
        ("org_frozen", 15, "billing_disabled"),
    ] {
        user.set(&format!("access={word}"));
        user.run(&["check", "--at-least", "1", "--json"]).code(exit).failed(class, None);
        user.run(&["limit", "--require", "1"]).code(exit);
        let ensure = ["ensure", "--at-least", "1", "--buy", "10", "--yes", "--json"];
        user.run(&ensure).code(exit).failed(class, Some("no"));
        let state = user.run(&["state", "--json"]).code(0).json();
        assert_eq!(state["data"]["access"]["reason"], word);
    }
    user.run(&["state", "--brief"]).code(0).prints("may not be used");
    user.set("access=no_usable_credits");
    user.run(&["check", "--at-least", "1"]).code(30);
    user.set("access=allowed");
    user.run(&["check", "--at-least", "1"]).code(0);
    user.set("reload-card=distinct");
    user.set("auto-reload=20:100");
    user.run(&["state"]).code(0).prints("another card than the one on file");
    let check = user.run(&["check", "--at-least", "1"]).code(0).out;
    let named = check.lines().filter(|line| line.contains("····") || line.contains("ending"));
    assert_eq!(named.count(), 1, "the card stands there once: {check}");
    let watch = user.run(&["watch", "--below", "1", "--one-look"]).code(0).err;
    let warning = "Z warning: Auto-reload charges another card";
    assert!(watch.lines().any(|line| line.contains(warning)), "a line of its own: {watch}");
}

#[test]
fn a_refusal_of_the_gate_is_quoted_and_charged_nothing() {
    let user = User::on_sandbox();
    for (word, exit, class) in [
        ("org_access_denied", 14, "role_required"),
        ("auto_top_up_disabled_failures", 24, "payment_failed"),
        ("card_paused", 24, "payment_failed"),
        ("card_expired", 22, "payment_method_expired"),
        ("card_mismatch", 20, "no_payment_method"),
    ] {
        user.set(&format!("refuse={word}"));
        let refused = user.run(&["buy", "10", "--yes", "--json"]).code(exit);
        let document = refused.failed(class, Some("no"));
        assert_eq!(document["error"]["code"], word);
        let message = document["error"]["message"].as_str().expect("a message");
        assert!(message.contains("Spending is refused."), "{message}");
    }
    user.set("refuse=new_word");
    let change = ["auto-reload", "20", "100", "--yes", "--json"];
    user.run(&change).code(14).failed("role_required", None);
    user.set("refuse=none");
    user.set("card=none");
    user.run(&change).code(20);
}
