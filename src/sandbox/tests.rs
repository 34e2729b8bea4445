//! The contract as a client sees it: real requests to a served portal, its clock turned by hand.

use super::faults::{FaultEffect, SandboxFault};
use super::settings::assign;
use super::*;
use crate::core::money::Amount;
use jiff::{SignedDuration, Timestamp};
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::{Method, redirect};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

mod agent;
mod charges;
mod logins;
mod pages;
mod plans;
mod queries;
mod reload;
mod sellers;
mod wire;

struct SandboxBench {
    portal: Portal,
    running: Running,
    ready: ServedPortal,
    client: Client,
}

struct BenchAnswer {
    status: u16,
    body: Value,
    retry_after: Option<String>,
    replayed: bool,
}

fn bench() -> SandboxBench {
    bench_with(&ServeOptions::default())
}

fn bench_with(options: &ServeOptions) -> SandboxBench {
    let portal = Portal::ephemeral().expect("a portal");
    let running = portal.serve(options).expect("served");
    let ready = portal.ready(&running).expect("ready");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .tls_certs_only(std::iter::empty())
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client");
    SandboxBench { portal, running, ready, client }
}

impl SandboxBench {
    fn set(&self, assignment: &str) {
        self.portal.work(|work| assign(work, assignment)).expect(assignment);
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url().as_str().trim_end_matches('/'))
    }

    fn exchange(request: RequestBuilder) -> BenchAnswer {
        let answer = request.send().expect("an answer");
        let header = |name: &str| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert!(header("date").is_some(), "a client derives the age of what it sent from it");
        BenchAnswer {
            status: answer.status().as_u16(),
            retry_after: header("retry-after"),
            replayed: header("idempotent-replayed").is_some(),
            body: serde_json::from_str(&answer.text().expect("text")).unwrap_or_default(),
        }
    }

    fn get(&self, path: &str) -> BenchAnswer {
        Self::exchange(self.client.get(self.url(path)).bearer_auth(&self.ready.token))
    }

    fn send(&self, method: Method, path: &str, body: &str) -> BenchAnswer {
        let request = self.client.request(method, self.url(path)).bearer_auth(&self.ready.token);
        Self::exchange(request.body(body.to_owned()))
    }

    fn buy(&self, token: &str, key: &str, body: &str) -> BenchAnswer {
        let request = self.client.post(self.url("/api/billing/charge")).bearer_auth(token);
        Self::exchange(request.header("Idempotency-Key", key).body(body.to_owned()))
    }

    fn form(&self, path: &str, fields: &str, refresh: Option<&str>) -> BenchAnswer {
        let mut request = self
            .client
            .post(self.url(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(fields.to_owned());
        if let Some(token) = refresh {
            request = request.header("x-nous-refresh-token", token);
        }
        Self::exchange(request)
    }

    /// A charge of so many dollars with the token that may spend.
    fn charge(&self, key: &str, dollars: &str) -> BenchAnswer {
        self.buy(&self.ready.token, key, &format!(r#"{{"amountUsd":{dollars}}}"#))
    }

    /// Where a charge stands.
    fn status(&self, id: &Value) -> Value {
        self.get(&format!("/api/billing/charge/{}", id.as_str().expect("an id"))).body
    }

    /// Another login, with permission to spend, by the portal's present clock and rules.
    fn fresh_token(&self) -> String {
        self.portal.ready(&self.running).expect("a session").token
    }

    /// Everything that comes back for these very bytes until the connection ends.
    fn raw(&self, request: &str) -> Vec<u8> {
        let url = self.running.base_url();
        let address = (url.host_str().expect("a host"), url.port().expect("a port"));
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a deadline");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
        answer
    }

    fn error(answer: &BenchAnswer) -> &str {
        answer.body["error"].as_str().unwrap_or_default()
    }
}
