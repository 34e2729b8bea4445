//! The HTTP server of the portal: connections, faults, the log, and which call goes where.

use super::faults::{self, FaultEffect};
use super::store::{SandboxDatabase, StoreWork};
use super::wire::{Answered, Call, SandboxReply};
use super::{balances, billing, byterover, ciris, identity, oauth, pages, subscription};
use crate::core::failure::{Failure, Result};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use rusqlite::params;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// No request is larger than this.
const MAX_BODY: usize = 64 * 1024;
/// How long requests in flight may take once the server has to stop.
const DRAIN: Duration = Duration::from_millis(500);

/// How long half an answer takes to be on its way.
const FLUSH: Duration = Duration::from_millis(30);

/// How a portal is served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Device codes are approved as soon as they are asked for.
    pub auto_approve: bool,
    /// Payments are confirmed with the saved card as soon as they are opened.
    pub auto_pay: bool,
}

impl Default for ServeOptions {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, auto_approve: false, auto_pay: false }
    }
}

type Body = http_body_util::combinators::BoxBody<Bytes, io::Error>;

/// What every connection needs.
struct Shared {
    database: Mutex<SandboxDatabase>,
    auto: Auto,
    any_host: bool,
    /// Where it listens, once it does.
    address: OnceLock<SocketAddr>,
}

/// What happens by itself, where a person would do it on a page.
#[derive(Clone, Copy, Debug)]
struct Auto {
    approve: bool,
    pay: bool,
}

/// Serves until it is stopped; first reports where it listens.
pub fn run(
    database: SandboxDatabase,
    options: &ServeOptions,
    ready: std::sync::mpsc::Sender<io::Result<SocketAddr>>,
    stop: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            let _ = ready.send(Err(cause));
            return;
        }
    };
    let shared = Arc::new(Shared {
        database: Mutex::new(database),
        auto: Auto { approve: options.auto_approve, pay: options.auto_pay },
        any_host: !options.listen.ip().is_loopback(),
        address: OnceLock::new(),
    });
    let listen = options.listen;
    runtime.block_on(async move {
        let listener = match TcpListener::bind(listen).await {
            Ok(listener) => listener,
            Err(cause) => {
                let _ = ready.send(Err(cause));
                return;
            }
        };
        let address = listener.local_addr();
        if let Ok(address) = address {
            let _ = shared.address.set(address);
        }
        let _ = ready.send(address);
        drop(ready);
        let mut connections = JoinSet::new();
        let mut stop = stop;
        // Dropped, it ends every connection after its current request.
        let (end, ended) = watch::channel(());
        loop {
            tokio::select! {
                _ = &mut stop => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else {
                        // Out of file descriptors, most likely: no use in asking at once again.
                        tokio::time::sleep(FLUSH).await;
                        continue;
                    };
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream, Arc::clone(&shared), ended.clone()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        drop(end);
        let drained = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drained).await;
    });
    runtime.shutdown_timeout(DRAIN);
}

/// One connection, until the client leaves it or the server ends: idle ones are closed then, and
/// what is being answered is answered.
async fn serve(stream: TcpStream, shared: Arc<Shared>, mut ended: watch::Receiver<()>) {
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A connection that ends in an error is a fault on purpose or a client that went away:
    // nothing to report.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// One request. An error closes the connection without an answer.
async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    let (parts, body) = request.into_parts();
    let mut call = read_head(&parts.method, &parts.uri, &parts.headers);
    if !shared.any_host && !is_loopback_host(&parts.headers) {
        let message = "This portal answers to loopback names only.";
        let reply = match shared.address.get() {
            Some(address) if pages::is_page(&call) => pages::stranger(&call, *address),
            _ => SandboxReply::error(403, "forbidden_host", message),
        };
        return turn_away(shared, reply).await;
    }
    call.body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = "The request is too large.";
            return turn_away(shared, refused(&call, 413, "validation_failed", message)).await;
        }
        Err(_) => return Err(io::Error::other("the request broke off")),
    };
    let head = Call { body: Vec::new(), ..call.clone() };
    let worker = Arc::clone(&shared);
    let step = in_background(move || {
        let (method, path) = (call.method.clone(), call.path.clone());
        begin(&worker, call).unwrap_or_else(|error| trouble(&worker, &method, &path, &error))
    })
    .await?;
    let done = match step {
        RequestProgress::HandledRequest(done) => done,
        RequestProgress::Wait { call, seen, delay } => {
            tokio::time::sleep(delay).await;
            in_background(move || end(&shared, &call, seen)).await?
        }
    };
    let HandledRequest { outcome, date, effect } = done;
    let reply = outcome.unwrap_or_else(|error| own_trouble(&head, &error));
    match effect {
        Some(FaultEffect::DropBefore) => Err(io::Error::other("dropped on purpose")),
        Some(FaultEffect::LoseResponse) => Err(io::Error::other("lost on purpose")),
        Some(FaultEffect::Truncate) => Ok(half(reply, date)),
        _ => {
            let mut response = whole(reply, date);
            if head.path.starts_with("/api/") {
                response
                    .headers_mut()
                    .insert("cache-control", HeaderValue::from_static("no-store"));
            }
            Ok(response)
        }
    }
}

/// Answers before the request is read; the request is not in the log.
async fn turn_away(shared: Arc<Shared>, reply: SandboxReply) -> io::Result<hyper::Response<Body>> {
    let date = in_background(move || portal_time(&shared)).await?;
    Ok(whole(reply, date))
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| io::Error::other("the portal failed"))
}

fn read_head(method: &hyper::Method, uri: &hyper::Uri, headers: &HeaderMap) -> Call {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Call {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        base: format!("http://{}", text("host").unwrap_or_default()),
        bearer: text("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        }),
        authorization: text("authorization"),
        key_headers: balances::key_headers()
            .filter_map(|name| Some((name, every(headers, name)?)))
            .collect(),
        idempotency_key: every(headers, "idempotency-key"),
        refresh_token: every(headers, "x-nous-refresh-token"),
        session_key: every(headers, "x-byterover-session-id"),
        origin: text("origin"),
        body: Vec::new(),
    }
}

/// Every value of a header in one text, so that two are never taken for the first of them.
fn every(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Another name in the Host header is a page elsewhere that talks to this machine. What passes is
/// put into links, so nothing but a name or a literal and a port does.
fn is_loopback_host(headers: &HeaderMap) -> bool {
    let Some(host) = every(headers, "host") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '[' | ']' | '-');
    if !host.chars().all(plain) {
        return false;
    }
    let url = url::Url::parse(&format!("http://{host}/"));
    match url.as_ref().ok().and_then(url::Url::host) {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// How far a request has come.
enum RequestProgress {
    /// It is answered.
    HandledRequest(HandledRequest),
    /// A fault holds it up first.
    Wait { call: Call, seen: i64, delay: Duration },
}

/// What a request came to.
struct HandledRequest {
    outcome: Answered,
    /// The time by the portal's clock, which every answer carries: a client derives the age of
    /// what it sent from it.
    date: Option<Timestamp>,
    effect: Option<FaultEffect>,
}

/// Answers a request in one transaction: the fault that waits for it, the work, and the note of
/// what it is answered with, which a reader of the log sees no later than the client sees the
/// answer.
fn begin(shared: &Shared, call: Call) -> Result<RequestProgress> {
    let mut database = lock(shared);
    let work = database.begin()?;
    let date = Some(work.now());
    let fault = faults::take(&work, &call.method, &call.path)?;
    let description = fault.as_ref().map(faults::SandboxFault::description);
    let effect = fault.map(|fault| fault.effect);
    let outcome = match &effect {
        Some(FaultEffect::Delay(ms)) => {
            let seen = note(&work, &call, None, description.as_deref())?;
            work.commit()?;
            return Ok(RequestProgress::Wait { call, seen, delay: Duration::from_millis(*ms) });
        }
        Some(FaultEffect::DropBefore) => {
            note(&work, &call, None, description.as_deref())?;
            work.commit()?;
            let outcome = Err(Failure::internal("nothing is answered"));
            return Ok(RequestProgress::HandledRequest(HandledRequest { outcome, date, effect }));
        }
        Some(FaultEffect::Html) => {
            let page =
                "<!doctype html><title>Sign in</title><p>Please sign in to the network.".to_owned();
            SandboxReply::page(200, page)
        }
        Some(FaultEffect::Answer { status, retry_after, body, after_work }) => {
            if *after_work {
                route(&work, &call, shared.auto)?;
            }
            given(&call.path, *status, *retry_after, body.as_deref())
        }
        Some(FaultEffect::LoseResponse | FaultEffect::Truncate) | None => {
            route(&work, &call, shared.auto)?
        }
    };
    note(&work, &call, Some(outcome.status), description.as_deref())?;
    work.commit()?;
    Ok(RequestProgress::HandledRequest(HandledRequest { outcome: Ok(outcome), date, effect }))
}

/// Answers a request that was held up.
fn end(shared: &Shared, call: &Call, seen: i64) -> HandledRequest {
    let mut date = None;
    let outcome = (|| {
        let mut database = lock(shared);
        let work = database.begin()?;
        date = Some(work.now());
        let reply = route(&work, call, shared.auto)?;
        work.run("UPDATE seen SET status = ?2 WHERE id = ?1", params![seen, reply.status])?;
        work.commit()?;
        Ok(reply)
    })();
    HandledRequest { outcome, date, effect: None }
}

/// Nothing of the request was kept: that is noted, as far as it can be.
fn trouble(shared: &Shared, method: &str, path: &str, error: &Failure) -> RequestProgress {
    let noted = (|| {
        let mut database = lock(shared);
        let work = database.begin()?;
        let call = Call { method: method.into(), path: path.into(), ..Call::default() };
        note(&work, &call, Some(500), None)?;
        work.commit()
    })();
    let message = match noted {
        Ok(()) => error.to_string(),
        Err(second) => format!("{error}; {second}"),
    };
    let outcome = Err(Failure::config(message));
    RequestProgress::HandledRequest(HandledRequest { outcome, date: None, effect: None })
}

/// Keeps a request in the log; gives its number.
fn note(
    work: &StoreWork<'_>,
    call: &Call,
    status: Option<u16>,
    fault: Option<&str>,
) -> Result<i64> {
    work.run(
        "INSERT INTO seen (at_ms, method, path, status, idempotency_key, fault)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![work.now_ms(), call.method, call.path, status, call.idempotency_key, fault],
    )?;
    Ok(work.last_row())
}

/// The time by the portal's clock.
fn portal_time(shared: &Shared) -> Option<Timestamp> {
    lock(shared).begin().ok().map(|work| work.now())
}

/// A thread that failed while it held the lock has rolled its transaction back.
fn lock(shared: &Shared) -> MutexGuard<'_, SandboxDatabase> {
    shared.database.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which call goes where. Contracts: nous, ciris and byterover, all of them.
fn route(work: &StoreWork<'_>, call: &Call, auto: Auto) -> Answered {
    if let Some(reply) = balances::answer(work, call)? {
        return Ok(reply);
    }
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("POST", ["api", "oauth", "device", "code"]) => {
            oauth::device_code(work, call, auto.approve)
        }
        ("POST", ["api", "oauth", "token"]) => oauth::token(work, call),
        ("GET", ["api", "oauth", "account"]) => identity::show(work, call),
        ("GET", ["api", "billing", "state"]) => billing::state(work, call),
        ("POST", ["api", "billing", "charge"]) => billing::charge(work, call),
        ("GET", ["api", "billing", "charge", id]) => billing::charge_status(work, call, id),
        ("PATCH", ["api", "billing", "auto-top-up"]) => billing::auto_top_up(work, call),
        ("GET", ["api", "billing", "subscription"]) => subscription::show(work, call),
        ("POST", ["api", "billing", "subscription", "preview"]) => {
            subscription::preview(work, call)
        }
        ("PUT", ["api", "billing", "subscription", "pending-change"]) => {
            subscription::schedule(work, call)
        }
        ("DELETE", ["api", "billing", "subscription", "pending-change"]) => {
            subscription::unschedule(work, call)
        }
        ("POST", ["api", "billing", "subscription", "upgrade"]) => {
            subscription::upgrade(work, call)
        }
        ("GET", ["api", "v1", path @ ..]) => byterover::answer(work, call, path),
        (_, ["v1", ..]) => ciris::answer(work, call, auto.pay),
        (_, ["api", ..]) => Ok(SandboxReply::error(404, "not_found", "There is no such call.")),
        (method, page) => pages::answer(work, call, method, page),
    }
}

fn given(path: &str, status: u16, retry_after: Option<u64>, body: Option<&str>) -> SandboxReply {
    let (error, message) = faults::usual_error(status);
    let mut reply = match body {
        None if path.starts_with("/v1/") => {
            SandboxReply::json(status, &serde_json::json!({ "detail": message }))
        }
        None if path.starts_with("/api/v1/") => {
            let body = serde_json::json!({"statusCode": status, "code": error, "message": message});
            SandboxReply::json(status, &body)
        }
        Some(body) => SandboxReply {
            body: body.as_bytes().to_vec(),
            ..SandboxReply::json(status, &serde_json::Value::Null)
        },
        None => SandboxReply::error(status, error, message),
    };
    if let Some(seconds) = retry_after {
        reply = reply.header("retry-after", seconds.to_string());
    }
    reply
}

fn own_trouble(call: &Call, error: &Failure) -> SandboxReply {
    refused(call, 500, "sandbox_trouble", &error.to_string())
}

/// A refusal in the form that the client can read: a page, or an error of the contract.
fn refused(call: &Call, status: u16, error: &str, message: &str) -> SandboxReply {
    if pages::is_page(call) {
        pages::trouble(status, message)
    } else {
        SandboxReply::error(status, error, message)
    }
}

fn head(reply: &SandboxReply, date: Option<Timestamp>) -> hyper::Response<()> {
    let mut response = hyper::Response::new(());
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.kind));
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    // A year that the header cannot show is left to the server's own clock.
    if let Some(date) = date
        && let Ok(text) = DateTimePrinter::new().timestamp_to_rfc9110_string(&date)
        && let Ok(value) = HeaderValue::from_str(&text)
    {
        headers.insert("date", value);
    }
    response
}

fn whole(reply: SandboxReply, date: Option<Timestamp>) -> hyper::Response<Body> {
    let response = head(&reply, date);
    response.map(|()| Full::new(Bytes::from(reply.body)).map_err(|never| match never {}).boxed())
}

/// Says that the whole body comes, sends half of it, and closes the connection.
fn half(reply: SandboxReply, date: Option<Timestamp>) -> hyper::Response<Body> {
    let mut response = head(&reply, date);
    let length = reply.body.len();
    response.headers_mut().insert("content-length", HeaderValue::from(length));
    let half = Bytes::from(reply.body).slice(..length / 2);
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(half).await;
        // What was sent has to be on its way before the connection breaks.
        tokio::time::sleep(FLUSH).await;
        sender.abort(io::Error::other("truncated on purpose"));
    });
    response.map(|()| body.boxed())
}
