//! How a connection is opened: made, greeted, and its tables made where there are none. What is asked
//! first travels together with the greeting, so that a program that asks once waits once less.

use super::failure::{ServerFailure, ServerFailureKind};
use super::first::FirstQuestions;
use super::options::options;
use super::session::ServerSession;
use super::{Postgres, jitter};
use crate::core::clock::SystemClock;
use crate::core::signals::Interrupt;
use crate::core::wait::Deadline;
use crate::store::sql::{SqlRow, Statement};

impl Postgres {
    pub(super) fn open(&mut self, first: &FirstQuestions) -> Result<(), ServerFailure> {
        let connected = match self.target.connect(self.limits.connect) {
            // It may be the mark that a pooler does not take.
            Err(failed) if failed.is_about_options() && self.target.leave_unmarked() => {
                self.target.connect(self.limits.connect)
            }
            other => other,
        };
        self.connection = Some(connected?);
        self.sessions += 1;
        let opened = match self.greet_with_transaction(first) {
            Ok(Some(session)) => Ok(session),
            Ok(None) => self.greet_making_tables(&first.without_transaction()),
            Err(failed) => Err(failed),
        };
        match opened {
            Ok(session) => {
                self.session = Some(session);
                Ok(())
            }
            Err(failed) => {
                // It is not known what its transactions would begin with.
                self.hang_up();
                Err(failed)
            }
        }
    }

    /// Greets inside the first transaction, and leaves it open. None where that cannot be or does not
    /// go well, for whatever reason: without the transaction it is found out what the reason is.
    fn greet_with_transaction(
        &mut self,
        first: &FirstQuestions,
    ) -> Result<Option<ServerSession>, ServerFailure> {
        // Other settings that a URL asks for would stand above the limits of the transaction.
        let mut named = options(self.target.options()).into_iter();
        if first.begins.is_empty() || named.any(|(name, _)| name != "search_path") {
            return Ok(None);
        }
        match self.greet(first) {
            Ok(session) => Ok(Some(session)),
            Err(failed) if self.connection.is_none() => Err(failed),
            Err(_) => {
                self.roll_back();
                Ok(None)
            }
        }
    }

    fn greet_making_tables(
        &mut self,
        first: &FirstQuestions,
    ) -> Result<ServerSession, ServerFailure> {
        match self.greet(first) {
            Err(ServerFailure {
                kind: ServerFailureKind::NoTables | ServerFailureKind::OlderTables,
                ..
            }) => self.make_tables().and_then(|()| self.greet(first)),
            other => other,
        }
    }

    /// Connects anew after a loss. A server that was there a moment ago may be starting anew, or
    /// another one may be about to take its place.
    pub(super) fn open_again(&mut self) -> Result<(), ServerFailure> {
        let clock = SystemClock::new(Interrupt::default());
        let deadline = Deadline::after(self.limits.patience, &clock);
        loop {
            match self.open(&FirstQuestions::default()) {
                Err(failed) if failed.is_passing() => {
                    if deadline.pause(jitter(1)).is_err() {
                        return Err(failed);
                    }
                }
                other => return other,
            }
        }
    }

    /// What the first transaction found, where these statements are what it began with: it goes on
    /// with them. Anything else ends it.
    pub(super) fn already_begun(
        &mut self,
        goes_on: bool,
        statements: &[Statement],
    ) -> Result<Option<Vec<Vec<SqlRow>>>, ServerFailure> {
        let Some(begun) = self.begun.take() else { return Ok(None) };
        if goes_on && begun.statements == statements {
            return Ok(Some(begun.found));
        }
        self.tell("ROLLBACK").map(|()| None)
    }
}
