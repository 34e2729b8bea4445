//! The promises about files that belong to somebody else: the fresher copy counts, only what has
//! to change does, and a refresh token is sent once whatever dies in between.

mod copies;
mod places;
mod renewal;

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
        let both = Self {
            ours: Home::at(base),
            hermes: crate::core::scratch::tempdir().expect("a folder"),
        };
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
