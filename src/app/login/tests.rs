//! Every way of logging in, at servers that answer as the test says, by a clock that is turned.

mod given;

use super::answer::LoginAnswer;
use super::borrowed::{self, Program};
use super::device::{self, Approver, AskedScope, Verification};
use super::key::Purpose;
use super::password::{self, Given};
use super::*;
use crate::core::class::Class;
use crate::core::clock::TurnedClock;
use crate::core::dialog::{Ask, Progress, Silent};
use crate::core::environment::Variables;
use crate::core::failure::Failure;
use crate::core::signals::Signal;
use crate::core::system::System;
use crate::credentials::Keeper;
use crate::credentials::fake::{Does, Fake, Home, Seen, write_brv_files};
use crate::provider::{self, BYTEROVER, CIRIS, NOUS};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::cell::RefCell;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// A home, the clock, and what was said and shown.
struct LoginBench {
    home: Home,
    environment: Environment,
    clock: Arc<TurnedClock>,
    printed: RefCell<Vec<String>>,
    shown: RefCell<Vec<String>>,
}

impl LoginBench {
    fn new(fake: &Fake, system: System) -> Self {
        let clock = Arc::new(TurnedClock::new(Timestamp::now()));
        let environment = Environment { clock: clock.clone(), ..Environment::from_process() };
        Self {
            home: Home::of_system(&fake.base, system),
            environment,
            clock,
            printed: RefCell::default(),
            shown: RefCell::default(),
        }
    }

    fn with<T>(&self, work: impl FnOnce(LoginParts<'_>) -> T) -> T {
        self.with_session(self.home.session(), work)
    }

    fn with_session<T>(&self, session: Session<'_>, work: impl FnOnce(LoginParts<'_>) -> T) -> T {
        let session = session.with_clock(self.clock.clone());
        let provider = provider::connect(session.clone(), &self.environment).expect("a provider");
        let (provider, environment) = (&*provider, &self.environment);
        work(LoginParts { session: &session, provider, environment, report: self })
    }

    fn access_token(&self) -> Option<String> {
        let login = self.home.session().login().expect("readable");
        login.map(|login| login.access_token.expose().to_owned())
    }

    fn waits_for_finish(&self) -> bool {
        !self.home.store().read().expect("readable").pending.is_empty()
    }
}

impl Report for LoginBench {
    fn note(&self, line: &NextStep) {
        self.printed.borrow_mut().push(line.to_string());
    }

    fn warn(&self, line: &NextStep) {
        self.printed.borrow_mut().push(format!("warning: {line}"));
    }

    fn progress(&self) -> Box<dyn Progress + '_> {
        Box::new(Silent)
    }
}

impl Approver for LoginBench {
    fn begun(&self, verification: &Verification<'_>) -> Result<()> {
        let Verification { started, client_id, scope, spending } = verification;
        assert_eq!(*client_id, "hermes-cli", "what the page calls it");
        let line = format!("{} {scope} {spending}", started.user_code);
        self.shown.borrow_mut().push(line);
        Ok(())
    }

    fn waits(&self, user_code: &str, page: Option<&str>) -> Result<()> {
        self.shown.borrow_mut().push(format!("{user_code} {}", page.unwrap_or("no page")));
        Ok(())
    }
}

/// A person who answers all questions with this.
struct Person(bool);

impl Ask for Person {
    fn can_ask(&self) -> bool {
        true
    }

    fn confirm(&self, _: &str) -> Result<bool> {
        Ok(self.0)
    }

    fn line(&self, _: &str) -> Result<String> {
        Ok("ada\n".into())
    }

    fn hidden(&self, _: &str) -> Result<String> {
        Ok("secret".into())
    }
}

/// A portal that answers the polls by this, the first one by 0.
fn portal(polls: impl Fn(usize) -> Does + Send + Sync + 'static) -> Fake {
    let counted = std::sync::atomic::AtomicUsize::new(0);
    Fake::start(move |_, seen| {
        let path = seen.line.split(' ').nth(1).unwrap_or_default();
        match path {
            "/api/oauth/device/code" => Does::Answer(
                200,
                json!({"device_code": "device-1", "user_code": "ABCD-EFGH",
                    "verification_uri": "/device", "expires_in": 600, "interval": 5,
                    "verification_uri_complete": "/device?user_code=ABCD-EFGH"}),
            ),
            "/api/oauth/token" => polls(counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
            _ => Does::Answer(
                200,
                json!({"balanceUsd": "7.50", "cliBillingEnabled": false, "role": "ADMIN",
                    "org": {"id": "org-1", "slug": "s", "name": "Acme", "role": "ADMIN"}}),
            ),
        }
    })
}

fn tokens(scope: &str) -> Does {
    Does::Answer(
        200,
        json!({"access_token": "access-1", "refresh_token": "refresh-1", "token_type": "Bearer",
            "expires_in": 900, "scope": scope}),
    )
}

fn refusal(word: &str) -> Does {
    Does::Answer(400, json!({"error": word}))
}

fn spending() -> AskedScope {
    AskedScope { step_up: true, ..AskedScope::default() }
}

fn count(fake: &Fake, path: &str) -> usize {
    fake.seen().iter().filter(|seen| seen.line.ends_with(path)).count()
}

#[test]
fn an_approved_login_is_kept_and_nothing_more_is_asked() {
    let fake = portal(|poll| match poll {
        0 | 1 => refusal("authorization_pending"),
        _ => tokens("inference:invoke"),
    });
    let bench = LoginBench::new(&fake, NOUS);
    let granted = bench.with(|parts| device::log_in(parts, &bench, &AskedScope::default()));
    let granted = granted.expect("granted");
    assert_eq!(bench.clock.passed(), Duration::from_secs(10));
    assert_eq!(granted.login.approved_at, Some(bench.clock.now()));
    assert_eq!(bench.access_token().as_deref(), Some("access-1"));
    let page = format!("ABCD-EFGH {}device?user_code=ABCD-EFGH", fake.base);
    assert_eq!(*bench.shown.borrow(), ["ABCD-EFGH inference:invoke false".to_owned(), page]);
    assert_eq!(count(&fake, "/api/billing/state"), 0);
    let answer = serde_json::to_value(LoginAnswer::from_granted(granted).expect("it is"));
    let answer = answer.expect("a document");
    assert_eq!(answer["status"], "logged_in");
    assert_eq!(answer["can_spend"], false);
    assert!(answer["login_ends_at"].is_string() && answer["hermes_files"].is_null());
}

#[test]
fn permission_to_spend_is_looked_behind_once_it_is_granted() {
    let fake = portal(|_| tokens("inference:invoke billing:manage"));
    let bench = LoginBench::new(&fake, NOUS);
    bench.home.log_in(900);
    let granted = bench.with(|parts| device::log_in(parts, &bench, &spending())).expect("granted");
    assert!(granted.can_spend);
    assert_eq!(granted.billing_enabled, Some(false), "the switch is off: {granted:?}");
    assert!(granted.portal_url.is_some());
    assert_eq!(count(&fake, "/api/billing/state"), 1);
}

#[test]
fn a_login_without_what_was_asked_for_is_kept_and_denied() {
    let fake = portal(|_| tokens("inference:invoke"));
    let bench = LoginBench::new(&fake, NOUS);
    let granted = bench.with(|parts| device::log_in(parts, &bench, &spending())).expect("granted");
    assert_eq!(bench.access_token().as_deref(), Some("access-1"));
    let error = LoginAnswer::from_granted(granted).map(drop).expect_err("denied");
    assert_eq!(error.class(), Class::LoginDenied);
    assert_eq!(error.parts().data["can_spend"], false);
    assert_eq!(error.parts().data["scopes"], json!(["inference:invoke"]));

    // Another scope that is missing is said, and denies nothing.
    let asked =
        AskedScope { scope: Some("inference:invoke tools:use".into()), ..AskedScope::default() };
    let granted = bench.with(|parts| device::log_in(parts, &bench, &asked)).expect("granted");
    assert!(LoginAnswer::from_granted(granted).is_ok());
    let printed = bench.printed.borrow().join("\n");
    assert!(printed.contains("warning: the login was granted without: tools:use."), "{printed}");
}

#[test]
fn a_login_that_is_denied_or_not_approved_in_time_leaves_the_old_one() {
    for (polls, passed) in [
        (refusal as fn(&str) -> Does, Duration::ZERO),
        (|_| refusal("authorization_pending"), Duration::from_secs(599)),
    ] {
        let fake = portal(move |_| polls("access_denied"));
        let bench = LoginBench::new(&fake, NOUS);
        bench.home.log_in(900);
        let error = bench.with(|parts| device::log_in(parts, &bench, &AskedScope::default()));
        assert_eq!(error.expect_err("denied").class(), Class::LoginDenied);
        assert_eq!(bench.clock.passed(), passed);
        assert_eq!(bench.access_token().as_deref(), Some("access-0"));
    }
}

#[test]
fn nothing_is_begun_where_the_login_could_not_be_kept() {
    let fake = portal(|_| tokens("inference:invoke"));
    let bench = LoginBench::new(&fake, NOUS);
    fs::create_dir(bench.home.folder.path().join("credentials.json")).expect("in the way");
    let error = bench.with(|parts| device::log_in(parts, &bench, &AskedScope::default()));
    assert_eq!(error.expect_err("no room").class(), Class::Config);
    assert!(fake.seen().is_empty() && bench.shown.borrow().is_empty());
}

#[test]
fn a_login_is_begun_by_one_run_and_finished_by_another() {
    let fake = portal(|poll| match poll {
        0 => refusal("authorization_pending"),
        _ => tokens("inference:invoke"),
    });
    let bench = LoginBench::new(&fake, NOUS);
    let pending = bench.with(|parts| device::begin(parts, None, &AskedScope::default()));
    let pending = pending.expect("begun");
    assert!(bench.shown.borrow().is_empty(), "the answer shows it");
    let answer = serde_json::to_value(LoginAnswer::from_pending(pending, &bench.home.portal));
    assert_eq!(answer.expect("a document")["user_code"], "ABCD-EFGH");
    // What is no denial leaves it to be finished.
    bench.clock.interrupt_after(Duration::from_secs(3), Signal::Interrupt);
    let error = bench.with(|parts| device::finish(parts, &bench)).expect_err("interrupted");
    assert_eq!(error.class(), Class::Interrupted);
    assert!(bench.waits_for_finish());
    bench.with(|parts| device::finish(parts, &bench)).expect("finished");
    assert_eq!(bench.access_token().as_deref(), Some("access-1"));
    assert!(!bench.waits_for_finish());
    assert_eq!(bench.shown.borrow().last().map(String::as_str), Some("ABCD-EFGH no page"));
}

#[test]
fn what_can_never_be_finished_is_forgotten() {
    let fake = portal(|_| refusal("authorization_pending"));
    let bench = LoginBench::new(&fake, NOUS);
    let begun =
        |bench: &LoginBench| bench.with(|parts| device::begin(parts, None, &AskedScope::default()));
    begun(&bench).expect("begun");
    bench.clock.turn(Duration::from_secs(600));
    let error = bench.with(|parts| device::finish(parts, &bench)).expect_err("too late");
    assert_eq!(error.class(), Class::LoginDenied);
    assert_eq!(count(&fake, "/api/oauth/token"), 0, "what is over is not asked for");
    assert!(!bench.waits_for_finish());
    // One of another place is named with it.
    begun(&bench).expect("begun again");
    let other = Fake::start(|_, _| Does::HangUp);
    let elsewhere = Home {
        folder: crate::core::scratch::tempdir().expect("a folder"),
        ..Home::of_system(&other.base, NOUS)
    };
    let session = Session::new(
        &elsewhere.http,
        &elsewhere.interrupt,
        &elsewhere.portal,
        bench.home.store(),
        "default",
        None,
    );
    let error = bench.with_session(session, |parts| device::finish(parts, &bench));
    let hints = format!("{:?}", error.expect_err("another place").parts().hints);
    assert!(hints.contains("--finish") && hints.contains(fake.base.as_str()), "{hints}");
}

#[test]
fn the_step_up_is_offered_to_a_person_who_wants_it() {
    let offered = |fake: &Fake, wants: bool| {
        let bench = LoginBench::new(fake, NOUS);
        let offered =
            bench.with(|parts| device::offer_step_up(parts, &bench, &Person(wants), None));
        (offered.expect("no signal"), bench.printed.borrow().join("\n"))
    };
    let grants = portal(|_| tokens("inference:invoke billing:manage"));
    assert!(!offered(&grants, false).0);
    assert!(grants.seen().is_empty());
    assert!(offered(&grants, true).0);
    let (granted, printed) = offered(&portal(|_| tokens("inference:invoke")), true);
    assert!(!granted && printed.contains("without permission to spend"), "{printed}");
    let (granted, printed) = offered(&portal(|_| refusal("access_denied")), true);
    assert!(!granted && printed.contains("the login failed"), "{printed}");
    // A token in the environment would be used all the same.
    let bench = LoginBench::new(&grants, NOUS);
    let session = bench.home.session().with_token(crate::core::secret::Secret::new("given"));
    let offered = bench
        .with_session(session, |parts| device::offer_step_up(parts, &bench, &Person(true), None));
    assert!(!offered.expect("no signal"));
}

#[test]
fn the_login_of_another_program_is_meant_at_its_own_system_alone() {
    use Program::{Brv, Hermes};
    assert!(borrowed::check_meant(Hermes, NOUS, false).is_ok());
    assert!(borrowed::check_meant(Brv, BYTEROVER, false).is_ok());
    for (program, system, is_sandbox) in [
        (Hermes, BYTEROVER, false),
        (Brv, NOUS, false),
        (Hermes, NOUS, true),
        (Brv, BYTEROVER, true),
    ] {
        let error = borrowed::check_meant(program, system, is_sandbox).expect_err("not meant");
        assert_eq!(error.class(), Class::Usage);
    }
}

#[test]
fn the_login_of_brv_is_used_where_it_is_as_long_as_it_is_there() {
    let fake = Fake::start(|_, _| Does::Answer(200, json!({"usages": []})));
    let bench = LoginBench::new(&fake, BYTEROVER);
    let folder = bench.home.folder.path().join("brv");
    let variables = Variables::new([("BRV_DATA_DIR", folder.as_os_str())]);
    let error = bench.with(|parts| borrowed::use_brv(parts, &variables)).expect_err("none yet");
    assert_eq!(error.class(), Class::NotLoggedIn);
    let hour = SignedDuration::from_hours(1);
    write_brv_files(&folder, "session-1", Timestamp::now() + hour);
    let granted = bench.with(|parts| borrowed::use_brv(parts, &variables)).expect("used");
    let answer = serde_json::to_value(LoginAnswer::from_granted(granted).expect("it is"));
    assert_eq!(answer.expect("a document")["brv_folder"], json!(folder));
    let file = fs::read_to_string(bench.home.folder.path().join("credentials.json"));
    assert!(!file.expect("kept").contains("session-1"), "no key is copied");
    // brv logs in anew, and out.
    write_brv_files(&folder, "session-2", Timestamp::now() + hour);
    assert_eq!(bench.access_token().as_deref(), Some("session-2"));
    let login = bench.home.login();
    assert_eq!(login.keeper, Keeper::Brv(folder.clone()));
    fs::remove_file(folder.join("credentials")).expect("logged out");
    let error: Failure = bench.home.session().login().expect_err("gone");
    assert_eq!(error.class(), Class::NotLoggedIn);
    // A login of one's own takes its place.
    bench.with(|parts| key::log_in(parts, "key-1", Purpose::Looking)).expect("accepted");
    assert_eq!(bench.home.login().keeper, Keeper::Topup);
}

#[test]
fn the_login_of_hermes_is_used_where_it_is() {
    let fake = portal(|_| tokens("inference:invoke"));
    let bench = LoginBench::new(&fake, NOUS);
    let folder = bench.home.folder.path().join("hermes");
    let variables =
        Variables::new([("HERMES_HOME", folder.as_os_str()), ("HOME", folder.as_os_str())]);
    let error = borrowed::find_at_hermes(&variables).map(drop).expect_err("none yet");
    assert_eq!(error.class(), Class::NotLoggedIn);
    fs::create_dir_all(folder.join("shared")).expect("a folder");
    let later = (Timestamp::now() + SignedDuration::from_hours(1)).to_string();
    let login = json!({"access_token": "hermes-1", "refresh_token": "theirs", "expires_at": later,
        "portal_base_url": bench.home.portal.shown(), "scope": "inference:invoke"});
    for (name, text) in [
        ("auth.json", json!({"version": 1, "providers": {"nous": login}}).to_string()),
        ("shared/nous_auth.json", login.to_string()),
    ] {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.join(name);
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("for its owner");
    }
    let found = borrowed::find_at_hermes(&variables).expect("found");
    assert_eq!(found.portal_url, bench.home.portal.shown());
    let granted = bench.with(|parts| borrowed::use_hermes(parts, found)).expect("used");
    assert_eq!(granted.login.access_token.expose(), "hermes-1");
    assert!(fake.seen().is_empty(), "nothing is sent");
    // Another portal is meant.
    let other = LoginBench::new(&Fake::start(|_, _| Does::HangUp), NOUS);
    let found = borrowed::find_at_hermes(&variables).expect("found");
    let error = other.with(|parts| borrowed::use_hermes(parts, found)).expect_err("elsewhere");
    assert_eq!(error.class(), Class::NotLoggedIn);
    assert!(error.to_string().contains("is selected"), "{error}");
}
