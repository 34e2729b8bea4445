//! Promise: a pack of a CIRIS agent is opened once and paid for by a person in a browser; nothing
//! is charged by what is sent from here.
//!
//! Against the sandbox, and against small servers for what no sandbox says.

mod account;
mod logins;
mod packs;
mod payments;
mod secrets;

use crate::scripted::{Scripted, Told};
use crate::support::{Server, User};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

const INITIATE: &str = "POST /v1/api/billing/purchase/initiate";

/// Somebody at the embedded agent, whose payments settle at once.
fn on_sandbox() -> User {
    let user = User::new().with("TOPUP_SANDBOX", "1").with("TOPUP_PROVIDER", "ciris");
    user.set("settle-after=0s");
    user
}

/// Somebody at a served agent, logged in with the password.
pub fn at(server: &Server) -> User {
    let user = User::new().with("TOPUP_PROVIDER", "ciris").with("TOPUP_PORTAL_URL", &server.url);
    let login = ["login", "--username", &server.ciris_username, "--password-stdin"];
    user.run_with_input(&login, &format!("{}\n", server.ciris_password)).code(0);
    user
}

fn count(user: &User, request: &str) -> usize {
    user.seen().iter().filter(|seen| seen.starts_with(request)).count()
}

/// One request as a browser sends it; gives status and body.
pub fn browse(server: &Server, method: &str, path: &str, form: &str) -> (u16, String) {
    let host = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("connected");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    )
    .expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("read");
    let status = text[9..12].parse().expect("a status");
    (status, text)
}

/// What a person does on the page of a payment.
pub fn act(server: &Server, page: &str, fields: &str) {
    let path = page.strip_prefix(&server.url).expect("a page of this server");
    let (status, text) = browse(server, "GET", path, "");
    assert_eq!(status, 200, "{text}");
    let (_, rest) = text.split_once("name=\"form_word\" value=\"").expect("a form");
    let (word, _) = rest.split_once('"').expect("its word");
    let (status, text) = browse(server, "POST", path, &format!("form_word={word}&{fields}"));
    assert_eq!(status, 303, "{text}");
}

fn page_of(document: &Value) -> String {
    document["error"]["portal_url"].as_str().expect("a page").to_owned()
}

/// An agent in the paid mode that answers `initiate` and `status` like this.
fn agent(status: impl Fn(usize) -> Told + Send + Sync + 'static) -> Scripted {
    let looks = AtomicUsize::new(0);
    Scripted::new(move |asked| {
        match asked.line.as_str() {
        INITIATE => Told::Json(
            200,
            r#"{"data":{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"USD","uses_purchased":100,"publishable_key":"pk_1","portal_url":"https://evil.example/pay"}}"#
                .into(),
        ),
        line if line.starts_with("GET /v1/api/billing/purchase/status/") => {
            status(looks.fetch_add(1, Ordering::SeqCst))
        }
        _ => Told::Html,
    }
    })
}

fn word(word: &str) -> Told {
    Told::Json(200, format!(r#"{{"status":"{word}","credits_added":0,"balance_after":null}}"#))
}
