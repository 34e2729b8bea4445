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

use crate::answer::{Form, Output};
use crate::class::Class;
use crate::commands::{Cli, Globals};
use crate::context::Context;
use crate::error::Error;
use clap::Parser;
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
    let outcome = cli.verb.run(&context);
    // The settings were read by the verb where it needed them; a verb that did not, names none.
    let system = context.system_if_known();
    let (code, delivered) = context.output.finish(command, system, outcome);
    if delivered {
        context.delivered();
    }
    code
}

/// Help and version go out as they are; everything else is class `usage`, as a document when one
/// was asked for.
fn refuse(refused: &clap::Error, argv: &[OsString]) -> u8 {
    use clap::error::ErrorKind;
    if matches!(refused.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return if refused.print().is_ok() { Class::Success.code() } else { Class::Config.code() };
    }
    let asked_for_json = argv.iter().any(|argument| argument == "--json");
    if !asked_for_json && std::env::var_os(config::env::JSON).is_none_or(|value| value.is_empty()) {
        let _ = refused.print();
        return Class::Usage.code();
    }
    let text = refused.render().to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let context = Context::new(Globals { json: true, ..Globals::default() });
    let output: &Output = &context.output;
    debug_assert_eq!(output.form, Form::Json);
    let command = argv.get(1).and_then(|word| word.to_str()).filter(|word| !word.starts_with('-'));
    output.finish(command.unwrap_or("topup"), None, Err(Error::usage(message))).0
}
