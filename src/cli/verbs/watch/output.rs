//! What a watch says: a line when something changes, an object of its own for scripts, and at its
//! end what was seen.

use crate::app::watch::alert_state::MOST_TRIES;
use crate::app::watch::threshold::Level;
use crate::app::watch::{WatchEvent, WatchOptions, WatchedBalance};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::state::note_auto_reload;
use crate::core::counted::counted;
use crate::core::{duration, time};
use crate::notice::BalanceEvent;
use crate::output::page::{Page, Tone};
use crate::output::{Form, Show};
use crate::provider::Balance;
use serde_json::{Map, Value, json};

/// Says what changed.
pub(super) fn say(invocation: &Invocation, options: &WatchOptions, event: &WatchEvent<'_>) {
    let output = &invocation.output;
    let facts =
        |balance: &Balance| json!({"balance": balance.amount.to_string(), "unit": balance.unit});
    let (name, line, facts, always) = match event {
        WatchEvent::Recovered(balance) => {
            let line = format!("The balance can be read again: {}.", balance.shown());
            ("recovered", line, facts(balance), false)
        }
        WatchEvent::Uncounted(balance) => {
            let line = format!("The {} are not counted here: they never get low.", balance.unit);
            ("watching", line, facts(balance), false)
        }
        WatchEvent::Watching { balance, levels } => {
            let limits: Vec<String> =
                levels.iter().map(|level| level.shown(&balance.unit)).collect();
            let line = format!(
                "Watching: the balance is {}; a fall below {} is reported. Checked every {}.",
                balance.shown(),
                limits.join(" and "),
                duration::show(options.every)
            );
            ("watching", line, facts(balance), false)
        }
        WatchEvent::Below { balance, level, reported_before, is_report } => {
            let before = if *reported_before { "; that was reported before" } else { "" };
            let (there, limit) = (balance.shown(), level.shown(&balance.unit));
            let line = format!("Low: the balance is {there}, less than {limit}{before}.");
            ("below", line, with_level(facts(balance), level), *is_report)
        }
        WatchEvent::Between { balance, above, below } => {
            let [above, limit] = [above, below].map(|level| level.shown(&balance.unit));
            let line = format!(
                "Risen: the balance is {}, at least {above} and less than {limit}.",
                balance.shown()
            );
            ("between", line, with_level(facts(balance), below), false)
        }
        WatchEvent::Above { balance, level, is_report } => {
            let (there, limit) = (balance.shown(), level.shown(&balance.unit));
            let line = format!("Risen: the balance is {there}, at least {limit}.");
            ("above", line, with_level(facts(balance), level), *is_report)
        }
        WatchEvent::AutoReload(reload) => {
            let warning = reload.warning().map(|warning| format!("warning: {warning}"));
            let lines: Vec<String> = [reload.note(), warning].into_iter().flatten().collect();
            ("auto_reload", lines.join("\n"), json!({"auto_reload": reload}), false)
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
        WatchEvent::Reported { by, event } => {
            let what = match event {
                BalanceEvent::Low => "Reported",
                BalanceEvent::Reminder => "Reported again",
                BalanceEvent::Recovered => "The recovery was reported",
            };
            let facts = json!({"by": by, "report": event.word()});
            ("told", format!("{what} by {by}."), facts, false)
        }
        WatchEvent::NotReported { reason, tries, goes_on, event } => {
            let then = match event {
                _ if *goes_on => "it is tried again at the next check",
                BalanceEvent::Recovered => "it is given up",
                BalanceEvent::Low | BalanceEvent::Reminder if options.policy.remind.is_some() => {
                    "it is tried again with the next reminder"
                }
                BalanceEvent::Low | BalanceEvent::Reminder => {
                    "it is given up until the balance has risen and falls again"
                }
            };
            let line =
                format!("warning: not reported: {reason}; {then} (try {tries} of {MOST_TRIES})");
            let facts = json!({"reason": reason, "tries": tries, "report": event.word()});
            ("not_told", line, facts, true)
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

/// The facts of an event that is about a threshold.
fn with_level(mut facts: Value, level: &Level) -> Value {
    facts["threshold"] = level.threshold.to_string().into();
    facts["below"] = level.limit.to_string().into();
    facts
}

/// A line with its time, for logs that have none; for scripts an object of its own.
fn put(invocation: &Invocation, event: &str, line: &str, facts: Value) {
    let output = &invocation.output;
    let at = time::shown(invocation.setup.now());
    if output.form != Form::Json {
        return line.lines().for_each(|line| output.complain(&format!("{at} {line}")));
    }
    let mut object = Map::new();
    object.insert("event".to_owned(), event.into());
    object.insert("at".to_owned(), at.into());
    if let Value::Object(facts) = facts {
        object.extend(facts);
    }
    object.insert("message".to_owned(), line.replace('\n', " ").into());
    output.event_aside(&Value::Object(object));
}

impl Show for WatchedBalance {
    fn show(&self, page: &mut Page) {
        let checks = counted(self.checks, "check");
        let (Some(balance), Some(unit)) = (self.balance, &self.unit) else {
            let line = format!("{checks}; none of them could read the balance.");
            return page.line(Tone::Plain, &line);
        };
        let there = unit.shown(balance);
        let deepest = self.thresholds.iter().rfind(|known| known.is_below == Some(true));
        let limit = deepest.and_then(|known| known.below).or(self.below);
        let limit = limit.map(|limit| unit.shown(limit)).unwrap_or_default();
        let (tone, than) = match self.is_below {
            _ if self.unlimited => (Tone::Good, "not counted".to_owned()),
            Some(true) => (Tone::Warn, format!("less than {limit}")),
            _ => (Tone::Good, format!("at least {limit}")),
        };
        let reported = match self.reported {
            Some(true) => "; that was reported",
            Some(false) => "; that was not reported yet",
            None => "",
        };
        page.line(tone, &format!("The balance was {there} at the last check, {than}{reported}."));
        if self.checks > 1 {
            let line = format!("{checks}; reported {}.", counted(self.notices, "time"));
            page.line(Tone::Dim, &line);
        }
        note_auto_reload(page, self.auto_reload.as_ref());
    }
}
