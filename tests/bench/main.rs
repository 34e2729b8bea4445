//! How long `topup state` takes as a whole process, beside `curl` fetching the same answer: in
//! turn, in one run, over http on loopback and over https. Prints medians and ratios, and fails
//! when a ratio misses its target.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wait4::Wait4;

const TOPUP: &str = env!("CARGO_BIN_EXE_topup");
/// Runs of each command that count, and that do not.
const RUNS: usize = 60;
const WARM_UP: usize = 5;

struct Sample {
    wall: Duration,
    peak_kib: u64,
}

struct Row {
    name: &'static str,
    topup: Vec<Sample>,
    curl: Vec<Sample>,
    wall_target_percent: u32,
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    let ready_file = folder.path().join("ready.json");
    let mut server = Command::new(TOPUP)
        .args(["sandbox", "serve", "--ephemeral", "--no-rate-limit", "--ready-file"])
        .arg(&ready_file)
        .env("TOPUP_HOME", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the sandbox starts");
    let (base, token) = ready(&ready_file);
    let secure = tls_front(&base, folder.path());
    let rows = [
        measure("http on loopback", &base, &token, None, 60),
        measure("https", &secure.url, &token, Some(&secure.roots), 100),
    ];
    let stop = Command::new("kill").arg(server.id().to_string()).status();
    assert!(stop.is_ok_and(|status| status.success()), "the sandbox could not be told to stop");
    server.wait().expect("the sandbox ends");
    if report(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ready(file: &Path) -> (String, String) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Ok(text) = fs::read_to_string(file) {
            let line: serde_json::Value = serde_json::from_str(&text).expect("one JSON line");
            let text = |key: &str| line[key].as_str().expect("a text").to_owned();
            return (text("base_url"), text("token"));
        }
        assert!(Instant::now() < end, "the sandbox is not ready");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn measure(name: &'static str, base: &str, token: &str, roots: Option<&Path>, target: u32) -> Row {
    let base = base.trim_end_matches('/');
    let mut row = Row { name, topup: Vec::new(), curl: Vec::new(), wall_target_percent: target };
    let home = tempfile::tempdir().expect("a folder");
    for run in 0..WARM_UP + RUNS {
        let mut topup = Command::new(TOPUP);
        topup
            .args(["state", "--json", "--portal-url", base])
            .env_clear()
            .env("TOPUP_HOME", home.path())
            .env("TOPUP_TOKEN", token);
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-q", "--fail", "-H", &format!("Authorization: Bearer {token}")])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if let Some(roots) = roots {
            topup.env("SSL_CERT_FILE", roots);
            curl.arg("--cacert").arg(roots);
        }
        curl.arg(format!("{base}/api/billing/state"));
        let (topup, curl) = (sample(topup), sample(curl));
        if run >= WARM_UP {
            row.topup.push(topup);
            row.curl.push(curl);
        }
    }
    row
}

fn sample(mut command: Command) -> Sample {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let child = command.spawn().expect("it starts");
    let used = child.wait4().expect("it ends");
    let wall = started.elapsed();
    assert!(used.status.success(), "{command:?} failed");
    Sample { wall, peak_kib: used.rusage.maxrss / 1024 }
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

fn report(rows: &[Row]) -> bool {
    let mut out = std::io::stdout().lock();
    let mut all_met = true;
    for row in rows {
        let wall = |samples: &[Sample]| {
            median(samples.iter().map(|sample| sample.wall.as_micros()).collect())
        };
        let peak =
            |samples: &[Sample]| median(samples.iter().map(|sample| sample.peak_kib).collect());
        let wall_percent = wall(&row.topup) * 100 / wall(&row.curl).max(1);
        let peak_percent = peak(&row.topup) * 100 / peak(&row.curl).max(1);
        let met = wall_percent <= u128::from(row.wall_target_percent) && peak_percent <= 200;
        all_met &= met;
        writeln!(
            out,
            "{}: topup {} µs, curl {} µs: {wall_percent} % (at most {} %); peak {} KiB beside {} KiB: \
             {peak_percent} % (at most 200 %){}",
            row.name,
            wall(&row.topup),
            wall(&row.curl),
            row.wall_target_percent,
            peak(&row.topup),
            peak(&row.curl),
            if met { "" } else { "  MISSED" },
        )
        .expect("written");
    }
    all_met
}

struct Secure {
    url: String,
    roots: std::path::PathBuf,
}

/// A TLS front before the sandbox, with a certificate of its own authority; both clients read the
/// system's roots and that authority from one file.
fn tls_front(base: &str, folder: &Path) -> Secure {
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
    let behind = base.trim_end_matches('/').trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (config, behind) = (Arc::clone(&config), behind.clone());
            std::thread::spawn(move || forward(&client, config, &behind));
        }
    });
    Secure { url: format!("https://localhost:{port}"), roots: roots_file }
}

/// One request and its answer: all that either client sends.
fn forward(mut client: &TcpStream, config: Arc<rustls::ServerConfig>, behind: &str) {
    use std::io::Read;
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
