//! What a project is billed on, and what a gate may count on: the pot that pays, whether it may be
//! used, and why it is not known where that is so.

use super::{Candidate, FreeLimit, TeamName, is_active, left, listed};
use crate::core::class::{Class, Recovery};
use crate::core::command::NextStep;
use crate::core::failure::Failure;
use crate::core::money::Money;
use crate::provider::balances::Scope;
use crate::provider::unit::{Credits, Unit};
use crate::provider::{AccountState, Balance, Holder};
use schemars::JsonSchema;
use serde::Serialize;

/// Which pot is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A paid team: the pinned one, the named one, or the only one.
    Paid,
    /// The free credits of the month: there is no paid team.
    Free,
    /// Several paid teams, and none is pinned.
    NeedsPick,
    /// The pin names no paid team of the user: what is billed then is not known.
    StalePin,
    /// `brv` uses another provider, or none: nothing is billed here.
    OtherProvider,
}

/// What is billed, and what is left of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pot {
    /// Which kind; null where the tiers could not be read and nothing else decides it.
    pub source: Option<Source>,
    /// The team, where one is billed.
    pub organization: Option<TeamName>,
    /// Credits left.
    pub remaining: Option<Credits>,
    /// Credits in all.
    pub total: Option<Credits>,
    /// The tier of the team.
    pub tier: Option<String>,
    /// Whether the tier is on trial.
    pub is_trialing: Option<bool>,
    /// The system's word for whether the team may be used: `ACTIVE`.
    pub status: Option<String>,
    /// Whether the system reports the limit as reached, even where credits are left.
    pub limit_exceeded: Option<bool>,
    /// The teams there are to choose from, where that has to be done.
    pub candidates: Vec<Candidate>,
    /// The user's other paid teams: what can be pinned when this one is empty.
    #[serde(skip)]
    pub others: Vec<Candidate>,
    /// Credits left of the day, where the day has a limit of its own.
    #[serde(skip)]
    pub today: Option<Credits>,
}

impl Pot {
    /// The day gives no more, and the month does.
    pub fn is_only_empty_today(&self) -> bool {
        self.today.is_some_and(Credits::is_used_up)
            && self.remaining.is_some_and(|left| !left.is_used_up())
    }

    /// Takes in the numbers of the month, and what the day still gives.
    pub fn fill_free(&mut self, limit: &FreeLimit) {
        if self.source != Some(Source::Free) {
            return;
        }
        let exceeded = |flag: Option<bool>| flag == Some(true);
        if let Some(monthly) = &limit.monthly {
            (self.remaining, self.total) = (monthly.remaining, monthly.limit);
        }
        if let Some(daily) = &limit.daily {
            self.today = daily.remaining;
            // The day's own flag says that the day is over, and no more than that.
            if exceeded(daily.limit_exceeded) {
                self.today = Some(self.today.unwrap_or_default().min(Credits::NONE));
            }
        }
        let of_the_month = limit.monthly.as_ref().and_then(|monthly| monthly.limit_exceeded);
        let reached = exceeded(of_the_month)
            || (exceeded(limit.limit_exceeded) && !self.is_only_empty_today());
        self.limit_exceeded = reached.then_some(true).or(of_the_month).or(limit.limit_exceeded);
    }

    /// What can be used now: of the month, and no more than the day still gives.
    fn usable(&self) -> Option<Credits> {
        match (self.remaining, self.today) {
            (Some(left), Some(today)) => Some(left.min(today)),
            (left, today) => left.or(today),
        }
    }
}

/// What a project is billed on. Contract: byterover, answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TeamState {
    /// What is billed.
    #[serde(flatten)]
    pub pot: Pot,
    /// Null: what is billed in place of a stale pin is not known.
    pub billed: Option<Pot>,
    /// The id that the project has pinned.
    pub pinned_team_id: Option<String>,
    /// With `other_provider`: the one that `brv` uses; null where it uses none.
    pub active_provider: Option<String>,
    /// The root of the project.
    pub project: Option<String>,
    /// What could not be read, and what follows from it.
    pub warnings: Vec<String>,
    /// What is counted: `credits`.
    pub unit: Unit,
    /// The page where credits are bought and teams are changed.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
    /// Why it is not known what is billed: the class of the call that failed.
    #[serde(skip)]
    pub trouble: Option<Class>,
}

impl TeamState {
    /// What `brv` does instead of billing anything here.
    pub fn elsewhere(&self) -> String {
        match &self.active_provider {
            Some(name) => format!("brv uses the provider {name}: nothing is billed at ByteRover"),
            None => "brv uses no provider: nothing is billed at ByteRover".to_owned(),
        }
    }

    /// What is wrong with the pin of the project.
    pub fn stale(&self) -> String {
        let id = self.pinned_team_id.as_deref().unwrap_or_default();
        format!("the project has pinned {id}, which is not one of your paid teams")
    }

    fn team_title(&self) -> &str {
        self.pot.organization.as_ref().map_or("the free credits", TeamName::title)
    }

    /// Who else could pay.
    fn with_other_teams(&self, error: Failure) -> Failure {
        let error = match self.pot.others.as_slice() {
            [] => error.hint("Check the team on {page}:"),
            others => {
                let names: Vec<String> = others
                    .iter()
                    .map(|team| match team.remaining {
                        Some(left) => format!("{} ({left} left)", team.title()),
                        None => team.title().to_owned(),
                    })
                    .collect();
                error
                    .hint_with("Your other paid teams: {}.", &[&names.join(", ")])
                    .hint("Change to one with 'topup team pin NAME', or add credits on {page}:")
            }
        };
        error.detail("other_teams", listed(&self.pot.others)).link(self.portal_url.clone())
    }
}

impl AccountState for TeamState {
    fn balance(&self) -> Option<Balance> {
        let amount = self.pot.usable()?.into();
        Some(Balance { amount, unit: self.unit.clone(), unlimited: false })
    }

    fn whole(&self) -> Option<Money> {
        self.pot.total.map(Money::from)
    }

    /// A team that is not active, or has reached its limit with credits left.
    fn stopped(&self) -> Option<Failure> {
        let pot = &self.pot;
        let left = pot.usable();
        let team = self.team_title();
        if let Some(status) = pot.status.as_ref().filter(|status| !is_active(status)) {
            let message = format!("{team} may not be used: its status at ByteRover is {status}");
            let error = Failure::new(Class::BillingDisabled, message)
                .recovery(Recovery::AskAdmin)
                .detail("status", status.as_str());
            return Some(self.with_other_teams(error));
        }
        if pot.limit_exceeded == Some(true) && !left.is_some_and(Credits::is_used_up) {
            let left = left.map(|left| format!(", with {left} credits left")).unwrap_or_default();
            let message = format!("ByteRover reports the limit of {team} as reached{left}");
            return Some(self.with_other_teams(Failure::new(Class::LimitExceeded, message)));
        }
        None
    }

    /// Why no balance is known, and what to do about it.
    fn no_balance(&self) -> Failure {
        const NAME_ONE: &str = "Or name a team for this command: --team NAME.";
        let pot = &self.pot;
        let error = match (pot.source, self.trouble) {
            (Some(Source::NeedsPick), _) => {
                let names: Vec<&str> = pot.candidates.iter().map(Candidate::title).collect();
                let message =
                    format!("several teams could be billed, and none is pinned: {}", names.join(", "));
                Failure::new(Class::ChoiceRequired, message)
                    .hint("Choose one with 'topup team pin NAME'.")
                    .hint(NAME_ONE)
                    .detail("candidates", listed(&pot.candidates))
            }
            (Some(Source::StalePin), _) => {
                Failure::config(format!("what is billed is not known: {}", self.stale()))
                    .hint("Choose a team with 'topup team pin NAME', or run 'topup team unpin'.")
                    .hint(NAME_ONE)
                    .detail("pinned_team_id", self.pinned_team_id.clone())
                    .detail("candidates", listed(&pot.candidates))
            }
            (Some(Source::OtherProvider), _) => Failure::usage(self.elsewhere())
                .hint("Ask the provider that it uses, or change with 'brv providers connect byterover'.")
                .hint(NAME_ONE),
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
        let pot = &self.pot;
        let credits = left(pot.remaining, pot.total);
        let credits = match pot.today {
            Some(_) if pot.is_only_empty_today() => {
                format!("none left today ({credits} this month)")
            }
            Some(today) if pot.remaining.is_some_and(|left| today < left) => {
                format!("{today} left today ({credits} this month)")
            }
            _ => credits,
        };
        let text = match (pot.source, &pot.organization) {
            (Some(Source::NeedsPick), _) => {
                return "no team is chosen; 'topup team pin NAME' chooses one".into();
            }
            (Some(Source::OtherProvider), _) => return NextStep::text(self.elsewhere()),
            (Some(Source::StalePin), _) => {
                return NextStep::text(format!("not known what is billed: {}", self.stale()));
            }
            (_, Some(team)) => format!("{}: {credits}", team.title()),
            (Some(Source::Free), None) => format!("personal free credits: {credits}"),
            _ => return "not known which team is billed".into(),
        };
        NextStep::text(match self.stopped() {
            Some(stopped) => format!("{text}; {stopped}"),
            None => text,
        })
    }

    fn scope(&self) -> Scope {
        Scope::Team
    }

    fn holder(&self) -> Option<Holder> {
        let team = self.pot.organization.as_ref()?;
        Some(Holder { id: team.id.clone(), name: team.title().to_owned() })
    }

    /// Completes the refusal of a gate: who else could pay.
    fn when_short(&self, error: Failure) -> Failure {
        let pot = &self.pot;
        if pot.source != Some(Source::Free) {
            return self.with_other_teams(error);
        }
        let hint = if pot.is_only_empty_today() {
            "The free credits of today are used up: there are more tomorrow, and a paid team can be used now."
        } else if pot.remaining.is_some_and(|left| !left.is_used_up()) {
            "The free credits are not enough: only a paid team has more this month."
        } else {
            "The free credits are used up: only a paid team can be used this month."
        };
        error.hint(hint).detail("other_teams", listed(&pot.others)).link(self.portal_url.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::teams::Allowance;

    fn state(pot: Pot) -> TeamState {
        TeamState {
            pot,
            billed: None,
            pinned_team_id: Some("org_gone".into()),
            active_provider: None,
            project: None,
            warnings: Vec::new(),
            unit: Unit::Things("credits"),
            portal_url: "https://app.example/".into(),
            sandbox: false,
            trouble: None,
        }
    }

    fn team(left: i64) -> Pot {
        Pot {
            source: Some(Source::Paid),
            organization: Some(TeamName { id: "a".into(), name: Some("Acme".into()) }),
            remaining: Some(left.into()),
            total: Some(100.into()),
            status: Some("Active".into()),
            limit_exceeded: Some(left <= 0),
            ..Pot::default()
        }
    }

    #[test]
    fn a_gate_counts_on_a_team_only_while_it_may_be_used() {
        let usable = |pot: Pot| state(pot).usable_balance().map(|found| found.shown());
        assert_eq!(usable(team(40)).expect("usable"), "40 credits");
        // Empty and over the limit is just empty: the gate says how much is missing.
        assert_eq!(usable(team(0)).expect("usable"), "0 credits");
        let suspended = Pot { status: Some("SUSPENDED".into()), ..team(40) };
        let refused = usable(suspended.clone()).expect_err("stopped");
        assert_eq!(refused.class(), Class::BillingDisabled);
        assert!(
            state(suspended).brief().to_string().contains("its status at ByteRover is SUSPENDED")
        );
        let exceeded = Pot { limit_exceeded: Some(true), ..team(40) };
        assert_eq!(usable(exceeded.clone()).expect_err("stopped").class(), Class::LimitExceeded);
        let untold = Pot { remaining: None, ..exceeded };
        assert_eq!(usable(untold).expect_err("stopped").class(), Class::LimitExceeded);
        for (source, class) in [
            (Source::NeedsPick, Class::ChoiceRequired),
            (Source::StalePin, Class::Config),
            (Source::OtherProvider, Class::Usage),
        ] {
            let pot = Pot { source: Some(source), ..Pot::default() };
            let refused = usable(pot).expect_err("not known");
            assert_eq!(refused.class(), class, "{source:?}");
            assert!(
                refused.parts().hints.iter().any(|hint| hint.to_string().contains("--team")),
                "{source:?}"
            );
        }
    }

    #[test]
    fn the_free_pot_is_what_the_month_and_the_day_both_give() {
        let free = |daily: (i64, bool), monthly: (i64, bool), all: bool| {
            let allowance = |(left, exceeded): (i64, bool)| {
                Some(Allowance {
                    limit: Some(100.into()),
                    remaining: Some(left.into()),
                    limit_exceeded: Some(exceeded),
                    ..Allowance::default()
                })
            };
            let mut pot = Pot { source: Some(Source::Free), ..Pot::default() };
            pot.fill_free(&FreeLimit {
                daily: allowance(daily),
                monthly: allowance(monthly),
                limit_exceeded: Some(all),
            });
            state(pot)
        };
        for (daily, monthly, all, left, brief) in [
            (
                (50, false),
                (80, false),
                false,
                Some(50),
                "50 left today (80 of 100 left this month)",
            ),
            ((0, true), (80, false), true, Some(0), "none left today (80 of 100 left this month)"),
            ((90, false), (80, false), false, Some(80), "80 of 100 left"),
            // Used up by its flag, even where the number says otherwise.
            ((9, true), (80, false), true, Some(0), "none left today (80 of 100 left this month)"),
            (
                (9, false),
                (80, true),
                false,
                None,
                "reports the limit of the free credits as reached",
            ),
            (
                (9, false),
                (80, false),
                true,
                None,
                "reports the limit of the free credits as reached",
            ),
            ((9, false), (0, true), true, Some(0), "0 of 100 left"),
        ] {
            let state = free(daily, monthly, all);
            let usable = state.usable_balance().ok().map(|found| found.amount);
            assert_eq!(
                usable,
                left.map(|left| Credits::from(left).into()),
                "{daily:?} {monthly:?}"
            );
            let shown = state.brief().to_string();
            assert!(shown.contains(brief), "{shown}: {brief}");
        }
    }
}
