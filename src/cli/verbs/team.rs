//! `topup team …`: the teams whose credits can be used, and which of them a project has pinned.

use crate::app::team::{TeamWish, team};
use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::teams::{
    Allowance, Candidate, Pinned, Pot, Source, Team as TeamRow, TeamLimits, TeamList, TeamState,
    is_active, left,
};
use crate::provider::{AccountState as _, Credits};
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub use crate::app::team::TeamAnswer;

/// The longest status that a table shows.
const LONGEST_STATUS: usize = 20;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup --provider byterover team list       the teams there are
  topup --provider byterover team pin acme   bill that one for this project
  topup --provider byterover team unpin      let the default rules choose again";

/// The arguments of `topup team`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Team {
    #[command(subcommand)]
    what: What,
    /// Act on the project at this root instead of the one around the working directory
    #[arg(long, global = true, value_name = "DIR")]
    project: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the teams with their tiers and credits
    #[command(alias = "ls")]
    List,
    /// Show which team the project has pinned
    Show,
    /// Pin a paid team, which is billed for the project from then on
    Pin {
        /// Its name, its id, its short name, or a beginning that no other team has
        #[arg(value_name = "TEAM")]
        team: String,
    },
    /// Remove the pin; the default rules choose the team again
    Unpin,
}

impl Team {
    /// Does it.
    ///
    /// # Errors
    /// As [`team`].
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let wish = match &self.what {
            What::List => TeamWish::List,
            What::Show => TeamWish::Show,
            What::Pin { team } => TeamWish::Pin(team),
            What::Unpin => TeamWish::Unpin,
        };
        let provider = invocation.setup.provider()?;
        Ok(Answer::new(team(provider.as_ref(), self.project.as_deref(), wish)?))
    }
}

impl Show for TeamAnswer {
    fn show(&self, page: &mut Page) {
        match self {
            Self::List(list) => list.show(page),
            Self::Pinned(pinned) => pinned.show(page),
        }
    }
}

impl Show for TeamList {
    fn show(&self, page: &mut Page) {
        if self.teams.is_empty() {
            page.line(Tone::Plain, "You belong to no team.");
        }
        table(page, &self.teams, self.pinned_team_id.as_deref());
        warnings(page, &self.warnings);
    }
}

impl Show for Pinned {
    fn show(&self, page: &mut Page) {
        let title = || self.team.as_ref().map_or_else(String::new, |team| team.title().to_owned());
        match (&self.pinned_team_id, self.usable) {
            (None, _) if self.changed => page.line(Tone::Good, "No team is pinned any more."),
            (None, _) => page.line(Tone::Plain, "No team is pinned."),
            (Some(id), Some(false)) if self.team.is_none() => {
                page.line(Tone::Warn, &format!("{id} is pinned, and is not one of your teams."));
            }
            (Some(_), Some(false)) => {
                page.line(Tone::Warn, &format!("{} is pinned, and is a free team.", title()));
            }
            (Some(_), Some(true)) if self.changed => {
                page.line(Tone::Good, &format!("{} is billed from now on.", title()));
            }
            (Some(_), Some(true)) => {
                page.line(Tone::Plain, &format!("{} is pinned and billed.", title()));
            }
            (Some(_), None) => page.line(
                Tone::Warn,
                &format!("{} is pinned; whether it can be billed is not known.", title()),
            ),
        }
        if let Some(team) = &self.team {
            page.field(
                "credits",
                tone(team.remaining, team.total),
                &left(team.remaining, team.total),
            );
        }
        if let Some(project) = &self.project {
            page.field("project", Tone::Dim, project);
        }
        warnings(page, &self.warnings);
    }
}

impl Show for TeamLimits {
    fn show(&self, page: &mut Page) {
        if self.organizations.is_empty() {
            page.line(Tone::Plain, "You belong to no team.");
        }
        table(page, &self.organizations, None);
        if let Some(free) = &self.free {
            for (name, allowance) in
                [("free today", &free.daily), ("free this month", &free.monthly)]
            {
                if let Some(allowance) = allowance {
                    show_allowance(page, name, allowance);
                }
            }
        }
        warnings(page, &self.warnings);
        page.link("change it", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

impl Show for TeamState {
    fn show(&self, page: &mut Page) {
        let pot = &self.pot;
        match pot.source {
            Some(Source::StalePin) => {
                page.line(Tone::Warn, &format!("What is billed is not known: {}.", self.stale()));
                page.next_step(
                    Tone::Warn,
                    "Choose one of these with 'topup team pin NAME', or run 'topup team unpin'.",
                );
                candidates(page, &pot.candidates);
            }
            Some(Source::NeedsPick) => {
                page.next_step(
                    Tone::Warn,
                    "Several teams could be billed: choose one with 'topup team pin NAME'.",
                );
                candidates(page, &pot.candidates);
            }
            Some(Source::OtherProvider) => {
                page.line(Tone::Plain, &format!("{}.", self.elsewhere()));
                page.next_step(
                    Tone::Plain,
                    "'brv providers connect byterover' changes that; --team NAME shows a team all the same.",
                );
            }
            Some(Source::Paid | Source::Free) => {
                show_pot(page, pot);
                if let Some(stopped) = self.stopped() {
                    page.line(Tone::Bad, &format!("{stopped}."));
                }
            }
            None => {
                page.line(Tone::Warn, "It is not known which team is billed.");
                candidates(page, &pot.candidates);
            }
        }
        if let Some(project) = &self.project {
            page.field("project", Tone::Dim, project);
        }
        warnings(page, &self.warnings);
        page.link("portal", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

fn show_pot(page: &mut Page, pot: &Pot) {
    match &pot.organization {
        Some(team) => {
            let tier = pot.tier.as_deref().map(|tier| {
                let trial = if pot.is_trialing == Some(true) { ", on trial" } else { "" };
                format!(" ({tier}{trial})")
            });
            page.field(
                "team",
                Tone::Plain,
                &format!("{}{}", team.title(), tier.unwrap_or_default()),
            );
        }
        None => page.field("team", Tone::Plain, "none: personal free credits"),
    }
    page.field("credits", strong(tone(pot.remaining, pot.total)), &left(pot.remaining, pot.total));
    if let Some(today) = pot.today {
        page.field("today", tone(Some(today), None), &format!("{today} left"));
    }
}

fn show_allowance(page: &mut Page, name: &str, allowance: &Allowance) {
    let mut text = left(allowance.remaining, allowance.limit);
    if allowance.limit_exceeded == Some(true) {
        text.push_str(" (limit reached)");
    }
    page.field(name, tone(allowance.remaining, allowance.limit), &text);
}

fn table(page: &mut Page, teams: &[TeamRow], pinned: Option<&str>) {
    if teams.is_empty() {
        return;
    }
    let number =
        |value: Option<Credits>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let rows = teams.iter().map(|team| {
        let tier = match (&team.tier, team.is_trialing) {
            (Some(tier), Some(true)) => format!("{tier}, on trial"),
            (Some(tier), _) => tier.clone(),
            (None, _) => "not known".to_owned(),
        };
        let percent = team.percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        let pinned = (pinned == Some(team.id.as_str())).then(|| "pinned".to_owned());
        let mark: Vec<String> = pinned.into_iter().chain(hindrance(team)).collect();
        let row = vec![
            team.title().to_owned(),
            tier,
            number(team.used),
            number(team.remaining),
            number(team.total),
            percent,
            number(team.add_on),
            team.id.clone(),
            mark.join(", "),
        ];
        let tone =
            if hindrance(team).is_some() { Tone::Bad } else { tone(team.remaining, team.total) };
        (tone, row)
    });
    page.table(&["team", "tier", "used", "left", "total", "used %", "add-ons", "id", ""], rows);
}

/// Why a team may not be used, whatever is left.
fn hindrance(team: &TeamRow) -> Option<String> {
    match (&team.status, team.limit_exceeded) {
        (Some(status), _) if !is_active(status) => {
            Some(status.chars().take(LONGEST_STATUS).collect())
        }
        (_, Some(true)) if team.remaining.is_none_or(|left| !left.is_used_up()) => {
            Some("limit reached".to_owned())
        }
        _ => None,
    }
}

fn candidates(page: &mut Page, teams: &[Candidate]) {
    if teams.is_empty() {
        return;
    }
    let rows = teams.iter().map(|team| {
        let tier = team.tier.clone().unwrap_or_else(|| "not known".to_owned());
        (
            tone(team.remaining, None),
            vec![team.title().to_owned(), tier, left(team.remaining, None), team.id.clone()],
        )
    });
    page.table(&["team", "tier", "credits", "id"], rows);
}

/// Red with nothing left, yellow under a tenth of it.
fn tone(remaining: Option<Credits>, total: Option<Credits>) -> Tone {
    match (remaining, total) {
        (Some(left), _) if left.is_used_up() => Tone::Bad,
        (Some(left), Some(total)) if left.percent_of(total).is_some_and(|share| share < 10) => {
            Tone::Warn
        }
        _ => Tone::Plain,
    }
}

fn strong(tone: Tone) -> Tone {
    if tone == Tone::Plain { Tone::Strong } else { tone }
}

fn warnings(page: &mut Page, warnings: &[String]) {
    for warning in warnings {
        page.line(Tone::Warn, &format!("warning: {warning}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_at_nothing_and_yellow_under_a_tenth() {
        for (remaining, total, expected) in [
            (Some(0), Some(100), Tone::Bad),
            (Some(-5), None, Tone::Bad),
            (Some(1), Some(100), Tone::Warn),
            (Some(9), Some(100), Tone::Warn),
            (Some(10), Some(100), Tone::Plain),
            (Some(i64::MAX), Some(i64::MAX), Tone::Plain),
            (Some(1), Some(i64::MAX), Tone::Warn),
            (Some(5), None, Tone::Plain),
            (None, Some(100), Tone::Plain),
        ] {
            let shown = tone(remaining.map(Credits::from), total.map(Credits::from));
            assert_eq!(shown, expected, "{remaining:?} of {total:?}");
        }
    }
}
