//! The account in one line, for a prompt or a bar. A failure becomes a line too: it must not become a
//! failure of the prompt that shows it.

use crate::app::readings::Unread;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::duration;
use crate::core::failure::Failure;
use crate::core::money::{Amount, Money};
use crate::core::system::System;
use crate::core::time;
use crate::provider::balances::Scope;
use crate::provider::{AutoReload, State, Unit};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// One line about the account; `data` of `state --brief`.
#[derive(Default, Serialize, JsonSchema)]
pub struct Brief {
    /// The line.
    pub line: String,
    /// Whether the account could be read now.
    pub known: bool,
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
    /// Auto-reload, where the system shows it.
    auto_reload: Option<AutoReload>,
    /// When the line was read.
    read_at: Option<String>,
    /// How old it is, in seconds; 0 where it was read now.
    age_s: Option<u64>,
    /// Whether nothing can be used, for the class of a bar.
    #[serde(skip)]
    is_empty: bool,
    /// What a bar shows beside the line.
    #[serde(skip)]
    notes: Vec<String>,
}

impl Brief {
    /// The line where nothing could be read.
    pub fn unknown(error: &Failure) -> Self {
        Self {
            line: format!("billing is not known: {error}"),
            class: Some(error.class()),
            ..Self::default()
        }
    }

    /// The line of what was read now, or else of what was read before. `shown` quotes the commands
    /// in it.
    pub fn from_reading(
        reading: Result<State, Box<Unread>>,
        now: Timestamp,
        shown: impl FnOnce(NextStep) -> String,
    ) -> Self {
        match reading {
            Ok(state) => Self::from_state(&state, shown(state.brief()), now),
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
        }
    }

    /// The same with the profile and the system that it is about.
    #[must_use]
    pub fn of_profile(self, profile: String, system: System) -> Self {
        Self { profile: Some(profile), provider: Some(system), ..self }
    }

    fn from_state(state: &State, line: String, now: Timestamp) -> Self {
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
            auto_reload: state.auto_reload().cloned(),
            read_at: Some(time::shown(now)),
            age_s: Some(0),
            notes: state.note().into_iter().chain(state.caveats()).collect(),
            ..Self::default()
        }
    }

    /// The JSON line that Waybar reads from a module with `"return-type": "json"`; `low` below that
    /// balance.
    pub fn waybar(&self, low: Option<Amount>) -> Value {
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
        json!({
            "text": markup(&self.line),
            "alt": class,
            "tooltip": markup(&tooltip.join("\n")),
            "class": class,
        })
    }
}

/// A bar reads its text as markup: foreign text is escaped.
fn markup(text: &str) -> String {
    let kept = |sign: char| if sign.is_control() && sign != '\n' { '\u{fffd}' } else { sign };
    let text: String = text.chars().map(kept).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::readings::LastReading;
    use crate::provider::CIRIS;
    use crate::provider::packs::UsesState;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a time")
    }

    fn brief(reading: Result<State, Box<Unread>>) -> Brief {
        let brief = Brief::from_reading(reading, at(90), |step| step.to_string());
        brief.of_profile("work".to_owned(), CIRIS)
    }

    fn uses(left: i64) -> State {
        State::Uses(Box::new(UsesState::with_left(left)))
    }

    #[test]
    fn a_bar_gets_a_class_for_each_kind_of_balance() {
        let class = |left: i64, low: Option<&str>| {
            let low = low.map(|text| Amount::parse(text).expect("an amount"));
            brief(Ok(uses(left))).waybar(low)["class"].clone()
        };
        assert_eq!(class(5, None), "ok");
        assert_eq!(class(5, Some("5")), "ok");
        assert_eq!(class(5, Some("6")), "low");
        assert_eq!(class(0, Some("6")), "empty");
        let down = Failure::new(Class::Network, "down");
        assert_eq!(brief(Err(down.into())).waybar(None)["class"], "unknown");
    }

    #[test]
    fn what_was_read_before_is_shown_with_its_age_and_is_no_balance_of_now() {
        let last = LastReading { at: at(0), line: "5 uses left".into(), state: Value::Null };
        let failure = Failure::new(Class::Network, "down");
        let stale = brief(Err(Box::new(Unread { failure, last: Some(last) })));
        assert_eq!(stale.line, "5 uses left (1m 30s ago)");
        assert_eq!((stale.known, stale.balance, stale.age_s), (false, None, Some(90)));
        assert_eq!(stale.class, Some(Class::Network));
        let bar = stale.waybar(Amount::parse("6").ok());
        assert_eq!(bar["class"], "unknown");
        assert_eq!(bar["tooltip"], format!("{} (work): {}\ndown", CIRIS.title(), stale.line));
    }

    #[test]
    fn foreign_text_is_no_markup() {
        let failure = Failure::new(Class::Protocol, "<b>&\u{1b}[31m");
        let bar = brief(Err(failure.into())).waybar(None);
        assert_eq!(bar["text"], "billing is not known: &lt;b&gt;&amp;\u{fffd}[31m");
    }
}
