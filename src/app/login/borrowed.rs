//! The login that another program of this machine keeps, used where it keeps it: that of Hermes,
//! and that of `brv`. Remembered is where it is, and no token. Nothing is sent.

use super::{Granted, LoginParts};
use crate::core::class::Class;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::credentials::hermes::{self, Copies, Files, Installation};
use crate::credentials::{Borrowed, BorrowedFromBrv, Login, Session, brv};

/// The login of Hermes that was found.
pub struct FoundAtHermes {
    copies: Copies,
    files: Files,
    /// The portal that it belongs to, or that Hermes sends it to.
    pub portal_url: String,
}

/// Makes sure that a login of this program can be meant: it logs in at one system, and the sandbox
/// in this program is not it.
///
/// # Errors
/// Class `usage`.
pub fn check_meant(program: Program, system: System, is_sandbox: bool) -> Result<()> {
    let (name, flag, of) = program.words();
    if is_sandbox {
        let message = format!("the built-in sandbox has a login of its own, and none of {name}");
        return Err(Failure::usage(message).hint(format!("Leave out --sandbox or {flag}.")));
    }
    if system.name() == of {
        return Ok(());
    }
    let message = format!("{name} logs in at another system, and {} is selected", system.title());
    Err(Failure::usage(message).hint(format!("Add --provider {of}, or leave out {flag}.")))
}

/// A program that keeps a login of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Hermes.
    Hermes,
    /// `brv`.
    Brv,
}

impl Program {
    /// Its name, the flag that means its login, and the system that it logs in at.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Hermes => ("Hermes", "--hermes", hermes::SYSTEM),
            Self::Brv => ("brv", "--brv", brv::SYSTEM),
        }
    }
}

/// Finds the login that Hermes itself would use.
///
/// # Errors
/// Class `not_logged_in` where there is none, `config` for files that cannot be used.
pub fn find_at_hermes(variables: &Variables) -> Result<FoundAtHermes> {
    let installation = Installation::find(variables)?;
    let (copies, files) = Copies::find(&installation)?;
    let Some(stored) = copies.portal_url().map(str::to_owned) else {
        return Err(none_at_hermes(&files));
    };
    let portal_url = installation.portal_url.unwrap_or(stored);
    Ok(FoundAtHermes { copies, files, portal_url })
}

/// Remembers that this profile uses the login of Hermes.
///
/// # Errors
/// Class `not_logged_in` for a login of another portal, of two accounts, or one that has run out;
/// `usage` where the logins are shared by many machines; `config` when it cannot be remembered.
pub fn use_hermes(parts: LoginParts<'_>, found: FoundAtHermes) -> Result<Granted> {
    let session = parts.session;
    check_not_shared(session, Program::Hermes)?;
    let FoundAtHermes { copies, files, portal_url } = found;
    let copies = copies.at(&session.key().portal);
    copies.check_one_account()?;
    let login =
        copies.login(session.key(), None).ok_or_else(|| elsewhere(session, &files, &portal_url))?;
    let now = parts.clock().now();
    let expired = login.expires_at.is_some_and(|end| end <= now);
    if expired && login.refresh_token.is_none() {
        let message = "the login of Hermes has expired, and cannot be renewed";
        return Err(Failure::new(Class::NotLoggedIn, message).hint(hermes::LOG_IN));
    }
    let borrowed = Borrowed::new(session.key(), session.portal(), files, copies.identity(), now);
    remember(session, borrowed)?;
    Ok(Granted::new(session.portal(), login, false))
}

/// Remembers that this profile uses the login of `brv`.
///
/// # Errors
/// Class `not_logged_in` where `brv` has none that can be used, `usage` where the logins are shared
/// by many machines, `config` for files that cannot be used.
pub fn use_brv(parts: LoginParts<'_>, variables: &Variables) -> Result<Granted> {
    let session = parts.session;
    check_not_shared(session, Program::Brv)?;
    let folder = brv::data_folder(variables)?;
    let borrowed =
        BorrowedFromBrv::new(session.key(), session.portal(), folder, parts.clock().now());
    let login: Login = brv::login(&borrowed, session.key())?;
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    contents.borrow_from_brv(session.key(), borrowed);
    locked.write(&contents)?;
    Ok(Granted::new(session.portal(), login, false))
}

/// What many machines share cannot say where a file of one of them is.
fn check_not_shared(session: &Session<'_>, program: Program) -> Result<()> {
    if !session.store().is_shared() {
        return Ok(());
    }
    let message = format!(
        "the logins of the profile '{}' are kept {} for many machines, and the login of {} is on this one",
        session.key().profile.escape_debug(),
        match session.store().shared_store() {
            Some(place) => format!("in {place}"),
            None => "by a credential command".to_owned(),
        },
        program.words().0
    );
    Err(Failure::usage(message).hint("Use another profile, with --profile."))
}

fn elsewhere(session: &Session<'_>, files: &Files, url: &str) -> Failure {
    let message = format!(
        "the login of Hermes in {} belongs to {url}, and {} is selected",
        files.auth.display(),
        session.portal().shown()
    );
    Failure::new(Class::NotLoggedIn, message)
        .hint("Leave out what names another portal (--portal-url, TOPUP_PORTAL_URL, HERMES_PORTAL_BASE_URL, NOUS_PORTAL_BASE_URL), or run 'topup login' for a login there.")
}

fn none_at_hermes(files: &Files) -> Failure {
    let message = format!(
        "there is no login of Hermes in {} or {}",
        files.auth.display(),
        files.shared.display()
    );
    Failure::new(Class::NotLoggedIn, message)
        .hint("If Hermes keeps its files somewhere else, set HERMES_HOME to that folder.")
        .hint(hermes::LOG_IN)
}

/// Replaces what this profile used until now.
fn remember(session: &Session<'_>, mut borrowed: Borrowed) -> Result<()> {
    let locked = session.store().lock(session.interrupt())?;
    let mut contents = locked.read_for_login()?;
    // What is known of the last refresh stays known.
    if let Some(known) = contents.borrowed_mut(session.key())
        && known.files() == borrowed.files()
    {
        borrowed.sent = known.sent.take();
    }
    contents.borrow(session.key(), borrowed);
    locked.write(&contents)
}
