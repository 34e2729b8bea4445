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
//! | [`sqlite`] | what the files of journal, ledger and sandbox have in common |
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
//! A larger plan is bought the same way: `commands/plan/upgrade.rs` takes the place of
//! `commands/buy.rs`, and both hand an order to `commands/order.rs`.
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
pub mod sqlite;

use crate::answer::{Answer, Color, aside, sanitize};
use crate::class::Class;
use crate::commands::open::Opened;
use crate::commands::{Cli, Globals, Verb, completions, schema};
use crate::context::{Context, wants_color};
use crate::error::{Charged, Error, Result};
use crate::provider::System;
use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(shell) = completions::asking_shell(&argv) {
        return completions::answer(&shell, argv);
    }
    process::settle();
    let parsed = command_line()
        .try_get_matches_from(&argv)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused, &argv),
    };
    let context = Context::new(cli.globals);
    let command = cli.verb.name();
    let its_system = cli.verb.system();
    let may_spend = cli.verb.may_spend();
    let wants_scope = cli.verb.wants_spending_scope();
    let outcome = process::contained(|| carry_out(&context, cli.verb)).map_err(|error| {
        let error = context.with_first_steps(wants_scope, error);
        context.with_next_step(in_doubt(error, may_spend))
    });
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

/// What can be typed. A variable that is empty is not set, here as everywhere else.
fn command_line() -> clap::Command {
    fn heeding_no_blanks(command: clap::Command) -> clap::Command {
        let is_blank = |argument: &clap::Arg| {
            let value = argument.get_env().and_then(std::env::var_os);
            value.is_some_and(|value| value.to_str().is_some_and(|text| text.trim().is_empty()))
        };
        let without = |argument: clap::Arg| {
            if is_blank(&argument) { argument.env(Resettable::Reset) } else { argument }
        };
        command.mut_args(without).mut_subcommands(heeding_no_blanks)
    }
    heeding_no_blanks(Cli::command())
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
        if let Some(path) = &context.globals.get {
            schema::check_path("open", path)?;
        }
        let portal_url = context.provider()?.page_link(page)?;
        return Ok(Answer::new(Opened { portal_url, opened: false }));
    }
    if let Some(path) = &context.globals.get {
        // A value that no answer can have is refused before anything is sent, not after.
        verb.answers_as(context)
            .and_then(|schema| schema::check_path(schema, path))
            .map_err(|error| verb.with_what_is_known(context, error))?;
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
    let typed = Typed::of(argv);
    if let Some(line) = typed.brief(refused) {
        return line;
    }
    let text = refused.render().to_string();
    if !typed.json {
        if typed.verb.is_none() && is_no_verb(refused) {
            return welcome();
        }
        // What was typed is repeated there, and may have come from somewhere else: an id, say.
        if text.lines().all(|line| sanitize::value(line) == line) {
            aside::say(&in_color(refused, io::stderr().is_terminal()));
        } else {
            let output = Context::new(Globals::default()).output;
            text.lines().for_each(|line| output.complain(line));
        }
        return Class::Usage.code();
    }
    let message = match refused.kind() {
        _ if is_no_verb(refused) => "a command is missing".to_owned(),
        ErrorKind::MissingRequiredArgument => {
            format!("missing: {}", invalid_arguments(refused).join(", "))
        }
        _ => said(&text),
    };
    let system = (typed.verb == Some("ledger")).then_some(System::Ledger);
    let context = Context::new(Globals { json: true, ..Globals::default() });
    let error = Error::usage(message).hint(match typed.verb {
        Some(_) => format!("'topup help {}' shows what there is.", typed.command),
        None => "'topup help' shows what there is.".to_owned(),
    });
    let error = match typed.command.as_str() {
        "buy" | "ensure" | "plan upgrade" => error.charged(typed.charged(&context, refused)),
        _ => error,
    };
    context.output.finish(&typed.command, system, Err(error)).0
}

/// The first line of what the parser says.
fn said(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn is_no_verb(refused: &clap::Error) -> bool {
    use clap::error::ErrorKind;
    matches!(
        refused.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    )
}

/// The arguments that the parser complains of, as it writes them.
fn invalid_arguments(refused: &clap::Error) -> Vec<String> {
    use clap::error::{ContextKind, ContextValue};
    match refused.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.clone(),
        Some(ContextValue::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// To somebody who sits there it is an answer; for a script, whose verb got lost, it is none.
fn welcome() -> u8 {
    let context = Context::new(Globals::default());
    if context.output.interactive && io::stdout().is_terminal() {
        return match answer::write_out(commands::WELCOME) {
            Ok(()) => Class::Success.code(),
            Err(error) => error.class().code(),
        };
    }
    aside::say(commands::WELCOME);
    Class::Usage.code()
}

/// What can be known of a command line that the parser has refused.
struct Typed<'a> {
    words: Vec<&'a str>,
    /// A document is wanted.
    json: bool,
    /// The verb, if there is one.
    verb: Option<&'static str>,
    /// As the document names it.
    command: String,
}

impl<'a> Typed<'a> {
    fn of(argv: &'a [OsString]) -> Self {
        let words: Vec<&str> = argv
            .iter()
            .skip(1)
            .take_while(|word| *word != "--")
            .filter_map(|word| word.to_str())
            .collect();
        let verbs = Cli::command();
        let mut rest = words.iter();
        let verb = rest.by_ref().find_map(|word| verbs.find_subcommand(word));
        // Each command of the ledger and of the plan has a document of its own, the other verbs
        // have one.
        let of_several = verb
            .filter(|verb| matches!(verb.get_name(), "ledger" | "plan"))
            .and_then(|verb| rest.find_map(|word| verb.find_subcommand(word)));
        let names = [verb, of_several].into_iter().flatten().map(clap::Command::get_name);
        let command = names.collect::<Vec<_>>().join(" ");
        let command = if command.is_empty() { "topup".to_owned() } else { command };
        let json = words.contains(&"--json") || config::env::is_on(config::env::JSON);
        let verb = match verb.map(clap::Command::get_name) {
            Some("ledger") => Some("ledger"),
            Some("state") => Some("state"),
            Some(_) => Some("another"),
            None => None,
        };
        Self { words, json, verb, command }
    }

    /// Whether money may have moved for the purchase that this line was to be about: another machine
    /// may have bought under its name or key, and an earlier run here without one. What is no name
    /// was never used by anybody.
    fn charged(&self, context: &Context, refused: &clap::Error) -> Charged {
        use clap::error::ErrorKind;
        let names = |argument: &str| {
            let flag = argument.split([' ', '=']).next().unwrap_or_default();
            matches!(flag, "--once" | "--idempotency-key")
        };
        let is_value =
            matches!(refused.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
        if is_value && invalid_arguments(refused).iter().any(|argument| names(argument)) {
            Charged::No
        } else if self.words.iter().any(|word| names(word)) {
            Charged::Unknown
        } else {
            commands::known::of_no_name(context)
        }
    }

    /// A variable that makes no sense must not spoil the output of another command: the line that
    /// was asked for says so, and nothing fails. What was typed here is told as everywhere.
    fn brief(&self, refused: &clap::Error) -> Option<u8> {
        if self.verb != Some("state") || !self.words.contains(&"--brief") {
            return None;
        }
        let argument = invalid_arguments(refused).into_iter().next()?;
        let flag = argument.split([' ', '=']).next()?.to_owned();
        let is_typed = |word: &&str| word.split('=').next() == Some(flag.as_str());
        let of_variable = Cli::command().get_arguments().any(|known| {
            known.get_long().is_some_and(|long| format!("--{long}") == flag)
                && known.get_env().is_some_and(|name| std::env::var_os(name).is_some())
        });
        if !of_variable || self.words.iter().any(is_typed) {
            return None;
        }
        let output = Context::new(Globals { json: self.json, ..Globals::default() }).output;
        let why = said(&refused.render().to_string());
        let line = commands::state::Brief::unknown(&Error::usage(why));
        Some(output.finish("state", None, Ok(Answer::new(line))).0)
    }
}

/// The text of clap, coloured where the stream is one for it.
fn in_color(refused: &clap::Error, terminal: bool) -> String {
    let text = refused.render();
    if wants_color(Color::Auto, terminal) { text.ansi().to_string() } else { text.to_string() }
}
