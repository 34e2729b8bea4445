//! A connection, and the runtime that waits at it: for a bounded time, and on the thread of the one who
//! asks. Between two questions nothing moves on the wire.

use crate::core::wait::SILENT;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

/// What takes questions, and what moves bytes for it while somebody waits.
pub struct Halves {
    client: Client,
    /// None after the connection has ended.
    wire: Option<Pin<Box<Wire>>>,
}

type Wire = dyn Future<Output = Result<(), Error>> + Send;

impl<S, T> From<(Client, tokio_postgres::Connection<S, T>)> for Halves
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn from((client, wire): (Client, tokio_postgres::Connection<S, T>)) -> Self {
        Self { client, wire: Some(Box::pin(wire)) }
    }
}

impl Halves {
    /// Moves bytes until the question is answered.
    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Self { client, wire } = self;
        let mut answer = pin!(question(client));
        poll_fn(|cx| {
            let mut why = None;
            if let Some(Poll::Ready(ended)) = wire.as_mut().map(|wire| wire.as_mut().poll(cx)) {
                // What has arrived before is still an answer. Who waits for more than that hears
                // that it is closed, as soon as the wire is gone, and learns why.
                *wire = None;
                why = ended.err();
            }
            match answer.as_mut().poll(cx) {
                Poll::Ready(Err(closed)) if closed.is_closed() => {
                    Poll::Ready(Err(why.unwrap_or(closed)))
                }
                other => other,
            }
        })
        .await
    }
}

/// Something that is sent to the server.
pub enum Question<'q> {
    /// Statements without values, whose rows are of no interest.
    Say(&'q str),
    /// A statement, and its values with their types.
    Ask(&'q str, Vec<(&'q (dyn ToSql + Sync), Type)>),
}

/// Stands before every statement: a pooler in front of several servers would take one that only reads,
/// also inside a transaction, to a server that follows, where neither its latest rows nor the settings
/// of the transaction are.
const AT_THE_PRIMARY: &str = "/*NO LOAD BALANCE*/ ";

/// What came of each question; nothing behind one whose answer was the last.
pub type Answers = Vec<Result<Vec<Row>, Error>>;

/// Sends all questions and then waits for their answers. What is polled first is sent first, and the
/// server does one after the other.
///
/// # Errors
/// The connection ended before the last answer.
pub async fn exchange(client: &Client, questions: &[Question<'_>]) -> Result<Answers, Error> {
    let ask = async |question: &Question<'_>| match question {
        Question::Say(statements) => client.batch_execute(statements).await.map(|()| Vec::new()),
        Question::Ask(statement, values) => {
            client.query_typed(&format!("{AT_THE_PRIMARY}{statement}"), values).await
        }
    };
    let mut waiting: Vec<_> =
        questions.iter().map(|question| Some(Box::pin(ask(question)))).collect();
    let mut answers: Vec<Option<Result<Vec<Row>, Error>>> = waiting.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (waiting, answer) in waiting.iter_mut().zip(&mut answers) {
            if let Some(Poll::Ready(found)) = waiting.as_mut().map(|one| one.as_mut().poll(cx)) {
                *waiting = None;
                *answer = Some(found);
            }
        }
        if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let mut all = Answers::with_capacity(answers.len());
    for answer in answers.into_iter().flatten() {
        match answer {
            Err(closed) if closed.is_closed() => {
                // The server may have said before why it ends the connection.
                let said = all.iter().any(Result::is_err);
                return if said { Ok(all) } else { Err(closed) };
            }
            other => all.push(other),
        }
    }
    Ok(all)
}

/// Why there is no connection.
pub enum Unmade {
    /// It was refused, or no server is there.
    Refused(Error),
    /// The time was over before.
    Late,
    /// This system has nothing to wait with.
    Unable(io::Error),
}

/// A connection that was made.
pub struct Connection {
    halves: Halves,
    runtime: Runtime,
}

impl Connection {
    /// Makes one within this time.
    ///
    /// # Errors
    /// There is none, for the reason that is given.
    pub fn make(
        making: impl Future<Output = Result<Halves, Error>>,
        within: Duration,
    ) -> Result<Self, Unmade> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(Unmade::Unable)?;
        let unmade = match runtime.block_on(async { timeout(within, making).await }) {
            Ok(Ok(halves)) => return Ok(Self { halves, runtime }),
            Ok(Err(cause)) => Unmade::Refused(cause),
            Err(_) => Unmade::Late,
        };
        // A name server that says nothing is asked on a thread, which is left to wait alone.
        runtime.shutdown_background();
        Err(unmade)
    }

    /// Asks something and waits at most this long for the answer; what takes longer than a moment
    /// is shown. After a wait that was in vain this is of no more use: the answer may yet come.
    ///
    /// # Errors
    /// The wait was in vain.
    pub fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&Client) -> Result<T, Error>,
        limit: Duration,
        show: impl FnOnce(),
    ) -> Result<Result<T, Error>, Elapsed> {
        let Self { halves, runtime } = self;
        runtime.block_on(async {
            let mut answer = pin!(halves.ask(question));
            if limit <= SILENT {
                return timeout(limit, answer).await;
            }
            if let Ok(answered) = timeout(SILENT, answer.as_mut()).await {
                return Ok(answered);
            }
            show();
            timeout(limit.saturating_sub(SILENT), answer).await
        })
    }

    /// Says good-bye as far as that takes no wait.
    pub fn close(self) {
        let Halves { client, wire } = self.halves;
        drop(client);
        if let Some(mut wire) = wire {
            let _ = wire.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
