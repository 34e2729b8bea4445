//! `topup` buys, watches and meters prepaid AI credits from the shell, and never pays twice.
//!
//! # The rooms
//!
//! | room | what it is for | and uses |
//! |---|---|---|
//! | [`command_line`] | from the typed words to a verb, or to help, or to what is wrong with them | commands, context, answer, provider |
//! | [`commands`] | one file per verb: what is typed on top, what it does and how it looks below | all of these but command_line |
//! | [`context`] | what a verb may touch: streams, clock, settings, the client, each made at first use | commands, answer, provider, ledger, credentials, http, sandbox |
//! | [`answer`] | what is printed: the document, tables, bars, single values; foreign text made harmless. Nobody else writes to the streams | provider |
//! | [`purchase`] | exactly once: the pure machine, its journal, names, guards, locks | provider, credentials, answer |
//! | [`ledger`] | the prepaid budget: its book and its runs, on SQLite and PostgreSQL | notice, answer |
//! | [`notice`] | telling people that a pool is empty or a balance has fallen: mail and webhook | http, answer |
//! | [`provider`] | the billing systems behind one trait of capabilities; which portal is meant | credentials, http, ledger, answer |
//! | [`credentials`] | logins: the store, those of Hermes, refreshing under a lock, the device flow | http, provider, answer |
//! | [`http`] | the one blocking client: tokens bound to an origin, deadlines, no redirects, nothing sent twice | |
//! | [`sandbox`] | a complete portal inside the binary; never uses the client side | ledger |
//! | [`manual`] | the pages of the manual: of each verb, and about the ideas behind them | answer, sandbox |
//!
//! Below them, for everybody:
//!
//! | room | what it is for | and uses |
//! |---|---|---|
//! | [`class`](mod@class), [`error`] | the one table of what an answer can be; the one error type | |
//! | [`money`] | amounts: a strict grammar, exact decimals | |
//! | [`config`] | profiles, precedence, paths, every environment variable | provider |
//! | [`secret`] | text that cannot be printed | |
//! | [`files`] | plain files, durable folders, files that are only replaced as a whole | |
//! | [`sqlite`] | what the files of journal, ledger and sandbox have in common | |
//! | [`process`](mod@process) | what the process is to the system: no core dumps, no end by a full file | |
//! | [`browser`] | a page in a browser, by a program that nobody can plant | |
//! | [`signals`] | signals as values | |
//! | `fuzzing` | every reader of foreign bytes, tried out; in tests and fuzzers only | |
//!
//! A test holds the tables against the code. Two edges go up: the flags of all commands
//! (`commands::Globals`) are what a context is made of, and [`provider::System`],
//! [`provider::portal`] and [`provider::link`] say which portal is meant, which settings, logins and
//! answers have to know; they know nothing else of a provider.
//!
//! Data flows one way: `commands` → `purchase`/`provider`/`ledger` → `credentials` → `http`.
//! Answers come back as plain values; each says how it looks ([`answer::Show`]), and `answer` prints.
//!
//! Words that mean two things, because documents are promised: `portal_url` is a base URL where it
//! is set (flag, variable, configuration) and a page where it is answered; the base URL is
//! `portal` there. A `provider` is a billing system, and behind `ledger` whoever a paid command
//! asks. `organisation` is ours, `org` and `organization` are the systems' own words.
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
//! 1. [`command_line::parse`] makes a [`commands::Cli`] of the words, and [`run`] a
//!    [`context::Context`] for it.
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
//!
//! # One `login --step-up`
//!
//! 1. `commands/login.rs` chooses the way by [`provider::WayIn`]; a page that approves it leads to
//!    `commands/login/flow.rs`.
//! 2. What is asked for is what the login may do already, and to spend. Before anybody is sent to a
//!    page, it is made sure that there is room to keep what will be granted.
//! 3. [`credentials::device::begin`] asks for a code; the link and the code are shown, and as an event
//!    with `--json`. [`credentials::device::wait`] polls; when again and how long is decided by a value
//!    that knows neither clock nor network.
//! 4. What is granted is kept, durably, before anything else: in [`credentials::Store`], or at
//!    Hermes. What nobody said was granted, was not.
//! 5. The account is looked at with it, and `commands/login/answer.rs` makes the answer, or class
//!    `login_denied` where permission to spend is not in it.
//!
//! # One `ledger run`
//!
//! 1. `commands/ledger/run.rs` opens the book; [`context::Context::ledger`] records first what runs
//!    cost whose watchers were killed.
//! 2. A file of the run is locked ([`ledger::runs`]), then [`ledger::Ledger::begin`] checks the
//!    budget and writes the run down, in one transaction. Where it does not hold, nothing is
//!    started, and [`notice`] tells whom it concerns, once per cooldown.
//! 3. The command starts, with the file for its cost; signals are passed on to it, and a row says
//!    from time to time that it is watched.
//! 4. It ends, by itself or by a signal: [`ledger::Ledger::end`] records what it said that it cost,
//!    else the estimate, with the markup. What cannot be recorded is left to
//!    step 1 of the next command.
//! 5. The exit code is the command's, and so is the signal that ended it.
//!
//! # Recipes
//!
//! **A billing system.** Write `src/provider/NAME.rs`: its [`provider::Facts`] (word, title, usual
//! URL, variables, the way in, what fills it up), and [`provider::Provider`] with `system`, `link`,
//! `state` and `first_look`; that makes `state`, `check`, `watch`, `doctor` and the login of its
//! [`provider::WayIn`] work, and everything else is refused as `unsupported` with the page of `link`.
//! Add `pub mod` in `src/provider/mod.rs` and one line to the table in `src/provider/system.rs`;
//! `topup generate .` writes its word into the pages. An account that counts something else than the
//! others is a struct in the same file with [`provider::AccountState`] and [`answer::Show`], and one
//! line more in `kinds!` of `src/provider/state.rs`. What else the system can do is a method more for
//! each capability trait. The sandbox knows nothing of it until it has a file there too.
//!
//! **A verb.** Write `src/commands/NAME.rs`: the arguments with their `EXAMPLES` (they are run by a
//! test), `run(self, &Context) -> Result<Answer>`, and `Show` for what it answers. Add the variant to
//! [`commands::Verb`]; the compiler asks for what runs it, and for a row in the table beside: its
//! name, what it may do to money, its page. One that answers in several shapes says so in `shape`.
//! Its documents are rows in `src/commands/schema.rs`; a run of it in `tests/answers.rs` is held
//! against them, and their keys are promised in `tests/keys.txt`. `topup generate .` writes its manual page and its completions; the README's list of
//! commands is written by hand.
//!
//! **An error class.** Add a row to the table in `src/class.rs`, beside its like, with a code that was
//! never used: name, code, whether time or a login mends it, the kind of step that helps, meaning,
//! what to do (a command, unless time or other input helps). The list in its test freezes the number;
//! `topup generate .` writes the tables of README and pages. An older topup cannot read a journal
//! entry with the new word, and says so; nothing of it is lost.

pub mod answer;
pub mod browser;
pub mod class;
pub mod command_line;
pub mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod error;
pub mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod ledger;
pub mod manual;
pub mod money;
pub mod notice;
pub mod process;
pub mod provider;
pub mod purchase;
pub mod sandbox;
pub mod secret;
pub mod signals;
pub mod sqlite;

use crate::answer::Answer;
use crate::class::Class;
use crate::commands::open::Opened;
use crate::commands::schema::Shape;
use crate::commands::{Verb, completions, schema};
use crate::context::Context;
use crate::error::{Charged, Error, Result};
use std::ffi::OsString;

/// Runs one command line and gives the exit code of the process.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(shell) = completions::asking_shell(&argv) {
        return completions::answer(&shell, argv);
    }
    process::settle();
    let cli = match command_line::parse(&argv) {
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
fn in_doubt(error: Error, may_have_paid: bool) -> Error {
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
            return Err(Error::usage(format!(
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
