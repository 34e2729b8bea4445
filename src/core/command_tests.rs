//! Commands and sentences: what they mean at a target, and how they are quoted.

use super::*;

fn shown(literal: &'static str, target: &TargetFlags) -> String {
    NextStep::from(literal).aimed(target).to_string()
}

#[test]
fn the_verb_is_no_flag_and_no_value_of_one() {
    let verb = |words: &[&str]| Command::new(words.iter().copied()).verb().map(str::to_owned);
    assert_eq!(verb(&["login", "--step-up"]).as_deref(), Some("login"));
    assert_eq!(verb(&["--profile", "work", "login"]).as_deref(), Some("login"));
    assert_eq!(verb(&["--profile=work", "-y", "--sandbox", "buy"]).as_deref(), Some("buy"));
    assert_eq!(verb(&["--provider", "nous"]), None);
    assert_eq!(Command::from_program("brv", ["login"]).verb(), None);
}

#[test]
fn a_command_means_the_target_of_the_run_that_printed_it() {
    let sandbox = TargetFlags { sandbox: true, ..TargetFlags::default() };
    let profile =
        |name: &str| TargetFlags { profile: Some(name.to_owned()), ..TargetFlags::default() };
    let at = TargetFlags {
        provider: Some("nous".into()),
        portal_url: Some("http://x/a%20b~".into()),
        ..TargetFlags::default()
    };
    for (literal, target, expected) in [
        ("'topup state'", &TargetFlags::default(), "'topup state'"),
        ("'topup state'", &sandbox, "'topup --sandbox state'"),
        ("'topup --sandbox state'", &sandbox, "'topup --sandbox state'"),
        ("'topup --sandbox state'", &at, "'topup --provider nous --sandbox state'"),
        ("'topup state'", &at, "`topup --provider nous --portal-url 'http://x/a%20b~' state`"),
        ("'topup --profile a state'", &profile("b"), "'topup --profile a state'"),
        (
            "Run 'topup login' now.",
            &profile("my work"),
            "Run `topup --profile 'my work' login` now.",
        ),
        ("'topup explain 4'", &profile("b"), "'topup explain 4'"),
        (
            "one 'topup a', two 'topup b'.",
            &sandbox,
            "one 'topup --sandbox a', two 'topup --sandbox b'.",
        ),
    ] {
        assert_eq!(shown(literal, target), expected);
    }
}

#[test]
fn a_login_that_no_page_outlives_is_approved_by_the_command() {
    let embedded = TargetFlags { sandbox: true, approves_login: true, ..TargetFlags::default() };
    assert_eq!(
        shown("'topup login --step-up'", &embedded),
        "'topup --sandbox login --step-up --approve'"
    );
    assert_eq!(
        shown("'topup login --username NAME'", &embedded),
        "'topup --sandbox login --username NAME'"
    );
}

#[test]
fn an_argument_is_one_word_whatever_is_in_it() {
    let hostile = "a'; rm -rf / 'topup buy 9' {}";
    let step = NextStep::filled(
        "Run 'topup status {}' or 'topup resume {}': {}.",
        &[&hostile, &"x", &hostile],
    );
    let argv: Vec<_> = step.commands().iter().map(Command::argv).collect();
    assert_eq!(argv, [vec!["topup", "status", hostile], vec!["topup", "resume", "x"]]);
    assert!(step.to_string().ends_with(&format!(": {hostile}.")));
    assert_eq!(NextStep::text("'topup buy 1'").commands(), []);
}

#[test]
fn each_shell_gets_its_own_quotes() {
    for (shell, path, quoted) in [
        (Shell::Posix, "/bin/zsh", r"'it'\''s'"),
        (Shell::Fish, "/usr/bin/fish", r"'it\'s'"),
        (Shell::PowerShell, "/opt/pwsh", "'it''s'"),
    ] {
        assert_eq!(Shell::from_path(path), shell);
        assert_eq!(shell.quote("it's"), quoted);
        assert_eq!(shell.quote(""), "''");
        assert_eq!(shell.quote("--portal-url=http://h:1/x"), "--portal-url=http://h:1/x");
        assert_eq!(shell.quote("=x"), "'=x'");
    }
}
