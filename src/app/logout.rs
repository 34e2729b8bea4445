//! Forgets the login of a portal, and ends its session where the system has a call for that.

use crate::core::command::NextStep;
use crate::core::dialog::Report;
use crate::core::failure::Result;
use crate::core::signals::Interrupt;
use crate::core::time;
use crate::credentials::document::LoginPlace;
use crate::credentials::{Key, Login, Session};
use schemars::JsonSchema;
use serde::Serialize;

/// The answer of `topup logout`.
#[derive(Serialize, JsonSchema)]
pub struct LoggedOut {
    /// Whether there was a login to forget.
    pub logged_out: bool,
    /// The portal, by its base URL.
    pub portal: String,
    /// Whether it was one of Hermes, which stays logged in.
    pub hermes_stays: bool,
    /// Whether it was one of `brv`, which stays logged in.
    pub brv_stays: bool,
    /// Whether the session was ended at the system as well; null where the system has no call for
    /// that, or there was nothing to end.
    pub ended_at_system: Option<bool>,
    /// Whether a token in the environment is used all the same.
    pub token_in_environment: bool,
}

/// Forgets it, under the lock: a refresh that is under way ends first. Then the session is ended
/// at the system, where it has a call for that; where that fails the login is forgotten all the
/// same, and goes on at the system until it runs out.
///
/// # Errors
/// Class `config` when the file of the logins cannot be used.
pub fn logout(
    session: &Session<'_>,
    interrupt: &Interrupt,
    report: &dyn Report,
) -> Result<LoggedOut> {
    let gateway = session.at_gateway();
    let keys: Vec<&Key> = std::iter::once(session).chain(&gateway).map(Session::key).collect();
    let before = session.store().read()?;
    let mut places = keys.iter().filter_map(|key| before.place(key));
    let hermes_stays = places.clone().any(|place| matches!(place, LoginPlace::AtHermes(_)));
    let brv_stays = places.any(|place| matches!(place, LoginPlace::AtBrv(_)));
    let waits = |key: &Key| before.pending.iter().any(|pending| pending.is(key));
    let known = keys.iter().any(|key| before.place(key).is_some() || waits(key));
    let (mut logged_out, mut forgotten) = (false, Vec::new());
    // Where there is nothing to forget, nothing is locked and no folder is made.
    if known {
        let locked = session.store().lock(interrupt)?;
        let mut contents = locked.read()?;
        for key in &keys {
            forgotten.extend(contents.login(key).cloned());
            logged_out |= contents.forget(key);
        }
        locked.write(&contents)?;
    }
    Ok(LoggedOut {
        logged_out,
        portal: session.portal().shown(),
        hermes_stays,
        brv_stays,
        ended_at_system: end(session, &forgotten, report)?,
        token_in_environment: session.given().is_some(),
    })
}

/// Ends the sessions at the system.
fn end(session: &Session<'_>, logins: &[Login], report: &dyn Report) -> Result<Option<bool>> {
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
                    format!("The session could not be ended there, and lasts {until}: {error}.");
                report.note(&NextStep::text(line));
            }
        }
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::dialog::Silent;
    use crate::credentials::fake::{Does, Fake, Home};
    use crate::provider::CIRIS;
    use serde_json::json;

    fn forget(home: &Home) -> LoggedOut {
        logout(&home.session(), &home.interrupt, &Silent).expect("logged out")
    }

    #[test]
    fn a_login_is_forgotten_once_and_nothing_is_asked_where_there_is_no_call_for_it() {
        let fake = Fake::start(|_, _| Does::HangUp);
        let home = Home::at(&fake.base);
        home.log_in(600);
        let answer = forget(&home);
        assert!(answer.logged_out && !answer.hermes_stays && !answer.brv_stays);
        assert!(home.session().login().expect("readable").is_none());
        let again = forget(&home);
        assert_eq!((again.logged_out, again.ended_at_system), (false, None));
        assert!(fake.seen().is_empty());
    }

    #[test]
    fn where_nothing_is_stored_no_file_is_made() {
        let fake = Fake::start(|_, _| Does::HangUp);
        let home = Home::at(&fake.base);
        assert!(!forget(&home).logged_out);
        assert_eq!(home.folder.path().read_dir().expect("a folder").count(), 0);
    }

    #[test]
    fn the_session_is_ended_at_the_system_and_the_login_is_forgotten_whatever_it_answers() {
        for (status, ended) in [(200, Some(true)), (401, Some(true)), (500, Some(false))] {
            let fake = Fake::start(move |_, _| Does::Answer(status, json!({})));
            let home = Home::of_system(&fake.base, CIRIS);
            home.log_in(600);
            assert_eq!(forget(&home).ended_at_system, ended, "{status}");
            assert!(home.session().login().expect("readable").is_none());
            let seen = fake.seen();
            assert_eq!(seen[0].line, "POST /v1/auth/logout");
            assert_eq!(seen[0].header("authorization"), Some("Bearer access-0"));
        }
    }
}
