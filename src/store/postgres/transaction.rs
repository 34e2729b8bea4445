//! A piece of work in one transaction: sent in as few ways there and back as it allows, done again
//! where the connection was lost or the server asks for it, until it is known what became of it.

use super::connection::Question;
use super::failure::{ServerFailure, ServerFailureKind, follows};
use super::session::Beginning;
use super::work_mode::WorkMode;
use super::{HOLDS, MOST_LOSSES, MOST_REPEATS, Postgres, jitter, typed};
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Failure, Result};
use crate::store::sql::{Durable, Sql, SqlRow, SqlWork, Statement, TakeRow, Value};
use std::thread;

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransactionState {
    /// Nothing was sent.
    Unbegun,
    /// It is open.
    Begun,
    /// It was kept, or is gone.
    Over,
    /// Its COMMIT was sent, and the answer did not come.
    Unheard,
}

/// A transaction that is open on the server, or will be with its first statement.
struct OpenTransaction<'l> {
    server: &'l mut Postgres,
    mode: WorkMode,
    state: TransactionState,
    /// What failed in it; the work may not know what that means.
    failed: Option<ServerFailureKind>,
    /// Rows of it were handed over one by one: doing the work again would report them twice.
    reported: bool,
}

/// Lets a COMMIT be answered before it is on the disk.
const UNAWAITED: &str = "SELECT set_config('synchronous_commit', 'off', true)";

/// How many rows come at once where they are handed over one by one.
const AT_ONCE: usize = 1000;
/// How long the taker of rows may pause, such as a person who turns pages.
const LONGEST_PAUSE_MS: &str = "600000";

impl OpenTransaction<'_> {
    /// Sends statements, the BEGIN in front of them where it was not sent, and the COMMIT behind them
    /// where they are the last, which has to be durable then.
    fn send(
        &mut self,
        statements: &[Statement],
        last: Option<Durable>,
    ) -> Result<Vec<Vec<SqlRow>>, ServerFailure> {
        let missing = || ServerFailure {
            kind: ServerFailureKind::Final,
            error: Failure::internal("a transaction is over, or has no session"),
        };
        if matches!(self.state, TransactionState::Over | TransactionState::Unheard) {
            return Err(missing());
        }
        if self.mode == WorkMode::Glance
            && let [one] = statements
            && let Some(found) = self.server.already_looked(one)
        {
            return Ok(vec![found]);
        }
        let is_last = last.is_some();
        let goes_on = self.mode == WorkMode::Write && !is_last;
        if self.state == TransactionState::Unbegun
            && let Some(found) = self.server.already_begun(goes_on, statements)?
        {
            self.state = TransactionState::Begun;
            return Ok(found);
        }
        let session = self.server.session.as_ref().ok_or_else(missing)?;
        let begin = match self.mode {
            WorkMode::Put if last == Some(Durable::WithTheNext) => session.unawaited.clone(),
            WorkMode::Write | WorkMode::Put => session.write.clone(),
            WorkMode::Read | WorkMode::Glance => session.read.clone(),
        };
        let mut begin = Some(begin).filter(|_| self.state == TransactionState::Unbegun);
        // Where the BEGIN is refused what follows it is done outside of any transaction. That harms
        // nothing where it only looks; what writes has to wait until there is a transaction.
        let only_reads = |one: &Statement| one.text().trim_start().starts_with("SELECT");
        let is_apart = self.mode != WorkMode::Put && !statements.iter().all(only_reads);
        if let Some(beginning) = begin.take_if(|_| is_apart) {
            self.server.begin(&beginning)?;
            self.state = TransactionState::Begun;
        }
        let is_last = is_last || self.mode == WorkMode::Glance;
        let mut questions: Vec<Question<'_>> =
            begin.iter().flat_map(Beginning::questions).collect();
        let ask = |one| Question::Ask(Statement::text(one), typed(Statement::values(one)));
        questions.extend(statements.iter().map(ask));
        if is_last {
            questions.push(Question::Say("COMMIT"));
        }
        let answers = match self.server.exchange(&questions) {
            Ok(answers) => answers,
            Err(failed) => {
                let unheard = is_last && self.mode.writes();
                self.state =
                    if unheard { TransactionState::Unheard } else { TransactionState::Over };
                return Err(failed);
            }
        };
        // Where one of the statements failed the COMMIT has rolled it back.
        self.state = if is_last { TransactionState::Over } else { TransactionState::Begun };
        let at_commit = is_last
            && answers.len() == questions.len()
            && answers.iter().take(questions.len() - 1).all(Result::is_ok);
        if at_commit && self.mode.writes() && answers.last().is_some_and(Result::is_err) {
            self.state = TransactionState::Unheard;
        }
        let mut found = self.server.understood(answers)?;
        if let Some(beginning) = &begin {
            found.drain(..beginning.questions().len());
        }
        found.truncate(statements.len());
        if self.mode == WorkMode::Glance {
            self.state = TransactionState::Unbegun;
        }
        Ok(found)
    }

    fn noted(&mut self, sent: Result<Vec<Vec<SqlRow>>, ServerFailure>) -> Result<Vec<Vec<SqlRow>>> {
        sent.map_err(|failed| {
            self.failed.get_or_insert(failed.kind);
            failed.error
        })
    }
}

impl Sql for OpenTransaction<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<Vec<SqlRow>> {
        let mut found = self.run_all(&[Statement::new(statement, values)])?;
        Ok(found.pop().unwrap_or_default())
    }

    fn run_all(&mut self, statements: &[Statement]) -> Result<Vec<Vec<SqlRow>>> {
        let sent = self.send(statements, None);
        self.noted(sent)
    }

    fn finish(&mut self, statements: &[Statement], durable: Durable) -> Result<Vec<Vec<SqlRow>>> {
        // The server writes its log in order: the next COMMIT that waits for the disk takes this one
        // along.
        if durable == Durable::Now || self.mode == WorkMode::Put {
            let sent = self.send(statements, Some(durable));
            return self.noted(sent);
        }
        let unawaited = Statement::new(UNAWAITED, []);
        let all: Vec<Statement> =
            [unawaited].into_iter().chain(statements.iter().cloned()).collect();
        let sent = self.send(&all, Some(durable));
        let mut found = self.noted(sent)?;
        found.remove(0);
        Ok(found)
    }

    /// The rows come through a cursor, which is the server's to keep: a part of them at a time.
    fn each(&mut self, select: &Statement, take: &mut TakeRow<'_>) -> Result<()> {
        let next = Statement::new(format!("FETCH FORWARD {AT_ONCE} FROM topup_rows"), []);
        let declared = format!("DECLARE topup_rows NO SCROLL CURSOR FOR {}", select.text());
        let mut statements = vec![
            Statement::new(
                "SELECT set_config('idle_in_transaction_session_timeout', $1, true)",
                [LONGEST_PAUSE_MS.into()],
            ),
            Statement::new(declared, select.values()),
            next.clone(),
        ];
        loop {
            let rows = self.run_all(&statements)?.pop().unwrap_or_default();
            for row in &rows {
                self.reported = true;
                take(row)?;
            }
            if rows.len() < AT_ONCE {
                break;
            }
            statements = vec![next.clone()];
        }
        self.run("CLOSE topup_rows", &[]).map(|_| ())
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn keeps_session(&self) -> bool {
        self.server.is_direct()
    }

    fn hold(&self, shared: bool, name: &str) -> Option<Statement> {
        Some(Postgres::hold(shared, name))
    }
}

/// How a transaction ended that was not kept, or not to anybody's knowledge.
enum AttemptEnd {
    /// The work itself gave up.
    ByWork(Failure),
    /// Something failed before the COMMIT: nothing of it was kept.
    Before(ServerFailure),
    /// The COMMIT failed.
    AtCommit(ServerFailure),
}

impl From<ServerFailure> for AttemptEnd {
    fn from(failed: ServerFailure) -> Self {
        Self::Before(failed)
    }
}

impl Postgres {
    /// What [`Sql::hold`] asks of a server.
    pub fn hold(shared: bool, name: &str) -> Statement {
        let how = if shared { "_shared" } else { "" };
        let lock = format!("SELECT pg_advisory_xact_lock{how}(hashtextextended($1, {HOLDS}))");
        Statement::new(lock, [name.into()])
    }

    fn follows(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.follows)
    }

    /// What was looked at together with the greeting, once.
    fn already_looked(&mut self, statement: &Statement) -> Option<Vec<SqlRow>> {
        let at = self.looked.iter().position(|(looked, _)| looked == statement)?;
        Some(self.looked.swap_remove(at).1)
    }

    /// One attempt at the work, from the beginning of its transaction to the end.
    fn attempt(&mut self, mode: WorkMode, work: &mut SqlWork<'_>) -> Result<(), AttemptEnd> {
        if self.connection.is_none() {
            self.open_again()?;
        }
        if mode.writes() && self.follows() {
            // Another one may have taken over since, or it has been made to lead.
            self.hang_up();
            self.open_again()?;
            if self.follows() {
                return Err(follows(&self.target.place).into());
            }
        }
        let mut open = OpenTransaction {
            server: self,
            mode,
            state: TransactionState::Unbegun,
            failed: None,
            reported: false,
        };
        let done = work(&mut open);
        let OpenTransaction { state, failed, reported, .. } = open;
        let ended = match (done, failed) {
            // Everything was read and reported: that this transaction ends, changes nothing of it.
            (Ok(()), None) if reported => {
                self.roll_back();
                return Ok(());
            }
            (Err(error), _) if reported => AttemptEnd::ByWork(error),
            (Ok(()), None) if state == TransactionState::Begun => {
                return self.tell("COMMIT").map_err(AttemptEnd::AtCommit);
            }
            (Ok(()), None) => return Ok(()),
            (Err(error), None) => AttemptEnd::ByWork(error),
            (Err(error), Some(kind)) if state == TransactionState::Unheard => {
                AttemptEnd::AtCommit(ServerFailure { kind, error })
            }
            (Err(error), Some(kind)) => AttemptEnd::Before(ServerFailure { kind, error }),
            // COMMIT would be a ROLLBACK that stays unnoticed.
            (Ok(()), Some(_)) => {
                AttemptEnd::ByWork(Failure::internal("a statement of a transaction failed unheard"))
            }
        };
        if state == TransactionState::Begun {
            self.roll_back();
        }
        Err(ended)
    }

    /// Does the work until it is kept, or until it is known why it is not.
    pub(super) fn carry_out(&mut self, mode: WorkMode, work: &mut SqlWork<'_>) -> Result<()> {
        let (mut repeats, mut losses) = (0, 0);
        if mode.writes() {
            self.looked.clear();
        }
        // A COMMIT was sent, and its answer did not come.
        let mut unheard = false;
        loop {
            let failed = match self.attempt(mode, work) {
                Ok(()) => return Ok(()),
                // It has looked, and whatever was sent before is done or gone.
                Err(AttemptEnd::ByWork(error)) => return Err(error),
                Err(AttemptEnd::Before(failed)) => failed,
                Err(AttemptEnd::AtCommit(failed)) => {
                    let gone =
                        matches!(failed.kind, ServerFailureKind::Lost | ServerFailureKind::Late);
                    unheard |= gone;
                    let kind = if gone { ServerFailureKind::Lost } else { failed.kind };
                    ServerFailure { kind, ..failed }
                }
            };
            match failed.kind {
                ServerFailureKind::Again if repeats < MOST_REPEATS => {
                    repeats += 1;
                    thread::sleep(jitter(repeats));
                }
                ServerFailureKind::Lost if losses < MOST_LOSSES => losses += 1,
                _ if unheard && mode.writes() => return Err(self.unknown(failed.error)),
                _ => return Err(failed.error),
            }
        }
    }

    fn unknown(&self, cause: Failure) -> Failure {
        Failure::new(
            Class::OutcomeUnknown,
            format!("{}: the connection to {} was lost", self.purpose().unheard, self.target.place),
        )
        .recovery(Recovery::RetryLater)
        .hint(self.purpose().after_unheard)
        .because(cause)
    }
}
