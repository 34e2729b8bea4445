//! Journals that are restored from an older copy, or copied to another machine, with the position that
//! is kept beside them or without it.

use super::super::Sabotage;
use super::World;
use topup::purchase::position::{JournalDoubt, Position, judge};
use topup::purchase::record::JournalRow;

impl World {
    /// What may be missing in the journal of this computer, as a command finds it that opens it.
    pub(super) fn settle_position(&mut self, on: usize) -> Option<JournalDoubt> {
        if self.shared.is_some() || self.sabotage == Sabotage::GapIgnored {
            return None;
        }
        let computer = &self.computers[on];
        let known = computer.position.as_ref();
        let end = self.journals[on].end(known);
        let doubt = judge(known, Some(&computer.machine), &end)?;
        if !self.restored {
            self.judge.wrong("a journal is in doubt that was never restored".into());
        }
        let machine = computer.machine.clone();
        if let Some(note) = Position::after_doubt(known, Some(&machine), &end) {
            self.journals[on].sync();
            if note.doubts_purchases {
                self.doubt_all(on);
            }
            let end = self.journals[on].end(None);
            self.computers[on].position = Some(note.position(Some(machine), end));
        }
        self.happened(match doubt {
            JournalDoubt::Restored(_) => "a journal is found to be restored",
            JournalDoubt::Moved => "a journal is found to be another machine's",
        });
        self.tell(|| format!("computer {on} doubts its journal: {doubt:?}"));
        Some(doubt)
    }

    /// Each purchase that may be sent again may have been sent since its newest row.
    fn doubt_all(&mut self, on: usize) {
        let journal = &mut self.journals[on];
        let doubted = journal.all().iter().filter(|purchase| purchase.may_be_sent_again());
        let ids: Vec<_> = doubted.map(|purchase| purchase.intent.id).collect();
        for id in ids {
            let newest = journal.rows.iter().rev().find(|(of, ..)| *of == id);
            let stamp = newest.map(|(_, stamp, _)| stamp.clone()).expect("it has rows");
            journal.write((id, stamp, JournalRow::Doubted), true);
            self.met.events.happened("a purchase is doubted after that");
        }
    }

    /// A row is written that something outside is about to rest on: the first one finds a position.
    pub(super) fn begin_position(&mut self, on: usize) {
        let is_late = matches!(self.sabotage, Sabotage::NoSync | Sabotage::FirstPositionLate);
        let computer = &mut self.computers[on];
        if computer.position.is_some() || is_late {
            return;
        }
        let end = self.journals[on].end(None);
        if end.newest_sent.is_none() {
            self.journals[on].sync();
            computer.position = Some(Position::whole(Some(computer.machine.clone()), end));
        }
    }

    /// Such a row is durable.
    pub(super) fn note_position(&mut self, on: usize) {
        if self.sabotage == Sabotage::NoSync {
            return;
        }
        let computer = &mut self.computers[on];
        let known = computer.position.as_ref();
        let end = self.journals[on].end(known);
        let position = Position::after_sending(known, Some(computer.machine.clone()), end);
        computer.position = Some(position);
        self.journals[on].mark_kept();
    }

    /// The journal of a computer is restored from a copy of any time, or one of another computer takes
    /// its place. Nothing runs there meanwhile.
    pub(super) fn restore_journal(&mut self) {
        let on = self.dice.index(self.computers.len());
        // The first attempt of a run proves a name by itself: no journal is restored under it.
        if self.named && self.computers.len() > 1 && self.on == 0 {
            return;
        }
        let from = if self.dice.percent(35) { self.dice.index(self.computers.len()) } else { on };
        let (gone, left) =
            std::mem::take(&mut self.processes).into_iter().partition(|process| process.on == on);
        self.processes = left;
        self.abandon(gone);
        let source = &self.journals[from];
        let rows = self.dice.index(source.rows.len() + 1);
        let kept_at = source.kept_at().filter(|at| *at <= rows);
        // Two machines with one journal that never sent anything, and no position: not promised.
        let rows = if from != on && kept_at.is_none() { 0 } else { rows };
        // Where neither says that anything was ever sent, nothing can be missed.
        if self.computers[on].position.is_none() && kept_at.is_none() {
            return;
        }
        let copy = source.rows[..rows].to_vec();
        self.journals[on].replace_by(copy, kept_at);
        let beside = self.dice.pick(&["stays", "stays", "is gone", "comes along"]);
        match beside {
            "is gone" if kept_at.is_some() => {
                self.happened("a journal loses its position");
                self.computers[on].position = None;
            }
            "comes along" if from != on => {
                // What this computer had is gone with everything that told of it.
                let position = self.computers[from].position.clone();
                self.happened("a journal brings its position along");
                self.computers[on].position = position;
                self.journals[on].forget_lost();
            }
            _ => {}
        }
        self.happened(if from == on {
            "a journal is restored from an older copy"
        } else {
            "a journal is replaced by another machine's"
        });
        self.judge.forget_looks(on);
        self.restored = true;
        self.tell(|| {
            format!("the journal of computer {on} is {rows} rows of that of {from}, its position {beside}")
        });
    }
}
