//! What one request costs as a whole process: `state` beside `curl` fetching the same answer, over
//! http and over https; certificates in a file and in a folder beside those in the file alone; many
//! profiles at once beside few, and over https beside http.

use crate::home::{Home, Sandbox};
use crate::measure::{By, Goal, Sample, Table, is_there, named, sample};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Runs of each command.
const RUNS: usize = 40;
/// Runs where a hundred accounts are asked.
const FEW_RUNS: usize = 7;
/// How long a slow server takes for an answer.
const SLOW: Duration = Duration::from_millis(200);

pub fn lines(table: &mut Table) {
    size(table);
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = Sandbox::new();
    let secure = tls_front(sandbox.host(), folder.path());
    if is_there("curl", "--version") {
        beside_curl(table, "state, http on loopback", &sandbox.url, &sandbox.token, None, 60);
        let roots = Some(secure.roots.as_path());
        beside_curl(table, "state, https", &secure.url, &sandbox.token, roots, 100);
    }
    certificates(table, &secure, &sandbox.token);
    many(table, &secure);
}

/// How large a binary is that was named: packages link it smaller than cargo does by itself.
fn size(table: &mut Table) {
    if let Some(named) = named() {
        let bytes = fs::metadata(named).expect("a binary").len();
        table.counted("the binary, kB", (bytes / 1000).into(), ("10 MB", 10_000), 100);
    }
}

fn state(home: &Home, base: &str, token: &str, roots: Option<&Path>) -> Command {
    let mut topup = home.topup(&["state", "--json", "--portal-url", base]);
    topup.env("TOPUP_TOKEN", token);
    roots.map(|roots| topup.env("SSL_CERT_FILE", roots));
    topup
}

/// Not slower than a program that does the same, and in at most twice its memory.
fn beside_curl(
    table: &mut Table,
    name: &str,
    base: &str,
    token: &str,
    roots: Option<&Path>,
    percent: u128,
) {
    let home = Home::new();
    let curl = || {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-q", "--fail", "-H", &format!("Authorization: Bearer {token}")])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        roots.map(|roots| curl.arg("--cacert").arg(roots));
        curl.arg(format!("{base}/api/billing/state"));
        sample(curl)
    };
    let twice = curl().peak_kib.map(|peak| peak * 2);
    let goal = Goal { by: By::Cpu, percent, peak_kib: twice };
    let ours = || sample(state(&home, base, token, roots));
    table.compare(name, RUNS, goal, ours, ("curl", curl));
}

/// What a folder costs that holds each of the certificates again.
fn certificates(table: &mut Table, secure: &Secure, token: &str) {
    let home = Home::new();
    let alone = || sample(state(&home, &secure.url, token, Some(&secure.roots)));
    let both = || {
        let mut command = state(&home, &secure.url, token, Some(&secure.roots));
        command.env("SSL_CERT_DIR", "/etc/ssl/certs");
        sample(command)
    };
    let name = "state, https, SSL_CERT_FILE and SSL_CERT_DIR";
    table.compare(name, RUNS, Goal::cpu(110), both, ("the file alone", alone));
}

/// Many accounts at a slow server.
fn many(table: &mut Table, secure: &Secure) {
    let slow = slow_server(&secure.config);
    let home = |count: usize, base: &str| {
        let home = Home::new();
        let names = (0..count).map(|at| format!("p{at:03}"));
        let profile =
            |name: String| format!("[profiles.{name}]\nprovider = 'kilo'\nportal_url = '{base}'\n");
        fs::write(home.file("config.toml"), names.clone().map(profile).collect::<String>())
            .expect("written");
        let login = |name: String| {
            json!({"provider": "kilo", "profile": name, "portal": base, "portal_url": base,
                "client_id": "topup", "token_type": "Bearer", "access_token": "key",
                "scope": "", "obtained_at": "2026-11-29T00:00:00Z"})
        };
        let logins: Vec<Value> = names.map(login).collect();
        let file = home.file("credentials.json");
        fs::write(&file, json!({"version": 1, "logins": logins}).to_string()).expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, mode).expect("set");
        home
    };
    let (ten, hundred) = (home(10, &slow.http), home(100, &slow.http));
    let hundred_secure = home(100, &slow.https);
    let all = |home: &Home| -> Sample {
        let mut command = home.topup(&["state", "--all", "--json"]);
        command.env("SSL_CERT_FILE", &secure.roots);
        sample(command)
    };
    let name = "state --all, 100 profiles at 200 ms";
    table.compare(name, FEW_RUNS, Goal::cpu(800), || all(&hundred), ("10 profiles", || all(&ten)));
    let name = "state --all, 100 profiles, https";
    let ours = || all(&hundred_secure);
    table.compare(name, FEW_RUNS, Goal::cpu(150), ours, ("http", || all(&hundred)));
}

/// Where a slow server is.
struct Slow {
    http: String,
    https: String,
}

/// A server that takes its time for each answer, and keeps its connections.
fn slow_server(config: &Arc<rustls::ServerConfig>) -> Slow {
    let serve = |secure: Option<Arc<rustls::ServerConfig>>| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let secure = secure.clone();
                std::thread::spawn(move || match secure {
                    Some(config) => {
                        let tls = rustls::ServerConnection::new(config).expect("a connection");
                        answer_slowly(&mut rustls::StreamOwned::new(tls, client));
                    }
                    None => answer_slowly(&mut client),
                });
            }
        });
        port
    };
    Slow {
        http: format!("http://localhost:{}", serve(None)),
        https: format!("https://localhost:{}", serve(Some(Arc::clone(config)))),
    }
}

/// Answers until the client is gone: requests here have no body.
fn answer_slowly(stream: &mut (impl Read + Write)) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
        std::thread::sleep(SLOW);
        let body = r#"{"balance":12.5}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// A TLS front.
struct Secure {
    url: String,
    /// The certificates of the system and that of its authority.
    roots: PathBuf,
    config: Arc<rustls::ServerConfig>,
}

/// A TLS front before the sandbox, with a certificate of its own authority; both clients read the
/// system's roots and that authority from one file.
fn tls_front(behind: &str, folder: &Path) -> Secure {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.distinguished_name.push(rcgen::DnType::CommonName, "an authority of this benchmark");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).expect("signed");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .expect("parameters")
        .signed_by(&key, &issuer)
        .expect("signed");
    let mut roots = fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    roots.extend_from_slice(authority_certificate.pem().as_bytes());
    let roots_file = folder.join("roots.pem");
    fs::write(&roots_file, roots).expect("written");
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (behind, kept) = (behind.to_owned(), Arc::clone(&config));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (config, behind) = (Arc::clone(&config), behind.clone());
            std::thread::spawn(move || forward(&client, config, &behind));
        }
    });
    Secure { url: format!("https://localhost:{port}"), roots: roots_file, config: kept }
}

/// One request and its answer: all that either client sends.
fn forward(mut client: &TcpStream, config: Arc<rustls::ServerConfig>, behind: &str) {
    let mut tls = rustls::ServerConnection::new(config).expect("a connection");
    let mut stream = rustls::Stream::new(&mut tls, &mut client);
    let mut request = Vec::new();
    let mut chunk = [0_u8; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&chunk[..count]),
        }
    }
    let text =
        String::from_utf8_lossy(&request).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let mut server = TcpStream::connect(behind).expect("the sandbox");
    // The sandbox wants a loopback name, and gets the one it listens on.
    let text: Vec<String> = text
        .split("\r\n")
        .map(|line| {
            if line.to_ascii_lowercase().starts_with("host:") {
                format!("Host: {behind}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    server.write_all(text.join("\r\n").as_bytes()).expect("sent");
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).expect("answered");
    let _ = stream.write_all(&answer);
    stream.conn.send_close_notify();
    let _ = stream.flush();
}
