//! The mail server's URL, and what is encrypted: read from the settings, and seen at a real server.

use super::super::deadline::LIMITS;
use super::super::tests::notice;
use super::super::tests::smtp::{Certificate, MailServer, Manner};
use super::*;
use crate::core::clock::SystemClock;
use crate::core::signals::Interrupt;
use std::process::Command;

/// Set for a process of its own, where `SSL_CERT_FILE` can be set as well.
const PORT: &str = "NOTICE_TEST_PORT";

#[test]
fn the_url_says_how_it_is_encrypted_and_the_host_whether_it_has_to_be() {
    for (url, security, port) in [
        ("smtps://mail.example", Security::Wrapped, 465),
        ("smtps://localhost:1465", Security::Wrapped, 1465),
        ("SMTP://Mail.Example/", Security::Upgraded, 587),
        ("smtp://u:p@mail.example:25", Security::Upgraded, 25),
        ("smtp://localhost.mail.example", Security::Upgraded, 587),
        ("smtp://127.0.0.1.mail.example", Security::Upgraded, 587),
        ("smtp://[::2]", Security::Upgraded, 587),
        ("smtp://LOCALHOST", Security::Here, 25),
        ("smtp://127.8.9.1:2525", Security::Here, 2525),
        ("smtp://[::1]:80", Security::Here, 80),
    ] {
        let (server, _) = server(url).expect(url);
        assert_eq!((server.security, server.port), (security, port), "{url}");
    }
    let (server, _) = server("smtp://localhost").expect("a server");
    assert!(server.places().expect("places").iter().all(|place| place.ip().is_loopback()));
}

#[test]
fn the_sender_is_what_is_set_or_the_user_or_this_host() {
    let from = |url, from| Relay::parse(url, from).expect("a relay").from.to_string();
    let url = "smtps://ada%40example.com:p@mail.example";
    assert_eq!(from(url, Some(" Pool <pool@example.org> ")), "Pool <pool@example.org>");
    assert_eq!(from(url, None), "ada@example.com");
    assert!(from("smtps://ada:p@mail.example", None).starts_with("topup@"));
}

/// A connection to the server there, as if it were on another machine where `security` says so.
fn connect(port: u16, security: Security) -> Result<(), String> {
    let host = Host::Domain("localhost".to_owned());
    SmtpServer { host, port, security, credentials: None }.connect().map(|mut done| done.abort())
}

#[test]
fn nothing_goes_to_another_machine_in_the_clear_or_by_a_certificate_that_does_not_hold() {
    let Some(plain) = MailServer::start(Manner::default()) else { return };
    let certificate = Certificate::new();
    let manner = Manner { certificate: Some(&certificate), ..Manner::default() };
    let Some(unknown) = MailServer::start(manner) else { return };
    let refused = connect(plain.port, Security::Upgraded).expect_err("no STARTTLS");
    assert!(refused.contains("no STARTTLS"), "{refused}");
    let refused = connect(unknown.port, Security::Upgraded).expect_err("unknown");
    assert_eq!(refused, "no trusted connection to the mail server");
    let Some(wrapped) = MailServer::start(Manner { wrapped: true, ..manner }) else { return };
    let refused = connect(wrapped.port, Security::Wrapped).expect_err("unknown");
    assert_eq!(refused, "no trusted connection to the mail server");
}

#[test]
fn on_this_machine_starttls_is_used_where_it_is_offered_with_any_certificate() {
    let certificate = Certificate::new();
    let login = Some(["u", "p"]);
    let manner = Manner { certificate: Some(&certificate), login, ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let interrupt = Interrupt::default();
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(LIMITS, &interrupt, &system);
    let send = |word: &str, was_up: &mut bool| {
        let url = format!("smtp://u:{word}@127.0.0.1:{}", server.port);
        let relay = Relay::parse(&url, None).expect("a relay");
        relay.send(&notice(), "one@example.com", &clock, was_up).map(|done| done.close(&clock))
    };
    let mut was_up = false;
    assert_eq!(send("p", &mut was_up), Ok(()));
    assert_eq!(server.mail()["encrypted"], true);
    // A login that is refused concerns everybody, unless the server took one before.
    let reason = "the mail server refused the login (535)".to_owned();
    assert_eq!(send("wrong", &mut was_up), Err(Trouble::Address(reason.clone())));
    assert_eq!(send("wrong", &mut false), Err(Trouble::Everybody(reason)));
    server.has_no_more();
}

#[test]
fn on_this_machine_a_certificate_that_cannot_be_read_keeps_no_notice_back() {
    let certificate = Certificate::of_version_1();
    let manner = Manner { certificate: Some(&certificate), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let interrupt = Interrupt::default();
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(LIMITS, &interrupt, &system);
    let relay = Relay::parse(&server.url(), None).expect("a relay");
    let sent = relay.send(&notice(), "one@example.com", &clock, &mut false);
    assert_eq!(sent.map(|done| done.close(&clock)), Ok(()));
    assert_eq!(server.mail()["encrypted"], false);
    // A server on another machine gets nothing.
    let refused = connect(server.port, Security::Upgraded).expect_err("not trusted");
    assert_eq!(refused, "no trusted connection to the mail server");
    server.has_no_more();
}

#[test]
fn a_server_that_wants_a_login_is_reported_with_the_place_for_it() {
    let Some(server) = MailServer::start(Manner { login: Some(["u", "p"]), ..Manner::default() })
    else {
        return;
    };
    let interrupt = Interrupt::default();
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(LIMITS, &interrupt, &system);
    let relay = Relay::parse(&server.url(), None).expect("a relay");
    let refused = relay.send(&notice(), "one@example.com", &clock, &mut false);
    let reason = "the mail server wants a login (530): write it into TOPUP_SMTP_URL, as smtps://USER:PASSWORD@HOST";
    assert_eq!(refused.map(|_| ()), Err(Trouble::Address(reason.to_owned())));
    server.has_no_more();
}

#[test]
fn an_authority_in_ssl_cert_file_is_trusted() {
    let certificate = Certificate::new();
    let manner = Manner { certificate: Some(&certificate), ..Manner::default() };
    let Some(upgraded) = MailServer::start(manner) else { return };
    let Some(wrapped) = MailServer::start(Manner { wrapped: true, ..manner }) else { return };
    for (server, security) in [(&upgraded, "upgraded"), (&wrapped, "wrapped")] {
        let output = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "notice::mail::tests::in_a_process_of_its_own", "--ignored"])
            .env("SSL_CERT_FILE", certificate.authority())
            .env(PORT, format!("{security} {}", server.port))
            .output()
            .expect("it runs");
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && out.contains("1 passed"), "{security}: {out}");
    }
}

#[test]
#[ignore = "run by another test, with SSL_CERT_FILE set"]
fn in_a_process_of_its_own() {
    let Ok(asked) = std::env::var(PORT) else { return };
    let (security, port) = asked.split_once(' ').expect("two words");
    let security = if security == "wrapped" { Security::Wrapped } else { Security::Upgraded };
    assert_eq!(connect(port.parse().expect("a port"), security), Ok(()));
}
