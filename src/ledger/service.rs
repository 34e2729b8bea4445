//! The operations of the ledger, the same on every database. Contract: poweron, operations.

use super::price::BasePrice;
use super::refusal::Checked;
use super::sql::{Database, Sql, Statement, Work};
use super::stats::{By, Line};
use super::values::{
    Account, Change, ChargeResponse, Filter, Hold, Kind, LONGEST_QUOTED, Labels, Mandate, Model,
    Posting, Reference, Rule, Transaction, Usage, to_micros,
};
use super::{book, holds, mandates, stats};
use crate::core::class::{Class, Recovery};
use crate::core::command::{Command, NextStep, Part};
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::time::Duration;
use uuid::Uuid;

/// The namespace of the ids of reversals. Never to be changed: a transaction could be reversed twice.
const REVERSALS: Uuid = Uuid::from_u128(0x6c1f_5a0e_93b7_4d24_8e60_2f7b_d1a9_c53e);

/// The ledger, open.
pub struct Ledger {
    database: Box<dyn Database>,
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
    pub posted: Option<ChargeResponse>,
    /// The balance of the account now.
    pub balance: Money,
    /// The currency of it.
    pub currency: String,
}

/// What came of asking to run something.
#[derive(Clone, Debug)]
pub enum Begun {
    /// It may run; this is noted.
    Running(Hold),
    /// The budget does not hold.
    Short(Checked),
}

impl Ledger {
    /// A ledger in this database.
    pub fn new(database: Box<dyn Database>) -> Self {
        Self { database }
    }

    /// Where it is, as a person may see it.
    pub fn place(&self) -> String {
        self.database.place()
    }

    /// The clock that every process at this ledger shares.
    pub fn now(&self) -> Timestamp {
        self.database.now()
    }

    fn write<T>(&mut self, work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.carry_out(|database, work| database.write(work), work)
    }

    /// For work of one statement.
    fn glance<T>(&mut self, work: impl FnMut(&mut dyn Sql) -> Result<T>) -> Result<T> {
        self.carry_out(|database, work| database.glance(work), work)
    }

    fn carry_out<T>(
        &mut self,
        how: impl FnOnce(&mut dyn Database, &mut Work<'_>) -> Result<()>,
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
        self.write(|sql| mandates::change(sql, name, change))
    }

    /// The mandate that is meant: the named one, else the only one there is.
    ///
    /// # Errors
    /// Class `usage` when there is none, or several.
    pub fn mandate(&mut self, named: Option<&str>) -> Result<Mandate> {
        if let Some(name) = named {
            return self.glance(|sql| mandates::of(sql, name));
        }
        let mut all = self.mandates()?;
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(Failure::usage("there is no mandate yet")
                .hint("Make one with 'topup ledger init --mandate NAME --model prepay-mandate'.")),
            _ => {
                let names: Vec<String> = all.into_iter().map(|known| known.mandate).collect();
                Err(Failure::usage("there are several mandates, and none is named")
                    .hint(format!("Add --mandate with one of: {}.", names.join(", ")))
                    .detail("mandates", names))
            }
        }
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
    ) -> Result<Checked> {
        let owner = mandate.account_of(user)?;
        self.glance(|sql| {
            let account = holds::account(sql, &mandate.mandate, owner)?;
            Ok(Checked::decide(mandate, &account, user, cost))
        })
    }

    /// One account; empty where it was never used.
    ///
    /// # Errors
    /// As [`Ledger::check`].
    pub fn account(&mut self, mandate: &Mandate, user: Option<&str>) -> Result<Account> {
        let owner = mandate.account_of(user)?;
        self.glance(|sql| holds::account(sql, &mandate.mandate, owner))
    }

    /// Every account that was used, of one mandate or of all.
    pub fn accounts(&mut self, mandate: Option<&str>) -> Result<Vec<Account>> {
        self.glance(|sql| holds::accounts(sql, mandate))
    }

    /// Puts money into an account.
    ///
    /// # Errors
    /// Class `usage` for nothing or less, `idempotency_conflict` for the key of another one.
    pub fn credit(
        &mut self,
        mandate: &str,
        user: Option<&str>,
        credit: &Credit,
    ) -> Result<ChargeResponse> {
        let id = Uuid::new_v4();
        let at = self.now();
        self.write(|sql| {
            let (mandate, known) = look_up(sql, mandate, id, credit.key.as_deref())?;
            let mut posting = Posting::new(&mandate.mandate, Kind::Credit, credit.amount, at)
                .because(credit.reference, &credit.description);
            posting.id = id;
            posting.owner = mandate.account_of(user)?.map(ToOwned::to_owned);
            posting.key.clone_from(&credit.key);
            book::post_last(sql, &posting, known)
        })
    }

    /// Records a use at its marked-up price; nothing for nothing or less.
    ///
    /// # Errors
    /// Class `usage` when the price is too large, `idempotency_conflict` for the key of another one.
    pub fn record(&mut self, mandate: &str, used: &Used) -> Result<Recorded> {
        let id = Uuid::new_v4();
        let at = self.now();
        self.write(|sql| {
            let (mandate, known) = look_up(sql, mandate, id, used.key.as_deref())?;
            let owner = mandate.account_of(used.labels.user.as_deref())?;
            record(sql, &mandate, owner, (id, at), used, known)
        })
    }

    /// Books the opposite of a transaction, once.
    ///
    /// # Errors
    /// Class `usage` when the mandate has no such transaction.
    pub fn reverse(&mut self, mandate: &str, id: &str, reason: &str) -> Result<ChargeResponse> {
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
            let mut found = book::page(sql, mandate, filter, limit.saturating_add(1))?;
            let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = found.len() > wanted;
            found.truncate(wanted);
            Ok((found, more))
        })
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
        by: By,
        zone: &TimeZone,
        filter: &Filter,
    ) -> Result<Vec<Line>> {
        self.glance(|sql| stats::used(sql, mandate, by, zone, filter))
    }

    /// Notes that something begins to run, if the provider is allowed and the budget holds; with
    /// `strict` its estimated price is held back until it is recorded. `kept` are the id of the run
    /// and that of the folder that has its files.
    ///
    /// # Errors
    /// Class `role_required` for a provider that is denied, and those of [`Ledger::check`].
    pub fn begin(
        &mut self,
        mandate: &str,
        used: &Used,
        strict: bool,
        kept: (Uuid, Uuid),
    ) -> Result<Begun> {
        let (id, kept_in) = kept;
        let at = self.now();
        let user = used.labels.user.as_deref();
        self.write(|sql| {
            let mandate = mandates::alone(sql, mandate)?;
            if let Some(provider) = &used.labels.provider {
                allow(sql, &mandate.mandate, user, provider)?;
            }
            let owner = mandate.account_of(user)?;
            let cost = priced(&mandate, &used.base_price)?;
            to_micros(cost)?;
            let found = holds::account(sql, &mandate.mandate, owner)?;
            let mut checked = Checked::decide(&mandate, &found, user, cost);
            // Done again because an answer was lost, it may find what it has noted itself.
            if !checked.allowed && holds::remove(sql, id)? {
                let found = holds::account(sql, &mandate.mandate, owner)?;
                checked = Checked::decide(&mandate, &found, user, cost);
            }
            if !checked.allowed {
                return Ok(Begun::Short(checked));
            }
            let held_back = strict && mandate.billing_model != Model::Unlimited;
            let hold = Hold {
                id,
                mandate: mandate.mandate.clone(),
                owner: owner.map(ToOwned::to_owned),
                amount: if held_back { cost } else { Decimal::ZERO },
                estimate: used.base_price.clone(),
                labels: used.labels.clone(),
                description: description(used),
                kept_in,
                alive: at,
            };
            holds::add(sql, &hold)?;
            Ok(Begun::Running(hold))
        })
    }

    /// Every run that is noted.
    pub fn holds(&mut self) -> Result<Vec<Hold>> {
        self.glance(holds::all)
    }

    /// A run that is noted.
    pub fn hold(&mut self, id: Uuid) -> Result<Option<Hold>> {
        self.glance(|sql| holds::of(sql, id))
    }

    /// Says that whoever watches a run is alive.
    pub fn keep_alive(&mut self, id: Uuid) -> Result<()> {
        let at = self.now();
        self.write(|sql| holds::keep_alive(sql, id, at))
    }

    /// Gives back what was held, where nothing ran; says whether it was noted.
    pub fn release(&mut self, id: Uuid) -> Result<bool> {
        self.write(|sql| holds::remove(sql, id))
    }

    /// Ends a run and records what it cost. Where somebody else has taken it for dead and recorded
    /// the estimate, the difference is recorded beside it.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`; the run stays noted and is recorded later.
    pub fn end(&mut self, hold: &Hold, base_price: &BasePrice) -> Result<Recorded> {
        let at = self.now();
        let used = used_by(hold, base_price);
        self.write(|sql| {
            let mandate = mandates::alone(sql, &hold.mandate)?;
            let owner = hold.owner.as_deref();
            let noted = holds::remove(sql, hold.id)?;
            let known = book::by_id(sql, &hold.id.to_string())?;
            let Some(known) = known.clone().filter(|_| !noted) else {
                return record(sql, &mandate, owner, (hold.id, at), &used, known);
            };
            let posted = match correct(sql, hold.id, &known, base_price, at)? {
                Some(posted) => posted,
                None => {
                    let balance = Money(book::balance(sql, &mandate.mandate, owner)?);
                    ChargeResponse { transaction: known, balance, replayed: true }
                }
            };
            let (balance, currency) = (posted.balance, mandate.currency);
            Ok(Recorded { posted: Some(posted), balance, currency })
        })
    }

    /// Books what is missing of the cost of a run that was recorded already, with its estimate and by
    /// another machine: the correction and the currency. None where nothing is missing, or nothing
    /// of the run was recorded.
    pub fn correct_run(
        &mut self,
        id: Uuid,
        base_price: &BasePrice,
    ) -> Result<Option<(ChargeResponse, String)>> {
        let at = self.now();
        self.write(|sql| {
            let Some(known) = book::by_id(sql, &id.to_string())? else { return Ok(None) };
            let mandate = mandates::alone(sql, &known.mandate)?;
            let corrected = correct(sql, id, &known, base_price, at)?;
            let news = corrected.filter(|posted| !posted.replayed);
            Ok(news.map(|posted| (posted, mandate.currency)))
        })
    }

    /// Ends a run that nobody watched to its end, and records what it cost; unless somebody else has
    /// ended it, or heard of it after `heard`. Then what stands in the book is right as it is.
    ///
    /// # Errors
    /// As [`Ledger::end`].
    pub fn settle(
        &mut self,
        hold: &Hold,
        base_price: &BasePrice,
        heard: Timestamp,
    ) -> Result<Option<Recorded>> {
        let at = self.now();
        let used = used_by(hold, base_price);
        self.write(|sql| {
            let mandate = mandates::alone(sql, &hold.mandate)?;
            if !holds::remove_if_quiet(sql, hold.id, heard)? {
                return Ok(None);
            }
            let known = book::by_id(sql, &hold.id.to_string())?;
            record(sql, &mandate, hold.owner.as_deref(), (hold.id, at), &used, known).map(Some)
        })
    }

    /// Takes on to tell that a pool is empty; see [`mandates::claim_notice`].
    pub fn claim_notice(&mut self, mandate: &str, claim: Uuid, lease: Duration) -> Result<bool> {
        let now = self.now();
        self.write(|sql| {
            let mandate = mandates::of(sql, mandate)?;
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
    .hint(NextStep::from("Who manages the budget can allow it: ").then(Part::Run(allow)))
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
fn replayed(sql: &mut dyn Sql, id: Uuid) -> Result<Option<ChargeResponse>> {
    let Some(transaction) = book::by_id(sql, &id.to_string())? else { return Ok(None) };
    let owner = transaction.account_user.as_deref();
    let balance = Money(book::balance(sql, &transaction.mandate, owner)?);
    Ok(Some(ChargeResponse { transaction, balance, replayed: true }))
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

/// What a run used, at this price.
fn used_by(hold: &Hold, base_price: &BasePrice) -> Used {
    Used {
        base_price: base_price.clone(),
        labels: hold.labels.clone(),
        description: Some(hold.description.clone()),
        key: None,
    }
}

fn description(used: &Used) -> String {
    let provider = used.labels.provider.as_deref().unwrap_or("unknown");
    used.description.clone().unwrap_or_else(|| format!("AI usage: {provider}"))
}

/// The mandate, whose settings stay as they are until the end of this transaction, and what stands in
/// the book under this id or key.
fn look_up(
    sql: &mut dyn Sql,
    mandate: &str,
    id: Uuid,
    key: Option<&str>,
) -> Result<(Mandate, Option<Transaction>)> {
    let mut statements: Vec<Statement> = sql.hold(true, mandate).into_iter().collect();
    let searches = [mandates::search(mandate), book::search(&id.to_string(), mandate, key)];
    statements.extend(searches);
    let mut found = sql.run_all(&statements)?;
    let known = book::found(&found.pop().unwrap_or_default())?;
    let mandate = mandates::found(&found.pop().unwrap_or_default(), mandate)?;
    Ok((mandate, known))
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

/// The estimate of a run stands in the book already: the difference to what it cost is booked beside
/// it, once, under the same labels and with the markup that the estimate was booked with. None
/// where there is no difference, and where all of it was reversed.
fn correct(
    sql: &mut dyn Sql,
    run: Uuid,
    known: &Transaction,
    base_price: &BasePrice,
    at: Timestamp,
) -> Result<Option<ChargeResponse>> {
    let (Some(booked), Some(markup)) = (&known.base_price, known.markup_percent) else {
        return Ok(None);
    };
    let id = Uuid::new_v5(&run, b"correction");
    if let Some(before) = replayed(sql, id)? {
        return Ok(Some(before));
    }
    if replayed(sql, id_of_reversal(&known.id))?.is_some() {
        return Ok(None);
    }
    let missing = marked_up(base_price, markup)? - known.amount.0;
    if missing.is_zero() {
        return Ok(None);
    }
    let kind = if missing > Decimal::ZERO { Kind::Debit } else { Kind::Credit };
    let mut posting = Posting::new(&known.mandate, kind, missing.abs(), at)
        .because(Reference::System, format!("correction of {}", known.id));
    posting.id = id;
    posting.owner.clone_from(&known.account_user);
    posting.usage = Some(Usage {
        base_price: base_price.apart_from(booked),
        markup: markup.0,
        labels: known.labels(),
    });
    book::post(sql, &posting).map(Some)
}
