//! Promise: `--dry-run` ends as the real run would, with the same class, and sends and changes
//! nothing.

use crate::prompts::{at_a_terminal, code};
use crate::support::{Ran, User};
use std::fs;

/// The class that it ends with; `success` where it does not fail.
fn class(ran: &Ran) -> String {
    let document = ran.json();
    match document["ok"].as_bool() {
        Some(true) => "success".to_owned(),
        _ => document["error"]["class"].as_str().expect("a class").to_owned(),
    }
}

/// Whether a request only reads.
fn only_reads(seen: &str) -> bool {
    // A preview of a plan is a POST that changes nothing.
    seen.starts_with("GET ") || seen == "POST /api/billing/subscription/preview"
}

/// The dry run, then the real run: both end with this class, and only the second one sends.
#[track_caller]
fn same(user: &User, arguments: &[&str], expected: &str) {
    let before = user.seen().len();
    let dry = user.run(&[arguments, &["--dry-run", "--json"]].concat());
    assert_eq!(class(&dry), expected, "{arguments:?} --dry-run: {}", dry.out);
    let seen = user.seen();
    let sent: Vec<&String> = seen[before..].iter().filter(|seen| !only_reads(seen)).collect();
    assert!(sent.is_empty(), "{arguments:?} --dry-run sent {sent:?}");
    let real = user.run(&[arguments, &["--yes", "--json"]].concat());
    assert_eq!(class(&real), expected, "{arguments:?}: {}", real.out);
}

const VERBS: &[&[&str]] = &[
    &["auto-reload", "20", "100"],
    &["plan", "change", "free"],
    &["plan", "cancel"],
    &["plan", "resume"],
    &["buy", "25"],
    &["ensure", "--at-least", "5000", "--buy", "25", "--once", "a"],
];

#[test]
fn what_changes_an_account_is_foreseen() {
    let user = User::on_sandbox();
    same(&user, &["auto-reload", "20", "100"], "success");
    let on = user.run(&["auto-reload", "off", "--dry-run", "--json"]).code(0).json();
    assert_eq!(on["data"]["would"], "change");
    assert_eq!(on["data"]["auto_reload"]["enabled"], true);
    assert_eq!(on["data"]["auto_reload_after"]["enabled"], false);
    same(&user, &["auto-reload", "off"], "success");
    let off = user.run(&["auto-reload", "off", "--dry-run"]).code(0);
    off.prints("Auto-reload is off already. Nothing was changed.");
    same(&user, &["auto-reload", "100", "20"], "usage");
    same(&user, &["plan", "upgrade", "plus"], "success");
    same(&user, &["plan", "cancel"], "success");
    let scheduled = user.run(&["plan", "resume", "--dry-run", "--json"]).code(0).json();
    assert_eq!(scheduled["data"]["would"], "change");
    user.run(&["plan", "show"]).code(0).prints("the subscription ends");
    same(&user, &["plan", "resume"], "success");
    same(&user, &["plan", "change", "nonsense"], "usage");
    same(&user, &["plan", "change", "free"], "success");
}

#[test]
fn what_the_account_refuses_is_refused() {
    for (setting, expected) in
        [("role=MEMBER", "role_required"), ("switch=off", "billing_disabled")]
    {
        for arguments in VERBS {
            let user = User::on_sandbox();
            user.run(&["plan", "upgrade", "plus", "--yes"]).code(0);
            user.set(setting);
            // Where nothing is scheduled there is nothing to take back.
            if *arguments == ["plan", "resume"] {
                same(&user, arguments, "success");
            } else {
                same(&user, arguments, expected);
            }
        }
    }
    let user = User::on_sandbox();
    user.run(&["login", "--approve", "--no-browser"]).code(0);
    for arguments in VERBS.iter().filter(|arguments| arguments[0] != "plan") {
        same(&user, arguments, "insufficient_scope");
    }
    let user = User::on_sandbox();
    user.set("card=none");
    same(&user, &["auto-reload", "20", "100"], "no_payment_method");
}

/// Limits of one's own, the monthly limit, the bounds and purchases of before: `buy` and `ensure`.
#[test]
fn what_is_bought_is_foreseen() {
    let user = User::on_sandbox();
    let ensure = |amount| ["ensure", "--at-least", "5000", "--buy", amount];
    same(&user, &["buy", "25", "--max", "10"], "spend_guard");
    same(&user, &[&ensure("25")[..], &["--max", "10"]].concat(), "spend_guard");
    // The portal calls this a failed validation. A person hears of the bounds before it is asked.
    same(&user, &["buy", "5"], "validation_failed");
    same(&user, &["buy", "50000"], "validation_failed");
    same(&user, &ensure("5"), "validation_failed");
    for more in [&[][..], &["--dry-run"]] {
        assert_eq!(code(at_a_terminal(&user, &[&["buy", "5"], more].concat())), 32);
    }
    same(&user, &["buy", "5000"], "monthly_cap_exceeded");
    same(&user, &ensure("5000"), "monthly_cap_exceeded");
    same(&user, &["ensure", "--at-least", "1", "--buy", "25"], "success");
    user.run(&["config", "set", "max_per_purchase", "30"]).code(0);
    same(&user, &["buy", "40"], "spend_guard");
    same(&user, &ensure("40"), "spend_guard");
    user.run(&["config", "unset", "max_per_purchase"]).code(0);
    assert!(user.charges().is_empty());
    same(&user, &["buy", "25", "--once", "one"], "success");
    let again = ["buy", "25", "--once", "one"];
    let dry = user.run(&[&again[..], &["--dry-run", "--get", "would"]].concat()).code(0);
    assert_eq!(dry.out, "tell_again\n");
    same(&user, &again, "success");
    same(&user, &["buy", "30", "--once", "one"], "idempotency_conflict");
    assert_eq!(user.charges().len(), 1);
    user.run(&["config", "set", "max_per_day", "40"]).code(0);
    same(&user, &["buy", "25"], "spend_guard");
    same(&user, &ensure("25"), "spend_guard");
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_ledger_is_byte_for_byte_the_same() {
    let user = User::new();
    let file = user.file("ledger.db");
    let ledger = |words: &str, tail: &[&str]| {
        let words: Vec<&str> = words.split(' ').collect();
        let run = |flag: &[&str]| user.run(&[&["ledger"][..], &words, flag, tail].concat());
        let before = fs::read(&file).ok();
        let dry = class(&run(&["--dry-run", "--json"]));
        assert_eq!(fs::read(&file).ok(), before, "{words:?} --dry-run changed the file");
        (dry, class(&run(&["--json"])))
    };
    let both = |class: &str| (class.to_owned(), class.to_owned());
    // Where there is no ledger, none is made.
    user.run(&["ledger", "init", "--mandate", "a", "--model", "prepay-mandate", "--dry-run"])
        .code(0)
        .prints("Nothing was changed. The mandate would be:");
    assert!(!file.exists(), "a ledger was made");
    assert_eq!(ledger("credit 5", &[]), both("usage"));
    assert_eq!(ledger("init --mandate a --model prepay-mandate --markup 10", &[]), both("success"));
    assert_eq!(ledger("credit 20 --key pool", &[]), both("success"));
    assert_eq!(ledger("credit 20 --key pool", &[]), both("success"));
    assert_eq!(ledger("credit 21 --key pool", &[]), both("idempotency_conflict"));
    assert_eq!(ledger("credit 0", &[]), both("usage"));
    assert_eq!(ledger("record 1 --for-provider openai", &[]), both("success"));
    assert_eq!(ledger("record 0 --for-provider openai", &[]), both("success"));
    assert_eq!(ledger("reverse nonsense --reason x", &[]), both("usage"));
    let id = user.run(&["ledger", "transactions", "--get", "transactions.0.id"]).code(0).out;
    assert_eq!(ledger(&format!("reverse {} --reason x", id.trim()), &[]), both("success"));
    assert_eq!(ledger("init --mandate a --currency EUR", &[]), both("usage"));
    let run = "run --estimate 1 --for-provider openai";
    assert_eq!(ledger(run, &["--", "true"]), both("success"));
    assert_eq!(ledger(run, &["--", "no-such-program"]), both("usage"));
    let dear = "run --estimate 500 --for-provider openai";
    assert_eq!(ledger(dear, &["--", "true"]), both("insufficient_balance"));
    assert_eq!(ledger("deny openai", &[]), both("success"));
    assert_eq!(ledger(run, &["--", "true"]), both("role_required"));
    assert_eq!(ledger("allow openai", &[]), both("success"));
    // It says what would come of it.
    let would = user.run(&["ledger", "credit", "5", "--dry-run", "--json"]).code(0).json();
    let (data, balance) = (&would["data"], user.run(&["ledger", "balance", "--get", "balance"]));
    assert_eq!(data["balance"], balance.out.trim());
    assert_eq!((&data["amount"], &data["would"]), (&"5.00".into(), &"book".into()));
    assert!(data["transaction"].is_null(), "{data}");
    let text = user.run(&[
        "ledger",
        "run",
        "--dry-run",
        "--estimate",
        "1",
        "--for-provider",
        "openai",
        "--",
        "touch",
        "made",
    ]);
    text.code(0).prints("Would run the command. Nothing was run and nothing was booked.");
    assert!(!user.file("made").exists());
}
