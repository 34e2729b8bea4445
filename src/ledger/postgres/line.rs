//! A connection on a thread of its own. The crate waits for a silent server for ever, also when it
//! says good-bye to it; here a wait has an end, and the thread is left to wait alone.

use ::postgres::{Client, Error, Row};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Something to be done with the connection.
pub type Job = Box<dyn FnOnce(&mut Client) -> Result<Vec<Row>, Error> + Send>;

/// The thread that has the connection. Dropping this closes it, without waiting for that.
#[derive(Debug)]
pub struct Line {
    jobs: SyncSender<Job>,
    results: Receiver<Result<Vec<Row>, Error>>,
}

impl Line {
    /// Gives the connection to a thread.
    pub fn with(mut client: Client) -> Self {
        let (jobs, asked) = sync_channel::<Job>(1);
        let (answer, results) = sync_channel(1);
        thread::spawn(move || {
            for job in asked {
                // Nobody listens any more where the wait was over before.
                if answer.send(job(&mut client)).is_err() {
                    break;
                }
            }
        });
        Self { jobs, results }
    }

    /// Does something and waits at most this long for it. After a wait that was in vain this is
    /// of no more use: what comes later would be taken for the answer to something else.
    ///
    /// # Errors
    /// The wait was in vain, or the thread is gone.
    pub fn perform(
        &self,
        job: Job,
        limit: Duration,
    ) -> Result<Result<Vec<Row>, Error>, RecvTimeoutError> {
        self.jobs.send(job).map_err(|_| RecvTimeoutError::Disconnected)?;
        self.results.recv_timeout(limit)
    }
}
