//! `topup logout`: forget the login of this portal.

use crate::cli::invocation::Invocation;
use crate::core::command::NextStep;
use crate::core::failure::Result;
use crate::core::time;
use crate::credentials::document::LoginPlace;
use crate::credentials::{Key, Login, Session};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup logout   forget the login of this portal";

/// The arguments of `topup logout`: none of its own.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Logout {}

/// The answer of `topup logout`.
#[expect(clippy::struct_field_names, reason = "the key is what a script asks for")]
#[derive(Serialize, JsonSchema)]
pub struct LoggedOut {
    /// Whether there was a login to forget.
    logged_out: bool,
    /// The portal, by its base URL.
    portal: String,
    /// Whether it was one of Hermes, which stays logged in.
    hermes_stays: bool,
    /// Whether it was one of `brv`, which stays logged in.
    brv_stays: bool,
    /// Whether the session was ended at the system as well; null where the system has no call for
    /// that, or there was nothing to end.
    ended_at_system: Option<bool>,
    /// Whether a token in the environment is used all the same.
    token_in_environment: bool,
}

impl Logout {
    /// Forgets it, under the lock: a refresh that is under way ends first. Then the session is ended
    /// at the system, where it has a call for that; where that fails the login is forgotten all the
    /// same, and goes on at the system until it runs out.
    ///
    /// # Errors
    /// Class `config` when the file of the logins cannot be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let session = invocation.setup.session()?;
        let gateway = session.at_gateway();
        let keys: Vec<&Key> = std::iter::once(&session).chain(&gateway).map(Session::key).collect();
        let before = session.store().read()?;
        let mut places = keys.iter().filter_map(|key| before.place(key));
        let hermes_stays = places.clone().any(|place| matches!(place, LoginPlace::AtHermes(_)));
        let brv_stays = places.any(|place| matches!(place, LoginPlace::AtBrv(_)));
        let waits = |key: &Key| before.pending.iter().any(|pending| pending.is(key));
        let known = keys.iter().any(|key| before.place(key).is_some() || waits(key));
        let (mut logged_out, mut forgotten) = (false, Vec::new());
        // Where there is nothing to forget, nothing is locked and no folder is made.
        if known {
            let locked = session.store().lock(invocation.setup.interrupt())?;
            let mut contents = locked.read()?;
            for key in &keys {
                forgotten.extend(contents.login(key).cloned());
                logged_out |= contents.forget(key);
            }
            locked.write(&contents)?;
        }
        Ok(Answer::new(LoggedOut {
            logged_out,
            portal: session.portal().shown(),
            hermes_stays,
            brv_stays,
            ended_at_system: end(invocation, &session, &forgotten)?,
            token_in_environment: session.given().is_some(),
        }))
    }
}

/// Ends the sessions at the system.
fn end(invocation: &Invocation, session: &Session<'_>, logins: &[Login]) -> Result<Option<bool>> {
    let mut ended = None;
    for login in logins {
        match session.end(login) {
            Ok(false) => {}
            Ok(true) => ended = ended.or(Some(true)),
            Err(error) if error.class().is_signal() => return Err(error),
            Err(error) => {
                ended = Some(false);
                let until = login.expires_at.map_or_else(
                    || "until it runs out".to_owned(),
                    |end| format!("until {}", time::shown(end)),
                );
                let line =
                    format!("The session could not be ended there, and goes on {until}: {error}.");
                invocation.output.note(NextStep::text(line));
            }
        }
    }
    Ok(ended)
}

impl Show for LoggedOut {
    fn show(&self, page: &mut Page) {
        if self.hermes_stays {
            let line = format!("The login of Hermes at {} is not used here any more.", self.portal);
            page.line(Tone::Good, &line);
            page.line(Tone::Plain, "Hermes itself stays logged in; none of its files was changed.");
        } else if self.brv_stays {
            let line = format!("The login of brv at {} is not used here any more.", self.portal);
            page.line(Tone::Good, &line);
            page.line(Tone::Plain, "brv itself stays logged in; none of its files was changed.");
        } else if self.logged_out {
            page.line(Tone::Good, &format!("Logged out of {}.", self.portal));
        } else {
            page.line(Tone::Plain, &format!("There was no login at {}.", self.portal));
        }
        if self.token_in_environment {
            page.line(Tone::Warn, "TOPUP_TOKEN is still set, and is used as long as it is.");
        }
    }
}
