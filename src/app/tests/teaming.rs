//! Teams: listed, pinned to a project, shown and unpinned.

use super::account::FakeAccount;
use super::shop::{FakeShop, failed};
use crate::app::team::{TeamAnswer, TeamWish, team};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::provider::teams::Pinned;
use std::path::Path;

const PROJECT: &str = "/work/site";

fn asked(account: &FakeAccount, wish: TeamWish<'_>) -> Result<TeamAnswer> {
    team(account, Some(Path::new(PROJECT)), wish)
}

/// Of one project: the id that is pinned, and whether this call changed it.
fn pinned(account: &FakeAccount, wish: TeamWish<'_>) -> (Option<String>, bool) {
    match asked(account, wish).expect("an answer") {
        TeamAnswer::Pinned(pinned) => {
            let Pinned { pinned_team_id, changed, project, .. } = *pinned;
            assert_eq!(project.as_deref(), Some(PROJECT));
            (pinned_team_id, changed)
        }
        TeamAnswer::List(_) => panic!("no list was asked for"),
    }
}

#[test]
fn a_team_stays_pinned_to_its_project_until_it_is_unpinned() {
    let account = FakeAccount::with_team(100);
    let acme = || Some("acme".to_owned());
    assert_eq!(pinned(&account, TeamWish::Show), (None, false));
    assert_eq!(pinned(&account, TeamWish::Pin("acme")), (acme(), true));
    assert_eq!(pinned(&account, TeamWish::Pin("acme")), (acme(), false));
    assert_eq!(pinned(&account, TeamWish::Show), (acme(), false));
    let elsewhere = team(&account, Some(Path::new("/work/other")), TeamWish::Show);
    let Ok(TeamAnswer::Pinned(elsewhere)) = elsewhere else { panic!("a pin") };
    assert_eq!(elsewhere.pinned_team_id, None, "another project has its own");
    assert_eq!(pinned(&account, TeamWish::Unpin), (None, true));
    assert_eq!(pinned(&account, TeamWish::Unpin), (None, false));
}

#[test]
fn the_list_has_every_team_and_names_the_one_that_is_pinned() {
    let account = FakeAccount::with_team(100);
    pinned(&account, TeamWish::Pin("beta"));
    let Ok(TeamAnswer::List(list)) = asked(&account, TeamWish::List) else { panic!("a list") };
    let ids: Vec<&str> = list.teams.iter().map(|team| team.id.as_str()).collect();
    assert_eq!(ids, ["acme", "beta"]);
    assert_eq!(list.pinned_team_id.as_deref(), Some("beta"));
}

#[test]
fn a_team_that_is_unknown_changes_nothing() {
    let account = FakeAccount::with_team(100);
    pinned(&account, TeamWish::Pin("acme"));
    failed(asked(&account, TeamWish::Pin("nobody")), Class::Usage);
    assert_eq!(pinned(&account, TeamWish::Show), (Some("acme".to_owned()), false));
}

#[test]
fn a_system_without_teams_says_so_whatever_is_asked() {
    let shop = FakeShop::new();
    for wish in [TeamWish::List, TeamWish::Show, TeamWish::Pin("acme"), TeamWish::Unpin] {
        let refused = failed(team(&shop, Some(Path::new(PROJECT)), wish), Class::Unsupported);
        assert!(refused.to_string().contains("does not offer teams"), "{refused}");
    }
}
