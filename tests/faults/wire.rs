//! A portal on bare TCP, without an HTTP library: it says what it is told to say, byte for byte,
//! as slowly, as much and as broken as a test wants, counts the connections and keeps everything
//! that was sent to it.
//!
//! Well behaved it is a small portal of its own: a key is charged once, whatever becomes of the
//! answer. So it can judge what a client has done as well as play tricks on it.

use crate::support::User;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// No connection is held longer by this side.
const LONGEST: Duration = Duration::from_secs(30);
/// No flood goes on longer: whoever still reads then has lost.
const LONGEST_FLOOD: Duration = Duration::from_secs(8);
/// The token of whoever asks this portal. In no output may it be found.
pub const TOKEN: &str = "opaque-and-very-secret";
/// The state that it tells.
pub const STATE: &str = r#"{"org":{"id":"org_wire","role":"OWNER"},"canChangePlan":true,"balanceUsd":"142.5","chargePresets":["25"],"monthlyCap":{"limitUsd":"1000","spentThisMonthUsd":"60"}}"#;

/// A token that acts for this organisation.
pub fn token_of(organisation: &str) -> String {
    let claims = format!("{{\"org_id\":\"{organisation}\",\"sub\":\"somebody\"}}");
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part("{\"alg\":\"RS256\"}"), part(&claims), part("signature"))
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// On which connection, counted from 1.
    pub connection: usize,
    /// `POST /path`.
    pub line: String,
    /// The whole head, as it came.
    pub head: String,
    pub body: String,
}

impl Heard {
    pub fn is_purchase(&self) -> bool {
        self.line == "POST /api/billing/charge"
    }

    pub fn is_look(&self) -> bool {
        self.line.starts_with("GET /api/billing/charge/")
    }

    /// The values of a header.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let values = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mine = values.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        mine.map(|(_, value)| value.trim().to_owned()).collect()
    }

    pub fn key(&self) -> String {
        self.headers("idempotency-key").join(" and ")
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Play {
    /// What a portal does that works.
    Well,
    /// These bytes, and the connection is closed in good order.
    Close(Vec<u8>),
    /// These bytes, and the connection stays open for the next request.
    Keep(Vec<u8>),
    /// These bytes, and the connection is gone; under TLS without a word about it.
    Cut(Vec<u8>),
    /// These bytes, and a reset.
    Reset(Vec<u8>),
    /// These bytes, this side is closed, and the other is still listened to.
    HalfClose(Vec<u8>),
    /// These bytes, and nothing more for as long as they wait.
    Stall(Vec<u8>),
    /// The first at once, of the second one byte after the other, this long apart.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// The first, then the second again and again for as long as they read.
    Flood(Vec<u8>, Vec<u8>),
}

/// One whole answer.
pub fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// One whole answer in JSON.
pub fn json(status: &str, body: &[u8]) -> Vec<u8> {
    answer(status, &["Content-Type: application/json"], body)
}

type Rule = dyn Fn(&Heard, usize) -> Play + Send + Sync;

struct Shared {
    rule: Box<Rule>,
    healthy: AtomicBool,
    /// How many connections are reset before anything is read.
    slams: AtomicUsize,
    tls: Mutex<Option<Arc<ServerConfig>>>,
    connections: AtomicUsize,
    heard: Mutex<Vec<Heard>>,
    /// Key to charge id and amount.
    charged: Mutex<BTreeMap<String, (String, String)>>,
    /// The most that was written into one connection.
    written: AtomicUsize,
}

/// The server. It lives as long as the test.
pub struct Wire {
    pub address: SocketAddr,
    pub url: String,
    shared: Arc<Shared>,
}

impl Wire {
    /// Plays by a rule; it is told how many requests of the same line there were, this one
    /// included.
    pub fn new(rule: impl Fn(&Heard, usize) -> Play + Send + Sync + 'static) -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::LOCALHOST), None, rule)
    }

    /// A portal that works.
    pub fn well() -> Self {
        Self::new(|_, _| Play::Well)
    }

    /// On the other loopback.
    pub fn on_v6() -> Self {
        Self::at(IpAddr::V6(Ipv6Addr::LOCALHOST), None, |_, _| Play::Well)
    }

    /// Behind TLS.
    pub fn over_tls(
        tls: Arc<ServerConfig>,
        rule: impl Fn(&Heard, usize) -> Play + Send + Sync + 'static,
    ) -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(tls), rule)
    }

    /// Behind TLS on the other loopback.
    pub fn over_tls_on_v6(tls: Arc<ServerConfig>) -> Self {
        Self::at(IpAddr::V6(Ipv6Addr::LOCALHOST), Some(tls), |_, _| Play::Well)
    }

    fn at(
        ip: IpAddr,
        tls: Option<Arc<ServerConfig>>,
        rule: impl Fn(&Heard, usize) -> Play + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            rule: Box::new(rule),
            healthy: AtomicBool::new(false),
            slams: AtomicUsize::new(0),
            tls: Mutex::new(tls),
            connections: AtomicUsize::new(0),
            heard: Mutex::default(),
            charged: Mutex::default(),
            written: AtomicUsize::new(0),
        });
        let mine = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&mine);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, url: format!("{scheme}://{address}"), shared }
    }

    /// The next connections are reset before anything is read.
    pub fn slam(&self, count: usize) {
        self.shared.slams.store(count, Ordering::SeqCst);
    }

    /// From now on it works.
    pub fn heal(&self) {
        self.slam(0);
        self.shared.healthy.store(true, Ordering::SeqCst);
    }

    /// From now on it shows this certificate.
    pub fn show(&self, tls: Arc<ServerConfig>) {
        *self.shared.tls.lock().expect("unlocked") = Some(tls);
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The most bytes that one connection took.
    pub fn written(&self) -> usize {
        self.shared.written.load(Ordering::SeqCst)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().expect("unlocked").clone()
    }

    pub fn purchases(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(Heard::is_purchase).collect()
    }

    /// How many charges were made.
    pub fn charges(&self) -> usize {
        self.shared.charged.lock().expect("unlocked").len()
    }

    /// Somebody with a token of it.
    pub fn user(&self) -> User {
        User::new().with("TOPUP_PORTAL_URL", &self.url).with("TOPUP_TOKEN", TOKEN)
    }
}

/// A connection, plain or not.
enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// Says that nothing more comes, as good manners want it.
    fn end(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    fn reset(&self) {
        let _ = socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO));
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Reads one request with the body that its head announces; none when they have gone.
pub fn read_request(line: &mut impl Read, connection: usize) -> Option<Heard> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|found| found == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let first = head.lines().next().unwrap_or_default();
            let line_of = first.rsplit_once(' ').map_or(first, |(line, _)| line).to_owned();
            let mut heard = Heard { connection, line: line_of, head, body: String::new() };
            let length = heard.headers("content-length").concat().parse().unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                heard.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                return Some(heard);
            }
        }
        match line.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Gives whether they took it.
fn write(line: &mut Line, bytes: &[u8]) -> bool {
    line.write_all(bytes).and_then(|()| line.flush()).is_ok()
}

/// Waits until they are gone, for a bounded time.
fn wait_for_their_end(line: &mut Line) {
    let end = Instant::now() + LONGEST;
    let mut chunk = [0_u8; 4096];
    while Instant::now() < end && line.read(&mut chunk).is_ok_and(|count| count > 0) {}
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let connection = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let slam =
            self.slams.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let _ = stream.set_read_timeout(Some(LONGEST));
        let _ = stream.set_write_timeout(Some(LONGEST));
        let _ = stream.set_nodelay(true);
        let tls = self.tls.lock().expect("unlocked").clone();
        let mut line = match tls {
            None => Line::Plain(stream),
            Some(tls) => {
                let connection = ServerConnection::new(tls).expect("a configuration");
                Line::Tls(Box::new(StreamOwned::new(connection, stream)))
            }
        };
        if slam.is_ok() {
            line.reset();
            return;
        }
        while let Some(heard) = read_request(&mut line, connection) {
            let count = {
                let mut all = self.heard.lock().expect("unlocked");
                all.push(heard.clone());
                all.iter().filter(|one| one.line == heard.line).count()
            };
            let well = self.healthy.load(Ordering::SeqCst);
            let play = if well { Play::Well } else { (self.rule)(&heard, count) };
            // Whatever becomes of the answer, the request has been carried out.
            let answer = self.carry_out(&heard);
            if !self.play(&mut line, play, &answer) {
                return;
            }
        }
    }

    /// Gives whether the connection stays.
    fn play(&self, line: &mut Line, play: Play, well: &[u8]) -> bool {
        let sent = match &play {
            Play::Well => write(line, well),
            Play::Close(bytes)
            | Play::Keep(bytes)
            | Play::Cut(bytes)
            | Play::Reset(bytes)
            | Play::HalfClose(bytes)
            | Play::Stall(bytes)
            | Play::Drip(bytes, ..)
            | Play::Flood(bytes, _) => write(line, bytes),
        };
        match play {
            Play::Well | Play::Keep(_) => return sent,
            Play::Close(_) => line.end(),
            Play::Cut(_) => {}
            Play::Reset(_) => {
                // What was written is on its way before the reset is.
                std::thread::sleep(Duration::from_millis(50));
                line.reset();
            }
            Play::HalfClose(_) => {
                line.end();
                wait_for_their_end(line);
            }
            Play::Stall(_) => wait_for_their_end(line),
            Play::Drip(_, bytes, apart) => {
                let end = Instant::now() + LONGEST;
                for byte in bytes {
                    if !write(line, &[byte]) || Instant::now() > end {
                        break;
                    }
                    std::thread::sleep(apart);
                }
            }
            Play::Flood(_, again) => {
                let block = again.repeat((64 * 1024_usize).div_ceil(again.len()));
                let (mut written, end) = (0, Instant::now() + LONGEST_FLOOD);
                while Instant::now() < end && write(line, &block) {
                    written += block.len();
                    self.written.fetch_max(written, Ordering::SeqCst);
                }
            }
        }
        false
    }

    /// What a portal answers that works.
    fn carry_out(&self, heard: &Heard) -> Vec<u8> {
        if heard.is_purchase() {
            let amount = serde_json::from_str::<Value>(&heard.body)
                .map(|body| body["amountUsd"].to_string())
                .unwrap_or_default();
            let mut charged = self.charged.lock().expect("unlocked");
            let next = format!("ch_{}", charged.len() + 1);
            let (id, first) =
                charged.entry(heard.key()).or_insert_with(|| (next, amount.clone())).clone();
            if first != amount {
                return json("409 Conflict", br#"{"error":"idempotency_conflict"}"#);
            }
            return json("202 Accepted", json!({ "chargeId": id }).to_string().as_bytes());
        }
        if let Some(id) = heard.line.strip_prefix("GET /api/billing/charge/") {
            let charged = self.charged.lock().expect("unlocked");
            let found = charged.values().find(|(known, _)| known == id);
            let body = match found {
                Some((_, amount)) => json!({"status": "settled", "amountUsd": amount,
                    "settledAt": "2026-11-20T12:00:00Z"}),
                None => json!({"status": "pending"}),
            };
            return json("200 OK", body.to_string().as_bytes());
        }
        if heard.line == "GET /api/billing/state" {
            return json("200 OK", STATE.as_bytes());
        }
        json("404 Not Found", br#"{"error":"not_found"}"#)
    }
}
