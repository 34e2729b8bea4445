//! Promise: every system whose credits people buy can be read, gated on and watched by its row; what
//! a hostile or broken server says costs its own row only, and a key goes to its own system alone.

mod hostile;
mod keys;
mod metrics;
mod own;
mod rest;
mod sandbox;
mod together;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    /// The head, whole.
    pub head: String,
}

impl Asked {
    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A system that answers as the test says, and notes what it was asked.
pub struct StandIn {
    pub url: String,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    /// One that answers each request with what this makes of it: the whole answer.
    pub fn new(answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &noted, &*answer));
            }
        });
        Self { url, seen }
    }

    /// One that answers everything with this JSON.
    pub fn json(body: &str) -> Self {
        let body = body.to_owned();
        Self::new(move |_| response(200, "", &body))
    }

    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Vec<u8> + Send + Sync),
) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    let head = loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            break text[..end].to_owned();
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    };
    let mut words = head.split(' ');
    let asked = Asked {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        head: head.clone(),
    };
    seen.lock().expect("no panic").push(asked.clone());
    let _ = stream.write_all(&answer(&asked));
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // What is still on its way is read, or the answer may be lost with a reset.
    while matches!(stream.read(&mut chunk), Ok(1..)) {}
}

/// A whole answer with this status, these further header lines and this JSON.
pub fn response(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Profiles of the configuration: name, system, base URL.
pub fn configure(home: &std::path::Path, profiles: &[(&str, &str, &str)]) {
    let text: String = profiles
        .iter()
        .map(|(name, system, url)| {
            format!("[profiles.{name}]\nprovider = '{system}'\nportal_url = '{url}'\n")
        })
        .collect();
    std::fs::write(home.join("config.toml"), text).expect("written");
}

/// Keys as they are kept: profile, system, base URL, and the key. For servers that accept none, and
/// where no look is to be counted.
pub fn keep_keys(user: &crate::support::User, keys: &[(&str, &str, &str, &str)]) {
    let logins: Vec<serde_json::Value> = keys
        .iter()
        .map(|(profile, system, url, key)| {
            serde_json::json!({"provider": system, "profile": profile, "portal": url,
                "portal_url": url, "client_id": "topup", "token_type": "Bearer",
                "access_token": key, "scope": "", "obtained_at": "2026-11-29T00:00:00Z"})
        })
        .collect();
    let document = serde_json::json!({"version": 1, "logins": logins});
    let file = user.file("credentials.json");
    std::fs::write(&file, document.to_string()).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
}
