//! A login that `brv` keeps, used in place: read from its files, and copied nowhere. Contract:
//! byterover, seen since (with byterover-cli 3.14).
//!
//! `brv` keeps the session key in `credentials` of its data folder, encrypted by AES-256-GCM with
//! the key in `.token-key` beside it. It writes both in place, the key first, and knows no lock: what
//! is read between the two makes no sense for a moment.

use super::document::{BorrowedFromBrv, Keeper, Key, Login, Unknown};
use super::secure_file::{self, Owner};
use crate::config::paths::folder_in;
use crate::core::class::Class;
use crate::core::clock::{Clock, SystemClock};
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::target::PortalTarget;
use crate::core::wait::{Deadline, WaitEnd};
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The one system that `brv` has logins at.
pub const SYSTEM: &str = "byterover";
/// What helps where `brv` has no login that works.
pub const LOG_IN: &str =
    "Log in with 'brv login', or run 'topup login --token-stdin' with your own key.";
/// The file with the encrypted login.
const CREDENTIALS: &str = "credentials";
/// The file with the key to it.
const KEY: &str = ".token-key";
/// How long files that make no sense may be about to be written, and how often they are read.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(20);

/// What `brv` encrypts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    session_key: String,
    expires_at: Timestamp,
    user_email: Option<String>,
    user_id: Option<String>,
}

/// The data folder of `brv`, as `brv` finds it.
///
/// # Errors
/// Class `config` for a variable that names no folder, or when there is no home.
pub fn data_folder(variables: &Variables) -> Result<PathBuf> {
    if let Some(named) = folder_in(variables, env::BRV_DATA)? {
        return Ok(named);
    }
    let in_home = if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else if let Some(data) = folder_in(variables, "XDG_DATA_HOME")? {
        return Ok(data.join("brv"));
    } else {
        ".local/share"
    };
    let home = folder_in(variables, "HOME")?.ok_or_else(|| {
        Failure::config("there is no home folder that brv could keep a login in: HOME is not set")
            .hint_with("Set {} to the data folder of brv.", &[&env::BRV_DATA])
    })?;
    Ok(home.join(in_home).join("brv"))
}

impl BorrowedFromBrv {
    /// The login in this folder, used in place from now on.
    pub fn new(key: &Key, portal: &PortalTarget, folder: PathBuf, now: Timestamp) -> Self {
        Self {
            provider: key.provider.name().to_owned(),
            profile: key.profile.clone(),
            portal: key.portal.clone(),
            portal_url: portal.base.to_string(),
            folder,
            since: now,
            other: Unknown::default(),
        }
    }
}

/// The login as `brv` has it now.
///
/// # Errors
/// Class `config` for files that are not safe to use, `not_logged_in` where there is no login, or
/// one that has run out.
pub fn login(borrowed: &BorrowedFromBrv, key: &Key) -> Result<Login> {
    read(borrowed, key, &SystemClock::new(Interrupt::default()))
}

fn read(borrowed: &BorrowedFromBrv, key: &Key, clock: &dyn Clock) -> Result<Login> {
    let folder = &borrowed.folder;
    let deadline = Deadline::after(WRITTEN_WITHIN, clock);
    let kept = loop {
        match kept_in(folder)? {
            Some(Ok(kept)) => break kept,
            None => return Err(no_login(folder, "there is none")),
            Some(Err(why)) => match deadline.pause(PAUSE) {
                Ok(()) => {}
                Err(WaitEnd::Late | WaitEnd::Stopped(_)) => return Err(no_login(folder, why)),
            },
        }
    };
    let session_key = Secret::new(&kept.session_key);
    if !session_key.is_sendable() {
        return Err(no_login(folder, "its key has characters that cannot be sent"));
    }
    if kept.expires_at <= clock.now() {
        return Err(no_login(folder, "it has expired"));
    }
    Ok(Login {
        provider: key.provider.name().to_owned(),
        profile: key.profile.clone(),
        portal: key.portal.clone(),
        portal_url: borrowed.portal_url.clone(),
        client_id: "brv".into(),
        token_type: "Bearer".into(),
        access_token: session_key,
        refresh_token: None,
        scope: String::new(),
        expires_at: Some(kept.expires_at),
        obtained_at: borrowed.since,
        approved_at: None,
        refresh_inflight: None,
        refresh_refused: None,
        refresh_refused_because: None,
        moving_to: None,
        account: kept.user_email.or(kept.user_id),
        keeper: Keeper::Brv(folder.clone()),
        other: Unknown::default(),
    })
}

/// What is kept in this folder; none where a file is missing, and why where they make no sense.
fn kept_in(folder: &Path) -> Result<Option<Result<Kept, &'static str>>> {
    let file = |name: &str| secure_file::read(&folder.join(name), Owner::Brv);
    let (Some(encrypted), Some(key)) = (file(CREDENTIALS)?, file(KEY)?) else { return Ok(None) };
    Ok(Some(decrypt(&encrypted, &key)))
}

/// `iv:tag:data`, each in base64.
fn decrypt(encrypted: &[u8], key: &[u8]) -> Result<Kept, &'static str> {
    let broken = "its file cannot be read";
    let text = std::str::from_utf8(encrypted).map_err(|_| broken)?;
    let parts: Vec<Vec<u8>> = text
        .trim()
        .split(':')
        .map(|part| STANDARD.decode(part))
        .collect::<Result<_, _>>()
        .map_err(|_| broken)?;
    let [iv, tag, data] = <[Vec<u8>; 3]>::try_from(parts).map_err(|_| broken)?;
    let iv = <[u8; 16]>::try_from(iv).map_err(|_| broken)?;
    let cipher = AesGcm::<Aes256, U16>::new_from_slice(key).map_err(|_| broken)?;
    let sealed = [data, tag].concat();
    let plain = cipher
        .decrypt(&Nonce::<U16>::from(iv), sealed.as_slice())
        .map_err(|_| "its file and the key to it do not belong together")?;
    serde_json::from_slice(&plain).map_err(|_| "it is not a login of brv")
}

fn no_login(folder: &Path, why: &str) -> Failure {
    let message = format!("brv has no login in {} that can be used: {why}", folder.display());
    Failure::new(Class::NotLoggedIn, message).hint(LOG_IN)
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Home, write_brv_files};
    use super::*;
    use crate::core::clock::{self, TurnedClock};
    use jiff::SignedDuration;
    use std::fs;
    use url::Url;

    /// Spoils what is in a folder.
    type Spoil = fn(&Path);

    struct Bench {
        home: Home,
        brv: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let base = Url::parse("https://billing.example").expect("a URL");
            let home = Home::of_system(&base, crate::provider::BYTEROVER);
            Self { home, brv: crate::core::scratch::tempdir().expect("a folder") }
        }

        fn read(&self) -> Result<Login> {
            let now = clock::now();
            let folder = self.brv.path().to_owned();
            let borrowed = BorrowedFromBrv::new(&self.home.key(), &self.home.portal, folder, now);
            read(&borrowed, &self.home.key(), &TurnedClock::new(now))
        }

        fn keep(&self, key: &str, lasts: SignedDuration) {
            write_brv_files(self.brv.path(), key, clock::now() + lasts);
        }
    }

    #[test]
    fn what_brv_keeps_is_read_and_its_key_alone_is_used() {
        let bench = Bench::new();
        bench.keep("session-1", SignedDuration::from_hours(1));
        let login = bench.read().expect("a login");
        assert_eq!(login.access_token.expose(), "session-1");
        assert_eq!(login.account.as_deref(), Some("ada@example.com"));
        assert!(login.refresh_token.is_none() && login.expires_at.is_some());
        assert_eq!(login.keeper, Keeper::Brv(bench.brv.path().to_owned()));
    }

    #[test]
    fn what_cannot_be_used_is_said_with_its_reason() {
        let hour = SignedDuration::from_hours(1);
        let spoils: [(Spoil, &str); 7] = [
            (|_| {}, "expired"),
            (|folder| fs::remove_file(folder.join(".token-key")).expect("gone"), "there is none"),
            (|folder| fs::remove_file(folder.join("credentials")).expect("gone"), "there is none"),
            (|folder| fs::write(folder.join("credentials"), "half").expect("torn"), "be read"),
            (|folder| fs::write(folder.join("credentials"), "").expect("torn"), "be read"),
            (|folder| fs::write(folder.join(".token-key"), [7_u8; 5]).expect("torn"), "be read"),
            (|folder| fs::write(folder.join(".token-key"), [1_u8; 32]).expect("new"), "together"),
        ];
        for (number, (spoil, why)) in spoils.into_iter().enumerate() {
            let bench = Bench::new();
            bench.keep("session-1", if number == 0 { -hour } else { hour });
            spoil(bench.brv.path());
            let error = bench.read().expect_err(why);
            assert_eq!(error.class(), Class::NotLoggedIn);
            assert!(error.to_string().contains(why), "{error}");
            assert!(!format!("{error:?}").contains("session-1"));
        }
        let bench = Bench::new();
        bench.keep("two words", hour);
        assert!(bench.read().expect_err("no key").to_string().contains("cannot be sent"));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let bench = Bench::new();
        bench.keep("session-1", SignedDuration::from_hours(1));
        let file = bench.brv.path().join(".token-key");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
        assert_eq!(bench.read().expect_err("not safe").class(), Class::Config);
    }

    /// The write ends while the reader pauses.
    struct Writer<'a>(TurnedClock, &'a dyn Fn());
    impl Clock for Writer<'_> {
        fn now(&self) -> Timestamp {
            self.0.now()
        }
        fn monotonic(&self) -> Duration {
            self.0.monotonic()
        }
        fn wait(&self, time: Duration) -> Result<(), crate::core::signals::Signal> {
            (self.1)();
            self.0.wait(time)
        }
    }

    #[test]
    fn files_that_are_being_written_are_waited_for() {
        let bench = Bench::new();
        bench.keep("session-1", SignedDuration::from_hours(1));
        let file = bench.brv.path().join("credentials");
        let whole = fs::read(&file).expect("read");
        fs::write(&file, "").expect("torn");
        let now = clock::now();
        let folder = bench.brv.path().to_owned();
        let borrowed = BorrowedFromBrv::new(&bench.home.key(), &bench.home.portal, folder, now);
        let write = || fs::write(&file, &whole).expect("whole again");
        let clock = Writer(TurnedClock::new(now), &write);
        let login = read(&borrowed, &bench.home.key(), &clock).expect("a login");
        assert_eq!(login.access_token.expose(), "session-1");
    }

    #[test]
    fn the_folder_is_the_one_that_brv_finds() {
        let folder = |variables: &[(&str, &str)]| {
            data_folder(&Variables::new(variables.iter().copied()))
                .map(|folder| folder.display().to_string())
        };
        let home = ("HOME", "/home/ada");
        assert_eq!(folder(&[("BRV_DATA_DIR", "/srv/brv"), home]).expect("named"), "/srv/brv");
        if cfg!(target_os = "linux") {
            let data = ("XDG_DATA_HOME", "/data");
            assert_eq!(folder(&[data, home]).expect("XDG"), "/data/brv");
            assert_eq!(folder(&[home]).expect("usual"), "/home/ada/.local/share/brv");
        }
        assert_eq!(folder(&[]).expect_err("no home").class(), Class::Config);
    }
}
