//! For tests of this room: a token endpoint that answers as the test says, on a port of its own.

use super::document::{Keeper, Key, Unknown};
use super::{Login, Session, Store};
use crate::core::clock;
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::http::Http;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use url::Url;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `POST /api/oauth/token`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Seen {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }
}

/// What the endpoint does.
pub(crate) enum Does {
    /// Answers with JSON.
    Answer(u16, Value),
    /// Closes the connection without a word.
    HangUp,
}

/// The endpoint; ends when dropped.
pub(crate) struct Fake {
    /// Where it listens.
    pub base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
}

impl Fake {
    /// Starts it. The number handed over counts the requests from 0.
    pub fn start(script: impl Fn(usize, &Seen) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let base = Url::parse(&format!("http://{address}")).expect("a URL");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, over, script) = (Arc::clone(&seen), Arc::clone(&stop), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || serve(stream, &log, script.as_ref()));
            }
        });
        Self { base, seen, stop }
    }

    /// Everything that arrived until now.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic there").clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener so that it sees the flag.
        let _ = TcpStream::connect((
            self.base.host_str().unwrap_or_default(),
            self.base.port().unwrap_or_default(),
        ));
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Seen>>,
    script: &(impl Fn(usize, &Seen) -> Does + ?Sized),
) {
    let Some(request) = read(&stream) else { return };
    let number = {
        let mut log = log.lock().expect("no panic there");
        log.push(request.clone());
        log.len() - 1
    };
    if let Does::Answer(status, body) = script(number, &request) {
        let body = body.to_string();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { line, headers, body: String::from_utf8(body).ok()? })
}

/// The sandbox portal, served, and a home with its first login.
pub(crate) struct Served {
    /// The home.
    pub home: Home,
    /// What its administrator may do.
    pub portal: crate::sandbox::Portal,
    /// Ends with this.
    pub running: crate::sandbox::Running,
}

impl Served {
    /// A new sandbox; the first login may spend, and a test card is saved.
    pub fn start() -> Self {
        let portal = crate::sandbox::Portal::ephemeral().expect("a sandbox");
        let running = portal.serve(&crate::sandbox::ServeOptions::default()).expect("served");
        let home = Home::at(running.base_url());
        let first = portal
            .unclaimed_login(crate::sandbox::Contract::Nous, "x")
            .expect("readable")
            .1
            .expect("there from the start");
        let mut login = home.log_in(900);
        login.access_token = Secret::new(first.access_token);
        login.refresh_token = first.refresh_token.map(Secret::new);
        login.scope = first.scope;
        login.expires_at = first.expires_at;
        home.change(|contents| contents.put(&home.key(), login));
        Self { home, portal, running }
    }

    /// Makes the stored access token look as if it ended in this many seconds.
    pub fn age(&self, seconds_left: i64) {
        self.home.change(|contents| {
            let login = contents.login_mut(&self.home.key()).expect("there");
            let left = SignedDuration::from_secs(seconds_left);
            login.expires_at = Some(clock::now() + left);
            login.obtained_at = clock::now() + left - SignedDuration::from_secs(900);
        });
    }

    /// Changes settings of the portal, as `sandbox set` does.
    pub fn set(&self, name: &str, value: Option<&str>) {
        self.portal.work(|work| work.set(name, value)).expect("set");
    }

    /// How often this was asked for, as the portal's own log says.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let log = self.portal.log().expect("a log");
        log.iter().filter(|seen| seen.method == method && seen.path == path).count()
    }
}

/// The files of `brv` in this folder, written as `brv` writes them: this key, until then.
pub(crate) fn write_brv_files(folder: &Path, session_key: &str, expires_at: Timestamp) {
    use aes_gcm::aead::consts::U16;
    use aes_gcm::aead::{Aead, KeyInit};
    use aes_gcm::{AesGcm, Nonce, aes::Aes256};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let (key, iv) = ([7_u8; 32], [9_u8; 16]);
    let plain = json!({"accessToken": "access", "createdAt": "2026-01-01T00:00:00.000Z",
        "expiresAt": expires_at.to_string(), "refreshToken": "refresh", "sessionKey": session_key,
        "tokenType": "Bearer", "userEmail": "ada@example.com", "userId": "user-1",
        "userName": "Ada"});
    let cipher = AesGcm::<Aes256, U16>::new_from_slice(&key).expect("a key");
    let nonce = Nonce::<U16>::from(iv);
    let mut sealed = cipher.encrypt(&nonce, plain.to_string().as_bytes()).expect("sealed");
    let tag = sealed.split_off(sealed.len() - 16);
    let text = [&iv[..], &tag, &sealed].map(|part| STANDARD.encode(part)).join(":");
    fs::create_dir_all(folder).expect("a folder");
    for (name, bytes) in [(".token-key", &key[..]), ("credentials", text.as_bytes())] {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("for its owner");
        }
    }
}

/// A home with one login in it, and the parts of a session.
pub(crate) struct Home {
    /// The folder; goes away with this.
    pub folder: tempfile::TempDir,
    /// The client.
    pub http: Http,
    /// No signal ever comes.
    pub interrupt: Interrupt,
    /// The portal.
    pub portal: PortalTarget,
}

impl Home {
    /// A home without a login, for the portal at this base URL.
    pub fn at(base: &Url) -> Self {
        Self::of_system(base, crate::provider::NOUS)
    }

    /// The same for another system.
    pub fn of_system(base: &Url, system: System) -> Self {
        let interrupt = Interrupt::default();
        Self {
            folder: crate::core::scratch::tempdir().expect("a folder"),
            http: Http::new(interrupt.clone(), None, None),
            portal: PortalTarget::at(base.clone(), system),
            interrupt,
        }
    }

    /// The store in it.
    pub fn store(&self) -> Store {
        Store::new(self.folder.path().join("credentials.json"))
    }

    /// A session on it.
    pub fn session(&self) -> Session<'_> {
        Session::new(&self.http, &self.interrupt, &self.portal, self.store(), "default", None)
    }

    /// The key of the one login.
    pub fn key(&self) -> Key {
        self.session().key().clone()
    }

    /// Stores a login whose access token has this many of its 900 seconds left.
    pub fn log_in(&self, seconds_left: i64) -> Login {
        let now = clock::now();
        let left = SignedDuration::from_secs(seconds_left);
        let login = Login {
            provider: self.portal.system.name().to_owned(),
            profile: "default".into(),
            portal: self.portal.identity.clone(),
            portal_url: self.portal.base.to_string(),
            client_id: "hermes-cli".into(),
            token_type: "Bearer".into(),
            access_token: Secret::new("access-0"),
            refresh_token: Some(Secret::new("refresh-0")),
            scope: "inference:invoke".into(),
            expires_at: Some(now + left),
            obtained_at: now + left - SignedDuration::from_secs(900),
            approved_at: Some(now - SignedDuration::from_hours(24)),
            refresh_inflight: None,
            refresh_refused: None,
            refresh_refused_because: None,
            moving_to: None,
            account: None,
            keeper: Keeper::Topup,
            other: Unknown::default(),
        };
        self.change(|contents| contents.put(&self.key(), login.clone()));
        login
    }

    /// Changes what is stored.
    pub fn change(&self, change: impl FnOnce(&mut super::CredentialDocument)) {
        let store = self.store();
        let locked = store.lock(&self.interrupt).expect("the lock");
        let mut contents = locked.read().expect("read");
        change(&mut contents);
        locked.write(&contents).expect("written");
    }

    /// The one login as it is stored now.
    pub fn login(&self) -> Login {
        self.session().login().expect("read").expect("a login")
    }
}
