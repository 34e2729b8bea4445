//! Notices as they arrive: at a real mail server and at a small webhook, and what is reported of
//! those that do not.

#[path = "../../tests/smtp.rs"]
pub(super) mod smtp;

use super::deadline::NoticeLimits;
use super::*;
use crate::core::class::Class;
use crate::core::language::Language;
use crate::core::money::Money;
use crate::credentials::fake::{Does, Fake};
use serde_json::{Value, json};
use smtp::{MailServer, Manner};
use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

pub(super) fn notice() -> Notice {
    Notice {
        language: Language::English,
        mandate: "acme".into(),
        currency: "CHF".into(),
        balance: Money::parse("0.3").expect("money"),
        required: Money::parse("1").expect("money"),
        triggered_by: Some("ada@example.com".into()),
        at: "2026-11-20T12:00:00Z".parse().expect("a time"),
        cooldown: Duration::from_secs(3600),
    }
}

/// Short enough for a test that waits until one of them is over, and long enough for a server that
/// answers.
const SHORT: NoticeLimits = NoticeLimits {
    all: Duration::from_secs(25),
    setting_up: Duration::from_secs(3),
    one: Duration::from_secs(1),
};

/// For a server that never answers: nothing but its limit can end it.
const SILENT: NoticeLimits = NoticeLimits {
    all: Duration::from_secs(25),
    setting_up: Duration::from_millis(300),
    one: Duration::from_millis(300),
};

fn addresses<const N: usize>(typed: [&str; N]) -> [String; N] {
    typed.map(str::to_owned)
}

/// Sends by this server and gives what was sent, and how often the first success was reported.
fn mailed(url: &str, addresses: &[String], limits: NoticeLimits) -> (NoticeSent, usize) {
    let channels =
        Channels::parse(Some(url), Some("Pool <pool@example.org>"), None).expect("channels");
    let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
    let mut firsts = 0;
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(limits, &interrupt, &system);
    let sent = send_within(&clock, &notice(), addresses, &channels, &http, &mut || firsts += 1);
    (sent, firsts)
}

#[test]
fn each_address_gets_a_mail_of_its_own_with_both_parts_in_one_language() {
    let login = Some(["us@er", "p:a/s%s ü"]);
    let Some(server) = MailServer::start(Manner { login, ..Manner::default() }) else { return };
    let url = format!("smtp://us%40er:p%3Aa%2Fs%25s%20%C3%BC@localhost:{}", server.port);
    let (sent, firsts) = mailed(&url, &addresses(["one@example.com", "two@example.com"]), LIMITS);
    assert_eq!((sent, firsts), (NoticeSent { reached: 2, failed: Vec::new() }, 1));
    let mut ids = Vec::new();
    for to in ["one@example.com", "two@example.com"] {
        let mail = server.mail();
        assert_eq!((&mail["to"], &mail["login"]), (&json!([to]), &json!("us@er")));
        assert_eq!(
            (&mail["sender"], &mail["encrypted"]),
            (&json!("pool@example.org"), &json!(false))
        );
        let header = |name| smtp::header(&mail, name).unwrap_or_else(|| panic!("{name}: {mail}"));
        assert_eq!(header("To"), to);
        assert_eq!(header("From"), "Pool <pool@example.org>");
        assert_eq!(header("Subject"), "[topup] CHF 0.30 left in the shared pool of acme");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert!(header("Date").contains("20"), "{mail}");
        ids.push(header("Message-ID").to_owned());
        for (part, of_its_own) in [("text", "Mandate: acme\n"), ("html", "<td>acme</td>")] {
            let part = mail[part].as_str().expect("a part");
            for expected in ["CHF 0.30", "Required", "--mandate acme", of_its_own] {
                assert!(part.contains(expected), "no '{expected}' in {part}");
            }
            assert!(!part.contains("Guthaben"), "{part}");
        }
    }
    assert!(ids[0] != ids[1] && ids[0].ends_with("@example.org>"), "{ids:?}");
    server.has_no_more();
}

#[test]
fn hostile_names_add_no_header_and_no_markup() {
    let Some(server) = MailServer::start(Manner::default()) else { return };
    let channels = Channels::parse(Some(&server.url()), None, None).expect("channels");
    let hostile = Notice {
        mandate: format!("x\r\nBcc: eve@example.com\r\n\r\n.\r\n<b>{}", "ü\u{202e}".repeat(200)),
        triggered_by: Some("\n.\nQUIT\n</td><script>x</script>".into()),
        ..notice()
    };
    let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
    let to = addresses(["one@example.com"]);
    let sent = send(&hostile, &to, &channels, &http, &interrupt, &mut || {});
    assert_eq!(sent, NoticeSent { reached: 1, failed: Vec::new() });
    let mail = server.mail();
    let names = mail["headers"].as_array().expect("headers").iter().map(|pair| &pair[0]);
    let mut names: Vec<&str> = names.filter_map(Value::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "Auto-Submitted",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
        ]
    );
    assert_eq!(mail["to"], json!(["one@example.com"]));
    let html = mail["html"].as_str().expect("a part");
    assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
    assert!(!mail["text"].as_str().expect("a part").contains('\u{202e}'));
    assert!(smtp::header(&mail, "From").is_some_and(|from| from.starts_with("topup@")), "{mail}");
}

#[test]
fn one_bad_address_stops_no_other_and_the_first_success_is_reported_before_the_next_is_tried() {
    let manner = Manner { refuses: Some("none@example.com"), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let channels = Channels::parse(Some(&server.url()), None, None).expect("channels");
    let to = addresses([
        "none@example.com",
        "x@example.com> \r\nRCPT TO:<eve@example.com",
        "one@example.com",
        "no address",
        "two@example.com",
    ]);
    let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
    let mut firsts = 0;
    let sent = send(&notice(), &to, &channels, &http, &interrupt, &mut || {
        firsts += 1;
        assert_eq!(server.mail()["to"], json!(["one@example.com"]));
        server.has_no_more();
    });
    assert_eq!(firsts, 1);
    assert_eq!(server.mail()["to"], json!(["two@example.com"]));
    assert_eq!(sent.reached, 2);
    assert_eq!(
        sent.failed,
        [
            "address 1 of 5: the mail server refused it (550)",
            "address 2 of 5: it is not a mail address",
            "address 4 of 5: it is not a mail address",
        ]
    );
}

#[test]
fn a_stalled_address_takes_no_time_from_the_others_for_ever() {
    let manner = Manner { stalls: Some("slow@example.com"), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let started = Instant::now();
    let (sent, firsts) =
        mailed(&server.url(), &addresses(["slow@example.com", "one@example.com"]), SHORT);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((sent.reached, firsts), (1, 1));
    assert_eq!(sent.failed, ["address 1 of 2: the mail server did not answer in time"]);
}

#[test]
fn a_server_that_is_no_use_is_told_once_and_in_time() {
    let [silent, rude] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let (silent_port, rude_port, free_port) = (port(&silent), port(&rude), port(&free));
    drop(free);
    thread::spawn(move || {
        for mut stream in rude.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 secret words\r\n\r\n");
        }
    });
    let to = addresses(["one@example.com", "two@example.com"]);
    for (url, limits, reason) in [
        (format!("smtp://127.0.0.1:{free_port}"), SHORT, "the mail server cannot be reached"),
        (
            format!("smtp://u:word@127.0.0.1:{silent_port}"),
            SILENT,
            "the mail server did not answer in time",
        ),
        (
            format!("smtp://127.0.0.1:{rude_port}"),
            SHORT,
            "the mail server does not speak SMTP as expected",
        ),
        (
            format!("smtps://127.0.0.1:{rude_port}"),
            SHORT,
            "no trusted connection to the mail server",
        ),
    ] {
        let started = Instant::now();
        let (sent, firsts) = mailed(&url, &to, limits);
        assert!(started.elapsed() < Duration::from_secs(8), "{url}: {:?}", started.elapsed());
        assert_eq!((sent.reached, firsts), (0, 0), "{url}");
        assert_eq!(sent.failed, [format!("addresses 1 to 2 of 2: {reason}")], "{url}");
    }
    drop(silent);
}

#[test]
fn the_time_for_all_of_it_is_bounded_and_a_signal_ends_it() {
    let manner = Manner { stalls: Some("slow@example.com"), ..Manner::default() };
    let Some(server) = MailServer::start(manner) else { return };
    let channels = Channels::parse(Some(&server.url()), None, None).expect("channels");
    let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
    let to: Vec<String> = vec!["slow@example.com".to_owned(); 9];
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(
        NoticeLimits { all: Duration::from_secs(1), ..LIMITS },
        &interrupt,
        &system,
    );
    let started = Instant::now();
    let sent = send_within(&clock, &notice(), &to, &channels, &http, &mut || {});
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(sent.reached, 0);
    let last = sent.failed.last().expect("a reason");
    assert!(last.ends_with("of 9: not tried, the time for the notice is over"), "{sent:?}");
    interrupt.came(crate::core::signals::Signal::Interrupt);
    let sent = send(&notice(), &to, &channels, &http, &interrupt, &mut || {});
    assert_eq!(sent.failed, ["addresses 1 to 9 of 9: interrupted"]);
}

#[test]
fn what_is_missing_is_reported() {
    let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
    let some = addresses(["one@example.com", "two@example.com"]);
    let server = Some("smtps://mail.example");
    let failures = |url, to: &[String]| {
        let channels = Channels::parse(url, None, None).expect("channels");
        send(&notice(), to, &channels, &http, &interrupt, &mut || {}).failed
    };
    assert_eq!(
        failures(None, &some),
        ["addresses 1 to 2 of 2: no mail server is set in TOPUP_SMTP_URL"]
    );
    assert_eq!(failures(None, &[]), ["there is neither an address nor a webhook to notify"]);
    assert_eq!(failures(server, &[]), ["there is no address to send the notice to"]);
}

/// Posts to this webhook; gives what was sent, how often the first success was reported, and the
/// trace.
fn posted(url: &str, limits: NoticeLimits) -> (NoticeSent, usize, String) {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&lines);
    let tracer = Rc::new(move |line: &str| heard.borrow_mut().push(line.to_owned()));
    // A long `--timeout` gives a notice no more time.
    let http = Http::new(Interrupt::default(), Some(Duration::from_secs(3600)), Some(tracer));
    let channels = Channels::parse(None, None, Some(url)).expect("channels");
    let interrupt = Interrupt::default();
    let mut firsts = 0;
    let system = SystemClock::new(interrupt.clone());
    let clock = NoticeClock::new(limits, &interrupt, &system);
    let sent = send_within(&clock, &notice(), &[], &channels, &http, &mut || firsts += 1);
    let trace = lines.borrow().join("\n");
    (sent, firsts, trace)
}

#[test]
fn a_webhook_gets_all_of_it_as_json() {
    let fake = Fake::start(|_, _| Does::Answer(204, json!({})));
    let (sent, firsts, trace) =
        posted(&format!("{}hooks/secret-path?key=secret-key", fake.base), LIMITS);
    assert_eq!((sent, firsts), (NoticeSent { reached: 1, failed: Vec::new() }, 1));
    assert!(trace.contains("> POST http://127.0.0.1:") && trace.contains("/[cut out]"), "{trace}");
    assert!(!trace.contains("secret"), "{trace}");
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /hooks/secret-path?key=secret-key");
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    let mut body: Value = serde_json::from_str(&seen[0].body).expect("JSON");
    let fields = body.as_object_mut().expect("an object");
    for (key, expected) in [
        ("message_en", "CHF 1.00 was asked for by ada@example.com"),
        ("message_de", "verlangt wurden von ada@example.com CHF 1.00"),
        ("text", "CHF 0.30 left in the shared pool of mandate `acme`"),
    ] {
        let text = fields[key].as_str().expect("text");
        assert!(text.contains(expected), "no '{expected}' in {text}");
    }
    for key in ["message_en", "message_de", "text"] {
        fields.remove(key);
    }
    assert_eq!(
        body,
        json!({"event": "pool_exhausted", "mandate": "acme", "balance": "0.3",
            "required_amount": "1", "currency": "CHF", "triggered_by": "ada@example.com",
            "user_action": "CONTACT_MANDATE_ADMIN", "at": "2026-11-20T12:00:00Z"})
    );
}

#[test]
fn a_webhook_that_fails_is_told_without_its_path() {
    for status in [302, 404, 500] {
        let fake = Fake::start(move |_, _| Does::Answer(status, json!({"error": "secret"})));
        let (sent, firsts, trace) = posted(&format!("{}secret", fake.base), LIMITS);
        assert_eq!((sent.reached, firsts, fake.seen().len()), (0, 0, 1));
        assert_eq!(sent.failed, [format!("the webhook: it answered {status}")]);
        assert!(!trace.contains("secret"), "{trace}");
    }
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let [silent_port, free_port] =
        [&silent, &free].map(|listener| listener.local_addr().expect("an address").port());
    drop(free);
    for (url, limits, reason) in [
        (
            format!("http://me:secret@127.0.0.1:{silent_port}/secret"),
            SHORT,
            "complete answer within 1s",
        ),
        (format!("http://localhost:{free_port}/secret"), LIMITS, "cannot be reached"),
    ] {
        let started = Instant::now();
        let (sent, _, trace) = posted(&url, limits);
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
        assert!(sent.failed[0].contains(reason), "{sent:?}");
        assert!(!format!("{sent:?}{trace}").contains("secret"), "{sent:?} {trace}");
    }
    drop(silent);
}

#[test]
fn a_webhook_and_mails_go_side_by_side() {
    let Some(server) = MailServer::start(Manner::default()) else { return };
    for (status, reached) in [(200, 2), (500, 1)] {
        let fake = Fake::start(move |_, _| Does::Answer(status, json!({})));
        let channels =
            Channels::parse(Some(&server.url()), None, Some(fake.base.as_str())).expect("channels");
        assert!(channels.has_mail() && channels.has_webhook());
        let (http, interrupt) = (Http::new(Interrupt::default(), None, None), Interrupt::default());
        let to = addresses(["one@example.com"]);
        let mut firsts = 0;
        let sent = send(&notice(), &to, &channels, &http, &interrupt, &mut || firsts += 1);
        assert_eq!((sent.reached, firsts), (reached, 1), "{sent:?}");
        assert_eq!(server.mail()["to"], json!(["one@example.com"]));
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_refused_and_not_repeated() {
    for (smtp, from, hook) in [
        (Some("http://u:secret@mail.example"), None, None),
        (Some("secret"), None, None),
        (Some("smtp://mail.example/secret"), None, None),
        (Some("smtp://u:sec/ret@mail.example"), None, None),
        (Some("smtp://u:secret#x@mail.example"), None, None),
        (Some("smtp://mail.example?tls=none"), None, None),
        (Some("smtp://secret@mail.example"), None, None),
        (Some("smtp://:secret@mail.example"), None, None),
        (Some("smtp://u:secret%00@mail.example"), None, None),
        (Some("smtp://u:secret%ff@mail.example"), None, None),
        (Some("smtp://mail.example:99999"), None, None),
        (Some("smtp:mail.example"), None, None),
        (Some("smtps://mail.example"), Some("secret"), None),
        (Some("smtps://mail.example"), Some("a@b.example\r\nBcc: secret@b.example"), None),
        (None, Some("secret@mail.example"), None),
        (None, None, Some("http://hooks.example/secret")),
        (None, None, Some("ftp://hooks.example/secret")),
        (None, None, Some("secret")),
    ] {
        let error = Channels::parse(smtp, from, hook).expect_err("refused");
        assert_eq!(error.class(), Class::Config);
        let shown = format!("{error:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    let channels = Channels::parse(
        Some("smtps://u:secret@mail.example"),
        None,
        Some("https://x.example/secret"),
    );
    assert!(!format!("{channels:?}").contains("secret"));
    assert!(
        is_address("a@b.example") && !is_address("a@b.example\nx") && !is_address("<a@b.example>")
    );
}
