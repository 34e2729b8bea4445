//! What lies on the disk: configuration, logins, pins and the costs that a command wrote down.

use super::checks::{check_failure, text};
use crate::config::{AskedSettings, ConfigFile, Settings, SpendingLimits};
use crate::core::money::Amount;
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::target::PortalTarget;
use crate::credentials::hermes::{self, Copies};
use crate::credentials::token::Identity;
use crate::credentials::{Borrowed, Session, Store};
use crate::http::Http;
use crate::ledger::runs;
use crate::provider::byterover::project::Project;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A folder that is only memory, where there is one.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

/// `config.toml`, and behind a line with `---` the `.topup.toml` of a project: a project neither
/// moves tokens unseen nor loosens a limit.
pub(super) fn config(bytes: &[u8]) {
    let folder = folder();
    let file = folder.path().join("config.toml");
    let between = b"\n---\n";
    let cut = bytes.windows(between.len()).position(|part| part == between);
    let (own, project) = match cut {
        Some(at) => (&bytes[..at], Some(&bytes[at + between.len()..])),
        None => (bytes, None),
    };
    fs::write(&file, own).expect("written");
    if let Some(project) = project {
        fs::write(folder.path().join(".topup.toml"), project).expect("written");
    }
    let resolve = |work: Option<&Path>| {
        ConfigFile::read(&file)
            .and_then(|file| {
                let systems = crate::provider::catalogue();
                Settings::resolve(AskedSettings::default(), &systems, &file, work)
            })
            .inspect_err(check_failure)
            .ok()
    };
    let without = resolve(None);
    let Some(with) = resolve(Some(folder.path())) else { return };
    let Some(without) = without.filter(|_| project.is_some()) else { return };
    assert!(not_looser(with.limits, without.limits));
    let moved =
        with.system != without.system || with.profile_portal_url != without.profile_portal_url;
    assert_eq!(moved, with.redirected_by_project.is_some());
}

fn not_looser(with: SpendingLimits, without: SpendingLimits) -> bool {
    let holds = |with: Option<Amount>, without: Option<Amount>| {
        without.is_none_or(|without| with.is_some_and(|with| with <= without))
    };
    holds(with.per_purchase, without.per_purchase)
        && holds(with.per_day, without.per_day)
        && holds(with.per_month, without.per_month)
}

/// `credentials.json`: what can be read is written back without losing anything.
pub(super) fn credentials(bytes: &[u8]) {
    let folder = folder();
    let file = folder.path().join("credentials.json");
    fs::write(&file, bytes).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
    let store = Store::new(file.clone());
    let contents = match store.read() {
        Ok(contents) => contents,
        Err(error) => return check_failure(&error),
    };
    for login in &contents.logins {
        // Nothing of a token may be seen in what is printed of a login by mistake.
        let secret = login.access_token.expose();
        assert!(secret.len() < 12 || !format!("{login:?}").contains(secret));
        login.token();
    }
    let lock = store.lock(&Interrupt::default()).expect("the lock");
    lock.write(&contents).expect("written");
    let once = fs::read(&file).expect("there");
    lock.write(&store.read().expect("what was written is read")).expect("written");
    assert_eq!(once, fs::read(&file).expect("there"), "the second time is as the first");
}

/// `auth.json` of Hermes: what is read of it can be renewed in place, and nothing else of the file
/// changes.
pub(super) fn hermes(bytes: &[u8]) {
    let folder = folder();
    let files = hermes::Files {
        auth: folder.path().join("auth.json"),
        shared: folder.path().join("shared/nous_auth.json"),
    };
    fs::write(&files.auth, bytes).expect("written");
    fs::set_permissions(&files.auth, fs::Permissions::from_mode(0o600)).expect("closed");
    let copies = match Copies::read(&files) {
        Ok(copies) => copies,
        Err(error) => return check_failure(&error),
    };
    let Some(url) = copies.portal_url() else { return };
    let base = match crate::core::base_url::base_url(url, false) {
        Ok(base) => base,
        Err(error) => return check_failure(&error),
    };
    let (interrupt, portal) = (Interrupt::default(), PortalTarget::at(base, crate::provider::NOUS));
    let http = Http::new(interrupt.clone(), None, None);
    let store = Store::new(folder.path().join("credentials.json"));
    let session = Session::new(&http, &interrupt, &portal, store, "default", None);
    let borrowed = Borrowed::new(
        session.key(),
        &portal,
        files.clone(),
        Identity::default(),
        Timestamp::UNIX_EPOCH,
    );
    let lock = session.store().lock(&interrupt).expect("the lock");
    let mut contents = lock.read().expect("nothing");
    contents.borrow(session.key(), borrowed);
    lock.write(&contents).expect("written");
    drop(lock);
    let mut login = session.login().expect("read again").expect("a login");
    login.access_token = Secret::new("the-next-one");
    login.refresh_token = Some(Secret::new("the-next-one-to-renew-it"));
    session.replace(&login).expect("written in place");
    let after = session.login().expect("read again").expect("a login");
    assert_eq!(after.access_token, login.access_token);
    assert_eq!(after.refresh_token, login.refresh_token);
    let others = |bytes: &[u8]| {
        let mut whole: Value = serde_json::from_slice(bytes).ok()?;
        let login = whole["providers"]["nous"].as_object_mut()?;
        for key in [
            "access_token",
            "refresh_token",
            "token_type",
            "scope",
            "obtained_at",
            "expires_at",
            "expires_in",
        ] {
            login.shift_remove(key);
        }
        serde_json::to_string(&whole).ok()
    };
    // What a second reader cannot make sense of, it cannot compare.
    if let Some(before) = others(bytes) {
        assert_eq!(Some(before), others(&fs::read(&files.auth).expect("there")));
    }
}

/// The pin of a project: another tool's file, in which nothing else may change.
pub(super) fn pin(bytes: &[u8]) {
    let folder = folder();
    fs::create_dir(folder.path().join(".brv")).expect("made");
    fs::write(folder.path().join(".brv/config.json"), "{}").expect("written");
    let project = Project::around(folder.path()).expect("readable").expect("a project");
    fs::write(project.pin_file(), bytes).expect("written");
    if let Err(error) = project.pinned_with(&mut |_| {}) {
        return check_failure(&error);
    }
    let before: Value = serde_json::from_slice(bytes).expect("an object without repeated keys");
    let interrupt = Interrupt::default();
    match project.pin_with(Some("team-1"), &interrupt, &mut |_| {}) {
        Err(error) => check_failure(&error),
        Ok(_) => {
            let pinned = project.pinned_with(&mut |_| {}).expect("what was written is read");
            assert_eq!(pinned.as_deref(), Some("team-1"));
            let after = fs::read(project.pin_file()).expect("there");
            let after: Value = serde_json::from_slice(&after).expect("JSON");
            let others = |value: &Value| {
                let mut others = value.as_object().cloned().unwrap_or_default();
                if let Some(Value::Object(billing)) = others.get_mut("billing") {
                    billing.shift_remove("pinnedTeamId");
                }
                if others
                    .get("billing")
                    .is_none_or(|left| *left == Value::Null || *left == json!({}))
                {
                    others.shift_remove("billing");
                }
                serde_json::to_string(&others).expect("text")
            };
            assert_eq!(others(&before), others(&after));
        }
    }
}

/// What a command wrote into its cost file.
pub(super) fn cost(bytes: &[u8]) {
    let folder = folder();
    let file = folder.path().join("cost");
    fs::write(&file, bytes).expect("written");
    if let runs::Cost::Reported(cost) = runs::read_cost(&file) {
        let again = crate::ledger::price::BasePrice::parse(&cost.to_string());
        assert_eq!(again, Ok(cost));
        let lines = text(bytes).expect("only text is a cost").lines();
        assert!(lines.filter(|line| !line.trim().is_empty()).count() > 0);
    }
}
