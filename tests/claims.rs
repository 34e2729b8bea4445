//! Promise: nobody says that nothing was charged who cannot show it: what an earlier run of the
//! same command has begun, here or on another machine, is not forgotten by one that fails early.

use crate::ciris;
use crate::support::{Server, User};
use std::fs::OpenOptions;

/// What stands in between answers, and says nothing about what became of the request.
const LOSE: &[&str] =
    &["sandbox", "faults", "add", "POST /api/billing/charge", "--html", "--times", "1"];
const KEY: &[&str] = &["buy", "25", "--yes", "--json", "--idempotency-key", "nightly-refill-1"];

/// Somebody whose purchase of 25 dollars got no answer.
fn in_doubt() -> User {
    let user = User::on_sandbox();
    user.run(LOSE).code(0);
    user.run(&["buy", "25", "--yes", "--json"]).code(51).failed("outcome_unknown", Some("unknown"));
    user
}

/// The first attempt of a run in GitHub Actions, as the CI system tells it.
fn first_attempt(user: User) -> User {
    user.with("CI", "true").with("GITHUB_RUN_ATTEMPT", "1").with("GITHUB_RUN_ID", "4711")
}

/// The answer arrives nowhere.
fn into_nothing(user: &User, arguments: &[&str]) -> crate::support::Ran {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    user.finish(arguments, user.command(arguments).stdout(full).spawn().expect("it starts"))
}

#[test]
fn a_key_that_does_not_carry_the_run_may_be_older_than_its_first_attempt() {
    let server = Server::start(&[]);
    server.user().run(KEY).code(0);
    server.keeper().set("role=MEMBER");
    first_attempt(server.user()).run(KEY).code(51).failed("outcome_unknown", Some("unknown"));
    let its_own = ["buy", "25", "--yes", "--json", "--idempotency-key", "4711-refill"];
    first_attempt(server.user()).run(&its_own).code(14).failed("role_required", Some("no"));
}

#[test]
fn a_plan_in_force_may_have_been_paid_for_by_an_older_name_than_the_run() {
    let server = Server::start(&[]);
    server.keeper().set("plan=plus");
    for (name, charged) in [("nightly", "unknown"), ("4711-nightly", "no")] {
        let upgrade = ["plan", "upgrade", "plus", "--yes", "--json", "--once", name];
        let there = first_attempt(server.user()).run(&upgrade).code(0).json();
        assert_eq!(there["data"]["upgrade"]["charged"], charged, "{there}");
    }
}

#[test]
fn a_machine_without_a_journal_and_without_a_login_proves_nothing() {
    let server = Server::start(&[]);
    let nobody = || User::new().with("TOPUP_PORTAL_URL", &server.url);
    let ensure = ["ensure", "--at-least", "20", "--buy", "25", "--yes", "--json"];
    let upgrade = ["plan", "upgrade", "plus", "--yes", "--json"];
    for verb in [&["buy", "25", "--yes", "--json"][..], &ensure, &upgrade] {
        let named = [verb, &["--once", "4711-refill"]].concat();
        nobody().run(&named).code(10).failed("not_logged_in", Some("no"));
        first_attempt(nobody()).run(&named).code(10).failed("not_logged_in", Some("no"));
        let again = nobody().with("CI", "true").with("GITHUB_RUN_ATTEMPT", "2");
        again.run(&named).code(10).failed("not_logged_in", Some("unknown"));
        // Whatever else is wrong with it.
        let again = nobody().with("CI", "true");
        again.run(&[&named[..], &["--max", "x"]].concat()).code(2).failed("usage", Some("unknown"));
    }
}

#[test]
fn a_name_that_was_refused_here_may_have_been_paid_for_elsewhere_since() {
    let server = Server::start(&[]);
    server.keeper().set("role=MEMBER");
    let user = server.user();
    let named = ["buy", "25", "--yes", "--json", "--once", "refill"];
    user.run(&named).code(14).failed("role_required", Some("no"));
    let limited = [&named[..], &["--max", "1"]].concat();
    user.run(&limited).code(5).failed("spend_guard", Some("no"));
    let again = user.with("CI", "true").with("GITHUB_RUN_ATTEMPT", "2");
    again.run(&limited).code(5).failed("spend_guard", Some("unknown"));
}

#[test]
fn whatever_is_typed_an_open_purchase_that_may_be_meant_is_not_forgotten() {
    let user = in_doubt();
    let buy = |amount: &str, more: &[&str], class: &str, charged: &str| {
        let ran = user.run(&[&["buy", amount, "--yes", "--json"], more].concat());
        ran.failed(class, Some(charged))
    };
    let known = buy("25", &["--max", "1"], "spend_guard", "unknown");
    assert!(known["data"]["purchase_id"].is_string(), "{known}");
    buy("26", &["--max", "1"], "spend_guard", "no");
    buy("25", &["--max", "1", "--new"], "spend_guard", "no");
    buy("preset:1", &["--max", "1"], "spend_guard", "unknown");
    buy("25", &["--bogus"], "usage", "unknown");
    let ensure = ["ensure", "--at-least", "200", "--to", "100", "--yes", "--json"];
    user.run(&ensure).code(2).failed("usage", Some("unknown"));
    user.run(&["buy", "25", "--yes", "--get", "balance"])
        .code(2)
        .says("Whether the purchase was charged before is not known.");
    user.run(&["resume"]).code(0);
    buy("26", &["--bogus"], "usage", "unknown");
    assert_eq!(user.charges().len(), 1);
    let somebody = User::on_sandbox();
    somebody.run(&["buy", "25", "--bogus", "--json"]).code(2).failed("usage", Some("no"));
    somebody.run(&["buy", "25", "--yes", "--get", "balance"]).code(2).says("Nothing was charged.");
}

#[test]
fn what_was_paid_and_never_told_is_known_to_be_paid() {
    let user = User::on_sandbox();
    let buy = ["buy", "25", "--yes", "--json"];
    for arguments in [&buy[..], &["ensure", "--at-least", "500", "--to", "501", "--yes", "--json"]]
    {
        let ran = into_nothing(&user, arguments).code(4);
        ran.says("The purchase itself is done. Run the same command again");
    }
    let paid = user.run(&[&buy[..], &["--max", "1"]].concat());
    let paid = paid.code(5).failed("spend_guard", Some("yes"));
    let rehearsed = user.run(&["buy", "25", "--dry-run", "--json"]).code(0).json();
    assert_eq!(rehearsed["data"]["would"], "tell_again");
    let told = user.run(&buy).code(0).json();
    assert_eq!(told["data"]["purchase_id"], paid["data"]["purchase_id"]);
    assert_eq!(told["data"]["replayed"], true);
    assert_eq!(user.charges().len(), 2);
}

#[test]
fn a_look_that_fails_says_what_it_does_not_know() {
    let user = in_doubt();
    for verb in ["resume", "status"] {
        user.run(&[verb, "--json"]).code(0);
    }
    let server = Server::start(&[]);
    let nobody = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let broken = User::new();
    std::fs::write(broken.file("journal.db"), "no journal").expect("written");
    for verb in [&["resume", "--json"][..], &["status", "--json"]] {
        broken.run(verb).code(4).failed("config", Some("unknown"));
    }
    nobody.run(&["status", "ch_1", "--json"]).code(10).failed("not_logged_in", Some("unknown"));
}

#[test]
fn a_refill_asks_before_it_goes_on_with_what_may_charge() {
    let user = in_doubt();
    user.set("balance=3");
    let ensure = ["ensure", "--at-least", "200", "--to", "250", "--json"];
    let sent = user.seen().iter().filter(|seen| seen.starts_with("POST /api/billing")).count();
    user.run(&ensure).code(3).failed("confirmation_required", Some("unknown"));
    let dear = [&ensure[..], &["--yes", "--max", "20"]].concat();
    let refused = user.run(&dear).code(5).failed("spend_guard", Some("unknown"));
    assert!(refused["data"]["purchase_id"].is_string(), "{refused}");
    let now = user.seen().iter().filter(|seen| seen.starts_with("POST /api/billing")).count();
    assert_eq!(now, sent, "nothing was sent for either");
    // What it found paid on the way belongs to what it says.
    let dear = [&ensure[..], &["--yes", "--max", "100"]].concat();
    let refused = user.run(&dear).code(5).failed("spend_guard", Some("yes"));
    assert_eq!(refused["data"]["finished"][0]["status"], "settled");
    // Its request was sent again: which of both charged it, nobody can know.
    assert_eq!(refused["error"]["charged_now"], "unknown", "{refused}");
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn what_a_refill_found_paid_is_told() {
    let user = in_doubt();
    user.set("balance=3");
    let ran = user.run(&["ensure", "--at-least", "20", "--buy", "25", "--yes"]).code(0);
    ran.prints("Settled: $25").prints("nothing more to buy");
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn a_limit_holds_for_an_upgrade_that_is_gone_on_with() {
    let user = User::on_sandbox();
    let post = "POST /api/billing/subscription/upgrade";
    user.run(&["sandbox", "faults", "add", post, "--html", "--times", "1"]).code(0);
    let upgrade = ["plan", "upgrade", "plus", "--yes", "--json"];
    user.run(&upgrade).code(51).failed("outcome_unknown", Some("unknown"));
    let sent = user.seen().len();
    let limited = [&upgrade[..], &["--max", "1"]].concat();
    user.run(&limited).code(5).failed("spend_guard", Some("unknown"));
    assert!(!user.seen()[sent..].iter().any(|seen| seen == post), "{:?}", user.seen());
}

#[test]
fn an_open_payment_may_be_paid_while_nobody_looks() {
    let server = Server::start(&["--no-rate-limit"]);
    let user = ciris::at(&server);
    user.run(&["buy", "--json"]).code(3).failed("confirmation_required", Some("no"));
    user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26);
    user.run(&["buy", "--json"]).code(3).failed("confirmation_required", Some("unknown"));
    user.run(&["buy", "--new", "--json"]).code(3).failed("confirmation_required", Some("no"));
}

#[test]
fn what_was_never_sent_from_here_may_have_been_bought_by_the_machine_of_another_attempt() {
    let server = Server::without_limits();
    let user = server.user();
    let buy = ["buy", "25", "--yes", "--json", "--once", "4711-refill"];
    first_attempt(server.user()).run(&buy).code(0);
    user.run(&buy).code(0);
    // As if this machine had died before it sent anything.
    let journal = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    journal
        .execute_batch(
            "DROP TRIGGER entry_lasts;
             DELETE FROM entry WHERE kind <> 'intent';
             DELETE FROM untold;
             INSERT INTO unfinished SELECT id FROM purchase;",
        )
        .expect("changed");
    let again = user.with("CI", "true").with("GITHUB_RUN_ATTEMPT", "2");
    for verb in [&["status", "--json"][..], &["resume", "--json"]] {
        again.run(verb).code(51).failed("outcome_unknown", Some("unknown"));
    }
    assert_eq!(server.count_charges(), 1);
}
