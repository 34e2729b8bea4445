//! The one blocking client that everything goes through.
//!
//! It follows no redirect, repeats nothing by itself, keeps no cookie, sends no referrer, asks for
//! no compression, and reads at most 4 MiB. A deadline is a total: from the look-up of the name to
//! the last byte of the body. A token is bound to one origin, and one function puts it into a head,
//! after comparing origins; what a body holds (a password, a refresh token) goes where
//! [`PortalTarget::url`](crate::core::target::PortalTarget::url) says. The client is built at first use, and
//! loads the system's trust roots only when the URL is https: that is half of the start-up time.

pub(crate) mod proxies;
#[cfg(any(test, fuzzing))]
pub(crate) mod replay;

mod failure;
mod pool;
mod request;
mod response;

pub use failure::{TransportError, chain, is_tls};
pub use pool::ClientPool;
pub use request::{Bearer, Method, Presented, READ_DEADLINE, Request, SPEND_DEADLINE};
pub use response::{MAX_BODY_BYTES, Response};

use failure::RequestFailed;
use request::secret_value;
use response::read_whole;

use crate::core::class::Class;
use crate::core::clock;
use crate::core::failure::Result;
use crate::core::signals::{Interrupt, Stopped};
use jiff::Timestamp;
use reqwest::blocking::Client;
use reqwest::header::{AUTHORIZATION, HeaderName};
use std::cell::Cell;
use std::panic;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use url::Url;

/// The longest wait for a connection: well inside every deadline, so that "not connected" is kept
/// apart from "no answer".
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Gets one line per request and answer, with secrets cut out.
pub type Tracer = Rc<dyn Fn(&str)>;

/// The client. Cheap to make: nothing happens before the first request.
pub struct Http {
    interrupt: Interrupt,
    tracer: Option<Tracer>,
    timeout: Option<Duration>,
    clients: ClientPool,
    server_clock: Cell<Option<(Timestamp, Duration)>>,
    #[cfg(any(test, fuzzing))]
    played: Option<replay::Replay>,
}

impl Http {
    /// A client for this run. `timeout` replaces every deadline; `tracer` gets one line per
    /// request and answer, with secrets cut out.
    pub fn new(interrupt: Interrupt, timeout: Option<Duration>, tracer: Option<Tracer>) -> Self {
        Self {
            interrupt,
            tracer,
            timeout,
            clients: ClientPool::default(),
            server_clock: Cell::new(None),
            #[cfg(any(test, fuzzing))]
            played: None,
        }
    }

    /// The same with clients that others use as well.
    #[must_use]
    pub fn sharing(mut self, clients: ClientPool) -> Self {
        self.clients = clients;
        self
    }

    /// Sends one request, once, and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`], which says whether the request may have been received.
    pub fn send(
        &self,
        request: Request,
        bearer: Option<Bearer<'_>>,
    ) -> Result<Response, TransportError> {
        let ready = self.prepare(request, bearer)?;
        let (result, took) = ready.perform();
        self.heard(&result, took);
        result
    }

    /// Sends several requests at once, each with its own deadline, and waits for all of them. What
    /// becomes of one says nothing about the others; the results stand in the order of the
    /// requests.
    pub fn send_together<const N: usize>(
        &self,
        requests: [Request; N],
        bearer: Bearer<'_>,
    ) -> [Result<Response, TransportError>; N] {
        let prepared = requests.map(|request| self.prepare(request, Some(bearer)));
        let done = thread::scope(|scope| {
            let running =
                prepared.map(|ready| ready.map(|ready| scope.spawn(move || ready.perform())));
            running.map(|thread| match thread {
                Ok(thread) => {
                    thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
                }
                Err(broken) => (Err(broken), Duration::ZERO),
            })
        });
        done.map(|(result, took)| {
            self.heard(&result, took);
            result
        })
    }

    /// Everything about a request that has to be decided before it leaves: the secret is attached
    /// here and nowhere else, and only to its own origin.
    fn prepare(
        &self,
        request: Request,
        bearer: Option<Bearer<'_>>,
    ) -> Result<Ready, TransportError> {
        let mut request = request;
        if let Some(bearer) = bearer {
            if request.url.origin() != bearer.home.origin() {
                return Err(TransportError::unsent(
                    Class::Internal,
                    "a token was about to go to another origin",
                ));
            }
            let (name, text) = match bearer.presented {
                Presented::Bearer => (AUTHORIZATION, format!("Bearer {}", bearer.token.expose())),
                Presented::Scheme(word) => {
                    (AUTHORIZATION, format!("{word} {}", bearer.token.expose()))
                }
                Presented::Header(name) => {
                    (HeaderName::from_static(name), bearer.token.expose().to_owned())
                }
            };
            let value = secret_value(&text)
                .map_err(|error| TransportError::unsent(error.class(), error.to_string()))?;
            request.headers.insert(name, value);
        }
        if let Some(signal) = self.interrupt.seen().filter(|_| !request.to_the_end) {
            let message = "interrupted before this request was sent";
            return Err(TransportError {
                signal: Some(signal),
                ..TransportError::unsent(signal.class(), message)
            });
        }
        let line = self.line_for(&request)?;
        self.trace_request(&request);
        let (deadline, interrupt) = if request.to_the_end {
            (request.deadline, Interrupt::default())
        } else {
            (self.timeout.unwrap_or(request.deadline), self.interrupt.clone())
        };
        let deadline = deadline.min(request.limit);
        Ok(Ready { line, request, deadline, interrupt })
    }

    /// What there is to note about an answer, or about there being none.
    fn heard(&self, result: &Result<Response, TransportError>, took: Duration) {
        self.trace_result(result, took);
        if let Ok(Response { date: Some(date), .. }) = result {
            self.server_clock.set(Some((*date, clock::monotonic())));
        }
    }

    /// The server's clock now, as far as an answer of this run stated it, carried on by a clock
    /// that goes on while the machine sleeps.
    pub fn server_now(&self) -> Option<Timestamp> {
        let (date, heard) = self.server_clock.get()?;
        date.checked_add(clock::monotonic().saturating_sub(heard)).ok()
    }

    fn line_for(&self, request: &Request) -> Result<Route, TransportError> {
        #[cfg(any(test, fuzzing))]
        if let Some(tape) = &self.played {
            return Ok(Route::Played(tape.clone()));
        }
        self.client_for(request).map(Route::Network)
    }

    fn client_for(&self, request: &Request) -> Result<Client, TransportError> {
        let connect = self.timeout.map_or(CONNECT_TIMEOUT, |whole| CONNECT_TIMEOUT.min(whole / 2));
        self.clients.client(&request.url, connect, request.fresh)
    }

    fn trace_request(&self, request: &Request) {
        let Some(tracer) = &self.tracer else { return };
        if request.secret_path {
            let (scheme, host) = (request.url.scheme(), host_of(&request.url));
            tracer(&format!("> {} {scheme}://{host}/[cut out]", request.method));
        } else {
            tracer(&format!("> {} {}", request.method, request.url));
        }
        for (name, value) in &request.headers {
            let shown = if value.is_sensitive() {
                "[cut out]"
            } else {
                value.to_str().unwrap_or("[binary]")
            };
            tracer(&format!(">   {name}: {shown}"));
        }
    }

    fn trace_result(&self, result: &Result<Response, TransportError>, took: Duration) {
        let Some(tracer) = &self.tracer else { return };
        let took = took.as_millis();
        match result {
            Ok(answer) => {
                tracer(&format!("< {} ({} bytes, {took} ms)", answer.status, answer.body.len()));
            }
            Err(broken) => tracer(&format!("< no answer: {} ({took} ms)", broken.message)),
        }
    }
}

/// Where an answer comes from.
enum Route {
    Network(Client),
    #[cfg(any(test, fuzzing))]
    Played(replay::Replay),
}

/// A request that only has to be performed: nothing of this thread is in it.
struct Ready {
    line: Route,
    request: Request,
    deadline: Duration,
    interrupt: Interrupt,
}

impl Ready {
    /// Sends it and waits; gives how long that took as well.
    fn perform(self) -> (Result<Response, TransportError>, Duration) {
        let Self { line, request, deadline, interrupt } = self;
        let host = host_of(&request.url);
        let started = clock::monotonic();
        let outcome = match line {
            Route::Network(client) => interrupt
                .guard(Some(deadline), move || exchange(&client, request, started, deadline)),
            #[cfg(any(test, fuzzing))]
            Route::Played(tape) => Ok(read_whole(tape.next(), started, deadline)),
        };
        let stopped = |class, message: String, signal| {
            Err(TransportError { class, message, sent: true, signal, cause: None })
        };
        let result = match outcome {
            Ok(result) => result.map_err(|failed| failed.into_error(&host)),
            Err(Stopped::Deadline) => {
                let limit = crate::core::duration::show(deadline);
                let message = format!("{host} did not send a complete answer within {limit}");
                stopped(Class::Timeout, message, None)
            }
            Err(Stopped::Signal(signal)) => {
                let message = "interrupted while waiting for an answer".into();
                stopped(signal.class(), message, Some(signal))
            }
        };
        (result, clock::monotonic().saturating_sub(started))
    }
}

fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

fn exchange(
    client: &Client,
    request: Request,
    started: Duration,
    deadline: Duration,
) -> Result<Response, RequestFailed> {
    let mut builder = client.request(request.method, request.url).headers(request.headers);
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    read_whole(builder.send().map_err(RequestFailed::Transport)?, started, deadline)
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
