//! The journal of purchases as a file: a copy of it, the end of the doubt after it was restored, and its
//! move to the store that machines share or back.

use crate::app::watch::moving::AlertMove;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Interrupt;
use crate::credentials::{MovedLogins, Store, VaultOf, move_logins, preview_logins};
use crate::purchase::journal::{self, Journal, JournalDoubt};
use crate::purchase::moving::{JournalMove, JournalMoveCounts, MovingPlace};
use crate::purchase::place::JournalPlace;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// `data` of `journal backup`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JournalBackup {
    /// The copy.
    pub file: String,
    /// How many purchases are in it.
    pub purchases: i64,
}

/// Copies the journal into this file while others may use it.
///
/// # Errors
/// Class `config`: there is no journal, or one of the files cannot be used; `unsupported` for one on
/// a server.
pub fn back_up(journal: &JournalPlace, to: &Path) -> Result<JournalBackup> {
    let JournalPlace::Files { journal, .. } = journal else {
        return Err(Failure::new(
            Class::Unsupported,
            "the journal is on a server, which has backups of its own",
        )
        .hint("pg_dump copies the schema 'topup_state'."));
    };
    let purchases = journal::backup(journal, to)?;
    Ok(JournalBackup { file: to.display().to_string(), purchases })
}

/// `data` of `journal accept`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JournalAccepted {
    /// Whether something was in doubt.
    pub was_in_doubt: bool,
    /// When the newest row of the restored journal was written, where it was restored.
    #[schemars(with = "Option<String>")]
    pub unknown_from: Option<Timestamp>,
    /// When something was last sent that it does not know, where that is known.
    #[schemars(with = "Option<String>")]
    pub unknown_to: Option<Timestamp>,
    /// How many purchases of it are not final, and may have been sent since: `topup resume` finds
    /// out.
    pub open_purchases: usize,
}

/// Ends the doubt about what a restored journal lacks: a person has compared it with the portals.
///
/// # Errors
/// Class `config`: there is no journal, or it cannot be used.
pub fn accept(journal: &JournalPlace) -> Result<JournalAccepted> {
    let mut opened = Journal::open_if_there(journal)?.ok_or_else(|| {
        Failure::config(format!("there is no journal: {} is not there", journal.shown()))
            .hint("It is made by the first purchase.")
    })?;
    let doubt = opened.accept()?;
    let gap = match &doubt {
        Some(JournalDoubt::Restored(gap)) => Some(*gap),
        _ => None,
    };
    Ok(JournalAccepted {
        was_in_doubt: doubt.is_some(),
        unknown_from: gap.and_then(|gap| gap.from),
        unknown_to: gap.and_then(|gap| gap.to),
        open_purchases: opened.all_open()?.len(),
    })
}

/// `data` of `journal import` and `journal export`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JournalMoved {
    /// The journal that was left: nothing is begun there any more.
    pub from: String,
    /// The journal that has the purchases now.
    pub to: String,
    /// Whether this only says what would be done.
    pub dry_run: bool,
    /// How many purchases were added there.
    pub purchases: u64,
    /// How many were there already.
    pub already_there: u64,
    /// How many rows were added, those of the added purchases too.
    pub rows: u64,
    /// How many of them are not final: `topup resume` goes on with them there.
    pub open_purchases: u64,
    /// How many stay where they were because the caller said so.
    pub left: u64,
    /// How many logins were moved.
    pub logins: u64,
    /// How many logins stay in their file, because the store has one for the same place.
    pub logins_left: u64,
    /// How many watches took along what they have reported.
    pub watches: u64,
}

/// What is moved, and where.
pub struct MoveRequest {
    /// The files of this machine.
    pub files: JournalPlace,
    /// The store that machines share, where one is named.
    pub shared: JournalPlace,
    /// The name of this machine.
    pub host: String,
    /// The profile whose own key names the store, where no other profile uses it.
    pub only_profile: Option<String>,
    /// The names or ids of purchases that stay where they are.
    pub leave: Vec<String>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Now.
    pub now: Timestamp,
}

/// The logins of this machine, and those of the store.
pub struct LoginsToMove<'l> {
    /// The file.
    pub file: Store,
    /// The store's, profile by profile.
    pub vault_of: &'l VaultOf<'l>,
    /// What ends the wait for another process.
    pub interrupt: &'l Interrupt,
}

/// Moves the purchases, the logins and what watches have reported from this machine into the store that
/// machines share.
///
/// # Errors
/// As [`JournalMove::run`], [`move_logins`] and [`AlertMove::import`]; class `usage` where no store is
/// named.
pub fn import(
    ask: &MoveRequest,
    logins: &LoginsToMove<'_>,
    alerts: &AlertMove<'_>,
) -> Result<JournalMoved> {
    let (files, shared) = ask.places()?;
    // What stands in the way of the logins is found before a purchase is moved.
    let seen = preview_logins(&logins.file, logins.vault_of)?;
    let counts = ask.run(&files, &shared)?;
    let (moved, watches) = if ask.dry_run {
        (seen, alerts.preview_import()?)
    } else {
        let moved = move_logins(&logins.file, logins.vault_of, logins.interrupt)?;
        (moved, alerts.import()?)
    };
    Ok(ask.answer(&files, &shared, counts, moved, watches))
}

/// Moves the purchases of the store that machines share, and what watches have reported, into the files
/// of this machine.
///
/// # Errors
/// As [`JournalMove::run`] and [`AlertMove::export`]; class `usage` where no store is named.
pub fn export(ask: &MoveRequest, alerts: &AlertMove<'_>) -> Result<JournalMoved> {
    let (files, shared) = ask.places()?;
    let counts = ask.run(&shared, &files)?;
    let watches = if ask.dry_run { alerts.preview_export()? } else { alerts.export()? };
    Ok(ask.answer(&shared, &files, counts, MovedLogins::default(), watches))
}

impl MoveRequest {
    fn places(&self) -> Result<(MovingPlace, MovingPlace)> {
        let JournalPlace::Shared { store, .. } = &self.shared else {
            return Err(Failure::usage("no shared store is named").hint_with(
                "Set {0} or state_url to the server, and leave out --sandbox.",
                &[&env::STATE_URL],
            ));
        };
        let name = format!("{}:{}", self.host, self.files.shown());
        let files = MovingPlace { place: self.files.clone(), name };
        Ok((files, MovingPlace { place: self.shared.clone(), name: store.place() }))
    }

    fn run(&self, from: &MovingPlace, to: &MovingPlace) -> Result<JournalMoveCounts> {
        // What leaves the store comes from it whole: it is one journal.
        let is_import = matches!(to.place, JournalPlace::Shared { .. });
        let only = self.only_profile.as_deref().filter(|_| is_import);
        let moves = JournalMove { from, to, only, leave: &self.leave, now: self.now };
        if self.dry_run { moves.preview() } else { moves.run() }
    }

    fn answer(
        &self,
        from: &MovingPlace,
        to: &MovingPlace,
        counts: JournalMoveCounts,
        logins: MovedLogins,
        watches: u64,
    ) -> JournalMoved {
        JournalMoved {
            from: from.place.shown(),
            to: to.place.shown(),
            dry_run: self.dry_run,
            purchases: counts.copied.added,
            already_there: counts.copied.known,
            rows: counts.copied.rows,
            open_purchases: counts.copied.open,
            left: counts.left,
            logins: logins.moved,
            logins_left: logins.left,
            watches,
        }
    }
}
