//! The verbs, as `topup --help` lists them: one file each, the arguments on top, what they do
//! below. Here they are listed, with what is known of each before it runs. What those that buy share
//! is in `opening`, `purchase_options` and `purchase_page`.

pub(crate) mod auto_reload;
pub(crate) mod balance_after;
pub(crate) mod buy;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
mod dry_run;
pub(crate) mod ensure;
pub(crate) mod explain;
pub mod generate;
pub(crate) mod history;
mod install;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod metrics;
pub(crate) mod open;
pub(crate) mod opening;
mod period;
pub(crate) mod plan;
mod purchase_options;
mod purchase_page;
pub(crate) mod resume;
pub(crate) mod sandbox;
pub mod schema;
pub(crate) mod shape;
pub(crate) mod spending;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod team;
pub(crate) mod transactions;
pub(crate) mod watch;
mod which;
pub(crate) mod whoami;

use crate::cli::globals::Globals;
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::output::Answer;
use crate::provider::{self, PortalPage};
use clap::{Parser, Subcommand};
use shape::Shape;
use spending::Spending;

/// What `-h` ends with.
const AFTER_SHORT_HELP: &str =
    "All of them: 'topup help'. One: 'topup help buy'. Options: 'topup help options'.";

/// What `--help` ends with.
const AFTER_HELP: &str = "\
Examples:
  topup --sandbox buy 25 --yes             try it: no account, no real money
  topup login --step-up                    log in, with permission to spend
  topup buy 25                             see card and total, then confirm
  topup buy 25 --yes --once nightly-42     from a script, never twice
  topup check --at-least 10 || notify      a gate for scripts
  topup ensure --at-least 20 --to 50 -y    buy only when less is left
  topup state --json                       one JSON document, on failure too

Exit codes say what kind of answer it was: 0 done, 1x log in, 2x the card, 3x limits, 4x later, \
5x not final, 6x the network; 'topup explain' lists them. Every global flag has a TOPUP_ variable.

'topup explain TOPIC' explains a topic: exactly-once, exit-codes, systems, sellers, fleet, checks, \
security, configuration, sandbox, ledger, scripting.";

/// What `topup` alone says: the first steps, and no disk and no network for it.
pub const WELCOME: &str = "\
topup buys, watches and meters prepaid AI credits, and never pays twice.

  topup --sandbox buy 25 --yes    try it: no account, no real money
  topup login --step-up           log in, with permission to spend
  topup state                     balance, card, monthly limit
  topup buy 25                    see the card and the total, then confirm
  topup doctor                    what is wrong here, and what fixes it

'topup help' lists every command, 'topup help buy' says more about one.
";

/// Buys, watches and meters prepaid AI credits, and never pays twice
#[derive(Debug, Parser)]
#[command(name = "topup", version, after_help = AFTER_SHORT_HELP, after_long_help = AFTER_HELP)]
pub struct Cli {
    /// What holds for every verb.
    #[command(flatten)]
    pub globals: Globals,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

macro_rules! verbs {
    ($($(#[$attribute:meta])* $variant:ident($verb:ident: $arguments:ty) => $name:expr, $spending:expr, $page:expr;)*) => {
        /// The verbs.
        #[derive(Debug, Subcommand)]
        pub enum Verb {
            $($(#[$attribute])* $variant($arguments),)*
        }

        impl Verb {
            /// What is known of it before it runs.
            fn facts(&self) -> Facts {
                match self {
                    $(Self::$variant($verb) => {
                        let _ = $verb;
                        Facts { name: $name, spending: $spending, page: $page }
                    })*
                }
            }

            /// Does it.
            ///
            /// # Errors
            /// Whatever the verb answers with.
            pub fn run(self, invocation: &Invocation) -> Result<Answer> {
                match self {
                    $(Self::$variant(verb) => verb.run(invocation),)*
                }
            }
        }
    };
}

// A verb is a file and an entry here: its arguments, the word in `command` of its document, what it
// may do to the money of who runs it, and the page of the portal that belongs to it.
verbs! {
    /// Show balance, role, card, auto-reload and monthly limit
    ///
    /// Reads the account and changes nothing. The keys of --json and --get differ by system: 'topup
    /// schema state' lists them. --brief writes one line for a shell prompt, --all reads every
    /// profile.
    #[command(alias = "balance", alias = "credits")]
    State(verb: state::StateArgs) => "state", Spending::None, Some(PortalPage::Topup);
    /// Buy credits: confirm, charge once, wait until it is settled
    ///
    /// A person sees the card and the total and confirms. A script gives --yes; without it nothing
    /// is sent and the run ends with 3.
    ///
    /// The purchase is in the journal before anything is sent. After a crash or a lost answer run
    /// the same command again: it goes on with the same purchase and never pays twice. With --once
    /// NAME that holds on every machine. Exit code 0 means settled; 50 to 53 mean not final: run
    /// 'topup resume', then the same command.
    Buy(verb: buy::BuyArgs) => "buy", Spending::Now, Some(PortalPage::Topup);
    /// Show where a purchase stands
    ///
    /// Asks the portal what became of a purchase. It buys nothing. --wait waits until the purchase is
    /// final.
    Status(verb: status::StatusArgs) => "status", Spending::Earlier, Some(PortalPage::Topup);
    /// Finish every open purchase, or find out what became of it
    ///
    /// Goes on with what earlier runs began: asks the portal, or sends the same request under the
    /// same key, which charges at most once. It never starts a purchase. --mark records what you
    /// found on the portal where topup cannot find out.
    ///
    /// Without --profile, --provider, --portal-url or --sandbox it covers every profile and portal;
    /// exit code 0 means that nothing is open anywhere.
    Resume(verb: resume::ResumeArgs) => "resume", Spending::Now, Some(PortalPage::Topup);
    /// List purchases and their outcomes, from the journal
    ///
    /// Reads the journal of this machine, or the one that machines share, and asks no portal. It
    /// lists purchases of the sandbox only with --sandbox. --chart shows purchases as bars.
    History(verb: history::History) => "history", Spending::None, Some(PortalPage::Topup);
    /// Copy, move or accept the journal of purchases
    ///
    /// topup notices a journal that was restored from an older copy. Until 'topup journal accept', it
    /// does not send what may have been bought in between, or sends it under the same key only.
    /// 'topup explain exactly-once' says more.
    ///
    /// Where machines share a store, 'topup journal import' moves the purchases and logins of this
    /// machine there, and 'topup journal export' moves the purchases of the store here. 'topup
    /// explain fleet' says more.
    Journal(verb: journal::JournalVerb) => verb.name(), Spending::None, None;
    /// List credits bought and used, as the system reports them
    Transactions(verb: transactions::TransactionsArgs) => "transactions", Spending::None, Some(PortalPage::Topup);
    /// Show, set or switch off automatic purchases
    ///
    /// Without arguments it shows what is set. With BELOW and TO the portal itself buys when the
    /// balance falls below BELOW, up to TO, without asking. 'off' switches it off.
    #[command(alias = "autoreload")]
    AutoReload(verb: auto_reload::AutoReloadVerb) => "auto-reload", Spending::Later, Some(PortalPage::Topup);
    /// Show the monthly limit and what is left of it
    ///
    /// The limit is changed on the portal only: 'topup open limit' opens the page. --require ends
    /// with 31 when less is left.
    Limit(verb: limit::LimitArgs) => "limit", Spending::None, Some(PortalPage::Limit);
    /// Succeed only when enough credits are there
    ///
    /// A gate for scripts: 0 when the balance is enough, 30 when it is not, and another code when the
    /// balance is not known. Nothing is bought.
    Check(verb: check::CheckArgs) => "check", Spending::None, Some(PortalPage::Topup);
    /// Buy only when the balance is low; safe to run from many jobs at once
    ///
    /// Reads the balance and buys only when it is below --at-least. On one machine any number of
    /// jobs may run it at once: one buys, the others wait for it. Where jobs run on several
    /// machines, give --once NAME.
    Ensure(verb: ensure::EnsureArgs) => "ensure", Spending::Now, Some(PortalPage::Topup);
    /// Watch a balance; run a command or send a notice when it falls
    ///
    /// Checks again and again, or once with --one-look, and acts once each time the balance falls
    /// below a threshold. The memory of what was reported survives a restart. Without --one-look it
    /// runs until Ctrl-C or SIGTERM, and then ends with 0.
    Watch(verb: watch::WatchArgs) => "watch", Spending::None, Some(PortalPage::Topup);
    /// Print the balance of every profile for Prometheus
    ///
    /// It ends with 0 even where it cannot read an account: topup_up is 0 for that one.
    ///
    /// Where two users or homes write into one folder, give each a --label of its own: of two
    /// samples with the same labels node_exporter keeps only the first, and says so only in its log.
    Metrics(verb: metrics::Metrics) => "metrics", Spending::None, None;
    /// List the teams whose credits can be used; pin one to a project
    Team(verb: team::Team) => "team", Spending::None, Some(PortalPage::Topup);
    /// Show the plan of the subscription, preview a change, change it
    ///
    /// Shows plans and what a change costs. An upgrade charges the card at once and, like a
    /// purchase, never twice; every other change takes effect at the end of the month that is paid
    /// for.
    Plan(plan: plan::PlanVerb) => plan.name(), plan.spending(), Some(PortalPage::Plan);
    /// Keep a prepaid budget: check it, run paid commands, record costs
    ///
    /// A budget that you fill and that paid commands use up. It is independent of the portals.
    /// 'topup explain ledger' explains mandates, accounts and holds.
    Ledger(ledger: ledger::LedgerArgs) => ledger.name(), Spending::None, None;
    /// Log in at the portal, or ask for permission to spend
    ///
    /// Opens a page of the portal and shows a code to compare. Without --step-up the login may
    /// read; with it, also spend. In a pipe or in CI it prints the link and waits; --no-wait
    /// returns at once, and 'login --finish' completes it.
    Login(verb: login::Login) => "login", Spending::None, None;
    /// Forget the login of this portal
    Logout(verb: logout::Logout) => "logout", Spending::None, None;
    /// Show who is logged in, where, and until when
    #[command(alias = "account")]
    Whoami(verb: whoami::Whoami) => "whoami", Spending::None, None;
    /// Open a page of the portal, or print its link
    Open(open: open::OpenArgs) => "open", Spending::None, Some(open.page);
    /// Run and control the built-in test portal
    ///
    /// A complete portal inside this program. Every command takes --sandbox and uses it without an
    /// account and without real money. 'sandbox serve' shows its pages in a browser.
    Sandbox(verb: sandbox::Sandbox) => "sandbox", Spending::None, None;
    /// Find what is wrong here, and the command that fixes it
    ///
    /// Checks configuration, files, clock, portal and login. It changes nothing and renews no login.
    /// All checks together take 15s at most, or as long as --timeout says.
    ///
    /// Exit code: 0 when no check is WRONG, with or without warnings. Otherwise it is the class of
    /// the first check that is: config (4), not_logged_in (10), network (60) and so on. Begin with
    /// that one: it is most likely the cause of the others. Names in checks[].name never change.
    Doctor(verb: doctor::DoctorArgs) => "doctor", Spending::None, None;
    /// Show and change the configuration
    ///
    /// Settings are in config.toml, by profile. A flag wins over a variable, a variable over the
    /// file of a project, and that over the profile.
    Config(verb: config::Config) => "config", Spending::None, None;
    /// Explain an exit code, a class or a topic
    ///
    /// Without an argument it shows the whole table of exit codes and lists the topics.
    Explain(verb: explain::Explain) => "explain", Spending::None, None;
    /// Print a completion script, or install it
    #[command(alias = "completion")]
    Completions(verb: completions::Completions) => "completions", Spending::None, None;
    /// Print a page of the manual, or install all of them
    Man(verb: man::Man) => "man", Spending::None, None;
    /// Print the JSON Schemas of the answers
    Schema(verb: schema::SchemaArgs) => "schema", Spending::None, None;
    /// Write completions and manual pages
    #[command(hide = true)]
    Generate(verb: generate::Generate) => "generate", Spending::None, None;
}

/// The name of a command, and what makes it understand its arguments.
pub type NamedArguments = (&'static str, fn(clap::Command) -> clap::Command);

/// What is known of a verb before it runs.
struct Facts {
    /// The word in `command` of the document.
    name: &'static str,
    /// What it may do to the money of who runs it.
    spending: Spending,
    /// The page of the portal that belongs to it.
    page: Option<PortalPage>,
}

/// The commands that the steps of a CI job go by, and the flag without which one is no gate.
const DECIDING: [(&str, Option<&str>); 7] = [
    ("buy", None),
    ("ensure", None),
    ("check", None),
    ("limit", Some("--require")),
    ("auto-reload", Some("--require-off")),
    ("plan upgrade", None),
    ("ledger check", None),
];

/// What [`Verb::decides`] says, of a line that the parser refused: by its command and the flags that
/// were typed.
pub fn decides(command: &str, typed: impl Fn(&str) -> bool) -> bool {
    let row = DECIDING.iter().find(|(name, _)| *name == command);
    row.is_some_and(|(_, flag)| flag.is_none_or(typed))
}

impl Verb {
    /// The word in `command` of the document.
    pub fn name(&self) -> &'static str {
        self.facts().name
    }

    /// What it may do to the money of who runs it.
    pub fn spending(&self) -> Spending {
        self.facts().spending
    }

    /// The page of the portal that belongs to it, for `--link`.
    pub fn page(&self) -> Option<PortalPage> {
        self.facts().page
    }

    /// Whether it changes nothing: then a key that its answer lacks is a mistake like any other.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::State(_)
                | Self::Limit(_)
                | Self::Check(_)
                | Self::History(_)
                | Self::Transactions(_)
                | Self::Whoami(_)
                | Self::Doctor(_)
                | Self::Metrics(_)
        )
    }

    /// Whether the steps of a CI job go by it: what spends, and the gates.
    pub fn decides(&self) -> bool {
        match self {
            Self::Buy(_) | Self::Ensure(_) | Self::Check(_) => true,
            Self::Limit(limit) => limit.is_gate(),
            Self::AutoReload(verb) => verb.is_gate(),
            Self::Plan(plan) => plan.is_upgrade(),
            Self::Ledger(ledger) => ledger.is_gate(),
            _ => false,
        }
    }

    /// Which of its answers it gives.
    ///
    /// # Errors
    /// Whatever keeps the system from being known, where the answer depends on it.
    pub fn shape(&self, invocation: &Invocation) -> Result<Shape> {
        match self {
            Self::Buy(buy) => buy.shape(invocation),
            Self::Ensure(ensure) => Ok(ensure.shape()),
            Self::State(state) => Ok(state.shape()),
            Self::History(history) => Ok(history.shape()),
            Self::Plan(plan) => Ok(plan.shape()),
            Self::Ledger(ledger) => Ok(ledger.shape()),
            Self::AutoReload(verb) => Ok(verb.shape()),
            _ => Ok(Shape::Usual),
        }
    }

    /// Completes a failure of before it was run, where it could have spent.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        match self {
            Self::Buy(buy) => buy.with_what_is_known(invocation, error),
            Self::Ensure(ensure) => ensure.with_what_is_known(invocation, error),
            Self::Plan(plan) => plan.with_what_is_known(invocation, error),
            _ => error,
        }
    }

    /// The system that it is about, where that is not for the settings to say.
    pub fn system(&self) -> Option<System> {
        matches!(self, Self::Ledger(_)).then_some(provider::LEDGER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::command::VALUED_FLAGS;
    use clap::CommandFactory as _;

    #[test]
    fn every_global_flag_with_a_value_is_known_where_the_verb_of_a_command_is_found() {
        let parser = Cli::command();
        let valued: Vec<String> = parser
            .get_arguments()
            .filter(|flag| flag.is_global_set() && flag.get_action().takes_values())
            .filter_map(|flag| flag.get_long().map(|long| format!("--{long}")))
            .collect();
        assert_eq!(valued, VALUED_FLAGS);
    }

    #[test]
    fn a_refused_line_is_published_where_the_verb_would_be() {
        let mut seen = Vec::new();
        for (command, rest) in [
            ("buy", "25"),
            ("ensure", "--at-least 1 --to 2"),
            ("check", "--at-least 1"),
            ("limit", ""),
            ("limit", "--require 5"),
            ("auto-reload", ""),
            ("auto-reload", "--require-off"),
            ("plan", ""),
            ("plan upgrade", "plus"),
            ("ledger check", "1"),
            ("ledger balance", ""),
            ("state", ""),
            ("resume", ""),
        ] {
            let line = format!("topup {command} {rest}");
            let verb = Cli::try_parse_from(line.split_whitespace()).expect(&line).verb;
            let typed = |flag: &str| rest.split(' ').any(|word| word == flag);
            assert_eq!(decides(command, typed), verb.decides(), "{line}");
            seen.extend(verb.decides().then_some(command));
        }
        assert_eq!(seen, DECIDING.map(|(command, _)| command), "each has a line");
    }
}
