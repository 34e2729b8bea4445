//! Promise: each command that a failure names can be typed as it is printed, from the state in which
//! it was printed, and means the same portal, profile and purchase; from another folder as well.

use crate::support::{Ran, Server, User, wait};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;

/// A place where a portal can be meant.
struct Place {
    what: &'static str,
    user: User,
    /// What is typed before the verb.
    flags: Vec<String>,
    /// Nothing outside the process has to be there for it.
    embedded: bool,
    /// Lives as long as the place.
    server: Option<Server>,
}

/// Hands each connection on, and takes this base path off the paths, as a gateway in front would.
fn gateway(to: &str, base: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let to = to.trim_start_matches("http://").to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let to = to.clone();
            thread::spawn(move || carry(client, &to, base));
        }
    });
    format!("http://{address}{base}")
}

fn carry(mut client: TcpStream, to: &str, base: &str) {
    let Ok(mut server) = TcpStream::connect(to) else { return };
    let (Ok(mut answers), Ok(mut back)) = (server.try_clone(), client.try_clone()) else { return };
    let answering = thread::spawn(move || std::io::copy(&mut answers, &mut back));
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = client.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..count]);
        let text = text.replacen(&format!(" {base}/"), " /", 1);
        if count == 0 || server.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Write);
    let _ = answering.join();
}

fn places() -> Vec<Place> {
    let served = |what, profile: Option<&'static str>, typed: bool, base: Option<&'static str>| {
        let server = Server::start(&["--auto-approve"]);
        let url = base.map_or_else(|| server.url.clone(), |base| gateway(&server.url, base));
        let user = User::new();
        let named = profile.unwrap_or("default");
        if !typed {
            let config = format!("[profiles.\"{named}\"]\nportal_url = \"{url}\"\n");
            fs::write(user.file("config.toml"), config).expect("written");
        }
        let mut flags = Vec::new();
        if profile.is_some() {
            flags.extend(["--profile".to_owned(), named.to_owned()]);
        }
        if typed {
            flags.extend(["--portal-url".to_owned(), url]);
        }
        Place { what, user, flags, embedded: false, server: Some(server) }
    };
    let project = {
        let mut place = served("a project's file", Some("work"), false, None);
        place.flags.clear();
        fs::write(place.user.file(".topup.toml"), "profile = 'work'\n").expect("written");
        place
    };
    let user = User::new();
    vec![
        served("the default profile", None, false, None),
        served("a profile with a blank", Some("my work"), false, None),
        served("a base path in a profile", Some("it's"), false, Some("/portal")),
        served("a URL that was typed", None, true, Some("/portal")),
        served("a typed URL with what shells and URLs quote", None, true, Some("/~us/50%25")),
        project,
        Place {
            what: "the sandbox",
            user,
            flags: vec!["--sandbox".to_owned()],
            embedded: true,
            server: None,
        },
    ]
}

impl Place {
    fn run(&self, words: &[&str]) -> Ran {
        let flags = self.flags.iter().map(String::as_str);
        self.user.run(&flags.chain(words.iter().copied()).collect::<Vec<_>>())
    }

    /// Runs a printed line in a shell, in a folder where no project says anything.
    fn paste(&self, line: &str) -> Ran {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let folder = Path::new(crate::support::topup()).parent().expect("a folder");
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = self.user.command(&[]);
        let mut shell = std::process::Command::new("bash");
        shell.args(["-euc", line]).env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        command.stdin(Stdio::null());
        shell.env("PATH", path).current_dir(elsewhere.path());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = wait(shell.spawn().expect("bash"));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ran::of(output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }
}

/// The commands that a document names, as argv arrays.
fn argvs(document: &Value) -> Vec<Vec<String>> {
    let steps = document["error"]["next_steps"].as_array().expect("next_steps");
    steps
        .iter()
        .filter_map(|step| step["run"].as_array())
        .map(|argv| argv.iter().map(|word| word.as_str().expect("a word").to_owned()).collect())
        .collect()
}

/// The same commands as they stand in the lines for people.
fn printed(document: &Value) -> Vec<String> {
    let hints = document["error"]["hints"].as_array().expect("hints");
    let mut lines = Vec::new();
    for hint in hints.iter().filter_map(Value::as_str) {
        for around in ['\'', '`'] {
            for part in hint.split(&format!("{around}topup ")).skip(1) {
                if let Some((line, _)) = part.split_once(around) {
                    lines.push(format!("topup {line}"));
                }
            }
        }
    }
    lines
}

/// Not to be typed as it is: a person puts something in its place.
fn has_a_blank_to_fill(line: &str) -> bool {
    line.split(' ').any(|word| {
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

fn check(place: &Place, failed: &Ran, means: &[&str]) -> Vec<String> {
    let document = failed.json();
    let lines = printed(&document);
    assert_eq!(lines.len(), argvs(&document).len(), "{}: {document}", place.what);
    for (argv, line) in argvs(&document).iter().zip(&lines) {
        let quoted = argv.iter().map(|word| topup_word(word)).collect::<Vec<_>>().join(" ");
        assert_eq!(&quoted, line, "{}", place.what);
    }
    // One that goes on until it is ended is tried where the sandbox is served.
    let ends = |line: &String| line != "topup sandbox serve" && !has_a_blank_to_fill(line);
    let lines: Vec<String> = lines.into_iter().filter(ends).collect();
    for verb in means {
        assert!(
            lines.iter().any(|line| line.contains(verb)),
            "{}: no '{verb}' in {lines:?}",
            place.what
        );
    }
    lines
}

fn topup_word(word: &str) -> String {
    topup::core::command::Shell::Posix.quote(word)
}

#[test]
fn a_login_that_is_missing_is_made_by_the_command_that_is_printed() {
    for place in places() {
        if place.embedded {
            continue;
        }
        for line in check(&place, &place.run(&["state", "--json"]).code(10), &["login"]) {
            if line.contains("login") {
                place.paste(&line).code(0);
            }
        }
        place.run(&["state"]).code(0);
        let refused = place.run(&["buy", "25", "--yes", "--json"]).code(12);
        for line in check(&place, &refused, &["login", "--step-up"]) {
            place.paste(&line).code(0);
        }
        place.run(&["buy", "25", "--yes", "--json"]).code(0);
    }
}

#[test]
fn permission_to_spend_is_got_at_the_sandbox_by_the_command_that_is_printed() {
    let places = places();
    let sandbox = places.iter().find(|place| place.embedded).expect("it");
    sandbox.run(&["sandbox", "reset", "--newcomer"]).code(0);
    sandbox.run(&["sandbox", "set", "card=visa"]).code(0);
    let refused = sandbox.run(&["buy", "25", "--yes", "--json"]).code(12);
    for line in check(sandbox, &refused, &["login --step-up --approve"]) {
        sandbox.paste(&line).code(0);
    }
    sandbox.run(&["buy", "25", "--yes", "--wait", "10s"]).code(0);
}

#[test]
fn a_purchase_that_is_not_final_is_found_by_the_commands_that_are_printed() {
    for place in places() {
        if place.embedded {
            place.run(&["sandbox", "set", "settle-after=1s"]).code(0);
        } else {
            place.run(&["login", "--step-up", "--no-browser"]).code(0);
            let server = place.server.as_ref().expect("one");
            server.keeper().set("settle-after=1s");
        }
        let pending = place.run(&["buy", "25", "--yes", "--no-wait", "--json"]).code(50);
        for line in check(&place, &pending, &["status"]) {
            place.paste(&line).code(0);
        }
        // A lost answer, which only 'resume' finds.
        let mut fault = vec!["sandbox", "faults", "add", "POST /api/billing/charge", "--html"];
        match &place.server {
            Some(server) => server.keeper().run(&fault).code(0),
            None => {
                fault.insert(0, "--sandbox");
                place.user.run(&fault).code(0)
            }
        };
        let lost = place.run(&["buy", "30", "--yes", "--json"]).code(51);
        for line in check(&place, &lost, &["resume"]) {
            place.paste(&line).code(0);
        }
        let history = place.run(&["history", "--json"]).code(0).json();
        let purchases = history["data"]["purchases"].as_array().expect("purchases");
        assert_eq!(purchases.len(), 2, "{}: {history}", place.what);
        for purchase in purchases {
            assert_eq!(purchase["status"], "settled", "{}: {history}", place.what);
        }
    }
}
