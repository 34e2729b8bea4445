//! How far a journal had got when something was last sent, kept apart from it. A journal that was
//! restored from an older copy lacks the row that the position names: from then on everything that may
//! lie in the gap counts as possibly used.
//!
//! The order of writes: the row `sending` is durable, then the position, then the first byte of the
//! request leaves; and before a person is shown a page where they may pay, the row of that payment,
//! then the position. So the position is never ahead of a journal that was not restored. The first of
//! those rows finds a position there, of the newest row before it: so a journal with such a row and no
//! position is never one that was begun here.
//!
//! Pure: where both are kept is in `journal::position`.

use super::record::Stamp;
use crate::core::time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What may be missing in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalDoubt {
    /// It came from another machine, which may go on with a copy of its own, or from a version that
    /// kept no position: nothing proves that a name is used for the first time, until something was
    /// sent from here.
    Moved,
    /// It was restored from an older copy, and lacks what was done in this gap.
    Restored(Gap),
}

/// The time that a restored journal knows nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When its newest row was written; none where it has no rows.
    pub from: Option<Timestamp>,
    /// When something was last sent that it does not know; none where that is not known.
    pub to: Option<Timestamp>,
}

impl Gap {
    /// As in "between 10:00 and 12:00".
    pub fn shown(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => {
                format!("between {} and {}", time::shown(from), time::shown(to))
            }
            (Some(from), None) => format!("since {}", time::shown(from)),
            (None, Some(to)) => format!("until {}", time::shown(to)),
            (None, None) => "at any time".to_owned(),
        }
    }

    /// Both gaps, and the time between them.
    fn with(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        Self {
            from: self.from.zip(other.from).map(|(one, other)| one.min(other)),
            to: self.to.zip(other.to).map(|(one, other)| one.max(other)),
        }
    }
}

/// What is kept of how far a journal had got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The machine that wrote it, where it has an id.
    pub machine: Option<String>,
    /// A row that is there unless the journal was restored: the newest that moves the position
    /// ([`super::record::JournalRow::moves_position`]), or a newer one.
    pub last: Option<KnownRow>,
    /// What was found missing, and was not accepted so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// The journal came from elsewhere, and nothing was sent from here since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
}

/// A row that the journal had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRow {
    /// Its number in the journal.
    pub seq: i64,
    /// The purchase that it belongs to.
    pub purchase: Uuid,
    /// When it was written.
    pub stamp: Stamp,
}

/// What the journal itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEnd {
    /// It has the row that the position names.
    pub has_last: bool,
    /// The newest row that moves the position.
    pub newest_sent: Option<KnownRow>,
    /// The newest row.
    pub newest: Option<KnownRow>,
    /// A position was kept beside it.
    pub was_kept: bool,
}

/// What is to be written where something is in doubt that was not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoubtNote {
    /// Each purchase that may be sent again gets a row [`super::record::JournalRow::Doubted`] first.
    pub doubts_purchases: bool,
    gap: Option<Gap>,
    moved: bool,
}

impl DoubtNote {
    /// The position once those rows are durable. It names the newest of them: a journal that is
    /// restored once more lacks them.
    pub fn position(self, machine: Option<String>, end: JournalEnd) -> Position {
        Position { machine, last: end.newest, gap: self.gap, moved: self.moved }
    }
}

impl Position {
    /// The position once the row of a request is durable, before the request leaves. What is in
    /// doubt stays so.
    pub fn after_sending(known: Option<&Self>, machine: Option<String>, end: JournalEnd) -> Self {
        let gap = match judge(known, machine.as_deref(), &end) {
            Some(JournalDoubt::Restored(gap)) => Some(gap),
            Some(JournalDoubt::Moved) | None => None,
        };
        Self { machine, last: end.newest_sent, gap, moved: false }
    }

    /// What is to be written once the journal was opened; none where nothing is in doubt, or that is
    /// written already.
    pub fn after_doubt(
        known: Option<&Self>,
        machine: Option<&str>,
        end: &JournalEnd,
    ) -> Option<DoubtNote> {
        let (gap, moved) = match judge(known, machine, end)? {
            JournalDoubt::Restored(gap) => (Some(gap), false),
            JournalDoubt::Moved => (None, true),
        };
        let is_noted = known.is_some_and(|known| {
            end.has_last
                && known.gap == gap
                && known.moved == moved
                && known.machine.as_deref() == machine
        });
        let doubts_purchases = known.is_some() || end.was_kept;
        (!is_noted).then_some(DoubtNote { doubts_purchases, gap, moved })
    }

    /// The position of a journal that lacks nothing: before something is sent for the first time, and
    /// once a person has compared it with the portals.
    pub fn whole(machine: Option<String>, end: JournalEnd) -> Self {
        Self { machine, last: end.newest, gap: None, moved: false }
    }
}

/// What the position and the journal together say.
pub fn judge(
    known: Option<&Position>,
    machine: Option<&str>,
    end: &JournalEnd,
) -> Option<JournalDoubt> {
    let from = || end.newest.as_ref().map(|newest| newest.stamp.wall);
    let Some(known) = known else {
        return match (&end.newest_sent, end.was_kept) {
            (None, _) => None,
            (Some(_), false) => Some(JournalDoubt::Moved),
            (Some(_), true) => Some(JournalDoubt::Restored(Gap { from: from(), to: None })),
        };
    };
    if !end.has_last {
        let to = known.last.as_ref().map(|last| last.stamp.wall);
        let gap = Gap { from: from(), to }.with(known.gap);
        return Some(JournalDoubt::Restored(gap));
    }
    if let Some(gap) = known.gap {
        return Some(JournalDoubt::Restored(gap));
    }
    let is_elsewhere = match (known.machine.as_deref(), machine) {
        (Some(then), Some(now)) => then != now,
        _ => false,
    };
    (known.moved || is_elsewhere).then_some(JournalDoubt::Moved)
}
