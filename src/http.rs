//! The one blocking client that everything goes through.
//!
//! It follows no redirect, repeats nothing by itself, keeps no cookie, sends no referrer, asks for
//! no compression, and reads at most 4 MiB. A deadline is a total: from the look-up of the name to
//! the last byte of the body. A secret is bound to one origin, and one function attaches it, after
//! comparing origins. The client is built at first use, and loads
//! the system's trust roots only when the URL is https: that is half of the start-up time.

#[cfg(any(test, fuzzing))]
pub mod played;
pub mod proxies;

use crate::class::Class;
use crate::credentials::Secret;
use crate::error::{Error, Result};
use crate::signals::{Interrupt, Signal, Stopped};
use jiff::Timestamp;
use reqwest::blocking::Client;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName,
    HeaderValue, RETRY_AFTER,
};
use std::cell::{Cell, RefCell};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use url::{Host, Url};

pub use reqwest::Method;

/// No answer of any system is larger than this.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// The longest wait for a connection: well inside every deadline, so that "not connected" is told
/// apart from "no answer".
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The total deadline of a request that only looks.
pub const LOOK_DEADLINE: Duration = Duration::from_secs(15);
/// The total deadline of a request that may spend.
pub const SPEND_DEADLINE: Duration = Duration::from_secs(30);
/// The most that a `Retry-After` may say in an answer.
const LONGEST_RETRY_AFTER: u64 = 3600;

/// Gets one line per request and answer, with secrets cut out.
pub type Tracer = Rc<dyn Fn(&str)>;

/// The client. Cheap to make: nothing happens before the first request.
pub struct Http {
    interrupt: Interrupt,
    tracer: Option<Tracer>,
    timeout: Option<Duration>,
    client: RefCell<Option<Client>>,
    server_clock: Cell<Option<(Timestamp, Instant)>>,
    #[cfg(any(test, fuzzing))]
    played: Option<played::Tape>,
}

/// One request, as typed by a provider.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    deadline: Duration,
    fresh: bool,
    to_the_end: bool,
    secret_path: bool,
    limit: Duration,
}

/// A secret and the only origin it may be sent to.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// The access token.
    pub token: &'a Secret,
    /// Where it belongs.
    pub home: &'a Url,
    /// How it is shown to the system.
    pub presented: Presented,
}

/// How a system wants to be shown a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// `Authorization: Bearer …`.
    Bearer,
    /// The bare secret in a header of this name, in small letters.
    Header(&'static str),
}

/// A whole answer.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
    /// Seconds to wait, at most an hour, from a `Retry-After` in seconds or as a date.
    pub retry_after: Option<u64>,
    /// The server's own clock.
    pub date: Option<Timestamp>,
    /// Whether the body says that it is JSON or says nothing.
    pub may_be_json: bool,
}

impl Response {
    /// Whether it is a page for people: something in between answered, and not the system.
    pub fn is_page(&self) -> bool {
        !self.may_be_json || self.body.trim_ascii_start().first() == Some(&b'<')
    }

    /// Whether it begins as a JSON object does: what then is none was spoiled on its way, and did
    /// not come from somewhere else.
    pub fn begins_as_object(&self) -> bool {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        body.trim_ascii_start().first() == Some(&b'{')
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub struct Broken {
    /// `network`, `timeout`, `tls`, `protocol`, or the class of a signal.
    pub class: Class,
    /// One line for a person.
    pub message: String,
    /// Whether a byte of the request may have left this machine.
    pub sent: bool,
    /// The signal that ended the wait.
    pub signal: Option<Signal>,
    /// The lower error.
    pub cause: Option<anyhow::Error>,
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        let mut error = Self::new(broken.class, broken.message);
        error.parts_mut().cause = broken.cause;
        error
    }
}

impl Request {
    /// A request with the deadline of a look.
    pub fn new(method: Method, url: Url) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            method,
            url,
            headers,
            body: None,
            deadline: LOOK_DEADLINE,
            fresh: false,
            to_the_end: false,
            secret_path: false,
            limit: Duration::MAX,
        }
    }

    /// Puts JSON bytes into the body, as they are.
    #[must_use]
    pub fn json(mut self, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body);
        self
    }

    /// Puts a form into the body.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let text =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.body = Some(text.into_bytes());
        self
    }

    /// Adds a header that may be shown.
    ///
    /// # Errors
    /// Class `usage` when the value cannot stand in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::usage(format!("the value of {name} cannot be sent")))?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Adds a header that is never shown.
    ///
    /// # Errors
    /// Class `config` when the secret cannot stand in a header.
    pub fn secret_header(mut self, name: &'static str, secret: &Secret) -> Result<Self> {
        self.headers.insert(HeaderName::from_static(name), secret_value(secret.expose())?);
        Ok(self)
    }

    /// Sets the total deadline.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Waits for the answer whatever comes: neither `--timeout` nor a first signal cuts this
    /// request short, because losing its answer would lose more than the time.
    #[must_use]
    pub fn to_the_end(mut self) -> Self {
        self.to_the_end = true;
        self
    }

    /// Ends after this at the latest, even where `--timeout` would allow more.
    #[must_use]
    pub fn at_most(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Shows scheme and host of the URL only: whoever knows the rest of it is let in.
    #[must_use]
    pub fn with_secret_path(mut self) -> Self {
        self.secret_path = true;
        self
    }

    /// Asks for a connection that no other request has used.
    #[must_use]
    pub fn on_fresh_connection(mut self) -> Self {
        self.fresh = true;
        self
    }
}

fn secret_value(secret: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret).map_err(|_| {
        Error::config("the stored token has characters that cannot be sent")
            .hint("Run 'topup login'.")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Checks a base URL and takes its trailing slashes off.
///
/// # Errors
/// Class `config` when it is no http(s) URL, carries a password, or is plain http to another
/// machine without `insecure_http`.
pub fn base_url(typed: &str, insecure_http: bool) -> Result<Url> {
    // What stands before an '@' may be a password, and what follows a '?' a token: never shown.
    let shown = match typed.split(['?', '#']).next() {
        Some(shown) if !typed.contains('@') => format!(" '{}'", shown.escape_debug()),
        _ => String::new(),
    };
    let refuse = |why: &str| Error::config(format!("the portal URL{shown} cannot be used: {why}"));
    let bare = typed.trim_matches(|sign: char| sign == '/' || sign.is_whitespace());
    let url = Url::parse(bare).map_err(|cause| {
        refuse(&cause.to_string()).hint("Write it like https://portal.example.")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("the portal URL must not carry a user name or password"));
    }
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(
            refuse("only http and https are spoken").hint("Write it like https://portal.example.")
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must not have a query or a fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) && !insecure_http {
        return Err(refuse("plain http would show the token to everybody on the way")
            .hint("Use https, or --insecure-http if you own the network in between."));
    }
    Ok(url)
}

/// Whether the URL stays on this machine. `localhost` is never asked of a name server.
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}

/// [`is_loopback`] for a host alone.
pub fn is_loopback_host(host: &Host<impl AsRef<str>>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
    }
}

/// The absolute URL of a path below a base URL; each segment is percent-encoded whole.
pub fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

impl Http {
    /// A client for this run. `timeout` replaces every deadline; `tracer` gets one line per
    /// request and answer, with secrets cut out.
    pub fn new(interrupt: Interrupt, timeout: Option<Duration>, tracer: Option<Tracer>) -> Self {
        Self {
            interrupt,
            tracer,
            timeout,
            client: RefCell::new(None),
            server_clock: Cell::new(None),
            #[cfg(any(test, fuzzing))]
            played: None,
        }
    }

    /// Sends one request, once, and reads the whole answer.
    ///
    /// # Errors
    /// [`Broken`], which says whether the request may have been received.
    pub fn send(&self, request: Request, bearer: Option<Bearer<'_>>) -> Result<Response, Broken> {
        let ready = self.prepare(request, bearer)?;
        let (result, took) = ready.perform();
        self.heard(&result, took);
        result
    }

    /// Sends several requests at once, each with its own deadline, and waits for all of them. What
    /// becomes of one says nothing about the others; the results stand in the order of the requests.
    pub fn send_together<const N: usize>(
        &self,
        requests: [Request; N],
        bearer: Bearer<'_>,
    ) -> [Result<Response, Broken>; N] {
        let prepared = requests.map(|request| self.prepare(request, Some(bearer)));
        let done = thread::scope(|scope| {
            let running =
                prepared.map(|ready| ready.map(|ready| scope.spawn(move || ready.perform())));
            running.map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|_| (Err(died()), Duration::ZERO)),
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
    fn prepare(&self, request: Request, bearer: Option<Bearer<'_>>) -> Result<Ready, Broken> {
        let mut request = request;
        if let Some(bearer) = bearer {
            if request.url.origin() != bearer.home.origin() {
                return Err(unsent(Class::Internal, "a token was about to go to another origin"));
            }
            let (name, text) = match bearer.presented {
                Presented::Bearer => (AUTHORIZATION, format!("Bearer {}", bearer.token.expose())),
                Presented::Header(name) => {
                    (HeaderName::from_static(name), bearer.token.expose().to_owned())
                }
            };
            let value =
                secret_value(&text).map_err(|error| unsent(error.class(), &error.to_string()))?;
            request.headers.insert(name, value);
        }
        if let Some(signal) = self.interrupt.seen().filter(|_| !request.to_the_end) {
            let message = "interrupted before anything was sent";
            return Err(Broken { signal: Some(signal), ..unsent(signal.class(), message) });
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
    fn heard(&self, result: &Result<Response, Broken>, took: Duration) {
        self.trace_result(result, took);
        if let Ok(Response { date: Some(date), .. }) = result {
            self.server_clock.set(Some((*date, Instant::now())));
        }
    }

    /// The server's clock now, as far as an answer of this run told it.
    pub fn server_now(&self) -> Option<Timestamp> {
        let (date, heard) = self.server_clock.get()?;
        date.checked_add(heard.elapsed()).ok()
    }

    fn line_for(&self, request: &Request) -> Result<Line, Broken> {
        #[cfg(any(test, fuzzing))]
        if let Some(tape) = &self.played {
            return Ok(Line::Played(tape.clone()));
        }
        self.client_for(request).map(Line::Network)
    }

    /// The client of this run; a new one when a fresh connection is asked for, since the old one may
    /// keep a used connection open.
    fn client_for(&self, request: &Request) -> Result<Client, Broken> {
        let mut slot = self.client.borrow_mut();
        if let Some(client) = slot.as_ref().filter(|_| !request.fresh) {
            return Ok(client.clone());
        }
        let connect = self.timeout.map_or(CONNECT_TIMEOUT, |whole| CONNECT_TIMEOUT.min(whole / 2));
        let proxy = if is_loopback(&request.url) {
            // What stays on this machine has no business at a proxy.
            None
        } else {
            proxies::named(&request.url, &proxies::variable).map_err(|name| {
                let message = format!(
                    "the proxy in {name} cannot be used: write it like http://proxy.example:3128"
                );
                unsent(Class::Config, &message)
            })?
        };
        let client = build_client(&request.url, proxy, connect).map_err(|cause| Broken {
            class: Class::Config,
            message:
                "the network client cannot be set up; check the proxy variables and SSL_CERT_FILE"
                    .into(),
            sent: false,
            signal: None,
            cause: Some(anyhow::Error::new(cause)),
        })?;
        *slot = Some(client.clone());
        Ok(client)
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

    fn trace_result(&self, result: &Result<Response, Broken>, took: Duration) {
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
enum Line {
    Network(Client),
    #[cfg(any(test, fuzzing))]
    Played(played::Tape),
}

/// A request that only has to be performed: nothing of this thread is in it.
struct Ready {
    line: Line,
    request: Request,
    deadline: Duration,
    interrupt: Interrupt,
}

impl Ready {
    /// Sends it and waits; gives how long that took as well.
    fn perform(self) -> (Result<Response, Broken>, Duration) {
        let Self { line, request, deadline, interrupt } = self;
        let host = host_of(&request.url);
        let started = Instant::now();
        let outcome = match line {
            Line::Network(client) => interrupt
                .guard(Some(deadline), move || exchange(&client, request, started, deadline)),
            #[cfg(any(test, fuzzing))]
            Line::Played(tape) => Ok(read_whole(tape.next(), started, deadline)),
        };
        let stopped = |class, message: String, signal| {
            Err(Broken { class, message, sent: true, signal, cause: None })
        };
        let result = match outcome {
            Ok(result) => result.map_err(|failed| failed.told(&host)),
            Err(Stopped::Deadline) => {
                let limit = crate::config::duration::show(deadline);
                let message = format!("{host} gave no whole answer within {limit}");
                stopped(Class::Timeout, message, None)
            }
            Err(Stopped::Signal(signal)) => {
                let message = "interrupted while waiting for an answer".into();
                stopped(signal.class(), message, Some(signal))
            }
            Err(Stopped::Died) => Err(died()),
        };
        (result, started.elapsed())
    }
}

fn died() -> Broken {
    Broken {
        class: Class::Internal,
        message: "the request ended without a result".into(),
        sent: true,
        signal: None,
        cause: None,
    }
}

fn unsent(class: Class, message: &str) -> Broken {
    Broken { class, message: message.to_owned(), sent: false, signal: None, cause: None }
}

fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

fn build_client(
    url: &Url,
    proxy: Option<reqwest::Proxy>,
    connect_timeout: Duration,
) -> reqwest::Result<Client> {
    // Fails only when a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("topup/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .timeout(None)
        .connect_timeout(connect_timeout);
    if url.scheme() == "http" {
        builder = builder.tls_certs_only(std::iter::empty());
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if is_loopback(url) {
        // `localhost` is decided here: a name server that says otherwise would get the token.
        let port = url.port_or_known_default().unwrap_or(80);
        builder = builder.no_proxy().resolve_to_addrs(
            "localhost",
            &[
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
                SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
            ],
        );
    }
    builder.build()
}

/// A failure inside the exchange, before it is told.
enum Failed {
    Transport(reqwest::Error),
    Reading(std::io::Error),
    Late,
    TooLarge,
    Encoded,
}

fn exchange(
    client: &Client,
    request: Request,
    started: Instant,
    deadline: Duration,
) -> Result<Response, Failed> {
    let mut builder = client.request(request.method, request.url).headers(request.headers);
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    read_whole(builder.send().map_err(Failed::Transport)?, started, deadline)
}

fn read_whole(
    mut answer: reqwest::blocking::Response,
    started: Instant,
    deadline: Duration,
) -> Result<Response, Failed> {
    // Each of them: what is plain in one header may be compressed in the next.
    if answer.headers().get_all(CONTENT_ENCODING).iter().any(|value| value != "identity") {
        return Err(Failed::Encoded);
    }
    let mut body = Vec::new();
    let mut chunk = [0_u8; 16 * 1024];
    loop {
        if started.elapsed() >= deadline {
            return Err(Failed::Late);
        }
        let count = answer.read(&mut chunk).map_err(Failed::Reading)?;
        if count == 0 {
            break;
        }
        if body.len() + count > MAX_BODY_BYTES {
            return Err(Failed::TooLarge);
        }
        body.extend_from_slice(&chunk[..count]);
    }
    let headers = answer.headers();
    Ok(Response {
        status: answer.status().as_u16(),
        retry_after: retry_after(headers, SystemTime::now()),
        date: header_text(headers, &DATE)
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .and_then(|time| Timestamp::try_from(time).ok()),
        may_be_json: header_text(headers, &CONTENT_TYPE).is_none_or(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"))
        }),
        body,
    })
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Seconds from a `Retry-After` in whole seconds or as a date; anything else is none.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = header_text(headers, &RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit is simply very long.
        return Some(text.parse().unwrap_or(u64::MAX).min(LONGEST_RETRY_AFTER));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date in the past means now.
    let wait = date.duration_since(now).unwrap_or_default();
    Some(wait.as_secs().min(LONGEST_RETRY_AFTER))
}

impl Failed {
    fn told(self, host: &str) -> Broken {
        let (class, message, sent, cause) = match self {
            Self::Late => {
                (Class::Timeout, format!("{host} sent its answer too slowly"), true, None)
            }
            Self::TooLarge => (Class::Protocol, format!("{host} sent more than 4 MiB"), true, None),
            Self::Encoded => (
                Class::Protocol,
                format!("{host} sent a compressed answer that nobody asked for"),
                true,
                None,
            ),
            Self::Reading(cause) => (
                Class::Network,
                format!("the answer of {host} broke off"),
                true,
                Some(anyhow::Error::new(cause)),
            ),
            Self::Transport(cause) => {
                // The whole URL would stand in some of its messages.
                let cause = cause.without_url();
                let sent = !(cause.is_connect() || cause.is_builder());
                let class = if is_tls(&cause) {
                    Class::Tls
                } else if cause.is_timeout() {
                    Class::Timeout
                } else if is_parse(&cause) {
                    Class::Protocol
                } else if !sent && is_out_of_files(&cause) {
                    Class::Config
                } else {
                    Class::Network
                };
                let message = match (class, sent) {
                    (Class::Tls, _) => {
                        format!("no trusted connection to {host}: {}", innermost(&cause))
                    }
                    (Class::Protocol, _) => format!("{host} does not speak HTTP as expected"),
                    (_, false) => format!("{host} cannot be reached: {}", innermost(&cause)),
                    (_, true) => format!("the connection to {host} broke off before the answer"),
                };
                (class, message, sent, Some(anyhow::Error::new(cause)))
            }
        };
        Broken { class, message, sent, signal: None, cause }
    }
}

/// An error and whatever it was caused by.
pub fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// Whether it is this machine that gave no descriptor for a connection.
fn is_out_of_files(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustix::io::Errno;
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .filter_map(std::io::Error::raw_os_error)
        .any(|code| [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).contains(&code))
}

/// Whether it was the encryption that failed: a certificate, or no TLS at all on the other side.
pub fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(holds_tls)
}

/// An I/O error shows what it wraps as itself, not as its source: it has to be opened.
fn holds_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = || cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped().is_some_and(|inner| holds_tls(inner))
}

/// Whether what came is no HTTP, or more of it than a head may hold.
fn is_parse(error: &reqwest::Error) -> bool {
    chain(error)
        .any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
