//! The client under a raw server: what it sends, what it refuses, how it ends.

use super::response::retry_after;
use super::*;
use crate::core::base_url::{base_url, below};
use crate::core::secret::Secret;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use std::cell::RefCell;
use std::io::Read;

#[test]
fn a_wait_is_seconds_or_a_date_and_never_longer_than_an_hour() {
    let now = httpdate::parse_http_date("Fri, 20 Nov 2026 12:00:00 GMT").expect("a date");
    for (text, seconds) in [
        ("60", Some(60)),
        (" 7 ", Some(7)),
        ("0", Some(0)),
        ("100000000000000000000", Some(3600)),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 12:01:30 GMT", Some(90)),
        ("Fri, 20 Nov 2026 11:00:00 GMT", Some(0)),
        ("Sat, 20 Nov 2027 12:00:00 GMT", Some(3600)),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).expect("a header"));
        assert_eq!(retry_after(&headers, now), seconds, "{text}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[test]
fn plain_http_stays_on_this_machine() {
    for fine in [
        "https://portal.example/",
        "http://127.0.0.1:8080",
        "http://localhost:1/",
        "http://[::1]:9",
        "https://x/y//",
    ] {
        let url = base_url(fine, false).expect(fine);
        assert!(!below(&url, &["a"]).path().contains("//"), "{fine}");
    }
    for bad in [
        "http://portal.example",
        "ftp://x",
        "portal.example",
        "",
        "https://u:p@x",
        "https://x?y=1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://[::2]/",
    ] {
        assert_eq!(base_url(bad, false).expect_err(bad).class(), Class::Config, "{bad}");
    }
    assert!(base_url("http://portal.example", true).is_ok());
}

#[test]
fn no_word_of_a_refused_url_that_may_be_a_secret_is_shown() {
    for carrying in [
        "https://me:hunter2@portal.example",
        "https://me:hunter2@portal.example:99999",
        "ftp://me:hunter2@portal.example",
        "http://me:hunter2@portal.example",
        "me:hunter2@portal.example",
        "https://portal.example?token=hunter2",
        "https://portal.example:99999/?token=hunter2",
        "https://portal.example#hunter2",
    ] {
        let refused = base_url(carrying, false).expect_err(carrying);
        assert!(!format!("{refused:?}").contains("hunter2"), "{carrying}: {refused:?}");
    }
}

#[test]
fn a_segment_cannot_leave_its_place() {
    let base = Url::parse("https://portal.example/base").expect("a URL");
    assert_eq!(
        below(&base, &["a", "b/c?d#e"]).as_str(),
        "https://portal.example/base/a/b%2Fc%3Fd%23e"
    );
}

#[test]
fn a_token_goes_to_no_other_origin() {
    let http = Http::new(Interrupt::default(), None, None);
    let home = Url::parse("https://portal.example").expect("a URL");
    let token = Secret::new("secret");
    for other in ["https://portal.example:8443/", "http://portal.example/", "https://evil.example/"]
    {
        let request = Request::new(Method::GET, Url::parse(other).expect("a URL"));
        let broken = http
            .send(
                request,
                Some(Bearer { token: &token, home: &home, presented: Presented::Bearer }),
            )
            .expect_err("refused");
        assert!(!broken.sent);
        assert_eq!(broken.class, Class::Internal);
    }
}

/// Answers every connection with these bytes, after the request was read, and closes.
fn server(answer: &'static [u8]) -> (Url, std::sync::mpsc::Receiver<String>) {
    serve(move |mut stream| {
        use std::io::Write;
        let _ = stream.write_all(answer);
    })
}

/// Reads one request on every connection, reports it, and lets `then` answer.
fn serve(
    then: impl Fn(std::net::TcpStream) + Send + 'static,
) -> (Url, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut chunk = [0_u8; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend_from_slice(&chunk[..count]),
                }
            }
            let _ = send.send(String::from_utf8_lossy(&request).into_owned());
            then(stream);
        }
    });
    (Url::parse(&url).expect("a URL"), receive)
}

fn get(url: &Url) -> Result<Response, TransportError> {
    get_within(url, Duration::from_secs(2))
}

fn get_within(url: &Url, limit: Duration) -> Result<Response, TransportError> {
    let http = Http::new(Interrupt::default(), Some(limit), None);
    http.send(Request::new(Method::GET, url.clone()), None)
}

#[test]
fn an_answer_is_read_whole_with_its_clock() {
    let (url, requests) = server(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\
          Date: Fri, 20 Nov 2026 12:00:00 GMT\r\nRetry-After: 7\r\n\r\n{}",
    );
    let token = Secret::new("very-secret");
    let lines = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&lines);
    let tracer = Rc::new(move |line: &str| heard.borrow_mut().push(line.to_owned()));
    let http = Http::new(Interrupt::default(), None, Some(tracer));
    let request = Request::new(Method::GET, url.clone());
    let answer = http
        .send(request, Some(Bearer { token: &token, home: &url, presented: Presented::Bearer }))
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.body.as_slice(), answer.retry_after),
        (200, b"{}".as_slice(), Some(7))
    );
    assert!(answer.may_be_json);
    let server_now = http.server_now().expect("a clock");
    assert_eq!(server_now.to_string()[..16], *"2026-11-20T12:00");
    let request = requests.recv().expect("a request").to_ascii_lowercase();
    assert!(request.contains("authorization: bearer very-secret"), "{request}");
    for never in ["accept-encoding", "referer", "cookie"] {
        assert!(!request.contains(never), "{request}");
    }
    let traced = lines.borrow().join("\n");
    assert!(traced.contains("[cut out]") && !traced.contains("very-secret"), "{traced}");
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let (url, requests) =
        server(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(get(&url).expect("an answer").status, 302);
    assert!(requests.recv().is_ok());
    assert!(requests.recv_timeout(Duration::from_millis(200)).is_err(), "one request only");
}

#[test]
fn what_breaks_off_may_have_been_received() {
    let breaks_off = |answer: &'static [u8], class: Class| {
        let (url, requests) = server(answer);
        let broken = get(&url).expect_err("broken");
        assert!(broken.sent, "{answer:?}");
        assert_eq!(broken.class, class, "{answer:?}: {broken:?}");
        assert!(requests.recv().is_ok());
        assert!(
            requests.recv_timeout(Duration::from_millis(200)).is_err(),
            "never sent again by itself"
        );
    };
    // Each waits for a second request, and all at once.
    thread::scope(|scope| {
        for (answer, class) in [
            (b"".as_slice(), Class::Network),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Class::Network),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Class::Network),
            (b"SSH-2.0-nonsense\r\n\r\n", Class::Protocol),
            (
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                Class::Protocol,
            ),
        ] {
            scope.spawn(move || breaks_off(answer, class));
        }
    });
}

#[test]
fn what_never_connects_was_not_sent() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let broken =
        get(&Url::parse(&format!("http://127.0.0.1:{port}")).expect("a URL")).expect_err("refused");
    assert!(!broken.sent);
    assert_eq!(broken.class, Class::Network);
    // A server that does not speak TLS where TLS is asked for.
    let plain = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}", plain.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut stream in plain.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let broken = get(&Url::parse(&url).expect("a URL")).expect_err("no TLS");
    assert!(!broken.sent);
    assert_eq!(broken.class, Class::Tls, "{broken:?}");
}

#[test]
fn a_flood_and_a_trickle_both_end() {
    let (url, _requests) = serve(|mut stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 64 * 1024]).is_ok() {}
    });
    let broken = get(&url).expect_err("too large");
    assert_eq!((broken.class, broken.sent), (Class::Protocol, true));
    let (url, _requests) = serve(|mut stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(100));
            if stream.write_all(b"x").is_err() {
                break;
            }
        }
    });
    // Were the deadline one of each read, the answer would be whole after ten seconds.
    let broken = get_within(&url, Duration::from_secs(1)).expect_err("too slow");
    assert_eq!((broken.class, broken.sent), (Class::Timeout, true));
}

#[test]
fn a_fresh_connection_is_one_that_no_request_has_used() {
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&connections);
    let (url, _requests) = serve(move |mut stream| {
        use std::io::Write;
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        thread::spawn(move || {
            // Keeps the connection open and answers whatever comes.
            let mut chunk = [0_u8; 4096];
            loop {
                if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_err() {
                    break;
                }
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        });
    });
    let http = Http::new(Interrupt::default(), None, None);
    let read = || Request::new(Method::GET, url.clone());
    http.send(read(), None).expect("an answer");
    http.send(read(), None).expect("an answer");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1, "reads share one");
    http.send(read().on_fresh_connection(), None).expect("an answer");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2, "a purchase has its own");
}

#[test]
fn a_secret_in_a_header_of_its_own_is_bound_to_its_origin_and_never_shown() {
    const NAME: &str = "x-session";
    let (url, requests) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    let key = Secret::new("very-secret");
    let lines = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&lines);
    let tracer = Rc::new(move |line: &str| heard.borrow_mut().push(line.to_owned()));
    let http = Http::new(Interrupt::default(), None, Some(tracer));
    let bearer = Bearer { token: &key, home: &url, presented: Presented::Header(NAME) };
    let elsewhere = Url::parse("http://127.0.0.1:9").expect("a URL");
    let [own, other] = http.send_together(
        [Request::new(Method::GET, url.clone()), Request::new(Method::GET, elsewhere)],
        bearer,
    );
    assert_eq!(own.expect("an answer").status, 200);
    assert_eq!(other.expect_err("refused").class, Class::Internal);
    let request = requests.recv().expect("a request").to_ascii_lowercase();
    assert!(request.contains("x-session: very-secret"), "{request}");
    assert!(!request.contains("authorization"), "{request}");
    assert!(!lines.borrow().join("\n").contains("very-secret"));
}

#[test]
fn requests_sent_together_are_under_way_at_once_and_fail_one_by_one() {
    // Neither is answered before both are here: one after the other would never end.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let url = Url::parse(&url).expect("a URL");
    thread::spawn(move || {
        for _ in 0..2 {
            let mut both: Vec<_> = listener.incoming().take(2).flatten().collect();
            for stream in &mut both {
                // Both are connected here, whichever of them is served first.
                let mut chunk = [0_u8; 1024];
                let count = stream.read(&mut chunk).unwrap_or_default();
                let text = String::from_utf8_lossy(&chunk[..count]).into_owned();
                let body = if text.contains("/first") { "{\"is\":1}" } else { "{\"is\":2}" };
                let status = if text.contains("/broken") { "500 No" } else { "200 OK" };
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: 8\r\nConnection: close");
                let _ =
                    std::io::Write::write_all(stream, format!("{head}\r\n\r\n{body}").as_bytes());
            }
        }
    });
    let http = Http::new(Interrupt::default(), Some(Duration::from_secs(5)), None);
    let key = Secret::new("secret");
    let bearer = Bearer { token: &key, home: &url, presented: Presented::Header("x-session") };
    let ask = |path| Request::new(Method::GET, below(&url, &[path]));
    let [first, second] = http.send_together([ask("first"), ask("second")], bearer);
    let bodies = [first, second].map(|answer| answer.expect("an answer").body);
    assert_eq!(bodies, [b"{\"is\":1}".to_vec(), b"{\"is\":2}".to_vec()], "in their order");
    let [first, second] = http.send_together([ask("first"), ask("broken")], bearer);
    assert_eq!(first.expect("an answer").status, 200);
    assert_eq!(second.expect("an answer").status, 500);
}

#[test]
fn of_a_secret_path_nothing_is_shown_but_the_host() {
    let (url, requests) = server(b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", free.local_addr().expect("an address"));
    let closed = Url::parse(&closed).expect("a URL");
    drop(free);
    let lines = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&lines);
    let tracer = Rc::new(move |line: &str| heard.borrow_mut().push(line.to_owned()));
    let http = Http::new(Interrupt::default(), None, Some(tracer));
    let ask = |base: &Url| {
        let mut url = below(base, &["very-secret"]);
        url.set_query(Some("key=very-secret"));
        Request::new(Method::POST, url).json(b"{}".to_vec()).with_secret_path()
    };
    assert_eq!(http.send(ask(&url), None).expect("an answer").status, 500);
    let request = requests.recv().expect("a request");
    assert!(request.starts_with("POST /very-secret?key=very-secret "), "{request}");
    let broken = http.send(ask(&closed), None).expect_err("the port is closed");
    assert!(!format!("{broken:?}").contains("very-secret"), "{broken:?}");
    let traced = lines.borrow().join("\n");
    let host = url.as_str().trim_end_matches('/');
    assert!(traced.contains(&format!("> POST {host}/[cut out]\n")), "{traced}");
    assert!(!traced.contains("very-secret"), "{traced}");
}

#[test]
fn a_limit_holds_whatever_the_timeout_says() {
    let (url, _requests) = serve(|stream| {
        thread::sleep(Duration::from_secs(5));
        drop(stream);
    });
    let http = Http::new(Interrupt::default(), Some(Duration::from_secs(60)), None);
    let request = Request::new(Method::GET, url).at_most(Duration::from_millis(300));
    // Without the limit the end of the connection, after five seconds, would be the answer.
    let broken = http.send(request, None).expect_err("too slow");
    assert_eq!((broken.class, broken.sent), (Class::Timeout, true));
}
