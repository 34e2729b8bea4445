//! Words in, text out: what is typed, what it asks for, and how an answer looks.

pub mod manual;
pub mod parse;
pub mod verbs;

use crate::app::context::Context;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::process;
use crate::ledger::runs;
use crate::output::Answer;
use std::ffi::OsString;
use verbs::open::Opened;
use verbs::schema::Shape;
use verbs::{Verb, completions, schema};

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(code) = runs::started_as(&argv) {
        return code;
    }
    if let Some(shell) = completions::asking_shell(&argv) {
        return completions::answer(&shell, argv);
    }
    process::settle();
    let cli = match parse::parse(&argv) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let context = Context::new(cli.globals);
    let command = cli.verb.name();
    let its_system = cli.verb.system();
    let spending = cli.verb.spending();
    let outcome = process::contained(|| carry_out(&context, cli.verb)).map_err(|error| {
        let error = context.with_first_steps(spending.needs_permission(), error);
        context.with_next_step(in_doubt(error, spending.may_charge()))
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
fn in_doubt(error: Failure, may_have_paid: bool) -> Failure {
    if error.class() == Class::Internal && error.parts().charged.is_none() && may_have_paid {
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
            return Err(Failure::usage(format!(
                "no page of the portal belongs to '{}'",
                verb.name()
            )));
        };
        if let Some(path) = &context.globals.get {
            schema::check_path("open", Shape::Usual, path)?;
        }
        let portal_url = context.provider()?.page_link(page)?;
        return Ok(Answer::new(Opened { portal_url, opened: false }));
    }
    if let Some(path) = &context.globals.get {
        // A value that no answer can have is refused before anything is sent, not after.
        verb.shape(context)
            .and_then(|shape| schema::check_path(verb.name(), shape, path))
            .map_err(|error| verb.with_what_is_known(context, error))?;
    }
    verb.run(context)
}
