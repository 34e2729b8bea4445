//! Promise: the GitHub Action buys once however often its job is run again, tells the steps behind
//! it what came of it, and shows no secret.
//!
//! Its steps are run as a runner runs them, against a portal that is served.

use crate::github::{Job, ROOT, Step, read};
use crate::support::{Server, at_once, topup};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const ACTION: &str = "./.github/actions/topup";

fn action() -> Value {
    let file = Path::new(ROOT).join(ACTION).join("action.yml");
    read(&fs::read_to_string(file).expect("the action"))
}

/// Runs the action in this job with these inputs.
fn act(job: &Job, inputs: &[(&str, &str)]) -> Step {
    let inputs: BTreeMap<String, String> =
        inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    job.act(ACTION, &inputs, &BTreeMap::new())
}

#[test]
fn no_value_becomes_the_text_of_a_script_and_every_input_is_used() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let mut environment = String::new();
    for step in steps {
        let script = step["run"].as_str().expect("nothing but scripts");
        assert!(!script.contains("${{"), "{script}");
        assert!(!script.contains("jq") && !script.contains("curl"), "{script}");
        environment.push_str(&step["env"].to_string());
    }
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        assert!(environment.contains(&format!("${{{{ inputs.{name} }}}}")), "{name} is not used");
        assert!(input["description"].is_string(), "{name}");
    }
    for (name, output) in action["outputs"].as_object().expect("outputs") {
        assert_eq!(output["value"], format!("${{{{ steps.topup.outputs.{name} }}}}"));
    }
}

#[test]
fn it_buys_once_however_often_it_is_run_and_tells_the_steps_behind_it() {
    let server = Server::start(&[]);
    let inputs = [
        ("amount", "25"),
        ("once", "1234567-refill"),
        ("max", "50"),
        ("wait", "1m"),
        ("portal-url", &server.url),
        ("token", &server.token),
    ];
    let first = act(&Job::new(), &inputs).code(0);
    assert_eq!(first.output("status"), "settled");
    assert_eq!((first.output("exit_code"), first.output("class")), ("0", "success"));
    assert_eq!((first.output("amount_usd"), first.output("balance_usd")), ("25.00", "167.5"));
    assert!(
        first.output("charge_id").starts_with("ch_") && !first.output("purchase_id").is_empty()
    );
    assert!(first.summary.contains("| status | settled |"), "{}", first.summary);
    assert!(first.log.contains(&format!("::add-mask::{}\n", server.token)), "{}", first.log);
    // The same job on another machine.
    let again = act(&Job::new(), &inputs).code(0);
    assert_eq!(again.output("charge_id"), first.output("charge_id"));
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn what_fails_fails_the_step_and_the_outputs_say_why() {
    let server = Server::start(&[]);
    server.keeper().set("card=none");
    let job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
    let token = ("token", server.token.as_str());
    let once = ("once", "1234567-refill");
    let failed = act(&job, &[("amount", "25"), once, token]).code(20);
    assert_eq!((failed.output("exit_code"), failed.output("class")), ("20", "no_payment_method"));
    assert!(failed.output("portal_url").starts_with(&server.url), "{}", failed.log);
    assert_eq!((failed.output("status"), failed.output("balance_usd")), ("refused", ""));
    assert!(failed.summary.contains("| class | no_payment_method |"), "{}", failed.summary);
    // A step that goes on decides by them.
    let mut job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
    job.secrets.insert("TOKEN".to_owned(), server.token.clone());
    let ran = job.run(&read(
        "- uses: ./.github/actions/topup\n  id: credits\n  continue-on-error: true\n  with:\n    amount: 25\n    once: 1234567-refill\n    token: ${{ secrets.TOKEN }}\n- if: steps.credits.outputs.class == 'no_payment_method'\n  run: echo \"$PAGE\"\n  env:\n    PAGE: ${{ steps.credits.outputs.portal_url }}\n",
    ));
    assert_eq!((ran.len(), ran[0].code, ran[1].code), (2, 20, 0));
    assert_eq!(ran[1].log.trim(), failed.output("portal_url"));
    assert_eq!(server.count_charges(), 0);
}

#[test]
fn every_command_can_be_run_and_what_the_job_has_set_holds() {
    let server = Server::start(&[]);
    let job = Job::new()
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", &server.token)
        .with("TOPUP_PROVIDER", "nous");
    let enough = act(&job, &[("command", "check"), ("args", "--at-least\n10\n")]).code(0);
    assert_eq!(enough.output("balance_usd"), "142.5");
    let less = act(&job, &[("command", "check"), ("args", "--at-least=1000")]).code(30);
    assert_eq!(less.output("class"), "insufficient_balance");
    // A gate that stays closed says what is there as well.
    assert_eq!((less.output("balance_usd"), less.output("unit")), ("142.5", "usd"));
    let why = "the balance is $142.50, less than the $1000.00 asked for";
    assert_eq!(less.output("message"), why);
    // One line, with the link where the sentence has it.
    let next = less.output("next_step");
    assert!(next.contains("topup buy 25") && !next.ends_with(':'), "{next}");
    assert!(next.contains(less.output("portal_url")), "{next}");
    assert!(less.output("portal_url").starts_with(&server.url), "{}", less.log);
    assert!(less.summary.contains("| class | insufficient_balance |"), "{}", less.summary);
    assert!(less.log.contains(&format!("::error title=topup::{why}.")), "{}", less.log);
    let room = act(&job, &[("command", "limit"), ("args", "--require=2000")]).code(31);
    assert!(room.output("message").contains("$1000.00"), "{}", room.log);
    assert!(room.output("portal_url").starts_with(&server.url), "{}", room.log);
    assert!(room.output("next_step").contains("topup open limit"), "{}", room.log);
    let ensured = act(
        &job,
        &[("command", "ensure"), ("args", "--at-least=150\n--buy=25"), ("once", "1234567-e")],
    );
    assert_eq!(ensured.code(0).output("status"), "settled");
    let ledger = [("command", "ledger init"), ("args", "--mandate\nacme\n--model\nprepay-mandate")];
    assert_eq!(act(&job, &ledger).code(0).output("class"), "success");
    let budget = act(&job, &[("command", "ledger check"), ("args", "4\n--mandate=acme")]).code(30);
    assert!(budget.output("message").contains("CHF 4.00"), "{}", budget.log);
    assert!(budget.output("next_step").contains("topup ledger credit"), "{}", budget.log);
    // What is known before anything is asked is said as well, with what to do.
    let away = [("command", "check"), ("args", "--at-least=10"), ("portal-url", "ftp://x.example")];
    let away = act(&job, &away).code(4);
    assert!(away.output("message").contains("ftp://x.example"), "{}", away.log);
    assert!(away.output("next_step").contains("https://"), "{}", away.log);
    let named = ("once", "1234567-buy");
    let nobody = act(&job, &[("provider", "nobody"), ("amount", "25"), named]).code(2);
    assert_eq!(nobody.output("class"), "usage");
    assert_eq!(act(&job, &[("command", ""), ("amount", "")]).code(2).output("class"), "usage");
    assert_eq!(server.count_charges(), 1);
}

#[test]
fn the_balance_afterwards_is_that_of_the_account_that_was_meant_and_ensure_takes_an_amount() {
    let (server, other) = (Server::start(&[]), Server::start(&[]));
    other.keeper().set("balance=10");
    let job = Job::new().with("TOPUP_PORTAL_URL", &server.url).with("TOPUP_TOKEN", &server.token);
    let token = ("token", &*other.token);
    for args in [
        format!("--at-least=20\n--portal-url={}\n--timeout\n30s", other.url),
        format!("--portal-url\n{}\n--at-least\n20", other.url),
    ] {
        let ensured = [("command", "ensure"), ("amount", "25"), ("once", "1234567-e")];
        let ran = act(&job, &[&ensured[..], &[("args", &*args), token]].concat()).code(0);
        assert_eq!(ran.output("balance_usd"), "35", "{}", ran.log);
    }
    assert_eq!((other.count_charges(), server.count_charges()), (1, 0));
    assert!(server.keeper().seen().is_empty(), "it was not the one that was meant");
    // What is about no balance asks for none.
    act(&job, &[("command", "history")]).code(0);
    let budget = [("command", "ledger init"), ("args", "--mandate\nacme\n--model\nunlimited")];
    assert_eq!(act(&job, &budget).code(0).output("balance_usd"), "");
    assert!(server.keeper().seen().is_empty(), "nobody was asked");
}

#[test]
fn a_purchase_without_a_name_has_to_be_meant() {
    let server = Server::start(&[]);
    let job =
        || Job::new().with("TOPUP_PORTAL_URL", &server.url).with("TOPUP_TOKEN", &server.token);
    let least = ("args", "--at-least=150");
    for inputs in [&[("amount", "25")][..], &[("command", "ensure"), ("amount", "25"), least]] {
        let refused = act(&job(), inputs).code(2);
        assert_eq!((refused.output("class"), refused.output("exit_code")), ("usage", "2"));
        assert!(refused.log.contains("::error::'once' is missing"), "{}", refused.log);
    }
    // An ensure has to have one all the same.
    let ensure = [("command", "ensure"), ("amount", "25"), least, ("unnamed", "true")];
    assert_eq!(act(&job(), &ensure).code(2).output("class"), "usage");
    assert!(server.keeper().seen().is_empty(), "nothing was sent");
    for named in ["--once=1234567-a", "--once\n1234567-a", "--idempotency-key=1234567-a"] {
        act(&job(), &[("amount", "25"), ("args", named)]).code(0);
    }
    assert_eq!(server.count_charges(), 2, "one of the name, one of the key");
    let meant = act(&job(), &[("amount", "25"), ("unnamed", "true")]).code(0);
    assert!(meant.log.contains("::warning::this purchase has no name"), "{}", meant.log);
    assert_eq!(server.count_charges(), 3);
}

#[test]
fn hostile_inputs_are_values_and_nothing_else() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("ran");
    let hostile = [
        format!("$(touch {})", marker.display()),
        format!("`touch {}`", marker.display()),
        format!("\"; touch {}; \"", marker.display()),
        format!("'; touch {}; '", marker.display()),
        format!("x\ntouch {}\n", marker.display()),
        "--help".to_owned(),
        "* ${HOME} ~ \\".to_owned(),
        "x\nexit_code=0\nclass<<E".to_owned(),
        "::set-output name=class::success".to_owned(),
    ];
    at_once(&hostile, |hostile| {
        let job = Job::new();
        let rest = [
            ("amount", "25"),
            ("portal-url", &*server.url),
            ("token", &*server.token),
            ("once", "1234567-refill"),
        ];
        for name in
            ["amount", "once", "once-since", "max", "wait", "provider", "profile", "portal-url"]
        {
            let mut inputs: Vec<_> =
                rest.iter().copied().filter(|(known, _)| *known != name).collect();
            inputs.push((name, hostile));
            let ran = act(&job, &inputs);
            // A name may look like anything; whether it is a new one is not to be seen here.
            let refused = [2, 4].contains(&ran.code) || (name == "once" && ran.code == 51);
            assert!(refused, "{name} {hostile}: {}", ran.log);
            assert_eq!(ran.output("exit_code"), ran.code.to_string());
            assert!(!ran.log.lines().any(|line| line.starts_with("::set-output")), "{}", ran.log);
        }
        for (name, value) in [("command", hostile), ("args", hostile)] {
            act(&job, &[rest[1], rest[2], rest[3], (name, value)]);
        }
        let unnamed = act(&job, &[rest[0], rest[1], rest[2], ("unnamed", hostile)]).code(2);
        assert!(unnamed.log.contains("::error::'once' is missing"), "{}", unnamed.log);
        let binary = act(&job, &[("binary", hostile.as_str()), ("amount", "25")]).code(1);
        assert!(binary.log.contains("::error::"), "{}", binary.log);
        assert!(!marker.exists(), "{hostile} was run");
    });
    assert_eq!(server.count_charges(), 0);
}

#[test]
fn a_token_is_masked_line_by_line_and_stands_nowhere_else() {
    let server = Server::start(&[]);
    let job = Job::new().with("TOPUP_PORTAL_URL", &server.url);
    for token in ["one-secret", "100%25-secret", "first-secret\nsecond-secret", "$(id)-secret"] {
        let ran = act(&job, &[("amount", "25"), ("token", token)]);
        assert_ne!(ran.code, 0);
        for line in ran.log.lines().filter(|line| line.contains("secret")) {
            assert!(line.starts_with("::add-mask::"), "{line}");
        }
        for line in token.lines() {
            let order = format!("::add-mask::{}", line.replace('%', "%25"));
            assert!(ran.log.lines().any(|told| told == order), "{order} in {}", ran.log);
        }
        assert!(ran.outputs.values().all(|value| !value.contains("secret")));
        assert!(!ran.summary.contains("secret"));
    }
}

#[test]
fn where_topup_is_not_on_the_path_it_is_built_from_the_source_of_the_action() {
    // Its place is taken by a program that notes what it is asked and puts a topup there.
    let job = Job::on_bare_machine();
    let cargo = job.home().join("cargo");
    let asked = job.home().join("asked");
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'{}'\nfor last; do :; done\nmkdir -p \"$last/bin\"\nln -s '{}' \"$last/bin/topup\"\n",
        asked.display(),
        topup()
    );
    fs::write(&cargo, text).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&cargo, mode).expect("runnable");
    let path = job.home().display().to_string();
    let job = job.with_programs_in(&path).with("TOPUP_SANDBOX", "1");
    act(&job, &[("command", "check"), ("args", "--at-least=10")]).code(0);
    let asked = fs::read_to_string(asked).expect("cargo was asked");
    let words: Vec<&str> = asked.lines().collect();
    assert_eq!(words[..4], ["install", "--quiet", "--locked", "--path"]);
    let source = fs::canonicalize(words[4]).expect("the source");
    assert_eq!(source, fs::canonicalize(ROOT).expect("the source"));
    // One that is named is taken instead.
    let job = Job::on_bare_machine().with("TOPUP_SANDBOX", "1");
    act(&job, &[("command", "check"), ("args", "--at-least=10"), ("binary", topup())]).code(0);
    act(&Job::on_bare_machine(), &[("binary", "/nowhere/topup"), ("amount", "25")]).code(1);
}

/// A line that cannot be understood is told to the steps as every other outcome is.
#[test]
fn a_refused_line_says_what_is_wrong_with_it_and_what_to_type() {
    let job = Job::new().with("TOPUP_SANDBOX", "1");
    for (arguments, says, next) in [
        ("--at-leest=10", "unexpected argument '--at-leest' found", "topup help check"),
        ("10", "unexpected argument '10' found", "topup --sandbox check --at-least 10"),
    ] {
        let refused = act(&job, &[("command", "check"), ("args", arguments)]).code(2);
        assert_eq!((refused.output("class"), refused.output("exit_code")), ("usage", "2"));
        assert_eq!(refused.output("message"), says);
        assert!(refused.output("next_step").contains(next), "{}", refused.log);
        assert!(refused.summary.contains("| class | usage |"), "{}", refused.summary);
        assert!(refused.log.contains(&format!("::error title=topup::{says}.")), "{}", refused.log);
    }
}
