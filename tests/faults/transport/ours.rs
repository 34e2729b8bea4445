//! What is sent is ours, goes out once, and is for the account that is meant. Faults 21 to 24.

use super::*;

#[test]
fn fault_21_nothing_is_sent_that_lies_around() {
    let portal = Wire::new(|heard, count| {
        let cookie = ["Set-Cookie: session=stolen; Path=/", "Refresh: 0; url=/elsewhere"];
        let pending = answer("200 OK", &cookie, br#"{"status":"pending"}"#);
        if heard.is_look() && count < 3 {
            Play::Keep(pending)
        } else if heard.line.ends_with("/state") {
            Play::Keep(answer("200 OK", &cookie, STATE.as_bytes()))
        } else {
            Play::Well
        }
    });
    let user = portal.user();
    let host = portal.address.ip();
    for name in [".netrc", "_netrc"] {
        let text =
            format!("machine {host} login lying password around\ndefault login a password b\n");
        std::fs::write(user.file(name), text).expect("written");
    }
    let netrc = user.file(".netrc").display().to_string();
    std::fs::write(user.file(".curlrc"), "header = \"X-Lying: around\"\n").expect("written");
    let user = user.with("NETRC", &netrc).with("CURL_HOME", &netrc);
    for _ in 0..2 {
        user.run(&["buy", "preset:1", "--yes", "--poll", "100ms"]).code(0);
    }
    // Nor for whoever asks for a password.
    let asking = Wire::new(|_, _| {
        let basic = ["WWW-Authenticate: Basic realm=\"portal\""];
        Play::Keep(answer("401 Who", &basic, br#"{"error":"invalid_token"}"#))
    });
    let user = user.with("TOPUP_PORTAL_URL", &asking.url);
    is_of_class(&user.run(&["state"]), "not_logged_in");
    for portal in [&portal, &asking] {
        check_manners(portal);
        for heard in portal.heard() {
            let known = [
                "host",
                "accept",
                "user-agent",
                "authorization",
                "content-type",
                "content-length",
                "idempotency-key",
            ];
            for line in heard.head.lines().skip(1) {
                let (name, _) = line.split_once(':').expect("a header");
                assert!(known.contains(&name.to_ascii_lowercase().as_str()), "{}", heard.head);
            }
        }
    }
    assert_eq!(portal.charges(), 2);
}

#[test]
fn fault_22_nobody_but_us_sends_a_purchase_again() {
    // The connection of the look before it is still open, and every first purchase is lost: a
    // library that sends it again by itself would show.
    let portal = Wire::new(|heard, count| match (heard.is_purchase(), count) {
        (true, 1) => Play::Reset(Vec::new()),
        _ => Play::Well,
    });
    let token = token_of("org_wire");
    let user = portal.user().with("TOPUP_TOKEN", &token);
    let ensure = ["ensure", "--at-least", "160", "--buy", "25", "--yes", "--json"];
    let began = Instant::now();
    user.run(&ensure).code(0).json();
    assert!(began.elapsed() >= Duration::from_secs(2), "our own wait was between them");
    let purchases = portal.purchases();
    assert_eq!(purchases.len(), 2);
    assert_eq!(purchases[0].key(), purchases[1].key());
    assert_eq!(purchases[0].body, purchases[1].body);
    let on = |heard: &Heard| heard.connection;
    let looked = portal.heard().iter().find(|heard| heard.line.ends_with("/state")).map(on);
    assert_ne!(Some(on(&purchases[0])), looked, "a purchase has a connection of its own");
    assert_ne!(on(&purchases[0]), on(&purchases[1]));
    assert_eq!(portal.charges(), 1);
    check_manners_of(&portal, &token);
    // Refused on the spot is not sent again either: 408 and 425 are what libraries retry.
    for status in ["408 Request Timeout", "425 Too Early", "421 Misdirected Request"] {
        let portal = Wire::new(move |heard, _| {
            let page = answer(status, &["Connection: close"], b"<html>");
            if heard.is_purchase() { Play::Close(page) } else { Play::Well }
        });
        let run = portal.user().run(&["buy", "25", "--yes", "--json"]);
        is_of_class(&run, "outcome_unknown").failed("outcome_unknown", Some("unknown"));
        assert_eq!(portal.purchases().len(), 1, "{status}");
    }
}

/// Something in between that sends every request on twice, one after the other or side by side,
/// and hands back the second answer.
fn doubling(behind: &str, side_by_side: bool) -> (String, Arc<Mutex<Vec<Heard>>>) {
    let behind = behind.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let passed = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&passed);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some(heard) = read_request(&mut stream, 1) else { continue };
            kept.lock().expect("unlocked").push(heard.clone());
            let text = format!("{}\r\nConnection: close\r\n\r\n{}", heard.head, heard.body);
            let send = || {
                let mut server = TcpStream::connect(&behind).expect("the portal");
                server.write_all(text.as_bytes()).expect("sent");
                let mut answer = Vec::new();
                server.read_to_end(&mut answer).expect("answered");
                answer
            };
            let answer = if side_by_side {
                std::thread::scope(|scope| {
                    let first = scope.spawn(send);
                    let second = send();
                    let _ = first.join().expect("answered");
                    second
                })
            } else {
                let _ = send();
                send()
            };
            let _ = stream.write_all(&answer);
        }
    });
    (url, passed)
}

#[test]
fn fault_23_a_purchase_that_is_sent_on_twice_is_charged_once() {
    for side_by_side in [false, true] {
        let server = Server::without_limits();
        let (url, passed) = doubling(&server.url, side_by_side);
        let user = server.user().with("TOPUP_PORTAL_URL", &url);
        for charges in 1..=3 {
            user.run(&["buy", "25", "--yes", "--json", "--poll", "100ms"]).code(0).json();
            assert_eq!(server.count_charges(), charges);
        }
        let passed = passed.lock().expect("unlocked");
        let keys: BTreeSet<_> =
            passed.iter().filter(|heard| heard.is_purchase()).map(Heard::key).collect();
        assert_eq!(keys.len(), 3, "one key for each purchase");
        let seen = server.keeper().seen();
        let posts = seen.iter().filter(|call| *call == "POST /api/billing/charge").count();
        assert!(posts >= 6, "each was sent on twice: {seen:?}");
    }
}

#[test]
fn fault_24_nothing_is_bought_for_the_account_of_another_organisation() {
    let commands: [&[&str]; 4] = [
        &["ensure", "--at-least", "160", "--buy", "25", "--yes", "--json"],
        &["ensure", "--at-least", "160", "--to", "200", "--yes", "--once", "refill", "--json"],
        // Enough is there, but not there where it was asked for.
        &["ensure", "--at-least", "100", "--buy", "25", "--yes", "--json"],
        &["buy", "preset:1", "--yes", "--json"],
    ];
    for command in commands {
        let portal = Wire::well();
        let user = |token: &str| -> User { portal.user().with("TOPUP_TOKEN", token) };
        let run = user(&token_of("org_mine")).run(command);
        let told = is_of_class(&run, "protocol").failed("protocol", Some("no"));
        let message = told["error"]["message"].as_str().expect("a message");
        assert!(message.contains("org_wire") && message.contains("org_mine"), "{message}");
        assert!(portal.purchases().is_empty(), "{command:?}");
        user(&token_of("org_wire")).run(command).code(0).json();
        if command[0] == "buy" {
            // A token that does not tell for whom it acts is the portal's own affair.
            user(TOKEN).run(command).code(0).json();
        }
    }
}

#[test]
fn fault_24_a_person_is_not_even_asked_for_another_organisation() {
    let portal = Wire::well();
    let user = portal.user().with("TOPUP_TOKEN", &token_of("org_mine"));
    let mut session = crate::prompts::at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("org_wire").expect("told whose account it is");
    assert_eq!(crate::prompts::code(session), 64);
    assert!(portal.purchases().is_empty());
}
