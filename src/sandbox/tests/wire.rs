//! What goes over the connection: the clock in every answer, faults down to the last byte, the
//! names the portal answers to, and how it stops.

use super::*;
use jiff::fmt::rfc2822;

fn fault(target: &str, effect: FaultEffect, times: u32) -> SandboxFault {
    let (method, path) = SandboxFault::parse_target(target).expect("a target");
    SandboxFault { id: 0, method, path, effect, times }
}

/// A charge as bytes, on a connection that is to be closed by the server.
fn charge_bytes(bench: &SandboxBench, key: &str) -> String {
    let body = r#"{"amountUsd":25}"#;
    format!(
        "POST /api/billing/charge HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: {key}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        bench.ready.token,
        body.len()
    )
}

#[test]
fn every_answer_carries_the_portals_clock() {
    let bench = bench();
    bench.set("clock=+25h");
    let wanted = Timestamp::now() + SignedDuration::from_hours(25);
    bench
        .portal
        .add_fault(&fault(
            "GET /api/oauth/account",
            FaultEffect::Answer { status: 503, retry_after: None, body: None, after_work: false },
            1,
        ))
        .expect("kept");
    let large = "x".repeat(70_000);
    let get = |path: &str| bench.client.get(bench.url(path));
    for (what, status, request) in [
        ("state", 401, get("/api/billing/state")),
        ("page", 200, get("/billing")),
        ("no such call", 404, get("/api/nothing")),
        ("fault", 503, get("/api/oauth/account")),
        ("other host", 403, get("/").header("Host", "evil.example")),
        ("too large", 413, bench.client.post(bench.url("/api/billing/charge")).body(large.clone())),
    ] {
        let answer = request.send().expect(what);
        assert_eq!(answer.status(), status, "{what}");
        let date = answer.headers()["date"].to_str().expect("text");
        let date = rfc2822::DateTimeParser::new().parse_timestamp(date).expect("a date");
        let off = date.duration_since(wanted).abs();
        assert!(off < SignedDuration::from_secs(60), "{what}: {date}, wanted {wanted}");
    }
}

#[test]
fn a_lost_answer_is_not_one_byte_of_one() {
    let bench = bench();
    let charges = || bench.portal.charges().expect("charges").len();
    let target = "POST /api/billing/charge";
    bench.portal.add_fault(&fault(target, FaultEffect::DropBefore, 1)).expect("kept");
    assert_eq!(bench.raw(&charge_bytes(&bench, "key-00001")), b"");
    assert_eq!(charges(), 0);
    bench.portal.add_fault(&fault(target, FaultEffect::LoseResponse, 1)).expect("kept");
    assert_eq!(bench.raw(&charge_bytes(&bench, "key-00001")), b"");
    assert_eq!(charges(), 1);
    let whole = String::from_utf8(bench.raw(&charge_bytes(&bench, "key-00001"))).expect("text");
    assert!(whole.starts_with("HTTP/1.1 202"), "{whole}");
    assert!(whole.to_lowercase().contains("idempotent-replayed: true"), "{whole}");
    assert_eq!(charges(), 1);
}

#[test]
fn a_truncated_answer_promises_all_and_sends_half() {
    let bench = bench();
    let target = "POST /api/billing/charge";
    bench.portal.add_fault(&fault(target, FaultEffect::Truncate, 1)).expect("kept");
    let split = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            })
            .expect("a length");
        (length.parse::<usize>().expect("a number"), body.to_owned())
    };
    let (promised, half) = split(bench.raw(&charge_bytes(&bench, "key-00001")));
    let (length, whole) = split(bench.raw(&charge_bytes(&bench, "key-00001")));
    assert_eq!(length, whole.len());
    assert_eq!(promised, length, "the length is that of the whole");
    assert_eq!(half, whole[..length / 2]);
}

#[test]
fn a_fault_fires_as_often_as_it_was_told_and_on_nothing_else() {
    let bench = bench();
    let refuse =
        FaultEffect::Answer { status: 503, retry_after: Some(7), body: None, after_work: false };
    bench.portal.add_fault(&fault("GET /api/billing/*", refuse, 3)).expect("kept");
    assert_eq!(bench.charge("key-00001", "25").status, 202, "another method");
    assert_eq!(bench.get("/api/oauth/account").status, 200, "another path");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..10).map(|_| scope.spawn(|| bench.get("/api/billing/state").status)).collect();
        workers.into_iter().map(|worker| worker.join().expect("answered")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 7, "{statuses:?}");
}

#[test]
fn a_body_of_ones_own_goes_out_as_it_is() {
    let bench = bench();
    let given = |status, body: &str| {
        let effect = FaultEffect::Answer {
            status,
            retry_after: None,
            body: Some(body.to_owned()),
            after_work: false,
        };
        bench.portal.add_fault(&fault("GET /api/billing/state", effect, 1)).expect("kept");
        let answer = bench.client.get(bench.url("/api/billing/state")).send().expect("an answer");
        (answer.status().as_u16(), answer.text().expect("text"))
    };
    for (status, body) in [(200, "not json"), (202, ""), (418, "[1]"), (500, "{\"error\":\"x\"}")] {
        assert_eq!(given(status, body), (status, body.to_owned()));
    }
    for effect in [
        FaultEffect::Html,
        FaultEffect::Answer { status: 500, retry_after: None, body: None, after_work: false },
    ] {
        bench.portal.add_fault(&fault("POST /api/billing/charge", effect, 1)).expect("kept");
        let _ = bench.charge("key-00001", "25");
        assert!(bench.portal.charges().expect("none").is_empty(), "answered without any work");
    }
    bench.portal.add_fault(&fault("GET /x", FaultEffect::Html, 2)).expect("kept");
    bench.portal.clear_faults().expect("cleared");
    assert!(bench.portal.faults().expect("none").is_empty());
}

#[test]
fn what_is_no_request_is_no_target() {
    for text in ["", "POST", "POST x", "post /x", "BREW /x", "POST /a b", "/x"] {
        assert!(SandboxFault::parse_target(text).is_err(), "{text}");
    }
}

#[test]
fn only_names_of_this_machine_are_answered_to() {
    let bench = bench();
    let ask = |host: &str| {
        let answer = bench.raw(&format!("GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n"));
        String::from_utf8_lossy(&answer).split(' ').nth(1).expect("a status").to_owned()
    };
    for host in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST", "[::1]:9", "127.9.9.9"]
    {
        assert_eq!(ask(&format!("Host: {host}\r\n")), "200", "{host}");
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "127.0.0.1@evil.example",
        "evil.example#@127.0.0.1",
        "127.0.0.1/evil",
        "localhost\"onclick",
        "[::2]",
        "",
    ] {
        assert_eq!(ask(&format!("Host: {host}\r\n")), "403", "{host}");
    }
    assert_eq!(ask("Host: 127.0.0.1\r\nHost: evil.example\r\n"), "403");
    assert_eq!(ask(""), "403", "no name at all");
    assert_eq!(bench.portal.log().expect("a log").len(), 6, "a stranger gets into no log");
}

#[test]
fn calls_there_are_not_are_told_so() {
    let bench = bench();
    for (method, path) in [
        (Method::GET, "/api/billing/charge"),
        (Method::DELETE, "/api/billing/charge"),
        (Method::GET, "/api/billing/auto-top-up"),
        (Method::GET, "/api/billing/subscription/pending-change"),
        (Method::POST, "/api/billing/state"),
        (Method::GET, "/api"),
    ] {
        let answer = bench.send(method.clone(), path, "{}");
        assert_eq!(
            (answer.status, SandboxBench::error(&answer)),
            (404, "not_found"),
            "{method} {path}"
        );
    }
}

#[test]
fn the_id_of_a_charge_is_one_whole_segment() {
    let bench = bench();
    bench.set("settle-after=0s");
    let id = bench.charge("key-00001", "25").body["chargeId"].as_str().expect("an id").to_owned();
    let look = |path: String| {
        let answer = bench.raw(&format!(
            "GET /api/billing/charge/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Authorization: Bearer {}\r\nConnection: close\r\n\r\n",
            bench.ready.token
        ));
        let text = String::from_utf8(answer).expect("text");
        text.split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    let pending = json!({"status": "pending"}).to_string();
    assert!(look(id.clone()).contains("settled"));
    assert!(look(id.replace('_', "%5F")).contains("settled"), "percent-encoded");
    assert!(look(format!("{id}?x=1")).contains("settled"), "a query is no part of it");
    for other in [format!("{id}&x"), format!("{id}=x"), format!("x={id}"), format!("{id}%2F")] {
        assert_eq!(look(other.clone()), pending, "{other}");
    }
    for other in ["..", "%2e%2e", "%00", "ch_%F0%9F", "%zz"] {
        assert_eq!(look(other.to_owned()), pending, "{other}");
    }
}

#[test]
fn the_log_tells_what_was_asked_and_keeps_no_secret() {
    let bench = bench();
    bench.set("clock=+25h");
    let token = bench.fresh_token();
    let answer = bench.buy(&token, "key-00001", r#"{"amountUsd":25}"#);
    assert_eq!(answer.status, 202);
    let form = "grant_type=refresh_token&client_id=hermes-cli";
    let _ = bench.form("/api/oauth/token", form, Some(&bench.ready.refresh_token));
    let _ = bench.get("/device?user_code=BCDF-GHJK");
    let log = bench.portal.log().expect("a log");
    let seen: Vec<_> =
        log.iter().map(|seen| (seen.method.as_str(), seen.path.as_str(), seen.status)).collect();
    assert_eq!(
        seen,
        [
            ("POST", "/api/billing/charge", Some(202)),
            ("POST", "/api/oauth/token", Some(200)),
            ("GET", "/device", Some(404)),
        ]
    );
    assert_eq!(log[0].idempotency_key.as_deref(), Some("key-00001"));
    let at: Timestamp = log[0].at.parse().expect("a time");
    assert!(at > Timestamp::now() + SignedDuration::from_hours(24), "the portal's clock");
    let text = format!("{log:?}");
    for secret in [&token, &bench.ready.token, &bench.ready.refresh_token] {
        assert!(!text.contains(secret.as_str()));
    }
    assert!(!text.contains("BCDF"), "codes in a query stay out of it");
}

#[test]
fn a_stopped_server_answers_what_it_was_at_and_waits_for_nobody_idle() {
    let mut bench = bench();
    let late = FaultEffect::Delay(200);
    bench.portal.add_fault(&fault("POST /api/billing/charge", late, 1)).expect("kept");
    let url = bench.running.base_url().clone();
    let address = (url.host_str().expect("a host").to_owned(), url.port().expect("a port"));
    // One that has been answered and is kept open, and one that never says a word.
    assert_eq!(bench.get("/api/billing/state").status, 200);
    let silent = TcpStream::connect(&address).expect("a connection");
    let running = std::mem::replace(
        &mut bench.running,
        bench.portal.serve(&ServeOptions::default()).expect("another"),
    );
    let request = bench
        .client
        .post(url.join("/api/billing/charge").expect("a URL"))
        .bearer_auth(&bench.ready.token)
        .header("Idempotency-Key", "key-00001")
        .body(r#"{"amountUsd":25}"#);
    let asked = std::thread::spawn(move || request.send());
    let begun = |log: &[SeenRequest]| log.iter().any(|seen| seen.method == "POST");
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while !begun(&bench.portal.log().expect("a log")) {
        assert!(std::time::Instant::now() < deadline, "the request never came");
        std::thread::yield_now();
    }
    drop(running);
    let answer = asked.join().expect("a thread").expect("the answer comes all the same");
    assert_eq!(answer.status(), 202);
    assert!(TcpStream::connect(&address).is_err(), "the port is closed");
    drop(silent);
    let running = std::mem::replace(
        &mut bench.running,
        bench.portal.serve(&ServeOptions::default()).expect("a third"),
    );
    let silent =
        TcpStream::connect(running.base_url().socket_addrs(|| None).expect("an address")[0]);
    let started = std::time::Instant::now();
    drop(running);
    assert!(started.elapsed() < Duration::from_millis(400), "{:?}", started.elapsed());
    drop(silent);
}

#[test]
fn faults_do_to_the_connection_what_they_say() {
    let bench = bench();
    let fault = |effect: FaultEffect| {
        let fault = SandboxFault {
            id: 0,
            method: "POST".into(),
            path: "/api/billing/charge".into(),
            effect,
            times: 1,
        };
        bench.portal.add_fault(&fault).expect("kept");
    };
    let send = |key: &str| {
        let request =
            bench.client.post(bench.url("/api/billing/charge")).bearer_auth(&bench.ready.token);
        request.header("Idempotency-Key", key).body(r#"{"amountUsd":25}"#).send()
    };
    let charges = || bench.portal.charges().expect("charges").len();
    fault(FaultEffect::DropBefore);
    assert!(send("key-00001").is_err());
    assert_eq!(charges(), 0, "no work was done");
    fault(FaultEffect::LoseResponse);
    assert!(send("key-00001").is_err());
    assert_eq!(charges(), 1, "the work was done");
    fault(FaultEffect::Truncate);
    let half = send("key-00001").expect("a head");
    assert_eq!(half.status(), 202);
    assert!(half.bytes().is_err(), "the body breaks off");
    fault(FaultEffect::Html);
    let page = send("key-00001").expect("a page");
    assert!(page.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
    fault(FaultEffect::Answer {
        status: 503,
        retry_after: Some(60),
        body: None,
        after_work: false,
    });
    let refused = SandboxBench::exchange(bench.client.post(bench.url("/api/billing/charge")));
    assert_eq!((refused.status, refused.retry_after.as_deref()), (503, Some("60")));
    fault(FaultEffect::Delay(200));
    let started = std::time::Instant::now();
    assert_eq!(send("key-00001").expect("an answer").status(), 202);
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(charges(), 1);
    assert!(bench.portal.faults().expect("none").is_empty(), "each fired once");
    let log = bench.portal.log().expect("a log");
    assert!(
        log.iter().any(|seen| seen.fault.is_some())
            && log.iter().all(|seen| !format!("{seen:?}").contains(&bench.ready.token))
    );
}
