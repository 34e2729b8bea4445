//! Promise: a setting is where it is said to come from, and `config set` changes that one and loses
//! nothing else of the file.

use crate::support::User;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

fn text(user: &User) -> String {
    fs::read_to_string(user.file("config.toml")).expect("the file")
}

#[test]
fn a_file_is_made_for_its_owner_alone_and_says_what_was_set() {
    let user = User::new();
    let home = user.file("deep/home");
    let user = user.with("TOPUP_HOME", home.to_str().expect("text"));
    let file = home.join("config.toml");
    assert_eq!(user.run(&["config", "path"]).code(0).out, format!("{}\n", file.display()));
    assert!(!home.exists(), "a look makes nothing");
    user.run(&["config", "unset", "max_per_day"]).code(0).prints("was not set");
    assert!(!home.exists(), "nor does taking out what is not there");
    user.run(&["config", "set", "max_per_day", "200"]).code(0).prints("max_per_day is 200 now");
    assert_eq!((mode(&home), mode(&file)), (0o700, 0o600));
    assert_eq!(user.run(&["config", "get", "max_per_day"]).code(0).out, "200.00\n");
    assert_eq!(user.run(&["config", "get", "mandate"]).code(0).out, "\n", "nothing is empty");
    assert_eq!(user.run(&["config", "get", "provider"]).code(0).out, "nous\n");
    // What was set holds.
    user.run(&["--sandbox", "buy", "250", "--yes"]).code(5);
    user.run(&["config", "unset", "max_per_day"]).code(0).prints("was 200 and is no longer set");
    user.run(&["--sandbox", "buy", "250", "--yes"]).code(0);
}

#[test]
fn comments_order_and_permissions_of_a_file_stay() {
    let user = User::new();
    let before = "# mine\ndefault_profile = \"work\" # usual\n\n[profiles.work]\n# why\n\
                  max_per_day = \"80\"   # a day\nprovider = \"nous\"\n\n[profiles.other]\n";
    fs::write(user.file("config.toml"), before).expect("written");
    fs::set_permissions(user.file("config.toml"), fs::Permissions::from_mode(0o640)).expect("set");
    user.run(&["config", "set", "max_per_day", "90"]).code(0);
    assert_eq!(text(&user), before.replace("\"80\"", "\"90\""));
    assert_eq!(mode(&user.file("config.toml")), 0o640);
    let now = text(&user);
    user.run(&["config", "set", "max_per_day", "90"]).code(0).prints("already");
    assert_eq!(text(&user), now);
    user.run(&["config", "set", "--profile", "other", "sandbox", "true"]).code(0);
    user.run(&["config", "set", "--profile", "third", "provider", "ciris"]).code(0);
    assert_eq!(
        text(&user),
        format!("{now}sandbox = true\n\n[profiles.third]\nprovider = \"ciris\"\n")
    );
    let words = ["config", "set", "credential_command", "--", "/bin/keep", "--for", "me"];
    user.run(&words).code(0);
    assert!(text(&user).contains(r#"credential_command = ["/bin/keep", "--for", "me"]"#));
    // All of it is understood, inline tables as well.
    user.run(&["config", "list"]).code(0);
    fs::write(user.file("config.toml"), "profiles = { a = { provider = 'nous' } }\n")
        .expect("written");
    user.run(&["config", "set", "--profile", "b", "mandate", "acme"]).code(0);
    assert_eq!(user.run(&["config", "get", "--profile", "b", "mandate"]).code(0).out, "acme\n");
}

#[test]
fn unset_takes_its_own_line_alone() {
    let user = User::new();
    for (before, words, after) in [
        (
            "# mine\n[profiles.default]\n# a day, as agreed\nmax_per_day = \"80\" # dollars\n\n# next\nprovider = 'nous'",
            &["max_per_day"][..],
            "# mine\n[profiles.default]\n# a day, as agreed\n# dollars\n\n# next\nprovider = 'nous'",
        ),
        (
            "default_profile = 'a' # usual\r\n\r\n[profiles.a]\r\n",
            &["default_profile"],
            "# usual\r\n\r\n[profiles.a]\r\n",
        ),
        (
            "profiles = { a = { provider = 'nous', mandate = 'm' }, b = {} } # all\n",
            &["--profile", "a", "mandate"],
            "profiles = { a = { provider = 'nous' }, b = {} } # all\n",
        ),
        ("# nothing\n[profiles.default]\n", &["mandate"], "# nothing\n[profiles.default]\n"),
    ] {
        fs::write(user.file("config.toml"), before).expect("written");
        user.run(&[&["config", "unset"], words].concat()).code(0);
        assert_eq!(text(&user), after);
    }
    // What is added to an inline table stands in it as the others do.
    fs::write(user.file("config.toml"), "profiles = { a = { provider = 'nous' } }\n")
        .expect("written");
    user.run(&["config", "set", "--profile", "a", "mandate", "m"]).code(0);
    user.run(&["config", "set", "--profile", "b", "sandbox", "true"]).code(0);
    let both =
        "profiles = { a = { provider = 'nous', mandate = \"m\" }, b = { sandbox = true } }\n";
    assert_eq!(text(&user), both);
    user.run(&["config", "unset", "--profile", "b", "sandbox"]).code(0);
    assert_eq!(text(&user), both.replace("{ sandbox = true }", "{ }"));
}

#[test]
fn a_file_without_an_end_is_not_read_to_it() {
    let user = User::new();
    let endless = fs::File::create(user.file("config.toml")).expect("made");
    endless.set_len(1 << 40).expect("a hole");
    for verb in [&["state"][..], &["config", "list"], &["config", "set", "provider", "nous"]] {
        user.run(verb).code(4).says("larger than 1024 KiB");
    }
}

#[test]
fn what_the_file_would_refuse_is_refused_and_nothing_is_changed() {
    let user = User::new();
    user.run(&["config", "set", "provider", "nous"]).code(0);
    let before = text(&user);
    for (words, says) in [
        (&["provider", "nobody"][..], "write nous, ciris, byterover, ledger, openrouter"),
        (&["max_per_day", "1,000"], "without commas"),
        (&["max_per_day", "-5"], "max_per_day"),
        (&["max_per_day", "1", "2"], "one value"),
        (&["sandbox", "yes"], "true or false"),
        (&["portal_url", "portal.example"], "https://portal.example"),
        (&["portal_url", "http://portal.example"], "plain http"),
        (&["ledger_url", "relative.db"], "ledger_url"),
        (&["default_profile", "nobody"], "Available: default"),
        (&["nonsense", "1"], "Available: default_profile, provider, portal_url"),
    ] {
        let ran = user.run(&[&["config", "set"], words].concat()).code(2).says(says);
        assert!(ran.out.is_empty());
        assert_eq!(text(&user), before, "{words:?}");
    }
    // A file that makes no sense is told with its line, and kept.
    fs::write(user.file("config.toml"), "[profiles.default]\nmax_per_dya = '5'\n")
        .expect("written");
    user.run(&["config", "set", "provider", "nous"]).code(4).says("line 2");
    assert_eq!(text(&user), "[profiles.default]\nmax_per_dya = '5'\n");
    // What is wrong already can be put right.
    fs::write(user.file("config.toml"), "[profiles.default]\nmax_per_day = '1,000'\n")
        .expect("written");
    user.run(&["config", "set", "provider", "nous"]).code(0);
    user.run(&["config", "set", "max_per_day", "1000"]).code(0);
    user.run(&["config", "list"]).code(0);
}

#[test]
fn what_is_no_plain_file_is_not_written_to() {
    let user = User::new();
    let file = user.file("config.toml");
    fs::write(user.file("elsewhere.toml"), "").expect("written");
    std::os::unix::fs::symlink(user.file("elsewhere.toml"), &file).expect("a link");
    user.run(&["config", "set", "provider", "nous"]).code(4).says("symbolic link");
    assert!(fs::symlink_metadata(&file).expect("there").is_symlink());
    assert_eq!(fs::read(user.file("elsewhere.toml")).expect("kept"), b"");
    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("a folder");
    user.run(&["config", "set", "provider", "nous"]).code(4).says("plain file");
}

#[test]
fn of_many_that_write_at_once_none_undoes_the_other() {
    let user = User::new();
    let profiles: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
    let running: Vec<_> = profiles
        .iter()
        .map(|profile| user.start(&["config", "set", "--profile", profile, "mandate", profile]))
        .collect();
    for child in running {
        user.finish(&["config", "set"], child).code(0);
    }
    for profile in &profiles {
        let get = ["config", "get", "--profile", profile, "mandate"];
        assert_eq!(user.run(&get).code(0).out, format!("{profile}\n"));
    }
    let left = fs::read_dir(user.home()).expect("a folder").count();
    assert_eq!(left, 1, "nothing is left behind");
}

#[test]
fn where_each_setting_comes_from_is_listed() {
    let user = User::new();
    let project = user.file("project");
    fs::create_dir(&project).expect("made");
    fs::write(project.join(".topup.toml"), "profile = 'work'\n").expect("written");
    fs::write(
        user.file("config.toml"),
        "[profiles.work]\nprovider = 'ciris'\nportal_url = 'https://agent.example'\nmax_per_day = '9'\n\
         ledger_url = 'postgres://jobs:hunter2@db.example/b'\n",
    )
    .expect("written");
    let listed = |user: &User, words: &[&str], inside: bool| -> Value {
        let list = [words, &["config", "list", "--json"]].concat();
        let mut command = user.command(&list);
        if inside {
            command.current_dir(&project);
        }
        let ran = user.finish(&list, command.spawn().expect("it starts")).code(0);
        assert!(!ran.out.contains("hunter2"), "{}", ran.out);
        ran.json()["data"].clone()
    };
    let from = |data: &Value, key: &str| {
        let settings = data["settings"].as_array().expect("settings");
        let found = settings.iter().find(|setting| setting["key"] == key).expect(key);
        let text = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
        (text("value"), text("source"), text("from"))
    };
    let told =
        |one: &str, two: &str, three: &str| (one.to_owned(), two.to_owned(), three.to_owned());
    let plain = listed(&user, &[], false);
    assert_eq!(plain["profile"]["source"], "default");
    assert_eq!(from(&plain, "provider"), told("nous", "default", "-"));
    assert_eq!(from(&plain, "portal_url").1, "default");
    let inside = listed(&user, &[], true);
    assert_eq!(
        (&inside["profile"]["value"], &inside["profile"]["source"]),
        (&"work".into(), &"project".into())
    );
    assert!(inside["profile"]["from"].as_str().expect("a path").ends_with("project/.topup.toml"));
    assert_eq!(from(&inside, "provider"), told("ciris", "profile", "work"));
    assert_eq!(from(&inside, "ledger_url").0, "postgres://jobs:***@db.example/b");
    let flags = listed(
        &user,
        &["--profile", "work", "--provider", "nous", "--portal-url", "https://a.example"],
        true,
    );
    assert_eq!(flags["profile"]["from"], "--profile");
    assert_eq!(from(&flags, "provider"), told("nous", "flag", "--provider"));
    assert_eq!(from(&flags, "portal_url"), told("https://a.example", "flag", "--portal-url"));
    assert_eq!(from(&flags, "max_per_day"), told("9.00", "profile", "work"));
    let user = user
        .with("TOPUP_PROFILE", "work")
        .with("TOPUP_PROVIDER", "nous")
        .with("NOUS_PORTAL_BASE_URL", "https://b.example")
        .with("TOPUP_LEDGER_MANDATE", "acme");
    let set = listed(&user, &[], false);
    assert_eq!(set["profile"]["from"], "TOPUP_PROFILE");
    assert_eq!(from(&set, "provider"), told("nous", "environment", "TOPUP_PROVIDER"));
    assert_eq!(
        from(&set, "portal_url"),
        told("https://b.example", "environment", "NOUS_PORTAL_BASE_URL")
    );
    assert_eq!(from(&set, "mandate"), told("acme", "environment", "TOPUP_LEDGER_MANDATE"));
    // Whoever asks for one value by name gets it whole.
    let whole = user.run(&["config", "get", "ledger_url"]).code(0);
    assert_eq!(whole.out, "postgres://jobs:hunter2@db.example/b\n");
}

#[test]
fn a_project_chooses_no_profile_to_be_written_to() {
    let user = User::new();
    user.run(&["config", "set", "--profile", "rich", "max_per_day", "5000"]).code(0);
    fs::write(user.file(".topup.toml"), "profile = 'rich'\n").expect("written");
    user.run(&["config", "set", "max_per_day", "10"]).code(0).prints("profile default");
    let get = ["config", "get", "--profile", "rich", "max_per_day"];
    assert_eq!(user.run(&get).code(0).out, "5000.00\n");
}

#[test]
fn a_profile_can_mean_the_sandbox_and_no_project_leads_out_of_it() {
    let user = User::new().with("TOPUP_TOKEN", "real-token");
    user.run(&["config", "set", "--profile", "play", "sandbox", "true"]).code(0);
    user.run(&["--profile", "play", "buy", "25", "--yes"])
        .code(0)
        .prints("Sandbox: no real money.");
    user.run(&["--profile", "play", "state"]).code(0);
    // A portal that is named beside it is a mistake, and no purchase.
    let both = ["--profile", "play", "--portal-url", "http://127.0.0.1:1", "buy", "25", "--yes"];
    user.run(&both).code(2).says("The profile 'play' uses the sandbox");
    user.run(&["config", "set", "default_profile", "play"]).code(0);
    user.run(&["state"]).code(0).prints("Sandbox");
    user.run(&["config", "set", "--profile", "work", "portal_url", "http://127.0.0.1:1"]).code(0);
    fs::write(user.file(".topup.toml"), "profile = 'work'\n").expect("written");
    user.run(&["buy", "25", "--yes"]).code(0).prints("Sandbox: no real money.");
    // Whoever names it, or says no by the variable, means it.
    user.run(&["--profile", "work", "state"]).code(60);
    fs::remove_file(user.file(".topup.toml")).expect("removed");
    let user = user.with("TOPUP_SANDBOX", "0").with("TOPUP_PORTAL_URL", "http://127.0.0.1:1");
    user.run(&["state"]).code(60);
}

#[test]
fn a_variable_that_says_no_is_no_flag_that_says_yes() {
    let user = User::new().with("TOPUP_SANDBOX", "0");
    user.run(&["--sandbox", "buy", "25", "--yes", "--no-wait"])
        .code(50)
        .says("'topup --sandbox status");
    let listed = user.run(&["--sandbox", "config", "list", "--json"]).code(0).json();
    let settings = listed["data"]["settings"].as_array().expect("settings").clone();
    let sandbox = settings.iter().find(|one| one["key"] == "sandbox").expect("a setting");
    assert_eq!((&sandbox["value"], &sandbox["source"]), (&"true".into(), &"flag".into()));
}
