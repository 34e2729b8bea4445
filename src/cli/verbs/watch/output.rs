//! What a watch says: a line when something changes, an object of its own for scripts, and at its
//! end what was seen.

use super::alert_channel::Way;
use super::alert_state::Crossing;
use super::{Seen, Watched, Watching};
use crate::core::duration;
use crate::core::failure::Failure;
use crate::core::time;
use crate::output::page::{Page, Tone};
use crate::output::{Form, Show};
use crate::provider::Balance;
use serde_json::{Map, Value, json};

impl Watching<'_> {
    /// Notes what was seen, and says what has changed.
    pub(super) fn note(&mut self, seen: &Seen, is_below: bool, crossing: Option<&Crossing>) {
        let Balance { amount, unit, unlimited } = &seen.balance;
        let (there, limit) = (seen.balance.shown(), unit.shown(self.watch.below.into()));
        let facts = json!({"balance": amount.to_string(), "unit": unit});
        if self.failures > 0 {
            self.failures = 0;
            let line = format!("The balance can be read again: {there}.");
            self.say("recovered", &line, facts.clone());
        }
        let since = crossing.map(|crossing| time::shown(crossing.since));
        match self.seen.is_below {
            None if *unlimited => {
                let line = format!("The {unit} are not counted here: they never get low.");
                self.say("watching", &line, facts);
            }
            None if !is_below && !self.watch.one_look => {
                let every = duration::show(self.watch.every);
                let line = format!(
                    "Watching: the balance is {there}; a fall below {limit} is reported, with a look every {every}."
                );
                self.say("watching", &line, facts);
            }
            None | Some(false) if is_below => {
                let before = crossing.is_some_and(|crossing| crossing.told_at.is_some());
                let told = if before { "; that was reported before" } else { "" };
                let line = format!("Low: the balance is {there}, less than {limit}{told}.");
                // Where nothing else tells it, the line is what the watch is there for.
                if matches!(self.way, Way::Line) && !before {
                    self.put("below", &line, facts);
                } else {
                    self.say("below", &line, facts);
                }
            }
            Some(true) if !is_below => {
                let line = format!("Risen: the balance is {there}, at least {limit}.");
                self.say("above", &line, facts);
            }
            _ if self.context.output.verbose => {
                self.say("look", &format!("The balance is {there}."), facts);
            }
            _ => {}
        }
        self.seen.balance_usd = unit.in_dollars(*amount);
        self.seen.balance = Some(*amount);
        self.seen.unit = Some(unit.clone());
        self.seen.unlimited = *unlimited;
        self.seen.is_below = Some(is_below);
        self.seen.below_since = since;
        self.seen.told = None;
    }

    /// Says once that nothing can be seen.
    pub(super) fn failing(&mut self, error: &Failure) {
        if self.failures == 0 {
            let class = error.class().name();
            let line = format!("The balance cannot be read: {error} ({class}); it is tried again.");
            let facts = json!({"class": class, "message": error.to_string()});
            self.say("failing", &line, facts);
        }
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn say(&self, event: &str, line: &str, facts: Value) {
        if !self.context.output.quiet {
            self.put(event, line, facts);
        }
    }

    /// The same, even under `--quiet`.
    pub(super) fn warn(&self, event: &str, line: &str, facts: Value) {
        self.put(event, &format!("warning: {line}"), facts);
    }

    /// A line with its time, for logs that have none; for scripts an object of its own.
    fn put(&self, event: &str, line: &str, facts: Value) {
        let output = &self.context.output;
        let at = time::shown(self.context.now());
        if output.form != Form::Json {
            return output.complain(&format!("{at} {line}"));
        }
        let mut told = Map::new();
        told.insert("event".to_owned(), event.into());
        told.insert("at".to_owned(), at.into());
        if let Value::Object(facts) = facts {
            told.extend(facts);
        }
        told.insert("message".to_owned(), line.into());
        output.event_aside(&Value::Object(told));
    }
}

impl Show for Watched {
    fn show(&self, page: &mut Page) {
        let looks = if self.looks == 1 { "look" } else { "looks" };
        let (Some(balance), Some(unit)) = (self.balance, &self.unit) else {
            return page
                .line(Tone::Plain, &format!("{} {looks}, and none of them saw it.", self.looks));
        };
        let there = unit.shown(balance);
        let limit = unit.shown(self.below);
        let (tone, than) = match self.is_below {
            _ if self.unlimited => (Tone::Good, "not counted".to_owned()),
            Some(true) => (Tone::Warn, format!("less than {limit}")),
            _ => (Tone::Good, format!("at least {limit}")),
        };
        let told = match self.told {
            Some(true) => "; that was reported",
            Some(false) => "; that could not be reported yet",
            None => "",
        };
        page.line(tone, &format!("The balance was {there} at the last look, {than}{told}."));
        if self.looks > 1 {
            let times = if self.notices == 1 { "time" } else { "times" };
            let told = format!("{} {looks}; reported {} {times}.", self.looks, self.notices);
            page.line(Tone::Dim, &told);
        }
    }
}
