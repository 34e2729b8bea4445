//! The answers of ByteRover's billing as they come, and teams as they come out of two of them.
//! Contract: byterover, calls.

use crate::core::money::Money;
use crate::provider::Credits;
use crate::provider::teams::{Allowance, FreeLimit, Team};
use crate::provider::wire::{field, text};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What every team has used, before it is known what kind of team it is.
pub struct Usages {
    /// In the order of the answer; without a tier.
    pub teams: Vec<Team>,
    /// Entries that name no team, and are in no list.
    pub nameless: usize,
    /// The portal says that it is a sandbox.
    pub sandbox: bool,
}

/// The tier of every team that has one.
pub struct Tiers(HashMap<String, Tier>);

#[derive(Clone)]
struct Tier {
    tier: Option<String>,
    is_trialing: Option<bool>,
}

/// The entries of `organizations`; none when there is no such list.
fn organizations(map: &Map<String, Value>) -> Option<impl Iterator<Item = Map<String, Value>>> {
    let list: Vec<Value> = field(map, "organizations")?;
    Some(list.into_iter().map(|entry| match entry {
        Value::Object(entry) => entry,
        _ => Map::new(),
    }))
}

/// Credits, whole or not. A word, or a number beyond what is exact, is not read.
fn credits(map: &Map<String, Value>, key: &str) -> Option<Credits> {
    field::<Money>(map, key).map(|value| Credits(value.0))
}

fn percent(used: Option<Credits>, total: Option<Credits>) -> Option<u64> {
    used?.percent_of(total?)
}

/// Reads `GET /billing/usages`; none when it has no list of teams.
pub fn usages(map: &Map<String, Value>) -> Option<Usages> {
    let mut read =
        Usages { teams: Vec::new(), nameless: 0, sandbox: field(map, "sandbox") == Some(true) };
    for entry in organizations(map)? {
        let Some(id) = text(&entry, "organizationId") else {
            read.nameless += 1;
            continue;
        };
        if read.teams.iter().any(|known| known.id == id) {
            // Listed twice, it is still one team to choose from.
            continue;
        }
        let (used, total) = (credits(&entry, "used"), credits(&entry, "totalLimit"));
        read.teams.push(Team {
            id,
            name: text(&entry, "organizationName"),
            slug: None,
            tier: None,
            is_trialing: None,
            status: text(&entry, "organizationStatus"),
            limit_exceeded: field(&entry, "limitExceeded"),
            used,
            remaining: credits(&entry, "remaining"),
            total,
            percent: percent(used, total),
            add_on: credits(&entry, "addOnRemaining"),
        });
    }
    Some(read)
}

/// Reads `GET /billing/organizations/tiers`; none when it has no list of teams.
pub fn tiers(map: &Map<String, Value>) -> Option<Tiers> {
    let mut read: HashMap<String, Tier> = HashMap::new();
    for entry in organizations(map)? {
        let Some(id) = text(&entry, "organizationId") else { continue };
        let tier = Tier { tier: text(&entry, "tier"), is_trialing: field(&entry, "isTrialing") };
        read.entry(id)
            // Two different words for one team say nothing about it.
            .and_modify(|known| {
                if known.tier != tier.tier {
                    known.tier = None;
                }
            })
            .or_insert(tier);
    }
    Some(Tiers(read))
}

impl Tiers {
    /// Joins the tiers with the teams. A team that is in no entry is a free one; one whose entry
    /// makes no sense has no tier.
    pub fn join(&self, teams: &mut [Team]) {
        for team in teams {
            let found = self.0.get(&team.id).cloned();
            let Tier { tier, is_trialing } = found
                .unwrap_or_else(|| Tier { tier: Some("FREE".into()), is_trialing: Some(false) });
            team.tier = tier;
            team.is_trialing = is_trialing;
        }
    }
}

/// Reads `GET /billing/usage/free-user/limit`.
pub fn free_limit(map: &Map<String, Value>) -> FreeLimit {
    let allowance = |key: &str| {
        let map: Map<String, Value> = field(map, key)?;
        let (used, limit) = (credits(&map, "used"), credits(&map, "limit"));
        Some(Allowance {
            limit,
            used,
            remaining: credits(&map, "remaining"),
            percent: percent(used, limit),
            limit_exceeded: field(&map, "limitExceeded"),
        })
    };
    FreeLimit {
        daily: allowance("daily"),
        monthly: allowance("monthly"),
        limit_exceeded: field(map, "limitExceeded"),
    }
}

/// A page of the short names of teams.
pub struct Slugs {
    /// The id and the short name of every team on it.
    pub of_teams: Vec<(String, String)>,
    /// How many teams there are in all, where reported.
    pub total: Option<u64>,
}

/// Reads a page of `GET /teams`; none when it has no list.
pub fn slugs(map: &Map<String, Value>) -> Option<Slugs> {
    let data: Map<String, Value> = field(map, "data")?;
    let list: Vec<Value> = field(&data, "teams")?;
    let slugs = list
        .iter()
        .filter_map(|entry| {
            let entry = entry.as_object()?;
            let slug = text(entry, "slug").or_else(|| text(entry, "name"))?;
            // It stands in links: what is no short name is left out.
            let plain = slug
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            Some((text(entry, "id")?, slug)).filter(|_| plain)
        })
        .collect();
    Some(Slugs { of_teams: slugs, total: field(&data, "total") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::wire::object;
    use rust_decimal::Decimal;

    fn read(body: &str) -> Option<Usages> {
        usages(&object(body.as_bytes()).expect("an object"))
    }

    #[test]
    fn a_wrong_type_costs_only_its_own_field() {
        let read = read(
            r#"{"organizations":[
                {"organizationId":"a","organizationName":7,"organizationStatus":null,"used":"x","remaining":12.5,"totalLimit":100.0,"addOnRemaining":null},
                {"organizationId":"b","organizationName":"B","organizationStatus":"SUSPENDED","limitExceeded":true,"used":1e999,"remaining":5,"totalLimit":0},
                {"organizationName":"nameless","remaining":1}, 7, {"organizationId":""},
                {"organizationId":"b","remaining":6}]}"#,
        )
        .expect("a list");
        assert_eq!(read.nameless, 3);
        let [a, b] = read.teams.as_slice() else { panic!("{:?}", read.teams) };
        assert_eq!(
            (a.title(), a.used, a.remaining, a.total, a.add_on),
            ("a", None, Some(Credits(Decimal::new(125, 1))), Some(100.into()), None)
        );
        assert_eq!((b.title(), b.used, b.remaining, b.percent), ("B", None, Some(5.into()), None));
        assert_eq!((a.status.as_deref(), a.limit_exceeded), (None, None));
        assert_eq!((b.status.as_deref(), b.limit_exceeded), (Some("SUSPENDED"), Some(true)));
    }

    #[test]
    fn what_has_no_list_is_no_answer() {
        for body in ["{}", r#"{"organizations":null}"#, r#"{"organizations":{}}"#] {
            assert!(read(body).is_none(), "{body}");
            assert!(tiers(&object(body.as_bytes()).expect("an object")).is_none(), "{body}");
        }
        assert!(read(r#"{"organizations":[]}"#).expect("a list").teams.is_empty());
    }

    #[test]
    fn a_team_without_an_entry_is_free_and_one_with_a_senseless_entry_is_not_known() {
        let mut teams = read(
            r#"{"organizations":[{"organizationId":"a"},{"organizationId":"b"},{"organizationId":"c"},{"organizationId":"d"}]}"#,
        )
        .expect("a list")
        .teams;
        let answer = object(
            br#"{"organizations":[{"organizationId":"a","tier":"PRO","isTrialing":true},{"organizationId":"b","tier":3},
                {"organizationId":"d","tier":"PRO"},{"organizationId":"d","tier":"FREE"}]}"#,
        )
        .expect("an object");
        tiers(&answer).expect("a list").join(&mut teams);
        let tiers_and_paid: Vec<_> =
            teams.iter().map(|team| (team.tier.as_deref(), team.is_paid())).collect();
        assert_eq!(
            tiers_and_paid,
            [(Some("PRO"), Some(true)), (None, None), (Some("FREE"), Some(false)), (None, None)]
        );
        assert_eq!(teams[0].is_trialing, Some(true));
    }

    #[test]
    fn the_short_names_of_teams_stand_in_a_page_of_their_own() {
        let page = object(
            br#"{"code":200,"data":{"teams":[{"id":"a","name":"acme-inc","slug":"acme"},{"id":"b","name":"b-team"},
                {"id":7,"slug":"x"},{"slug":"y"},{"id":"c","slug":".."},{"id":"d","slug":"a/b"},null],"total":150}}"#,
        );
        let page = slugs(&page.expect("an object")).expect("a page");
        assert_eq!(page.of_teams, [("a".into(), "acme".into()), ("b".into(), "b-team".into())]);
        assert_eq!(page.total, Some(150));
        for none in [r#"{"teams":[]}"#, r#"{"data":[]}"#, r#"{"data":{"teams":{}}}"#] {
            assert!(slugs(&object(none.as_bytes()).expect("an object")).is_none(), "{none}");
        }
    }
}
