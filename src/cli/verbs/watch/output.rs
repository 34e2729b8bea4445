//! What a watch says: a line when something changes, an object of its own for scripts, and at its
//! end what was seen.

use crate::app::watch::{TRIES, WatchEvent, WatchOptions, WatchedBalance};
use crate::cli::invocation::Invocation;
use crate::core::{duration, time};
use crate::output::page::{Page, Tone};
use crate::output::{Form, Show};
use crate::provider::Balance;
use serde_json::{Map, Value, json};

/// Says what changed.
pub(super) fn say(invocation: &Invocation, options: &WatchOptions, event: &WatchEvent<'_>) {
    let output = &invocation.output;
    let facts =
        |balance: &Balance| json!({"balance": balance.amount.to_string(), "unit": balance.unit});
    let limit = |balance: &Balance| balance.unit.shown(options.below.into());
    let (name, line, facts, always) = match event {
        WatchEvent::Recovered(balance) => {
            let line = format!("The balance can be read again: {}.", balance.shown());
            ("recovered", line, facts(balance), false)
        }
        WatchEvent::Uncounted(balance) => {
            let line = format!("The {} are not counted here: they never get low.", balance.unit);
            ("watching", line, facts(balance), false)
        }
        WatchEvent::Watching(balance) => {
            let line = format!(
                "Watching: the balance is {}; a fall below {} is reported, with a look every {}.",
                balance.shown(),
                limit(balance),
                duration::show(options.every)
            );
            ("watching", line, facts(balance), false)
        }
        WatchEvent::Below { balance, reported_before, is_report } => {
            let before = if *reported_before { "; that was reported before" } else { "" };
            let (there, limit) = (balance.shown(), limit(balance));
            let line = format!("Low: the balance is {there}, less than {limit}{before}.");
            ("below", line, facts(balance), *is_report)
        }
        WatchEvent::Above(balance) => {
            let (there, limit) = (balance.shown(), limit(balance));
            (
                "above",
                format!("Risen: the balance is {there}, at least {limit}."),
                facts(balance),
                false,
            )
        }
        WatchEvent::Unchanged(_) if !output.verbose => return,
        WatchEvent::Unchanged(balance) => {
            ("look", format!("The balance is {}.", balance.shown()), facts(balance), false)
        }
        WatchEvent::Failing(failure) => {
            let class = failure.class().name();
            let line =
                format!("The balance cannot be read: {failure} ({class}); it is tried again.");
            ("failing", line, json!({"class": class, "message": failure.to_string()}), false)
        }
        WatchEvent::Reported(by) => {
            ("told", format!("Reported by {by}."), json!({"by": by}), false)
        }
        WatchEvent::NotReported { reason, tries, goes_on } => {
            let then = if *goes_on {
                "it is tried again at the next look"
            } else {
                "it is given up until the balance has risen and falls again"
            };
            let line = format!("warning: not reported: {reason}; {then} (try {tries} of {TRIES})");
            ("not_told", line, json!({"reason": reason, "tries": tries}), true)
        }
        WatchEvent::RoseUnreported => {
            let line = "warning: it rose again before it could be reported".to_owned();
            ("not_told", line, json!({}), true)
        }
    };
    if always || !output.quiet {
        put(invocation, name, &line, facts);
    }
}

/// A line with its time, for logs that have none; for scripts an object of its own.
fn put(invocation: &Invocation, event: &str, line: &str, facts: Value) {
    let output = &invocation.output;
    let at = time::shown(invocation.setup.now());
    if output.form != Form::Json {
        return output.complain(&format!("{at} {line}"));
    }
    let mut object = Map::new();
    object.insert("event".to_owned(), event.into());
    object.insert("at".to_owned(), at.into());
    if let Value::Object(facts) = facts {
        object.extend(facts);
    }
    object.insert("message".to_owned(), line.into());
    output.event_aside(&Value::Object(object));
}

impl Show for WatchedBalance {
    fn show(&self, page: &mut Page) {
        let looks = if self.checks == 1 { "look" } else { "looks" };
        let (Some(balance), Some(unit)) = (self.balance, &self.unit) else {
            return page
                .line(Tone::Plain, &format!("{} {looks}, and none of them saw it.", self.checks));
        };
        let there = unit.shown(balance);
        let limit = unit.shown(self.below);
        let (tone, than) = match self.is_below {
            _ if self.unlimited => (Tone::Good, "not counted".to_owned()),
            Some(true) => (Tone::Warn, format!("less than {limit}")),
            _ => (Tone::Good, format!("at least {limit}")),
        };
        let told = match self.reported {
            Some(true) => "; that was reported",
            Some(false) => "; that could not be reported yet",
            None => "",
        };
        page.line(tone, &format!("The balance was {there} at the last look, {than}{told}."));
        if self.checks > 1 {
            let times = if self.notices == 1 { "time" } else { "times" };
            let told = format!("{} {looks}; reported {} {times}.", self.checks, self.notices);
            page.line(Tone::Dim, &told);
        }
    }
}
