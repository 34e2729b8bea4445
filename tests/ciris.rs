//! CIRIS agents: a login with a password, uses, packs that a person pays for in a browser, and
//! what an agent says that no sandbox does.

use crate::scripted::{Scripted, Told};
use crate::support::{Server, User};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const INITIATE: &str = "POST /v1/api/billing/purchase/initiate";

/// Somebody at the embedded agent, whose payments settle at once.
fn on_sandbox() -> User {
    let user = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "ciris");
    user.set("settle-after=0s");
    user
}

/// Somebody at a served agent, logged in with the password.
pub fn at(server: &Server) -> User {
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin"];
    user.run_with_input(&login, &format!("{}\n", server.ciris_password)).code(0);
    user
}

fn count(user: &User, request: &str) -> usize {
    user.seen().iter().filter(|seen| seen.starts_with(request)).count()
}

/// One request as a browser sends it; gives status and body.
pub fn browse(server: &Server, method: &str, path: &str, form: &str) -> (u16, String) {
    let host = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("connected");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    )
    .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("read");
    let status = text[9..12].parse().expect("a status");
    (status, text)
}

/// What a person does on the page of a payment.
pub fn act(server: &Server, page: &str, fields: &str) {
    let path = page.strip_prefix(&server.url).expect("a page of this server");
    let (status, text) = browse(server, "GET", path, "");
    assert_eq!(status, 200, "{text}");
    let (_, rest) = text.split_once("name=\"form_word\" value=\"").expect("a form");
    let (word, _) = rest.split_once('"').expect("its word");
    let (status, text) = browse(server, "POST", path, &format!("form_word={word}&{fields}"));
    assert_eq!(status, 303, "{text}");
}

fn page_of(document: &Value) -> String {
    document["error"]["portal_url"].as_str().expect("a page").to_owned()
}

#[test]
fn a_fresh_machine_buys_a_pack_and_every_key_that_is_promised_is_there() {
    let user = on_sandbox();
    let state = user.run(&["state", "--json"]).code(0).json();
    for (key, value) in [
        ("has_credit", json!(true)),
        ("credits_remaining", json!(50)),
        ("free_uses_remaining", json!(5)),
        ("daily_free_uses_remaining", Value::Null),
        ("total_uses", json!(0)),
        ("plan_name", json!("Standard")),
        ("purchase_required", json!(false)),
        ("purchase_options", Value::Null),
        ("mode", json!("paid")),
        ("unit", json!("uses")),
        ("sandbox", json!(true)),
    ] {
        assert_eq!(state["data"][key], value, "{key} in {state}");
    }
    let bought = user.run(&["buy", "--yes", "--json"]).code(0).json();
    let data = &bought["data"];
    assert_eq!(data["status"], "settled");
    assert_eq!(data["provider_status"], "succeeded");
    assert_eq!(data["amount"], json!({"minor": 500, "currency": "USD"}));
    assert_eq!((&data["uses_purchased"], &data["balance_after"]), (&json!(100), &json!(150)));
    assert!(data["payment_id"].as_str().expect("an id").starts_with("pi_"));
    assert!(data["portal_url"].as_str().expect("a page").contains("/ciris"));
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "155 uses left\n");
    user.run(&["check", "--at-least", "155"]).code(0);
    user.run(&["check", "--at-least", "156", "--json"])
        .code(30)
        .failed("insufficient_balance", None);
    user.run(&["limit", "--require", "156"]).code(31);
    let limit = user.run(&["limit", "--json"]).code(0).json();
    assert_eq!(limit["data"]["credits_remaining"], 150);
    // Told once, the next one is another pack.
    let next = user.run(&["buy", "5", "--yes", "--poll", "1s", "--json"]).code(0).json();
    assert_ne!(next["data"]["payment_id"], data["payment_id"]);
    let list = user.run(&["history", "--json"]).code(0).json();
    assert_eq!(list["data"]["purchases"].as_array().expect("a list").len(), 2);
    let csv = user.run(&["history", "--csv"]).code(0).out;
    assert!(csv.lines().nth(1).expect("a row").contains(",5.00,settled,pi_"), "{csv}");
    // A value of a payment can be picked, and one that no payment has is refused beforehand.
    let id = user.run(&["buy", "--yes", "--poll", "1s", "--get", "payment_id"]).code(0).out;
    assert!(id.starts_with("pi_"), "{id}");
    assert_eq!(user.run(&["buy", "--dry-run", "--get", "would"]).code(0).out, "start\n");
    user.run(&["buy", "--yes", "--get", "charge_id"]).code(2).says("payment_id");
    assert_eq!(count(&user, INITIATE), 3);
}

#[test]
fn the_login_is_a_username_and_a_password_that_is_in_no_argument_and_nowhere_kept() {
    let server = Server::start(&[]);
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["state", "--json"]).code(10).failed("not_logged_in", None);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin", "--json"];
    let wrong = user.run_with_input(&login, "wrong\n").code(16);
    wrong.failed("login_denied", None);
    assert!(!user.file("credentials.json").exists(), "nothing is kept of a refused login");
    for nonsense in ["", "\n", "two\nlines\n", &"x".repeat(5000)] {
        user.run_with_input(&login, nonsense).code(2);
    }
    user.run(&["login", "--username", "x", "--json"]).code(3).failed("confirmation_required", None);
    user.run(&["login", "--password-stdin"]).code(2);
    user.run(&["login", "--step-up", "--json"]).code(6).failed("unsupported", None);
    user.run(&["login", "--no-wait"]).code(6);
    let told = user.run_with_input(&login, &format!("{}\r\n", server.ciris_password)).code(0);
    let data = &told.json()["data"];
    assert_eq!(data["subject"], "sandbox-user");
    assert_eq!(data["role"], "SYSTEM_ADMIN");
    let kept = std::fs::read_to_string(user.file("credentials.json")).expect("kept");
    assert!(!kept.contains(&server.ciris_password));
    assert!(!format!("{}{}", told.out, told.err).contains(&server.ciris_password));
    user.run(&["state"]).code(0);
    assert_eq!(user.run(&["whoami", "--get", "subject"]).code(0).out, "sandbox-user\n");
    // From the environment, and an agent that was restarted knows nobody any more.
    server.keeper().run(&["sandbox", "revoke", "session"]).code(0);
    user.run(&["state"]).code(10).says("login --username NAME");
    let user = user.with("TOPUP_CIRIS_PASSWORD", &server.ciris_password);
    user.run(&["login", "--username", &server.ciris_username]).code(0);
    user.run(&["state"]).code(0);
    user.run(&["logout"]).code(0);
    user.run(&["state"]).code(10);
    let elsewhere = User::on_sandbox();
    elsewhere.run(&["login", "--username", "x"]).code(2).says("takes no username");
}

#[test]
fn a_person_pays_on_the_page_and_the_same_command_finds_the_open_payment() {
    let server = Server::start(&[]);
    let (user, keeper) = (at(&server), server.keeper());
    let first = user.run(&["buy", "--yes", "--wait", "0s", "--json"]).code(26);
    let document = first.failed("action_required", Some("no"));
    let id = document["data"]["payment_id"].as_str().expect("an id").to_owned();
    first.says(&page_of(&document));
    // Again: the same payment, and whoever waits is told when it is paid.
    let again = user.run(&["buy", "--yes", "--wait", "0s", "--json"]).code(26);
    let again = again.failed("action_required", Some("no"));
    assert_eq!(
        (&again["data"]["payment_id"], &again["data"]["resumed"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(again["data"]["provider_status"], "requires_payment_method");
    let page = page_of(&document);
    let waiting = user.start(&["buy", "--yes", "--wait", "30s", "--json"]);
    act(&server, &page, "act=pay&number=4000000000009995");
    act(&server, &page, "act=pay&number=4000002500003155");
    act(&server, &page, "act=authenticate");
    let settled = user.finish(&["buy"], waiting).code(0).json();
    assert_eq!(
        (&settled["data"]["payment_id"], &settled["data"]["status"]),
        (&json!(id), &json!("settled"))
    );
    assert_eq!(settled["data"]["balance_after"], 150);
    assert_eq!(count(&keeper, INITIATE), 1);
    // Told is told: what comes next is another one.
    user.run(&["buy", "--yes", "--no-wait"]).code(26);
    assert_eq!(count(&keeper, INITIATE), 2);
    user.run(&["status", &id]).code(0);
    user.run(&["status", "--get", "payment_id"]).code(26);
}

#[test]
fn what_a_person_calls_off_or_a_card_fails_is_final_and_the_next_one_is_new() {
    let server = Server::start(&[]);
    let user = at(&server);
    for (fields, class, code) in [
        ("act=cancel", "payment_canceled", 25),
        ("act=pay&number=4000000000000119", "payment_failed", 24),
    ] {
        let document = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
        act(&server, &page_of(&document), fields);
        let ended = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(code);
        let ended = ended.failed(class, Some("no"));
        assert_eq!(ended["data"]["payment_id"], document["data"]["payment_id"]);
    }
    // What an impatient run did not see is told by the next one, before it opens another.
    let document = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
    act(&server, &page_of(&document), "act=pay&number=4242424242424242");
    let resumed = user.run(&["resume", "--json"]).code(0).json();
    assert_eq!(resumed["data"]["purchases"][0]["status"], "settled");
    let told = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(0).json();
    assert_eq!(told["data"]["payment_id"], document["data"]["payment_id"]);
    assert_eq!(told["data"]["replayed"], true);
    assert_eq!(count(&server.keeper(), INITIATE), 3);
}

#[test]
fn an_amount_that_is_not_the_price_opens_none_or_keeps_the_one_that_is_open() {
    let server = Server::start(&[]);
    let (user, keeper) = (at(&server), server.keeper());
    // Told beforehand: nothing is opened.
    keeper.set("ciris-uses=0");
    keeper.set("ciris-free=0");
    let refused = user.run(&["buy", "7", "--yes", "--json"]).code(32);
    let refused = refused.failed("amount_out_of_bounds", Some("no"));
    assert_eq!(refused["error"]["details"]["price_minor"], 500);
    user.run(&["buy", "--max", "4.99", "--yes", "--json"])
        .code(5)
        .failed("spend_guard", Some("no"));
    assert_eq!(count(&keeper, INITIATE), 0);
    // Told only by the payment itself: kept, reported, and gone on with.
    keeper.set("ciris-offer=untold");
    let kept = user.run(&["buy", "7", "--yes", "--json"]).code(32);
    let kept = kept.failed("amount_out_of_bounds", Some("no"));
    assert!(kept["data"]["payment_id"].is_string());
    user.run(&["buy", "--max", "4.99", "--yes"]).code(5);
    let again = user.run(&["buy", "5", "--yes", "--no-wait", "--json"]).code(26).json();
    assert_eq!(again["data"]["payment_id"], kept["data"]["payment_id"]);
    assert_eq!(count(&keeper, INITIATE), 1);
    user.run(&["buy", "--yes", "--no-wait", "--new"]).code(26);
    assert_eq!(count(&keeper, INITIATE), 2, "only --new opens a second one");
    for wrong in [&["buy", "preset:1", "--yes"][..], &["buy", "5.001", "--yes"]] {
        user.run(wrong).code(2);
    }
    for key in [&["--once", "x"][..], &["--idempotency-key", "12345678"]] {
        let mut arguments = vec!["buy", "--yes", "--json"];
        arguments.extend(key);
        user.run(&arguments).code(6).failed("unsupported", Some("no"));
    }
    // Two payments are open, and somebody may have paid them by now.
    user.run(&["buy", "--json"]).code(3).failed("confirmation_required", Some("unknown"));
    assert_eq!(count(&keeper, INITIATE), 2);
}

#[test]
fn the_limits_of_the_profile_hold_for_packs_too() {
    let server = Server::start(&[]);
    let user = at(&server);
    let limits = |text: &str| {
        let config = format!("[profiles.default]\nprovider = 'ciris'\n{text}\n");
        std::fs::write(user.file("config.toml"), config).expect("written");
    };
    limits("max_per_purchase = '4.00'");
    let refused = user.run(&["buy", "--yes", "--json"]).code(5);
    refused.failed("spend_guard", Some("no"));
    limits("max_per_day = '9.99'");
    let first = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26).json();
    act(&server, &page_of(&first), "act=pay&number=4242424242424242");
    user.run(&["buy", "--yes"]).code(0);
    user.run(&["buy", "--yes", "--no-wait"]).code(5).says("max_per_day");
}

#[test]
fn modes_are_told_and_nothing_is_opened_where_nothing_is_sold() {
    let user = on_sandbox();
    user.set("ciris-mode=free_only");
    assert_eq!(user.run(&["state", "--get", "mode"]).code(0).out, "free_only\n");
    user.run(&["buy", "--yes", "--json"]).code(15).failed("billing_disabled", Some("no"));
    user.run(&["check", "--at-least", "6"]).code(30);
    user.set("ciris-mode=unlimited");
    let state = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(
        (&state["data"]["mode"], &state["data"]["credits_remaining"]),
        (&json!("unlimited"), &json!(999))
    );
    user.run(&["buy", "--yes", "--json"]).code(15).failed("billing_disabled", Some("no"));
    user.run(&["buy", "5", "--yes"]).code(15);
    let checked = user.run(&["check", "--at-least", "100000", "--json"]).code(0).json();
    assert_eq!(checked["data"]["unlimited"], true);
    user.set("ciris-mode=paid");
    user.set("ciris-email=none");
    user.run(&["buy", "--yes"]).code(33).says("Email address required");
    user.set("ciris-email=set");
    user.set("ciris-wrapped=on");
    user.run(&["buy", "--yes"]).code(0);
    assert_eq!(user.run(&["state", "--brief"]).code(0).out, "155 uses left\n");
    for verb in [&["auto-reload"][..], &["team", "list"]] {
        user.run(verb).code(6).says("/ciris");
    }
    let refused = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_TOKEN", "x");
    let backend = ["state", "--portal-url", "https://billing.ciris.ai", "--json"];
    refused.run(&backend).code(4).failed("config", None);
}

#[test]
fn transactions_come_in_pages_and_all_of_them_once() {
    let user = on_sandbox();
    user.set("rate-limit=off");
    for left in 0..7 {
        user.set(&format!("ciris-uses={left}"));
    }
    let page =
        user.run(&["transactions", "--limit", "3", "--offset", "1", "--json"]).code(0).json();
    let list = page["data"]["transactions"].as_array().expect("a list");
    assert_eq!((list.len(), &page["data"]["total_count"]), (3, &json!(8)));
    assert_eq!(page["data"]["has_more"], true);
    assert_eq!((&list[0]["type"], &list[0]["balance_after"]), (&json!("credit"), &json!(5)));
    let all = user.run(&["transactions", "--all", "--json"]).code(0).json();
    let ids: HashSet<&str> = all["data"]["transactions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["transaction_id"].as_str().expect("an id"))
        .collect();
    assert_eq!((ids.len(), &all["data"]["has_more"]), (8, &json!(false)));
    let csv = user.run(&["transactions", "--csv"]).code(0).out;
    assert!(csv.starts_with("created_at,type,amount_minor,currency,balance_after,"), "{csv}");
    assert!(csv.contains(",charge,-250,USD,0,uses,"), "{csv}");
    user.run(&["transactions", "--limit", "2"]).code(0).prints("2 of 8 are shown");
    let nous = User::on_sandbox();
    nous.run(&["transactions"]).code(6);
}

/// An agent in the paid mode that answers `initiate` and `status` like this.
fn agent(status: impl Fn(usize) -> Told + Send + Sync + 'static) -> Scripted {
    let looks = AtomicUsize::new(0);
    Scripted::new(move |asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(
            200,
            r#"{"data":{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"USD","uses_purchased":100,"publishable_key":"pk_1","portal_url":"https://evil.example/pay"}}"#
                .into(),
        ),
        line if line.starts_with("GET /v1/api/billing/purchase/status/") => {
            status(looks.fetch_add(1, Ordering::SeqCst))
        }
        _ => Told::Html,
    }
    })
}

fn word(word: &str) -> Told {
    Told::Json(200, format!(r#"{{"status":"{word}","credits_added":0,"balance_after":null}}"#))
}

#[test]
fn polling_goes_on_through_every_word_and_trouble_and_success_is_the_status() {
    let server = agent(|look| match look {
        0 => word("requires_action"),
        1 => Told::Json(503, r#"{"detail":"Credit check failed: timeout"}"#.into()),
        2 => Told::Html,
        3 => word("requires_capture"),
        _ => word("succeeded"),
    });
    let buy = ["buy", "--yes", "--wait", "30s", "--poll", "1s", "--json"];
    let ran = server.user("ciris").run(&buy).code(0);
    let data = &ran.json()["data"];
    assert_eq!((&data["status"], &data["credits_added"]), (&json!("settled"), &json!(0)));
    assert_eq!((&data["uses_purchased"], &data["balance_after"]), (&json!(100), &Value::Null));
    assert!(!format!("{}{}", ran.out, ran.err).contains("evil.example"), "a page of its own only");
    assert!(ran.err.contains(&format!("Pay $5.00 for 100 uses here: {}", server.url)));
    assert_eq!(server.lines().iter().filter(|line| *line == INITIATE).count(), 1);
}

#[test]
fn the_client_secret_is_nowhere_unless_it_is_asked_for() {
    let server = agent(|_| word("requires_payment_method"));
    let user = server.user("ciris");
    let all = ["buy", "--yes", "--no-wait", "-v", "--json"];
    let quiet = user.run(&all).code(26);
    user.run(&["history", "--json"]).code(0);
    user.run(&["status"]).code(26);
    assert!(!format!("{}{}", quiet.out, quiet.err).contains("secret_x"));
    for entry in std::fs::read_dir(user.home()).expect("a home").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("secret_x"), "{}", entry.path().display());
        assert!(!text.contains("the-secret-key"), "{}", entry.path().display());
    }
    let asked = ["buy", "--yes", "--new", "--no-wait", "--show-client-secret", "--json"];
    let told = user.run(&asked).code(26).json();
    assert_eq!(told["data"]["client_secret"], "pi_1_secret_x");
    assert_eq!(told["data"]["publishable_key"], "pk_1");
    user.run(&["buy", "--yes", "--show-client-secret"]).code(2);
    // In every form of the answer, for whoever asks.
    let asked = ["buy", "--yes", "--new", "--no-wait", "--show-client-secret"];
    user.run(&asked).code(26).prints("pi_1_secret_x").says("waits to be paid");
    let told = user.run(&[&asked[..], &["--get", "client_secret"]].concat()).code(26);
    assert_eq!(told.out, "pi_1_secret_x\n");
    let file = user.file("outputs");
    let action = server.user("ciris").with("GITHUB_ACTIONS", "true");
    let action = action.with("GITHUB_OUTPUT", file.to_str().expect("text"));
    action.run(&asked).code(26).says("::add-mask::pi_1_secret_x");
    let outputs = std::fs::read_to_string(file).expect("outputs");
    assert!(outputs.contains("action_required") && !outputs.contains("secret_x"), "{outputs}");
    let (_, rest) = outputs.split_once("payment_id<<").expect("the payment");
    assert_eq!(rest.lines().nth(1), Some("pi_1"), "{outputs}");
}

#[test]
fn a_secret_in_a_link_or_a_key_is_not_kept_either() {
    let server = Scripted::new(|asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(
            200,
            r#"{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"USD","publishable_key":"pi_1_secret_x","portal_url":"/pay?payment_intent_client_secret=pi_1_secret_x"}"#
                .into(),
        ),
        _ => word("requires_action"),
    }
    });
    let user = server.user("ciris");
    let ran = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26);
    user.run(&["status", "--json"]).code(26);
    assert!(!format!("{}{}", ran.out, ran.err).contains("secret_x"));
    assert_eq!(page_of(&ran.json()), format!("{}/", server.url));
    for entry in std::fs::read_dir(user.home()).expect("a home").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret_x"), "{entry:?}");
    }
}

#[test]
fn a_payment_of_another_journal_is_looked_at_by_the_same_rules() {
    let server = Scripted::new(|asked| match asked.line.rsplit('/').next() {
        Some("pi_called_off") => word("canceled"),
        Some("pi_failed") => word("failed"),
        Some("pi_login") => Told::Json(401, r#"{"detail":"Invalid API key"}"#.into()),
        _ => word("pending"),
    });
    let user = server.user("ciris");
    let off = user.run(&["status", "pi_called_off", "--json"]).code(25);
    assert_eq!(off.failed("payment_canceled", Some("no"))["data"]["status"], "failed");
    user.run(&["status", "pi_failed", "--json"]).code(24).failed("payment_failed", Some("no"));
    // No look mends a login, so that nobody waits for one.
    let ran = user.run(&["status", "pi_login", "--wait=30s", "--json"]).code(10);
    ran.failed("not_logged_in", Some("unknown"));
    assert_eq!(server.seen().len(), 3);
    // Whatever is wished for, an agent is not asked more often than it takes. `buy` would open
    // another payment, and is not what goes on with this one.
    let ran = user.run(&["status", "pi_x", "--wait=2s", "--poll", "100ms"]).code(50);
    assert!(server.seen().len() <= 3 + 3, "{:?}", server.lines());
    let ran = ran.says("'topup state'").says("'topup status pi_x --wait'");
    assert!(!ran.err.contains("topup buy"), "{}", ran.err);
}

#[test]
fn a_pace_that_is_slower_than_what_is_asked_for_is_kept() {
    let limited = r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":2}"#;
    let server = agent(move |_| Told::Json(429, limited.into()));
    let user = server.user("ciris");
    user.run(&["buy", "--yes", "--no-wait"]).code(26);
    let ran = user.run(&["buy", "--yes", "--wait", "1s", "--poll", "1m", "--json"]).code(50);
    let document = ran.failed("pending", Some("unknown"));
    assert_eq!(document["error"]["retry_after"], 2);
}

#[test]
fn an_agent_that_sells_nothing_sells_no_empty_pack_for_nothing() {
    let server = Scripted::new(|asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(403, r#"{"detail":"Billing not enabled."}"#.into()),
        _ => Told::Json(
            200,
            r#"{"has_credit":false,"credits_remaining":0,"free_uses_remaining":0,"total_uses":1,"plan_name":"free","purchase_required":false,"purchase_options":{"price_minor":0,"uses":0,"currency":"USD"}}"#
                .into(),
        ),
    }
    });
    let user = server.user("ciris");
    let data = user.run(&["state", "--json"]).code(0).json()["data"].clone();
    assert_eq!((&data["mode"], &data["purchase_options"]), (&json!("free_only"), &Value::Null));
    for buy in [&["buy", "--yes", "--json"][..], &["buy", "5", "--yes", "--json"]] {
        user.run(buy).code(15).failed("billing_disabled", Some("no"));
    }
    user.run(&["buy", "--dry-run"]).code(15);
}

#[test]
fn an_agent_that_lost_its_own_login_is_its_keepers_business() {
    let lost = r#"{"detail":{"error":"billing_auth_expired","message":"Log in again."}}"#;
    let server = Scripted::new(move |_| Told::Json(401, lost.into()));
    let ran = server.user("ciris").run(&["state", "--json"]).code(41);
    let document = ran.failed("temporarily_unavailable", None);
    assert_eq!(document["error"]["recovery"], "ask_admin");
    ran.says("whoever runs the agent");
}

#[test]
fn a_list_that_comes_again_and_again_has_an_end() {
    let entry = r#"{"transactions":[{"transaction_id":"a"}],"total_count":9,"has_more":true}"#;
    let server = Scripted::new(move |_| Told::Json(200, entry.into()));
    let user = server.user("ciris");
    user.run(&["transactions", "--all", "--json"]).code(64).failed("protocol", None);
    assert!(server.seen().len() < 9, "{:?}", server.lines());
    user.run(&["transactions"]).code(0).prints("1 of 9 are shown");
}

#[test]
fn a_system_that_is_always_busy_is_not_asked_for_ever() {
    let busy = r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":0}"#;
    let server = Scripted::new(move |_| Told::Json(429, busy.into()));
    let ran = server.user("ciris").run(&["transactions", "--all", "--json"]).code(40);
    ran.failed("rate_limited", None);
    assert_eq!(server.seen().len(), 11);
}

#[test]
fn a_slow_billing_system_is_waited_for_until_it_says_what_is_wrong() {
    let server = Scripted::new(|_| {
        std::thread::sleep(std::time::Duration::from_secs(11));
        Told::Json(503, r#"{"detail":"Credit check failed: timeout"}"#.into())
    });
    let ran = server.user("ciris").run(&["state", "--json"]).code(41);
    ran.failed("temporarily_unavailable", None);
}

#[test]
fn what_to_do_next_is_typed_for_the_agent_that_was_meant() {
    let server = Server::start(&[]);
    let user = User::new();
    let meant = format!("--provider ciris --portal-url {}", server.url);
    let mut words: Vec<&str> = meant.split(' ').collect();
    words.push("state");
    user.run(&words).code(10).says(&format!("'topup {meant} login --username NAME'"));
    let sandbox = ["--sandbox", "--provider", "ciris", "buy", "7", "--yes"];
    user.run(&sandbox).code(32).says("'topup --sandbox --provider ciris buy'");
    // What a variable says is heard by the next command as well.
    let user = user.with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["state"]).code(10).says("'topup login --username NAME'");
}

#[test]
fn a_lost_answer_or_a_refusal_charges_nothing_and_the_next_run_starts_anew() {
    let tries = AtomicUsize::new(0);
    let server = Scripted::new(move |asked| {
        if asked.line != INITIATE {
            return word("succeeded");
        }
        match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Told::Nothing,
            1 => Told::Json(200, r#"{"payment_id":"../../x","amount_minor":500}"#.into()),
            2 => Told::Json(500, "oops".into()),
            3 => Told::Json(
                429,
                r#"{"detail":"x","error":"rate_limit_exceeded","retry_after":7}"#.into(),
            ),
            4 => Told::Html,
            _ => Told::Json(
                200,
                r#"{"payment_id":"pi_9","amount_minor":500,"currency":"USD"}"#.into(),
            ),
        }
    });
    let user = server.user("ciris");
    for (class, code) in [
        ("network", 60),
        ("protocol", 64),
        ("server_error", 65),
        ("rate_limited", 40),
        ("endpoint_unavailable", 63),
    ] {
        let ran = user.run(&["buy", "--yes", "--json"]).code(code);
        let document = ran.failed(class, Some("no"));
        if class == "rate_limited" {
            assert_eq!(document["error"]["retry_after"], 7);
        }
    }
    user.run(&["resume"]).code(0).prints("nothing to resume");
    let bought = user.run(&["buy", "--yes", "--json"]).code(0).json();
    assert_eq!(bought["data"]["payment_id"], "pi_9");
    let list = user.run(&["history", "--json"]).code(0).json();
    let standings: Vec<&str> = list["data"]["purchases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| line["status"].as_str().expect("a word"))
        .collect();
    assert_eq!(standings.iter().filter(|word| **word == "settled").count(), 1);
    assert!(standings.iter().all(|word| ["settled", "refused", "not_sent"].contains(word)));
}

#[test]
fn a_payment_that_is_pending_for_ever_ends_with_the_wait_and_a_person_can_close_it() {
    let server = agent(|_| word("pending"));
    let user = server.user("ciris");
    user.run(&["buy", "--yes", "--wait", "2s", "--json"])
        .code(50)
        .failed("pending", Some("unknown"));
    user.run(&["resume", "--wait", "0s"]).code(50);
    user.run(&["status", "pi_unknown", "--json"]).code(50).failed("pending", Some("unknown"));
    for nonsense in ["../x", "a b", "", "pi_%2e"] {
        user.run(&["status", nonsense]).code(2);
    }
    user.run(&["resume", "--mark", "charged=pi_2", "--json"])
        .code(2)
        .says("not the id of this payment")
        .failed("usage", Some("unknown"));
    user.run(&["resume", "--mark", "not-charged"]).code(0);
    user.run(&["status"]).code(25);
    user.run(&["resume"]).code(0);
    user.run(&["resume", "--mark", "not-charged"]).code(2);
}

#[test]
fn a_login_that_ends_in_the_middle_leaves_the_payment_open() {
    let server = agent(|look| match look {
        0 => word("processing"),
        1 => Told::Json(401, r#"{"detail":"Invalid API key"}"#.into()),
        _ => word("succeeded"),
    });
    let user = server.user("ciris");
    let buy = ["buy", "--yes", "--wait", "20s", "--poll", "1s", "--json"];
    user.run(&buy).code(10).failed("not_logged_in", Some("unknown"));
    let again = user.run(&buy).code(0).json();
    assert_eq!(again["data"]["resumed"], true);
    assert_eq!(server.lines().iter().filter(|line| *line == INITIATE).count(), 1);
    // Tokens go to the agent in their header, and nowhere else.
    for asked in server.seen() {
        assert!(asked.head.contains("authorization: bearer the-secret-key"), "{asked:?}");
        assert!(!asked.line.contains("the-secret-key"));
    }
}

#[test]
fn fifty_at_once_open_one_payment() {
    let server = Server::start(&["--no-rate-limit"]);
    let user = at(&server);
    let arguments = ["buy", "--yes", "--no-wait", "--json"];
    let running: Vec<_> = (0..50).map(|_| user.start(&arguments)).collect();
    let ids = Mutex::new(HashSet::new());
    for child in running {
        let ran = user.finish(&arguments, child);
        assert!(matches!(ran.code, 26 | 53), "{}{}", ran.out, ran.err);
        if ran.code == 26 {
            let document = ran.json();
            let id = document["data"]["payment_id"].as_str().expect("an id").to_owned();
            ids.lock().expect("unlocked").insert(id);
        }
    }
    assert_eq!(ids.lock().expect("unlocked").len(), 1);
    assert_eq!(count(&server.keeper(), INITIATE), 1);
}

#[test]
fn a_login_that_does_not_say_whose_it_is_opens_none_beside_one_that_does() {
    let server = Server::start(&["--no-rate-limit"]);
    let user = at(&server);
    let token = server.agent_token();
    let arguments = ["buy", "--yes", "--no-wait", "--json"];
    let running: Vec<_> = (0..20)
        .map(|shell| {
            let mut command = user.command(&arguments);
            if shell % 2 == 0 {
                command.env("TOPUP_TOKEN", &token);
            }
            command.spawn().expect("it starts")
        })
        .collect();
    for child in running {
        let ran = user.finish(&arguments, child);
        assert!(matches!(ran.code, 26 | 53), "{}{}", ran.out, ran.err);
    }
    assert_eq!(count(&server.keeper(), INITIATE), 1);
}

#[test]
fn a_page_of_a_payment_takes_test_cards_only_and_its_own_forms_only() {
    let server = Server::start(&[]);
    let user = at(&server);
    let return_url = "https://shop.example/paid?x=1";
    let buy = ["buy", "--yes", "--no-wait", "--return-url", return_url, "--json"];
    let document = user.run(&buy).code(26).json();
    let page = page_of(&document);
    let path = page.strip_prefix(&server.url).expect("a page of this server").to_owned();
    let (status, _) = browse(&server, "POST", &path, "act=pay&number=4242424242424242");
    assert_eq!(status, 403, "a form of somebody else");
    act(&server, &page, "act=pay&number=4111111111111111");
    user.run(&["status"]).code(26);
    act(&server, &page, "act=pay&number=4242+4242-4242+4242");
    user.run(&["status"]).code(0);
    let (_, text) = browse(&server, "GET", &path, "");
    assert!(text.contains("Paid. Go back to your terminal."));
    assert!(text.contains("href=\"https://shop.example/paid?x=1\""));
    assert_eq!(browse(&server, "GET", "/ciris/payment/pi_nobody", "").0, 404);
    assert_eq!(browse(&server, "GET", "/ciris", "").0, 200);
    for (method, path) in
        [("GET", "/v1/api/billing/nothing"), ("DELETE", "/v1/api/billing/credits")]
    {
        let (status, text) = browse(&server, method, path, "");
        assert!(status == 404 && text.contains("<!doctype html>"), "an agent's own page");
    }
    for address in ["javascript:alert(1)", "not an address", "https://user:word@x.example"] {
        user.run(&["buy", "--yes", "--return-url", address]).code(2);
    }
}

#[test]
fn an_agent_that_is_asked_too_often_says_so_and_it_is_told() {
    let user = on_sandbox();
    user.run(&[
        "sandbox",
        "faults",
        "add",
        "GET /v1/api/billing/credits",
        "--status",
        "429",
        "--retry-after",
        "9",
    ])
    .code(0);
    let document = user.run(&["state", "--json"]).code(40).failed("rate_limited", None);
    assert_eq!(document["error"]["retry_after"], 9);
    user.run(&["sandbox", "faults", "add", "GET /v1/api/billing/credits", "--status", "503"])
        .code(0);
    user.run(&["state", "--json"]).code(41).failed("temporarily_unavailable", None);
}
