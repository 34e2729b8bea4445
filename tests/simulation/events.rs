//! What befell the worlds of a run, counted: one that has stopped making a rare event proves nothing
//! about it any more.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// How often each thing happened, by what it is called. Nearly all of it is counted at the place in
/// memory where its name is, without comparing names.
#[derive(Default)]
pub struct Events {
    places: Vec<(&'static str, u64)>,
    /// What had to leave its place to another name.
    left: BTreeMap<&'static str, u64>,
}

/// How many places there are: many more than names, so that few share one.
const PLACES: usize = 1024;

impl Events {
    pub fn happened(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub fn add(&mut self, what: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, ("", 0));
        }
        let place = &mut self.places[what.as_ptr() as usize % PLACES];
        if !std::ptr::eq(place.0, what) {
            let (before, times) = std::mem::replace(place, (what, 0));
            if times > 0 {
                *self.left.entry(before).or_default() += times;
            }
        }
        place.1 += times;
    }

    /// All of it.
    fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = self.left.clone();
        for (what, times) in self.places.iter().filter(|(_, times)| *times > 0) {
            *counts.entry(what).or_default() += times;
        }
        counts
    }

    /// Takes in what happened elsewhere.
    pub fn extend(&mut self, others: &Self) {
        for (what, times) in others.counts() {
            self.add(what, times);
        }
    }

    /// Each of these happened, and nothing that nobody wrote down.
    pub fn check(&self, listed: &[&'static str]) {
        let counts = self.counts();
        let never: Vec<_> = listed.iter().filter(|what| !counts.contains_key(**what)).collect();
        assert!(never.is_empty(), "no schedule made these: {never:?}");
        let unlisted: Vec<_> = counts.keys().filter(|what| !listed.contains(*what)).collect();
        assert!(unlisted.is_empty(), "events that nobody wrote down: {unlisted:?}");
    }
}

impl Display for Events {
    /// One a line, the rarest first.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted: Vec<_> = self.counts().into_iter().collect();
        sorted.sort_by_key(|(_, times)| *times);
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
    // Names that share a place are counted apart.
    let names: &'static str = Box::leak("n".repeat(2 * PLACES + 2).into_boxed_str());
    let (one, other) = (&names[..1], &names[PLACES..PLACES + 2]);
    for name in [one, other, one, other, other] {
        events.happened(name);
    }
    assert_eq!(events.counts(), BTreeMap::from([("a kill", 1), (one, 2), (other, 3)]));
    let mut events = Events::default();
    events.happened("a kill");
    let fails =
        |listed: &[&'static str]| std::panic::catch_unwind(|| events.check(listed)).is_err();
    assert!(fails(&["a kill", "never"]));
    assert!(fails(&[]));
}
