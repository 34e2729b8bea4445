//! The journal of purchases as a file: a copy of it, and the end of the doubt after it was restored.

use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::purchase::journal::{self, Journal, JournalDoubt};
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
