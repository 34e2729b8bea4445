//! Promise: what others say is shown escaped and cut to a length: in a terminal, at a prompt, in a
//! log and in a document.
//!
//! Faults 25 to 27.

mod terminal;

use crate::prompts::{at_a_terminal, code};
use crate::scripted::{Scripted, Told};
use crate::support::{Ran, Server, User};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Everything that moves a cursor, colours, rings, hides, turns or orders; and a word behind it
/// that shows that the place was reached.
pub const HOSTILE: &str = "\u{1b}[2JEVIL\u{1b}[5m\u{1b}]0;title\u{7}\u{1b}]8;;http://evil.example\u{1b}\\x\
    \u{1b}]52;c;QUFB\u{7}\u{9b}31m\u{9d}0;y\u{9c}\u{8}\u{8}\u{7f}\u{85}\r::add-mask::a\r\n::set-output \
    name=x::y%0A::stop-verbs::z\n##[add-mask]b\u{2028}##vso[x]\u{202e}\u{202a}\u{2066}\u{2069}\
    \u{200e}\u{200f}\u{61c}\u{200b}\u{200d}\u{2060}\u{feff}\u{e0041}\u{e007f}\u{3164}\u{ad}EVIL";

/// All that stands alone in fault 26, and its cousins.
const INVISIBLE: &[char] = &[
    '\u{202a}',
    '\u{202b}',
    '\u{202c}',
    '\u{202d}',
    '\u{202e}',
    '\u{2066}',
    '\u{2067}',
    '\u{2068}',
    '\u{2069}',
    '\u{200e}',
    '\u{200f}',
    '\u{61c}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{2060}',
    '\u{2061}',
    '\u{2064}',
    '\u{206f}',
    '\u{feff}',
    '\u{ad}',
    '\u{34f}',
    '\u{180e}',
    '\u{115f}',
    '\u{3164}',
    '\u{ffa0}',
    '\u{2800}',
    '\u{fe00}',
    '\u{e0001}',
    '\u{e0041}',
    '\u{e007f}',
    '\u{e0100}',
    '\u{2028}',
    '\u{2029}',
];

/// What may stand in an output, described a second time.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !INVISIBLE.contains(&character)
        && !('\u{e0000}'..='\u{e0fff}').contains(&character)
}

/// Takes our own colours out, and nothing else.
fn without_colours(text: &str) -> String {
    let ours = ["0", "1", "2", "31", "32", "33"].map(|code| format!("\u{1b}[{code}m"));
    ours.iter().fold(text.to_owned(), |text, code| text.replace(code, ""))
}

/// Nothing in this output does anything.
#[track_caller]
pub fn harmless(told: &str, place: &str) {
    let told = without_colours(told);
    for line in told.lines() {
        assert!(line.chars().all(is_plain), "{place}: {line:?}");
        assert!(!line.trim_start().starts_with("::"), "{place}: {line:?}");
        assert!(!line.contains("##"), "{place}: {line:?}");
    }
}

/// Runs it coloured, with its requests, and as a document; gives all that was told.
#[track_caller]
fn everywhere(user: &User, arguments: &[&str], input: Option<&str>) -> String {
    let mut all = String::new();
    for more in [&["--color", "always", "-v"][..], &["--json"]] {
        let arguments = [arguments, more].concat();
        let ran = match input {
            Some(input) => user.run_with_input(&arguments, input),
            None => user.run(&arguments),
        };
        let Ran { out, err, .. } = &ran;
        harmless(out, &format!("{arguments:?}"));
        harmless(err, &format!("{arguments:?}"));
        assert_ne!(ran.code, 101, "{err}");
        if more.contains(&"--json") {
            for line in out.lines() {
                serde_json::from_str::<Value>(line).expect("JSON");
            }
        }
        all.push_str(out);
        all.push_str(err);
    }
    all
}

pub fn ok(body: &Value) -> Told {
    Told::Json(200, body.to_string())
}

fn state_of(card: &Value) -> Value {
    json!({"org": {"id": HOSTILE, "slug": HOSTILE, "name": HOSTILE, "role": HOSTILE},
        "canChangePlan": true, "balanceUsd": "142.5", "cliBillingEnabled": true,
        "chargePresets": ["100", HOSTILE], "bounds": {"minUsd": "10", "maxUsd": HOSTILE},
        "card": card, "monthlyCap": {"limitUsd": "1000", "spentThisMonthUsd": "60"},
        "autoReload": {"enabled": true, "thresholdUsd": "20", "reloadToUsd": "100",
            "card": {"kind": "distinct", "brand": HOSTILE, "last4": HOSTILE}},
        "portalUrl": HOSTILE})
}

/// A token whose claims lie.
fn token() -> String {
    use base64::Engine;
    let claims = json!({"sub": HOSTILE, "org_id": HOSTILE, "scope": [HOSTILE, "billing:manage"],
        "client_id": HOSTILE, "exp": 4_000_000_000_i64});
    let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("e30.{middle}.c2ln")
}

/// A Nous portal that answers everything, with this card and this reason of failure.
pub fn nous(card: Value, reason: &'static str) -> Scripted {
    Scripted::new(move |asked| match asked.line.as_str() {
        "GET /api/billing/state" => ok(&state_of(&card)),
        "GET /api/oauth/account" => ok(&json!({"user": {"email": HOSTILE},
            "organisation": {"id": HOSTILE, "slug": HOSTILE, "name": HOSTILE}})),
        "POST /api/billing/charge" => Told::Json(202, r#"{"chargeId":"ch_1"}"#.into()),
        "GET /api/billing/charge/ch_1" => ok(&json!({"status": "failed", "reason": reason})),
        _ => Told::Json(404, json!({"error": HOSTILE, "message": HOSTILE}).to_string()),
    })
}

#[test]
fn fault_25_nothing_that_a_nous_portal_says_acts_on_a_terminal() {
    let portal = nous(json!({"brand": HOSTILE, "last4": HOSTILE}), HOSTILE);
    let user = portal.user("nous").with("TOPUP_TOKEN", &token());
    for arguments in [
        &["state"][..],
        &["state", "--brief"],
        &["auto-reload"],
        &["whoami"],
        &["buy", "25", "--yes"],
        &["status"],
        &["history"],
        &["open", "plan"],
    ] {
        let told = everywhere(&user, arguments, None);
        let silent = matches!(arguments, ["state", "--brief"] | ["open", ..]);
        assert!(silent || told.contains("EVIL"), "{arguments:?}: {told}");
    }
    for path in ["org.name", "org.role", "card.label", "org"] {
        let ran = user.run(&["state", "--get", path]).code(0).prints("EVIL");
        harmless(&ran.out, path);
        assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    }
    let told = user.run(&["state", "--json"]).code(0).json();
    assert_eq!(told["data"]["org"]["name"], HOSTILE, "and the document means what was said");
    harmless(&user.run(&["history", "--csv"]).code(0).out, "CSV");
}

#[test]
fn fault_25_nothing_in_a_refusal_of_any_system_acts_on_a_terminal() {
    let refusals = [
        (400, json!({"error": "validation_failed", "message": HOSTILE})),
        (403, json!({"error": HOSTILE, "message": HOSTILE, "code": HOSTILE, "portalUrl": HOSTILE})),
        (403, json!({"error": "remote_spending_revoked", "actor": HOSTILE, "recovery": HOSTILE})),
        (409, json!({"error": HOSTILE, "message": HOSTILE})),
        (422, json!({"detail": [{"loc": [HOSTILE, 1], "msg": HOSTILE}], "error": HOSTILE})),
        (400, json!({"detail": {"message": HOSTILE, "error": HOSTILE}})),
        (503, json!({"detail": HOSTILE, "message": HOSTILE, "error": HOSTILE})),
    ];
    for (status, body) in refusals {
        let portal = Scripted::new(move |_| Told::Json(status, body.to_string()));
        let mut told = String::new();
        for (system, runs) in [
            ("nous", &[&["state"][..], &["whoami"], &["auto-reload", "20", "100", "--yes"]][..]),
            ("ciris", &[&["state"], &["buy", "--yes", "--no-wait"], &["transactions"]]),
            ("byterover", &[&["state"], &["limit"], &["team", "list"]]),
        ] {
            let user = portal.user(system);
            for run in runs {
                told.push_str(&everywhere(&user, run, None));
            }
        }
        // A login, where the answer may be the same.
        let user = User::new().with("TOPUP_PORTAL_URL", &portal.url);
        told.push_str(&everywhere(&user, &["login", "--no-browser"], None));
        let user = user.with("TOPUP_PROVIDER", "ciris");
        let login = ["login", "--username", "x", "--password-stdin"];
        told.push_str(&everywhere(&user, &login, Some("word\n")));
        assert!(told.contains("EVIL"), "{status}: {told}");
    }
}

#[test]
fn fault_25_nothing_that_an_agent_or_a_team_is_called_acts_on_a_terminal() {
    let agent = Scripted::new(|asked| match asked.line.split('?').next().unwrap_or_default() {
        "GET /v1/api/billing/credits" => ok(&json!({"has_credit": true, "credits_remaining": 5,
            "plan_name": HOSTILE, "portal_url": HOSTILE,
            "purchase_options": {"price_minor": 500, "uses": 100, "currency": HOSTILE}})),
        "POST /v1/api/billing/purchase/initiate" => ok(&json!({"payment_id": "pi_1",
            "client_secret": HOSTILE, "amount_minor": 500, "currency": "usd",
            "publishable_key": HOSTILE, "portal_url": HOSTILE, "return_url": HOSTILE})),
        "GET /v1/api/billing/purchase/status/pi_1" => {
            ok(&json!({"status": HOSTILE, "detail": HOSTILE}))
        }
        "GET /v1/api/billing/transactions" => ok(&json!({"transactions": [{
            "transaction_id": HOSTILE, "type": HOSTILE, "amount_minor": 500, "currency": "USD",
            "description": HOSTILE, "created_at": HOSTILE, "transaction_type": HOSTILE,
            "metadata": {HOSTILE: HOSTILE}}], "total_count": 1, "has_more": false})),
        "POST /v1/auth/login" => ok(&json!({"access_token": "token", "user_id": HOSTILE,
            "role": HOSTILE, "expires_in": 60})),
        _ => Told::Json(404, json!({"detail": HOSTILE}).to_string()),
    });
    let user = agent.user("ciris");
    for arguments in [
        &["state"][..],
        &["transactions"],
        &["buy", "--yes", "--wait", "1s"],
        &["status"],
        &["resume", "--no-wait"],
        &["history"],
    ] {
        let told = everywhere(&user, arguments, None);
        let silent = matches!(arguments, ["resume", ..] | ["history"]);
        assert!(silent || told.contains("EVIL"), "{arguments:?}: {told}");
    }
    harmless(&user.run(&["transactions", "--csv"]).code(0).prints("EVIL").out, "CSV");
    for arguments in [&["state"][..], &["transactions"], &["history"]] {
        harmless(&shown(&user, arguments, None).0, "at a terminal");
    }
    let (told, ended) = shown(&user, &["buy", "--new"], Some("[y/N]"));
    assert_eq!(ended, 3, "{told}");
    harmless(&told, "the question");
    let fresh = User::new().with("TOPUP_PORTAL_URL", &agent.url).with("TOPUP_PROVIDER", "ciris");
    let login = ["login", "--username", "x", "--password-stdin"];
    assert!(everywhere(&fresh, &login, Some("word\n")).contains("EVIL"));
    assert!(everywhere(&fresh, &["whoami"], None).contains("EVIL"));

    let teams = Scripted::new(|asked| match asked.line.as_str() {
        "GET /api/v1/billing/usages" => ok(&json!({"organizations": [
            {"organizationId": HOSTILE, "organizationName": HOSTILE, "used": 1, "remaining": 5,
             "totalLimit": 6, "addOnRemaining": 0},
            {"organizationId": "b", "organizationName": HOSTILE, "remaining": 7}]})),
        "GET /api/v1/billing/organizations/tiers" => ok(&json!({"organizations": [
            {"organizationId": HOSTILE, "tier": HOSTILE, "isTrialing": false},
            {"organizationId": "b", "tier": "PRO"}]})),
        _ => Told::Json(404, json!({"message": HOSTILE}).to_string()),
    });
    let user = teams.user("byterover");
    user.make_project("");
    for arguments in [
        &["state"][..],
        &["limit"],
        &["team", "list"],
        &["team", "show"],
        &["team", "pin", HOSTILE],
        &["team", "show"],
        &["state"],
        &["check", "--at-least", "100"],
    ] {
        let told = everywhere(&user, arguments, None);
        assert!(told.contains("EVIL") || arguments.contains(&"show"), "{arguments:?}: {told}");
    }
    for arguments in [&["state"][..], &["team", "list"], &["limit"]] {
        harmless(&shown(&user, arguments, None).0, "at a terminal");
    }
}

/// A budget in which every text was written by somebody else, straight into the database.
fn hostile_book() -> User {
    let user = User::new().with("TOPUP_PROVIDER", "ledger").with("LC_ALL", "de_CH.UTF-8");
    let run = |arguments: &[&str]| user.run(&[&["ledger"], arguments].concat()).code(0);
    run(&["init", "--mandate", "acme", "--model", "prepay-user"]);
    run(&["credit", "5", "--user", "anna", "--description", "paid \u{202e}\u{200b}\u{e0041}EVIL"]);
    run(&["record", "1", "--for-provider", "p", "--user", "anna"]);
    let book = rusqlite::Connection::open(user.file("ledger.db")).expect("the book");
    let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
    let mut names = book.prepare(triggers).expect("a question");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("rows").flatten().collect();
    for name in names {
        book.execute_batch(&format!("DROP TRIGGER {name}")).expect("dropped");
    }
    book.execute_batch("PRAGMA foreign_keys = OFF").expect("off");
    for change in [
        "UPDATE ledger_account SET owner = ?1",
        "UPDATE ledger_transaction SET owner = ?1, description = ?1, used_by = ?1, workflow = ?1",
    ] {
        book.execute(change, [HOSTILE]).expect("written");
    }
    book.execute("UPDATE ledger_transaction SET provider = ?1 WHERE kind = 'DEBIT'", [HOSTILE])
        .expect("written");
    user
}

#[test]
fn fault_25_nothing_in_a_shared_book_acts_on_a_terminal() {
    let user = hostile_book();
    for arguments in [
        &["ledger", "transactions"][..],
        &["ledger", "balance", "--all"],
        &["ledger", "stats", "--by", "provider"],
        &["transactions"],
        &["ledger", "check", "100", "--user", "anna"],
    ] {
        let told = everywhere(&user, arguments, None);
        let silent = arguments.contains(&"check") || arguments == ["transactions"];
        assert!(silent || told.contains("EVIL"), "{arguments:?}: {told}");
    }
    for csv in [&["ledger", "transactions", "--csv"][..], &["ledger", "stats", "--csv"]] {
        harmless(&user.run(csv).code(0).out, "CSV");
    }
    for format in ["hledger", "beancount"] {
        let book = user.run(&["ledger", "export", "--format", format]).code(0).prints("EVIL");
        harmless(&book.out, format);
    }
    // A refusal in German names whose budget it is.
    let book = rusqlite::Connection::open(user.file("ledger.db")).expect("the book");
    book.execute_batch("DELETE FROM ledger_transaction; DELETE FROM ledger_account")
        .expect("emptied");
    book.execute("UPDATE ledger_mandate SET name = ?1, model = 'prepay_mandate'", [HOSTILE])
        .expect("written");
    for arguments in [
        &["ledger", "check", "5"][..],
        &["check", "--at-least", "5"],
        &["ledger", "run", "--estimate", "5", "--for-provider", "p", "--", "true"],
        &["ledger", "mandates"],
        &["state"],
    ] {
        let told = everywhere(&user, arguments, None);
        assert!(told.contains("EVIL"), "{arguments:?}: {told}");
        assert!(arguments.get(1) != Some(&"check") || told.contains("Im Budget von"), "{told}");
        let (told, _) = shown(&user, arguments, None);
        assert!(told.contains("EVIL"), "{arguments:?}: {told}");
        harmless(&told, "at a terminal");
    }
}

/// A server that says this to everybody, and lets go.
fn says(first: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(&first);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    port
}

#[test]
fn fault_25_nothing_that_a_mail_server_or_a_database_says_acts_on_a_terminal() {
    let line = HOSTILE.replace(['\r', '\n'], " ");
    let port = says(format!("554 {line}\r\n").into_bytes());
    let user = User::new().with("TOPUP_SMTP_URL", &format!("smtp://127.0.0.1:{port}"));
    let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&[&init[..], &["--notify", "anna@x.example"]].concat()).code(0);
    for arguments in [&["ledger", "check", "5"][..], &["ledger", "check", "5", "--user", "b"]] {
        let told = everywhere(&user, arguments, None);
        assert!(told.contains("the notice about the pool"), "{told}");
    }
    // An error of a database: its length, and fields that each end with a zero.
    let mut fields = Vec::new();
    for (kind, text) in [(b'S', "FATAL"), (b'C', "28000"), (b'M', HOSTILE), (b'D', HOSTILE)] {
        fields.push(kind);
        fields.extend(text.as_bytes());
        fields.push(0);
    }
    fields.push(0);
    let length = u32::try_from(fields.len() + 4).expect("short");
    let port = says([b"E".to_vec(), length.to_be_bytes().to_vec(), fields].concat());
    let url = format!("postgres://jobs@127.0.0.1:{port}/budgets?sslmode=disable");
    let user = User::new().with("TOPUP_LEDGER_URL", &url);
    everywhere(&user, &["ledger", "balance"], None);
}

#[test]
fn fault_25_what_somebody_sends_to_a_sandbox_is_shown_in_its_log_as_text() {
    let server = Server::start(&[]);
    let host = server.url.trim_start_matches("http://");
    for request in [
        "GET /\u{9b}31m%1b[2J\u{202e}EVIL HTTP/1.1".to_owned(),
        "GET /x::set-output%0a::EVIL HTTP/1.1".to_owned(),
        "POST /api/billing/charge HTTP/1.1\r\nIdempotency-Key: ::EVIL\u{9b}31m##[x]".to_owned(),
        "EVIL::x /y HTTP/1.1".to_owned(),
    ] {
        let mut stream = TcpStream::connect(host).expect("connected");
        write!(stream, "{request}\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let keeper = server.keeper();
    assert!(everywhere(&keeper, &["sandbox", "log"], None).contains("EVIL"));
    // What is set there comes back as the name of an organisation or a card.
    for arguments in [
        &["sandbox", "set", "card=EVIL\u{9b}31m\u{202e}"][..],
        &["sandbox", "set", HOSTILE],
        &["sandbox", "faults", "add", HOSTILE, "--html"],
        &["sandbox", "faults", "list"],
    ] {
        everywhere(&keeper, arguments, None);
    }
}

#[test]
fn fault_25_what_is_typed_wrongly_is_told_back_as_text() {
    let user = User::new();
    for arguments in [
        &[HOSTILE][..],
        &["status", HOSTILE],
        &["buy", HOSTILE, "--yes"],
        &["buy", "25", "--idempotency-key", HOSTILE],
        &["state", "--provider", HOSTILE],
        &["state", "--profile", HOSTILE],
        &["state", "--portal-url", HOSTILE],
        &["state", "--get", HOSTILE],
        &["explain", HOSTILE],
        &["ledger", "balance", "--mandate", HOSTILE],
        &["completions", HOSTILE],
    ] {
        let ran = user.run(arguments);
        assert!(matches!(ran.code, 2 | 4), "{arguments:?}: {}", ran.code);
        everywhere(&user, arguments, None);
    }
}

/// All that this run showed at a terminal, until it ended.
fn shown(user: &User, arguments: &[&str], question: Option<&str>) -> (String, i32) {
    let mut session = at_a_terminal(user, arguments);
    let mut all = String::new();
    if let Some(question) = question {
        all.push_str(&session.exp_string(question).expect("the question"));
        all.push_str(question);
        session.send_line("n").expect("typed");
    }
    all.push_str(&session.exp_eof().expect("the end"));
    let code = code(session);
    // The reader of this terminal takes each byte for a character.
    let bytes = all.chars().map(|byte| u8::try_from(u32::from(byte)).expect("a byte")).collect();
    (String::from_utf8(bytes).expect("text").replace("\r\n", "\n"), code)
}
