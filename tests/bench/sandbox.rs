//! What the sandbox works for one answer: for `state`, beside a server of a few lines on Node that
//! sends the same bytes, and for a charge after many others.

use crate::home::Sandbox;
use crate::measure::{Table, cpu_of, is_there, peak_kib_of};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// Requests that are counted, after as many that are not.
const REQUESTS: usize = 5000;
/// How many charges there were before those that are counted, the last where the largest sizes are
/// asked for, and how many are counted.
const CHARGES: [usize; 2] = [10_000, 100_000];
const COUNTED: usize = 1000;

/// Asks for a token as the sandbox does, and sends what it is given.
const NODE: &str = "const http = require('http');
const [token, body] = process.argv.slice(1);
const server = http.createServer((request, response) => {
    if (request.headers.authorization !== 'Bearer ' + token) {
        response.writeHead(401);
        return response.end();
    }
    const state = JSON.stringify(JSON.parse(body));
    response.writeHead(200, {'content-type': 'application/json', 'content-length': state.length});
    response.end(state);
});
server.keepAliveTimeout = 60000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));";

pub fn lines(table: &mut Table) {
    let sandbox = Sandbox::new();
    charges(table, &sandbox);
    let sandbox = Sandbox::new();
    if is_there("node", "--version") {
        state(table, &sandbox);
    }
}

/// A client that keeps its connection.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(host: &str) -> Self {
        let stream = TcpStream::connect(host).expect("a server");
        stream.set_nodelay(true).expect("set");
        Self(BufReader::new(stream))
    }

    /// The body of the answer, which has to have this status.
    fn ask(&mut self, request: &str, status: u16) -> String {
        self.0.get_mut().write_all(request.as_bytes()).expect("sent");
        let (mut length, mut line) = (0, String::new());
        self.0.read_line(&mut line).expect("a status");
        assert!(line.contains(&format!(" {status} ")), "{line}");
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("a header");
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        String::from_utf8(body).expect("text")
    }
}

fn state(table: &mut Table, sandbox: &Sandbox) {
    let token = &sandbox.token;
    let request = |host: &str| {
        format!(
            "GET /api/billing/state HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
    };
    let mut ours = Client::new(sandbox.host());
    let body = ours.ask(&request(sandbox.host()), 200);
    let mut node = Command::new("node")
        .args(["-e", NODE, token, &body])
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut port = String::new();
    let out = node.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut port).expect("a port");
    let host = format!("127.0.0.1:{}", port.trim());
    let mut theirs = Client::new(&host);
    let (ours_request, theirs_request) = (request(sandbox.host()), request(&host));
    let mut round = || {
        let worked = || [sandbox.process(), node.id()].map(|process| cpu_of(process).as_millis());
        let before = worked();
        for _ in 0..REQUESTS {
            ours.ask(&ours_request, 200);
            theirs.ask(&theirs_request, 200);
        }
        let after = worked();
        [after[0] - before[0], after[1] - before[1]]
    };
    // The first round is for the compiler of Node to get warm.
    round();
    let [ours, theirs] = round();
    let name = format!("sandbox, {REQUESTS} states, ms of the processor");
    table.counted(&name, ours, ("a server on Node", theirs), 300);
    let _ = node.kill();
    let _ = node.wait();
}

fn charges(table: &mut Table, sandbox: &Sandbox) {
    let mut client = Client::new(sandbox.host());
    let body = r#"{"amountUsd":10}"#;
    let mut charge = |number: usize| {
        let request = format!(
            "POST /api/billing/charge HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Idempotency-Key: charge-{number:08}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            sandbox.host(),
            sandbox.token,
            body.len()
        );
        client.ask(&request, 202);
    };
    let mut counted = |from: usize| {
        let before = cpu_of(sandbox.process()).as_millis();
        (from..from + COUNTED).for_each(&mut charge);
        cpu_of(sandbox.process()).as_millis() - before
    };
    let first = counted(0);
    let first_peak = peak_kib_of(sandbox.process());
    let mut from = COUNTED;
    for charges in &CHARGES[..=usize::from(table.is_large)] {
        while from < *charges {
            counted(from);
            from += COUNTED;
        }
        let last = counted(from);
        from += COUNTED;
        let name = format!("sandbox, {COUNTED} charges after {charges}, ms of the processor");
        table.counted(&name, last, ("the first", first), 120);
        let peak = peak_kib_of(sandbox.process());
        let name = format!("sandbox, KiB after {charges} charges");
        table.counted(&name, peak.into(), ("after the first", first_peak.into()), 120);
    }
}
