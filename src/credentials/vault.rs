//! The logins of a fleet: one document for each profile in the shared store, encrypted with a key that
//! each machine brings and the server never sees.
//!
//! A document is sealed with AES-256-GCM under `TOPUP_STATE_KEY`. The id of the key, the profile and
//! the version of the row are bound into it: a document that is put back as another version, or as
//! another profile's, opens no more. It is replaced only while its version is still the one that was
//! read; a renewal of the login goes through the same code as with a `credential_command`.

use super::command::{Kept, Stored};
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::store::sql::{Durable, Statement, Value};
use crate::store::state::StateStore;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::sync::Arc;

/// The first word of a sealed document.
const FORMAT: &str = "v1";
/// The bytes of a key.
const KEY_BYTES: usize = 32;

/// One key, and what tells it from others without giving it away.
struct VaultKey {
    id: String,
    key: LessSafeKey,
}

/// The keys of this machine: the first one seals, all of them open.
pub struct VaultKeys {
    keys: Vec<VaultKey>,
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{} keys]", self.keys.len())
    }
}

/// A new key, as `TOPUP_STATE_KEY` takes it, and its id.
///
/// # Errors
/// Class `internal`: the system has no random numbers.
pub fn new_key() -> Result<(String, String)> {
    let mut bytes = [0_u8; KEY_BYTES];
    random(&mut bytes)?;
    Ok((STANDARD.encode(bytes), key_id(&bytes)))
}

fn random(bytes: &mut [u8]) -> Result<()> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| Failure::internal("the system gives no random numbers"))
}

fn key_id(bytes: &[u8]) -> String {
    let named = digest(&SHA256, &[b"topup state key ".as_slice(), bytes].concat());
    named.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl VaultKeys {
    /// Reads `TOPUP_STATE_KEY`: a key, or several with commas between, the one to seal with first.
    ///
    /// # Errors
    /// Class `config` for what is no key. It is never shown.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Failure::config(format!("{} is not a key", env::STATE_KEY)).hint(
                "A key is 32 bytes in base64; 'topup config new-key' makes one. While keys are changed, write the new one, a comma and the old one.",
            )
        };
        let key = |word: &str| {
            let bytes = STANDARD.decode(word.trim()).map_err(|_| wrong())?;
            if bytes.len() != KEY_BYTES {
                return Err(wrong());
            }
            let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| wrong())?;
            Ok(VaultKey { id: key_id(&bytes), key: LessSafeKey::new(key) })
        };
        let keys: Vec<VaultKey> = text.split(',').map(key).collect::<Result<_>>()?;
        Ok(Self { keys })
    }

    fn seal(&self, profile: &str, version: i64, document: &[u8]) -> Result<String> {
        let unsealed = || Failure::internal("the logins could not be encrypted");
        let sealer = self.keys.first().ok_or_else(unsealed)?;
        let mut nonce = [0_u8; NONCE_LEN];
        random(&mut nonce)?;
        let mut sealed = document.to_vec();
        sealer
            .key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                bound(&sealer.id, profile, version),
                &mut sealed,
            )
            .map_err(|_| unsealed())?;
        let sealed = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{FORMAT} {} {}", sealer.id, STANDARD.encode(sealed)))
    }

    fn open(&self, profile: &str, version: i64, sealed: &str) -> Result<Vec<u8>> {
        let mut words = sealed.split(' ');
        let (format, id, sealed) = (words.next(), words.next(), words.next());
        if format != Some(FORMAT) {
            return Err(Failure::config(
                "the logins in the shared store were written by a newer version of topup",
            )
            .hint("Use that version."));
        }
        let id = id.unwrap_or_default();
        let Some(key) = self.keys.iter().find(|key| key.id == id) else {
            return Err(Failure::config(format!(
                "the logins in the shared store are encrypted with the key {}, and {} holds {}",
                id.escape_debug(),
                env::STATE_KEY,
                self.keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>().join(", ")
            ))
            .hint_with(
                "Give this machine that key in {}. Where it is lost, 'topup logout' with another key forgets the logins, and 'topup login' makes new ones.",
                &[&env::STATE_KEY],
            ));
        };
        let damaged = || {
            Failure::config(format!(
                "the logins of the profile '{}' in the shared store are not what topup has written there",
                profile.escape_debug()
            ))
            .hint("The row was changed, or an old one was put back: log in again with 'topup login'.")
        };
        let bytes = STANDARD.decode(sealed.unwrap_or_default()).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut document = sealed.to_vec();
        let length = key
            .key
            .open_in_place(nonce, bound(&key.id, profile, version), &mut document)
            .map_err(|_| damaged())?
            .len();
        document.truncate(length);
        Ok(document)
    }
}

/// What a document is bound to. Each part is preceded by its length.
fn bound(key: &str, profile: &str, version: i64) -> Aad<Vec<u8>> {
    let text = format!("topup logins {}:{key} {}:{profile} {version}", key.len(), profile.len());
    Aad::from(text.into_bytes())
}

/// The logins of one profile in the shared store.
#[derive(Debug)]
pub struct Vault {
    store: Arc<StateStore>,
    /// None where this machine has no key: then it has no login.
    keys: Option<VaultKeys>,
    profile: String,
}

impl Vault {
    /// The logins of this profile; touches nothing.
    pub fn new(store: Arc<StateStore>, keys: Option<VaultKeys>, profile: &str) -> Self {
        Self { store, keys, profile: profile.to_owned() }
    }

    /// Where it is, for messages.
    pub fn place(&self) -> String {
        self.store.place()
    }

    fn keys(&self) -> Result<&VaultKeys> {
        self.keys.as_ref().ok_or_else(|| {
            Failure::config(format!(
                "{} is not set, and the logins in {} are encrypted with it",
                env::STATE_KEY,
                self.place()
            ))
            .hint_with(
                "Set {} to the key of your machines; 'topup config new-key' makes the first one.",
                &[&env::STATE_KEY],
            )
        })
    }

    /// Reads them.
    ///
    /// # Errors
    /// Class `config` for a row that this machine's keys do not open, `timeout` where the server is
    /// away.
    pub(super) fn get(&self) -> Result<Kept> {
        let keys = self.keys()?;
        let mut found = None;
        self.store.glance(&mut |sql| {
            let query = "SELECT version, document FROM login WHERE profile = $1";
            found = sql.row(query, &[self.profile.as_str().into()])?;
            Ok(())
        })?;
        let Some(row) = found else { return Ok(Kept::default()) };
        let (version, sealed) = (row.int(0)?, row.text(1)?);
        let document = keys.open(&self.profile, version, &sealed)?;
        Ok(Kept { version: Some(version.to_string()), document })
    }

    /// Replaces them while they are still of this version.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub(super) fn store(&self, version: Option<&str>, document: &[u8]) -> Result<Stored> {
        let seen = version
            .map(str::parse::<i64>)
            .transpose()
            .map_err(|_| Failure::internal("the version of the logins is not a number"))?;
        let next = seen.unwrap_or(0) + 1;
        let sealed = self.keys()?.seal(&self.profile, next, document)?;
        let now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
        let profile = Value::from(self.profile.as_str());
        let write = match seen {
            Some(seen) => Statement::new(
                format!(
                    "UPDATE login SET version = $2, document = $3, changed_ms = {now}
                     WHERE profile = $1 AND version = $4"
                ),
                [profile.clone(), next.into(), sealed.as_str().into(), seen.into()],
            ),
            None => Statement::new(
                format!(
                    "INSERT INTO login (profile, version, document, changed_ms)
                     VALUES ($1, $2, $3, {now}) ON CONFLICT (profile) DO NOTHING"
                ),
                [profile.clone(), next.into(), sealed.as_str().into()],
            ),
        };
        // What is there afterwards tells whose it is, also where the first answer was lost: no two
        // sealed documents are the same.
        let read = Statement::new("SELECT document FROM login WHERE profile = $1", [profile]);
        let answers = self.store.put(&[write, read], Durable::Now)?;
        let there =
            answers.get(1).and_then(|rows| rows.first()).map(|row| row.text(0)).transpose()?;
        Ok(if there.as_deref() == Some(sealed.as_str()) {
            Stored::Kept { version: Some(next.to_string()) }
        } else {
            Stored::Conflict
        })
    }

    /// Class `config`: what is wrong with what it keeps.
    pub(super) fn unusable(&self, why: &str) -> Failure {
        Failure::config(format!("the logins in {} cannot be used: {why}", self.place()))
            .hint("Log in again with 'topup login'.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;
    use crate::core::environment::Variables;
    use crate::ledger::suite::server::Server;

    fn keys(text: &str) -> VaultKeys {
        VaultKeys::parse(text).expect("a key")
    }

    #[test]
    fn a_document_opens_with_its_key_its_profile_and_its_version_alone() {
        let (old, new) = (new_key().expect("a key").0, new_key().expect("a key").0);
        let sealed = keys(&old).seal("default", 3, b"secret").expect("sealed");
        assert!(!sealed.contains("secret") && !sealed.contains(&old));
        assert_eq!(keys(&old).open("default", 3, &sealed).expect("opened"), b"secret");
        let both = keys(&format!("{new}, {old}"));
        assert_eq!(both.open("default", 3, &sealed).expect("opened"), b"secret");
        assert_ne!(sealed, keys(&old).seal("default", 3, b"secret").expect("sealed"));
        for (keys, profile, version, said) in [
            (keys(&new), "default", 3, "encrypted with the key"),
            (keys(&old), "other", 3, "not what topup has written"),
            (keys(&old), "default", 4, "not what topup has written"),
        ] {
            let refused = keys.open(profile, version, &sealed).expect_err(profile);
            assert_eq!(refused.class(), Class::Config);
            assert!(refused.to_string().contains(said), "{refused}");
        }
        let moved = both.seal("default", 4, b"secret").expect("sealed");
        assert!(keys(&new).open("default", 4, &moved).is_ok(), "sealed anew with the first key");
        let cut = &sealed[..sealed.len() - 8];
        assert!(keys(&old).open("default", 3, cut).is_err());
        assert!(keys(&old).open("default", 3, "v2 x y").is_err());
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        for text in ["", "hunter2", "aHVudGVyMg==", "not base64 at all!"] {
            let refused = VaultKeys::parse(text).expect_err(text);
            assert_eq!(refused.class(), Class::Config);
            assert!(text.is_empty() || !format!("{refused:?}").contains(text), "{refused:?}");
        }
    }

    #[test]
    fn it_is_replaced_by_whoever_read_it_last_and_by_no_other() {
        let Some(server) = Server::shared() else { return };
        let schema = server.schema();
        let key = new_key().expect("a key").0;
        let vault = || {
            let store = StateStore::new(&schema.url, None, &Variables::default()).expect("a URL");
            Vault::new(store, Some(keys(&key)), "default")
        };
        let (here, there) = (vault(), vault());
        assert!(here.get().expect("nothing").version.is_none());
        let first = here.store(None, b"one").expect("written");
        assert_eq!(first, Stored::Kept { version: Some("1".into()) });
        assert_eq!(there.store(None, b"two").expect("asked"), Stored::Conflict);
        let seen = there.get().expect("there");
        assert_eq!(
            (seen.version.as_deref(), seen.document.as_slice()),
            (Some("1"), b"one".as_slice())
        );
        let second = there.store(Some("1"), b"two").expect("written");
        assert_eq!(second, Stored::Kept { version: Some("2".into()) });
        assert_eq!(here.store(Some("1"), b"three").expect("asked"), Stored::Conflict);
        assert_eq!(here.get().expect("there").document, b"two");
    }
}
