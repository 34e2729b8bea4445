//! What befell the worlds of a run, counted: one that has stopped making a rare event proves nothing
//! about it any more.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// How often each thing happened, by what it is called.
#[derive(Default)]
pub struct Events(BTreeMap<&'static str, u64>);

impl Events {
    pub fn happened(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub fn add(&mut self, what: &'static str, times: u64) {
        if times > 0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// Takes in what happened elsewhere.
    pub fn extend(&mut self, others: &Self) {
        for (what, times) in &others.0 {
            self.add(what, *times);
        }
    }

    /// Each of these happened, and nothing that nobody wrote down.
    pub fn check(&self, listed: &[&'static str]) {
        let never: Vec<_> = listed.iter().filter(|what| !self.0.contains_key(**what)).collect();
        assert!(never.is_empty(), "no schedule made these: {never:?}");
        let unlisted: Vec<_> = self.0.keys().filter(|what| !listed.contains(*what)).collect();
        assert!(unlisted.is_empty(), "events that nobody wrote down: {unlisted:?}");
    }
}

impl Display for Events {
    /// One a line, the rarest first.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_key(|(_, times)| **times);
        for (what, times) in sorted {
            writeln!(out, "{times:>12} {what}")?;
        }
        Ok(())
    }
}

#[test]
fn an_event_that_never_happens_is_noticed_and_so_is_one_that_is_not_listed() {
    let mut events = Events::default();
    events.happened("a kill");
    events.add("never", 0);
    events.check(&["a kill"]);
    assert_eq!(events.to_string(), "           1 a kill\n");
    let fails =
        |listed: &[&'static str]| std::panic::catch_unwind(|| events.check(listed)).is_err();
    assert!(fails(&["a kill", "never"]));
    assert!(fails(&[]));
}
