//! The promises about files that belong to somebody else: the fresher copy counts, only what has
//! to change does, and a refresh token is sent once whatever dies in between.

use super::super::document::{Borrowed, Sent};
use super::super::exchange;
use super::super::fake::{Does, Fake, Home};
use super::super::jwt::tests::token_of;
use super::super::lifetime::LOOKING_LASTS;
use super::super::store::Store;
use super::super::token::Identity;
use super::copy::{time_in, written};
use super::text::Object;
use super::*;
use crate::core::class::{Class, Recovery};
use crate::core::environment::Variables;
use crate::core::failure::Result;
use crate::core::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// A home of ours that uses a login of a home of Hermes beside it.
struct Both {
    ours: Home,
    hermes: tempfile::TempDir,
}

impl Both {
    fn at(base: &Url) -> Self {
        let both = Self { ours: Home::at(base), hermes: tempfile::tempdir().expect("a folder") };
        fs::create_dir(both.hermes.path().join("shared")).expect("made");
        let files = both.files();
        both.ours.change(|contents| {
            let key = both.ours.key();
            let now = Timestamp::now();
            let borrowed = Borrowed::new(&key, &both.ours.portal, files, Identity::default(), now);
            contents.borrow(&key, borrowed);
        });
        both
    }

    fn files(&self) -> Files {
        let home = self.hermes.path();
        Files { auth: home.join("auth.json"), shared: home.join("shared/nous_auth.json") }
    }

    /// The number stands for the pair, the seconds for what is left of it.
    fn tokens(&self, number: usize, left: i64) -> Value {
        let now = Timestamp::now();
        let at = |seconds: i64| written(now + SignedDuration::from_secs(seconds));
        json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
            "client_id": "hermes-cli", "portal_base_url": self.ours.portal.shown(),
            "inference_base_url": "https://inference.example", "token_type": "Bearer",
            "scope": "inference:invoke", "obtained_at": at(left - 900), "expires_at": at(left),
            "expires_in": 900, "agent_key": "key"})
    }

    fn write_auth(&self, tokens: &Value) {
        let whole = json!({"version": 1, "providers": {"other": {"access_token": "theirs"},
            "nous": tokens}, "active_provider": "nous", "updated_at": "then"});
        let text = serde_json::to_string_pretty(&whole).expect("text");
        put(&self.files().auth, &text);
    }

    fn write_shared(&self, tokens: &Value) {
        put(&self.files().shared, &format!("{tokens}\n"));
    }

    fn access_tokens(&self) -> [String; 2] {
        let read = |file: &Path, path: &[&str]| {
            let text = fs::read_to_string(file).expect("read");
            let object = Object::at(&text, path).expect("JSON").expect("an object");
            object.get("access_token").expect("one").as_str().expect("text").to_owned()
        };
        let files = self.files();
        [read(&files.shared, &[]), read(&files.auth, &["providers", "nous"])]
    }

    fn look(&self) -> Result<String> {
        self.ours.session().token(LOOKING_LASTS).map(|token| token.secret.expose().to_owned())
    }

    /// The login of Hermes that is used is the one of this account.
    fn choose(&self, organisation: &str, subject: &str) {
        self.ours.change(|contents| {
            let borrowed = contents.borrowed_mut(&self.ours.key()).expect("there");
            borrowed.organisation = Some(organisation.into());
            borrowed.subject = Some(subject.into());
        });
    }

    fn sent(&self) -> Option<Sent> {
        let contents = self.ours.store().read().expect("read");
        contents.hermes[0].sent.clone()
    }
}

fn put(file: &Path, text: &str) {
    fs::write(file, text).expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("closed");
}

fn pair(number: usize) -> Value {
    json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer", "expires_in": 900, "scope": "inference:invoke"})
}

fn portal() -> Fake {
    Fake::start(|number, _| Does::Answer(200, pair(number + 100)))
}

/// A user's home with a Hermes in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        fs::create_dir_all(place.path(".hermes/profiles/work")).expect("made");
        fs::create_dir_all(place.path("data/profiles/work")).expect("made");
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        // Without the links that a temporary folder may lie behind.
        fs::canonicalize(self.0.path()).expect("there").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }

    /// What is found with these variables, paths of the home in them, as paths below the home.
    fn find(&self, variables: &[(&str, &str)]) -> Result<(String, String, Option<String>)> {
        let home = self.path("");
        let set = variables.iter().map(|(name, value)| {
            let value = if value.starts_with("http") {
                (*value).to_owned()
            } else {
                self.path(value).display().to_string()
            };
            ((*name).to_owned(), value)
        });
        let all = set.chain([("HOME".to_owned(), home.display().to_string())]);
        let nowhere = ("HERMES_MANAGED_DIR".to_owned(), self.path("no").display().to_string());
        let named: Vec<(String, String)> = std::iter::once(nowhere).chain(all).collect();
        let found = Installation::find(&Variables::new(named))?;
        let below = |path: &Path| {
            let short = path.strip_prefix(&home).unwrap_or(path);
            short.display().to_string()
        };
        let root = found.root_auth.as_deref().map(below);
        Ok((below(&found.files.auth), below(&found.files.shared), root))
    }

    #[track_caller]
    fn finds(&self, variables: &[(&str, &str)], auth: &str, shared: &str, root: Option<&str>) {
        let found = self.find(variables).expect("found");
        let expected = (auth.to_owned(), shared.to_owned(), root.map(str::to_owned));
        assert_eq!(found, expected, "{variables:?}");
    }
}

const ROOT: &str = ".hermes/auth.json";
const WORK: &str = ".hermes/profiles/work/auth.json";
const SHARED: &str = ".hermes/shared/nous_auth.json";

#[test]
fn the_files_are_those_of_the_home_and_of_the_root_it_lies_in() {
    let place = Place::new();
    place.finds(&[], ROOT, SHARED, None);
    place.finds(&[("HERMES_HOME", ".hermes/profiles/work")], WORK, SHARED, Some(ROOT));
    let data = "data/shared/nous_auth.json";
    place.finds(&[("HERMES_HOME", "data")], "data/auth.json", data, None);
    let of_work = "data/profiles/work";
    let auth = "data/profiles/work/auth.json";
    place.finds(&[("HERMES_HOME", of_work)], auth, data, Some("data/auth.json"));
    place.finds(&[("HERMES_SHARED_AUTH_DIR", "s")], ROOT, "s/nous_auth.json", None);
}

/// A login used in place, 1.
#[test]
fn a_home_that_is_a_link_to_a_profile_has_the_root_of_that_profile() {
    let place = Place::new();
    symlink(place.path(".hermes/profiles/work"), place.path("link")).expect("linked");
    place.finds(&[("HERMES_HOME", "link")], "link/auth.json", SHARED, Some(ROOT));
}

/// A login used in place, 2.
#[test]
fn the_settings_of_hermes_say_where_the_shared_copy_is_and_count_before_the_environment() {
    let place = Place::new();
    place.write(".hermes/.env", "OTHER=1\nexport HERMES_SHARED_AUTH_DIR='~/mine'\n");
    let named = [("HERMES_SHARED_AUTH_DIR", "stale")];
    place.finds(&named, ROOT, "mine/nous_auth.json", None);
    // Those of an administrator count before both.
    place.write("managed/.env", "HERMES_SHARED_AUTH_DIR=~/theirs");
    let managed = [named[0], ("HERMES_MANAGED_DIR", "managed")];
    place.finds(&managed, ROOT, "theirs/nous_auth.json", None);
    // The profile has settings of its own.
    let work = [("HERMES_HOME", ".hermes/profiles/work")];
    place.finds(&work, WORK, SHARED, Some(ROOT));
    place.write(".hermes/.env", "HERMES_PORTAL_BASE_URL=https://staging.example");
    let variables = Variables::new([("HOME", place.path("").into_os_string())]);
    let found = Installation::find(&variables).expect("found");
    assert_eq!(found.portal_url.as_deref(), Some("https://staging.example"));
    place.write(".hermes/.env", "HERMES_SHARED_AUTH_DIR=not/absolute");
    assert_eq!(place.find(&[]).expect_err("no folder").class(), Class::Config);
    fs::remove_file(place.path(".hermes/.env")).expect("removed");
    fs::create_dir(place.path(".hermes/.env")).expect("made");
    let refused = place.find(&[]).expect_err("not readable");
    assert!(refused.to_string().contains(".hermes/.env cannot be read"), "{refused}");
}

/// A login used in place, 3.
#[test]
fn the_active_profile_is_meant_unless_a_profile_is_named() {
    let place = Place::new();
    place.write(".hermes/active_profile", "Work\n");
    place.finds(&[], WORK, SHARED, Some(ROOT));
    place.finds(&[("HERMES_HOME", ".hermes")], WORK, SHARED, Some(ROOT));
    fs::create_dir(place.path(".hermes/profiles/other")).expect("made");
    let other = ".hermes/profiles/other";
    let auth = ".hermes/profiles/other/auth.json";
    place.finds(&[("HERMES_HOME", other)], auth, SHARED, Some(ROOT));
    for none in ["", "default\n", "Default"] {
        place.write(".hermes/active_profile", none);
        place.finds(&[], ROOT, SHARED, None);
    }
    for gone in ["gone", "../../etc"] {
        place.write(".hermes/active_profile", gone);
        let refused = place.find(&[]).expect_err(gone);
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains("active_profile"), "{refused}");
    }
}

/// A login used in place, 3.
#[test]
fn a_profile_without_a_login_uses_that_of_the_root() {
    let both = Both::at(&portal().base);
    both.write_auth(&both.tokens(1, 900));
    let profile = both.hermes.path().join("profiles/work");
    fs::create_dir_all(&profile).expect("made");
    let auth = profile.join("auth.json");
    let installation = Installation {
        files: Files { auth: auth.clone(), ..both.files() },
        root_auth: Some(both.files().auth),
        portal_url: None,
    };
    let found = || Copies::find(&installation).expect("read").1.auth;
    assert_eq!(found(), both.files().auth);
    put(&auth, "{\"version\":1,\"providers\":{}}");
    assert_eq!(found(), both.files().auth);
    let whole = json!({"providers": {"nous": both.tokens(2, 900)}});
    put(&auth, &whole.to_string());
    assert_eq!(found(), auth);
}

#[test]
fn a_time_is_read_in_every_form_and_written_in_the_one_of_hermes() {
    let expected: Timestamp = "2026-11-24T16:17:44.5Z".parse().expect("a time");
    for text in [
        "2026-11-24T16:17:44.500000+00:00",
        "2026-11-24T16:17:44.5Z",
        "2026-11-24 16:17:44.500000+00:00",
        "2026-11-24T17:17:44.500+01:00",
        "2026-11-24T16:17:44.500000",
        " 2026-11-24T16:17:44.5 ",
    ] {
        assert_eq!(time_in(&text.into()), Some(expected), "{text}");
    }
    for other in [json!(null), json!(""), json!("soon"), json!("2026-11-24"), json!(1_800_000_000)]
    {
        let found = time_in(&other);
        assert!(found.is_none() || other == "2026-11-24", "{other}: {found:?}");
    }
    assert_eq!(written(expected), "2026-11-24T16:17:44.500000+00:00");
    let whole: Timestamp = "2026-11-24T16:17:44Z".parse().expect("a time");
    assert_eq!(written(whole), "2026-11-24T16:17:44.000000+00:00");
}

#[test]
fn the_fresher_copy_is_used_and_a_lasting_one_changes_nothing() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let token = |shared: i64, auth: i64| {
        both.write_shared(&both.tokens(1, shared));
        both.write_auth(&both.tokens(2, auth));
        let before = (fs::read(both.files().shared), fs::read(both.files().auth));
        let token = both.look().expect("a token");
        let after = (fs::read(both.files().shared), fs::read(both.files().auth));
        assert_eq!(before.0.expect("read"), after.0.expect("read"));
        assert_eq!(before.1.expect("read"), after.1.expect("read"));
        token
    };
    assert_eq!(token(800, 700), "access-1");
    assert_eq!(token(700, 800), "access-2");
    assert_eq!(token(700, 700), "access-2");
    // Without a time of its own the end decides; without a file the other one is it.
    let mut tokens = both.tokens(3, 800);
    tokens["obtained_at"] = Value::Null;
    both.write_shared(&tokens);
    assert_eq!(both.look().expect("a token"), "access-3");
    fs::remove_file(both.files().shared).expect("removed");
    assert_eq!(both.look().expect("a token"), "access-2");
    fs::remove_file(both.files().auth).expect("removed");
    assert_eq!(both.look().expect_err("gone").class(), Class::NotLoggedIn);
    assert!(fake.seen().is_empty());
}

#[test]
fn a_renewed_pair_is_in_both_files_and_nothing_else_of_them_has_changed() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    // Left there by one that died.
    put(&both.hermes.path().join(".auth-abc123.new"), "access-0");
    let before = fs::read_to_string(both.files().auth).expect("read");
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-100", "access-100"]);
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("x-nous-refresh-token"), Some("refresh-1"));
    let after = fs::read_to_string(both.files().auth).expect("read");
    let differing: Vec<(&str, &str)> =
        before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(before.lines().count(), after.lines().count());
    let keys: Vec<&str> =
        differing.iter().filter_map(|(old, _)| old.trim().split('"').nth(1)).collect();
    assert_eq!(keys, ["access_token", "refresh_token", "obtained_at", "expires_at"]);
    for file in [both.files().auth, both.files().shared] {
        let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let folder = file.parent().expect("a folder");
        let left = fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".new"));
        assert_eq!(left.count(), 0);
    }
    assert_eq!(both.sent(), None);
    let ours = fs::read_to_string(both.ours.store().path()).expect("read");
    assert!(!ours.contains("access-") && !ours.contains("refresh-"), "{ours}");
}

/// A login used in place, 2: Hermes has a second copy somewhere, and would send its old token.
#[test]
fn without_the_second_copy_a_login_is_used_and_not_renewed() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    assert_eq!(both.look().expect("as it is"), "access-1");
    both.write_auth(&both.tokens(1, -5));
    let refused = both.look().expect_err("not renewed");
    assert_eq!(refused.class(), Class::Config);
    let shared = both.files().shared.display().to_string();
    assert!(refused.to_string().contains(&shared), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("HERMES_SHARED_AUTH_DIR"), "{refused:?}");
    assert!(fake.seen().is_empty() && !both.files().shared.exists());
}

/// A login used in place, 4.
#[test]
fn a_shared_copy_that_is_broken_is_passed_over_and_left_alone() {
    for broken in ["", "{", "[]", "{\"access_token\":7}", "{\"access_token\":\"a\"}"] {
        let fake = portal();
        let both = Both::at(&fake.base);
        both.write_auth(&both.tokens(1, 60));
        put(&both.files().shared, broken);
        assert_eq!(both.look().expect(broken), "access-100");
        assert_eq!(fs::read_to_string(both.files().shared).expect("read"), broken);
    }
}

/// A login used in place, 4.
#[test]
fn a_file_that_is_a_link_is_written_through_it() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_shared(&both.tokens(1, 60));
    both.write_auth(&both.tokens(1, 60));
    let real = both.hermes.path().join("dotfiles");
    fs::create_dir(&real).expect("made");
    for file in [both.files().auth, both.files().shared] {
        let target = real.join(file.file_name().expect("a name"));
        fs::rename(&file, &target).expect("moved");
        symlink(&target, &file).expect("linked");
    }
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-100", "access-100"]);
    for file in [both.files().auth, both.files().shared] {
        assert!(crate::core::files::is_link(&file), "{}", file.display());
        // The lock lies where Hermes looks for it: beside the link.
        assert!(file.with_extension("lock").exists() && !real.join("auth.lock").exists());
    }
    fs::remove_file(real.join("auth.json")).expect("removed");
    let refused = both.look().expect_err("it leads nowhere");
    assert!(refused.to_string().contains("leads nowhere"), "{refused}");
}

#[test]
fn a_copy_of_another_portal_is_left_alone() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let mut elsewhere = both.tokens(7, 3600);
    elsewhere["portal_base_url"] = "https://other.example".into();
    both.write_shared(&elsewhere);
    both.write_auth(&both.tokens(2, 60));
    assert_eq!(both.look().expect("renewed"), "access-100");
    assert_eq!(both.access_tokens(), ["access-7", "access-100"]);
    both.write_auth(&json!({"portal_base_url": "x", "last_auth_error": {}}));
    assert_eq!(both.look().expect_err("none").class(), Class::NotLoggedIn);
}

/// A login used in place, 5.
#[test]
fn a_login_without_a_portal_or_with_its_retired_host_is_one_of_the_usual_portal() {
    let both = Both::at(&portal().base);
    for named in [
        Value::Null,
        "".into(),
        "https://api.nousresearch.com".into(),
        "https://api.nousresearch.com/".into(),
    ] {
        let mut tokens = both.tokens(1, 900);
        tokens["portal_base_url"] = named.clone();
        both.write_auth(&tokens);
        let copies = Copies::read(&both.files()).expect("read");
        assert_eq!(copies.portal_url(), Some("https://portal.nousresearch.com"), "{named}");
    }
}

/// A login used in place, 6: Hermes gives up its wait for the locks after 15 s.
#[test]
fn a_renewal_ends_while_hermes_still_waits_for_the_locks() {
    let both = Both::at(&portal().base);
    both.write_auth(&both.tokens(1, 900));
    both.write_shared(&both.tokens(1, 900));
    let login = both.ours.session().login().expect("read").expect("a login");
    // The rest is for two locks and two files that are written durably.
    assert!(exchange::deadline(&login) <= Duration::from_secs(10));
    let own = Home::at(&portal().base).log_in(900);
    assert!(exchange::deadline(&own) > Duration::from_secs(15), "nothing hurries those");
}

/// A login used in place, 8.
#[test]
fn copies_of_two_accounts_and_a_login_of_another_one_are_refused_before_anything_is_sent() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let tokens = |number: usize, organisation: &str, subject: &str| {
        let mut tokens = both.tokens(number, 900);
        let claims = json!({"org_id": organisation, "sub": subject, "jti": number});
        tokens["access_token"] = token_of(&claims).into();
        tokens
    };
    both.write_auth(&tokens(1, "org_a", "me"));
    both.write_shared(&tokens(2, "org_b", "me"));
    let refused = both.look().expect_err("two accounts");
    assert_eq!(refused.class(), Class::NotLoggedIn);
    for said in ["me in org_a", "me in org_b", "auth.json", "nous_auth.json"] {
        assert!(refused.to_string().contains(said), "{said}: {refused}");
    }
    both.write_auth(&tokens(2, "org_b", "me"));
    both.look().expect("one account");
    both.choose("org_a", "me");
    let refused = both.look().expect_err("another one than was chosen");
    assert_eq!(refused.class(), Class::NotLoggedIn);
    assert!(refused.to_string().contains("me in org_b now, and was as me in org_a"), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("login --hermes"), "{refused:?}");
    both.choose("org_b", "you");
    both.look().expect_err("another person");
    both.choose("org_b", "me");
    both.look().expect("the one that was chosen");
    assert!(fake.seen().is_empty());
}

#[test]
fn the_note_is_durable_and_the_locks_are_held_before_the_token_is_sent() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let place: Arc<Mutex<Option<(Files, PathBuf)>>> = Arc::default();
    let (log, where_from) = (Arc::clone(&seen), Arc::clone(&place));
    let fake = Fake::start(move |number, _| {
        let (files, ours) = where_from.lock().expect("set").clone().expect("set");
        let is_held = |file: &Path| {
            let lock = fs::File::open(file.with_extension("lock")).expect("a lock");
            lock.try_lock().is_err()
        };
        let noted = Store::new(ours).read().expect("read").hermes[0].sent.clone();
        log.lock().expect("free").push((is_held(&files.auth), is_held(&files.shared), noted));
        Does::Answer(200, pair(number + 100))
    });
    let both = Both::at(&fake.base);
    *place.lock().expect("free") = Some((both.files(), both.ours.store().path().to_owned()));
    both.write_shared(&both.tokens(1, 60));
    both.write_auth(&both.tokens(1, 60));
    both.look().expect("renewed");
    let seen = seen.lock().expect("free");
    let (auth, shared, noted) = &seen[0];
    assert!(*auth && *shared);
    let noted = noted.as_ref().expect("a note");
    assert_eq!(noted.token, Secret::new("refresh-1").fingerprint());
    assert!(noted.inflight.is_some());
}

#[test]
fn what_died_between_the_two_files_is_brought_into_step() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    let noted = Sent {
        token: Secret::new("refresh-1").fingerprint(),
        inflight: Some(Timestamp::now()),
        refused: None,
        because: None,
    };
    // The shared copy was written, and then nothing more.
    both.write_shared(&both.tokens(2, 900));
    both.ours.change(|contents| {
        contents.borrowed_mut(&both.ours.key()).expect("there").sent = Some(noted.clone());
    });
    // Whoever holds the lock now does not keep the login from being used.
    let lock = fs::File::create(both.files().auth.with_extension("lock")).expect("a lock");
    lock.lock().expect("locked");
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-1"]);
    drop(lock);
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-2"]);
    assert_eq!(both.sent(), None);
    // A copy that holds something else than what was sent is somebody's, and stays.
    both.write_auth(&both.tokens(3, 600));
    both.ours.change(|contents| {
        contents.borrowed_mut(&both.ours.key()).expect("there").sent = Some(noted);
    });
    assert_eq!(both.look().expect("the fresher"), "access-2");
    assert_eq!(both.access_tokens(), ["access-2", "access-3"]);
    assert!(fake.seen().is_empty());
}

#[test]
fn a_lost_answer_is_noted_and_what_hermes_renews_is_taken() {
    let fake = Fake::start(|number, _| match number {
        0 => Does::HangUp,
        _ => Does::Answer(200, pair(number + 100)),
    });
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, 60));
    both.write_shared(&both.tokens(1, 60));
    assert_eq!(both.look().expect_err("lost").class(), Class::Network);
    // It may be used up: as long as the access token lives, it is not sent again.
    assert_eq!(both.look().expect("as it is"), "access-1");
    assert_eq!(fake.seen().len(), 1);
    both.write_auth(&both.tokens(2, 60));
    both.write_shared(&both.tokens(2, 60));
    assert_eq!(both.look().expect("renewed"), "access-101");
    assert_eq!(fake.seen()[1].header("x-nous-refresh-token"), Some("refresh-2"));
    assert_eq!(both.access_tokens(), ["access-101", "access-101"]);
}

#[test]
fn a_refused_token_is_not_sent_again_and_no_file_is_changed() {
    let fake = Fake::start(|_, _| Does::Answer(400, json!({"error": "refresh_token_reused"})));
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, -5));
    both.write_shared(&both.tokens(1, -5));
    let before = (fs::read(both.files().auth), fs::read(both.files().shared));
    for _ in 0..2 {
        let error = both.look().expect_err("refused");
        assert_eq!(error.class(), Class::SessionRevoked);
        assert!(error.parts().hints[0].to_string().contains("hermes auth add nous"), "{error:?}");
    }
    assert_eq!(fake.seen().len(), 1);
    let after = (fs::read(both.files().auth), fs::read(both.files().shared));
    assert_eq!(before.0.expect("read"), after.0.expect("read"));
    assert_eq!(before.1.expect("read"), after.1.expect("read"));
    both.write_shared(&both.tokens(2, 900));
    assert_eq!(both.look().expect("what Hermes has now"), "access-2");
}

#[test]
fn a_pair_stays_the_freshest_where_the_clock_was_set_back() {
    let fake = portal();
    let both = Both::at(&fake.base);
    let mut ahead = both.tokens(1, -5);
    ahead["obtained_at"] = written(Timestamp::now() + SignedDuration::from_hours(5)).into();
    both.write_auth(&ahead);
    both.write_shared(&ahead);
    assert_eq!(both.look().expect("renewed"), "access-100");
    both.write_auth(&ahead);
    assert_eq!(both.look().expect("the fresher"), "access-100");
}

#[test]
fn locks_that_are_not_free_are_told_and_nothing_is_sent() {
    let fake = portal();
    let both = Both::at(&fake.base);
    both.write_auth(&both.tokens(1, -5));
    both.write_shared(&both.tokens(1, -5));
    let borrowed = both.ours.store().read().expect("read").hermes[0].clone();
    for file in [both.files().auth, both.files().shared] {
        let path = file.with_extension("lock");
        let lock = fs::File::create(&path).expect("a lock");
        lock.lock().expect("locked");
        let taken = HermesGuard::take(&borrowed, &both.ours.interrupt, Duration::ZERO);
        let error = taken.map(drop).expect_err("not free");
        assert_eq!(error.class(), Class::Config);
        assert_eq!(error.parts().recovery, Some(Recovery::RetryLater));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    assert!(fake.seen().is_empty());
}

/// Faults 40 and 42.
#[test]
fn a_file_that_is_not_safe_or_makes_no_sense_is_refused_and_stays_as_it_is() {
    let fake = portal();
    let refused = |spoil: &dyn Fn(&Both), class: Class, says: &str| {
        let both = Both::at(&fake.base);
        both.write_auth(&both.tokens(1, 60));
        both.write_shared(&both.tokens(1, 60));
        spoil(&both);
        let before = fs::read(both.files().auth).ok();
        let error = both.look().expect_err(says);
        assert_eq!(error.class(), class, "{says}: {error:?}");
        let told = format!(
            "{error} {}",
            error.parts().hints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        );
        assert!(told.contains(says), "{says}: {told}");
        assert!(!told.contains("access-") && !told.contains("refresh-"), "{told}");
        assert_eq!(fs::read(both.files().auth).ok(), before, "{says}");
    };
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changed");
    };
    refused(&|both| mode(&both.files().auth, 0o644), Class::Config, "chmod 600");
    refused(&|both| mode(&both.files().shared, 0o640), Class::Config, "nous_auth.json'");
    refused(&|both| mode(both.hermes.path(), 0o777), Class::Config, "chmod 700");
    refused(
        &|both| {
            let file = both.files().shared;
            fs::remove_file(&file).expect("removed");
            let made = std::process::Command::new("mkfifo").arg(&file).status();
            assert!(made.expect("mkfifo").success());
            mode(&file, 0o600);
        },
        Class::Config,
        "not a plain file",
    );
    if rustix::process::geteuid().is_root() {
        refused(
            &|both| {
                std::os::unix::fs::chown(both.files().auth, Some(1), None).expect("given away");
            },
            Class::Config,
            // Never chown: the file would be taken away from Hermes.
            "Run topup as the user that Hermes runs as (id 1)",
        );
    }
    for (text, says) in [
        ("", "nothing in it"),
        ("\0\0\0", "nothing in it"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"acc", "ends in the middle"),
        ("{\"providers\":[]}", "makes no sense"),
        ("{\"providers\":{},\"providers\":{}}", "makes no sense"),
        ("{\"providers\":{\"nous\":{\"access_token\":7}}}", "access_token is no text"),
        ("{\"providers\":{\"nous\":{\"access_token\":\"a b\"}}}", "cannot be sent"),
    ] {
        let spoil = |both: &Both| put(&both.files().auth, text);
        refused(&spoil, Class::NotLoggedIn, says);
    }
    assert!(fake.seen().is_empty());
}

#[test]
fn a_guest_without_an_account_is_no_login() {
    let both = Both::at(&portal().base);
    let mut guest = both.tokens(1, 900);
    guest["auth_method"] = "anonymous".into();
    both.write_auth(&guest);
    assert!(Copies::read(&both.files()).expect("read").portal_url().is_none());
}
