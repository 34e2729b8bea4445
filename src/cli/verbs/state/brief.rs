//! `topup state --brief` and `--waybar`: one line for a prompt or a bar. No trouble of this command may
//! become trouble of the one whose output it is in.

use crate::app::overview;
use crate::app::readings::Unread;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::duration;
use crate::core::failure::Failure;
use crate::core::money::{Amount, Money};
use crate::core::system::System;
use crate::core::time;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Plain, Show};
use crate::provider::balances::Scope;
use crate::provider::teams::Which;
use crate::provider::{State as Account, Unit};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// One line about the account; `data` of `state --brief`.
#[derive(Default, Serialize, JsonSchema)]
pub struct Brief {
    /// The line.
    line: String,
    /// Whether the account could be read now.
    known: bool,
    /// Why not.
    class: Option<Class>,
    /// The profile; null where the settings cannot be used.
    profile: Option<String>,
    /// The system; null where the settings cannot be used.
    provider: Option<System>,
    /// What is there; null where that is not known or no one number.
    balance: Option<Money>,
    /// What the balance counts.
    unit: Option<Unit>,
    /// What it is about: `account`, `key`, `user`, `team` or `pool`.
    scope: Option<Scope>,
    /// Whether it may be too high for a while.
    lags: Option<bool>,
    /// When the line was read.
    read_at: Option<String>,
    /// How old it is, in seconds; 0 where it was read now.
    age_s: Option<u64>,
    /// Whether something can be used, as far as a bar has to know.
    #[serde(skip)]
    is_empty: bool,
    /// What is worth knowing beside the line.
    #[serde(skip)]
    notes: Vec<String>,
}

impl Brief {
    /// What there is to say where nothing is known.
    pub fn unknown(error: &Failure) -> Self {
        Self {
            line: format!("billing is not known: {error}"),
            class: Some(error.class()),
            ..Self::default()
        }
    }

    /// The line of this run.
    pub(super) fn read(invocation: &Invocation, which: Which<'_>) -> Self {
        let setup = &invocation.setup;
        let now = setup.now();
        let is_whole = which.project.is_none() && which.team.is_none();
        let outcome = if is_whole {
            overview::read(setup, now)
        } else {
            super::read(setup, which).map_err(|failure| Box::new(Unread { failure, last: None }))
        };
        let brief = match outcome {
            Ok(state) => {
                Self::new(&state, invocation.output.shown(state.brief()), time::shown(now))
            }
            Err(unread) => match &unread.last {
                Some(last) => {
                    let age = last.age(now);
                    Self {
                        line: format!("{} ({} ago)", last.line, duration::show(age)),
                        class: Some(unread.failure.class()),
                        read_at: Some(time::shown(last.at)),
                        age_s: Some(age.as_secs()),
                        notes: vec![unread.failure.to_string()],
                        ..Self::default()
                    }
                }
                None => Self::unknown(&unread.failure),
            },
        };
        let settings = setup.settings().ok();
        Self {
            profile: settings.map(|settings| settings.profile.clone()),
            provider: settings.map(|settings| settings.system),
            ..brief
        }
    }

    fn new(state: &Account, line: String, read_at: String) -> Self {
        let balance = state.balance().filter(|balance| !balance.unlimited);
        Self {
            line,
            known: true,
            is_empty: state.stopped().is_some()
                || balance.as_ref().is_some_and(|balance| balance.amount <= Money::ZERO),
            balance: balance.as_ref().map(|balance| balance.amount),
            unit: balance.map(|balance| balance.unit),
            scope: Some(state.scope()),
            lags: Some(state.lags()),
            read_at: Some(read_at),
            age_s: Some(0),
            notes: state.caveats(),
            ..Self::default()
        }
    }

    /// The JSON line that Waybar reads from a module with `"return-type": "json"`.
    pub fn waybar(&self, low: Option<Amount>) -> Answer {
        let is_low = low.zip(self.balance).is_some_and(|(low, there)| there < Money::from(low));
        let class = match (self.known, self.is_empty, is_low) {
            (false, ..) => "unknown",
            (true, true, _) => "empty",
            (true, false, true) => "low",
            (true, false, false) => "ok",
        };
        let system = self.provider.map_or("topup", System::title);
        let profile = self.profile.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let mut tooltip = vec![format!("{system}{profile}: {}", self.line)];
        tooltip.extend(self.notes.iter().cloned());
        let line = json!({
            "text": markup(&self.line),
            "alt": class,
            "tooltip": markup(&tooltip.join("\n")),
            "class": class,
        });
        Answer::new(Plain { text: line.to_string() })
    }
}

/// A bar takes its text for markup: what somebody else wrote is none.
fn markup(text: &str) -> String {
    let kept = |sign: char| if sign.is_control() && sign != '\n' { '\u{fffd}' } else { sign };
    let text: String = text.chars().map(kept).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Show for Brief {
    fn show(&self, page: &mut Page) {
        page.next_step(if self.known { Tone::Plain } else { Tone::Dim }, &self.line);
    }
}
