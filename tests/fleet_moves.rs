//! Promise: a machine takes its purchases and its login along into the store that machines share, and
//! back: what was open goes on where it is now, with its key, and nothing is charged twice.

use crate::fleet::Fleet;
use serde_json::Value;

fn data(document: &Value, key: &str) -> u64 {
    document["data"][key].as_u64().unwrap_or_else(|| panic!("{key}: {document}"))
}

#[test]
fn from_files_to_a_store_where_another_machine_goes_on_and_back() {
    let Some(fleet) = Fleet::new() else { return };
    let desk = fleet.machine();
    let alone = desk.copy().with("TOPUP_STATE_URL", "");
    alone.run(&["login", "--step-up", "--no-browser"]).code(0);
    alone.run(&["buy", "10", "--yes", "--once", "first"]).code(0);
    fleet.portal.keeper().set("settle-after=2s");
    let open = alone.run(&["buy", "25", "--yes", "--once", "second", "--no-wait", "--json"]);
    let open = open.code(50).json();
    // A dry run says what a run does, and does nothing.
    let would = desk.run(&["journal", "import", "--dry-run", "--json"]).code(0).json();
    assert_eq!((data(&would, "purchases"), data(&would, "logins")), (2, 1), "{would}");
    assert!(fleet.rows("SELECT id FROM purchase").is_empty());
    alone.run(&["whoami"]).code(0);
    // Without the key of the fleet nothing is moved at all.
    let keyless = desk.copy().with("TOPUP_STATE_KEY", "");
    let refused = keyless.run(&["journal", "import", "--json"]).code(4).json();
    assert!(refused["error"]["message"].as_str().is_some_and(|said| said.contains("is not set")));
    assert!(fleet.rows("SELECT id FROM purchase").is_empty());
    let moved = desk.run(&["journal", "import", "--json"]).code(0).json();
    for (key, count) in [("purchases", 2), ("open_purchases", 1), ("logins", 1), ("left", 0)] {
        assert_eq!(data(&moved, key), count, "{key}: {moved}");
    }
    let again = desk.run(&["journal", "import", "--json"]).code(0).json();
    for (key, count) in [("purchases", 0), ("already_there", 2), ("rows", 0), ("logins", 0)] {
        assert_eq!(data(&again, key), count, "{key}: {again}");
    }
    // The files are no second journal, and hold no second login.
    let refused = alone.copy().with("TOPUP_TOKEN", &fleet.portal.token);
    for buy in [
        &["buy", "25", "--yes", "--once", "second", "--json"][..],
        &["buy", "5", "--yes", "--json"],
    ] {
        let refused = refused.run(buy).code(4).json();
        let error = &refused["error"];
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|said| said.contains("were moved to postgres://")),
            "{error}"
        );
        assert_eq!(error["charged_now"], "no", "{error}");
        assert!(error["hints"].to_string().contains("TOPUP_STATE_URL"), "{error}");
    }
    let doctor = refused.run(&["doctor", "--json"]).json().to_string();
    assert!(doctor.contains("were moved to postgres://"), "{doctor}");
    let login = std::fs::read_to_string(desk.file("credentials.json")).expect("a file");
    assert!(!login.contains("access_token"), "{login}");
    // Another machine, which has never seen any of it, finishes what is open.
    fleet.portal.keeper().set("settle-after=0s");
    let other = fleet.machine();
    let finished = other.run(&["buy", "25", "--yes", "--once", "second", "--json"]).code(0).json();
    assert_eq!(finished["data"]["charge_id"], open["data"]["charge_id"], "{finished}");
    assert_eq!(finished["data"]["idempotency_key"], open["data"]["idempotency_key"]);
    other.run(&["buy", "30", "--yes", "--once", "third"]).code(0);
    // And out again, into the files of the desk.
    let out = desk.run(&["journal", "export", "--json"]).code(0).json();
    assert_eq!((data(&out, "purchases"), data(&out, "already_there")), (1, 2), "{out}");
    let out = desk.run(&["journal", "export", "--json"]).code(0).json();
    assert_eq!((data(&out, "purchases"), data(&out, "rows")), (0, 0), "{out}");
    let refused = other.run(&["buy", "5", "--yes", "--json"]).code(4).json();
    assert!(
        refused["error"]["message"].as_str().is_some_and(|said| said.contains("were moved to"))
    );
    let alone = alone.copy().with("TOPUP_TOKEN", &fleet.portal.token);
    for (name, amount) in [("first", "10"), ("second", "25"), ("third", "30")] {
        let known = alone.run(&["buy", amount, "--yes", "--once", name, "--json"]).code(0).json();
        assert_eq!(known["data"]["replayed"], true, "{known}");
    }
    assert_eq!(fleet.portal.keeper().charges().len(), 3);
}

#[test]
fn where_no_store_is_named_nothing_is_moved() {
    let user = crate::support::User::new();
    for verb in ["import", "export"] {
        let refused = user.run(&["journal", verb, "--json"]).code(2).json();
        assert!(refused["error"]["hints"].to_string().contains("TOPUP_STATE_URL"), "{refused}");
    }
}
