//! The operations of the ledger, the same on every database. Contract: poweron, operations.

use super::input::LONGEST_QUOTED;
use super::price::BasePrice;
use super::refusal::BudgetCheck;
use super::sql::{Database, Sql, SqlWork};
use super::stats::{SumBy, SumLine};
use super::values::{
    Change, Filter, Kind, Labels, LedgerAccount, Mandate, Posted, Posting, Reference, Rule,
    Transaction, Usage,
};
use super::{book, dry_run, export, holds, list, mandates, stats};
use crate::core::class::{Class, Recovery};
use crate::core::command::{Command, NextStep, Part};
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

mod named;
mod recording;
mod runs;
#[cfg(test)]
mod tests;

pub use recording::Recording;
use recording::{Tries, look_up};
pub use runs::RunStart;

/// The namespace of the ids of reversals. Never to be changed: a transaction could be reversed twice.
const REVERSALS: Uuid = Uuid::from_u128(0x6c1f_5a0e_93b7_4d24_8e60_2f7b_d1a9_c53e);

/// The ledger, open.
pub struct Ledger {
    database: Box<dyn Database>,
    /// Nothing that is written is kept.
    is_dry_run: bool,
}

/// Money that came in, or a correction.
#[derive(Clone, Debug)]
pub struct Credit {
    /// How much, more than zero.
    pub amount: Decimal,
    /// Why.
    pub reference: Reference,
    /// For people.
    pub description: String,
    /// Makes a repeated one return the first.
    pub key: Option<String>,
}

/// A use, to be recorded.
#[derive(Clone, Debug)]
pub struct Used {
    /// The price before the markup.
    pub base_price: BasePrice,
    /// What it is filed under.
    pub labels: Labels,
    /// For people; `AI usage: PROVIDER` where nothing is said.
    pub description: Option<String>,
    /// Makes a repeated one return the first.
    pub key: Option<String>,
}

/// What came of recording a use.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The transaction; none where the base price is nothing.
    pub posted: Option<Posted>,
    /// The balance of the account now.
    pub balance: Money,
    /// The currency of it.
    pub currency: String,
}

impl Ledger {
    /// A ledger in this database.
    pub fn new(database: Box<dyn Database>) -> Self {
        Self { database, is_dry_run: false }
    }

    /// The same ledger for a dry run: each operation answers as ever, and changes nothing.
    #[must_use]
    pub fn for_dry_run(mut self) -> Self {
        self.database.leave_log();
        Self { is_dry_run: true, ..self }
    }

    /// Where it is, as a person may see it.
    pub fn place(&self) -> String {
        self.database.place()
    }

    /// Whether nothing can be booked: its disk is read-only, or this user may not write there.
    pub fn is_read_only(&self) -> bool {
        self.database.is_read_only()
    }

    /// Logs that lay beside a file that they are not of: they are kept, and not read.
    pub fn foreign_logs(&self) -> Vec<PathBuf> {
        self.database.foreign_logs()
    }

    /// The clock that every process at this ledger shares.
    pub fn now(&self) -> Timestamp {
        self.database.now()
    }

    fn write<T>(&mut self, work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        if self.is_dry_run {
            return self.carry_out(dry_run::roll_back, work);
        }
        self.carry_out(|database, work| database.write(work), work)
    }

    /// For work of one statement.
    fn glance<T>(&mut self, work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.carry_out(|database, work| database.glance(work), work)
    }

    /// For work that reports while it reads.
    fn stream<T>(&mut self, work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.carry_out(|database, work| database.stream(work), work)
    }

    fn carry_out<T>(
        &mut self,
        how: impl FnOnce(&mut dyn Database, &mut SqlWork<'_>) -> Result<()>,
        mut work: impl FnMut(&mut dyn Sql) -> Result<T>,
    ) -> Result<T> {
        let mut found = None;
        how(self.database.as_mut(), &mut |sql| {
            found = Some(work(sql)?);
            Ok(())
        })?;
        found.ok_or_else(|| Failure::internal("the ledger said nothing"))
    }

    /// Nothing is asked for a while: a connection that others may wait for is given back.
    pub fn rest(&mut self) {
        self.database.rest();
    }

    /// Every mandate, by name.
    pub fn mandates(&mut self) -> Result<Vec<Mandate>> {
        self.glance(mandates::all)
    }

    /// Makes a mandate, or changes what is given.
    ///
    /// # Errors
    /// Class `usage` for a new one without a model, and for a currency that cannot change any more.
    pub fn change(&mut self, name: &str, change: &Change) -> Result<Mandate> {
        self.make_or_change(name, change).map(|(mandate, _)| mandate)
    }

    /// The same, and whether the mandate was not there before.
    ///
    /// # Errors
    /// As [`Ledger::change`].
    pub fn make_or_change(&mut self, name: &str, change: &Change) -> Result<(Mandate, bool)> {
        self.write(|sql| mandates::change(sql, name, change))
    }

    /// Whether a cost may be spent.
    ///
    /// # Errors
    /// Class `usage` when the user's own account is needed and no user is named.
    pub fn check(
        &mut self,
        mandate: &Mandate,
        user: Option<&str>,
        cost: Decimal,
    ) -> Result<BudgetCheck> {
        let owner = mandate.account_of(user)?;
        self.glance(|sql| {
            let account = holds::account(sql, &mandate.mandate, owner)?;
            Ok(BudgetCheck::decide(mandate, &account, user, cost))
        })
    }

    /// One account; empty where it was never used.
    ///
    /// # Errors
    /// As [`Ledger::check`].
    pub fn account(&mut self, mandate: &Mandate, user: Option<&str>) -> Result<LedgerAccount> {
        let owner = mandate.account_of(user)?;
        self.glance(|sql| holds::account(sql, &mandate.mandate, owner))
    }

    /// Every account that was used, of one mandate or of all.
    pub fn accounts(&mut self, mandate: Option<&str>) -> Result<Vec<LedgerAccount>> {
        self.glance(|sql| holds::accounts(sql, mandate))
    }

    /// Puts money into an account.
    ///
    /// # Errors
    /// Class `usage` for nothing or less, `idempotency_conflict` for the key of another one.
    pub fn credit(&mut self, mandate: &str, user: Option<&str>, credit: &Credit) -> Result<Posted> {
        let id = Uuid::new_v4();
        let (at, mut tries) = (self.now(), Tries::of(id));
        self.write(|sql| {
            let (mandate, known) = look_up(sql, mandate, tries.next(credit.key.as_deref()))?;
            let mut posting = Posting::new(&mandate.mandate, Kind::Credit, credit.amount, at)
                .because(credit.reference, &credit.description);
            posting.id = id;
            posting.owner = mandate.account_of(user)?.map(ToOwned::to_owned);
            posting.key.clone_from(&credit.key);
            book::post_last(sql, &posting, known)
        })
    }

    /// Books the opposite of a transaction, once.
    ///
    /// # Errors
    /// Class `usage` when the mandate has no such transaction.
    pub fn reverse(&mut self, mandate: &str, id: &str, reason: &str) -> Result<Posted> {
        let at = self.now();
        self.write(|sql| {
            let mandate = mandates::alone(sql, mandate)?;
            let known = book::by_id(sql, id)?.filter(|known| known.mandate == mandate.mandate);
            let known = known.ok_or_else(|| no_such_transaction(&mandate.mandate, id))?;
            let id = id_of_reversal(&known.id);
            if let Some(before) = replayed(sql, id)? {
                return Ok(before);
            }
            let kind = match known.kind {
                Kind::Credit => Kind::Debit,
                Kind::Debit => Kind::Credit,
            };
            let mut posting = Posting::new(&mandate.mandate, kind, known.amount.0, at)
                .because(known.reference, reason);
            posting.id = id;
            posting.owner.clone_from(&known.account_user);
            if let (Some(base_price), Some(markup)) = (&known.base_price, known.markup_percent) {
                posting.usage = Some(Usage {
                    base_price: base_price.clone(),
                    markup: markup.0,
                    labels: known.labels(),
                });
            }
            posting.reverses = Some(known.id);
            book::post(sql, &posting)
        })
    }

    /// Allows or denies a provider.
    ///
    /// # Errors
    /// Class `usage` for a mandate that is not there.
    pub fn set_rule(&mut self, mandate: &str, rule: &Rule) -> Result<Vec<Rule>> {
        self.write(|sql| {
            let mandate = mandates::alone(sql, mandate)?;
            mandates::set_rule(sql, &mandate.mandate, rule)?;
            mandates::rules(sql, &mandate.mandate)
        })
    }

    /// Every rule of a mandate.
    pub fn rules(&mut self, mandate: &str) -> Result<Vec<Rule>> {
        self.glance(|sql| mandates::rules(sql, mandate))
    }

    /// Refuses a provider that a rule denies, as the beginning of every use does.
    #[cfg(test)]
    pub fn allow(&mut self, mandate: &str, user: Option<&str>, provider: &str) -> Result<()> {
        self.glance(|sql| allow(sql, mandate, user, provider))
    }

    /// At most `limit` transactions, newest first, and whether there are older ones.
    pub fn transactions(
        &mut self,
        mandate: &str,
        filter: &Filter,
        limit: u32,
    ) -> Result<(Vec<Transaction>, bool)> {
        self.glance(|sql| {
            let mut found = list::page(sql, mandate, filter, limit.saturating_add(1))?;
            let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = found.len() > wanted;
            found.truncate(wanted);
            Ok((found, more))
        })
    }

    /// Hands over at most `limit` transactions one by one, newest first, and says whether there are
    /// older ones: any number of them in little memory.
    ///
    /// # Errors
    /// Those of `take` as well, after which nothing more is handed over.
    pub fn each_transaction(
        &mut self,
        mandate: &str,
        filter: &Filter,
        limit: u32,
        take: &mut list::Take<'_>,
    ) -> Result<bool> {
        self.database.index_lists();
        self.stream(|sql| list::each(sql, mandate, filter, limit, take))
    }

    /// Hands over the whole books of these mandates as text, piece by piece.
    ///
    /// # Errors
    /// Those of `take` as well, after which nothing more is handed over.
    pub fn export(
        &mut self,
        format: export::Format,
        mandates: &[Mandate],
        zone: &TimeZone,
        take: &mut export::Take<'_>,
    ) -> Result<()> {
        self.stream(|sql| export::write(sql, format, mandates, zone, take))
    }

    /// The place in the books of a transaction, to list what is older.
    ///
    /// # Errors
    /// Class `usage` when the mandate has no such transaction.
    pub fn place_of(&mut self, mandate: &str, id: &str) -> Result<i64> {
        let found = self.glance(|sql| book::by_id(sql, id))?;
        found
            .filter(|found| found.mandate == mandate)
            .map(|found| found.seq)
            .ok_or_else(|| no_such_transaction(mandate, id))
    }

    /// What was used, summed up: days and months are those of a time zone.
    pub fn stats(
        &mut self,
        mandate: &str,
        by: SumBy,
        zone: &TimeZone,
        filter: &Filter,
    ) -> Result<Vec<SumLine>> {
        self.glance(|sql| stats::used(sql, mandate, by, zone, filter))
    }

    /// Takes on to tell that a pool is empty; see [`mandates::claim_notice`].
    pub fn claim_notice(&mut self, mandate: &str, claim: Uuid, lease: Duration) -> Result<bool> {
        let now = self.now();
        self.write(|sql| {
            let mandate = mandates::named(sql, mandate)?;
            mandates::claim_notice(sql, &mandate, claim, now, lease)
        })
    }

    /// Somebody was reached: the cooldown begins.
    pub fn notice_reached(&mut self, mandate: &str) -> Result<()> {
        let now = self.now();
        self.write(|sql| mandates::notice_reached(sql, mandate, now))
    }

    /// The notice was sent, or could not be.
    pub fn end_notice(&mut self, mandate: &str, claim: Uuid) -> Result<()> {
        self.write(|sql| mandates::end_notice(sql, mandate, claim))
    }
}

fn allow(sql: &mut dyn Sql, mandate: &str, user: Option<&str>, provider: &str) -> Result<()> {
    if mandates::is_allowed(sql, mandate, user, provider)? {
        return Ok(());
    }
    let who = user.map(|user| format!(" to {user}")).unwrap_or_default();
    let mut allow = Command::new(["ledger", "allow", provider, "--mandate", mandate]);
    if let Some(user) = user {
        allow.push("--user");
        allow.push(user);
    }
    Err(Failure::new(
        Class::RoleRequired,
        format!("{mandate} does not allow {provider}{who}; nothing was started"),
    )
    .recovery(Recovery::AskAdmin)
    .hint(NextStep::from("The manager of the budget can allow it: ").then(Part::Run(allow)))
    .detail("provider", provider)
    .detail("resource", format!("resource.aicore.{provider}")))
}

fn no_such_transaction(mandate: &str, id: &str) -> Failure {
    let id = escape::short(id, LONGEST_QUOTED);
    Failure::usage(format!("{mandate} has no transaction '{id}'"))
        .hint("'topup ledger transactions' lists them with their ids.")
}

/// The id of the one transaction that takes this one back.
fn id_of_reversal(id: &str) -> Uuid {
    Uuid::new_v5(&REVERSALS, id.as_bytes())
}

/// What was booked before under this id, as the answer to asking for it again.
fn replayed(sql: &mut dyn Sql, id: Uuid) -> Result<Option<Posted>> {
    let Some(transaction) = book::by_id(sql, &id.to_string())? else { return Ok(None) };
    let owner = transaction.account_user.as_deref();
    let balance = Money(book::balance(sql, &transaction.mandate, owner)?);
    Ok(Some(Posted { transaction, balance, replayed: true }))
}

/// The marked-up price of a use.
///
/// # Errors
/// Class `usage` when it is too large.
pub fn priced(mandate: &Mandate, base_price: &BasePrice) -> Result<Decimal> {
    marked_up(base_price, mandate.markup_percent)
}

fn marked_up(base_price: &BasePrice, markup_percent: Money) -> Result<Decimal> {
    base_price
        .with_markup(markup_percent.0)
        .ok_or_else(|| Failure::usage("the price is too large to be booked"))
}

fn description(used: &Used) -> String {
    let provider = used.labels.provider.as_deref().unwrap_or("unknown");
    used.description.clone().unwrap_or_else(|| format!("AI usage: {provider}"))
}

/// Records a use as the end of a transaction of the database.
fn record(
    sql: &mut dyn Sql,
    mandate: &Mandate,
    owner: Option<&str>,
    (id, at): (Uuid, Timestamp),
    used: &Used,
    known: Option<Transaction>,
) -> Result<Recorded> {
    let price = priced(mandate, &used.base_price)?;
    let currency = mandate.currency.clone();
    // What is merely too little to be booked is a use all the same, and counted.
    if used.base_price.is_zero() {
        let balance = Money(book::balance(sql, &mandate.mandate, owner)?);
        return Ok(Recorded { posted: None, balance, currency });
    }
    let mut posting = Posting::new(&mandate.mandate, Kind::Debit, price, at)
        .because(Reference::Usage, description(used));
    posting.id = id;
    posting.owner = owner.map(ToOwned::to_owned);
    posting.key.clone_from(&used.key);
    posting.usage = Some(Usage {
        base_price: used.base_price.clone(),
        markup: mandate.markup_percent.0,
        labels: used.labels.clone(),
    });
    let posted = book::post_last(sql, &posting, known)?;
    Ok(Recorded { balance: posted.balance, posted: Some(posted), currency })
}
