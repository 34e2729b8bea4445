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
        self.make_connection()?;
        let opened = match self.greet(&self.at_once(first)) {
            // A second answer may take as long again.
            Err(failed) if failed.kind == ServerFailureKind::Late => Err(failed),
            Err(_) => self.open_in_steps(&first.without_transaction()),
            other => other,
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

    pub(super) fn make_connection(&mut self) -> Result<(), ServerFailure> {
        let connected = match self.target.connect(self.limits.connect) {
            // It may be the mark that a pooler does not take.
            Err(failed) if failed.is_about_options() && self.target.leave_unmarked() => {
                self.target.connect(self.limits.connect)
            }
            other => other,
        };
        self.connection = Some(connected?);
        self.sessions += 1;
        Ok(())
    }

    /// What can be asked with the greeting: other settings that a URL asks for would stand above the
    /// limits of the first transaction.
    fn at_once(&self, first: &FirstQuestions) -> FirstQuestions {
        let mut named = options(self.target.options()).into_iter();
        let is_set = named.any(|(name, _)| name != "search_path");
        if is_set { first.without_transaction() } else { first.clone() }
    }

    /// Finds out one by one what kept it from going at once, most often that there are no tables yet:
    /// those are made. The connection is another one: a pooler may have been confused by a failure with
    /// more questions behind it.
    fn open_in_steps(&mut self, first: &FirstQuestions) -> Result<ServerSession, ServerFailure> {
        self.hang_up();
        self.make_connection()?;
        if self.version_alone()?.is_none_or(|found| found < self.purpose().version) {
            self.make_tables()?;
        }
        self.greet(first)
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
