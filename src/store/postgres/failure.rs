//! What it means when a server refuses, breaks off or says nothing: the class for the caller, and
//! whether the work may be done again.

use super::place::ServerPlace;
use super::trust;
use crate::core::class::Class;
use crate::core::failure::Failure;
use std::error::Error as StdError;
use std::io;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// What can be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerFailureKind {
    /// Nothing: it is reported.
    Final,
    /// The server asks for it to be done again: nothing of it was kept.
    Again,
    /// The connection is gone. What was sent last may have been done.
    Lost,
    /// No answer in time. What was sent last may yet be done.
    Late,
    /// The server is there and cannot do it now: it starts, ends, or follows another one.
    Passing,
}

/// Why something did not come about.
#[derive(Debug)]
pub struct ServerFailure {
    /// What can be done about it.
    pub kind: ServerFailureKind,
    /// What is reported, if nothing is done about it.
    pub error: Failure,
}

impl ServerFailure {
    /// Whether a pooler refuses the options of the connection.
    pub fn is_about_options(&self) -> bool {
        self.error.to_string().contains("refuses the options")
    }

    /// Whether another try in a moment may do.
    pub fn is_passing(&self) -> bool {
        self.kind == ServerFailureKind::Passing
            || (self.kind == ServerFailureKind::Final && self.error.class() == Class::Network)
    }
}

/// What the tables of a shared store say when something is begun there after its purchases were moved.
const HAS_MOVED: &str = "TU001";

/// What helps where a role lacks a right.
pub const NOT_GRANTED: &str = "Let the owner of the database GRANT it: CREATE ON DATABASE to the role that makes the tables, and \
    SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA to every other.";

/// What helps where a server takes no writes for now.
const OF_SEVERAL: &str = "Try again in a moment. Where there is more than one server, name them all in \
    {0}, with target_session_attrs=read-write.";

/// Understands a failure at this place, while `connecting` or afterwards.
pub fn failed(cause: tokio_postgres::Error, at: &ServerPlace, connecting: bool) -> ServerFailure {
    let what = words(&cause);
    let severity = cause.as_db_error().and_then(DbError::parsed_severity);
    let (kind, error) = match cause.code().cloned() {
        Some(code) => refused(&code, &what, at),
        None if is_tls(&cause) => (ServerFailureKind::Final, untrusted(&cause, &what, at)),
        None if what.contains("channel binding") => {
            let message = format!("no trusted connection to {at}: {what}");
            (
                ServerFailureKind::Final,
                Failure::new(Class::Tls, message)
                    .hint_with(trust::BINDING, &[&at.purpose.variable]),
            )
        }
        None if connecting && is_of_no_primary(&cause) => (
            ServerFailureKind::Passing,
            Failure::new(Class::Timeout, format!("no server of {at} takes writes now"))
                .hint_with(OF_SEVERAL, &[&at.purpose.variable]),
        ),
        None if connecting && is_foreign(&cause) => (
            ServerFailureKind::Final,
            Failure::new(
                Class::Protocol,
                format!("what answers at {} does not speak as PostgreSQL does: {what}", at.name),
            )
            .hint_with("Check host and port in {0}.", &[&at.purpose.variable]),
        ),
        None if cause.is_closed() || wire(&cause).is_some() || is_foreign(&cause) => {
            let late = wire(&cause).is_some_and(|wire| wire.kind() == io::ErrorKind::TimedOut);
            let error = match (connecting, late) {
                (true, true) => {
                    Failure::new(Class::Timeout, format!("{at} could not be reached in time"))
                }
                (true, false) => {
                    Failure::new(Class::Network, format!("{at} cannot be reached: {what}"))
                        .hint_with(
                            "Check the server, the network and {0}.",
                            &[&at.purpose.variable],
                        )
                }
                (false, _) => {
                    Failure::new(Class::Network, format!("the connection to {at} broke off"))
                }
            };
            (ServerFailureKind::Lost, error)
        }
        None => (ServerFailureKind::Final, unusable(at, &what)),
    };
    // What is this grave ends the connection: what was sent last may have been done.
    let grave = matches!(severity, Some(Severity::Fatal | Severity::Panic));
    let kind =
        if grave && kind != ServerFailureKind::Final { ServerFailureKind::Lost } else { kind };
    ServerFailure { kind, error: error.because(cause) }
}

fn untrusted(cause: &tokio_postgres::Error, what: &str, at: &ServerPlace) -> Failure {
    let inner = wire(cause).and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref());
    let distrust = trust::explain(inner, what);
    let message = format!("no trusted connection to {at}: {}", distrust.why);
    Failure::new(Class::Tls, message).hint_with(distrust.mend, &[&at.purpose.variable])
}

/// What a pooler says itself, in words that are stable: it has one code for all of them.
fn of_pooler(what: &str, at: &ServerPlace) -> Option<Failure> {
    let refused = |message: &str| Failure::config(format!("{at} {message}"));
    if what.contains("transaction blocks not allowed in statement pooling mode") {
        let error =
            refused("is behind a pooler in statement mode, which keeps no transaction together");
        return Some(error.hint_with(
            "Set pool_mode = transaction (or session) for this database in the pooler, or name the \
             server itself in {0}.",
            &[&at.purpose.variable],
        ));
    }
    if what.ends_with(NOT_LET_IN) {
        return Some(unusable(at, what));
    }
    what.contains(REFUSES_OPTIONS).then(|| {
        refused(&format!("is behind a pooler that refuses the options of its URL: {what}"))
    })
}

/// What Pgpool-II says to a password that is not the right one, with the code of a defect.
const NOT_LET_IN: &str = "authentication failed";

/// What a pooler says to options that it does not pass on.
pub const REFUSES_OPTIONS: &str = "unsupported startup parameter";

/// None of several servers takes writes now: what the last one said is no more than a part of it.
pub fn none_leads(at: &ServerPlace, cause: Failure) -> ServerFailure {
    let message = format!("no server of {at} takes writes now: {cause}");
    let error = Failure::new(Class::Timeout, message)
        .hint_with(OF_SEVERAL, &[&at.purpose.variable])
        .because(cause);
    ServerFailure { kind: ServerFailureKind::Passing, error }
}

/// The server follows another one, and takes no writes as long as it does.
pub fn follows(at: &ServerPlace) -> ServerFailure {
    let message = format!("{at} can only be read: it follows another server");
    let error = Failure::new(Class::Timeout, format!("{message}; {}", at.purpose.untouched));
    ServerFailure {
        kind: ServerFailureKind::Passing,
        error: error.hint_with(OF_SEVERAL, &[&at.purpose.variable]),
    }
}

/// What the server says itself.
fn refused(code: &SqlState, what: &str, at: &ServerPlace) -> (ServerFailureKind, Failure) {
    let failed = |class, message: &str| Failure::new(class, format!("{at} {message}"));
    if let Some(error) = of_pooler(what, at) {
        return (ServerFailureKind::Final, error);
    }
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
            (ServerFailureKind::Again, failed(Class::Timeout, "has too many writers at once"))
        }
        // Another writer was first with an id or a key: what it has booked is found the next time.
        &SqlState::UNIQUE_VIOLATION => (
            ServerFailureKind::Again,
            failed(Class::Timeout, "has too many writers of one transaction at once"),
        ),
        &SqlState::ADMIN_SHUTDOWN
        | &SqlState::CRASH_SHUTDOWN
        | &SqlState::IDLE_SESSION_TIMEOUT
        | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => (
            ServerFailureKind::Lost,
            failed(Class::Network, &format!("ended the connection: {what}")),
        ),
        &SqlState::CANNOT_CONNECT_NOW => (
            ServerFailureKind::Passing,
            failed(Class::Timeout, &format!("takes no connection now: {what}"))
                .hint_with(OF_SEVERAL, &[&at.purpose.variable]),
        ),
        &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => {
            (ServerFailureKind::Final, failed(Class::Timeout, &format!("took too long: {what}")))
        }
        &SqlState::NUMERIC_VALUE_OUT_OF_RANGE => {
            (ServerFailureKind::Final, (at.purpose.too_large)())
        }
        &SqlState::PROGRAM_LIMIT_EXCEEDED | &SqlState::CHARACTER_NOT_IN_REPERTOIRE => (
            ServerFailureKind::Final,
            Failure::usage(format!("a text cannot be kept in the {}: {what}", at.purpose.noun)),
        ),
        &SqlState::READ_ONLY_SQL_TRANSACTION => (ServerFailureKind::Final, follows(at).error),
        // It came to follow another one while this connection was open.
        &SqlState::FEATURE_NOT_SUPPORTED if what.contains("recovery") => {
            (ServerFailureKind::Final, follows(at).error)
        }
        // No schema of the search path is there.
        &SqlState::INVALID_SCHEMA_NAME => (
            ServerFailureKind::Final,
            Failure::config(format!("{at} has no schema to be in: {what}"))
                .hint("Make the schema that search_path names, CREATE SCHEMA name, and GRANT USAGE, CREATE ON SCHEMA name to the role."),
        ),
        // Tables of the same names, which this program has not made.
        &SqlState::DUPLICATE_TABLE
        | &SqlState::DUPLICATE_FUNCTION
        | &SqlState::DUPLICATE_OBJECT
        | &SqlState::UNDEFINED_COLUMN => (
            ServerFailureKind::Final,
            failed(Class::Config, &format!("is where another program keeps its tables: {what}"))
                .hint_with(
                    "Give it a schema of its own: CREATE SCHEMA name, and ?options=-csearch_path%3Dname in {0}.",
                    &[&at.purpose.variable],
                ),
        ),
        &SqlState::INSUFFICIENT_PRIVILEGE => (
            ServerFailureKind::Final,
            Failure::config(format!("the role at {at} may not do what is needed: {what}"))
                .hint(NOT_GRANTED),
        ),
        // A trigger of its own tables: see the tables of the shared store.
        other if other.code() == HAS_MOVED => {
            let message =
                format!("the purchases of {at} were moved to {what}; {}", at.purpose.untouched);
            let error = Failure::config(message).hint_with(
                "Buy on that machine without {0}, or bring them back there with 'topup journal import'.",
                &[&at.purpose.variable],
            );
            (ServerFailureKind::Final, error)
        }
        other => match other.code().get(..2) {
            Some("08") => {
                (ServerFailureKind::Lost, failed(Class::Network, &format!("broke off: {what}")))
            }
            // Out of disk, memory or connections; a fault of the system; a defect of the server.
            Some("53" | "58" | "XX") => (
                ServerFailureKind::Final,
                failed(Class::ServerError, &format!("is in trouble: {what}")),
            ),
            _ => (ServerFailureKind::Final, unusable(at, what)),
        },
    }
}

fn unusable(at: &ServerPlace, what: &str) -> Failure {
    Failure::config(format!("{at} cannot be used: {what}")).hint_with(
        "Check user, password, database and permissions in {0}.",
        &[&at.purpose.variable],
    )
}

/// The words of a failure that say most; a URL or a password is never among them.
pub fn words(cause: &tokio_postgres::Error) -> String {
    if let Some(answer) = cause.as_db_error() {
        return answer.message().to_owned();
    }
    let mut deepest: &dyn StdError = cause;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

/// The kinds of this error type have no names outside; its words for them are stable.
fn is_tls(cause: &tokio_postgres::Error) -> bool {
    let is_tls = cause.to_string().starts_with("error performing TLS");
    // A connection that breaks off in the middle of it is no question of trust.
    let broke_off = wire(cause).is_some_and(|wire| {
        wire.get_ref().is_none_or(|inner| inner.downcast_ref::<rustls::Error>().is_none())
    });
    is_tls && !broke_off
}

fn is_foreign(cause: &tokio_postgres::Error) -> bool {
    let text = cause.to_string();
    let garbled = wire(cause).is_some_and(|wire| {
        matches!(wire.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    });
    garbled || text.starts_with("unexpected message") || text.starts_with("error parsing")
}

/// No host takes writes, and the URL asks for one that does.
fn is_of_no_primary(cause: &tokio_postgres::Error) -> bool {
    wire(cause).is_some_and(|wire| wire.kind() == io::ErrorKind::PermissionDenied)
        && words(cause).contains("does not allow writes")
}

/// A password is missing, or is not the right one.
pub fn is_about_password(cause: &tokio_postgres::Error) -> bool {
    let refused = cause.code().is_some_and(|code| code.code().starts_with("28"));
    let words = words(cause);
    refused || words.contains("password missing") || words.ends_with(NOT_LET_IN)
}

/// No server listens there.
pub fn is_unheard(cause: &tokio_postgres::Error) -> bool {
    cause.to_string().starts_with("error connecting") && wire(cause).is_some()
}

fn wire(cause: &tokio_postgres::Error) -> Option<&io::Error> {
    cause.source()?.downcast_ref()
}
