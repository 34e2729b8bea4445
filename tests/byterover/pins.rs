//! Promise: `team pin` chooses for this project only, among the paid teams of the user; the file of
//! the project loses nothing, however many write to it.

use super::{on_sandbox, pin_file, state, two_paid};
use crate::support::User;
use serde_json::{Value, json};

#[test]
fn the_project_is_the_nearest_above_or_the_one_that_is_named() {
    let user = on_sandbox();
    let deep = user.file("src/deep");
    std::fs::create_dir_all(&deep).expect("made");
    user.run(&["team", "pin", "globex"]).code(0);
    let mut command = user.command(&["state", "--get", "organization.name"]);
    command.current_dir(&deep);
    let output = command.output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Globex\n");
    let other = user.file("other");
    std::fs::create_dir(&other).expect("made");
    user.run(&["state", "--project", "other"]).code(2).says("no .brv/config.json");
    user.make_project("other");
    let other = other.to_str().expect("text");
    let named = user.run(&["state", "--project", other, "--json"]).code(0).json();
    assert_eq!(
        (&named["data"]["source"], &named["data"]["project"]),
        (&json!("needs_pick"), &json!(other))
    );
    user.run(&["team", "pin", "acme", "--project", other]).code(0);
    user.run(&["state", "--project", other, "--get", "organization.name"]).code(0).prints("Acme");
    user.run(&["check", "--at-least", "101", "--project", other]).code(0);
    assert_eq!(state(&user)["organization"]["name"], "Globex", "the other project is another one");
    for bad in ["", "no-such-folder"] {
        user.run(&["team", "pin", "acme", "--project", bad, "--json"]).code(2);
        user.run(&["state", "--project", bad]).code(2);
    }
    assert!(!user.file("no-such-folder").exists());
    let nowhere = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "byterover");
    nowhere.run(&["team", "pin", "acme", "--json"]).code(2).failed("usage", None);
    assert!(!nowhere.file(".brv").exists());
    assert_eq!(state(&nowhere)["project"], Value::Null);
}

#[test]
fn only_a_paid_team_of_the_users_own_is_pinned_and_the_choice_is_clear() {
    let user = on_sandbox();
    user.set("teams=Acme:TEAM:10:1,Acorn:PRO:10:2,Home:FREE:0:0,Homeless:FREE:0:0,Öl:PRO:5:5");
    for (word, says, candidates) in [
        ("Home", "is a free team", 3),
        ("homel", "is a free team", 3),
        ("Umbrella", "you belong to no team", 3),
        ("ac", "could be Acme (org_acme), Acorn (org_acorn)", 2),
        ("  ", "is empty", 0),
    ] {
        let refused = user.run(&["team", "pin", word, "--json"]).code(2);
        let document = refused.failed("usage", None);
        let error = &document["error"];
        assert!(error["message"].as_str().expect("text").contains(says), "{word}: {error}");
        let listed = error["details"]["candidates"].as_array().map_or(0, Vec::len);
        assert_eq!(listed, candidates, "{word}: {error}");
        assert!(!pin_file(&user).exists(), "{word}");
    }
    user.run(&["team", "pin", "Home"]).code(2).says("Your paid teams: Acme, Acorn, Öl.");
    for (word, id) in [
        ("acm", "org_acme"),
        ("ORG_ACORN", "org_acorn"),
        ("öL", "org__l"),
        ("org_acme", "org_acme"),
    ] {
        let document = user.run(&["team", "pin", word, "--json"]).code(0).json();
        assert_eq!(document["data"]["pinned_team_id"], id, "{word}");
        assert_eq!(
            (&document["data"]["usable"], &document["data"]["changed"]),
            (&json!(true), &json!(true))
        );
    }
    let again = user.run(&["team", "pin", "acme", "--json"]).code(0).json();
    assert_eq!(again["data"]["changed"], false);
    let shown = user.run(&["team", "show", "--json"]).code(0).json();
    assert_eq!(shown["data"]["team"]["name"], "Acme");
    user.run(&["team", "list"]).code(0).prints("pinned").prints("Homeless");
    user.set("team=Acme:gone");
    let shown = user.run(&["team", "show", "--json"]).code(0).json();
    assert_eq!((&shown["data"]["usable"], &shown["data"]["team"]), (&json!(false), &Value::Null));
}

#[test]
fn a_pin_that_makes_no_sense_is_told_and_kept_and_other_keys_stay() {
    let user = on_sandbox();
    let half = "{\"other\":1,\"billing\":{\"pinned";
    std::fs::write(pin_file(&user), half).expect("written");
    for arguments in [
        &["state", "--json"][..],
        &["team", "show", "--json"],
        &["team", "pin", "acme", "--json"],
        &["team", "unpin", "--json"],
    ] {
        let document = user.run(arguments).code(4).failed("config", None);
        assert!(document["error"]["message"].as_str().expect("text").contains("brv-provider.json"));
    }
    assert_eq!(std::fs::read_to_string(pin_file(&user)).expect("a file"), half);
    user.run(&["limit"]).code(0).prints("Acme");
    std::fs::write(
        pin_file(&user),
        "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": []\n  },\n  \"a\": null\n}",
    )
    .expect("written");
    user.run(&["team", "pin", "acme"]).code(0);
    let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
    assert_eq!(
        text,
        "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": [],\n    \"pinnedTeamId\": \"org_acme\"\n  },\n  \"a\": null\n}"
    );
    user.run(&["team", "unpin"]).code(0);
    let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
    assert_eq!(text, "{\n  \"z\": 1.0,\n  \"billing\": {\n    \"y\": []\n  },\n  \"a\": null\n}");
}

#[test]
fn many_processes_pin_at_once_and_nothing_is_lost() {
    let server = two_paid();
    let user = server.user("byterover");
    user.make_project("");
    std::fs::write(pin_file(&user), "{\"kept\":[1,2.50],\"billing\":{\"mine\":true}}")
        .expect("written");
    for round in 0..3 {
        let words: Vec<&[&str]> = (0..16)
            .map(|at| match at % 3 {
                0 => &["team", "pin", "a"][..],
                1 => &["team", "pin", "b"],
                _ => &["team", "unpin"],
            })
            .collect();
        let children: Vec<_> = words.iter().map(|words| (words, user.start(words))).collect();
        for (words, child) in children {
            user.finish(words, child).code(0);
        }
        let text = std::fs::read_to_string(pin_file(&user)).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("whole");
        assert_eq!(file["billing"]["mine"], true, "{round}: {text}");
        assert!(text.starts_with("{\"kept\":[1,2.50],\"billing\":{\"mine\":true"), "{text}");
    }
    // Of many that ask for the same, one changes it: each saw what the one before it had written.
    user.run(&["team", "unpin"]).code(0);
    let arguments = &["team", "pin", "a", "--get", "changed"];
    let children: Vec<_> = (0..12).map(|_| user.start(arguments)).collect();
    let told: Vec<String> =
        children.into_iter().map(|child| user.finish(arguments, child).code(0).out).collect();
    assert_eq!(told.iter().filter(|changed| *changed == "true\n").count(), 1, "{told:?}");
    let left: Vec<_> = std::fs::read_dir(user.file(".brv")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 2, "nothing is left beside it: {left:?}");
}

#[test]
fn a_worktree_points_to_its_project_and_a_running_brv_is_named() {
    let user = on_sandbox();
    user.make_project("main");
    std::fs::create_dir_all(user.file("worktree/src")).expect("made");
    let pointer = user.file("worktree/.brv");
    let point = |text: &str| std::fs::write(&pointer, text).expect("written");
    let main = std::fs::canonicalize(user.file("main")).expect("a path");
    point(&json!({ "projectRoot": main }).to_string());
    let worktree = user.file("worktree/src");
    let run = |arguments: &[&str]| {
        let mut command = user.command(arguments);
        command.current_dir(&worktree);
        user.finish(arguments, command.spawn().expect("it starts"))
    };
    let pinned = run(&["team", "pin", "acme", "--json"]).code(0).json();
    assert_eq!(pinned["data"]["project"], main.to_str().expect("text"));
    assert!(user.file("main/.brv/brv-provider.json").exists());
    point("{");
    run(&["state", "--json"]).code(4).says("brv worktree remove").failed("config", None);
    point(&json!({ "projectRoot": user.file("gone") }).to_string());
    run(&["check", "--at-least", "1", "--json"]).code(4).failed("config", None);
    assert_eq!(std::fs::read_to_string(&pointer).expect("text").matches("gone").count(), 1);
    // A brv that runs keeps what it read.
    let data = user.file(".local/share/brv");
    std::fs::create_dir_all(&data).expect("made");
    let pid = std::process::id();
    let instance = json!({"pid": pid, "port": 37847, "startedAt": 1});
    std::fs::write(data.join("daemon.json"), instance.to_string()).expect("written");
    let beat = || {
        let now = jiff::Timestamp::now().as_millisecond().to_string();
        std::fs::write(data.join("heartbeat"), now).expect("written");
    };
    beat();
    let told = user.run(&["team", "pin", "globex"]).code(0);
    told.prints(&format!("brv is running (process {pid})"))
        .prints("brv providers connect byterover --team Globex");
    beat();
    user.run(&["team", "pin", "globex", "--get", "warnings"]).code(0).prints("[]");
    user.run(&["team", "unpin"]).code(0).prints("until 'brv restart'");
}
