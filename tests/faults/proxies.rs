//! Promise: a proxy gets to see nothing of the login or the purchase, its password is shown to
//! nobody else, and what it breaks was never sent.
//!
//! Fault 20: which variable names one, and whom it is used for.

use super::tls::{Authority, where_names_are};
use super::trials::{check_manners, is_of_class};
use super::wire::{Heard, Play, TOKEN, Wire, answer, read_request};
use crate::support::{User, at_once};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const NAME: &str = "portal.example";
/// An address that is nobody's.
const ADDRESS: &str = "203.0.113.7";
const PASSWORD: &str = "s3cr3t-word";
const LOGIN: &str = "somebody:s3cr3t-word";
const BUY: [&str; 6] = ["buy", "25", "--yes", "--json", "--poll", "100ms"];

/// How a proxy behaves.
#[derive(Clone, Debug)]
enum Manner {
    /// Lets everybody through to the portal.
    Open,
    /// Only whoever has the login.
    Closed,
    /// Says this to everybody, and closes.
    Says(Vec<u8>),
    /// Says nothing at all.
    Mute,
}

/// A proxy on this machine, for HTTP and for SOCKS. Whatever is asked for, it leads to one portal.
struct Proxy {
    address: SocketAddr,
    /// What it was asked, heads and all.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn before(portal: &Wire, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, behind) = (Arc::clone(&asked), portal.address);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, manner) = (Arc::clone(&kept), manner.clone());
                std::thread::spawn(move || serve(stream, behind, &manner, &kept));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("unlocked").clone()
    }

    fn url(&self, scheme: &str, login: &str) -> String {
        format!("{scheme}://{login}{}", self.address)
    }
}

fn serve(mut stream: TcpStream, behind: SocketAddr, manner: &Manner, asked: &Mutex<Vec<String>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut first = [0_u8];
    if stream.peek(&mut first).unwrap_or_default() == 0 {
        return;
    }
    if first == [5] {
        if socks(&mut stream, manner, asked).is_some() {
            tunnel(stream, behind);
        }
        return;
    }
    let Some(heard) = read_request(&mut stream, 1) else { return };
    asked.lock().expect("unlocked").push(heard.head.clone());
    let login = format!("Basic {}", STANDARD.encode(LOGIN));
    match manner {
        Manner::Says(bytes) => {
            let _ = stream.write_all(bytes);
        }
        Manner::Mute => {
            let _ = stream.read(&mut first);
        }
        Manner::Closed if heard.headers("proxy-authorization") != [login] => {
            let refused = answer(
                "407 Proxy Authentication Required",
                &["Proxy-Authenticate: Basic realm=\"proxy\""],
                b"<html>Who are you?</html>",
            );
            let _ = stream.write_all(&refused);
        }
        Manner::Open | Manner::Closed if heard.line.starts_with("CONNECT ") => {
            let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
            tunnel(stream, behind);
        }
        Manner::Open | Manner::Closed => pass_on(stream, behind, &heard),
    }
}

/// A plain request, passed on as one of the proxy's own.
fn pass_on(mut stream: TcpStream, behind: SocketAddr, heard: &Heard) {
    let (line, rest) = heard.head.split_once("\r\n").expect("a head");
    let (method, url) = line.split_once(" http://").expect("a whole URL");
    let (_, path) = url.split_once('/').expect("a path");
    let mine = rest.lines().filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"));
    let rest = mine.collect::<Vec<_>>().join("\r\n");
    let mut portal = TcpStream::connect(behind).expect("the portal");
    let text = format!("{method} /{path}\r\n{rest}\r\n\r\n{}", heard.body);
    portal.write_all(text.as_bytes()).expect("sent");
    portal.shutdown(Shutdown::Write).expect("nothing more");
    let mut said = Vec::new();
    let _ = portal.read_to_end(&mut said);
    if said.is_empty() {
        return;
    }
    // It takes one request for each connection, and says so.
    let head = said.windows(2).position(|end| end == b"\r\n").map_or(0, |end| end + 2);
    let (line, rest) = said.split_at(head);
    let _ = stream.write_all(&[line, b"Connection: close\r\n", rest].concat());
}

/// The greeting of SOCKS 5; none where the login is not right.
fn socks(stream: &mut TcpStream, manner: &Manner, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut read = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let count = usize::from(read(2)?[1]);
    let methods = read(count)?;
    if let Manner::Closed = manner {
        if !methods.contains(&2) {
            stream.write_all(&[5, 0xff]).ok()?;
            return None;
        }
        stream.write_all(&[5, 2]).ok()?;
        let mut part = |skip: usize| {
            let mut length = vec![0; skip];
            stream.read_exact(&mut length).ok()?;
            let mut text = vec![0; usize::from(length[skip - 1])];
            stream.read_exact(&mut text).ok()?;
            String::from_utf8(text).ok()
        };
        let login = format!("{}:{}", part(2)?, part(1)?);
        let right = login == LOGIN;
        stream.write_all(&[1, u8::from(!right)]).ok()?;
        if !right {
            return None;
        }
    } else {
        stream.write_all(&[5, 0]).ok()?;
    }
    let mut read = |count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let host = match read(4)?[3] {
        1 => read(4)?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        _ => {
            let length = usize::from(read(1)?[0]);
            String::from_utf8(read(length)?).ok()?
        }
    };
    read(2)?;
    asked.lock().expect("unlocked").push(format!("SOCKS {host}"));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()
}

fn tunnel(client: TcpStream, behind: SocketAddr) {
    let portal = TcpStream::connect(behind).expect("the portal");
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (from, to) = (client.try_clone().expect("a handle"), portal.try_clone().expect("a handle"));
    std::thread::spawn(move || pass(from, to));
    pass(portal, client);
}

/// A portal elsewhere, whom to trust for it, and somebody who uses it.
fn elsewhere() -> (Authority, Wire, User) {
    let authority = Authority::new();
    let portal = Wire::over_tls(authority.server(&[NAME, ADDRESS], |_| ()), |_, _| Play::Well);
    let url = format!("https://{NAME}:{}", portal.address.port());
    let user = authority.trusted_by(portal.user().with("TOPUP_PORTAL_URL", &url));
    (authority, portal, user)
}

/// Another one there, who has bought nothing yet.
fn somebody_at(authority: &Authority, url: &str) -> User {
    authority.trusted_by(User::new().with("TOPUP_TOKEN", TOKEN).with("TOPUP_PORTAL_URL", url))
}

/// Nothing of the login or of a purchase was shown to the proxy.
#[track_caller]
fn saw_nothing(proxy: &Proxy) {
    for asked in proxy.asked() {
        let asked = asked.to_ascii_lowercase();
        assert!(!asked.contains(TOKEN) && !asked.contains("bearer"), "{asked}");
        for never in ["idempotency", "cookie", "referer", "x-"] {
            assert!(!asked.contains(never), "{never} in {asked}");
        }
    }
}

#[test]
fn fault_20_a_proxy_is_found_in_every_spelling_of_its_variable() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let (authority, portal, _) = elsewhere();
        let port = portal.address.port();
        let proxy = Proxy::before(&portal, Manner::Open);
        for url in [proxy.url("http", ""), proxy.address.to_string()] {
            let user = somebody_at(&authority, &format!("https://{NAME}:{port}"));
            let user = user.with(variable, &url);
            user.run(&["state"]).code(0).prints("142.5");
            let charges = portal.charges();
            user.run(&BUY).code(0).json();
            assert_eq!(portal.charges(), charges + 1);
        }
        let asked = proxy.asked();
        assert_eq!(asked.len(), 4, "{variable}: {asked:?}");
        let line = format!("CONNECT {NAME}:{} HTTP/1.1", portal.address.port());
        assert!(asked.iter().all(|asked| asked.starts_with(&line)), "{asked:?}");
        saw_nothing(&proxy);
        check_manners(&portal);
    }
}

#[test]
fn fault_20_the_password_of_a_proxy_goes_to_the_proxy_and_nowhere_else() {
    let (authority, portal, user) = elsewhere();
    let proxy = Proxy::before(&portal, Manner::Closed);
    let encoded = STANDARD.encode(LOGIN);
    let quiet = |text: &str| {
        for never in [PASSWORD, encoded.as_str(), TOKEN] {
            assert!(!text.contains(never), "{never} in {text}");
        }
    };
    // Without the right one the purchase never leaves.
    std::thread::scope(|scope| {
        for login in ["", "somebody:wr0ng-s3cr3t@", "somebody@"] {
            let (proxy, authority, quiet) = (&proxy, &authority, &quiet);
            scope.spawn(move || {
                let user = somebody_at(authority, &format!("https://{NAME}"))
                    .with("HTTPS_PROXY", &proxy.url("http", login));
                let run = user.run(&[&BUY[..], &["-v"]].concat());
                is_of_class(&run, "network").failed("network", Some("no"));
                assert!(run.out.contains("proxy"), "it says whose fault it is: {}", run.out);
                let said = format!("{}{}", run.out, run.err);
                assert!(!said.contains("wr0ng"), "{said}");
                quiet(&said);
            });
        }
    });
    assert!(portal.heard().is_empty());
    let user = user.with("HTTPS_PROXY", &proxy.url("http", &format!("{LOGIN}@")));
    for arguments in [&["state", "-v"][..], &[&BUY[..], &["-v"]].concat()] {
        let run = user.run(arguments).code(0);
        quiet(&format!("{}{}", run.out, run.err));
    }
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
    saw_nothing(&proxy);
    check_manners(&portal);
    for file in std::fs::read_dir(user.home()).expect("a home").flatten() {
        if let Ok(bytes) = std::fs::read(file.path()) {
            quiet(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn fault_20_a_socks_proxy_is_asked_for_the_address_or_for_the_name() {
    let (authority, portal, user) = elsewhere();
    let user = user.with("TOPUP_PORTAL_URL", &format!("https://{ADDRESS}"));
    let open = Proxy::before(&portal, Manner::Open);
    let user = user.with("ALL_PROXY", &open.url("socks5", ""));
    user.run(&["state"]).code(0).prints("142.5");
    let closed = Proxy::before(&portal, Manner::Closed);
    let user = user.with("all_proxy", "http://127.0.0.1:9");
    let user = user.with("ALL_PROXY", &closed.url("socks5", &format!("{LOGIN}@")));
    user.run(&BUY).code(0).json();
    let user = user.with("TOPUP_PORTAL_URL", &format!("https://{NAME}"));
    let user = user.with("ALL_PROXY", &closed.url("socks5h", &format!("{LOGIN}@")));
    user.run(&["state"]).code(0).prints("142.5");
    assert_eq!(open.asked(), [format!("SOCKS {ADDRESS}")]);
    assert_eq!(closed.asked(), [format!("SOCKS {ADDRESS}"), format!("SOCKS {NAME}")]);
    let heard = portal.heard().len();
    // One that lets nobody in is tried again after a while: all of them wait at the same time.
    at_once(&["", "somebody:wr0ng-s3cr3t@"], |login| {
        let user = somebody_at(&authority, &format!("https://{ADDRESS}"))
            .with("ALL_PROXY", &closed.url("socks5", login));
        let run = user.run(&[&BUY[..], &["-v"]].concat());
        is_of_class(&run, "network").failed("network", Some("no"));
        assert!(!format!("{}{}", run.out, run.err).contains("wr0ng"), "{}{}", run.out, run.err);
    });
    assert_eq!(portal.heard().len(), heard);
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
    check_manners(&portal);
}

#[test]
fn fault_20_what_a_proxy_breaks_was_never_sent() {
    let (authority, portal, user) = elsewhere();
    let stranger = Authority::new();
    let listener = Wire::over_tls(stranger.server(&[NAME], |_| ()), |_, _| Play::Well);
    let cases = [
        (
            Proxy::before(&portal, Manner::Says(answer("502 Bad Gateway", &[], b"<html>"))),
            "network",
        ),
        (
            Proxy::before(&portal, Manner::Says(answer("302 Found", &["Location: /login"], b""))),
            "network",
        ),
        (Proxy::before(&portal, Manner::Says(Vec::new())), "network"),
        (Proxy::before(&portal, Manner::Says(b"HTTP/1.1 200 OK\r\n".to_vec())), "network"),
        (Proxy::before(&portal, Manner::Says(b"SSH-2.0-nonsense\r\n\r\n".to_vec())), "network"),
        (Proxy::before(&portal, Manner::Says(b"x".repeat(1 << 20))), "network"),
        (Proxy::before(&portal, Manner::Mute), "timeout"),
        // In between sits somebody with a certificate of their own.
        (Proxy::before(&listener, Manner::Open), "tls"),
    ];
    std::thread::scope(|scope| {
        for (proxy, class) in &cases {
            let authority = &authority;
            // Only the one that says nothing takes the whole of it, three times.
            let timeout = if *class == "timeout" { "1s" } else { "4s" };
            scope.spawn(move || {
                let somebody = somebody_at(authority, &format!("https://{NAME}"));
                let somebody = somebody.with("HTTPS_PROXY", &proxy.url("http", ""));
                let began = Instant::now();
                let run = somebody.run(&[&BUY[..], &["--timeout", timeout]].concat());
                is_of_class(&run, class).failed(class, Some("no"));
                assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
                saw_nothing(proxy);
            });
        }
    });
    for portal in [&portal, &listener] {
        assert!(portal.heard().is_empty());
    }
    let proxy = Proxy::before(&portal, Manner::Open);
    let user = user.with("HTTPS_PROXY", &cases[0].0.url("http", ""));
    is_of_class(&user.run(&BUY), "network");
    user.with("HTTPS_PROXY", &proxy.url("http", "")).run(&BUY).code(0).json();
    assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
}

/// Where the name of the portal leads for whoever goes without a proxy.
const HOSTS: &str = "127.0.0.1 localhost portal.example\n";

#[test]
fn fault_20_some_are_reached_without_a_proxy() {
    let (authority, portal, _) = elsewhere();
    let port = portal.address.port();
    for (list, around) in [
        ("portal.example", true),
        (".example", true),
        ("example", true),
        ("other.test, portal.example", true),
        ("*", true),
        ("", false),
        ("ortal.example", false),
        ("portal.example.test", false),
        ("127.0.0.1,203.0.113.0/24", false),
    ] {
        for variable in ["NO_PROXY", "no_proxy"] {
            let proxy = Proxy::before(&portal, Manner::Open);
            let url = format!("https://{NAME}:{port}");
            let user = authority.trusted_by(portal.user().with("TOPUP_PORTAL_URL", &url));
            let user = user.with("HTTPS_PROXY", &proxy.url("http", "")).with(variable, list);
            where_names_are(&user, HOSTS, &["state"]).code(0).prints("142.5");
            assert_eq!(proxy.asked().is_empty(), around, "{variable}={list}");
        }
    }
    // This machine has no business at a proxy, whatever the variables say.
    let here = Wire::over_tls(authority.server(&["127.0.0.1"], |_| ()), |_, _| Play::Well);
    let plain = Wire::well();
    let proxy = Proxy::before(&portal, Manner::Open);
    for here in [&here, &plain] {
        let mut user = authority.trusted_by(here.user());
        for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            user = user.with(variable, &proxy.url("http", ""));
        }
        user.run(&BUY).code(0).json();
        assert_eq!(here.charges(), 1);
        check_manners(here);
    }
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}

#[test]
fn fault_20_a_proxy_that_cannot_be_understood_is_not_gone_around() {
    let (authority, portal, _) = elsewhere();
    let url = format!("https://{NAME}:{}", portal.address.port());
    let bad = [
        "::::",
        "http://",
        "http://somebody:s3cr3t-word@",
        "ftp://somebody:s3cr3t-word@127.0.0.1:1",
        "http://somebody:s3cr3t-word@127.0.0.1:99999",
        "socks6://127.0.0.1:1",
        "http://[::1",
        "javascript:alert(1)",
    ];
    for (bad, variable) in bad.into_iter().zip(["HTTPS_PROXY", "all_proxy"].into_iter().cycle()) {
        let user = authority.trusted_by(portal.user().with("TOPUP_PORTAL_URL", &url));
        let user = user.with(variable, bad);
        for (arguments, charged) in [(&["state", "--json", "-v"][..], None), (&BUY, Some("no"))] {
            let run = where_names_are(&user, HOSTS, arguments);
            let told = is_of_class(&run, "config").failed("config", charged);
            let message = told["error"]["message"].as_str().expect("a message");
            assert!(message.contains(variable), "{bad}: {message}");
            assert!(!format!("{}{}", run.out, run.err).contains(PASSWORD), "{}", run.err);
        }
    }
    assert_eq!(portal.connections(), 0, "nobody went without it");
    let user = authority.trusted_by(portal.user().with("TOPUP_PORTAL_URL", &url));
    where_names_are(&user, HOSTS, &BUY).code(0).json();
    assert_eq!(portal.charges(), 1);
}

#[test]
fn fault_20_a_visitor_of_a_web_server_names_no_proxy() {
    let portal = Wire::well();
    let url = format!("http://{NAME}:{}", portal.address.port());
    let user = || portal.user().with("TOPUP_PORTAL_URL", &url).with("TOPUP_INSECURE_HTTP", "1");
    for variable in ["HTTP_PROXY", "http_proxy"] {
        let proxy = Proxy::before(&portal, Manner::Open);
        let set = user().with(variable, &proxy.url("http", ""));
        where_names_are(&set, HOSTS, &["state"]).code(0).prints("142.5");
        let asked = proxy.asked();
        assert_eq!(asked.len(), 2, "{variable}: {asked:?}");
        assert!(asked[0].starts_with(&format!("GET {url}/api/billing/state ")), "{asked:?}");
        assert!(asked[1].starts_with(&format!("GET {url}/api/oauth/account ")), "{asked:?}");
        // The header `Proxy` of a visitor comes in as this variable.
        let set = set.with("REQUEST_METHOD", "GET");
        where_names_are(&set, HOSTS, &["state"]).code(0).prints("142.5");
        let charges = portal.charges();
        where_names_are(&set, HOSTS, &BUY).code(0).json();
        assert_eq!(portal.charges(), charges + 1);
        assert_eq!(proxy.asked().len(), 2, "{variable}");
    }
    check_manners(&portal);
    // No header can have this name: it is the keeper's own word, and holds.
    let (_authority, portal, user) = elsewhere();
    let proxy = Proxy::before(&portal, Manner::Open);
    let user = user.with("HTTPS_PROXY", &proxy.url("http", "")).with("REQUEST_METHOD", "POST");
    user.run(&BUY).code(0).json();
    assert_eq!((proxy.asked().len(), portal.charges()), (1, 1));
}
