//! Who is logged in, where, what the login may do, and until when.

use super::login::answer::{brv_folder, hermes_files};
use crate::core::class::Class;
use crate::core::command::{NextStep, TargetFlags};
use crate::core::dialog::Report;
use crate::core::failure::{Failure, Result};
use crate::core::time;
use crate::credentials::{Login, Session, Token, ending_soon, hermes};
use crate::provider::Account;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The answer of `topup whoami`.
#[derive(Serialize, JsonSchema)]
pub struct Who {
    /// The portal, by its base URL.
    pub portal: String,
    /// The profile of the configuration.
    pub profile: String,
    /// `stored`, `environment` for a token in `TOPUP_TOKEN`, `shared` for a login in the store that
    /// machines share, `command` for one that a credential command keeps, `hermes` and `brv` for one of theirs that is used in place,
    /// `variable` for a key in a variable of the system.
    pub source: &'static str,
    /// The files of Hermes that hold the login; none for any other.
    pub hermes_files: Vec<String>,
    /// The folder of `brv` that holds the login; none for any other.
    pub brv_folder: Option<String>,
    /// The variable of the system that holds the key, with the source `variable`.
    pub variable: Option<String>,
    /// The person's address, where the portal states it.
    pub email: Option<String>,
    /// The name that the person logs in under, where the system states it.
    pub username: Option<String>,
    /// The person, as the token names them.
    pub subject: Option<String>,
    /// The organisation that is billed.
    pub organisation: Option<Organisation>,
    /// What the login may do.
    pub scopes: Vec<String>,
    /// Whether permission to spend is among it; null where that is not stated.
    pub can_spend: Option<bool>,
    /// The command that asks for it; none where there are no permissions to ask for.
    #[serde(skip)]
    pub step_up: Option<String>,
    /// When the access token ends.
    pub token_expires_at: Option<String>,
    /// Whether the access token is over or no longer accepted.
    pub token_expired: bool,
    /// Whether the next command can renew it.
    pub renewable: bool,
    /// When a person approved the login.
    pub login_approved_at: Option<String>,
    /// When the login ends for good.
    pub login_ends_at: Option<String>,
    /// What to look out for.
    pub warning: Option<String>,
    /// The portal is the one inside this program.
    pub sandbox: bool,
}

/// The organisation that is billed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BilledOrganisation")]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its short name in links.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// Asks the system whose token this is.
pub type AskAccount<'a> = dyn Fn(&Token) -> Result<Account> + 'a;

/// What is needed to say who is logged in.
pub struct WhoParts<'a> {
    /// The portal, and its login.
    pub session: &'a Session<'a>,
    /// Asks the system whose token this is; none where no request is to be sent.
    pub account: Option<&'a AskAccount<'a>>,
    /// What the commands in the answer mean.
    pub target: TargetFlags,
    /// The time.
    pub now: Timestamp,
    /// Reports that the system could not be asked.
    pub report: &'a dyn Report,
}

/// The access token as it is used now.
struct TokenStanding {
    expired: bool,
    renewable: bool,
    /// The login goes on once its access token has ended.
    survives: bool,
}

/// Reads the login and asks the system, and refreshes nothing: a probe that refreshed would wear out
/// the login.
///
/// # Errors
/// Class `not_logged_in` or `session_revoked` when there is no login that works.
pub fn whoami(parts: &WhoParts<'_>) -> Result<Who> {
    let session = parts.session;
    let login = match session.given() {
        Some(_) => None,
        None => session.login()?,
    };
    let token = session.token_as_is()?;
    let mut standing = parts.standing(&token, login.as_ref());
    if standing.expired && !standing.survives {
        return Err(over(session, login.as_ref()));
    }
    let account = parts.ask(&token, &mut standing)?;
    let variable = session.usual()?.map(|(_, name)| name.to_owned());
    let ends = login.as_ref().and_then(Login::ends);
    let hermes_files = login.as_ref().map(hermes_files).unwrap_or_default();
    let brv_folder = login.as_ref().and_then(brv_folder);
    Ok(Who {
        portal: session.portal().shown(),
        profile: session.key().profile.clone(),
        source: match session.given() {
            Some(_) => "environment",
            None if variable.is_some() => "variable",
            None if session.store().shared_store().is_some() => "shared",
            None if session.store().is_shared() => "command",
            None if !hermes_files.is_empty() => "hermes",
            None if brv_folder.is_some() => "brv",
            None => "stored",
        },
        hermes_files,
        brv_folder,
        variable,
        email: account.email,
        username: account.username,
        organisation: account.organisation_id.or(token.organisation.clone()).map(|id| {
            Organisation { id, slug: account.organisation_slug, name: account.organisation_name }
        }),
        can_spend: token.may_spend(),
        step_up: session.portal().step_up_command().map(|command| command.shown_at(&parts.target)),
        token_expires_at: token.expires_at.map(time::shown),
        token_expired: standing.expired,
        renewable: standing.renewable,
        login_approved_at: login.and_then(|login| login.approved_at).map(time::shown),
        login_ends_at: ends.map(time::shown),
        warning: ending_soon(ends, parts.now).map(|step| step.aimed(&parts.target).to_string()),
        sandbox: session.portal().sandbox,
        subject: token.subject,
        scopes: token.scopes,
    })
}

impl WhoParts<'_> {
    fn standing(&self, token: &Token, login: Option<&Login>) -> TokenStanding {
        let system = self.session.portal().system;
        let lasts = login.and_then(Login::ends).is_none_or(|end| end > self.now);
        TokenStanding {
            expired: token.expires_at.is_some_and(|end| end <= self.now),
            renewable: lasts && login.is_some_and(|login| login.is_renewable(system)),
            survives: lasts && login.is_some_and(|login| login.survives_its_token(system)),
        }
    }

    /// What the system says about this token. A failure that is not about the login is only
    /// reported: what is stored here is known all the same.
    fn ask(&self, token: &Token, standing: &mut TokenStanding) -> Result<Account> {
        let Some(account) = self.account.filter(|_| !standing.expired) else {
            return Ok(Account::default());
        };
        match account(token) {
            Ok(account) => return Ok(account),
            Err(error) if error.class() == Class::NotLoggedIn && standing.survives => {
                standing.expired = true;
            }
            Err(error) if error.class().is_login_trouble() => return Err(error),
            Err(error) => {
                let line = format!("The portal could not be asked: {error}.");
                self.report.note(&NextStep::text(line));
            }
        }
        Ok(Account::default())
    }
}

fn over(session: &Session<'_>, login: Option<&Login>) -> Failure {
    let (message, hint) = if session.given().is_some() {
        ("the token in TOPUP_TOKEN has expired", NextStep::from("Put a new one there."))
    } else if login.is_some_and(|login| !login.hermes_files().is_empty()) {
        ("the login of Hermes has expired", hermes::LOG_IN.into())
    } else {
        ("the login has expired", NextStep::run(session.portal().login_command(false)))
    };
    Failure::new(Class::NotLoggedIn, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock;
    use crate::core::dialog::Silent;
    use crate::credentials::fake::{Does, Fake, Home};
    use crate::provider::CIRIS;
    use std::cell::Cell;

    /// What is answered for the login of this home, where the system answers like this.
    fn who(home: &Home, account: Option<&AskAccount<'_>>) -> Result<Who> {
        whoami(&WhoParts {
            session: &home.session(),
            account,
            target: TargetFlags::default(),
            now: clock::now(),
            report: &Silent,
        })
    }

    fn home() -> Home {
        Home::at(&"https://portal.example".parse().expect("a URL"))
    }

    #[test]
    fn what_is_stored_is_known_without_a_request() {
        let home = home();
        assert_eq!(who(&home, None).err().map(|error| error.class()), Some(Class::NotLoggedIn));
        home.log_in(600);
        let who = who(&home, None).expect("a login");
        assert_eq!((who.source, who.profile.as_str()), ("stored", "default"));
        assert!(who.renewable && !who.token_expired && who.login_ends_at.is_some());
    }

    #[test]
    fn the_system_names_the_person_and_the_organisation() {
        let home = home();
        home.log_in(600);
        let account = |token: &Token| {
            assert_eq!(token.secret.expose(), "access-0");
            Ok(Account {
                email: Some("ada@example".into()),
                organisation_id: Some("org".into()),
                ..Account::default()
            })
        };
        let who = who(&home, Some(&account)).expect("a login");
        assert_eq!(who.email.as_deref(), Some("ada@example"));
        assert_eq!(who.organisation.map(|organisation| organisation.id).as_deref(), Some("org"));
    }

    #[test]
    fn an_expired_token_is_shown_as_such_where_the_next_command_renews_it() {
        let home = home();
        home.log_in(-60);
        let asked = Cell::new(false);
        let account = |_: &Token| {
            asked.set(true);
            Ok(Account::default())
        };
        let shown = who(&home, Some(&account)).expect("a login");
        assert!(shown.token_expired && shown.renewable && !asked.get());
        // One that is refused by the system is over as well.
        home.log_in(600);
        let refused = |_: &Token| Err(Failure::new(Class::NotLoggedIn, "no"));
        assert!(who(&home, Some(&refused)).expect("a login").token_expired);
        let revoked = |_: &Token| Err(Failure::new(Class::SessionRevoked, "gone"));
        let failure = who(&home, Some(&revoked)).err().expect("revoked");
        assert_eq!(failure.class(), Class::SessionRevoked);
        let down = |_: &Token| Err(Failure::new(Class::Network, "down"));
        assert!(!who(&home, Some(&down)).expect("a login").token_expired);
    }

    #[test]
    fn a_login_that_nothing_renews_ends_with_its_token() {
        let fake = Fake::start(|_, _| Does::HangUp);
        let home = Home::of_system(&fake.base, CIRIS);
        home.log_in(-60);
        let failure = who(&home, None).err().expect("over");
        assert_eq!(failure.class(), Class::NotLoggedIn);
        assert_eq!(failure.to_string(), "the login has expired");
    }
}
