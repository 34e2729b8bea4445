//! Promise: every example that is shown works as it stands: the blocks of the README and of the
//! pages of the manual, and the lines under `Examples:` of every help page. Each runs in a home of
//! its own.
//!
//! A comment on the line before a block says where it runs:
//!
//! | comment | where |
//! |---|---|
//! | none | on the sandbox, by `TOPUP_SANDBOX=1` |
//! | `<!-- sandbox: card=none -->` | the same, changed like that before |
//! | `<!-- run -->` | on a machine where nothing is set at all |
//! | `<!-- agent -->` | at a served agent in the place of the address that is shown |
//! | `<!-- script -->` | on the sandbox; what it does with each exit code is in `scripts` |
//! | `<!-- prompt -->` | in `scripts` |
//! | `<!-- not run: … -->` | nowhere, and [`NOT_RUN`] has to know about it |

use crate::ciris::act;
use crate::support::{Server, User, at_once, topup, wait};
use clap::CommandFactory;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use topup::cli::verbs::Cli;

/// The blocks that are not run here, by a word of their own, and why. There are no others.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo test --locked", "it is what runs this test"),
    ("flock 9", "tests/kept_logins.rs runs it, as a program that is asked for logins"),
    (".ci/package dist", "tests/packages.rs installs each package, in a folder of its own"),
    ("sandbox serve --listen", "a person approves in the browser: tests/browser_journeys.rs"),
    ("watch --below 20 --one-look", "the one before it never ends: tests/watching.rs"),
    ("TOPUP_SMTP_URL=smtps", "it names a mail server: tests/watching.rs has one"),
    ("useradd", "it changes the machine: tests/schedules.rs runs the service without it"),
    ("TOPUP_STATE_URL=postgres", "it names a server: tests/fleet.rs has one"),
    ("TOPUP_STATE_KEY=THE_KEY\ntopup login", "it names a server: tests/pipelines.rs has one"),
    ("topup login --step-up\ntopup doctor", "it wants that server: tests/fleet.rs does it"),
    ("--max 50\ntopup buy 25", "it wants that server: tests/fleet.rs does it"),
    ("topup journal import", "it wants that server: tests/fleet_moves.rs does it"),
    ("login --hermes", "tests/hermes.rs does, and is the Hermes that has logged in"),
];

/// A block of text that shows how something is done.
#[derive(Debug)]
pub struct Block {
    /// Where it stands, for whoever has to mend it.
    pub place: String,
    language: String,
    /// The comment before it.
    pub mark: String,
    pub text: String,
}

/// The files that show examples.
pub fn pages() -> Vec<PathBuf> {
    let prose =
        fs::read_dir("src/cli/manual").expect("the manual").map(|file| file.expect("one").path());
    let mut pages: Vec<PathBuf> =
        prose.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.push(PathBuf::from("README.md"));
    pages.sort();
    pages
}

pub fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let mut lines = text.lines().enumerate();
        let mut before = "";
        while let Some((at, line)) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let text: Vec<&str> = lines
                    .by_ref()
                    .map(|(_, line)| line)
                    .take_while(|line| !line.starts_with("```"))
                    .collect();
                let comment =
                    before.strip_prefix("<!-- ").and_then(|text| text.strip_suffix(" -->"));
                blocks.push(Block {
                    place: format!("{}:{}", page.display(), at + 1),
                    language: language.to_owned(),
                    mark: comment.unwrap_or_default().to_owned(),
                    text: text.join("\n") + "\n",
                });
                before = "";
            } else {
                before = line;
            }
        }
    }
    blocks
}

pub fn in_language(language: &str) -> Vec<Block> {
    let found: Vec<Block> =
        blocks().into_iter().filter(|block| block.language == language).collect();
    assert!(!found.is_empty(), "there is no {language}");
    found
}

/// A machine whose programs are the system's, topup, and what the examples call beside it.
pub struct Machine {
    pub user: User,
    pub path: String,
}

impl Machine {
    pub fn new() -> Self {
        let user = User::new();
        let programs = user.file("bin");
        fs::create_dir(&programs).expect("a folder");
        std::os::unix::fs::symlink(topup(), programs.join("topup")).expect("a link");
        // Who builds and runs it, runs what is built already.
        let cargo = "case \"$1 $2 $3\" in \
            'run --release --') shift 3; exec topup \"$@\" ;; *) exit 99 ;; esac";
        for (name, text) in [("cargo", cargo), ("notify", "echo \"$@\"")] {
            let file = programs.join(name);
            fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("written");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            fs::set_permissions(&file, mode).expect("runnable");
        }
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
        Self { user, path }
    }

    /// Bash, with nothing of the environment of the tests.
    pub fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--norc", "-euo", "pipefail", "-c", script])
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.user.home())
            .current_dir(self.user.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// How many charges its sandbox has made.
    pub fn count_charges(&self) -> usize {
        let told = run(self, "the charges", "topup sandbox charges --json", true);
        let told: Value = serde_json::from_str(&told).expect("a document");
        told["data"]["charges"].as_array().expect("charges").len()
    }

    /// Changes its sandbox.
    pub fn set(&self, assignments: &str) {
        let script = format!("topup sandbox set settle-after=0s {assignments}");
        let output = wait(self.bash(&script).spawn().expect("bash"));
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Runs a script to its end; gives what it printed.
pub fn run(machine: &Machine, place: &str, script: &str, sandbox: bool) -> String {
    let mut command = machine.bash(script);
    if sandbox {
        command.env("TOPUP_SANDBOX", "1");
    }
    let output = wait(command.spawn().expect("bash"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{place}\n{script}\n{}\n{out}{err}", output.status);
    out
}

#[test]
fn every_block_is_of_a_kind_that_is_checked() {
    let mut kinds = BTreeSet::new();
    let mut left_out = 0;
    for block in blocks() {
        assert!(
            [
                "sh", "console", "yaml", "toml", "json", "jsonc", "cron", "groovy", "hcl", "ini",
                "tmux"
            ]
            .contains(&&*block.language),
            "{}: what is '{}'?",
            block.place,
            block.language
        );
        if let Some(reason) = not_run(&block) {
            assert!(!reason.is_empty());
            left_out += 1;
        }
        kinds.insert(block.language);
    }
    assert_eq!(left_out, NOT_RUN.len(), "blocks that are not run");
}

/// Why a block is not run; the comment before it and the list here have to agree.
fn not_run(block: &Block) -> Option<&'static str> {
    let known = NOT_RUN.iter().find(|(word, _)| block.text.contains(word));
    let said = block.mark.strip_prefix("not run: ").is_some();
    assert_eq!(known.is_some(), said, "{}: '{}' is not on the list", block.place, block.mark);
    known.map(|(_, reason)| *reason)
}

#[test]
fn every_script_that_is_shown_runs() {
    let blocks: Vec<Block> =
        in_language("sh").into_iter().filter(|block| not_run(block).is_none()).collect();
    at_once(&blocks, |block| {
        let machine = Machine::new();
        match block.mark.as_str() {
            "agent" => at_an_agent(&machine, block),
            "run" => drop(run(&machine, &block.place, &block.text, false)),
            "prompt" => {}
            "script" => {
                machine.set("balance=3.40");
                run(&machine, &block.place, &block.text, true);
            }
            mark => {
                let change = mark.strip_prefix("sandbox: ");
                assert!(mark.is_empty() || change.is_some(), "{}: {mark}", block.place);
                machine.set(change.unwrap_or_default());
                run(&machine, &block.place, &block.text, true);
            }
        }
    });
    assert!(blocks.len() >= 4, "only {} scripts were found", blocks.len());
}

/// Runs a block at an agent of its own, and is the person who pays there.
fn at_an_agent(machine: &Machine, block: &Block) {
    let server = Server::start(&[]);
    let script = block
        .text
        .replace("http://localhost:8080", &server.url)
        .replace("--username admin", &format!("--username {}", server.ciris_username));
    let mut child = machine
        .bash(&script)
        .env("TOPUP_CIRIS_PASSWORD", &server.ciris_password)
        .env("TOPUP_PORTAL_URL", &server.url)
        .spawn()
        .expect("bash");
    let told = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut whole = String::new();
    let mut paid = false;
    for line in told.lines().map_while(Result::ok) {
        let page = line.split_whitespace().find(|word| word.starts_with(&server.url));
        if let Some(page) = page.filter(|_| !paid) {
            act(&server, page.trim_end_matches('.'), "act=pay&number=4242424242424242");
            paid = true;
        }
        whole.push_str(&line);
        whole.push('\n');
    }
    let output = wait(child);
    assert!(output.status.success() && paid, "{}\n{script}\n{whole}", block.place);
}

#[test]
fn every_session_that_is_shown_goes_like_that() {
    at_once(&in_language("console"), |block| {
        let machine = Machine::new();
        machine.set(block.mark.strip_prefix("sandbox: ").unwrap_or_default());
        for typed in block.text.split("$ ").skip(1).filter(|_| block.text.starts_with("$ ")) {
            let (command, shown) = typed.split_once('\n').expect("a line");
            let told = match shown.split_once("[y/N] ") {
                None => run(&machine, &block.place, &format!("{command} 2>&1"), true),
                Some((_, rest)) => {
                    let answer = rest.lines().next().unwrap_or_default();
                    at_a_terminal(&machine, command, answer)
                }
            };
            assert!(is_shown(shown, &told), "{}\n-- shown\n{shown}-- told\n{told}", block.place);
        }
    });
}

/// Types a command at a terminal, and the answer to its question.
fn at_a_terminal(machine: &Machine, command: &str, answer: &str) -> String {
    let mut bash = machine.bash(command);
    bash.env("TOPUP_SANDBOX", "1").env("TERM", "dumb");
    // The session makes streams of its own.
    let mut plain = Command::new(bash.get_program());
    plain.args(bash.get_args()).env_clear().current_dir(machine.user.home());
    plain.envs(bash.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut session = rexpect::session::spawn_command(plain, Some(20_000)).expect("it starts");
    let before = session.exp_string("[y/N] ").expect("the question");
    session.send_line(answer).expect("typed");
    let after = session.exp_eof().expect("the end");
    // The reader of this terminal takes each byte for a character, and what is typed is not shown.
    let told: Vec<u8> = format!("{before}[y/N] {answer}\n{after}")
        .chars()
        .map(|byte| u8::try_from(u32::from(byte)).expect("a byte"))
        .collect();
    String::from_utf8(told).expect("text").replace('\r', "")
}

/// Whether something was told as it is shown: `…` stands for anything in its line, and on a line
/// of its own for any lines.
fn is_shown(shown: &str, told: &str) -> bool {
    fn line(shown: &str, told: &str) -> bool {
        match shown.split_once('…') {
            None => shown == told,
            Some((begin, rest)) => told.strip_prefix(begin).is_some_and(|told| {
                (0..=told.len())
                    .filter(|at| told.is_char_boundary(*at))
                    .any(|at| line(rest, &told[at..]))
            }),
        }
    }
    fn lines(shown: &[&str], told: &[&str]) -> bool {
        match (shown.split_first(), told.split_first()) {
            (None, None) => true,
            (Some((&"…", shown)), _) => (0..=told.len()).any(|at| lines(shown, &told[at..])),
            (Some((first, shown)), Some((is, told))) => line(first, is) && lines(shown, told),
            _ => false,
        }
    }
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let told: Vec<&str> = told.trim_end().lines().collect();
    lines(&shown, &told)
}

#[test]
fn what_is_shown_has_to_be_told_line_by_line() {
    assert!(is_shown("a …\nb\n", "a 1 2\nb\n") && is_shown("a\n…\n", "a\nb\nc\n"));
    assert!(
        !is_shown("a\n", "a\nb\n") && !is_shown("a …c\n", "a b\n") && !is_shown("a\nb\n", "a\n")
    );
}

#[test]
fn every_configuration_that_is_shown_is_understood() {
    for block in in_language("toml") {
        let machine = Machine::new();
        machine.set("");
        let folder = machine.user.file(".config/topup");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), &block.text).expect("written");
        let profiles = block.text.lines().filter_map(|line| {
            line.strip_prefix("[profiles.").and_then(|rest| rest.strip_suffix(']'))
        });
        let mut count = 0;
        for profile in profiles {
            let script = format!("topup --profile {profile} --dry-run buy 25 || test $? != 4");
            run(&machine, &block.place, &script, true);
            count += 1;
        }
        assert!(count > 0 || !block.text.contains("[profiles"), "{}", block.place);
    }
}

#[test]
fn the_documents_that_are_shown_have_the_keys_of_real_ones() {
    /// Every key that is shown is told as well; values that are no placeholders are the same kind.
    fn within(shown: &Value, told: &Value, place: &str) {
        for (key, value) in shown.as_object().into_iter().flatten() {
            assert!(told.get(key).is_some(), "{place}: no '{key}' in {told}");
            within(value, &told[key], place);
        }
    }
    let machine = Machine::new();
    machine.set("");
    let buy = "topup buy 25 --yes --json";
    let settled = run(&machine, "a purchase", buy, true);
    machine.set("card=none");
    let refused = run(&machine, "a refusal", &format!("{buy} || test $? = 20"), true);
    let document = |text: &str| serde_json::from_str::<Value>(text).expect("one document");
    let mut checked = 0;
    for block in in_language("json") {
        for line in block.text.lines() {
            let shown = document(&line.replace(", …}", "}").replace("{…}", "{}"));
            let told = if shown["ok"] == true { &settled } else { &refused };
            within(&shown, &document(told), &block.place);
            checked += 1;
        }
    }
    assert!(checked >= 2);
}

/// The commands under `Examples:` of a help page, without what is said about them.
fn examples_of(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| !line.starts_with("Examples:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(str::trim)
        .map(|line| line.split_once("   ").map_or(line, |(command, _)| command))
        .collect()
}

/// The examples of this command and of all below it, each with the command's name.
fn pages_of_examples(command: &clap::Command, name: &str) -> Vec<(String, Vec<String>)> {
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let examples = examples_of(&help).into_iter().map(str::to_owned).collect();
    let mut pages = vec![(name.to_owned(), examples)];
    for verb in command.get_subcommands() {
        pages.extend(pages_of_examples(verb, &format!("{name} {}", verb.get_name())));
    }
    pages
}

#[test]
fn every_example_of_a_help_page_runs() {
    let mut pages = pages_of_examples(&Cli::command(), "topup");
    pages.retain(|(_, examples)| !examples.is_empty());
    at_once(&pages, |(name, examples)| {
        // Somebody who has bought before, so that there is something to look at.
        let machine = Machine::new();
        machine.set("rate-limit=off");
        run(&machine, name, "topup buy 11 --yes; mkdir .brv; echo '{}' > .brv/config.json", true);
        let inits = |example: &String| example.starts_with("topup ledger init");
        if name.starts_with("topup ledger ") && !examples.iter().any(inits) {
            let script = "topup ledger init --mandate acme --model prepay-mandate";
            run(&machine, name, &format!("{script}; topup ledger credit 20"), true);
        }
        if name == "topup plan change" {
            machine.set("plan=super");
        }
        for example in examples {
            let mut example = example.clone();
            if example.starts_with("topup ledger reverse") {
                let id =
                    run(&machine, name, "topup ledger transactions --get transactions.0.id", true);
                assert!(example.contains(" ID "), "{example}");
                example = example.replace(" ID ", &format!(" {} ", id.trim()));
            }
            // Whoever logs in has to be approved by somebody: a portal that approves everybody.
            if example.starts_with("topup login") {
                let server = Server::start(&["--auto-approve"]);
                let script = format!("export TOPUP_PORTAL_URL='{}'; {example}", server.url);
                run(&Machine::new(), name, &script, false);
            } else if example.starts_with("topup sandbox serve") {
                let script = format!(
                    "rm -f told; {example} >told 2>&1 & portal=$!
                    until [ -s told ]; do sleep 0.05; done; kill $portal; wait $portal"
                );
                run(&machine, name, &script, true);
            } else if example.starts_with("topup buy") && !example.contains(" -") {
                at_a_terminal(&machine, &example, "y");
            } else {
                run(&machine, name, &example, true);
            }
        }
    });
    let examples: usize = pages.iter().map(|(_, examples)| examples.len()).sum();
    assert!(examples >= 7, "only {examples} were found");
    let below = |command: &clap::Command| -> Vec<String> {
        let verbs = command.get_subcommands();
        let bare = verbs.filter(|verb| {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            !verb.is_hide_set() && verb.get_name() != "help" && examples_of(&help).is_empty()
        });
        bare.map(|verb| verb.get_name().to_owned()).collect()
    };
    assert!(below(&Cli::command()).is_empty(), "without examples: {:?}", below(&Cli::command()));
}
