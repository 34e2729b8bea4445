//! What `doctor` says of purchases that are open.

use super::*;

#[test]
fn what_is_not_final_is_told_with_the_command_that_goes_on() {
    let user = User::on_sandbox();
    user.set("settle-after=4s");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    let before = fs::read(user.file("journal.db")).expect("bytes");
    let told = data(&user.run(&["doctor", "--json"]).code(0));
    let open = is(&told, "purchases", "warning", "at the sandbox 1 not final");
    assert_eq!(open["fix"], "topup --sandbox resume");
    assert_eq!(fs::read(user.file("journal.db")).expect("bytes"), before);
    user.run(&["resume"]).code(0);
    is(
        &data(&user.run(&["doctor", "--json"]).code(0)),
        "purchases",
        "ok",
        "1 final and not reported yet: the same command reports",
    );
}

#[test]
fn what_was_open_at_a_sandbox_that_is_gone_is_nobodys_business() {
    let server = Server::start(&[]);
    let user = server.user();
    user.run(&["--sandbox", "sandbox", "set", "settle-after=1h"]).code(0);
    let sandbox = ["--sandbox", "buy", "25", "--yes", "--no-wait"];
    let alone = |user: &User| {
        let ran = user.run(&["doctor", "--offline", "--json"]);
        is(&data(&ran), "purchases", "warning", "the sandbox");
    };
    let gone = User::new();
    gone.run(&["--sandbox", "sandbox", "set", "settle-after=1h"]).code(0);
    gone.run(&sandbox).code(50);
    alone(&gone);
    gone.run(&["sandbox", "reset"]).code(0);
    let ran = gone.run(&["doctor", "--offline", "--json"]);
    is(&data(&ran), "purchases", "ok", "all of them final");
    user.run(&sandbox).code(50);
    assert!(!user.run(&["resume"]).code(0).err.contains("other portals"));
}

/// Promise: what `doctor` names mends it, at the system that it is about.
#[test]
fn what_is_open_at_another_system_is_named_with_it() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    for system in ["ciris", "ledger"] {
        let told = user.run(&["--provider", system, "doctor", "--json"]);
        let open = is(&data(&told), "purchases", "warning", "Nous Portal at the sandbox 1 not");
        assert_eq!(open["fix"], "topup --provider nous --sandbox resume", "{system}");
    }
    let resumed = user.run(&["--provider", "ciris", "resume"]).code(0);
    assert!(resumed.out.contains("Every purchase here is final"), "{}", resumed.out);
    let there = "1 purchase is open at Nous Portal; 'topup --provider nous --sandbox resume'";
    assert!(resumed.err.contains(there), "{}", resumed.err);
    let here = user.run(&["resume", "--no-wait"]).code(50);
    assert!(!here.err.contains("open at"), "{}", here.err);
}

#[test]
fn what_is_open_for_real_is_named_on_the_sandbox_without_it() {
    let server = Server::start(&[]);
    server.keeper().set("settle-after=1h");
    let user = server.user();
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    let resumed = user.run(&["--sandbox", "resume"]).code(0);
    let place = server.url.trim_end_matches('/');
    let there = format!("'topup --provider nous --profile default --portal-url {place} resume'");
    assert!(resumed.err.contains(&there), "{}", resumed.err);
}

#[test]
fn payments_are_counted_and_read_as_purchases_are() {
    let user = User::on_sandbox().with("TOPUP_PROVIDER", "ciris");
    user.run(&["buy", "--yes"]).code(0);
    is(&data(&user.run(&["doctor", "--json"]).code(0)), "purchases", "ok", "1, all of them final");
    let db = rusqlite::Connection::open(user.file("journal.db")).expect("the journal");
    let written = db.execute(
        "INSERT INTO entry (purchase, kind, stamp, body)
         SELECT purchase, 'note', stamp, '{\"row\":\"quantum\"}' FROM entry LIMIT 1",
        [],
    );
    assert_eq!(written.expect("written"), 1);
    drop(db);
    let told = data(&user.run(&["doctor", "--json"]).code(4));
    is(&told, "journal", "wrong", "an entry that this version cannot read");
    // It was paid, and nobody says that nothing was charged.
    user.run(&["status", "--json"]).code(4).failed("config", Some("unknown"));
}
