//! Accounts whose credits belong to teams: which team is billed for a project, and how the project
//! chooses one. Contract: byterover.

use super::{AccountState, Balance, Holder, Money, Unit};
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::failure::{Failure, Result};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// Billing by team. Every call needs a login, reading and writing the choice of a project too.
pub trait Teams {
    /// What is billed for the project at this root; for the one around the working directory when
    /// none is named.
    fn state_of(&self, project: Option<&Path>) -> Result<TeamState>;

    /// What each team and the free pot have left.
    fn limits(&self) -> Result<TeamLimits>;

    /// The same, and what is billed for the project around the working directory.
    fn limits_and_state(&self) -> Result<(TeamLimits, TeamState)>;

    /// The teams of this login, and which of them the project has pinned.
    fn list(&self, project: Option<&Path>) -> Result<TeamList>;

    /// What the project has pinned, and whether it can be billed.
    fn show(&self, project: Option<&Path>) -> Result<Pinned>;

    /// Pins a team by its name, its id, or a beginning of one of them that no other team has.
    fn pin(&self, project: Option<&Path>, team: &str) -> Result<Pinned>;

    /// Leaves the choice to the rules again.
    fn unpin(&self, project: Option<&Path>) -> Result<Pinned>;
}

/// Which pot is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A paid team: the pinned one, or the only one.
    Paid,
    /// The free credits of the month: there is no paid team.
    Free,
    /// Several paid teams, and nobody has said which.
    NeedsPick,
    /// The pin names a team that is gone or no longer paid; `billed` says what is used instead.
    StalePin,
    /// The project uses another provider: nothing is billed here.
    OtherProvider,
}

/// One team as the system and its list of tiers tell it, together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Team {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `FREE`, `PRO`, `TEAM`; null where it could not be read.
    pub tier: Option<String>,
    /// Whether the tier is on trial.
    pub is_trialing: Option<bool>,
    /// Credits used.
    pub used: Option<i64>,
    /// Credits left.
    pub remaining: Option<i64>,
    /// Credits in all, add-ons included.
    pub total: Option<i64>,
    /// Used of the total, in whole percent, rounded down.
    pub percent: Option<u64>,
    /// Credits left of what was bought beside the plan.
    pub add_on: Option<i64>,
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
    pub remaining: Option<i64>,
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

/// What is billed, and what is left of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pot {
    /// Which kind; null where the tiers could not be read and nothing else decides it.
    pub source: Option<Source>,
    /// The team, where one is billed.
    pub organization: Option<TeamName>,
    /// Credits left.
    pub remaining: Option<i64>,
    /// Credits in all.
    pub total: Option<i64>,
    /// The tier of the team.
    pub tier: Option<String>,
    /// Whether the tier is on trial.
    pub is_trialing: Option<bool>,
    /// The teams there are to choose from, where that has to be done.
    pub candidates: Vec<Candidate>,
    /// The user's other paid teams: what can be pinned when this one is empty.
    #[serde(skip)]
    pub others: Vec<Candidate>,
    /// Credits left of the day, where the day has a limit of its own.
    #[serde(skip)]
    pub today: Option<i64>,
}

impl Pot {
    /// The day gives no more, and the month does.
    pub fn is_only_empty_today(&self) -> bool {
        self.today.is_some_and(|left| left <= 0) && self.remaining.is_some_and(|left| left > 0)
    }
}

/// What a project is billed on. Contract: byterover, answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TeamState {
    /// What is billed.
    #[serde(flatten)]
    pub pot: Pot,
    /// With `stale_pin`: what is billed instead of the team that is pinned.
    pub billed: Option<Pot>,
    /// The id that the project has pinned.
    pub pinned_team_id: Option<String>,
    /// With `other_provider`: the one that the project uses.
    pub active_provider: Option<String>,
    /// The root of the project.
    pub project: Option<String>,
    /// What could not be read, and what follows from it.
    pub warnings: Vec<String>,
    /// What is counted: `credits`.
    pub unit: Unit,
    /// The page where credits are bought and teams are changed.
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
    /// Why it is not known what is billed: the class of the call that failed.
    #[serde(skip)]
    pub trouble: Option<Class>,
}

impl TeamState {
    /// The pot that pays in the end.
    pub fn paying(&self) -> &Pot {
        self.billed.as_ref().unwrap_or(&self.pot)
    }
}

impl AccountState for TeamState {
    /// What is there now, for a gate: of the month, and no more than the day still gives.
    fn balance(&self) -> Option<Balance> {
        let pot = self.paying();
        let now = match (pot.remaining, pot.today) {
            (Some(left), Some(today)) => left.min(today),
            (left, today) => left.or(today)?,
        };
        Some(Balance {
            amount: Money(Decimal::from(now)),
            unit: self.unit.clone(),
            unlimited: false,
        })
    }

    /// Why no balance can be told, and what to do about it.
    fn no_balance(&self) -> Failure {
        let pot = self.paying();
        let error = match (pot.source, self.trouble) {
            (Some(Source::NeedsPick), _) => {
                let names: Vec<&str> = pot.candidates.iter().map(Candidate::title).collect();
                Failure::usage(format!(
                    "several teams could be billed, and none is pinned: {}",
                    names.join(", ")
                ))
                .hint("Choose one with 'topup team pin NAME'.")
                .detail("candidates", listed(&pot.candidates))
            }
            (Some(Source::OtherProvider), _) => Failure::usage(format!(
                "this project is not billed here: it uses {}",
                self.active_provider.as_deref().unwrap_or("another provider")
            ))
            .hint("Name another project with --project, or ask the provider it uses."),
            (None, Some(trouble)) => Failure::new(
                trouble,
                self.warnings.first().map_or("it is not known what is billed", String::as_str),
            ),
            _ => Failure::new(Class::Protocol, "the system did not say what is left"),
        };
        error.link(self.portal_url.clone())
    }

    /// The pot and what is left of it.
    fn brief(&self) -> NextStep {
        let pot = self.paying();
        let credits = left(pot.remaining, pot.total);
        let text = match (pot.source, &pot.organization) {
            (Some(Source::NeedsPick), _) => {
                return "no team is chosen; 'topup team pin NAME' chooses one".into();
            }
            (Some(Source::OtherProvider), _) => format!(
                "not billed here: the project uses {}",
                self.active_provider.as_deref().unwrap_or("another provider")
            ),
            (_, Some(team)) => format!("{}: {credits}", team.title()),
            (Some(Source::Free), None) => format!("personal free credits: {credits}"),
            _ => "not known which team is billed".to_owned(),
        };
        let ending = if self.billed.is_some() { " (the pinned team is not usable)" } else { "" };
        NextStep::text(text + ending)
    }

    fn holder(&self) -> Option<Holder> {
        let team = self.paying().organization.as_ref()?;
        Some(Holder { id: team.id.clone(), name: team.title().to_owned() })
    }

    /// Completes the refusal of a gate: who else could pay.
    fn when_short(&self, error: Failure) -> Failure {
        let pot = self.paying();
        let error = match (pot.source, pot.others.as_slice()) {
            (Some(Source::Free), _) if pot.is_only_empty_today() => error.hint(
                "The free credits of today are used up: there are more tomorrow, and a paid team goes on now.",
            ),
            (Some(Source::Free), _) if pot.remaining.is_some_and(|left| left > 0) => error
                .hint("The free credits do not reach that far: only a paid team has more this month."),
            (Some(Source::Free), _) => {
                error.hint("The free credits are used up: only a paid team goes on this month.")
            }
            (_, []) => error.hint("Add credits to the team on this page:"),
            (_, others) => {
                let names: Vec<String> = others
                    .iter()
                    .map(|team| match team.remaining {
                        Some(left) => format!("{} ({left} left)", team.title()),
                        None => team.title().to_owned(),
                    })
                    .collect();
                error
                    .hint(format!("Your other paid teams: {}.", names.join(", ")))
                    .hint("Change to one with 'topup team pin NAME', or add credits on this page:")
            }
        };
        error.detail("other_teams", listed(&pot.others)).link(self.portal_url.clone())
    }
}

/// Credits, for a person: `250 of 1000 left`.
pub fn left(remaining: Option<i64>, total: Option<i64>) -> String {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Allowance {
    /// Credits in all.
    pub limit: Option<i64>,
    /// Credits used.
    pub used: Option<i64>,
    /// Credits left.
    pub remaining: Option<i64>,
    /// Used of the limit, in whole percent, rounded down.
    pub percent: Option<u64>,
}

/// The free credits of a user without a paid team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeLimit {
    /// Of the day.
    pub daily: Option<Allowance>,
    /// Of the month.
    pub monthly: Option<Allowance>,
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
    /// What could not be read.
    pub warnings: Vec<String>,
    /// The page where teams are changed.
    pub portal_url: String,
}

/// How much of the total is used, in whole percent, rounded down. Of nothing there is no share.
pub fn percent(used: Option<i64>, total: Option<i64>) -> Option<u64> {
    let (used, total) = (i128::from(used?.max(0)), i128::from(total?));
    if total <= 0 {
        return None;
    }
    u64::try_from(used * 100 / total).ok()
}

/// A capability that a system without teams does not have.
///
/// # Errors
/// Class `unsupported`, with the page where it is done.
pub fn of<'a>(provider: &'a (dyn super::Provider + 'a)) -> Result<&'a dyn Teams> {
    provider.teams().ok_or_else(|| provider.unsupported("teams", super::PortalPage::Topup))
}
