//! Accounts whose credits belong to teams: which team is billed for a project, and how the project
//! chooses one. Contract: byterover.

mod state;

pub use state::{Pot, Source, TeamState};

use super::unit::{Credits, Unit};
use crate::core::failure::Result;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// Billing by team. Every call needs a login, reading and writing the choice of a project too.
pub trait Teams {
    /// What is billed.
    fn state_of(&self, which: Which<'_>) -> Result<TeamState>;

    /// What each team and the free pot have left; of the one team that is named, if one is.
    fn limits(&self, which: Which<'_>) -> Result<TeamLimits>;

    /// The same, and what is billed.
    fn limits_and_state(&self, which: Which<'_>) -> Result<(TeamLimits, TeamState)>;

    /// The teams of this login, and which of them the project has pinned.
    fn list(&self, project: Option<&Path>) -> Result<TeamList>;

    /// What the project has pinned, and whether it can be billed.
    fn show(&self, project: Option<&Path>) -> Result<Pinned>;

    /// Pins a team by its name, its id, its short name, or a beginning of one of them that no
    /// other team has.
    fn pin(&self, project: Option<&Path>, team: &str) -> Result<Pinned>;

    /// Leaves the choice to the rules again.
    fn unpin(&self, project: Option<&Path>) -> Result<Pinned>;

    /// The page of one team, where the system reports its short name; asks the network.
    fn page_of(&self, team_id: &str) -> Option<String>;
}

/// Whose pot is meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// The project at this root; the one around the working folder when none is named.
    pub project: Option<&'a Path>,
    /// This team, instead of the one that the project has chosen: by what [`Teams::pin`] takes.
    pub team: Option<&'a str>,
}

impl Which<'_> {
    /// Whether no project and no team is named.
    pub fn is_whole(&self) -> bool {
        self.project.is_none() && self.team.is_none()
    }
}

/// One team, from the system's answer and its list of tiers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Team {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its short name in links, where it is known.
    pub slug: Option<String>,
    /// `FREE`, `PRO`, `TEAM`; null where it could not be read.
    pub tier: Option<String>,
    /// Whether the tier is on trial.
    pub is_trialing: Option<bool>,
    /// The system's word for whether it may be used: `ACTIVE`.
    pub status: Option<String>,
    /// Whether the system reports its limit as reached, even where credits are left.
    pub limit_exceeded: Option<bool>,
    /// Credits used.
    pub used: Option<Credits>,
    /// Credits left.
    pub remaining: Option<Credits>,
    /// Credits in all, add-ons included.
    pub total: Option<Credits>,
    /// Used of the total, in whole percent, rounded down.
    pub percent: Option<u64>,
    /// Credits left of what was bought beside the plan.
    pub add_on: Option<Credits>,
}

impl Team {
    /// Whether it can be billed; none where its tier could not be read.
    pub fn is_paid(&self) -> Option<bool> {
        self.tier.as_deref().map(|tier| !tier.eq_ignore_ascii_case("FREE"))
    }

    /// The name people know it by.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// As a team that could be billed.
    pub fn candidate(&self) -> Candidate {
        Candidate {
            id: self.id.clone(),
            name: self.name.clone(),
            tier: self.tier.clone(),
            remaining: self.remaining,
        }
    }
}

/// Whether this word of the system means that a team may be used.
pub fn is_active(status: &str) -> bool {
    status.eq_ignore_ascii_case("ACTIVE")
}

/// A team that could be billed or pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its tier; null where it could not be read.
    pub tier: Option<String>,
    /// Credits left.
    pub remaining: Option<Credits>,
}

impl Candidate {
    /// The name people know it by.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// A team by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TeamName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

impl TeamName {
    /// The name people know it by.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// Credits, for a person: `250 of 1000 left`.
pub fn left(remaining: Option<Credits>, total: Option<Credits>) -> String {
    match (remaining, total) {
        (Some(left), Some(total)) => format!("{left} of {total} left"),
        (Some(left), None) => format!("{left} left"),
        (None, _) => "not stated".to_owned(),
    }
}

/// Teams as `error.details` carries them.
pub fn listed(teams: &[Candidate]) -> serde_json::Value {
    serde_json::to_value(teams).unwrap_or_default()
}

/// A limit of a period, in credits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Allowance {
    /// Credits in all.
    pub limit: Option<Credits>,
    /// Credits used.
    pub used: Option<Credits>,
    /// Credits left.
    pub remaining: Option<Credits>,
    /// Used of the limit, in whole percent, rounded down.
    pub percent: Option<u64>,
    /// Whether the system reports it as used up, even where some is left.
    pub limit_exceeded: Option<bool>,
}

/// The free credits of a user without a paid team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeLimit {
    /// Of the day.
    pub daily: Option<Allowance>,
    /// Of the month.
    pub monthly: Option<Allowance>,
    /// Whether the system reports them as used up, even where some are left.
    pub limit_exceeded: Option<bool>,
}

/// What every team has left; `data` of `limit` where teams are billed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TeamLimits {
    /// One entry per team.
    pub organizations: Vec<Team>,
    /// Where there is no paid team.
    pub free: Option<FreeLimit>,
    /// What could not be read.
    pub warnings: Vec<String>,
    /// What is counted: `credits`.
    pub unit: Unit,
    /// The page where credits are bought and teams are changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// The teams of a login; `data` of `team list`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TeamList {
    /// One entry per team.
    pub teams: Vec<Team>,
    /// The id that the project has pinned.
    pub pinned_team_id: Option<String>,
    /// The root of the project.
    pub project: Option<String>,
    /// What could not be read.
    pub warnings: Vec<String>,
    /// The page where teams are changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}

/// What a project has pinned; `data` of `team show`, `team pin` and `team unpin`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pinned {
    /// The id that is pinned now.
    pub pinned_team_id: Option<String>,
    /// The team behind it, if it is one of the user's.
    pub team: Option<Team>,
    /// Whether the pin decides what is billed; null where the tiers could not be read.
    pub usable: Option<bool>,
    /// Whether this command changed it.
    pub changed: bool,
    /// The root of the project.
    pub project: Option<String>,
    /// The file that holds it.
    pub file: Option<String>,
    /// What could not be read, and what else decides.
    pub warnings: Vec<String>,
    /// The page where teams are changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
}
