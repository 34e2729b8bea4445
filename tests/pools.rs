//! Promise: a pool on a PostgreSQL server that several machines share takes the same commands and
//! gives the same answers as a file.
//!
//! Each machine is a home of its own.

use crate::postgres_proxy::Proxy;
use crate::postgres_server::Server;
use crate::support::User;
use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use url::Url;

fn machine(url: &str) -> User {
    User::new().with("TOPUP_LEDGER_URL", url)
}

#[test]
fn machines_share_a_pool_and_never_overdraw_it() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let keeper = machine(&schema.url);
    keeper.run(&["ledger", "init", "--model", "prepay-mandate", "--mandate", "acme"]).code(0);
    keeper.run(&["ledger", "credit", "3", "--key", "november"]).code(0);
    keeper.run(&["ledger", "credit", "3", "--key", "november"]).code(0);
    let ready = Barrier::new(6);
    let codes: Vec<i32> = thread::scope(|scope| {
        let run = || {
            let machine = machine(&schema.url);
            ready.wait();
            // 0.50 and the markup: four of them fit.
            let run = ["ledger", "run", "--strict", "--estimate", "0.5", "--for-provider", "llm"];
            machine.run(&[&run[..], &["--", "true"]].concat()).code
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ended")).collect()
    });
    assert!(codes.iter().all(|code| [0, 30].contains(code)), "{codes:?}");
    let paid = codes.iter().filter(|code| **code == 0).count();
    assert!((1..=4).contains(&paid), "{codes:?}");
    let told = machine(&schema.url).run(&["ledger", "balance", "--json"]).code(0).json();
    let left = 300 - 75 * i64::try_from(paid).expect("a few");
    assert_eq!(told["data"]["balance"], format!("{}.{:02}", left / 100, left % 100));
    let listed = keeper.run(&["ledger", "transactions", "--json"]).code(0).json();
    let listed = listed["data"]["transactions"].as_array().expect("transactions");
    assert_eq!(listed.len(), 1 + paid);
}

/// How often `ledger record` waits for the server of a named pool, and for what: the start of the
/// connection and the password; what the server is and makes of our settings, before anything is
/// written, and on the same way the runs that were cut off and what the booking rests on; the booking
/// and its COMMIT.
const ROUND_TRIPS: [(&str, usize); 3] = [
    ("connection and password", 2),
    ("greeting, runs that were cut off, mandate and what stands under the key", 1),
    ("booking", 1),
];

#[test]
fn a_record_asks_the_server_as_often_as_its_steps_need_it() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let keeper = machine(&schema.url);
    keeper.run(&["ledger", "init", "--model", "prepay-mandate", "--mandate", "acme"]).code(0);
    keeper.run(&["ledger", "credit", "3"]).code(0);
    let (_, place) = schema.url.rsplit_once('@').expect("a user");
    let (address, _) = place.split_once('/').expect("a database");
    let proxy = Proxy::to(address, &[]);
    let job = machine(&schema.url.replacen(address, &proxy.address.to_string(), 1));
    let expected: usize = ROUND_TRIPS.iter().map(|(_, count)| count).sum();
    for key in [&[][..], &["--key", "once"]] {
        let record = ["ledger", "record", "0.5", "--for-provider", "llm", "--mandate", "acme"];
        let before = proxy.round_trips();
        job.run(&[&record[..], key].concat()).code(0);
        assert_eq!(proxy.round_trips() - before, expected, "{key:?}: {ROUND_TRIPS:?}");
    }
}

#[test]
fn a_server_that_does_not_let_in_is_told_without_the_password() {
    let Some(server) = Server::shared() else { return };
    let mut url = Url::parse(&server.url).expect("a URL");
    url.set_password(Some("wr0ng-battery")).expect("a password");
    url.set_path("no_such_database");
    let refused = machine(url.as_str()).run(&["ledger", "mandates", "-v", "--json"]).code(4);
    assert!(!format!("{}{}", refused.out, refused.err).contains("wr0ng"), "{}", refused.err);
    let refused = refused.failed("config", None);
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.contains("/no_such_database"), "{message}");
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    url.set_port(Some(nobody.local_addr().expect("an address").port())).expect("a port");
    drop(nobody);
    machine(url.as_str()).run(&["ledger", "mandates"]).code(60).says("cannot be reached");
}

/// Promise: `--timeout` bounds the wait for one answer, that of the server of a pool as well.
#[test]
fn a_server_that_says_nothing_is_waited_for_as_long_as_was_said() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let machine = machine(&format!("postgres://anna@127.0.0.1:{port}/pool?sslmode=disable"));
    let begun = Instant::now();
    let balance = ["ledger", "balance", "--mandate", "acme", "--timeout", "300ms", "--json"];
    machine.run(&balance).code(61).failed("timeout", None);
    // The usual time is ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
