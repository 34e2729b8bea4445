//! Moves a journal from the files of a machine to the store that machines share, or back: each purchase
//! once, with its key and all of its rows.
//!
//! In this order: what stands in the way is found before anything is written. The journal that is left
//! keeps where it goes, and begins nothing from then on. The other one takes in all rows in one
//! transaction. The first one keeps that they have arrived. Cut off anywhere, the next run goes on.

use super::journal::{Journal, JournalDoubt, MoveCounts, Moved, MovingPurchase, busy};
use super::lock::EntityLock;
use super::place::JournalPlace;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use jiff::Timestamp;
use std::cell::Cell;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A journal, and what it is called for the other one: the host belongs to a file.
#[derive(Clone, Debug)]
pub struct MovingPlace {
    /// Where it is.
    pub place: JournalPlace,
    /// What it is called.
    pub name: String,
}

/// What is moved.
#[derive(Debug)]
pub struct JournalMove<'m> {
    /// The journal that is left.
    pub from: &'m MovingPlace,
    /// The one that takes in the purchases.
    pub to: &'m MovingPlace,
    /// The one profile that buys there afterwards, where others go on in the journal that is left.
    pub only: Option<&'m str>,
    /// The names or ids of purchases that stay where they are.
    pub leave: &'m [String],
    /// Now.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalMoveCounts {
    /// What was copied, or would be.
    pub copied: MoveCounts,
    /// How many purchases stay because the caller said so.
    pub left: u64,
}

impl JournalMove<'_> {
    /// What moving would come to; writes nothing.
    ///
    /// # Errors
    /// As [`JournalMove::run`].
    pub fn preview(&self) -> Result<JournalMoveCounts> {
        let Some(from) = self.open_from()? else { return Ok(JournalMoveCounts::default()) };
        let is_there = match &self.to.place {
            JournalPlace::Files { journal, .. } => journal.exists(),
            JournalPlace::Shared { .. } => true,
        };
        let to = if is_there { Some(Journal::open(&self.to.place)?) } else { None };
        self.check(&from, to.as_ref())?;
        self.check_profiles(&from)?;
        self.each_page(&from, |page| match &to {
            Some(to) => to.count_missing(page),
            None => Ok(MoveCounts {
                added: page.len().try_into().unwrap_or(u64::MAX),
                open: page.iter().filter(|moving| moving.purchase.outcome.is_none()).count() as u64,
                ..MoveCounts::default()
            }),
        })
    }

    /// Moves.
    ///
    /// # Errors
    /// Class `in_progress`: a process is at one of the purchases. Class `idempotency_conflict`: another
    /// purchase has the name of one of them. Class `config`: one of the two cannot be used, is in doubt,
    /// or its purchases are at a third place. Class `timeout` where the server is away.
    pub fn run(&self) -> Result<JournalMoveCounts> {
        let counts = self.preview()?;
        let Some(mut from) = self.open_from()? else { return Ok(counts) };
        let moved = self.leave_from(&mut from)?;
        self.arrive(&mut from, &moved)
    }

    /// What was left is taken in.
    fn arrive(&self, from: &mut Journal, moved: &Moved) -> Result<JournalMoveCounts> {
        let mut to = Journal::open(&self.to.place)?;
        let taken = self.take_in(from, &mut to, moved);
        if let Err(error) = &taken
            && error.class() == Class::IdempotencyConflict
        {
            // Another machine has used a name meanwhile: nothing was taken in, and all stays here.
            from.exclusively(|alone| alone.forget_move(moved.id))?;
        }
        let counts = taken?;
        to.note_position()?;
        from.exclusively(|alone| alone.has_left(moved))?;
        Ok(counts)
    }

    fn open_from(&self) -> Result<Option<Journal>> {
        Journal::open_if_there(&self.from.place)
    }

    /// Finds what stands in the way.
    fn check(&self, from: &Journal, to: Option<&Journal>) -> Result<()> {
        let moved = from.moved()?;
        if let Some(moved) = moved.as_ref().filter(|moved| moved.place != self.to.name) {
            return Err(elsewhere(moved, &self.from.place));
        }
        check_doubt(from, &self.from.place)?;
        let Some(to) = to else { return Ok(()) };
        let is_arrived = moved.as_ref().map_or(Ok(false), |moved| to.has_received(moved.id))?;
        if is_arrived {
            return Ok(());
        }
        check_doubt(to, &self.to.place)?;
        match to.moved()? {
            Some(away) if !from.has_received(away.id)? => Err(elsewhere(&away, &self.to.place)),
            _ => Ok(()),
        }
    }

    /// A journal moves whole: what other profiles have bought would be out of their sight, and they could
    /// begin nothing more.
    fn check_profiles(&self, from: &Journal) -> Result<()> {
        let Some(only) = self.only else { return Ok(()) };
        let mut others = BTreeSet::new();
        let mut last = None;
        loop {
            let page = from.page_behind(last)?;
            let Some(newest) = page.last() else { break };
            last = Some(newest.purchase.intent.id);
            let profiles = page.iter().filter_map(|moving| moving.purchase.intent.profile.clone());
            others.extend(profiles.filter(|profile| profile != only));
        }
        if others.is_empty() {
            return Ok(());
        }
        let others: Vec<String> =
            others.iter().map(|profile| profile.escape_debug().to_string()).collect();
        Err(Failure::config(format!(
            "the shared store is that of the profile '{}' alone, and the journal has purchases of other profiles: {}; nothing was moved",
            only.escape_debug(),
            others.join(", ")
        ))
        .hint_with(
            "A journal moves whole. Let every profile buy there: write state_url before all profiles in config.toml, or set {0}.",
            &[&env::STATE_URL],
        ))
    }

    /// From now on nothing is begun where the purchases are now.
    fn leave_from(&self, from: &mut Journal) -> Result<Moved> {
        let id = Uuid::new_v4();
        from.exclusively(|alone| {
            if let Some(moved) = alone.moved()? {
                return Ok(moved);
            }
            let mut locks = Vec::new();
            if let JournalPlace::Files { .. } = &self.from.place {
                for id in alone.unsettled()? {
                    let lock = EntityLock::try_take(&self.from.place, id)?;
                    locks.push(lock.ok_or_else(|| {
                        busy(&format!("another process is working on the purchase {id}"))
                    })?);
                }
            }
            alone.require_rest()?;
            let place = self.to.name.clone();
            let moved = Moved { id, place, at: self.now, done: false };
            alone.leave(&moved).map(|()| moved)
        })
    }

    /// Takes in all rows, at once.
    fn take_in(
        &self,
        from: &Journal,
        to: &mut Journal,
        moved: &Moved,
    ) -> Result<JournalMoveCounts> {
        to.exclusively(|alone| {
            if alone.has_received(moved.id)? {
                return self.each_page(from, |page| {
                    Ok(MoveCounts { known: page.len() as u64, ..MoveCounts::default() })
                });
            }
            if let Some(away) = alone.moved()? {
                if !from.has_received(away.id)? {
                    return Err(elsewhere(&away, &self.to.place));
                }
                alone.forget_move(away.id)?;
            }
            let counts = self.each_page(from, |page| alone.add_missing(page))?;
            alone.receive(moved.id)?;
            Ok(counts)
        })
    }

    /// Does this with each page of what is moved.
    fn each_page(
        &self,
        from: &Journal,
        mut act: impl FnMut(&[MovingPurchase]) -> Result<MoveCounts>,
    ) -> Result<JournalMoveCounts> {
        let mut all = JournalMoveCounts::default();
        let last = Cell::new(None);
        loop {
            let mut page = from.page_behind(last.get())?;
            let Some(newest) = page.last() else { return Ok(all) };
            last.set(Some(newest.purchase.intent.id));
            let before = page.len();
            page.retain(|moving| !self.stays(moving));
            all.left += (before - page.len()) as u64;
            let counts = act(&page)?;
            all.copied.added += counts.added;
            all.copied.known += counts.known;
            all.copied.rows += counts.rows;
            all.copied.open += counts.open;
        }
    }

    /// Whether it stays where it is. One that is not final goes along: it would be out of sight.
    fn stays(&self, moving: &MovingPurchase) -> bool {
        let id = moving.purchase.intent.id.to_string();
        let is_named = self.leave.iter().any(|word| *word == id || *word == moving.called());
        is_named && moving.purchase.outcome.is_some()
    }
}

fn elsewhere(moved: &Moved, left: &JournalPlace) -> Failure {
    let shown = left.shown();
    Failure::config(format!(
        "the purchases of {shown} were moved to {} before; nothing was moved",
        moved.place
    ))
    .hint("Move them from there: run 'topup journal import' on the machine that has them, or 'topup journal export' with that store named.")
}

/// What may be missing in a journal must not become a part of one that counts as whole.
fn check_doubt(journal: &Journal, place: &JournalPlace) -> Result<()> {
    let why = match journal.doubt() {
        None => return Ok(()),
        Some(JournalDoubt::Moved) => "it came from another machine or another version".to_owned(),
        Some(JournalDoubt::Restored(gap)) => {
            format!("it was restored, and does not know what was bought {}", gap.shown())
        }
    };
    Err(Failure::config(format!("{} may lack purchases: {why}; nothing was moved", place.shown()))
        .hint("Compare it with the portal, then run 'topup journal accept' without the shared store, and this command again."))
}

#[cfg(test)]
#[path = "moving_tests.rs"]
mod tests;
