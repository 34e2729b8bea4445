//! What a hostile or broken server says costs its own row only, and a key is in nothing it gets back.

use super::{StandIn, configure, keep_keys, response};
use crate::support::User;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Sends a gigabyte, if it is let.
fn endless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0_u8; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{\"balance\":\"";
            let chunk = vec![b'9'; 64 * 1024];
            if stream.write_all(head.as_bytes()).is_err() {
                continue;
            }
            while stream.write_all(&chunk).is_ok() {}
        }
    });
    url
}

#[test]
fn a_hostile_server_costs_its_own_row() {
    const KEY: &str = "sk-the-one-key";
    let trap = StandIn::json(r#"{"balance":1}"#);
    let away = format!("Location: {}/x\r\n", trap.url);
    let answers: Vec<(&str, StandIn, &str)> = vec![
        ("away", StandIn::new(move |_| response(302, &away, "")), "endpoint_unavailable"),
        ("bare", StandIn::json("7"), "protocol"),
        (
            "echo",
            StandIn::new(|_| response(500, "", &format!(r#"{{"message":"{KEY}"}}"#))),
            "server_error",
        ),
        ("empty", StandIn::json("{}"), "protocol"),
        (
            "html",
            StandIn::new(|_| {
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>".to_vec()
            }),
            "endpoint_unavailable",
        ),
        ("nan", StandIn::json(r#"{"balance":"NaN"}"#), "protocol"),
        ("null", StandIn::json(r#"{"balance":null}"#), "protocol"),
        ("twice", StandIn::json(r#"{"balance":1,"balance":900}"#), "protocol"),
        ("wrong", StandIn::json(r#"{"balance":[1]}"#), "protocol"),
        (
            "torn",
            StandIn::new(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec()),
            "network",
        ),
    ];
    let well = StandIn::json(r#"{"balance":12.5}"#);
    let flood = endless();
    let mut profiles: Vec<(&str, &str, &str)> =
        answers.iter().map(|(name, server, _)| (*name, "kilo", server.url.as_str())).collect();
    profiles.push(("flood", "kilo", &flood));
    profiles.push(("well", "kilo", &well.url));
    let user = User::new();
    configure(user.home(), &profiles);
    // None of them would be logged in to, and what is kept from better days has to hold.
    let keys: Vec<_> =
        profiles.iter().map(|(name, system, url)| (*name, *system, *url, KEY)).collect();
    keep_keys(&user, &keys);
    let ran = user.run(&["-v", "state", "--all", "--json"]);
    assert_ne!(ran.code, 0);
    assert!(!ran.out.contains(KEY) && !ran.err.contains(KEY), "{}{}", ran.out, ran.err);
    let document = ran.json();
    let rows = document["data"]["profiles"].as_array().expect("rows");
    let row = |name: &str| -> &Value {
        rows.iter().find(|row| row["profile"] == name).unwrap_or_else(|| panic!("no {name}"))
    };
    for (name, _, class) in &answers {
        assert_eq!(row(name)["error"]["class"], *class, "{name}: {}", row(name));
    }
    assert_eq!(row("flood")["error"]["class"], "protocol");
    assert_eq!(
        (&row("well")["ok"], &row("well")["data"]["balance_usd"]),
        (&true.into(), &"12.5".into())
    );
    assert!(trap.seen().is_empty(), "a key went elsewhere: {:?}", trap.seen());
}

#[test]
fn the_answer_that_carries_the_key_is_never_repeated() {
    let server = StandIn::new(|asked| {
        let key = asked.header("authorization").unwrap_or_default().replace("Bearer ", "");
        response(
            200,
            "",
            &format!(r#"{{"api_key":"{key}","email":"{key}","credit":12.5,"balance":0}}"#),
        )
    });
    let user = User::new()
        .with("TOPUP_PROVIDER", "vast")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", "vast-key-1234");
    for words in [&["-v", "state", "--json"][..], &["-v", "state"], &["state", "--brief"]] {
        let ran = user.run(words).code(0);
        assert!(
            !ran.out.contains("vast-key") && !ran.err.contains("vast-key"),
            "{}{}",
            ran.out,
            ran.err
        );
    }
    for entry in std::fs::read_dir(user.home().join("readings")).expect("a folder").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("text");
        assert!(!text.contains("vast-key"), "{text}");
    }
}
