//! What a change of the books or a run would come to, for `--dry-run`. The ledger that is handed in
//! keeps nothing of it.

use super::run::{LedgerRunOptions, cannot_be_started};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::core::process;
use crate::ledger::Ledger;
use crate::ledger::service::{Recorded, RunStart, priced};
use crate::ledger::values::{Kind, Mandate, Posted, Transaction, two_places};
use schemars::JsonSchema;
use serde::Serialize;
use std::ffi::OsStr;
use uuid::Uuid;

/// What would be booked; `data` of `ledger credit`, `record` and `reverse` with `--dry-run`.
#[derive(Serialize, JsonSchema)]
pub struct BookedDryRun {
    /// Always true: nothing was booked.
    pub dry_run: bool,
    /// What would be done.
    pub would: WouldBook,
    /// Whether it would come in or go out; null where nothing would be booked.
    pub kind: Option<Kind>,
    /// The amount, with the markup in it; null where nothing would be booked.
    pub amount: Option<Money>,
    /// What is on the account now.
    pub balance: Money,
    /// What would be on the account afterwards.
    pub balance_after: Money,
    /// The currency of all amounts.
    pub currency: String,
    /// The transaction that was booked before, where this is the same one; else null.
    pub transaction: Option<Transaction>,
}

/// What a change of the books would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WouldBook {
    /// A transaction would be added.
    Book,
    /// It was booked before, under this key or as the opposite of this transaction: nothing would
    /// move.
    Replay,
    /// It costs nothing: nothing would be booked.
    Nothing,
}

impl BookedDryRun {
    /// What was posted, to a ledger that keeps nothing.
    pub fn new(posted: Posted, currency: String) -> Self {
        let Posted { transaction, balance, replayed } = posted;
        let moved = match transaction.kind {
            _ if replayed => Money::ZERO,
            Kind::Credit => transaction.amount,
            Kind::Debit => Money(-transaction.amount.0),
        };
        Self {
            dry_run: true,
            would: if replayed { WouldBook::Replay } else { WouldBook::Book },
            kind: Some(transaction.kind),
            amount: Some(transaction.amount),
            balance: Money(two_places(balance.0 - moved.0)),
            balance_after: balance,
            currency,
            transaction: replayed.then_some(transaction),
        }
    }
}

impl From<Recorded> for BookedDryRun {
    fn from(recorded: Recorded) -> Self {
        let Recorded { posted, balance, currency } = recorded;
        match posted {
            Some(posted) => Self::new(posted, currency),
            None => Self {
                dry_run: true,
                would: WouldBook::Nothing,
                kind: None,
                amount: None,
                balance,
                balance_after: balance,
                currency,
                transaction: None,
            },
        }
    }
}

/// What would be run; `data` of `ledger run --dry-run`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerRunDryRun {
    /// Always true: nothing was run and nothing booked.
    pub dry_run: bool,
    /// The command, as it would be run.
    pub command: Vec<String>,
    /// What would be recorded where the command reports no cost, with the markup in it.
    pub estimated_price: Money,
    /// What would be held back while it runs.
    pub held: Money,
    /// What is on the account now.
    pub balance: Money,
    /// The currency of all amounts.
    pub currency: String,
}

/// What `ledger run` would do, where programs are in the folders of this `PATH`.
///
/// # Errors
/// The refusals of the run itself; no notice is sent.
pub fn run(
    options: &LedgerRunOptions,
    mandate: &Mandate,
    ledger: &mut Ledger,
    path: Option<&OsStr>,
    language: Language,
) -> Result<LedgerRunDryRun> {
    let program = options.command.first();
    let program = program.ok_or_else(|| Failure::usage("a command is missing"))?;
    let (run, folder) = (Uuid::new_v4(), Uuid::nil());
    let used = &options.used;
    let hold = match ledger.begin(&mandate.mandate, used, options.strict, (run, folder))? {
        RunStart::Running(hold) => hold,
        RunStart::Short(checked) => return Err(checked.refusal(language)),
    };
    process::check_program(program, path).map_err(|cause| cannot_be_started(program, cause))?;
    let account = ledger.account(mandate, used.labels.user.as_deref())?;
    Ok(LedgerRunDryRun {
        dry_run: true,
        command: options.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        estimated_price: Money(two_places(priced(mandate, &used.base_price)?)),
        held: Money(two_places(hold.amount)),
        balance: account.balance,
        currency: mandate.currency.clone(),
    })
}
