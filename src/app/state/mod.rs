//! The account: the whole of it, or of one project or team where these choose what is billed; and
//! in one line.

pub(crate) mod brief;

use super::readings::{ReadingMemory, Unread};
use crate::core::failure::Result;
use crate::provider::teams::{TeamState, Which};
use crate::provider::{Provider, State};
use jiff::Timestamp;

/// Reads the account for a person: with the page of the team that is billed.
///
/// # Errors
/// The classes of a login and of a request.
pub fn state(provider: &dyn Provider, which: Which<'_>) -> Result<State> {
    let mut state = read(provider, which)?;
    if let State::Teams(teams) = &mut state {
        name_page(provider, teams);
    }
    Ok(state)
}

/// Reads the account.
///
/// # Errors
/// As [`state`].
pub fn read(provider: &dyn Provider, which: Which<'_>) -> Result<State> {
    if which.is_whole() {
        return provider.state();
    }
    let state = provider.required_teams()?.state_of(which)?;
    Ok(State::Teams(Box::new(state)))
}

/// Reads the account, unless its system wants to be left alone, and remembers what was read. One
/// project or team is only a part of an account: it is read each time.
///
/// # Errors
/// Why it could not be read, with what was read before where waiting may help.
pub fn read_remembered(
    provider: &dyn Provider,
    which: Which<'_>,
    memory: Option<&(ReadingMemory, String)>,
    now: Timestamp,
) -> Result<State, Box<Unread>> {
    match memory.filter(|_| which.is_whole()) {
        Some((memory, host)) => memory.read(now, host, || read(provider, which)),
        None => Ok(read(provider, which)?),
    }
}

/// Leads to the page of the team that is billed, where the system reports it.
pub fn name_page(provider: &dyn Provider, state: &mut TeamState) {
    if let Some(team) = &state.pot.organization
        && let Some(page) = provider.teams().and_then(|teams| teams.page_of(&team.id))
    {
        state.portal_url = page;
    }
}
