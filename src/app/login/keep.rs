//! Where a new login goes: into the store, in the place of the old one, durably. That there is room
//! for it is made sure of before a person is sent anywhere.

use crate::core::class::Class;
use crate::core::failure::Result;
use crate::credentials::{Login, Session};

/// A login takes up less room than this.
const ROOM_BYTES: usize = 64 * 1024;

/// Puts a login into the store, durably, in the place of the old one.
///
/// # Errors
/// Class `config` when it cannot be kept, or the class of a signal.
pub fn keep(session: &Session<'_>, login: Login) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    contents.put(session.key(), login);
    contents.pending.retain(|pending| !pending.is(session.key()));
    locked.write(&contents)
}

/// Makes sure that a login can be kept.
///
/// # Errors
/// Class `config` when it cannot, or the class of a signal.
pub fn check_room(session: &Session<'_>) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    match locked.read() {
        Err(error) if error.class() != Class::NotLoggedIn => Err(error),
        _ => locked.reserve(ROOM_BYTES).map(drop),
    }
}

/// Forgets what waited for `--finish`, if anything did.
///
/// # Errors
/// Class `config` when the logins cannot be used, or the class of a signal.
pub fn forget_pending(session: &Session<'_>) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read()?;
    let before = contents.pending.len();
    contents.pending.retain(|pending| !pending.is(session.key()));
    if contents.pending.len() < before { locked.write(&contents) } else { Ok(()) }
}
