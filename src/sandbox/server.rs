//! The HTTP server of the portal: connections, faults, the log, and which call goes where.

use super::faults::{self, Effect};
use super::store::{Database, Work, broken};
use super::wire::{Answered, Call, Reply};
use super::{Options, billing, oauth, pages, subscription};
use crate::error::{Error, Result};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rusqlite::params;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// No request is larger than this.
const MAX_BODY: usize = 64 * 1024;
/// How long requests in flight may take once the server was told to stop.
const DRAIN: Duration = Duration::from_millis(500);

/// How long half an answer takes to be on its way.
const FLUSH: Duration = Duration::from_millis(30);

type Body = http_body_util::combinators::BoxBody<Bytes, io::Error>;

/// What every connection needs.
struct Shared {
    database: Mutex<Database>,
    auto_approve: bool,
    any_host: bool,
}

/// Serves until it is told to stop; tells where it listens first.
pub fn run(
    database: Database,
    options: &Options,
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
        auto_approve: options.auto_approve,
        any_host: !options.listen.ip().is_loopback(),
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
        let _ = ready.send(listener.local_addr());
        drop(ready);
        let mut connections = JoinSet::new();
        let mut stop = stop;
        loop {
            tokio::select! {
                _ = &mut stop => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let _ = stream.set_nodelay(true);
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                        // A connection that ends in an error is a fault on purpose or a client
                        // that went away: nothing to be told.
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        // Idle connections are kept open by clients: they are not waited for.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let _ = tokio::time::timeout(DRAIN, async {
            while shared.database.try_lock().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    });
    runtime.shutdown_timeout(DRAIN);
}

/// One request. An error closes the connection without an answer.
async fn answer(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    let (parts, body) = request.into_parts();
    let mut call = read_head(&parts.method, &parts.uri, &parts.headers);
    call.body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(whole(Reply::error(413, "validation_failed", "The request is too large.")));
        }
        Err(_) => return Err(io::Error::other("the request broke off")),
    };
    if !shared.any_host && !is_loopback_host(&call.base) {
        return Ok(whole(Reply::error(
            403,
            "forbidden_host",
            "This portal answers to loopback names only.",
        )));
    }
    let worker = Arc::clone(&shared);
    let path = call.path.clone();
    let prepared = in_background(move || begin(&worker, &call)).await?;
    let (call, seen, fault) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(whole(own_trouble(&error))),
    };
    let reply = match &fault {
        Some(Effect::DropBefore) => return Err(io::Error::other("dropped on purpose")),
        Some(Effect::Html) => {
            let page =
                "<!doctype html><title>Sign in</title><p>Please sign in to the network.".to_owned();
            Reply::page(200, page)
        }
        Some(Effect::Answer { status, retry_after, body }) => {
            given(*status, *retry_after, body.as_deref())
        }
        other => {
            if let Some(Effect::Delay(ms)) = other {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
            }
            let worker = Arc::clone(&shared);
            match in_background(move || work_on(&worker, &call)).await? {
                Ok(reply) => reply,
                Err(error) => own_trouble(&error),
            }
        }
    };
    let status = reply.status;
    let worker = Arc::clone(&shared);
    // What was answered is noted before it is told, so that a reader of the log sees it.
    let _ = in_background(move || note_status(&worker, seen, status)).await?;
    match fault {
        Some(Effect::LoseResponse) => Err(io::Error::other("lost on purpose")),
        Some(Effect::Truncate) => Ok(half(reply)),
        _ => {
            let mut response = whole(reply);
            if path.starts_with("/api/") {
                response
                    .headers_mut()
                    .insert("cache-control", HeaderValue::from_static("no-store"));
            }
            Ok(response)
        }
    }
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
        bearer: text("authorization")
            .and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        idempotency_key: text("idempotency-key"),
        refresh_token: text("x-nous-refresh-token"),
        origin: text("origin"),
        body: Vec::new(),
    }
}

/// Another name in the Host header is a page elsewhere that talks to this machine.
fn is_loopback_host(base: &str) -> bool {
    url::Url::parse(base).is_ok_and(|url| crate::http::is_loopback(&url))
}

/// Notes the request and takes the fault that waits for it.
fn begin(shared: &Shared, call: &Call) -> Result<(Call, i64, Option<Effect>)> {
    let mut database = lock(shared)?;
    let work = database.begin()?;
    let fault = faults::take(&work, &call.method, &call.path)?;
    work.sql
        .execute(
            "INSERT INTO seen (at_ms, method, path, idempotency_key, fault) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                work.now_ms(),
                call.method,
                call.path,
                call.idempotency_key,
                fault.as_ref().map(faults::Fault::told)
            ],
        )
        .map_err(broken)?;
    let seen = work.sql.last_insert_rowid();
    work.commit()?;
    Ok((call.clone(), seen, fault.map(|fault| fault.effect)))
}

fn work_on(shared: &Shared, call: &Call) -> Answered {
    let mut database = lock(shared)?;
    let work = database.begin()?;
    let reply = route(&work, call, shared.auto_approve)?;
    work.commit()?;
    Ok(reply)
}

fn note_status(shared: &Shared, seen: i64, status: u16) -> Result<()> {
    let mut database = lock(shared)?;
    let work = database.begin()?;
    work.sql
        .execute("UPDATE seen SET status = ?2 WHERE id = ?1", params![seen, status])
        .map_err(broken)?;
    work.commit()
}

fn lock(shared: &Shared) -> Result<std::sync::MutexGuard<'_, Database>> {
    shared.database.lock().map_err(|_| Error::internal("the portal failed before"))
}

/// Which call goes where. Contract: nous, all of it.
fn route(work: &Work<'_>, call: &Call, auto_approve: bool) -> Answered {
    let segments = call.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("POST", ["api", "oauth", "device", "code"]) => {
            oauth::device_code(work, call, auto_approve)
        }
        ("POST", ["api", "oauth", "token"]) => oauth::token(work, call),
        ("GET", ["api", "oauth", "account"]) => oauth::account(work, call),
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
        (_, ["api", ..]) => Ok(Reply::error(404, "not_found", "There is no such call.")),
        (method, page) => pages::answer(work, call, method, page),
    }
}

fn given(status: u16, retry_after: Option<u64>, body: Option<&str>) -> Reply {
    let (error, message) = faults::usual_error(status);
    let mut reply = match body {
        Some(body) => Reply {
            body: body.as_bytes().to_vec(),
            ..Reply::json(status, &serde_json::Value::Null)
        },
        None => Reply::error(status, error, message),
    };
    if let Some(seconds) = retry_after {
        reply = reply.header("retry-after", seconds.to_string());
    }
    reply
}

fn own_trouble(error: &Error) -> Reply {
    Reply::error(500, "sandbox_trouble", &error.to_string())
}

fn head(reply: &Reply) -> hyper::Response<()> {
    let mut response = hyper::Response::new(());
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.kind));
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn whole(reply: Reply) -> hyper::Response<Body> {
    let response = head(&reply);
    response.map(|()| Full::new(Bytes::from(reply.body)).map_err(|never| match never {}).boxed())
}

/// Says that the whole body comes, sends half of it, and closes the connection.
fn half(reply: Reply) -> hyper::Response<Body> {
    let mut response = head(&reply);
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
