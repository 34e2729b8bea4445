//! Which project, which team, and what `brv` does: what is billed here, and how a project chooses.
//! Contract: byterover, which pot is billed, and the pin.

use super::billed::{billed, team_pot};
use super::brv::{self, Active};
use super::project::Project;
use super::{ByteRover, Joined, UNIT};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::provider::Finding;
use crate::provider::teams::{
    Candidate, Pinned, Pot, Source, Team, TeamLimits, TeamList, TeamState, Teams, Which, is_active,
    listed,
};
use std::path::Path;

/// What a project has chosen.
#[derive(Debug, Default)]
struct Choice {
    /// The root of the project, for people.
    root: Option<String>,
    /// The id of the team that is pinned.
    pin: Option<String>,
}

impl Choice {
    fn new(project: &Project, pin: Option<String>) -> Self {
        Self { root: Some(project.root().display().to_string()), pin }
    }
}

impl ByteRover<'_> {
    /// A state without a pot: what holds for every pot.
    fn bare_state(&self, choice: &Choice, joined: Option<&Joined>) -> TeamState {
        TeamState {
            pot: Pot::default(),
            billed: None,
            pinned_team_id: choice.pin.clone(),
            active_provider: None,
            project: choice.root.clone(),
            warnings: joined.map(|joined| joined.warnings.clone()).unwrap_or_default(),
            unit: UNIT,
            portal_url: self.page(None),
            sandbox: self.portal().sandbox || joined.is_some_and(|joined| joined.sandbox),
            trouble: joined.and_then(|joined| joined.trouble),
        }
    }

    /// What the rules make of the teams and of what the project has chosen.
    fn state_from(&self, choice: &Choice, joined: &Joined) -> TeamState {
        let mut state = self.bare_state(choice, Some(joined));
        state.pot = billed(&joined.teams, state.pinned_team_id.as_deref());
        if let Some(limit) = &joined.free {
            state.pot.fill_free(limit);
        }
        if let Some(id) = state.pinned_team_id.as_ref().filter(|id| !id.is_empty())
            && state.pot.source == Some(Source::Free)
        {
            state.warnings.push(format!(
                "the project has pinned {id}, which changes nothing: you have no paid team"
            ));
        }
        if state.pot.is_only_empty_today() {
            let text = "the free credits of today are used up; there are more tomorrow";
            state.warnings.push(text.into());
        }
        state
    }

    /// The state of one team, independently of the project's choice.
    fn state_of_team(&self, word: &str, joined: &mut Joined) -> Result<TeamState> {
        let team = self.chosen(joined, word)?;
        let mut state = self.bare_state(&Choice::default(), Some(joined));
        state.pot = team_pot(&team, &joined.teams);
        Ok(state)
    }

    /// The state where `brv` bills nothing here. Nothing is fetched for it.
    fn state_elsewhere(&self, choice: &Choice) -> Option<TeamState> {
        let (name, why) = match self.active() {
            Active::Own => return None,
            Active::Other(name) => (Some(name), None),
            Active::None(why) => (None, Some(why)),
        };
        let mut state = self.bare_state(choice, None);
        state.pot.source = Some(Source::OtherProvider);
        state.active_provider = name;
        state.warnings.extend(why);
        Some(state)
    }

    /// The provider that `brv` uses. At the embedded portal there is no `brv` unless its file is
    /// there.
    fn active(&self) -> Active {
        match brv::active_provider(&self.environment.variables) {
            Active::None(_) if self.portal().sandbox => Active::Own,
            active => active,
        }
    }

    /// What `brv` and the project on this machine have to do with what is billed.
    pub(super) fn findings_here(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        found.push(match self.active() {
            Active::Own => Finding::Fine("brv uses ByteRover".into()),
            Active::Other(name) => Finding::Doubt(
                format!("brv uses the provider {name}: nothing is billed at ByteRover"),
                "brv providers connect byterover",
            ),
            Active::None(why) => Finding::Doubt(
                format!("brv uses no provider, so it bills nothing at ByteRover: {why}"),
                "brv providers connect byterover",
            ),
        });
        let here = self.environment.working_folder.as_deref();
        let pinned = Project::find(None, here).and_then(|project| match project {
            Some(project) => {
                let pin = project.pinned(self.session.interrupt())?;
                Ok(Some((project, pin)))
            }
            None => Ok(None),
        });
        match pinned {
            Ok(None) => found.push(Finding::Fine("this folder is in no project of brv".into())),
            Ok(Some((project, None))) => {
                let root = project.root().display();
                found.push(Finding::Fine(format!("the project {root} has pinned no team")));
            }
            Ok(Some((project, Some(id)))) => {
                let root = project.root().display();
                found.push(Finding::Fine(format!("the project {root} has pinned {id}")));
                let variables = &self.environment.variables;
                if let Some(pid) = brv::daemon(variables, self.environment.clock.now()) {
                    found.push(Finding::Doubt(
                        format!(
                            "brv is running (process {pid}) and keeps the pin that it has read"
                        ),
                        "brv restart",
                    ));
                }
            }
            Err(failure) => found.push(Finding::Trouble(failure)),
        }
        found
    }

    fn limits_from(&self, joined: Joined, only: Option<&str>) -> TeamLimits {
        let mut organizations = joined.teams;
        if let Some(id) = only {
            organizations.retain(|team| team.id == id);
        }
        let mut warnings = joined.warnings;
        for team in &organizations {
            if let Some(status) = team.status.as_ref().filter(|status| !is_active(status)) {
                warnings.push(format!("{} may not be used: its status is {status}", team.title()));
            }
        }
        TeamLimits {
            organizations,
            free: joined.free,
            warnings,
            unit: UNIT,
            portal_url: self.page(None),
            sandbox: joined.sandbox,
        }
    }

    /// The project, if there is one, and what it has chosen. Contract: byterover, learned 4.
    fn choice(&self, named: Option<&Path>) -> Result<Choice> {
        self.check_login()?;
        let here = self.environment.working_folder.as_deref();
        let Some(project) = Project::find(named, here)? else { return Ok(Choice::default()) };
        let pin = project.pinned(self.session.interrupt())?;
        Ok(Choice::new(&project, pin))
    }

    /// The project a team is pinned for.
    fn project(&self, named: Option<&Path>) -> Result<Project> {
        let here = self.environment.working_folder.as_deref();
        Project::find(named, here)?.ok_or_else(|| {
            Failure::usage(
                "this folder is in no ByteRover project: the nearest .brv has no config.json, or there is none",
            )
            .hint("Change into a project that brv has set up, or name its root with --project DIR.")
        })
    }

    /// The team that is meant, if it can be billed.
    fn chosen(&self, joined: &mut Joined, word: &str) -> Result<Team> {
        if named(&joined.teams, word).is_err() {
            // It may be a short name, which stands in an answer of its own.
            self.add_slugs(&mut joined.teams);
        }
        let team = named(&joined.teams, word).map_err(|error| error.link(self.page(None)))?;
        match (team.is_paid(), joined.trouble) {
            (Some(true), _) => Ok(team.clone()),
            (None, trouble) => Err(Failure::new(
                trouble.unwrap_or(Class::Protocol),
                format!("whether {} can be billed could not be read", team.title()),
            )),
            (Some(false), _) => Err(with_paid(
                Failure::usage(format!("{} is a free team and cannot be billed", team.title())),
                &joined.teams,
            )
            .link(self.page(None))),
        }
    }

    /// The answer about a pin.
    fn pin_answer(
        &self,
        project: &Project,
        pin: Option<String>,
        joined: Option<Joined>,
        changed: bool,
    ) -> Pinned {
        let (teams, mut warnings) =
            joined.map(|joined| (joined.teams, joined.warnings)).unwrap_or_default();
        if pin.is_some() {
            match self.active() {
                Active::Own => {}
                Active::Other(name) => {
                    warnings.push(format!("brv uses {name}: nothing is billed here while it does"));
                }
                Active::None(why) => {
                    warnings.push(format!("brv uses no provider, so it bills nothing here: {why}"));
                }
            }
        }
        let team = pin.as_ref().and_then(|id| teams.into_iter().find(|team| team.id == *id));
        if changed
            && let Some(pid) =
                brv::daemon(&self.environment.variables, self.environment.clock.now())
        {
            let word = team.as_ref().map(Team::title).filter(|name| is_word(name));
            let name = word.unwrap_or("NAME");
            warnings.push(format!(
                "brv is running (process {pid}) and bills the earlier choice until 'brv restart'{}",
                match pin {
                    Some(_) => format!(" or 'brv providers connect byterover --team {name}'"),
                    None => String::new(),
                }
            ));
        }
        let usable = match (&pin, &team) {
            (None, _) => None,
            (Some(_), None) => Some(false),
            (Some(_), Some(team)) => team.is_paid(),
        };
        let slug = team.as_ref().and_then(|team| team.slug.clone());
        Pinned {
            pinned_team_id: pin,
            team,
            usable,
            changed,
            project: Some(project.root().display().to_string()),
            file: Some(project.pin_file().display().to_string()),
            warnings,
            portal_url: self.page(slug.as_deref()),
        }
    }
}

/// The one team that a word means: its id, its name, its short name, or a beginning of one of them
/// that no other team has. Capitals do not matter.
fn named<'t>(teams: &'t [Team], word: &str) -> Result<&'t Team> {
    let wanted = word.trim().to_lowercase();
    let shown = word.escape_debug();
    if wanted.is_empty() {
        return Err(Failure::usage("the name of the team is empty"));
    }
    let those = |fits: &dyn Fn(&str) -> bool| -> Vec<&'t Team> {
        let any = |team: &&Team| {
            let names = [Some(&team.id), team.name.as_ref(), team.slug.as_ref()];
            names.into_iter().flatten().any(|name| fits(&name.trim().to_lowercase()))
        };
        teams.iter().filter(any).collect()
    };
    // An exact id is that team, even where another team has it as its name.
    if let Some(team) = teams.iter().find(|team| team.id == word) {
        return Ok(team);
    }
    let whole = those(&|name| name == wanted);
    let found = if whole.is_empty() { those(&|name| name.starts_with(&wanted)) } else { whole };
    match found.as_slice() {
        [team] => Ok(team),
        [] => Err(with_paid(Failure::usage(format!("you belong to no team '{shown}'")), teams)),
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

/// Whether it can be typed in a command as it stands.
fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Names the paid teams among these, which could be meant instead.
fn with_paid(error: Failure, teams: &[Team]) -> Failure {
    let paid = || teams.iter().filter(|team| team.is_paid() == Some(true));
    let candidates: Vec<Candidate> = paid().map(Team::candidate).collect();
    let names: Vec<&str> = paid().map(Team::title).collect();
    let error = if names.is_empty() {
        error.hint("You have no paid team: there is nothing to choose.")
    } else {
        error.hint_with("Your paid teams: {}.", &[&names.join(", ")])
    };
    error.detail("candidates", listed(&candidates))
}

impl Teams for ByteRover<'_> {
    fn state_of(&self, which: Which<'_>) -> Result<TeamState> {
        if let Some(word) = which.team {
            return self.state_of_team(word, &mut self.joined()?);
        }
        let choice = self.choice(which.project)?;
        match self.state_elsewhere(&choice) {
            Some(state) => Ok(state),
            None => Ok(self.state_from(&choice, &self.joined_with_free()?)),
        }
    }

    fn limits(&self, which: Which<'_>) -> Result<TeamLimits> {
        let mut joined = self.joined_with_free()?;
        let only = match which.team {
            Some(word) => Some(self.chosen(&mut joined, word)?.id),
            None => None,
        };
        Ok(self.limits_from(joined, only.as_deref()))
    }

    fn limits_and_state(&self, which: Which<'_>) -> Result<(TeamLimits, TeamState)> {
        if let Some(word) = which.team {
            let mut joined = self.joined()?;
            let state = self.state_of_team(word, &mut joined)?;
            let only = state.pot.organization.as_ref().map(|team| team.id.clone());
            return Ok((self.limits_from(joined, only.as_deref()), state));
        }
        let choice = self.choice(which.project)?;
        let joined = self.joined_with_free()?;
        let state =
            self.state_elsewhere(&choice).unwrap_or_else(|| self.state_from(&choice, &joined));
        Ok((self.limits_from(joined, None), state))
    }

    fn list(&self, project: Option<&Path>) -> Result<TeamList> {
        let Choice { root, pin } = self.choice(project)?;
        let Joined { teams, warnings, .. } = self.joined_with_slugs()?;
        Ok(TeamList {
            teams,
            pinned_team_id: pin,
            project: root,
            warnings,
            portal_url: self.page(None),
        })
    }

    fn show(&self, project: Option<&Path>) -> Result<Pinned> {
        self.check_login()?;
        let project = self.project(project)?;
        let pin = project.pinned(self.session.interrupt())?;
        // Without a pin there is nothing to ask about.
        let joined = pin.is_some().then(|| self.joined_with_slugs()).transpose()?;
        Ok(self.pin_answer(&project, pin, joined, false))
    }

    fn pin(&self, project: Option<&Path>, team: &str) -> Result<Pinned> {
        self.check_login()?;
        let project = self.project(project)?;
        // A file that cannot be read is reported before anything is asked.
        project.pinned(self.session.interrupt())?;
        let mut joined = self.joined_with_slugs()?;
        let team = self.chosen(&mut joined, team).map_err(|error| match error.class() {
            Class::Usage => error,
            _ => error.hint("Nothing was pinned; run the command again in a while."),
        })?;
        let changed = project.pin(Some(&team.id), self.session.interrupt())?;
        Ok(self.pin_answer(&project, Some(team.id), Some(joined), changed))
    }

    fn unpin(&self, project: Option<&Path>) -> Result<Pinned> {
        self.check_login()?;
        let project = self.project(project)?;
        let changed = project.pin(None, self.session.interrupt())?;
        Ok(self.pin_answer(&project, None, None, changed))
    }

    fn page_of(&self, team_id: &str) -> Option<String> {
        let slugs = self.slugs();
        let (_, slug) = slugs.iter().find(|(id, _)| id == team_id)?;
        Some(self.page(Some(slug)))
    }
}
