//! What holds, by flags, files and defaults.

use super::keys::SettingSource;
use super::*;
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::provider;
use std::fs;
use std::path::Path;

fn resolve(asked: AskedSettings, config: &str, project: Option<&str>) -> Result<Settings> {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, config).expect("written");
    let work = folder.path().join("work/deep");
    fs::create_dir_all(&work).expect("made");
    if let Some(text) = project {
        fs::write(folder.path().join("work/.topup.toml"), text).expect("written");
    }
    Settings::resolve(asked, &provider::catalogue(), &ConfigFile::read(&file)?, Some(&work))
}

fn for_profile(name: &str, file: &Path) -> Result<Settings> {
    Settings::for_profile(name, &provider::catalogue(), &ConfigFile::read(file)?)
}

const CONFIG: &str = r#"
    default_profile = "work"
    [profiles.work]
    provider = "byterover"
    max_per_purchase = "50"
    [profiles.other]
    provider = "ciris"
    portal_url = "https://other.example"
"#;

#[test]
fn the_flag_beats_the_project_which_beats_the_profile_which_beats_the_default() {
    let plain = resolve(AskedSettings::default(), "", None).expect("defaults");
    assert_eq!((plain.system, plain.profile.as_str()), (provider::NOUS, "default"));
    let profile =
        resolve(AskedSettings::default(), CONFIG, None).expect("the file's default profile");
    assert_eq!((profile.system, profile.profile.as_str()), (provider::BYTEROVER, "work"));
    assert_eq!(profile.limits.per_purchase, Amount::parse("50").ok());
    let project = resolve(AskedSettings::default(), CONFIG, Some("profile = 'other'"))
        .expect("the project's");
    assert_eq!(project.system, provider::CIRIS);
    assert_eq!(project.profile_portal_url.as_deref(), Some("https://other.example"));
    let both = resolve(AskedSettings::default(), CONFIG, Some("provider = 'nous'"))
        .expect("the project's");
    assert_eq!((both.system, both.profile.as_str()), (provider::NOUS, "work"));
    let flag = AskedSettings {
        provider: Some("ledger".into()),
        profile: Some("other".into()),
        ..AskedSettings::default()
    };
    let flag =
        resolve(flag, CONFIG, Some("provider = 'nous'\nprofile = 'work'")).expect("the flag's");
    assert_eq!((flag.system, flag.profile.as_str()), (provider::LEDGER, "other"));
}

#[test]
fn a_profile_alone_is_bent_by_nothing_and_all_of_them_are_listed() {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    assert_eq!(
        ConfigFile::read(&file).map(|file| file.profiles()).expect("no file"),
        [DEFAULT_PROFILE]
    );
    assert_eq!(for_profile(DEFAULT_PROFILE, &file).expect("one").system, provider::NOUS);
    fs::write(&file, CONFIG).expect("written");
    assert_eq!(
        ConfigFile::read(&file).map(|file| file.profiles()).expect("two"),
        ["other", "work"]
    );
    let other = for_profile("other", &file).expect("one");
    assert_eq!((other.system, other.profile.as_str()), (provider::CIRIS, "other"));
    assert_eq!(other.portal_url, None);
    assert_eq!(other.profile_portal_url.as_deref(), Some("https://other.example"));
    assert_eq!(for_profile("missing", &file).expect_err("none").class(), Class::Config);
}

#[test]
fn a_project_may_not_redirect_tokens_or_loosen_limits() {
    for text in [
        "portal_url = 'https://evil.example'",
        "max_per_purchase = '1000'",
        "client_id = 'x'",
        "credential_command = ['./evil']",
        "ledger_url = 'postgres://evil.example/pool'",
        "mandate = 'another'",
        "notify = ['eve@evil.example']",
    ] {
        let refused = resolve(AskedSettings::default(), CONFIG, Some(text)).expect_err(text);
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains(".topup.toml, line 1"), "{refused}");
    }
}

#[test]
fn a_project_chooses_a_profile_and_keeps_the_limits_that_hold_without_it() {
    let config = r#"
        default_profile = "mine"
        [profiles.mine]
        max_per_purchase = "50"
        max_per_day = "80"
        [profiles.rich]
        max_per_purchase = "5000"
        max_per_month = "100"
    "#;
    let amount = |text| Amount::parse(text).ok();
    let whole = SpendingLimits {
        per_purchase: amount("50"),
        per_day: amount("80"),
        per_month: amount("100"),
    };
    let rich = resolve(AskedSettings::default(), config, Some("profile = 'rich'")).expect("chosen");
    assert_eq!((rich.profile.as_str(), rich.limits), ("rich", whole));
    let none =
        resolve(AskedSettings::default(), config, Some("profile = 'default'")).expect("chosen");
    assert_eq!(none.limits.per_purchase, amount("50"));
    // A user who names a profile asks for its limits.
    let asked = AskedSettings { profile: Some("rich".into()), ..AskedSettings::default() };
    let asked = resolve(asked, config, Some("profile = 'mine'")).expect("named");
    assert_eq!(asked.limits.per_purchase, amount("5000"));
}

#[test]
fn a_project_leads_out_of_no_sandbox() {
    let config = "[profiles.default]\nsandbox = true\n[profiles.work]\nprovider = 'ciris'\n";
    let chosen = |asked: AskedSettings, project: Option<&str>| {
        let settings = resolve(asked, config, project).expect("settings");
        (settings.sandbox, settings.effective("sandbox").1)
    };
    let of_default = || SettingSource::Profile("default".into());
    assert_eq!(chosen(AskedSettings::default(), None), (true, of_default()));
    assert_eq!(chosen(AskedSettings::default(), Some("profile = 'work'")), (true, of_default()));
    let work = || AskedSettings { profile: Some("work".into()), ..AskedSettings::default() };
    assert_eq!(chosen(work(), None), (false, SettingSource::Default));
    assert_eq!(chosen(work(), Some("profile = 'default'")), (false, SettingSource::Default));
    let off = AskedSettings { sandbox: Some(false), ..AskedSettings::default() };
    assert_eq!(chosen(off, None), (false, SettingSource::Asked));
}

#[test]
fn where_a_setting_comes_from_is_known() {
    let config = "[profiles.default]\nmax_per_day = '80'\nmax_per_purchase = '9'\n\
                  [profiles.rich]\nmax_per_day = '100'\nmax_per_month = '500'\nmandate = 'm'\n";
    let settings =
        resolve(AskedSettings::default(), config, Some("profile = 'rich'\nprovider = 'ledger'"));
    let settings = settings.expect("settings");
    let of = |name: &str| SettingSource::Profile(name.to_owned());
    for (key, value, source) in [
        ("max_per_purchase", Some("9.00"), of("default")),
        ("max_per_day", Some("80.00"), of("default")),
        ("max_per_month", Some("500.00"), of("rich")),
        ("mandate", Some("m"), of("rich")),
        ("client_id", None, SettingSource::Default),
        ("sandbox", Some("false"), SettingSource::Default),
    ] {
        let effective = settings.effective(key);
        assert_eq!(effective, (value.map(str::to_owned), source), "{key}");
    }
    let project = settings.project.clone().expect("a project");
    assert_eq!(settings.effective("provider").1, SettingSource::Project(project.clone()));
    assert_eq!(settings.profile_source(), &SettingSource::Project(project));
    let alone = resolve(AskedSettings::default(), "", None).expect("settings");
    assert_eq!(alone.profile_source(), &SettingSource::Default);
}

#[test]
fn it_is_known_when_a_project_means_another_place() {
    let moved = |asked: AskedSettings, project: &str| {
        resolve(asked, CONFIG, Some(project)).expect("settings").redirected_by_project.is_some()
    };
    assert!(moved(AskedSettings::default(), "provider = 'nous'"));
    assert!(moved(AskedSettings::default(), "profile = 'other'"));
    assert!(!moved(AskedSettings::default(), "provider = 'byterover'"));
    assert!(!moved(AskedSettings::default(), "profile = 'work'"));
    assert!(!moved(AskedSettings::default(), ""));
    let url = || Some("https://mine.example".to_owned());
    assert!(!moved(
        AskedSettings { portal_url: url(), ..AskedSettings::default() },
        "provider = 'nous'"
    ));
    let named = AskedSettings { provider: Some("nous".into()), ..AskedSettings::default() };
    assert!(!moved(named, "provider = 'ciris'"));
}

#[test]
fn what_cannot_be_understood_names_the_file_and_the_line() {
    for (text, line) in
        [("a = 1", 1), ("\n\nprofiles = 3", 3), ("[profiles.x]\nmax_per_day = 5", 2), ("[", 1)]
    {
        let refused = resolve(AskedSettings::default(), text, None).expect_err(text);
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains(&format!("config.toml, line {line}: ")), "{refused}");
    }
    let asked = AskedSettings { profile: Some("missing".into()), ..AskedSettings::default() };
    let refused = resolve(asked, CONFIG, None).expect_err("unknown");
    assert!(refused.parts().hints[0].to_string().contains("other, work"), "{refused:?}");
    let refused =
        resolve(AskedSettings::default(), "[profiles.default]\nmax_per_day = '1,000'", None)
            .expect_err("no amount");
    assert!(refused.to_string().contains("max_per_day"), "{refused}");
}
