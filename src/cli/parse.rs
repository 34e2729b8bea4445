//! The command line, from the typed words to what they ask for. Where nothing can be carried out,
//! help and version are printed, and everything else is class `usage`, as a document when one was
//! asked for.

use super::{alone, help, tips};
use crate::app::buying::earlier::charged_without_name;
use crate::cli::globals::Globals;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::{self, Cli};
use crate::core::class::Class;
use crate::core::command::{Command, NextStep, Part};
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::escape;
use crate::core::failure::{Charged, Failure};
use crate::output::{self, Answer, Color, aside};
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::mem;

/// What was typed, understood.
///
/// # Errors
/// The exit code, where all there was to say has been printed.
pub fn parse(argv: &[OsString], environment: &Environment) -> Result<Cli, u8> {
    let words = tips::rewritten(argv);
    let typed = words.as_deref().unwrap_or(argv);
    if let Some(understood) = by_its_verb_alone(typed) {
        return Ok(understood);
    }
    let command = help::command_for(typed, heeding_no_blanks(Cli::command()));
    matched(command, typed).map_err(|refused| {
        let mut refused = without_variables(refused, typed);
        tips::without_wild_guesses(&mut refused, typed);
        refuse(&refused, typed, environment)
    })
}

/// What a line asks for that its verb alone understands.
fn by_its_verb_alone(typed: &[OsString]) -> Option<Cli> {
    if help::is_asked_for(typed) {
        return None;
    }
    let verb = tips::verb_position(typed)?;
    matched(heeding_no_blanks(alone::parser(&typed[verb..])?), typed).ok()
}

fn matched(mut parser: clap::Command, typed: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = parser.try_get_matches_from_mut(typed);
    // A process parses once. Taking the parser apart is a fifth of the work of a short command.
    mem::forget(parser);
    Cli::from_arg_matches_mut(&mut matches?)
}

/// What can be typed. A variable that is empty is not set, here as everywhere else.
fn heeding_no_blanks(command: clap::Command) -> clap::Command {
    fn everywhere(command: clap::Command) -> clap::Command {
        let is_blank = |argument: &clap::Arg| {
            argument.get_env().and_then(|name| name.to_str()).is_some_and(env::is_blank)
        };
        let without = |argument: clap::Arg| {
            if is_blank(&argument) { argument.env(Resettable::Reset) } else { argument }
        };
        command.mut_args(without).mut_subcommands(everywhere)
    }
    // To walk through every argument of every verb costs more than all else that a help page takes.
    if env::VARIABLES.iter().any(|variable| env::is_blank(variable.name)) {
        everywhere(command)
    } else {
        command
    }
}

/// What the parser says of a line without a verb where no variable is set: it takes a variable for an
/// option that was typed, and then has no help page. It is the short page.
fn without_variables(refused: clap::Error, typed: &[OsString]) -> clap::Error {
    fn unset(command: clap::Command) -> clap::Command {
        command.mut_args(|argument| argument.env(Resettable::Reset)).mut_subcommands(unset)
    }
    if !is_no_verb(&refused) {
        return refused;
    }
    match help::with_short_pages(unset(Cli::command())).try_get_matches_from(typed) {
        Err(bare) if is_no_verb(&bare) => bare,
        _ => refused,
    }
}

/// Says what there is to say about a line that is carried out by no verb.
fn refuse(refused: &clap::Error, argv: &[OsString], environment: &Environment) -> u8 {
    if matches!(refused.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let help = in_color(refused, environment, environment.terminals.output);
        return match output::write_out(&help) {
            Ok(()) => Class::Success.code(),
            Err(error) => {
                aside::say(&format!("error: {error}\n"));
                error.class().code()
            }
        };
    }
    let typed = RefusedLine::new(argv, environment);
    if let Some(line) = typed.brief(refused, environment) {
        return line;
    }
    let text = refused.render().to_string();
    let tip = tips::tip(refused, argv);
    if !typed.json && tip.is_none() {
        if typed.verb.is_none() && is_no_verb(refused) {
            return welcome(environment);
        }
        let invocation = invocation(environment, Globals::default());
        // What was typed is repeated there, and may have come from somewhere else: an id, say.
        if text.lines().all(|line| escape::value(line) == line) {
            aside::say(&in_color(refused, environment, environment.terminals.error));
        } else {
            text.lines().for_each(|line| invocation.output.complain(line));
        }
        typed.publish(&invocation, &Err(typed.failure(&invocation, refused, None)));
        return Class::Usage.code();
    }
    let system = (typed.verb.as_deref() == Some("ledger")).then_some(crate::provider::LEDGER);
    let invocation = invocation(environment, typed.globals());
    let outcome = Err(typed.failure(&invocation, refused, tip));
    typed.publish(&invocation, &outcome);
    invocation.output.finish(&typed.command, system, outcome).0
}

/// A run of which no more than this is known.
fn invocation(environment: &Environment, globals: Globals) -> Invocation {
    Invocation::new(environment.clone(), globals, Cli::command)
}

/// The first line of what the parser says.
fn said(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn is_no_verb(refused: &clap::Error) -> bool {
    matches!(
        refused.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    )
}

/// The arguments that the parser complains of, as it writes them.
fn invalid_arguments(refused: &clap::Error) -> Vec<String> {
    match refused.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.clone(),
        Some(ContextValue::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// To somebody who sits there it is an answer; for a script, whose verb got lost, it is none.
fn welcome(environment: &Environment) -> u8 {
    let invocation = invocation(environment, Globals::default());
    if invocation.output.interactive && environment.terminals.output {
        return match output::write_out(verbs::WELCOME) {
            Ok(()) => Class::Success.code(),
            Err(error) => error.class().code(),
        };
    }
    aside::say(verbs::WELCOME);
    Class::Usage.code()
}

/// What can be known of a command line that the parser has refused.
struct RefusedLine<'a> {
    words: Vec<&'a str>,
    /// A document is wanted.
    json: bool,
    /// The verb, if there is one.
    verb: Option<String>,
    /// As the document names it.
    command: String,
    /// A variable selects the sandbox.
    in_sandbox: bool,
}

impl<'a> RefusedLine<'a> {
    fn new(argv: &'a [OsString], environment: &Environment) -> Self {
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
            .filter(|verb| matches!(verb.get_name(), "journal" | "ledger" | "plan"))
            .and_then(|verb| rest.find_map(|word| verb.find_subcommand(word)));
        let names = [verb, of_several].into_iter().flatten().map(clap::Command::get_name);
        let command = names.collect::<Vec<_>>().join(" ");
        let command = if command.is_empty() { "topup".to_owned() } else { command };
        let json = words.contains(&"--json") || environment.variables.is_on(env::JSON);
        let verb = verb.map(|verb| verb.get_name().to_owned());
        let in_sandbox = environment.variables.is_on(env::SANDBOX);
        Self { words, json, verb, command, in_sandbox }
    }

    /// The flags that say which system is meant, and how to answer, as far as they can be read: a
    /// command in a tip means the same account. The parser's own `ignore_errors` stops at the first
    /// error, so that what stands behind it would be lost.
    fn globals(&self) -> Globals {
        let value = |flag: &str| {
            self.words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(flag)? {
                "" => self.words.get(at + 1).map(|value| (*value).to_owned()),
                joined => joined.strip_prefix('=').map(ToOwned::to_owned),
            })
        };
        Globals {
            json: self.json,
            sandbox: self.words.contains(&"--sandbox") || self.in_sandbox,
            provider: value("--provider"),
            profile: value("--profile"),
            portal_url: value("--portal-url"),
            ..Globals::default()
        }
    }

    /// What is wrong with the line, and what to type instead.
    fn failure(
        &self,
        invocation: &Invocation,
        refused: &clap::Error,
        tip: Option<NextStep>,
    ) -> Failure {
        let message = match refused.kind() {
            _ if is_no_verb(refused) => "a command is missing".to_owned(),
            ErrorKind::MissingRequiredArgument => {
                format!("missing: {}", invalid_arguments(refused).join(", "))
            }
            _ => said(&refused.render().to_string()),
        };
        let page = match &self.verb {
            Some(_) => {
                let words = std::iter::once("help").chain(self.command.split(' '));
                NextStep::from("")
                    .then(Part::Run(Command::new(words)))
                    .then(Part::Text(" shows what there is.".into()))
            }
            None => "'topup help' shows what there is.".into(),
        };
        let failure = Failure::usage(message);
        let failure = match tip.map(|tip| tip.aimed(&invocation.setup.target())) {
            // An example shows one way of several.
            Some(tip) if refused.kind() == ErrorKind::MissingRequiredArgument => {
                failure.hint(tip).hint(page)
            }
            Some(tip) => failure.hint(tip),
            None => failure.hint(page),
        };
        match self.command.as_str() {
            "buy" | "ensure" | "plan upgrade" => {
                failure.charged(self.charged(invocation, refused)).sent_nothing()
            }
            _ => failure,
        }
    }

    /// Tells the steps of a CI job, which go by these verbs.
    fn publish(&self, invocation: &Invocation, outcome: &Result<Answer, Failure>) {
        let typed = |flag: &str| self.words.iter().any(|word| word.split('=').next() == Some(flag));
        if verbs::decides(&self.command, typed) {
            verbs::ci::publish(invocation, outcome);
        }
    }

    /// Whether money may have moved for the purchase that this line was to be about: another machine
    /// may have bought under its name or key, and an earlier run here without one. What is no name
    /// was never used by anybody.
    fn charged(&self, invocation: &Invocation, refused: &clap::Error) -> Charged {
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
            let journal = invocation.setup.journal_if_any();
            charged_without_name(journal.as_ref())
        }
    }

    /// A variable that makes no sense must not spoil the output of another command: the line that
    /// was asked for says so, and nothing fails. What was typed here is reported as everywhere.
    fn brief(&self, refused: &clap::Error, environment: &Environment) -> Option<u8> {
        if self.verb.as_deref() != Some("state")
            || !self.words.iter().any(|word| matches!(*word, "--brief" | "--waybar"))
        {
            return None;
        }
        let argument = invalid_arguments(refused).into_iter().next()?;
        let flag = argument.split([' ', '=']).next()?.to_owned();
        let is_typed = |word: &&str| word.split('=').next() == Some(flag.as_str());
        let of_variable = Cli::command().get_arguments().any(|known| {
            known.get_long().is_some_and(|long| format!("--{long}") == flag)
                && known.get_env().is_some_and(|name| {
                    name.to_str().is_some_and(|name| environment.variables.raw(name).is_some())
                })
        });
        if !of_variable || self.words.iter().any(is_typed) {
            return None;
        }
        let output =
            invocation(environment, Globals { json: self.json, ..Globals::default() }).output;
        let why = said(&refused.render().to_string());
        let line = verbs::state::Brief::unknown(&Failure::usage(why));
        let answer = line.answer(self.words.contains(&"--waybar"), None);
        Some(output.finish("state", None, Ok(answer)).0)
    }
}

/// The text of clap, coloured where the stream is one for it.
fn in_color(refused: &clap::Error, environment: &Environment, terminal: bool) -> String {
    let text = refused.render();
    if Color::Auto.is_wanted(&environment.variables, terminal) {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}
