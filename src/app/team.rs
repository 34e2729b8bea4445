//! The teams whose credits can be used, and which of them a project has pinned.

use crate::core::failure::Result;
use crate::provider::Provider;
use crate::provider::teams::{Pinned, TeamList};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum TeamWish<'a> {
    /// The teams that there are.
    List,
    /// Which one the project has pinned.
    Show,
    /// That this one is billed from now on: by its name, its id, its short name, or a beginning that
    /// no other team has.
    Pin(&'a str),
    /// That the rules choose again.
    Unpin,
}

/// What `team` answers.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TeamAnswer {
    /// `team list`.
    List(TeamList),
    /// `team show`, `team pin`, `team unpin`.
    Pinned(Box<Pinned>),
}

/// Does it, for the project at this root, or else the one around the working folder.
///
/// # Errors
/// Class `unsupported` where there are no teams, `usage` for a team that is free, unknown or not one
/// of the user's, `config` for a file of the project that cannot be read or written, and the classes
/// of a login and of a request.
pub fn team(
    provider: &dyn Provider,
    project: Option<&Path>,
    wish: TeamWish<'_>,
) -> Result<TeamAnswer> {
    let teams = provider.required_teams()?;
    let pinned = match wish {
        TeamWish::List => return Ok(TeamAnswer::List(teams.list(project)?)),
        TeamWish::Show => teams.show(project),
        TeamWish::Pin(team) => teams.pin(project, team),
        TeamWish::Unpin => teams.unpin(project),
    };
    Ok(TeamAnswer::Pinned(Box::new(pinned?)))
}
