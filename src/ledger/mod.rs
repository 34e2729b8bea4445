//! The prepaid ledger: a budget in front of paid operations. Check it, run, record the cost; decide
//! when a notice says that the pool is empty. Contract: poweron.
//!
//! - [`service`]: the operations, as the commands use them.
//! - [`values`], [`price`]: what there is, and the markup, exact.
//! - [`book`]: accounts and transactions, also the sandbox's; [`mandates`]: settings, rules,
//!   cooldowns; [`holds`]: what runs now; [`list`], [`stats`]: what was booked, and its sums.
//! - [`sql`]: what all of that is written against; [`sqlite`]: one machine; [`postgres`]: many.
//! - `dry_run`: the same operations, with nothing kept.
//! - [`refusal`]: what is said when the budget does not hold, in two languages.
//! - [`runs`]: the files that outlive the process that watches a run. [`export`]: the books as text.

pub(crate) mod book;
mod dry_run;
pub(crate) mod export;
pub(crate) mod holds;
pub(crate) mod input;
pub(crate) mod list;
pub(crate) mod mandates;
pub(crate) mod postgres;
pub mod price;
pub(crate) mod refusal;
pub(crate) mod runs;
pub mod service;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub(crate) mod stats;
#[cfg(test)]
pub(crate) mod suite;
pub mod values;

pub use service::Ledger;

use self::service::Recording;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::store::postgres::{FirstQuestions, Postgres};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a ledger stands, looked at from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLook {
    /// The file, or server and database; never a password.
    pub place: String,
    /// Whether there is a ledger.
    pub is_there: bool,
    /// Logs beside its file that are of another ledger or of another time of this one; they are not
    /// read.
    pub foreign_logs: Vec<PathBuf>,
}

/// Looks at the ledger that [`open`] would open, and makes nothing. A server is only asked where
/// there is time for it.
///
/// # Errors
/// As [`open`].
pub fn look(
    url: Option<&str>,
    usual: &Path,
    server: Option<Duration>,
    variables: &Variables,
) -> Result<Option<LedgerLook>> {
    let file = match url {
        None => usual,
        Some(url) if is_server(url) => {
            let url = url.trim();
            let Some(longest) = server else { return Ok(None) };
            let (place, is_there) = postgres::look(url, longest, variables)?;
            return Ok(Some(LedgerLook { place, is_there, foreign_logs: Vec::new() }));
        }
        Some(url) => file_of(url)?,
    };
    let place = file.display().to_string();
    let is_there = sqlite::look(file)?;
    Ok(Some(LedgerLook { place, is_there, foreign_logs: crate::store::log::not_of_file(file) }))
}

/// Whether a URL names a server and not a file.
fn is_server(url: &str) -> bool {
    let url = url.trim();
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The mandates of a ledger in a file, as far as they can be seen at once.
pub fn glance(file: &Path) -> Vec<String> {
    let names = || {
        // Opening anything else could wait for another process.
        let db = file.is_file().then(|| crate::store::log::open_to_read(file).ok())??;
        db.busy_timeout(Duration::ZERO).ok()?;
        let mut statement = db.prepare("SELECT name FROM ledger_mandate ORDER BY 1").ok()?;
        let found = statement.query_map([], |row| row.get(0)).ok()?;
        found.collect::<rusqlite::Result<Vec<String>>>().ok()
    };
    names().unwrap_or_default()
}

/// Opens the ledger that is named: a file, or `postgres://…`; else the usual file. One answer of a
/// server takes as long as is said, or as is usual. The variables are those that other programs of
/// PostgreSQL read as well.
///
/// # Errors
/// Class `config` when it cannot be used, `network` when its server cannot be reached.
pub fn open(
    url: Option<&str>,
    usual: &Path,
    longest: Option<Duration>,
    variables: &Variables,
) -> Result<Ledger> {
    open_asking(url, usual, longest, variables, &FirstQuestions::default())
}

/// The same, to record at once what the runs cost that were cut off, and then perhaps a use: a server is
/// asked on the way for those runs and for what the use rests on.
///
/// # Errors
/// As [`open`].
pub fn open_to_settle(
    url: Option<&str>,
    usual: &Path,
    longest: Option<Duration>,
    variables: &Variables,
    next: Option<&Recording>,
) -> Result<Ledger> {
    let begins = next.map(|next| next.begins(|mandate| Postgres::hold(true, mandate)));
    let first = FirstQuestions { looks: vec![holds::every()], begins: begins.unwrap_or_default() };
    open_asking(url, usual, longest, variables, &first)
}

fn open_asking(
    url: Option<&str>,
    usual: &Path,
    longest: Option<Duration>,
    variables: &Variables,
    first: &FirstQuestions,
) -> Result<Ledger> {
    let Some(url) = url else { return Ok(Ledger::new(Box::new(sqlite::Sqlite::open(usual)?))) };
    let url = url.trim();
    if is_server(url) {
        return Ok(Ledger::new(Box::new(postgres::connect(url, longest, variables, first)?)));
    }
    Ok(Ledger::new(Box::new(sqlite::Sqlite::open(file_of(url)?)?)))
}

/// Whether a URL can name a ledger; nothing is opened.
///
/// # Errors
/// Class `config` where it cannot.
pub fn check_url(url: &str, variables: &Variables) -> Result<()> {
    let url = url.trim();
    if is_server(url) { postgres::check_url(url, variables) } else { file_of(url).map(|_| ()) }
}

/// A ledger as it is before its first use, in memory, for a dry run where there is none.
///
/// # Errors
/// Class `config`.
pub fn empty() -> Result<Ledger> {
    Ok(Ledger::new(Box::new(sqlite::Sqlite::in_memory()?)))
}

/// The file that a URL names: `/path`, `sqlite:/path` or `sqlite:///path`.
///
/// # Errors
/// Class `config`.
fn file_of(url: &str) -> Result<&Path> {
    let url = url.trim();
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    let path = path.unwrap_or(url);
    if path.contains("://") || !Path::new(path).is_absolute() {
        return Err(Failure::config(
            "the URL of the ledger is neither an absolute path nor postgres://…",
        )
        .hint(
            "Set TOPUP_LEDGER_URL to /path/to/ledger.db, sqlite:/path/to/ledger.db or \
             postgres://user@host/database.",
        ));
    }
    Ok(Path::new(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_in_three_ways_and_blanks_around_it_are_none_of_it() {
        for url in
            ["/a/b.db", "sqlite:/a/b.db", "sqlite:///a/b.db", " /a/b.db\n", "\tsqlite:/a/b.db "]
        {
            assert_eq!(file_of(url).expect("a file"), Path::new("/a/b.db"), "{url:?}");
        }
        for url in
            ["b.db", "sqlite:b.db", "sqlite://b.db", "sqlite:", "mysql://h/b", "http://x", ""]
        {
            assert!(file_of(url).is_err(), "{url:?}");
        }
        assert!(is_server(" postgres://h/b ") && is_server("postgresql://") && !is_server("/a"));
    }
}
