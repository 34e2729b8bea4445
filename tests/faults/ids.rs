//! Promise: an id with `/`, `..` or control characters is refused, whoever made it up: nothing
//! outside the grammar gets into a path, a file name or a header.
//!
//! Faults 33 to 36: ids, keys, names and slugs.

use crate::scripted::{Scripted, Told};
use crate::support::{Server, User, signal, until};
use base64::Engine;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What is no id anywhere.
const NO_IDS: &[&str] = &[
    "..",
    ".",
    "...",
    "../..",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "a%2fb",
    "%2e%2e",
    "a?b",
    "a#b",
    "a;b",
    "a b",
    " a",
    "a ",
    "a\tb",
    "a\nb",
    "a\r\nX: y",
    "a\u{85}b",
    "\u{202e}x",
    "a\u{200b}",
    "é",
    "ａ",
    "$(id)",
    "`id`",
    "a&b",
    "a|b",
    "a'b",
    "a\"b",
    "*",
    "~",
    "a:b",
    "a@b",
    "a+b",
    "a=b",
    "a,b",
];

/// Everything below a folder, by its path in it.
fn tree(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).expect("a folder").flatten() {
            let path = entry.path();
            let inside = path.strip_prefix(folder).expect("inside");
            found.insert(inside.to_str().expect("text").to_owned());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

/// A token for this organisation and this person.
fn token(organisation: &str, subject: &str) -> String {
    let claims = json!({"sub": subject, "org_id": organisation, "scope": "billing:manage",
        "exp": 4_000_000_000_i64});
    let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("e30.{middle}.c2ln")
}

const CHARGE: &str = "POST /api/billing/charge";

/// A portal that gives this id to a charge, and has settled whatever else is asked for.
fn gives(id: &str) -> Scripted {
    let body = json!({ "chargeId": id }).to_string();
    Scripted::new(move |asked| match asked.line.as_str() {
        CHARGE => Told::Json(202, body.clone()),
        _ => Told::Json(200, r#"{"status":"settled","amountUsd":"25"}"#.into()),
    })
}

/// Has each of them buy, all at once, and ends them once the portal has answered: replays come
/// seconds later, and bring the same. Gives the documents and the sizes of the journals.
fn stopped(users: &[User], portals: &[&Scripted]) -> Vec<(serde_json::Value, u64)> {
    let arguments = ["buy", "25", "--yes", "--json", "--wait", "30s"];
    let runs: Vec<_> = users.iter().map(|user| user.start(&arguments)).collect();
    until("something is sent", || portals.iter().all(|portal| !portal.seen().is_empty()));
    std::thread::sleep(Duration::from_millis(500));
    for run in &runs {
        signal(run.id(), rustix::process::Signal::INT);
    }
    let ended = users.iter().zip(runs).map(|(user, run)| {
        let document = user.finish(&arguments, run).json();
        (document, fs::metadata(user.file("journal.db")).expect("a journal").len())
    });
    ended.collect()
}

#[test]
fn fault_33_an_id_of_dots_is_never_a_part_of_a_path() {
    // The one that a portal gives: the purchase is not known to have been made, and no other path
    // is asked in its name.
    for id in ["..", ".", "%2e%2e", "../state", "a/../../x"] {
        let portal = gives(id);
        let (document, _) = stopped(&[portal.user("nous")], &[&portal]).remove(0);
        assert_eq!(document["error"]["charged"], "unknown", "{id}: {document}");
        let asked: BTreeSet<String> = portal.lines().into_iter().collect();
        assert_eq!(asked, [CHARGE.to_owned()].into(), "{id}");
    }
    let agent = Scripted::new(|_| {
        Told::Json(
            200,
            json!({"payment_id": "..", "amount_minor": 5, "currency": "USD"}).to_string(),
        )
    });
    agent.user("ciris").run(&["buy", "--yes", "--json", "--wait", "1s"]).code(64);
    assert_eq!(agent.lines(), ["POST /v1/api/billing/purchase/initiate"]);
    // The one that somebody types.
    let portal = Scripted::new(|_| Told::Json(200, "{}".into()));
    for system in ["nous", "ciris"] {
        for id in ["..", "."] {
            portal.user(system).run(&["status", id, "--json"]).code(2).failed("usage", None);
        }
    }
    assert!(portal.seen().is_empty());
}

#[test]
fn fault_34_what_is_no_id_is_refused_before_anything_is_sent() {
    let portal = Scripted::new(|_| Told::Json(200, "{}".into()));
    let long = "x".repeat(10_000);
    for system in ["nous", "ciris"] {
        let user = portal.user(system);
        for id in NO_IDS.iter().copied().chain(["", long.as_str()]) {
            let ran = user.run(&["status", id, "--json"]).code(2);
            ran.failed("usage", None);
            assert!(ran.out.len() < 2_000, "not repeated at length: {}", ran.out.len());
            user.run(&["status", "--wait", id]).code(2);
        }
        assert!(!user.file("journal.db").exists(), "and nothing is written");
    }
    assert!(portal.seen().is_empty());
}

#[test]
fn fault_34_an_id_of_a_system_outside_the_grammar_is_not_kept() {
    let long = "x".repeat(10_000);
    let ids: Vec<&str> = NO_IDS.iter().copied().chain(["a\0b", &long]).collect();
    for id in &ids {
        let told = json!({"payment_id": id, "amount_minor": 5, "currency": "USD"}).to_string();
        let agent = Scripted::new(move |_| Told::Json(200, told.clone()));
        agent.user("ciris").run(&["buy", "--yes", "--no-wait", "--json"]).code(64);
        assert_eq!(agent.lines(), ["POST /v1/api/billing/purchase/initiate"], "{id:?}");
    }
    for ids in ids.chunks(12) {
        let portals: Vec<Scripted> = ids.iter().map(|id| gives(id)).collect();
        let users: Vec<User> = portals.iter().map(|portal| portal.user("nous")).collect();
        let told = stopped(&users, &portals.iter().collect::<Vec<_>>());
        for ((id, (document, journal)), portal) in ids.iter().zip(told).zip(&portals) {
            assert_eq!(document["error"]["charged"], "unknown", "{id:?}: {document}");
            assert!(document["data"]["charge_id"].is_null(), "{document}");
            assert!(portal.lines().iter().all(|line| line == CHARGE), "{:?}", portal.lines());
            assert!(journal < 200_000, "{journal}");
        }
    }
}

#[test]
fn fault_35_a_key_is_visible_ascii_without_a_blank_and_is_sent_as_it_is() {
    let portal = Scripted::new(|asked| match asked.line.as_str() {
        "POST /api/billing/charge" => Told::Json(202, r#"{"chargeId":"ch_1"}"#.into()),
        _ => Told::Json(200, r#"{"status":"settled","amountUsd":"25","settledAt":null}"#.into()),
    });
    let user = portal.user("nous");
    for key in [
        "",
        "short",
        "seven77",
        "with space",
        " leading1",
        "trailing1 ",
        "\tleading1",
        "a\r\nX: y123",
        "a\nb345678",
        "é2345678",
        "1234567é",
        "\u{a0}2345678",
        "\u{ff11}2345678",
        "\u{7f}2345678",
        "\u{1b}[2J45678",
        &"x".repeat(256),
        &"x".repeat(10_000),
    ] {
        let arguments = ["buy", "25", "--yes", "--json", "--idempotency-key", key];
        // What is no key was never sent by anybody.
        user.run(&arguments).code(2).failed("usage", Some("no"));
        // A key of the ledger has one character at least, and nothing else in common with names.
        if key.is_empty() || key.len() > 8 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let credit = ["ledger", "credit", "5", "--json", "--key", key];
            User::new().run(&credit).code(2).failed("usage", None);
        }
    }
    assert!(portal.seen().is_empty());
    assert!(tree(user.home()).is_empty(), "{:?}", tree(user.home()));
    let longest = "y".repeat(255);
    for key in ["exactly8", "\"quoted\"", "::add-mask::x", "a=b;c,d/../e", "%0d%0aX:", &longest] {
        let arguments = ["buy", "25", "--yes", "--idempotency-key", key];
        user.run(&arguments).code(0);
        let sent = portal.seen();
        let post = sent.iter().rev().find(|asked| asked.line.starts_with("POST")).expect("a POST");
        let line = format!("idempotency-key: {}", key.to_ascii_lowercase());
        assert!(post.head.lines().any(|header| header == line), "{key}: {}", post.head);
    }
}

#[test]
fn fault_36_names_of_any_kind_make_no_file_and_no_path() {
    // The home stands alone in a folder: whatever left it would stand beside it.
    let outer = tempfile::tempdir().expect("a folder");
    let home = outer.path().join("home");
    fs::create_dir(&home).expect("made");
    let text = home.to_str().expect("text");
    let work = tempfile::tempdir().expect("a folder");
    let settled = r#"{"status":"settled","amountUsd":"25"}"#;
    let portal = Scripted::new(move |asked| match asked.line.as_str() {
        "POST /api/billing/charge" => Told::Json(202, r#"{"chargeId":"ch_1"}"#.into()),
        "GET /api/billing/state" => Told::Json(
            200,
            json!({"balanceUsd": "1", "org": {"id": "../../o", "slug": "../../slug",
                "name": "..", "role": "OWNER"}, "portalUrl": "/../../x"})
            .to_string(),
        ),
        _ => Told::Json(200, settled.into()),
    });
    for name in ["../../evil", "/tmp/evil", "..", "CON", "x/../../y"] {
        let user = portal.user("nous").with("TOPUP_HOME", text);
        let user = user.with("TOPUP_TOKEN", &token(name, name));
        let config = format!("[profiles.{}]\n", json!(name));
        fs::write(home.join("config.toml"), config).expect("written");
        for arguments in [
            &["buy", "25", "--yes", "--once", name][..],
            &["buy", "25", "--yes", "--profile", name],
            &["state", "--profile", name],
            &["open", "plan"],
            &["history"],
            &["login", "--token-stdin", "--profile", name],
        ] {
            let mut command = user.command(arguments);
            command.current_dir(work.path());
            let ran = user.finish(arguments, command.spawn().expect("it starts"));
            assert!(matches!(ran.code, 0 | 2), "{arguments:?}: {}\n{}", ran.code, ran.err);
            if arguments[0] == "open" {
                // The name is one value of the link, and nothing more of it.
                let link = url::Url::parse(ran.out.trim()).expect("a link");
                assert_eq!(link.path(), "/manage-subscription");
                let pairs: Vec<_> = link.query_pairs().into_owned().collect();
                assert_eq!(pairs, [("org_id".to_owned(), name.to_owned())]);
            }
        }
        // A mandate has any printable name, and it is a value in the book, never a path.
        let printable = !name.is_empty()
            && name.chars().count() <= 128
            && name.trim() == name
            && !name.chars().any(char::is_control);
        let init = ["ledger", "init", "--mandate", name, "--model", "unlimited"];
        let ran = user.run(&init);
        assert!(ran.code == 2 || (printable && ran.code == 0), "{name:?}: {}", ran.code);
    }
    let beside: Vec<_> = fs::read_dir(outer.path()).expect("a folder").flatten().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert!(tree(work.path()).is_empty(), "{:?}", tree(work.path()));
    for file in tree(&home) {
        let name = file.rsplit('/').next().unwrap_or_default();
        let lock = name.strip_suffix(".lock").is_some_and(|id| uuid::Uuid::parse_str(id).is_ok());
        let known = [
            "config.toml",
            "journal.db",
            "ledger.db",
            "credentials.json",
            "locks",
            "runs",
            "position",
        ];
        let ours = known.iter().any(|known| name.starts_with(known)) || name == "credentials.lock";
        assert!(
            lock || ours || file == "runs/id" || file.starts_with("position/journal."),
            "{file}"
        );
    }
}

#[test]
fn fault_36_a_team_of_any_name_is_pinned_in_its_own_file_only() {
    let evil = "../../../evil\n\"x\": {";
    let teams = Scripted::new(move |asked| match asked.line.as_str() {
        "GET /api/v1/billing/usages" => Told::Json(
            200,
            json!({"organizations": [{"organizationId": evil, "organizationName": evil,
                "remaining": 5}]})
            .to_string(),
        ),
        "GET /api/v1/billing/organizations/tiers" => Told::Json(
            200,
            json!({"organizations": [{"organizationId": evil, "tier": "PRO"}]}).to_string(),
        ),
        _ => Told::Json(404, "{}".into()),
    });
    let user = teams.user("byterover");
    user.make_project("");
    let ran = user.run(&["team", "pin", evil, "--json"]);
    assert!(matches!(ran.code, 0 | 2 | 33 | 64), "{}", ran.code);
    for file in tree(user.home()) {
        assert!(!file.contains("evil"), "{file}");
    }
    let pin = user.file(".brv/brv-provider.json");
    if pin.exists() {
        let text = fs::read_to_string(pin).expect("text");
        let whole: serde_json::Value = serde_json::from_str(&text).expect("still JSON");
        assert!(whole.get("x").is_none(), "{text}");
    }
    let seen = teams.lines();
    assert!(seen.iter().all(|line| line.starts_with("GET /api/v1/")), "{seen:?}");
}

#[test]
fn fault_36_the_sandbox_takes_no_path_of_others_either() {
    let server = Server::start(&[]);
    let user = server.user();
    for path in
        ["/api/billing/charge/..", "/api/billing/charge/%2e%2e", "/ciris/pay/..%2f..", "/../x"]
    {
        let output = std::process::Command::new("curl")
            .args(["-sS", "-q", "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}"])
            .arg(format!("{}{path}", server.url))
            .output()
            .expect("curl");
        let status = String::from_utf8(output.stdout).expect("text");
        assert!(matches!(status.as_str(), "401" | "404" | "400"), "{path}: {status}");
    }
    user.run(&["buy", "25", "--yes", "--once", "../../x"]).code(0);
    assert_eq!(server.count_charges(), 1);
}
