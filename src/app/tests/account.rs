//! An account that shows what the test says: of teams, in uses, or in dollars.

use super::shop::{PORTAL, money};
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::http::{Presented, Request};
use crate::provider::packs::{Packs, UsesState};
use crate::provider::teams::{
    Candidate, Pinned, Pot, Source, TeamLimits, TeamList, TeamName, TeamState, Teams, Which,
};
use crate::provider::{BYTEROVER, CIRIS, NOUS, PortalPage, Provider, State, Unit};
use std::cell::RefCell;
use std::path::Path;

/// An account at a portal.
pub struct FakeAccount {
    pub state: State,
    /// What was asked about each time a team or project was meant.
    pub asked: RefCell<Vec<String>>,
}

impl FakeAccount {
    pub fn new(state: State) -> Self {
        Self { state, asked: RefCell::default() }
    }

    /// That many uses are left.
    pub fn with_uses(left: i64) -> Self {
        Self::new(State::Uses(Box::new(UsesState::with_left(left))))
    }

    /// The team that is billed has that many credits.
    pub fn with_team(left: i64) -> Self {
        Self::new(State::Teams(Box::new(team(left))))
    }

    fn team_state(&self) -> TeamState {
        match &self.state {
            State::Teams(state) => state.as_ref().clone(),
            other => panic!("{other:?} is no account of teams"),
        }
    }
}

/// A team that may be used, beside another one.
pub fn team(left: i64) -> TeamState {
    let other = Candidate {
        id: "b".into(),
        name: Some("Beta".into()),
        tier: Some("PRO".into()),
        remaining: Some(900.into()),
    };
    TeamState {
        pot: Pot {
            source: Some(Source::Paid),
            organization: Some(TeamName { id: "a".into(), name: Some("Acme".into()) }),
            remaining: Some(left.into()),
            total: Some(1000.into()),
            status: Some("ACTIVE".into()),
            limit_exceeded: Some(false),
            others: vec![other],
            ..Pot::default()
        },
        billed: None,
        pinned_team_id: None,
        active_provider: None,
        project: None,
        warnings: vec!["the tier of Beta could not be read".into()],
        unit: Unit::Things("credits"),
        portal_url: PORTAL.into(),
        sandbox: false,
        trouble: None,
    }
}

impl Provider for FakeAccount {
    fn system(&self) -> System {
        match self.state {
            State::Teams(_) => BYTEROVER,
            State::Uses(_) => CIRIS,
            _ => NOUS,
        }
    }

    fn link(&self, _: PortalPage) -> Option<String> {
        Some(PORTAL.to_owned())
    }

    fn state(&self) -> Result<State> {
        Ok(self.state.clone())
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    fn check_key(&self) -> Result<()> {
        Ok(())
    }

    fn teams(&self) -> Option<&dyn Teams> {
        matches!(self.state, State::Teams(_)).then_some(self as &dyn Teams)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        matches!(self.state, State::Uses(_)).then_some(self as &dyn Packs)
    }
}

impl Packs for FakeAccount {
    fn account(&self) -> Result<UsesState> {
        match &self.state {
            State::Uses(state) => Ok(state.as_ref().clone()),
            other => panic!("{other:?} is not counted in uses"),
        }
    }

    fn opening_body(&self, _: Option<&str>) -> Vec<u8> {
        Vec::new()
    }
}

impl Teams for FakeAccount {
    fn state_of(&self, which: Which<'_>) -> Result<TeamState> {
        self.asked.borrow_mut().push(format!("{:?} {:?}", which.project, which.team));
        Ok(self.team_state())
    }

    fn limits(&self, which: Which<'_>) -> Result<TeamLimits> {
        self.limits_and_state(which).map(|(limits, _)| limits)
    }

    fn limits_and_state(&self, which: Which<'_>) -> Result<(TeamLimits, TeamState)> {
        let state = self.state_of(which)?;
        let limits = TeamLimits {
            organizations: Vec::new(),
            free: None,
            warnings: Vec::new(),
            unit: state.unit.clone(),
            portal_url: PORTAL.into(),
            sandbox: false,
        };
        Ok((limits, state))
    }

    fn list(&self, _: Option<&Path>) -> Result<TeamList> {
        Err(Failure::internal("no test lists teams"))
    }

    fn show(&self, _: Option<&Path>) -> Result<Pinned> {
        Err(Failure::internal("no test shows a pin"))
    }

    fn pin(&self, _: Option<&Path>, _: &str) -> Result<Pinned> {
        Err(Failure::internal("no test pins a team"))
    }

    fn unpin(&self, _: Option<&Path>) -> Result<Pinned> {
        Err(Failure::internal("no test unpins a team"))
    }

    fn page_of(&self, team_id: &str) -> Option<String> {
        Some(format!("{PORTAL}/team/{team_id}"))
    }
}

/// An account in dollars with this balance.
pub fn dollars(balance: Option<&str>) -> State {
    use crate::provider::DollarState;
    State::Dollars(Box::new(DollarState {
        org: None,
        can_charge: true,
        balance_usd: balance.map(money),
        billing_enabled: None,
        presets_usd: Vec::new(),
        bounds: None,
        card: None,
        monthly_limit: None,
        auto_reload: None,
        access: None,
        credits: None,
        warnings: Vec::new(),
        portal_url: PORTAL.to_owned(),
        unit: Unit::Usd,
        sandbox: false,
    }))
}
