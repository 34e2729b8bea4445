//! Promise: that a shared pool is empty is told once per cooldown, whichever process asks; a notice
//! that fails changes no answer, and no address gets into any output.

use crate::smtp::{Certificate, MailServer, Manner, header};
use crate::support::{Canned, Ran, User, until};

const ADDRESSES: [&str; 3] = ["anna@x.example", "nobody@x.example", "carl@x.example"];

/// Somebody with an empty pool, whose addresses are told once in this time.
fn user(cooldown: &str) -> User {
    let user = User::new().with("TOPUP_SMTP_FROM", "topup@x.example");
    let mut init = vec!["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    init.extend(["--cooldown", cooldown]);
    init.extend(ADDRESSES.iter().flat_map(|address| ["--notify", address]));
    user.run(&init).code(0);
    user
}

/// A refused check, with nothing in its output that does not belong there.
fn refused(user: &User) -> Ran {
    let ran = user.run(&["ledger", "check", "5", "--user", "bob", "--json", "-v"]).code(30);
    let document = ran.failed("insufficient_balance", None);
    assert_eq!(document["error"]["code"], "INSUFFICIENT_BALANCE");
    for secret in ["x.example", "hunter2", "hooks/T0"] {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret}: {}", ran.err);
    }
    ran
}

#[test]
fn everybody_is_told_once_and_one_who_cannot_be_reached_keeps_it_from_nobody() {
    let manner =
        Manner { refuses: Some(ADDRESSES[1]), login: Some(["me", "hunter2"]), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let url = format!("smtp://me:hunter2@127.0.0.1:{}", server.port);
    let user = user("1h").with("TOPUP_SMTP_URL", &url);
    refused(&user).says("address 2 of 3").says("A notice was sent: CHF 0.00 left in the pool");
    for address in [ADDRESSES[0], ADDRESSES[2]] {
        let mail = server.mail();
        assert_eq!(mail["to"], serde_json::json!([address]));
        assert_eq!(header(&mail, "To"), Some(address), "nobody sees the others");
        assert_eq!(header(&mail, "Auto-Submitted"), Some("auto-generated"));
        for part in ["text", "html"] {
            let text = mail[part].as_str().expect("text");
            for fact in ["acme", "bob", "CHF", "0.00", "5.00", "topup ledger credit"] {
                assert!(text.contains(fact), "no {fact} in the {part}: {text}");
            }
        }
    }
    // Within the cooldown nobody is told again, whoever asks; a run that is refused asks as well.
    refused(&user);
    let run = ["ledger", "run", "--estimate", "1", "--for-provider", "x", "--", "true"];
    user.run(&run).code(30);
    server.has_no_more();
}

#[test]
fn ten_processes_tell_it_once_and_after_the_cooldown_it_is_told_again() {
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let user = user("2s").with("TOPUP_SMTP_URL", &server.url());
    let asked = ["ledger", "check", "5"];
    let crowd: Vec<_> = (0..10).map(|_| user.start(&asked)).collect();
    for one in crowd {
        user.finish(&asked, one).code(30);
    }
    for _ in ADDRESSES {
        server.mail();
    }
    server.has_no_more();
    until("a notice is sent again", || {
        user.run(&asked).code(30).err.contains("A notice was sent: CHF 0.00 left in the pool")
    });
    for _ in ADDRESSES {
        server.mail();
    }
    server.has_no_more();
}

#[test]
fn a_notice_that_reaches_nobody_changes_no_answer_and_begins_no_cooldown() {
    // A port on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("smtp://127.0.0.1:{}", free.local_addr().expect("its number").port());
    drop(free);
    let user = user("1h").with("TOPUP_SMTP_URL", &url);
    for _ in 0..2 {
        refused(&user).says("the notice about the pool").says("cannot be reached");
    }
    // What was not reached is tried at once.
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let user = user.with("TOPUP_SMTP_URL", &server.url());
    refused(&user).says("A notice was sent: CHF 0.00 left in the pool");
    assert_eq!(server.mail()["to"], serde_json::json!([ADDRESSES[0]]));
}

#[test]
fn on_this_machine_a_mail_server_with_a_certificate_that_is_no_good_gets_the_notice_all_the_same() {
    // One that is only unknown still encrypts; one that cannot be read cannot.
    for (certificate, encrypted) in
        [(Certificate::new(), true), (Certificate::of_version_1(), false)]
    {
        let manner = Manner { certificate: Some(&certificate), ..Manner::default() };
        let Some(server) = MailServer::start(manner) else { return };
        let user = user("1h").with("TOPUP_SMTP_URL", &server.url());
        refused(&user).says("A notice was sent: CHF 0.00 left in the pool");
        for address in ADDRESSES {
            let mail = server.mail();
            assert_eq!(mail["to"], serde_json::json!([address]));
            assert_eq!(mail["encrypted"], encrypted, "{mail}");
        }
        // Whoever asks for TLS from the first byte gets nothing without it.
        let wrapped = Manner { wrapped: true, ..manner };
        let Some(server) = MailServer::start(wrapped) else { return };
        let url = format!("smtps://127.0.0.1:{}", server.port);
        let user = user.with("TOPUP_SMTP_URL", &url);
        user.run(&["ledger", "init", "--mandate", "acme", "--cooldown", "0"]).code(0);
        refused(&user).says("no trusted connection to the mail server");
        server.has_no_more();
    }
}

#[test]
fn a_mail_server_that_wants_a_login_is_named_with_the_place_of_user_and_password() {
    let manner = Manner { login: Some(["me", "hunter2"]), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let user = user("1h").with("TOPUP_SMTP_URL", &server.url());
    refused(&user)
        .says("the mail server wants a login (530)")
        .says("write it into TOPUP_SMTP_URL, as smtps://USER:PASSWORD@HOST");
    server.has_no_more();
    let url = format!("smtp://me:hunter2@127.0.0.1:{}", server.port);
    refused(&user.with("TOPUP_SMTP_URL", &url)).says("A notice was sent");
    assert_eq!(server.mail()["to"], serde_json::json!([ADDRESSES[0]]));
}

#[test]
fn the_notice_is_in_the_language_of_the_profile_and_the_refusal_in_that_of_the_caller() {
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let user = user("1h").with("TOPUP_SMTP_URL", &server.url());
    user.run(&["config", "set", "language", "de"]).code(0);
    let ran = refused(&user);
    assert!(ran.err.contains("CHF 5.00 is needed"), "{}", ran.err);
    let mail = server.mail();
    let subject = header(&mail, "Subject").expect("a subject");
    assert_eq!(subject, "[topup] Noch CHF 0.00 im gemeinsamen Guthaben von acme");
    assert!(!mail["text"].as_str().expect("text").contains("pool"), "{mail}");
}

#[test]
fn a_webhook_is_told_as_well_and_its_address_is_a_secret() {
    let hook = Canned::json("200 OK", "{}");
    let user = User::new().with("TOPUP_NOTIFY_URL", &format!("{}/hooks/T0", hook.url));
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    refused(&user).says("A notice was sent: CHF 0.00 left in the pool");
    refused(&user);
    assert_eq!(hook.count(), 1, "once in the cooldown");
    let broken = Canned::json("500 Internal Server Error", "{}");
    let user = user.with("TOPUP_NOTIFY_URL", &format!("{}/hooks/T0", broken.url));
    user.run(&["ledger", "init", "--mandate", "acme", "--cooldown", "0"]).code(0);
    refused(&user).says("the webhook: it answered 500");
}

#[test]
fn a_way_that_is_set_wrong_is_told_and_closes_no_other() {
    let hook = Canned::json("200 OK", "{}");
    for (name, value) in [
        ("TOPUP_SMTP_URL", "imap://me:hunter2@mail.x.example"),
        ("TOPUP_SMTP_URL", ""),
        ("TOPUP_SMTP_FROM", "nobody"),
    ] {
        let before = hook.count();
        let user = User::new().with("TOPUP_NOTIFY_URL", &hook.url).with(name, value);
        let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
        user.run(&[&init[..], &["--notify", ADDRESSES[0]]].concat()).code(0);
        refused(&user).says("A notice was sent: CHF 0.00 left in the pool").says("TOPUP_SMTP_URL");
        assert_eq!(hook.count(), before + 1, "{name}={value}");
    }
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let user = user("0").with("TOPUP_SMTP_URL", &server.url());
    let user = user.with("TOPUP_NOTIFY_URL", "http://hooks.x.example/hooks/T0");
    refused(&user).says("TOPUP_NOTIFY_URL").says("A notice was sent: CHF 0.00 left in the pool");
    assert_eq!(server.mail()["to"], serde_json::json!([ADDRESSES[0]]));
}

#[test]
fn nobody_to_tell_is_a_warning_and_only_shared_pools_have_somebody() {
    let user = User::new();
    user.run(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]).code(0);
    refused(&user).says("warning: no notice sent").says("--notify ADDRESS");
    let wrong = user.with("TOPUP_SMTP_URL", "imap://me:hunter2@mail.x.example");
    refused(&wrong).says("warning: no notice sent").says("TOPUP_SMTP_URL");
    let hook = Canned::json("200 OK", "{}");
    let own = User::new().with("TOPUP_NOTIFY_URL", &hook.url);
    own.run(&["ledger", "init", "--mandate", "lab", "--model", "prepay-user"]).code(0);
    own.run(&["ledger", "check", "5", "--user", "bob"]).code(30);
    assert_eq!(hook.count(), 0, "each user looks after the own account");
}
