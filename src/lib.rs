//! `topup` buys, watches and meters prepaid AI credits from the shell, and never pays twice.

pub mod answer;
pub mod class;
pub mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod error;
pub mod http;
pub mod ledger;
pub mod money;
pub mod provider;
pub mod purchase;
pub mod sandbox;
pub mod signals;

use crate::answer::Answer;
use crate::class::Class;
use crate::commands::open::Opened;
use crate::commands::{Cli, Globals, Verb, schema};
use crate::context::Context;
use crate::error::{Error, Result};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    let cli = match Cli::try_parse_from(&argv) {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused, &argv),
    };
    let context = Context::new(cli.globals);
    let command = cli.verb.name();
    let outcome = carry_out(&context, cli.verb).map_err(|error| context.with_next_step(error));
    // The settings were read by the verb where it needed them; a verb that did not, names none.
    let system = context.system_if_known();
    let (code, delivered) = context.output.finish(command, system, outcome);
    if delivered {
        context.delivered();
    }
    code
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
        let portal_url = context.provider()?.link(page);
        return Ok(Answer::new(Opened { portal_url, opened: false }));
    }
    if let Some(path) = &context.globals.get {
        // A value that no answer can have is refused before anything is sent, not after.
        schema::check_path(verb.name(), path)?;
    }
    verb.run(context)
}

/// Help and version go out as they are; everything else is class `usage`, as a document when one
/// was asked for.
fn refuse(refused: &clap::Error, argv: &[OsString]) -> u8 {
    use clap::error::ErrorKind;
    if matches!(refused.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return if refused.print().is_ok() { Class::Success.code() } else { Class::Config.code() };
    }
    let typed =
        || argv.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str());
    if !typed().any(|word| word == "--json") && !is_set(config::env::JSON) {
        let _ = refused.print();
        return Class::Usage.code();
    }
    let text = refused.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = match refused.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".to_owned(),
        _ => lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    let verbs = Cli::command();
    let command =
        typed().find(|word| verbs.find_subcommand(word).is_some()).unwrap_or("topup").to_owned();
    let context = Context::new(Globals { json: true, ..Globals::default() });
    let error = Error::usage(message).hint("'topup help' shows what there is.");
    context.output.finish(&command, None, Err(error)).0
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
