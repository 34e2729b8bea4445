//! Promise: nothing that others say is an order to the runner of a CI job, or an output of its own.
//!
//! Fault 28.

use crate::faults::strings::{HOSTILE, harmless, nous, ok};
use crate::scripted::Scripted;
use serde_json::json;
use std::fs;

/// What a runner of GitHub Actions reads out of the file of outputs.
fn outputs(text: &str) -> Vec<(String, String)> {
    let mut lines = text.split('\n');
    let mut read = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
        let (name, delimiter) = line.split_once("<<").expect("a name and a delimiter");
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        read.push((name.to_owned(), value.join("\n")));
    }
    read
}

const OUTPUTS: [&str; 16] = [
    "status",
    "purchase_id",
    "charge_id",
    "payment_id",
    "amount_usd",
    "settled_at",
    "idempotency_key",
    "replayed",
    "balance_usd",
    "balance",
    "unit",
    "class",
    "exit_code",
    "portal_url",
    "message",
    "next_step",
];

#[test]
fn fault_28_nothing_that_a_portal_says_is_an_order_to_a_runner_or_an_output_of_its_own() {
    let reason = "x\nEOF\nadmin=true\n::set-output name=x::y\r\n%0A::add-mask::z ##[add-mask]q";
    let portal = nous(json!({"brand": HOSTILE, "last4": "4242"}), reason);
    let user = portal.user("nous");
    let (output, summary) = (user.file("output"), user.file("summary"));
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let user = user
        .with("TOPUP_TOKEN", "100%25-secret%0A")
        .with("GITHUB_ACTIONS", "true")
        .with("CI", "true")
        .with("GITHUB_OUTPUT", &text(&output))
        .with("GITHUB_STEP_SUMMARY", &text(&summary));
    let mut delimiters = Vec::new();
    for key in ["EOF<<EOF-12345", "::set-output::x", "ghadelimiter_1\\n", "|<b>x</b>[y](z)`!*#"] {
        for more in [&[][..], &["--json"], &["--color", "always", "-v"]] {
            let _ = fs::remove_file(&output);
            let arguments = ["buy", "25", "--yes", "--idempotency-key", key];
            let ran = user.run(&[&arguments[..], more].concat()).code(24);
            // Our own order hides the token, and as the runner reads it: a percent sign is `%25`.
            let mask = "::add-mask::100%2525-secret%250A";
            let (masks, rest): (Vec<&str>, Vec<&str>) =
                ran.err.lines().chain(ran.out.lines()).partition(|line| *line == mask);
            assert_eq!(masks.len(), 1, "{}", ran.err);
            // Our own annotation: one line, and the runner reads nothing in it but its title.
            let (notes, rest): (Vec<&str>, Vec<&str>) =
                rest.into_iter().partition(|line| line.starts_with("::error title=topup::the "));
            assert_eq!(notes.len(), 1, "{}", ran.err);
            harmless(notes[0].trim_start_matches(':'), key);
            assert_eq!(notes[0].matches('%').count(), notes[0].matches("%25").count());
            harmless(&rest.join("\n"), key);
            let told = fs::read_to_string(&output).expect("outputs");
            let read = outputs(&told);
            let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, OUTPUTS, "{told}");
            assert!(read.iter().all(|(_, value)| !value.contains(['\n', '\r'])), "{told}");
            assert!(!told.contains('\r') && !told.contains("secret"), "{told}");
            assert!(told.lines().all(|line| !line.starts_with("::")), "{told}");
            let first = told.lines().next().expect("a line");
            let delimiter = first.strip_prefix("status<<").expect("a delimiter").to_owned();
            assert!(delimiter.len() >= 32 && !delimiters.contains(&delimiter), "{delimiter}");
            delimiters.push(delimiter);
        }
    }
    let told = fs::read_to_string(&summary).expect("a summary");
    for line in told.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 3, "two cells: {line}");
        assert!(!line.contains("<b>") && !line.contains("[y]"), "{line}");
    }
    assert!(!told.contains("secret"));
}

#[test]
fn fault_28_what_is_asked_for_by_name_and_lists_for_scripts_give_no_orders_either() {
    for name in [
        "::set-output name=x::y",
        "  ::add-mask::x",
        "::stop-verbs::t",
        "a\n::add-mask::b",
        "##[add-mask]x",
        "x ##vso[task.setvariable variable=y]z",
        "###[group]x",
        "a\r::debug::b",
    ] {
        let body = json!({"balanceUsd": "1", "org": {"id": name, "name": name, "role": name},
            "transactions": [{"created_at": name, "type": name, "description": name}]});
        let portal = Scripted::new(move |_| ok(&body));
        let nous = portal.user("nous").with("GITHUB_ACTIONS", "true");
        for arguments in [
            &["state"][..],
            &["state", "--json"],
            &["state", "--get", "org.name"],
            &["state", "--get", "org"],
        ] {
            harmless(&nous.run(arguments).code(0).out, name);
        }
        let agent = portal.user("ciris").with("GITHUB_ACTIONS", "true");
        for arguments in [&["transactions"][..], &["transactions", "--csv"]] {
            harmless(&agent.run(arguments).code(0).out, name);
        }
    }
}
