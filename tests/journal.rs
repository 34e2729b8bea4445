//! Promise: the journal remembers every purchase: `history`, `status` and `resume` tell when, how
//! much, what came of it, which charge and who, and looking changes nothing.

use crate::charts::again_days_ago;
use crate::support::{Server, User};

/// Makes every row of the journal years old, as only a test would.
fn grow_old(user: &User) {
    let journal = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    journal
        .execute_batch(
            "DROP TRIGGER entry_stays;
             UPDATE entry SET stamp = json_set(stamp, '$.wall', '2020-01-01T00:00:00Z', '$.boot', NULL,
                 '$.server', NULL);",
        )
        .expect("changed");
}

#[test]
fn a_person_is_believed_only_where_the_portal_cannot_be_asked() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    let accepted = user.run(&["buy", "30", "--yes", "--no-wait", "--json"]).code(50).json();
    let id = accepted["data"]["purchase_id"].as_str().expect("an id").to_owned();
    user.run(&["resume", &id, "--mark", "not-charged", "--json"])
        .code(2)
        .failed("usage", Some("unknown"));
    user.set("clock=+2h");
    user.run(&["resume", &id]).code(0);
    user.run(&["sandbox", "faults", "add", "POST /api/billing/charge", "--html"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(51).says("neither pays twice");
    user.run(&["resume", "--mark", "not-charged"]).code(2).says("can be asked");
    grow_old(&user);
    let sent = || user.seen().iter().filter(|seen| seen.contains("/charge")).count();
    let before = sent();
    user.run(&["resume"]).code(51).says("too old").says("--mark");
    user.run(&["buy", "25", "--yes"]).code(51).says("too old");
    // Asked for the time it may be: our clocks may be wrong.
    assert_eq!(sent(), before, "an old key is never sent");
    assert!(before > 0, "it was sent while it was young");
    user.run(&["resume", "--mark", "charged=a/b"]).code(2);
    user.run(&["resume", "--mark", "not-charged", "--json"]).code(0);
    user.run(&["resume"]).code(0).prints("nothing to resume");
    let document = user.run(&["history", "--json"]).code(0).json();
    assert_eq!(document["data"]["purchases"][0]["status"], "not_sent");
}

#[test]
fn looking_at_a_purchase_is_not_telling_it_to_whom_bought_it() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    user.run(&["buy", "25", "--yes", "--no-wait"]).code(50);
    user.set("clock=+2h");
    user.run(&["status"]).code(0);
    user.run(&["resume"]).code(0);
    let document = user.run(&["buy", "25", "--yes", "--json"]).code(0).json();
    assert_eq!(document["data"]["replayed"], true);
    assert_eq!(user.charges().len(), 1);
}

#[test]
fn history_lists_and_exports_without_a_network() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes", "--once", "=cmd|x"]).code(0);
    let before = user.seen().len();
    let ran = user.run(&["history", "--csv"]).code(0).prints("asked_at,amount_usd,status");
    assert!(ran.out.contains(",25,settled,") || ran.out.contains(",25.00,settled,"), "{}", ran.out);
    assert!(ran.out.contains("\"'=cmd|x\""), "no formula for a spreadsheet: {}", ran.out);
    assert_eq!(user.seen().len(), before);
    user.run(&["history"]).code(0).prints("settled");
    user.run(&["history", "--limit", "0"]).code(2).says("--limit");
    assert!(!user.run(&["history"]).out.contains("--limit"));
    user.run(&["buy", "30", "--yes"]).code(0);
    user.run(&["history", "--limit", "1"]).code(0).prints("Only the newest 1; --limit shows");
    assert_eq!(user.run(&["history", "--csv", "--limit", "1"]).code(0).out.lines().count(), 2);
}

#[test]
fn history_tells_when_how_much_what_came_of_it_which_charge_and_who() {
    let user = User::on_sandbox();
    let before = jiff::Timestamp::now();
    let bought = user.run(&["buy", "25", "--yes", "--once", "refill", "--json"]).code(0).json();
    user.set("card=declined");
    user.run(&["buy", "30", "--yes"]).code(21);
    let charge = bought["data"]["charge_id"].as_str().expect("an id");
    let who = user.run(&["whoami", "--json"]).code(0).json()["data"].clone();
    let list = user.run(&["history", "--json"]).code(0).json();
    let rows = list["data"]["purchases"].as_array().expect("a list");
    assert_eq!(rows.len(), 2, "the newest first: {list}");
    assert_eq!((&rows[0]["status"], &rows[0]["amount_usd"]), (&"failed".into(), &"30.00".into()));
    let row = &rows[1];
    assert_eq!((&row["status"], &row["charge_id"]), (&"settled".into(), &charge.into()), "{row}");
    assert_eq!((&row["once"], &row["amount_usd"]), (&"refill".into(), &"25.00".into()), "{row}");
    assert_eq!(row["idempotency_key"], bought["data"]["idempotency_key"], "{row}");
    assert_eq!(
        (&row["organisation"], &row["subject"]),
        (&who["organisation"]["id"], &who["subject"])
    );
    for when in ["asked_at", "settled_at"] {
        let time: jiff::Timestamp = row[when].as_str().expect("a time").parse().expect("a time");
        assert!(time.as_second() >= before.as_second(), "{when}: {row}");
    }
    let lines = user.run(&["history", "--csv"]).code(0).out;
    let settled_at = row["settled_at"].as_str().expect("a time");
    for told in [charge, "refill", "settled", "failed", "30.00", settled_at] {
        assert!(lines.contains(told), "no {told} in {lines}");
    }
    let mut rows = lines.lines();
    assert!(rows.next().expect("a heading").ends_with(",settled_at,profile,provider"), "{lines}");
    assert!(rows.all(|row| row.ends_with(",nous")), "{lines}");
    assert_eq!(row["provider"], "nous", "{row}");
    user.run(&["history", "--until", "2020-01"]).code(0).prints("No purchase in this time.");
}

#[test]
fn a_charge_pays_one_purchase_of_its_own_amount() {
    let server = Server::without_limits();
    let (one, other) = (server.user(), server.user());
    let charge = |amount: &str| {
        let bought = one.run(&["buy", amount, "--new", "--yes", "--json"]).code(0).json();
        bought["data"]["charge_id"].as_str().expect("an id").to_owned()
    };
    let lost = || {
        let fault = ["sandbox", "faults", "add", "POST /api/billing/charge", "--html"];
        server.keeper().run(&fault).code(0);
        let lost = other.run(&["buy", "25", "--new", "--yes", "--json"]).code(51).json();
        lost["data"]["purchase_id"].as_str().expect("an id").to_owned()
    };
    let (larger, fitting) = (charge("30"), charge("25"));
    let first = lost();
    let mark = |purchase: &str, charge: &str| {
        other.run(&["resume", purchase, "--mark", &format!("charged={charge}"), "--json"])
    };
    let refused = mark(&first, &larger).code(2).says("of $30.00, and the purchase of $25.00");
    refused.failed("usage", Some("unknown"));
    let marked = mark(&first, &fitting).code(0).json();
    assert_eq!(marked["data"]["purchases"][0]["charge_id"], fitting.as_str());
    assert_eq!(marked["data"]["purchases"][0]["status"], "settled");
    let found = other.run(&["status", &fitting, "--json"]).code(0).json();
    assert_eq!(found["data"]["purchase_id"], first.as_str());
    let second = lost();
    mark(&second, &fitting).code(2).says(&first).failed("usage", Some("unknown"));
}

#[test]
fn resume_shows_every_purchase_and_ends_as_the_worst_of_them() {
    let user = User::on_sandbox();
    user.set("settle-after=1h");
    for amount in ["25", "30"] {
        user.run(&["buy", amount, "--yes", "--no-wait"]).code(50);
    }
    let ran = user.run(&["resume", "--no-wait"]).code(50).prints("Pending: $25");
    ran.prints("Pending: $30").says("not settled yet").says("topup --sandbox status");
    let list =
        user.run(&["resume", "--no-wait", "--json"]).code(50).failed("pending", Some("unknown"));
    assert_eq!(list["data"]["purchases"].as_array().map(Vec::len), Some(2));
}

#[test]
fn status_without_an_id_is_about_the_latest_purchase() {
    let user = User::on_sandbox();
    user.run(&["status", "--json"]).code(2);
    let mut first = None;
    for amount in ["25", "30", "26"] {
        let bought = user.run(&["buy", amount, "--yes", "--json"]).code(0).json();
        let told = user.run(&["status", "--json"]).code(0).json();
        assert_eq!(told["data"]["purchase_id"], bought["data"]["purchase_id"], "{amount}");
        assert_eq!(told["data"]["amount_usd"], bought["data"]["amount_usd"], "{amount}");
        let id = bought["data"]["purchase_id"].as_str().expect("an id").to_owned();
        first.get_or_insert(id);
    }
    // Looking at an older one makes it no later, and the wait of a newer one makes it none.
    user.run(&["status", &first.expect("an id")]).code(0);
    user.set("settle-after=1h");
    let open = user.run(&["buy", "27", "--yes", "--no-wait", "--json"]).code(50).json();
    let told = user.run(&["status", "--json"]).code(50).json();
    assert_eq!(told["data"]["purchase_id"], open["data"]["purchase_id"]);
    assert!(open["data"]["purchase_id"].is_string(), "{open}");
    assert_eq!(user.charges().len(), 4);
}

#[test]
fn a_time_in_the_place_of_an_id_is_no_id() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes"]).code(0);
    user.run(&["status", "--wait", "5m"]).code(2).says("'topup --sandbox status --wait=5m'");
    user.run(&["status", "--wait=5m"]).code(0);
}

#[test]
fn purchases_of_the_sandbox_are_no_part_of_the_real_history() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes"]).code(0);
    let real = user.copy().with("TOPUP_SANDBOX", "0");
    let listed = real.run(&["history", "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"], serde_json::json!([]));
    assert_eq!(real.run(&["history", "--csv"]).code(0).out.lines().count(), 1);
    real.run(&["history"]).code(0).prints("'topup --sandbox history' lists them");
    real.run(&["--sandbox", "history"]).code(0).prints("settled");
}

/// A table for a person ends after fifty; what a spreadsheet reads is whole.
#[test]
fn comma_separated_values_are_whole_where_a_list_ends_after_fifty() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes"]).code(0);
    for days in 1..=54 {
        again_days_ago(&user, days);
    }
    let rows = |more: &[&str]| {
        let csv = user.run(&[&["history", "--csv"], more].concat()).code(0).out;
        csv.lines().skip(1).filter(|line| line.contains(",25.00,settled")).count()
    };
    assert_eq!((rows(&[]), rows(&["--limit", "50"]), rows(&["--limit", "60"])), (55, 50, 55));
    let list = user.run(&["history", "--json"]).code(0).json();
    assert_eq!(list["data"]["purchases"].as_array().expect("a list").len(), 50);
    assert_eq!(list["data"]["has_more"], true);
    user.run(&["history"]).code(0).prints("Only the newest 50; --limit shows more.");
}
