//! A small server whose every answer a test gives: for what a contract page says and no sandbox
//! does. Each connection has a thread of its own, so that requests can be under way at once.

use crate::support::User;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET /path`.
    pub line: String,
    /// The head, in small letters but for the line.
    pub head: String,
    /// The body, as text.
    pub body: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Told {
    /// JSON.
    Json(u16, String),
    /// A page of somebody else.
    Html,
    /// The connection is closed without a word.
    Nothing,
}

/// The server.
pub struct Scripted {
    pub url: String,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    pub fn new(answer: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || {
                    serve(stream, &kept, &*answer);
                });
            }
        });
        Self { url, seen }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("unlocked").clone()
    }

    /// Their lines, sorted: what is sent at once has no order.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.seen().into_iter().map(|asked| asked.line).collect();
        lines.sort();
        lines
    }

    /// Somebody with a token for it.
    pub fn user(&self, system: &str) -> User {
        let user = if system == "byterover" { User::new().with_brv() } else { User::new() };
        user.with("TOPUP_PROVIDER", system)
            .with("TOPUP_PORTAL_URL", &self.url)
            .with("TOPUP_TOKEN", "the-secret-key")
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Told) {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let (first, head) = head.split_once("\r\n").unwrap_or((head, ""));
    let line = first.rsplit_once(' ').map_or(first, |(line, _)| line).to_owned();
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = body.as_bytes().to_vec();
    let missing = length.and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    let mut rest = vec![0; missing.saturating_sub(body.len())];
    if stream.read_exact(&mut rest).is_err() {
        return;
    }
    body.extend(rest);
    let asked = Asked { line, head, body: String::from_utf8_lossy(&body).into_owned() };
    seen.lock().expect("unlocked").push(asked.clone());
    let (status, kind, body) = match answer(&asked) {
        Told::Json(status, body) => (status, "application/json", body),
        Told::Html => (200, "text/html", "<html>Please sign in</html>".to_owned()),
        Told::Nothing => return,
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
