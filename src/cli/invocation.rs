//! One run of the program as a verb sees it: what was typed for all commands, the output, and the
//! parts that it can open.

use super::globals::Globals;
use crate::app::setup::{Options, Setup};
use crate::core::environment::Environment;
use crate::core::failure::Failure;
use crate::core::wait::show_long_waits;
use crate::core::{env, escape};
use crate::output::document::plain_path;
use crate::output::{Form, Output, aside};
use std::cell::RefCell;

/// One run of the program.
pub struct Invocation {
    /// What was typed for all commands.
    pub globals: Globals,
    /// Everything that can be typed, for the pages and scripts that are made from it.
    pub command_line: fn() -> clap::Command,
    /// The words that were typed behind the program; none where they are not known.
    pub words: Vec<String>,
    /// The streams.
    pub output: Output,
    /// What a use case can be handed.
    pub setup: Setup,
    deliveries: RefCell<Vec<Box<dyn FnOnce()>>>,
}

impl Invocation {
    /// Prepares a run; touches nothing yet.
    pub fn new(
        environment: Environment,
        globals: Globals,
        command_line: fn() -> clap::Command,
    ) -> Self {
        let options = options(&globals);
        let setup = Setup::new(environment, options);
        let mut output = output(&setup.environment, &globals);
        if setup.environment.terminals.error && !globals.quiet {
            show_long_waits(show_wait);
        }
        output.target = setup.target();
        let words = Vec::new();
        Self { globals, command_line, words, output, setup, deliveries: RefCell::new(Vec::new()) }
    }

    /// Remembers what is to be noted once the caller has the answer.
    pub fn on_delivered(&self, note: impl FnOnce() + 'static) {
        self.deliveries.borrow_mut().push(Box::new(note));
    }

    /// The caller has the answer.
    pub fn delivered(&self) {
        for note in self.deliveries.take() {
            note();
        }
    }

    /// As [`Setup::with_next_step`].
    pub fn with_next_step(&self, failure: Failure) -> Failure {
        self.setup.with_next_step(failure)
    }
}

/// What the parts have to know of what was typed.
pub fn options(globals: &Globals) -> Options {
    Options {
        provider: globals.provider.clone(),
        profile: globals.profile.clone(),
        portal_url: globals.portal_url.clone(),
        sandbox: globals.sandbox,
        insecure_http: globals.insecure_http,
        timeout: globals.timeout,
        tracer: globals.verbose.then_some(trace),
    }
}

fn show_wait(what: &str) {
    aside::say(&format!("{}\n", escape::line(&format!("Waiting for {what} ..."))));
}

fn trace(line: &str) {
    aside::say(&format!("{}\n", escape::line(line)));
}

/// The streams, as what was typed and what is around say.
pub fn output(environment: &Environment, globals: &Globals) -> Output {
    let form = match globals.get.as_slice() {
        [] if globals.json => Form::Json,
        [] => Form::Text,
        paths => Form::Values(paths.iter().map(|path| plain_path(path).to_owned()).collect()),
    };
    let terminals = environment.terminals;
    let is_ci = environment.variables.set(env::CI).is_some();
    let asks = !globals.no_input && form == Form::Text && !is_ci;
    Output {
        // A person sits at both ends: standard input and standard error.
        interactive: asks && terminals.input && terminals.error,
        quiet: globals.quiet,
        // Some runners give a job a terminal, and keep each frame in the log.
        animates: terminals.error && !globals.quiet && !is_ci,
        verbose: globals.verbose,
        color: globals.color.is_wanted(&environment.variables, terminals.output),
        color_error: globals.color.is_wanted(&environment.variables, terminals.error),
        form,
        misses_keys: false,
        target: crate::core::command::TargetFlags::default(),
        shell: environment.shell(),
        interrupt: environment.interrupt.clone(),
    }
}
