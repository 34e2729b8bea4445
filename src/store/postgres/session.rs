//! What holds in every transaction. A pooler may give each of them another connection of the server,
//! on which other programs have left settings of theirs: so nothing is set for a session, and each
//! transaction begins with all that it depends on.

use super::connection::Question;
use super::failure::{ServerFailure, ServerFailureKind};
use super::first::{FirstQuestions, FirstTransaction};
use super::options::{MARK, mend_of_option, options};
use super::purpose::Purpose;
use super::{Postgres, rows, typed};
use crate::core::clock;
use crate::core::failure::{Failure, Result};
use crate::store::sql::{SqlRow, Statement, Value};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::time::Duration;

/// Money of one account moves one after the other, because its row is locked by the statement that
/// moves it; each statement sees what the last one has left.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Each statement sees what was there when it came: the tables may be made in between.
const LOOK: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/// The settings of a transaction, asked for in a message of their own behind its BEGIN. Setting one is
/// no mere look: a pooler in front of several servers keeps what follows at the one that leads, also
/// where it would take a look of this transaction to one that follows.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The BEGIN.
    pub begin: &'static str,
    /// What is set.
    pub settings: String,
}

impl Beginning {
    /// Its messages.
    pub fn questions(&self) -> [Question<'_>; 2] {
        [Question::Say(self.begin), Question::Say(&self.settings)]
    }
}

/// Set in the first transaction, and asked for by a mere look: a server that has not heard of it is
/// another one.
const HERE: &str = "topup.transaction";

/// One row for each version that the tables have had: that version and when it was made, the schema that
/// they are in, the server's clock, whether it follows another server, what was said when the connection
/// was made, what the server makes of the path by itself, and when a commit is reported: not before it is
/// on the disk. A server that has just been connected to looks up whatever it is asked with, function by
/// function: so each is as plain as can be, the schema is asked of a function that reads what the server
/// has at hand, and numbers are made of it here.
fn greeting(purpose: &Purpose) -> String {
    let version_table = purpose.version_table;
    let made = purpose.made_column.unwrap_or("CAST(NULL AS BIGINT)");
    let too_early = if purpose.synchronous { "'off', 'local', 'remote_write'" } else { "'off'" };
    let commit = "current_setting('synchronous_commit')";
    format!(
        "SELECT version, {made},
        (pg_identify_object(CAST('pg_class' AS regclass), tableoid, 0)).schema,
        clock_timestamp(), pg_is_in_recovery(), current_setting('{MARK}', true),
        current_setting('search_path'), set_config('synchronous_commit',
            CASE WHEN {commit} IN ({too_early}) THEN 'on' ELSE {commit} END, true)
        FROM {version_table}"
    )
}

/// What the transactions of a connection begin with, and what is known of its server.
#[derive(Clone, Debug)]
pub struct ServerSession {
    /// Begins a transaction that writes.
    pub write: Beginning,
    /// The same, whose COMMIT is answered before it is on the disk.
    pub unawaited: Beginning,
    /// Begins one that only looks.
    pub read: Beginning,
    /// The schema of the tables.
    pub schema: String,
    /// The server takes no writes: it follows another one.
    pub follows: bool,
    /// The connection leads to the server itself: it has heard what only this program has said.
    pub is_direct: bool,
    /// Since when there are the tables, where they say so.
    pub made: Option<Timestamp>,
    /// What the server's clock said, and when by the monotonic one of this machine.
    clock: (Timestamp, Duration),
}

impl ServerSession {
    /// The clock of the server.
    pub fn now(&self) -> Timestamp {
        let (stated, heard) = self.clock;
        stated.checked_add(clock::monotonic().saturating_sub(heard)).unwrap_or(stated)
    }
}

impl Postgres {
    /// Asks what the server is and makes of what the URL asks for, and at once what is wanted first.
    /// Nothing of it stays at the server but the transaction that is to stay open, if there is one.
    pub(super) fn greet(&mut self, first: &FirstQuestions) -> Result<ServerSession, ServerFailure> {
        let FirstQuestions { looks, begins } = first;
        let stays_open = !begins.is_empty();
        let options = options(self.target.options());
        let greeting = greeting(self.purpose());
        let [statement, lock, idle] = self.limits.in_millis();
        // What the server makes of a setting by itself, whatever was set on the connection before.
        let path = self.own_schema().map_or_else(|| "NULL".to_owned(), literal);
        let begin = if stays_open { WRITE } else { LOOK };
        let settings = format!(
            "SELECT set_config('{HERE}', 'here', true), set_config('search_path', {path}, true),
             set_config('synchronous_commit', NULL, true),
             set_config('statement_timeout', '{statement}', true),
             set_config('lock_timeout', '{lock}', true),
             set_config('idle_in_transaction_session_timeout', '{idle}', true)"
        );
        // What the server makes of each by itself, and what it would make of what is asked for.
        let asked: Vec<Value> = options
            .iter()
            .flat_map(|(name, value)| [Value::from(name.as_str()), value.as_str().into()])
            .collect();
        let set: Vec<String> = (1..=asked.len())
            .step_by(2)
            .flat_map(|at| [(at, "NULL".to_owned()), (at, format!("${}", at + 1))])
            .map(|(name, value)| format!("set_config(${name}, {value}, true)"))
            .collect();
        let set = format!("SELECT {}", set.join(", "));
        let here = here();
        let beginning = Beginning { begin, settings };
        let mut questions = Vec::from(beginning.questions());
        questions.push(Question::Ask(&here, Vec::new()));
        if !options.is_empty() {
            questions.push(Question::Ask(&set, typed(&asked)));
        }
        questions.push(Question::Ask(&greeting, Vec::new()));
        let ask = |one| Question::Ask(Statement::text(one), typed(Statement::values(one)));
        questions.extend(looks.iter().chain(begins).map(ask));
        if !stays_open {
            questions.push(Question::Say("ROLLBACK"));
        }
        let mut answers = self.exchange(&questions)?.into_iter();
        let mut next = || match answers.next() {
            Some(Ok(found)) => rows(&found),
            Some(Err(cause)) => Err(self.target.failed(cause)),
            None => Ok(Vec::new()),
        };
        // The two of the beginning.
        next()?;
        next()?;
        let is_here = is_here(&next()?.pop().unwrap_or_default())?;
        if !options.is_empty() {
            let set = next()?.pop().unwrap_or_default();
            for (at, (name, _)) in options.iter().enumerate() {
                let (made, wanted) = (text(&set, 2 * at)?, text(&set, 2 * at + 1)?);
                if made != wanted {
                    return Err(final_failure(self.not_taken(name, &made, &wanted)));
                }
            }
        }
        let mut greetings = next()?;
        if !is_here {
            return Err(final_failure(self.split()));
        }
        greetings.sort_by_key(|greeting| greeting.int(0).ok());
        let greeting = greetings.last().cloned().unwrap_or_default();
        let oldest = greetings.first().cloned().unwrap_or_default();
        self.check_version(greetings.last())?;
        let (path, commit) = (text(&greeting, 6)?, text(&greeting, 7)?);
        // What could not be looked at says why where it is asked for.
        self.looked = looks
            .iter()
            .zip(answers.by_ref())
            .filter_map(|(one, answer)| Some((one.clone(), rows(&answer.ok()?).ok()?)))
            .collect();
        if stays_open {
            let found = self.understood(answers.collect())?;
            self.begun = Some(FirstTransaction { statements: begins.clone(), found });
        }
        let settings = self.settings(&path, &commit);
        Ok(ServerSession {
            write: Beginning { begin: WRITE, settings: settings.clone() },
            unawaited: Beginning { begin: WRITE, settings: self.settings(&path, "off") },
            read: Beginning { begin: READ, settings },
            schema: unquoted(text(&greeting, 2)?),
            follows: greeting.int(4).map_err(final_failure)? != 0,
            is_direct: self.target.is_mark(&text(&greeting, 5)?),
            made: oldest.time_if(1).map_err(final_failure)?,
            clock: (greeting.time(3).map_err(final_failure)?, clock::monotonic()),
        })
    }

    /// Begins the transaction that makes the tables, where none can be asked for its schema.
    pub(super) fn begin_making(&mut self) -> Result<(), ServerFailure> {
        self.begin_unmet(WRITE)
    }

    /// Begins a look at whether there are tables.
    pub(super) fn begin_looking(&mut self) -> Result<(), ServerFailure> {
        self.begin_unmet(LOOK)
    }

    fn begin_unmet(&mut self, begin: &'static str) -> Result<(), ServerFailure> {
        let [statement, lock, _] = self.limits.in_millis();
        let path = self.own_schema().map_or_else(|| "NULL".to_owned(), literal);
        let settings = format!(
            "SELECT set_config('{HERE}', 'here', true), set_config('search_path', {path}, true),
             set_config('synchronous_commit', 'on', true),
             set_config('statement_timeout', '{statement}', true),
             set_config('lock_timeout', '{lock}', true)"
        );
        self.begin(&Beginning { begin, settings })?;
        let found = self.ask(&here(), &[])?.pop().unwrap_or_default();
        if is_here(&found)? { Ok(()) } else { Err(final_failure(self.split())) }
    }

    fn settings(&self, path: &str, commit: &str) -> String {
        let [statement, lock, idle] = self.limits.in_millis();
        let mut settings = "SELECT ".to_owned();
        for (at, (name, value)) in [
            ("search_path", path),
            ("synchronous_commit", commit),
            ("statement_timeout", &statement),
            ("lock_timeout", &lock),
            ("idle_in_transaction_session_timeout", &idle),
        ]
        .into_iter()
        .enumerate()
        {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(settings, "{comma}set_config('{name}', {}, true)", literal(value));
        }
        settings
    }

    /// Whether the newest version is the one that this program works with.
    fn check_version(&self, newest: Option<&SqlRow>) -> Result<(), ServerFailure> {
        let (place, purpose) = (&self.target.place, self.purpose());
        match newest.map(|greeting| greeting.int(0)).transpose().map_err(final_failure)? {
            Some(found) if found == purpose.version => Ok(()),
            Some(older) if older < purpose.version => {
                Err(final_failure(Failure::config(format!("{place} is of version {older}"))))
            }
            Some(newer) => Err(final_failure(
                Failure::config(format!("{place} was written by a newer topup (version {newer})"))
                    .hint("Use that version; nothing was changed in the database."),
            )),
            None => Err(self.unversioned()),
        }
    }

    /// The table of versions is there and empty: this program has not made it.
    pub(super) fn unversioned(&self) -> ServerFailure {
        let error = Failure::config(format!("{} does not say its version", self.target.place));
        final_failure(error.hint_with("Set {0} to another database.", &[&self.purpose().variable]))
    }

    /// What follows another server lacks the latest rows: a purchase could be made twice there.
    fn split(&self) -> Failure {
        Failure::config(format!(
            "{} is behind a pooler that takes a part of a transaction to another server; {}",
            self.target.place,
            self.purpose().untouched
        ))
        .hint_with(
            "Name the server that takes writes in {0}, or set load_balance_mode = off in the pooler.",
            &[&self.purpose().variable],
        )
    }

    /// A pooler leaves out what it does not know: a booking would go into another ledger.
    fn not_taken(&self, name: &str, made: &str, wanted: &str) -> Failure {
        Failure::config(format!(
            "{} does not do what the options of its URL ask for: {name} is '{made}' and \
             not '{wanted}'; {}",
            self.target.place,
            self.purpose().untouched
        ))
        .hint(mend_of_option(self.purpose(), name, wanted))
    }
}

/// Asks for [`HERE`].
fn here() -> String {
    format!("SELECT current_setting('{HERE}', true)")
}

fn is_here(found: &SqlRow) -> Result<bool, ServerFailure> {
    Ok(text(found, 0)? == "here")
}

fn final_failure(error: Failure) -> ServerFailure {
    ServerFailure { kind: ServerFailureKind::Final, error }
}

fn text(row: &SqlRow, at: usize) -> Result<String, ServerFailure> {
    row.text_if(at).map(Option::unwrap_or_default).map_err(final_failure)
}

/// A name without the quotes that it may have as a word of SQL.
fn unquoted(name: String) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name,
    }
}

/// A text as SQL has it, whatever the server makes of backslashes.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_literal() {
        for (text, sql) in
            [("on", "'on'"), ("it's", "'it''s'"), (r"a\'b", r"E'a\\''b'"), ("", "''")]
        {
            assert_eq!(literal(text), sql);
        }
    }

    #[test]
    fn a_name_is_known_without_its_quotes() {
        for (word, name) in
            [("public", "public"), (r#""Odd name""#, "Odd name"), (r#""a""b""#, r#"a"b"#), ("", "")]
        {
            assert_eq!(unquoted(word.to_owned()), name);
        }
    }
}
