//! Promise: the words that fingers know from other programs do what they mean where that is
//! harmless, and elsewhere lead to the right command, at a terminal and in a pipe.

use crate::prompts::{at_a_terminal, code};
use crate::support::{Ran, User};

/// The same at a terminal: what stood on its screen, and the code.
fn typed(user: &User, words: &[&str]) -> Ran {
    let mut session = at_a_terminal(user, words);
    let screen = session.exp_eof().expect("its end");
    let code = code(session);
    Ran::of(code, screen.clone(), screen)
}

/// A line, the code, and what stands in its answer or its tip.
type Line = (&'static str, i32, &'static str);

const ALIASES: &[Line] = &[
    ("balance", 0, "$142.50"),
    ("credits", 0, "$142.50"),
    ("account", 0, "you@sandbox.example"),
    ("version", 0, "topup 0."),
    ("profiles", 0, "default_profile"),
    ("help exit-codes", 0, "The exit code is the class of the answer"),
    ("auth status", 0, "you@sandbox.example"),
    ("buy 25 --assume-yes --dry-run", 0, "Would buy $25.00"),
    ("buy --amount 25 --dry-run", 0, "Would buy $25.00"),
    ("auth login --approve", 0, "Logged in at the sandbox"),
    ("auth logout", 0, "the sandbox"),
];

const TIPS: &[Line] = &[
    ("usage", 2, "history --chart'"),
    ("auth", 2, "topup --sandbox login'"),
    ("refund", 2, "The seller refunds a purchase, not topup"),
    ("refund 25", 2, "The seller refunds a purchase, not topup"),
    ("cancel", 2, "A purchase that was sent cannot be cancelled"),
    ("state -o json", 2, "'--json'"),
    ("state --format json", 2, "'--json'"),
    ("state --output json", 2, "'--json'"),
    ("buy 25 --force", 2, "'--yes'"),
    ("buy 50 --once --max 10", 2, "--max is a flag, and no value for --once"),
    ("sandbox clock +1h", 2, "sandbox set clock=+1h'"),
    ("ledger spend 3", 2, "help ledger record'"),
    ("status last", 2, "'topup --sandbox status'"),
    ("status latest --json", 2, "history --limit 1"),
    ("state --profile nosuch", 4, "topup config set --profile nosuch provider nous'"),
];

#[test]
fn the_words_of_other_programs_are_understood_or_lead_on() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    user.run(&["state"]).code(0);
    for (line, code, says) in ALIASES.iter().chain(TIPS) {
        let words: Vec<&str> = line.split(' ').collect();
        for ran in [user.run(&words), typed(&user, &words)] {
            let ran = ran.code(*code);
            let shown = format!("{}{}", ran.out, ran.err);
            assert!(shown.contains(says), "{line}: no '{says}' in\n{shown}");
            assert!(!shown.contains("tip:"), "{line}: a guess beside it\n{shown}");
        }
    }
    assert!(user.charges().is_empty());
}

#[test]
fn a_wrong_word_in_a_script_is_one_document_with_the_command_in_it() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    for (line, argv) in [
        ("usage --json", &["topup", "--sandbox", "history", "--chart"][..]),
        ("auth --json", &["topup", "--sandbox", "login"]),
        ("refund --json", &["topup", "--sandbox", "open"]),
        ("cancel --json", &["topup", "--sandbox", "plan", "cancel"]),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let document = user.run(&words).code(2).failed("usage", None);
        let steps = document["error"]["next_steps"].as_array().expect("steps");
        let is_there = steps.iter().any(|step| step["run"] == serde_json::json!(argv));
        assert!(is_there, "{line}: {steps:?}");
    }
}

/// `$250` without quotes is `50` for a shell.
#[test]
fn an_amount_that_the_shell_has_shortened_stands_in_the_question() {
    let user = User::on_sandbox();
    let mut session = at_a_terminal(&user, &["buy", "50"]);
    session.exp_string("Pay $50.00 with").expect("the amount");
    session.send_line("n").expect("typed");
    assert_eq!(code(session), 3);
    let manual = user.run(&["explain", "scripting"]).code(0).out;
    assert!(manual.contains("Write amounts without the dollar sign"), "{manual}");
}

/// A name is missing whoever asks: that is known before any request, and who may buy is not.
#[test]
fn an_unnamed_refill_of_a_member_lacks_the_name_first() {
    let user = User::on_sandbox();
    user.set("role=MEMBER");
    let before = user.seen().len();
    let ci = user.copy().with("CI", "true");
    let ensure = ["ensure", "--at-least", "5000", "--buy", "25", "--yes", "--json"];
    ci.run(&ensure).code(2).failed("usage", Some("no"));
    assert_eq!(user.seen().len(), before, "no request");
    let named = [&ensure[..], &["--once", "job-1"]].concat();
    user.run(&named).code(14).failed("role_required", Some("no"));
    // Elsewhere the account is read first, and a name would help nobody who may not buy.
    user.run(&ensure).code(14).failed("role_required", Some("no"));
    let since = ["buy", "25", "--once", "job-1", "--once-since", "today"];
    user.run(&since).code(2).says("write a time with its zone, such as 2026-11-20T12:00:00Z");
}

#[test]
fn the_step_that_a_refusal_names_is_taken_as_it_is_printed() {
    let user = User::on_sandbox();
    user.run(&["state"]).code(0);
    for (plan, line, words, code) in [
        ("free", "login --finish", &["--sandbox", "login", "--no-wait"][..], 0),
        ("free", "plan change plus --yes", &["--sandbox", "plan", "upgrade", "plus"], 3),
        ("super", "plan upgrade plus --yes", &["--sandbox", "plan", "change", "plus"], 3),
    ] {
        user.set(&format!("plan={plan}"));
        let refused = user.run(&line.split(' ').chain(["--json"]).collect::<Vec<_>>());
        let steps = refused.json()["error"]["next_steps"].clone();
        let argv = [&["topup"][..], words].concat();
        let step = serde_json::json!({"run": argv});
        let steps = steps.as_array().expect("steps");
        assert!(steps.contains(&step), "{line}: {steps:?}");
        user.run(words).code(code);
    }
}

#[test]
fn a_word_that_is_nearly_one_of_ours_leads_to_it() {
    let user = User::on_sandbox();
    for (arguments, meant) in [
        (&["config", "set", "max-per-day", "50"][..], "max_per_day"),
        (&["sandbox", "set", "settle_after=3s"], "settle-after"),
        (&["state", "--get", "balance-usd"], "balance_usd"),
        (&["explain", "exit-code"], "exit-codes"),
    ] {
        user.run(arguments).code(2).says(&format!("Did you mean '{meant}'?"));
    }
    user.run(&["explain", "checked"]).code(0).prints("How the promises of topup are tested");
    // What is far from all of them is not guessed at.
    assert!(!user.run(&["config", "set", "nonsense", "1"]).code(2).err.contains("Did you mean"));
}
