//! Which pot is billed: the rules, apart from where their facts come from. What the facts do not
//! decide is not guessed. Contract: byterover, which pot is billed.

use crate::provider::teams::{Candidate, Pot, Source, Team, TeamName};

/// What is billed, and with a stale pin what is billed instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Billed {
    /// The answer.
    pub pot: Pot,
    /// With a stale pin.
    pub instead: Option<Pot>,
}

/// Applies the rules to the teams of a user and the pin of a project.
pub fn billed(teams: &[Team], pin: Option<&str>) -> Billed {
    let pinned = pin.and_then(|id| teams.iter().find(|team| team.id == id));
    match (pin, pinned, pinned.and_then(Team::is_paid)) {
        (None, ..) => Billed { pot: unpinned(teams), instead: None },
        (_, Some(team), Some(true)) => Billed { pot: team_pot(team, teams), instead: None },
        // Whether it still can be billed is just what could not be read.
        (_, Some(_), None) => Billed { pot: undecided(teams), instead: None },
        (_, Some(_), Some(false)) | (_, None, _) => {
            let pot = Pot { source: Some(Source::StalePin), ..Pot::default() };
            Billed { pot, instead: Some(unpinned(teams)) }
        }
    }
}

/// What is billed when no pin decides it.
fn unpinned(teams: &[Team]) -> Pot {
    let paid = paid(teams);
    match paid.as_slice() {
        // Two are enough to have to choose, whatever else could not be read.
        [_, _, ..] => Pot {
            source: Some(Source::NeedsPick),
            candidates: paid.iter().map(|team| team.candidate()).collect(),
            ..Pot::default()
        },
        _ if teams.iter().any(|team| team.is_paid().is_none()) => undecided(teams),
        [only] => team_pot(only, teams),
        [] => Pot { source: Some(Source::Free), ..Pot::default() },
    }
}

fn paid(teams: &[Team]) -> Vec<&Team> {
    teams.iter().filter(|team| team.is_paid() == Some(true)).collect()
}

fn team_pot(team: &Team, teams: &[Team]) -> Pot {
    let others: Vec<Candidate> =
        paid(teams).into_iter().filter(|other| other.id != team.id).map(Team::candidate).collect();
    Pot {
        source: Some(Source::Paid),
        organization: Some(TeamName { id: team.id.clone(), name: team.name.clone() }),
        remaining: team.remaining,
        total: team.total,
        tier: team.tier.clone(),
        is_trialing: team.is_trialing,
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
            used: Some(1),
            remaining: Some(9),
            total: Some(10),
            percent: Some(10),
            add_on: None,
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
            (&[PRO, TEAM], Some("gone"), "stale_pin, then needs_pick a b"),
            (&[PRO, FREE], Some("b"), "stale_pin, then paid a"),
            (&[FREE], Some("a"), "stale_pin, then free"),
            (&[], Some("gone"), "stale_pin, then free"),
            (&[PRO], Some(""), "stale_pin, then paid a"),
            // The tiers could not be read.
            (&[None], None, "? a"),
            (&[None, None], Some("b"), "? a b"),
            (&[None, None], Some("gone"), "stale_pin, then ? a b"),
            // Only some of them.
            (&[PRO, None], None, "? a b"),
            (&[PRO, None], Some("a"), "paid a"),
            (&[PRO, TEAM, None], None, "needs_pick a b"),
            (&[FREE, None], None, "? a b"),
        ];
        let told = |pot: &Pot| {
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
            let Billed { pot, instead } = billed(&teams, *pin);
            let mut text = told(&pot);
            if let Some(instead) = &instead {
                text = format!("{text}, then {}", told(instead));
            }
            assert_eq!(text, *expected, "{tiers:?} {pin:?}");
        }
    }

    #[test]
    fn the_pinned_team_is_told_with_its_numbers_and_the_others_beside_it() {
        let teams = [team("a", Some("PRO")), team("b", Some("TEAM")), team("c", Some("FREE"))];
        let pot = billed(&teams, Some("b")).pot;
        assert_eq!(
            (pot.remaining, pot.total, pot.tier.as_deref()),
            (Some(9), Some(10), Some("TEAM"))
        );
        assert_eq!(pot.others, [teams[0].candidate()], "the free team could not pay");
        assert!(pot.candidates.is_empty(), "there is nothing to choose");
    }
}
