//! An account that shows what the test says: of teams, in uses, in dollars, or read by a row. It has
//! a switch for automatic purchases.

use super::shop::{PORTAL, money};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::system::System;
use crate::http::{Presented, Request};
use crate::provider::balances::{LimitLeft, RowState, Scope};
use crate::provider::packs::{Packs, UsesState};
use crate::provider::teams::{
    Candidate, Pinned, Pot, Source, Team, TeamLimits, TeamList, TeamName, TeamState, Teams, Which,
};
use crate::provider::transactions::{TransactionPage, Transactions};
use crate::provider::{
    AutoReload, AutoReloadChange, AutoReloading, BYTEROVER, BalanceLimits, CIRIS, DollarAccount,
    DollarState, MonthlyLimit, NOUS, PortalPage, Provider, State, Unit,
};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

/// An account at a portal.
pub struct FakeAccount {
    pub state: RefCell<State>,
    /// What was asked about each time a team or project was meant.
    pub asked: RefCell<Vec<String>>,
    /// What each project has pinned.
    pub pins: RefCell<BTreeMap<String, String>>,
    /// Whether automatic purchases can be changed from here.
    pub is_changeable: bool,
    /// What the next change ends with, and whether it is carried out all the same.
    pub trouble: Cell<Option<(Class, bool)>>,
    /// Whether the account can still be read once something was changed.
    pub is_readable_after: Cell<bool>,
    pub changes: RefCell<Vec<AutoReloadChange>>,
    /// The pages of its list; none where it lists nothing.
    pub list: Option<RefCell<VecDeque<Result<TransactionPage>>>>,
    /// The pages that were asked for: how many entries, and after how many.
    pub pages: RefCell<Vec<(u32, u64)>>,
}

impl FakeAccount {
    pub fn new(state: State) -> Self {
        Self {
            state: RefCell::new(state),
            asked: RefCell::default(),
            pins: RefCell::default(),
            is_changeable: true,
            trouble: Cell::new(None),
            is_readable_after: Cell::new(true),
            changes: RefCell::default(),
            list: None,
            pages: RefCell::default(),
        }
    }

    /// An account whose list is answered like this.
    pub fn with_list(answers: impl IntoIterator<Item = Result<TransactionPage>>) -> Self {
        let list = Some(RefCell::new(answers.into_iter().collect()));
        Self { list, ..Self::with_uses(1) }
    }

    /// An account in dollars whose automatic purchases stand like this.
    pub fn with_reload(reload: Option<AutoReload>) -> Self {
        let State::Dollars(state) = dollars(Some("3.40")) else { panic!("dollars") };
        Self::new(State::Dollars(Box::new(DollarState { auto_reload: reload, ..*state })))
    }

    /// An account in dollars with a limit of $500 a month, of which that much is left.
    pub fn with_month(left: Option<&str>) -> Self {
        let month = |left: &str| MonthlyLimit {
            limit_usd: money("500"),
            spent_usd: Money(money("500").0 - money(left).0),
            remaining_usd: money(left),
            percent: 0,
            is_default_ceiling: false,
        };
        let State::Dollars(state) = dollars(Some("3.40")) else { panic!("dollars") };
        let monthly_limit = left.map(month);
        Self::new(State::Dollars(Box::new(DollarState { monthly_limit, ..*state })))
    }

    /// An account that a row reads: a key with a limit of $10, of which that much is left.
    pub fn with_row_limit(left: Option<&str>) -> Self {
        let limit = LimitLeft {
            scope: Scope::Key,
            limit: Some(money("10")),
            used: None,
            remaining: left.map(money),
            unit: Unit::Usd,
            window: None,
            resets_at: None,
        };
        let mut state = RowState::with_balance(money("99"), Unit::Usd);
        state.limits.push(limit);
        state.portal_url = Some(PORTAL.to_owned());
        Self::new(State::Row(Box::new(state)))
    }

    fn is(&self, kind: impl FnOnce(&State) -> bool) -> bool {
        kind(&self.state.borrow())
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
        match &*self.state.borrow() {
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
        match *self.state.borrow() {
            State::Teams(_) => BYTEROVER,
            State::Uses(_) => CIRIS,
            _ => NOUS,
        }
    }

    fn link(&self, _: PortalPage) -> Option<String> {
        Some(PORTAL.to_owned())
    }

    fn state(&self) -> Result<State> {
        Ok(self.state.borrow().clone())
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    fn check_key(&self) -> Result<()> {
        Ok(())
    }

    fn teams(&self) -> Option<&dyn Teams> {
        self.is(|state| matches!(state, State::Teams(_))).then_some(self as &dyn Teams)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        self.is(|state| matches!(state, State::Uses(_))).then_some(self as &dyn Packs)
    }

    fn dollar_account(&self) -> Option<&dyn DollarAccount> {
        self.is(|state| matches!(state, State::Dollars(_))).then_some(self as &dyn DollarAccount)
    }

    fn auto_reload(&self) -> Option<&dyn AutoReloading> {
        self.is(|state| matches!(state, State::Dollars(_))).then_some(self as &dyn AutoReloading)
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        self.list.is_some().then_some(self as &dyn Transactions)
    }

    fn limits(&self) -> Option<&dyn BalanceLimits> {
        self.is(|state| matches!(state, State::Row(_))).then_some(self as &dyn BalanceLimits)
    }
}

impl DollarAccount for FakeAccount {
    fn read(&self) -> Result<DollarState> {
        if !self.changes.borrow().is_empty() && !self.is_readable_after.get() {
            return Err(Failure::new(Class::Network, "down"));
        }
        match &*self.state.borrow() {
            State::Dollars(state) => Ok(state.as_ref().clone()),
            other => panic!("{other:?} is not counted in dollars"),
        }
    }
}

impl AutoReloading for FakeAccount {
    fn is_changeable(&self) -> bool {
        self.is_changeable
    }

    fn configure(&self, change: AutoReloadChange) -> Result<()> {
        self.changes.borrow_mut().push(change);
        let trouble = self.trouble.take();
        if trouble.is_none_or(|(_, is_carried_out)| is_carried_out)
            && let State::Dollars(state) = &mut *self.state.borrow_mut()
        {
            state.auto_reload = Some(match change {
                AutoReloadChange::On { below, to } => reload(true, Some((below, to))),
                AutoReloadChange::Off { below, to } => reload(false, Some((below, to))),
            });
        }
        match trouble {
            Some((class, _)) => Err(Failure::new(class, class.name())),
            None => Ok(()),
        }
    }
}

impl Transactions for FakeAccount {
    fn page(&self, limit: u32, offset: u64) -> Result<TransactionPage> {
        self.pages.borrow_mut().push((limit, offset));
        let list = self.list.as_ref().expect("a list");
        list.borrow_mut().pop_front().expect("one more page")
    }
}

impl BalanceLimits for FakeAccount {
    fn limits(&self) -> Result<RowState> {
        match &*self.state.borrow() {
            State::Row(state) => Ok(state.as_ref().clone()),
            other => panic!("{other:?} is read by no row"),
        }
    }
}

/// Automatic purchases between these amounts.
pub fn reload(enabled: bool, amounts: Option<(Amount, Amount)>) -> AutoReload {
    AutoReload {
        enabled,
        below_usd: amounts.map(|(below, _)| below.into()),
        to_usd: amounts.map(|(_, to)| to.into()),
        amount_usd: None,
        card: None,
        may_charge_usd: None,
    }
}

impl Packs for FakeAccount {
    fn account(&self) -> Result<UsesState> {
        match &*self.state.borrow() {
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

    fn list(&self, project: Option<&Path>) -> Result<TeamList> {
        let pinned = self.show(project)?;
        Ok(TeamList {
            teams: TEAMS.iter().map(|id| listed(id)).collect(),
            pinned_team_id: pinned.pinned_team_id,
            project: pinned.project,
            warnings: Vec::new(),
            portal_url: PORTAL.into(),
        })
    }

    fn show(&self, project: Option<&Path>) -> Result<Pinned> {
        let project = project.map(|project| project.display().to_string());
        let pinned = project.as_ref().and_then(|project| self.pins.borrow().get(project).cloned());
        Ok(Pinned {
            team: pinned.as_deref().map(listed),
            usable: pinned.as_ref().map(|_| true),
            pinned_team_id: pinned,
            changed: false,
            file: project.as_ref().map(|project| format!("{project}/pin")),
            project,
            warnings: Vec::new(),
            portal_url: PORTAL.into(),
        })
    }

    fn pin(&self, project: Option<&Path>, team: &str) -> Result<Pinned> {
        if !TEAMS.contains(&team) {
            return Err(Failure::usage(format!("no team is called '{team}'")));
        }
        let place = project.expect("a project").display().to_string();
        let before = self.pins.borrow_mut().insert(place, team.to_owned());
        Ok(Pinned { changed: before.as_deref() != Some(team), ..self.show(project)? })
    }

    fn unpin(&self, project: Option<&Path>) -> Result<Pinned> {
        let place = project.expect("a project").display().to_string();
        let before = self.pins.borrow_mut().remove(&place);
        Ok(Pinned { changed: before.is_some(), ..self.show(project)? })
    }

    fn page_of(&self, team_id: &str) -> Option<String> {
        Some(format!("{PORTAL}/team/{team_id}"))
    }
}

/// The teams that its list has.
const TEAMS: [&str; 2] = ["acme", "beta"];

fn listed(id: &str) -> Team {
    Team { id: id.to_owned(), ..Team::default() }
}

/// An account in dollars with this balance.
pub fn dollars(balance: Option<&str>) -> State {
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
