//! Promise: nothing is sent to whom no trusted certificate vouches for (class `tls`), nor in the
//! clear to another machine; what breaks off is found again and paid once.
//!
//! Fault 19, and what of faults 2, 5, 17 and 18 needs TLS or names. Names are those of
//! `/etc/hosts`, another one in a mount namespace of the test's own: no name server is asked.

use super::trials::{at_once, check_manners, is_of_class};
use super::wire::{Play, STATE, Wire, answer, json};
use crate::support::{Canned, Ran, User};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Somebody who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let mut wanted = CertificateParams::new(Vec::new()).expect("parameters");
        wanted.distinguished_name.push(rcgen::DnType::CommonName, "an authority of this test");
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = wanted.self_signed(&key).expect("signed");
        fs::write(folder.path().join("authority.pem"), certificate.pem()).expect("written");
        Self { issuer: Issuer::new(wanted, key), folder }
    }

    /// For `SSL_CERT_FILE`.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub fn trusted_by(&self, user: User) -> User {
        user.with("SSL_CERT_FILE", self.file().to_str().expect("text"))
    }

    /// A server with a certificate of these names, after this was done to it.
    pub fn server(&self, names: &[&str], with: fn(&mut CertificateParams)) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut wanted = CertificateParams::new(names).expect("names");
        with(&mut wanted);
        let certificate = wanted.signed_by(&key, &self.issuer).expect("signed");
        config(certificate.der().clone(), &key)
    }
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    Arc::new(config)
}

/// Signed by nobody but itself.
fn self_signed() -> Arc<ServerConfig> {
    let key = KeyPair::generate().expect("a key");
    let wanted = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
    config(wanted.self_signed(&key).expect("signed").der().clone(), &key)
}

/// A certificate that holds, for a portal on this machine.
fn good(authority: &Authority) -> Arc<ServerConfig> {
    authority.server(&["127.0.0.1"], |_| ())
}

const BUY: [&str; 6] = ["buy", "25", "--yes", "--json", "--poll", "100ms"];

#[test]
fn fault_19_a_certificate_that_cannot_be_trusted_is_class_tls() {
    let (trusted, other) = (Authority::new(), Authority::new());
    let cases = [
        (
            "expired",
            trusted.server(&["127.0.0.1"], |wanted| {
                wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
                wanted.not_after = rcgen::date_time_ymd(2021, 1, 1);
            }),
        ),
        (
            "not yet valid",
            trusted.server(&["127.0.0.1"], |wanted| {
                wanted.not_before = rcgen::date_time_ymd(2090, 1, 1);
                wanted.not_after = rcgen::date_time_ymd(2091, 1, 1);
            }),
        ),
        ("of another host", trusted.server(&["portal.example"], |_| ())),
        ("of another address", trusted.server(&["127.0.0.2"], |_| ())),
        ("of nobody", trusted.server(&[], |_| ())),
        (
            "for clients only",
            trusted.server(&["127.0.0.1"], |wanted| {
                wanted.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            }),
        ),
        ("self-signed", self_signed()),
        ("of an authority in between", good(&other)),
    ];
    for (what, bad) in cases {
        let portal = Wire::over_tls(bad, |_, _| Play::Well);
        let user = trusted.trusted_by(portal.user());
        let told = is_of_class(&user.run(&["state", "--json"]), "tls").failed("tls", None);
        let message = told["error"]["message"].as_str().expect("a message");
        assert!(message.contains("no trusted connection to 127.0.0.1"), "{what}: {message}");
        is_of_class(&user.run(&BUY), "tls").failed("tls", Some("no"));
        // No switch makes it trusted, and none that is for plain http.
        for switch in ["--insecure", "-k", "--no-verify"] {
            user.run(&["state", switch]).code(2);
        }
        is_of_class(&user.run(&["state", "--insecure-http"]), "tls");
        let user = user
            .with("TOPUP_INSECURE_HTTP", "1")
            .with("SSL_NO_VERIFY", "1")
            .with("NODE_TLS_REJECT_UNAUTHORIZED", "0");
        is_of_class(&user.run(&["state"]), "tls");
        assert!(portal.heard().is_empty(), "{what}: something was said");
        portal.show(good(&trusted));
        user.run(&BUY).code(0).json();
        assert_eq!((portal.purchases().len(), portal.charges()), (1, 1), "{what}");
    }
}

#[test]
fn fault_19_an_authority_holds_only_where_it_is_named() {
    let authority = Authority::new();
    let portal = Wire::over_tls(good(&authority), |_, _| Play::Well);
    authority.trusted_by(portal.user()).run(&["state"]).code(0);
    authority.trusted_by(portal.user()).run(&BUY).code(0).json();
    assert_eq!(portal.charges(), 1);
    check_manners(&portal);
    let before = portal.heard().len();
    // The same certificate, for whoever was told nothing or something else.
    let other = Authority::new();
    is_of_class(&other.trusted_by(portal.user()).run(&["state"]), "tls");
    let run = portal.user().run(&["state", "--json"]);
    assert!(matches!(run.code, 4 | 62), "{}{}", run.out, run.err);
    let nothing = portal.user().with("SSL_CERT_FILE", "/nowhere/at/all.pem");
    let run = nothing.run(&BUY);
    assert!(matches!(run.code, 4 | 62), "{}{}", run.out, run.err);
    assert_eq!(run.json()["error"]["charged"], "no");
    assert_eq!(portal.heard().len(), before);
}

/// What openssl makes by hand for a server on this machine, and its file.
fn made_by_openssl(folder: &Path, options: &[&str]) -> (Arc<ServerConfig>, PathBuf) {
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output();
        let output = output.expect("openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let req = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj"];
    let names = ["/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    let files = ["-keyout", "key.pem", "-out", "server.pem"];
    run(&[&req[..], &names, &files, options].concat());
    run(&["x509", "-in", "server.pem", "-outform", "DER", "-out", "server.der"]);
    run(&["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]);
    let bytes = |name: &str| fs::read(folder.join(name)).expect("made");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(bytes("key.der")));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(bytes("server.der"))], key)
        .expect("a configuration");
    (Arc::new(config), folder.join("server.pem"))
}

#[test]
fn fault_19_an_authority_in_the_place_of_a_server_is_named_with_the_option_that_mends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (authority, file) = made_by_openssl(folder.path(), &[]);
    let portal = Wire::over_tls(authority, |_, _| Play::Well);
    let user = portal.user().with("SSL_CERT_FILE", file.to_str().expect("text"));
    for verb in [&["state"][..], &["doctor"]] {
        let ran = user.run(verb).code(62);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("its certificate says CA:TRUE"), "{told}");
        assert!(told.contains("-addext basicConstraints=critical,CA:FALSE"), "{told}");
    }
    assert!(portal.heard().is_empty());
    let option = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let (server, _) = made_by_openssl(folder.path(), &option);
    portal.show(server);
    user.run(&["state"]).code(0);
    let doctor = user.run(&["doctor"]).code(0);
    assert!(doctor.out.contains("1 certificate in "), "{}", doctor.out);
    // A second variable beside it is read as well, by the client and by doctor.
    let (other, empty) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let both = portal.user().with("SSL_CERT_FILE", other.file().to_str().expect("text"));
    both.run(&["state"]).code(62);
    fs::copy(&file, empty.path().join("00000000.0")).expect("copied");
    let both = both.with("SSL_CERT_DIR", empty.path().to_str().expect("text"));
    both.run(&["state"]).code(0);
    let doctor = both.run(&["doctor"]).code(0);
    assert!(doctor.out.contains("from SSL_CERT_FILE and SSL_CERT_DIR"), "{}", doctor.out);
}

#[test]
fn fault_19_old_versions_and_other_protocols_are_refused() {
    // A server that answers with TLS 1.0 whatever is offered, as far as its first words.
    let mut hello = vec![2, 0, 0, 38, 3, 1];
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(&[0, 0, 0x2f, 0]);
    let record = [&[22, 3, 1, 0, 42][..], &hello].concat();
    for (what, words) in [
        ("TLS 1.0", record),
        ("an alert about the version", vec![21, 3, 1, 0, 2, 2, 70]),
        ("an alert about the handshake", vec![21, 3, 3, 0, 2, 2, 40]),
        ("no TLS", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
    ] {
        let portal = Canned::at_once(words);
        let user = portal.user().with("TOPUP_PORTAL_URL", &portal.url.replace("http:", "https:"));
        let authority = Authority::new();
        let user = authority.trusted_by(user);
        let told = is_of_class(&user.run(&["state", "--json"]), "tls").failed("tls", None);
        assert!(told["error"]["message"].is_string(), "{what}: {told}");
        is_of_class(&user.run(&BUY), "tls").failed("tls", Some("no"));
    }
}

#[test]
fn fault_2_a_redirect_from_https_to_http_is_not_followed() {
    let authority = Authority::new();
    let plain = Wire::well();
    let location = format!("Location: {}/api/billing/charge", plain.url);
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let bytes = answer(status, &[&location], b"");
        let portal = Wire::over_tls(good(&authority), move |_, _| Play::Close(bytes.clone()));
        let user = authority.trusted_by(portal.user());
        let class = "endpoint_unavailable";
        is_of_class(&user.run(&["state", "--json"]), class).failed(class, None);
        let run = user.run(&BUY);
        is_of_class(&run, "outcome_unknown").failed("outcome_unknown", Some("unknown"));
        assert_eq!(portal.purchases().len(), 1);
        portal.heal();
        user.run(&BUY).code(0).json();
        assert_eq!(portal.charges(), 1);
        check_manners(&portal);
    }
    assert_eq!(plain.connections(), 0);
}

#[test]
fn fault_5_an_end_without_a_word_is_no_end_of_an_answer() {
    // Whoever is in between can end a connection at any byte: without a length, only the other
    // side's own word says that this was all.
    let authority = Authority::new();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    let whole = format!("{head}{STATE}").into_bytes();
    let spoken = whole.clone();
    let portal = Wire::over_tls(good(&authority), move |_, _| Play::Close(spoken.clone()));
    authority.trusted_by(portal.user()).run(&["state"]).code(0).prints("142.5");
    let portal = Wire::over_tls(good(&authority), move |_, _| Play::Cut(whole.clone()));
    let run = authority.trusted_by(portal.user()).run(&["state", "--json"]);
    is_of_class(&run, "network").failed("network", None);
    // With a length it is known that all is there.
    let portal =
        Wire::over_tls(good(&authority), |_, _| Play::Cut(json("200 OK", STATE.as_bytes())));
    authority.trusted_by(portal.user()).run(&["state"]).code(0).prints("142.5");
}

#[test]
fn fault_17_a_purchase_that_breaks_off_under_tls_is_found_again() {
    let authority = Authority::new();
    let plays = [
        Play::Cut(Vec::new()),
        Play::Reset(Vec::new()),
        Play::Cut(
            b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n{\"chargeId\":\"ch_1\"}".to_vec(),
        ),
        Play::Close(b"HTTP/1.1 202 Acc".to_vec()),
    ];
    let cases: Vec<_> =
        plays.into_iter().map(|play| (play, good(&authority), authority.file())).collect();
    let wrong = at_once(
        &cases,
        |(play, ..)| format!("{play:?}"),
        |(play, tls, file)| {
            let play = play.clone();
            let portal = Wire::over_tls(Arc::clone(tls), move |heard, count| {
                if heard.is_purchase() && count == 1 { play.clone() } else { Play::Well }
            });
            let user = portal.user().with("SSL_CERT_FILE", file.to_str().expect("text"));
            user.run(&BUY).code(0).json();
            assert_eq!((portal.purchases().len(), portal.charges()), (2, 1));
            check_manners(&portal);
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_22_no_other_version_of_http_is_offered() {
    // HTTP/2 has refusals that libraries answer by sending the request again.
    let authority = Authority::new();
    for (offered, code) in [(&["h2", "http/1.1"][..], 0), (&["h2"], 62)] {
        let mut tls = ServerConfig::clone(&good(&authority));
        tls.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let portal = Wire::over_tls(Arc::new(tls), |_, _| Play::Well);
        authority.trusted_by(portal.user()).run(&BUY).code(code).json();
        assert!(portal.heard().iter().all(|heard| heard.head.contains(" HTTP/1.1\r\n")));
        assert_eq!(portal.charges(), usize::from(code == 0));
    }
}

/// Runs the command where names lead to where these lines say, and no name server is reached.
pub fn where_names_are(user: &User, hosts: &str, arguments: &[&str]) -> Ran {
    const SCRIPT: &str = r#"
        mount --bind "$1/hosts" /etc/hosts || exit 99
        if [ -e /etc/resolv.conf ]; then mount --bind "$1/resolv.conf" /etc/resolv.conf || exit 99; fi
        shift
        exec "$@"
    "#;
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("hosts"), hosts).expect("written");
    let nobody = "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n";
    fs::write(folder.path().join("resolv.conf"), nobody).expect("written");
    let piped = user.command(arguments);
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "sh", "-c", SCRIPT, "sh"])
        .arg(folder.path())
        .arg(piped.get_program())
        .args(arguments)
        .env_clear()
        .current_dir(user.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in piped.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let ran = user.finish(arguments, command.spawn().expect("unshare"));
    assert_ne!(ran.code, 99, "no file could be mounted: {}", ran.err);
    ran
}

#[test]
fn fault_18_a_name_that_leads_nowhere_sends_nothing() {
    let long = "a.".repeat(120);
    let names = ["nowhere.test", "xn--nxasmq6b.test", long.trim_end_matches('.')];
    let wrong = at_once(
        &names,
        |name| (*name).to_owned(),
        |name| {
            let user = User::new()
                .with("TOPUP_TOKEN", super::wire::TOKEN)
                .with("TOPUP_PORTAL_URL", &format!("https://{name}"));
            let hosts = "127.0.0.1 localhost\n";
            let began = Instant::now();
            let look = where_names_are(&user, hosts, &["state", "--json", "--timeout", "4s"]);
            is_of_class(&look, "network").failed("network", None);
            let buy = where_names_are(&user, hosts, &[&BUY[..], &["--timeout", "4s"]].concat());
            is_of_class(&buy, "network").failed("network", Some("no"));
            assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
            // What was never sent is over: nothing is left to find out about.
            user.run(&["resume"]).code(0).prints("nothing to resume");
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_18_a_name_of_several_addresses_is_tried_at_each() {
    let authority = Authority::new();
    let tls = || authority.server(&["several.test", "six.test"], |_| ());
    let four = Wire::over_tls(tls(), |_, _| Play::Well);
    let six = Wire::over_tls_on_v6(tls());
    let hosts = "127.0.0.1 localhost\n::1 several.test six.test\n127.0.0.1 several.test\n";
    for (name, portal) in [("several.test", &four), ("several.test", &six), ("six.test", &six)] {
        let url = format!("https://{name}:{}", portal.address.port());
        let user = authority.trusted_by(portal.user().with("TOPUP_PORTAL_URL", &url));
        where_names_are(&user, hosts, &["state", "--timeout", "6s"]).code(0).prints("142.5");
        let charges = portal.charges();
        where_names_are(&user, hosts, &BUY).code(0).json();
        assert_eq!(portal.charges(), charges + 1);
    }
    check_manners(&four);
    check_manners(&six);
}

#[test]
fn fault_18_an_address_in_brackets_is_an_address() {
    let portal = Wire::on_v6();
    assert!(portal.url.contains("//[::1]:"), "{}", portal.url);
    portal.user().run(&["state"]).code(0).prints("142.5");
    portal.user().run(&BUY).code(0).json();
    assert_eq!(portal.charges(), 1);
    check_manners(&portal);
    let user = portal.user();
    for zone in
        ["http://[fe80::1%25lo]:1", "http://[::1%25lo]:1", "http://[::1", "https://[::1%lo]"]
    {
        user.run(&["state", "--json", "--portal-url", zone]).code(4).failed("config", None);
    }
}

/// An address where nobody answers a greeting: everything that waits there is full.
fn mute(ip: Ipv4Addr, port: u16) -> (TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.bind(&SocketAddr::from((ip, port)).into()).expect("an address");
    socket.listen(0).expect("listening");
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 64, "it never is full");
    }
    (listener, waiting, address)
}

#[test]
fn fault_18_an_address_that_stalls_sends_nothing_and_holds_up_no_other() {
    let (_listener, _waiting, address) = mute(Ipv4Addr::LOCALHOST, 0);
    let user = User::new()
        .with("TOPUP_TOKEN", super::wire::TOKEN)
        .with("TOPUP_PORTAL_URL", &format!("http://{address}"));
    let began = Instant::now();
    let run = user.run(&["state", "--json", "--timeout", "2s"]);
    is_of_class(&run, "timeout").failed("timeout", None);
    let run = user.run(&[&BUY[..], &["--timeout", "2s"]].concat());
    is_of_class(&run, "timeout").failed("timeout", Some("no"));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // One mute address of a name leaves time for the next.
    let authority = Authority::new();
    let portal = Wire::over_tls(authority.server(&["several.test"], |_| ()), |_, _| Play::Well);
    let port = portal.address.port();
    let (_listener, _waiting, _) = mute(Ipv4Addr::new(127, 0, 0, 2), port);
    let user = authority.trusted_by(
        portal.user().with("TOPUP_PORTAL_URL", &format!("https://several.test:{port}")),
    );
    let hosts = "127.0.0.1 localhost\n127.0.0.2 several.test\n127.0.0.1 several.test\n";
    where_names_are(&user, hosts, &[&BUY[..], &["--timeout", "8s"]].concat()).code(0).json();
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
}

#[test]
fn fault_20_plain_http_goes_to_no_other_machine_whatever_its_name_leads_to() {
    let portal = Wire::well();
    let port = portal.address.port();
    // `localhost` is this machine, and nobody is asked about it.
    let user = portal.user().with("TOPUP_PORTAL_URL", &format!("http://localhost:{port}"));
    let lying = "203.0.113.9 localhost\n";
    where_names_are(&user, lying, &["state", "--timeout", "4s"]).code(0).prints("142.5");
    where_names_are(&user, lying, &BUY).code(0).json();
    assert_eq!(portal.charges(), 1);
    let heard = portal.heard().len();
    // Another name may lead here now and elsewhere later: it is refused before it is looked up.
    let hosts = "127.0.0.1 localhost here.test localhost.test\n203.0.113.9 there.test\n";
    for name in ["here.test", "there.test", "localhost.test", "127.0.0.1.test"] {
        let user = portal.user().with("TOPUP_PORTAL_URL", &format!("http://{name}:{port}"));
        where_names_are(&user, hosts, &["state", "--json"]).code(4).failed("config", None);
        where_names_are(&user, hosts, &BUY).code(4).failed("config", Some("no"));
    }
    assert_eq!(portal.heard().len(), heard, "nothing was sent");
    let owned = portal.user().with("TOPUP_PORTAL_URL", &format!("http://here.test:{port}"));
    where_names_are(&owned, hosts, &["state", "--insecure-http"]).code(0).prints("142.5");
}
