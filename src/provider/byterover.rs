//! `ByteRover` team billing. Contract: byterover.
//!
//! Two answers make one: what every team has used, and which tier it is on. They are fetched side
//! by side and joined here; which team a project is billed on stands in `billed`, and the file by
//! which a project chooses in `pin`.

mod billed;
pub(crate) mod pin;
mod wire;

use super::teams::{
    Candidate, FreeLimit, Pinned, Pot, Source, Team, TeamLimits, TeamList, TeamState, Teams, listed,
};
use super::{PortalPage, Provider, ProviderError, State, Unit};
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::system::{System, SystemFacts, WayIn};
use crate::core::target::Portal;
use crate::credentials::Session;
use crate::http::{Method, Presented, Request, Response, TransportError};
use billed::{Billed, billed};
use pin::{Choice, Project};
use serde_json::{Map, Value};
use std::path::Path;
use std::time::Duration;
use wire::Usages;

/// The header of the session key, as it goes over the wire.
const SESSION_HEADER: &str = "x-byterover-session-id";
/// The total deadline of each call. Contract: byterover, calls.
const DEADLINE: Duration = Duration::from_secs(10);
/// Where people change what this API only shows.
const WEB_APP: &str = "https://app.byterover.dev/billing";
/// What it counts.
const UNIT: Unit = Unit::Things("credits");

/// What is known of it beforehand. Contract: byterover, base URL.
pub const FACTS: SystemFacts = SystemFacts {
    name: "byterover",
    title: "ByteRover",
    summary: "ByteRover team credits",
    usual_url: Some("https://v3-billing.byterover.dev"),
    variables: &[env::BRV_BILLING],
    backend: None,
    way_in: WayIn::Key,
    refill: "topup open",
};

/// ByteRover's billing, seen through one session key.
pub struct ByteRover<'a> {
    session: Session<'a>,
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
    /// Talks to the session's portal.
    pub fn new(session: Session<'a>) -> Self {
        Self { session }
    }

    fn portal(&self) -> &'a Portal {
        self.session.portal()
    }

    fn page(&self) -> String {
        // What runs on this machine shows its own page: the sandbox does.
        let base = &self.portal().base;
        if crate::core::base_url::is_loopback(base) {
            crate::core::base_url::below(base, &["byterover"]).into()
        } else {
            WEB_APP.to_owned()
        }
    }

    fn get(&self, segments: &[&str]) -> Request {
        let mut whole = vec!["billing"];
        whole.extend(segments);
        Request::new(Method::GET, self.portal().url(&whole)).deadline(DEADLINE)
    }

    /// Nothing is looked up and no file is touched before a login is known.
    fn check_login(&self) -> Result<()> {
        self.session.token_as_is().map(|_| ())
    }

    /// The teams with their tiers. Contract: byterover, learned 3: without the tiers the usages
    /// are still told, and without the usages there is nothing to tell.
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
    /// worth telling, unless the session ended meanwhile.
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

    /// What the rules make of the teams and of what the project has chosen.
    fn state_from(
        &self,
        project: Option<&Project>,
        choice: Choice,
        joined: Option<&Joined>,
    ) -> TeamState {
        let mut state = TeamState {
            pot: Pot::default(),
            billed: None,
            pinned_team_id: choice.team,
            active_provider: choice.other_provider,
            project: project.map(|project| project.root().display().to_string()),
            warnings: joined.map(|joined| joined.warnings.clone()).unwrap_or_default(),
            unit: UNIT,
            portal_url: self.page(),
            sandbox: self.portal().sandbox || joined.is_some_and(|joined| joined.sandbox),
            trouble: joined.and_then(|joined| joined.trouble),
        };
        let Some(joined) = joined.filter(|_| state.active_provider.is_none()) else {
            state.pot.source = Some(Source::OtherProvider);
            return state;
        };
        let Billed { mut pot, mut instead } =
            billed(&joined.teams, state.pinned_team_id.as_deref());
        if let Some(limit) = &joined.free {
            fill_free(&mut pot, limit);
            if let Some(instead) = &mut instead {
                fill_free(instead, limit);
            }
        }
        (state.pot, state.billed) = (pot, instead);
        if state.paying().is_only_empty_today() {
            let text = "the free credits of today are used up; there are more tomorrow";
            state.warnings.push(text.into());
        }
        state
    }

    fn limits_from(&self, joined: Joined) -> TeamLimits {
        TeamLimits {
            organizations: joined.teams,
            free: joined.free,
            warnings: joined.warnings,
            unit: UNIT,
            portal_url: self.page(),
            sandbox: joined.sandbox,
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
        let told = body.as_ref().and_then(|map| super::wire::words(map, "message"));
        let (class, message) = match answer.status {
            401 => (Class::NotLoggedIn, format!("{host} does not accept this session key")),
            403 => (Class::RoleRequired, format!("{host} does not show billing to this login")),
            429 => (Class::RateLimited, format!("{host} was asked too often")),
            500.. => (Class::ServerError, format!("{host} has trouble of its own")),
            200 if body.is_none() && !answer.is_page() => {
                (Class::Protocol, format!("{host} gave an answer that is no JSON object"))
            }
            _ => (
                Class::EndpointUnavailable,
                format!("something answered at {host}, but not ByteRover's billing"),
            ),
        };
        let mut error = Failure::from(ProviderError {
            class,
            code: body.as_ref().and_then(|map| super::wire::words(map, "error")),
            status: Some(answer.status),
            message: match told.filter(|_| answer.status != 200) {
                Some(told) => format!("{message}: {told}"),
                None => message,
            },
            portal_url: None,
            retry_after: answer.retry_after,
            details: Map::new(),
        });
        if class == Class::NotLoggedIn {
            error = if self.session.given().is_some() {
                error.hint("Put a new session key into TOPUP_TOKEN.")
            } else {
                let login = self.portal().login_command(false);
                error.hint(
                    NextStep::from("Copy a new session key from the web app and run ")
                        .then(Part::Run(login))
                        .then(Part::Text(".".into())),
                )
            };
        }
        error
    }

    /// The project, if there is one, and what it has chosen. Contract: byterover, learned 4.
    fn choice(&self, named: Option<&Path>) -> Result<(Option<Project>, Choice)> {
        self.check_login()?;
        let project = Project::find(named)?;
        let choice = project.as_ref().map(Project::choice).transpose()?.unwrap_or_default();
        Ok((project, choice))
    }

    /// The project a team is pinned for.
    fn project(named: Option<&Path>) -> Result<Project> {
        Project::find(named)?.ok_or_else(|| {
            Failure::usage(
                "this folder is in no ByteRover project: none above it has a .brv folder",
            )
            .hint("Change into the project, or name its root with --project DIR.")
        })
    }

    /// The team that is meant, if it can be billed.
    fn chosen(&self, joined: &Joined, word: &str) -> Result<Team> {
        let team = named(&joined.teams, word).map_err(|error| error.link(self.page()))?;
        let paid: Vec<&Team> =
            joined.teams.iter().filter(|team| team.is_paid() == Some(true)).collect();
        match (team.is_paid(), joined.trouble) {
            (Some(true), _) => Ok(team.clone()),
            (None, trouble) => Err(Failure::new(
                trouble.unwrap_or(Class::Protocol),
                format!(
                    "whether {} can be billed could not be read; nothing was pinned",
                    team.title()
                ),
            )),
            (Some(false), _) => Err(with_paid(
                Failure::usage(format!("{} is a free team and cannot be billed", team.title())),
                &paid,
            )
            .link(self.page())),
        }
    }

    fn told(
        &self,
        project: Option<&Project>,
        choice: &Choice,
        joined: Option<Joined>,
        changed: bool,
    ) -> Pinned {
        let (teams, mut warnings) =
            joined.map(|joined| (joined.teams, joined.warnings)).unwrap_or_default();
        if let Some(other) = choice.other_provider.as_ref().filter(|_| choice.team.is_some()) {
            warnings
                .push(format!("the project uses {other}: nothing is billed here while it does"));
        }
        let team =
            choice.team.as_ref().and_then(|id| teams.into_iter().find(|team| team.id == *id));
        let usable = match (&choice.team, &team) {
            (None, _) => None,
            (Some(_), None) => Some(false),
            (Some(_), Some(team)) => team.is_paid(),
        };
        Pinned {
            pinned_team_id: choice.team.clone(),
            team,
            usable,
            changed,
            project: project.map(|project| project.root().display().to_string()),
            file: project.map(|project| project.file().display().to_string()),
            warnings,
            portal_url: self.page(),
        }
    }
}

/// What ends the whole answer, even where a part of it would do without.
fn ends_all(class: Class) -> bool {
    class.is_signal() || class == Class::NotLoggedIn
}

/// The numbers of the month, and what the day still gives.
fn fill_free(pot: &mut Pot, limit: &FreeLimit) {
    if pot.source != Some(Source::Free) {
        return;
    }
    if let Some(monthly) = &limit.monthly {
        (pot.remaining, pot.total) = (monthly.remaining, monthly.limit);
    }
    pot.today = limit.daily.as_ref().and_then(|daily| daily.remaining);
}

/// The one team that a word means: its id, its name, or a beginning of one of them that no other
/// team has. Capitals do not matter.
fn named<'t>(teams: &'t [Team], word: &str) -> Result<&'t Team> {
    let wanted = word.trim().to_lowercase();
    let shown = word.escape_debug();
    if wanted.is_empty() {
        return Err(Failure::usage("the name of the team is empty"));
    }
    let those = |fits: &dyn Fn(&str) -> bool| -> Vec<&'t Team> {
        let any = |team: &&Team| {
            fits(&team.id.to_lowercase())
                || team.name.as_ref().is_some_and(|name| fits(&name.trim().to_lowercase()))
        };
        teams.iter().filter(any).collect()
    };
    // An id as it is written is that team, whatever others are called.
    if let Some(team) = teams.iter().find(|team| team.id == word) {
        return Ok(team);
    }
    let whole = those(&|name| name == wanted);
    let found = if whole.is_empty() { those(&|name| name.starts_with(&wanted)) } else { whole };
    match found.as_slice() {
        [team] => Ok(team),
        [] => {
            let paid: Vec<&Team> =
                teams.iter().filter(|team| team.is_paid() == Some(true)).collect();
            Err(with_paid(Failure::usage(format!("you belong to no team '{shown}'")), &paid))
        }
        several => {
            let candidates: Vec<Candidate> = several.iter().map(|team| team.candidate()).collect();
            let names: Vec<String> =
                several.iter().map(|team| format!("{} ({})", team.title(), team.id)).collect();
            Err(Failure::usage(format!("'{shown}' could be {}", names.join(", ")))
                .hint("Name it by more of its name, or by its id.")
                .detail("candidates", listed(&candidates)))
        }
    }
}

/// Names the teams that could be pinned instead.
fn with_paid(error: Failure, paid: &[&Team]) -> Failure {
    let candidates: Vec<Candidate> = paid.iter().map(|team| team.candidate()).collect();
    let names: Vec<&str> = paid.iter().map(|team| team.title()).collect();
    let error = if names.is_empty() {
        error.hint("You have no paid team: there is nothing to choose.")
    } else {
        error.hint(format!("Your paid teams: {}.", names.join(", ")))
    };
    error.detail("candidates", listed(&candidates))
}

impl Provider for ByteRover<'_> {
    fn system(&self) -> System {
        crate::provider::BYTEROVER
    }

    fn link(&self, _page: PortalPage) -> Option<String> {
        Some(self.page())
    }

    fn state(&self) -> Result<State> {
        self.state_of(None).map(|state| State::Teams(Box::new(state)))
    }

    fn teams(&self) -> Option<&dyn Teams> {
        Some(self)
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        Some((self.get(&["usages"]), Presented::Header(SESSION_HEADER)))
    }
}

impl Teams for ByteRover<'_> {
    fn state_of(&self, project: Option<&Path>) -> Result<TeamState> {
        let (project, choice) = self.choice(project)?;
        let joined = match choice.other_provider {
            Some(_) => None,
            None => Some(self.joined_with_free()?),
        };
        Ok(self.state_from(project.as_ref(), choice, joined.as_ref()))
    }

    fn limits(&self) -> Result<TeamLimits> {
        Ok(self.limits_from(self.joined_with_free()?))
    }

    fn limits_and_state(&self) -> Result<(TeamLimits, TeamState)> {
        let (project, choice) = self.choice(None)?;
        let joined = self.joined_with_free()?;
        let state = self.state_from(project.as_ref(), choice, Some(&joined));
        Ok((self.limits_from(joined), state))
    }

    fn list(&self, project: Option<&Path>) -> Result<TeamList> {
        let (project, choice) = self.choice(project)?;
        let joined = self.joined()?;
        Ok(TeamList {
            teams: joined.teams,
            pinned_team_id: choice.team,
            project: project.map(|project| project.root().display().to_string()),
            warnings: joined.warnings,
            portal_url: self.page(),
        })
    }

    fn show(&self, project: Option<&Path>) -> Result<Pinned> {
        self.check_login()?;
        let project = Self::project(project)?;
        let choice = project.choice()?;
        // Without a pin there is nothing to ask about.
        let joined = choice.team.is_some().then(|| self.joined()).transpose()?;
        Ok(self.told(Some(&project), &choice, joined, false))
    }

    fn pin(&self, project: Option<&Path>, team: &str) -> Result<Pinned> {
        self.check_login()?;
        let project = Self::project(project)?;
        // A file that cannot be read is told before anything is asked.
        let other_provider = project.choice()?.other_provider;
        let joined = self.joined()?;
        let team = self.chosen(&joined, team)?;
        let changed = project.pin(Some(&team.id), self.session.interrupt())?;
        let choice = Choice { team: Some(team.id), other_provider };
        Ok(self.told(Some(&project), &choice, Some(joined), changed))
    }

    fn unpin(&self, project: Option<&Path>) -> Result<Pinned> {
        self.check_login()?;
        let project = Self::project(project)?;
        let changed = project.pin(None, self.session.interrupt())?;
        Ok(self.told(Some(&project), &Choice::default(), None, changed))
    }
}
