//! `topup sandbox …`: the portal of one's own: served, reset, set, spent from, broken on purpose.

use super::completions::values;
use crate::app::sandbox::{self, ServeWish};
use crate::cli::invocation::Invocation;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::credentials::Store;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::dollars;
use crate::sandbox::account::Charge;
use crate::sandbox::faults::{FaultEffect, SandboxFault};
use crate::sandbox::plans::PlanCharge;
use crate::sandbox::sales::TopUp;
use crate::sandbox::{Portal, Revoke, SeenRequest, ServeOptions, settings};
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup sandbox set balance=3.40 card=none   change the account
  topup sandbox reset                        start again";

/// The examples that stand in `--help` alone.
const MORE_EXAMPLES: &str = "
  topup sandbox log                          see every request
  topup sandbox faults add 'GET /api/billing/state' --status 503   fail once";

/// The arguments of `topup sandbox`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = [EXAMPLES, MORE_EXAMPLES].concat())]
pub struct Sandbox {
    #[command(subcommand)]
    what: SandboxCommand,
    /// Use the state in this file instead of sandbox.db
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum SandboxCommand {
    /// Serve the portal until it is stopped
    Serve(Serve),
    /// Delete everything and start with a new account
    Reset {
        /// Start without permission to spend and without a card, like a new user
        #[arg(long)]
        newcomer: bool,
    },
    /// Change the account, such as balance=3.40 card=none clock=+25h
    Set {
        /// What to change; 'topup explain sandbox' lists the settings
        #[arg(value_name = "NAME=VALUE", required = true, add = ArgValueCandidates::new(values::sandbox_settings))]
        assignments: Vec<String>,
    },
    /// Use up credits, as paid services do
    #[command(after_help = "Examples:\n  topup sandbox spend 12.50")]
    Spend {
        /// Dollars to use up
        #[arg(value_name = "AMOUNT", value_parser = Amount::parse)]
        amount: Amount,
    },
    /// Revoke every session, or spending from every terminal
    #[command(after_help = "Examples:\n  topup sandbox revoke session")]
    Revoke {
        /// What to revoke
        #[arg(value_name = "WHAT")]
        what: Revoke,
    },
    /// Break requests on purpose
    #[command(subcommand)]
    Faults(Faults),
    /// Show every request received, without tokens
    Log,
    /// Show what was charged, for credits and for plans, newest first
    Charges,
}

/// What the help page of `serve` ends with.
const SERVE_EXAMPLES: &str = "\
Examples:
  topup sandbox serve --listen 127.0.0.1:4455   with pages for a browser
  topup sandbox serve --ready-file ready.json   for a script";

/// The arguments of `topup sandbox serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
struct Serve {
    /// Address to listen on
    ///
    /// One that other machines can reach gives a warning.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write the URL and tokens to this file
    ///
    /// As one line of JSON, once the portal answers.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Approve every login at once
    #[arg(long)]
    auto_approve: bool,
    /// Time until a charge is settled
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    settle_after: Option<Duration>,
    /// Allow any number of charges an hour
    #[arg(long)]
    no_rate_limit: bool,
    /// Delete the account of the sandbox when it stops
    #[arg(long, conflicts_with = "state")]
    ephemeral: bool,
}

#[derive(Debug, Subcommand)]
enum Faults {
    /// Add a fault for a coming request
    Add(AddFault),
    /// List the faults that are left
    List,
    /// Remove every fault
    Clear,
}

/// The arguments of `topup sandbox faults add`.
// Each flag is an effect of its own; clap makes sure that there is one.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
struct AddFault {
    /// The request, such as 'POST /api/billing/charge'; a * at the end stands for anything
    #[arg(value_name = "METHOD PATH")]
    target: String,
    /// Process the request, but send no answer
    #[arg(long, group = "effect")]
    lose_response: bool,
    /// Close the connection at once
    #[arg(long, group = "effect")]
    drop_before: bool,
    /// Process the request and send half of the answer
    #[arg(long, group = "effect")]
    truncate: bool,
    /// Process the request this much later
    #[arg(long, group = "effect", value_name = "DURATION", value_parser = duration::parse)]
    delay: Option<Duration>,
    /// Answer with a foreign web page
    #[arg(long, group = "effect")]
    html: bool,
    /// Answer with this HTTP status
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..600))]
    status: Option<u16>,
    /// Ask the client to wait this many seconds
    #[arg(long, value_name = "SECONDS", requires = "status")]
    retry_after: Option<u64>,
    /// Answer with the bytes of this file
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Process the request before that answer
    #[arg(long)]
    after_work: bool,
    /// How often it happens
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
}

/// What `sandbox` answers; only what was asked for is in it.
#[derive(Default, Serialize, JsonSchema)]
pub struct SandboxAnswer {
    /// What was done, in one line.
    done: String,
    /// The balance afterwards, in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_usd: Option<String>,
    /// The charges for credits, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    charges: Option<Vec<Charge>>,
    /// What was charged for plans, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_charges: Option<Vec<PlanCharge>>,
    /// What was bought at other systems that sell credits, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    top_ups: Option<Vec<TopUp>>,
    /// The requests, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<SeenRequest>>,
    /// The faults that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<SandboxFault>>,
}

impl SandboxAnswer {
    fn done(text: impl Into<String>) -> Self {
        Self { done: text.into(), ..Self::default() }
    }
}

/// An amount with two decimals at least.
fn with_decimals(amount: &mut String) {
    if let Some(money) = Money::parse(amount) {
        *amount = money.shown();
    }
}

/// An amount of the portal's own list with its cents.
fn with_cents(amount: &str) -> String {
    Money::parse(amount).map_or_else(|| amount.to_owned(), dollars)
}

impl Show for SandboxAnswer {
    fn show(&self, page: &mut Page) {
        if !self.done.is_empty() {
            page.line(Tone::Plain, &self.done);
        }
        if let Some(charges) = &self.charges {
            let rows = charges.iter().map(|charge| {
                let state = match &charge.reason {
                    Some(reason) => format!("{} ({reason})", charge.status),
                    None => charge.status.to_owned(),
                };
                let amount = with_cents(&charge.amount_usd);
                (Tone::Plain, vec![charge.created_at.clone(), amount, state, charge.id.clone()])
            });
            let plans = self.plan_charges.iter().flatten().map(|charge| {
                let amount = with_cents(&charge.amount_usd);
                let state = format!("plan {}", charge.tier_id);
                (Tone::Plain, vec![charge.created_at.clone(), amount, state, charge.id.clone()])
            });
            let top_ups = self.top_ups.iter().flatten().map(|sale| {
                let amount = with_cents(&sale.total_usd);
                let state = format!("{} ({})", sale.status, sale.provider);
                (Tone::Plain, vec![sale.created_at.clone(), amount, state, sale.id.clone()])
            });
            let mut rows = rows.chain(plans).chain(top_ups).peekable();
            if rows.peek().is_none() {
                page.line(Tone::Plain, "Nothing was charged yet.");
            } else {
                page.table(&["when", "amount", "state", "id"], rows);
            }
        }
        if self.requests.as_ref().is_some_and(Vec::is_empty) {
            page.line(Tone::Plain, "No request yet.");
        } else if let Some(requests) = &self.requests {
            let rows = requests.iter().map(|seen| {
                let status =
                    seen.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
                let more =
                    seen.fault.clone().or_else(|| seen.idempotency_key.clone()).unwrap_or_default();
                let row =
                    vec![seen.at.clone(), seen.method.clone(), seen.path.clone(), status, more];
                (Tone::Plain, row)
            });
            page.table(&["when", "method", "path", "status", "key or fault"], rows);
        }
        if let Some(faults) = &self.faults {
            if faults.is_empty() {
                page.line(Tone::Plain, "No faults.");
            }
            for fault in faults {
                page.line(
                    Tone::Plain,
                    &format!("{} ({})", fault.description(), times(fault.times)),
                );
            }
        }
    }
}

/// `once`, `3 times`.
fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

impl Sandbox {
    /// Does it.
    ///
    /// # Errors
    /// Class `config` when the state cannot be used, `usage` for settings there are not.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let file = match &self.state {
            Some(file) => std::path::absolute(file).map_err(|cause| {
                Failure::usage(format!("{} is not a path", file.display()))
                    .because(anyhow::Error::new(cause))
            })?,
            None => invocation.setup.paths()?.sandbox_file(),
        };
        let answer = match self.what {
            SandboxCommand::Serve(serve) => return serve.run(invocation, &file),
            SandboxCommand::Reset { newcomer } => {
                // Logins at the sandbox are in the file, whatever keeps the others; those of a
                // state of its own are in no file here.
                let logins = match &self.state {
                    Some(_) => None,
                    None => Some(Store::new(invocation.setup.paths()?.credentials_file())),
                };
                sandbox::reset(&file, newcomer, logins.as_ref(), invocation.setup.interrupt())?;
                SandboxAnswer::done("Sandbox reset.")
            }
            SandboxCommand::Set { assignments } => {
                Portal::open(&file)?.work(|work| {
                    assignments.iter().try_for_each(|assignment| settings::assign(work, assignment))
                })?;
                SandboxAnswer::done(format!("Set: {}.", assignments.join(", ")))
            }
            SandboxCommand::Spend { amount } => {
                let left = Money(Portal::open(&file)?.spend(amount)?.normalize());
                SandboxAnswer {
                    balance_usd: Some(left.to_string()),
                    ..SandboxAnswer::done(format!(
                        "${amount} was used up; {} is left.",
                        dollars(left)
                    ))
                }
            }
            SandboxCommand::Revoke { what } => {
                Portal::open(&file)?.revoke(what)?;
                SandboxAnswer::done(match what {
                    Revoke::Session => "Every session is logged out.",
                    Revoke::Spending => "No terminal may spend until it is connected again.",
                })
            }
            SandboxCommand::Faults(Faults::Add(add)) => {
                let fault = add.fault()?;
                Portal::open(&file)?.add_fault(&fault)?;
                SandboxAnswer::done(format!(
                    "Fault added: {}, {}.",
                    fault.description(),
                    times(fault.times)
                ))
            }
            SandboxCommand::Faults(Faults::List) => SandboxAnswer {
                faults: Some(Portal::open(&file)?.faults()?),
                ..SandboxAnswer::default()
            },
            SandboxCommand::Faults(Faults::Clear) => {
                Portal::open(&file)?.clear_faults()?;
                SandboxAnswer::done("No faults left.")
            }
            SandboxCommand::Log => SandboxAnswer {
                requests: Some(Portal::open(&file)?.log()?),
                ..SandboxAnswer::default()
            },
            SandboxCommand::Charges => {
                let portal = Portal::open(&file)?;
                let (mut charges, mut plans) = (portal.charges()?, portal.plan_charges()?);
                let mut top_ups = portal.top_ups()?;
                // As in every document; the portal itself spells an amount as it was sent.
                let charged = charges.iter_mut().map(|charge| &mut charge.amount_usd);
                let charged = charged.chain(plans.iter_mut().map(|plan| &mut plan.amount_usd));
                let sold =
                    top_ups.iter_mut().flat_map(|sale| [&mut sale.amount_usd, &mut sale.total_usd]);
                charged.chain(sold).for_each(with_decimals);
                SandboxAnswer {
                    charges: Some(charges),
                    plan_charges: Some(plans),
                    top_ups: Some(top_ups),
                    ..SandboxAnswer::default()
                }
            }
        };
        Ok(Answer::new(answer))
    }
}

impl Serve {
    fn run(self, invocation: &Invocation, file: &Path) -> Result<Answer> {
        let interrupt = invocation.setup.interrupt();
        interrupt.install()?;
        let portal = if self.ephemeral { Portal::ephemeral()? } else { Portal::open(file)? };
        let wish = ServeWish {
            options: ServeOptions {
                listen: self.listen,
                auto_approve: self.auto_approve,
                auto_pay: false,
            },
            ready_file: self.ready_file,
            settle_after: self.settle_after,
            no_rate_limit: self.no_rate_limit,
        };
        sandbox::serve(&portal, &wish, interrupt, &invocation.output)?;
        Ok(Answer::new(SandboxAnswer::done("The sandbox portal has stopped.")))
    }
}

impl AddFault {
    fn fault(&self) -> Result<SandboxFault> {
        let (method, path) = SandboxFault::parse_target(&self.target)?;
        let body = match &self.body {
            None => None,
            Some(file) => Some(std::fs::read_to_string(file).map_err(|cause| {
                Failure::usage(format!("{} cannot be read: {cause}", file.display()))
                    .because(anyhow::Error::new(cause))
            })?),
        };
        let answers = self.status.is_some() || body.is_some();
        let effect = match self {
            Self { lose_response: true, .. } => FaultEffect::LoseResponse,
            Self { drop_before: true, .. } => FaultEffect::DropBefore,
            Self { truncate: true, .. } => FaultEffect::Truncate,
            Self { html: true, .. } => FaultEffect::Html,
            Self { delay: Some(time), .. } => {
                FaultEffect::Delay(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
            }
            _ if answers => FaultEffect::Answer {
                status: self.status.unwrap_or(200),
                retry_after: self.retry_after,
                body,
                after_work: self.after_work,
            },
            _ => {
                return Err(Failure::usage("say what goes wrong")
                    .hint("One of --lose-response, --drop-before, --truncate, --delay, --html, --status, --body."));
            }
        };
        if self.after_work && !answers {
            return Err(Failure::usage("--after-work goes with --status or --body"));
        }
        if answers && !matches!(effect, FaultEffect::Answer { .. }) {
            return Err(Failure::usage("--status and --body do not go with another effect"));
        }
        Ok(SandboxFault { id: 0, method, path, effect, times: self.times })
    }
}
