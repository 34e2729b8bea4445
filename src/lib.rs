//! `topup` buys, watches and meters prepaid AI credits from the shell, and never pays twice.
//!
//! # The rooms
//!
//! | room | what it is for |
//! |---|---|
//! | [`commands`] | one file per verb: what is typed on top, what it does below |
//! | [`context`] | what a verb may touch: streams, clock, settings, the client, each made at first use |
//! | [`answer`] | what is printed: the document, tables, bars, single values. Nobody else prints |
//! | [`class`](mod@class), [`error`] | the one table of what an answer can be; the one error type |
//! | [`money`] | amounts: a strict grammar, exact decimals |
//! | [`config`] | profiles, precedence, paths, every environment variable |
//! | [`http`] | the one blocking client: tokens bound to an origin, deadlines, no redirects |
//! | [`credentials`] | logins: the store, those of Hermes, refreshing under a lock, the device flow |
//! | [`process`](mod@process) | what the process is to the system: no core dumps, no end by a full file |
//! | [`provider`] | the billing systems behind one trait of capabilities |
//! | [`purchase`] | exactly once: the pure machine, its journal, names, guards, locks |
//! | [`ledger`] | the prepaid budget: its book, runs and notices, on SQLite and PostgreSQL |
//! | [`sandbox`] | a complete portal inside the binary; never uses the client side |
//! | [`manual`] | the pages of the manual: of each verb, and about the ideas behind them |
//! | [`browser`] | a page in a browser, by a program that nobody can plant |
//! | [`signals`] | signals as values |
//! | `fuzzing` | every reader of foreign bytes, tried out; in tests and fuzzers only |
//!
//! Data flows one way: `commands` → `purchase`/`provider`/`ledger` → `credentials` → `http`.
//! Answers come back as plain values, and only `answer` turns them into text.
//!
//! A budget of the ledger has no portal, no login and no purchase: `commands/ledger` opens
//! [`ledger::Ledger`], and [`provider::ledger`] shows it to the verbs of all systems.
//!
//! Where a person pays in a browser nothing is charged by what is sent from here:
//! `commands/pack.rs` and [`purchase::paying`] do then what `commands/running.rs` and the machine
//! do otherwise.
//!
//! # One `buy`, from the typed word to the last byte
//!
//! 1. [`run`] parses the command line ([`commands::Cli`]) and makes a [`context::Context`].
//! 2. `commands/buy.rs` reads the amount and the guards that need nothing, and asks where a person
//!    sits there.
//! 3. [`credentials::Session::token`] finds a token that lasts, refreshing it under the lock.
//! 4. [`purchase::opening::open`] decides in one transaction of the [`purchase::journal`] which
//!    purchase is meant: an open one, or a new one whose intent is durable now.
//! 5. `commands/running.rs` puts the real world ([`purchase::world::RealWorld`]) under the pure
//!    [`purchase::machine::Machine`], and [`purchase::driver::drive`] performs its actions:
//!    a durable row, the POST ([`provider::Charges::post`] through [`http::Http::send`]), the
//!    verdict as a row, the looks.
//! 6. [`purchase::summary::conclude`] turns the report into the answer or the error.
//! 7. [`answer::Output::finish`] prints it and gives the exit code; once it is out,
//!    [`context::Context::delivered`] notes that the caller has it.

pub mod answer;
pub mod browser;
pub mod class;
pub mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod ledger;
pub mod manual;
pub mod money;
pub mod process;
pub mod provider;
pub mod purchase;
pub mod sandbox;
pub mod signals;

use crate::answer::{Answer, Color, aside, sanitize};
use crate::class::Class;
use crate::commands::open::Opened;
use crate::commands::{Cli, Globals, Verb, completions, schema};
use crate::context::{Context, wants_color};
use crate::error::{Charged, Error, Result};
use crate::provider::System;
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(shell) = completions::asking_shell(&argv) {
        return completions::answer(&shell, argv);
    }
    process::settle();
    let cli = match Cli::try_parse_from(&argv) {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused, &argv),
    };
    let context = Context::new(cli.globals);
    let command = cli.verb.name();
    let its_system = cli.verb.system();
    let may_spend = cli.verb.may_spend();
    let outcome = process::contained(|| carry_out(&context, cli.verb))
        .map_err(|error| context.with_next_step(in_doubt(error, may_spend)));
    // The settings were read by the verb where it needed them; a verb that did not, names none.
    let system = its_system.or_else(|| context.system_if_known());
    let (code, delivered) = context.output.finish(command, system, outcome);
    if delivered {
        context.delivered();
    }
    code
}

/// What a mistake of this program cut off may have been a purchase, at any point of it.
fn in_doubt(error: Error, may_spend: bool) -> Error {
    if error.class() == Class::Internal && error.parts().charged.is_none() && may_spend {
        return error.charged(Charged::Unknown).hint(
            "Run 'topup resume': it finds out what became of it, and pays for nothing twice.",
        );
    }
    error
}

/// The verb itself, or the link that belongs to it.
fn carry_out(context: &Context, verb: Verb) -> Result<Answer> {
    if context.globals.link {
        let Some(page) = verb.page() else {
            return Err(Error::usage(format!(
                "no page of the portal belongs to '{}'",
                verb.name()
            )));
        };
        let portal_url = context.provider()?.page_link(page)?;
        return Ok(Answer::new(Opened { portal_url, opened: false }));
    }
    if let Some(path) = &context.globals.get {
        // A value that no answer can have is refused before anything is sent, not after.
        schema::check_path(verb.answers_as(context)?, path)?;
    }
    verb.run(context)
}

/// Help and version go out as they are; everything else is class `usage`, as a document when one
/// was asked for.
fn refuse(refused: &clap::Error, argv: &[OsString]) -> u8 {
    use clap::error::ErrorKind;
    if matches!(refused.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let help = in_color(refused, io::stdout().is_terminal());
        return match answer::write_out(&help) {
            Ok(()) => Class::Success.code(),
            Err(error) => {
                aside::say(&format!("error: {error}\n"));
                error.class().code()
            }
        };
    }
    let typed =
        || argv.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let text = refused.render().to_string();
    if !typed().any(|word| word == "--json") && !is_set(config::env::JSON) {
        // What was typed is repeated there, and may have come from somewhere else: an id, say.
        if text.lines().all(|line| sanitize::value(line) == line) {
            aside::say(&in_color(refused, io::stderr().is_terminal()));
        } else {
            let output = Context::new(Globals::default()).output;
            text.lines().for_each(|line| output.complain(line));
        }
        return Class::Usage.code();
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = match refused.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".to_owned(),
        _ => lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    let verbs = Cli::command();
    let mut words = typed();
    let verb = words.by_ref().find_map(|word| verbs.find_subcommand(word));
    // Each command of the ledger has a document of its own, the other verbs have one.
    let ledger = verb.filter(|verb| verb.get_name() == "ledger");
    let of_ledger = ledger.and_then(|verb| words.find_map(|word| verb.find_subcommand(word)));
    let names = [verb, of_ledger].into_iter().flatten().map(clap::Command::get_name);
    let mut command = names.collect::<Vec<_>>().join(" ");
    if command.is_empty() {
        "topup".clone_into(&mut command);
    }
    let system = ledger.map(|_| System::Ledger);
    let context = Context::new(Globals { json: true, ..Globals::default() });
    let error = Error::usage(message).hint("'topup help' shows what there is.");
    context.output.finish(&command, system, Err(error)).0
}

/// The text of clap, coloured where the stream is one for it.
fn in_color(refused: &clap::Error, terminal: bool) -> String {
    let text = refused.render();
    if wants_color(Color::Auto, terminal) { text.ansi().to_string() } else { text.to_string() }
}

/// Whether a switch is on in the environment, read as the flags read it.
fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| {
        !matches!(
            value.to_ascii_lowercase().as_str(),
            "" | "0" | "n" | "no" | "f" | "false" | "off"
        )
    })
}
