//! What it means when a server refuses, breaks off or says nothing: the class for the caller, and
//! whether the work may be done again.

use crate::core::class::Class;
use crate::core::failure::Failure;
use crate::ledger::sqlite::too_large;
use std::error::Error as StdError;
use std::io;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// What can be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it is told.
    Told,
    /// The server asks for it to be done again: nothing of it was kept.
    Again,
    /// The connection is gone. What was sent last may have been done.
    Lost,
    /// No answer in time. What was sent last may yet be done.
    Late,
    /// The tables are not there.
    NoTables,
    /// The tables are those of an older version.
    OlderTables,
}

/// Why something did not come about.
#[derive(Debug)]
pub struct Failed {
    /// What can be done about it.
    pub kind: Kind,
    /// What is told, if nothing is done about it.
    pub error: Failure,
}

/// Understands a failure at this place, while `connecting` or afterwards.
pub fn failed(cause: tokio_postgres::Error, place: &str, connecting: bool) -> Failed {
    let what = words(&cause);
    let severity = cause.as_db_error().and_then(DbError::parsed_severity);
    let (kind, error) = match cause.code().cloned() {
        Some(code) => refused(&code, &what, place),
        None if is_tls(&cause) => (
            Kind::Told,
            Failure::new(
                Class::Tls,
                format!("no trusted connection to the ledger {place}: {what}"),
            )
            .hint(
                "Name the certificates that you trust with sslrootcert=FILE in \
                     TOPUP_LEDGER_URL or in SSL_CERT_FILE; the host in the URL has to be the one \
                     in the certificate.",
            ),
        ),
        None if connecting && is_foreign(&cause) => (
            Kind::Told,
            Failure::new(
                Class::Protocol,
                format!("what answers at {place} does not speak as PostgreSQL does: {what}"),
            )
            .hint("Check host and port in TOPUP_LEDGER_URL."),
        ),
        None if cause.is_closed() || wire(&cause).is_some() || is_foreign(&cause) => {
            let late = wire(&cause).is_some_and(|wire| wire.kind() == io::ErrorKind::TimedOut);
            let error = match (connecting, late) {
                (true, true) => Failure::new(
                    Class::Timeout,
                    format!("the ledger {place} could not be reached in time"),
                ),
                (true, false) => Failure::new(
                    Class::Network,
                    format!("the ledger {place} cannot be reached: {what}"),
                )
                .hint("Check the server, the network and TOPUP_LEDGER_URL."),
                (false, _) => Failure::new(
                    Class::Network,
                    format!("the connection to the ledger {place} broke off"),
                ),
            };
            (Kind::Lost, error)
        }
        None => (Kind::Told, unusable(place, &what)),
    };
    // What is this grave ends the connection: what was sent last may have been done.
    let grave = matches!(severity, Some(Severity::Fatal | Severity::Panic));
    let kind = if grave { Kind::Lost } else { kind };
    Failed { kind, error: error.because(cause) }
}

/// What the server says itself.
fn refused(code: &SqlState, what: &str, place: &str) -> (Kind, Failure) {
    let told = |class, message: &str| Failure::new(class, format!("the ledger {place} {message}"));
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
            (Kind::Again, told(Class::Timeout, "has too many writers at once"))
        }
        &SqlState::ADMIN_SHUTDOWN
        | &SqlState::CRASH_SHUTDOWN
        | &SqlState::IDLE_SESSION_TIMEOUT
        | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            (Kind::Lost, told(Class::Network, &format!("ended the connection: {what}")))
        }
        &SqlState::CANNOT_CONNECT_NOW => {
            (Kind::Told, told(Class::Network, &format!("takes no connection now: {what}")))
        }
        &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => {
            (Kind::Told, told(Class::Timeout, &format!("took too long: {what}")))
        }
        &SqlState::NUMERIC_VALUE_OUT_OF_RANGE => (Kind::Told, too_large()),
        &SqlState::PROGRAM_LIMIT_EXCEEDED | &SqlState::CHARACTER_NOT_IN_REPERTOIRE => {
            (Kind::Told, Failure::usage(format!("a text cannot be kept in the ledger: {what}")))
        }
        &SqlState::READ_ONLY_SQL_TRANSACTION => (
            Kind::Told,
            told(Class::Config, "can only be read")
                .hint("Name the primary server in TOPUP_LEDGER_URL, not one that follows it."),
        ),
        &SqlState::UNDEFINED_TABLE => (Kind::NoTables, unusable(place, what)),
        other => match other.code().get(..2) {
            Some("08") => (Kind::Lost, told(Class::Network, &format!("broke off: {what}"))),
            // Out of disk, memory or connections; a fault of the system; a defect of the server.
            Some("53" | "58" | "XX") => {
                (Kind::Told, told(Class::ServerError, &format!("is in trouble: {what}")))
            }
            _ => (Kind::Told, unusable(place, what)),
        },
    }
}

fn unusable(place: &str, what: &str) -> Failure {
    Failure::config(format!("the ledger {place} cannot be used: {what}"))
        .hint("Check user, password, database and permissions in TOPUP_LEDGER_URL.")
}

/// The words of a failure that say most; a URL or a password is never among them.
pub fn words(cause: &tokio_postgres::Error) -> String {
    if let Some(told) = cause.as_db_error() {
        return told.message().to_owned();
    }
    let mut deepest: &dyn StdError = cause;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

/// The kinds of this error type have no names outside; its words for them are stable.
fn is_tls(cause: &tokio_postgres::Error) -> bool {
    let told = cause.to_string().starts_with("error performing TLS");
    // A connection that breaks off in the middle of it is no question of trust.
    let broke_off = wire(cause).is_some_and(|wire| {
        wire.get_ref().is_none_or(|inner| inner.downcast_ref::<rustls::Error>().is_none())
    });
    told && !broke_off
}

fn is_foreign(cause: &tokio_postgres::Error) -> bool {
    let told = cause.to_string();
    let garbled = wire(cause).is_some_and(|wire| {
        matches!(wire.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    });
    garbled || told.starts_with("unexpected message") || told.starts_with("error parsing")
}

/// Nobody listens there.
pub fn is_unheard(cause: &tokio_postgres::Error) -> bool {
    cause.to_string().starts_with("error connecting") && wire(cause).is_some()
}

fn wire(cause: &tokio_postgres::Error) -> Option<&io::Error> {
    cause.source()?.downcast_ref()
}
