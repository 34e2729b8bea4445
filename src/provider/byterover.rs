//! `ByteRover` team billing. Contract: byterover.
//!
//! Two answers make one: what every team has used, and which tier it is on. They are fetched side
//! by side and joined here. Which team a project is billed on stands in `billed`, which project it
//! is in `project`, what that has chosen in `pin`, what `brv` on this machine does in `brv`, and
//! the answers made of all of these in `choosing`.

mod billed;
mod brv;
mod choosing;
mod pin;
pub(crate) mod project;
mod wire;

use super::teams::{FreeLimit, Team, Teams, Which};
use super::{Finding, PortalPage, Provider, ProviderError, State, Unit};
use crate::core::base_url::{below, is_loopback};
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::failure::{Failure, Result};
use crate::core::system::{System, SystemFacts, WayIn};
use crate::core::target::PortalTarget;
use crate::credentials::Session;
use crate::http::{Bearer, Method, Presented, Request, Response, TransportError};
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;
use wire::{Slugs, Usages};

/// The header of the session key, as it goes over the wire.
const SESSION_HEADER: &str = "x-byterover-session-id";
/// What every path begins with. Contract: byterover, base URL.
const API: [&str; 2] = ["api", "v1"];
/// The total deadline of each call. Contract: byterover, calls.
const DEADLINE: Duration = Duration::from_secs(10);
/// The deadline of a call that only makes a link better.
const SHORT_DEADLINE: Duration = Duration::from_secs(3);
/// Where its billing is.
const BILLING: &str = "https://v3-billing.byterover.dev";
/// Where its own client asks for the short names of teams, with the same key.
const IAM: &str = "https://iam.byterover.dev";
/// Where people change what this API only shows.
const WEB_APP: &str = "https://app.byterover.dev";
/// Where the key of a login is copied.
const KEYS: &str = "https://app.byterover.dev/settings/keys";
/// How many short names come at once, and how many pages of them are read at most.
const SLUGS_AT_ONCE: u32 = 100;
const MOST_SLUG_PAGES: u32 = 10;
/// What it counts.
const UNIT: Unit = Unit::Things("credits");

/// What is known of it beforehand. Contract: byterover, base URL.
pub const FACTS: SystemFacts = SystemFacts {
    name: "byterover",
    title: "ByteRover",
    summary: "ByteRover team credits",
    usual_url: Some(BILLING),
    variables: &[env::BRV_BILLING],
    way_in: WayIn::Key,
    refill: "topup open",
    ..SystemFacts::BARE
};

/// ByteRover's billing, seen through one session key.
pub struct ByteRover<'a> {
    session: Session<'a>,
    environment: &'a Environment,
}

/// The teams of a user, joined, and what came of it.
struct Joined {
    teams: Vec<Team>,
    warnings: Vec<String>,
    /// Why the tiers are missing.
    trouble: Option<Class>,
    /// Where there is no paid team, and where it could be read.
    free: Option<FreeLimit>,
    sandbox: bool,
}

impl<'a> ByteRover<'a> {
    /// Talks to the session's portal; the environment says which project and which `brv` are meant.
    pub fn new(session: Session<'a>, environment: &'a Environment) -> Self {
        Self { session, environment }
    }

    fn portal(&self) -> &'a PortalTarget {
        self.session.portal()
    }

    /// The base URL without what every path begins with: one may be given with it.
    fn origin(&self) -> Url {
        let mut base = self.portal().base.clone();
        let has_api = base.path_segments().is_some_and(|path| {
            let path: Vec<&str> = path.filter(|segment| !segment.is_empty()).collect();
            path.ends_with(&API)
        });
        if has_api && let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().pop().pop();
        }
        base
    }

    /// The page where credits are bought and teams are changed; of this team, where its short name
    /// is known.
    fn page(&self, slug: Option<&str>) -> String {
        // What runs on this machine shows its own page: the sandbox does.
        if is_loopback(&self.portal().base) {
            return below(&self.origin(), &["byterover"]).into();
        }
        match (Url::parse(WEB_APP), slug) {
            (Ok(app), Some(slug)) => below(&app, &["settings", slug, "billing"]).into(),
            _ => format!("{WEB_APP}/settings"),
        }
    }

    fn get(&self, segments: &[&str]) -> Request {
        let mut whole = API.to_vec();
        whole.push("billing");
        whole.extend(segments);
        Request::new(Method::GET, below(&self.origin(), &whole)).deadline(DEADLINE)
    }

    /// No request is sent and no file is touched before a login is known.
    fn check_login(&self) -> Result<()> {
        self.session.token_as_is().map(|_| ())
    }

    /// The teams with their tiers. Contract: byterover, learned 3: without the tiers the usages
    /// are still shown, and without the usages there is nothing to show.
    fn joined(&self) -> Result<Joined> {
        let requests = [self.get(&["usages"]), self.get(&["organizations", "tiers"])];
        let [usages, tiers] = self.session.look_together(SESSION_HEADER, requests)?;
        let map = self.object(usages)?;
        let Usages { mut teams, nameless, sandbox } =
            wire::usages(&map).ok_or_else(|| self.senseless("usages"))?;
        let mut warnings = Vec::new();
        if nameless > 0 {
            warnings.push(format!("{nameless} teams have no id and are left out"));
        }
        let mut trouble = None;
        let tiers = self
            .object(tiers)
            .and_then(|map| wire::tiers(&map).ok_or_else(|| self.senseless("tiers")));
        match tiers {
            Ok(tiers) => {
                tiers.join(&mut teams);
                if let Some(team) = teams.iter().find(|team| team.is_paid().is_none()) {
                    trouble = Some(Class::Protocol);
                    warnings.push(format!("the tier of {} could not be read", team.title()));
                }
            }
            // A signal is meant for the whole command.
            Err(error) if error.class().is_signal() => return Err(error),
            Err(error) => {
                trouble = Some(error.class());
                warnings.push(format!("the tiers of the teams could not be read: {error}"));
            }
        }
        let sandbox = sandbox || self.portal().sandbox;
        Ok(Joined { teams, warnings, trouble, free: None, sandbox })
    }

    /// The teams, and the free limit where no team is paid. Without the limit the answer is still
    /// worth showing, unless the session ended meanwhile.
    fn joined_with_free(&self) -> Result<Joined> {
        let mut joined = self.joined()?;
        if joined.teams.iter().any(|team| team.is_paid() != Some(false)) {
            return Ok(joined);
        }
        let requests = [self.get(&["usage", "free-user", "limit"])];
        let [answer] = self.session.look_together(SESSION_HEADER, requests)?;
        match self.object(answer) {
            Ok(map) => joined.free = Some(wire::free_limit(&map)),
            Err(error) if ends_all(error.class()) => return Err(error),
            Err(error) => joined
                .warnings
                .push(format!("the limit of the free credits could not be read: {error}")),
        }
        Ok(joined)
    }

    /// The short names of the user's teams, by their ids. They make links and words better, and
    /// nothing else depends on them: what cannot be had is left out.
    fn slugs(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        // The key goes where ByteRover's own client takes it, and to no other server.
        let home = if is_loopback(&self.portal().base) {
            self.origin()
        } else if self.portal().base.as_str().trim_end_matches('/') == BILLING
            && let Ok(iam) = Url::parse(IAM)
        {
            iam
        } else {
            return all;
        };
        let Ok(token) = self.session.token_as_is() else { return all };
        for page in 0..MOST_SLUG_PAGES {
            let mut url = below(&home, &[API[0], API[1], "teams"]);
            url.query_pairs_mut()
                .append_pair("limit", &SLUGS_AT_ONCE.to_string())
                .append_pair("offset", &(page * SLUGS_AT_ONCE).to_string());
            let request = Request::new(Method::GET, url).at_most(SHORT_DEADLINE);
            let presented = Presented::Header(SESSION_HEADER);
            let bearer = Bearer { token: &token.secret, home: &home, presented };
            let answer = self.session.http().send(request, Some(bearer));
            let read = answer
                .ok()
                .filter(|answer| answer.status == 200)
                .and_then(|answer| wire::slugs(&super::wire::object(&answer.body)?));
            let Some(Slugs { of_teams, total }) = read else { break };
            let was_empty = of_teams.is_empty();
            all.extend(of_teams);
            if was_empty || total.is_none_or(|total| all.len() as u64 >= total) {
                break;
            }
        }
        all
    }

    /// The teams with their short names.
    fn joined_with_slugs(&self) -> Result<Joined> {
        let mut joined = self.joined()?;
        self.add_slugs(&mut joined.teams);
        Ok(joined)
    }

    fn add_slugs(&self, teams: &mut [Team]) {
        if teams.is_empty() {
            return;
        }
        let slugs = self.slugs();
        for team in teams {
            let found = slugs.iter().find(|(id, _)| *id == team.id);
            team.slug = found.map(|(_, slug)| slug.clone());
        }
    }

    /// The JSON object of an answer; everything else is an error.
    fn object(&self, answer: Result<Response, TransportError>) -> Result<Map<String, Value>> {
        let answer = answer?;
        if answer.status == 200
            && let Some(map) = super::wire::object(&answer.body)
        {
            return Ok(map);
        }
        Err(self.refused(&answer))
    }

    fn senseless(&self, what: &str) -> Failure {
        let host = self.portal().host();
        Failure::new(Class::Protocol, format!("the {what} that {host} sent make no sense"))
    }

    /// What an answer means that is no success.
    fn refused(&self, answer: &Response) -> Failure {
        let host = self.portal().host();
        let body = super::wire::object(&answer.body);
        let words = |key: &str| body.as_ref().and_then(|map| super::wire::words(map, key));
        let (class, message) = match answer.status {
            401 => (Class::NotLoggedIn, format!("{host} does not accept this session key")),
            403 => (Class::RoleRequired, format!("{host} does not show billing to this login")),
            429 => (Class::RateLimited, format!("{host} was asked too often")),
            500.. => (Class::ServerError, format!("{host} has a server error")),
            200 if body.is_none() && !answer.is_page() => {
                (Class::Protocol, format!("{host} gave an answer that is not a JSON object"))
            }
            _ => (
                Class::EndpointUnavailable,
                format!("something answered at {host}, but not ByteRover's billing"),
            ),
        };
        let message = match words("message").filter(|_| answer.status != 200) {
            Some(said) => format!("{message}: {said}"),
            None => message,
        };
        let mut error = Failure::from(ProviderError {
            code: words("code").or_else(|| words("error")),
            status: Some(answer.status),
            retry_after: answer.retry_after,
            ..ProviderError::new(class, message)
        });
        if class == Class::NotLoggedIn {
            error = if self.session.given().is_some() {
                error.hint_with("Put a new API key into TOPUP_TOKEN: {} has one.", &[&KEYS])
            } else {
                let login = self.portal().login_command(false);
                error.hint(
                    NextStep::filled("Copy a new API key from {} and run ", &[&KEYS])
                        .then(Part::Run(login))
                        .then(Part::Text(".".into())),
                )
            };
        }
        error
    }
}

/// What ends the whole answer, even where a part of it would do without.
fn ends_all(class: Class) -> bool {
    class.is_signal() || class == Class::NotLoggedIn
}

impl Provider for ByteRover<'_> {
    fn system(&self) -> System {
        System::new(&FACTS)
    }

    fn link(&self, _page: PortalPage) -> Option<String> {
        Some(self.page(None))
    }

    fn state(&self) -> Result<State> {
        self.state_of(Which::default()).map(|state| State::Teams(Box::new(state)))
    }

    fn teams(&self) -> Option<&dyn Teams> {
        Some(self)
    }

    fn findings(&self, _asks: bool) -> Vec<Finding> {
        self.findings_here()
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        Some((self.get(&["usages"]), Presented::Header(SESSION_HEADER)))
    }

    fn check_key(&self) -> Result<()> {
        let [answer] = self.session.look_together(SESSION_HEADER, [self.get(&["usages"])])?;
        self.object(answer).map(drop)
    }
}
