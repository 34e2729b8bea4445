//! Which pot is billed: the rules, apart from where their facts come from. What the facts do not
//! decide is not guessed. Contract: byterover, which pot is billed.

use crate::provider::teams::{Candidate, Pot, Source, Team, TeamName};

/// Applies the rules to the teams of a user and the pin of a project.
pub fn billed(teams: &[Team], pin: Option<&str>) -> Pot {
    let Some(id) = pin.filter(|id| !id.is_empty()) else { return unpinned(teams) };
    let pinned = teams.iter().find(|team| team.id == id);
    match pinned.map(|team| (team, team.is_paid())) {
        Some((team, Some(true))) => team_pot(team, teams),
        // Whether it still can be billed is just what could not be read.
        Some((_, None)) => undecided(teams),
        Some((_, Some(false))) | None => stale(teams),
    }
}

/// The pin names no paid team: it changes nothing for a user who has none, and for every other the
/// system alone knows what it does with it.
fn stale(teams: &[Team]) -> Pot {
    let paid = paid(teams);
    if !paid.is_empty() {
        return Pot {
            source: Some(Source::StalePin),
            candidates: candidates(&paid),
            ..Pot::default()
        };
    }
    unpinned(teams)
}

/// What is billed when no pin decides it.
fn unpinned(teams: &[Team]) -> Pot {
    let paid = paid(teams);
    match paid.as_slice() {
        // Two are enough to have to choose, even where others could not be read.
        [_, _, ..] => {
            Pot { source: Some(Source::NeedsPick), candidates: candidates(&paid), ..Pot::default() }
        }
        _ if teams.iter().any(|team| team.is_paid().is_none()) => undecided(teams),
        [only] => team_pot(only, teams),
        [] => Pot { source: Some(Source::Free), ..Pot::default() },
    }
}

fn paid(teams: &[Team]) -> Vec<&Team> {
    teams.iter().filter(|team| team.is_paid() == Some(true)).collect()
}

fn candidates(teams: &[&Team]) -> Vec<Candidate> {
    teams.iter().map(|team| team.candidate()).collect()
}

/// The pot of this team.
pub fn team_pot(team: &Team, teams: &[Team]) -> Pot {
    let others: Vec<Candidate> =
        paid(teams).into_iter().filter(|other| other.id != team.id).map(Team::candidate).collect();
    Pot {
        source: Some(Source::Paid),
        organization: Some(TeamName { id: team.id.clone(), name: team.name.clone() }),
        remaining: team.remaining,
        total: team.total,
        tier: team.tier.clone(),
        is_trialing: team.is_trialing,
        status: team.status.clone(),
        limit_exceeded: team.limit_exceeded,
        others,
        ..Pot::default()
    }
}

/// Every team with what is known of it: nothing is lost, and nothing is made up.
fn undecided(teams: &[Team]) -> Pot {
    Pot { candidates: teams.iter().map(Team::candidate).collect(), ..Pot::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(id: &str, tier: Option<&str>) -> Team {
        Team {
            id: id.into(),
            name: Some(id.to_uppercase()),
            tier: tier.map(Into::into),
            is_trialing: Some(false),
            status: Some("ACTIVE".into()),
            used: Some(1.into()),
            remaining: Some(9.into()),
            total: Some(10.into()),
            percent: Some(10),
            ..Team::default()
        }
    }

    /// Every row: the tiers of the teams a, b, c; the pin; the source and team that are billed.
    #[test]
    fn each_case_is_one_row() {
        type Row = (&'static [Option<&'static str>], Option<&'static str>, &'static str);
        const FREE: Option<&str> = Some("FREE");
        const PRO: Option<&str> = Some("PRO");
        const TEAM: Option<&str> = Some("TEAM");
        const ROWS: &[Row] = &[
            (&[], None, "free"),
            (&[FREE], None, "free"),
            (&[PRO], None, "paid a"),
            (&[FREE, TEAM, FREE], None, "paid b"),
            (&[PRO, TEAM], None, "needs_pick a b"),
            (&[PRO, FREE, TEAM], None, "needs_pick a c"),
            (&[PRO, TEAM], Some("b"), "paid b"),
            (&[PRO, FREE], Some("a"), "paid a"),
            (&[PRO, TEAM], Some("gone"), "stale_pin a b"),
            (&[PRO, FREE], Some("b"), "stale_pin a"),
            (&[PRO], Some(""), "paid a"),
            // Without a paid team a pin changes nothing.
            (&[FREE], Some("a"), "free"),
            (&[], Some("gone"), "free"),
            // The tiers could not be read.
            (&[None], None, "? a"),
            (&[None, None], Some("b"), "? a b"),
            (&[None, None], Some("gone"), "? a b"),
            (&[PRO, None], Some("gone"), "stale_pin a"),
            // Only some of them.
            (&[PRO, None], None, "? a b"),
            (&[PRO, None], Some("a"), "paid a"),
            (&[PRO, TEAM, None], None, "needs_pick a b"),
            (&[FREE, None], None, "? a b"),
        ];
        let shown = |pot: &Pot| {
            let source = match pot.source {
                Some(source) => serde_json::to_value(source).expect("a word"),
                None => "?".into(),
            };
            let mut words = vec![source.as_str().expect("a word").to_owned()];
            words.extend(pot.organization.iter().map(|team| team.id.clone()));
            words.extend(pot.candidates.iter().map(|team| team.id.clone()));
            words.join(" ")
        };
        for (tiers, pin, expected) in ROWS {
            let teams: Vec<Team> =
                tiers.iter().zip(["a", "b", "c"]).map(|(tier, id)| team(id, *tier)).collect();
            assert_eq!(shown(&billed(&teams, *pin)), *expected, "{tiers:?} {pin:?}");
        }
    }

    #[test]
    fn the_pinned_team_is_told_with_its_numbers_and_the_others_beside_it() {
        let teams = [team("a", Some("PRO")), team("b", Some("TEAM")), team("c", Some("FREE"))];
        let pot = billed(&teams, Some("b"));
        assert_eq!(
            (pot.remaining, pot.total, pot.tier.as_deref(), pot.status.as_deref()),
            (Some(9.into()), Some(10.into()), Some("TEAM"), Some("ACTIVE"))
        );
        assert_eq!(pot.others, [teams[0].candidate()], "the free team could not pay");
        assert!(pot.candidates.is_empty(), "there is nothing to choose");
    }
}
