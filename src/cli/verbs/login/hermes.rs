//! `topup login --hermes`: the login that Hermes has on this machine, used where Hermes keeps it.
//!
//! Remembered is where it is, and no token: see [`crate::credentials::hermes`]. Nothing is sent.

use super::flow::Granted;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::credentials::hermes::{Copies, Files, Installation, LOG_IN, SYSTEM};
use crate::credentials::{Borrowed, Login, Session};

/// Finds the login and remembers that this profile uses it.
pub(super) fn log_in(invocation: &Invocation) -> Result<Granted> {
    check_that_it_can_be_meant(invocation)?;
    let installation = Installation::find(invocation.setup.variables())?;
    let (copies, files) = Copies::find(&installation)?;
    let url = copies.portal_url().ok_or_else(|| not_found(&files))?.to_owned();
    // What was named goes before the portal of the login, as it does for every other login; what the
    // settings of Hermes name goes before it for Hermes too.
    invocation.setup.portal_of(installation.portal_url.as_deref().unwrap_or(&url))?;
    let session = invocation.setup.session()?;
    if session.store().is_shared() {
        let told = format!(
            "the logins of the profile '{}' are kept by a credential command for many machines, and the login of Hermes is on this one",
            session.key().profile.escape_debug()
        );
        return Err(Failure::usage(told).hint("Use another profile, with --profile."));
    }
    let copies = copies.at(&session.key().portal);
    copies.check_one_account()?;
    let login = at_the_portal(&session, &copies, &files, &url)?;
    let now = invocation.setup.now();
    let expired = login.expires_at.is_some_and(|end| end <= now);
    if expired && login.refresh_token.is_none() {
        let told = "the login of Hermes has run out, and cannot be renewed";
        return Err(Failure::new(Class::NotLoggedIn, told).hint(LOG_IN));
    }
    let borrowed = Borrowed::new(session.key(), session.portal(), files, copies.identity(), now);
    remember(&session, borrowed)?;
    Ok(Granted::unseen(session.portal(), login, false))
}

/// Only the Nous portal knows logins of Hermes, and the sandbox in this program is not it.
fn check_that_it_can_be_meant(invocation: &Invocation) -> Result<()> {
    if invocation.globals.sandbox {
        return Err(Failure::usage(
            "the embedded sandbox has a login of its own, and none of Hermes",
        )
        .hint("Leave out --sandbox or --hermes."));
    }
    let system = invocation.setup.settings()?.system;
    if system.name() == SYSTEM {
        return Ok(());
    }
    let told = format!("Hermes logs in at the Nous portal, and {} is meant", system.title());
    Err(Failure::usage(told).hint("Add --provider nous, or leave out --hermes."))
}

/// The login at the portal that is meant.
fn at_the_portal(
    session: &Session<'_>,
    copies: &Copies,
    files: &Files,
    url: &str,
) -> Result<Login> {
    let key = session.key();
    copies.login(key, None).ok_or_else(|| {
        let told = format!(
            "the login of Hermes in {} belongs to {url}, and {} is meant",
            files.auth.display(),
            session.portal().shown()
        );
        Failure::new(Class::NotLoggedIn, told)
            .hint("Leave out what names another portal (--portal-url, TOPUP_PORTAL_URL, HERMES_PORTAL_BASE_URL, NOUS_PORTAL_BASE_URL), or run 'topup login' for a login there.")
    })
}

fn not_found(files: &Files) -> Failure {
    let told = format!(
        "there is no login of Hermes in {} or {}",
        files.auth.display(),
        files.shared.display()
    );
    Failure::new(Class::NotLoggedIn, told)
        .hint("If Hermes keeps its files somewhere else, set HERMES_HOME to that folder.")
        .hint(LOG_IN)
}

/// Puts it in the place of whatever this profile used until now.
fn remember(session: &Session<'_>, borrowed: Borrowed) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    let mut borrowed = borrowed;
    // What is known of the last refresh stays known.
    if let Some(known) = contents.borrowed_mut(session.key())
        && known.files() == borrowed.files()
    {
        borrowed.sent = known.sent.take();
    }
    contents.borrow(session.key(), borrowed);
    locked.write(&contents)
}
