//! Words in, text out: what is typed, what it asks for, and how an answer looks.

mod alone;
mod bug;
mod completing;
pub(crate) mod globals;
pub(crate) mod help;
pub(crate) mod invocation;
pub mod manual;
pub(crate) mod parse;
mod shell_words;
mod tips;
pub mod verbs;

use crate::core::class::Class;
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::process;
use crate::ledger::runs;
use crate::output::{self, Answer};
use crate::provider;
use bug::BugAnswer;
use clap::CommandFactory;
use invocation::Invocation;
use std::ffi::OsString;
use verbs::open::OpenedPage;
use verbs::shape::Shape;
use verbs::{Cli, Verb, opening, schema};

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>, environment: Environment) -> u8 {
    process::on_bug(|bug| output::report_early_bug(&bug));
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(code) = runs::started_as(&argv) {
        return code;
    }
    if let Some(shell) = completing::asking_shell(&argv) {
        return completing::answer(&shell, argv);
    }
    process::settle();
    let cli = match parse::parse(&argv, &environment) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let mut invocation = Invocation::new(environment, cli.globals, Cli::command);
    let words = argv.into_iter().skip(1).map(OsString::into_string);
    invocation.words = words.collect::<Result<_, _>>().unwrap_or_default();
    let command = cli.verb.name();
    let its_system = cli.verb.system();
    let spending = cli.verb.spending();
    invocation.output.misses_keys = !cli.verb.only_reads();
    let decides = cli.verb.decides();
    let bug_answer = BugAnswer::new(&cli.verb, &invocation.output);
    process::on_bug(move |bug| bug_answer.give(bug));
    let outcome = carry_out(&invocation, cli.verb).map_err(|error| {
        let error = invocation.setup.with_first_steps(spending.needs_permission(), error);
        invocation.with_next_step(in_doubt(error, spending.may_charge()))
    });
    let outcome = outcome.map(|answer| answer.without_pages(invocation.setup.lost_pages()));
    // The settings were read by the verb where it needed them; a verb that did not, names none.
    let system = its_system.or_else(|| invocation.setup.system_if_known());
    // By now it is known what a project's file has chosen.
    invocation.output.target = invocation.setup.target();
    if decides {
        verbs::ci::publish(&invocation, &outcome);
    }
    let (code, delivered) = invocation.output.finish(command, system, outcome);
    if delivered {
        invocation.delivered();
    }
    code
}

/// What a bug cut off may have been a purchase, at any point of it.
fn in_doubt(error: Failure, may_have_paid: bool) -> Failure {
    if error.class() == Class::Internal && error.parts().charged.is_none() && may_have_paid {
        return error.charged(Charged::Unknown).hint(
            "Run 'topup resume': it finds out what became of it, and pays for nothing twice.",
        );
    }
    error
}

/// The verb itself, or the link that belongs to it.
fn carry_out(invocation: &Invocation, verb: Verb) -> Result<Answer> {
    // A word that no system has is a mistake for every verb; whether a row has it, the file says.
    // A variable that makes no sense must not spoil a line in the output of another command.
    if let Some(word) = &invocation.globals.provider
        && provider::find(word).is_none()
        && !(matches!(&verb, Verb::State(state) if state.is_brief())
            && invocation.setup.variable(env::PROVIDER)?.as_ref() == Some(word))
    {
        invocation.setup.settings()?;
    }
    if invocation.globals.link {
        let Some(page) = verb.page() else {
            return Err(Failure::usage(format!(
                "no page of the portal belongs to '{}'",
                verb.name()
            )));
        };
        for path in &invocation.globals.get {
            schema::check_path("open", Shape::Usual, None, path)?;
        }
        let portal_url = invocation.setup.provider()?.page_link(page)?;
        return Ok(Answer::new(OpenedPage { portal_url, opened: false }));
    }
    let account = match &verb {
        Verb::State(state)
            if state.shape() == Shape::Usual && !invocation.globals.get.is_empty() =>
        {
            invocation.setup.settings().ok().map(|settings| settings.system)
        }
        _ => None,
    };
    for path in &invocation.globals.get {
        // A value that no answer can have is refused before anything is sent, not after.
        verb.shape(invocation)
            .and_then(|shape| schema::check_path(verb.name(), shape, account, path))
            .map_err(|error| verb.with_what_is_known(invocation, error))?;
    }
    if invocation.output.verbose && verb.spending().may_charge() {
        opening::report_journal(invocation);
    }
    verb.run(invocation)
}
