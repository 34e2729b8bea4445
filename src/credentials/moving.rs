//! Moves the logins of a machine's file into the store that machines share. A refresh token is good for
//! one use: it is never used from both places.
//!
//! Each login is first marked in the file, and is used there no more. Then it is put into the store, and
//! then taken out of the file. Cut off anywhere, the next run goes on.

use super::command::Stored;
use super::document::{CredentialDocument, Login};
use super::store::{Found, Store, to_text, understand};
use super::vault::Vault;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::core::target::is_sandbox;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often a document of the store is read again because another machine has changed it.
const MOST_CONFLICTS: usize = 8;

/// Gives the logins of a profile in the store.
pub type VaultOf<'v> = dyn Fn(&str) -> Result<Vault> + 'v;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovedLogins {
    /// Logins that moved.
    pub moved: u64,
    /// Logins that stay, because the store has one for the same system, profile and portal.
    pub left: u64,
}

/// What moving would come to; writes nothing.
///
/// # Errors
/// As [`move_logins`].
pub fn preview_logins(file: &Store, vault_of: &VaultOf<'_>) -> Result<MovedLogins> {
    Ok(Sorted::new(&*file.document()?, vault_of)?.counts)
}

/// Moves all logins but those of the sandbox inside the program, and those that another program keeps.
///
/// # Errors
/// Class `config`: the file or the store cannot be used, or this machine lacks its key. Class `timeout`
/// where the server is away.
pub fn move_logins(
    file: &Store,
    vault_of: &VaultOf<'_>,
    interrupt: &Interrupt,
) -> Result<MovedLogins> {
    if !file.document()?.logins.iter().any(can_move) {
        return Ok(MovedLogins::default());
    }
    let locked = file.lock(interrupt)?;
    let mut here = locked.read()?;
    let sorted = Sorted::new(&here, vault_of)?;
    let goes = |login: &Login| sorted.goes.iter().any(|goes| is_same(goes, login));
    for login in here.logins.iter_mut().filter(|login| goes(login)) {
        login.moving_to = Some(vault_of(&login.profile)?.place());
    }
    if sorted.counts.moved == 0 {
        return Ok(sorted.counts);
    }
    locked.write(&here)?;
    for profile in sorted.profiles() {
        put(&vault_of(profile)?, profile, &sorted.goes)?;
    }
    here.logins.retain(|login| !goes(login));
    locked.write(&here)?;
    Ok(sorted.counts)
}

/// Which logins go.
struct Sorted {
    goes: Vec<Login>,
    counts: MovedLogins,
}

impl Sorted {
    fn new(here: &CredentialDocument, vault_of: &VaultOf<'_>) -> Result<Self> {
        let mut sorted = Self { goes: Vec::new(), counts: MovedLogins::default() };
        let all: Vec<&Login> = here.logins.iter().filter(|login| can_move(login)).collect();
        let profiles: BTreeSet<&str> = all.iter().map(|login| login.profile.as_str()).collect();
        for profile in profiles {
            let (there, _) = read(&vault_of(profile)?)?;
            for login in all.iter().filter(|login| login.profile == profile) {
                // One that was marked by a run that was cut off may be there by now.
                if login.moving_to.is_none() && has(&there, login) {
                    sorted.counts.left += 1;
                } else {
                    sorted.counts.moved += 1;
                    sorted.goes.push((*login).clone());
                }
            }
        }
        Ok(sorted)
    }

    fn profiles(&self) -> BTreeSet<&str> {
        self.goes.iter().map(|login| login.profile.as_str()).collect()
    }
}

/// What the store has for a profile, and its version.
fn read(vault: &Vault) -> Result<(CredentialDocument, Option<String>)> {
    let kept = vault.get()?;
    if kept.document.is_empty() {
        return Ok((CredentialDocument::default(), kept.version));
    }
    match understand(&kept.document, &format!("the login in {}", vault.place()))? {
        Found::Contents(document) => Ok((Arc::unwrap_or_clone(document), kept.version)),
        Found::Broken(why) => {
            Err(vault.unusable(&format!("the logins it gave cannot be read: {why}")))
        }
    }
}

/// Puts those of this profile there that are not.
fn put(vault: &Vault, profile: &str, goes: &[Login]) -> Result<()> {
    for _ in 0..MOST_CONFLICTS {
        let (mut there, version) = read(vault)?;
        let before = there.logins.len();
        for login in goes.iter().filter(|login| login.profile == profile) {
            if !has(&there, login) {
                there.logins.push(Login { moving_to: None, ..login.clone() });
            }
        }
        if there.logins.len() == before {
            return Ok(());
        }
        if let Stored::Kept { .. } = vault.store(version.as_deref(), &to_text(&there)?)? {
            return Ok(());
        }
    }
    Err(Failure::config("other machines change the logins all the time; these stay in their file")
        .hint("Run the command again."))
}

fn can_move(login: &Login) -> bool {
    !is_sandbox(&login.portal)
}

fn is_same(one: &Login, other: &Login) -> bool {
    one.provider == other.provider && one.profile == other.profile && one.portal == other.portal
}

fn has(document: &CredentialDocument, login: &Login) -> bool {
    document.logins.iter().any(|there| is_same(there, login))
}

/// Class `config`: a login whose move was cut off is used at neither place.
pub(super) fn is_moving(place: &str) -> Failure {
    Failure::config(format!("the login is being moved to {place}"))
        .hint("Run 'topup journal import' once more, with the shared store named.")
}
