//! A mail server that tests send to: a real one, `aiosmtpd` of Debian, as a process of its own on a
//! free port of this machine. What it took comes back as one JSON value for each mail, read by
//! Python's own mail parser, so that a mistake in writing mails is not repeated in reading them.

#![allow(dead_code, reason = "unit tests and integration tests use it, each what they need")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Debian's module belongs to Debian's interpreter, whatever else is called python3.
const PYTHON: &str = "/usr/bin/python3";
/// No start and no mail takes longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

const SCRIPT: &str = r#"
import asyncio, email, email.policy, json, logging, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

# Clients that hang up are what these tests are about.
logging.disable()
asked = json.loads(sys.argv[1])

def tell(**what):
    print(json.dumps(what), flush=True)

def part(mail, kind):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == asked["refuses"]:
            return "550 5.1.1 nobody is called " + address
        if address == asked["stalls"]:
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell(
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            encrypted=server.transport.get_extra_info("cipher") is not None,
            login=session.auth_data.decode() if session.auth_data else None,
            headers=[[name, str(value)] for name, value in mail.items()],
            **{name: part(mail, kind) for name, kind in [("text", "plain"), ("html", "html")]},
        )
        return "250 taken"

def authenticate(server, session, envelope, mechanism, data):
    fits = [data.login.decode(), data.password.decode()] == asked["login"]
    return AuthResult(success=fits, handled=False, auth_data=data.login)

async def serve():
    tls = None
    if asked["certificate"]:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*asked["certificate"])
    def conversation():
        return SMTP(
            Handler(),
            tls_context=None if asked["wrapped"] else tls,
            authenticator=authenticate,
            auth_required=asked["login"] is not None,
            auth_require_tls=False,
            hostname="mail.example",
        )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        conversation, "127.0.0.1", 0, ssl=tls if asked["wrapped"] else None)
    over = asyncio.Event()
    # Ends with whoever started it, however that ends.
    loop.add_reader(sys.stdin.fileno(), over.set)
    tell(port=server.sockets[0].getsockname()[1])
    await over.wait()

asyncio.run(serve())
"#;

/// How the server behaves.
#[derive(Clone, Copy, Default)]
pub struct Manner<'a> {
    /// Takes mail only from this user with this password.
    pub login: Option<[&'a str; 2]>,
    /// Nobody has this address.
    pub refuses: Option<&'a str>,
    /// Whoever names this address gets no answer.
    pub stalls: Option<&'a str>,
    /// Offers STARTTLS with this certificate.
    pub certificate: Option<&'a Certificate>,
    /// Speaks TLS from the first byte instead.
    pub wrapped: bool,
}

/// The server; ends when dropped.
pub struct MailServer {
    child: Child,
    pub port: u16,
    mails: Receiver<Value>,
}

impl MailServer {
    /// Starts it. `None` where there is none to start, unless `TOPUP_TEST_REQUIRES` names `smtp`.
    #[allow(clippy::print_stdout, reason = "says why a test tests nothing")]
    pub fn start(manner: Manner<'_>) -> Option<Self> {
        if !is_installed() {
            let required = std::env::var("TOPUP_TEST_REQUIRES").unwrap_or_default();
            assert!(!required.contains("smtp"), "python3-aiosmtpd is not installed");
            println!("skipped: no SMTP server (python3-aiosmtpd)");
            return None;
        }
        let certificate = manner.certificate.map(|files| [&files.chain, &files.key]);
        let asked = json!({"login": manner.login, "refuses": manner.refuses,
            "stalls": manner.stalls, "certificate": certificate, "wrapped": manner.wrapped});
        let mut child = Command::new(PYTHON)
            .args(["-W", "ignore", "-c", SCRIPT, &asked.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (send, mails) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let told = serde_json::from_str(&line).expect("one JSON value on a line");
                if send.send(told).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { child, port: 0, mails };
        let port = server.mail()["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        server.port = port.expect("a port");
        Some(server)
    }

    /// The URL that is set for it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The next mail that it took.
    #[track_caller]
    pub fn mail(&self) -> Value {
        self.mails.recv_timeout(LONGEST_WAIT).expect("a mail")
    }

    /// No mail is there that was not asked for.
    #[track_caller]
    pub fn has_no_more(&self) {
        let more = self.mails.recv_timeout(Duration::from_millis(200));
        assert!(matches!(more, Err(RecvTimeoutError::Timeout)), "{more:?}");
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_installed() -> bool {
    let mut check = Command::new(PYTHON);
    check.args(["-c", "import aiosmtpd"]).stdout(Stdio::null()).stderr(Stdio::null());
    check.status().is_ok_and(|status| status.success())
}

/// The value of a header of a mail; nothing when it has none or several of them.
pub fn header<'a>(mail: &'a Value, name: &str) -> Option<&'a str> {
    let headers = mail["headers"].as_array()?.iter();
    let mut found = headers.filter(|pair| pair[0].as_str().is_some_and(|seen| seen == name));
    match (found.next(), found.next()) {
        (Some(pair), None) => pair[1].as_str(),
        _ => None,
    }
}

/// A certificate for this machine: signed by an authority that nobody knows, or one that no client
/// of today can read.
pub struct Certificate {
    folder: tempfile::TempDir,
    chain: PathBuf,
    key: PathBuf,
}

impl Certificate {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority_key = rcgen::KeyPair::generate().expect("a key");
        let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        authority.distinguished_name.push(rcgen::DnType::CommonName, "an authority of this test");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_certificate = authority.self_signed(&authority_key).expect("signed");
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = rcgen::CertificateParams::new(names)
            .and_then(|wanted| wanted.signed_by(&key, &issuer))
            .expect("signed");
        let keep = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        keep("authority.pem", authority_certificate.pem());
        let chain = keep("chain.pem", certificate.pem());
        let key = keep("key.pem", key.serialize_pem());
        Self { folder, chain, key }
    }

    /// One of X.509 version 1, as openssl makes it where no extension is asked for.
    pub fn of_version_1() -> Self {
        let made = Self::new();
        let run = |arguments: &[&str]| {
            let mut openssl = Command::new("openssl");
            let output = openssl.args(arguments).current_dir(made.folder.path()).output();
            let output = output.expect("openssl");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(&[
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "wanted.pem",
            "-subj",
            "/CN=localhost",
        ]);
        run(&["x509", "-req", "-in", "wanted.pem", "-signkey", "key.pem", "-out", "chain.pem"]);
        made
    }

    /// What has to be trusted for it to hold; for `SSL_CERT_FILE`.
    pub fn authority(&self) -> PathBuf {
        Path::new(self.folder.path()).join("authority.pem")
    }
}
