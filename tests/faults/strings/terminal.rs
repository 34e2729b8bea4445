//! The same at a terminal: tables and questions stay in place, and what is long is cut.

use super::*;

#[test]
fn fault_25_at_a_terminal_neither_tables_nor_questions_are_moved() {
    let portal = nous(json!({"brand": HOSTILE, "last4": HOSTILE}), HOSTILE);
    let user = portal.user("nous").with("TOPUP_TOKEN", &token());
    for arguments in
        [&["state"][..], &["whoami"], &["auto-reload"], &["limit"], &["state", "--json"]]
    {
        let (told, ended) = shown(&user, arguments, None);
        assert_eq!(ended, 0, "{told}");
        harmless(&told, &format!("{arguments:?}"));
    }
    let (told, ended) = shown(&user, &["buy", "25"], Some("[y/N]"));
    assert_eq!(ended, 3, "{told}");
    harmless(&told, "the question");
    let (told, _) = shown(&user, &["auto-reload", "20", "100"], Some("[y/N]"));
    harmless(&told, "the question");
    let refusing = Scripted::new(|_| {
        Told::Json(400, json!({"error": "validation_failed", "message": HOSTILE}).to_string())
    });
    let (told, _) = shown(&refusing.user("nous"), &["state"], None);
    assert!(told.contains("EVIL"), "{told}");
    harmless(&told, "a refusal");
}

#[test]
fn fault_26_what_cannot_be_seen_is_shown_by_its_number() {
    let name: String = INVISIBLE.iter().flat_map(|one| ['a', *one]).collect();
    let body = json!({"balanceUsd": "1", "org": {"id": "o", "name": name}}).to_string();
    let portal = Scripted::new(move |_| Told::Json(200, body.clone()));
    let user = portal.user("nous");
    for colour in ["always", "never"] {
        let ran = user.run(&["state", "--color", colour]).code(0);
        for one in INVISIBLE {
            let number = format!("a\\u{{{:x}}}", u32::from(*one));
            assert!(ran.out.contains(&number), "{number} is not in {}", ran.out);
        }
        harmless(&ran.out, "a name");
    }
    // What people do have in names stays as it is.
    let body = json!({"balanceUsd": "1", "org": {"id": "o", "name": "Zoë 日本 ❤\u{fe0f} & Söhne"}});
    let portal = Scripted::new(move |_| ok(&body));
    portal.user("nous").run(&["state"]).code(0).prints("Zoë 日本 ❤\u{fe0f} & Söhne");
}

#[test]
fn fault_26_the_amount_stands_in_a_question_of_our_own() {
    for brand in [
        "Visa? [y/N] y Pay $1.00 with Visa",
        "\u{202e}00.1$ yaP",
        "Visa (Pay $1.00)",
        &format!("Visa{}Pay $1.00 with Visa? [y/N]", " ".repeat(160)),
        &"Visa ".repeat(200),
    ] {
        let portal = nous(json!({"brand": brand, "last4": "4242"}), "x");
        let (told, ended) = shown(&portal.user("nous"), &["buy", "25"], Some("[y/N] "));
        assert_eq!(ended, 3, "{told}");
        harmless(&told, brand);
        let question = told.lines().find(|line| line.starts_with("Pay $")).expect("a question");
        assert!(question.starts_with("Pay $25.00 with the saved card? [y/N] "), "{told}");
        // What the portal calls the card is on a line that says so, and short.
        let described = told.lines().find(|line| line.contains("describes the saved card as: "));
        assert!(described.expect("a line").chars().count() < 90, "{told}");
        let change = ["auto-reload", "20", "100"];
        let (told, ended) = shown(&portal.user("nous"), &change, Some("[y/N] "));
        assert_eq!(ended, 3, "{told}");
        let asks = "Buy automatically with the saved card: below $20.00, up to $100.00? [y/N] ";
        assert!(told.lines().any(|line| line.starts_with(asks)), "{told}");
    }
    let portal = nous(json!({"brand": "Crédit-Agricole", "last4": "4242"}), "x");
    let (told, _) = shown(&portal.user("nous"), &["buy", "25"], Some("[y/N] "));
    assert!(told.contains("Pay $25.00 with Crédit-Agricole ····4242? [y/N]"), "{told}");
}

#[test]
fn fault_27_a_message_of_a_megabyte_is_cut_for_people_documents_and_the_journal() {
    let long = "ä".repeat(500_000);
    let body = json!({"error": "validation_failed", "message": long, "detail": long, "code": long});
    let refusing = Scripted::new(move |_| Told::Json(400, body.to_string()));
    let word = json!({ "error": "x".repeat(1_000_000), "message": "y".repeat(1_000_000) });
    let unknown = Scripted::new(move |_| Told::Json(403, word.to_string()));
    for portal in [&refusing, &unknown] {
        for (system, arguments) in [
            ("nous", &["state"][..]),
            ("nous", &["auto-reload", "20", "100", "--yes"]),
            ("ciris", &["state"]),
            ("ciris", &["buy", "--yes", "--no-wait"]),
            ("byterover", &["state"]),
        ] {
            let user = portal.user(system);
            let ran = user.run(arguments);
            assert!((2_000..4_500).contains(&ran.err.len()) || ran.err.len() < 2_000);
            assert!(ran.err.lines().all(|line| line.len() < 2_100), "{arguments:?}");
            let document = user.run(&[arguments, &["--json"]].concat()).out;
            assert!(document.len() < 12_000, "{system} {arguments:?}: {}", document.len());
        }
        let user = User::new().with("TOPUP_PORTAL_URL", &portal.url);
        let ran = user.run(&["login", "--json"]);
        assert!(ran.out.len() < 12_000 && ran.err.len() < 4_500, "{}", ran.out.len());
    }
    let reason: &'static str = Box::leak("z".repeat(1_000_000).into_boxed_str());
    let user = nous(Value::Null, reason).user("nous");
    let ran = user.run(&["buy", "25", "--yes", "--json"]).code(24);
    assert!(ran.out.len() < 12_000, "{}", ran.out.len());
    assert!(fs::metadata(user.file("journal.db")).expect("a journal").len() < 200_000);
}

#[test]
fn fault_27_a_long_text_in_a_table_hides_no_amount() {
    let long = "ä".repeat(500_000);
    let agent = Scripted::new(move |_| {
        let entry = |text: &str, minor: i64| {
            json!({"transaction_id": text, "type": text, "amount_minor": minor, "currency": "USD",
                "description": text, "created_at": text, "balance_after": minor})
        };
        ok(&json!({"transactions": [entry(&long, 500), entry("short", 700)], "total_count": 2}))
    });
    let ran = agent.user("ciris").run(&["transactions", "--color", "always"]).code(0);
    let rows: Vec<&str> = ran.out.lines().collect();
    assert!(rows.iter().any(|row| row.contains("500")), "{}", ran.out.len());
    assert!(rows.iter().any(|row| row.contains("700") && row.contains("short")));
    assert!(ran.out.len() < 20_000, "{}", ran.out.len());
}
