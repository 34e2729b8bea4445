//! What a command may touch: streams, clock, paths, settings, the client. Everything that costs
//! something is made at its first use, so that help and `explain` touch neither disk nor network.

use crate::answer::{Color, Form, Output, at_a_terminal};
use crate::commands::Globals;
use crate::config::paths::Paths;
use crate::config::{Asked, Settings, env};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::provider::System;
use crate::signals::Interrupt;
use jiff::Timestamp;
use std::cell::{OnceCell, RefCell};
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

/// One run of the program.
pub struct Context {
    /// What was typed for all commands.
    pub globals: Globals,
    /// The streams.
    pub output: Output,
    /// Whether a signal came.
    pub interrupt: Interrupt,
    paths: OnceCell<Paths>,
    settings: OnceCell<Settings>,
    http: OnceCell<Http>,
    deliveries: RefCell<Vec<Box<dyn FnOnce()>>>,
}

impl Context {
    /// Prepares a run; touches nothing yet.
    pub fn new(globals: Globals) -> Self {
        let output = output_of(&globals);
        Self {
            globals,
            output,
            interrupt: Interrupt::default(),
            paths: OnceCell::new(),
            settings: OnceCell::new(),
            http: OnceCell::new(),
            deliveries: RefCell::new(Vec::new()),
        }
    }

    /// An environment variable that is set and not blank.
    ///
    /// # Errors
    /// Class `usage` when its value is not UTF-8.
    pub fn variable(&self, name: &str) -> Result<Option<String>> {
        match std::env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Error::usage(format!("the value of {name} is not valid text")))
            }
        }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The folders of this user.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn paths(&self) -> Result<&Paths> {
        once(&self.paths, || Paths::find(std::env::var_os(env::HOME)))
    }

    /// What flags, environment, files and defaults say together.
    ///
    /// # Errors
    /// Class `config` for files that cannot be used.
    pub fn settings(&self) -> Result<&Settings> {
        once(&self.settings, || {
            let asked = Asked {
                provider: self.globals.provider,
                profile: self.globals.profile.clone(),
                portal_url: self.globals.portal_url.clone(),
            };
            let working_folder = std::env::current_dir().ok();
            Settings::resolve(asked, &self.paths()?.config_file(), working_folder.as_deref())
        })
    }

    /// The system that is meant, once the settings were read.
    pub fn system_if_known(&self) -> Option<System> {
        self.settings.get().map(|settings| settings.system)
    }

    /// The one client of this run.
    pub fn http(&self) -> &Http {
        self.http.get_or_init(|| {
            let tracer = (self.globals.verbose > 0).then(|| {
                Rc::new(|line: &str| {
                    let _ =
                        writeln!(io::stderr().lock(), "{}", crate::answer::sanitize::line(line));
                }) as Rc<dyn Fn(&str)>
            });
            Http::new(self.interrupt.clone(), self.globals.timeout, tracer)
        })
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
}

/// `get_or_init` for what can fail.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        // Nobody else can have filled it meanwhile: this context belongs to one thread.
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(|| Error::internal("a part of the context was lost"))
}

fn output_of(globals: &Globals) -> Output {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let form = match &globals.get {
        Some(path) => Form::Value(path.clone()),
        None if globals.json => Form::Json,
        None => Form::Text,
    };
    let asks = !globals.no_input && form == Form::Text && !set(env::CI);
    Output {
        interactive: asks && at_a_terminal(),
        quiet: globals.quiet,
        verbose: globals.verbose,
        color: wants_color(globals.color, io::stdout().is_terminal()),
        color_error: wants_color(globals.color, io::stderr().is_terminal()),
        form,
    }
}

/// `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, then whether it is a terminal that can.
fn wants_color(color: Color, terminal: bool) -> bool {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if value(env::NO_COLOR).is_some() => false,
        Color::Auto if value(env::CLICOLOR_FORCE).is_some_and(|value| value != "0") => true,
        Color::Auto => terminal && value("TERM").is_none_or(|term| term != "dumb"),
    }
}
